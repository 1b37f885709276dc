"""XIMPORT.TXT: lines of fixed width in CP850, as Ciel, Sage 50 (France) and EBP import entries.

Promises: a line has 138 characters or is refused. Lines with one movement number make up a piece. Pure.
Source of the places: sage.md of the facts, 2.5.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, Final

from connectors.sage.formats.entries import ZERO, Analytic, Entry, Options, Reading, Row, Written
from connectors.sage.formats.fixed import FixedReader, Line, Slot, checked, labelled, one_side
from connectors.sage.formats.pieces import BY_NUMBER, reading_of
from connectors.sage.formats.sink import Pen, Sheet, Unwritable, written
from connectors.sage.formats.values import Unreadable, as_day, day

PIECE, JOURNAL, DATE, DUE = Slot(1, 5), Slot(6, 2), Slot(8, 8), Slot(16, 8)
INVOICE, ACCOUNT, LABEL, AMOUNT = Slot(24, 12), Slot(36, 11), Slot(47, 25), Slot(72, 13)
SIDE, TICK, SECTION, ACCOUNT_LABEL, EURO = Slot(85, 1), Slot(86, 12), Slot(98, 6), Slot(104, 34), Slot(138, 1)
WIDTH: Final = 138
USUAL: Final = ("cp850", "cp1252")
HOLDS: Final = frozenset({
    "journal", "date", "account", "debit", "credit", "label", "piece", "invoice", "due", "account_label",
    "analytic", "more",
})  # fmt: skip


class Ximport:
    """The format. A third party is an account like others there, so `third_party` has no place of its own."""

    name = "ximport"
    label = "XIMPORT"

    def read(self, stream: BinaryIO, options: Options) -> Reading:
        reader = _Reader(stream, options, USUAL)
        reader.mark = "."
        return reading_of(reader, options, BY_NUMBER)

    def write(self, items: Iterable[Entry | Row], options: Options) -> Written:
        pen = Pen(options, USUAL[0])
        return written(items, Sheet(pen, BY_NUMBER, HOLDS, _lines, label="an XIMPORT"))


class _Reader(FixedReader):
    def parse(self, number: int, line: str) -> None:
        if len(line) != WIDTH:
            raise Unreadable(
                f"{len(line)} characters, and a line of XIMPORT has {WIDTH}",
                "see whether it was cut, or its blanks were taken away",
            )
        side = checked("side (character 85)", line[84], ("D", "C"))
        figure = self.amount(AMOUNT.of(line))
        section, tick, euro = SECTION.of(line), TICK.of(line), EURO.of(line)
        more = (("tick", tick),) if tick else ()
        if euro != "O":
            more = (*more, ("euro", euro))
        self.out.append(Entry(
            labelled("journal", JOURNAL.of(line)), day(DATE.of(line)), labelled("account", ACCOUNT.of(line)),
            ZERO if side == "C" else figure, figure if side == "C" else ZERO, LABEL.of(line),
            labelled("movement number", PIECE.of(line)), INVOICE.of(line),
            due=day(DUE.of(line)) if DUE.of(line) else None, account_label=ACCOUNT_LABEL.of(line),
            analytic=(Analytic("", section, figure),) if section else (), more=more, line=number,
        ))  # fmt: skip

    def key_of(self, line: str) -> tuple[object, ...]:
        return (JOURNAL.of(line), PIECE.of(line)) if PIECE.of(line).isdecimal() else ()


def _lines(pen: Pen, entry: Entry) -> list[str]:
    number, side = one_side(entry)
    more = dict(entry.more)
    tick, euro = more.pop("tick", ""), more.pop("euro", "O")
    if more:
        raise Unwritable("more", f"an XIMPORT has no value {next(iter(more))}", "leave it out")
    if not (entry.piece.isdecimal() and entry.piece.isascii()):
        why = f"the number of a movement is made of digits, and {entry.piece!r} is not"
        raise Unwritable("piece", why, "number the pieces of this file 1, 2, 3…")
    line = Line(pen, WIDTH)
    line.code(PIECE, "piece", entry.piece, right=True)
    line.code(JOURNAL, "journal", entry.journal)
    line.put(DATE, as_day(entry.date))
    line.put(DUE, as_day(entry.due) if entry.due else "")
    line.code(INVOICE, "invoice", entry.invoice)
    line.code(ACCOUNT, "account", entry.account)
    line.label(LABEL, "label", entry.label)
    line.amount(AMOUNT, "amount", number, ".")
    line.put(SIDE, side)
    line.code(TICK, "tick", tick)
    line.code(SECTION, "section", _section(entry, number))
    line.label(ACCOUNT_LABEL, "account_label", entry.account_label)
    line.code(EURO, "euro", euro)
    return [line.text()]


def _section(entry: Entry, number: object) -> str:
    """The one section a line can name. Raises `Unwritable` where it is split."""
    if not entry.analytic:
        return ""
    part = entry.analytic[0]
    if len(entry.analytic) > 1 or part.plan or part.quantity or part.amount != number:
        raise Unwritable(
            "analytic", "a line of XIMPORT has one section for its whole amount", "make a line of each"
        )
    return part.section
