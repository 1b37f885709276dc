"""What a form description says: which PDF is the blank, and which of its fields hold which of our values.

The shapes only, checked by pydantic; `descriptions` reads them from YAML, each mistake with its line. Pure.
"""

from __future__ import annotations

import string
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

KINDS = (
    "text", "lines", "number", "integer", "boolean", "choice", "list", "date", "phone", "email", "postcode",
    "siret", "siren", "vat",
)  # fmt: skip
"""Every type a field may have. `lines` is text on several lines, `list` the boxes that are ticked."""

OF_THE_FORM = ("file", "file_name", "state", "doubts")
"""Native fields that every form has, whatever its description: see `connectors.forms.connector`."""

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _listed(value: Any) -> Any:
    """One word where a list may stand is a list of one."""
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else value


def _spelled(value: Any) -> Any:
    """`1: …` and `on: 1` are text: names in a PDF always are."""
    if isinstance(value, dict):
        return {str(key): _spelled(one) for key, one in value.items()}
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Field_(_Strict):
    """One of our values: its type, and the form's field, fields or boxes that hold it.

    `field` is one field; `fields` several that hold it in parts, with `join` between them; `boxes` one box to
    tick for each code of a choice or a list. `on` is the state of a ticked box, where it has several;
    `values` our code → the form's own word of a radio group or a choice list.
    """

    type: Literal[KINDS] = "text"  # type: ignore[valid-type]
    field: Word | None = None
    fields: tuple[Word, ...] = ()
    join: str = "/"
    boxes: dict[str, Word] = Field(default_factory=dict)
    on: Word | None = None
    values: dict[str, Word] = Field(default_factory=dict)
    max: int | None = Field(default=None, ge=1)
    format: Word | None = None
    required: bool = False
    region: Word | None = None

    _words = field_validator("boxes", "values", "on", "field", mode="before")(_spelled)

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        given = [name for name in ("field", "fields", "boxes") if getattr(self, name)]
        if len(given) != 1:
            said = f"{' and '.join(given)} stand together" if given else "none is given"
            raise ValueError(f"a value is in one field, in several fields or in boxes; {said}")
        if self.boxes and self.type not in ("choice", "list"):
            raise ValueError(
                f"boxes are of a choice (one is ticked) or a list (several may be), not {self.type}"
            )
        if self.type == "list" and not self.boxes:
            raise ValueError("a list needs boxes: our code → the box to tick")
        if self.type == "choice" and not (self.boxes or self.values):
            raise ValueError(
                "a choice needs values (our code → the form's word) or boxes (our code → its box)"
            )
        if self.values and self.type != "choice":
            raise ValueError("values are of a choice")
        if self.on and self.type != "boolean":
            raise ValueError("on is of a boolean: the state of the ticked box")
        if self.fields and self.type in ("boolean", "choice", "list"):
            raise ValueError(f"a {self.type} cannot stand in several fields")
        if self.format and self.type != "date":
            raise ValueError("format is of a date: %d/%m/%Y")
        if self.region and self.type not in ("phone", "postcode"):
            raise ValueError("region is of a phone or a postcode")
        if len(set(self.values.values())) < len(self.values) or len(set(self.boxes.values())) < len(
            self.boxes
        ):
            raise ValueError("two codes cannot stand for the same word or box")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The form's fields it stands in."""
        return (self.field,) if self.field else self.fields or tuple(self.boxes.values())


class Description(_Strict):
    """One kind of form."""

    label: str = ""
    blank: Word
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    record: Name
    key: tuple[Word, ...] = Field(min_length=1)
    file: Word | None = None
    flatten: bool = False
    never: tuple[Word, ...] = ()
    fields: dict[Name, Field_] = Field(min_length=1)

    _lists = field_validator("key", "never", mode="before")(_listed)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        for name in self.key:
            if name not in self.fields:
                raise ValueError(f"the key {name!r} is none of the fields: {', '.join(self.fields)}")
            if self.fields[name].type in ("boolean", "choice", "list", "lines"):
                raise ValueError(
                    f"the key {name!r} is a {self.fields[name].type}: no record is known by that"
                )
        used: dict[str, str] = {}
        for ours, field in self.fields.items():
            if ours in OF_THE_FORM:
                raise ValueError(f"{ours!r} is told of every form; call the field otherwise")
            for name in field.names:
                if name in self.never:
                    raise ValueError(f"{ours}: {name!r} is listed under never")
                if used.setdefault(name, ours) != ours:
                    raise ValueError(f"{ours}: {name!r} already holds {used[name]}")
        _pattern(self.file, self.key)
        return self

    def name_of(self, key: dict[str, str]) -> str:
        """The name of a filled form's file, by its key's values; without a pattern, label or record first."""
        pattern = self.file or " ".join([self.record, *(f"{{{name}}}" for name in self.key)]) + ".pdf"
        return pattern.format(**key)


def _pattern(pattern: str | None, key: tuple[str, ...]) -> None:
    if pattern is None:
        return
    try:
        parts = [
            (name, spec, how) for _, name, spec, how in string.Formatter().parse(pattern) if name is not None
        ]
    except ValueError as error:
        raise ValueError(f"file: {pattern!r} is no pattern: {error}") from error
    if any(name not in key or spec or how for name, spec, how in parts):
        raise ValueError(f"file: only the key may stand in it: {', '.join('{' + name + '}' for name in key)}")
    if {name for name, _, _ in parts} != set(key):
        raise ValueError("file: every part of the key must stand in it, or two records would share a file")
    if not pattern.lower().endswith(".pdf") or set(pattern) & set('/\\:*?"<>|'):
        raise ValueError("file: a plain name that ends in .pdf is needed, without a folder")
