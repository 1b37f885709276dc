"""Every recorded scenario, played again on the real Asterisk of today, is understood as its recording is.

So the recordings stay true to what Asterisk says. People act ten times as fast here, so that what happens
together comes in another order than it was recorded in.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from connectors.voip.ami.recording import events, load
from connectors.voip.ami.tracker import Tracker
from hub.calls import Call, CallBook
from tests.live.asterisk import scenes, scenes_more  # noqa: F401  they fill SCENARIOS
from tests.live.asterisk.lab import Lab
from tests.live.asterisk.listener import listening
from tests.live.asterisk.recorder import Recorder
from tests.live.asterisk.scenarios import SCENARIOS, Scenario, Stage


def understood(calls: Iterable[Call]) -> list[dict[str, object]]:
    """What does not depend on when and how fast it happened."""
    said: list[dict[str, object]] = [
        {
            "direction": call.direction,
            "number": call.number,
            "did": call.did,
            "queues": call.queues,
            "rang": sorted(call.rang),
            "answered_by": call.answered_by,
            "agents": call.agents,
            "result": call.result,
            "over": call.over,
            "hidden": call.hidden,
            "transfers": [(one.kind, one.by, one.to) for one in call.transfers],
        }
        for call in calls
    ]
    return sorted(said, key=repr)


def recorded(scenario: Scenario) -> list[dict[str, object]]:
    book = CallBook()
    for event in events(load(scenario.path), Tracker("pbx")):
        book.hear(event)
    return understood(book.calls())


@pytest.mark.parametrize("number", sorted(SCENARIOS))
def test_a_scenario_is_understood_as_its_recording_is(number: str, asterisk: Lab) -> None:
    scenario = SCENARIOS[number]
    expected = recorded(scenario)
    with listening(asterisk.ami) as ear, Recorder(asterisk.asterisk.manager("scribe")) as recorder:
        scenario.play(Stage(asterisk, recorder, pace=0.1))
        asterisk.until(lambda: not asterisk.channels(), "have no call left")
        ear.until(
            lambda: len(ear.book.calls()) == len(expected) and all(call.over for call in ear.book.calls()),
            f"see {len(expected)} calls from beginning to end",
        )
        assert understood(ear.book.calls()) == expected
