"""FEC, the file of accounting entries of French tax law (art. A47 A-1 LPF): 18 columns, one line an entry.

Promises: heading, number and order of the columns, days, amounts and the balance of each piece are checked,
on every line; a lone quote is a letter, since a FEC quotes nothing. Lines that are not in the order of their
validation, and a file name that is not the prescribed one, are remarked on and read. Pure.

It is read by columns: a block of lines is split and turned over, so that each column is converted at the
speed of C. Where anything in a block is unusual, its lines are gone through one by one, to say which and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import count, repeat
from operator import mul
from typing import Any, BinaryIO, Final
from unicodedata import is_normalized

from connectors.sage.formats.entries import (
    ZERO,
    Entry,
    Item,
    Options,
    Reading,
    Refusal,
    Remark,
    Row,
    Written,
)
from connectors.sage.formats.pieces import BY_NUMBER, Batch, reading_of
from connectors.sage.formats.sink import CONTROLS, COULD_RUN, Pen, Sheet, written
from connectors.sage.formats.source import Source
from connectors.sage.formats.values import Amounts, Unreadable, amount, as_amount, as_day, day
from connectors.sage.text import Damage
from hub.values import Unreadable as NotRead
from hub.values import make_type

COLUMNS: Final = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum",
    "CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet",
    "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip
SIGNED: Final = (*COLUMNS[:11], "Montant", "Sens", *COLUMNS[13:])
USUAL: Final = ("iso8859-15", "cp1252")
HOLDS: Final = frozenset({
    "journal", "date", "account", "debit", "credit", "label", "piece", "invoice", "third_party", "letter",
    "letter_date", "piece_date", "validated", "currency", "currency_amount", "journal_label", "account_label",
    "third_party_label",
})  # fmt: skip

_SIREN = make_type("siren")
_NAME = re.compile(r"(\d{9})FEC(\d{8})(?:\.(?:txt|csv|xml))?", re.IGNORECASE)
_SEPARATORS = {"\t": "tabs", "|": "|", ";": ";", ",": ","}
_SENSES = {"D": "letter", "C": "letter", "+1": "sign", "-1": "sign", "1": "sign"}
_CONTROLS = re.compile("[\x7f-\x9f]")
_PLAIN = {mark: f"0123456789\n{mark}".encode() for mark in ",."}


class Fec:
    """The format, in both its variants: Debit and Credit, or Montant and Sens."""

    name = "fec"
    label = "FEC"

    def read(self, stream: BinaryIO, options: Options) -> Reading:
        reader = _Reader(stream, options)
        return reading_of(reader, options, BY_NUMBER)

    def write(self, items: Iterable[Entry | Row], options: Options) -> Written:
        separator = "\t" if options.separator == "auto" else options.separator
        pen = Pen(options, USUAL[0], separator)
        writer = _Writer(pen, separator, options)
        return written(items, Sheet(
            pen, BY_NUMBER, HOLDS, writer.lines, head=lambda pen: [separator.join(writer.columns)],
            quick=writer.quick, label="a FEC",
            needs=("journal", "account", "piece"),
        ))  # fmt: skip


class _Reader:
    reading: Reading

    def __init__(self, stream: BinaryIO, options: Options) -> None:
        self.options = options
        self.source = Source(stream, options, USUAL)
        self.separator = options.separator
        self.known: dict[str, date | None] = {"": None}
        self.amounts = Amounts(options.decimal)
        self.sense = options.sense
        self.newest, self.disordered = "", False
        self.told: tuple[Options | None, str] = None, ""

    def batches(self) -> Iterator[list[Item]]:
        begun = False
        for number, lines in self.source.blocks():
            if not begun:
                yield self._named()
                skipped = self._head(number, lines)
                number, lines = number + skipped, lines[skipped:]
                begun = True
            found = self._quickly(number, lines) or self._one_by_one(number, lines)
            self._tell()
            yield found
        if not begun:
            raise Damage("the file is empty", "wait for the copy to end, or export again")

    def _tell(self) -> None:
        """Say what was found out of how the file is written, where that is more than before."""
        found = self.source.found
        if self.told[0] is not found or self.told[1] != self.sense:
            self.told = found, self.sense
            self.reading.options = replace(found, separator=self.separator, sense=self.sense)

    def _named(self) -> list[Item]:
        name = self.options.name
        if not name:
            return []
        found = _NAME.fullmatch(name)
        if not found:
            return [Remark(
                0, f"the file is called {name}, and a FEC is called SIREN + FEC + closing date + .txt",
                "call it e.g. 732829320FEC20261231.txt",
            )]  # fmt: skip
        try:
            day(found[2])
            _SIREN.parse(found[1])
        except Unreadable as error:
            return [Remark(0, f"the closing date in the file's name: {error.why}", "correct the name")]
        except NotRead as error:
            return [Remark(0, f"the SIREN in the file's name: {error}", "correct the name")]
        return []

    def _head(self, number: int, lines: list[str]) -> int:
        """Find the heading, how many lines it takes, and what separates columns. Raises `Damage`."""
        blank = next((at for at, line in enumerate(lines) if line.strip()), 0)
        head, line = lines[blank], number + blank
        if self.separator == "auto":
            self.separator = max(_SEPARATORS, key=lambda one: (head.count(one), one in "\t|"))
        shown = _SEPARATORS.get(self.separator, self.separator)
        titles = [title.strip() for title in head.split(self.separator)]
        folded = [title.casefold() for title in titles]
        for names, sense in ((COLUMNS, "debit"), (SIGNED, self.sense if self.sense != "debit" else "letter")):
            if folded == [name.casefold() for name in names]:
                if self.separator not in "\t|" and self.options.separator == "auto":
                    raise Damage(
                        f"the columns are separated by {shown}, and a FEC has tabs or |",
                        f"export it with tabs; to read it all the same, say that the separator is {shown}",
                    )
                self.sense = sense
                return blank + 1
        raise Damage(*_misfit(line, titles, shown))

    def _quickly(self, number: int, lines: list[str]) -> list[Any] | None:
        """The entries of a block by columns, or ``None`` where a line needs a closer look."""
        separator = self.separator
        rows = [line.split(separator) for line in lines]
        if set(map(len, rows)) != {18} or self.sense != "debit" or not self._is_ended():
            return None
        (journals, journal_labels, pieces, dates, accounts, account_labels, thirds, third_labels, invoices,
         piece_dates, labels, debits, credits, letters, letter_dates, valids, foreign, currencies,
         ) = zip(*rows, strict=True)  # fmt: skip
        # Fewer things alive at once: Python's collector would go over them again and again.
        del rows
        if not (all(journals) and all(pieces) and all(dates) and all(accounts) and self._is_in_order(valids)):
            return None
        debit, credit = self._plain(debits), self._plain(credits)
        if debit is None or credit is None or any(map(mul, debit, credit)):
            return None
        try:
            days = list(self._days(dates))
            columns: Iterable[Iterable[Any]] = (
                journals, days, accounts, debit, credit, labels, pieces, invoices, thirds, repeat(None),
                repeat(""), repeat(""), repeat(""), letters, self._days(letter_dates),
                days if piece_dates == dates else self._days(piece_dates), repeat(None), self._days(valids),
                currencies, map(self._foreign, foreign) if any(foreign) else repeat(None), journal_labels,
                account_labels, third_labels, repeat(""), repeat(()), repeat(()), repeat(()), count(number),
            )  # fmt: skip
            entries = list(map(tuple.__new__, repeat(Entry), zip(*columns, strict=False)))
        except Unreadable:
            return None
        self.newest = valids[-1] or self.newest
        return Batch(entries, list(zip(journals, pieces, strict=True)), debit, credit)

    def _days(self, column: tuple[str, ...]) -> Iterable[date | None]:
        """A column of days, empty ones among them. Raises `Unreadable`."""
        if not any(column):
            return repeat(None)
        known = self.known
        for text in set(column).difference(known):
            known[text] = day(text)
        return map(known.__getitem__, column)

    def _plain(self, column: tuple[str, ...]) -> list[Decimal] | None:
        """A column of amounts without signs, or ``None`` where one of them needs a closer look."""
        text, mark = "\n".join(column), self.options.decimal
        if not text.isascii() or text.encode().translate(None, _PLAIN[mark]) or max(map(len, column)) > 15:
            return None
        if f"\n{mark}" in text or f"{mark}\n" in text or mark in (text[:1], text[-1:]):
            return None
        try:
            return list(map(Decimal, text.replace(mark, ".").split("\n")))
        except InvalidOperation:
            return None

    def _is_ended(self) -> bool:
        return self.source.ended or self.options.last_line_end == "optional"

    def _is_in_order(self, valids: tuple[str, ...]) -> bool:
        if self.disordered or not any(valids):
            return True
        return valids[0] >= self.newest and all(valids) and list(valids) == sorted(valids)

    def _foreign(self, text: str) -> Decimal | None:
        return self.amounts[text] if text else None

    def _one_by_one(self, number: int, lines: list[str]) -> list[Item]:
        found: list[Item] = []
        for at, line in enumerate(lines, number):
            if not line.strip():
                continue
            cells = line.split(self.separator)
            piece = (cells[0], cells[2]) if len(cells) > 2 else ()
            try:
                if not self._is_ended():
                    raise Unreadable("the last line is not ended: the file may be cut short", ENDED)
                found.append(self._entry(at, cells))
                found += self._in_order(at, cells[15])
            except Unreadable as error:
                found.append(Refusal(at, error.why, error.todo, line, piece=piece))
        return found

    def _entry(self, number: int, cells: list[str]) -> Entry:
        if len(cells) != 18:
            todo = (
                "each column takes its place even where it is empty; see whether a text holds the separator"
            )
            raise Unreadable(f"{len(cells)} columns, and a FEC has 18", todo)
        for at in (0, 2, 3, 4):
            if not cells[at].strip():
                raise Unreadable(f"{COLUMNS[at]} is empty", "a line without it belongs nowhere")
        debit, credit = self._sides(cells)
        dates = {at: self._day(cells, at) for at in (3, 9, 14, 15)}
        when = dates[3]
        assert when is not None
        return Entry(
            cells[0], when, cells[4], debit, credit, cells[10], cells[2], cells[8], cells[6],
            letter=cells[13], letter_date=dates[14], piece_date=dates[9], validated=dates[15],
            currency=cells[17], currency_amount=self._amount(cells, 16) if cells[16] else None,
            journal_label=cells[1], account_label=cells[5], third_party_label=cells[7], line=number,
        )  # fmt: skip

    def _sides(self, cells: list[str]) -> tuple[Decimal, Decimal]:
        if self.sense == "debit":
            debit, credit = self._amount(cells, 11), self._amount(cells, 12)
            if debit and credit:
                raise Unreadable(
                    f"Debit is {cells[11]} and Credit is {cells[12]}",
                    "a line has one of them; the other is 0,00",
                )
            return debit, credit
        sense = _SENSES.get(cells[12])
        if sense is None:
            raise Unreadable(f"Sens: {cells[12]!r} is neither D nor C", "write D or C (or +1 and -1)")
        self.sense = sense if self.sense == "auto" else self.sense
        number = self._amount(cells, 11)
        return (number, ZERO) if cells[12] in ("D", "+1", "1") else (ZERO, number)

    def _amount(self, cells: list[str], at: int) -> Decimal:
        try:
            return amount(cells[at], self.options.decimal)
        except Unreadable as error:
            names = COLUMNS if self.sense == "debit" else SIGNED
            raise Unreadable(f"{names[at]}: {error.why}", error.todo) from error

    def _day(self, cells: list[str], at: int) -> date | None:
        try:
            return day(cells[at]) if cells[at] else None
        except Unreadable as error:
            raise Unreadable(f"{COLUMNS[at]}: {error.why}", error.todo) from error

    def _in_order(self, number: int, valid: str) -> list[Item]:
        """A remark, once, where a line was validated before the one above it."""
        before, self.newest = self.newest, max(self.newest, valid)
        if not valid or valid >= before or self.disordered:
            return []
        self.disordered = True
        return [Remark(
            number,
            f"validated {valid}, after a line validated {before}: a FEC is in the order of validation",
            "have it written in that order before it is handed to anybody",
        )]  # fmt: skip


ENDED: Final = "export it again; if it is whole, say that its last line need not be ended"


def _misfit(line: int, titles: list[str], shown: str) -> tuple[str, str]:
    """What is wrong with a heading, and what to do."""
    known = {name.casefold() for name in (*COLUMNS, *SIGNED)}
    if sum(title.casefold() in known for title in titles) < 3:
        return (
            f"line {line} is not the heading of a FEC: {' '.join(titles)[:80]!r}",
            f"the first line holds the 18 column names, separated by tabs or |: {', '.join(COLUMNS)}",
        )
    present = {title.casefold() for title in titles}
    wanted = SIGNED if {"montant", "sens"} & present else COLUMNS
    missing = [name for name in wanted if name.casefold() not in present]
    strange = [title for title in titles if title.casefold() not in {name.casefold() for name in wanted}]
    said = f"the heading has {len(titles)} columns, and a FEC has 18"
    if missing:
        said += f"; missing: {', '.join(missing)}"
    if strange:
        said += f"; unknown: {', '.join(strange)[:80]}"
    if not missing and not strange:
        said = "the columns are not in the order of a FEC" if len(titles) == 18 else said
    return said, f"have it exported with these columns, in this order: {', '.join(wanted)}"


class _Writer:
    def __init__(self, pen: Pen, separator: str, options: Options) -> None:
        self.pen, self.separator, self.mark = pen, separator, options.decimal
        self.sense = "debit" if options.sense == "auto" else options.sense
        self.columns = COLUMNS if self.sense == "debit" else SIGNED
        self.days = _DayTexts({None: ""})
        codec = pen.codec if pen.codec != "utf-8" else "ascii"
        kept = separator + pen.end
        self.controls = b"".join(
            found for one in CONTROLS if one not in kept and len(found := one.encode(codec, "ignore")) == 1
        )

    def quick(self, entries: list[Entry]) -> bytes | None:
        if self.sense != "debit":
            return None
        columns: Any = tuple(zip(*entries, strict=True))
        if any("" in columns[at] for at in (0, 2, 6)) or any(map(mul, columns[3], columns[4])):
            return None
        days, texts = self.days.__getitem__, self._amounts
        foreign = columns[19]
        cells = zip(
            columns[0], columns[20], columns[6], map(days, columns[1]), columns[2], columns[21], columns[8],
            columns[22], columns[7], map(days, columns[15]), columns[5], texts(columns[3]), texts(columns[4]),
            columns[13], map(days, columns[14]), map(days, columns[17]),
            map(self._foreign, foreign) if any(foreign) or ZERO in foreign else repeat(""), columns[18],
            strict=False,
        )  # fmt: skip
        end = self.pen.end
        text = end.join(map(self.separator.join, cells)) + end
        if text.count(self.separator) != 17 * len(entries) or len(text.splitlines()) != len(entries):
            return None
        if any(before + first in text for before in (self.separator, end) for first in COULD_RUN):
            return None
        if self.pen.codec == "utf-8" and not (is_normalized("NFC", text) and _CONTROLS.search(text) is None):
            return None
        try:
            data = text.encode(self.pen.codec)
        except UnicodeEncodeError:
            return None
        return data if len(data.translate(None, self.controls)) == len(data) else None

    def _amounts(self, column: Iterable[Decimal]) -> Iterator[str]:
        mark = self.mark
        for number in column:
            text = str(number)
            yield text.replace(".", mark) if text[-3:-2] == "." else as_amount(number, mark)

    def _foreign(self, number: Decimal | None) -> str:
        return "" if number is None else as_amount(number, self.mark)

    def lines(self, pen: Pen, entry: Entry) -> list[str]:
        sides = [as_amount(entry.debit, self.mark), as_amount(entry.credit, self.mark)]
        if self.sense != "debit":
            owed = bool(entry.debit) or not entry.credit
            signs = ("D", "C") if self.sense == "letter" else ("+1", "-1")
            sides = [sides[0] if owed else sides[1], signs[0] if owed else signs[1]]
        days = self.days
        return [self.separator.join([
            pen.code("journal", entry.journal), pen.label("journal_label", entry.journal_label),
            pen.code("piece", entry.piece), days[entry.date], pen.code("account", entry.account),
            pen.label("account_label", entry.account_label), pen.code("third_party", entry.third_party),
            pen.label("third_party_label", entry.third_party_label), pen.code("invoice", entry.invoice),
            days[entry.piece_date], pen.label("label", entry.label), *sides,
            pen.code("letter", entry.letter), days[entry.letter_date], days[entry.validated],
            self._foreign(entry.currency_amount), pen.code("currency", entry.currency),
        ])]  # fmt: skip


class _DayTexts(dict[date | None, str]):
    def __missing__(self, found: date | None) -> str:
        text = self[found] = as_day(found) if found else ""
        return text
