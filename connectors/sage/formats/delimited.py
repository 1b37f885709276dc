"""Delimited files with a heading line: entries, third parties or payments by named columns.

Promises: amounts and days are read as the hub's own types read them, so ``1 250,00`` and ``1.250,00`` are one
amount, and what could be two is refused; a lone quote costs its own line. What a column holds that no field
is named for is kept under its heading. Never: reads a value over two lines. Pure.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, Final

from connectors.sage.formats.entries import (
    Entry,
    Item,
    Options,
    Reading,
    Refusal,
    Row,
    Written,
)
from connectors.sage.formats.fixed import ENDED
from connectors.sage.formats.headings import AMOUNTS, DAYS, ENTRIES, USUAL, WRITTEN, Heading, understood
from connectors.sage.formats.pieces import by_day, reading_of
from connectors.sage.formats.sink import Pen, Sheet, Unwritable, shown, written
from connectors.sage.formats.source import Source
from connectors.sage.formats.values import Unreadable, as_amount
from connectors.sage.table import guess_delimiter
from connectors.sage.text import Damage
from hub.values import Unreadable as NotRead
from hub.values import make_type

ENCODINGS: Final = ("cp1252", "iso8859-15")
_MONEY, _DAY = make_type("money", decimals=6), make_type("date")
_LABELS = ("label", "name", "journal_label", "account_label", "third_party_label")


class Delimited:
    """The format. `Options.columns` names the columns, `Options.kind` says what rows are."""

    name = "csv"
    label = "delimited text"

    def read(self, stream: BinaryIO, options: Options) -> Reading:
        reader = _Reader(stream, options)
        return reading_of(reader, options, by_day)

    def write(self, items: Iterable[Entry | Row], options: Options) -> Written:
        writer = _Writer(options)
        holds = frozenset(writer.fields) | {"more"}
        return written(items, Sheet(
            Pen(options, ENCODINGS[0]), by_day, holds, writer.lines, writer.row, writer.head,
            label="a file with these columns",
        ))  # fmt: skip


class _Reader:
    reading: Reading

    def __init__(self, stream: BinaryIO, options: Options) -> None:
        self.options = options
        self.source = Source(stream, options, ENCODINGS)
        self.separator = "" if options.separator == "auto" else options.separator
        self.heading: Heading | None = None

    def batches(self) -> Iterator[list[Item]]:
        for number, lines in self.source.blocks():
            out: list[Item] = []
            for at, line in enumerate(lines, number):
                if line.strip():
                    self._take(at, line, out)
            self.reading.options = self._found()
            yield out
        if self.heading is None:
            raise Damage("the file is empty", "wait for the copy to end, or export again")

    def _found(self) -> Options:
        options = replace(self.source.found, separator=self.separator)
        if self.heading is None:
            return options
        columns = dict(zip(self.heading.fields, self.heading.titles, strict=True))
        return replace(options, columns=columns, kind=self.heading.kind)

    def _take(self, number: int, line: str, out: list[Item]) -> None:
        if self.heading is None:
            self.separator = self.separator or guess_delimiter(line)
            self.heading = understood(self._head(number, line), self.options.columns, self.options.kind)
            return
        try:
            if not self.source.ended and self.options.last_line_end == "required":
                raise Unreadable("the last line is not ended: the file may be cut short", ENDED)
            out.append(self._item(self.heading, number, self._cells(line)))
        except Unreadable as error:
            out.append(Refusal(number, error.why, error.todo, line, piece=self._key(line)))

    def _head(self, number: int, line: str) -> list[str]:
        try:
            return self._cells(line)
        except Unreadable as error:
            raise Damage(f"the heading on line {number}: {error.why}", error.todo) from error

    def _cells(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self.separator, strict=True))
        except csv.Error as error:
            raise Unreadable(
                f"a quote that is not closed or stands astray ({error})",
                'write a quote inside a value twice (""), and a value on one line',
            ) from error

    def _item(self, heading: Heading, number: int, cells: list[str]) -> Entry | Row:
        if len(cells) != len(heading.fields):
            raise Unreadable(
                f"{len(cells)} columns, and the heading has {len(heading.fields)}",
                f"see whether a value holds the separator {self.separator!r} and is not quoted",
            )
        values = {
            field: _value(field, text) for field, text in zip(heading.fields, cells, strict=True) if field
        }
        if heading.kind != ENTRIES:
            return Row(heading.kind, values, number)
        return _entry(values, number)

    def _key(self, line: str) -> tuple[Any, ...]:
        """The piece of a line that cannot be read, as far as it tells."""
        if self.heading is None or self.heading.kind != ENTRIES:
            return ()
        try:
            said = dict(zip(self.heading.fields, line.split(self.separator), strict=False))
            return said["journal"], _value("date", said["date"]), said.get("piece") or said.get("invoice", "")
        except (KeyError, Unreadable):
            return ()


def _value(field: str, text: str) -> Any:
    """A cell as its field holds it. Raises `Unreadable`."""
    if field not in AMOUNTS and field not in DAYS:
        return text
    try:
        if field in AMOUNTS:
            number = _MONEY.parse(text)
            return _two_places(Decimal(str(number))) if number is not None else None
        day = _DAY.parse(text)
        return date.fromisoformat(str(day)) if day is not None else None
    except NotRead as error:
        raise Unreadable(
            f"{USUAL[field][0] if field in USUAL else field}: {error}", "correct the value"
        ) from error


def _two_places(number: Decimal) -> Decimal:
    """The number with two decimals, or all it needs."""
    return Decimal(as_amount(number.normalize(), "."))


def _entry(values: Mapping[str, Any], number: int) -> Entry:
    for field in ("journal", "date", "account"):
        if not values[field]:
            raise Unreadable(f"{USUAL[field][0]} is empty", "an entry without it belongs nowhere")
    known = {name: value for name, value in values.items() if name in Entry._fields and value is not None}
    if known.get("debit") and known.get("credit"):
        raise Unreadable("there is a debit and a credit", "a line has one of them")
    more = tuple((name, value) for name, value in values.items() if name not in Entry._fields and value)
    return Entry(**{**known, "more": more, "line": number})


class _Writer:
    def __init__(self, options: Options) -> None:
        kind = options.kind or ENTRIES
        if options.columns:
            self.fields, self.titles = tuple(options.columns), tuple(options.columns.values())
        else:
            self.fields = WRITTEN[kind]
            self.titles = tuple(USUAL[field][0] for field in self.fields)
        self.kind, self.mark = kind, options.decimal
        self.separator = ";" if options.separator == "auto" else options.separator

    def head(self, pen: Pen) -> list[str]:
        return [self._line(pen.label(title, title) for title in self.titles)]

    def lines(self, pen: Pen, entry: Entry) -> list[str]:
        if self.kind != ENTRIES:
            raise Unwritable(
                "", f"an entry has no place in a file of the kind {self.kind}", "write two files"
            )
        values = entry._asdict()
        for name, text in entry.more:
            if name not in self.fields:
                raise Unwritable(
                    "more", f"there is no column {name}", "name it in `columns`, or leave it out"
                )
            values[name] = text
        return [self._line(self._cell(pen, field, values.get(field)) for field in self.fields)]

    def row(self, pen: Pen, row: Row) -> list[str]:
        if row.kind != self.kind:
            raise Unwritable(
                "", f"a {row.kind} has no place in a file of the kind {self.kind}", "write two files"
            )
        for name, value in row.values.items():
            if value and name not in self.fields:
                raise Unwritable(name, "there is no such column", "name it in `columns`, or leave it out")
        return [self._line(self._cell(pen, field, row.values.get(field)) for field in self.fields)]

    def _cell(self, pen: Pen, field: str, value: Any) -> str:
        if value is None or value == ():
            return ""
        if isinstance(value, Decimal):
            return as_amount(value, self.mark)
        if isinstance(value, date):
            return f"{value:%d/%m/}{value.year:04d}"
        if isinstance(value, tuple):
            raise Unwritable(field, f"{shown(value)} has no column", "leave it out")
        if field in _LABELS or field not in Entry._fields:
            return pen.label(field, value)
        return pen.code(field, value)

    def _line(self, cells: Iterable[str]) -> str:
        return self.separator.join(self._quoted(cell) for cell in cells)

    def _quoted(self, cell: str) -> str:
        if self.separator in cell or '"' in cell:
            return '"' + cell.replace('"', '""') + '"'
        return cell
