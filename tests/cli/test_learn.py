"""`hub mapping learn`: the screen, the JSON, the draft it writes, what hub.yaml adds, and its exit codes."""

from __future__ import annotations

import pytest

from hub.mapping import load_mappings
from tests.cli.conftest import Company
from tests.connectors.excel.tools import book
from tests.learning.books import clients, contacts, contracts, saved


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_workbook_is_looked_at_without_any_configuration(bare: Company) -> None:
    before = bare.files()
    said = bare.hub("mapping", "learn", "clients.xlsx")
    assert said.code == 0, said.err
    for shown in ("2 records of customer", "Raison sociale", "siret", "Key: N° client", "entity: customer",
                  "hub.yaml names no Odoo yet", "direction: pull"):  # fmt: skip
        assert shown in words(said.out), said.out
    assert bare.files() == before


def test_no_line_but_those_of_the_draft_is_wider_than_the_screen(bare: Company) -> None:
    bare.env["COLUMNS"] = "80"
    said = bare.hub("mapping", "learn", "clients.xlsx")
    head, _, draft = said.out.partition("The draft;")
    assert max(map(len, head.splitlines())) <= 80
    assert any(line.startswith("entity: customer") for line in draft.splitlines())


def test_the_draft_is_written_once_and_loads(bare: Company) -> None:
    said = bare.hub("mapping", "learn", "clients.xlsx", "--write", "client.yaml", "--json")
    assert said.code == 0, said.err
    (sheet,) = said.json["sheets"]
    assert (sheet["entity"], sheet["key"], sheet["header_row"]) == ("customer", ["N° client"], 1)
    assert {one["field"]: one["type"] for one in sheet["columns"]}["vat"] == "vat"
    text = (bare.home / "client.yaml").read_text(encoding="utf-8")
    assert text == sheet["mapping"]
    assert load_mappings(bare.home / "client.yaml").systems == ("clients",)
    again = bare.hub("mapping", "learn", "clients.xlsx", "--write", "client.yaml")
    assert (again.code, "nothing is written over" in words(again.err)) == (2, True)
    assert (bare.home / "client.yaml").read_text(encoding="utf-8") == text


def test_what_is_not_sure_is_a_comment_that_can_be_taken_away(bare: Company) -> None:
    rows = [["N° client", "Raison sociale", "Zébulon"]]
    rows += [
        [f"C{n:03}", f"Client {n}", ("a lu", "b", "cd", "ef vu")[n % 4] * (n % 5 + 1)] for n in range(30)
    ]
    book(bare.home / "flou.xlsx", rows)
    said = bare.hub("mapping", "learn", "flou.xlsx", "--json")
    text = said.json["sheets"][0]["mapping"]
    doubted = [line for line in text.splitlines() if "zebulon" in line]
    assert [line.startswith(("  # zebulon", "      # zebulon")) for line in doubted] == [True, True]
    uncommented = text.replace("  # zebulon", "  zebulon").replace("      # zebulon", "      zebulon")
    (bare.home / "corrige.yaml").write_text(uncommented, encoding="utf-8")
    assert "zebulon" in load_mappings(bare.home / "corrige.yaml")["customer"].fields


def test_the_odoo_and_the_name_of_the_workbook_are_those_of_hub_yaml(bare: Company) -> None:
    (bare.home / "hub.yaml").write_text(
        "database: sqlite:///hub.sqlite\nmappings: mappings\nsystems:\n"
        "  erp: {kind: odoo, url: http://localhost:8069, database: d, password: '${ERP_PASSWORD}'}\n"
        "  bureau: {kind: excel, path: clients.xlsx}\n",
        encoding="utf-8",
    )
    bare.env["ERP_PASSWORD"] = "secret-of-the-erp"
    said = bare.hub("mapping", "learn", "clients.xlsx", "--write", "c.yaml")
    assert said.code == 0, said.err
    mapping = load_mappings(bare.home / "c.yaml", {"erp", "bureau"})["customer"]
    assert list(mapping.systems) == ["bureau", "erp"]
    natives = {lens.name: lens.natives for lens in mapping.systems["erp"].lenses}
    assert (natives["siret"], natives["country"]) == (("company_registry",), ("country_id.code",))
    assert (mapping.systems["bureau"].direction, mapping.systems["erp"].direction) == ("pull", "both")


def test_a_hub_yaml_that_cannot_be_read_is_left_aside_and_said_so(bare: Company) -> None:
    (bare.home / "hub.yaml").write_text("database: [\n", encoding="utf-8")
    said = bare.hub("mapping", "learn", "clients.xlsx")
    assert (said.code, "is left aside" in said.err) == (0, True)


def test_several_sheets_are_written_into_a_folder_or_one_is_named(bare: Company) -> None:
    saved(bare.home / "tout.xlsx", clients(), contacts(), contracts())
    many = bare.hub("mapping", "learn", "tout.xlsx", "--write", "un.yaml")
    assert (many.code, "--sheet" in many.err) == (2, True)
    assert bare.hub("mapping", "learn", "tout.xlsx", "--write", "brouillons").code == 0
    mappings = load_mappings(bare.home / "brouillons")
    assert {mapping.entity for mapping in mappings} == {"customer", "contact", "contract"}
    one = bare.hub("mapping", "learn", "tout.xlsx", "--sheet", "contrats", "--write", "un.yaml")
    assert one.code == 0, one.err
    assert load_mappings(bare.home / "un.yaml")["contract"].fields["periodicity"].type.name == "periodicity"


def test_a_person_may_say_what_it_is_a_list_of(bare: Company) -> None:
    said = bare.hub("mapping", "learn", "clients.xlsx", "--entity", "supplier", "--json")
    (sheet,) = said.json["sheets"]
    assert sheet["entity"] == "supplier"
    assert "entity: supplier" in sheet["mapping"]
    assert bare.hub("mapping", "learn", "clients.xlsx", "--entity", "Nos clients").code == 2


@pytest.mark.parametrize(("file", "content", "why"), [
    ("rien.xlsx", None, "there is no"),
    ("casse.xlsx", b"PK\x03\x04", "damaged"),
    ("texte.xlsx", b"bonjour", "not an Excel workbook"),
    ("formulaire.pdf", b"%PDF-1.7", "not an Excel workbook"),
])  # fmt: skip
def test_what_is_no_workbook_is_wrong_use_in_words(
    bare: Company, file: str, content: bytes | None, why: str
) -> None:
    if content is not None:
        (bare.home / file).write_bytes(content)
    said = bare.hub("mapping", "learn", file)
    assert (said.code, why in words(said.err)) == (2, True), said.err
    assert "What to do" in said.err


def test_a_sheet_that_is_not_there_and_a_workbook_without_a_list_are_told(bare: Company) -> None:
    said = bare.hub("mapping", "learn", "clients.xlsx", "--sheet", "Client")
    assert (said.code, "Did you mean 'Clients'?" in words(said.err)) == (2, True)
    book(bare.home / "vide.xlsx", [[1, 2], [3, 4]])
    nothing = bare.hub("mapping", "learn", "vide.xlsx")
    assert (nothing.code, "no list that could be mapped" in words(nothing.out)) == (1, True)
    assert bare.hub("mapping", "learn", "vide.xlsx", "--write", "v.yaml").code == 2
    assert not (bare.home / "v.yaml").exists()


def test_nothing_in_a_sheet_is_taken_for_markup_or_for_yaml(bare: Company) -> None:
    rows = [["N° client", "Nom: [bold]", "Ville # \x7f « x »\n{a}"]]
    rows += [[f"C{n}", f"[red]Client {n}[/red]", "Vif: #1"] for n in range(20)]
    book(bare.home / "piege.xlsx", rows)
    said = bare.hub("mapping", "learn", "piege.xlsx", "--write", "p.yaml")
    assert said.code == 0, said.err
    assert "[red]Client 0[/red]" in words(said.out)
    mapping = load_mappings(bare.home / "p.yaml")["customer"]
    assert "Nom: [bold]" in [lens.natives[0] for lens in mapping.systems["piege"].lenses]
