"""The mapping reference and the schemas are what the models and types say today."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.lenses import OPTIONS
from hub.mapping import json_schema, load_mappings
from hub.mapping.document import EntityDoc, FieldDoc, LensDoc, MatchDoc, SystemDoc
from hub.mapping.reference import outputs, reference
from hub.values import TYPES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", sorted(outputs()))
def test_a_made_file_is_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == outputs()[name], (
        "run: python -m hub.mapping.reference"
    )


def test_every_key_and_type_is_in_the_reference() -> None:
    text = reference()
    for model in (EntityDoc, FieldDoc, LensDoc, MatchDoc, SystemDoc):
        for key in model.model_fields:
            assert f"| `{key}` |" in text, f"{model.__name__}.{key}"
    for name in TYPES:
        assert f"| `{name}` |" in text


def test_every_key_is_described_for_an_editor() -> None:
    schema = json_schema()
    for block in (schema, *schema["$defs"].values()):
        for key, entry in block["properties"].items():
            assert entry.get("description"), key


def test_the_lens_reads_the_keys_that_the_document_lists() -> None:
    assert set(OPTIONS) == set(LensDoc.model_fields)


def test_the_schema_knows_both_forms_of_a_field_and_of_a_lens() -> None:
    schema = json_schema()
    field: dict[str, Any] = schema["properties"]["fields"]["additionalProperties"] if (
        "additionalProperties" in schema["properties"]["fields"]
    ) else next(iter(schema["properties"]["fields"]["patternProperties"].values()))  # fmt: skip
    kinds = [option.get("enum") or option.get("$ref") for option in field["anyOf"]]
    assert sorted(TYPES) == sorted(next(kind for kind in kinds if isinstance(kind, list)))
    assert "#/$defs/FieldDoc" in kinds


@pytest.mark.parametrize("file", sorted((ROOT / "mappings").glob("*.yaml")), ids=lambda file: file.name)
def test_a_shipped_mapping_points_an_editor_to_the_schema(file: Path) -> None:
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", file.read_text(encoding="utf-8"))
    assert found
    assert (file.parent / found[1]).resolve() == ROOT / "config/mapping.schema.json"


def test_the_examples_of_the_reference_are_valid(tmp_path: Path) -> None:
    example = re.findall(r"```yaml\n(fields:.*?)```", reference(), re.DOTALL)[-1]
    names = yaml.safe_load(example)["fields"]
    kinds = {"status": "{type: choice, values: [active, closed]}", "since": "date", "country": "country"}
    fields = "\n".join(f"  {name}: {kinds.get(name, 'text')}" for name in names)
    block = "\n".join(f"    {line}" for line in example.splitlines())
    text = f"entity: customer\nfields:\n{fields}\nsystems:\n  sheet:\n    object: x\n{block}\n"
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    assert len(load_mappings(tmp_path)["customer"].systems["sheet"].lenses) == len(names)
