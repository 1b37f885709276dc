"""The Odoo connector against real Odoo 19 and 14, through every door each of them has.

The connector works as the administrator; the person of the suite is a second user with a password of their
own, whom the connector's code has no part in.
"""

from __future__ import annotations

import itertools
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.odoo import Settings, connect
from hub.ports import Connector, NativeField, View
from tests.connectors.conformance import BaseHarness, ConnectorConformance, Row
from tests.live.servers import Odoo

pytestmark = pytest.mark.live

DOORS = [("19", "json2"), ("19", "xmlrpc"), ("19", "jsonrpc"), ("14", "xmlrpc"), ("14", "jsonrpc")]
COLUMNS = {"name": "name", "phone": "phone", "city": "city"}
_scopes = itertools.count(1)


@dataclass
class Bed:
    """One fresh database, and a person who works in it."""

    odoo: Odoo
    database: str
    person: int = 0
    proxy: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        me = self.odoo.user(self.database)
        groups = "group_ids" if self.odoo.version >= 19 else "groups_id"
        (mine,) = self.odoo.call(self.database, "res.users", "read", [me], [groups])
        self.person = self.odoo.call(
            self.database,
            "res.users",
            "create",
            {
                "name": "Secrétariat",
                "login": "office",
                "password": "office-1",
                groups: [(6, 0, mine[groups])],
            },
        )
        self.proxy = xmlrpc.client.ServerProxy(f"{self.odoo.url}/xmlrpc/2/object", allow_none=True)

    def call(self, model: str, method: str, *args: Any, **named: Any) -> Any:
        """What the person does or sees."""
        return self.proxy.execute_kw(self.database, self.person, "office-1", model, method, list(args), named)

    def settings(self, door: str, **more: Any) -> Settings:
        known = {"url": self.odoo.url, "database": self.database, "login": self.odoo.login}
        return Settings(**{**known, "api_key": self.odoo.api_key, "transport": door, **more})


@pytest.fixture(scope="session")
def beds(request: pytest.FixtureRequest) -> Mapping[str, Bed]:
    class Beds(dict[str, Bed]):
        def __missing__(self, version: str) -> Bed:
            odoo: Odoo = request.getfixturevalue(f"odoo{version}")
            self[version] = Bed(odoo, odoo.fresh_database())
            return self[version]

    return Beds()


class OdooHarness(BaseHarness):
    """A person in front of Odoo. Each test has its own scope: a value of the field ``ref``."""

    columns = COLUMNS

    def __init__(self, bed: Bed, door: str) -> None:
        self.bed = bed
        self.door = door
        self.scope = f"scope {next(_scopes)}"
        self.view = View(
            "customer",
            "res.partner",
            tuple(NativeField(name) for name in COLUMNS.values()),
            where=[["ref", "=", self.scope]],
            options={"on_create": {"ref": self.scope}},
        )

    def connect(self) -> Connector:
        return connect("odoo", self.bed.settings(self.door))

    def add(self, rows: Sequence[Row]) -> list[str]:
        vals = [{**{k: v or False for k, v in row.items()}, "ref": self.scope} for row in rows]
        return [str(id) for id in self.bed.call("res.partner", "create", vals)]

    def edit(self, id: str, changes: Row) -> None:
        self.bed.call("res.partner", "write", [int(id)], {k: v or False for k, v in changes.items()})

    def remove(self, id: str) -> None:
        self.bed.call("res.partner", "unlink", [int(id)])

    def archive(self, id: str) -> None:
        self.bed.call("res.partner", "write", [int(id)], {"active": False})

    def seen(self) -> Mapping[str, Row]:
        rows = self.bed.call(
            "res.partner",
            "search_read",
            [["ref", "=", self.scope]],
            [*COLUMNS],
            context={"active_test": False},
        )
        return {str(row["id"]): {name: row[name] or None for name in COLUMNS} for row in rows}

    def refused(self) -> Row | None:
        return {"name": None}


class TestConformance(ConnectorConformance):
    @pytest.fixture(params=DOORS, ids=lambda door: "-".join(door))
    def harness(self, request: pytest.FixtureRequest, beds: Mapping[str, Bed]) -> OdooHarness:
        version, door = request.param
        return OdooHarness(beds[version], door)
