"""A planning sheet of two directions: technicians down, days across, the customer in the cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from connectors.excel.days import Days
from hub.filing.faults import Fault
from hub.ports import Done, Missing, Moved, NativeField, Refused, View
from tests.connectors.excel.tools import add, book, connector, edit, one, pull, records, sheet_of, view

DAY = NativeField("Jour", "date")
KEY = ("Technicien", "Jour")
PLANNING: list[list[Any]] = [
    ["Planning", 2026],
    ["Technicien", "Secteur", "lun. 12/01", "mar. 13/01", "mer. 14/01", "Remarques"],
    ["Marc Petit", "Nord", "Hôtel du Lac", None, "Mairie de Vif", "en vacances en mars"],
    ["Léa Roux", "Sud", None, "Camping des Pins", None, None],
    ["Total", None, 1, 1, 1, None],
]


def planning(*more: str | NativeField, **options: Any) -> View:
    shape = {"down": ["Technicien"], "across": "Jour", "value": "Client", "year": {"cell": "B1"}}
    fields = ("Technicien", DAY, "Client", *more)
    settled: dict[str, Any] = {"skip": {"Technicien": ["Total*"]}, "unpivot": shape, **options}
    return view(*fields, key=KEY, **settled)


def values(path: Path, of: View) -> dict[str, tuple[Any, ...]]:
    return {id: tuple(record.values.values()) for id, record in records(connector(path), of).items()}


def change(path: Path, how: Callable[[Worksheet], None]) -> None:
    made = openpyxl.load_workbook(path)
    how(made["Clients"])
    made.save(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return book(tmp_path / "planning.xlsx", PLANNING)


HOTEL = "Marc Petit | 2026-01-12"
MAIRIE = "Marc Petit | 2026-01-14"
CAMPING = "Léa Roux | 2026-01-13"


def test_each_filled_cell_is_a_record(path: Path) -> None:
    (page,) = pull(connector(path), planning("Secteur"))
    assert {r.id: tuple(r.values.values()) for r in page.records} == {
        HOTEL: ("Marc Petit", "2026-01-12", "Hôtel du Lac", "Nord"),
        MAIRIE: ("Marc Petit", "2026-01-14", "Mairie de Vif", "Nord"),
        CAMPING: ("Léa Roux", "2026-01-13", "Camping des Pins", "Sud"),
    }
    assert page.listing
    assert not page.rejected


def test_one_cell_is_written_and_nothing_else(path: Path) -> None:
    hub, of = connector(path), planning()
    outcome = one(hub.write(of, [edit(records(hub, of)[HOTEL], {"Client": "Gîte du Col"})]))
    assert isinstance(outcome, Done)
    assert outcome.record.values["Client"] == "Gîte du Col"
    before = [row[:] for row in PLANNING]
    before[2][2] = "Gîte du Col"
    assert [list(row) for row in sheet_of(path).values] == [
        [*row, *[None] * (6 - len(row))] for row in before
    ]


def test_a_move_clears_one_cell_and_fills_another(path: Path) -> None:
    hub, of = connector(path), planning()
    change_to = {"Jour": "2026-01-14", "Technicien": "Léa Roux"}
    outcome = one(hub.write(of, [edit(records(hub, of)[HOTEL], change_to)]))
    assert isinstance(outcome, Done)
    assert outcome.record.id == "Léa Roux | 2026-01-14"
    assert outcome.record.values == {**change_to, "Client": "Hôtel du Lac"}
    sheet = sheet_of(path)
    assert (sheet["C3"].value, sheet["E4"].value) == (None, "Hôtel du Lac")
    assert set(values(path, of)) == {"Léa Roux | 2026-01-14", MAIRIE, CAMPING}


def test_a_move_and_a_new_content_go_together_and_cells_swap_in_one_batch(path: Path) -> None:
    hub, of = connector(path), planning()
    found = records(hub, of)
    outcomes = hub.write(
        of,
        [
            edit(found[MAIRIE], {"Jour": "2026-01-13", "Client": "Mairie de Vif (école)"}),
            edit(found[HOTEL], {"Jour": "2026-01-14"}),
        ],
    )
    assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
    assert values(path, of) == {
        "Marc Petit | 2026-01-13": ("Marc Petit", "2026-01-13", "Mairie de Vif (école)"),
        MAIRIE: ("Marc Petit", "2026-01-14", "Hôtel du Lac"),
        CAMPING: ("Léa Roux", "2026-01-13", "Camping des Pins"),
    }


@pytest.mark.parametrize(
    ("change_to", "said"),
    [
        ({"Jour": "2026-01-14"}, "taken by another record"),
        ({"Jour": "2026-02-20"}, "no cell for"),
        ({"Technicien": "Paul"}, "no cell for Technicien 'Paul'"),
        ({"Client": None}, "empty cell"),
        ({"Secteur": "Est"}, "beside the whole row"),
    ],
)
def test_what_no_cell_can_take_is_refused_in_words(path: Path, change_to: dict[str, Any], said: str) -> None:
    hub, of = connector(path), planning("Secteur")
    before = path.read_bytes()
    outcome = one(hub.write(of, [edit(records(hub, of)[HOTEL], change_to)]))
    assert isinstance(outcome, Refused)
    assert said in outcome.reason
    assert outcome.todo
    assert path.read_bytes() == before


def test_a_new_record_fills_its_cell(path: Path) -> None:
    hub, of = connector(path), planning()
    new = {"Technicien": "Léa Roux", "Jour": "2026-01-12", "Client": "École"}
    id = hub.key_of(of, new)
    assert id == "Léa Roux | 2026-01-12"
    outcome = one(hub.write(of, [add(id, new)]))
    assert isinstance(outcome, Done)
    assert (outcome.record.id, outcome.record.values) == (id, new)
    assert sheet_of(path)["C4"].value == "École"
    again = one(hub.write(of, [add(id, new, again=True)]))
    assert isinstance(again, Done)
    taken = one(hub.write(of, [add(id, {**new, "Client": "Autre"})]))
    assert isinstance(taken, Refused)
    assert hub.key_of(of, {**new, "Jour": None}) == ""


def test_an_edit_of_a_person_meanwhile_is_never_written_over(path: Path) -> None:
    hub, of = connector(path), planning()
    found = records(hub, of)
    change(path, lambda sheet: sheet.__setitem__("C3", "Hôtel de la Gare"))
    outcome = one(hub.write(of, [edit(found[HOTEL], {"Jour": "2026-01-13"})]))
    assert isinstance(outcome, Moved)
    change(path, lambda sheet: sheet.__setitem__("C3", None))
    assert isinstance(one(hub.write(of, [edit(found[HOTEL], {"Client": "X"})])), Missing)


def test_cells_merged_over_several_days_are_one_record_with_its_last_day(path: Path) -> None:
    change(path, lambda sheet: sheet.merge_cells("D4:E4"))
    of = planning(NativeField("Fin", "date"), unpivot={**planning().options["unpivot"], "until": "Fin"})
    hub = connector(path)
    found = records(hub, of)
    assert found[CAMPING].values["Fin"] == "2026-01-14"
    assert found[HOTEL].values["Fin"] == "2026-01-12"
    moved = one(hub.write(of, [edit(found[CAMPING], {"Jour": "2026-01-12"})]))
    assert isinstance(moved, Refused)
    assert "merged over several cells (D4:E4)" in moved.reason
    longer = one(hub.write(of, [edit(found[HOTEL], {"Fin": "2026-01-13"})]))
    assert isinstance(longer, Refused)
    assert "merges no cells" in longer.reason
    into = one(hub.write(of, [add(None, {"Technicien": "Léa Roux", "Jour": "2026-01-14", "Client": "X"})]))
    assert isinstance(into, Refused)
    assert "merged for" in into.reason
    assert isinstance(one(hub.write(of, [edit(found[CAMPING], {"Client": "Autre"})])), Done)
    same_day = {"Jour": "2026-01-13", "Fin": "2026-01-13"}
    assert isinstance(one(hub.write(of, [edit(found[HOTEL], same_day)])), Done)


def test_a_technician_merged_over_two_rows_is_the_one_of_both(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Tech", "Demi-journée", datetime(2026, 1, 12)],
        ["Marc", "matin", "A"],
        [None, "soir", "B"],
    ]
    path = book(tmp_path / "p.xlsx", rows)
    change(path, lambda sheet: sheet.merge_cells("A2:A3"))
    shape = {"down": ["Tech", "Demi-journée"], "across": "Jour", "value": "Client"}
    of = view("Client", DAY, key=("Tech", "Demi-journée", "Jour"), unpivot=shape)
    assert values(path, of) == {
        "Marc | matin | 2026-01-12": ("A", "2026-01-12"),
        "Marc | soir | 2026-01-12": ("B", "2026-01-12"),
    }


def test_headings_of_two_rows_are_two_fields(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[None, datetime(2026, 1, 12), None, datetime(2026, 1, 13), None],
            ["Tech", "Matin", "Après-midi", "Matin", "Après-midi"],
            ["Marc", "A", None, None, "B"]]  # fmt: skip
    path = book(tmp_path / "p.xlsx", rows)

    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("B1:C1")
        sheet.merge_cells("D1:E1")

    change(path, merge)
    shape = {"down": ["Tech"], "across": ["Jour", "Moment"], "value": "Client"}
    of = view("Client", DAY, "Moment", key=("Tech", "Jour", "Moment"), unpivot=shape, heading_rows=2)
    assert values(path, of) == {
        "Marc | 2026-01-12 | Matin": ("A", "2026-01-12", "Matin"),
        "Marc | 2026-01-13 | Après-midi": ("B", "2026-01-13", "Après-midi"),
    }


def test_weeks_under_each_other_go_on_with_their_own_days(tmp_path: Path) -> None:
    weeks: list[list[Any]] = [
        ["Technicien", "Secteur", "lun. 28/12", "mar. 29/12"],
        ["Marc", "", "A", None],
        [],
        ["Technicien", "Secteur", "lun. 04/01", "mar. 05/01"],
        ["Marc", "", None, "B"],
    ]
    path = book(tmp_path / "p.xlsx", weeks)
    shape = {**planning().options["unpivot"], "year": 2026}
    of = planning(unpivot=shape)
    assert set(values(path, of)) == {"Marc | 2026-12-28", "Marc | 2027-01-05"}
    hub = connector(path)
    outcome = one(hub.write(of, [edit(records(hub, of)["Marc | 2026-12-28"], {"Jour": "2027-01-04"})]))
    assert isinstance(outcome, Done)
    assert (sheet_of(path)["C2"].value, sheet_of(path)["C5"].value) == (None, "A")


def test_days_of_the_1904_calendar_head_a_grid(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.epoch = CALENDAR_MAC_1904
    sheet = made.worksheets[0]
    sheet.title = "Clients"
    sheet.append(["Technicien", date(2026, 1, 12), date(2026, 1, 13)])
    sheet.append(["Marc", "A", None])
    made.save(tmp_path / "mac.xlsx")
    shape = {"down": ["Technicien"], "across": "Jour", "value": "Client"}
    of = view(*KEY[:1], DAY, "Client", key=KEY, unpivot=shape)
    hub = connector(tmp_path / "mac.xlsx")
    assert set(records(hub, of)) == {"Marc | 2026-01-12"}
    moved = one(hub.write(of, [edit(records(hub, of)["Marc | 2026-01-12"], {"Jour": "2026-01-13"})]))
    assert isinstance(moved, Done)


@pytest.mark.parametrize(
    ("heading", "year", "day"),
    [
        ("lun. 12/01", 2026, "2026-01-12"),
        ("Lundi 12 janvier", 2026, "2026-01-12"),
        ("12/01", 2026, "2026-01-12"),
        ("12/01/26", None, "2026-01-12"),
        ("12-01-2026", None, "2026-01-12"),
        ("mar. 3 mars", 2026, "2026-03-03"),
        ("1er août", 2026, "2026-08-01"),
        ("2026-01-12", None, "2026-01-12"),
        ("2026-01-12T00:00:00", None, "2026-01-12"),
        ("Remarques", 2026, None),
        ("Semaine 3", 2026, None),
        (None, 2026, None),
    ],
)
def test_a_heading_names_its_day(heading: str | None, year: int | None, day: str | None) -> None:
    assert Days(year, "S").read(heading, "C2") == day


@pytest.mark.parametrize(
    ("heading", "year", "said"),
    [
        ("lun. 13/01", 2026, "does not fit the calendar"),
        ("31/02", 2026, "no day of the calendar"),
        ("12/01", None, "no year"),
    ],
)
def test_a_heading_that_names_no_day_for_sure_is_said_so(heading: str, year: int | None, said: str) -> None:
    with pytest.raises(Fault, match=said) as caught:
        Days(year, "S").read(heading, "C2")
    assert "C2" in caught.value.what


def test_the_status_of_a_cell_is_its_look_and_moves_with_it(path: Path) -> None:
    change(path, lambda sheet: setattr(sheet["C3"], "font", Font(strike=True)))
    of = planning("Statut", rules={"Statut": [{"strike": True, "value": "cancelled"}, {"value": "planned"}]})
    hub = connector(path)
    found = records(hub, of)
    assert found[HOTEL].values["Statut"] == "cancelled"
    assert found[MAIRIE].values["Statut"] == "planned"
    outcome = one(hub.write(of, [edit(found[HOTEL], {"Jour": "2026-01-13"})]))
    assert isinstance(outcome, Done)
    assert outcome.record.values["Statut"] == "cancelled"
    sheet = sheet_of(path)
    assert (bool(sheet["C3"].font.strike), bool(sheet["D3"].font.strike)) == (False, True)


def test_a_row_without_its_name_is_told_and_nothing_counts_as_deleted(path: Path) -> None:
    change(path, lambda sheet: sheet.__setitem__("A3", None))
    (page,) = pull(connector(path), planning())
    assert [rejected.where for rejected in page.rejected] == ["sheet 'Clients', row 3"]
    assert not page.listing


def test_two_rows_of_one_name_are_both_set_aside_where_they_meet(path: Path) -> None:
    change(path, lambda sheet: sheet.__setitem__("A4", "Marc Petit"))
    change(path, lambda sheet: sheet.__setitem__("C4", "Autre"))
    (page,) = pull(connector(path), planning())
    assert {rejected.id for rejected in page.rejected} == {HOTEL}
    assert len(page.rejected) == 2
    assert {record.id for record in page.records} == {MAIRIE, "Marc Petit | 2026-01-13"}


def test_an_error_in_a_cell_of_the_grid_is_no_empty_one(path: Path) -> None:
    change(path, lambda sheet: sheet.__setitem__("C3", "#N/A"))
    record = records(connector(path), planning())[HOTEL]
    assert "#N/A" in record.unreadable["Client"]


def test_cells_merged_over_two_technicians_are_told_or_filled(path: Path) -> None:
    change(path, lambda sheet: sheet.merge_cells("C3:C4"))
    (page,) = pull(connector(path), planning())
    assert [rejected.id for rejected in page.rejected] == ["Léa Roux | 2026-01-12"]
    of = planning(merged="fill")
    hub = connector(path)
    found = records(hub, of)
    assert found["Léa Roux | 2026-01-12"].values["Client"] == "Hôtel du Lac"
    outcome = one(hub.write(of, [edit(found[HOTEL], {"Client": "X"})]))
    assert isinstance(outcome, Refused)


def test_a_grid_without_a_day_is_said_so(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", [["Technicien", "Secteur"], ["Marc", "Nord"]])
    of = planning(unpivot={**planning().options["unpivot"], "year": 2026})
    found = [finding for finding in connector(path).check([of]) if finding.level == "error"]
    assert any("no column of the grid" in finding.message for finding in found)
