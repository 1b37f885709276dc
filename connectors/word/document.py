"""What a Word document says, as plain data: one long text, and everything in it by where it begins and ends.

`Document.text` holds every visible story one after the other (body, text boxes after the paragraph they hang
on, headers, footers, notes), a paragraph a line. All else points into it, so that a part of a document (one
contract of a mail merge) is a range of it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the story, the cells it is in from the outside in, the paragraph there."""

    story: str
    cells: tuple[tuple[int, int, int], ...] = ()
    paragraph: int = 0

    def __str__(self) -> str:
        words = [] if self.story == "body" else [self.story]
        words += [f"table {t}, row {r}, cell {c}" for t, r, c in self.cells]
        if self.paragraph and (self.paragraph > 1 or not self.cells):
            words.append(f"paragraph {self.paragraph}")
        return ", ".join(words) or "body"


class Span(NamedTuple):
    """A stretch of the document's text: from `start` up to and without `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One visible paragraph. `section` counts from 0; `breaks` says that a page begins with or in it."""

    span: Span
    place: Place
    section: int
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A named place a value can be put into: a content control, form field, bookmark or merge field.

    `kind` is text, date, checkbox, choice (a drop-down list) … `value` is what the file says beside the text
    shown: ISO of a date, true or false of a box. `blank` says that nobody has filled it; `initial` is what a
    form was delivered with. `origin`: the part and which of its elements it is, where that was asked for.
    """

    name: str
    title: str
    span: Span
    place: Place
    kind: str = "text"
    value: str | None = None
    blank: bool = False
    initial: str | None = None
    origin: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; text of tables inside it is part of its own."""

    span: Span
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """One table, nested ones apart, as rows of cells."""

    place: Place
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Document:
    """Everything visible, in order. `stories` are the ranges of text of headers and footers by section."""

    text: str
    folded: str
    """The text as `words.fold` has it, letter for letter at the same place."""
    paragraphs: Sequence[Paragraph]
    tables: Sequence[Table] = ()
    controls: Sequence[Mark] = ()
    form_fields: Sequence[Mark] = ()
    bookmarks: Sequence[Mark] = ()
    merge_fields: Sequence[Mark] = ()
    notes: Sequence[str] = ()
    shared: Sequence[tuple[Span, frozenset[int]]] = field(default=())
    """Headers and footers: their text, and the sections they stand in."""
    body_end: int = 0
    """Where the body's text ends, and that of headers, footers and notes begins."""

    def cut(self, span: Span) -> str:
        """The text of a stretch, without the ends of lines around it."""
        return self.text[span.start : span.end].strip("\n\x07 ")

    def lines(self) -> Iterator[tuple[Span, Paragraph]]:
        """Every line of every paragraph: people press Shift and Enter in forms."""
        for paragraph in self.paragraphs:
            start = paragraph.span.start
            for line in self.text[start : paragraph.span.end].split("\n"):
                yield Span(start, start + len(line)), paragraph
                start += len(line) + 1

    def sentence(self, span: Span) -> str:
        """The sentence a stretch stands in, for a person to judge by."""
        around = next((p for p in self.paragraphs if p.span.start <= span.start <= p.span.end), None)
        if around is None:
            return " ".join(self.cut(span).split())
        row = self._row_of(span) if around.place.cells else None
        if row is not None:
            return row
        whole = self.text[around.span.start : around.span.end]
        if len(whole) <= 240:
            return " ".join(whole.split())
        start = max((m.end() for m in _SENTENCE.finditer(whole) if m.end() + around.span.start <= span.start),
                    default=0)  # fmt: skip
        end = next(
            (m.start() for m in _SENTENCE.finditer(whole) if m.start() + around.span.start >= span.end),
            len(whole),
        )
        return " ".join(whole[start:end].split())[:600]

    def _row_of(self, span: Span) -> str | None:
        for table in reversed(self.tables):
            for row in table.rows:
                if any(
                    cell.span.start <= span.start < max(cell.span.end, cell.span.start + 1) for cell in row
                ):
                    texts = [" ".join(self.cut(cell.span).split()) for cell in row]
                    return " | ".join(text for text in texts if text)[:600]
        return None

    def part(self, spans: Sequence[Span]) -> Document:
        """The document with only what stands in these stretches of text."""

        def inside(span: Span) -> bool:
            return any(one.start <= span.start and span.end <= one.end + 1 for one in spans)

        def starts(span: Span) -> bool:
            return any(one.start <= span.start < max(one.end, one.start + 1) for one in spans)

        return replace(
            self,
            paragraphs=[one for one in self.paragraphs if starts(one.span)],
            tables=[
                kept
                for one in self.tables
                if (kept := replace(one, rows=tuple(r for r in one.rows if r and starts(r[0].span)))).rows
            ],
            controls=[one for one in self.controls if inside(one.span)],
            form_fields=[one for one in self.form_fields if inside(one.span)],
            bookmarks=[one for one in self.bookmarks if inside(one.span)],
            merge_fields=[one for one in self.merge_fields if inside(one.span)],
        )

    def comparable(self) -> str:
        """All visible text of its paragraphs for comparing: no case or accents, single blanks."""
        texts = (self.folded[p.span.start : p.span.end] for p in self.paragraphs)
        return " ".join(" ".join(texts).split())


_SENTENCE = re.compile(r"[.;!?]\s+(?=[A-ZÀ-Ý«\"•\d])|\n")
