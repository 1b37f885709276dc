"""What takes a whole Odoo: several applications and companies, users of few rights, the world's provinces.

Run on the tapes and on real servers.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.odoo.connector import OdooConnector
from hub.ports import (
    Done,
    Misconfigured,
    Native,
    NativeField,
    Refused,
)
from tests.connectors.odoo.desk import (
    COUNTRY,
    STATE,
    Desk,
    Desks,
    changing,
    done,
    messages,
)
from tests.connectors.odoo.office import PASSWORD


class WholeOdooScenarios(Desks):
    def test_a_word_that_several_bear_is_refused_unless_narrowed_down(self, desk: Desk) -> None:
        vague = desk.view("name", COUNTRY, "state_id.code")
        outcome = desk.connector.write(
            vague, desk.creations({"name": "X", COUNTRY: "ES", "state_id.code": "C"})
        )[0]
        assert isinstance(outcome, Refused)
        assert outcome.field == "state_id.code"
        narrowed = desk.view("name", COUNTRY, STATE)
        (record,) = desk.create(narrowed, {"name": "X", COUNTRY: "ES", "state_id.code": "C"})
        assert record.values["state_id.code"] == "C"

    def test_numbers_choices_dates_and_ticks_keep_their_nature(self, desk: Desk) -> None:
        fields = ("name", "expected_revenue", "date_deadline", "color", "type", "active", "description")
        view = desk.view(*fields, "tag_ids.name", model="crm.lead")
        row: dict[str, Native] = {
            "name": "Chantier",
            "expected_revenue": "1234.5",
            "date_deadline": "2026-03-31",
            "color": 3,
            "type": "opportunity",
            "active": True,
            "description": "<p>Deux tableaux</p>",
        }
        (record,) = desk.create(view, row)
        expected = {**row, "expected_revenue": 1234.5, "tag_ids.name": []}
        assert "Deux tableaux" in str(record.values["description"])
        assert {**record.values, "description": row["description"]} == expected
        changed = done(desk.change(view, record, expected_revenue=0, date_deadline=None, color="0"))
        assert (changed.values["expected_revenue"], changed.values["color"]) == (0, 0)
        assert changed.values["date_deadline"] is None
        assert changed.values["active"] is True

    def test_a_time_is_utc_whatever_the_users_zone(self, desk: Desk) -> None:
        view = desk.view("name", "start", "stop", model="calendar.event")
        start, stop = "2026-07-01T08:00:00+00:00", "2026-07-01T11:00:00+02:00"
        (record,) = desk.create(view, {"name": "Visite", "start": start, "stop": stop})
        assert record.values["start"] == start
        assert record.values["stop"] == "2026-07-01T09:00:00+00:00"
        moved = done(desk.change(view, record, stop="2026-07-01T10:00:00+00:00"))
        assert moved.values["stop"] == "2026-07-01T10:00:00+00:00"

    def test_a_value_that_differs_by_company_is_written_in_the_company_named(self, desk: Desk) -> None:
        name = f"Filiale {desk.scope}"
        company = desk.office.call("res.company", "create", {"name": name})
        users = desk.office.call("res.users", "search", [["login", "in", ["admin", "office"]]])
        desk.office.call("res.users", "write", users, {"company_ids": [(4, company)]})
        here = desk.view("name", "barcode")
        there = desk.view("name", NativeField("barcode", options={"company": name}))
        (record,) = desk.create(here, {"name": "Un", "barcode": f"1 {desk.scope}"})
        assert desk.read(there, record.id).values["barcode"] is None
        done(desk.change(there, desk.read(there, record.id), barcode=f"2 {desk.scope}"))
        assert desk.read(there, record.id).values["barcode"] == f"2 {desk.scope}"
        assert desk.read(here, record.id).values["barcode"] == f"1 {desk.scope}"

    def test_odoos_rule_is_told_in_its_own_words_about_the_right_record(self, desk: Desk) -> None:
        view = desk.view("name", "start", "stop", model="calendar.event")
        good = {"start": "2026-07-01T08:00:00+00:00", "stop": "2026-07-01T09:00:00+00:00"}
        rows: list[dict[str, Native]] = [{"name": f"Visite {n}", **good} for n in range(5)]
        rows[3]["stop"] = "2026-06-01T09:00:00+00:00"
        outcomes = desk.connector.write(view, desk.creations(*rows))
        assert [n for n, outcome in enumerate(outcomes) if not isinstance(outcome, Done)] == [3]
        assert isinstance(outcomes[3], Refused)
        assert "Visite 3" in outcomes[3].reason

    def test_a_model_that_cannot_archive_says_so(self, desk: Desk) -> None:
        view = desk.view("name", model="crm.tag")
        (record,) = desk.create(view, {"name": f"Tag {desk.scope}"})
        (outcome,) = desk.connector.write(view, [replace(changing(record, {}), archived=True)])
        assert isinstance(outcome, Refused)
        assert "archive" in outcome.reason

    def test_a_field_the_user_may_not_see_is_unreadable_not_empty(self, desk: Desk) -> None:
        small = self._colleague(desk, "base.group_user", "base.group_partner_manager")
        view = desk.view("name", "signup_type")
        (record,) = desk.create(desk.view("name"), {"name": "Un"})
        seen = small.read(view, [record.id])[0]
        assert seen.values == {"name": "Un"}
        assert "signup_type" in seen.unreadable
        assert "signup_type" in messages(small.check([view]))
        small.close()

    def test_references_are_kept_by_a_user_who_may_not_see_external_ids(self, desk: Desk) -> None:
        small = self._colleague(desk, "base.group_user", "base.group_partner_manager")
        view = desk.view("name", "city")
        (creation,) = desk.creations({"name": "Un", "city": "Évry"})
        record = done(small.write(view, [creation])[0])
        assert small.find(view, [desk.ref(), desk.ref(7)])[desk.ref()].id == record.id
        (page,) = small.pull(view, None, lambda ids: {})
        assert [r.ref for r in page.records] == [desk.ref()]
        again = done(small.write(view, [replace(creation, again=True)])[0])
        assert again.id == record.id
        small.close()

    def test_a_missing_right_is_named_by_check_and_by_the_refusal(self, desk: Desk) -> None:
        small = self._colleague(desk, "base.group_user")
        view = desk.view("name", model="res.country.group")
        said = messages(small.check([view]))
        assert "create" in said
        assert "write" in said
        (outcome,) = small.write(view, desk.creations({"name": "Un"}))
        assert isinstance(outcome, Refused)
        assert "right" in outcome.todo
        small.close()

    def _colleague(self, desk: Desk, *groups: str) -> OdooConnector:
        """The connector with a user of few rights (JSON-2 wants a key only that user can make: XML-RPC)."""
        call = desk.office.call
        ids = [call("ir.model.data", "check_object_reference", *group.split("."))[1] for group in groups]
        field = "group_ids" if desk.office.version >= 19 else "groups_id"
        login = "small " + desk.scope
        vals = {"name": login, "login": login, "password": PASSWORD, field: [(6, 0, ids)]}
        call("res.users", "create", [vals])
        door = "xmlrpc" if desk.door == "json2" else desk.door
        return OdooConnector("odoo", desk.office.settings(door, login=login, api_key=None, password=PASSWORD))

    def test_a_wrong_database_is_told_with_those_there_are(self, desk: Desk) -> None:
        connector = OdooConnector("odoo", desk.office.settings(desk.door, database="nowhere"))
        with pytest.raises(Misconfigured, match="nowhere") as said:
            connector.read(desk.view("name"), ["1"])
        assert desk.office.database in said.value.todo
