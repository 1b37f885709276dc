"""Handing events on: at once, or after a wait for what would make them untrue.

Some exchanges tell that a telephone stopped ringing, and only then, in another message, that somebody had
picked it up. The end of such a call is held back for a moment, and dropped if the call was answered,
whichever of the two arrives first. Everything that is held back is said when listening ends.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from connectors.voip.webhook.elsewhere import Elsewhere
from connectors.voip.webhook.fieldmap import Said
from hub.exchange import CallEvent, Hear

MOST_ANSWERED = 10_000


class Handing:
    """Hands events of one exchange to `hear`. Lives in one event loop."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._held: dict[int, tuple[asyncio.TimerHandle, tuple[CallEvent, ...]]] = {}
        self._answered: OrderedDict[str, None] = OrderedDict()
        self._elsewhere = Elsewhere()

    def say(self, said: Said) -> None:
        if not said.unless_answered:
            self._now(said.events)
        elif not any(event.call_id in self._answered for event in said.events):
            timer = asyncio.get_running_loop().call_later(said.unless_answered, self._due, id(said.events))
            self._held[id(said.events)] = (timer, said.events)

    def flush(self) -> None:
        """Say all that is held back."""
        for key in list(self._held):
            self._due(key)

    def _due(self, key: int) -> None:
        timer, events = self._held.pop(key)
        timer.cancel()
        self._now(events)

    def _now(self, events: tuple[CallEvent, ...]) -> None:
        for event in events:
            if event.kind == "answered":
                self._was_answered(event.call_id)
            self._hear(event)
            for follows in self._elsewhere.follows(event):
                self._hear(follows)

    def _was_answered(self, call_id: str) -> None:
        self._answered[call_id] = None
        if len(self._answered) > MOST_ANSWERED:
            self._answered.popitem(last=False)
        for key, (timer, events) in list(self._held.items()):
            if any(event.call_id == call_id for event in events):
                timer.cancel()
                del self._held[key]
