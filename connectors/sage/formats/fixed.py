"""Lines in which every value has its place by the character: what PNM and XIMPORT share.

Promises: a line of the wrong width, or whose signs do not stand where they must, is refused and never read
shifted; a value is padded to its place, a label cut to it and told, a code never. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import BinaryIO, NamedTuple

from connectors.sage.formats.entries import Entry, Item, Options, Reading, Refusal
from connectors.sage.formats.sink import Pen, Unwritable
from connectors.sage.formats.source import Source
from connectors.sage.formats.values import Unreadable, amount, as_amount
from connectors.sage.text import Damage

ENDED = "export it again; if it is whole, say that its last line need not be ended"


class Slot(NamedTuple):
    """A place in a line: its first character, from 1, and how many there are."""

    first: int
    width: int

    def of(self, line: str) -> str:
        """What stands there, without the blanks that fill it up."""
        return line[self.first - 1 : self.first - 1 + self.width].strip(" ")


class FixedReader:
    """Reads a file line by line; what a line means is said by `parse`, in the formats."""

    reading: Reading
    width = 0

    def __init__(self, stream: BinaryIO, options: Options, usual: tuple[str, ...]) -> None:
        self.options = options
        self.source = Source(stream, options, usual)
        self.mark = ""
        self.out: list[Item] = []
        self.key: tuple[object, ...] = ()

    def batches(self) -> Iterator[list[Item]]:
        for number, lines in self.source.blocks():
            self.out = []
            for at, line in enumerate(lines, number):
                self.take(at, line)
            self.reading.options = self.found()
            yield self.out
        self.out = []
        if not self.source.last:
            raise Damage("the file is empty", "wait for the copy to end, or export again")
        self.end()
        yield self.out

    def found(self) -> Options:
        """The options, completed by what was found."""
        return replace(self.source.found, decimal=self.mark or self.options.decimal)

    def take(self, number: int, line: str) -> None:
        """One line. What it is refused for spoils its piece."""
        if not line.strip():
            return
        try:
            if not self.source.ended and self.options.last_line_end == "required":
                raise Unreadable("the last line is not ended: the file may be cut short", ENDED)
            if "\t" in line:
                raise Unreadable(
                    "it holds a tab, and every value has its place by the character", "write blanks"
                )
            self.parse(number, line)
        except Unreadable as error:
            self.end()
            self.out.append(Refusal(number, error.why, error.todo, line, piece=self.key_of(line)))

    def parse(self, number: int, line: str) -> None:
        """Add what the line says to `out`. Raises `Unreadable`."""
        raise NotImplementedError

    def key_of(self, line: str) -> tuple[object, ...]:
        """The piece of a line that cannot be read, as far as it tells; empty where it does not."""
        raise NotImplementedError

    def end(self) -> None:
        """Add what waited for the line after it."""

    def amount(self, text: str) -> Decimal:
        """An amount with the decimal mark of the file: a point or a comma, the same throughout."""
        mark = self.mark or ("." if "." in text and "," not in text else ",")
        number = amount(text, mark)
        if not text:
            raise Unreadable("the amount is empty", "write 0.00")
        if mark in text:
            self.mark = mark
        return number


def checked(name: str, text: str, of: tuple[str, ...]) -> str:
    """A sign that must be one of a few. Raises `Unreadable`."""
    if text not in of:
        wanted = " or ".join(repr(one) for one in of)
        raise Unreadable(
            f"the {name} is {text!r}, not {wanted}",
            "see whether the line is shifted, or the file in this format",
        )
    return text


def labelled(name: str, text: str) -> str:
    """A value that may not be empty. Raises `Unreadable`."""
    if not text:
        raise Unreadable(f"the {name} is empty", "an entry without it belongs nowhere")
    return text


class Line:
    """A line being written: values put in their places."""

    def __init__(self, pen: Pen, width: int) -> None:
        self.pen, self.cells = pen, [" "] * width

    def code(self, slot: Slot, field: str, value: str, *, right: bool = False) -> None:
        if value != value.strip(" "):
            raise Unwritable(field, f"{value!r} begins or ends with a blank", "correct it where it was typed")
        text = self.pen.code(field, value, slot.width)
        self._put(slot, field, text.rjust(slot.width) if right else text)

    def label(self, slot: Slot, field: str, value: str) -> None:
        text = self.pen.label(field, value, slot.width)
        if text != text.strip(" "):
            self.pen.note(field, text, text.strip(" "), "blanks fill up the places of this file")
        self._put(slot, field, text.strip(" "))

    def amount(self, slot: Slot, field: str, number: Decimal, mark: str) -> None:
        text = as_amount(number, mark)
        if len(text) > slot.width or len(text.partition(mark)[2]) > 2:
            why = f"{text} does not fit: {slot.width} characters, two decimals"
            raise Unwritable(field, why, "correct the amount")
        self._put(slot, field, text.rjust(slot.width))

    def put(self, slot: Slot, text: str) -> None:
        self._put(slot, "", text)

    def _put(self, slot: Slot, field: str, text: str) -> None:
        if len(text) > slot.width:
            raise Unwritable(
                field, f"{text!r} has {len(text)} characters, and {slot.width} fit", "shorten it"
            )
        self.cells[slot.first - 1 : slot.first - 1 + len(text)] = text

    def text(self) -> str:
        return "".join(self.cells)


def one_side(entry: Entry) -> tuple[Decimal, str]:
    """The amount of an entry, and ``D`` or ``C``."""
    return (entry.credit, "C") if entry.credit else (entry.debit, "D")
