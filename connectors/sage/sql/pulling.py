"""Which rows changed since the last pull, where all the base tells is a stamp (`cbModification`).

Four facts about the stamp shape it. It is of the server's clock, without a zone: so the mark that is kept is
the latest stamp *in the table*, never a time of ours. It is cut to the minute in old versions, and set when a
transaction begins to write, not when it ends: so each pull looks back by an overlap, and hands over only what
differs from what the hub holds. A deletion leaves no stamp: `ids` shows those. And it goes back when the base
is restored: so the row that had the latest stamp is looked at again, and where it is gone or older than it
was, everything is listed anew. In the hour that clocks repeat in autumn the look back is an hour longer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from connectors.sage.sql import queries
from connectors.sage.sql.layout import Layout
from connectors.sage.sql.layout import Place as TablePlace
from connectors.sage.sql.queries import Since
from connectors.sage.sql.reading import Place, Reader
from connectors.sage.sql.values import Spoilt, moment_of
from hub.ports import Known, Page, Record, View

Mark = tuple[str, int | None]
"""The latest stamp of a table (ISO, the server's clock) and the `cbMarq` of the row that has it."""

Meant: TypeAlias = Callable[[Sequence[Record]], list[Record]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """`marks`: by table, when the last complete pull began; ``None`` before the first. A pull under way also
    has the marks it began with (`began`), where it is (`after`), and whether it lists everything (`whole`).
    """

    marks: Mapping[str, Mark] | None = None
    began: Mapping[str, Mark] | None = None
    after: Place | None = None
    whole: bool = False

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        facts = json.loads(text) if text else {}
        return cls(
            _marks(facts.get("marks")),
            _marks(facts.get("began")),
            tuple(facts["after"]) if "after" in facts else None,
            facts.get("whole", False),
        )

    def text(self) -> str:
        facts = {"marks": self.marks, "began": self.began, "after": self.after, "whole": self.whole}
        return json.dumps({key: value for key, value in facts.items() if value}, default=str)


class Puller:
    """Lists and reads what changed, for any table."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def pull(
        self, view: View, cursor: str | None, known: Known, meant: Meant | None = None
    ) -> Iterator[Page]:
        """See `hub.ports.Connector.pull`. `meant` makes of records what was meant to be written in them."""
        layout = self.reader.layout(view)
        start = Cursor.parse(cursor)
        under_way = start.after is not None
        began = start.began if under_way else self.marks(layout)
        whole = start.whole if under_way else self.whole(layout, start, began)
        since = None if whole else self.since(start)
        total = self._count(layout) if whole else None
        doubles = self.reader.doubles(layout)
        after, listed = start.after, True
        while True:
            batch = self.reader.batch(layout, after, since, doubles)
            listed = listed and not batch.unattributed
            records = meant(batch.records) if meant else batch.records
            if not whole and records:
                held = known([record.id for record in records])
                records = [one for one in records if one.id not in held or held[one.id] != one.version]
            after = batch.last
            if after is None:
                break
            here = Cursor(start.marks, began, after, whole)
            yield Page(records, here.text(), batch.rejected, total=total)
        listing = whole and not under_way and listed
        yield Page(records, Cursor(began or {}).text(), batch.rejected, listing=listing, total=total)

    def marks(self, layout: Layout) -> dict[str, Mark] | None:
        """The latest stamp of each table of a view; ``None`` where one has none."""
        if not layout.stamped:
            return None
        found: dict[str, Mark] = {}
        for place in places(layout):
            if place.shape.name not in found:
                rows = self.reader.rows(layout, queries.mark(place))
                found[place.shape.name] = _mark(rows[0]) if rows else (datetime.min.isoformat(), None)
        return found

    def whole(self, layout: Layout, start: Cursor, now: Mapping[str, Mark] | None) -> bool:
        """Whether everything has to be listed: a first pull, tables without stamps, a base put back."""
        if start.marks is None or now is None or start.marks.keys() != now.keys():
            return True
        return any(
            self._went_back(layout, place, start.marks[place.shape.name], now[place.shape.name])
            for place in {place.shape.name: place for place in places(layout)}.values()
        )

    def _went_back(self, layout: Layout, place: TablePlace, then: Mark, now: Mark) -> bool:
        stamp, marq = then
        if now[0] < stamp:
            return True
        if marq is None or now == then:
            return False
        rows = self.reader.rows(layout, queries.stamp_of(place, marq))
        moment = _moment(rows[0][0]) if rows else None
        return moment is None or moment.isoformat() < stamp

    def since(self, start: Cursor) -> Since:
        """From which stamps on rows of each table may be news."""
        assert start.marks is not None
        return {
            name: self._looked_back(datetime.fromisoformat(stamp)) for name, (stamp, _) in start.marks.items()
        }

    def _looked_back(self, stamp: datetime) -> datetime:
        settings = self.reader.session.settings
        if stamp.year < 1901:
            return datetime(1753, 1, 1)
        first, second = (stamp.replace(tzinfo=settings.zone, fold=fold).utcoffset() for fold in (0, 1))
        assert first is not None
        assert second is not None
        return stamp - timedelta(minutes=settings.overlap_minutes) - max(first - second, timedelta())

    def _count(self, layout: Layout) -> int:
        return int(self.reader.rows(layout, queries.count(layout))[0][0])


def places(layout: Layout) -> list[TablePlace]:
    """Every table whose changes are changes of a record."""
    return [*layout.base.places(), *(one for lines in layout.lines for one in lines.place.places())]


def _mark(row: Any) -> Mark:
    moment = _moment(row[0]) or datetime.min
    return moment.isoformat(), int(row[1]) if len(row) > 1 else None


def _moment(raw: Any) -> datetime | None:
    try:
        return moment_of(raw)
    except Spoilt:
        return None


def _marks(found: Any) -> dict[str, Mark] | None:
    return None if found is None else {name: (mark[0], mark[1]) for name, mark in found.items()}
