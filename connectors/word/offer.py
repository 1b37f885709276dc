"""What a document offers to whoever writes a profile for it: everything in it that has a name, and its value.

A label is what stands at the start of a line before a colon; a table row of two filled cells offers the first
as the name of the second. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connectors.word.document import Document, Mark
from connectors.word.sources import is_filled

MOST = 200
_LABEL = re.compile(r"^\s*(?:[•▪*-]\s*)?([^\W\d_][^:\t]{0,58}?)\s*(?::(?!//)|\t)\s*(.*)$")


def offered(document: Document) -> list[dict[str, Any]]:
    """Everything that can be a source, in the order of trust: source, name, kind, value, place, filled."""
    return [
        *_marks("sdt", document, document.controls),
        *_marks("form_field", document, document.form_fields),
        *_marks("bookmark", document, document.bookmarks),
        *_marks("merge_field", document, document.merge_fields),
        *_rows(document),
        *_labels(document),
    ]


def _marks(source: str, document: Document, marks: Any) -> Iterator[dict[str, Any]]:
    mark: Mark
    for mark in list(marks)[:MOST]:
        value = document.cut(mark.span)
        filled = not mark.blank and is_filled(value)
        title = {"title": mark.title} if mark.title and mark.title != mark.name else {}
        yield {**_row(source, mark.name, value, str(mark.place), filled), "kind": mark.kind, **title}


def _rows(document: Document) -> Iterator[dict[str, Any]]:
    count = 0
    for table in document.tables:
        for row in table.rows:
            texts = [" ".join(document.cut(cell.span).split()) for cell in row]
            pairs = [(text, cell) for text, cell in zip(texts, row, strict=True) if text.strip(" :")]
            if len(row) < 2 or not pairs or len(pairs) > 2 or len(pairs[0][0]) > 60 or count >= MOST:
                continue
            value, place = (pairs[1][0], pairs[1][1].place) if len(pairs) == 2 else ("", pairs[0][1].place)
            count += 1
            yield _row("table", pairs[0][0].rstrip(" :"), value, str(place), is_filled(value))


def _labels(document: Document) -> Iterator[dict[str, Any]]:
    count = 0
    for span, paragraph in document.lines():
        found = _LABEL.match(document.text[span.start : span.end])
        if found and count < MOST:
            count += 1
            value = found[2].strip()
            yield _row("label", " ".join(found[1].split()), value, str(paragraph.place), is_filled(value))


def _row(source: str, name: str, value: str, place: str, filled: bool) -> dict[str, Any]:
    return {"source": source, "name": name, "value": value[:300], "place": place, "filled": filled}
