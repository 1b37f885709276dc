"""A write reads the rows it is about, and of the others the key: it must see the same list as a full read."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.excel.entries import Table
from connectors.excel.intake import Bounds
from connectors.excel.sheet import Facts
from connectors.excel.skim import Skimmed
from connectors.excel.workbook import open_workbook
from hub.filing.faults import Fault
from tests.connectors.excel.tools import book, number, raw_book, row, spec, text

HEADINGS = ["N° client", "Raison sociale", "Ville"]


def both(path: Path, only: set[str]) -> tuple[Table, Table]:
    """The list as a full read sees it, and as one for these ids does."""
    wanted = spec("Raison sociale", "Ville")
    with open_workbook(path, path.name, Bounds()) as workbook:
        assert workbook._skimmed(wanted, True, frozenset(only)) is not None
        whole = workbook.read(wanted, spans=True)
        part = workbook.read(wanted, spans=True, only=frozenset(only))
        assert whole.facts == part.facts
        return whole.table, part.table


def compare(path: Path, only: set[str]) -> None:
    whole, part = both(path, only)
    assert part.spans == whole.spans
    assert [(e.id, e.number, e.start, e.end) for e in part.entries] == [
        (e.id, e.number, e.start, e.end) for e in whole.entries
    ]
    assert [e.values for e in part.entries if e.id in only] == [
        e.values for e in whole.entries if e.id in only
    ]
    assert (part.asides, part.doubles, part.unkeyed) == (whole.asides, whole.doubles, whole.unkeyed)
    assert (part.last, part.below, part.struck) == (whole.last, whole.below, whole.struck)


CELLS = st.sampled_from(
    [None, "C1", "C2", "C3", 4, 4.5, "N° client", "Raison sociale", "Ville", "Total", "=SUM(A1:A2)", "#N/A",
     " C1 ", "a < b & c", "_x0041_", "x\ny", True]
)  # fmt: skip

KEYS = CELLS.filter(lambda value: not str(value).startswith("=SUM"))
"""No formulas: a list whose keys are not calculated is not read at all."""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(KEYS, CELLS, CELLS), max_size=75), st.sets(st.sampled_from(["C1", "C2", "4"])))
def test_any_list_is_the_same_list(rows: list[tuple[Any, ...]], only: set[str]) -> None:
    padding = [[f"P{n}", "x", "y"] for n in range(62)]
    with tempfile.TemporaryDirectory() as folder:
        path = book(Path(folder) / "l.xlsx", [["Fichier clients"], [], HEADINGS, *padding, *rows])
        compare(path, only)


LIST = [row(3, text("A3", "N° client"), text("B3", "Raison sociale"), text("C3", "Ville"))]
LIST += [row(n, text(f"A{n}", f"C{n}"), text(f"B{n}", "x")) for n in range(4, 80)]


def test_rows_of_every_spelling_are_cut_out_where_they_lie(tmp_path: Path) -> None:
    rows = [
        *LIST,
        '<row r="80" ht="30"/>',
        '<row r="81" spans="1:3"><c r="A81" t="inlineStr"><is><r><t>C</t></r><r><t>81</t></r></is></c></row>',
        row(82, number("A82", "82"), '<c r="B82" t="e"><v>#N/A</v></c>'),
        '<row r="83"><c r="A83" s="0"/><c r="B83" t="str"><f>1+1</f><v>2</v></c></row>',
        row(84, '<c r="A84" t="str"><f>"C"&amp;84</f><v>C84</v></c>', text("C84", "Vif")),
    ]
    compare(raw_book(tmp_path / "r.xlsx", "".join(rows)), {"C81", "82", "C5"})


@pytest.mark.parametrize(
    "odd",
    [
        "<!-- a note -->",
        "<?note?>",
        '<row><c r="A90"/></row>',
        row(12, text("A12", "C12")),
        '<row r="90"><c r="B90"><f t="array" ref="B90:C90">1</f><v>1</v></c></row>',
        '<row r="90"><c r="A90" t="inlineStr"><is><t><![CDATA[</row>]]></t></is></c></row>',
    ],
)
def test_a_sheet_that_is_written_in_an_unusual_way_is_read_whole(tmp_path: Path, odd: str) -> None:
    path = raw_book(tmp_path / "r.xlsx", "".join([*LIST, odd]))
    wanted = spec("Raison sociale", "Ville")
    with open_workbook(path, path.name, Bounds()) as workbook:
        assert workbook._skimmed(wanted, True, frozenset({"C5"})) is None
        assert len(workbook.read(wanted, only=frozenset({"C5"})).table.entries) >= 75


def test_a_sheet_that_is_broken_far_from_the_row_is_still_damage() -> None:
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"></d></row>'
    xml = b"<worksheet><sheetData>" + cells + b"</sheetData></worksheet>"
    skimmed = Skimmed(xml, "b.xlsx", "sheet1.xml", 100)
    assert skimmed.is_usual
    with pytest.raises(Fault, match="not well-formed"):
        skimmed.facts()
    assert Facts().merges == []
