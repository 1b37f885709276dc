"""From our values to what each of a form's fields must hold, checked against the blank. Pure.

Raises `Unfilled` naming our field, where a value cannot stand in the form as it is: too long for its boxes,
no choice of its, a letter no form shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.forms.acroform import FormField
from connectors.forms.description import Description, Field_
from connectors.forms.values import written
from hub.values import Unreadable, Unwritable


class Unfilled(Exception):
    """A value that cannot be filled in: of which of our fields, why, and what to do."""

    def __init__(self, name: str, why: str, todo: str = "") -> None:
        super().__init__(name, why, todo)
        self.name, self.why, self.todo = name, why, todo


def spelled(
    description: Description, fields: Mapping[str, FormField], values: Mapping[str, Any]
) -> dict[str, str | None]:
    """The form's fields to what they must hold: a text, the state of a button, ``None`` for empty or off."""
    found: dict[str, str | None] = {}
    for name, value in values.items():
        wanted = description.fields[name]
        try:
            found.update(_spelled(wanted, fields, value))
        except (Unreadable, Unwritable, ValueError) as wrong:
            raise Unfilled(name, str(wrong)) from wrong
    return found


def _spelled(wanted: Field_, fields: Mapping[str, FormField], value: Any) -> dict[str, str | None]:
    if wanted.boxes:
        return _boxes(wanted, fields, value)
    first = wanted.names[0]
    if wanted.type == "boolean":
        on = wanted.on or (fields[first].states or ("Yes",))[0]
        return {first: on if _truth(value) else None}
    if wanted.values:
        if value is None:
            return {first: None}
        if str(value) not in wanted.values:
            raise ValueError(f"{value!r} is none of the form's choices: {', '.join(wanted.values)}")
        return {first: wanted.values[str(value)]}
    return _texts(wanted, fields, value)


def _truth(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ValueError(f"{value!r} is neither true nor false")


def _boxes(wanted: Field_, fields: Mapping[str, FormField], value: Any) -> dict[str, str | None]:
    codes = [] if value is None else [str(one) for one in value] if isinstance(value, list) else [str(value)]
    for code in codes:
        if code not in wanted.boxes:
            raise ValueError(f"{code!r} is none of the form's boxes: {', '.join(wanted.boxes)}")
    if wanted.type == "choice" and len(codes) > 1:
        raise ValueError(f"{', '.join(codes)}: one box may be ticked")
    return {
        native: (fields[native].states or ("Yes",))[0] if code in codes else None
        for code, native in wanted.boxes.items()
    }


def _texts(wanted: Field_, fields: Mapping[str, FormField], value: Any) -> dict[str, str | None]:
    text = written(wanted, value)
    if wanted.max is not None and len(text) > wanted.max:
        raise ValueError(f"has {len(text)} characters, and the form holds {wanted.max}")
    names = wanted.names
    parts = text.split(wanted.join) if len(names) > 1 and text else [text]
    if len(parts) > len(names):
        raise ValueError(f"{text!r} has {len(parts)} parts, and the form {len(names)} fields for them")
    parts += [""] * (len(names) - len(parts))
    found: dict[str, str | None] = {}
    for name, part in zip(names, (part.strip() for part in parts), strict=True):
        field = fields[name]
        if field.max_length is not None and len(part) > field.max_length:
            raise ValueError(f"{part!r} has {len(part)} characters, and «{name}» holds {field.max_length}")
        if "\n" in part and not field.multiline:
            raise ValueError(f"it has several lines, and «{name}» is one line")
        if part and field.options and part not in (known for pair in field.options for known in pair):
            known = ", ".join(kept for kept, _ in field.options)
            raise ValueError(f"{part!r} is none of the choices of «{name}»: {known}")
        found[name] = part or None
    return found
