"""`hub journal` and `hub undo` as a person types them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete

from hub.cli.journal import start
from hub.store import Store
from hub.store import tables as t
from tests.cli.conftest import Company, Said
from tests.tally import tally

Hub = Callable[..., Said]


@pytest.fixture
def moved(company: Company) -> Company:
    """The town hall was moved in the workbook, and Sage was told."""
    company.hub("sync")
    company.hub("conflicts", "resolve", "1", "--take", "clients")
    company.type_in("H3", "VARCES")
    company.hub("sync")
    return company


def changes(company: Company, *words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = company.hub("journal", "--json", "--limit", "0", *words).json["changes"]
    return found


def test_filters_combine(moved: Company) -> None:
    everything = changes(moved)
    run = str(everything[0]["run"])
    narrow = changes(moved, "--record", "mairie@vif", "--system", "sage", "--since", "2 days", "--run", run,
                     "--field", "city", "--entity", "customer")  # fmt: skip
    (line,) = narrow
    assert (line["system"], line["kind"], line["cause"]) == ("sage", "sent", "hub")
    assert line["before"] != line["after"]
    assert line in everything
    assert not changes(moved, "--record", "mairie@vif", "--system", "sage", "--since", "2999-01-01")


def test_a_field_is_found_under_every_name_it_has(moved: Company) -> None:
    found = changes(moved, "--field", "city")
    assert {line["system"] for line in found} == {"", "sage", "clients"}
    assert {line["system"] for line in changes(moved, "--field", "CT_Ville")} == {"sage"}


def test_every_line_tells_when_where_whose_word_and_what_became_of_what(moved: Company) -> None:
    moved.env["COLUMNS"] = "220"
    out = " ".join(moved.hub("journal", "--record", "C0002", "--field", "city").out.split())
    assert "changed by clients" in out
    assert "sent by hub in sage H00001" in out
    assert "city: Vif → VARCES" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["journal", "--since", "last week"], "does not understand 'last week'"),
        (["journal", "--since", ""], "does not understand ''"),
        (["journal", "--since", "2026-13-45"], "does not understand"),
        (["journal", "--record", " "], "no record is known by ' '"),
        (["journal", "--field", "citty"], "Did you mean 'city'?"),
        (["journal", "--entity", "custommer"], "Did you mean 'customer'?"),
        (["journal", "--system", ""], "there is no system ''"),
        (["undo", "9999"], "there is no change 9999 in the journal"),
        (["undo", "1", "0", "99999999999999999999"], "there is no change 0, 99999999999999999999"),
        (["undo", "--run", "99999999999999999999"], "there is no run 99999999999999999999"),
        (["undo", "--run", "-1"], "there is no run -1"),
        (["undo"], "say what to undo"),
        (["undo", "1", "--run", "1"], "say what to undo"),
    ],
)
def test_a_wrong_question_is_answered_with_what_would_be_right(
    moved: Company, words: list[str], said: str
) -> None:
    answer = moved.hub(*words)
    assert answer.code == 2
    assert said in " ".join(answer.err.split())
    tally("bad inputs tried")


def test_a_number_larger_than_any_finds_nothing_and_harms_nothing(moved: Company) -> None:
    assert changes(moved, "--run", "99999999999999999999") == []
    assert moved.hub("journal", "--limit", "99999999999999999999").code == 0


def test_a_plan_of_an_undo_changes_nothing_and_says_what_would_be_written(moved: Company) -> None:
    (agreed,) = [line for line in changes(moved, "--field", "city") if line["kind"] == "changed"][:1]
    lines = changes(moved)
    planned = moved.hub("undo", str(agreed["id"]), "--plan", "--json")
    assert planned.code == 0
    assert planned.json["run"] is None
    assert {write["system"] for write in planned.json["writes"]} >= {"clients"}
    assert changes(moved) == lines
    shown = moved.hub("undo", str(agreed["id"]), "--plan").out
    assert "would be put back" in " ".join(shown.split())
    assert "Then written" in shown


def test_several_changes_are_undone_at_once_and_their_run_is_undone_by_its_number(moved: Company) -> None:
    numbers = [str(line["id"]) for line in changes(moved, "--record", "C0002") if line["kind"] == "changed"]
    assert len(numbers) > 1
    undone = moved.hub("undo", *numbers, "--json")
    assert undone.code == 0
    assert {one["change"] for one in undone.json["undone"]} == set(map(int, numbers))
    back = moved.hub("undo", "--run", str(undone.json["run"]), "--json")
    assert back.code == 0
    moved.hub("sync")
    assert moved.cells(3)[7] == "VARCES"


def test_an_edit_in_the_workbook_that_was_not_read_yet_is_not_lost(moved: Company) -> None:
    (agreed,) = [line for line in changes(moved, "--field", "city") if line["kind"] == "changed"][:1]
    moved.type_in("H3", "Sète")
    said = moved.hub("undo", str(agreed["id"]))
    assert said.code == 1
    assert "city was edited in clients meanwhile" in " ".join(said.out.split())
    moved.hub("sync")
    assert moved.cells(3)[7] == "Sète"


def test_a_change_the_journal_let_go_is_told_from_one_that_never_was(moved: Company) -> None:
    store = Store(f"sqlite:///{moved.home / 'hub.sqlite'}")
    with store.transaction() as connection:
        connection.execute(delete(t.journal).where(t.journal.c.id == 1))
    store.close()
    said = moved.hub("undo", "1")
    assert said.code == 2
    assert "too old: the journal keeps it no longer" in " ".join(said.err.split())


def test_how_long_the_journal_is_kept_is_checked_where_it_is_written(moved: Company) -> None:
    text = moved.config.read_text(encoding="utf-8")
    moved.config.write_text(text + "\njournal:\n  keep: 3 fortnights\n", encoding="utf-8")
    wrong = moved.hub("status")
    assert wrong.code == 2
    assert "is no age such as" in wrong.err
    moved.config.write_text(text + "\njournal:\n  keep: null\n", encoding="utf-8")
    assert moved.hub("status").code in (0, 1)
    tally("bad inputs tried")


def test_a_date_is_this_machine_s_and_an_age_is_counted_back() -> None:
    from datetime import datetime, timedelta, timezone

    now = datetime(2026, 3, 31, 10, 0, tzinfo=timezone(timedelta(hours=2)))
    assert start("2026-03-01", now) == "2026-02-28T22:00:00.000+00:00"
    assert start("2 days", now) == "2026-03-29T08:00:00.000+00:00"
    assert start("999999999 years", now) == "0001-01-01T00:00:00.000+00:00"
