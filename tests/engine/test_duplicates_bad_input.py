"""Bases that are not as they should be, and records that change or go while they are one with another."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import backup, journal, rebuild, verdicts
from hub.clock import now
from hub.store import Store, copying
from hub.weighing import people
from tests.engine.conftest import Company
from tests.engine.lookalikes import (
    BAKERY,
    CUSTOMER,
    FEWER,
    GARAGE,
    at_rest,
    company_of,
    doubles,
    edited,
    golden_of,
    merged,
    nothing_doubled,
    questions,
    rows,
    same,
    shown,
    split,
    steps,
    typed,
    values_of,
)
from tests.tally import tally

FIRST, SECOND = ("odoo", "1"), ("odoo", "2")
MANY = 1_000
ASKED = 25
"""Questions of one record at most: see `hub.weighing.deciding`."""


@pytest.fixture
def company(store: Store, tmp_path: Path) -> Company:
    tally("bad inputs tried")
    return company_of(store, tmp_path, CUSTOMER)


def test_a_base_of_one_record_asks_nothing(company: Company) -> None:
    typed(company, "odoo", BAKERY)
    at_rest(company)
    assert not questions(company)
    nothing_doubled(company, 1, 1, 1)


def test_a_base_of_none_asks_nothing(company: Company) -> None:
    at_rest(company)
    assert not questions(company)


def test_records_that_say_nothing_are_nobody_s_double(company: Company) -> None:
    for _ in range(5):
        typed(company, "sage", {})
        typed(company, "odoo", {"city": "Voiron"})
    company.sync()
    assert not questions(company)
    assert not merged(company)
    assert {review.kind for review in company.reviews()} == {"incomplete"}


def test_one_value_that_all_share_makes_nobody_the_same(company: Company) -> None:
    names = (
        "Durand",
        "Garage du Lac",
        "Mairie de Voiron",
        "Pharmacie Lafayette",
        "Lycée Stendhal",
        "Plomberie Roux",
    )
    for name in names:
        typed(company, "odoo", {"name": name, "email": "compta@example.fr", "phone": "04 76 00 11 22"})
    for name in names[:3]:
        typed(company, "sage", {"name": f"{name} et Cie", "email": "compta@example.fr"})
    at_rest(company)
    assert not merged(company)
    assert len(questions(company)) <= len(names) * ASKED


@pytest.mark.parametrize("keyed", [False, True])
def test_thousands_of_identical_records_are_asked_about_a_few_times_and_linked_to_nobody(
    store: Store, tmp_path: Path, keyed: bool
) -> None:
    tally("bad inputs tried")
    company = company_of(store, tmp_path, CUSTOMER)
    said = {**BAKERY, "email": "a@example.fr"} if keyed else BAKERY
    for _ in range(MANY):
        typed(company, "odoo", said)
    company.engine().sync(systems=["odoo"])
    assert 0 < len(questions(company)) <= ASKED
    assert not merged(company)
    with company.store.reading() as connection:
        assert people.count(connection, "customer") == MANY


def test_an_archived_record_is_not_linked_by_itself_and_not_asked_about_unless_it_is_sure(
    company: Company,
) -> None:
    typed(company, "odoo", {**BAKERY, "siret": "73282932000074"})
    company.odoo["partner"].archive("1")
    typed(company, "sage", {**BAKERY})
    typed(company, "list", {"name": "Boulangerie Martin", "city": "Grenoble"})
    company.sync()
    assert not [one for one in merged(company) if golden_of(company, FIRST) in (one.keep, one.lose)]


def test_a_person_who_makes_an_archived_record_one_with_a_living_one_has_a_living_one(
    store: Store, tmp_path: Path
) -> None:
    company = company_of(store, tmp_path, FEWER)
    typed(company, "odoo", BAKERY)
    typed(company, "sage", GARAGE)
    company.engine().sync(systems=["odoo"])
    company.odoo["partner"].archive("1")
    company.sync()
    same(company, FIRST, ("sage", "C0001"))
    at_rest(company)
    assert not values_of(company, golden_of(company, FIRST))["__archived__"]
    assert not company.odoo["partner"].items["1"].archived


class TestOne:
    """What people do to records that are one with another."""

    @pytest.fixture
    def company(self, store: Store, tmp_path: Path) -> Company:
        company = company_of(store, tmp_path, FEWER)
        typed(company, "list", {**BAKERY}, "C001")
        typed(company, "list", {"name": "Boulangerie Martin"}, "C002")
        at_rest(company)
        same(company, ("list", "C001"), ("list", "C002"))
        at_rest(company)
        return company

    def test_a_double_that_is_deleted_is_no_deletion_of_the_customer(self, company: Company) -> None:
        company.book["Clients"].delete("C002")
        at_rest(company)
        assert ("list", "C002") not in doubles(company)
        assert not values_of(company, golden_of(company, ("list", "C001"))).get("__archived__")
        nothing_doubled(company, 2, 2, 1)

    def test_a_deleted_double_that_comes_back_as_it_was_is_the_double_again(self, company: Company) -> None:
        kept = golden_of(company, ("list", "C001"))
        company.book["Clients"].delete("C002")
        at_rest(company)
        company.book["Clients"].bring_back("C002")
        at_rest(company)
        assert golden_of(company, ("list", "C002")) == kept
        nothing_doubled(company, 2, 2, 2)

    def test_a_double_s_key_that_is_typed_anew_for_somebody_else_is_somebody_else(
        self, company: Company
    ) -> None:
        kept = golden_of(company, ("list", "C001"))
        said = values_of(company, kept)
        company.book["Clients"].delete("C002")
        at_rest(company)
        typed(company, "list", GARAGE, "C002")
        at_rest(company)
        assert values_of(company, kept) == said
        assert golden_of(company, ("list", "C002")) != kept
        assert values_of(company, golden_of(company, ("list", "C002")))["name"] == GARAGE["name"]

    def test_the_kept_record_deleted_its_double_takes_its_place(self, company: Company) -> None:
        kept = golden_of(company, ("list", "C001"))
        company.book["Clients"].delete("C001")
        at_rest(company)
        assert not values_of(company, kept).get("__archived__"), "the customer is still in the list"
        assert golden_of(company, ("list", "C002")) == kept
        assert shown(company, ("list", "C002"), "phone") == BAKERY["phone"]
        nothing_doubled(company, 2, 2, 1)

    def test_split_after_the_double_was_deleted_makes_no_third(self, company: Company) -> None:
        company.book["Clients"].delete("C002")
        at_rest(company)
        split(company)
        at_rest(company)
        assert len(rows(company, "sage")) == 2
        assert len(rows(company, "list")) <= 2

    def test_deleted_everywhere_in_one_system_after_the_merge_it_is_archived_as_any_other(
        self, company: Company
    ) -> None:
        kept = golden_of(company, ("list", "C001"))
        for id in ("C002", "C001"):
            company.book["Clients"].delete(id)
            company.sync()
        at_rest(company)
        assert values_of(company, kept).get("__archived__")

    def test_a_double_that_is_edited_is_heard(self, company: Company) -> None:
        edited(company, ("list", "C002"), city="Sète")
        at_rest(company)
        assert values_of(company, golden_of(company, ("list", "C001")))["city"] == "Sète"
        assert shown(company, ("list", "C001"), "city") == "Sète"

    def test_a_double_that_cannot_be_read_is_said_and_stops_nobody(self, company: Company) -> None:
        company.book["Clients"].spoil("C002", "Ville")
        edited(company, ("list", "C001"), city="Sète")
        company.sync()
        assert shown(company, ("sage", "K001"), "city") == "Sète"
        company.book["Clients"].set("C002", {"Ville": None})
        at_rest(company)

    def test_asked_to_put_a_double_away_that_is_gone_it_is_done(self, company: Company) -> None:
        company.book["Clients"].delete("C002")
        verdicts.merge_again(company.engine(), merged(company)[0].id)
        at_rest(company)
        assert {one.state for one in steps(company)} == {"done"}
        split(company)
        at_rest(company)

    def test_asked_to_put_a_double_away_of_one_that_is_gone_it_says_so(self, company: Company) -> None:
        for id in ("C001", "C002"):
            company.book["Clients"].delete(id)
        verdicts.merge_again(company.engine(), merged(company)[0].id)
        company.sync()
        company.sync()
        told = {one.system: (one.state, one.reason) for one in steps(company)}
        assert told["list"] == ("refused", "record C001 is no longer in list")


class TestLater:
    """What becomes of mergers when the hub's memory is lost, cut, or asked to undo a run."""

    @pytest.fixture
    def company(self, store: Store, tmp_path: Path) -> Company:
        company = company_of(store, tmp_path, CUSTOMER)
        typed(company, "odoo", {**BAKERY, "email": "a@example.fr"})
        typed(company, "odoo", {**BAKERY, "name": "Boulangerie Martin"})
        typed(company, "list", GARAGE)
        at_rest(company)
        verdicts.same(company.engine(), questions(company)[0].id, merges=True)
        at_rest(company)
        nothing_doubled(company, 3, 2, 2)
        return company

    def test_undoing_the_run_that_made_them_one_says_to_split(self, company: Company) -> None:
        before = {system: rows(company, system) for system in ("odoo", "sage", "list")}
        run = next(one.run for one in company.journal() if one.kind == "dissolved")
        found = journal.undo(company.engine(), journal.replaced(company.journal(run=run)), whole=True)
        told = [one for one in found.results if one.change.kind in ("merged", "dissolved")]
        assert told
        assert all("hub duplicates split" in one.reason and not one.done for one in told)
        at_rest(company)
        assert {system: rows(company, system) for system in ("odoo", "sage", "list")} == before
        split(company)
        at_rest(company)
        nothing_doubled(company, 3, 3, 3)

    def test_a_merger_can_be_taken_back_when_the_journal_is_pruned(self, company: Company) -> None:
        journal.prune(company.store, "2100-01-01T00:00:00+00:00")
        split(company)
        at_rest(company)
        nothing_doubled(company, 3, 3, 3)
        assert golden_of(company, FIRST) != golden_of(company, SECOND)
        assert not questions(company)

    def test_a_lost_database_doubles_nothing_and_asks_again_what_only_it_knew(self, company: Company) -> None:
        with company.store.transaction() as connection:
            copying.clear(connection)
        found = rebuild.rebuild(company.engine())
        assert not found.writes
        for _ in range(4):
            company.sync(compare=True)
        nothing_doubled(company, 3, 2, 2)

    def test_a_restored_backup_holds_mergers_and_verdicts(self, company: Company, tmp_path: Path) -> None:
        file = backup.backup(company.store, tmp_path / "hub.backup", at=now()).file
        routes = {"customer": ["odoo", "sage", "list"]}
        backup.restore(company.store, file, routes, replace=True, at=company.engine().clock())
        for _ in range(3):
            company.sync(compare=True)
        nothing_doubled(company, 3, 2, 2)
        assert len(merged(company)) == 1
        split(company)
        for _ in range(3):
            company.sync(compare=True)
        nothing_doubled(company, 3, 3, 3)

    def test_a_backup_from_before_the_merge_doubles_nothing(self, store: Store, tmp_path: Path) -> None:
        company = company_of(store, tmp_path, CUSTOMER)
        typed(company, "odoo", {**BAKERY, "email": "a@example.fr"})
        typed(company, "odoo", {**BAKERY, "name": "Boulangerie Martin"})
        at_rest(company)
        file = backup.backup(company.store, tmp_path / "hub.backup", at=now()).file
        verdicts.same(company.engine(), questions(company)[0].id, merges=True)
        at_rest(company)
        routes = {"customer": ["odoo", "sage", "list"]}
        backup.restore(company.store, file, routes, replace=True, at=company.engine().clock())
        for _ in range(4):
            company.sync(compare=True)
        assert len(questions(company)) <= 1
        nothing_doubled(company, 2, 1, 1)
