"""Agreed values as people read them: a telephone number by its groups, a reference by its record's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.cli import screen

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.mapping import Mappings
    from hub.values import Canonical


class Reader:
    """Shows canonical values of any entity. Names of referred records come from the store."""

    def __init__(self, mappings: Mappings, connection: Connection) -> None:
        self._mappings, self._connection = mappings, connection
        self._titles: dict[str, str] = {}

    def __call__(self, entity: str, name: str, value: Canonical) -> str:
        """A value in words; as it is stored where the mapping does not know the field any more."""
        from hub.values import Ref

        found = self._mappings[entity].fields.get(name) if entity in self._mappings else None
        if found is None or value is None:
            return screen.value(value)
        if isinstance(found.type, Ref):
            return self._title(str(value))
        return found.type.show(value) or screen.value(value)

    def _title(self, golden_id: str) -> str:
        from hub.store import history

        if golden_id not in self._titles:
            self._titles[golden_id] = history.title(self._connection, golden_id)
        return self._titles[golden_id]
