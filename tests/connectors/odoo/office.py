"""The people's side of one Odoo, and the connector's, for the tests on real servers and on cassettes.

The connector works as the administrator. The person is a second user with a password of their own, whose
calls are plain XML-RPC that no code of the connector has a part in.
"""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.odoo import connect
from connectors.odoo.settings import Settings
from hub.ports import Connector, NativeField, View
from tests.connectors.bench import BaseHarness, Row
from tests.connectors.odoo.cassettes import DATABASE, HOST, KEY
from tests.live.servers import Odoo

DOORS = [("19", "json2"), ("19", "xmlrpc"), ("19", "jsonrpc"), ("14", "xmlrpc"), ("14", "jsonrpc")]
COLUMNS = {"name": "name", "phone": "phone", "city": "city"}
PERSON, PASSWORD = "office", "office-1"


@dataclass
class Office:
    """One database with a person in it."""

    version: int
    url: str = HOST
    database: str = DATABASE
    login: str = "admin"
    key: str = KEY
    person: int = 0

    @classmethod
    def opened(cls, odoo: Odoo) -> Office:
        """In a fresh database of a real server."""
        office = cls(odoo.version, odoo.url, odoo.fresh_database(), odoo.login, str(odoo.api_key))
        groups = "group_ids" if odoo.version >= 19 else "groups_id"
        (mine,) = odoo.call(office.database, "res.users", "read", [odoo.user(office.database)], [groups])
        vals = {"name": "Secrétariat", "login": PERSON, "password": PASSWORD, groups: [(6, 0, mine[groups])]}
        odoo.call(office.database, "res.users", "create", vals)
        return office

    def call(self, model: str, method: str, *args: Any, **named: Any) -> Any:
        """What the person does or sees."""
        if not self.person:
            answer: Any = self._service("common").authenticate(self.database, PERSON, PASSWORD, {})
            self.person = int(answer)
        service = self._service("object")
        return service.execute_kw(self.database, self.person, PASSWORD, model, method, list(args), named)

    def settings(self, door: str, **more: Any) -> Settings:
        known = {"url": self.url, "database": self.database, "login": self.login, "api_key": self.key}
        return Settings.model_validate({**known, "transport": door, **more})

    def connect(self, door: str, **more: Any) -> Connector:
        return connect("odoo", self.settings(door, **more))

    def _service(self, name: str) -> Any:
        return xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/{name}", allow_none=True)


class OfficeHarness(BaseHarness):
    """The conformance suite's person in front of Odoo. `scope`, a value of ``ref``, keeps tests apart."""

    columns = COLUMNS

    def __init__(self, office: Office, door: str, scope: str) -> None:
        self.office = office
        self.door = door
        self.scope = scope
        self.view = View(
            "customer",
            "res.partner",
            tuple(NativeField(name) for name in COLUMNS.values()),
            where=[["ref", "=", scope]],
            options={"on_create": {"ref": scope}},
        )

    def connect(self) -> Connector:
        return self.office.connect(self.door)

    def add(self, rows: Sequence[Row]) -> list[str]:
        vals = [{**{k: v or False for k, v in row.items()}, "ref": self.scope} for row in rows]
        return [str(id) for id in self.office.call("res.partner", "create", vals)]

    def edit(self, id: str, changes: Row) -> None:
        self.office.call("res.partner", "write", [int(id)], {k: v or False for k, v in changes.items()})

    def remove(self, id: str) -> None:
        self.office.call("res.partner", "unlink", [int(id)])

    def archive(self, id: str) -> None:
        self.office.call("res.partner", "write", [int(id)], {"active": False})

    def seen(self) -> Mapping[str, Row]:
        domain = [["ref", "=", self.scope]]
        context = {"active_test": False}
        rows = self.office.call("res.partner", "search_read", domain, [*COLUMNS], context=context)
        return {str(row["id"]): {name: row[name] or None for name in COLUMNS} for row in rows}

    def refused(self) -> Row | None:
        return {"name": None}
