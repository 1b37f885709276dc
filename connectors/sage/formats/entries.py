"""What a file of accounting says, whatever its format: entries, other rows, and what could not be taken.

Promises: an amount is a `Decimal` with the decimals it was written with, never a float; what a line says that
no field here has a name for stays with it (`more`, `blocks`), so that writing it back gives the same bytes.

Never: a value that was guessed. A line is an `Entry`, a `Row`, or a `Refusal` that says why. Pure.

They are tuples with names, not dataclasses: a dataclass that is frozen costs six times as much to make, and
files of a hundred thousand lines are usual.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date as Day
from decimal import Decimal
from typing import BinaryIO, NamedTuple, Protocol

ZERO = Decimal(0)


class Analytic(NamedTuple):
    """What of a line falls to one section of an analytic plan. `plan` is its number, from 1."""

    plan: str
    section: str
    amount: Decimal
    quantity: Decimal = ZERO


class Entry(NamedTuple):
    """One line of accounting. Lines with the same `journal` and `piece` make up one piece, which balances.

    `date`: the day it counts for. `account`: the general account. One of `debit` and `credit` is zero.
    `piece`: the number of the piece (FEC EcritureNum, Sage 100 n° de pièce, XIMPORT n° de mouvement).
    `invoice`: the number of the document behind it (FEC PieceRef, Sage 100 n° de facture, PNM reference).
    `third_party`: the auxiliary account. `kind`: what sort of piece, where the format says so (PNM FC, OD…).
    `tax_code`, `payment_mode`, `letter`: as they stand in the system the file is from or for.
    `piece_date`: of the document; `entered`: when it was typed; `validated`: when it was closed for good.
    `currency` and `currency_amount`: what was agreed on with the third party, where that is not the books'.
    `more`: what only this format knows, by its own name there; `blocks`: further blocks of Format Sage that
    belong to the line, each its tag and its values. `line`: where it was read, from 1; 0 where it was not.
    """

    journal: str
    date: Day
    account: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    label: str = ""
    piece: str = ""
    invoice: str = ""
    third_party: str = ""
    due: Day | None = None
    payment_mode: str = ""
    reference: str = ""
    tax_code: str = ""
    letter: str = ""
    letter_date: Day | None = None
    piece_date: Day | None = None
    entered: Day | None = None
    validated: Day | None = None
    currency: str = ""
    currency_amount: Decimal | None = None
    journal_label: str = ""
    account_label: str = ""
    third_party_label: str = ""
    kind: str = ""
    analytic: tuple[Analytic, ...] = ()
    more: tuple[tuple[str, str], ...] = ()
    blocks: tuple[tuple[str, ...], ...] = ()
    line: int = 0


class Row(NamedTuple):
    """What is no line of accounting: a third party (`kind` ``third_party``), a ``payment``, a tax register.

    `values` go by the names the format documents: text, `Decimal` for amounts, `date` for days.
    """

    kind: str
    values: Mapping[str, str | Decimal | Day | None]
    line: int = 0


class Refusal(NamedTuple):
    """A line that cannot be used, or a whole piece: where, why, what to do, and the line as it stands.

    `lines`: every line of a refused piece, `line` being its first. `piece`: journal and number of the piece
    it belongs to, where that could be read; the rest of that piece is refused too. `field`: the column.
    """

    line: int
    reason: str
    todo: str = ""
    raw: str = ""
    lines: tuple[int, ...] = ()
    field: str = ""
    piece: tuple[object, ...] = ()


class Change(NamedTuple):
    """A value that is not written as it was meant: the line of the file, the field, both texts, and why."""

    line: int
    field: str
    meant: str
    written: str
    why: str


class Remark(NamedTuple):
    """What is against the rules of the format, and was read all the same: the line (0: the file), and why."""

    line: int
    reason: str
    todo: str = ""


Item = Entry | Row | Refusal | Remark
"""What reading yields, in the order of the file but for pieces whose lines are not together."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is written, as far as its format leaves a choice. Every default is the format's own.

    `encoding`: ``auto``, ``cp1252``, ``cp850``, ``iso8859-15``, ``ascii``, ``utf-8`` (``utf-8-sig`` with a
    byte order mark), ``cp500`` or ``cp1140`` (EBCDIC). Reading with ``auto`` decides by what is there;
    writing with ``auto`` uses the format's usual one.
    `line_end`: ``crlf`` or ``lf`` for writing. `last_line_end`: ``required`` refuses a last line that is not
    ended (it may be half a file), ``optional`` takes it.
    `balance`: whether pieces are held together and must balance; `held`: how many lines of pieces that do not
    balance yet are kept waiting for their counterparts, and how many lines one piece may have.
    `unfit`: ``transliterate`` writes the nearest spelling of a character the encoding does not know,
    ``refuse`` refuses the piece. `overlong`: ``cut`` cuts labels (never codes, numbers or amounts) and says
    so, ``refuse`` refuses the piece.
    `decimal`: the decimal mark of amounts in a FEC and in delimited files.
    `name`: the file's name without its folder, checked by formats that prescribe one.

    FEC and delimited: `separator` (``auto``, or the character). FEC: `sense`: ``auto`` or ``debit`` (columns
    Debit and Credit), ``letter`` (Montant and Sens, D or C), ``sign`` (the same, +1 or -1).
    Format Sage: `version` (what follows ``#VER``), `flag`, `currency` (``#DEV``), and `versions`: lines per
    block for versions that are not known or differ here, ``{"14": {"#MECG": 39}}``; `blocks`: the same
    for whatever version the file is. PNM: `company`.
    `lengths`: longest value by field of `Entry`, where a site's differ. `columns`: for delimited files, the
    heading of each field, ``{"third_party": "Code client"}``; `kind`: what their rows are.
    """

    encoding: str = "auto"
    line_end: str = "crlf"
    last_line_end: str = "required"
    balance: bool = True
    held: int = 100_000
    unfit: str = "transliterate"
    overlong: str = "cut"
    decimal: str = ","
    name: str = ""
    separator: str = "auto"
    sense: str = "auto"
    version: str = ""
    flag: str = "000"
    currency: str = "EUR"
    versions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    blocks: Mapping[str, int] = field(default_factory=dict)
    company: str = ""
    lengths: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""


class Reading:
    """A file being read: iterate over it once.

    `options`: those given, completed by what was found (encoding, separator, version, company…) as far as
    was read; writing with them gives the file back. Raises `connectors.sage.text.Damage`, at any time, for a
    file of which nothing may be used, what was yielded before included.
    """

    def __init__(self, items: Iterator[Item], options: Options) -> None:
        self.items, self.options = items, options

    def __iter__(self) -> Iterator[Item]:
        return self.items


class Written:
    """A file being written: iterate over its bytes once, or take them all with `data`.

    `changes`: what is not written as it was meant; `refused`: pieces that were left out whole, each with its
    reason. Both are complete once the last bytes were taken. `lines`: how many lines were written.
    """

    def __init__(self) -> None:
        self.chunks: Iterator[bytes] = iter(())
        self.changes: list[Change] = []
        self.refused: list[Refusal] = []
        self.lines = 0

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks

    def data(self) -> bytes:
        """The whole file."""
        return b"".join(self.chunks)


class Format(Protocol):
    """One kind of file. Formats hold nothing: one serves any number of files at once."""

    name: str
    label: str

    def read(self, stream: BinaryIO, options: Options) -> Reading:
        """The items of a file, read piece by piece: memory does not grow with the file."""
        ...

    def write(self, items: Iterable[Entry | Row], options: Options) -> Written:
        """The bytes of these items. A piece that does not balance or fit is refused whole."""
        ...
