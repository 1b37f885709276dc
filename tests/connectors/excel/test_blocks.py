"""Several tables under each other on one sheet, headings of several rows, merged cells in the body."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from hub.filing.faults import Fault
from hub.ports import Done, NativeField, Refused, View
from tests.connectors.excel.tools import (
    add,
    book,
    connector,
    edit,
    one,
    pull,
    records,
    sheet_of,
    spec,
    table,
    view,
)

HEAD = ["N°", "Client", "Date"]
STACK: list[list[Any]] = [
    ["Planning de maintenance"],
    [],
    ["Technicien : Marc Petit"],
    HEAD,
    ["1", "Hôtel du Lac", "2026-01-12"],
    ["2", "Camping des Pins", "2026-01-13"],
    ["", "Total", "2"],
    [],
    [],
    ["Technicien : Léa Roux"],
    ["Date", "N°", "Client"],
    ["2026-01-14", "3", "Mairie de Vif"],
    [],
    [],
]
STACKED: dict[str, Any] = {"blocks": {"title": "Technicien"}, "skip": {"Client": ["Total*", ""]}}
FIELDS = ("Technicien", "Client", "Date")


def stacked(**more: Any) -> View:
    return view(*FIELDS, key=("N°",), **{**STACKED, "new_key": "auto", **more})


def values(path: Path, of: View) -> dict[str, tuple[Any, ...]]:
    return {id: tuple(record.values.values()) for id, record in records(connector(path), of).items()}


def change(path: Path, how: Callable[[Worksheet], None]) -> None:
    made = openpyxl.load_workbook(path)
    how(made["Clients"])
    made.save(path)


def test_every_row_of_a_stack_carries_the_title_of_its_block(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", STACK)
    (page,) = pull(connector(path), stacked())
    assert {r.id: tuple(r.values.values()) for r in page.records} == {
        "1": ("Marc Petit", "Hôtel du Lac", "2026-01-12"),
        "2": ("Marc Petit", "Camping des Pins", "2026-01-13"),
        "3": ("Léa Roux", "Mairie de Vif", "2026-01-14"),
    }
    assert page.listing
    assert not page.rejected


def test_ids_stay_when_blocks_move_and_a_row_moved_to_another_block_is_an_edit(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", STACK)
    before = values(path, stacked())
    book(tmp_path / "q.xlsx", [*STACK[9:], *STACK[:9]])
    assert values(tmp_path / "q.xlsx", stacked()) == before
    moved = [*STACK[:5], *STACK[6:12], ["2026-01-13", "2", "Camping des Pins"]]
    book(tmp_path / "r.xlsx", moved)
    after = values(tmp_path / "r.xlsx", stacked())
    assert after == {**before, "2": ("Léa Roux", "Camping des Pins", "2026-01-13")}


def test_a_total_that_no_rule_leaves_out_is_told_not_swallowed(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", STACK)
    (page,) = pull(connector(path), stacked(skip=None))
    assert [(r.where, r.id) for r in page.rejected] == [("sheet 'Clients', row 7", None)]
    assert not page.listing


def test_a_cell_of_a_block_is_written_in_its_own_column(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", STACK)
    hub, of = connector(path), stacked()
    found = records(hub, of)
    outcome = one(hub.write(of, [edit(found["3"], {"Date": "2026-01-15"})]))
    assert isinstance(outcome, Done)
    assert outcome.record.values["Date"] == "2026-01-15"
    assert [cell.value for cell in sheet_of(path)[12]] == ["2026-01-15", "3", "Mairie de Vif"]


def test_a_new_row_goes_under_the_block_that_bears_its_title(tmp_path: Path) -> None:
    rows = [*STACK[:6], [], *STACK[7:]]
    path = book(tmp_path / "p.xlsx", rows)
    hub, of = connector(path), stacked()
    new = {"Technicien": "marc petit", "Client": "Gîte du Col", "Date": "2026-01-16"}
    outcome = one(hub.write(of, [add("4", new)]))
    assert isinstance(outcome, Done)
    assert outcome.record.values == {**new, "Technicien": "Marc Petit"}
    assert [cell.value for cell in sheet_of(path)[7]] == ["4", "Gîte du Col", "2026-01-16"]
    outcome = one(hub.write(of, [add("5", {**new, "Technicien": "Léa Roux"})]))
    assert isinstance(outcome, Done)
    assert [cell.value for cell in sheet_of(path)[13]] == ["2026-01-16", "5", "Gîte du Col"]
    assert set(values(path, of)) == {"1", "2", "3", "4", "5"}


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({"Technicien": "Paul", "Client": "X"}, "no block 'Paul'"),
        ({"Client": "X"}, "which of the blocks"),
        ({"Technicien": "Marc Petit", "Client": "X"}, "no free row under the list: row 7"),
    ],
)
def test_a_row_that_fits_no_block_is_refused_in_words(tmp_path: Path, new: dict[str, str], said: str) -> None:
    path = book(tmp_path / "p.xlsx", STACK)
    before = path.read_bytes()
    outcome = one(connector(path).write(stacked(), [add("9", new)]))
    assert isinstance(outcome, Refused)
    assert said in outcome.reason
    assert outcome.todo
    assert path.read_bytes() == before


def test_the_title_of_a_row_is_not_written_but_told_to_be_moved(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", STACK)
    hub, of = connector(path), stacked()
    outcome = one(hub.write(of, [edit(records(hub, of)["1"], {"Technicien": "Léa Roux"})]))
    assert isinstance(outcome, Refused)
    assert outcome.field == "Technicien"
    assert "move the row" in outcome.todo


def test_headings_repeated_for_printing_go_on_with_the_block_above(tmp_path: Path) -> None:
    rows = [*STACK[:6], HEAD, ["4", "Gîte du Col", "2026-01-16"]]
    path = book(tmp_path / "p.xlsx", rows)
    assert values(path, stacked())["4"] == ("Marc Petit", "Gîte du Col", "2026-01-16")


def test_a_row_that_could_be_a_title_or_a_record_is_not_guessed(tmp_path: Path) -> None:
    rows = [["Marc"], HEAD, ["1", "Hôtel", "2026-01-12"], ["Léa"], HEAD, ["2", "Mairie", "2026-01-13"]]
    path = book(tmp_path / "p.xlsx", rows)
    with pytest.raises(Fault, match="could be the title") as caught:
        table(path, *FIELDS, key=("N°",), **STACKED)
    assert "pattern" in caught.value.todo
    found = table(path, *FIELDS, key=("N°",), blocks={"title": "Technicien", "pattern": "^(Marc|Léa)$"})
    assert [entry.values[0] for entry in found.entries] == ["Marc", "Léa"]


def test_headings_without_a_title_are_said_so(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", [HEAD, ["1", "Hôtel", "2026-01-12"]])
    with pytest.raises(Fault, match="no title above"):
        table(path, *FIELDS, key=("N°",), **STACKED)


def test_a_block_that_lost_a_column_stops_the_sheet(tmp_path: Path) -> None:
    rows = [*STACK[:10], ["Date", "Numéro de rien", "Client"], *STACK[11:]]
    path = book(tmp_path / "p.xlsx", rows)
    with pytest.raises(Fault, match="no column 'N°'"):
        table(path, *FIELDS, key=("N°",), **STACKED)


def test_the_title_can_be_part_of_the_key(tmp_path: Path) -> None:
    rows = [["Semaine 3"], ["Client", "Tech"], ["Hôtel", "Marc"], [], ["Semaine 4"], ["Client", "Tech"],
            ["Hôtel", "Léa"]]  # fmt: skip
    path = book(tmp_path / "p.xlsx", rows)
    of = view("Tech", key=("Semaine", "Client"), blocks={"title": "Semaine"})
    assert values(path, of) == {"Semaine 3 | Hôtel": ("Marc",), "Semaine 4 | Hôtel": ("Léa",)}


# -- headings of several rows --------------------------------------------------------------------------


@pytest.fixture
def tall(tmp_path: Path) -> Path:
    path = book(
        tmp_path / "h.xlsx",
        [
            ["Semaine 3"],
            ["Technicien", "Lundi", None, "Mardi", None],
            [None, "Matin", "Après-midi", "Matin", "Après-midi"],
            ["Marc", "Hôtel", "Mairie", None, "Camping"],
            ["Léa", None, None, "Gîte", None],
        ],
    )

    def merge(sheet: Worksheet) -> None:
        for area in ("A2:A3", "B2:C2", "D2:E2", "A1:E1"):
            sheet.merge_cells(area)

    change(path, merge)
    return path


TALL: dict[str, Any] = {"heading_rows": 2, "key": ("Technicien",)}


def test_merged_headings_of_two_rows_name_their_columns(tall: Path) -> None:
    of = view("Lundi / Matin", "Lundi / Après-midi", "Mardi / Matin", "Mardi / Après-midi", **TALL)
    assert values(tall, of) == {
        "Marc": ("Hôtel", "Mairie", None, "Camping"),
        "Léa": (None, None, "Gîte", None),
    }


def test_a_column_under_merged_headings_is_written(tall: Path) -> None:
    of = view("Mardi / Matin", "Lundi Matin", **TALL)
    hub = connector(tall)
    outcome = one(hub.write(of, [edit(records(hub, of)["Marc"], {"Mardi / Matin": "École"})]))
    assert isinstance(outcome, Done)
    assert sheet_of(tall)["D4"].value == "École"


def test_a_missing_merged_heading_is_named_with_those_there(tall: Path) -> None:
    with pytest.raises(Fault, match="Jeudi / Matin") as caught:
        table(tall, "Jeudi / Matin", **TALL)
    assert "'Lundi / Matin'" in caught.value.why


# -- merged cells in the body --------------------------------------------------------------------------

BODY: list[list[Any]] = [
    ["Client", "Site", "Visite", "Note"],
    ["Hôtel", "Nord", "mars", "a"],
    [None, "Sud", "mai", None],
    [None, "Est", None, None],
    ["Mairie", "Centre", "juin", "b"],
]


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    path = book(tmp_path / "m.xlsx", BODY)

    def merge(sheet: Worksheet) -> None:
        for area in ("A2:A4", "C3:C4", "D5:E5"):
            sheet.merge_cells(area)

    change(path, merge)
    return path


FILLED: dict[str, Any] = {"key": ("Client", "Site"), "merged": "fill"}


def test_a_merged_value_counts_for_every_row_of_it(merged: Path) -> None:
    assert values(merged, view("Client", "Visite", **FILLED)) == {
        "Hôtel | Nord": ("Hôtel", "mars"),
        "Hôtel | Sud": ("Hôtel", "mai"),
        "Hôtel | Est": ("Hôtel", "mai"),
        "Mairie | Centre": ("Mairie", "juin"),
    }


@pytest.mark.parametrize(
    ("id", "said"),
    [("Hôtel | Sud", "counts for row 4 too"), ("Hôtel | Est", "covered by the merged cells C3:C4")],
)
def test_a_value_that_others_share_is_never_written(merged: Path, id: str, said: str) -> None:
    of = view("Client", "Visite", **FILLED)
    hub = connector(merged)
    outcome = one(hub.write(of, [edit(records(hub, of)[id], {"Visite": "avril"})]))
    assert isinstance(outcome, Refused)
    assert said in outcome.reason


def test_the_first_cell_of_a_merge_that_is_alone_is_written(merged: Path) -> None:
    of = view("Note", **FILLED)
    hub = connector(merged)
    outcome = one(hub.write(of, [edit(records(hub, of)["Mairie | Centre"], {"Note": "c"})]))
    assert isinstance(outcome, Done)
    assert sheet_of(merged)["D5"].value == "c"


def test_a_row_of_merged_cells_alone_is_no_record(tmp_path: Path) -> None:
    path = book(tmp_path / "m.xlsx", [["Client", "Site"], ["Hôtel", "Nord"], [None, None], ["Mairie", "Sud"]])
    change(path, lambda sheet: sheet.merge_cells("A2:A3"))
    assert set(values(path, view("Site", key=("Client", "Site"), merged="fill"))) == {
        "Hôtel | Nord",
        "Mairie | Sud",
    }


@pytest.mark.parametrize(
    "options",
    [
        {"heading_rows": 0},
        {"heading_rows": True},
        {"merged": "yes"},
        {"blocks": "Technicien"},
        {"blocks": {"titre": "Technicien"}},
        {"blocks": {"title": "T", "pattern": "("}},
        {"blocks": {"title": "T", "pattern": "T"}},
        {"skip": ["Total"]},
        {"skip": {"Client": [1]}},
        {"rules": {"Statut": []}},
        {"rules": {"Statut": [{"strike": "yes", "value": "x"}]}},
        {"rules": {"Statut": [{"strike": True}]}},
        {"rules": {"Statut": [{"fill": "rouje", "value": "x"}]}},
        {"rules": {"Statut": [{"fill": 80, "value": "x"}]}},
        {"unpivot": {"down": ["T"]}},
        {"unpivot": {"down": ["T"], "across": "J", "value": "C", "year": "2026"}},
        {"unpivot": {"down": ["T"], "across": ["J", "K"], "value": "C"}},
        {"blocks": {"title": "S"}, "rules": {"S": [{"value": 1}]}},
    ],
)
def test_a_shape_that_makes_no_sense_is_said_so(options: dict[str, Any]) -> None:
    with pytest.raises(Fault) as caught:
        spec("Client", key=("N°",), **options)
    assert caught.value.kind == "misconfigured"


def test_a_made_up_field_of_another_type_is_refused_by_name() -> None:
    with pytest.raises(Fault, match=r"unpivot|key of a grid"):
        spec(NativeField("C"), key=("N°",), unpivot={"down": ["T"], "across": "J", "value": "C"})
