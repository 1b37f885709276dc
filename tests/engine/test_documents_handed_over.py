"""Documents handed over to a Sage that is only written: answered later, and never shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import rehearsal
from hub.mapping import Mappings, load_mappings
from hub.model import ARCHIVED
from hub.ports import Native, Traits
from hub.store import Store, outbox, worlds
from hub.world import World
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.engine.test_documents import INVOICE, LINES, edited, posted, written
from tests.memory import Crash, MemorySystem
from tests.tally import tally


@pytest.fixture
def company(store: Store, tmp_path: Path, load: Callable[[str], Mappings]) -> Company:
    load(CUSTOMER)
    written(tmp_path, INVOICE)
    made = Company(
        store,
        load_mappings(tmp_path / "mappings"),
        MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False, confirms=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )
    made.odoo["partner"].add({"name": "Durand SA", "siret": SIRETS[0]}, id="7")
    made.sync()
    answered(made)
    return made


def documents(company: Company) -> dict[str, dict[str, Any]]:
    return company.sage["ecritures"].rows()


def handed_over(company: Company) -> list[str]:
    """The documents of every import file so far, in order."""
    return [write.new_id or "" for write in company.sage.written if "facture" in write.values]


def waiting(company: Company) -> list[outbox.Mail]:
    with company.store.transaction() as connection:
        return outbox.sent(connection, "invoice", "sage")


def answered(company: Company) -> None:
    company.sage.deliver()
    company.sync()


def test_a_document_is_handed_over_once_and_done_with_when_it_is_accepted(company: Company) -> None:
    posted(company)
    company.sync()
    assert len(waiting(company)) == 1
    company.sync()
    answered(company)
    assert list(documents(company)) == ["FAC/2026/0001"]
    assert not waiting(company)
    assert company.sync().writes == 0
    assert handed_over(company) == ["FAC/2026/0001"]
    tally("records duplicated", len(handed_over(company)) - 1)


def test_a_refused_document_is_told_in_the_accounts_own_words_and_comes_again_corrected(
    company: Company,
) -> None:
    company.sage.refuse_later = _no_account_707
    move = posted(company)
    posted(company, [LINES[0], {**LINES[1], "code": "445710"}, LINES[2]], name="FAC/2026/0002")
    company.sync()
    answered(company)
    (letter,) = company.dead_letters()
    assert letter.reason == "compte P707 inconnu"
    assert list(documents(company)) == ["FAC/2026/0002"]
    assert company.sync().writes == 0, "what was refused is not sent again as it is"
    company.sage.refuse_later = None
    company.odoo["move"].set(move, {"date": "2026-02-01"})
    company.sync()
    answered(company)
    assert set(documents(company)) == {"FAC/2026/0001", "FAC/2026/0002"}
    assert not company.dead_letters()


def _no_account_707(values: Any) -> str | None:
    lines: Native = values.get("lignes")
    accounts = [line["compte"] for line in lines] if isinstance(lines, list) else []
    return "compte P707 inconnu" if "P707" in accounts else None


def test_nothing_is_said_of_an_edit_before_the_answer_and_all_of_it_after(company: Company) -> None:
    move = posted(company)
    company.sync()
    company.odoo["move"].set(move, {"date": "2026-02-01"})
    company.sync()
    assert not company.dead_letters()
    assert len(waiting(company)) == 1
    answered(company)
    (letter,) = company.dead_letters()
    assert "sage has this document, which is never changed" in letter.reason
    assert documents(company)["FAC/2026/0001"]["date"] == "310126"
    company.odoo["move"].set(move, {"date": "2026-01-31"})
    company.sync()
    assert not company.dead_letters()
    assert handed_over(company) == ["FAC/2026/0001"]


def test_a_document_edited_on_its_way_and_refused_comes_again_as_it_is_now(company: Company) -> None:
    company.sage.refuse_later = _no_account_707
    move = posted(company)
    company.sync()
    company.odoo["move"].set(move, {"date": "2026-02-01"})
    company.sync()
    company.sage.take_in()
    company.sage.refuse_later = None
    company.sync()
    answered(company)
    assert documents(company)["FAC/2026/0001"]["date"] == "010226"
    assert not company.dead_letters()


def test_looking_at_everything_anew_sends_no_document_again(company: Company, tmp_path: Path) -> None:
    """A mapping that was edited has every record compared with every system."""
    posted(company)
    posted(company, name="FAC/2026/0002")
    company.sync()
    company.sage.deliver()
    posted(company, name="FAC/2026/0003")
    company.sync()
    edited(company, tmp_path, INVOICE.replace("FAC: VTE", "FAC: VTE, DIV: OD"))
    company.sync()
    assert not company.dead_letters()
    answered(company)
    assert sorted(handed_over(company)) == ["FAC/2026/0001", "FAC/2026/0002", "FAC/2026/0003"]
    assert not waiting(company)
    assert company.sync().writes == 0


def test_a_plan_looks_at_answers_and_leaves_them_for_the_sync(company: Company) -> None:
    company.sage.refuse_later = _no_account_707
    posted(company)
    company.sync()
    company.sage.deliver()
    engine = company.engine()
    found = rehearsal.plan(engine, company.mappings, engine.connectors)
    assert found.refused == 1
    assert not company.dead_letters()
    company.sync()
    assert [letter.reason for letter in company.dead_letters()] == ["compte P707 inconnu"]


def test_a_document_waits_until_its_customer_is_there_and_not_only_on_its_way(company: Company) -> None:
    company.odoo["partner"].add({"name": "Martin", "siret": SIRETS[1]}, id="8")
    posted(company, partner="8")
    company.sync()
    company.sync()
    assert not handed_over(company)
    answered(company)
    assert handed_over(company) == ["FAC/2026/0001"]


@pytest.mark.parametrize("knob", ["crash_before", "crash_after"])
def test_a_crash_while_handing_over_makes_no_second_document(company: Company, knob: str) -> None:
    posted(company)
    company.sync()
    posted(company, name="FAC/2026/0002")
    setattr(company.sage, knob, 1)
    with pytest.raises(Crash):
        company.sync()
    tally("faults injected")
    company.sync()
    answered(company)
    assert sorted(documents(company)) == ["FAC/2026/0001", "FAC/2026/0002"]
    assert company.sync().writes == 0
    assert not waiting(company)


def test_the_link_of_an_accepted_document_holds_what_was_handed_over(company: Company) -> None:
    posted(company)
    company.sync()
    answered(company)
    with company.store.transaction() as connection:
        world = World(company.mappings["invoice"], str)
        worlds.fill_records(connection, world, "sage", ["FAC/2026/0001"])
    link = world.links["sage", "FAC/2026/0001"]
    assert not link.unconfirmed
    assert not link.echoes
    assert link.base["facture"] == "FAC/2026/0001"
    assert ARCHIVED not in link.base
