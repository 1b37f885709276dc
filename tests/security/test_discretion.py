"""A connector whose every word quotes a secret, seen from the hub; and nothing lost of what it can do."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from connectors import registry
from hub import ports
from hub.daemon.exclusive import exclusive
from hub.discretion import LONGEST, discreet
from hub.marking import merges_itself, merging_of
from hub.ports import (
    Busy,
    Connector,
    ConnectorError,
    Denied,
    Done,
    Finding,
    Known,
    Merged,
    Merges,
    Misconfigured,
    Missing,
    Moved,
    Outcome,
    Page,
    Receipt,
    Record,
    Refused,
    Rejected,
    Sent,
    SourceDamaged,
    Split,
    Traits,
    Unknown,
    Unreachable,
    View,
    Write,
)
from hub.redaction import HIDDEN, Redactor

SECRET = "p@ss/word-7"
VIEW = View("customer", "res.partner", ())
SAID = f"wrong: {SECRET}"
CLEAN = f"wrong: {HIDDEN}"
RECORD = Record("7", {"name": SECRET}, version=SECRET, ref=SECRET, unreadable={"phone": SAID}, where="row 3")
OPTIONAL = [
    found
    for found in vars(ports).values()
    if inspect.isclass(found) and getattr(found, "_is_runtime_protocol", False) and found is not Connector
]


class Loud:
    """Says its secret wherever it can. `problem` is raised by every call, where there is one."""

    name = "odoo"
    traits = Traits(assigns_ids=False)

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem

    def _raise(self) -> None:
        if self.problem is not None:
            raise self.problem

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        self._raise()
        return [Finding("error", SAID, SAID, SAID)]

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        yield Page([RECORD], SECRET, [Rejected("row 4", SAID, SAID, SECRET)], listing=True, total=1)
        self._raise()

    def ids(self, view: View) -> set[str]:
        self._raise()
        return {SECRET}

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        self._raise()
        return [RECORD]

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        self._raise()
        return {SECRET: RECORD}

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        self._raise()
        return [SECRET]

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        self._raise()
        refused = Refused(SAID, "name", SAID)
        return [Done(RECORD), Moved(RECORD), Sent(SECRET, SECRET), Missing(), refused, Unknown(SAID)]

    def receipts(self, view: View) -> Sequence[Receipt]:
        self._raise()
        return [Receipt(SECRET, False, SAID, (SECRET,))]

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        self._raise()

    def close(self) -> None:
        self._raise()


def quiet(problem: Exception | None = None) -> Connector:
    return discreet(Loud(problem), Redactor([SECRET]).clean)


def test_every_word_for_people_is_cleaned_and_nothing_else_is_touched() -> None:
    connector = quiet()
    record = Record(
        "7", {"name": SECRET}, version=SECRET, ref=SECRET, unreadable={"phone": CLEAN}, where="row 3"
    )
    assert connector.check([VIEW]) == [Finding("error", CLEAN, CLEAN, CLEAN)]
    rejected = Rejected("row 4", CLEAN, CLEAN, SECRET)
    assert list(connector.pull(VIEW, None, lambda ids: {})) == [
        Page([record], SECRET, [rejected], listing=True, total=1)
    ]
    assert connector.ids(VIEW) == {SECRET}
    assert connector.read(VIEW, ["7"]) == [record]
    assert connector.find(VIEW, [SECRET]) == {SECRET: record}
    assert connector.allocate(VIEW, 1, ()) == [SECRET]
    assert connector.write(VIEW, []) == [
        Done(record), Moved(record), Sent(SECRET, SECRET), Missing(), Refused(CLEAN, "name", CLEAN),
        Unknown(CLEAN),
    ]  # fmt: skip
    assert connector.receipts(VIEW) == [Receipt(SECRET, False, CLEAN, (SECRET,))]
    assert (connector.name, connector.traits) == ("odoo", Loud.traits)


class Merging(Loud):
    """Says its secret where it merges, too."""

    answer: Any = None

    def noted(self, view: View, keep: str, lose: Sequence[str]) -> Mapping[str, Any]:
        self._raise()
        return {SECRET: SECRET}

    def merge(self, view: View, keep: str, lose: Sequence[str]) -> Any:
        self._raise()
        return self.answer

    def split(self, view: View, keep: str, undo: Mapping[str, Any]) -> Any:
        self._raise()
        return self.answer


CLEANED = replace(RECORD, unreadable={"phone": CLEAN})
PARTED = [
    (Merged(RECORD, {SECRET: "left"}, (SAID,), {SECRET: SAID}),
     Merged(CLEANED, {SECRET: "left"}, (CLEAN,), {SECRET: SAID})),
    (Split(RECORD, {SECRET: RECORD}, (SAID,)), Split(CLEANED, {SECRET: CLEANED}, (CLEAN,))),
    (Refused(SAID, "name", SAID), Refused(CLEAN, "name", CLEAN)),
    (Unknown(SAID), Unknown(CLEAN)),
    (Missing(), Missing()),
]  # fmt: skip


@pytest.mark.parametrize(("said", "heard"), PARTED, ids=lambda answer: type(answer).__name__)
def test_the_words_of_a_merge_are_cleaned_and_what_undoes_it_is_not_touched(said: Any, heard: Any) -> None:
    loud = Merging()
    loud.answer = said
    connector = exclusive(discreet(loud, Redactor([SECRET]).clean), threading.Lock())
    assert isinstance(connector, Merges)
    assert connector.merge(VIEW, "7", ["8"]) == heard
    assert connector.split(VIEW, "7", {}) == heard
    assert connector.noted(VIEW, "7", ["8"]) == {SECRET: SECRET}


def test_a_merge_that_fails_loses_the_secret_too() -> None:
    connector = discreet(Merging(Denied("odoo", SAID, SAID, SAID)), Redactor([SECRET]).clean)
    assert isinstance(connector, Merges)
    calls: list[Callable[[], Any]] = [
        lambda: connector.noted(VIEW, "7", []),
        lambda: connector.merge(VIEW, "7", []),
        lambda: connector.split(VIEW, "7", {}),
    ]
    for call in calls:
        with pytest.raises(Denied) as raised:
            call()
        assert SECRET not in str(raised.value)


class Two(Loud):
    """Two records of a system without a merge, in one of which nobody can read the field of the mark."""

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        return [replace(RECORD, id=id) for id in ids]


def test_a_system_that_cannot_merge_is_marked_whoever_asks_and_its_words_are_cleaned() -> None:
    view = replace(VIEW, options={"merge": "mark", "merge_mark": "phone"})
    wrapped = discreet(Two(), Redactor([SECRET]).clean)
    for connector in (wrapped, exclusive(wrapped, threading.Lock())):
        assert isinstance(connector, Merges)
        assert merging_of(connector) is connector
        assert not merges_itself(connector)
        assert isinstance(connector.merge(VIEW, "7", ["8"]), Merged)
        answer = connector.merge(view, "7", ["8"])
        assert isinstance(answer, Refused)
        assert answer.reason == CLEAN
        assert connector.noted(view, "7", ["8"])["8"]["said"] == "doublon de 7"
    assert merges_itself(exclusive(discreet(Merging(), str), threading.Lock()))


CALLS: dict[str, Callable[[Connector], Any]] = {
    "check": lambda connector: connector.check([VIEW]),
    "pull": lambda connector: list(connector.pull(VIEW, None, lambda ids: {})),
    "ids": lambda connector: connector.ids(VIEW),
    "read": lambda connector: connector.read(VIEW, ["7"]),
    "find": lambda connector: connector.find(VIEW, ["7"]),
    "allocate": lambda connector: connector.allocate(VIEW, 1, ()),
    "write": lambda connector: connector.write(VIEW, []),
    "receipts": lambda connector: connector.receipts(VIEW),
    "settle": lambda connector: connector.settle(VIEW, []),
    "close": lambda connector: connector.close(),
}


def test_every_call_of_a_connector_is_tried_here() -> None:
    declared = {name for name, _ in inspect.getmembers(Connector, inspect.isfunction) if name[0] != "_"}
    assert set(CALLS) == declared


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", [Unreachable, Busy, Denied, Misconfigured, SourceDamaged])
def test_an_error_keeps_its_kind_and_loses_the_secret(kind: type[ConnectorError], call: str) -> None:
    problem = kind("odoo", SAID, SAID, SAID)
    with pytest.raises(kind) as raised:
        CALLS[call](quiet(problem))
    assert raised.value is problem
    assert (problem.what, problem.why, problem.todo) == (CLEAN, CLEAN, CLEAN)
    assert SECRET not in f"{problem} {problem!r} {problem.args}"


def test_a_server_that_talks_without_end_is_cut_short_after_it_was_cleaned() -> None:
    words = "x" * (LONGEST - 5) + SECRET + "y" * 1_000_000
    problem = Unreachable("odoo", words)
    with pytest.raises(Unreachable):
        quiet(problem).read(VIEW, [])
    assert len(problem.what) < LONGEST + 50
    assert "more characters" in problem.what
    assert SECRET[:4] not in problem.what


@pytest.mark.parametrize("protocol", OPTIONAL, ids=lambda found: str(found.__name__))
@pytest.mark.parametrize("kind", registry.KINDS)
def test_whatever_a_kind_of_system_can_do_it_can_do_for_the_hub(kind: str, protocol: type) -> None:
    """A wrapper that hides what a connector can do takes it away, and nobody notices."""
    package = __import__(registry.KINDS[kind], fromlist=["connect"])
    settings = {
        "odoo": {"url": "http://127.0.0.1:9", "database": "x", "login": "x", "password": "x"},
        "excel": {"path": "x.xlsx"},
        "sage": {"exports": "x"},
        "word": {"path": "x", "profiles": "x"},
        "forms": {"descriptions": "x", "out": "x"},
    }[kind]
    raw = package.connect(kind, registry.settings(kind, kind, {"kind": kind, **settings}))
    wrapped = discreet(raw, str)
    assert isinstance(wrapped, Connector)
    assert isinstance(wrapped, protocol) >= isinstance(raw, protocol)
    assert isinstance(exclusive(wrapped, threading.Lock()), protocol) >= isinstance(raw, protocol)
    raw.close()
