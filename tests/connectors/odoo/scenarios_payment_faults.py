"""One payment, whatever happens to any of the calls that make it: on real servers and on the sandbox.

`cells` are all the requests a payment makes, in their order, as a run without fault shows them. Each is made
to fail in each way, the hub comes again as it does (`Write.again`), and in the end there is one payment,
booked, matched, and found by its reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from connectors.odoo.client import Client
from connectors.odoo.connector import OdooConnector
from connectors.odoo.doors import open_client
from connectors.odoo.settings import Settings
from hub.ports import ConnectorError, Done, Outcome, Refused, Unknown, Write
from tests.connectors.odoo.books import PAYMENT, Books, BooksFixture
from tests.connectors.odoo.desk import done
from tests.tally import tally
from tests.wire.faults import FAULTS
from tests.wire.proxy import Proxy

ON_THE_WIRE = (
    "torn before Odoo got it",
    "torn after Odoo did it",
    "error answer, and yet done",
    "arrives late, after the hub gave up",
)
CHANGING = ("load", "action_post", "js_assign_outstanding_line")
TRIES = 4


class Killed(BaseException):
    """The hub's process ends here."""


class Doomed:
    """A door at whose `nth` call the hub dies: before it is made, or `after` Odoo has done it."""

    def __init__(self, client: Client, nth: int, after: bool) -> None:
        self._client, self._left, self._after = client, nth, after
        self.calls = 0

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        self.calls += 1
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed(f"before {model}.{method}")
        try:
            return self._client.call(model, method, *args, context=context)
        finally:
            # Also where the answer is an error: XML-RPC cannot say what some methods answer.
            if self._left == 0:
                raise Killed(f"after {model}.{method}")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class PaymentFaults(BooksFixture):
    @pytest.fixture
    def wire(self, office: Any) -> Iterator[Proxy]:
        proxy = Proxy(office.url)
        yield proxy
        proxy.close()

    @pytest.mark.parametrize("fault", ON_THE_WIRE)
    def test_a_fault_at_any_call_makes_one_payment(self, books: Books, wire: Proxy, fault: str) -> None:
        calls = self._clean_run(books, wire)
        for nth in range(1, calls + 1):
            made = books.invoice()
            write = books.payment(f"REG{nth}", made, 50.0)
            with self._through(books, wire) as connector:
                trap = wire.arm(FAULTS[fault].happens, lambda request: True, nth=nth)
                first = _attempt(connector, write)
                wire.disarm()
                assert trap.met
                tally("faults injected")
                outcome = _until_done(connector, books, write, first, made)
                wire.release()
            self._is_one(books, made, write, outcome)

    @pytest.mark.parametrize("method", CHANGING)
    def test_a_request_that_arrives_long_after_pays_nothing_more(
        self, books: Books, wire: Proxy, method: str
    ) -> None:
        """And a second payment may have come between."""
        made = books.invoice()
        write = books.payment("REG1", made, 50.0)
        with self._through(books, wire) as connector:
            held = FAULTS["arrives late, after the hub gave up"].happens
            trap = wire.arm(held, lambda request: request.method == method)
            first = _attempt(connector, write)
            assert trap.met
            wire.disarm()
            tally("faults injected")
            outcome = _until_done(connector, books, write, first, made)
            (other,) = connector.write(PAYMENT, [books.payment("REG2", made, 20.0)])
            assert done(other).id != outcome.record.id
            wire.release()
        rows = books.payments()
        tally("records duplicated", max(0, len(rows) - 2))
        assert [row["amount"] for row in rows] == [50.0, 20.0]
        assert books.state(made) == ("partial", 50.0)

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_a_hub_that_dies_at_any_call_makes_one_payment(self, books: Books, after: bool) -> None:
        for nth in range(1, self._calls(books) + 1):
            made = books.invoice()
            write = books.payment(f"REG{nth}", made, 50.0)
            doomed = books.connect(_dooming(nth, after))
            with pytest.raises(Killed):
                doomed.write(PAYMENT, [write])
            doomed.close()
            tally("faults injected")
            with self._fresh(books) as connector:
                again = Write(write.ref, None, write.values, again=True)
                outcome = _until_done(connector, books, write, _attempt(connector, again), made)
            self._is_one(books, made, write, outcome)

    def test_who_pays_while_we_are_at_it_is_not_paid_twice(self, books: Books) -> None:
        """Between the draft and its booking, and between its booking and its match."""
        for method in ("action_post", "js_assign_outstanding_line"):
            made = books.invoice()
            interrupted = books.connect(_interrupting(method, partial(books.pay, made, 100.0)))
            (outcome,) = interrupted.write(PAYMENT, [books.payment(method, made, 50.0)])
            interrupted.close()
            assert isinstance(outcome, Refused), outcome
            assert "has 20.00 EUR left to pay, and this payment is 50.00" in outcome.reason, outcome
            assert "stays a draft in Odoo" in outcome.reason
            assert books.state(made) == ("partial", 20.0)
            drafts = [row for row in books.payments() if row["text"].startswith(method)]
            assert [row["state"] for row in drafts] == ["draft"]
            tally("faults injected")

    # -- how -----------------------------------------------------------------------------------------

    def _is_one(self, books: Books, made: int, write: Write, outcome: Done) -> None:
        text = write.values["communication"]
        rows = [row for row in books.payments() if row["text"] == text]
        tally("records duplicated", max(0, len(rows) - 1))
        tally("values lost", 0 if rows else 1)
        assert [str(row["id"]) for row in rows] == [outcome.record.id]
        assert books.state(made) == ("partial", 70.0)
        assert rows[0]["is_reconciled"]
        assert books.connector.find(PAYMENT, [write.ref])[write.ref].values == outcome.record.values

    def _clean_run(self, books: Books, wire: Proxy) -> int:
        """How many requests a payment takes that nothing happens to."""
        made = books.invoice()
        with self._through(books, wire) as connector:
            before = len(wire.seen)
            done(connector.write(PAYMENT, [books.payment("clean", made, 50.0)])[0])
            return len(wire.seen) - before

    def _calls(self, books: Books) -> int:
        doors: list[Doomed] = []

        def opener(system: str, settings: Settings) -> Client:
            doors.append(Doomed(open_client(system, settings), 0, False))
            return doors[-1]

        connector = books.connect(opener)
        done(connector.write(PAYMENT, [books.payment("clean", books.invoice(), 50.0)])[0])
        connector.close()
        return doors[0].calls

    @contextmanager
    def _through(self, books: Books, wire: Proxy) -> Iterator[OdooConnector]:
        """A connector that has looked around already, behind the wire."""
        connector = books.connect(url=wire.url, timeout=20, connect_timeout=5)
        connector.find(PAYMENT, [books.ref("nothing")])
        connector.check([PAYMENT])
        yield connector
        connector.close()

    @contextmanager
    def _fresh(self, books: Books) -> Iterator[OdooConnector]:
        connector = books.connect()
        yield connector
        connector.close()


def _attempt(connector: OdooConnector, write: Write) -> Outcome | ConnectorError:
    try:
        return connector.write(PAYMENT, [write])[0]
    except ConnectorError as error:
        return error


def _until_done(
    connector: OdooConnector, books: Books, write: Write, first: Outcome | ConnectorError, made: int
) -> Done:
    """As the hub does: again, until it is done; and nothing is refused on the way."""
    outcome = first
    for _ in range(TRIES):
        if isinstance(outcome, Done):
            return outcome
        assert isinstance(outcome, Unknown | ConnectorError), outcome
        outcome = _attempt(connector, Write(write.ref, None, write.values, again=True))
    raise AssertionError(f"not done after {TRIES} tries: {outcome}")


def _dooming(nth: int, after: bool) -> Callable[[str, Settings], Client]:
    return lambda system, settings: Doomed(open_client(system, settings), nth, after)


class _Interrupted:
    """A door where somebody else is quicker, once, right before a call of `method`."""

    def __init__(self, client: Client, method: str, act: Callable[[], None]) -> None:
        self._client, self._method, self._act = client, method, act

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        if method == self._method:
            self._method = ""
            self._act()
        return self._client.call(model, method, *args, context=context)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def _interrupting(method: str, act: Callable[[], None]) -> Callable[[str, Settings], Client]:
    return lambda system, settings: _Interrupted(open_client(system, settings), method, act)
