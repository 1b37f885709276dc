"""Which records changed since the last pull, by the list X3 shows of them.

The list is read whole each time: it is a line a record. Where it shows when each was changed (`changed_by`),
only those are read whose line says something else than the hub's version of them, and those changed shortly
before the last pull once more. Where it does not, new ones are read at once and all of them every
`read_all_minutes`. A pull that reads all of them lists all of them: what it does not show is gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import time

from connectors.sage.layout import join_key
from connectors.sage.soap.client import Client
from connectors.sage.soap.grammar import Line
from connectors.sage.soap.layout import Layout
from connectors.sage.soap.paging import whole_list
from connectors.sage.soap.reading import Reader
from connectors.sage.soap.records import digits, mark_of
from hub.ports import Known, Misconfigured, Page

PAGE = 500
ASKED_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Cursor:
    """`high`: the latest change the list of the last pull showed, as digits. `read_all`: when all were read
    last, seconds since the epoch by this machine's clock."""

    high: str = ""
    read_all: float = 0.0

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        found = json.loads(text) if text else {}
        return cls(str(found.get("high", "")), float(found.get("read_all", 0.0)))

    def text(self) -> str:
        return json.dumps({"high": self.high, "read_all": self.read_all})


class Puller:
    """Lists and reads one X3. `clock` gives seconds since the epoch."""

    def __init__(self, client: Client, reader: Reader, clock: Callable[[], float] = time) -> None:
        self._client, self._reader, self._clock = client, reader, clock

    def pull(self, layout: Layout, cursor: str | None, known: Known) -> Iterator[Page]:
        """See `hub.ports.Connector.pull`."""
        start, began = Cursor.parse(cursor), self._clock()
        listed = self.listed(layout)
        whole = cursor is None or (not layout.changed_by and self._is_due(start, began))
        ids = list(listed) if whole else list(self._changed(layout, start, listed, known))
        high = max((digits(line.get(layout.changed_by, "")) for line in listed.values()), default="")
        end = Cursor(max(high, start.high), began if whole else start.read_all)
        parts = [ids[at : at + PAGE] for at in range(0, len(ids), PAGE)] or [[]]
        reading = self._reader.begin(layout, parts[0])
        for number, _ in enumerate(parts, 1):
            records = self._reader.finish(reading)
            # The next are under way while the hub takes these in.
            reading = self._reader.begin(layout, parts[number]) if number < len(parts) else []
            last = number == len(parts)
            yield Page(records, end.text() if last else cursor, listing=last and whole, total=len(ids))

    def listed(self, layout: Layout) -> dict[str, Line]:
        """Every line of the list that the view's `where` lets through, by id. Raises a `ConnectorError`."""
        lines = whole_list(self._client, layout.publication, layout.key_names)
        self._check_columns(layout, lines.values())
        return {join_key(list(key)): line for key, line in lines.items() if _is_wanted(line, layout.where)}

    def _check_columns(self, layout: Layout, lines: Iterable[Line]) -> None:
        """The columns that the view goes by are in the list."""
        line = next(iter(lines), None)
        wanted = [*layout.where, *([layout.changed_by] if layout.changed_by else [])]
        lacking = [name for name in wanted if line is not None and name not in line]
        if line is not None and lacking:
            raise Misconfigured(
                self._client.system,
                f"the list of {layout.publication} does not show {' and '.join(lacking)}",
                f"it shows {', '.join(line)}",
                "add the column to the list of the object in X3 (the left list), or leave it out of "
                "`where` and `changed_by`",
            )

    def _is_due(self, start: Cursor, now: float) -> bool:
        return not 0 <= now - start.read_all < self._client.settings.read_all_minutes * 60

    def _changed(
        self, layout: Layout, start: Cursor, listed: Mapping[str, Line], known: Known
    ) -> Iterator[str]:
        floor = self._before(start.high)
        ids = list(listed)
        for at in range(0, len(ids), ASKED_AT_ONCE):
            some = ids[at : at + ASKED_AT_ONCE]
            versions = known(some)
            for id in some:
                if id not in versions:
                    yield id
                elif layout.changed_by:
                    told = digits(listed[id][layout.changed_by])
                    if not told or not mark_of(versions[id]).startswith(told) or told >= floor[: len(told)]:
                        yield id

    def _before(self, high: str) -> str:
        """The moment `overlap_seconds` before this one, as digits as long as it."""
        form = "%Y%m%d%H%M%S"[: 6 if len(high) == 8 else 12]
        try:
            moment = datetime.strptime(high, form)
        except ValueError:
            return ""
        moment -= timedelta(seconds=self._client.settings.overlap_seconds)
        return moment.strftime(form)


def _is_wanted(line: Line, where: Mapping[str, frozenset[str]]) -> bool:
    return all(line.get(name, "").strip() in allowed for name, allowed in where.items())
