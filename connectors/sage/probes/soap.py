"""A folder of Sage X3 being looked at: what its publications describe, and what their lists show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from connectors.sage.probing import Column, Kind
from connectors.sage.soap.client import Client
from connectors.sage.soap.description import count, describe, sample
from connectors.sage.soap.faults import Said
from connectors.sage.soap.settings import Settings
from hub.ports import Misconfigured, Native, View

T = TypeVar("T")
KINDS: Mapping[str, Kind] = {
    "char": "text", "clob": "text", "integer": "number", "decimal": "number", "date": "date",
}  # fmt: skip


class SoapProbe:
    """The publications the mappings name, and any other that is asked for by name."""

    def __init__(self, name: str, settings: Settings, views: Sequence[View] = ()) -> None:
        self._name, self._views = name, views
        self._client = Client(name, settings)

    def objects(self) -> Sequence[str]:
        """Those the mappings name: X3 lists its publications to nobody."""
        return list(dict.fromkeys(view.object for view in self._views))

    def fields(self, object: str) -> Sequence[Column]:
        """Its fields in X3's order; a grid's are its own."""
        found = self._told(object, lambda: describe(self._client, object))
        return [
            Column(one.name, KINDS.get(one.type.lower(), "unknown"), one.type, one.length, one.group)
            for one in found.fields
        ]

    def count(self, object: str) -> int | None:
        """Known where a mapping names the key, by which the list is read whole."""
        key = self.key(object)
        return self._told(object, lambda: count(self._client, object, key)) if key else None

    def sample(self, object: str, most: int) -> Sequence[Mapping[str, Native]]:
        """The first lines of its list: the columns the site shows there, and no others."""
        return [dict(line) for line in self._told(object, lambda: sample(self._client, object, most))]

    def notes(self, object: str) -> Sequence[str]:
        """What the list leaves out is known by its description alone."""
        return ["values are those its list shows; other fields are described only"]

    def key(self, object: str) -> str | None:
        """The one a mapping names."""
        return next((view.key[0] for view in self._views if view.object == object and view.key), None)

    def close(self) -> None:
        """See `Probe.close`."""
        self._client.close()

    def _told(self, object: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except Said as said:
            raise Misconfigured(
                self._name, f"{object} cannot be looked at", str(said), "is it published under this name?"
            ) from said
