"""Every pitfall of people's documents, each with the tests that spring it: in Excel, in Word, in PDF forms.

`PITFALLS` says what goes wrong and where it is tried. Most tests stand beside the connector they are about;
those that belong to no one room, and those of writing documents, are here. Then everything the hub writes
that a spreadsheet may open, and every sample file there is, opened as a person would.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import stat
import time
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from typer.testing import CliRunner

from connectors.excel.connector import ExcelConnector
from hub.cli.main import app
from hub.ports import Connector, Done, Record, Refused, View, Write
from hub.values.formulas import runs_as_formula
from tests.bad_input.pitfalls import PITFALLS
from tests.connectors.excel import tools as excel
from tests.connectors.forms.desk import Desk
from tests.connectors.forms.desk import desk as desk
from tests.connectors.forms.desk import view as form_view
from tests.connectors.sage.formats import files, test_writing
from tests.connectors.sage.harness import SageHarness
from tests.connectors.word.test_word_conformance import FolderHarness
from tests.tally import tally

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
COMMANDS = (
    "=cmd|'/C calc'!A0",
    "=1+1",
    '  =HYPERLINK("http://192.0.2.1/","clic")',
    "+cmd|'/C calc'!A0",
    "-2+3+cmd|'/C calc'!A0",
    "@SUM(1+1)*cmd|'/C calc'!A0",
    "\t=1+1",
)
HARMLESS = (
    "+33 6 12 34 56 78",
    "+33 (0)4 50 00 00 01",
    "-10 % de remise",
    "@dupont",
    "- à rappeler -",
    "A=B",
)
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason=f"the sample files are not there: {SAMPLES} (they are no part of the project)",
)


@cache
def _tests_in(file: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse((ROOT / "tests" / f"{file}.py").read_text(encoding="utf-8"))
    return {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


@pytest.mark.parametrize("pitfall", PITFALLS)
def test_every_pitfall_has_a_test_that_is_there(pitfall: str) -> None:
    assert PITFALLS[pitfall]
    for place in PITFALLS[pitfall]:
        file, _, name = place.partition("::")
        assert name in _tests_in(file), f"{place} is not there (any more): {pitfall}"
        assert any(
            isinstance(line, ast.Assert | ast.With) or _calls(line) for line in _tests_in(file)[name].body
        )


def _calls(line: ast.stmt) -> bool:
    """Whether the work, and the assertions with it, is done by something that is called."""
    return isinstance(line, ast.Expr | ast.For | ast.If) and any(
        isinstance(one, ast.Call | ast.Assert) for one in ast.walk(line)
    )


# -- workbooks -------------------------------------------------------------------------------------------


def test_rows_left_empty_above_and_beside_a_list_shift_nothing_that_is_written(tmp_path: Path) -> None:
    path = tmp_path / "clients.xlsx"
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Clients"
    for column, text in zip("CDE", ("N° client", "Nom", "Ville"), strict=True):
        sheet[f"{column}7"] = text
    for row, (number, name) in zip((8, 10, 13), (("C1", "Un"), ("C2", "Deux"), ("C3", "Trois")), strict=True):
        sheet[f"C{row}"], sheet[f"D{row}"] = number, name
    made.save(path)
    hub, view = excel.connector(path), excel.view("Nom", "Ville")
    found = excel.records(hub, view)
    assert sorted(found) == ["C1", "C2", "C3"]
    for id, town in (("C3", "Annecy"), ("C1", "Gap")):
        assert isinstance(excel.one(hub.write(view, [excel.edit(found[id], {"Ville": town})])), Done)
    written = excel.sheet_of(path)
    texts = {cell.coordinate: cell.value for row in written.iter_rows() for cell in row if cell.value}
    assert texts == {
        "C7": "N° client", "D7": "Nom", "E7": "Ville", "C8": "C1", "D8": "Un", "E8": "Gap",
        "C10": "C2", "D10": "Deux", "C13": "C3", "D13": "Trois", "E13": "Annecy",
    }  # fmt: skip
    tally("bad inputs tried")


def test_formulas_and_what_they_came_to_outlive_every_write(tmp_path: Path) -> None:
    head = excel.row(1, excel.text("A1", "N° client"), excel.text("B1", "Nom"), excel.text("C1", "Solde"))
    rows = [
        excel.row(n, excel.text(f"A{n}", f"C{n}"), excel.text(f"B{n}", f"Nom {n}"),
                  f'<c r="C{n}"><f>{n}*100+0.5</f><v>{n * 100 + 0.5}</v></c>')
        for n in range(2, 6)
    ]  # fmt: skip
    path = excel.raw_book(tmp_path / "clients.xlsx", head + "".join(rows))
    hub, view = excel.connector(path), excel.view("Nom")
    found = excel.records(hub, view)
    for id in ("C2", "C4"):
        assert isinstance(excel.one(hub.write(view, [excel.edit(found[id], {"Nom": "Autre"})])), Done)
    formulas = excel.sheet_of(path)
    values = openpyxl.load_workbook(path, data_only=True)["Clients"]
    assert [formulas[f"C{n}"].value for n in range(2, 6)] == [f"={n}*100+0.5" for n in range(2, 6)]
    assert [values[f"C{n}"].value for n in range(2, 6)] == [n * 100 + 0.5 for n in range(2, 6)]
    assert [values[f"B{n}"].value for n in range(2, 6)] == ["Autre", "Nom 3", "Autre", "Nom 5"]
    tally("bad inputs tried")


# -- contracts in Word -----------------------------------------------------------------------------------


@pytest.fixture
def contracts(tmp_path: Path) -> FolderHarness:
    """A folder with two contracts, K1 of Durand and K2 of Martin."""
    harness = FolderHarness(tmp_path)
    harness.add([{"name": "Durand", "city": "Annecy"}, {"name": "Martin", "city": "Gap"}])
    return harness


def _pulled(hub: Connector, view: View) -> tuple[dict[str, Record], list[Any]]:
    pages = list(hub.pull(view, None, lambda ids: {}))
    records = {one.id: one for page in pages for one in page.records}
    return records, [one for page in pages for one in page.rejected]


def _change(record: Record, **values: Any) -> Write:
    return Write("contract_0", record.id, values, expected=dict(record.values))


def _owner_file(path: Path, age: float = 0) -> Path:
    """What Word leaves beside a document that somebody has open."""
    name = path.name if len(path.name) < 13 else path.name[2:]
    owner = path.with_name(f"~${name}")
    owner.write_bytes(b"\x05Nadia".ljust(54) + b"\x05\0" + "Nadia".encode("utf-16-le").ljust(106))
    os.utime(owner, (time.time() - age, time.time() - age))
    return owner


def test_an_owner_file_is_no_contract_and_holds_up_no_other(contracts: FolderHarness) -> None:
    owners = [_owner_file(path) for path in (contracts.folder / "Avenant.docx", contracts.path_of("K1"))]
    hub = contracts.connect()
    found, aside = _pulled(hub, contracts.view)
    assert sorted(found) == ["K1", "K2"]
    assert not aside
    (outcome,) = hub.write(contracts.view, [_change(found["K2"], customer="Martin Fils")])
    hub.close()
    assert isinstance(outcome, Done), outcome
    for owner in owners:
        owner.unlink()
    assert contracts.seen()["K2"]["name"] == "Martin Fils"
    tally("bad inputs tried", 2)


def test_an_owner_file_holds_up_its_own_document_until_it_is_stale(contracts: FolderHarness) -> None:
    path = contracts.path_of("K1")
    before = path.read_bytes()
    owner = _owner_file(path)
    hub = contracts.connect()
    found, _ = _pulled(hub, contracts.view)
    write = _change(found["K1"], customer="Durand Fils")
    (outcome,) = hub.write(contracts.view, [write])
    assert isinstance(outcome, Refused), outcome
    assert outcome.passing
    assert "Nadia has had it open" in outcome.reason
    assert path.read_bytes() == before
    os.utime(owner, (time.time() - 30 * 86400,) * 2)
    (outcome,) = hub.write(contracts.view, [write])
    hub.close()
    assert isinstance(outcome, Done), outcome
    owner.unlink()
    assert contracts.seen()["K1"]["name"] == "Durand Fils"
    tally("bad inputs tried", 2)


def test_a_contract_that_was_copied_is_set_aside_with_the_one_it_was_copied_from(
    contracts: FolderHarness,
) -> None:
    shutil.copy(contracts.path_of("K1"), contracts.folder / "Contrat K1 - Copie.docx")
    hub = contracts.connect()
    found, aside = _pulled(hub, contracts.view)
    ids = hub.ids(contracts.view)
    hub.close()
    assert sorted(found) == ["K2"]
    assert {one.id for one in aside} == {"K1"}
    assert all("Copie" in f"{one.where} {one.reason}" for one in aside)
    assert ids == {"K1", "K2"}
    tally("bad inputs tried")


@pytest.mark.parametrize("age", [0, 300], ids=["just now", "minutes ago"])
def test_half_a_document_is_told_and_deletes_nothing(contracts: FolderHarness, age: float) -> None:
    """While it may still be on its way it is waited for, then it is named."""
    path = contracts.path_of("K1")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    os.utime(path, (time.time() - age,) * 2)
    hub = contracts.connect()
    pages = list(hub.pull(contracts.view, None, lambda ids: {}))
    (there,) = hub.read(contracts.view, ["K1"])
    hub.close()
    assert [one.id for page in pages for one in page.records] == ["K2"]
    assert set(there.unreadable) == {"customer", "phone", "town"}
    assert "may be in Contrat K1.docx, which cannot be read" in there.unreadable["customer"]
    said = [one for page in pages for one in page.rejected]
    assert pages[-1].listing == bool(age)
    assert [one.where for one in said] == (["Contrat K1.docx"] if age else [])
    assert all("cut short or damaged" in one.reason for one in said)
    tally("bad inputs tried")


def test_a_contract_a_person_saves_meanwhile_is_never_written_over(contracts: FolderHarness) -> None:
    hub = contracts.connect()
    found, _ = _pulled(hub, contracts.view)
    contracts.edit("K1", {"name": "Durand & Cie"})
    (outcome,) = hub.write(contracts.view, [_change(found["K1"], customer="Durand SARL")])
    hub.close()
    assert not isinstance(outcome, Done), outcome
    assert contracts.seen()["K1"]["name"] == "Durand & Cie"
    tally("bad inputs tried")


@posix
def test_a_contract_that_was_written_may_be_read_by_whoever_could(contracts: FolderHarness) -> None:
    path = contracts.path_of("K1")
    path.chmod(0o664)
    hub = contracts.connect()
    found, _ = _pulled(hub, contracts.view)
    (outcome,) = hub.write(contracts.view, [_change(found["K1"], customer="Durand SARL")])
    hub.close()
    assert isinstance(outcome, Done), outcome
    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    tally("bad inputs tried")


# -- forms -----------------------------------------------------------------------------------------------


def _type(desk: Desk, path: Path, **values: str) -> None:
    """What a person types in a form's fields, whatever they are for."""
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.update_page_form_field_values(None, values)
    with (desk.home / "staged").open("wb") as file:
        writer.write(file)
    os.replace(desk.home / "staged", path)


def test_what_stood_on_the_blank_form_is_nothing_that_anybody_wrote(tmp_path: Path) -> None:
    desk = Desk(tmp_path, prefilled="13")
    path = desk.forms / "fiche.pdf"
    desk.fill(path)
    _type(desk, path, Fiche_no="13")
    hub = desk.inbox()
    found, aside = _pulled(hub, form_view())
    hub.close()
    desk.reader.close()
    assert not found
    (one,) = aside
    assert "'13' stands on the blank already" in one.reason
    tally("bad inputs tried")


def test_a_name_typed_where_a_date_belongs_is_doubted_and_costs_only_itself(desk: Desk) -> None:
    misused, sound = desk.forms / "un.pdf", desk.forms / "deux.pdf"
    desk.fill(misused, number="INT-1")
    desk.fill(sound, number="INT-2")
    _type(desk, misused, Charge_kg="EXBRAYAT", Sign_Operateur_Date="EXBRAYAT")
    hub = desk.inbox()
    found, aside = _pulled(hub, form_view())
    hub.close()
    assert not aside
    assert "EXBRAYAT" in found["INT-1"].unreadable["charge"]
    assert "charge" not in found["INT-1"].values
    assert "EXBRAYAT" in str(found["INT-1"].values["doubts"])
    assert found["INT-2"].values["charge"] is not None
    assert not found["INT-2"].unreadable
    tally("bad inputs tried")


def test_half_a_form_is_told_and_deletes_nothing(desk: Desk) -> None:
    path = desk.forms / "un.pdf"
    desk.fill(path, number="INT-1")
    desk.fill(desk.forms / "deux.pdf", number="INT-2")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    hub = desk.inbox()
    found, aside = _pulled(hub, form_view())
    there = {one.id: one for one in hub.read(form_view(), ["INT-1", "INT-2"])}
    hub.close()
    assert sorted(found) == ["INT-2"]
    assert [one.where for one in aside] == ["un.pdf"]
    assert "cut short" in aside[0].reason
    assert "may be in un.pdf, which cannot be read" in there["INT-1"].unreadable["customer"]
    assert there["INT-2"].values == found["INT-2"].values
    tally("bad inputs tried")


# -- nothing the hub writes can be run -------------------------------------------------------------------


@pytest.mark.parametrize("text", [*COMMANDS, *HARMLESS])
def test_no_text_is_ever_a_formula_in_a_workbook(text: str, tmp_path: Path) -> None:
    path = excel.book(tmp_path / "clients.xlsx", [["N° client", "Nom", "Ville"], ["C1", "Un", "Gap"]])
    hub: ExcelConnector = excel.connector(path)
    view = excel.view("Nom", "Ville", new_key="C{n}")
    (record,) = excel.records(hub, view).values()
    changed, added = hub.write(
        view, [excel.edit(record, {"Ville": text}), excel.add("C2", {"Nom": text, "Ville": text})]
    )
    for outcome in (changed, added):
        # A control character is refused; anything else is written, as text.
        assert isinstance(outcome, Done) or "\t" in text, outcome
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<f " in sheet]
    assert [cell.coordinate for row in excel.sheet_of(path) for cell in row if cell.data_type == "f"] == []
    tally("bad inputs tried")


@pytest.mark.parametrize("text", COMMANDS)
def test_no_text_is_ever_a_formula_in_a_file_for_sage(text: str, tmp_path: Path) -> None:
    sage = SageHarness(tmp_path)
    (id,) = sage.add([{"name": "Durand SA", "phone": "01", "city": "Gap"}])
    sage.sage.export()
    hub = sage.connect()
    (record,) = hub.read(sage.view, [id])
    outcomes = hub.write(sage.view, [Write("customer_1", id, {"Raison sociale": text}, dict(record.values))])
    hub.close()
    (outcome,) = outcomes
    assert isinstance(outcome, Refused), outcome
    assert "formula" in outcome.reason or "\t" in text
    tally("bad inputs tried")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_formula_reaches_sage_as_it_is(text: str, tmp_path: Path) -> None:
    sage = SageHarness(tmp_path)
    (id,) = sage.add([{"name": "Durand SA", "phone": "01", "city": "Gap"}])
    sage.sage.export()
    hub = sage.connect()
    (record,) = hub.read(sage.view, [id])
    (outcome,) = hub.write(sage.view, [Write("c_1", id, {"Raison sociale": text}, dict(record.values))])
    hub.close()
    assert not isinstance(outcome, Refused), outcome


@pytest.mark.parametrize("format", ["csv", "fec", "pnm", "sage", "ximport"])
@pytest.mark.parametrize("text", COMMANDS)
def test_no_text_is_ever_a_formula_in_a_file_of_accounting(text: str, format: str) -> None:
    sound = test_writing.piece(number="2")
    data, written = test_writing.write(format, [*test_writing.piece(label=text), *sound])
    assert ["formula" in one.reason for one in written.refused] == [True]
    assert [one.piece for one in files.entries(files.read(format, data))] == ["2", "2"]
    tally("bad inputs tried")


@given(st.sampled_from("=+-@ \t"), st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_a_command_is_known_however_it_is_dressed(first: str, rest: str) -> None:
    assert runs_as_formula(f"={rest}")
    assert runs_as_formula(f" \t={rest}")
    assert runs_as_formula(f"{first.strip() or '='}cmd|'/C {rest}'!A0")
    assert not runs_as_formula(f"Dupont {first}{rest}")


# -- every sample there is -------------------------------------------------------------------------------

FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file()) if SAMPLES.is_dir() else []


@needs_samples
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_strangers_file_is_given_a_verdict_and_ends_nothing(path: Path) -> None:
    """As a person opens it: `hub documents read FILE --json`, in this process."""
    said = CliRunner().invoke(app, ["documents", "read", str(path), "--json"], prog_name="hub")
    if said.exception is not None and not isinstance(said.exception, SystemExit):
        raise said.exception
    found = _json(said.stdout)
    assert "Traceback" not in said.stdout + said.stderr
    if said.exit_code == 2:
        assert found["error"]["what"]
        assert found["error"]["todo"]
    else:
        assert said.exit_code in (0, 1)
        assert found["verdict"]
    tally("bad inputs tried")


def _json(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
