"""Records that systems disagree on the identity of, and values a system will not take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sandbox.odoo import Call, ValidationError
from sandbox.odoo import Odoo as SandboxOdoo
from tests.bad_input.office import Blemish, Office, is_at_rest, is_listed, stands_out
from tests.story import company
from tests.story.company import customer


def in_odoo(number: int, values: Callable[[Office], Mapping[str, Any]]) -> Callable[[Office], None]:
    def change(office: Office) -> None:
        office.call("res.partner", "write", [office.partner(number)["id"]], dict(values(office)))

    return change


def typed_again(office: Office) -> None:
    """Somebody enters customer 2 a second time, under another name and number."""
    office.workbook.add(("C0099", "Deuxième fiche", customer(2).siret, None, None, "deux@fiche.example"))


def corrected_again(office: Office) -> None:
    office.workbook.edit({"C0099": {"N° SIRET": customer(12).siret}})


BLEMISHES = {
    "a second record with a key": Blemish(
        "clients", typed_again, corrected_again,
        ("Deuxième fiche", customer(2).name, "C0099", "C0002", "siret"),
        holds=lambda it: len(it.partners()) == len(it.sage.rows) == 4,
        listed="duplicates list",
        after=lambda it: "Deuxième fiche" in it.partners() and len(it.sage.rows) == 5,
    ),
    "the key of another customer": Blemish(
        "odoo", in_odoo(1, lambda it: {it.siret: customer(2).siret}),
        in_odoo(1, lambda it: {it.siret: customer(1).siret}),
        (customer(1).name, customer(2).name, "siret"),
        listed="duplicates list",
        holds=lambda it: len(it.partners()) == len(it.sage.rows) == len(it.workbook.rows()) == 4,
        after=lambda it: it.partner(1)[it.siret] == it.sage.rows["S00001"]["CT_Siret"] == customer(1).siret,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BLEMISHES)
def test_two_records_that_claim_one_key_wait_for_a_person(name: str, office: Office) -> None:
    stands_out(office, BLEMISHES[name])


def test_two_systems_that_enter_one_company_make_one_customer(office: Office) -> None:
    """The same SIRET on two sides at once, under names that differ: one customer, whatever the names."""
    office.create({**company.partner(customer(20), office.siret, office.france), "name": "Résidence A"})
    company.fill_sage(office.sage, [customer(20)])
    office.sage.export()
    office.hub("sync", "--json")
    office.hand_over()
    office.hub("sync", "--json")
    assert [row["CT_Siret"] for row in office.sage.rows.values()].count(customer(20).siret) == 1
    assert [row[office.siret] for row in office.partners().values()].count(customer(20).siret) == 1
    assert len(office.workbook.rows()) == 5
    office.hand_over()
    is_at_rest(office)


def test_a_value_that_odoo_refuses_is_set_aside_with_its_words(sandbox: SandboxOdoo, office: Office) -> None:
    words = "The street of this contact is under a ban."

    def no_ban(call: Call) -> None:
        if "rue Interdite" in str(call.args) + str(call.kwargs) and call.method in BATCHES:
            raise ValidationError(words)

    sandbox.before.append(no_ban)
    stands_out(office, Blemish(
        "clients", lambda it: it.workbook.edit({"C0002": {"Adresse": "9 rue Interdite"}}),
        lambda it: it.workbook.edit({"C0002": {"Adresse": "9 rue Permise"}}),
        (customer(2).name, words, "correct the value"),
        holds=lambda it: it.partner(2)["street"] == customer(2).street
        and it.sage.rows["S00002"]["CT_Adresse"] == "9 rue Interdite",
        after=lambda it: it.partner(2)["street"] == it.sage.rows["S00002"]["CT_Adresse"] == "9 rue Permise",
        listed="deadletters",
    ))  # fmt: skip


BATCHES = ("write", "web_save_multi", "load", "create", "web_save")


def test_a_value_that_sage_refuses_is_set_aside_with_its_words(office: Office) -> None:
    office.sage.forbidden["CT_Adresse"] = "9 rue Interdite"
    office.workbook.edit({"C0002": {"Adresse": "9 rue Interdite"}, "C0003": {"Adresse": "3 rue Permise"}})
    office.hub("sync", code=0)
    office.hand_over()
    office.hub("sync", code=1)
    is_listed(office, "deadletters", customer(2).name, "valeur refusée dans CT_Adresse", "sage")
    assert office.sage.rows["S00002"]["CT_Adresse"] == customer(2).street
    assert office.sage.rows["S00003"]["CT_Adresse"] == "3 rue Permise"
    assert office.partner(2)["street"] == "9 rue Interdite"

    office.workbook.edit({"C0002": {"Adresse": "9 rue Permise"}})
    office.hub("sync", code=0)
    office.hand_over()
    is_at_rest(office)
    assert office.sage.rows["S00002"]["CT_Adresse"] == office.partner(2)["street"] == "9 rue Permise"


def test_a_value_too_long_for_sage_is_refused_where_cutting_would_spoil_it(office: Office) -> None:
    """A name may be cut, knowingly; an e-mail address cut short would be another one."""
    address = f"{'a' * 64}@client.example"
    office.workbook.edit({"C0002": {"Mail": address}})
    office.hub("sync", code=1)
    is_listed(office, "deadletters", "email", "needs 79 characters", "CT_EMail holds 69")
    assert office.sage.rows["S00002"]["CT_EMail"] == customer(2).email
    (row,) = (row for row in office.partners().values() if row["name"] == customer(2).name)
    assert row["email"] == address
    office.workbook.edit({"C0002": {"Mail": "court@client.example"}})
    office.hub("sync", code=0)
    office.hand_over()
    assert office.sage.rows["S00002"]["CT_EMail"] == "court@client.example"
    is_at_rest(office)
