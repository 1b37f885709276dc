"""The hub with a real Odoo, against bare loops over the same door and against what people write with odoorpc.

- *First load*: one whole `sync` of a 10,000-row workbook into an empty Odoo (reading the workbook, matching,
  committing, creating, reading back), against `load` in a loop with the best of several batch sizes, without
  reading anything back; and against one `create` a record through odoorpc (of 300 records, extrapolated).
- *Pushed changes*: 2,000 customers changed; settling and delivering them (each checked before, each read
  back), against a bare loop of `web_save_multi` of the same values, 500 a call.
- *Quiet cycle*: nothing changed in 20,000 linked customers: calls to Odoo, and writes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import odoorpc

from benchmarks.base import ODOO_FIELDS, approve, customer, fresh_store, mappings, workbook
from benchmarks.rows import Row, timed
from connectors.odoo.connector import OdooConnector
from connectors.odoo.settings import Settings
from connectors.registry import connect
from hub import decisions
from hub.engine import Engine
from hub.report import Report
from tests.live.servers import Odoo

NEW = 10_000
CHANGED = 2_000
QUIET = 20_000
SAMPLE = 300
SIZES = (250, 500, 1000, 2000)
SKIPS = {"tracking_disable": True, "mail_create_nolog": True, "mail_notrack": True}


@dataclass(frozen=True)
class Site:
    """One fresh Odoo database, and how to be rid of it."""

    url: str
    database: str
    login: str
    password: str
    api_key: str | None
    drop: Callable[[], object]

    def connector(self) -> OdooConnector:
        given = {"url": self.url, "database": self.database, "login": self.login, "password": self.password}
        return OdooConnector("odoo", Settings.model_validate(given | {"api_key": self.api_key}))


@dataclass(frozen=True)
class Target:
    """What to measure on; `fresh` makes an empty database."""

    name: str
    fresh: Callable[[], Site]
    real: Odoo | None = None
    """The real server, for those that need more of it than a door."""

    @contextmanager
    def site(self) -> Iterator[Site]:
        site = self.fresh()
        try:
            yield site
        finally:
            site.drop()


def first_load(target: Target) -> list[Row]:
    bare = _bare_load(target)
    hub = _hub_load(target)
    one_by_one = _one_by_one(target)
    return [
        Row("first load of 10,000, speed against bare load", bare / hub, 0.9, False,
            detail=f"{NEW / hub:.0f} against {NEW / bare:.0f} records/s"),
        Row("first load of 10,000, speed against create one by one", one_by_one / hub, 15, False,
            detail=f"odoorpc: {NEW / one_by_one:.0f} records/s"),
    ]  # fmt: skip


def pushed_and_quiet(target: Target) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        with target.site() as site:
            pushed = _pushed(site, Path(name))
        with target.site() as site:
            return [*pushed, *_quiet(site, Path(name) / "quiet")]


def _hub_load(target: Target) -> float:
    with target.site() as site, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workbook(folder / "clients.xlsx", NEW)
        engine, connector = _engine(site, folder)
        approve(engine, NEW)
        with timed() as clock:
            report = engine.sync()
        assert report.of("customer", "odoo").created == NEW, report
        connector.close()
        return clock.seconds


def _engine(site: Site, folder: Path) -> tuple[Engine, OdooConnector]:
    odoo = site.connector()
    clients = connect("clients", "excel", {"path": folder / "clients.xlsx", "stable_seconds": 0})
    both = {"clients": clients, "odoo": odoo}
    return Engine(fresh_store(folder), mappings(folder / "m", "odoo", "clients"), both), odoo


def _bare_load(target: Target) -> float:
    """Seconds for `NEW` records by the best batch size of `load`, over the door the hub uses."""
    best = min(SIZES, key=lambda size: _load_seconds(target, size, 2000))
    return _load_seconds(target, best, NEW)


def _load_seconds(target: Target, size: int, count: int) -> float:
    with target.site() as site:
        connector = site.connector()
        fields = ["id", *ODOO_FIELDS.values(), "is_company"]
        rows = [[f"__bare__.c{number}", *customer(number).values(), "1"] for number in range(count)]
        connector.session.version()
        with timed() as clock:
            for start in range(0, count, size):
                answer = connector.session.tell(
                    "res.partner", "load", fields, rows[start : start + size], context=SKIPS
                )
                assert answer["ids"], answer
        connector.close()
        return clock.seconds


def _one_by_one(target: Target) -> float:
    """Seconds for `NEW` records, extrapolated from `SAMPLE`, as a script with odoorpc does it."""
    with target.site() as site:
        parts = urlsplit(site.url)
        odoo = odoorpc.ODOO(parts.hostname, port=parts.port or 80)
        odoo.login(site.database, site.login, site.password)
        partner = odoo.env["res.partner"]
        with timed() as clock:
            for number in range(SAMPLE):
                values = customer(number)
                partner.create(
                    {ODOO_FIELDS[name]: value for name, value in values.items()} | {"is_company": True}
                )
        return clock.seconds * NEW / SAMPLE


def _pushed(site: Site, folder: Path) -> list[Row]:
    workbook(folder / "clients.xlsx", CHANGED)
    engine, odoo = _engine(site, folder)
    approve(engine, CHANGED)
    engine.sync()
    os.replace(folder / "clients.xlsx", folder / "before.xlsx")
    workbook(folder / "clients.xlsx", CHANGED, changed=CHANGED)
    report = Report()
    mapping = engine.mappings[0]
    engine.pull_entity(mapping, Report())
    decisions.release(engine, "customer", "clients")
    engine.pull_entity(mapping, report)
    with timed() as clock:
        engine.push_entity(mapping, report)
    assert report.of("customer", "odoo").written == CHANGED, report
    bare = _bare_saves(odoo)
    odoo.close()
    detail = f"{CHANGED / clock.seconds:.0f} against {CHANGED / bare:.0f} records/s, {odoo.session.door}"
    return [Row("2,000 changes pushed, speed against bare web_save_multi", bare / clock.seconds, 0.85, False,
                detail=detail)]  # fmt: skip


def _bare_saves(odoo: OdooConnector) -> float:
    where = [["is_company", "=", True], ["email", "like", "@example.fr"]]
    ids: list[int] = odoo.session.ask("res.partner", "search", where)
    shown: dict[str, Any] = {name: {} for name in ODOO_FIELDS.values()}
    with timed() as clock:
        for start in range(0, CHANGED, 500):
            part = ids[start : start + 500]
            values = [{"city": f"Sète {number}"} for number in range(len(part))]
            odoo.session.tell("res.partner", "web_save_multi", part, values, shown, context=SKIPS)
    return clock.seconds


def _quiet(site: Site, folder: Path) -> list[Row]:
    folder.mkdir()
    workbook(folder / "clients.xlsx", QUIET)
    engine, odoo = _engine(site, folder)
    approve(engine, QUIET)
    engine.sync()
    engine.sync()
    before = odoo.session.requests_sent()
    with timed() as clock:
        report = engine.sync()
    calls = odoo.session.requests_sent() - before
    odoo.close()
    return [
        Row("quiet cycle over 20,000, calls to Odoo", calls, 3, True, "calls", f"{clock.seconds:.1f} s"),
        Row("quiet cycle over 20,000, writes", report.writes, 0, True, "writes"),
    ]
