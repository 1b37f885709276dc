"""Lines put together into pieces, which balance or are refused whole, with the difference.

Promises: no line of a piece that does not balance, or of which a line was refused, is handed on, unless a
part of the piece balanced by itself, stood apart, and was handed on before. At most `held` lines wait for
their counterparts, so memory does not grow with the file. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate, chain, compress
from operator import itemgetter, ne, sub
from typing import Any, Protocol

from connectors.sage.formats.entries import ZERO, Entry, Item, Options, Reading, Refusal, Row

Key = tuple[Any, ...]

BY_NUMBER: Callable[[Entry], Key] = itemgetter(0, 6)
"""A piece is a journal and a number: FEC."""

_types = frozenset({Entry})
_debit, _credit = itemgetter(3), itemgetter(4)


def by_day(entry: Entry) -> Key:
    """A piece is a journal, a day and a number, that of the document where the line has none: Sage 100."""
    return entry.journal, entry.date, entry.piece or entry.invoice


class Batch(list[Any]):
    """Entries alone, with what is needed to balance them, column by column: for those who have it at hand."""

    def __init__(
        self, entries: Sequence[Entry], keys: list[Key], debits: Iterable[Decimal], credits: Iterable[Decimal]
    ) -> None:
        super().__init__(entries)
        self.keys, self.debits, self.credits = keys, debits, credits


@dataclass(slots=True)
class _Piece:
    entries: list[Entry] = field(default_factory=list)
    balance: Decimal = ZERO
    spoiled: int = 0
    """The first line of it that was refused by itself."""
    dropped: bool = False
    """Whether it is refused already, for having too many lines."""


class Reader(Protocol):
    """What finds the items of one file, and completes the options of its `reading` on the way."""

    reading: Reading

    def batches(self) -> Iterator[list[Item]]: ...


def reading_of(reader: Reader, options: Options, key: Callable[[Entry], Key]) -> Reading:
    """A file as its reader finds it, pieces whole or refused where that is asked for. Nothing is read yet."""
    reader.reading = Reading(iter(()), options)
    batches = reader.batches()
    if options.balance:
        batches = balanced(batches, key, options.held)
    reader.reading.items = chain.from_iterable(batches)
    return reader.reading


def balanced(batches: Iterable[list[Item]], key: Callable[[Entry], Key], held: int) -> Iterator[list[Item]]:
    """The same items, in batches, with every piece whole or refused. Rows and refusals pass through.

    `key` says what belongs together; a `Refusal` spoils the piece whose key it holds in `piece`.
    """
    pieces = _Pieces(key, held)
    for batch in batches:
        yield pieces.take(batch)
    yield pieces.end()


class _Pieces:
    def __init__(self, key: Callable[[Entry], Key], held: int) -> None:
        self.key, self.held = key, held
        self.current: Key = ()
        self.piece = _Piece()
        self.waiting: dict[Key, _Piece] = {}
        self.kept = 0
        self.out: list[Item] = []

    def take(self, batch: list[Item]) -> list[Item]:
        """What is settled by these items."""
        self.out = []
        if not self._take_quickly(batch):
            for item in batch:
                self._take(item)
        return self.out

    def _take_quickly(self, batch: list[Any]) -> bool:
        """The usual case, column by column: entries alone, pieces whole, together, and all balanced."""
        if self.waiting or self.piece.spoiled or not batch:
            return False
        if type(batch) is not Batch:
            if set(map(type, batch)) != _types:
                return False
            batch = Batch(batch, list(map(self.key, batch)), map(_debit, batch), map(_credit, batch))
        keys = batch.keys
        balances = list(accumulate(map(sub, batch.debits, batch.credits), initial=self.piece.balance))
        # The places in the batch at which a piece begins.
        begins = list(compress(range(len(batch)), map(ne, keys, chain((self.current,), keys))))
        if (
            not begins
            or any(balances[at] for at in begins)
            or len(self.piece.entries) + begins[0] > self.held
        ):
            return False
        last = begins[-1]
        if len(batch) - last > self.held:
            return False
        self.out = [*self.piece.entries, *batch[:last]]
        self.current, self.piece = keys[last], _Piece(batch[last:], balances[-1])
        return True

    def _take(self, item: Item) -> None:
        if type(item) is Entry:
            key = self.key(item)
            if key != self.current:
                self._turn(key)
            self._add(item)
            return
        if type(item) is Refusal and item.piece:
            if item.piece != self.current:
                self._turn(item.piece)
            self.piece.spoiled = self.piece.spoiled or item.line
        elif type(item) is Row and not self.piece.balance and not self.piece.spoiled:
            self._turn(())
        self.out.append(item)

    def _add(self, entry: Entry) -> None:
        piece = self.piece
        if piece.dropped:
            return
        piece.entries.append(entry)
        piece.balance += entry.debit - entry.credit
        if len(piece.entries) > self.held:
            first = piece.entries[0]
            why = f"{_shown(first)} has more than {self.held:,} lines"
            todo = "see whether this file numbers its pieces at all"
            self.out.append(Refusal(first.line, why, todo, lines=(first.line, entry.line)))
            piece.spoiled, piece.dropped = first.line, True
            piece.entries.clear()

    def _turn(self, key: Key) -> None:
        """Leave the piece in hand for another."""
        piece = self.piece
        if piece.spoiled:
            self._refuse(piece)
        elif piece.balance:
            self.waiting[self.current] = piece
            self.kept += len(piece.entries)
        else:
            self.out += piece.entries
        self.current, self.piece = key, self.waiting.pop(key) if key in self.waiting else _Piece()
        self.kept -= len(self.piece.entries)
        while self.kept > self.held:
            oldest = self.waiting.pop(next(iter(self.waiting)))
            self.kept -= len(oldest.entries)
            self._refuse(oldest)

    def end(self) -> list[Item]:
        """What is settled by the end of the file."""
        self.out = []
        self._turn(())
        for piece in self.waiting.values():
            self._refuse(piece)
        self.waiting.clear()
        return self.out

    def _refuse(self, piece: _Piece) -> None:
        if not piece.entries:
            return
        first = piece.entries[0]
        lines = tuple(entry.line for entry in piece.entries)
        if piece.spoiled:
            reason = f"{_shown(first)} is left out with its line {piece.spoiled}, which is refused"
            todo = "correct that line"
        else:
            debit = sum((entry.debit for entry in piece.entries), ZERO)
            credit = sum((entry.credit for entry in piece.entries), ZERO)
            reason = (
                f"{_shown(first)} does not balance: debit {_amount(debit)}, credit {_amount(credit)}, "
                f"difference {_amount(debit - credit)}"
            )
            todo = "add the missing line, or correct an amount, in the application that wrote the file"
        self.out.append(Refusal(first.line, reason, todo, lines=lines))


def _shown(entry: Entry) -> str:
    number = entry.piece or entry.invoice
    return f"piece {number or f'of {entry.date:%Y-%m-%d} without number'} of journal {entry.journal}"


def _amount(number: Decimal) -> str:
    return f"{number:,.2f}" if number == number.quantize(Decimal("0.01")) else f"{number:,}"
