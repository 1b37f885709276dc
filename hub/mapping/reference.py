"""The mapping reference: `docs/mapping.md` and the JSON Schemas, made from the models and the types.

`python -m hub.mapping.reference` writes them anew; a test fails while they are not what this would write.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hub.mapping.document import DuplicatesDoc, EntityDoc, FieldDoc, LensDoc, MatchDoc, SystemDoc
from hub.mapping.schema import json_schema
from hub.settings import settings_schema
from hub.values import TYPES

ROOT = Path(__file__).resolve().parents[2]

_INTRODUCTION = """\
# The mapping, key by key

<!-- Made by `python -m hub.mapping.reference` from the models in hub/mapping/document.py. Do not edit. -->

One YAML file per kind of record says which fields the systems agree on, how records are recognised, who wins
a conflict, and where each system keeps each field. `mappings/customer.yaml` is a whole one, with comments.

With this line on top, an editor that speaks YAML completes keys and explains them:

```yaml
# yaml-language-server: $schema=../config/mapping.schema.json
```

`hub mapping check` reads every mapping and tries each two-way field on real records. A mistake is answered
with file, line, column and what was probably meant; meanwhile the daemon keeps the last good mapping.

Plain words stay words: `no`, `on`, `07` and `2026-01-31` are text; only `true`, `false`, numbers and `null`
are something else. A key given twice is refused.
"""

_FIELD_SHORT = "\nShort form: `name: text` is `name: {type: text}`.\n"

_LENS_SHORT = """
Short form: `name: company_name` is `name: {field: company_name}`. Keys that are not in the table go to the
connector (`create`, `lang`, `aliases`, `length`, …); docs/operations.md says which it knows.

What a lens promises: writing back what was read changes nothing, so a telephone number is never rewritten for
its dots; what was written reads back as the same value, except what `max`, `upper` and `ascii` cannot hold,
which `hub mapping check` names; a cell that cannot be read is never written over.

A mapping is refused where a value could not find its way back: a `map` that gives two native values the same
meaning, a `constant` with `direction: both`, a `format` that leaves out the year. `direction: pull` allows
the first, and so does `prefer`, which says which of the two is written.
"""

_LENS_EXAMPLES = """
```yaml
fields:
  name:    {field: CT_Intitule, max: 35, upper: true}              # what Sage holds of it
  street:  {fields: [CT_Adresse, CT_Complement], join: " ", max: 35}
  status:  {field: Statut, map: {Actif: active, Archivé: closed}}  # native: canonical
  since:   {field: DATE, format: "%d/%m/%Y"}
  country: {field: country_id.code, create: false}                 # `create` is the connector's
  origin:  {constant: workbook}                                    # read, never written
```
"""


def reference() -> str:
    """The text of docs/mapping.md."""
    parts = [
        _INTRODUCTION,
        "## The document\n",
        _keys(EntityDoc),
        "## `fields`: what the systems agree on\n",
        _keys(FieldDoc),
        _FIELD_SHORT,
        "### Types\n",
        _types(),
        "## `match`: how records are recognised\n",
        _keys(MatchDoc),
        "\nTexts are compared without case, accents and punctuation. The first rule whose fields are all\n"
        "filled and equal decides; two candidates are a question for a person, never a guess.\n\n"
        "One company with several sites stays several records: where `exact: [siret]` stands before\n"
        "a weaker key (a VAT number), two SIRETs that differ and begin with the same SIREN are two sites,\n"
        "whatever else they share. SIRETs of two companies under one VAT number are a question, and so\n"
        "is a record without a SIRET that could be any of the sites.\n",
        "## `duplicates`: how records without a common key are recognised\n",
        _keys(DuplicatesDoc),
        "\nWithout this block nothing is recognised but by `match`. docs/duplicates.md explains what is\n"
        "compared, and how sure it is.\n",
        "## `systems`: where each system keeps them\n",
        _keys(SystemDoc),
        "\nKeys that are not in the table go to the connector; docs/operations.md says which it knows.\n",
        "### `systems.NAME.fields`: one field in one system\n",
        _keys(LensDoc),
        _LENS_SHORT,
        _LENS_EXAMPLES,
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _keys(model: Any) -> str:
    properties = model.model_json_schema()["properties"]
    required = set(model.model_json_schema().get("required", ()))
    rows = []
    for name, entry in properties.items():
        text = entry.get("description", "")
        usual = entry.get("default")
        if name in required:
            text += " **Required.**"
        elif usual is not None and usual != [] and usual != {}:
            text += f" Usually `{_yaml(usual)}`."
        rows.append((f"`{name}`", _kind(entry), text))
    return _table(("key", "value", "meaning"), rows)


def _yaml(value: Any) -> str:
    return json.dumps(value) if not isinstance(value, str) else value


def _kind(entry: Mapping[str, Any]) -> str:
    if "enum" in entry:
        names = [f"`{value}`" for value in entry["enum"]]
        return ", ".join(names) if len(names) <= 6 else "one of the types below"
    if "anyOf" in entry:
        kinds = [_kind(option) for option in entry["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kind for kind in kinds if kind)) or "anything"
    if "const" in entry:
        return f"`{entry['const']}`"
    if "$ref" in entry:
        return "a block, see below"
    words = {"string": "text", "boolean": "true or false", "integer": "a whole number", "number": "a number"}
    if entry.get("type") == "array":
        return "a list"
    if entry.get("type") == "object":
        return "a block"
    return words.get(str(entry.get("type")), "anything")


def _types() -> str:
    rows = []
    for name, kind in TYPES.items():
        options = ", ".join(f"`{option}`" for option in kind.options) or "–"
        rows.append((f"`{name}`", kind.describe, options, kind.formats or "–"))
    return _table(("type", "meaning", "options", "`format` in a system"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def outputs() -> dict[str, str]:
    """Every file that is made from the code: its path from the project's root, and its text."""
    return {
        "docs/mapping.md": reference(),
        "config/mapping.schema.json": _json(json_schema()),
        "config/hub.schema.json": _json(settings_schema()),
    }


def _json(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every made file anew."""
    for name, text in outputs().items():
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"wrote {name}\n")


if __name__ == "__main__":
    main()
