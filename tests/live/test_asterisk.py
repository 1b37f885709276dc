"""What the hub understands of calls on a real Asterisk 22: who rang, who answered, what became of them.

Every call is placed by telephones on loopback; the hub listens as a user with the least rights.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from hub.calls import Call
from hub.ports import Denied
from tests.live.asterisk.lab import DIRECT, GROUP_OF_THREE, QUEUE, QUEUE_LOCAL_N, RECORDED, WELCOME, Lab
from tests.live.asterisk.listener import Listener, listening
from tests.live.asterisk.phone import Call as Leg
from tests.tally import tally

DUPONT, MARTIN = "+33199001234", "+33199005678"
OUTSIDE = "+33199004321"
HOSTILE = "<b onclick='x()'>L'Été</b> & Cie; ${UNIQUEID}?"


@pytest.fixture
def ear(asterisk: Lab) -> Iterator[Listener]:
    with listening(asterisk.ami) as connected:
        yield connected


def rings(*agents: str) -> str:
    return f"rings {' and '.join(agents)}"


def over(call: Call) -> bool:
    return call.over


def paced(numbers: list[str], a_second: int) -> Iterator[str]:
    """These, so many a second."""
    clock = threading.Event()
    for number in numbers:
        yield number
        clock.wait(1 / a_second)


def answered_by(asterisk: Lab, agent: str, number: str = DUPONT) -> tuple[Leg, Leg]:
    """A call to the agent's own line that is answered: the caller's end, and the agent's."""
    caller = asterisk.trunk.call(DIRECT[agent], number, "Dupont")
    there = asterisk.phones[agent].incoming().ringing()
    there.answer()
    return caller.answered(), there


def test_a_call_to_a_direct_line(asterisk: Lab, ear: Listener) -> None:
    caller = asterisk.trunk.call(DIRECT["101"], DUPONT, "Société Générale").ringing()
    call = ear.call(DUPONT, lambda one: one.ringing == ("101",), rings("101"))
    assert (call.direction, call.did, call.name) == ("inbound", DIRECT["101"], "Société Générale")
    asterisk.phones["101"].incoming().answer()
    ear.call(DUPONT, lambda one: one.talking == ("101",), "is answered by 101")
    caller.answered().hang_up()
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, call.rang, call.answered_by) == ("answered", ("101",), "101")


def test_a_call_to_the_queue_rings_both_until_one_answers(asterisk: Lab, ear: Listener) -> None:
    caller = asterisk.trunk.call(QUEUE, DUPONT)
    ear.call(DUPONT, lambda one: set(one.ringing) == {"101", "102"}, rings("101", "102"))
    asterisk.phones["102"].incoming().answer()
    call = ear.call(DUPONT, lambda one: one.talking == ("102",) and not one.ringing, "only 102 has")
    assert call.queue == "support"
    caller.answered().hang_up()
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, set(call.rang), call.answered_by) == ("answered", {"101", "102"}, "102")


def test_a_call_to_a_queue_of_local_channels_is_one_call(asterisk: Lab, ear: Listener) -> None:
    asterisk.trunk.call(QUEUE_LOCAL_N, DUPONT)
    there = [asterisk.phones[agent].incoming().ringing() for agent in ("101", "102")]
    ear.call(DUPONT, lambda one: set(one.ringing) == {"101", "102"}, rings("101", "102"))
    there[0].answer()
    ear.call(DUPONT, lambda one: one.talking == ("101",) and not one.ringing, "only 101 has")
    there[0].hang_up()
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, call.answered_by) == ("answered", "101")
    assert len(ear.book.calls()) == 1


def test_a_group_of_three_of_which_one_is_busy(asterisk: Lab, ear: Listener) -> None:
    asterisk.phones["103"].rejects()
    caller = asterisk.trunk.call(GROUP_OF_THREE, DUPONT)
    ear.call(DUPONT, lambda one: set(one.ringing) == {"101", "102"}, rings("101", "102"))
    # Answered before Asterisk has dealt with the refusal, 103 would be one of those that lost.
    ear.call(
        DUPONT,
        lambda one: ("103", "busy") in [(ring.agent, ring.reason) for ring in one.rings],
        "103 refuses",
    )
    asterisk.phones["101"].incoming().answer()
    caller.answered().hang_up()
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, call.answered_by) == ("answered", "101")
    assert {ring.agent: ring.reason for ring in call.rings}["103"] == "busy"


@pytest.mark.parametrize(("did", "rang"), [(QUEUE, {"101", "102"}), (DIRECT["101"], {"101"})])
def test_a_caller_who_gives_up(did: str, rang: set[str], asterisk: Lab, ear: Listener) -> None:
    caller = asterisk.trunk.call(did, DUPONT)
    ear.call(DUPONT, lambda one: set(one.ringing) == rang, rings(*rang))
    caller.cancel()
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, set(call.rang), call.ringing) == ("abandoned", rang, ())


def test_a_caller_who_gives_up_in_the_welcome_message(asterisk: Lab, ear: Listener) -> None:
    asterisk.trunk.call(WELCOME, DUPONT).answered().hang_up()
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, call.rang) == ("abandoned", ())


def test_a_telephone_that_refuses(asterisk: Lab, ear: Listener) -> None:
    asterisk.phones["101"].rejects()
    asterisk.trunk.call(DIRECT["101"], DUPONT).over()
    assert ear.call(DUPONT, over, "is over").outcome == "busy"


def test_a_caller_who_withholds_the_number_is_told_as_such(asterisk: Lab, ear: Listener) -> None:
    caller = asterisk.trunk.call(DIRECT["101"], DUPONT, hidden=True).ringing()
    ear.until(lambda: any(call.ringing for call in ear.book.calls()), "see a call that rings")
    assert [call.hidden for call in ear.book.calls()] == [True]
    caller.cancel()


@pytest.mark.parametrize("number", ["+", "9" * 40, "letters", "0033199001234", "1"])
def test_a_caller_id_that_is_no_number_is_a_call_all_the_same(
    number: str, asterisk: Lab, ear: Listener
) -> None:
    tally("bad inputs tried")
    caller = asterisk.trunk.call(DIRECT["101"], number, HOSTILE).ringing()
    call = ear.call(number, lambda one: one.ringing == ("101",), rings("101"))
    assert call.name == HOSTILE
    caller.cancel()
    assert ear.call(number, over, "is over").outcome == "abandoned"


def test_an_anonymous_caller_is_a_call_all_the_same(asterisk: Lab, ear: Listener) -> None:
    tally("bad inputs tried")
    caller = asterisk.trunk.call(DIRECT["101"], "anonymous").ringing()
    ear.until(lambda: any(call.ringing for call in ear.book.calls()), "see a call that rings")
    assert [call.hidden for call in ear.book.calls()] == [True]
    caller.cancel()
    ear.until(lambda: all(call.over for call in ear.book.calls()), "see the end of it")
    assert [call.outcome for call in ear.book.calls()] == ["abandoned"]


def test_a_blind_transfer(asterisk: Lab, ear: Listener) -> None:
    caller, first = answered_by(asterisk, "101")
    first.transfer("102")
    ear.call(DUPONT, lambda one: one.ringing == ("102",), rings("102"))
    second = asterisk.phones["102"].incoming()
    second.answer()
    ear.call(DUPONT, lambda one: one.talking == ("102",), "is with 102")
    caller.hang_up()
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, call.answered_by, call.agents) == ("answered", "101", ("101", "102"))
    assert [(one.kind, one.by, one.to) for one in call.transfers] == [("blind", "101", "102")]
    assert call.did == DIRECT["101"]


def test_an_attended_transfer_makes_one_call_of_two(asterisk: Lab, ear: Listener) -> None:
    caller, first = answered_by(asterisk, "101")
    first.hold()
    ear.call(DUPONT, lambda one: one.held, "is on hold")
    consult = asterisk.phones["101"].call("102")
    second = asterisk.phones["102"].incoming().ringing()
    second.answer()
    consult.answered()
    first.hand_to(consult)
    ear.call(DUPONT, lambda one: one.talking == ("102",), "is with 102")
    second.hang_up()
    caller.over()
    call = ear.call(DUPONT, over, "is over")
    assert (call.outcome, call.answered_by, call.agents) == ("answered", "101", ("101", "102"))
    assert [(one.kind, one.by, one.to) for one in call.transfers] == [("attended", "101", "102")]
    assert len(ear.book.calls()) == 1


def test_where_the_conversation_is_kept(asterisk: Lab, ear: Listener) -> None:
    caller = asterisk.trunk.call(RECORDED, DUPONT)
    asterisk.phones["101"].incoming().ringing().answer()
    call = ear.call(DUPONT, lambda one: bool(one.recordings), "is recorded")
    assert call.recordings[0].endswith(".wav")
    caller.answered().hang_up()


def test_an_internal_call_of_one_who_is_busy(asterisk: Lab, ear: Listener) -> None:
    answered_by(asterisk, "102")
    asterisk.phones["102"].rejects()
    asterisk.phones["101"].call("102").over()
    call = ear.call("102", over, "is over")
    assert (call.direction, call.caller, call.outcome, call.result) == ("internal", "101", "internal", "busy")


def test_an_outbound_call(asterisk: Lab, ear: Listener) -> None:
    dialled = asterisk.phones["101"].call("0199004321")
    there = asterisk.trunk.incoming().ringing()
    there.answer()
    dialled.answered()
    ear.call("0199004321", lambda one: one.outcome == "talking", "is answered")
    there.hang_up()
    call = ear.call("0199004321", over, "is over")
    assert (call.direction, call.caller, call.outcome) == ("outbound", "101", "answered")


def test_a_click_rings_the_agents_telephone_first_and_then_the_other(asterisk: Lab, ear: Listener) -> None:
    assert ear.dial("101", OUTSIDE, "hub-click-1").sure
    agent = asterisk.phones["101"].incoming().ringing()
    assert asterisk.trunk.calls == {}, "the other is called only once the agent has picked up"
    agent.answer()
    there = asterisk.trunk.incoming().ringing()
    assert there.dialled == OUTSIDE
    there.answer()
    ear.call(OUTSIDE, lambda one: one.outcome == "talking", "is answered")
    agent.hang_up()
    call = ear.call(OUTSIDE, over, "is over")
    assert (call.call_id, call.direction, call.outcome) == ("hub-click-1", "outbound", "answered")


def test_a_click_that_the_agent_does_not_pick_up_calls_nobody(asterisk: Lab, ear: Listener) -> None:
    asterisk.phones["101"].rejects()
    assert ear.dial("101", OUTSIDE, "hub-click-2").sure
    asterisk.phones["101"].incoming().over()
    ear.until(lambda: any(event.kind == "ended" for event in ear.events), "see the end of it")
    assert asterisk.trunk.calls == {}


def test_who_may_not_dial_is_told_so_and_nothing_rings(asterisk: Lab) -> None:
    with listening(asterisk.asterisk.manager("cannot-dial")) as ear:
        with pytest.raises(Denied, match="may not dial"):
            ear.dial("101", OUTSIDE, "hub-click-3")
        assert asterisk.channels() == []


def test_a_hundred_calls_in_two_seconds_are_all_understood(asterisk: Lab, ear: Listener) -> None:
    asterisk.phones["101"].answers()
    numbers = [f"+331990000{index:02d}" for index in range(100)]
    calls = [asterisk.trunk.call(DIRECT["101"], number) for number in paced(numbers, 50)]
    for call in calls:
        call.answered().hang_up()
    ear.until(lambda: sum(call.over for call in ear.book.calls()) >= len(numbers), "see the end of all calls")
    found = sorted((call.number, call.outcome, call.answered_by) for call in ear.book.calls())
    tally("values lost", len(numbers) - len({number for number, _, _ in found} & set(numbers)))
    assert found == [(number, "answered", "101") for number in numbers]
