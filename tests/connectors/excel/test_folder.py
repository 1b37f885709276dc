"""Several workbooks as one system: the conformance suite over two of them, and what only several can do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from connectors.excel import connect
from connectors.excel.settings import Settings
from connectors.registry import connect as connect_by_kind
from hub.ports import (
    Connector,
    Done,
    Keyed,
    Misconfigured,
    Missing,
    NativeField,
    Page,
    Refused,
    SourceDamaged,
    Unreachable,
    View,
)
from tests.connectors.conformance import ConnectorConformance, Harness, Row
from tests.connectors.excel.test_conformance import COLUMNS, WorkbookHarness
from tests.connectors.excel.tools import add, book, edit, one, sheet_of, view


class FolderHarness(WorkbookHarness):
    """Two workbooks of one kind; the person puts every other customer into the second one."""

    view = View(
        "customer",
        "Clients",
        tuple(NativeField(heading) for heading in COLUMNS.values()),
        key=("N° client",),
        options={"new_key": "C{n:05}", "new_in": "clients b.xlsx"},
    )

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.paths = [folder / "clients a.xlsx", folder / "clients b.xlsx"]
        shutil.copy(self.path, self.paths[1])
        self.path.rename(self.paths[0])
        (folder / "~$clients a.xlsx").write_bytes(b"\x05Maria")
        (folder / "~$clients a.xlsx").unlink()

    def connect(self) -> Connector:
        return connect("clients", Settings(folder=self.folder, pattern="clients *.xlsx", stable_seconds=0))

    def add(self, rows: Sequence[Row]) -> list[str]:
        ids = []
        for row in rows:
            self.path = self.paths[self.given % 2]
            ids += super().add([row])
        return ids

    @contextmanager
    def open(self) -> Iterator[Worksheet]:
        with super().open() as sheet:
            yield sheet

    def edit(self, id: str, changes: Row) -> None:
        self.path = self._of(id)
        super().edit(id, changes)

    def remove(self, id: str) -> None:
        self.path = self._of(id)
        super().remove(id)

    def spoil(self, id: str) -> str | None:
        self.path = self._of(id)
        return super().spoil(id)

    def seen(self) -> Mapping[str, Row]:
        found: dict[str, Row] = {}
        for path in self.paths:
            self.path = path
            found |= super().seen()
        return found

    def _of(self, id: str) -> Path:
        for path in self.paths:
            self.path = path
            if id in super().seen():
                return path
        raise AssertionError(id)


class TestFolder(ConnectorConformance):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return FolderHarness(tmp_path)


DAY = NativeField("Date", "date")
ROWS = {
    "Planning 2025.xlsx": [
        ["N°", "Client", "Date"],
        ["1", "Hôtel", "2025-11-03"],
        ["2", "Mairie", "2025-12-01"],
    ],
    "Planning 2026.xlsx": [["N°", "Client", "Date"], ["3", "Camping", "2026-01-12"]],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, rows in ROWS.items():
        book(tmp_path / name, rows)
    book(tmp_path / "Autre.xlsx", [["rien"]])
    (tmp_path / "~$Planning 2026.txt").write_bytes(b"")
    return tmp_path


def several(folder: Path, **more: Any) -> Connector:
    return connect_by_kind(
        "planning",
        "excel",
        {"folder": folder, "pattern": "Planning *.xlsx", "stable_seconds": 0, **more},
    )


def plan(**options: Any) -> View:
    return view(
        "Client", DAY, key=("N°",), **{"new_key": "auto", "new_in": "Planning {year}.xlsx", **options}
    )


def pulled(
    hub: Connector, of: View, cursor: str | None = None
) -> tuple[list[Page], dict[str, tuple[Any, ...]]]:
    pages = list(hub.pull(of, cursor, lambda ids: {}))
    return pages, {r.id: tuple(r.values.values()) for page in pages for r in page.records}


def test_all_workbooks_that_fit_are_one_system(folder: Path) -> None:
    pages, found = pulled(several(folder), plan())
    assert set(found) == {"1", "2", "3"}
    assert pages[-1].listing
    assert pages[-1].records[0].where == "Planning 2025.xlsx, sheet 'Clients', row 2"
    again, none = pulled(several(folder), plan(), pages[-1].cursor)
    assert not none
    assert not again[-1].listing


def test_an_edit_in_one_workbook_is_found_and_deletions_are_told_over_all(folder: Path) -> None:
    hub = several(folder)
    pages, _ = pulled(hub, plan())
    book(
        folder / "Planning 2026.xlsx", [*ROWS["Planning 2026.xlsx"][:1], ["3", "Camping Neuf", "2026-01-12"]]
    )
    pages, found = pulled(hub, plan(), pages[-1].cursor)
    assert found["3"] == ("Camping Neuf", "2026-01-12")
    assert set(found) == {"1", "2", "3"}
    assert pages[-1].listing


def test_a_key_in_two_workbooks_is_set_aside_in_both_and_both_are_named(folder: Path) -> None:
    book(folder / "Planning 2026.xlsx", [*ROWS["Planning 2026.xlsx"], ["2", "Copie", "2026-02-01"]])
    hub = several(folder)
    pages, found = pulled(hub, plan())
    assert set(found) == {"1", "3"}
    assert [(r.id, r.where.split(",")[0]) for r in pages[-1].rejected] == [
        ("2", "Planning 2025.xlsx"),
        ("2", "Planning 2026.xlsx"),
    ]
    assert "Planning 2026.xlsx" in pages[-1].rejected[0].reason
    assert "Planning 2025.xlsx" in pages[-1].rejected[1].reason
    assert pages[-1].listing
    (record,) = hub.read(plan(), ["2"])
    assert set(record.unreadable) == {"Client", "Date"}
    outcome = one(hub.write(plan(), [edit(record, {"Client": "X"})]))
    assert isinstance(outcome, Refused)
    assert "Planning 2025.xlsx and Planning 2026.xlsx" in outcome.reason


def test_the_name_of_the_workbook_can_be_part_of_the_id(folder: Path) -> None:
    book(folder / "Planning 2026.xlsx", [*ROWS["Planning 2026.xlsx"], ["2", "Autre", "2026-02-01"]])
    of = plan(file_in_key=True)
    hub = several(folder)
    _, found = pulled(hub, of)
    assert found["Planning 2026.xlsx | 2"][0] == "Autre"
    assert found["Planning 2025.xlsx | 2"][0] == "Mairie"
    assert hub.ids(of) == set(found)
    (record,) = hub.read(of, ["Planning 2026.xlsx | 2"])
    outcome = one(hub.write(of, [edit(record, {"Client": "Neuf"})]))
    assert isinstance(outcome, Done)
    assert outcome.record.id == "Planning 2026.xlsx | 2"
    assert sheet_of(folder / "Planning 2026.xlsx")["B3"].value == "Neuf"
    assert sheet_of(folder / "Planning 2025.xlsx")["B3"].value == "Mairie"


def test_a_row_moved_from_one_workbook_to_the_other_keeps_its_key(folder: Path) -> None:
    hub = several(folder)
    pages, _ = pulled(hub, plan())
    book(folder / "Planning 2025.xlsx", ROWS["Planning 2025.xlsx"][:2])
    book(folder / "Planning 2026.xlsx", [*ROWS["Planning 2026.xlsx"], ["2", "Mairie", "2026-01-20"]])
    pages, found = pulled(hub, plan(), pages[-1].cursor)
    assert found["2"] == ("Mairie", "2026-01-20")
    assert set(found) == {"1", "2", "3"}
    assert not pages[-1].rejected


def test_a_new_row_goes_into_the_workbook_of_its_year(folder: Path) -> None:
    hub, of = several(folder), plan()
    (id,) = hub.allocate(of, 1, ["7"])
    assert id == "8"
    new = {"Client": "Gîte", "Date": "2026-03-01"}
    outcome = one(hub.write(of, [add(id, new)]))
    assert isinstance(outcome, Done)
    assert outcome.record.values == new
    assert outcome.record.where == "Planning 2026.xlsx, sheet 'Clients', row 3"
    assert sheet_of(folder / "Planning 2025.xlsx").max_row == 3
    again = one(hub.write(of, [add(id, new, again=True)]))
    assert isinstance(again, Done)
    assert sheet_of(folder / "Planning 2026.xlsx").max_row == 3


@pytest.mark.parametrize(
    ("options", "values", "said"),
    [
        ({}, {"Client": "X", "Date": "2031-01-01"}, "no workbook 'Planning 2031.xlsx'"),
        ({}, {"Client": "X"}, "told by a date"),
        ({"new_in": None}, {"Client": "X", "Date": "2026-01-01"}, "not told which workbook"),
    ],
)
def test_a_new_row_without_a_workbook_is_refused_in_words(
    folder: Path, options: dict[str, Any], values: dict[str, Any], said: str
) -> None:
    outcome = one(several(folder).write(plan(**options), [add("9", values)]))
    assert isinstance(outcome, Refused)
    assert said in outcome.reason
    assert outcome.todo


def test_a_pattern_for_new_rows_that_is_none_is_said_so(folder: Path) -> None:
    with pytest.raises(Misconfigured, match="is no pattern"):
        several(folder).write(plan(new_in="P {an}.xlsx"), [add("9", {"Date": "2026-01-01"})])


@pytest.mark.parametrize("how", ["gone", "damaged", "half a file"])
def test_a_workbook_that_cannot_be_read_names_itself_and_deletes_nothing(folder: Path, how: str) -> None:
    hub = several(folder)
    pages, _ = pulled(hub, plan())
    lost = folder / "Planning 2025.xlsx"
    whole = lost.read_bytes()
    if how == "gone":
        lost.unlink()
    else:
        lost.write_bytes(b"PK\x03\x04 no archive" if how == "damaged" else whole[: len(whole) // 2])
    hub = several(folder)
    pages, found = pulled(hub, plan(), pages[-1].cursor)
    assert set(found) == {"3"}
    assert not any(page.listing for page in pages)
    (rejected,) = pages[-1].rejected
    assert (rejected.where, rejected.id) == ("Planning 2025.xlsx", None)
    assert "no record is reported as deleted" in rejected.reason
    outcome = one(hub.write(plan(), [edit_of("1")]))
    assert isinstance(outcome, Refused)
    assert outcome.passing
    assert "Planning 2025.xlsx" in outcome.reason
    with pytest.raises((SourceDamaged, Unreachable)):
        hub.ids(plan())
    lost.write_bytes(whole)
    pages, found = pulled(hub, plan(), pages[-1].cursor)
    assert set(found) == {"1", "2", "3"}
    assert pages[-1].listing


def edit_of(id: str) -> Any:
    from hub.ports import Write

    return Write("customer_0", id, {"Client": "X"})


def test_a_workbook_left_out_on_purpose_is_not_missed(folder: Path) -> None:
    pages, _ = pulled(several(folder), plan())
    (folder / "Planning 2025.xlsx").unlink()
    pages, found = pulled(several(folder, leave_out=["Planning 2025*"]), plan(), pages[-1].cursor)
    assert set(found) == {"3"}
    assert pages[-1].listing
    assert isinstance(one(several(folder, leave_out=["*2025*"]).write(plan(), [edit_of("1")])), Missing)


def test_a_workbook_somebody_has_open_waits_and_the_others_are_written(folder: Path) -> None:
    hub, of = several(folder), plan()
    found = {record.id: record for record in hub.read(of, ["1", "3"])}
    (folder / "~$Planning 2025.xlsx").write_bytes(b"\x05Maria" + b" " * 48 + b"\x05\0")
    outcomes = hub.write(of, [edit(found["1"], {"Client": "A"}), edit(found["3"], {"Client": "B"})])
    assert isinstance(outcomes[0], Refused)
    assert outcomes[0].passing
    assert isinstance(outcomes[1], Done)
    assert sheet_of(folder / "Planning 2025.xlsx")["B2"].value == "Hôtel"


def test_a_folder_without_such_a_workbook_or_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    for place, said in ((tmp_path, "no workbook in"), (tmp_path / "nowhere", "cannot be read")):
        with pytest.raises(Unreachable, match=said):
            list(several(place).pull(plan(), None, lambda ids: {}))
        assert [finding.level for finding in several(place).check([plan()])] == ["error"]


def test_the_check_names_each_workbook_and_asks_where_new_rows_go(folder: Path) -> None:
    findings = several(folder).check([plan(new_in=None)])
    assert {f.what.split(":")[0] for f in findings} >= {"Planning 2025.xlsx", "Planning 2026.xlsx"}
    assert any("which workbook new rows go into" in finding.message for finding in findings)
    assert not [finding for finding in findings if finding.level == "error"]


def test_a_grid_over_several_workbooks_makes_ids_of_its_cells(tmp_path: Path) -> None:
    for year in (2025, 2026):
        book(tmp_path / f"Planning {year}.xlsx", [["Tech", "12/01"], ["Marc", f"Client {year}"]])
        made = openpyxl.load_workbook(tmp_path / f"Planning {year}.xlsx")
        made["Clients"]["D1"] = year
        made.save(tmp_path / f"Planning {year}.xlsx")
    shape = {"down": ["Tech"], "across": "Jour", "value": "Client", "year": {"cell": "D1"}}
    of = view("Client", NativeField("Jour", "date"), "Tech", key=("Tech", "Jour"), unpivot=shape,
              new_in="Planning {year}.xlsx")  # fmt: skip
    hub = several(tmp_path)
    _, found = pulled(hub, of)
    assert set(found) == {"Marc | 2025-01-12", "Marc | 2026-01-12"}
    assert isinstance(hub, Keyed)
    assert hub.key_of(of, {"Tech": "Marc", "Jour": "2026-01-13"}) == "Marc | 2026-01-13"


def test_path_and_folder_together_or_neither_are_refused(tmp_path: Path) -> None:
    for wrong in ({}, {"path": tmp_path / "a.xlsx", "folder": tmp_path}):
        with pytest.raises(Misconfigured, match="one workbook"):
            connect_by_kind("planning", "excel", wrong)
