"""A planning workbook and a calendar, through the engine: edits, moves and rows struck out go both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from connectors.registry import connect
from hub.engine import Engine
from hub.mapping import load_mappings
from hub.ports import Traits
from hub.report import Report
from hub.store import Store, listing
from tests.house.source import ROOT
from tests.memory import MemorySystem
from tests.tally import tally

GRID = """
entity: appointment
fields:
  customer: {type: text, required: true}
  technician: {type: text, required: true}
  day: {type: date, required: true}
match:
  - exact: [customer, technician, day]
systems:
  planning:
    object: Planning
    key: [Technicien, Jour]
    unpivot: {down: [Technicien], across: Jour, value: Client, year: 2026}
    fields: {customer: Client, technician: Technicien, day: Jour}
  odoo:
    object: calendar.event
    fields: {customer: name, technician: user_id.name, day: start}
"""


@dataclass
class Office:
    """A workbook, a calendar, and the hub between them."""

    path: Path
    engine: Engine
    odoo: MemorySystem

    def sync(self) -> Report:
        return self.engine.sync()

    def change(self, how: Callable[[Worksheet], None]) -> None:
        made = openpyxl.load_workbook(self.path)
        how(made["Planning"])
        made.save(self.path)

    def cells(self) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in openpyxl.load_workbook(self.path)["Planning"].values]

    def events(self) -> dict[str, dict[str, Any]]:
        return self.odoo["calendar.event"].rows()


def office(folder: Path, mapping: str, rows: list[list[Any]]) -> Office:
    path = folder / "Planning.xlsx"
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Planning"
    for row in rows:
        sheet.append(row)
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            if isinstance(cell.value, datetime):
                cell.number_format = "dd/mm/yyyy hh:mm"
    made.save(path)
    (folder / "appointment.yaml").write_text(mapping, encoding="utf-8")
    store = Store(f"sqlite:///{folder / 'hub.sqlite'}")
    store.migrate()
    odoo = MemorySystem("odoo", Traits(archives=True))
    planning = connect("planning", "excel", {"path": path, "stable_seconds": 0})
    engine = Engine(store, load_mappings(folder), {"odoo": odoo.connect(), "planning": planning})
    made_office = Office(path, engine, odoo)
    made_office.sync()
    return made_office


@pytest.fixture
def listed(tmp_path: Path) -> Office:
    mapping = (ROOT / "mappings" / "planning" / "appointment.yaml").read_text("utf-8")
    domain = '    where: [["recurrency", "=", false]]\n'
    assert domain in mapping
    mapping = mapping.replace(domain, "")  # the calendar in memory knows no domains
    rows: list[list[Any]] = [["N°", "Client", "Technicien", "Début", "Fin", "Ville"]]
    for n in range(1, 8):
        rows.append(
            [n, f"Client {n}", "Marc", datetime(2026, 1, 11 + n, 9), datetime(2026, 1, 11 + n, 11), "Vif"]
        )
    return office(tmp_path, mapping, rows)


def test_a_planning_becomes_appointments_and_a_second_run_writes_nothing(listed: Office) -> None:
    assert [event["name"] for event in listed.events().values()] == [f"Client {n}" for n in range(1, 8)]
    assert listed.events()["1"]["start"] == "2026-01-12 08:00:00"
    assert listed.sync().writes == 0


def test_an_appointment_moved_in_odoo_is_moved_in_the_sheet(listed: Office) -> None:
    listed.odoo["calendar.event"].edit("2", start="2026-01-20T13:00:00Z", stop="2026-01-20T15:00:00Z")
    listed.sync()
    assert listed.cells()[2] == (
        2, "Client 2", "Marc", datetime(2026, 1, 20, 14), datetime(2026, 1, 20, 16), "Vif",
    )  # fmt: skip
    assert listed.sync().writes == 0


def test_an_appointment_made_in_odoo_becomes_a_row(listed: Office) -> None:
    listed.odoo["calendar.event"].add(
        {"name": "Nouveau", "start": "2026-02-01T08:00:00Z", "stop": "2026-02-01T09:00:00Z"}
    )
    listed.sync()
    assert listed.cells()[8][:5] == (
        8, "Nouveau", None, datetime(2026, 2, 1, 9), datetime(2026, 2, 1, 10),
    )  # fmt: skip
    assert listed.sync().writes == 0


def strike(row: int, on: bool) -> Callable[[Worksheet], None]:
    def how(sheet: Worksheet) -> None:
        for cell in sheet[row]:
            cell.font = Font(strike=on)

    return how


def test_a_row_struck_out_is_archived_in_odoo_and_comes_back_with_its_line_gone(listed: Office) -> None:
    listed.change(strike(3, on=True))
    listed.sync()
    assert listed.odoo["calendar.event"].items["2"].archived
    assert len([one for one in listed.odoo["calendar.event"].items.values() if one.archived]) == 1
    assert listed.sync().writes == 0
    listed.change(strike(3, on=False))
    listed.sync()
    assert not listed.odoo["calendar.event"].items["2"].archived
    assert len(listed.events()) == 7
    tally("records duplicated", len(listed.events()) - 7)


@pytest.fixture
def grid(tmp_path: Path) -> Office:
    rows: list[list[Any]] = [["Technicien", "lun. 12/01", "mar. 13/01", "mer. 14/01"],
                             ["Marc", "Hôtel", None, "Mairie"], ["Léa", None, "Camping", None]]  # fmt: skip
    return office(tmp_path, GRID, rows)


def test_an_appointment_moved_in_odoo_moves_its_cell_and_stays_one_appointment(grid: Office) -> None:
    ids = {event["name"]: id for id, event in grid.events().items()}
    grid.odoo["calendar.event"].edit(ids["Hôtel"], start="2026-01-13")
    grid.sync()
    assert grid.cells()[1] == ("Marc", None, "Hôtel", "Mairie")
    assert grid.sync().writes == 0
    grid.change(lambda sheet: sheet.__setitem__("C2", "Hôtel du Lac"))
    grid.sync()
    assert grid.events()[ids["Hôtel"]]["name"] == "Hôtel du Lac"
    assert len(grid.events()) == 3
    tally("records duplicated", len(grid.events()) - 3)


def test_a_chain_of_moves_in_odoo_ends_with_every_appointment_in_its_cell(grid: Office) -> None:
    ids = {event["name"]: id for id, event in grid.events().items()}
    table = grid.odoo["calendar.event"]
    table.edit(ids["Mairie"], start="2026-01-13")
    table.edit(ids["Hôtel"], start="2026-01-14")
    for _ in range(3):
        grid.sync()
    assert grid.cells()[1] == ("Marc", None, "Mairie", "Hôtel")
    assert {event["name"]: event["start"] for event in grid.events().values()} == {
        "Mairie": "2026-01-13",
        "Hôtel": "2026-01-14",
        "Camping": "2026-01-13",
    }
    assert grid.sync().writes == 0


def test_a_cell_that_was_given_up_can_be_taken_by_another_appointment(grid: Office) -> None:
    grid.change(lambda sheet: sheet.__setitem__("D2", None))
    grid.sync()
    ids = {event["name"]: id for id, event in grid.events().items()}
    assert grid.odoo["calendar.event"].items[ids["Mairie"]].archived
    grid.odoo["calendar.event"].edit(ids["Hôtel"], start="2026-01-14")
    grid.sync()
    assert grid.cells()[1] == ("Marc", None, None, "Hôtel")
    assert grid.sync().writes == 0
    with grid.engine.store.reading() as connection:
        assert not listing.reviews(connection)


def test_an_appointment_made_in_odoo_fills_its_cell_and_one_without_a_cell_is_told(grid: Office) -> None:
    table = grid.odoo["calendar.event"]
    table.add({"name": "École", "user_id.name": "Léa", "start": "2026-01-14"})
    table.add({"name": "Trop tard", "user_id.name": "Léa", "start": "2026-06-01"})
    report = grid.sync()
    assert grid.cells()[2] == ("Léa", None, "Camping", "École")
    assert report.of("appointment", "planning").refused == 1
