"""Whoever picks up silences the other telephones: hosted exchanges tell the one, and not the others. Pure.

For every telephone that rang before another of the same call was picked up, a ``stopped`` (`elsewhere`) is
added, whichever of the two messages came first. Said again it changes nothing, and said of a telephone that
was picked up itself, later, it takes nothing away: `hub.calls` keeps what was said. Bounded: the calls heard
of last.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from hub.exchange import CallEvent

MOST_CALLS = 5_000
MOST_LEGS = 200


@dataclass(slots=True)
class _Heard:
    rings: dict[str, CallEvent] = field(default_factory=dict)
    answers: dict[str, datetime] = field(default_factory=dict)


class Elsewhere:
    """The telephones of the calls of one exchange."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, _Heard] = OrderedDict()

    def follows(self, event: CallEvent) -> list[CallEvent]:
        """What this event says of other telephones."""
        if event.kind not in ("ringing", "answered") or not event.leg_id:
            return []
        heard = self._calls.setdefault(event.call_id, _Heard())
        self._calls.move_to_end(event.call_id)
        if len(self._calls) > MOST_CALLS:
            self._calls.popitem(last=False)
        if event.kind == "ringing":
            if len(heard.rings) < MOST_LEGS:
                known = heard.rings.get(event.leg_id, event)
                heard.rings[event.leg_id] = min(known, event, key=lambda one: one.at)
            answers = [at for leg, at in heard.answers.items() if leg != event.leg_id and at >= event.at]
            return [_stopped(event, min(answers))] if answers else []
        if len(heard.answers) < MOST_LEGS:
            heard.answers[event.leg_id] = min(event.at, heard.answers.get(event.leg_id, event.at))
        return [
            _stopped(ring, event.at)
            for leg, ring in heard.rings.items()
            if leg != event.leg_id and ring.at <= event.at
        ]


def _stopped(ring: CallEvent, at: datetime) -> CallEvent:
    return CallEvent(
        source=ring.source, kind="stopped", call_id=ring.call_id, at=at, leg_id=ring.leg_id, agent=ring.agent,
        reason="elsewhere",
    )  # fmt: skip
