"""The question after a visit on real Odoo 19 and 14: mailed once, answered by its link, read back."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.odoo.connector import OdooConnector
from hub.store import tables as t
from hub.store.repository import loads
from tests.connectors.odoo.desk import done
from tests.connectors.odoo.office import DOORS, Office
from tests.connectors.odoo.scenarios_questions import VIEW, QuestionScenarios, Visit
from tests.connectors.odoo.upkeep import Access, Upkeep
from tests.live.servers import Odoo

pytestmark = pytest.mark.live
_offices: dict[str, Office] = {}


@pytest.fixture(params=DOORS, ids=lambda door: f"{door[0]}-{door[1]}")
def door(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A real server's version and the door to go through."""
    version, name = request.param
    return version, name


@pytest.fixture
def office(request: pytest.FixtureRequest, door: tuple[str, str]) -> Office:
    """A fresh database of that server, shared by the tests of this module."""
    version = door[0]
    if version not in _offices:
        _offices[version] = Office.opened(request.getfixturevalue(f"odoo{version}"))
    return replace(_offices[version], person=0)


class TestQuestions(QuestionScenarios):
    pass


@pytest.mark.parametrize("door", [("19", "json2"), ("14", "xmlrpc")], ids="-".join)
class TestAnswers:
    def test_a_customer_who_follows_the_link_is_read_back_as_a_score_with_a_comment(
        self, office: Office, door: tuple[str, str]
    ) -> None:
        visit = Visit(office, door[1])
        odoo = visit.connect()
        made = done(odoo.write(VIEW, [visit.write()])[0])
        cursor = _pulled(odoo, None)[1]
        (mail,) = visit.mails()
        link = re.search(r"/rate/\w+/5", mail["body_html"])
        assert link
        _answer(office, link[0], "Très bien, merci !")
        found, cursor = _pulled(odoo, cursor)
        assert found[made.id] == {**made.values, "rating": 5.0, "feedback": "Très bien, merci !"}
        odoo.close()
        assert len(visit.mails()) == 1

    def test_an_employee_of_the_project_may_ask(self, office: Office, door: tuple[str, str]) -> None:
        groups = ("base.group_user", "project.group_project_user")
        known = [office.call("ir.model.data", "check_object_reference", *one.split("."))[1] for one in groups]
        field = "group_ids" if office.version >= 19 else "groups_id"
        vals = {"name": "Hub", "login": "hub", "password": "hub", field: [(6, 0, known)]}
        office.call("res.users", "create", vals)
        people = Visit(office, "jsonrpc")
        clerk = Visit(office, "jsonrpc")
        clerk.office = replace(office, login="hub", key="hub")
        odoo = clerk.connect()
        assert not [one for one in odoo.check([VIEW]) if one.level == "error"]
        write = people.write()
        made = done(odoo.write(VIEW, [write])[0])
        assert done(odoo.write(VIEW, [replace(write, again=True)])[0]).id == made.id
        odoo.close()
        assert len(people.mails()) == 1


@pytest.mark.parametrize("door", [("19", "auto"), ("14", "auto")], ids="-".join)
def test_a_done_visit_of_a_contract_is_asked_about_through_the_whole_hub(
    request: pytest.FixtureRequest, door: tuple[str, str], tmp_path: Path
) -> None:
    """The mappings that ship: a contract on paper, its visit done in Odoo, one mail, an answer, a score."""
    odoo: Odoo = request.getfixturevalue(f"odoo{door[0]}")
    database = odoo.fresh_database()
    old = "-14" if odoo.version == 14 else ""
    for number, name in enumerate(("Planifiée", "Confirmée", "Faite", "Annulée") if old else ()):
        odoo.call(database, "project.task.type", "create", {"name": name, "sequence": number})
    files = (f"contract-project{old}.yaml", f"visit-task{old}.yaml", "satisfaction.yaml")
    access = Access(odoo.url, database, odoo.login, odoo.password, "" if old else str(odoo.api_key), "auto")
    company = Upkeep(tmp_path, access, *files)
    now = datetime.now(UTC)
    company.today = now.isoformat(timespec="milliseconds")
    start, end = now.date(), now.date() + timedelta(days=364)
    company.contract("CT-1", company.customer(), starts_on=str(start), ends_on=str(end), periodicity="4/12")
    company.quiet(6)
    assert company.check() == []
    customers = company.do("res.partner", "search", [["name", "=", "Durand SARL"]])
    company.do("res.partner", "write", customers, {"email": "durand@example.org"})
    first, second = company.do("project.task", "search", [], 0, 2, "date_deadline")
    stage = (
        {"stage_id": company.do("project.task.type", "search", [["name", "=", "Faite"]])[0]} if old else {}
    )
    company.do("project.task", "write", [first], stage or {"state": "1_done"})
    company.today = datetime.now(UTC).isoformat(timespec="milliseconds")
    company.quiet(6)
    domain = [["model", "=", "project.task"], ["message_id", "like", "satisfaction_"]]
    (mail,) = company.do("mail.mail", "search_read", domain, ["res_id", "state", "body_html"])
    assert (mail["res_id"], mail["state"]) == (first, "outgoing")
    link = re.search(r"/rate/\w+/5", mail["body_html"])
    assert link
    _answer(access, link[0], "Ponctuel")
    company.quiet(6)
    with company.store.reading() as connection:
        rows = [loads(row.data) for row in connection.execute(select(t.question))]
        golden = select(t.golden.c.data).where(t.golden.c.entity == "satisfaction")
        agreed = [loads(row.data) for row in connection.execute(golden)]
    assert [(float(row["score"]), row["comment"]) for row in rows] == [(5.0, "Ponctuel")]
    assert [float(one["score"]) for one in agreed] == [5.0]
    assert company.do("mail.mail", "search_count", domain) == 1
    assert company.do("rating.rating", "search_count", [["res_id", "=", second]]) == 0
    company.close()
    odoo.drop(database)


def _pulled(odoo: OdooConnector, cursor: str | None) -> tuple[dict[str, object], str | None]:
    found: dict[str, object] = {}
    for page in odoo.pull(VIEW, cursor, lambda ids: dict.fromkeys(ids)):
        found |= {record.id: dict(record.values) for record in page.records}
        cursor = page.cursor
    return found, cursor


def _answer(office: Office | Access, link: str, comment: str) -> None:
    """As a browser does: follow the link of the mail, then send the form it shows."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    browser.open(f"{office.url}/web/login?db={office.database}").read()
    page = browser.open(f"{office.url}{link}").read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token, page[:2000]
    form = {"csrf_token": token[1], "rate": link.rpartition("/")[2], "feedback": comment}
    to = f"{office.url}{link.rpartition('/')[0]}/submit_feedback"
    said = browser.open(to, urllib.parse.urlencode(form).encode()).read().decode()
    assert "Thank you" in said or "Merci" in said, said[:2000]
