"""One test's own corner of an Odoo, and doors that lose a reply or answer with a fault on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any

import pytest

from connectors.odoo.client import Client
from connectors.odoo.connector import OdooConnector
from connectors.odoo.doors import open_client
from connectors.odoo.faults import Lost
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from hub.ports import (
    Done,
    Native,
    NativeField,
    Outcome,
    Record,
    View,
    Write,
)
from tests.connectors.odoo.office import Office


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
        self, client: Client, method: str, fault: Exception, bad: Callable[[str], bool], after: bool
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
            return Deaf(open_client(system, settings), method, before)

        self._reopen(opener)

    def spoil(self, method: str, fault: Exception, bad: str, after: bool = False) -> None:
        """From now on calls of `method` that say `bad` are answered with this fault."""

        def opener(system: str, settings: Settings) -> Client:
            client = open_client(system, settings)
            return Faulty(client, method, fault, lambda said: bad in said, after)

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


class Desks:
    """The fixture all scenarios work with; `office`, `door` and `scope` come from where they run."""

    @pytest.fixture
    def desk(self, office: Office, door: tuple[str, str], scope: str) -> Iterator[Desk]:
        desk = Desk(office, door[1], scope)
        yield desk
        desk.connector.close()
