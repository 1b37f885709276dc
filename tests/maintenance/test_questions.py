"""The question after a visit: once, of those who remember it, and the answer kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.maintenance.questions import QuestionShelf
from hub.maintenance.settings import Settings
from hub.mapping import load_mappings
from hub.ports import Native, Refused
from hub.store import Store, flags
from hub.store import tables as t
from hub.store.repository import loads
from tests.maintenance.company import VISIT, Company
from tests.memory import Crash
from tests.tally import tally

SATISFACTION = """
entity: satisfaction
fields:
  visit: {type: ref, entity: visit, required: true}
  customer: {type: ref, entity: customer}
  asked_on: {type: date}
  score: {type: number}
  comment: {type: text}
match: [{exact: [visit]}]
conflicts: {default: [odoo, maintenance]}
systems:
  maintenance:
    object: question
    on_delete: ignore
    fields:
      visit: {field: visit, direction: pull}
      customer: {field: customer, direction: pull}
      asked_on: {field: asked_on, direction: pull}
      score: score
      comment: comment
  odoo:
    object: rating
    on_delete: ignore
    fields: {visit: task, customer: partner, score: score, comment: comment}
"""


@pytest.fixture
def asking(company_with: Callable[[str], Company], tmp_path: Path) -> Company:
    """A company that asks its customers, with a contract of Dupont's and its visits."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/satisfaction.yaml").write_text(SATISFACTION, encoding="utf-8")
    company = company_with(VISIT)
    _sign(company, "CT-9")
    company.at_rest()
    return company


def _sign(company: Company, number: str, customer: str | None = None) -> str:
    """A contract of four visits a year from January on, for a customer of its own."""
    whose = customer or company.odoo["partner"].add({"name": f"Dupont {number}", "city": "Seynod"})
    return company.odoo["contract"].add(
        {"number": number, "partner": whose, "start": "2026-01-05", "often": "4/12"}
    )


def _first(company: Company) -> str:
    return next(iter(company.tasks()))


def _asked(company: Company) -> list[dict[str, Any]]:
    """The questions that reached the other system."""
    return [{"id": id, **item.values} for id, item in company.odoo["rating"].items.items()]


def _rows(company: Company) -> list[dict[str, Any]]:
    with company.store.reading() as connection:
        rows = connection.execute(select(t.question).order_by(t.question.c.id)).all()
    return [{"visit": row.visit, "change": row.change, **loads(row.data)} for row in rows]


def test_a_done_visit_is_asked_about_once(asking: Company) -> None:
    asking.odoo["task"].edit(_first(asking), state="done")
    asking.at_rest()
    (question,) = _asked(asking)
    assert question["task"] == _first(asking)
    assert question["partner"] == asking.tasks()[_first(asking)]["partner"]
    assert [row["asked_on"] for row in _rows(asking)] == ["2026-01-05"]
    before = _rows(asking)
    assert sum(asking.sync().writes for _ in range(10)) == 0
    assert _rows(asking) == before
    tally("records duplicated", len(_asked(asking)) - 1)
    assert len(_asked(asking)) == 1


def test_visits_planned_confirmed_or_cancelled_are_not_asked_about(asking: Company) -> None:
    first, second, *_ = asking.tasks()
    asking.odoo["task"].edit(first, state="ok")
    asking.odoo["task"].edit(second, state="no")
    asking.at_rest()
    assert _asked(asking) == []


def test_the_answer_is_kept_as_a_score_with_its_comment(asking: Company) -> None:
    asking.odoo["task"].edit(_first(asking), state="done")
    asking.at_rest()
    (question,) = _asked(asking)
    asking.odoo["rating"].edit(question["id"], score=5, comment="Très bien")
    asking.at_rest()
    (row,) = _rows(asking)
    assert (row["score"], row["comment"]) == (5, "Très bien")
    asking.odoo["rating"].edit(question["id"], score=3, comment="Réflexion faite")
    asking.at_rest()
    (row,) = _rows(asking)
    assert (row["score"], row["comment"]) == (3, "Réflexion faite")


def test_done_twice_is_asked_once(asking: Company) -> None:
    for state in ("done", "ok", "done"):
        asking.odoo["task"].edit(_first(asking), state=state)
        asking.at_rest()
    assert len(_asked(asking)) == 1


def test_what_was_done_before_the_hub_first_asked_is_history(
    company_with: Callable[[str], Company], tmp_path: Path
) -> None:
    company = company_with(VISIT)
    _sign(company, "CT-9")
    company.at_rest()
    first, second, *_ = company.tasks()
    company.odoo["task"].edit(first, state="done")
    company.at_rest()
    (tmp_path / "mappings/satisfaction.yaml").write_text(SATISFACTION, encoding="utf-8")
    company.mappings = load_mappings(tmp_path / "mappings")
    company.at_rest()
    assert _rows(company) == []
    company.odoo["task"].edit(second, state="done")
    company.at_rest()
    assert [question["task"] for question in _asked(company)] == [second]


def test_nobody_is_asked_about_a_visit_of_long_ago(asking: Company) -> None:
    first = _first(asking)
    asking.days(31)
    asking.odoo["task"].edit(first, state="done")
    asking.at_rest()
    assert _asked(asking) == []


def test_a_visit_without_a_customer_is_asked_about_when_it_has_one(asking: Company) -> None:
    asking.odoo["contract"].add({"number": "CT-X", "start": "2026-01-05", "often": "1/12"})
    asking.at_rest()
    task, *_ = [id for id, one in asking.tasks().items() if "CT-X" in str(one["name"])]
    asking.odoo["task"].edit(task, state="done")
    asking.at_rest()
    assert _asked(asking) == []
    asking.odoo["task"].edit(task, partner=asking.odoo["partner"].add({"name": "Martin"}))
    asking.at_rest()
    assert [question["task"] for question in _asked(asking)] == [task]


@pytest.mark.parametrize("knob", ["crash_before", "crash_after"])
def test_a_hub_that_dies_in_the_middle_asks_once(asking: Company, knob: str) -> None:
    tasks = list(asking.tasks())[:2]
    for task in tasks:
        asking.odoo["task"].edit(task, state="done")
        setattr(asking.odoo, knob, 1)
        with pytest.raises(Crash):
            asking.sync()
        asking.at_rest()
        tally("crashes survived")
    assert sorted(str(question["task"]) for question in _asked(asking)) == sorted(tasks)


def test_while_the_hub_recovers_nothing_is_asked(asking: Company, store: Store) -> None:
    shelf = QuestionShelf(Settings())
    with store.transaction() as connection:
        flags.begin_recovering(connection, "rebuild", "2026-01-01T00:00:00+00:00", {"visit": ["odoo"]})
    asking.odoo["task"].edit(_first(asking), state="done")
    with store.transaction() as connection:
        shelf.refresh(connection, asking.now())
    assert _rows(asking) == []
    # The question of before comes back from the system that has it.
    with store.transaction() as connection:
        values: dict[str, Native] = {"visit": "a-visit", "score": 5, "comment": None}
        made = shelf.make(connection, "satisfaction_1", values, asking.now())
        assert shelf.make(connection, "satisfaction_1", values, asking.now()) == made
        twice = shelf.make(connection, "satisfaction_2", values, asking.now())
        assert isinstance(twice, Refused)
        assert shelf.find(connection, ["satisfaction_1", "satisfaction_9"]) == {"satisfaction_1": made}


@pytest.mark.parametrize("score", [6, -1, "très bien", True])
def test_what_is_no_score_is_refused(store: Store, score: Any) -> None:
    shelf = QuestionShelf(Settings())
    at = datetime(2026, 1, 5, tzinfo=UTC)
    with store.transaction() as connection:
        refused = shelf.make(connection, "satisfaction_1", {"visit": "v", "score": score}, at)
        assert isinstance(refused, Refused)
        assert refused.field == "score"
        assert "a score is a number from 0 to 5" in refused.reason
        assert connection.execute(select(t.question)).all() == []
