"""Every fault on the wire, at every kind of work, through every door; and what must hold whatever happens.

`survives` is one cell of the table. The ordinary run takes each fault at each kind of work once, with the
doors in turn, on the sandbox. ``make test-live`` takes every cell on the sandbox, and each fault at each
kind of work on real servers. ``HUB_WIRE=all`` takes every cell wherever it runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from tests.memory import Crash
from tests.tally import tally
from tests.wire.company import LONG, WRITES, Company, Customer, Told
from tests.wire.faults import FAULTS, Kind
from tests.wire.proxy import Trap, Wanted
from tests.wire.request import Request

DOORS = [("19", "json2"), ("19", "xmlrpc"), ("19", "jsonrpc"), ("14", "xmlrpc"), ("14", "jsonrpc")]
MOST = 60
"""Requests one sync with one fault in it may send: a dozen records taken apart one by one, and no more."""

Cell = tuple[str, str, tuple[str, str]]


@dataclass(frozen=True)
class Work:
    """What the hub is at when the fault happens: people's `acts`, and the request that is hit.

    `writes`: how many requests to write this takes. `opens`: the hub is started anew for it. `beside`: it is
    not what a sync is about but happens in all of them; the ordinary run takes these in turn.
    """

    acts: Callable[[Company], None]
    wanted: Callable[[], Wanted]
    writes: int = 1
    opens: bool = False
    beside: bool = False


def called(*methods: str, after: str = "") -> Callable[[], Wanted]:
    """A request for one of these methods on partners; `after` one for that method went by."""

    def watch() -> Wanted:
        passed = [not after]

        def wanted(request: Request) -> bool:
            hit = passed[0] and request.model == "res.partner" and request.method in methods
            passed[0] = passed[0] or request.method == after
            return hit

        return wanted

    return watch


def anything() -> Wanted:
    return lambda request: True


def _work_in_odoo(company: Company) -> None:
    company.type_in_odoo(8)
    company.correct_in_odoo(1, "Nice")
    company.correct_in_odoo(2, False)


def _change_two(company: Company) -> None:
    company.correct_in_list(1, "Nîmes")
    company.correct_in_list(3, "Sète")


WORKS: Mapping[str, Work] = {
    "creating one": Work(lambda company: company.type_in_list([7]), called("load")),
    "creating many": Work(lambda company: company.type_in_list(range(10, 22)), called("load")),
    "changing two": Work(_change_two, called("load", "web_save_multi")),
    "archiving one": Work(lambda company: company.archive_in_list(2), called("load", "web_save_multi")),
    "looking right before a change": Work(
        lambda company: company.correct_in_list(1, "Nîmes"), called("read"), beside=True
    ),
    "reading back a new one": Work(
        lambda company: company.type_in_list([7]), called("read", after="load")
    ),
    "listing what changed": Work(_work_in_odoo, called("search_read"), writes=0),
    "reading what changed": Work(_work_in_odoo, called("read"), writes=0),
    "opening the conversation": Work(
        lambda company: company.type_in_list([7]), anything, opens=True, beside=True
    ),
    "asking for the fields": Work(
        lambda company: company.type_in_list([7]), called("fields_get"), opens=True, beside=True
    ),
}  # fmt: skip

WRITING = ("creating one", "creating many", "changing two", "archiving one")


def cells(everything: bool) -> Iterator[Cell]:
    """The cells of the table; or as many as meet each fault at each work, and both at each door."""
    beside = [name for name, work in WORKS.items() if work.beside]
    for row, fault in enumerate(FAULTS):
        if everything:
            yield from ((fault, work, door) for work in WORKS for door in DOORS)
            continue
        for column, work in enumerate(WORKS):
            if work not in beside or work == beside[row % len(beside)]:
                yield fault, work, DOORS[(row + column) % len(DOORS)]


def parameters(everything: bool) -> pytest.MarkDecorator:
    """The table as parameters of a test: `fault`, `work` and `door`."""
    return _parameters(list(cells(everything or os.environ.get("HUB_WIRE") == "all")))


def one_each(faults: Iterable[str], works: Sequence[str]) -> pytest.MarkDecorator:
    """Every one of these faults once, works and doors in turn."""
    return _parameters(
        [(fault, works[row % len(works)], DOORS[row % len(DOORS)]) for row, fault in enumerate(faults)]
    )


def _parameters(rows: Sequence[Cell]) -> pytest.MarkDecorator:
    ids = [f"{door[0]}-{door[1]}: {work}: {fault}" for fault, work, door in rows]
    return pytest.mark.parametrize(("fault", "work", "door"), rows, ids=ids)


def survives(company: Company, fault: str, work: str) -> None:
    """One cell: something happens on the wire, it is told, and in the end all is as people want it."""
    it, kind = WORKS[work], FAULTS[fault]
    trap, began = begin(company, fault, work)
    told = company.sync()
    assert len(trap.met) == 1, f"the fault was not met: {trap}"
    if trap.met[0].verb == "GET" and not told.lines:
        is_done_regardless(told, it)
    else:
        is_told(told, kind)
    pass_over(company, kind)
    company.sync()
    company.restart()
    comes_to_rest(company)
    is_written_once(company, it, fault, trap, began)


def survives_killed(company: Company, fault: str, work: str) -> None:
    """The same, and the hub is killed before it could note what came of its write."""
    trap, _ = begin(company, fault, work)
    company.odoo.dies = True
    with pytest.raises(Crash):
        company.sync()
    assert len(trap.met) == 1, f"the fault was not met: {trap}"
    tally("crashes survived")
    tally("faults injected")
    pass_over(company, FAULTS[fault])
    company.restart()
    company.sync()
    comes_to_rest(company)


def survives_outage(company: Company, fault: str, work: str) -> None:
    """The same fault again and again, from the first such request on and through two cycles."""
    trap, _ = begin(company, fault, work, lasting=True)
    for _ in range(2):
        met = len(trap.met)
        told = company.sync()
        # What was done although its answer was lost is found done, and then there is no second time.
        if len(trap.met) > met:
            is_told(told, FAULTS[fault])
    assert trap.met
    pass_over(company, FAULTS[fault])
    company.sync()
    company.restart()
    comes_to_rest(company)


def begin(company: Company, fault: str, work: str, lasting: bool = False) -> tuple[Trap, int]:
    """Three customers all know, then people's acts, and a fault that waits; how many requests there were."""
    it, kind = WORKS[work], FAULTS[fault]
    company.type_in_list([1, 2, 3])
    assert company.sync().report.writes == 3
    it.acts(company)
    if kind.short or it.opens:
        company.restart(LONG if not kind.short else company.short / 2 if lasting else company.short)
    company.refusing = not kind.listens
    wanted = it.wanted()
    if not kind.listens:
        # The wire sees no such request: it is announced by the door, right before the hub sends it.
        trap = company.proxy.arm(kind.happens, lambda request: not request.verb and wanted(request))
    else:
        trap = company.proxy.arm(kind.happens, wanted, times=None if lasting else 1)
    return trap, len(company.proxy.seen)


def is_told(told: Told, kind: Kind) -> None:
    """The fault was told with its system and its cause, and made no storm of requests."""
    tally("faults injected")
    assert told.requests <= MOST, f"{told.requests} requests"
    said = [line for line in told.lines if line.startswith("odoo: ")]
    assert any(words in line for words in kind.told for line in said) or not kind.told, told.lines
    for problem in told.problems:
        assert problem.system == "odoo"
        assert problem.what
        assert problem.todo


def is_done_regardless(told: Told, work: Work) -> None:
    """A page the hub only looked at to see what is there came back wrong, and nothing was the worse."""
    tally("faults injected")
    assert told.requests <= MOST, f"{told.requests} requests"
    assert not told.problems
    assert told.report.writes >= work.writes


def pass_over(company: Company, kind: Kind) -> None:
    """The fault is over; what was held back arrives."""
    company.proxy.disarm()
    if company.refusing:
        company.refusing = False
        company.proxy.mend()
    company.proxy.release()


def is_written_once(company: Company, work: Work, fault: str, trap: Trap, began: int) -> None:
    """Odoo got each write once, however often it was asked."""
    written = company.proxy.passed(WRITES, began)
    held = fault.startswith("arrives late") and trap.met[0].method in WRITES
    assert len(written) == work.writes + held, [str(request) for request in written]


def comes_to_rest(company: Company) -> None:
    """One record per customer everywhere, every value where it belongs, nothing waiting, nothing to write."""
    began = len(company.proxy.seen)
    assert company.sync().report.writes == 0
    assert not company.proxy.passed(WRITES, began)
    compare("odoo", company.in_odoo(), company.truth)
    compare("list", company.in_list(), company.truth)
    assert not company.outbox()
    assert not company.waiting()
    for change in company.journal("changed"):
        assert change.cause != "hub", change


def compare(system: str, found: list[tuple[str, Customer]], truth: Mapping[str, Customer]) -> None:
    """Count and refuse every value that was lost and every record that is there twice."""
    twice = len(found) - len({email for email, _ in found})
    lost = sum(
        (one.name != held.name) + (one.city != held.city) + (one.archived != held.archived)
        for email, one in truth.items()
        for held in [dict(found).get(email, Customer("", None))]
    )
    tally("records duplicated", twice)
    tally("values lost", lost)
    assert (twice, lost) == (0, 0), f"{system} holds {found}, not {truth}"
    assert dict(found) == truth
