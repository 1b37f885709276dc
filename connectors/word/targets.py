"""Which controls and fields of a document a profile's field took its value from, or would take one from.

Promises: every place that says the value is found; what stands outside a control is told with its sentence
and what to do. Pure. Raises `Refusal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.word import kinds
from connectors.word.document import Document, Mark, Span
from connectors.word.faults import Refusal
from connectors.word.profile import Field_, Source
from connectors.word.reading import Value
from connectors.word.sources import Candidate, Search, candidates, is_filled
from hub.values.french.words import fold

MARKED = ("sdt", "form_field", "bookmark", "merge_field")


@dataclass(frozen=True, slots=True)
class Target:
    """One control or field to write: its kind (of `MARKED`), itself, what it shows, what follows it."""

    kind: str
    mark: Mark
    text: str
    after: str


def targets(search: Search, name: str, wanted: Field_, current: Value) -> list[Target]:
    """Everything that shows the field's value and can be written; else the empty places for it."""
    if current.verdict in ("disagree", "unreadable"):
        told = current.doubts[0]
        raise Refusal(
            f"what the document says of {name} is in doubt: {told.message} ({told.sentence or told.raw})",
            "make it plain in Word; the hub never writes over what it could not read",
            name,
        )
    document = search.document
    filled: dict[int, tuple[str, Mark]] = {}
    elsewhere: list[Candidate] = []
    for source in wanted.by_trust:
        for candidate in candidates(search, source):
            mark = _mark_of(document, source, candidate)
            if mark is None:
                elsewhere.append(candidate)
            else:
                filled.setdefault(id(mark), (source.kind, mark))
    found = [_target(document, kind, mark, name) for kind, mark in filled.values()]
    outside = [one for one in elsewhere if not any(_meet(one.span, t.mark.span) for t in found)]
    if outside:
        raise _in_text(name, wanted, outside[0], bool(found))
    return found or _empty(document, name, wanted)


def _mark_of(document: Document, source: Source, candidate: Candidate) -> Mark | None:
    if source.kind not in MARKED:
        return None
    for mark in _named(document, source):
        if mark.span == candidate.span and not mark.blank:
            return mark
    return None


def _named(document: Document, source: Source) -> list[Mark]:
    """The marks of a source's names, as `sources` finds them."""
    marks: Sequence[Mark] = {
        "sdt": document.controls, "form_field": document.form_fields, "bookmark": document.bookmarks,
        "merge_field": document.merge_fields,
    }[source.kind]  # fmt: skip
    wanted = {fold(one) for one in getattr(source, source.kind)}
    return [
        mark
        for mark in marks
        if (fold(mark.name) in wanted or (mark.title and fold(mark.title) in wanted))
        and (source.within is None or _within(mark, source.within))
    ]


def _within(mark: Mark, where: str) -> bool:
    return bool(mark.place.cells) if where == "table" else mark.place.story.startswith(where)


def _target(document: Document, kind: str, mark: Mark, name: str) -> Target:
    """A bookmark around a form field or control, as Word puts one around each form field, is that field."""
    if kind == "bookmark":
        for inner_kind, marks in (("form_field", document.form_fields), ("sdt", document.controls)):
            for inner in marks:
                if inner.span == mark.span and inner.origin and inner.origin[0] == (mark.origin or ("",))[0]:
                    kind, mark = inner_kind, inner
    line = document.text[mark.span.end : mark.span.end + 40].split("\n")[0]
    text = "" if mark.blank else document.cut(mark.span)
    return Target(kind, mark, text if is_filled(text) else "", line)


def _meet(one: Span | None, other: Span) -> bool:
    return one is not None and one.start <= other.end and other.start <= one.end


def _empty(document: Document, name: str, wanted: Field_) -> list[Target]:
    """The places of the most trusted source that is there at all."""
    for source in wanted.by_trust:
        if source.kind in MARKED:
            marks = _named(document, source)
            if source.occurrence == "first" or source.occurrence == "last":
                marks = marks[:1] if source.occurrence == "first" else marks[-1:]
            elif isinstance(source.occurrence, int):
                marks = marks[source.occurrence - 1 : source.occurrence]
            if marks:
                return [_target(document, source.kind, mark, name) for mark in marks]
    raise Refusal(
        f"the document has no control or form field for {name}",
        _put_a_control(name, wanted),
        name,
    )


def _in_text(name: str, wanted: Field_, candidate: Candidate, also: bool) -> Refusal:
    kind = candidate.source.partition(" ")[0]
    places = {"table": "in a table's cell", "column": "in a table's cell", "label": "after a label"}
    where = ("also " if also else "") + "stands " + places.get(kind, "in the running text")
    return Refusal(
        f"{name} ({kinds.quoted(candidate.raw)}) {where}, which the hub does not write: "
        f"{candidate.sentence} ({candidate.place})",
        _put_a_control(name, wanted),
        name,
    )


def _put_a_control(name: str, wanted: Field_) -> str:
    tags = [tag for source in wanted.sources for tag in source.sdt]
    tag = tags[0] if tags else name
    also = "" if tags else f", and add 'sdt: {tag}' to {name} in the profile"
    return (
        f"change it in Word; or mark it there and put a content control around it (Developer, Plain Text, "
        f"then Properties, Tag: {tag}){also}"
    )
