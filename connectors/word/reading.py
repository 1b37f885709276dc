"""Reads one contract by its profile: every field with its value, where that came from, and what is doubtful.

Promises: the most trusted source that can be read gives the value; every other place that says something
else, or cannot be read, is told as a doubt with the sentence it stands in; what is doubted goes to review.
One's own company is never the customer. Never: chooses silently, or fills what is missing. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from connectors.word import kinds
from connectors.word.document import Document
from connectors.word.profile import Field_, OwnCompany, Profile
from connectors.word.ranges import bound, measure
from connectors.word.sources import Candidate, Search, candidates
from hub.values import Unreadable, clean, folded, make_type
from hub.values.french import phrases as french
from hub.values.french.words import fold

Verdict: TypeAlias = Literal[
    "found", "empty", "missing", "unreadable", "disagree", "out of range", "doubtful"
]
"""`empty` is nothing found for a value that may be missing. All but `found` and `empty` need a person."""

WELL = ("found", "empty")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a person must look: what is wrong, where, and the sentence it stands in."""

    verdict: Verdict
    message: str
    source: str = ""
    raw: str = ""
    place: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """One field as it was read. `value` is canonical; `raw` is what the document says at `place`."""

    name: str
    type: str
    verdict: Verdict
    value: Any = None
    shown: str = ""
    source: str = ""
    raw: str = ""
    place: str = ""
    sentence: str = ""
    doubts: tuple[Doubt, ...] = ()
    ignored: tuple[str, ...] = field(default=())
    """What was found and passed over: one's own company's numbers."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract of a document."""

    profile: str
    record: str
    key: tuple[Any, ...]
    values: tuple[Value, ...]
    place: str = ""

    @property
    def needs_review(self) -> bool:
        return any(value.verdict not in WELL for value in self.values)

    def as_json(self) -> dict[str, Any]:
        """As it crosses to the hub, and as the command shows it."""
        return {
            "profile": self.profile,
            "record": self.record,
            "key": list(self.key),
            "place": self.place,
            "verdict": "review" if self.needs_review else "read",
            "values": [asdict(value) for value in self.values],
        }


def read_contract(document: Document, name: str, profile: Profile, place: str = "") -> Contract:
    """One contract: `document` holds it and nothing else."""
    search = Search(document, profile.labels())
    values = tuple(
        _read_field(search, field_name, one, profile.own_company)
        for field_name, one in profile.fields.items()
    )
    by_name = {value.name: value.value for value in values}
    return Contract(name, profile.record, tuple(by_name[key] for key in profile.key), values, place)


@dataclass(frozen=True, slots=True)
class _Read:
    """A candidate that has a reading."""

    value: Any
    candidate: Candidate


def _read_field(search: Search, name: str, wanted: Field_, own: OwnCompany) -> Value:
    found: list[_Read] = []
    doubts: list[Doubt] = []
    ignored: dict[str, None] = {}
    for candidate in _all(search, wanted):
        try:
            value = parse(wanted, candidate)
        except Unreadable as reason:
            if _is_mine(wanted.type, candidate.raw, None, own):
                ignored[candidate.raw] = None
            else:
                doubts.append(_doubt("unreadable", str(reason), candidate))
            continue
        if value is None:
            continue
        if _is_mine(wanted.type, candidate.raw, value, own):
            ignored[candidate.raw] = None
            continue
        found.append(_Read(value, candidate))
    doubts += _differing(found) + _of_value(wanted, found)
    if not found:
        return _without(name, wanted, doubts, tuple(ignored))
    best = found[0]
    verdict: Verdict = _worst(doubts) if doubts else "found"
    told = best.candidate
    shown = kinds.shown(wanted.type, best.value)
    return Value(
        name, wanted.type, verdict, best.value, shown, told.source, told.raw, told.place, told.sentence,
        tuple(doubts), tuple(ignored),
    )  # fmt: skip


def _all(search: Search, wanted: Field_) -> Iterable[Candidate]:
    for source in wanted.by_trust:
        yield from candidates(search, source)


def _without(name: str, wanted: Field_, doubts: list[Doubt], ignored: tuple[str, ...]) -> Value:
    if doubts:
        first = doubts[0]
        return Value(
            name, wanted.type, "unreadable", None, "", first.source, first.raw, first.place, first.sentence,
            tuple(doubts), ignored,
        )  # fmt: skip
    if not wanted.required:
        return Value(name, wanted.type, "empty", ignored=ignored)
    where = ", ".join(_where(wanted))
    why = f"; {', '.join(ignored)} is your own company's" if ignored else ""
    return Value(
        name,
        wanted.type,
        "missing",
        doubts=(Doubt("missing", f"nothing stands at {where}{why}"),),
        ignored=ignored,
    )


def _where(wanted: Field_) -> Iterable[str]:
    for source in wanted.by_trust:
        given = getattr(source, source.kind)
        yield f"{source.kind}: {given if isinstance(given, str) else ' or '.join(given)}"


@lru_cache(maxsize=256)
def _reader(kind: str, options: tuple[tuple[str, Any], ...]) -> kinds.Reader:
    return kinds.reader(kind, dict(options))


def _reader_of(wanted: Field_) -> kinds.Reader:
    if wanted.values:
        return kinds.reader(wanted.type, wanted.options)
    return _reader(wanted.type, tuple(sorted((k, v) for k, v in wanted.options.items() if v is not None)))


def parse(wanted: Field_, candidate: Candidate) -> Any:
    """The canonical value of a raw text, its pattern kept. Raises `Unreadable`."""
    raw = candidate.raw
    if wanted.pattern and wanted.type == "text":
        return _by_pattern(wanted.pattern, clean(raw))
    try:
        value = _reader_of(wanted)(raw)
    except Unreadable:
        if wanted.type == "date" and candidate.beside:
            # A date control may show `lundi 2` and know the whole day.
            return french.day(candidate.beside)
        raise
    if value is not None and wanted.pattern and not re.fullmatch(wanted.pattern, str(value)):
        raise Unreadable(f"{kinds.quoted(str(value))} is not written like {wanted.pattern}")
    return value


def _by_pattern(pattern: str, line: str) -> str | None:
    if not line:
        return None
    if re.fullmatch(pattern, line):
        return line
    found = dict.fromkeys(match[0] for match in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", line))
    if len(found) == 1:
        return next(iter(found))
    if found:
        raise Unreadable(f"several stand here: {', '.join(found)}")
    raise Unreadable(f"{kinds.quoted(line)} is not written like {pattern}")


def _differing(found: Sequence[_Read]) -> list[Doubt]:
    """A doubt for every place that says something else than the most trusted one."""
    doubts = []
    seen = {_comparable(found[0].value)} if found else set()
    for one in found[1:]:
        if _comparable(one.value) not in seen:
            seen.add(_comparable(one.value))
            first = found[0].candidate
            other = one.candidate
            message = (
                f"{first.source} says {kinds.quoted(first.raw)}, {other.source} {kinds.quoted(other.raw)}"
            )
            doubts.append(_doubt("disagree", message, other))
    for one in found:
        beside = one.candidate.beside
        if beside and beside != one.value and _DAY.fullmatch(beside) and _DAY.fullmatch(str(one.value)):
            message = f"{one.candidate.source} shows {kinds.quoted(one.candidate.raw)} and holds {beside}"
            doubts.append(_doubt("disagree", message, one.candidate))
    return doubts


def _comparable(value: Any) -> Any:
    return folded(value) or value if isinstance(value, str) else value


def _of_value(wanted: Field_, found: Sequence[_Read]) -> list[Doubt]:
    """What is wrong with the value itself: outside its range, or still what the form was delivered with."""
    if not found:
        return []
    best = found[0]
    doubts = []
    message = _outside(wanted, best.value)
    if message:
        doubts.append(_doubt("out of range", message, best.candidate))
    if best.candidate.initial:
        message = f"{kinds.quoted(best.candidate.raw)} is what the form was delivered with: was it filled in?"
        doubts.append(_doubt("doubtful", message, best.candidate))
    return doubts


def _outside(wanted: Field_, value: Any) -> str:
    if not wanted.range:
        return ""
    low, high = wanted.range
    measured = measure(wanted.type, value)
    if measured is None:
        return ""
    if (low is not None and measured < bound(wanted.type, low)) or (
        high is not None and measured > bound(wanted.type, high)
    ):
        return f"{kinds.shown(wanted.type, value)} is outside {low} to {high}"
    return ""


def _worst(doubts: Sequence[Doubt]) -> Verdict:
    order: list[Verdict] = ["disagree", "out of range", "unreadable", "doubtful"]
    return min((doubt.verdict for doubt in doubts), key=order.index)


def _doubt(verdict: Verdict, message: str, candidate: Candidate) -> Doubt:
    return Doubt(verdict, message, candidate.source, candidate.raw, candidate.place, candidate.sentence)


def _is_mine(kind: str, raw: str, value: Any, own: OwnCompany) -> bool:
    """Whether this is a number, name or address of the company that writes the contracts."""
    if kind in ("siret", "siren", "vat"):
        digits = re.sub(r"\D", "", str(value if value is not None else raw))
        return any(siren in digits for siren in own.siren)
    if value is None:
        return False
    if kind in ("text", "lines"):
        return any(fold(clean(name)) == fold(clean(str(value))) for name in own.name)
    if kind == "phone":
        return value in _own_phones(own.phone)
    if kind == "email":
        return str(value) in {one.lower() for one in own.email}
    if kind in ("postcode_town", "postcode", "town"):
        return any(fold(str(value)) in fold(one) for one in own.postcode_town)
    return False


@lru_cache(maxsize=16)
def _own_phones(phones: tuple[str, ...]) -> frozenset[str]:
    kind = make_type("phone")
    return frozenset(str(kind.parse(one)) for one in phones)
