"""What each agreed field is to the comparison of records: a name, a town, a telephone number.

Told by its type where that says it (an e-mail address is one, whatever the field is called), else by its
name or its labels. Of two fields with one role the first bears it; a second telephone number has
a role of its own.

Promises: pure; what cannot be told is not compared; what the mapping says goes before.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.duplicates.fields import columns_of
from hub.mapping.entity import FieldDef
from hub.values import FieldType, ListOf

_BY_TYPE = {
    "phone": "phone", "email": "email", "siret": "siret", "siren": "siren", "vat": "vat", "iban": "iban",
    "postcode": "postcode",
}  # fmt: skip
_COMPARED = frozenset(("text", "date", "list", *_BY_TYPE))
_SECOND = {"phone": "phone2", "street": "street2", "given": "given2", "family": "family2"}


def roles(fields: Mapping[str, FieldDef], said: Mapping[str, str | None]) -> dict[str, str]:
    """Canonical field → role, for the fields that are compared. `said`: what the mapping says itself."""
    found: dict[str, str] = {name: role for name, role in said.items() if role is not None and name in fields}
    for name, definition in fields.items():
        if name in said:
            continue
        role = _role(definition)
        if role in found.values():
            role = _SECOND.get(role or "")
        if role is not None and role not in found.values():
            found[name] = role
    return found


def _role(field: FieldDef) -> str | None:
    kind: FieldType = field.type.of if isinstance(field.type, ListOf) else field.type
    if kind.name not in _COMPARED:
        return None
    if kind.name in _BY_TYPE:
        return _BY_TYPE[kind.name]
    for called in (field.name, *field.label.values()):
        role = next(iter(columns_of([called]).roles), None)
        if role is not None:
            return role
    return None
