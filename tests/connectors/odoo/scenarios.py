"""What only Odoo has, as tests: relations, languages, companies, rights, refusals, lost replies.

One class, run on the tapes and on real servers. The fixtures `office`, `door` and `scope` come from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any

import pytest

from connectors.odoo.client import Client
from connectors.odoo.connector import OdooConnector
from connectors.odoo.doors import open_client
from connectors.odoo.faults import Fault, Lost
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from hub.ports import (
    Denied,
    Done,
    Misconfigured,
    Missing,
    Moved,
    Native,
    NativeField,
    Outcome,
    Record,
    Refused,
    Unknown,
    View,
    Write,
)
from tests.connectors.odoo.office import PASSWORD, Office


class Deaf:
    """A door that does what it is told and then loses the reply of the first call of some method."""

    def __init__(self, client: Client, method: str, before: bool) -> None:
        self._client = client
        self._method = method
        self._before = before

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        if method != self._method:
            return self._client.call(model, method, *args, context=context)
        self._method = ""
        if not self._before:
            self._client.call(model, method, *args, context=context)
        raise Lost("odoo", "the connection was cut")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class Faulty:
    """A door that answers some method with a fault where `bad` says so; `after` it did what it was told."""

    def __init__(
        self, client: Client, method: str, fault: Fault, bad: Callable[[str], bool], after: bool
    ) -> None:
        self._client = client
        self._method = method
        self._fault = fault
        self._bad = bad
        self._after = after

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        wanted = method == self._method and self._bad(json.dumps(args, ensure_ascii=False))
        if wanted and not self._after:
            raise self._fault
        answer = self._client.call(model, method, *args, context=context)
        if wanted:
            raise self._fault
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class Desk:
    """One test's own corner of an Odoo: a view of partners nobody else uses."""

    def __init__(self, office: Office, door: str, scope: str) -> None:
        self.office = office
        self.door = door
        self.scope = scope
        self.connector = OdooConnector("odoo", office.settings(door))

    def deafen(self, method: str, before: bool = False) -> None:
        """From now on the reply of the first call of `method` is lost; `before`: the request, too."""

        def opener(system: str, settings: Settings) -> Client:
            return Deaf(open_client(system, settings), method, before)  # type: ignore[return-value]

        self._reopen(opener)

    def spoil(self, method: str, fault: Fault, bad: str, after: bool = False) -> None:
        """From now on calls of `method` that say `bad` are answered with this fault."""

        def opener(system: str, settings: Settings) -> Client:
            client = open_client(system, settings)
            return Faulty(client, method, fault, lambda said: bad in said, after)  # type: ignore[return-value]

        self._reopen(opener)

    def _reopen(self, opener: Callable[[str, Settings], Client]) -> None:
        settings = self.office.settings(self.door)
        session = Session("odoo", settings, opener, lambda seconds: None)
        self.connector = OdooConnector("odoo", settings, session)

    def view(self, *fields: NativeField | str, model: str = "res.partner", **options: Any) -> View:
        natives = tuple(f if isinstance(f, NativeField) else NativeField(f) for f in fields)
        if model == "res.partner":
            options["on_create"] = {"ref": self.scope, **options.get("on_create", {})}
        where = [["ref", "=", self.scope]] if model == "res.partner" else []
        return View("customer", model, natives, where=where, options=options)

    def ref(self, number: int = 0) -> str:
        return "customer_" + blake2s(f"{self.scope} {number}".encode(), digest_size=16).hexdigest()

    def creations(self, *rows: Mapping[str, Native]) -> list[Write]:
        return [Write(self.ref(number), None, row) for number, row in enumerate(rows)]

    def create(self, view: View, *rows: Mapping[str, Native]) -> list[Record]:
        outcomes = self.connector.write(view, self.creations(*rows))
        return [done(outcome) for outcome in outcomes]

    def change(self, view: View, record: Record, **values: Native) -> Outcome:
        return self.connector.write(view, [changing(record, values)])[0]

    def read(self, view: View, id: str) -> Record:
        (record,) = self.connector.read(view, [id])
        return record

    def sent(self) -> int:
        return self.connector.session.requests_sent()


def done(outcome: Outcome) -> Record:
    assert isinstance(outcome, Done), outcome
    return outcome.record


def changing(record: Record, values: Mapping[str, Native]) -> Write:
    return Write("customer_" + "0" * 32, record.id, values, expected=record.values)


def later(cursor: str | None, seconds: int) -> str:
    """The cursor of a pull that began so much earlier, as after a quiet while."""
    assert cursor is not None
    at = datetime.fromisoformat(json.loads(cursor)["at"]) - timedelta(seconds=seconds)
    return json.dumps({"at": at.strftime("%Y-%m-%d %H:%M:%S")})


def messages(findings: Sequence[Any], level: str = "error") -> str:
    return "\n".join(f"{f.what} | {f.message} | {f.todo}" for f in findings if f.level == level)


COUNTRY = "country_id.code"
STATE = NativeField("state_id.code", options={"within": "country_id"})
TAGS = NativeField("category_id.name", type="list", options={"create": True})
KNOWN_TAGS = NativeField("category_id.name", type="list")
PARENT = NativeField("parent_id", type="ref")


class OdooScenarios:
    @pytest.fixture
    def desk(self, office: Office, door: tuple[str, str], scope: str) -> Any:
        desk = Desk(office, door[1], scope)
        yield desk
        desk.connector.close()

    # -- relations -----------------------------------------------------------------------------------

    def test_relations_are_written_and_read_by_the_words_people_know(self, desk: Desk) -> None:
        view = desk.view("name", COUNTRY, STATE, TAGS, PARENT)
        (head,) = desk.create(view, {"name": "Siège"})
        row = {"name": "Agence", COUNTRY: "FR", "category_id.name": [f"B {desk.scope}", f"A {desk.scope}"]}
        outcome = desk.connector.write(view, [Write(desk.ref(1), None, {**row, "parent_id": head.id})])[0]
        branch = done(outcome)
        assert branch.values[COUNTRY] == "FR"
        assert branch.values["category_id.name"] == [f"A {desk.scope}", f"B {desk.scope}"]
        assert branch.values["parent_id"] == head.id
        assert branch.values["state_id.code"] is None
        moved = done(desk.change(view, branch, **{COUNTRY: "IT", "state_id.code": "RM", "parent_id": None}))
        assert (moved.values[COUNTRY], moved.values["state_id.code"]) == ("IT", "RM")
        assert moved.values["parent_id"] is None
        emptied = done(
            desk.change(view, moved, **{COUNTRY: None, "state_id.code": None, "category_id.name": []})
        )
        assert (emptied.values[COUNTRY], emptied.values["category_id.name"]) == (None, [])

    def test_a_word_nobody_bears_is_refused_by_name_and_costs_only_its_record(self, desk: Desk) -> None:
        view = desk.view("name", COUNTRY, KNOWN_TAGS)
        outcomes = desk.connector.write(
            view,
            desk.creations(
                {"name": "Un", COUNTRY: "FR"},
                {"name": "Deux", COUNTRY: "QZ"},
                {"name": "Trois", "category_id.name": [f"nowhere {desk.scope}"]},
            ),
        )
        done(outcomes[0])
        assert isinstance(outcomes[1], Refused)
        assert outcomes[1].field == COUNTRY
        assert "QZ" in outcomes[1].reason
        assert isinstance(outcomes[2], Refused)
        assert outcomes[2].field == "category_id.name"
        assert len(desk.connector.ids(view)) == 1

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

    def test_a_tag_in_other_capitals_is_the_same_tag(self, desk: Desk) -> None:
        desk.office.call("res.partner.category", "create", [{"name": f"VIP {desk.scope}"}])
        view = desk.view("name", TAGS)
        (record,) = desk.create(view, {"name": "Un", "category_id.name": [f"vip {desk.scope}"]})
        assert record.values["category_id.name"] == [f"VIP {desk.scope}"]

    def test_a_new_tag_of_many_records_is_made_once(self, desk: Desk) -> None:
        view = desk.view("name", TAGS)
        word = f"100 % neuf_{desk.scope}"
        desk.create(view, *({"name": f"N{n}", "category_id.name": [word]} for n in range(3)))
        assert desk.office.call("res.partner.category", "search_count", [["name", "=", word]]) == 1

    def test_a_renamed_tag_is_read_by_its_new_name_at_the_next_pull(self, desk: Desk) -> None:
        view = desk.view("name", TAGS)
        (record,) = desk.create(view, {"name": "Un", "category_id.name": [f"old {desk.scope}"]})
        (tag,) = desk.office.call("res.partner.category", "search", [["name", "=", f"old {desk.scope}"]])
        desk.office.call("res.partner.category", "write", [tag], {"name": f"new {desk.scope}"})
        (page,) = desk.connector.pull(view, None, lambda ids: {})
        assert page.records[0].id == record.id
        assert page.records[0].values["category_id.name"] == [f"new {desk.scope}"]

    def test_a_reference_to_a_record_that_is_gone_costs_only_its_own_record(self, desk: Desk) -> None:
        view = desk.view("name", PARENT)
        first, second = desk.connector.write(
            view, desk.creations({"name": "Un", "parent_id": "99999999"}, {"name": "Deux"})
        )
        assert isinstance(first, Refused)
        assert first.reason
        done(second)

    # -- values --------------------------------------------------------------------------------------

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

    def test_a_value_a_field_cannot_hold_is_refused_before_it_is_sent(self, desk: Desk) -> None:
        view = desk.view("name", "color", "type")
        outcomes = desk.connector.write(
            view,
            desk.creations(
                {"name": "Un", "color": "blue"},
                {"name": "Deux", "type": "nonsense"},
                {"name": "Trois\x0bbis"},
                {"name": "Quatre", "color": 4, "type": "invoice"},
            ),
        )
        assert [getattr(outcome, "field", None) for outcome in outcomes] == ["color", "type", "name", None]
        assert all(isinstance(outcome, Refused) and outcome.todo for outcome in outcomes[:3])
        assert done(outcomes[3]).values == {"name": "Quatre", "color": 4, "type": "invoice"}

    def test_a_line_end_survives_or_settles(self, desk: Desk) -> None:
        view = desk.view("name", "street")
        (record,) = desk.create(view, {"name": "Un", "street": "Bâtiment A\r\n3e étage"})
        assert str(record.values["street"]).replace("\r\n", "\n") == "Bâtiment A\n3e étage"
        assert desk.read(view, record.id).values == record.values

    def test_what_new_records_always_get_is_set_on_creation_only(self, desk: Desk) -> None:
        view = desk.view("name", on_create={"is_company": True, "country_id.code": "BE", "type": "other"})
        (record,) = desk.create(view, {"name": "Un"})
        fields = ["is_company", "country_id", "type", "ref"]
        (seen,) = desk.office.call("res.partner", "read", [int(record.id)], fields)
        assert (seen["is_company"], seen["type"], seen["ref"]) == (True, "other", desk.scope)
        assert seen["country_id"][1] in ("Belgium", "Belgique")
        desk.office.call("res.partner", "write", [int(record.id)], {"is_company": False})
        done(desk.change(view, desk.read(view, record.id), name="Deux"))
        (seen,) = desk.office.call("res.partner", "read", [int(record.id)], ["is_company"])
        assert seen["is_company"] is False

    def test_a_field_that_was_not_told_keeps_odoos_default(self, desk: Desk) -> None:
        view = desk.view("name", "type", "city")
        told, untold = desk.create(view, {"name": "Un", "type": "invoice"}, {"name": "Deux", "city": "Évry"})
        assert told.values["type"] == "invoice"
        assert untold.values["type"] == "contact"

    # -- languages and companies ---------------------------------------------------------------------

    def test_a_translated_text_is_read_and_written_in_its_language(self, desk: Desk) -> None:
        model = "res.partner.category"
        (tag,) = desk.office.call(model, "create", [{"name": f"Loyal {desk.scope}"}])
        view = desk.view(NativeField("name", options={"lang": "fr_FR"}), model=model)
        french = done(desk.change(view, desk.read(view, str(tag)), name=f"Fidèle {desk.scope}"))
        assert french.values["name"] == f"Fidèle {desk.scope}"
        (english,) = desk.office.call(model, "read", [tag], ["name"], context={"lang": "en_US"})
        assert english["name"] == f"Loyal {desk.scope}"
        (made,) = desk.create(view, {"name": f"Nouveau {desk.scope}"})
        assert made.values["name"] == f"Nouveau {desk.scope}"

    def test_a_relation_is_found_by_its_name_in_the_views_language(self, desk: Desk) -> None:
        view = desk.view("name", "country_id.name", lang="fr_FR")
        (record,) = desk.create(view, {"name": "Un", "country_id.name": "Allemagne"})
        assert record.values["country_id.name"] == "Allemagne"
        english = desk.view("name", "country_id.name", lang="en_US")
        assert desk.read(english, record.id).values["country_id.name"] == "Germany"

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

    def test_a_company_that_is_not_there_is_named_with_those_that_are(self, desk: Desk) -> None:
        view = desk.view("name", company="Nulle Part SARL")
        with pytest.raises(Misconfigured, match=r"Nulle Part SARL.*\(1\)"):
            list(desk.connector.pull(view, None, lambda ids: {}))

    # -- refusals ------------------------------------------------------------------------------------

    def test_one_refused_record_of_twenty_costs_only_itself(self, desk: Desk) -> None:
        view = desk.view("name", "city")
        rows: list[dict[str, Native]] = [{"name": f"Client {n}", "city": "Évry"} for n in range(20)]
        rows[7]["name"] = None
        outcomes = desk.connector.write(view, desk.creations(*rows))
        assert [n for n, outcome in enumerate(outcomes) if not isinstance(outcome, Done)] == [7]
        refusal = outcomes[7]
        assert isinstance(refusal, Refused)
        assert refusal.reason
        assert refusal.todo
        records = [done(outcome) for outcome in outcomes if isinstance(outcome, Done)]
        writes = [changing(r, {"city": f"Ville {n}"}) for n, r in enumerate(records)]
        writes[3] = changing(records[3], {"name": None})
        outcomes = desk.connector.write(view, writes)
        assert [n for n, outcome in enumerate(outcomes) if not isinstance(outcome, Done)] == [3]
        assert isinstance(outcomes[3], Refused)
        assert outcomes[3].field == "name"

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

    def test_a_record_can_be_created_archived(self, desk: Desk) -> None:
        view = desk.view("name")
        (creation,) = desk.creations({"name": "Ancien client"})
        record = done(desk.connector.write(view, [replace(creation, archived=True)])[0])
        assert record.archived
        (seen,) = desk.office.call("res.partner", "read", [int(record.id)], ["active"])
        assert seen["active"] is False

    # -- exactly once --------------------------------------------------------------------------------

    def test_a_record_whose_creation_was_not_answered_is_recognized(self, desk: Desk) -> None:
        view = desk.view("name")
        desk.deafen("load")
        (record,) = desk.create(view, {"name": "Un"})
        assert record.ref == desk.ref()
        assert desk.connector.ids(view) == {record.id}

    def test_a_creation_that_never_arrived_is_unknown_and_made_once_when_tried_again(
        self, desk: Desk
    ) -> None:
        view = desk.view("name")
        desk.deafen("load", before=True)
        (creation,) = desk.creations({"name": "Un"})
        (outcome,) = desk.connector.write(view, [creation])
        assert isinstance(outcome, Unknown)
        assert "cut" in outcome.reason
        assert not desk.connector.ids(view)
        record = done(desk.connector.write(view, [replace(creation, again=True)])[0])
        assert desk.connector.ids(view) == {record.id}

    def test_a_change_that_was_not_answered_is_looked_at(self, desk: Desk) -> None:
        view = desk.view("name", "city")
        (record,) = desk.create(view, {"name": "Un", "city": "Évry"})
        for before, kind in ((False, Done), (True, Unknown)):
            desk.deafen("web_save_multi" if desk.office.version >= 18 else "load", before)
            outcome = desk.change(view, desk.read(view, record.id), city=f"Lille {before}")
            assert isinstance(outcome, kind), outcome
        assert desk.read(view, record.id).values["city"] == "Lille False"

    def test_an_answer_that_cannot_be_told_is_no_refusal(self, desk: Desk) -> None:
        view = desk.view("name", "city")
        mute = Fault("mute", "cannot marshal None unless allow_none is enabled")
        desk.spoil("load", mute, "Un", after=True)
        (record,) = desk.create(view, {"name": "Un", "city": "Évry"})
        assert desk.connector.ids(view) == {record.id}
        desk.spoil("web_save_multi" if desk.office.version >= 18 else "load", mute, "Lille", after=True)
        changed = done(desk.change(view, desk.read(view, record.id), city="Lille"))
        assert changed.values["city"] == "Lille"

    def test_a_record_somebody_holds_is_unknown_and_the_others_are_written(self, desk: Desk) -> None:
        view = desk.view("name", "city")
        held = Fault("busy", "could not serialize access due to concurrent update")
        desk.spoil("load", held, "Deux")
        outcomes = desk.connector.write(view, desk.creations(*({"name": n} for n in ("Un", "Deux", "Trois"))))
        assert [type(outcome) for outcome in outcomes] == [Done, Unknown, Done]
        records = [done(outcome) for outcome in outcomes if isinstance(outcome, Done)]
        desk.spoil("web_save_multi" if desk.office.version >= 18 else "load", held, "Metz")
        cities = ("Metz", "Brest")
        writes = [changing(r, {"city": c}) for r, c in zip(records, cities, strict=True)]
        outcomes = desk.connector.write(view, writes)
        assert [type(outcome) for outcome in outcomes] == [Unknown, Done]

    def test_what_an_earlier_attempt_made_and_a_person_then_edited_has_moved(self, desk: Desk) -> None:
        view = desk.view("name", "city")
        (creation,) = desk.creations({"name": "Un", "city": "Évry"})
        record = done(desk.connector.write(view, [creation])[0])
        desk.office.call("res.partner", "write", [int(record.id)], {"city": "Lille"})
        (outcome,) = desk.connector.write(view, [replace(creation, again=True)])
        assert isinstance(outcome, Moved)
        assert outcome.record.id == record.id
        assert outcome.record.values["city"] == "Lille"

    def test_a_reference_whose_record_was_deleted_is_free_again(self, desk: Desk) -> None:
        view = desk.view("name")
        (creation,) = desk.creations({"name": "Un"})
        first = done(desk.connector.write(view, [creation])[0])
        desk.office.call("res.partner", "unlink", [int(first.id)])
        assert not desk.connector.find(view, [creation.ref])
        second = done(desk.connector.write(view, [replace(creation, again=True)])[0])
        assert second.id != first.id
        assert desk.connector.ids(view) == {second.id}

    def test_a_record_deleted_while_it_is_written_is_missing(self, desk: Desk) -> None:
        view = desk.view("name", "city")
        first, second = desk.create(view, {"name": "Un"}, {"name": "Deux"})
        desk.office.call("res.partner", "unlink", [int(first.id)])
        writes = [changing(record, {"city": "Évry"}) for record in (first, second)]
        gone, there = desk.connector.write(view, writes)
        assert isinstance(gone, Missing)
        assert done(there).values["city"] == "Évry"

    # -- few calls -----------------------------------------------------------------------------------

    def test_a_quiet_pull_is_one_call(self, desk: Desk) -> None:
        view = desk.view("name", COUNTRY)
        desk.create(view, *({"name": f"N{n}", COUNTRY: "FR"} for n in range(5)))
        (page,) = desk.connector.pull(view, None, lambda ids: {})
        known = {record.id: record.version for record in page.records}
        before = desk.sent()
        quiet = list(desk.connector.pull(view, later(page.cursor, -60), lambda ids: known))
        assert [len(page.records) for page in quiet] == [0]
        assert desk.sent() - before == 1

    def test_what_the_hub_wrote_itself_is_not_read_again(self, desk: Desk) -> None:
        view = desk.view("name", "city")
        (page,) = desk.connector.pull(view, None, lambda ids: {})
        records = desk.create(view, *({"name": f"N{n}", "city": "Évry"} for n in range(3)))
        known = {record.id: record.version for record in records}
        cursor = later(page.cursor, 60)
        before = desk.sent()
        assert [len(p.records) for p in desk.connector.pull(view, cursor, lambda ids: known)] == [0]
        assert desk.sent() - before <= 2
        desk.office.call("res.partner", "write", [int(records[1].id)], {"city": "Lille"})
        (page,) = desk.connector.pull(view, cursor, lambda ids: known)
        assert [record.values["city"] for record in page.records] == ["Lille"]

    def test_a_broken_off_pull_goes_on_where_it_was(self, desk: Desk) -> None:
        view = desk.view("name")
        records = desk.create(view, *({"name": f"N{n}"} for n in range(4)))
        began = "2026-01-01 00:00:00"
        cursor = json.dumps({"began": began, "after": int(records[1].id)})
        (page,) = desk.connector.pull(view, cursor, lambda ids: {})
        assert [record.id for record in page.records] == [record.id for record in records[2:]]
        assert not page.listing
        assert json.loads(str(page.cursor)) == {"at": began}

    def test_a_new_record_tells_its_reference_and_a_known_one_need_not(self, desk: Desk) -> None:
        view = desk.view("name")
        (record,) = desk.create(view, {"name": "Un"})
        (page,) = desk.connector.pull(view, None, lambda ids: {})
        assert [r.ref for r in page.records] == [desk.ref()]
        assert page.listing
        assert desk.connector.find(view, [desk.ref(), desk.ref(9)])[desk.ref()].id == record.id

    def test_nothing_to_change_is_no_write(self, desk: Desk) -> None:
        view = desk.view("name", "city")
        (record,) = desk.create(view, {"name": "Un", "city": "Évry"})
        same = done(desk.change(view, record, city="Évry"))
        assert same.version == record.version

    # -- rights --------------------------------------------------------------------------------------

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

    # -- what is wrong, said at once -----------------------------------------------------------------

    def test_check_names_every_mistake_of_a_mapping_with_its_near_miss(self, desk: Desk) -> None:
        wrong = View(
            "customer",
            "res.partner",
            (
                NativeField("phnoe"),
                NativeField("country_id.cod"),
                NativeField("name.first"),
                NativeField("contact_address"),
                NativeField("child_ids.name"),
                NativeField("city", options={"langg": "fr_FR"}),
                NativeField("parent_id"),
            ),
            where=[["custmer_rank", ">", 0]],
            options={"on_create": {"is_compny": True}, "archived": True},
        )
        findings = desk.connector.check([wrong, desk.view("name", model="res.partnr")])
        said = messages(findings)
        for word in ("`phone`", "`code`", "name.first", "contact_address", "child_ids", "`lang`"):
            assert word in said
        for word in ("`customer_rank`", "`is_company`", "«archived»", "res.partner"):
            assert word in said
        assert "parent_id" in messages(findings, "warning")

    def test_check_of_a_sound_view_says_what_it_looked_at(self, desk: Desk) -> None:
        view = desk.view("name", COUNTRY, TAGS, PARENT)
        desk.create(view, {"name": "Un"})
        findings = desk.connector.check([view])
        assert not messages(findings)
        said = messages(findings, "ok")
        assert f"Odoo {desk.office.version}.0" in said
        assert f"door {desk.door}" in said
        assert "1 records" in said

    def test_a_mapping_that_names_no_field_is_told_before_anything_is_read(self, desk: Desk) -> None:
        desk.create(desk.view("name"), {"name": "Un"})
        with pytest.raises(Misconfigured, match="phnoe"):
            list(desk.connector.pull(desk.view("name", "phnoe"), None, lambda ids: {}))
        with pytest.raises(Misconfigured, match=r"res\.partnr"):
            list(desk.connector.pull(desk.view("name", model="res.partnr"), None, lambda ids: {}))

    def test_a_filter_odoo_does_not_take_is_told_as_such(self, desk: Desk) -> None:
        view = replace(desk.view("name"), where=[["nonsense", "=", 1]])
        with pytest.raises(Misconfigured, match="nonsense"):
            list(desk.connector.pull(view, None, lambda ids: {}))

    def test_a_wrong_password_is_tried_once(self, desk: Desk) -> None:
        wrong = {"api_key": "not-the-key"}
        connector = OdooConnector("odoo", desk.office.settings(desk.door, **wrong))
        for _ in range(3):
            with pytest.raises(Denied, match="does not accept") as said:
                connector.read(desk.view("name"), ["1"])
            assert "not-the-key" not in str(said.value)
        sent = connector.session.requests_sent()
        assert messages(connector.check([desk.view("name")]))
        assert connector.session.requests_sent() == sent

    def test_a_wrong_database_is_told_with_those_there_are(self, desk: Desk) -> None:
        connector = OdooConnector("odoo", desk.office.settings(desk.door, database="nowhere"))
        with pytest.raises(Misconfigured, match="nowhere") as said:
            connector.read(desk.view("name"), ["1"])
        assert desk.office.database in said.value.todo

    def test_a_wrong_address_is_told_as_such(self, desk: Desk) -> None:
        url = desk.office.url + "/elsewhere"
        connector = OdooConnector("odoo", desk.office.settings(desk.door, url=url))
        with pytest.raises(Misconfigured, match="elsewhere"):
            connector.read(desk.view("name"), ["1"])

    def test_the_door_is_chosen_by_the_servers_version(self, desk: Desk) -> None:
        session = Session("odoo", desk.office.settings("auto"))
        assert session.door == ("json2" if desk.office.version >= 19 else "jsonrpc")
        assert session.version() == (desk.office.version, 0)
        session.close()
