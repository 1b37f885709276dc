"""Contracts are learned: layouts told apart, fields found, the drafts read the documents they came from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.main import app
from sandbox.company import customers
from sandbox.company.contracts import Agreed, contracts, write_contracts
from tests.cli.conftest import Said
from tests.connectors.word.tools import archive, paragraph, save, table
from tests.tally import tally

FIELDS = {"number": "text", "customer": "text", "siret": "siret", "phone": "phone", "town": "postcode_town",
          "starts_on": "date", "ends_on": "date", "periodicity": "periodicity",
          "amount": "amount"}  # fmt: skip


def hub(*words: str) -> Said:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "80"}, prog_name="hub")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="module")
def agreed() -> list[Agreed]:
    return list(contracts(list(customers(30)), 2026))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, agreed: list[Agreed]) -> Path:
    place = tmp_path_factory.mktemp("contrats")
    write_contracts(place, agreed)
    return place


def test_two_layouts_mixed_are_told_apart_and_every_document_is_read_whole_by_its_draft(
    folder: Path, tmp_path: Path, agreed: list[Agreed]
) -> None:
    said = hub("mapping", "learn", str(folder), "--json", "--write", str(tmp_path / "profils"))
    assert said.code == 0, said.err
    found = said.json
    assert found["own_company"]["siren"] == ["305949679"]
    assert sorted(len(one["documents"]) for one in found["layouts"]) == sorted(
        (sum(one.controls for one in agreed), sum(not one.controls for one in agreed))
    )
    for layout in found["layouts"]:
        fields = {one["field"]: one["type"] for one in layout["fields"] if one["used"]}
        assert fields == FIELDS
        assert all(one["found"] == one["of"] for one in layout["fields"] if one["used"])
        assert {one["verdict"] for one in layout["read"].values()} == {"read"}
    assert len(found["written"]) == 2


def test_what_the_written_drafts_read_is_what_was_agreed(
    folder: Path, tmp_path: Path, agreed: list[Agreed]
) -> None:
    hub("mapping", "learn", str(folder), "--write", str(tmp_path / "profils"))
    lost = 0
    for path, one in zip(sorted(folder.glob("*.docx")), sorted(agreed, key=lambda a: a.number), strict=True):
        said = hub("documents", "read", str(path), "--profile", str(tmp_path / "profils"), "--json")
        assert said.code == 0, said.out
        (contract,) = said.json["contracts"]
        values = {value["name"]: value["value"] for value in contract["values"]}
        want = {"number": one.number, "customer": one.customer.name, "siret": one.customer.siret,
                "phone": one.customer.phone, "starts_on": one.starts_on.isoformat(),
                "ends_on": one.ends_on.isoformat(), "periodicity": one.periodicity,
                "amount": f"{one.amount}.00"}  # fmt: skip
        lost += sum(values[name] != value for name, value in want.items())
        assert {name: values[name] for name in want} == want
    tally("values lost", lost)


def test_on_the_screen_it_is_said_what_was_found_where_and_how_much_of_it_was_read(folder: Path) -> None:
    said = hub("mapping", "learn", str(folder))
    text = " ".join(said.out.split())
    for shown in ("30 documents, 2 layouts", "SIREN 305949679", "sdt contrat_numero", "table Périodicité",
                  "20 of 20 whole", "10 of 10 whole", "record: contract"):  # fmt: skip
        assert shown in text, said.out


def test_documents_that_cannot_be_read_or_hold_less_are_named_and_the_others_learned(
    folder: Path, tmp_path: Path
) -> None:
    place = tmp_path / "contrats"
    shutil.copytree(folder, place)
    (place / "casse.docx").write_bytes(b"PK\x03\x04")
    archive(place / "classeur.docx", {"_rels/.rels": "<a/>", "xl/workbook.xml": "<a/>"})
    (place / "~$verrou.docx").write_bytes(b"x")
    save(
        place / "sans prix.docx",
        paragraph("CONTRAT D'ENTRETIEN N° 2031-0001"), paragraph("Client : Sans Prix"),
        paragraph("SIRET : 732 829 320 00074"), paragraph("Adresse du client : 1 rue X, 38000 Grenoble"),
        paragraph("Tél. : 04 76 00 00 01"), paragraph("Date d'effet : 1er mars 2026"),
        table(["Périodicité", "deux visites par an"]),
    )  # fmt: skip
    tally("bad inputs tried", 3)
    said = hub("mapping", "learn", str(place), "--json")
    found = said.json
    assert said.code == 0
    assert {Path(name).name for name in found["unread"]} == {"casse.docx", "classeur.docx"}
    read = {Path(name).name: one for layout in found["layouts"] for name, one in layout["read"].items()}
    without = read["sans prix.docx"]
    assert (without["verdict"], "amount (missing)" in without["why"]) == ("review", True)
    assert sum(one["verdict"] == "read" for one in read.values()) == 30


def test_one_contract_alone_is_drafted_from_and_a_folder_without_any_is_wrong_use(
    folder: Path, tmp_path: Path
) -> None:
    one = next(folder.glob("*.docx"))
    said = hub("mapping", "learn", str(one), "--write", str(tmp_path / "un.yaml"))
    assert said.code == 0, said.err
    assert hub("documents", "read", str(one), "--profile", str(tmp_path / "un.yaml")).code == 0
    again = hub("mapping", "learn", str(one), "--write", str(tmp_path / "un.yaml"))
    assert (again.code, "nothing is written over" in " ".join(again.err.split())) == (2, True)
    (tmp_path / "vide").mkdir()
    assert hub("mapping", "learn", str(tmp_path / "vide")).code == 2
    several = hub("mapping", "learn", str(folder), "--write", str(tmp_path / "deux.yaml"))
    assert (several.code, "2 layouts" in several.err) == (2, True)


def test_a_letter_that_says_nothing_of_a_contract_drafts_nothing_that_is_used(tmp_path: Path) -> None:
    path = save(tmp_path / "lettre.docx", paragraph("Cher client,"), paragraph("merci de votre visite."))
    said = hub("mapping", "learn", str(path), "--json")
    assert (said.code, json.loads(said.out)["layouts"]) == (1, [])
