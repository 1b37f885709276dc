"""`duplicates:` in a mapping: which fields are compared, and what is wrong with it in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.mapping import EntityMapping, MappingError, load_mappings

MAPPING = """
entity: customer
fields:
  name: {{type: text}}
  tel: {{type: phone, region: FR}}
  portable: {{type: phone, region: FR}}
  courrier: {{type: email}}
  ville: {{type: text}}
  gerant: {{type: text}}
  since: {{type: date}}
{said}
systems:
  odoo: {{object: partner, fields: {{name: name}}}}
"""


def loaded(folder: Path, said: str) -> EntityMapping:
    (folder / "customer.yaml").write_text(MAPPING.format(said=said), encoding="utf-8")
    return load_mappings(folder)["customer"]


def test_fields_are_known_by_their_types_and_their_names(tmp_path: Path) -> None:
    found = loaded(tmp_path, "duplicates: true").duplicates
    assert found is not None
    assert (found.precision, found.links, found.engine) == (0.9995, True, "duckdb")
    assert found.roles == {
        "name": "name", "tel": "phone", "portable": "phone2", "courrier": "email", "ville": "town",
    }  # fmt: skip


def test_what_the_mapping_says_of_a_field_goes_before_and_null_leaves_it_out(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, "duplicates: {precision: 0.99, fields: {gerant: family, ville: null}}"
    ).duplicates
    assert found is not None
    assert found.precision == 0.99
    assert found.roles["gerant"] == "family"
    assert "ville" not in found.roles


@pytest.mark.parametrize("said", ["", "duplicates: false"])
def test_nothing_is_compared_unless_it_is_asked_for(tmp_path: Path, said: str) -> None:
    assert loaded(tmp_path, said).duplicates is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("duplicates: {precision: 1}", "0.999999"),
        ("duplicates: {precison: 0.9}", "precision"),
        ("duplicates: {fields: {nom: name}}", "'nom' is not a field"),
        ("duplicates: {fields: {name: nombre}}", "'nombre' is not possible"),
        ("duplicates: {weights: absent.json}", "there is no file"),
        ("duplicates: {master: 'spark://host:7077'}", "engine: spark"),
        ("duplicates: yes, please", "not 'yes, please'"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(MappingError) as found:
        loaded(tmp_path, said)
    assert words in str(found.value)
    assert "customer.yaml:11:" in str(found.value)
