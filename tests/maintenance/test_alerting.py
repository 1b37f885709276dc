"""Alerts reach another system once each, and close with their reason, through the engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from hub.mapping import load_mappings
from hub.ports import Native
from hub.store import Store
from tests.maintenance.company import CONTRACT, CUSTOMER, VISIT, Company
from tests.tally import tally

WITH_AMOUNT = CONTRACT.replace(
    "  hours: {type: number}\n", "  hours: {type: number}\n  amount: {type: money}\n", 1
)
WITH_AMOUNT = WITH_AMOUNT.replace("      hours: Durée\n", "      hours: Durée\n      amount: Montant\n", 1)
WITH_AMOUNT = WITH_AMOUNT.replace("periodicity: often}", "periodicity: often, amount: price}", 1)
WITH_AMOUNT = WITH_AMOUNT.replace("{default: latest}", "{default: latest, amount: ask}", 1)
ALERT = """
entity: alert
fields:
  title: {type: text, required: true}
  details: {type: text, multiline: true}
  kind: {type: text}
  customer: {type: ref, entity: customer}
  contract: {type: ref, entity: contract}
  visit: {type: ref, entity: visit}
  day: {type: date, required: true}
systems:
  maintenance:
    object: alert
    creates: false
    on_delete: ignore
    fields:
      title: {field: title, direction: pull}
      details: {field: details, direction: pull}
      kind: {field: kind, direction: pull}
      customer: {field: customer, direction: pull}
      contract: {field: contract, direction: pull}
      visit: {field: visit, direction: pull}
      day: {field: day, direction: pull}
  odoo:
    object: activity
    adopts: false
    on_delete: done
    fields: {title: summary, details: note, kind: kind, day: due, visit: task}
"""


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Company:
    folder = tmp_path / "mappings"
    folder.mkdir()
    named = {"customer": CUSTOMER, "contract": WITH_AMOUNT, "visit": VISIT, "alert": ALERT}
    for name, text in named.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Company(store, load_mappings(folder))


def told(office: Company, kind: str) -> dict[str, Mapping[str, Native]]:
    """The activities of a kind that nobody has done, by their ids."""
    items = office.odoo["activity"].items.items()
    return {id: item.values for id, item in items if item.values["kind"] == kind and not item.archived}


def of_customer(office: Company, **more: Native) -> str:
    """A contract that somebody typed in odoo, with its customer."""
    vif = office.odoo["partner"].add({"name": "Mairie de Vif", "city": "Vif"})
    values: dict[str, Native] = {"number": "CT-9", "partner": vif, "start": "2026-03-02", "often": "1/12"}
    return office.odoo["contract"].add({**values, **more})


def test_a_contract_without_a_customer_is_told_in_the_same_cycle(office: Company) -> None:
    office.sign()
    office.sync()
    (alert,) = told(office, "no_customer").values()
    assert alert["summary"] == "Contrat CT-014 : sans client"


def test_a_hundred_runs_tell_nothing_twice(office: Company) -> None:
    office.sign()
    of_customer(office, end="2026-03-31")
    office.at_rest()
    office.odoo.written.clear()
    before = len(office.odoo["activity"].items)
    assert sum(office.sync().writes for _ in range(100)) == 0
    assert not office.odoo.written
    assert len(office.odoo["activity"].items) == before
    tally("records duplicated", len(office.odoo["activity"].items) - before)


def test_days_that_pass_write_no_alert_anew(office: Company) -> None:
    office.sign()
    office.at_rest()
    office.days(40)
    office.at_rest()
    (late,) = told(office, "overdue").values()
    assert "02/02/2026" in str(late["summary"])
    before = {id: dict(item.values) for id, item in office.odoo["activity"].items.items()}
    for _ in range(5):
        office.days(1)
        office.at_rest()
    after = {id: dict(item.values) for id, item in office.odoo["activity"].items.items()}
    assert {id: after[id] for id in before} == before


def test_a_contract_that_ends_soon_is_told_and_an_end_that_moves_away_takes_it_back(office: Company) -> None:
    contract = of_customer(office, end="2026-03-31")
    office.at_rest()
    ((activity, alert),) = told(office, "ending").items()
    assert alert["summary"] == "Contrat CT-9 : se termine le 31/03/2026"
    office.odoo["contract"].edit(contract, end="2027-03-31")
    office.at_rest()
    assert not told(office, "ending")
    assert office.odoo["activity"].items[activity].archived
    office.odoo["contract"].edit(contract, end="2026-03-31")
    office.at_rest()
    assert len(told(office, "ending")) == 1, "a reason that comes back is another occasion"
    assert activity not in told(office, "ending")


def test_an_alert_that_somebody_closed_is_not_told_again_while_its_reason_lasts(office: Company) -> None:
    office.sign()
    office.at_rest()
    ((activity, _),) = told(office, "no_customer").items()
    office.odoo["activity"].archive(activity)
    for _ in range(3):
        office.days(1)
        office.at_rest()
    assert not told(office, "no_customer")
    assert sum(item.values["kind"] == "no_customer" for item in office.odoo["activity"].items.values()) == 1


def test_an_activity_that_is_deleted_counts_as_closed(office: Company) -> None:
    office.sign()
    office.at_rest()
    ((activity, _),) = told(office, "no_customer").items()
    office.odoo["activity"].delete(activity)
    office.at_rest()
    office.engine().sync(compare=True)
    office.days(1)
    office.at_rest()
    assert not told(office, "no_customer")


def test_a_visit_nobody_confirmed_is_told_until_somebody_does(office: Company) -> None:
    office.sign()
    office.at_rest()
    ((_, alert),) = told(office, "unplanned").items()
    visit = next(iter(office.tasks()))
    assert alert["task"] == visit
    office.odoo["task"].edit(visit, state="ok")
    office.at_rest()
    assert not told(office, "unplanned")


def test_amounts_that_differ_between_word_and_odoo_are_told(office: Company) -> None:
    office.sign(Montant="1250")
    vif = office.odoo["partner"].add({"name": "Mairie de Vif", "city": "Vif"})
    office.odoo["contract"].add({"number": "CT-014", "partner": vif, "start": "2026-02-02", "price": "1300"})
    office.at_rest()
    (alert,) = told(office, "amounts").values()
    assert "1250" in str(alert["note"])
    assert "1300" in str(alert["note"])
    office.word["contracts"].edit("CT-014", Montant="1300")
    office.at_rest()
    assert not told(office, "amounts")


def test_a_value_that_cannot_be_read_is_told_with_its_reason(office: Company) -> None:
    office.sign(Périodicité="deux visites par an, trimestrielles")
    office.at_rest()
    (alert,) = told(office, "unreadable").values()
    assert "deux visites par an, trimestrielles" in str(alert["note"])
    office.word["contracts"].edit("CT-014", Périodicité="semestrielle")
    office.at_rest()
    assert not told(office, "unreadable")
    assert len(office.tasks()) == 2
