"""The object `question`: how was it? Asked of a visit's customer once it is done, and the answer kept.

A row is one visit. It is made when the visit is seen done, has a customer, and was on a day no longer ago
than `FRESH`; a visit that was done before the hub first kept questions is not asked about. What it is asked
by (a mail, a call) is the mapping's business; `score` and `comment` come back from there.

While the hub recovers nothing is asked: the questions there are come back from the systems that have them.

Never: asks twice about one visit; takes an answer back that was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, exists, insert, select, update

from hub.maintenance.settings import Settings
from hub.maintenance.shelf import Told, next_change
from hub.model import ARCHIVED
from hub.ports import Native, Refused
from hub.store import flags
from hub.store import tables as t
from hub.store.repository import dumps, loads

FRESH: Final = timedelta(days=30)
"""Who is asked about a visit of long ago does not remember it."""
SINCE: Final = "questions_since"
"""The name (table ``state``) under which the hub remembers when it began to ask."""
BEST: Final = 5


class QuestionShelf:
    """The shelf of questions, by the settings of `kind: maintenance`."""

    name, table = "question", t.question
    fields = frozenset(("visit", "customer", "title", "asked_on", "score", "comment"))
    writable = frozenset(("score", "comment"))
    takes = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def refresh(self, connection: Connection, now: datetime) -> None:
        if flags.recovering(connection) is not None:
            return
        since = flags.get(connection, SINCE)
        if since is None:
            flags.put(connection, SINCE, now.isoformat())
            return
        today = now.astimezone(ZoneInfo(self._settings.timezone)).date()
        change = next_change(connection, t.question)
        for id, said in self._done(connection, datetime.fromisoformat(since), today - FRESH):
            data = {
                "customer": said["customer"], "title": said.get("title"), "asked_on": today.isoformat(),
                "score": None, "comment": None, "ref": None, "modified": now.isoformat(),
            }  # fmt: skip
            connection.execute(insert(t.question).values(visit=id, change=change, data=dumps(data)))
            change += 1

    def told(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[Told]:
        return [_told(row) for row in rows]

    def find(self, connection: Connection, refs: Sequence[str]) -> Mapping[str, str]:
        wanted = set(refs)
        rows = connection.execute(select(t.question.c.id, t.question.c.data)) if wanted else ()
        found = {loads(row.data)["ref"]: str(row.id) for row in rows}
        return {ref: id for ref, id in found.items() if ref in wanted}

    def make(
        self, connection: Connection, ref: str, values: Mapping[str, Native], now: datetime
    ) -> str | Refused:
        earlier = self.find(connection, [ref])
        if earlier:
            return earlier[ref]
        visit = str(values.get("visit") or "")
        if not visit:
            return Refused("a question needs the visit it is about", "visit")
        if connection.scalar(select(exists().where(t.question.c.visit == visit))):
            return Refused("this visit is asked about already", "visit", "see `hub conflicts list`")
        refused = _unfit(values)
        if refused is not None:
            return refused
        data = {name: values.get(name) for name in self.fields - {"visit"}}
        data |= {"ref": ref, "modified": now.isoformat()}
        made = connection.execute(
            insert(t.question)
            .values(visit=visit, change=next_change(connection, t.question), data=dumps(data))
            .returning(t.question.c.id)
        )
        return str(made.scalar_one())

    def change(
        self,
        connection: Connection,
        told: Told,
        values: Mapping[str, Native],
        archived: bool | None,
        now: datetime,
    ) -> Refused | None:
        if archived:
            return Refused(
                "a question that was asked stays", None, "write `on_delete: ignore` in the mapping"
            )
        refused = _unfit(values)
        if refused is not None:
            return refused
        query = select(t.question).where(t.question.c.id == int(told.id))
        data = loads(connection.execute(query).one().data)
        news = {**data, **{name: values[name] for name in values if name in self.writable}}
        if news != data:
            connection.execute(
                update(t.question)
                .where(t.question.c.id == int(told.id))
                .values(
                    change=next_change(connection, t.question),
                    data=dumps({**news, "modified": now.isoformat()}),
                )
            )
        return None

    def _done(
        self, connection: Connection, since: datetime, oldest: date
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The visits that are to be asked about and are not yet, by their golden ids."""
        rows = connection.execute(
            select(t.golden.c.id, t.golden.c.data, t.golden.c.origins)
            .where(
                t.golden.c.entity == self._settings.visits,
                t.golden.c.data.contains('"done"'),
                ~exists().where(t.question.c.visit == t.golden.c.id),
            )
            .order_by(t.golden.c.id)
        ).all()
        for row in rows:
            said, origins = loads(row.data), loads(row.origins)
            if said.get("state") != "done" or said.get(ARCHIVED) or not said.get("customer"):
                continue
            _, at = origins.get("state") or origins["*"]
            day = str(said.get("date") or "")
            if day and date.fromisoformat(day[:10]) >= oldest and datetime.fromisoformat(at) >= since:
                yield row.id, said


def _unfit(values: Mapping[str, Native]) -> Refused | None:
    """Why an answer cannot be one."""
    score = values.get("score")
    if score is None or (
        isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= BEST
    ):
        return None
    return Refused(f"a score is a number from 0 to {BEST}, not {score!r}", "score", "correct it there")


def _told(row: Row[Any]) -> Told:
    data = loads(row.data)
    values: dict[str, Native] = {"visit": row.visit}
    values |= {name: data.get(name) for name in ("customer", "title", "asked_on", "score", "comment")}
    return Told(
        str(row.id), values, row.change, archived=False, modified=datetime.fromisoformat(data["modified"])
    )
