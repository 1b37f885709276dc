"""A status that people tell by striking a row out or painting it, read by the rules of the mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.colors import Color
from openpyxl.styles.differential import DifferentialStyle

from connectors.excel.colours import INDEXED, is_like, resolved, tinted
from hub.ports import Done, Refused, View
from tests.connectors.excel.tools import add, connector, edit, one, pull, records, sheet_of, view

RULES = [
    {"strike": True, "value": "cancelled"},
    {"fill": "FF0000", "value": "late"},
    {"fill": "green", "value": "done"},
    {"font": "808080", "value": "asleep"},
    {"value": "planned"},
]


def fill(**colour: Any) -> PatternFill:
    return PatternFill("solid", fgColor=Color(**colour))


LOOKS: dict[str, tuple[dict[str, Any], str]] = {
    "plain": ({}, "planned"),
    "struck out": ({"font": Font(strike=True)}, "cancelled"),
    "struck out and red": ({"font": Font(strike=True), "fill": fill(rgb="FFFF0000")}, "cancelled"),
    "red": ({"fill": fill(rgb="FFFF0000")}, "late"),
    "nearly red": ({"fill": fill(rgb="FFF01010")}, "late"),
    "dark red is not that red": ({"fill": fill(rgb="FF800000")}, "planned"),
    "green": ({"fill": fill(rgb="FF00B050")}, "done"),
    "pale green": ({"fill": fill(rgb="FFC6EFCE")}, "done"),
    "green of the theme": ({"fill": fill(theme=6)}, "done"),
    "pale green of the theme": ({"fill": fill(theme=6, tint=0.6)}, "done"),
    "green by its number": ({"fill": fill(indexed=17)}, "done"),
    "grey letters": ({"font": Font(color="FF808080")}, "asleep"),
    "blue": ({"fill": fill(rgb="FF0070C0")}, "planned"),
}


@pytest.fixture
def painted(tmp_path: Path) -> Path:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Clients"
    sheet.append(["N° client", "Client", "Suivi"])
    for name, (look, _) in LOOKS.items():
        sheet.append([name, "Dupont", None])
        for attribute, value in look.items():
            setattr(sheet.cell(sheet.max_row, 1), attribute, value)
    sheet.conditional_formatting.add(
        "A2:C99", Rule("expression", formula=["TRUE"], dxf=DifferentialStyle(fill=fill(rgb="FFFF0000")))
    )
    made.save(tmp_path / "painted.xlsx")
    return tmp_path / "painted.xlsx"


def ruled(*rules: Any, **more: Any) -> View:
    return view("Client", "Statut", rules={"Statut": list(rules) or RULES}, new_key="auto", **more)


def test_the_look_of_a_row_is_its_status(painted: Path) -> None:
    found = {id: record.values["Statut"] for id, record in records(connector(painted), ruled()).items()}
    assert found == {name: status for name, (_, status) in LOOKS.items()}


def test_a_conditional_format_does_not_count_and_the_check_says_so(painted: Path) -> None:
    assert records(connector(painted), ruled())["plain"].values["Statut"] == "planned"
    said = [finding.message for finding in connector(painted).check([ruled()])]
    assert any("conditional" in message for message in said)


def test_a_writable_status_is_told_to_be_mapped_read_only(painted: Path) -> None:
    said = [f"{finding.message} {finding.todo}" for finding in connector(painted).check([ruled()])]
    assert any("direction: pull" in message for message in said)


def test_writing_a_status_told_by_its_look_is_refused_in_words(painted: Path) -> None:
    hub, of = connector(painted), ruled()
    outcome = one(hub.write(of, [edit(records(hub, of)["red"], {"Statut": "done"})]))
    assert isinstance(outcome, Refused)
    assert outcome.field == "Statut"
    assert "paints no cells" in outcome.reason


def test_another_column_or_any_can_be_looked_at_even_where_it_is_empty(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Clients"
    sheet.append(["N° client", "Client", "Suivi"])
    sheet.append(["1", "Dupont", None])
    sheet.append(["2", "Martin", None])
    sheet["C2"].fill = fill(rgb="FF00B050")
    sheet["B3"].font = Font(strike=True)
    made.save(tmp_path / "p.xlsx")
    of = ruled(
        {"strike": True, "of": "any", "value": "cancelled"},
        {"fill": "vert", "of": "Suivi", "value": "done"},
        {"value": "planned"},
    )
    assert {i: r.values["Statut"] for i, r in records(connector(tmp_path / "p.xlsx"), of).items()} == {
        "1": "done",
        "2": "cancelled",
    }
    both = view("Client", "Statut", rules={"Statut": {"of": "Suivi", "when": RULES}})
    assert records(connector(tmp_path / "p.xlsx"), both)["1"].values["Statut"] == "done"


def test_rows_are_chosen_by_their_look(painted: Path) -> None:
    of = ruled(where={"Statut": ["late", "done"]})
    assert set(records(connector(painted), of)) == {
        name for name, (_, status) in LOOKS.items() if status in ("late", "done")
    }


def test_a_new_row_is_made_like_one_that_is_not_struck_out(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Clients"
    for row in (["N° client", "Client"], ["C1", "Dupont"], ["C2", "Martin"]):
        sheet.append(row)
    sheet["A3"].font = sheet["B3"].font = Font(strike=True)
    made.save(tmp_path / "p.xlsx")
    hub, of = connector(tmp_path / "p.xlsx"), ruled()
    outcome = one(hub.write(of, [add("C3", {"Client": "Leroy"})]))
    assert isinstance(outcome, Done)
    assert outcome.record.values == {"Client": "Leroy", "Statut": "planned"}
    assert not sheet_of(tmp_path / "p.xlsx")["A4"].font.strike


def test_a_look_changed_by_a_person_is_an_edit_of_the_record(painted: Path) -> None:
    before = records(connector(painted), ruled())["plain"]
    made = openpyxl.load_workbook(painted)
    made["Clients"]["A2"].font = Font(strike=True)
    made.save(painted)
    (page,) = pull(connector(painted), ruled())
    after = next(record for record in page.records if record.id == "plain")
    assert after.version != before.version
    assert after.values["Statut"] == "cancelled"


def test_a_file_that_does_not_tell_looks_leaves_the_status_unread(tmp_path: Path) -> None:
    from tests.connectors.excel.test_other_formats import line, ods, said

    path = ods(tmp_path / "p.ods", line(said("N° client"), said("Client")) + line(said("1"), said("Dupont")))
    record = records(connector(path), ruled())["1"]
    assert "does not tell" in record.unreadable["Statut"]


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("C00000", "rouge"), ("FFC7CE", "red"), ("FFC000", "orange"), ("FFFF00", "jaune"),
        ("FFEB9C", "yellow"), ("92D050", "vert"), ("00B0F0", "bleu"), ("002060", "blue"),
        ("7030A0", "violet"), ("FFC0CB", "rose"), ("BFBFBF", "gris"), ("000000", "noir"), ("FFFFFF", "white"),
        ("964B00", "marron"), (None, "none"), ("123456", "any"), ("FE0203", "#ff0000"),
    ],
)  # fmt: skip
def test_a_colour_is_known_by_its_common_name(colour: str | None, name: str) -> None:
    assert is_like(colour, name)


@pytest.mark.parametrize(
    ("colour", "name"),
    [("00B050", "red"), ("FFFFFF", "grey"), ("FF0000", "orange"), (None, "green"), ("C00000", "FF0000"),
     ("808080", "blue"), ("FFFF00", "green")],
)  # fmt: skip
def test_another_colour_is_not(colour: str | None, name: str) -> None:
    assert not is_like(colour, name)


def test_colours_are_resolved_from_all_the_ways_a_file_says_them() -> None:
    assert resolved({"rgb": "FF00b050"}, (), ()) == "00B050"
    assert resolved({"indexed": "10"}, (), ()) == INDEXED[10] == "FF0000"
    assert resolved({"theme": "0"}, (), ()) == "FFFFFF"
    assert resolved({"theme": "1"}, ("AAAAAA", "123456"), ()) == "123456"
    assert resolved({"indexed": "64"}, (), ()) is None
    assert resolved({"auto": "1"}, (), ()) is None
    assert resolved({"theme": "99"}, (), ()) is None
    assert tinted("000000", 0.5) == "808080"
    assert tinted("FFFFFF", -0.5) == "808080"
