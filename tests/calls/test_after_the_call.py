"""Missed calls become work in Odoo and finished calls are logged there, on the sandbox; through outages and
crashes, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.odoo import Call, Lost, Odoo, serve
from sandbox.odoo.schema import Model, boolean, char, date, datetime, decimal, html, many2one, selection, text
from tests.calls.after import NUMBER, STRANGER, Access, AfterCalls, Form, strangers, tell
from tests.tally import tally

FOUR = [("0", "Low"), ("1", "Medium"), ("2", "High"), ("3", "Very High")]
MODELS = [
    Model("project.project", "Project", fields={"name": char("Name", required=True)}),
    Model("crm.team", "Sales Team", fields={"name": char("Sales Team", required=True, translate=True)}),
    Model(
        "project.task",
        "Task",
        fields={
            "name": char("Title", required=True),
            "active": boolean("Active", default=True),
            "project_id": many2one("project.project", "Project"),
            "partner_id": many2one("res.partner", "Customer"),
            "description": html("Description"),
            "priority": selection(FOUR, "Priority", default="0"),
            "state": selection(
                [("01_in_progress", "In Progress"), ("03_approved", "Approved"), ("1_done", "Done"),
                 ("1_canceled", "Cancelled")], "State", default="01_in_progress", required=True,
            ),
        },
    ),
    Model(
        "crm.lead",
        "Lead",
        fields={
            "name": char("Opportunity", required=True),
            "active": boolean("Active", default=True),
            "type": selection([("lead", "Lead"), ("opportunity", "Opportunity")], "Type", required=True),
            "partner_id": many2one("res.partner", "Customer"),
            "phone": char("Phone"),
            "description": html("Notes"),
            "team_id": many2one("crm.team", "Sales Team"),
            "priority": selection(FOUR, "Priority", default="0"),
        },
    ),
    Model(
        "crm.phonecall",
        "Phonecall",
        fields={
            "name": char("Call Summary", required=True),
            "partner_id": many2one("res.partner", "Contact"),
            "partner_phone": char("Phone"),
            "description": text("Description"),
            "duration": decimal("Duration"),
            "date": datetime("Date"),
            "state": selection([("open", "Confirmed"), ("done", "Held")], "Status", default="open"),
            "direction": selection([("in", "In"), ("out", "Out")], "Direction", default="out", required=True),
            "day": date("Day"),
        },
    ),
]  # fmt: skip
TASK = Form("task.yaml", "project.task", open=[["state", "not in", ["1_done", "1_canceled"]]],
            raised={"priority": "1"})  # fmt: skip
LEAD = Form("lead.yaml", "crm.lead", raised={"priority": "2"})
PHONECALL = Form("phonecall.yaml", "crm.phonecall")


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with serve(19, models=MODELS) as running:
        running.env["project.project"].create({"name": "Rappels"})
        running.env["crm.team"].create({"name": "Support"})
        yield running


@pytest.fixture
def access(odoo: Odoo) -> Access:
    return Access(odoo.url, odoo.database, odoo.login, odoo.password)


@pytest.fixture(params=[TASK, LEAD], ids=["task", "lead"])
def form(request: pytest.FixtureRequest) -> Form:
    found: Form = request.param
    return found


@pytest.fixture
def office(tmp_path: Path, access: Access, form: Form) -> Iterator[AfterCalls]:
    opened = AfterCalls(tmp_path, access, form)
    yield opened
    opened.close()


@pytest.fixture
def logging(tmp_path: Path, access: Access) -> Iterator[AfterCalls]:
    opened = AfterCalls(tmp_path, access, PHONECALL)
    yield opened
    opened.close()


def test_a_callback_is_opened_raised_closed_and_opened_anew(office: AfterCalls, form: Form) -> None:
    assert office.check() == []
    tell(office, form)
    strangers(office, form)


def test_what_a_person_closes_in_odoo_is_closed_here(office: AfterCalls, form: Form) -> None:
    office.customer()
    office.telephone.missed(NUMBER)
    office.sync()
    (id,) = office.still_open(form)
    office.do(form.model, "write", [id], {"state": "1_canceled"} if form is TASK else {"active": False})
    office.sync()
    assert office.waiting() == 0
    office.settled()
    office.telephone.missed(NUMBER)
    office.sync()
    (new,) = office.still_open(form)
    assert new != id


def test_what_a_person_changed_on_it_stands(office: AfterCalls, form: Form) -> None:
    durand = office.customer()
    other = office.customer("Martin SAS", "+33450999111")
    office.telephone.missed(NUMBER)
    office.sync()
    (id,) = office.still_open(form)
    mine = {"partner_id": other, "description": "<p>Vu avec M. Bel</p>"}
    office.do(form.model, "write", [id], mine | ({"state": "03_approved"} if form is TASK else {}))
    office.sync()
    office.settled()
    office.telephone.missed(NUMBER)
    office.sync()
    (row,) = office.do(form.model, "read", [id], ["partner_id", "description", "name", "priority"])
    assert row["partner_id"][0] == other != durand
    assert "M. Bel" in row["description"]
    assert "2 appels" in row["name"]
    if form is TASK:
        assert office.do(form.model, "read", [id], ["state"])[0]["state"] == "03_approved"
    office.settled()


def test_other_peoples_records_are_left_alone_and_nobody_is_asked_about_them(
    office: AfterCalls, form: Form
) -> None:
    kind = {"type": "lead"} if form is LEAD else {}
    theirs = office.do(form.model, "create", {"name": "Le nôtre", **kind})
    office.customer()
    office.telephone.missed(NUMBER)
    office.sync(compare=True)
    office.do(form.model, "write", [theirs], {"name": "Encore le nôtre"})
    office.sync(compare=True)
    assert office.do(form.model, "read", [theirs], ["name"])[0]["name"] == "Encore le nôtre"
    assert office.reviews() == []
    assert len(office.seen(form)) == 2
    office.settled()


def test_a_record_that_somebody_deletes_closes_the_callback(office: AfterCalls, form: Form) -> None:
    office.customer()
    office.telephone.missed(NUMBER)
    office.sync()
    office.do(form.model, "unlink", office.still_open(form))
    office.sync(compare=True)
    office.sync()
    assert office.waiting() == 0
    assert office.seen(form) == []
    office.settled()


def test_with_odoo_down_everything_arrives_later_and_once(office: AfterCalls, form: Form, odoo: Odoo) -> None:
    office.customer()

    def down(call: Call) -> None:
        raise Lost("maintenance")

    odoo.before.append(down)
    office.telephone.missed(NUMBER)
    for _ in range(2):
        assert office.sync().problems
    office.telephone.missed(NUMBER)
    office.telephone.missed(STRANGER)
    office.sync()
    odoo.before.clear()
    assert office.seen(form) == []
    for _ in range(2):
        office.sync()
    found = [row["name"] for row in office.seen(form)]
    assert len(found) == 2
    assert any("2 appels manqués" in name for name in found)
    tally("faults injected", 1)
    tally("values lost", 2 - len(found))
    tally("records duplicated", len(found) - 2)
    office.settled()


def test_a_reply_lost_right_after_creation_makes_no_second_record(
    office: AfterCalls, form: Form, odoo: Odoo
) -> None:
    office.customer()
    lost: list[str] = []

    def cut(call: Call) -> None:
        if call.model == form.model and call.method == "load" and not lost:
            lost.append(call.method)
            raise Lost("the line was cut after the record was made")

    odoo.after.append(cut)
    office.telephone.missed(NUMBER)
    for _ in range(3):
        office.sync()
    assert lost == ["load"]
    assert len(office.seen(form)) == 1
    tally("faults injected", 1)
    tally("records duplicated", len(office.seen(form)) - 1)
    office.settled()


class Killed(BaseException):
    """The hub is gone."""


def test_a_hub_killed_between_creation_and_note_makes_no_second_record(
    office: AfterCalls, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub.outcomes import Outcomes

    office.customer()
    office.telephone.missed(NUMBER)
    with monkeypatch.context() as patched:

        def killed(*_: object) -> None:
            raise Killed

        patched.setattr(Outcomes, "record", killed)
        with pytest.raises(Killed):
            office.sync()
    assert len(office.seen(form)) == 1
    office.telephone.missed(NUMBER)
    for _ in range(2):
        office.sync()
    (row,) = office.seen(form)
    assert "2 appels manqués" in row["name"]
    tally("faults injected", 1)
    tally("records duplicated", len(office.seen(form)) - 1)
    office.settled()


def test_a_busy_monday_needs_nobodys_approval(office: AfterCalls, form: Form) -> None:
    numbers = [f"+3345077{n:04}" for n in range(30)]
    for number in numbers:
        office.telephone.missed(number)
    report = office.sync()
    assert not report.braked
    assert len(office.still_open(form)) == 30
    for number in numbers:
        office.telephone.reached(number)
    report = office.sync()
    assert not report.braked
    assert office.still_open(form) == []
    office.settled()


def test_old_calls_that_are_tidied_away_take_nothing_from_odoo(office: AfterCalls, form: Form) -> None:
    from datetime import timedelta

    from tests.calls.telephone import START

    for n in range(12):
        office.telephone.missed(f"+3345077{n:04}")
        office.telephone.reached(f"+3345077{n:04}")
    office.sync()
    before = office.seen(form)
    assert office.telephone.log.tidy(START + timedelta(days=1)) > 0
    report = office.sync(compare=True)
    assert not report.braked
    assert office.seen(form) == before
    office.settled()


def test_one_that_odoo_refuses_holds_up_no_other(office: AfterCalls, form: Form, odoo: Odoo) -> None:
    def refuse(call: Call) -> None:
        if call.model == form.model and call.method == "load" and "Rappeler Noire" in repr(call):
            raise ValueError("Odoo does not like this one")

    odoo.before.append(refuse)
    office.telephone.missed(NUMBER)
    office.telephone.missed(STRANGER, "Noire")
    office.telephone.missed("+33450000001")
    office.sync()
    assert len(office.seen(form)) == 2
    (letter,) = office.dead_letters()
    assert "does not like" in letter.reason
    tally("bad inputs tried", 1)


def test_finished_calls_are_logged_once_and_strangers_calls_too(logging: AfterCalls) -> None:
    durand = logging.customer()
    logging.telephone.answered(NUMBER)
    logging.telephone.reached(NUMBER)
    logging.telephone.missed(STRANGER, "<b>Zoé</b>")
    logging.telephone.rings(NUMBER)
    assert logging.check() == []
    logging.sync()
    rows = logging.do("crm.phonecall", "search_read", [], [], 0, None, "id")
    assert [(row["direction"], row["partner_id"] and row["partner_id"][0]) for row in rows] == [
        ("in", durand), ("out", durand), ("in", False),
    ]  # fmt: skip
    assert [row["state"] for row in rows] == ["done"] * 3
    assert rows[0]["duration"] == pytest.approx(2, abs=0.1)
    assert rows[0]["partner_phone"] == NUMBER
    assert "Répondu par 101" in rows[0]["description"]
    assert logging.settled()


def test_a_first_load_of_a_years_calls_needs_nobodys_approval(logging: AfterCalls) -> None:
    for n in range(60):
        logging.telephone.answered(f"+3345077{n:04}")
    report = logging.sync()
    assert not report.braked
    assert logging.do("crm.phonecall", "search_count", []) == 60


def test_what_people_change_on_a_logged_call_stays(logging: AfterCalls) -> None:
    logging.telephone.answered(NUMBER)
    logging.sync()
    (id,) = logging.do("crm.phonecall", "search", [])
    logging.do("crm.phonecall", "write", [id], {"description": "Veut un devis"})
    logging.customer()
    logging.telephone.answered(NUMBER)
    logging.sync()
    assert logging.do("crm.phonecall", "read", [id], ["description"])[0]["description"] == "Veut un devis"
    logging.do("crm.phonecall", "unlink", [id])
    logging.sync(compare=True)
    assert logging.do("crm.phonecall", "search_count", []) == 1
    logging.settled()
