"""What one new record may be: a base in memory, asked for the few records worth weighing, which are weighed.

The keys are those of the whole base (`keys`), each once as a number in one sorted array, so that a million
records take some eight bytes a key; records that came since stand beside.

Promises: pure; the same score as the whole base gives; at most `WEIGHED` records are weighed for one, those
that share the most keys first, so that a value shared by everyone costs no more than any other.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hub.duplicates.features import Record, row_of
from hub.duplicates.keys import MOST, keys_of
from hub.duplicates.rules import Row
from hub.duplicates.scoring import Scored, Scorer
from hub.duplicates.weights import Weights

WEIGHED = 120
"""Records weighed for one new one at most."""

_PLACES = 24
_MOST_RECORDS = 1 << _PLACES
_KEYS = (1 << (64 - _PLACES)) - 1


@dataclass(frozen=True, slots=True)
class Found:
    """A record of the base that a new one may be: its place in the base, and how it was weighed."""

    place: int
    scored: Scored


class Candidates:
    """A base of feature rows that new records are compared with. Holds up to 16,777,216 records."""

    def __init__(self, rows: Iterable[Row], weights: Weights) -> None:
        self.scorer = Scorer(weights)
        self.rows: list[Row] = []
        self._settled = array("Q")
        self._fresh: defaultdict[int, list[int]] = defaultdict(list)
        made = array("Q")
        for row in rows:
            made.extend(self._entries(row))
            self.rows.append(row)
        self._settled = array("Q", sorted(made))

    def row(self, record: Record) -> tuple[Any, ...]:
        """The feature row of a record, its words weighed as those of this base."""
        return row_of(record, self.scorer.weights.words)

    def add(self, row: Row) -> int:
        """Take a record in; its place."""
        for entry in self._entries(row):
            self._fresh[entry >> _PLACES].append(entry & (_MOST_RECORDS - 1))
        self.rows.append(row)
        return len(self.rows) - 1

    def find(self, row: Row, least: float = 0.01) -> list[Found]:
        """The records this one may be, the most probable first; `least`: a probability."""
        found = [Found(place, self.scorer(row, self.rows[place])) for place in self.near(row)]
        kept = [one for one in found if one.scored.probability >= least]
        return sorted(kept, key=lambda one: (-one.scored.probability, -one.scored.score, one.place))

    def near(self, row: Row) -> list[int]:
        """The records that share a key with this one, those that share the most first.

        A key that more than `keys.MOST` share finds nobody by itself: it only counts for whom another finds.
        """
        votes: Counter[int] = Counter()
        common: list[Sequence[int]] = []
        for key in keys_of(row):
            places = self._with(key & _KEYS)
            if len(places) <= MOST:
                votes.update(places)
            else:
                common.append(places)
        if not votes:
            # Nobody shares anything rarer: the first of the least common block stand for all of it.
            for block in sorted(common, key=len)[:2]:
                votes.update(block[:MOST])
        return [place for place, _ in votes.most_common(WEIGHED)]

    def _with(self, key: int) -> list[int]:
        low = key << _PLACES
        at = bisect_left(self._settled, low)
        high = low | (_MOST_RECORDS - 1)
        found: list[int] = []
        entries = self._settled
        count = len(entries)
        while at < count and entries[at] <= high and len(found) <= MOST:
            found.append(entries[at] & (_MOST_RECORDS - 1))
            at += 1
        found.extend(self._fresh.get(key, ()))
        return found

    def _entries(self, row: Row) -> list[int]:
        place = len(self.rows)
        if place >= _MOST_RECORDS:
            raise ValueError(f"an index holds at most {_MOST_RECORDS:,} records")
        return [(key & _KEYS) << _PLACES | place for key in keys_of(row)]
