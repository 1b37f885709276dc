"""Doubles in an Odoo, which merges contacts itself and archives the rest; and in a system that archives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from hub.marking import Marking, merges_itself, merging_of
from hub.ports import Connector, Fate, Merges, NativeField, Traits, View
from sandbox.odoo import Odoo, serve
from sandbox.odoo.models import attachments, merging, upkeep
from tests.connectors.odoo.desk import Desk as OdooDesk
from tests.connectors.odoo.office import PASSWORD, PERSON, Office
from tests.memory import MemorySystem
from tests.merges.place import Deaf, Place
from tests.merges.suite import Desk, MergesConformance


class Partners:
    """Contacts of one Odoo, or its projects, in a corner of its own."""

    field: str | None = None

    def __init__(self, office: Office, scope: str, model: str, fate: Fate, **options: Any) -> None:
        self.office, self.scope, self.model, self.fate = office, scope, model, fate
        self.town = "city" if model == "res.partner" else "name"
        names = ("name", "email", "city") if model == "res.partner" else ("name",)
        self.view = View("customer", model, tuple(map(NativeField, names)), options=options)
        self.ids: list[int] = []

    def connect(self) -> Connector:
        return self.office.connect("xmlrpc")

    def add(self, *names: str) -> list[str]:
        rows = [{"name": name} for name in names]
        if self.model == "res.partner":
            rows = [{**row, "email": "a@garage.example", "city": "Vif", "ref": self.scope} for row in rows]
        made = [int(self.office.call(self.model, "create", row)) for row in rows]
        self.ids += made
        return [str(id) for id in made]

    def seen(self) -> Mapping[str, Mapping[str, Any]]:
        ours: list[Any] = [["id", "in", self.ids]]
        if self.model == "res.partner":
            ours = [["ref", "=", self.scope]]
        names = [*self.view.names, "active"]
        found = self.office.call(self.model, "search_read", ours, names, context={"active_test": False})
        return {
            str(row["id"]): {**{name: row[name] for name in self.view.names}, "archived": not row["active"]}
            for row in found
        }

    def type(self, id: str, field: str, text: str | None) -> None:
        self.office.call(self.model, "write", [int(id)], {field: text or False})

    def remove(self, id: str) -> None:
        self.office.call(self.model, "unlink", [int(id)])

    def deliver(self) -> None:
        return None

    def held(self, id: str) -> AbstractContextManager[None] | None:
        return None

    def deafened(self, before: bool) -> Merges:
        desk = OdooDesk(self.office, "xmlrpc", self.scope)
        desk.deafen("action_merge" if self.fate == "gone" else "write", before)
        return desk.connector


@pytest.fixture(scope="module", params=[19, 14])
def odoo(request: pytest.FixtureRequest) -> Iterator[tuple[int, Odoo]]:
    version = request.param
    models = [*upkeep.models(version), *merging.models(version), attachments.model()]
    with serve(version=version, models=models) as running:
        groups = "group_ids" if version == 19 else "groups_id"
        users = running.env["res.users"]
        mine = users.browse(users.search([["login", "=", running.login]])).read([groups])[0][groups]
        users.create([{"name": "Secrétariat", "login": PERSON, "password": PASSWORD, groups: [(6, 0, mine)]}])
        yield version, running


@pytest.fixture
def office(odoo: tuple[int, Odoo]) -> Office:
    version, running = odoo
    return Office(version, running.url, running.database, running.login, running.api_key)


class OfOdoo(MergesConformance):
    def test_it_merges_itself(self, desk: Desk) -> None:
        assert merges_itself(desk.connector)
        assert isinstance(desk.connector, Merges)
        assert merging_of(desk.connector) is desk.connector


class TestContacts(OfOdoo):
    @pytest.fixture
    def place(self, office: Office, request: pytest.FixtureRequest) -> Place:
        return Partners(office, request.node.name, "res.partner", "gone")


class TestProjects(OfOdoo):
    @pytest.fixture
    def place(self, office: Office, request: pytest.FixtureRequest) -> Place:
        return Partners(office, request.node.name, "project.project", "archived")


class TestProjectsLeft(OfOdoo):
    @pytest.fixture
    def place(self, office: Office, request: pytest.FixtureRequest) -> Place:
        return Partners(office, request.node.name, "project.project", "left", merge="leave")


class Memory:
    """A system that archives, and has no merge."""

    town = "Ville"
    field: str | None = None

    def __init__(self) -> None:
        self.system = MemorySystem("office", Traits(archives=True))
        self.system.columns["clients"] = ["Nom", "Ville"]
        self.table = self.system["clients"]
        fields = (NativeField("Nom"), NativeField("Ville"))
        self.view = View("customer", "clients", fields, options={"merge": "archive"})
        self.fate: Fate = "archived"

    def connect(self) -> Connector:
        return self.system.connect()

    def add(self, *names: str) -> list[str]:
        return [self.table.add({"Nom": name, "Ville": "Vif"}) for name in names]

    def seen(self) -> Mapping[str, Mapping[str, Any]]:
        everything = self.system.connect().read(self.view, list(self.table.items))
        return {one.id: {**one.values, "archived": one.archived} for one in everything}

    def type(self, id: str, field: str, text: str | None) -> None:
        self.table.set(id, {field: text})

    def remove(self, id: str) -> None:
        self.table.delete(id)

    def deliver(self) -> None:
        return None

    def held(self, id: str) -> AbstractContextManager[None] | None:
        return None

    def deafened(self, before: bool) -> Merges:
        return Marking(Deaf(self.connect(), before))


class TestArchived(MergesConformance):
    @pytest.fixture
    def place(self) -> Place:
        return Memory()

    def test_one_that_people_brought_back_meanwhile_stays_back(self, desk: Desk) -> None:
        note = desk.noted()
        desk.merge()
        place = desk.place
        assert isinstance(place, Memory)
        place.table.archive(desk.lose, False)
        assert desk.split(note).unable == ()
        assert not desk.seen()[desk.lose]["archived"]

    def test_one_that_was_archived_before_stays_archived(self, desk: Desk) -> None:
        place = desk.place
        assert isinstance(place, Memory)
        place.table.archive(desk.lose, True)
        assert desk.noted() == {}
        answer = desk.merge()
        assert (answer.lost, answer.undo) == ({desk.lose: "archived"}, {})
        both = replace(desk, connector=desk.connector).split(answer.undo)
        assert both.unable == ()
        assert desk.seen()[desk.lose]["archived"]
