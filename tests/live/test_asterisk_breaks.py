"""The line to a real Asterisk 22 breaks, the exchange ends, the rights are wrong: no call is left hanging."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from connectors.voip.ami import connect
from hub.calls import Call
from hub.ports import Denied, Finding, Unreachable
from tests.live.asterisk.lab import DIRECT, QUEUE, Lab
from tests.live.asterisk.listener import Listener, listening, settings
from tests.live.asterisk.relay import Relay
from tests.live.asterisk.server import Manager
from tests.live.test_asterisk import DUPONT, MARTIN, OUTSIDE, answered_by, over, rings
from tests.tally import tally


@pytest.fixture
def cable(asterisk: Lab) -> Iterator[Relay]:
    with Relay(("127.0.0.1", asterisk.ami.port)) as relay:
        yield relay


@pytest.fixture
def ear(asterisk: Lab, cable: Relay) -> Iterator[Listener]:
    """The hub's ear behind a cable."""
    with listening(replace(asterisk.ami, port=cable.address[1])) as connected:
        yield connected


@contextmanager
def unplugged(cable: Relay, ear: Listener) -> Iterator[None]:
    """What happens in here, the hub does not see."""
    cable.pull()
    ear.until(lambda: not ear.up, "hear that the line is gone")
    tally("faults injected")
    yield
    cable.plug()
    ear.connected()


def test_a_call_that_outlives_a_break_is_still_that_call_and_ends_right(
    asterisk: Lab, ear: Listener, cable: Relay
) -> None:
    caller, _ = answered_by(asterisk, "101")
    ear.call(DUPONT, lambda one: one.talking == ("101",), "is answered")
    with unplugged(cable, ear):
        assert not ear.book.calls()[0].over
    caller.hang_up()
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, call.answered_by, call.did) == ("answered", "101", DIRECT["101"])
    assert len(ear.book.calls()) == 1


def test_a_call_that_ends_in_a_break_is_known_to_be_over_after_it(
    asterisk: Lab, ear: Listener, cable: Relay
) -> None:
    caller, there = answered_by(asterisk, "101")
    ear.call(DUPONT, lambda one: one.talking == ("101",), "is answered")
    with unplugged(cable, ear):
        caller.hang_up()
        there.over()
        asterisk.until(lambda: not asterisk.channels(), "have no call left")
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, call.lost) == ("answered", True)


def test_a_call_that_begins_in_a_break_rings_as_soon_as_the_line_is_back(
    asterisk: Lab, ear: Listener, cable: Relay
) -> None:
    with unplugged(cable, ear):
        caller = asterisk.trunk.call(QUEUE, MARTIN, "L'Été")
        there = [asterisk.phones[agent].incoming().ringing() for agent in ("101", "102")]
    call = ear.call(MARTIN, lambda one: set(one.ringing) == {"101", "102"}, rings("101", "102"))
    assert (call.direction, call.name, call.did, call.queue) == ("inbound", "L'Été", QUEUE, "support")
    there[1].answer()
    ear.call(MARTIN, lambda one: one.talking == ("102",) and not one.ringing, "only 102 has")
    caller.answered().hang_up()
    assert ear.call(MARTIN, over, "is over").outcome == "answered"


def test_a_telephone_picked_up_in_a_break_does_not_ring_on(
    asterisk: Lab, ear: Listener, cable: Relay
) -> None:
    caller = asterisk.trunk.call(QUEUE, DUPONT)
    there = [asterisk.phones[agent].incoming().ringing() for agent in ("101", "102")]
    ear.call(DUPONT, lambda one: set(one.ringing) == {"101", "102"}, rings("101", "102"))
    with unplugged(cable, ear):
        there[0].answer()
        caller.answered()
        there[1].over()
    ear.call(DUPONT, lambda one: not one.ringing and one.talking == ("101",), "only 101 has")
    caller.hang_up()
    assert ear.call(DUPONT, over, "is over").answered_by == "101"


def test_a_call_handed_over_in_a_break_is_not_taken_for_two(
    asterisk: Lab, ear: Listener, cable: Relay
) -> None:
    caller, first = answered_by(asterisk, "101")
    first.hold()
    consult = asterisk.phones["101"].call("102")
    asterisk.phones["102"].incoming().ringing().answer()
    consult.answered()
    ear.until(lambda: len(ear.book.calls()) == 2, "see both calls")
    with unplugged(cable, ear):
        first.hand_to(consult)
        first.over()
    caller.hang_up()
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, call.answered_by) == ("answered", "101")
    ear.until(lambda: all(one.over for one in ear.book.calls()), "see the end of every call")


@pytest.mark.parametrize("warned", [True, False], ids=["stopped", "killed"])
def test_the_exchange_ends_in_mid_call_and_comes_back(warned: bool, asterisk: Lab) -> None:
    with listening(asterisk.ami) as ear:
        answered_by(asterisk, "101")
        ear.call(DUPONT, lambda one: one.talking == ("101",), "is answered")
        asterisk.restart(warned)
        tally("faults injected")
        ear.until(lambda: not all(line.up for line in ear.lines), "hear that the line is gone")
        ear.connected()
        call = ear.call(DUPONT, over, "is over")
        assert (call.outcome, call.answered_by) == ("answered", "101")
        again, _ = answered_by(asterisk, "102", MARTIN)
        ear.call(MARTIN, lambda one: one.talking == ("102",), "is answered")
        again.hang_up()
        assert ear.call(MARTIN, over, "is over").outcome == "answered"


def test_the_hub_ends_in_mid_call_and_comes_back(asterisk: Lab) -> None:
    with listening(asterisk.ami) as ear:
        outlives, _ = answered_by(asterisk, "101", DUPONT)
        ends, there = answered_by(asterisk, "102", MARTIN)
        ear.until(lambda: [one.outcome for one in ear.book.calls()] == ["talking"] * 2, "see both calls")
        kept = [one.to_json() for one in ear.book.calls()]
    tally("faults injected")
    ends.hang_up()
    there.over()
    with listening(asterisk.ami, known=map(Call.from_json, kept)) as ear:
        gone = ear.call(MARTIN, over, "is over")
        assert (gone.outcome, gone.answered_by, gone.lost) == ("answered", "102", True)
        ear.call(DUPONT, lambda one: one.talking == ("101",), "goes on")
        outlives.hang_up()
        call = ear.call(DUPONT, over, "is over")
        assert (call.outcome, call.answered_by, call.lost) == ("answered", "101", False)
        assert len(ear.book.calls()) == 2


def test_nothing_is_dialled_over_a_line_that_is_gone(asterisk: Lab, ear: Listener, cable: Relay) -> None:
    with unplugged(cable, ear), pytest.raises(Unreachable, match="nothing was dialled"):
        ear.dial("101", OUTSIDE, "hub-click-4")
    assert asterisk.channels() == []


def test_a_wrong_secret_is_said_once_and_not_tried_again_at_once(asterisk: Lab) -> None:
    refused = asterisk.asterisk.log.read_text().count("failed to authenticate as 'hub'")
    with Listener(settings(replace(asterisk.ami, secret="no such secret"))) as ear:
        ear.until(lambda: bool(ear.lines), "hear of the line")
        answered_by(asterisk, "101")
        assert [line.up for line in ear.lines] == [False]
        assert isinstance(ear.lines[0].problem, Denied)
    assert asterisk.asterisk.log.read_text().count("failed to authenticate as 'hub'") == refused + 1


def looked_at(manager: Manager) -> dict[str, Finding]:
    """What `hub check` finds, by what it found it at."""
    found = connect("pbx", settings(manager)).check()
    return {finding.what: finding for finding in found}


def test_the_least_rights_are_enough(asterisk: Lab) -> None:
    assert {finding.level for finding in looked_at(asterisk.ami).values()} == {"ok"}


@pytest.mark.parametrize(
    ("user", "missing"),
    [
        ("only-agent", {"write lacks reporting", "write lacks originate", "read lacks system"}),
        ("cannot-dial", {"write lacks originate"}),
    ],
)
def test_rights_that_are_too_narrow_are_named(user: str, missing: set[str], asterisk: Lab) -> None:
    found = looked_at(asterisk.asterisk.manager(user))
    assert missing <= set(found)
    assert all(found[what].todo for what in missing)


def test_more_rights_than_are_needed_are_named(asterisk: Lab) -> None:
    assert "write has more than is needed" in looked_at(asterisk.asterisk.manager("recorder"))


def test_a_wrong_secret_is_a_finding(asterisk: Lab) -> None:
    tally("bad inputs tried")
    found = looked_at(replace(asterisk.ami, secret="no such secret"))
    assert [finding.level for finding in found.values()] == ["error"]
