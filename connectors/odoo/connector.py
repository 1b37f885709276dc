"""One Odoo database as the hub sees it: the connector, which only puts the parts of this folder together.

Every `Fault` that concerns the system as a whole leaves here as one of the hub's own errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from connectors.odoo.asking import Asking
from connectors.odoo.attachments import Files
from connectors.odoo.checking import Checker
from connectors.odoo.checking_payments import PaymentChecker
from connectors.odoo.context import Contexts
from connectors.odoo.faults import Fault
from connectors.odoo.layout import Schema
from connectors.odoo.merging import Merger
from connectors.odoo.payment_view import PAYMENT, WIZARD
from connectors.odoo.payments import Payments
from connectors.odoo.pulling import Puller
from connectors.odoo.reading import Reader
from connectors.odoo.refs import Refs
from connectors.odoo.relations import Relations
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from connectors.odoo.writing import Writer
from hub.ports import (
    Busy,
    ClockReading,
    Denied,
    Finding,
    Known,
    Merged,
    Misconfigured,
    Missing,
    Outcome,
    Page,
    Receipt,
    Record,
    Refused,
    Split,
    Traits,
    Unknown,
    Unreachable,
    View,
    Write,
)


class OdooConnector:
    """A `hub.ports.Connector` for Odoo 14 and later. `session` is given by tests that watch the calls."""

    traits = Traits(assigns_ids=True, archives=True, confirms=True, incremental=True)

    def __init__(self, name: str, settings: Settings, session: Session | None = None) -> None:
        self.name = name
        self.session = session or Session(name, settings)
        self._contexts = Contexts(self.session)
        self._asking = Asking(self.session)
        self._files = Files(settings.files, settings.file_mib * 2**20)
        self._schema = Schema(self.session)
        self._relations = Relations(self.session, self._contexts)
        self._refs = Refs(self.session)
        self._reader = Reader(self.session, self._contexts, self._relations)
        self._puller = Puller(
            self.session, self._contexts, self._schema, self._reader, self._refs, self._asking
        )
        self._writer = Writer(
            self.session,
            self._contexts,
            self._schema,
            self._relations,
            self._reader,
            self._refs,
            self._files,
            self._asking,
        )
        self._payments = Payments(
            self.session, self._contexts, self._schema, self._relations, self._reader, self._refs
        )
        self._merger = Merger(self.session, self._contexts, self._schema, self._reader, self._refs)

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        self._schema.forget()
        payments = PaymentChecker(self.session, self._schema, self._payments.views)
        checker = Checker(
            self.session, self._contexts, self._schema, self._refs, payments, self._files, self._asking
        )
        return checker.findings(views)

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        self._be_readable(view)
        with self._told(view):
            self._relations.forget()
            self._schema.forget_gaps()
            yield from self._puller.pull(view, cursor, known)

    def ids(self, view: View) -> set[str]:
        self._be_readable(view)
        with self._told(view):
            return self._puller.ids(view)

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        if not ids:
            return []
        with self._told(view):
            given = [int(id) for id in ids if id.isdecimal()]
            if view.object == WIZARD:
                return self._payments.read(view, given)
            return self._reader.records(self._schema.layout(view), given)

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        if not refs:
            return {}
        with self._told(view):
            paying = view.object == WIZARD
            ids = self._refs.ids(PAYMENT if paying else view.object, refs)
            by_id = {id: ref for ref, id in ids.items()}
            if paying:
                records = list(self._payments.read(view, sorted(by_id), by_id))
            else:
                layout = self._schema.layout(view)
                records = self._asking.whole(layout, self._reader.records(layout, sorted(by_id), by_id))
            # Two references stand on one record after a merge: each is answered.
            found = {int(record.id): record for record in records}
            return {ref: replace(found[id], ref=ref) for ref, id in ids.items() if id in found}

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        raise Misconfigured(
            self.name, "Odoo numbers its records itself", todo="take `new_key` out of the mapping"
        )

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        if not writes:
            return []
        with self._told(view):
            if view.object == WIZARD:
                return self._payments.write(view, writes)
            return self._writer.write(view, writes)

    def noted(self, view: View, keep: str, lose: Sequence[str]) -> Mapping[str, Any]:
        with self._told(view):
            return self._merger.noted(view, keep, lose)

    def merge(self, view: View, keep: str, lose: Sequence[str]) -> Merged | Refused | Unknown | Missing:
        with self._told(view):
            return self._merger.merge(view, keep, lose)

    def split(self, view: View, keep: str, undo: Mapping[str, Any]) -> Split | Refused | Unknown | Missing:
        with self._told(view):
            return self._merger.split(view, keep, undo)

    def receipts(self, view: View) -> Sequence[Receipt]:
        return ()

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        return None

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        return self.session.clock_reading()

    def close(self) -> None:
        self.session.close()

    def _be_readable(self, view: View) -> None:
        if view.object == WIZARD:
            what, why = f"{WIZARD} is no list of payments", "payments are made through it, and not read"
            raise Misconfigured(self.name, what, why, "write `direction: push` for this system")

    @contextmanager
    def _told(self, view: View) -> Iterator[None]:
        try:
            yield
        except Fault as fault:
            if fault.kind in ("name", "access", "denied"):
                self._schema.forget()
            raise as_error(self.name, view.object, fault) from fault
        except (Denied, Misconfigured):
            # What is missing may be put back at any time, and is only seen by asking anew.
            self._schema.forget()
            raise


def as_error(system: str, model: str, fault: Fault) -> Exception:
    """A fault that concerns the system as a whole, as one of the hub's errors."""
    if fault.kind == "busy":
        return Busy(system, f"{model} is held by another transaction", fault.message, "tried again by itself")
    if fault.kind in ("access", "denied"):
        todo = "give the hub's user this right in Odoo (Settings → Users)"
        return Denied(system, f"a right on {model} is missing", fault.message, todo)
    if fault.kind == "name":
        return Misconfigured(system, f"{model} is not as the mapping says", fault.message, "run `hub check`")
    return Unreachable(
        system, f"Odoo failed on {model}", fault.message, "look into Odoo's log; tried again later"
    )
