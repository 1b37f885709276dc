"""Records that are done rather than archived, and what Odoo is told when one is made: `archive_by`,
`context`, external ids. On the sandbox; the real `mail.activity` is in tests/live/test_after_call.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.odoo import connect
from connectors.odoo.connector import OdooConnector
from connectors.odoo.settings import Settings
from hub.ports import Done, Misconfigured, Missing, NativeField, Refused, Unknown, View, Write
from sandbox.odoo import Call, Lost, Odoo, UserError, serve
from sandbox.odoo.base import remote
from sandbox.odoo.records import Records
from sandbox.odoo.schema import Model, boolean, char, many2one
from tests.tally import tally


class Activity(Records):
    """What is done is archived, as on 19; «14» is removed, as there; «idle» does nothing; «no» is refused."""

    @remote()
    def action_feedback(self) -> int:
        (row,) = self.rows()
        if row["summary"] == "no":
            raise UserError("This one cannot be done.")
        if row["summary"] == "14":
            self.unlink()
        elif row["summary"] != "idle":
            self.write({"active": False})
        return 7


FIELDS = {
    "summary": char("Summary", required=True),
    "active": boolean("Active", default=True),
    "res_model": char("Model", required=True),
    "country_id": many2one("res.country", "Country"),
}
VIEW = View(
    "callback",
    "mail.activity",
    (NativeField("summary"),),
    options={
        "archive_by": "action_feedback",
        "context": {"default_res_model": "res.partner"},
        "on_create": {"country_id": "base.fr"},
    },
)


@pytest.fixture(params=["json2", "xmlrpc", "jsonrpc"])
def door(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with serve(19, models=[Model("mail.activity", "Activity", FIELDS, records=Activity)]) as running:
        yield running


@pytest.fixture
def connector(odoo: Odoo, door: str) -> Iterator[OdooConnector]:
    known = {"url": odoo.url, "database": odoo.database, "login": odoo.login, "api_key": odoo.api_key}
    opened = connect("odoo", Settings.model_validate({**known, "transport": door}))
    assert isinstance(opened, OdooConnector)
    yield opened
    opened.close()


def made(connector: OdooConnector, summary: str) -> str:
    (outcome,) = connector.write(VIEW, [Write("callback_1", None, {"summary": summary})])
    assert isinstance(outcome, Done), outcome
    return outcome.record.id


def archive(connector: OdooConnector, id: str, known: str, **values: Any) -> Any:
    write = Write("callback_1", id, values, {"summary": known}, archived=True)
    return connector.write(VIEW, [write])[0]


def test_a_new_record_gets_what_the_context_says_and_what_an_external_id_names(
    connector: OdooConnector, odoo: Odoo
) -> None:
    id = made(connector, "Rappeler")
    (row,) = odoo.env["mail.activity"].browse([int(id)]).read(["res_model", "country_id"])
    assert row["res_model"] == "res.partner"
    assert row["country_id"][1] == "France"


def test_an_external_id_of_another_model_or_of_none_is_refused_in_words(connector: OdooConnector) -> None:
    for word in ("base.main_company", "base.nowhere"):
        view = View("callback", "mail.activity", VIEW.fields, options={**VIEW.options, "on_create": {"country_id": word}})  # fmt: skip  # noqa: E501
        (outcome,) = connector.write(view, [Write("callback_1", None, {"summary": "x"})])
        assert isinstance(outcome, Refused)
        assert word in outcome.reason


def test_archiving_is_doing_and_what_else_is_owed_is_written_first(
    connector: OdooConnector, odoo: Odoo
) -> None:
    id = made(connector, "Rappeler")
    outcome = archive(connector, id, "Rappeler", summary="Rappeler : 2 appels")
    assert isinstance(outcome, Done)
    assert outcome.record.archived
    assert outcome.record.values["summary"] == "Rappeler : 2 appels"
    assert odoo.calls["mail.activity", "action_feedback"] == 1
    assert isinstance(archive(connector, id, "Rappeler : 2 appels"), Done)
    assert odoo.calls["mail.activity", "action_feedback"] == 1, "it is done already"


def test_a_record_that_goes_when_it_is_done_is_missing(connector: OdooConnector) -> None:
    assert isinstance(archive(connector, made(connector, "14"), "14"), Missing)


def test_a_no_is_told_in_odoos_words(connector: OdooConnector) -> None:
    outcome = archive(connector, made(connector, "no"), "no")
    assert isinstance(outcome, Refused)
    assert "cannot be done" in outcome.reason


def test_a_method_that_does_not_archive_is_told(connector: OdooConnector) -> None:
    outcome = archive(connector, made(connector, "idle"), "idle")
    assert isinstance(outcome, Refused)
    assert "`archive_by`" in outcome.todo


@pytest.mark.parametrize(("summary", "expected"), [("Rappeler", Done), ("14", Missing), ("idle", Unknown)])
def test_a_lost_reply_is_looked_at(
    connector: OdooConnector, odoo: Odoo, summary: str, expected: type
) -> None:
    id = made(connector, summary)

    def lose(call: Call) -> None:
        if call.method == "action_feedback":
            raise Lost("cut")

    odoo.after.append(lose)
    assert isinstance(archive(connector, id, summary), expected)
    assert odoo.calls["mail.activity", "action_feedback"] == 1, "nothing is told twice"
    tally("faults injected", 1)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("archive_by", "_action_done", "_action_done"),
        ("archive_by", "unlink()", "unlink()"),
        ("context", ["default_res_model"], "context"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused_before_anything_is_sent(
    connector: OdooConnector, odoo: Odoo, option: str, value: Any, said: str
) -> None:
    view = View("callback", "mail.activity", VIEW.fields, options={**VIEW.options, option: value})
    with pytest.raises(Misconfigured, match=said.replace("(", r"\(").replace(")", r"\)")):
        connector.write(view, [Write("callback_1", None, {"summary": "x"})])
    assert not odoo.calls["mail.activity", "load"]
