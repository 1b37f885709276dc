"""What a profile says: how one layout of contract is recognised, and where its values stand.

The shapes only, checked by pydantic; `profiles` reads them from YAML, each mistake with its line. Pure.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from connectors.word.kinds import KINDS
from connectors.word.ranges import bound
from hub.values import Unreadable, make_type
from hub.values.french.words import fold

SOURCES = ("sdt", "form_field", "bookmark", "merge_field", "table", "below", "label", "regex")
"""Where a value may come from, the most trusted first. `below` is a table's column heading."""
MAY_HAVE_RANGE = ("amount", "number", "integer", "date", "duration", "periodicity")
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _listed(value: Any) -> Any:
    """One word where a list may stand is a list of one."""
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else value


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


def _limit(kind: str, limit: Any) -> None:
    try:
        if limit is not None:
            bound(kind, limit)
    except (Unreadable, ValueError, TypeError) as error:
        unit = {"date": "days (01/01/2020)", "duration": "months", "periodicity": "times a year"}
        raise ValueError(f"{limit!r} cannot be a limit: {unit.get(kind, 'numbers')} are") from error


class Match(_Strict):
    """What a document must hold to be of this layout; all that is given must be true."""

    extensions: tuple[Word, ...] = ()
    any_text: tuple[Word, ...] = ()
    all_text: tuple[Word, ...] = ()
    none_text: tuple[Word, ...] = ()
    any_control: tuple[Word, ...] = ()
    no_control: tuple[Word, ...] = ()
    regex: str | None = None

    _lists = field_validator(
        "extensions", "any_text", "all_text", "none_text", "any_control", "no_control", mode="before"
    )(_listed)  # fmt: skip

    @field_validator("extensions")
    @classmethod
    def _endings(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one.lower().lstrip(".") for one in value)

    @field_validator("regex")
    @classmethod
    def _regex(cls, value: str | None) -> str | None:
        return value if value is None else _expression(value)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.any_text or self.all_text or self.any_control or self.regex):
            raise ValueError(
                "any_text, all_text, any_control or regex is needed: what is in such a document?"
            )
        return self


class OwnCompany(_Strict):
    """The company that writes the contracts: never taken for the customer."""

    siren: tuple[Word, ...] = ()
    name: tuple[Word, ...] = ()
    phone: tuple[Word, ...] = ()
    email: tuple[Word, ...] = ()
    postcode_town: tuple[Word, ...] = ()

    _lists = field_validator("siren", "name", "phone", "email", "postcode_town", mode="before")(_listed)

    @field_validator("siren", mode="before")
    @classmethod
    def _digits(cls, value: Any) -> Any:
        return [re.sub(r"\D", "", str(one)) for one in _listed(value)]

    @field_validator("siren")
    @classmethod
    def _whole(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if len(one) != 9:
                raise ValueError(f"{one!r} is no SIREN: it has 9 digits")
        return value

    @field_validator("phone")
    @classmethod
    def _numbers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            make_type("phone").parse(one)
        return value


class Split(_Strict):
    """One document that holds many contracts: where each begins."""

    by: Literal["starts", "section", "page"] = "starts"
    starts: str | None = None

    @field_validator("starts")
    @classmethod
    def _regex(cls, value: str | None) -> str | None:
        return value if value is None else _expression(value)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.by == "starts" and not self.starts:
            raise ValueError("starts is needed: what each contract's first line looks like")
        return self


class Source(_Strict):
    """One place a value may stand in: exactly one of `SOURCES`, and what narrows it."""

    sdt: tuple[Word, ...] = ()
    form_field: tuple[Word, ...] = ()
    bookmark: tuple[Word, ...] = ()
    merge_field: tuple[Word, ...] = ()
    table: tuple[Word, ...] = ()
    below: tuple[Word, ...] = ()
    label: tuple[Word, ...] = ()
    regex: str | None = None
    occurrence: Literal["first", "last"] | Annotated[int, Field(ge=1)] | None = None
    next_line: bool = False
    within: Literal["body", "header", "footer", "text box", "table"] | None = None

    _lists = field_validator(
        "sdt", "form_field", "bookmark", "merge_field", "table", "below", "label", mode="before"
    )(_listed)  # fmt: skip

    @field_validator("regex")
    @classmethod
    def _regex(cls, value: str | None) -> str | None:
        return value if value is None else _expression(value)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in SOURCES if getattr(self, name)]
        if len(given) != 1:
            said = f"{' and '.join(given)} stand together" if given else "none is given"
            raise ValueError(f"a source is one of {', '.join(SOURCES)}; {said}")
        if self.next_line and not self.label:
            raise ValueError("next_line belongs to a label")
        return self

    @property
    def kind(self) -> str:
        """Which of `SOURCES` it is."""
        return next(name for name in SOURCES if getattr(self, name))

    @property
    def rank(self) -> int:
        """How far down the order of trust."""
        return SOURCES.index(self.kind)


class Field_(_Strict):
    """One value of the contract: its type, where it may stand, and what it must be."""

    type: Literal[KINDS]  # type: ignore[valid-type]
    sources: tuple[Source, ...] = Field(alias="from", min_length=1)
    required: bool = False
    pattern: str | None = None
    range: tuple[Any, Any] | None = None
    tax: Literal["HT", "TTC"] | None = None
    per: Literal["year", "half-year", "quarter", "month", "visit", "hour"] | None = None
    values: dict[Word, tuple[Word, ...]] | None = None
    region: str | None = None

    @field_validator("pattern")
    @classmethod
    def _pattern(cls, value: str | None) -> str | None:
        return value if value is None else _expression(value)

    @field_validator("values", mode="before")
    @classmethod
    def _values(cls, value: Any) -> Any:
        if isinstance(value, list):
            return {one: [one] for one in value if isinstance(one, str)}
        return {k: _listed(v) for k, v in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if (self.type == "choice") != bool(self.values):
            raise ValueError(
                "values lists the choices: a choice needs it"
                if self.type == "choice"
                else "values is of a choice"
            )
        if self.tax and self.type != "amount":
            raise ValueError("tax is of an amount")
        if self.per and self.type not in ("amount", "periodicity"):
            raise ValueError("per is of an amount or a periodicity")
        if self.region and self.type != "phone":
            raise ValueError("region is of a phone")
        if self.range and self.type not in MAY_HAVE_RANGE:
            raise ValueError(f"range is of {', '.join(MAY_HAVE_RANGE)}")
        for limit in self.range or ():
            _limit(self.type, limit)
        return self

    @property
    def by_trust(self) -> list[Source]:
        """The sources, the most trusted first; those of one kind in the order they were written."""
        return sorted(self.sources, key=lambda source: source.rank)

    @property
    def options(self) -> dict[str, Any]:
        """What the type is told."""
        return {"tax": self.tax, "per": self.per, "values": self.values, "region": self.region}


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Profile(_Strict):
    """One layout of document: when it applies, what it is a record of, and its fields."""

    label: str = ""
    match: Match
    own_company: OwnCompany = OwnCompany()
    record: Name
    key: tuple[Word, ...] = ()
    split: Split | None = None
    fields: dict[Name, Field_] = Field(min_length=1)

    _lists = field_validator("key", mode="before")(_listed)

    @model_validator(mode="after")
    def _keys_are_fields(self) -> Self:
        for name in self.key:
            if name not in self.fields:
                raise ValueError(f"the key {name!r} is none of the fields: {', '.join(self.fields)}")
        return self

    def labels(self) -> list[str]:
        """Every label of every field, folded: where one begins, the value before it ends."""
        words = (word for f in self.fields.values() for s in f.sources for word in s.label)
        return sorted({" ".join(fold(word).split()).rstrip(" :") for word in words}, key=len, reverse=True)
