"""Calls played once on the real Asterisk and recorded: ``tests/calls/streams``, a file a scenario.

    python -m tests.live.asterisk.scenarios              record those that are not there yet
    python -m tests.live.asterisk.scenarios 09 31        record these anew

A scenario's docstring is the first line of its file: what happened, no more and no less. The numbers are such
as nobody has (ARCEP keeps 01 99 00 for fiction).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.live.asterisk import build, lab
from tests.live.asterisk.lab import Lab
from tests.live.asterisk.phone import Call, Telephone
from tests.live.asterisk.recorder import Recorder

STREAMS = Path(__file__).parents[2] / "calls/streams"
CALLER, NAME = "+33199001234", "Dupont"
OTHER = "+33199005678"
OUTSIDE = "0199004321"


@dataclass
class Stage:
    """What a scenario plays on: the exchange, its telephones, the recording.

    `pace` shortens what people do (1: as the scenario says); what the exchange does takes its time.
    """

    lab: Lab
    recorder: Recorder
    pace: float = 1.0

    @property
    def alice(self) -> Telephone:
        return self.lab.phones["101"]

    @property
    def bob(self) -> Telephone:
        return self.lab.phones["102"]

    @property
    def carole(self) -> Telephone:
        return self.lab.phones["103"]

    def note(self, text: str) -> None:
        self.recorder.note(text)

    def pause(self, seconds: float) -> None:
        time.sleep(seconds * self.pace)

    def inbound(self, did: str, number: str = CALLER, name: str = NAME, hidden: bool = False) -> Call:
        self.note(f"CALL trunk {number} -> {did}")
        return self.lab.trunk.call(did, number, name, hidden)

    def dials(self, phone: Telephone, number: str) -> Call:
        self.note(f"{phone.number} dials {number}")
        return phone.call(number)

    def picks_up(self, phone: Telephone, after: float) -> Call:
        """The next call that reaches `phone` rings so long, then it is answered."""
        call = phone.incoming().ringing()
        self.pause(after)
        self.note(f"{phone.number} answers")
        call.answer()
        return call

    def hangs_up(self, who: str, call: Call, after: float = 1.0) -> None:
        self.pause(after)
        self.note(f"{who} hangs up")
        call.hang_up()

    def answered_directly(self) -> tuple[Call, Call]:
        """A caller talks to 101: the caller's side, and 101's."""
        caller = self.inbound(lab.DIRECT["101"])
        at_alice = self.picks_up(self.alice, 1)
        caller.answered()
        self.pause(1)
        return caller, at_alice


@dataclass(frozen=True)
class Scenario:
    name: str
    description: str
    play: Callable[[Stage], None]
    everything: bool  # recorded with every event there is, as the samples are

    @property
    def path(self) -> Path:
        """Where its recording is kept."""
        return STREAMS / f"{self.name}.txt"


SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str, everything: bool = False) -> Callable[[Callable[[Stage], None]], None]:
    def keep(play: Callable[[Stage], None]) -> None:
        description = " ".join((play.__doc__ or "").split()).rstrip(".")
        SCENARIOS[name[:2]] = Scenario(name, description, play, everything)

    return keep


def record(chosen: Scenario, place: Lab) -> Path:
    """Play it from silence to silence."""
    place.settle()
    time.sleep(0.3)  # the queues hear of free telephones a little later
    with place.recording(chosen.path, chosen.description, chosen.everything) as recorder:
        chosen.play(Stage(place, recorder))
        place.until(lambda: not place.channels(), "have no call left")
        time.sleep(0.2)
    return chosen.path


def main(numbers: list[str]) -> None:
    STREAMS.mkdir(parents=True, exist_ok=True)
    missing = [number for number, it in SCENARIOS.items() if not it.path.exists()]
    place = Lab(build.ensure())
    place.start()
    try:
        for number in numbers or missing:
            print(record(SCENARIOS[number], place), flush=True)
    finally:
        place.stop()


if __name__ == "__main__":
    # The scenes register with this module by its own name, not as `__main__`.
    from tests.live.asterisk import scenarios, scenes, scenes_more  # noqa: F401

    scenarios.main(sys.argv[1:])
