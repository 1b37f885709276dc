"""What an Odoo has and other systems have not, as tests: relations, languages, refusals, lost replies.

Run on the tapes, on the sandbox and on real servers.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connectors.odoo.connector import OdooConnector
from connectors.odoo.faults import Fault
from connectors.odoo.session import Session
from hub.ports import (
    Denied,
    Done,
    Misconfigured,
    Missing,
    Moved,
    Native,
    NativeField,
    Refused,
    Unknown,
    Unreachable,
    View,
    Write,
)
from tests.connectors.odoo.desk import (
    COUNTRY,
    KNOWN_TAGS,
    PARENT,
    STATE,
    TAGS,
    Desk,
    Desks,
    changing,
    done,
    later,
    messages,
)


class OdooScenarios(Desks):
    # -- relations -----------------------------------------------------------------------------------

    def test_relations_are_written_and_read_by_the_words_people_know(self, desk: Desk) -> None:
        view = desk.view("name", COUNTRY, STATE, TAGS, PARENT)
        (head,) = desk.create(view, {"name": "Siège"})
        tags: Native = [f"B {desk.scope}", f"A {desk.scope}"]
        row: dict[str, Native] = {"name": "Agence", COUNTRY: "FR", "category_id.name": tags}
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

    def test_a_tag_in_other_capitals_is_the_same_tag(self, desk: Desk) -> None:
        desk.office.call("res.partner.category", "create", [{"name": f"VIP {desk.scope}"}])
        view = desk.view("name", TAGS)
        (record,) = desk.create(view, {"name": "Un", "category_id.name": [f"vip {desk.scope}"]})
        assert record.values["category_id.name"] == [f"VIP {desk.scope}"]

    def test_a_new_tag_of_many_records_is_made_once(self, desk: Desk) -> None:
        view = desk.view("name", TAGS)
        word = f"100 % neuf_{desk.scope}"
        rows: list[dict[str, Native]] = [{"name": f"N{n}", "category_id.name": [word]} for n in range(3)]
        desk.create(view, *rows)
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

    def test_a_server_that_goes_away_half_way_leaves_nothing_unsaid(self, desk: Desk) -> None:
        view = desk.view("name", "type")
        desk.spoil("load", Unreachable("odoo", "no answer"), "Deux")
        rows: list[dict[str, Native]] = [{"name": "Un", "type": "invoice"}, {"name": "Deux"}]
        first, second = desk.connector.write(view, desk.creations(*rows))
        assert done(first).values["name"] == "Un"
        assert isinstance(second, Unknown)
        assert "no answer" in second.reason

    def test_a_server_that_is_away_before_anything_is_written_is_unreachable(self, desk: Desk) -> None:
        view = desk.view("name")
        desk.spoil("load", Unreachable("odoo", "no answer"), "Un")
        with pytest.raises(Unreachable, match="no answer"):
            desk.connector.write(view, desk.creations({"name": "Un"}))

    def test_what_a_new_record_would_not_take_afterwards_is_told_and_read_again(self, desk: Desk) -> None:
        model = "res.partner.category"
        view = desk.view("color", NativeField("name", options={"lang": "fr_FR"}), model=model)
        desk.spoil("write", Fault("refused", "not in this language"), "Bonjour")
        (record,) = desk.create(view, {"color": 2, "name": f"Bonjour {desk.scope}"})
        assert record.values == {"color": 2}
        assert record.unreadable["name"] == "not in this language"
        assert record.version is None

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
            options={"on_create": {"is_compny": True}, "archived": True, "lang": "fr_FRA"},
        )
        findings = desk.connector.check([wrong, desk.view("name", model="res.partnr")])
        said = messages(findings)
        assert "`fr_FR`" in said
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
