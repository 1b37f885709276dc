"""Reading single records of X3: shown, gone, or there and not to be read.

X3 has one answer for a record that is not there and for one it will not show: a message, in words that differ
by object and language. So its words alone do not make a record gone: the list has to agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from connectors.sage.layout import join_key, split_key
from connectors.sage.soap.answers import Undecodable
from connectors.sage.soap.client import Client
from connectors.sage.soap.faults import Said
from connectors.sage.soap.grammar import Content, Line, read_record
from connectors.sage.soap.layout import Layout
from connectors.sage.soap.paging import list_page
from connectors.sage.soap.records import keys_of, record_of, unread
from hub.ports import Misconfigured, Record


def not_listed(system: str, layout: Layout, name: str, line: Line) -> Misconfigured:
    """The list lacks the column our reference stands in: a search for it would find nothing, or anything."""
    return Misconfigured(
        system,
        f"the list of {layout.publication} does not show {name}",
        f"a record of ours could not be found again; it shows {', '.join(line)}",
        f"add {name} to the left list of the object in X3, or name another `reference`",
    )


TOGETHER = 8
"""Records one thread reads in a row: handing them over one by one costs more than some of the reads."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record as the hub sees it, with all that X3 showed of it where it could be read."""

    record: Record
    content: Content | None


class Reader:
    """Reads one X3. Thread-safe."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def one(self, layout: Layout, id: str, ref: str | None = None) -> Found | None:
        """The record as it is now, or ``None`` where there is none. Raises a `ConnectorError`."""
        try:
            keys = keys_of(layout, id)
        except ValueError:
            return None
        try:
            answer = self._client.read(layout.publication, keys)
        except Said as said:
            if not self.is_listed(layout, id):
                return None
            return Found(unread(layout, id, said.words), None)
        return self.shown(layout, id, answer.result, ref)

    def shown(self, layout: Layout, id: str, result: str | None, ref: str | None = None) -> Found:
        """The record in the result of a read, save or modify."""
        try:
            content = read_record(result or "")
        except Undecodable as why:
            return Found(unread(layout, id, f"X3's answer cannot be read: {why}"), None)
        return Found(record_of(layout, id, content, self._client.settings.zone, ref), content)

    def is_listed(self, layout: Layout, id: str) -> bool:
        """Whether the list shows this very key."""
        parts = tuple(split_key(id, len(layout.key)))
        if any("*" in part for part in parts):
            return True
        lines = list_page(
            self._client, layout.publication, keys_of(layout, id), self._client.settings.list_size
        )
        return any(self._key(layout, line) == parts for line in lines)

    @staticmethod
    def _key(layout: Layout, line: dict[str, str]) -> tuple[str, ...]:
        return tuple(line.get(name, "").strip() for name in layout.key_names)

    def begin(self, layout: Layout, ids: Sequence[str]) -> list[Future[list[Record]]]:
        """Read these, as many at once as there may be calls; those that are there, in their order."""
        parts = [ids[at : at + TOGETHER] for at in range(0, len(ids), TOGETHER)]
        return self._client.begin(lambda part: self._some(layout, part), parts)

    def finish(self, begun: Sequence[Future[list[Record]]]) -> list[Record]:
        """Wait for them."""
        return [record for part in self._client.collect(begun) for record in part]

    def many(self, layout: Layout, ids: Sequence[str]) -> list[Record]:
        """Those of these records that are there, in their order."""
        return self.finish(self.begin(layout, ids))

    def _some(self, layout: Layout, ids: Sequence[str]) -> list[Record]:
        return [found.record for id in ids if (found := self.one(layout, id)) is not None]

    def by_reference(self, layout: Layout, text: str, ref: str | None = None) -> Found | None:
        """The record that carries this text in the view's `reference`; the first where several do."""
        if layout.reference is None or not text:
            return None
        if layout.reference_is_key:
            return self.one(layout, join_key([text]), ref)
        name = layout.reference.info.name
        lines = list_page(self._client, layout.publication, [(name, text)], self._client.settings.list_size)
        wanted = text.strip().casefold()
        for line in lines:
            if name not in line:
                raise not_listed(self._client.system, layout, name, line)
            if line[name].strip().casefold() == wanted:
                found = self.one(layout, join_key(list(self._key(layout, line))), ref)
                if found is not None:
                    return found
        return None
