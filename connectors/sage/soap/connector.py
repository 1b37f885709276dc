"""One folder of a Sage X3 as the hub sees it: the connector, which only puts the other parts together.

X3 numbers its records (or is given a number the mapping knows), so the hub allocates none. A description is
asked for once per publication, and again after `check` and whenever X3 did not know a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from connectors.sage.soap import reference
from connectors.sage.soap.checking import Checker
from connectors.sage.soap.client import Client
from connectors.sage.soap.description import Description, describe
from connectors.sage.soap.faults import Said
from connectors.sage.soap.layout import Layout, Misfit, layout_of
from connectors.sage.soap.paging import list_page
from connectors.sage.soap.pulling import Puller
from connectors.sage.soap.reading import Reader, not_listed
from connectors.sage.soap.settings import Settings
from connectors.sage.soap.writing import Writer
from hub.ports import (
    Finding,
    Known,
    Misconfigured,
    Outcome,
    Page,
    Receipt,
    Record,
    Traits,
    Unreachable,
    View,
    Write,
)


class SoapConnector:
    """A `hub.ports.Connector` for Sage X3. `client` is given by tests that watch the calls."""

    traits = Traits(assigns_ids=True, archives=False, confirms=True, incremental=True, batch=100)

    def __init__(self, name: str, settings: Settings, client: Client | None = None) -> None:
        self.name = name
        self.client = client or Client(name, settings)
        self._settings = settings
        self._reader = Reader(self.client)
        self._puller = Puller(self.client, self._reader)
        self._writer = Writer(self.client, self._reader)
        self._descriptions: dict[str, Description] = {}
        self._searchable: set[str] = set()

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        self._forget()
        self.client.forget_refusal()
        return Checker(self.client).findings(views)

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        with self._told(view):
            yield from self._puller.pull(self._layout(view), cursor, known)

    def ids(self, view: View) -> set[str]:
        with self._told(view):
            return set(self._puller.listed(self._layout(view)))

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        if not ids:
            return []
        with self._told(view):
            return self._reader.many(self._layout(view), ids)

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """Where the mapping fills the reference, no reference of the hub's stands in a record: none is found.

        `Writer` then looks for the mapped value, before it makes anything.
        """
        if not refs:
            return {}
        with self._told(view):
            layout = self._layout(view)
            if layout.reference is None or reference.is_mapped(layout):
                return {}
            self._check_searchable(layout)
            found = self.client.each(
                lambda ref: self._reader.by_reference(layout, reference.text_for(layout, ref), ref), refs
            )
            return {ref: one.record for ref, one in zip(refs, found, strict=True) if one is not None}

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        raise Misconfigured(
            self.name, "X3 numbers its records itself", todo="take `new_key` out of the mapping"
        )

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        if not writes:
            return []
        with self._told(view):
            layout = self._layout(view)
            if any(write.id is None for write in writes):
                self._check_searchable(layout)
            return self._writer.write(layout, writes)

    def receipts(self, view: View) -> Sequence[Receipt]:
        return ()

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        return None

    def close(self) -> None:
        self.client.close()

    def _layout(self, view: View) -> Layout:
        publication = self._settings.publication(view.object)
        if publication not in self._descriptions:
            self._descriptions[publication] = describe(self.client, publication)
        try:
            return layout_of(view, self._descriptions[publication])
        except Misfit as misfit:
            todo = "`hub sage probe` shows what this site has; correct the mapping"
            raise Misconfigured(
                self.name, f"{publication} is not as the mapping says", str(misfit), todo
            ) from misfit

    def _check_searchable(self, layout: Layout) -> None:
        """The list shows the reference, so that a search for it finds it: nothing is made otherwise."""
        if layout.reference is None or layout.reference_is_key or layout.publication in self._searchable:
            return
        name = layout.reference.info.name
        lines = list_page(self.client, layout.publication, [(layout.key_names[0], "*")], 1)
        if lines and name not in lines[0]:
            raise not_listed(self.name, layout, name, lines[0])
        if lines:
            self._searchable.add(layout.publication)

    @contextmanager
    def _told(self, view: View) -> Iterator[None]:
        try:
            yield
        except Said as said:
            self._forget()
            what = f"X3 does not do this with {self._settings.publication(view.object)}"
            raise Unreachable(self.name, what, said.words, "run `hub check`; tried again later") from said
        except Misconfigured:
            self._forget()
            raise

    def _forget(self) -> None:
        """What is missing may be put right at any time, and is only seen by asking anew."""
        self._descriptions.clear()
        self._searchable.clear()
