"""The story of the planning: a workbook of appointments and Odoo's calendar, page by page.

Rows become appointments; one is moved in Odoo and its cells change; one is struck out in Excel, goes from the
calendar, and comes back; one is added on each side. The mapping is the one that ships.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from tests.live.servers import Odoo
from tests.story.site import PROJECT, Hub, Said

HUB_YAML = """\
systems:
  odoo:
    kind: odoo
    url: {url}
    database: {database}
    login: {login}
    password: ${{ODOO_PASSWORD}}
    transport: {transport}
  planning:
    kind: excel
    path: planning.xlsx
    stable_seconds: 0
"""
HEADINGS = ["N°", "Client", "Technicien", "Début", "Fin", "Ville"]
ROWS = 12
WINTER = timedelta(hours=1)
"""What clocks in Paris are ahead by in January."""


class Desk:
    """A hub between a planning workbook and an Odoo."""

    def __init__(self, folder: Path, odoo: Odoo, database: str, transport: str, hub: type[Hub]) -> None:
        self.folder, self.odoo, self.database = folder, odoo, database
        self.hub = hub(folder)
        user = odoo.user(database)
        (self.technician,) = [row["name"] for row in self.rows("res.users", [["id", "=", user]], "name")]
        self.path = folder / "planning.xlsx"
        made = openpyxl.Workbook()
        sheet = made.worksheets[0]
        sheet.title = "Planning"
        sheet.append(HEADINGS)
        for n in range(1, ROWS + 1):
            self.append(sheet, n)
        made.save(self.path)
        (folder / "mappings").mkdir()
        shutil.copy(PROJECT / "mappings" / "planning" / "appointment.yaml", folder / "mappings")
        text = HUB_YAML.format(url=odoo.url, database=database, login=odoo.login, transport=transport)
        (folder / "hub.yaml").write_text(text, "utf-8")
        (folder / ".env").write_text(f"ODOO_PASSWORD={odoo.password}\n", "utf-8")

    def append(self, sheet: Worksheet, n: int) -> None:
        """Somebody types an appointment on the n-th of January at nine."""
        begins = datetime(2027, 1, n, 9)
        sheet.append([n, f"Client {n}", self.technician, begins, begins + timedelta(hours=2), "Vif"])
        for cell in sheet[sheet.max_row][3:5]:
            cell.number_format = "dd/mm/yyyy hh:mm"

    def type_in(self, how: Callable[[Worksheet], None]) -> None:
        made = openpyxl.load_workbook(self.path)
        how(made["Planning"])
        made.save(self.path)

    def row(self, n: int) -> list[Any]:
        sheet = openpyxl.load_workbook(self.path)["Planning"]
        return [cell.value for cell in next(row for row in sheet.iter_rows(min_row=2) if row[0].value == n)]

    def rows(self, model: str, domain: list[Any], *fields: str) -> list[dict[str, Any]]:
        return list(self.odoo.call(self.database, model, "search_read", domain, list(fields)))

    def event(self, name: str) -> dict[str, Any]:
        (found,) = self.rows(
            "calendar.event", [["name", "=", name]], "id", "start", "stop", "location", "user_id"
        )
        return found

    def sync(self, code: int = 0) -> Said:
        return self.hub("sync", "--json", code=code)


def tell(desk: Desk) -> None:
    """The whole story."""
    rows_become_appointments(desk)
    one_moved_in_odoo_is_moved_in_the_sheet(desk)
    one_struck_out_goes_from_the_calendar_and_comes_back(desk)
    one_is_added_on_each_side(desk)
    nothing_is_left_to_do(desk)


def rows_become_appointments(desk: Desk) -> None:
    desk.hub("check", code=0)
    desk.hub("mapping", "check", code=0)
    desk.hub("plan", "--approve", "--json")
    desk.sync()
    names = [row["name"] for row in desk.rows("calendar.event", [["name", "like", "Client"]], "name")]
    assert sorted(names) == sorted(f"Client {n}" for n in range(1, ROWS + 1))
    event = desk.event("Client 3")
    assert (event["start"], event["stop"]) == ("2027-01-03 08:00:00", "2027-01-03 10:00:00")
    assert (event["location"], event["user_id"][1]) == ("Vif", desk.technician)


def one_moved_in_odoo_is_moved_in_the_sheet(desk: Desk) -> None:
    moved = {"start": "2027-02-01 13:00:00", "stop": "2027-02-01 15:00:00"}
    desk.odoo.call(desk.database, "calendar.event", "write", [desk.event("Client 3")["id"]], moved)
    desk.sync()
    assert desk.row(3)[3:5] == [datetime(2027, 2, 1, 13) + WINTER, datetime(2027, 2, 1, 15) + WINTER]


def one_struck_out_goes_from_the_calendar_and_comes_back(desk: Desk) -> None:
    def strike(sheet: Worksheet, struck: bool) -> None:
        for cell in sheet[6]:
            cell.font = Font(strike=struck)

    desk.type_in(lambda sheet: strike(sheet, True))
    desk.sync()
    assert not desk.rows("calendar.event", [["name", "=", "Client 5"]], "id")
    desk.type_in(lambda sheet: strike(sheet, False))
    desk.sync()
    desk.sync()
    assert desk.event("Client 5")["start"] == "2027-01-05 08:00:00"


def one_is_added_on_each_side(desk: Desk) -> None:
    desk.type_in(lambda sheet: desk.append(sheet, ROWS + 1))
    added = {"name": "Mairie de Vif", "start": "2027-01-20 08:00:00", "stop": "2027-01-20 09:00:00"}
    desk.odoo.call(desk.database, "calendar.event", "create", added)
    desk.sync()
    desk.sync()
    assert desk.event(f"Client {ROWS + 1}")["location"] == "Vif"
    assert desk.row(ROWS + 2)[1] == "Mairie de Vif"


def nothing_is_left_to_do(desk: Desk) -> None:
    before = desk.path.read_bytes()
    for _ in range(3):
        assert desk.sync().json["writes"] == 0
    assert desk.path.read_bytes() == before
