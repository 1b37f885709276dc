"""Contacts made one by Odoo's wizard and taken apart again, others archived: on the sandbox and live."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.odoo.connector import OdooConnector
from connectors.odoo.faults import Fault
from hub.ports import Merged, Merges, Misconfigured, Missing, Record, Refused, Split, Unknown, View
from tests.connectors.odoo.books import Books
from tests.connectors.odoo.desk import Desk, Desks
from tests.tally import tally

PARTNER = "res.partner"


@dataclass
class Pair:
    """Two contacts of one test: the one that stays, and its double; what refers to the double."""

    desk: Desk
    view: View
    keep: Record
    lose: Record

    @property
    def loser(self) -> int:
        return int(self.lose.id)

    @property
    def winner(self) -> int:
        return int(self.keep.id)

    def do(self, model: str, method: str, *args: Any, **named: Any) -> Any:
        return self.desk.office.call(model, method, *args, **named)

    def merge(self, *more: str) -> Merged | Refused | Unknown | Missing:
        return self.desk.connector.merge(self.view, self.keep.id, [self.lose.id, *more])

    def noted(self) -> Any:
        """As it comes back from wherever it was stored."""
        return json.loads(json.dumps(self.desk.connector.noted(self.view, self.keep.id, [self.lose.id])))

    def split(self, undo: Mapping[str, Any]) -> Split | Refused | Unknown | Missing:
        return self.desk.connector.split(self.view, self.keep.id, undo)

    def furnished(self) -> dict[str, tuple[str, str, int]]:
        """What people have of the double: by a word for it, its model, the field that refers, its id."""
        id, word = self.loser, self.desk.scope
        day = {"start": "2026-03-02 08:00:00", "stop": "2026-03-02 09:00:00"}
        project = self.do("project.project", "create", {"name": f"Chantier {word}"})
        task = {"name": "Réparer", "project_id": project, "partner_id": id}
        file = {"name": "photo.txt", "datas": "YQ==", "res_model": PARTNER, "res_id": id}
        said = {"model": PARTNER, "res_id": id, "body": "<p>Bonjour</p>", "message_type": "comment"}
        return {
            "task": ("project.task", "partner_id", self.do("project.task", "create", task)),
            "contact": (PARTNER, "parent_id", self.do(PARTNER, "create", {"name": "Fils", "parent_id": id})),
            "attachment": ("ir.attachment", "res_id", self.do("ir.attachment", "create", file)),
            "message": ("mail.message", "res_id", self.do("mail.message", "create", said)),
            "activity": ("mail.activity", "res_id", self.activity()),
            "meeting": (
                "calendar.event", "partner_ids",
                self.do("calendar.event", "create", {"name": "Visite", "partner_ids": [(6, 0, [id])], **day}),
            ),
        }  # fmt: skip

    def activity(self) -> int:
        vals: dict[str, Any] = {"summary": "Rappeler", "res_id": self.loser, "date_deadline": "2026-12-01"}
        if self.do("mail.activity", "fields_get", ["res_model_id"], ["type"]):
            (vals["res_model_id"],) = self.do("ir.model", "search", [["model", "=", PARTNER]])
        else:
            vals["res_model"] = PARTNER
        return int(self.do("mail.activity", "create", vals))

    def refers(self, model: str, field: str, id: int) -> list[int]:
        """Which contacts this record refers to; none where it is gone."""
        rows = self.do(model, "search_read", [["id", "=", id]], [field], context={"active_test": False})
        if not rows:
            return []
        value = rows[0][field]
        if field == "res_id" or not isinstance(value, list):
            return [int(value)]
        return value if field == "partner_ids" else value[:1]

    def all_refer(self, things: Mapping[str, tuple[str, str, int]], id: int) -> None:
        assert {word: self.refers(*thing) for word, thing in things.items()} == {
            word: [id] for word in things
        }

    def exists(self, id: int) -> bool:
        found = self.do(PARTNER, "search", [["id", "=", id]], context={"active_test": False})
        return bool(found)


def merged(answer: object) -> Merged:
    assert isinstance(answer, Merged), answer
    return answer


def parted(answer: object) -> Split:
    assert isinstance(answer, Split), answer
    return answer


class Pairs(Desks):
    """Two contacts, two projects."""

    @pytest.fixture
    def pair(self, desk: Desk) -> Pair:
        view = desk.view("name", "phone", "email", "city")
        keep, lose = desk.create(
            view,
            {"name": "Garage Alpha", "phone": "0476000001"},
            {"name": "Garage Alfa", "email": "alfa@garage.example", "city": "Vif"},
        )
        return Pair(desk, view, keep, lose)

    @pytest.fixture
    def books(self, pair: Pair) -> Books:
        books = Books(pair.desk.office, pair.desk.door, pair.desk.scope)
        books.connector.close()
        books._customer = pair.loser
        return books

    @pytest.fixture
    def projects(self, desk: Desk) -> Pair:
        view = View("site", "project.project", desk.view("name", model="project.project").fields)
        made = [desk.office.call("project.project", "create", {"name": n}) for n in ("Chantier", "Chantié")]
        keep, lose = desk.connector.read(view, [str(id) for id in made])
        return Pair(desk, view, keep, lose)


class MergeScenarios(Pairs):
    """What every door must carry."""

    def test_what_refers_to_a_contact_follows_it(self, pair: Pair, books: Books) -> None:
        assert isinstance(pair.desk.connector, Merges)
        invoices = [books.invoice(), books.invoice(post=False)]
        things = pair.furnished()
        answer = merged(pair.merge())
        assert answer.lost == {pair.lose.id: "gone"}
        assert answer.unable == ()
        assert (answer.record.id, answer.record.ref) == (pair.keep.id, pair.desk.ref(0))
        assert answer.record.values == {
            "name": "Garage Alpha", "phone": "0476000001", "email": "alfa@garage.example", "city": "Vif",
        }  # fmt: skip
        assert set(answer.undo) == {pair.lose.id}
        assert not pair.exists(pair.loser)
        pair.all_refer(things, pair.winner)
        for invoice in invoices:
            assert pair.refers("account.move", "partner_id", invoice) == [pair.winner]
        tally("values lost", 0)

    def test_both_references_find_the_one_that_stays(self, pair: Pair) -> None:
        merged(pair.merge())
        refs = [pair.desk.ref(0), pair.desk.ref(1)]
        found = pair.desk.connector.find(pair.view, refs)
        assert {ref: (record.id, record.ref) for ref, record in found.items()} == {
            ref: (pair.keep.id, ref) for ref in refs
        }

    def test_a_merge_asked_for_again_is_found_done(self, pair: Pair) -> None:
        merged(pair.merge())
        again = merged(pair.merge("999999999", "no number"))
        assert again.lost == {pair.lose.id: "gone", "999999999": "gone", "no number": "gone"}
        assert again.undo == {}

    def test_a_merge_is_taken_back_but_for_what_is_booked(self, pair: Pair, books: Books) -> None:
        posted, draft = books.invoice(), books.invoice(post=False)
        tag = pair.do("res.partner.category", "create", {"name": f"Tag {pair.desk.scope}"})
        vals = {"category_id": [(6, 0, [tag])], "street": "1 rue du Four", "function": "Gérant"}
        pair.do(PARTNER, "write", [pair.loser], vals)
        things = pair.furnished()
        undo = pair.noted()
        merged(pair.merge())
        answer = parted(pair.split(undo))
        made = answer.remade[pair.lose.id]
        assert made.values == pair.lose.values
        assert (made.ref, answer.record.ref) == (pair.desk.ref(1), pair.desk.ref(0))
        assert answer.record.values == pair.keep.values
        pair.all_refer(things, int(made.id))
        (row,) = pair.do(PARTNER, "read", [int(made.id)], ["category_id", "street", "function"])
        assert row == {
            "id": int(made.id),
            "category_id": [tag],
            "street": "1 rue du Four",
            "function": "Gérant",
        }
        (row,) = pair.do(PARTNER, "read", [pair.winner], ["category_id", "street", "function"])
        assert row == {"id": pair.winner, "category_id": [], "street": False, "function": False}
        assert pair.refers("account.move", "partner_id", draft) == [int(made.id)]
        assert pair.refers("account.move", "partner_id", posted) == [pair.winner]
        assert all("booked" in word for word in answer.unable)
        assert any(books.name(posted) in word for word in answer.unable)
        entries = [["move_id", "=", posted]]
        of = pair.do("account.move.line", "search_read", entries, ["partner_id"])
        assert {row["partner_id"][0] for row in of} == {pair.winner}

    def test_without_a_wizard_the_double_is_archived_and_what_it_keeps_is_told(self, projects: Pair) -> None:
        task = {"name": "Poser la chaudière", "project_id": projects.loser}
        projects.do("project.task", "create", task)
        undo = projects.noted()
        answer = merged(projects.merge())
        assert answer.lost == {projects.lose.id: "archived"}
        assert any("project.task" in word and "Poser la chaudière" in word for word in answer.unable)
        assert projects.desk.read(projects.view, projects.lose.id).archived
        assert merged(projects.merge()).lost == {projects.lose.id: "archived"}
        told = [
            ["model", "=", "project.project"],
            ["res_id", "=", projects.winner],
            ["body", "ilike", "Doublon"],
        ]
        chatter = projects.do("project.project", "fields_get", ["message_ids"], ["type"])
        assert projects.do("mail.message", "search_count", told) == (1 if chatter else 0)
        back = parted(projects.split(undo))
        assert back.unable == ()
        assert not back.remade[projects.lose.id].archived


class MergeFaults(Pairs):
    """What goes wrong, and what is asked for again: nothing is done twice, nothing lost."""

    def test_without_the_one_that_stays_nothing_is_done(self, pair: Pair) -> None:
        assert pair.desk.connector.merge(pair.view, "999999999", [pair.lose.id]) == Missing()
        assert pair.exists(pair.loser)

    @pytest.mark.parametrize("method", ["create", "action_merge"])
    def test_a_lost_answer_is_found_done_or_told_unknown(self, pair: Pair, method: str) -> None:
        things = pair.furnished()
        pair.desk.deafen(method)
        first = pair.merge()
        tally("faults injected", 1)
        if method == "action_merge":
            assert merged(first).lost == {pair.lose.id: "gone"}
        else:
            assert isinstance(first, Unknown)
        assert merged(pair.merge()).lost == {pair.lose.id: "gone"}
        pair.all_refer(things, pair.winner)

    @pytest.mark.parametrize("method", ["create", "action_merge"])
    def test_a_lost_request_is_told_unknown_and_done_when_asked_again(self, pair: Pair, method: str) -> None:
        things = pair.furnished()
        pair.desk.deafen(method, before=True)
        assert isinstance(pair.merge(), Unknown)
        tally("faults injected", 1)
        assert pair.exists(pair.loser)
        assert merged(pair.merge()).lost == {pair.lose.id: "gone"}
        pair.all_refer(things, pair.winner)

    @pytest.mark.parametrize("kind", ["mute", "other", "refused"])
    def test_an_error_that_comes_after_the_work_is_found_done(self, pair: Pair, kind: Any) -> None:
        pair.desk.spoil("action_merge", Fault(kind, "cannot marshal None"), "", after=True)
        assert merged(pair.merge()).lost == {pair.lose.id: "gone"}
        tally("faults injected", 1)

    def test_what_odoo_refuses_is_told_in_its_words_and_nothing_moves(self, pair: Pair) -> None:
        things = pair.furnished()
        pair.do(PARTNER, "write", [pair.loser], {"parent_id": pair.winner})
        answer = pair.merge()
        assert isinstance(answer, Refused)
        assert "parent" in answer.reason
        assert not answer.passing
        assert answer.todo
        pair.all_refer(things, pair.loser)

    def test_one_that_is_refused_keeps_back_no_other(self, pair: Pair) -> None:
        child = pair.do(PARTNER, "create", {"name": "Fille", "parent_id": pair.winner})
        answer = merged(pair.desk.connector.merge(pair.view, pair.keep.id, [str(child), pair.lose.id]))
        assert answer.lost == {str(child): "left", pair.lose.id: "gone"}
        assert len(answer.unable) == 1
        assert str(child) in answer.unable[0]
        assert pair.exists(child)

    def test_more_than_three_are_merged(self, pair: Pair) -> None:
        more = [str(pair.do(PARTNER, "create", {"name": f"Garage Alfa {n}"})) for n in range(4)]
        answer = merged(pair.merge(*more))
        assert answer.lost == dict.fromkeys([pair.lose.id, *more], "gone")

    def test_an_archived_double_is_merged(self, pair: Pair) -> None:
        pair.do(PARTNER, "write", [pair.loser], {"active": False})
        assert merged(pair.merge()).lost == {pair.lose.id: "gone"}
        assert not pair.exists(pair.loser)

    def test_two_contacts_with_users_are_not_merged(self, pair: Pair) -> None:
        for number, id in enumerate((pair.winner, pair.loser)):
            login = {"login": f"u{number} {pair.desk.scope}", "partner_id": id, "name": "x"}
            pair.do("res.users", "create", login)
        answer = pair.merge()
        assert isinstance(answer, Refused)
        assert "users" in answer.reason
        assert pair.exists(pair.loser)

    def test_a_missing_right_is_told_with_the_right_to_give(self, pair: Pair) -> None:
        self.without_rights(pair, [])
        answer = pair.merge()
        assert isinstance(answer, Refused), answer
        assert answer.passing
        assert "Contact Creation" in answer.todo
        assert pair.exists(pair.loser)

    def test_different_emails_ask_for_an_administrator(self, pair: Pair) -> None:
        self.without_rights(pair, ["base.group_partner_manager"])
        answer = pair.merge()
        assert isinstance(answer, Refused), answer
        assert "email" in answer.reason
        assert (answer.passing, "Access Rights" in answer.todo) == (True, True)
        pair.do(PARTNER, "write", [pair.winner], {"email": "alfa@garage.example"})
        assert merged(pair.merge()).lost == {pair.lose.id: "gone"}

    def test_with_few_rights_the_usual_is_noted_and_what_could_not_be_seen_is_told(self, pair: Pair) -> None:
        child = pair.do(PARTNER, "create", {"name": "Fils", "parent_id": pair.loser})
        pair.do(PARTNER, "write", [pair.winner], {"email": "alfa@garage.example"})
        self.without_rights(pair, ["base.group_partner_manager"])
        undo = pair.noted()
        note = undo[pair.lose.id]
        assert [child] in [entry["ids"] for entry in note["referred"] if entry["model"] == PARTNER]
        assert any("account.move" in gap for gap in note["gaps"])
        merged(pair.merge())
        answer = parted(pair.split(undo))
        made = answer.remade[pair.lose.id]
        assert made.values == pair.lose.values
        assert pair.refers(PARTNER, "parent_id", child) == [int(made.id)]
        assert any("account.move" in word for word in answer.unable)
        assert any("external ids" in word for word in answer.unable)

    def without_rights(self, pair: Pair, groups: Sequence[str]) -> None:
        """From now on the connector is a user with these groups beside an employee's."""
        office, login = pair.desk.office, f"modeste {pair.desk.scope}"
        ids = []
        for group in ("base.group_user", *groups):
            module, _, name = group.partition(".")
            data = [["module", "=", module], ["name", "=", name]]
            ids += [row["res_id"] for row in pair.do("ir.model.data", "search_read", data, ["res_id"])]
        field = "group_ids" if office.version >= 19 else "groups_id"
        vals = {
            "name": login,
            "login": login,
            "password": "modeste-1",
            "email": "modeste@hub.example",
            field: [(6, 0, ids)],
        }
        pair.do("res.users", "create", vals)
        known = {"login": login, "api_key": None, "password": "modeste-1"}
        pair.desk.connector = OdooConnector("odoo", office.settings("xmlrpc", **known))

    def test_a_split_asked_for_again_makes_no_second_contact(self, pair: Pair) -> None:
        undo = pair.noted()
        merged(pair.merge())
        first, again = parted(pair.split(undo)), parted(pair.split(undo))
        assert first.remade[pair.lose.id].id == again.remade[pair.lose.id].id
        assert (
            pair.do(PARTNER, "search_count", [["name", "=", "Garage Alfa"], ["ref", "=", pair.desk.scope]])
            == 1
        )
        tally("records duplicated", 0)

    @pytest.mark.parametrize("before", [False, True])
    @pytest.mark.parametrize("method", ["load", "write"])
    def test_a_lost_answer_to_a_split_is_unknown_and_made_once(
        self, pair: Pair, method: str, before: bool
    ) -> None:
        things = pair.furnished()
        undo = pair.noted()
        merged(pair.merge())
        pair.desk.deafen(method, before)
        assert isinstance(pair.split(undo), Unknown)
        tally("faults injected", 1)
        made = parted(pair.split(undo)).remade[pair.lose.id]
        assert made.values == pair.lose.values
        pair.all_refer(things, int(made.id))
        assert (
            pair.do(PARTNER, "search_count", [["name", "=", "Garage Alfa"], ["ref", "=", pair.desk.scope]])
            == 1
        )

    def test_what_people_edited_since_the_merge_stays(self, pair: Pair) -> None:
        things = pair.furnished()
        undo = pair.noted()
        merged(pair.merge())
        pair.do(PARTNER, "write", [pair.winner], {"city": "Grenoble"})
        other = pair.do(PARTNER, "create", {"name": "Tiers"})
        model, field, task = things.pop("task")
        pair.do(model, "write", [task], {field: other})
        answer = parted(pair.split(undo))
        assert answer.record.values == {**pair.keep.values, "city": "Grenoble"}
        assert pair.refers(model, field, task) == [other]
        assert any("changed or deleted since" in word for word in answer.unable)
        pair.all_refer(things, int(answer.remade[pair.lose.id].id))

    def test_what_was_split_and_merged_again_can_be_split_again(self, pair: Pair) -> None:
        undo = pair.noted()
        merged(pair.merge())
        made = parted(pair.split(undo)).remade[pair.lose.id]
        second = Pair(pair.desk, pair.view, pair.keep, made)
        later = second.noted()
        merged(second.merge())
        stale = pair.split(undo)
        assert isinstance(stale, Refused)
        assert "taken apart before" in stale.reason
        assert pair.desk.read(pair.view, pair.keep.id).values["name"] == "Garage Alpha"
        assert parted(second.split(later)).remade[made.id].values == pair.lose.values

    def test_one_that_was_never_merged_is_left_as_it_is(self, pair: Pair) -> None:
        answer = parted(pair.split(pair.noted()))
        assert answer.remade[pair.lose.id].values == pair.lose.values
        assert (answer.remade[pair.lose.id].id, answer.unable) == (pair.lose.id, ())

    @pytest.mark.parametrize("before", [False, True])
    def test_a_lost_answer_to_archiving_is_looked_at(self, projects: Pair, before: bool) -> None:
        projects.desk.deafen("write", before)
        first = projects.merge()
        tally("faults injected", 1)
        assert isinstance(first, Unknown if before else Merged)
        assert merged(projects.merge()).lost == {projects.lose.id: "archived"}

    def test_the_policy_may_leave_the_double(self, pair: Pair) -> None:
        view = View("customer", PARTNER, pair.view.fields, options={"merge": "leave"})
        answer = merged(pair.desk.connector.merge(view, pair.keep.id, [pair.lose.id]))
        assert answer.lost == {pair.lose.id: "left"}
        assert pair.exists(pair.loser)

    def test_a_policy_that_odoo_does_not_know_is_told(self, pair: Pair) -> None:
        view = View("customer", PARTNER, pair.view.fields, options={"merge": "mark"})
        with pytest.raises(Misconfigured, match="merge: mark"):
            pair.desk.connector.merge(view, pair.keep.id, [pair.lose.id])
