"""How a list of X3 is read whole: by the beginnings of its keys.

A query gives the first `size` lines and no more: there is no second page, no "greater than" and no total.
What there is, is a filter with ``*`` at its end. So a page that comes back full is believed to be cut, and
asked for again in parts, one for each character the next place of the key may hold, down to pages that are
not full. The order in which X3 lists does not matter, so no sorting of any database is relied on. Characters
that turn up in keys are added to those that are tried, and parts already asked for are completed with them.

A key of several parts is taken part by part. A list that does not heed its filter is told from one that does.
Never: believes a full page to be the whole. Not found: a key with ``*`` in it, which no filter can name, or
with a character that is in no other key and not among `characters`, where its page was cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from connectors.sage.soap.answers import Undecodable
from connectors.sage.soap.client import Client
from connectors.sage.soap.faults import undecodable
from connectors.sage.soap.grammar import Line, read_rows
from connectors.sage.soap.wsdl import Keys
from hub.ports import Misconfigured

WILD = "*"
Key = tuple[str, ...]
Ask = Callable[[Sequence[Keys]], Sequence[Sequence[Line]]]
"""Answers these queries, in order: the lines of each."""


class Unfiltered(Exception):
    """The list gives lines its filter should have kept out, or lacks a column of the key."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The lines whose key begins with `fixed`, whole parts of it, and whose next part begins with `start`."""

    fixed: Key = ()
    start: str = ""

    def filter(self, names: Sequence[str]) -> Keys:
        exact = list(zip(names, self.fixed, strict=False))
        if len(self.fixed) == len(names):
            return exact
        # Without a start, the parts before say it all; but something has to be said.
        wild = [(names[len(self.fixed)], self.start + WILD)] if self.start or not exact else []
        return [*exact, *wild]

    def holds(self, key: Key) -> bool:
        """Whether a line with this key may be in here, by the loosest reading of letters."""
        at = len(self.fixed)
        begins = at >= len(key) or _loose(key[at]).startswith(_loose(self.start))
        return begins and all(_loose(a) == _loose(b) for a, b in zip(self.fixed, key, strict=False))


def _loose(text: str) -> str:
    return text.strip().casefold()


@dataclass
class Walk:
    """One reading of one list. `names` are the columns of its key."""

    names: Sequence[str]
    size: int
    characters: str
    rows: dict[Key, Line] = field(default_factory=dict)
    _full: dict[_Part, set[str]] = field(default_factory=dict)
    _asked: set[_Part] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def whole(self, ask: Ask) -> dict[Key, Line]:
        """Every line by its key. Raises `Unfiltered`."""
        waiting = [_Part()]
        while waiting:
            self._asked.update(waiting)
            for part, lines in zip(waiting, ask([one.filter(self.names) for one in waiting]), strict=True):
                self._take(part, lines)
            waiting = [part for part in dict.fromkeys(self._next()) if part not in self._asked]
        return self.rows

    def _take(self, part: _Part, lines: Sequence[Line]) -> None:
        keys = [self._key(line) for line in lines]
        at, start = len(part.fixed), part.start
        for key, line in zip(keys, lines, strict=True):
            plain = key[:at] == part.fixed and (at == len(key) or key[at].startswith(start))
            if not plain and not part.holds(key):
                wanted = " and ".join(f"{name} {value}" for name, value in part.filter(self.names))
                raise Unfiltered(f"asked for {wanted}, it shows {' '.join(key)}")
            self.rows[key] = line
            self._seen.update(*key)
        if len(lines) < self.size or len(part.fixed) == len(self.names):
            return
        # Where capitals do not count, `a*` is `A*` once more: it is the one that is spelt so that goes on.
        at, long = len(part.fixed), len(part.start)
        for fixed, start in {(key[:at], key[at][:long]) for key in keys}:
            self._cut(_Part(fixed, start))

    def _cut(self, part: _Part) -> None:
        """There is more in this part than a page shows. Where as much is known of a part of it, that is cut
        too, and need not be asked to know it."""
        if part in self._full:
            return
        self._full[part] = set()
        at, long = len(part.fixed), len(part.start)
        known = Counter(
            key[at][: long + 1]
            for key in self.rows
            if key[:at] == part.fixed and key[at].startswith(part.start) and len(key[at]) > long
        )
        for start, lines in known.items():
            if lines >= self.size:
                self._asked.add(_Part(part.fixed, start))
                self._cut(_Part(part.fixed, start))

    def _key(self, line: Line) -> Key:
        try:
            return tuple([line[name].strip() for name in self.names])
        except KeyError:
            lacking = " and ".join(name for name in self.names if name not in line)
            raise Unfiltered(f"it does not show {lacking}, but {', '.join(line) or 'nothing'}") from None

    def _next(self) -> Iterable[_Part]:
        """What is still to be asked, of all that was cut."""
        characters = (set(self.characters) | self._seen) - {WILD}
        for part, tried in self._full.items():
            for character in sorted(characters - tried):
                yield _Part(part.fixed, part.start + character)
            if part.start and not tried:
                yield _Part((*part.fixed, part.start), "")
            tried |= characters


def whole_list(client: Client, publication: str, names: Sequence[str]) -> dict[Key, Line]:
    """Every line of a publication's list by its key. Raises `Said`, or a `ConnectorError`."""
    size = client.settings.list_size

    def lines(filters: Keys) -> list[Line]:
        return list_page(client, publication, filters, size)

    try:
        return Walk(names, size, client.settings.key_characters).whole(
            lambda parts: client.each(lines, parts)
        )
    except Unfiltered as problem:
        raise Misconfigured(
            client.system,
            f"the list of {publication} cannot be read by {' and '.join(names)}",
            str(problem),
            "name in `key` the key of the object, and have its list (the left one) show it",
        ) from problem


def list_page(client: Client, publication: str, filters: Keys, size: int) -> list[Line]:
    """The first lines of a list that these filters let through."""
    text = client.query(publication, filters, size).result
    try:
        return read_rows(text) if text else []
    except Undecodable as why:
        raise undecodable(client.system, f"the list of {publication}", why) from why
