"""From items to bytes: pieces whole or not at all, every changed character told.

Promises: what cannot be written without loss of meaning (a code too long, a character with no spelling, a
piece that does not balance) refuses its piece, whole; a label that is cut, a character spelled otherwise or a
field the format has no place for is a `Change`. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice
from typing import Any, Final

from connectors.sage.formats.entries import (
    Change,
    Entry,
    Item,
    Options,
    Refusal,
    Remark,
    Row,
    Written,
)
from connectors.sage.formats.pieces import Key, balanced
from connectors.sage.formats.values import as_amount
from connectors.sage.text import Unfit, fit
from hub.values.formulas import runs_as_formula

COULD_RUN: Final = "=+-@ \u00a0\ufeff"
"""What a text that a spreadsheet would run begins with; `Pen` knows for sure."""

BATCH: Final = 1000
CONTROLS: Final = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029"]
"""Characters that are no text: what reads the file takes them for ends of lines, or for damage."""

LINE_ENDS: Final = {"crlf": "\r\n", "lf": "\n", "cr": "\r", "nel": "\x85"}


class Unwritable(Exception):
    """A value that its format cannot hold: which field, why, and what to do."""

    def __init__(self, field: str, why: str, todo: str) -> None:
        super().__init__(field, why, todo)
        self.field, self.why, self.todo = field, why, todo


class Pen:
    """Spells the values of one file, noting what it changes. `line`: the line being written, from 1."""

    def __init__(self, options: Options, usual: str, barred: str = "") -> None:
        """`usual`: the encoding where none was chosen. `barred`: characters with a meaning of their own."""
        self.options = options
        self.encoding = usual if options.encoding == "auto" else options.encoding
        self.codec = "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        self.end = LINE_ENDS[options.line_end]
        self.barred = str.maketrans(dict.fromkeys([*barred, *CONTROLS], " "))
        self.line = 1
        self.changes: list[Change] = []

    def label(self, field: str, value: str, longest: int | None = None) -> str:
        """A text for people: spelled as the encoding can, and cut to its longest. Raises `Unwritable`."""
        _check_runs(field, value)
        text = self._spelled(field, value)
        longest = self.options.lengths.get(field, longest)
        if longest is not None and len(text) > longest:
            if self.options.overlong == "refuse":
                raise Unwritable(
                    field, f"{text!r} has {len(text)} characters, and {longest} fit", "shorten it"
                )
            cut = text[:longest].rstrip()
            self.note(field, text, cut, f"it has {len(text)} characters, and {longest} fit")
            text = cut
        return text

    def code(self, field: str, value: str, longest: int | None = None) -> str:
        """A code, number or reference: never cut, never spelled otherwise. Raises `Unwritable`."""
        _check_runs(field, value)
        longest = self.options.lengths.get(field, longest)
        if longest is not None and len(value) > longest:
            why = f"{value!r} has {len(value)} characters, and {longest} fit; a code is never cut"
            raise Unwritable(field, why, "use a shorter one, or map it to one")
        if value.translate(self.barred) != value:
            why = f"{value!r} holds a character that separates values in this file"
            raise Unwritable(field, why, "correct it where it was typed")
        try:
            value.encode(self.codec)
        except UnicodeEncodeError as error:
            why = f"{value!r} holds {value[error.start]!r}, which {self.encoding} does not know"
            raise Unwritable(field, why, "use another code, or write the file in utf-8") from error
        return value

    def _spelled(self, field: str, value: str) -> str:
        text = value.translate(self.barred)
        if text != value:
            self.note(field, value, text, "a character in it would end the value in this file, or is no text")
        try:
            fitted = fit(text, self.codec)
        except Unfit as unfit:
            why = f"{value!r} holds {unfit}, which {self.encoding} does not know"
            raise Unwritable(field, why, "write it otherwise, or write the file in utf-8") from unfit
        if fitted.changes:
            lost = ", ".join(repr(old) for old, _ in fitted.changes)
            if self.options.unfit == "refuse":
                why = f"{value!r} holds {lost}, which {self.encoding} does not know"
                raise Unwritable(
                    field, why, "write it otherwise, or let it be spelled (unfit: transliterate)"
                )
            self.note(field, text, fitted.text, f"{self.encoding} does not know {lost}")
        elif fitted.text != text:
            self.note(field, text, fitted.text, "an accent that stood apart is joined to its letter")
        return fitted.text

    def note(self, field: str, meant: str, written: str, why: str) -> None:
        self.changes.append(Change(self.line, field, meant, written, why))


@dataclass(slots=True)
class Sheet:
    """How one format writes: `lines` makes the lines of one item, `holds` names the fields of `Entry` it has
    a place for. `head` and `foot` stand once. `quick` makes the bytes of many entries at once, or ``None``
    where one of them needs a closer look; it must give what `lines` would."""

    pen: Pen
    key: Callable[[Entry], Key]
    holds: frozenset[str]
    lines: Callable[[Pen, Entry], list[str]]
    row: Callable[[Pen, Row], list[str]] | None = None
    head: Callable[[Pen], list[str]] = lambda pen: []
    foot: tuple[str, ...] = ()
    quick: Callable[[list[Entry]], bytes | None] | None = None
    label: str = ""
    needs: tuple[str, ...] = ("journal", "account")


def written(items: Iterable[Entry | Row], sheet: Sheet) -> Written:
    """The file of these items."""
    found = Written()
    found.chunks = _Writer(sheet, found).chunks(items)
    return found


class _Writer:
    def __init__(self, sheet: Sheet, found: Written) -> None:
        self.sheet, self.found, self.pen = sheet, found, sheet.pen
        self.lost: dict[str, tuple[int, str, int]] = {}
        self.homeless = [(at, name) for at, name in enumerate(Entry._fields)
                         if name not in sheet.holds and name != "line"]  # fmt: skip

    def chunks(self, items: Iterable[Entry | Row]) -> Iterator[bytes]:
        pen, sheet = self.pen, self.sheet
        head = sheet.head(pen)
        self._commit(head)
        pen.line = len(head) + 1
        if pen.encoding == "utf-8-sig":
            yield b"\xef\xbb\xbf"
        if head:
            yield self._bytes(head)
        batches = _batches(items)
        if pen.options.balance:
            batches = balanced(batches, sheet.key, pen.options.held)
        for batch in batches:
            yield from self._written(batch)
        if sheet.foot:
            yield self._bytes(list(sheet.foot))
        self.found.lines = pen.line - 1 + len(sheet.foot)
        self._tell_lost()

    def _written(self, batch: list[Any]) -> Iterator[bytes]:
        if not batch:
            return
        if (
            self.sheet.quick
            and set(map(type, batch)) == {Entry}
            and (data := self.sheet.quick(batch)) is not None
        ):
            self._look_for_lost(batch, self.pen.line)
            self.pen.line += len(batch)
            yield data
            return
        lines: list[str] = []
        for kind, group in groupby(batch, self._kind):
            lines += self._piece(list(group)) if kind is not None else []
        if lines:
            yield self._bytes(lines)

    def _kind(self, item: Item) -> Any:
        return self.sheet.key(item) if type(item) is Entry else id(item)

    def _piece(self, items: list[Any]) -> list[str]:
        """The lines of one piece or row, or none of them, with the reason noted."""
        first = items[0]
        if type(first) is Refusal:
            self.found.refused.append(first)
            return []
        if type(first) is Remark:
            return []
        begin, lines = self.pen.line, []
        try:
            for item in items:
                made = self._lines(item)
                lines += made
                self.pen.line += len(made)
        except Unwritable as error:
            self.pen.line = begin
            self.pen.changes.clear()
            self.found.refused.append(_refused(items, item, error))
            return []
        if type(first) is Entry:
            self._look_for_lost(items, begin)
        self._commit(lines)
        return lines

    def _lines(self, item: Entry | Row) -> list[str]:
        if isinstance(item, Entry):
            _check(item, self.sheet)
            return self.sheet.lines(self.pen, item)
        if self.sheet.row is None:
            raise Unwritable(
                "", f"a {item.kind} has no place in {self.sheet.label}", "write it in another format"
            )
        return self.sheet.row(self.pen, item)

    def _look_for_lost(self, entries: list[Entry], line: int) -> None:
        columns = list(zip(*entries, strict=True))
        for at, name in self.homeless:
            count = sum(map(bool, columns[at]))
            if count:
                place, meant = next((n, value) for n, value in enumerate(columns[at]) if value)
                before = self.lost.get(name, (line + place, shown(meant), 0))
                self.lost[name] = (before[0], before[1], before[2] + count)

    def _tell_lost(self) -> None:
        for name, (line, meant, count) in self.lost.items():
            why = f"{self.sheet.label} has no place for it"
            if count > 1:
                why += f" ({count:,} lines have one)"
            self.found.changes.append(Change(line, name, meant, "", why))

    def _commit(self, lines: list[str]) -> None:
        self.found.changes += self.pen.changes
        self.pen.changes.clear()

    def _bytes(self, lines: list[str]) -> bytes:
        end = self.pen.end
        return (end.join(lines) + end).encode(self.pen.codec)


def _check(entry: Entry, sheet: Sheet) -> None:
    """Raise `Unwritable` where a line lacks what every format needs."""
    for field in sheet.needs:
        if not getattr(entry, field):
            why = "it is empty" if field != "piece" else f"{sheet.label} numbers every piece"
            raise Unwritable(field, why, "a line without it belongs nowhere")
    if entry.debit and entry.credit:
        raise Unwritable("credit", "a line has a debit or a credit, not both", "make two lines of it")


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _check_runs(field: str, value: str) -> None:
    """Whatever a program makes of the file, people open it in a spreadsheet to look at it."""
    if runs_as_formula(value):
        why = f"{value!r} would be run as a formula by a spreadsheet that opens the file"
        raise Unwritable(field, why, "correct it where it was typed")


def _refused(items: list[Any], item: Any, error: Unwritable) -> Refusal:
    lines = tuple(one.line for one in items if one.line)
    where = f"{error.field}: " if error.field else ""
    if type(item) is Entry:
        number = item.piece or item.invoice
        at = items.index(item) + 1
        name = f"piece {number} of journal {item.journal}, its line {at} (account {item.account})"
    else:
        name = f"the {item.kind}"
    return Refusal(item.line, f"{name}: {where}{error.why}", error.todo, lines=lines, field=error.field)


def shown(value: Any) -> str:
    """A value of an entry as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return "; ".join(" ".join(map(shown, one)) if isinstance(one, tuple) else shown(one) for one in value)
    return value if isinstance(value, str) else as_amount(value, ".")
