"""Every fault on the way to a sandbox X3, at every kind of call; and what must hold whatever happens.

Either the fault was told in words, or everything was done in that very cycle; in the end both systems hold
what people want, each customer and each invoice once, and X3 did each write once. The ordinary run takes each
fault at each operation once, with the works of an operation in turn; ``HUB_WIRE=all`` takes every cell.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.store import Store
from sandbox.x3 import X3, serve
from tests.memory import Crash
from tests.tally import tally
from tests.wire.company import Told
from tests.wire.faults import Kind
from tests.wire.proxy import Proxy, Trap
from tests.wire.request import Request
from tests.wire.x3_company import LONG, OPTIONS, SHORT, Customer, Firm, called
from tests.wire.x3_faults import FAULTS

MOST = 60
"""Requests one sync with one fault in it may send."""


@dataclass(frozen=True)
class Work:
    """What the hub is at when the fault happens: people's `acts`, and the call that is hit.

    `writes`: what X3 is to have written for it, by object. `opens`: the hub is started anew for it.
    """

    acts: Callable[[Firm], None]
    hit: tuple[str, str]
    writes: Mapping[str, int]
    opens: bool = False


def _people(firm: Firm) -> None:
    firm.type_in_x3(8)
    firm.correct_in_x3(1, "Nice")
    firm.correct_in_x3(2, "")


def _corrections(firm: Firm) -> None:
    firm.correct_in_list(1, "Nîmes")
    firm.correct_in_list(3, "Sète")


WORKS: Mapping[str, Work] = {
    "making a customer": Work(lambda firm: firm.type_in_list(7), ("save", "BPC"), {"BPC": 1}),
    "making many customers": Work(
        lambda firm: firm.type_in_list(*range(10, 16)), ("save", "BPC"), {"BPC": 6}
    ),
    "changing two customers": Work(_corrections, ("modify", "BPC"), {"BPC": 2}),
    "making an invoice": Work(lambda firm: firm.invoice(1), ("save", "SIH"), {"SIH": 1}),
    "making many invoices": Work(lambda firm: firm.invoice(1, 2, 3), ("save", "SIH"), {"SIH": 3}),
    "looking for an invoice before it is made": Work(
        lambda firm: firm.invoice(1), ("query", "SIH"), {"SIH": 1}
    ),
    "looking right before a change": Work(_corrections, ("read", "BPC"), {"BPC": 2}),
    "listing customers": Work(_people, ("query", "BPC"), {}),
    "reading customers": Work(_people, ("read", "BPC"), {}),
    "asking what an invoice consists of": Work(
        lambda firm: firm.invoice(2), ("getDescription", "SIH"), {"SIH": 1}, opens=True
    ),
}  # fmt: skip
DONE = [fault for fault, kind in FAULTS.items() if kind.applied]
OPERATIONS = ("save", "modify", "query", "read", "getDescription")
WRITING = ("making a customer", "making many customers", "changing two customers", "making an invoice",
           "making many invoices")  # fmt: skip


@pytest.fixture(scope="module")
def wired() -> Iterator[tuple[X3, Proxy]]:
    """One X3 and one wire to it: most of a test's time would go into getting to know them anew."""
    with serve(**OPTIONS) as x3:
        proxy = Proxy(x3.host)
        yield x3, proxy
        proxy.close()


@pytest.fixture
def firm(wired: tuple[X3, Proxy], tmp_path: Path, store: Store) -> Iterator[Firm]:
    x3, proxy = wired
    proxy.disarm()
    proxy.release()
    proxy.seen.clear()
    x3.wipe()
    made = Firm(x3, tmp_path / "hub", store, proxy)
    yield made
    made.close()


def cells(everything: bool) -> Iterator[tuple[str, str]]:
    """Faults and works that meet."""
    for row, fault in enumerate(FAULTS):
        for operation in OPERATIONS:
            works = [name for name, work in WORKS.items() if work.hit[0] == operation]
            yield from ((fault, work) for work in (works if everything else [works[row % len(works)]]))


@pytest.mark.parametrize(("fault", "work"), list(cells(os.environ.get("HUB_WIRE") == "all")))
def test_nothing_is_lost_and_nothing_made_twice_in_x3(firm: Firm, fault: str, work: str) -> None:
    it, kind = WORKS[work], FAULTS[fault]
    trap = begin(firm, it, kind)
    before = firm.written()
    told = firm.sync()
    assert len(trap.met) == 1, f"the fault was not met: {trap}"
    tally("faults injected")
    is_told_or_done(firm, told, it, kind, before)
    pass_over(firm)
    firm.sync()
    firm.restart()
    comes_to_rest(firm)
    again = {"BPC": fault.startswith("arrives late") and it.hit[0] == "modify"}
    assert firm.written() - before == Counter(it.writes) + Counter(again)


@pytest.mark.parametrize(("fault", "work"), [(f, WRITING[n % len(WRITING)]) for n, f in enumerate(DONE)])
def test_a_hub_killed_after_its_write_to_x3_loses_and_doubles_nothing(
    firm: Firm, fault: str, work: str
) -> None:
    trap = begin(firm, WORKS[work], FAULTS[fault])
    before = firm.written()
    firm.connector.dies = True
    with pytest.raises(Crash):
        firm.sync()
    assert len(trap.met) == 1
    tally("crashes survived")
    pass_over(firm)
    firm.restart()
    firm.sync()
    comes_to_rest(firm)
    assert firm.written() - before == WORKS[work].writes


def test_an_invoice_that_arrives_late_is_waited_for_and_not_made_again(firm: Firm) -> None:
    """The request was cut off and is still on its way while the hub comes round again."""
    it, kind = WORKS["making an invoice"], FAULTS["arrives late, after the hub gave up"]
    trap = begin(firm, it, kind)
    told = firm.sync()
    assert trap.met
    firm.proxy.disarm()
    again = firm.sync()
    assert firm.x3.calls["SIH", "save"] == 0, "nothing reached X3 yet, and nothing was sent anew"
    assert any("earlier attempt" in line for line in again.lines), again.lines
    assert told.report.writes == again.report.writes == 0
    firm.proxy.release()
    firm.sync()
    comes_to_rest(firm)
    assert firm.x3.writes["SIH", "save"] == 1


def begin(firm: Firm, it: Work, kind: Kind) -> Trap:
    """Three customers all know, then people's acts, and a fault that waits."""
    firm.type_in_list(1, 2, 3)
    assert firm.sync().report.writes == 3
    it.acts(firm)
    if kind.short or it.opens:
        firm.restart(SHORT if kind.short else LONG)

    def wanted(request: Request) -> bool:
        return called(request) == it.hit

    return firm.proxy.arm(kind.happens, wanted)


def is_told_or_done(firm: Firm, told: Told, it: Work, kind: Kind, before: Mapping[str, int]) -> None:
    """The fault was told with its system and its cause, or nothing was the worse for it."""
    assert told.requests <= MOST, f"{told.requests} requests"
    said = [line for line in told.lines if line.startswith("x3: ")] + firm.waiting()
    named = any(words in line for words in kind.told for line in said)
    if not named:
        assert firm.written() - before == it.writes, told.lines  # type: ignore[operator]
        compare("x3", firm.in_x3(), firm.truth)
        compare("list", firm.in_list(), firm.truth)
    for problem in told.problems:
        assert problem.system == "x3"
        assert problem.what
        assert problem.todo


def pass_over(firm: Firm) -> None:
    """The fault is over; what was held back arrives."""
    firm.proxy.disarm()
    firm.proxy.release()
    firm.seconds += 3600


def comes_to_rest(firm: Firm) -> None:
    """One record of each everywhere, every value where it belongs, nothing waiting, nothing to write."""
    before = firm.written()
    assert firm.sync().report.writes == 0
    assert firm.written() == before
    compare("x3", firm.in_x3(), firm.truth)
    compare("list", firm.in_list(), firm.truth)
    documents = firm.documents()
    tally("records duplicated", len(documents) - len({number for number, _, _ in documents}))
    assert sorted(number for number, _, _ in documents) == sorted(firm.owed)
    for number, customer, amount in documents:
        assert amount == firm.owed[number]
        assert customer == firm.number_in_x3(int(number[-4:]))
    assert not firm.outbox()
    assert not firm.waiting()
    assert "hub" not in firm.causes()
    assert not firm.x3.pool.overlaps


def compare(system: str, found: list[tuple[str, Customer]], truth: Mapping[str, Customer]) -> None:
    """Count and refuse every value that was lost and every record that is there twice."""
    held = dict(found)
    twice = len(found) - len(held)
    lost = sum(held.get(email) != one for email, one in truth.items())
    tally("records duplicated", twice)
    tally("values lost", lost)
    assert (twice, lost) == (0, 0), f"{system} holds {found}, not {truth}"
    assert held == truth
