"""Documents: an invoice with its lines, made in the accounts whole or not at all, and never changed there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.mapping import Mappings, load_mappings
from hub.ports import Traits
from hub.store import Store
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.memory import MemorySystem

INVOICE = """
entity: invoice
tables:
  accounts: {"411100": C411, "707100": P707, "445710": T445}
  sales: {FAC: VTE}
fields:
  number: {type: text, required: true}
  customer: {type: ref, entity: customer, required: true}
  date: {type: date, required: true}
  journal: {type: text, required: true}
  entries:
    type: lines
    required: true
    balance: [debit, credit]
    columns:
      account: {type: text, required: true}
      label: text
      debit: money
      credit: money
match:
  - exact: [number]
systems:
  odoo:
    object: move
    direction: pull
    on_delete: ask
    fields:
      number: name
      customer: partner
      date: date
      journal: {field: journal, map: sales}
      entries:
        field: line_ids
        columns: {account: {field: code, map: accounts}, label: name, debit: debit, credit: credit}
  sage:
    object: ecritures
    key: facture
    direction: push
    updates: false
    fields:
      number: facture
      customer: tiers
      date: {field: date, format: "%d%m%y"}
      journal: jo
      entries:
        field: lignes
        columns: {account: compte, label: {field: libelle, max: 20}, debit: d, credit: c}
"""

LINES = [
    {"code": "411100", "name": "FAC/2026/0001", "debit": 120.0, "credit": 0.0},
    {"code": "707100", "name": "Visite annuelle de maintenance", "debit": 0.0, "credit": 100.0},
    {"code": "445710", "name": "TVA 20 %", "debit": 0.0, "credit": 20.0},
]


@pytest.fixture
def company(store: Store, tmp_path: Path, load: Callable[[str], Mappings]) -> Company:
    load(CUSTOMER)
    written(tmp_path, INVOICE)
    made = Company(
        store,
        load_mappings(tmp_path / "mappings"),
        MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )
    made.odoo["partner"].add({"name": "Durand SA", "siret": SIRETS[0]}, id="7")
    return made


def written(tmp_path: Path, text: str) -> None:
    (tmp_path / "mappings" / "invoice.yaml").write_text(text, encoding="utf-8")


def edited(company: Company, tmp_path: Path, text: str) -> None:
    """An admin corrects the mapping, and approves what follows from it."""
    written(tmp_path, text)
    company.mappings = load_mappings(tmp_path / "mappings")
    company.approve()


def posted(company: Company, lines: list[dict[str, Any]] | None = None, **values: Any) -> str:
    """Somebody posts an invoice in Odoo; its id there."""
    invoice = {"name": "FAC/2026/0001", "partner": "7", "date": "2026-01-31", "journal": "FAC"}
    return company.odoo["move"].add({**invoice, "line_ids": lines or LINES, **values})


def documents(company: Company) -> dict[str, dict[str, Any]]:
    return company.sage["ecritures"].rows()


def test_a_posted_invoice_arrives_whole_under_its_number_after_its_customer(company: Company) -> None:
    posted(company)
    company.sync()
    (customer,) = company.sage["BPC"].rows()
    assert documents(company) == {
        "FAC/2026/0001": {
            "facture": "FAC/2026/0001",
            "tiers": customer,
            "date": "310126",
            "jo": "VTE",
            "lignes": [
                {"compte": "C411", "libelle": "FAC/2026/0001", "d": 120.0, "c": 0.0},
                {"compte": "P707", "libelle": "Visite annuelle de m", "d": 0.0, "c": 100.0},
                {"compte": "T445", "libelle": "TVA 20 %", "d": 0.0, "c": 20.0},
            ],
        }
    }
    assert company.sync().writes == 0
    assert not company.reviews()
    assert not company.dead_letters()


def test_an_invoice_whose_customer_the_accounts_refuse_waits_for_it(company: Company) -> None:
    company.sage.refuse = lambda values: "compte bloqué" if "BPRNAM" in values else None
    posted(company)
    company.sync()
    assert not documents(company)
    company.sage.refuse = None
    company.odoo["partner"].edit("7", city="Lyon")
    company.sync()
    assert len(documents(company)) == 1


def test_an_account_with_no_mapping_stops_the_document_and_says_which_line(
    company: Company, tmp_path: Path
) -> None:
    posted(company, [*LINES[:1], {**LINES[1], "code": "707200"}, *LINES[2:]])
    posted(company, name="FAC/2026/0002")
    company.sync()
    assert list(documents(company)) == ["FAC/2026/0002"]
    said = " ".join(review.reason for review in company.reviews())
    assert "line 2: account: '707200' is not in the table accounts of the mapping" in said
    edited(company, tmp_path, INVOICE.replace('"445710": T445', '"445710": T445, "707200": P708'))
    company.sync()
    assert [line["compte"] for line in documents(company)["FAC/2026/0001"]["lignes"]] == [
        "C411",
        "P708",
        "T445",
    ]
    assert not company.reviews()


def test_a_journal_with_no_mapping_stops_the_document(company: Company) -> None:
    posted(company, journal="DIV")
    company.sync()
    assert not documents(company)
    assert any("'DIV' is not in the table sales" in review.reason for review in company.reviews())


def test_entries_that_do_not_balance_stop_the_document_and_say_by_how_much(company: Company) -> None:
    move = posted(company, [{**LINES[0], "debit": 119.99}, *LINES[1:]])
    company.sync()
    assert not documents(company)
    said = " ".join(review.reason for review in company.reviews())
    assert "the lines do not balance: debit 119.99, credit 120.00, difference 0.01" in said
    company.odoo["move"].set(move, {"line_ids": LINES})
    company.sync()
    assert len(documents(company)) == 1
    assert not company.reviews()


def test_a_value_the_accounts_have_no_word_for_stops_the_whole_document(
    company: Company, tmp_path: Path
) -> None:
    edited(
        company,
        tmp_path,
        INVOICE.replace("account: compte,", "account: {field: compte, map: {411: C411, 707: P707}},"),
    )
    posted(company)
    company.sync()
    assert not documents(company)
    (letter,) = company.dead_letters()
    assert "line 3: account 'T445' has no native value in the value table" in letter.reason
    edited(
        company,
        tmp_path,
        INVOICE.replace(
            "account: compte,", "account: {field: compte, map: {411: C411, 707: P707, 445: T445}},"
        ),
    )
    company.sync()
    assert [line["compte"] for line in documents(company)["FAC/2026/0001"]["lignes"]] == [411, 707, 445]
    assert not company.dead_letters()


def test_a_posted_invoice_is_never_changed_in_the_accounts_and_a_person_is_told(company: Company) -> None:
    move = posted(company)
    company.sync()
    before = documents(company)
    company.odoo["move"].set(move, {"date": "2026-02-01"})
    company.sync()
    assert documents(company) == before
    (letter,) = company.dead_letters()
    assert (letter.system, letter.field) == ("sage", "date")
    assert "sage has this document, which is never changed" in letter.reason
    company.odoo["move"].set(move, {"date": "2026-01-31"})
    company.sync()
    assert not company.dead_letters()
    assert documents(company) == before


def test_an_invoice_reset_to_draft_is_asked_about_and_stays_in_the_accounts(company: Company) -> None:
    move = posted(company)
    company.sync()
    company.odoo["move"].delete(move)
    company.sync(compare=True)
    assert len(documents(company)) == 1
    assert [review.kind for review in company.reviews()] == ["vanished"]


def test_a_document_whose_answer_was_lost_is_made_once(company: Company) -> None:
    posted(company)
    company.sage.lose_replies = 1
    company.sync()
    company.sync()
    assert list(documents(company)) == ["FAC/2026/0001"]
    assert company.sync().writes == 0


def test_the_lines_of_two_sides_agree_where_both_may_write(company: Company, tmp_path: Path) -> None:
    edited(
        company,
        tmp_path,
        INVOICE.replace("direction: pull\n    on_delete: ask", "on_delete: ask").replace(
            "direction: push\n    updates: false", "on_delete: ask"
        ),
    )
    posted(company)
    company.sync()
    (id,) = documents(company)
    lines = [dict(line) for line in documents(company)[id]["lignes"]]
    lines[1]["libelle"] = "Visite"
    company.sage["ecritures"].set(id, {"lignes": lines})
    company.sync()
    (move,) = company.odoo["move"].rows().values()
    assert isinstance(move["line_ids"], list)
    assert [line["name"] for line in move["line_ids"]] == ["FAC/2026/0001", "Visite", "TVA 20 %"]
    assert company.sync().writes == 0
