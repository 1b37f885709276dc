"""The object `visit`: the visits that `plan` decides on, kept as rows, and what people say of them.

A row is planned, confirmed, done or cancelled; a cancelled one counts as archived. What a person writes in
another system is theirs from then on: a day they gave is kept, a visit they cancelled is not made again, one
they brought back stays. A visit they made for a contract becomes a row, and counts.

While the hub recovers, the visits there are come back from the systems that have them, and are taken for
planned here: otherwise every one of them would look like a person's, and none would ever be moved again.

Never: deletes a row; writes one that says the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, insert, select, update

from hub import __version__, logs
from hub.maintenance import naming, sayings
from hub.maintenance.contracts import Contracts, Raw, contracts_from, contracts_of, raw_contracts
from hub.maintenance.decisions import Cancel, Decision, Make, Planned, Problem, Revive, Rules, Visit
from hub.maintenance.plan import plan
from hub.maintenance.settings import Settings
from hub.maintenance.shelf import Told, next_change
from hub.maintenance.slots import Clock
from hub.maintenance.terms import Terms
from hub.maintenance.workdays import Workdays
from hub.model import ARCHIVED
from hub.ports import Misconfigured, Native, Refused
from hub.store import flags
from hub.store import tables as t
from hub.store.repository import among, dumps, loads

FIELDS = frozenset(
    ("title", "contract", "customer", "date", "start", "end", "hours", "town", "state", "notes", "number",
     "period", "problem")
)  # fmt: skip
WRITABLE = frozenset(("title", "date", "start", "end", "hours", "state", "notes"))


@dataclass(frozen=True, slots=True)
class Standing:
    """Contracts and visits as they are, read in one connection.

    `contracts`: the terms of every golden contract, archived ones too, by golden id; `customers`: the names
    of theirs. `visits`: those neither done nor cancelled, the native values (`FIELDS`) of each by its id.
    `problems`: why visits that are owed are not planned.
    """

    contracts: Mapping[str, Terms]
    customers: Mapping[str, str]
    visits: Mapping[str, Mapping[str, Native]]
    problems: Sequence[Problem]


def standing(connection: Connection, settings: Settings, today: date) -> Standing:
    """What there is to say of contracts and open visits today. Writes nothing."""
    found = contracts_of(connection, settings)
    rows = _load(connection)
    planned = _planned(settings, found, rows, today)
    told = {str(id): _values(row.contract, row.data) for id, row in rows.items() if row.is_open}
    return Standing(found.terms, found.customers, told, planned.problems)


class VisitShelf:
    """The shelf of visits, by the settings of `kind: maintenance`."""

    name, table, fields, writable, takes = "visit", t.visit, FIELDS, WRITABLE, True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = Clock(settings.timezone, settings.planning.day_starts)

    def refresh(self, connection: Connection, now: datetime) -> None:
        raw, stored = raw_contracts(connection, self._settings), _stored(connection)
        today = self._clock.day(now)
        now_is = _print(self._settings, today, raw, stored)
        if flags.get(connection, _QUIET) == now_is:
            return
        found = contracts_from(raw, self._settings)
        rows = _read(stored)
        planned = _planned(self._settings, found, rows, today)
        changed: dict[int, _Kept] = {}
        made: list[_Kept] = []
        for one in planned.decisions:
            if isinstance(one, Make):
                made.append(self._made(one, found, rows, made))
            else:
                id = int(one.visit.id)
                rows[id] = changed[id] = self._carried_out(one, rows[id], found)
        for id, row in rows.items():
            if row.is_open and row.contract in found.terms:
                said = self._said(row, found)
                if said != row.data:
                    rows[id] = changed[id] = _Kept(row.contract, said)
        _save(connection, changed, made, now)
        if not changed and not made:
            flags.put(connection, _QUIET, now_is)

    def remember(self, connection: Connection, entity: str, system: str, now: datetime) -> None:
        """Cancelled visits, which no system would be asked to make: as rows, so that they are not made again.

        The entity's fields are read by our own names.
        """
        linked = exists().where(t.link.c.golden_id == t.golden.c.id, t.link.c.system == system)
        rows = connection.execute(
            select(t.golden.c.id, t.golden.c.data).where(t.golden.c.entity == entity, ~linked)
        ).all()
        for row in rows:
            values = loads(row.data)
            if values.get(ARCHIVED):
                made = self.make(connection, f"{entity}_{row.id}", {**values, "state": "cancelled"}, now)
                if isinstance(made, Refused):
                    logs.get().warning(
                        "a cancelled visit was forgotten: it may be planned again", visit=row.id,
                        reason=made.reason,
                    )  # fmt: skip

    def told(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[Told]:
        told: list[Told] = []
        for row in rows:
            data = loads(row.data)
            archived = data["state"] == "cancelled" or bool(data.get("archived"))
            modified = datetime.fromisoformat(data["modified"])
            told.append(Told(str(row.id), _values(row.contract, data), row.change, archived, modified))
        return told

    def find(self, connection: Connection, refs: Sequence[str]) -> Mapping[str, str]:
        rows = connection.execute(
            select(t.visit.c.id, t.visit.c.ref).where(among(connection, t.visit.c.ref, list(refs)))
        )
        return {row.ref: str(row.id) for row in rows}

    def make(
        self, connection: Connection, ref: str, values: Mapping[str, Native], now: datetime
    ) -> str | Refused:
        earlier = self.find(connection, [ref])
        if earlier:
            return earlier[ref]
        contract = str(values.get("contract") or "")
        found = contracts_of(connection, self._settings, [contract])
        if contract not in found.terms:
            return Refused("a visit needs its contract, one that the hub knows", "contract")
        data: dict[str, Any] = {
            "day": None, "state": "planned", "period": None, "start": None, "town": None, "notes": None,
            "hours": found.terms[contract].hours or self._settings.planning.hours, "theirs": False,
        }  # fmt: skip
        asked = {name: values.get(name) for name in WRITABLE if values.get(name) is not None}
        if "date" not in asked and "start" not in asked:
            return Refused("a visit needs its date", "date")
        said = sayings.apply(data, asked, None, self._clock)
        if isinstance(said, Refused):
            return said
        recovered = flags.is_recovering(connection, ref.rpartition("_")[0])
        said |= {"theirs": not recovered, "town": values.get("town"), "customer": values.get("customer")}
        said["kept"] = not recovered and _is_after(found.terms[contract], said["day"])
        rows = _load(connection, contract)
        said |= naming.taken_from(values.get("title"))
        if "count" not in said:
            taken = [(row.data["year"], row.data["count"]) for row in rows.values()]
            terms, when = found.terms[contract], self._settings.planning.due
            said |= naming.of_day(terms, date.fromisoformat(said["day"]), when, taken)
        row = _Kept(contract, said)
        row = _Kept(contract, self._said(row, found))
        _save(connection, {}, [row], now, ref)
        return self.find(connection, [ref])[ref]

    def change(
        self,
        connection: Connection,
        told: Told,
        values: Mapping[str, Native],
        archived: bool | None,
        now: datetime,
    ) -> Refused | None:
        id = int(told.id)
        found = connection.execute(select(t.visit).where(t.visit.c.id == id)).one()
        before = loads(found.data)
        said = sayings.apply(before, values, archived, self._clock)
        if isinstance(said, Refused):
            return said
        contracts = contracts_of(connection, self._settings, [found.contract])
        terms = contracts.terms.get(found.contract)
        if terms is not None and said["day"] != before["day"] and _is_after(terms, said["day"]):
            said["kept"] = True
        row = _Kept(found.contract, said)
        if row.is_open and terms is not None:
            row = _Kept(found.contract, self._said(row, contracts))
        if row.data != before:
            _save(connection, {id: row}, [], now)
        return None

    # -- rows ------------------------------------------------------------------------------------------

    def _made(self, one: Make, found: Contracts, rows: Mapping[int, _Kept], made: Sequence[_Kept]) -> _Kept:
        terms = found.terms[one.contract]
        taken = [
            (row.data["year"], row.data["count"])
            for row in (*rows.values(), *made)
            if row.contract == one.contract
        ]
        data: dict[str, Any] = {
            "day": one.day.isoformat(),
            "state": "planned",
            "period": [one.period.start.isoformat(), one.period.end.isoformat()],
            "start": self._clock.moment(one.day, one.begins),
            "hours": terms.hours or self._settings.planning.hours,
            "notes": None,
            "theirs": False,
            **naming.of_period(terms, one.period, self._settings.planning.due, taken),
        }
        return _Kept(one.contract, self._said(_Kept(one.contract, data), found))

    def _carried_out(self, one: Decision, row: _Kept, found: Contracts) -> _Kept:
        assert not isinstance(one, Make)
        data = dict(row.data)
        if isinstance(one, Cancel):
            data |= {"state": "cancelled", "withdrawn": True, "was": row.data["state"], "why": one.why}
            return _Kept(row.contract, data)
        if isinstance(one, Revive):
            data |= {"state": one.state, "withdrawn": False, "why": ""}
        if one.day.isoformat() != data["day"] or one.begins is not None:
            data["start"] = self._clock.moment(one.day, one.begins)
        data["day"] = one.day.isoformat()
        data["period"] = None
        if one.period is not None:
            data["period"] = [one.period.start.isoformat(), one.period.end.isoformat()]
        return _Kept(row.contract, data)

    def _said(self, row: _Kept, found: Contracts) -> dict[str, Any]:
        """A row with what its contract and its customer say of it now."""
        terms, data = found.terms[row.contract], dict(row.data)
        customer = terms.customer or data.get("customer")
        data["customer"] = customer
        data["town"] = terms.town or (found.towns.get(customer) if customer else None) or data.get("town")
        if not data.get("hours_theirs"):
            data["hours"] = terms.hours or self._settings.planning.hours
        name = found.customers.get(customer, "") if customer else ""
        if not data.get("title_theirs"):
            data["title"] = naming.title(data, terms, name)
        data["number"] = naming.number(data, terms)
        data["problem"] = naming.problem(data, terms, Workdays(self._settings.planning.holidays))
        return data


@dataclass(frozen=True, slots=True)
class _Kept:
    """One row: its contract, and what the column `data` holds."""

    contract: str
    data: dict[str, Any]

    @property
    def is_open(self) -> bool:
        return self.data["state"] in ("planned", "confirmed")


def _planned(settings: Settings, found: Contracts, rows: Mapping[int, _Kept], today: date) -> Planned:
    planning = settings.planning
    clock = Clock(settings.timezone, planning.day_starts)
    rules = Rules(
        Workdays(planning.holidays), planning.months, planning.due, planning.town_days, planning.per_day,
        planning.hours, clock.day_starts,
    )  # fmt: skip
    visits: dict[str, list[Visit]] = {}
    for id, row in rows.items():
        visits.setdefault(row.contract, []).append(_visit(id, row, clock))
    try:
        return plan([found.in_town(terms) for terms in found.terms.values()], visits, today, rules)
    except ValueError as problem:
        raise Misconfigured(
            "maintenance", "cannot plan visits", str(problem), "correct `planning.holidays` in hub.yaml"
        ) from problem


def _visit(id: int, row: _Kept, clock: Clock) -> Visit:
    data = row.data
    return Visit(
        str(id), row.contract, date.fromisoformat(data["day"]), data["state"], naming.period(data),
        bool(data.get("theirs")), bool(data.get("kept")), bool(data.get("withdrawn")),
        data.get("was", "planned"), data.get("town") or "", clock.time(data["start"]), data["hours"],
    )  # fmt: skip


def _is_after(terms: Terms, day: str) -> bool:
    last = terms.last_day()
    return terms.over or (last is not None and date.fromisoformat(day) > last)


def _values(contract: str, data: Mapping[str, Any]) -> dict[str, Native]:
    start, hours = data["start"], data["hours"]
    return {
        "title": data.get("title"),
        "contract": contract,
        "customer": data.get("customer"),
        "date": data["day"],
        "start": start,
        "end": sayings.end_of(start, hours),
        "hours": int(hours) if float(hours).is_integer() else hours,
        "town": data.get("town"),
        "state": data["state"],
        "notes": data.get("notes"),
        "number": data.get("number"),
        "period": naming.period_in_words(data),
        "problem": data.get("problem"),
    }


def _load(connection: Connection, contract: str | None = None) -> dict[int, _Kept]:
    return _read(_stored(connection, contract))


def _stored(connection: Connection, contract: str | None = None) -> Sequence[Row[Any]]:
    query = select(t.visit.c.id, t.visit.c.contract, t.visit.c.data).order_by(t.visit.c.id)
    if contract is not None:
        query = query.where(t.visit.c.contract == contract)
    return connection.execute(query).all()


def _read(stored: Sequence[Row[Any]]) -> dict[int, _Kept]:
    return {row.id: _Kept(row.contract, loads(row.data)) for row in stored}


def _print(settings: Settings, today: date, raw: Raw, stored: Sequence[Row[Any]]) -> str:
    """A fingerprint of all that a plan is made from: the same again has nothing to do again."""
    said = hashlib.blake2b(f"{__version__} {today} {settings!r}".encode(), digest_size=16)
    for id, data in (*raw.contracts, *raw.customers):
        said.update(f"{id}{data}\n".encode())
    for row in stored:
        said.update(f"{row.id}{row.data}\n".encode())
    return said.hexdigest()


_QUIET = "visits_planned"
"""What the hub remembers: the fingerprint of the last plan in which nothing was to be done."""


def _save(
    connection: Connection,
    changed: Mapping[int, _Kept],
    made: Sequence[_Kept],
    now: datetime,
    ref: str | None = None,
) -> None:
    """Write these rows, each under the number of its change."""
    if not changed and not made:
        return
    change, at = next_change(connection, t.visit), now.isoformat(timespec="seconds")
    if changed:
        connection.execute(
            update(t.visit)
            .where(t.visit.c.id == bindparam("_id"))
            .values(open=bindparam("_open"), change=bindparam("_change"), data=bindparam("_data")),
            [
                {"_id": id, "_open": row.is_open, "_change": change + n,
                 "_data": dumps({**row.data, "modified": at})}
                for n, (id, row) in enumerate(changed.items())
            ],
        )  # fmt: skip
    if made:
        connection.execute(
            insert(t.visit),
            [
                {"contract": row.contract, "ref": ref, "open": row.is_open,
                 "change": change + len(changed) + n, "data": dumps({**row.data, "modified": at})}
                for n, row in enumerate(made)
            ],
        )  # fmt: skip
