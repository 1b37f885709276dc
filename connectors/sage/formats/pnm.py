"""PNM: lines of fixed width, as Sage 100, Ligne 30 and Sage Paie exchange entries, below the company's name.

Promises: an analytic line belongs to the entry above it, with whose account and piece it must agree, and does
not count in the balance. Pure. Source of the places: sage.md of the facts, 2.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import BinaryIO, Final

from connectors.sage.formats.entries import ZERO, Analytic, Entry, Options, Reading, Row, Written
from connectors.sage.formats.fixed import FixedReader, Line, Slot, checked, labelled, one_side
from connectors.sage.formats.pieces import by_day, reading_of
from connectors.sage.formats.sink import Pen, Sheet, Unwritable, written
from connectors.sage.formats.values import Unreadable, as_short_day, short_day

JOURNAL, DATE, KIND, ACCOUNT = Slot(1, 3), Slot(4, 6), Slot(10, 2), Slot(12, 13)
TYPE, AUXILIARY, REFERENCE, LABEL = Slot(25, 1), Slot(26, 13), Slot(39, 13), Slot(52, 25)
MODE, DUE, SIDE, AMOUNT = Slot(77, 1), Slot(78, 6), Slot(84, 1), Slot(85, 20)
NATURE, PIECE = Slot(105, 1), Slot(106, 7)
SHORTEST: Final = 105
WIDTH: Final = 112
USUAL: Final = ("cp1252", "iso8859-15")
HOLDS: Final = frozenset({
    "journal", "date", "account", "debit", "credit", "label", "piece", "invoice", "third_party", "due",
    "payment_mode", "kind", "analytic", "more",
})  # fmt: skip


class Pnm:
    """The format. `Options.company` is its first line."""

    name = "pnm"
    label = "PNM"

    def read(self, stream: BinaryIO, options: Options) -> Reading:
        reader = _Reader(stream, options, USUAL)
        return reading_of(reader, options, by_day)

    def write(self, items: Iterable[Entry | Row], options: Options) -> Written:
        pen = Pen(options, USUAL[0])
        return written(items, Sheet(
            pen, by_day, HOLDS, _lines, head=lambda pen: [pen.label("company", options.company)],
            label="a PNM",
        ))  # fmt: skip


class _Reader(FixedReader):
    company = ""
    entry: Entry | None = None

    def found(self) -> Options:
        return replace(super().found(), company=self.company)

    def take(self, number: int, line: str) -> None:
        if number == 1:
            self.company = line
        else:
            super().take(number, line)

    def parse(self, number: int, line: str) -> None:
        if len(line) < SHORTEST:
            raise Unreadable(
                f"{len(line)} characters, and a line of PNM has at least {SHORTEST}",
                "see whether it was cut, or whether the file is a PNM of fixed width at all",
            )
        if line[WIDTH:].strip():
            raise Unreadable(
                f"there is text after character {WIDTH}: {line[WIDTH:].strip()[:20]!r}",
                "see whether the line is shifted, or two lines were joined",
            )
        kind = line[24]
        checked("type of line (character 25)", kind, (" ", "X", "A"))
        side = checked("side (character 84)", line[83], ("D", "C"))
        figure = self.amount(AMOUNT.of(line))
        if kind == "A":
            self._analytic(line, side, figure)
            return
        self.end()
        auxiliary = AUXILIARY.of(line)
        if bool(auxiliary) != (kind == "X"):
            raise Unreadable(
                "an auxiliary account stands with X at character 25, and only then", "correct one of the two"
            )
        nature = line[104]
        self.entry = Entry(
            labelled("journal", JOURNAL.of(line)), short_day(DATE.of(line)),
            labelled("account", ACCOUNT.of(line)),
            ZERO if side == "C" else figure, figure if side == "C" else ZERO, LABEL.of(line),
            PIECE.of(line), REFERENCE.of(line), auxiliary,
            short_day(DUE.of(line)) if DUE.of(line) else None, MODE.of(line),
            kind=KIND.of(line), more=() if nature == "N" else (("nature", nature),), line=number,
        )  # fmt: skip

    def _analytic(self, line: str, side: str, number: Decimal) -> None:
        entry = self.entry
        if entry is None or (JOURNAL.of(line), ACCOUNT.of(line)) != (entry.journal, entry.account):
            raise Unreadable(
                "an analytic line does not follow the entry of its account", "put it below its entry"
            )
        section = labelled("section", AUXILIARY.of(line))
        same = (side == "C") == bool(entry.credit)
        part = Analytic("", section, number if same else -number)
        self.entry = entry._replace(analytic=(*entry.analytic, part))

    def key_of(self, line: str) -> tuple[object, ...]:
        try:
            return JOURNAL.of(line), short_day(DATE.of(line)), PIECE.of(line) or REFERENCE.of(line)
        except Unreadable:
            return ()

    def end(self) -> None:
        if self.entry is not None:
            self.out.append(self.entry)
        self.entry = None


def _lines(pen: Pen, entry: Entry) -> list[str]:
    number, side = one_side(entry)
    mark = pen.options.decimal
    found = [_line(pen, entry, "X" if entry.third_party else " ", entry.third_party, number, side, mark)]
    for part in entry.analytic:
        if part.plan or part.quantity:
            raise Unwritable(
                "analytic", "a PNM holds a section and an amount alone", "leave plan and quantity out"
            )
        found.append(_line(pen, entry, "A", part.section, part.amount, side, mark))
    return found


def _line(pen: Pen, entry: Entry, type_: str, auxiliary: str, number: Decimal, side: str, mark: str) -> str:
    line = Line(pen, WIDTH)
    natures = dict(entry.more)
    nature = natures.pop("nature", "N")
    if natures or len(nature) != 1:
        raise Unwritable("more", f"a PNM has no value {next(iter(natures), 'nature')}", "leave it out")
    line.code(JOURNAL, "journal", entry.journal)
    try:
        line.put(DATE, as_short_day(entry.date))
        line.put(DUE, as_short_day(entry.due) if entry.due else "")
    except Unreadable as error:
        raise Unwritable("date", error.why, error.todo) from error
    line.code(KIND, "kind", entry.kind)
    line.code(ACCOUNT, "account", entry.account)
    line.put(TYPE, type_)
    line.code(AUXILIARY, "third_party" if type_ == "X" else "section", auxiliary)
    line.code(REFERENCE, "invoice", entry.invoice)
    line.label(LABEL, "label", entry.label)
    line.code(MODE, "payment_mode", entry.payment_mode)
    line.put(SIDE, side)
    line.amount(AMOUNT, "amount", number, mark)
    line.put(NATURE, nature)
    line.code(PIECE, "piece", entry.piece)
    return line.text()
