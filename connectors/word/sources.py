"""Finds in a document what a profile's source points at: the raw texts, with where each stands.

Promises: a label counts at the start of a line, or of a stretch of a line after a tab or wide gap, or after
another label of the line; never in the middle of a sentence. A value ends where the next label of its line
begins. What nobody filled (a placeholder, dots, `«NUMERO»`) is no value. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from connectors.word.document import Cell, Document, Mark, Place, Span
from connectors.word.profile import Source
from hub.values.french.words import fold

NAMES = {"sdt": "content control", "form_field": "form field", "bookmark": "bookmark",
         "merge_field": "merge field", "table": "table", "below": "column", "label": "label",
         "regex": "regular expression"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """One raw text that may be a value. `beside` is what the file says besides: a control's own date."""

    source: str
    raw: str
    place: str
    sentence: str
    rank: int
    beside: str | None = None
    initial: bool = False
    span: Span | None = None


class Search:
    """One document, searched for many sources: its lines are gone through once. `labels`: of all fields."""

    def __init__(self, document: Document, labels: Sequence[str]) -> None:
        self.document = document
        self._labels = labels
        self.lines = [
            (span, paragraph, document.text[span.start : span.end]) for span, paragraph in document.lines()
        ]

    @cached_property
    def plain(self) -> list[tuple[int, Place, str]]:
        """Every paragraph's start, place and text, with plain blanks."""
        text = self.document.text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
        return [
            (p.span.start, p.place, text[p.span.start : p.span.end])
            for p in self.document.paragraphs
            if p.span.end > p.span.start
        ]

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """Any label of any field."""
        words = "|".join(r"[ ]+".join(map(re.escape, label.split())) for label in self._labels if label)
        return re.compile(rf"(?<![\w'-])(?P<label>{words})(?![\w'-])(?P<sep>{_SEPARATOR})")

    @cached_property
    def labelled(self) -> list[tuple[int, str, Span, int, int]]:
        """Every label met where it counts: line number, folded label, its place in the line, its value's."""
        first = {label.split()[0] for label in self._labels if label.split()}
        found = []
        for number, (span, _, _) in enumerate(self.lines):
            line = self.document.folded[span.start : span.end]
            # The expression is tried at every letter; most lines hold no label at all, and are told at once.
            if any(word in line for word in first):
                for label, start, end in _stretches(line, self.expression):
                    name = " ".join(line[label.start : label.end].split())
                    found.append((number, name, label, start, end))
        return found


def candidates(search: Search, source: Source) -> list[Candidate]:
    """All that a source finds, in the document's order, narrowed by its `within` and `occurrence`."""
    document = search.document
    found = [one for one in _found(search, source) if _is_within(one[1], source.within)]
    if source.occurrence == "first":
        found = found[:1]
    elif source.occurrence == "last":
        found = found[-1:]
    elif isinstance(source.occurrence, int):
        found = found[source.occurrence - 1 : source.occurrence]
    return [
        Candidate(
            f"{NAMES[source.kind]} {name}",
            raw,
            str(place),
            document.sentence(span),
            source.rank,
            beside,
            initial,
            span,
        )
        for name, place, span, raw, beside, initial in found
    ]


_Found = tuple[str, Place, Span, str, "str | None", bool]


def _found(search: Search, source: Source) -> Iterator[_Found]:
    document = search.document
    if source.sdt:
        yield from _marks(document, document.controls, source.sdt)
    elif source.form_field:
        yield from _marks(document, document.form_fields, source.form_field)
    elif source.bookmark:
        yield from _marks(document, document.bookmarks, source.bookmark)
    elif source.merge_field:
        yield from _marks(document, document.merge_fields, source.merge_field)
    elif source.table:
        yield from _cells(document, source.table, below=False)
    elif source.below:
        yield from _cells(document, source.below, below=True)
    elif source.label:
        yield from _labelled(search, source)
    elif source.regex:
        yield from _matches(search, source.regex)


def _is_within(place: Place, within: str | None) -> bool:
    if within == "table":
        return bool(place.cells)
    return within is None or place.story.startswith(within)


def _marks(document: Document, marks: Iterable[Mark], names: Sequence[str]) -> Iterator[_Found]:
    wanted = {fold(name) for name in names}
    for mark in marks:
        if fold(mark.name) not in wanted and not (mark.title and fold(mark.title) in wanted):
            continue
        raw = document.cut(mark.span)
        if mark.kind == "checkbox":
            raw = "☒" if mark.value == "true" else "☐"
        if not mark.blank and is_filled(raw):
            untouched = (
                mark.initial is not None and bool(mark.initial) and raw.strip() == mark.initial.strip()
            )
            yield (
                mark.name,
                mark.place,
                mark.span,
                raw,
                mark.value if mark.kind == "date" else None,
                untouched,
            )


_EDGES = re.compile(r"^[\s|;•▪]*(?:[._…]{2,}\s*)*|[\s|;•▪]*(?:\s*[._…]{3,})*\s*$")
_UNFILLED = re.compile(r"[\s._…:/\-–—\x07]*|«[^»]*»|\{\{[^}]*\}\}|\[[^\]]{0,40}\]|<<[^>]*>>")


def is_filled(raw: str) -> bool:
    """Whether anybody wrote something there: dots, dashes and `«NUMERO»` are nothing."""
    return not _UNFILLED.fullmatch(raw.strip())


def _same_label(text: str, labels: set[str]) -> bool:
    return " ".join(fold(text).split()).rstrip(" :=.") in labels


def _cells(document: Document, names: Sequence[str], below: bool) -> Iterator[_Found]:
    wanted = {" ".join(fold(name).split()).rstrip(" :=.") for name in names}
    for table in document.tables:
        for number, row in enumerate(table.rows):
            for at, cell in enumerate(row):
                text = document.cut(cell.span)
                if len(text) > 200 or not _same_label(text, wanted):
                    continue
                under = [r[at] for r in table.rows[number + 1 :] if at < len(r)]
                values = under if below else _right_of(document, row, at)
                for value in values:
                    raw = document.cut(value.span)
                    if is_filled(raw):
                        yield " ".join(text.split()).rstrip(" :"), value.place, value.span, raw, None, False


def _right_of(document: Document, row: Sequence[Cell], at: int) -> list[Cell]:
    """The next cell of the row; one that holds a colon alone is passed over."""
    for cell in row[at + 1 :]:
        if document.cut(cell.span).strip() != ":":
            return [cell]
    return []


_GAP = r"(?:\t+|[ ]{2,}|[|;•▪])"
_SEPARATOR = r"[ ]*(?:[:=]|\t|[._…]{2,}|(?= \d)|(?= €))[ \t:=._…]*"
_FORM_LINE = re.compile(r"[\s•▪·*>)(-]*(?:\d{1,2}[.)°-]+\s*)?[^\W\d_][^:.;,\t]{0,40}?:(?!//)")
_ANY_LABEL = re.compile(rf"(?:{_GAP}|(?<= )-(?= ))[ ]*[^\W\d_][^:\t|;]{{0,40}}?[ ]?:(?!//)")


def _labelled(search: Search, source: Source) -> Iterator[_Found]:
    wanted = {" ".join(fold(name).split()).rstrip(" :") for name in source.label}
    lines = search.lines
    for number, label, at, start, end in search.labelled:
        if label not in wanted:
            continue
        span, paragraph, line = lines[number]
        value = Span(span.start + start, span.start + end)
        raw, place = _EDGES.sub("", line[start:end]), paragraph.place
        if not is_filled(raw) and source.next_line and number + 1 < len(lines):
            value, paragraph, below = lines[number + 1]
            raw, place = below.strip(), paragraph.place
            if search.expression.match(fold(raw)):
                continue
        if is_filled(raw):
            yield f"'{line[at.start : at.end]}'", place, value, raw, None, False


def _stretches(line: str, expression: re.Pattern[str]) -> Iterator[tuple[Span, int, int]]:
    """Every (label, start of its value, end of it) of a folded line, by the rules of this module."""
    found: list[tuple[Span, int]] = []
    form = _FORM_LINE.match(line)
    reached = form.end() if form else len(line)
    for match in expression.finditer(line):
        before = line[: match.start()]
        opens = re.fullmatch(r"[\s•▪·*>)(-]*(?:\d{1,2}[.)°-]+\s*)?", before) is not None
        after_gap = re.search(rf"{_GAP}[ ]*$", before) is not None
        strict = match["sep"].strip(" ") != ""
        if opens or after_gap or (match.start() >= reached and strict and before.endswith((" ", "\t"))):
            found.append((Span(*match.span("label")), match.end()))
            reached = min(reached, match.end())
    stops = [label.start for label, _ in found[1:]] + [len(line)]
    for (label, end), stop in zip(found, stops, strict=False):
        other = _ANY_LABEL.search(line, end, stop)
        yield label, end, other.start() if other else stop


def _matches(search: Search, expression: str) -> Iterator[_Found]:
    pattern = re.compile(expression, re.IGNORECASE)
    for start, place, text in search.plain:
        for match in pattern.finditer(text):
            group = 1 if pattern.groups and match[1] is not None else 0
            raw = match[group].strip()
            if is_filled(raw):
                span = Span(start + match.start(group), start + match.end(group))
                yield f"/{expression}/", place, span, raw, None, False
