"""Clocks that differ between systems do not decide which edit was the latest."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.odoo.clock import ServerClock
from connectors.odoo.connector import OdooConnector
from connectors.odoo.settings import Settings
from hub.clocks import Clocks, notable, span
from hub.engine import Engine
from hub.filing.clock import clock_of
from hub.mapping import Mappings, Policy, load_mappings
from hub.merge import decide
from hub.model import Candidate
from hub.ports import ClockReading, NativeField, Traits, View
from hub.store import Store, clocks
from sandbox.odoo import serve
from tests.memory import START, MemoryConnector, MemorySystem

MAPPING = """
entity: customer
fields:
  name: {type: text, required: true}
  city: {type: text}
match:
  - exact: [name]
conflicts: {default: latest}
systems:
  odoo: {object: partner, fields: {name: name, city: city}}
  list: {object: Clients, key: "N°", new_key: "C{:03d}", fields: {name: Nom, city: Ville}}
"""
MINUTES = 7 * 60


class ClockedConnector(MemoryConnector):
    """A connection to a system that tells its own time."""

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        assert isinstance(self.system, ClockedSystem)
        self.system.asked += 1
        if self.system.writes_for_it and not may_write:
            return None
        return ClockReading(self.system.ahead + self.system.error, self.system.precision)


class ClockedSystem(MemorySystem):
    """A system in memory whose clock is `ahead` seconds from ours, measured with some `error`."""

    ahead = 0.0
    error = 0.0
    precision = 0.5
    asked = 0
    writes_for_it = False

    def connect(self) -> ClockedConnector:
        return ClockedConnector(self)


@dataclass
class Office:
    """Two systems, each with a clock of its own, and a hub; `now` is the true time."""

    store: Store
    mappings: Mappings
    odoo: ClockedSystem
    book: ClockedSystem
    now: datetime = START

    def __post_init__(self) -> None:
        self.odoo.now = lambda: self.now + timedelta(seconds=self.odoo.ahead)
        self.book.now = lambda: self.now + timedelta(seconds=self.book.ahead)

    def engine(self) -> Engine:
        connectors = {system.name: system.connect() for system in (self.odoo, self.book)}
        clock = lambda: self.now.isoformat(timespec="milliseconds")  # noqa: E731
        return Engine(self.store, self.mappings, connectors, clock=clock)

    def sync(self) -> None:
        report = self.engine().sync()
        assert not report.problems

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def offsets(self) -> dict[str, float]:
        with self.store.reading() as connection:
            return {one.system: one.seconds for one in clocks.offsets(connection)}


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    url = f"sqlite:///{tmp_path / 'hub.sqlite'}"
    store = Store(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    store.migrate()
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "customer.yaml").write_text(MAPPING, "utf-8")
    book = ClockedSystem("list", Traits(assigns_ids=False, incremental=False))
    yield Office(store, load_mappings(folder), ClockedSystem("odoo", Traits(archives=True)), book)
    store.close()


def with_one_customer(office: Office) -> tuple[str, str]:
    """The id in Odoo and in the list of one customer both agree on."""
    one = office.odoo["partner"].add({"name": "Durand SA", "city": "Lyon"})
    office.sync()
    (other,) = office.book["Clients"].items
    office.wait(3600)
    return one, other


@pytest.mark.parametrize("ahead", [MINUTES, -MINUTES], ids=["ahead", "behind"])
@pytest.mark.parametrize("wrong", ["odoo", "list"])
@pytest.mark.parametrize("last", ["odoo", "list"])
def test_the_truly_later_edit_wins_whichever_clock_is_seven_minutes_off(
    office: Office, ahead: float, wrong: str, last: str
) -> None:
    (office.odoo if wrong == "odoo" else office.book).ahead = ahead
    one, other = with_one_customer(office)
    edits: dict[str, Callable[[], None]] = {
        "odoo": lambda: office.odoo["partner"].set(one, {"city": "Bron"}),
        "list": lambda: office.book["Clients"].set(other, {"Ville": "Vif"}),
    }
    first = "list" if last == "odoo" else "odoo"
    edits[first]()
    office.wait(120)
    edits[last]()
    office.wait(5)
    office.sync()
    later = "Bron" if last == "odoo" else "Vif"
    assert office.odoo["partner"].items[one].values["city"] == later
    assert office.book["Clients"].items[other].values["Ville"] == later
    assert office.offsets()[wrong] == ahead


def test_without_a_measure_the_wrong_clock_would_decide(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the tests above would see if nothing were corrected: that they can fail."""
    monkeypatch.setattr(Clocks, "ours", lambda self, system, moment: moment)
    office.book.ahead = -MINUTES
    one, other = with_one_customer(office)
    office.odoo["partner"].set(one, {"city": "Bron"})
    office.wait(120)
    office.book["Clients"].set(other, {"Ville": "Vif"})
    office.sync()
    assert office.odoo["partner"].items[one].values["city"] == "Bron"


@pytest.mark.parametrize("last", ["odoo", "list"])
def test_two_edits_closer_than_the_clocks_can_tell_go_by_the_order_of_the_systems(
    office: Office, last: str
) -> None:
    office.odoo.precision = office.book.precision = 1.5
    one, other = with_one_customer(office)
    edits: dict[str, Callable[[], None]] = {
        "odoo": lambda: office.odoo["partner"].set(one, {"city": "Bron"}),
        "list": lambda: office.book["Clients"].set(other, {"Ville": "Vif"}),
    }
    edits["list" if last == "odoo" else "odoo"]()
    office.wait(3)
    edits[last]()
    office.sync()
    assert office.book["Clients"].items[other].values["Ville"] == "Bron"


def test_an_offset_within_the_precision_of_its_measure_is_none(office: Office) -> None:
    office.odoo.error, office.odoo.precision = 0.9, 1.0
    with_one_customer(office)
    assert office.offsets()["odoo"] == 0.0


def test_a_clock_is_not_measured_at_each_pull_and_once_more_when_ours_was_set(office: Office) -> None:
    wall, steady = 1_000_000.0, 50.0
    known = Clocks(office.store, wall=lambda: wall, steady=lambda: steady)
    connector = office.odoo.connect()
    for _ in range(3):
        known.look("odoo", connector, "2026-01-05T08:00:00+00:00", may_write=True)
        wall, steady = wall + 60, steady + 60
    assert office.odoo.asked == 1
    wall -= 3600
    office.odoo.ahead = 3600.0
    known.look("odoo", connector, "2026-01-05T07:00:00+00:00", may_write=True)
    assert office.odoo.asked == 2
    assert known.ours("odoo", START) == START - timedelta(hours=1)
    wall, steady = wall + 901, steady + 901
    known.look("odoo", connector, "2026-01-05T07:15:00+00:00", may_write=True)
    assert office.odoo.asked == 3


def test_a_plan_makes_no_file_to_look_at_a_clock_and_goes_by_what_is_known(office: Office) -> None:
    office.book.writes_for_it, office.book.ahead = True, -MINUTES
    with_one_customer(office)
    office.sync()
    assert office.offsets()["list"] == -MINUTES
    engine = office.engine()
    engine.rehearsing = True
    engine.look_at_clock("list")
    assert engine.clocks.ours("list", START) == START + timedelta(seconds=MINUTES)


def test_a_tie_is_only_what_lies_within_the_doubt() -> None:
    policy = Policy("latest")
    early = Candidate("odoo", "Bron", "2026-01-05T08:00:00+00:00")
    late = Candidate("list", "Vif", "2026-01-05T08:00:02.500+00:00")
    systems = ["odoo", "list"]
    assert decide(policy, early, late, "Lyon", systems, 2.4).winner is late
    assert decide(policy, early, late, "Lyon", systems, 2.5).winner is early
    assert decide(policy, late, early, "Lyon", systems, 2.5).winner is early


def test_several_answers_narrow_a_server_s_clock_down() -> None:
    clock, ahead = ServerClock(), 421.3
    assert clock.reading() is None
    for number in range(12):
        asked = 1_000_000 + number * 1.17
        clock.heard(int(asked + 0.02 + ahead), asked, asked + 0.04)
    found = clock.reading()
    assert found is not None
    assert abs(found.ahead - ahead) < found.precision - 1.0 < 0.5


def test_a_server_whose_clock_was_set_is_believed_anew() -> None:
    clock = ServerClock()
    clock.heard(1_000_300, 1_000_000.1, 1_000_000.2)
    clock.heard(1_000_001, 1_000_001.1, 1_000_001.2)
    found = clock.reading()
    assert found is not None
    assert abs(found.ahead) < 1


@pytest.mark.parametrize("door", ["xmlrpc", "jsonrpc", "json2"])
@pytest.mark.parametrize("ahead", [MINUTES, -MINUTES], ids=["ahead", "behind"])
def test_an_odoo_tells_its_clock_by_answers_that_are_asked_for_anyway(door: str, ahead: float) -> None:
    with serve() as odoo:
        odoo.base.clock = lambda: datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=ahead)
        odoo.env["res.partner"].create({"name": "Durand SA", "is_company": True})
        settings = Settings.model_validate(
            {"kind": "odoo", "url": odoo.url, "database": odoo.database, "login": odoo.login,
             "api_key": odoo.api_key, "transport": door}
        )  # fmt: skip
        connector = OdooConnector("odoo", settings)
        assert connector.clock_offset(may_write=False) is None
        view = View("customer", "res.partner", (NativeField("name"),))
        records = [record for page in connector.pull(view, None, lambda ids: {}) for record in page.records]
        asked = odoo.calls.total()
        found = connector.clock_offset(may_write=False)
        assert odoo.calls.total() == asked
        connector.close()
    assert found is not None
    assert abs(found.ahead - ahead) <= found.precision < 3
    made = next(record for record in records if record.values["name"] == "Durand SA").modified
    assert made is not None
    true = made - timedelta(seconds=found.ahead)
    assert abs((true - datetime.now(UTC)).total_seconds()) < 60


def test_a_folder_of_this_machine_has_our_clock_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    found = clock_of(tmp_path)
    assert found is not None
    assert abs(found.ahead) <= found.precision < 5
    assert list(tmp_path.iterdir()) == []


def test_a_file_server_s_clock_is_the_one_its_new_files_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share whose server is ahead: our own clock is turned back instead, which looks the same from here."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - MINUTES)
    found = clock_of(tmp_path)
    assert found is not None
    assert abs(found.ahead - MINUTES) <= found.precision


def test_a_folder_that_is_not_there_tells_no_time(tmp_path: Path) -> None:
    assert clock_of(tmp_path / "away") is None
    assert os.listdir(tmp_path) == []


def test_an_offset_of_minutes_is_said_with_its_size() -> None:
    at = "2026-01-05T08:00:00+00:00"
    assert notable(clocks.Offset("odoo", 425.4, at)) == "its clock is 7 min 5 s ahead of this machine's"
    assert notable(clocks.Offset("odoo", -3600.0, at)) == "its clock is 1 h behind this machine's"
    assert notable(clocks.Offset("odoo", 59.0, at)) == ""
    assert span(0.2) == "0 s"
