"""A double in a workbook: marked, put away or left, and nothing else of the sheet touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.excel import connect
from connectors.excel.connector import ExcelConnector
from connectors.excel.settings import Settings
from hub.marking import Marking, merging_of
from hub.ports import Busy, Merged, Merges, Misconfigured, Missing, Refused, Split, View
from tests.connectors.excel.tools import book, connector, sheet_of, view
from tests.tally import tally

ROWS: list[list[Any]] = [
    ["N° client", "Nom", "Ville", "Doublon", "Statut"],
    ["C1", "Garage Alpha", "Vif", None, "actif"],
    ["C2", "Garage Alfa", "Vif", None, "actif"],
    ["C3", "GARAGE ALPHA", None, "à voir avec Marc", "actif"],
]
MARKED = {"merge": "mark", "merge_mark": "Doublon"}
PUT_AWAY = {"merge": "archive", "merge_archive": {"Statut": "fermé"}}


class Book(Marking):
    """A workbook as the hub merges in it."""

    def __init__(self, connector: ExcelConnector) -> None:
        super().__init__(connector)
        self.path, self.backups = connector.path, connector.backups


@pytest.fixture
def hub(tmp_path: Path) -> Book:
    return Book(connector(book(tmp_path / "clients.xlsx", ROWS)))


def cells(hub: Book) -> list[list[Any]]:
    return [list(row) for row in sheet_of(hub.path).iter_rows(values_only=True)]


def changed(**cells: Any) -> list[list[Any]]:
    """The sheet with these cells instead: ``D3="…"``."""
    rows = [list(row) for row in ROWS]
    for place, value in cells.items():
        rows[int(place[1:]) - 1]["ABCDE".index(place[0])] = value
    return rows


def merged(answer: object) -> Merged:
    assert isinstance(answer, Merged), answer
    return answer


def parted(answer: object) -> Split:
    assert isinstance(answer, Split), answer
    return answer


def stored(note: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(note))


def of(*fields: str, **options: Any) -> View:
    return view(*(fields or ("Nom", "Ville")), **options)


def test_a_double_is_marked_with_the_key_of_the_one_that_stays(hub: Book) -> None:
    assert isinstance(hub, Merges)
    answer = merged(hub.merge(of(**MARKED), "C1", ["C2"]))
    assert (answer.lost, answer.unable) == ({"C2": "marked"}, ())
    assert answer.record.values == {"Nom": "Garage Alpha", "Ville": "Vif"}
    assert cells(hub) == changed(D3="doublon de C1")
    assert len(list(hub.backups.iterdir())) == 1


def test_a_mark_that_stands_already_costs_no_write(hub: Book) -> None:
    merged(hub.merge(of(**MARKED), "C1", ["C2"]))
    before = hub.path.read_bytes()
    again = merged(hub.merge(of(**MARKED), "C1", ["C2", "C9"]))
    assert again.lost == {"C2": "marked", "C9": "gone"}
    assert again.undo == {}
    assert hub.path.read_bytes() == before


def test_the_column_may_be_mapped_too(hub: Book) -> None:
    answer = merged(hub.merge(of("Nom", "Doublon", **MARKED), "C1", ["C2"]))
    assert answer.lost == {"C2": "marked"}
    assert cells(hub) == changed(D3="doublon de C1")


def test_what_people_wrote_there_is_not_written_over(hub: Book) -> None:
    answer = merged(hub.merge(of(**MARKED), "C1", ["C2", "C3"]))
    assert answer.lost == {"C2": "marked", "C3": "left"}
    assert "à voir avec Marc" in answer.unable[0]
    assert cells(hub) == changed(D3="doublon de C1")
    alone = hub.merge(of(**MARKED), "C1", ["C3"])
    assert isinstance(alone, Refused)
    assert "row 4" in alone.reason


def test_the_mark_follows_when_the_one_that_stayed_goes_too(hub: Book) -> None:
    merged(hub.merge(of(**MARKED), "C2", ["C1"]))
    merged(hub.merge(of(**MARKED), "C3", ["C1", "C2"]))
    assert cells(hub) == changed(D2="doublon de C3", D3="doublon de C3")


def test_a_double_is_put_away_by_what_the_company_says_of_closed_ones(hub: Book) -> None:
    assert merged(hub.merge(of(**PUT_AWAY), "C1", ["C2"])).lost == {"C2": "archived"}
    assert cells(hub) == changed(E3="fermé")


@pytest.mark.parametrize("options", [{}, {"merge": "leave"}])
def test_a_double_is_left_unless_the_mapping_says_otherwise(hub: Book, options: dict[str, Any]) -> None:
    before = hub.path.read_bytes()
    assert merged(hub.merge(of(**options), "C1", ["C2"])).lost == {"C2": "left"}
    assert hub.path.read_bytes() == before
    assert hub.noted(of(**options), "C1", ["C2"]) == {}
    assert parted(hub.split(of(**options), "C1", {})).record.id == "C1"


@pytest.mark.parametrize(
    ("options", "todo"),
    [
        ({"merge": "mark"}, "merge_mark"),
        ({"merge": "mark", "merge_mark": "Double"}, "add a field or column 'Double'"),
        ({"merge": "archive"}, "merge_archive"),
        ({"merge": "archive", "merge_archive": "Statut"}, "merge_archive"),
    ],
)
def test_what_the_mapping_or_the_sheet_lacks_is_told_with_what_to_add(
    hub: Book, options: dict[str, Any], todo: str
) -> None:
    answer = hub.merge(of(**options), "C1", ["C2"])
    tally("bad inputs tried", 1)
    assert isinstance(answer, Refused)
    assert todo in answer.todo
    assert cells(hub) == ROWS


def test_a_policy_there_is_not_is_told(hub: Book) -> None:
    with pytest.raises(Misconfigured, match="merge: wizard"):
        hub.merge(of(merge="wizard"), "C1", ["C2"])


def test_without_the_one_that_stays_nothing_is_written(hub: Book) -> None:
    assert hub.merge(of(**MARKED), "C9", ["C2"]) == Missing()
    assert hub.split(of(**MARKED), "C9", {}) == Missing()
    assert cells(hub) == ROWS


def test_a_workbook_that_someone_has_open_waits(hub: Book) -> None:
    (hub.path.parent / f"~${hub.path.name}").write_bytes(b"\x04Marc" + b" " * 160)
    with pytest.raises(Busy):
        hub.merge(of(**MARKED), "C1", ["C2"])
    assert cells(hub) == ROWS


def test_in_a_workbook_that_may_only_be_read_the_double_stays_and_that_is_told(tmp_path: Path) -> None:
    hub = Book(connector(book(tmp_path / "clients.xlsx", ROWS), read_only=True))
    answer = merged(hub.merge(of(**MARKED), "C1", ["C2"]))
    assert answer.lost == {"C2": "left"}
    assert "can only be read" in answer.unable[0]
    assert (hub.noted(of(**MARKED), "C1", ["C2"]), answer.undo) == ({}, {})
    assert cells(hub) == ROWS


@pytest.mark.parametrize("options", [MARKED, PUT_AWAY])
def test_taken_back_the_sheet_is_as_it_was(hub: Book, options: dict[str, Any]) -> None:
    undo = stored(hub.noted(of(**options), "C1", ["C2"]))
    assert stored(merged(hub.merge(of(**options), "C1", ["C2"])).undo) == undo
    answer = parted(hub.split(of(**options), "C1", undo))
    assert (answer.unable, answer.remade["C2"].id) == ((), "C2")
    assert cells(hub) == ROWS
    assert parted(hub.split(of(**options), "C1", undo)).unable == ()


def test_what_somebody_wrote_since_stays_and_is_told(hub: Book) -> None:
    undo = stored(hub.noted(of(**MARKED), "C1", ["C2"]))
    merged(hub.merge(of(**MARKED), "C1", ["C2"]))
    book(hub.path, changed(D3="vu"))
    answer = parted(hub.split(of(**MARKED), "C1", undo))
    assert "«vu»" in answer.unable[0]
    assert cells(hub) == changed(D3="vu")


def test_a_row_that_is_gone_when_it_is_taken_back_is_told(hub: Book) -> None:
    undo = stored(hub.noted(of(**MARKED), "C1", ["C2"]))
    merged(hub.merge(of(**MARKED), "C1", ["C2"]))
    book(hub.path, [row for row in ROWS if row[0] != "C2"])
    answer = parted(hub.split(of(**MARKED), "C1", undo))
    assert (answer.remade, answer.unable) == ({}, ("C2 is gone from clients",))


def test_two_workbooks_of_one_folder_are_marked_each_in_its_own(tmp_path: Path) -> None:
    book(tmp_path / "nord.xlsx", ROWS[:2])
    book(tmp_path / "sud.xlsx", [ROWS[0], *ROWS[2:]])
    folder = connect("clients", Settings(folder=tmp_path, stable_seconds=0))
    hub = merging_of(folder)
    of_all = replace(of(**MARKED), where=None)
    ids = {
        record.values["Nom"]: record.id
        for page in folder.pull(of_all, None, lambda ids: {})
        for record in page.records
    }
    keep, lose = ids["Garage Alpha"], ids["Garage Alfa"]
    assert merged(hub.merge(of_all, keep, [lose])).lost == {lose: "marked"}
    rows = list(sheet_of(tmp_path / "sud.xlsx").iter_rows(values_only=True))
    assert rows[1][3] == f"doublon de {keep}"
