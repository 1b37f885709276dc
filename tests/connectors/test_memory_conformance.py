"""The system in memory that the engine's tests rely on behaves as any real one must, in each nature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from hub.ports import Connector, Native, NativeField, Traits, View
from tests.connectors.conformance import BaseHarness, ConnectorConformance, Harness, Row
from tests.memory import MemorySystem

COLUMNS = {"name": "Nom", "phone": "Tél.", "city": "Ville"}


def upper(value: Native) -> Native:
    return value.upper()[:35] if isinstance(value, str) else value


def refuses_xxx(values: Mapping[str, Native]) -> str | None:
    return "XXX is no telephone number" if values.get("Tél.") == "XXX" else None


class MemoryHarness(BaseHarness):
    columns: Mapping[str, str] = COLUMNS
    view = View("customer", "clients", tuple(NativeField(name) for name in COLUMNS.values()))

    def __init__(self, system: MemorySystem) -> None:
        system.columns["clients"] = list(COLUMNS.values())
        self.system = system
        self.table = system["clients"]

    def connect(self) -> Connector:
        return self.system.connect()

    def add(self, rows: Sequence[Row]) -> list[str]:
        return [self.table.add(self._native({**dict.fromkeys(COLUMNS), **row})) for row in rows]

    def edit(self, id: str, changes: Row) -> None:
        self.table.set(id, self._native(changes))

    def remove(self, id: str) -> None:
        self.table.delete(id)

    def archive(self, id: str) -> None:
        self.table.archive(id)

    def seen(self) -> Mapping[str, Row]:
        return {id: {c: row.get(n) for c, n in COLUMNS.items()} for id, row in self.table.rows().items()}  # type: ignore[misc]

    def deliver(self) -> None:
        if not self.system.traits.confirms:
            self.system.deliver()

    def shown(self, column: str, text: str) -> str | None:
        return self.system.kept(COLUMNS[column], text)  # type: ignore[return-value]

    def refused(self) -> Row | None:
        return {"phone": "XXX"} if self.system.refuse else None

    def refused_later(self) -> Row | None:
        return {"phone": "XXX"} if self.system.refuse_later else None

    def spoil(self, id: str) -> str | None:
        self.table.spoil(id, COLUMNS["phone"])
        return "phone"

    def _native(self, row: Row) -> dict[str, Native]:
        return {COLUMNS[column]: value for column, value in row.items()}


class TestLikeOdoo(ConnectorConformance):
    """Gives ids, archives, answers at once, hands over changes."""

    @pytest.fixture
    def harness(self) -> Harness:
        return MemoryHarness(MemorySystem("odoo", Traits(archives=True), refuse=refuses_xxx, overlap=3))


class TestLikeAWorkbook(ConnectorConformance):
    """Takes the hub's ids, archives nothing, lists everything."""

    @pytest.fixture
    def harness(self) -> Harness:
        traits = Traits(assigns_ids=False, incremental=False)
        return MemoryHarness(MemorySystem("clients", traits, refuse=refuses_xxx, page_size=2))


class TestLikeSage(ConnectorConformance):
    """Takes the hub's ids, answers later, writes in capitals and cuts."""

    @pytest.fixture
    def harness(self) -> Harness:
        traits = Traits(assigns_ids=False, confirms=False, incremental=False)
        system = MemorySystem("sage", traits, normalise={"Nom": upper}, refuse_later=refuses_xxx)
        return MemoryHarness(system)
