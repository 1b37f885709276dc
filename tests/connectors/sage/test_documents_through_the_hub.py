"""Invoices and payments between another system and a Sage 100, by the engine, through real files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from connectors.sage import connect
from connectors.sage.settings import Settings
from hub.engine import Engine
from hub.mapping import load_mappings
from hub.model import REASON
from hub.ports import Traits
from hub.report import Report
from hub.store import Store, history, listing
from sandbox.sage import Sage
from tests.memory import MemorySystem
from tests.tally import tally

CUSTOMER = """
entity: customer
fields:
  name: {type: text, required: true}
match:
  - exact: [name]
systems:
  odoo: {object: partner, fields: {name: name}}
  sage:
    object: tiers
    key: CT_Num
    new_key: "H{n:04}"
    fields: {name: {field: CT_Intitule, max: 35, upper: true}}
"""

INVOICE = """
entity: invoice
tables:
  journals: {FAC: VTE}
  accounts: {"411100": "411000", "707100": "707100", "445710": "445710", "709900": "709999"}
fields:
  number: {type: text, required: true}
  customer: {type: ref, entity: customer, required: true}
  date: {type: date, required: true}
  due: date
  journal: {type: text, required: true}
  entries:
    type: lines
    required: true
    balance: [debit, credit]
    columns: {account: {type: text, required: true}, third: boolean, label: text, debit: money, credit: money}
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
      due: due
      journal: {field: journal, map: journals}
      entries:
        field: line_ids
        columns:
          {account: {field: code, map: accounts}, third: third, label: name, debit: debit, credit: credit}
  sage:
    object: ecritures
    format: sage
    version: "14"
    key: facture
    direction: push
    updates: false
    fields:
      number: facture
      customer: tiers
      date: date
      due: echeance
      journal: journal
      entries:
        field: ecritures
        columns:
          {account: compte, third: tiers, label: {field: intitule, max: 35}, debit: debit, credit: credit}
"""

PAYMENT = """
entity: payment
fields:
  number: {type: text, required: true}
  invoice: {type: ref, entity: invoice, required: true}
  date: {type: date, required: true}
  amount: {type: money, required: true}
  method: text
match:
  - exact: [number]
systems:
  odoo:
    object: register
    direction: push
    updates: false
    fields: {number: communication, invoice: invoice_id, date: payment_date, amount: amount, method: method}
  sage:
    object: reglements
    key: Numero
    direction: pull
    on_delete: ask
    fields:
      number: Numero
      invoice: Facture
      date: {field: Date, format: "%d/%m/%Y"}
      amount: Montant
      method: Mode
"""


class Company:
    """A Sage 100 in its folders, another system in memory, and a hub that is started anew for each run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sage = Sage(folder / "sage")
        self.odoo = MemorySystem("odoo", Traits(archives=True))
        mappings = folder / "mappings"
        mappings.mkdir()
        for name, text in (("customer", CUSTOMER), ("invoice", INVOICE), ("payment", PAYMENT)):
            (mappings / f"{name}.yaml").write_text(text, encoding="utf-8")
        self.mappings = load_mappings(mappings)
        self.store = self.database("hub.sqlite")
        self.settings = Settings(
            exports=self.sage.exports, imports=self.sage.imports, acks=self.sage.acks, stable_seconds=0
        )

    def database(self, name: str) -> Store:
        store = Store(f"sqlite:///{self.folder / name}")
        store.migrate()
        return store

    def sync(self) -> Report:
        connectors = {"odoo": self.odoo.connect(), "sage": connect("sage", self.settings)}
        return Engine(self.store, self.mappings, connectors).sync()

    def settle(self) -> None:
        """Runs and imports until nothing is written any more."""
        for _ in range(8):
            self.sage.step()
            if not self.sync().writes and not self.files():
                return
        raise AssertionError("it does not come to rest")

    def files(self) -> list[Path]:
        return sorted(path for path in self.sage.imports.iterdir() if path.is_file())

    def post(self, number: str, total: float = 120.0, account: str = "707100", **values: Any) -> str:
        """Somebody posts an invoice of 20 % tax."""
        net = round(total / 1.2, 2)
        lines = [
            {"code": "411100", "third": True, "name": number, "debit": total, "credit": 0.0},
            {"code": account, "third": False, "name": "Visite", "debit": 0.0, "credit": net},
            {
                "code": "445710",
                "third": False,
                "name": "TVA 20 %",
                "debit": 0.0,
                "credit": round(total - net, 2),
            },
        ]
        said = {"name": number, "partner": "7", "date": "2026-01-31", "due": "2026-03-02", "journal": "FAC"}
        return self.odoo["move"].add({**said, "line_ids": lines, **values})

    def numbers(self) -> list[str]:
        """The invoices entered in Sage, as often as they were."""
        return [one.facture for one in self.sage.accounts.entries() if one.tiers and one.debit]

    def dead_letters(self) -> list[listing.DeadLetter]:
        with self.store.transaction() as connection:
            return listing.dead_letters(connection)

    def reviews(self) -> list[listing.OpenReview]:
        with self.store.transaction() as connection:
            return listing.reviews(connection)

    def paid(self) -> list[Any]:
        return [row["amount"] for row in self.odoo["register"].rows().values()]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    company = Company(tmp_path)
    company.sage.export()
    company.odoo["partner"].add({"name": "Durand SA"}, id="7")
    yield company
    company.store.close()


def test_an_invoice_is_handed_over_after_its_customer_is_there(company: Company) -> None:
    """Both are new: Sage may import the files in any order, and would refuse entries of a stranger."""
    company.post("FAC/2026/0001")
    company.sync()
    assert [path.name.split("_")[0] for path in company.files()] == ["tiers"]
    company.sync()
    assert [path.name.split("_")[0] for path in company.files()] == ["tiers"]
    company.settle()
    entries = company.sage.accounts.entries("FAC/2026/0001")
    assert [(one.compte, one.tiers, one.debit, one.credit) for one in entries] == [
        ("411000", "H0001", Decimal("120.00"), Decimal(0)),
        ("707100", "", Decimal(0), Decimal("100.00")),
        ("445710", "", Decimal(0), Decimal("20.00")),
    ]
    assert not company.dead_letters()
    assert not company.reviews()
    assert company.sync().writes == 0


def test_payments_entered_in_sage_come_to_the_invoice_they_are_for(company: Company) -> None:
    move = company.post("FAC/2026/0001", 1250.0)
    company.settle()
    company.sage.accounts.pay("FAC/2026/0001", "1 000,00")
    company.sage.accounts.pay("FAC/2026/0001", "250,00")
    company.settle()
    rows = company.odoo["register"].rows().values()
    assert [(row["invoice_id"], row["amount"], row["payment_date"]) for row in rows] == [
        (move, 1000.0, "2026-03-01"),
        (move, 250.0, "2026-03-01"),
    ]
    assert company.sage.accounts.left_to_pay("FAC/2026/0001") == 0
    assert company.sync().writes == 0


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1 250,00", 1250.0),
        ("1.250,00", 1250.0),
        ("1\N{NO-BREAK SPACE}250,00", 1250.0),
        ("(125)", None),
        ("1e3", None),
        ("1.250", None),
    ],
)
def test_an_amount_is_read_as_it_is_meant_or_set_aside(
    company: Company, written: str, read: float | None
) -> None:
    company.post("FAC/2026/0001", 1250.0)
    company.settle()
    company.sage.accounts.pay("FAC/2026/0001", "250,00")
    company.sage.accounts.payments[0]["Montant"] = written
    company.settle()
    assert company.paid() == ([] if read is None else [read])
    said = [review.reason for review in company.reviews()]
    assert (said == []) == (read is not None)
    assert read is not None or any(written in reason or "amount is required" in reason for reason in said), (
        said
    )
    tally("bad inputs tried", int(read is None))


def test_a_character_that_was_spelled_otherwise_is_in_the_journal_of_its_invoice(company: Company) -> None:
    lines = [
        {"code": "411100", "third": True, "name": "Łódź", "debit": 120.0, "credit": 0.0},
        {"code": "707100", "third": False, "name": "Visite", "debit": 0.0, "credit": 120.0},
    ]
    company.post("FAC/2026/0001", line_ids=lines)
    company.post("FAC/2026/0002")
    company.settle()
    assert [one.intitule for one in company.sage.accounts.entries("FAC/2026/0001")] == ["Lódz", "Visite"]
    with company.store.transaction() as connection:
        found = history.changes(connection, history.Filter(entity="invoice", system="sage"))
    (told,) = [change for change in found if change.kind == "confirmed"]
    assert told.external_id == "FAC/2026/0001"
    assert "label 'Łódź' is written 'Lódz'" in told.after[REASON]


def test_an_account_sage_does_not_know_is_told_in_its_words_and_mends_by_itself(company: Company) -> None:
    move = company.post("FAC/2026/0001", account="709900")
    company.post("FAC/2026/0002")
    company.settle()
    assert company.numbers() == ["FAC/2026/0002"]
    (letter,) = company.dead_letters()
    assert letter.reason == "le compte général 709999 n'existe pas"
    company.odoo["move"].delete(move)
    company.post("FAC/2026/0003")
    company.settle()
    assert company.numbers() == ["FAC/2026/0002", "FAC/2026/0003"]


def test_a_hub_that_lost_its_database_hands_no_invoice_over_again(company: Company) -> None:
    company.post("FAC/2026/0001")
    company.post("FAC/2026/0002")
    company.settle()
    company.store.close()
    company.store = company.database("another.sqlite")
    company.settle()
    company.post("FAC/2026/0003")
    company.settle()
    assert sorted(company.numbers()) == ["FAC/2026/0001", "FAC/2026/0002", "FAC/2026/0003"]
    assert not company.dead_letters()
    assert company.sync().writes == 0
    tally("records duplicated", len(company.numbers()) - 3)


class Died(BaseException):
    """The hub's process is gone."""


def test_a_hub_that_dies_at_any_step_hands_every_invoice_over_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each rename, flush and removal of the hand-over is a place to die; Sage imports before it is back."""
    company.settle()
    posted: list[str] = []
    for at in count(1):
        for _ in range(2):
            posted.append(f"FAC/2026/{len(posted) + 1:04}")
            company.post(posted[-1])
        with monkeypatch.context() as patch:
            steps = _dying(patch, at)
            try:
                company.sync()
                died = False
            except Died:
                died = True
        if not died:
            assert steps[0] == at - 1 > 10, "every step was tried"
            return
        tally("faults injected")
        company.settle()
        assert sorted(company.numbers()) == posted, at
        assert not company.dead_letters(), at
        assert company.sync().writes == 0
        tally("records duplicated", len(company.numbers()) - len(posted))


def _dying(patch: pytest.MonkeyPatch, at: int) -> list[int]:
    steps = [0]

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def taken(*args: Any, **kwargs: Any) -> Any:
            _count(steps, at)
            found = real(*args, **kwargs)
            _count(steps, at)
            return found

        return taken

    for name in ("replace", "fsync"):
        patch.setattr(os, name, dying(getattr(os, name)))
    patch.setattr(Path, "unlink", dying(Path.unlink))
    return steps


def _count(steps: list[int], at: int) -> None:
    steps[0] += 1
    if steps[0] == at:
        raise Died
