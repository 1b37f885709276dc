"""The question after a visit on real Odoo 19 and 14: mailed once, answered by its link, read back."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from dataclasses import replace
from http.cookiejar import CookieJar

import pytest

from connectors.odoo.connector import OdooConnector
from tests.connectors.odoo.desk import done
from tests.connectors.odoo.office import DOORS, Office
from tests.connectors.odoo.scenarios_questions import VIEW, QuestionScenarios, Visit

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


def _pulled(odoo: OdooConnector, cursor: str | None) -> tuple[dict[str, object], str | None]:
    found: dict[str, object] = {}
    for page in odoo.pull(VIEW, cursor, lambda ids: dict.fromkeys(ids)):
        found |= {record.id: dict(record.values) for record in page.records}
        cursor = page.cursor
    return found, cursor


def _answer(office: Office, link: str, comment: str) -> None:
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
