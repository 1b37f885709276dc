"""A question mailed by Odoo after a visit, and its answer: once, whatever happens on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from connectors.odoo import asking
from connectors.odoo.client import Client
from connectors.odoo.connector import OdooConnector
from connectors.odoo.doors import open_client
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from hub.ports import ConnectorError, Done, NativeField, Outcome, Refused, Unknown, View, Write
from tests.connectors.odoo.desk import done, messages
from tests.connectors.odoo.office import Office
from tests.connectors.odoo.scenarios_payment_faults import Doomed, Killed
from tests.tally import tally
from tests.wire.faults import FAULTS
from tests.wire.proxy import Proxy

TEMPLATE = "project.rating_project_request_email_template"
SHORT = timedelta(seconds=3)
ON_THE_WIRE = (
    "torn before Odoo got it",
    "torn after Odoo did it",
    "error answer, and yet done",
    "arrives late, after the hub gave up",
)
VIEW = View(
    "satisfaction",
    "rating.rating",
    (
        NativeField("res_id", type="ref"),
        NativeField("partner_id", type="ref"),
        NativeField("rating", type="number", options={"zero": "empty"}),
        NativeField("feedback"),
    ),
    where=[["res_model", "=", "project.task"]],
    options={"ask_by": TEMPLATE},
)


class Visit:
    """A visit that is done, its customer, and what Odoo mails to them."""

    def __init__(self, office: Office, door: str, email: str | None = "client@example.org") -> None:
        self.office, self.door = office, door
        name = f"Client {uuid4().hex[:6]}"
        self.customer: int = office.call("res.partner", "create", {"name": name, "email": email or False})
        self.project: int = office.call("project.project", "create", {"name": f"Visites {uuid4().hex[:6]}"})
        self.task = self.new_task()

    def new_task(self, customer: bool = True) -> int:
        vals = {"name": "Visite d'entretien", "project_id": self.project}
        made: int = self.office.call(
            "project.task", "create", {**vals, "partner_id": self.customer if customer else False}
        )
        return made

    def connect(self, opener: Callable[[str, Settings], Client] = open_client, **more: Any) -> OdooConnector:
        settings = self.office.settings(self.door, **more)
        return OdooConnector("odoo", settings, Session("odoo", settings, opener, lambda seconds: None))

    def write(self, task: int = 0, **more: Any) -> Write:
        values = {"res_id": str(task or self.task), "partner_id": str(self.customer)}
        return Write(f"satisfaction_{uuid4().hex}", None, values, **more)

    def ratings(self, task: int = 0) -> list[Mapping[str, Any]]:
        domain = [["res_model", "=", "project.task"], ["res_id", "=", task or self.task]]
        names = ["partner_id", "access_token", "rating", "consumed"]
        rows: list[Mapping[str, Any]] = self.office.call("rating.rating", "search_read", domain, names)
        return rows

    def mails(self, task: int = 0) -> list[Mapping[str, Any]]:
        """What is queued for the customer about this visit."""
        domain = [["model", "=", "project.task"], ["res_id", "=", task or self.task]]
        names = ["state", "recipient_ids", "body_html", "auto_delete", "subject"]
        rows: list[Mapping[str, Any]] = self.office.call("mail.mail", "search_read", domain, names)
        return [row for row in rows if "/rate/" in str(row["body_html"])]


class QuestionScenarios:
    @pytest.fixture
    def visit(self, office: Office, door: tuple[str, str]) -> Visit:
        return Visit(office, door[1])

    @pytest.fixture
    def odoo(self, visit: Visit) -> Iterator[OdooConnector]:
        connector = visit.connect()
        yield connector
        connector.close()

    @pytest.fixture
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A mail that may still be on its way is not waited for that long."""
        monkeypatch.setattr(asking, "SETTLED", SHORT)

    def test_the_question_is_queued_for_the_customer_and_leads_to_its_rating(
        self, visit: Visit, odoo: OdooConnector
    ) -> None:
        write = visit.write()
        (outcome,) = odoo.write(VIEW, [write])
        assert done(outcome).values == {**write.values, "rating": None, "feedback": None}
        (rating,) = visit.ratings()
        (mail,) = visit.mails()
        assert mail["state"] == "outgoing"
        assert mail["recipient_ids"] == [visit.customer]
        assert not mail["auto_delete"]
        assert f"/rate/{rating['access_token']}/5" in mail["body_html"]
        assert odoo.find(VIEW, [write.ref])[write.ref].id == str(rating["id"])

    def test_asking_again_for_what_is_asked_queues_nothing(self, visit: Visit, odoo: OdooConnector) -> None:
        write = visit.write()
        first = done(odoo.write(VIEW, [write])[0])
        for again in (True, False):
            second = done(odoo.write(VIEW, [Write(write.ref, None, write.values, again=again)])[0])
            assert second.id == first.id
        assert len(visit.mails()) == 1
        assert len(visit.ratings()) == 1

    def test_many_questions_are_each_queued_once(self, visit: Visit, odoo: OdooConnector) -> None:
        tasks = [visit.new_task() for _ in range(6)]
        outcomes = odoo.write(VIEW, [visit.write(task) for task in tasks])
        assert [done(outcome).values["res_id"] for outcome in outcomes] == [str(task) for task in tasks]
        assert [len(visit.mails(task)) for task in tasks] == [1] * 6

    def test_a_customer_without_an_address_waits_and_is_asked_when_there_is_one(
        self, office: Office, door: tuple[str, str]
    ) -> None:
        visit = Visit(office, door[1], email=None)
        odoo = visit.connect()
        write = visit.write()
        (outcome,) = odoo.write(VIEW, [write])
        assert isinstance(outcome, Refused), outcome
        assert outcome.passing
        assert "has no e-mail address" in outcome.reason
        assert visit.ratings() == []
        office.call("res.partner", "write", [visit.customer], {"email": "client@example.org"})
        done(odoo.write(VIEW, [write])[0])
        odoo.close()
        assert len(visit.mails()) == 1

    def test_a_visit_without_a_customer_is_named(self, visit: Visit, odoo: OdooConnector) -> None:
        task = visit.new_task(customer=False)
        outcome, other = odoo.write(VIEW, [visit.write(task), visit.write()])
        assert isinstance(outcome, Refused), outcome
        assert outcome.reason == "the project.task it is about names no customer"
        done(other)

    def test_a_question_for_another_customer_than_the_visits_is_refused(
        self, visit: Visit, odoo: OdooConnector
    ) -> None:
        other = visit.office.call("res.partner", "create", {"name": "Un autre", "email": "a@example.org"})
        values = {"res_id": str(visit.task), "partner_id": str(other)}
        (outcome,) = odoo.write(VIEW, [Write(f"satisfaction_{uuid4().hex}", None, values)])
        assert isinstance(outcome, Refused), outcome
        assert f"and the question is for customer {other}" in outcome.reason
        assert visit.mails() == []

    def test_a_link_that_odoo_made_before_is_not_the_one_in_our_mail(
        self, visit: Visit, odoo: OdooConnector
    ) -> None:
        model = visit.office.call("ir.model", "search", [["model", "=", "project.task"]])[0]
        vals = {"res_model_id": model, "res_id": visit.task, "partner_id": visit.customer}
        older = visit.office.call("rating.rating", "create", vals)
        made = done(odoo.write(VIEW, [visit.write()])[0])
        tokens = {str(row["id"]): row["access_token"] for row in visit.ratings()}
        (mail,) = visit.mails()
        assert f"/rate/{tokens[made.id]}/5" in mail["body_html"]
        assert tokens[str(older)] not in mail["body_html"]

    def test_a_rating_whose_mail_is_not_queued_is_nothing_that_was_made(self, visit: Visit) -> None:
        """The hub died in between: the rating alone must not pass for a question that was asked."""
        write = visit.write()
        doomed = visit.connect(_dying("send_mail"))
        with pytest.raises(Killed):
            doomed.write(VIEW, [write])
        doomed.close()
        (rating,) = visit.ratings()
        odoo = visit.connect()
        pulled = [record.id for page in odoo.pull(VIEW, None, lambda ids: {}) for record in page.records]
        assert str(rating["id"]) not in pulled
        assert odoo.find(VIEW, [write.ref]) == {}
        (outcome,) = odoo.write(VIEW, [Write(write.ref, None, write.values, again=True)])
        assert isinstance(outcome, Unknown), outcome
        assert "may still be queueing the mail" in outcome.reason
        odoo.close()

    @pytest.mark.parametrize("fault", ON_THE_WIRE)
    def test_a_fault_at_any_call_queues_one_mail(self, visit: Visit, quick: None, fault: str) -> None:
        wire = Proxy(visit.office.url)
        try:
            with self._through(visit, wire) as odoo:
                before = len(wire.seen)
                done(odoo.write(VIEW, [visit.write()])[0])
                calls = len(wire.seen) - before
            for nth in range(1, calls + 1):
                task = visit.new_task()
                write = visit.write(task)
                with self._through(visit, wire) as odoo:
                    trap = wire.arm(FAULTS[fault].happens, lambda request: True, nth=nth)
                    first = _attempt(odoo, write)
                    wire.disarm()
                    assert trap.met
                    tally("faults injected")
                    _until_done(odoo, write, first, wire.release)
                _is_one(visit, task)
        finally:
            wire.close()

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_a_hub_that_dies_at_any_call_queues_one_mail(
        self, visit: Visit, quick: None, after: bool
    ) -> None:
        doors: list[Doomed] = []

        def dooming(nth: int) -> Callable[[str, Settings], Client]:
            def opener(system: str, settings: Settings) -> Client:
                doors.append(Doomed(open_client(system, settings), nth, after))
                return doors[-1]

            return opener

        odoo = visit.connect(dooming(0))
        done(odoo.write(VIEW, [visit.write()])[0])
        odoo.close()
        for nth in range(1, doors[0].calls + 1):
            task = visit.new_task()
            write = visit.write(task)
            doomed = visit.connect(dooming(nth))
            with pytest.raises(Killed):
                doomed.write(VIEW, [write])
            doomed.close()
            tally("faults injected")
            odoo = visit.connect()
            _until_done(odoo, write, _attempt(odoo, replace(write, again=True)))
            odoo.close()
            _is_one(visit, task)

    def test_a_check_says_what_is_wrong_with_the_template(self, visit: Visit, odoo: OdooConnector) -> None:
        assert not [one for one in odoo.check([VIEW]) if one.level == "error"]
        unknown = replace(VIEW, options={"ask_by": "project.no_such_template"})
        assert "there is no mail template «project.no_such_template»" in messages(odoo.check([unknown]))
        other = replace(VIEW, options={"ask_by": "project.mail_template_data_project_task"})
        assert "has no link to answer by" in messages(odoo.check([other]))
        misplaced = View("task", "project.task", (NativeField("name"),), options={"ask_by": TEMPLATE})
        assert "`ask_by` is for rating.rating" in messages(odoo.check([misplaced]))

    @contextmanager
    def _through(self, visit: Visit, wire: Proxy) -> Iterator[OdooConnector]:
        """A connector that has looked around already, behind the wire."""
        odoo = visit.connect(url=wire.url, timeout=20, connect_timeout=5)
        odoo.find(VIEW, ["nothing"])
        odoo.check([VIEW])
        yield odoo
        odoo.close()


class _Dying:
    """A door at which the hub dies right before a call of `method`."""

    def __init__(self, client: Client, method: str) -> None:
        self._client, self._method = client, method

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        if method == self._method:
            raise Killed(f"before {model}.{method}")
        return self._client.call(model, method, *args, context=context)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def _dying(method: str) -> Callable[[str, Settings], Client]:
    return lambda system, settings: _Dying(open_client(system, settings), method)


def _attempt(odoo: OdooConnector, write: Write) -> Outcome | ConnectorError:
    try:
        return odoo.write(VIEW, [write])[0]
    except ConnectorError as error:
        return error


def _until_done(
    odoo: OdooConnector,
    write: Write,
    outcome: Outcome | ConnectorError,
    arrive: Callable[[], None] = lambda: None,
) -> Done:
    """As the hub does: again, until it is done. What was held back arrives after the first look."""
    end = time.monotonic() + SHORT.total_seconds() * 4
    while time.monotonic() < end:
        if isinstance(outcome, Done):
            arrive()
            return outcome
        assert isinstance(outcome, Unknown | ConnectorError), outcome
        outcome = _attempt(odoo, replace(write, again=True))
        arrive()
        if not isinstance(outcome, Done):
            time.sleep(0.2)
    raise AssertionError(f"not done in time: {outcome}")


def _is_one(visit: Visit, task: int) -> None:
    mails, ratings = visit.mails(task), visit.ratings(task)
    tally("records duplicated", max(0, len(mails) - 1) + max(0, len(ratings) - 1))
    tally("values lost", 0 if mails and ratings else 1)
    assert len(mails) == 1
    assert [f"/rate/{row['access_token']}/" in mails[0]["body_html"] for row in ratings] == [True]
