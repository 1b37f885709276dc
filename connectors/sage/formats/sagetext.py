"""Format Sage: the text that Sage 100 Comptabilité imports and exports, one value a line, blocks by tags.

Promises: a block has as many lines as its version says, or is refused with both figures; what a block says
that `Entry` has no field for is kept by its name and written back; a file without ``#FIN`` is told to be cut.
Pure.

Source of the order of the values and of their lengths: sage.md of the facts, 2.3, and F_ECRITUREC, F_COMPTET.
Of the counts, version 5 (26) and "two more in newer ones" are documented; the others are what exports of the
time hold, so `Options.versions` goes before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import BinaryIO, Final

from connectors.sage.formats.entries import (
    ZERO,
    Analytic,
    Entry,
    Item,
    Options,
    Reading,
    Refusal,
    Row,
    Written,
)
from connectors.sage.formats.pieces import by_day, reading_of
from connectors.sage.formats.sagewriter import (
    DEFAULTS,
    MECG,
    MPCT,
    UNKNOWN_VERSION,
    write,
)
from connectors.sage.formats.source import Source
from connectors.sage.formats.values import Unreadable, amount, short_day
from connectors.sage.text import Damage

VERSIONS: Final[Mapping[str, Mapping[str, int]]] = {
    "5": {"#MECG": 26},
    "8": {"#MECG": 37},
    "14": {"#MECG": 37},
    "25": {"#MECG": 39},
}
"""How many lines a block has, by version. Blocks not named here have the count of `EVERY`, or any."""

EVERY: Final = {"#MECA": 4, "#MIVA": 2, "#MPCT": 28}
USUAL: Final = ("cp1252", "cp850")
ATTACHED: Final = ("#MIVA", "#MRGT")

_TAG = re.compile(r"#[A-Z]{3,4}(?: .*)?")
_HEAD = ("#FLG", "#VER", "#DEV")


class SageText:
    """The format. `Options.version` is written, and taken where a file has no ``#VER``."""

    name = "sage"
    label = "Format Sage"

    def read(self, stream: BinaryIO, options: Options) -> Reading:
        reader = _Reader(stream, options)
        return reading_of(reader, options, by_day)

    def write(self, items: Iterable[Entry | Row], options: Options) -> Written:
        """Raises `ValueError` for a version whose blocks nobody described."""
        version = options.version or "14"
        return write(items, replace(options, version=version), counts(version, options))


def counts(version: str, options: Options) -> Mapping[str, int]:
    """How many lines each block has. Raises `ValueError` for a version that is not known."""
    said = options.versions.get(version)
    known = VERSIONS.get(version)
    if known is None and said is None and "#MECG" not in options.blocks:
        names = ", ".join(sorted({*VERSIONS, *options.versions}, key=lambda one: (len(one), one)))
        raise ValueError(UNKNOWN_VERSION.format(version=version, known=names))
    return {**EVERY, **(known or {}), **(said or {}), **options.blocks}


class _Reader:
    reading: Reading

    def __init__(self, stream: BinaryIO, options: Options) -> None:
        self.options = options
        self.source = Source(stream, options, USUAL)
        self.said: dict[str, str] = {}
        self.counts: Mapping[str, int] = {}
        self.tag, self.at = "", 0
        self.values: list[str] = []
        self.entry: Entry | None = None
        self.key: tuple[object, ...] = ()
        self.closed = False
        self.out: list[Item] = []

    def batches(self) -> Iterator[list[Item]]:
        for number, lines in self.source.blocks():
            self.out = []
            for at, line in enumerate(lines, number):
                if _TAG.fullmatch(line):
                    self._close()
                    self._open(at, line)
                elif self.tag:
                    self.values.append(line)
                elif line.strip():
                    self._stray(at, line)
            self.reading.options = self._found()
            yield self.out
        self.out = []
        self._end()
        yield self.out

    @property
    def version(self) -> str:
        return self.said.get("#VER", self.options.version)

    def _found(self) -> Options:
        options = self.source.found
        return replace(
            options,
            version=self.version,
            flag=self.said.get("#FLG", options.flag),
            currency=self.said.get("#DEV", options.currency),
        )

    def _stray(self, at: int, line: str) -> None:
        if self.closed:
            why, todo = (
                "there are lines after #FIN",
                "see whether two files were joined; import them one by one",
            )
            self.out.append(Refusal(at, why, todo, line))
            return
        if not self.said:
            raise Damage(
                f"line {at} is not the beginning of a file in Format Sage: {line[:60]!r}",
                "it begins with #FLG, #VER and #DEV; see which format this file is in",
            )
        self.out.append(
            Refusal(at, "a line outside of any block", "see whether a tag is missing above", line)
        )

    def _open(self, at: int, line: str) -> None:
        tag, _, rest = line.partition(" ")
        if self.closed:
            self._stray(at, line)
        elif tag in _HEAD:
            self.said[tag] = rest.strip()
            if tag == "#VER":
                self._version(self.said[tag])
        elif tag == "#FIN":
            self._emit()
            self.closed = True
        else:
            if not self.counts:
                self._version(self.options.version)
            self.tag, self.at, self.values = tag, at, []

    def _version(self, version: str) -> None:
        if not version:
            raise Damage("the file names no version (#VER)", "export it again, or say which version it is")
        try:
            self.counts = counts(version, self.options)
        except ValueError as error:
            what, _, todo = str(error).partition("; ")
            raise Damage(what, todo) from None

    def _close(self) -> None:
        """The block in hand is whole: what it says."""
        tag, values = self.tag, self.values
        self.tag = ""
        if not tag:
            return
        wanted = self.counts.get(tag, len(values))
        try:
            if tag not in ("#MECG", "#MECA", "#MPCT", *ATTACHED) and tag not in self.counts:
                raise Unreadable(
                    f"the block {tag} is not known", "tell its lines in `versions`, or export without"
                )
            if len(values) != wanted:
                raise Unreadable(
                    f"the block {tag} has {len(values)} lines, and {wanted} in version {self.version}",
                    "see whether a line is missing, or one was broken in two; where this Sage writes it so, "
                    "say so in `versions`",
                )  # fmt: skip
            self._take(tag, values)
        except Unreadable as error:
            if tag == "#MECG":
                self._emit()
                self.key = _key_of(values)
            raw = " / ".join(value for value in (tag, *values) if value)
            lines = tuple(range(self.at, self.at + len(values) + 1))
            belongs = self.key if tag in ("#MECG", "#MECA", *ATTACHED) else ()
            self.out.append(Refusal(self.at, error.why, error.todo, raw, lines, piece=belongs))

    def _take(self, tag: str, values: list[str]) -> None:
        if tag == "#MECG":
            self._emit()
            self.key = _key_of(values)
            self.entry = _entry(values, self.at)
            self.key = by_day(self.entry)
        elif tag == "#MECA":
            self._attach(analytic=_analytic(values, self.at))
        elif tag == "#MPCT":
            self._emit()
            self.key = ()
            self.out.append(Row("third_party", dict(zip(MPCT, values, strict=False)), self.at))
        elif self.entry is not None:
            self._attach(block=(tag, *values))
        elif not self.key:
            self.out.append(Row(tag, {str(at): value for at, value in enumerate(values, 1)}, self.at))

    def _attach(self, analytic: Analytic | None = None, block: tuple[str, ...] = ()) -> None:
        entry = self.entry
        if entry is None:
            if self.key:
                return
            raise Unreadable("an analytic block stands without its entry", "it follows a block #MECG")
        self.entry = (
            entry._replace(analytic=(*entry.analytic, analytic))
            if analytic
            else entry._replace(blocks=(*entry.blocks, block))
        )

    def _emit(self) -> None:
        if self.entry is not None:
            self.out.append(self.entry)
        self.entry = None

    def _end(self) -> None:
        if not self.said and not self.source.last:
            raise Damage("the file is empty", "wait for the copy to end, or export again")
        if self.closed:
            return
        last = self.source.last
        self._close()
        self._emit()
        self.out.append(Refusal(
            last, f"the file ends at line {last} without #FIN: it may be half a file",
            "export it again; import nothing of it before", piece=self.key,
        ))  # fmt: skip


def _key_of(values: list[str]) -> tuple[object, ...]:
    """The piece of a block that cannot be read, as far as its first lines tell."""
    if len(values) < 5:
        return ()
    try:
        return values[0], short_day(values[1]), values[3] or values[4]
    except Unreadable:
        return ()


def _entry(values: list[str], line: int) -> Entry:
    said = dict(zip(MECG, values, strict=False))
    for name in ("journal", "account"):
        if not said[name].strip():
            raise Unreadable(f"the {name} is empty", "an entry without it belongs nowhere")
    when = _day(said, "date")
    if when is None:
        raise Unreadable("the date is empty", "an entry without it belongs nowhere")
    side = said["side"]
    if side not in ("0", "1"):
        raise Unreadable(f"the side is {side!r}", "0 is debit, 1 is credit")
    number = _amount(said, "amount")
    foreign = _amount(said, "currency_amount")
    more = tuple(
        (name, said[name]) for name, usual in DEFAULTS.items() if name in said and said[name] != usual
    )
    return Entry(
        said["journal"], when, said["account"], ZERO if side == "1" else number,
        number if side == "1" else ZERO, said["label"], said["piece"], said["invoice"], said["third_party"],
        _day(said, "due"), said["payment_mode"], said.get("reference", ""), said["tax_code"], said["letter"],
        entered=_day(said, "entered"), currency=said["currency"], currency_amount=foreign or None, more=more,
        line=line,
    )  # fmt: skip


def _analytic(values: list[str], line: int) -> Analytic:
    said = dict(zip(("plan", "section", "amount", "quantity"), values, strict=True))
    return Analytic(said["plan"], said["section"], _amount(said, "amount"), _amount(said, "quantity"))


def _amount(said: Mapping[str, str], name: str) -> Decimal:
    try:
        return amount(said[name])
    except Unreadable as error:
        raise Unreadable(f"{name}: {error.why}", error.todo) from error


def _day(said: Mapping[str, str], name: str) -> date | None:
    text = said[name]
    if text in ("", "000000"):
        return None
    try:
        return short_day(text)
    except Unreadable as error:
        raise Unreadable(f"{name}: {error.why}", error.todo) from error
