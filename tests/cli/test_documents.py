"""`hub documents read`: what is read and why, for a person and as JSON, with the house's exit codes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.main import app
from tests.cli.conftest import Said
from tests.connectors.excel.tools import book
from tests.connectors.word.tools import archive, control, paragraph, run, save, table

PROFILE = """label: Essai
match: {any_text: [contrat de maintenance]}
own_company: {siren: 305949679}
record: contract
key: [number]
fields:
  number: {type: text, required: true, from: [{sdt: numero}, {label: N°}]}
  amount:
    {type: amount, tax: HT, required: true, from: [{table: Montant HT}, {regex: 'redevance de ([\\d ]+ €)'}]}
  often: {type: periodicity, required: true, from: [{label: Périodicité}]}
  siret: {type: siret, from: [{label: SIRET}]}
"""


def hub(*words: str, columns: str = "80") -> Said:
    result = CliRunner().invoke(app, ["documents", *words], env={"COLUMNS": columns}, prog_name="hub")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    (tmp_path / "profils").mkdir()
    file = tmp_path / "profils" / "essai.yaml"
    file.write_text(PROFILE, encoding="utf-8")
    return file


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return save(
        tmp_path / "bon.docx",
        paragraph("Contrat de maintenance"),
        paragraph("N° ", control("numero", run("2026-0412"))),
        table(["Montant HT", "1 250,00 €"]),
        paragraph("Périodicité : deux visites par an"),
        paragraph("SIRET : 305 949 679 00018"),
    )


@pytest.fixture
def doubtful(tmp_path: Path) -> Path:
    return save(
        tmp_path / "douteux.docx",
        paragraph("Contrat de maintenance"),
        paragraph("N° : 2026-0413"),
        table(["Montant HT", "1 250,00 €"]),
        paragraph("Le client verse une redevance de 1 350 € par an."),
    )


def test_a_sound_contract_is_shown_with_the_source_and_place_of_each_value(
    sound: Path, profile: Path
) -> None:
    said = hub("read", str(sound), "--profile", str(profile))
    assert said.code == 0, said.err
    for shown in ("contract 2026-0412 in bon.docx, by profile essai", "content control",
                  "table 1, row 1, cell 2", "1 250,00 €", "2 times a year",
                  "passed over as your own"):  # fmt: skip
        assert shown in " ".join(said.out.split()), said.out
    assert max(map(len, said.out.splitlines())) <= 80


def test_what_is_doubtful_or_missing_is_told_with_its_sentence(doubtful: Path, profile: Path) -> None:
    said = hub("read", str(doubtful), "--profile", str(profile))
    assert said.code == 1
    text = " ".join(said.out.split())
    assert "For review: 2 values" in text
    assert "« Le client verse une redevance de 1 350 € par an. »" in text
    assert "nothing stands at label: Périodicité" in text
    assert max(map(len, said.out.splitlines())) <= 80


def test_the_same_as_json(doubtful: Path, profile: Path) -> None:
    said = hub("read", str(doubtful), "--profile", str(profile), "--json")
    found = json.loads(said.out)
    assert (said.code, found["verdict"], found["profile"]) == (1, "review", "essai")
    amount = next(one for one in found["contracts"][0]["values"] if one["name"] == "amount")
    assert {**amount, "doubts": len(amount["doubts"])} == {
        "name": "amount", "type": "amount", "verdict": "disagree", "value": "1250.00", "shown": "1250.00",
        "source": "table Montant HT", "raw": "1 250,00 €", "place": "table 1, row 1, cell 2",
        "sentence": "Montant HT | 1 250,00 €", "doubts": 1, "ignored": [],
    }  # fmt: skip


def test_without_a_profile_it_is_shown_what_a_profile_could_name(sound: Path) -> None:
    said = hub("read", str(sound))
    assert said.code == 0
    for shown in ("sdt", "numero", "table", "Montant HT", "label", "Périodicité"):
        assert shown in said.out
    found = json.loads(hub("read", str(sound), "--json").out)
    assert found["verdict"] == "offers"
    assert found["offers"][0]["name"] == "numero"


def test_of_a_folder_of_profiles_the_one_that_fits_is_used_and_it_is_said_why(
    sound: Path, profile: Path
) -> None:
    other = profile.with_name("bail.yaml")
    other.write_text(PROFILE.replace("[contrat de maintenance]", "[bail]"), encoding="utf-8")
    said = hub("read", str(sound), "--profile", str(profile.parent))
    assert said.code == 0
    assert "none of 'bail' is in it" in " ".join(said.out.split())
    assert "by profile essai" in said.out
    other.write_text(PROFILE, encoding="utf-8")
    both = hub("read", str(sound), "--profile", str(profile.parent))
    assert both.code == 1
    assert "bail and essai fit: nothing was read" in " ".join(both.out.split())
    profile.unlink()
    other.write_text(PROFILE.replace("[contrat de maintenance]", "[bail]"), encoding="utf-8")
    none = hub("read", str(sound), "--profile", str(profile.parent))
    assert none.code == 1
    assert "No profile fits" in none.out


def test_what_cannot_be_read_is_wrong_use_in_words(tmp_path: Path, sound: Path, profile: Path) -> None:
    broken = tmp_path / "casse.docx"
    broken.write_bytes(b"PK\x03\x04")
    book = archive(tmp_path / "classeur.xlsx", {"_rels/.rels": "<a/>", "xl/workbook.xml": "<a/>"})
    for words, why in (
        ((str(broken),), "cut short or damaged"),
        ((str(book),), "classeur.xlsx is no workbook"),
        ((str(tmp_path / "rien.docx"),), "there is no"),
        ((str(tmp_path),), "is a folder"),
        ((str(sound), "--profile", str(tmp_path / "rien.yaml")), "there is no"),
    ):
        said = hub("read", *words)
        assert said.code == 2
        assert why in " ".join(said.err.split()), said.err
        assert "What to do" in said.err
    profile.write_text(PROFILE.replace("type: siret", "type: sirett"), encoding="utf-8")
    wrong = hub("read", str(sound), "--profile", str(profile), columns="200")
    assert wrong.code == 2
    assert "essai.yaml:11:" in wrong.err
    assert "Did you mean 'siret'?" in wrong.err
    assert hub().code == 2


def test_nothing_in_a_document_is_taken_for_markup(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.docx", paragraph("[bold]Client[/bold] : [red]Vif[/red]"), paragraph("Ville : [b]Vif")
    )
    assert "[b]Vif" in hub("read", str(path)).out


MAPPING = """entity: customer
fields:
  name: {type: text, required: true}
  phone: {type: phone, region: FR}
  siret: siret
systems:
  odoo:
    object: res.partner
    fields: {name: name, phone: phone}
  clients:
    object: Clients
    key: N° client
    fields: {name: Raison sociale, phone: Tél., siret: SIRET}
"""
HEAD = ["N° client", "Raison sociale", "Tél.", "SIRET"]


def clients(path: Path, *rows: Sequence[object]) -> Path:
    return book(path / "clients.xlsx", [["Nos clients"], HEAD, *rows])


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "customer.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    return file


def test_a_workbook_is_read_by_a_mapping_cell_by_cell(tmp_path: Path, mapping: Path) -> None:
    path = clients(tmp_path, ["C1", "Durand", "0476000001", 73282932000074], ["C2", "Vif", None, None])
    said = hub("read", str(path), "--profile", str(mapping))
    assert said.code == 0, said.err
    text = " ".join(said.out.split())
    for shown in ("customer in sheet 'Clients', as the mapping's system clients", "04 76 00 00 01",
                  "C3: 0476000001", "D3: 73282932000074", "2 records, 2 read whole"):  # fmt: skip
        assert shown in text, said.out
    assert max(map(len, said.out.splitlines())) <= 80


def test_values_and_rows_of_a_workbook_that_need_a_person_are_told_with_their_cell(
    tmp_path: Path, mapping: Path
) -> None:
    path = clients(
        tmp_path, ["C1", "Durand", "demain", 73282932000075], ["C2", None, None, None],
        ["C3", "A", None, None], ["C3", "B", None, None], [None, "Sans", None, None],
    )  # fmt: skip
    said = hub("read", str(path), "--profile", str(mapping), "--json")
    found = json.loads(said.out)
    (entity,) = found["entities"]
    assert (said.code, found["verdict"], entity["read"]) == (1, "review", 0)
    values = {
        (value["place"], value["verdict"]) for record in entity["records"] for value in record["values"]
    }
    assert {("C3", "unreadable"), ("D3", "unreadable"), ("B4", "missing"), ("C4", "empty")} <= values
    wrong = next(v for r in entity["records"] for v in r["values"] if v["place"] == "C3")
    assert (wrong["value"], wrong["raw"], wrong["source"]) == (None, "demain", "Tél.")
    assert [one["place"].rpartition(" ")[2] for one in entity["rejected"]] == ["5", "6", "7"]
    text = " ".join(hub("read", str(path), "--profile", str(mapping)).out.split())
    assert "B4, name (missing): it is required, and the cell is empty" in text
    assert "its key 'C3' stands on other rows too: 6" in text


def test_a_long_sheet_is_cut_on_the_screen_and_whole_as_json(tmp_path: Path, mapping: Path) -> None:
    path = clients(tmp_path, *([f"C{n}", f"Client {n}", None, None] for n in range(30)))
    said = hub("read", str(path), "--profile", str(mapping))
    assert "… and 10 more records" in said.out
    assert "Client 19" in said.out
    assert "Client 20" not in said.out
    assert "Client 29" in hub("read", str(path), "--profile", str(mapping), "--limit", "30").out
    assert (
        len(
            json.loads(hub("read", str(path), "--profile", str(mapping), "--json").out)["entities"][0][
                "records"
            ]
        )
        == 30
    )


def test_without_a_mapping_it_is_shown_what_each_column_of_a_workbook_holds(tmp_path: Path) -> None:
    path = clients(tmp_path, *([f"C{n:03}", f"Client {n}", f"04 76 00 00 {n:02}", None] for n in range(12)))
    said = hub("read", str(path))
    text = " ".join(said.out.split())
    assert (said.code, "headings in row 2" in text, "Raison sociale" in text) == (0, True, True)
    assert "hub mapping learn clients.xlsx" in text
    found = json.loads(hub("read", str(path), "--json").out)
    assert (found["verdict"], found["sheets"][0]["columns"][2]["type"]) == ("offers", "phone")


def test_a_mapping_of_another_workbook_and_a_hostile_one_are_wrong_use_in_words(
    tmp_path: Path, mapping: Path
) -> None:
    other = book(tmp_path / "autre.xlsx", [["a", "b"], [1, 2]], sheet="Autre")
    broken = tmp_path / "casse.xlsx"
    broken.write_bytes(b"PK")
    missing = book(tmp_path / "sans.xlsx", [["N° client", "Nom"], ["C1", "x"]])
    for file, why in (
        (other, "is of a sheet of autre.xlsx"), (broken, "casse.xlsx"),
        (missing, "has no columns 'Raison sociale'"),
    ):  # fmt: skip
        said = hub("read", str(file), "--profile", str(mapping))
        assert (said.code, why in " ".join(said.err.split())) == (2, True), said.err
        assert "What to do" in said.err
    wrong = hub("read", str(other), "--profile", "nulle-part")
    assert (wrong.code, "there is no nulle-part" in wrong.err) == (2, True)


def test_a_workbook_under_another_name_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = clients(tmp_path, ["C1", "Durand", "0476000001", None]).rename(tmp_path / "clients.docx")
    said = hub("read", str(path))
    assert said.code == 0, said.err
    assert "Raison sociale" in said.out
