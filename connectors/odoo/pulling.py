"""Which records changed since the last pull, in few and light calls.

A pull first lists ids and `write_date` of what changed in a window, and reads only what the hub does not hold
in that version. Three facts about `write_date` shape it:

- It is when the writing transaction *began*; the record shows up when it ends. So the window reaches back by
  an overlap of minutes, and what is known already costs one line of the listing, not a read.
- It is cut to the second. A record written within a few seconds of the previous look may have been written
  again in that same second: it is read again once. A record the hub wrote since is read again only if
  somebody else was the last to write it.
- A deletion leaves no trace in it: `ids` shows those.
- A line changed by itself leaves no trace in its document's (Odoo 14): where lines are read, theirs count.
  Where one value is kept in a line (`one_line`), so too.

Pages follow the id, not the date: a date can move while the pages are read, an id cannot, and whatever moves
is in the next window anyhow. The cursor says where a broken-off pull goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.odoo.asking import Asking
from connectors.odoo.context import Contexts
from connectors.odoo.faults import Fault
from connectors.odoo.layout import Layout, Schema
from connectors.odoo.reading import PAGE, Reader, write_date_of
from connectors.odoo.refs import Refs
from connectors.odoo.session import Session
from hub.ports import Known, Misconfigured, Page, View

LISTING = 25_000
SETTLE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Cursor:
    """`at`: the server's time when the last complete pull began. A pull under way also has when it began
    (`began`) and the last id it handed over (`after`). Times are Odoo's own text, UTC."""

    at: str | None = None
    began: str | None = None
    after: int = 0

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        return cls(**json.loads(text)) if text else cls()

    def text(self) -> str:
        return json.dumps({key: value for key, value in asdict(self).items() if value})


class Puller:
    """Lists and reads what changed, for any view."""

    def __init__(
        self,
        session: Session,
        contexts: Contexts,
        schema: Schema,
        reader: Reader,
        refs: Refs,
        asking: Asking,
    ) -> None:
        self._session = session
        self._contexts = contexts
        self._schema = schema
        self._reader = reader
        self._refs = refs
        self._asking = asking

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        """See `hub.ports.Connector.pull`."""
        start = Cursor.parse(cursor)
        began = start.began or self._server_time(view)
        whole = start.at is None
        after, handed = start.after, 0
        waiting: list[tuple[int, bool]] = []
        while True:
            listed = self._listing(view, start, after)
            waiting += self._changed(view, start, listed, known)
            finished = len(listed) < LISTING
            total = handed + len(waiting) if finished else None
            while len(waiting) > PAGE or (waiting and not finished):
                some, waiting = waiting[:PAGE], waiting[PAGE:]
                handed += len(some)
                under_way = Cursor(start.at, began, some[-1][0])
                yield Page(self._read(view, some), under_way.text(), total=total)
            if finished:
                break
            after = listed[-1][0]
        records = self._read(view, waiting) if waiting else []
        yield Page(
            records, Cursor(began).text(), listing=whole and cursor is None, total=handed + len(waiting)
        )

    def ids(self, view: View) -> set[str]:
        """The ids of every record of the view, archived ones included."""
        found: set[str] = set()
        last = 0
        while True:
            domain = [["id", ">", last], *_where(view)]
            ids = self._search(view, "search", domain, 0, LISTING * 4, "id")
            found.update(str(id) for id in ids)
            if len(ids) < LISTING * 4:
                return found
            last = ids[-1]

    def _listing(self, view: View, start: Cursor, after: int) -> list[tuple[int, str]]:
        """Id and write_date, by id, of up to `LISTING` records that may have changed."""
        domain: list[Any] = [["id", ">", after]] if after else []
        if start.at is not None:
            overlap = timedelta(minutes=self._session.settings.overlap_minutes)
            since = _odoo_time(_time(start.at) - overlap)
            terms = [[f"{name}write_date", ">=", since] for name in ("", *_with_lines(view))]
            domain += ["|"] * (len(terms) - 1) + terms
        rows = self._search(view, "search_read", [*domain, *_where(view)], ["write_date"], 0, LISTING, "id")
        return [(row["id"], row["write_date"]) for row in rows]

    def _changed(
        self, view: View, start: Cursor, listed: Sequence[tuple[int, str]], known: Known
    ) -> list[tuple[int, bool]]:
        """Those listed that have to be read, and whether they are new to the hub."""
        if not listed:
            return []
        versions = known([str(id) for id, _ in listed])
        if start.at is None:
            return [(id, str(id) not in versions) for id, _ in listed]
        suspects = self._suspects(view, start, listed, versions.keys()) | self._new_lines(view, start)
        changed = []
        for id, write_date in listed:
            new = str(id) not in versions
            if new or write_date_of(versions[str(id)]) != write_date or id in suspects:
                changed.append((id, new))
        return changed

    def _suspects(self, view: View, start: Cursor, listed: Sequence[tuple[int, str]], held: Any) -> set[int]:
        """Known records that may have been written twice in one second, once before and once after a look."""
        assert start.at is not None
        looked = _time(start.at)
        recent = [
            (id, _time(date)) for id, date in listed if _time(date) >= looked - SETTLE and str(id) in held
        ]
        suspects = {id for id, date in recent if date <= looked + SETTLE}
        later = [id for id, date in recent if date > looked + SETTLE]
        if not later:
            return suspects
        uid = self._session.uid()
        if uid is None:
            return suspects | set(later)
        domain = [["write_date", ">=", _odoo_time(looked - SETTLE)], ["write_uid", "!=", uid]]
        others = set(self._search(view, "search", [*domain, *_where(view)], 0, None, "id"))
        return suspects | others.intersection(later)

    def _new_lines(self, view: View, start: Cursor) -> set[int]:
        """Records with a line written since: their own date tells nothing."""
        names = _with_lines(view)
        if not names or start.at is None:
            return set()
        overlap = timedelta(minutes=self._session.settings.overlap_minutes)
        since = _odoo_time(_time(start.at) - overlap)
        terms = [[f"{name}write_date", ">=", since] for name in names]
        domain = ["|"] * (len(terms) - 1) + terms
        return set(self._search(view, "search", [*domain, *_where(view)], 0, None, "id"))

    def _read(self, view: View, some: Sequence[tuple[int, bool]]) -> Sequence[Any]:
        layout: Layout = self._schema.layout(view)
        new = [id for id, is_new in some if is_new]
        refs = self._refs.of(layout.model, new) if new else {}
        records = self._reader.records(layout, [id for id, _ in some], refs)
        return self._asking.whole(layout, records)

    def _search(self, view: View, method: str, domain: list[Any], *rest: Any) -> Any:
        setting = (
            view.options.get("lang") or self._session.settings.lang,
            view.options.get("company") or self._session.settings.company,
        )
        try:
            return self._session.ask(
                view.object, method, domain, *rest, context=self._contexts.reading(setting)
            )
        except Fault as fault:
            if fault.kind in ("name", "other"):
                self._schema.fields(view.object, ["write_date"])
                raise Misconfigured(
                    self._session.system,
                    f"Odoo does not take the filter of {view.object}",
                    fault.message,
                    "correct `where` in the mapping",
                ) from fault
            raise

    def _server_time(self, view: View) -> str:
        """The server's clock before the first look. Costs a call only where nothing was called yet."""
        if not self._session.requests_sent():
            self._session.uid()
        return _odoo_time(self._session.now())


def _where(view: View) -> list[Any]:
    return list(view.where or [])


def _with_lines(view: View) -> list[str]:
    """The fields of the view that hold lines, as the beginning of a path."""
    held = [field.name for field in view.fields if field.type == "lines" or "line" in field.options]
    return [f"{name.partition('.')[0]}." for name in held]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _odoo_time(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
