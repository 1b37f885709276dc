"""A real Asterisk 22 on loopback and its telephones are what they are said to be."""

from __future__ import annotations

from tests.live.asterisk.lab import DIRECT, QUEUE, Lab


def test_a_call_to_a_direct_line_rings_that_telephone_and_is_answered_there(asterisk: Lab) -> None:
    call = asterisk.trunk.call(DIRECT["101"], "+33199001234", "Dupont").ringing()
    there = asterisk.phones["101"].incoming()
    there.answer()
    call.answered()
    call.hang_up()
    there.over()


def test_a_call_to_the_queue_rings_both_agents_until_one_answers(asterisk: Lab) -> None:
    call = asterisk.trunk.call(QUEUE, "+33199001234")
    alice, bob = (asterisk.phones[number].incoming().ringing() for number in ("101", "102"))
    bob.answer()
    alice.over()
    call.answered()
    bob.hang_up()
    call.over()
