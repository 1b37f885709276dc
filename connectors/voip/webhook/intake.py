"""From a request to events: is it the exchange's, is it new, what does it mean. No network, no clock.

The order is the promise: who may not post is not read further, what is not proven is not understood, what was
here before is answered as if it were new and does nothing. `Answer.status` is all that a sender learns.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from connectors.voip.webhook import fieldmap, parsing
from connectors.voip.webhook.bursts import Bursts
from connectors.voip.webhook.fieldmap import Said
from connectors.voip.webhook.mapfile import Map
from connectors.voip.webhook.parsing import Malformed
from connectors.voip.webhook.paths import steps
from connectors.voip.webhook.replays import Replays
from connectors.voip.webhook.settings import Settings
from connectors.voip.webhook.trust import Shared
from connectors.voip.webhook.verify import Delivery, Forged, proof, trust_of

_log = structlog.get_logger(__name__)

MOST_NAMES = 200
"""Names of events that are counted one by one; more of them are counted together."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a delivery: the `status` of the answer, and what to hand on.

    `key` and `sent` are what it is known by once that is done (`Intake.done`); ``None``: it is not.
    """

    status: int
    said: tuple[Said, ...] = ()
    key: bytes | None = None
    sent: datetime | None = None


class Intake:
    """Takes in what is posted to one receiver.

    `counts`: received, accepted, repeated, ignored, forged, replayed, malformed, unmapped. `unplaced`:
    how often each event came that the map does not know.
    """

    def __init__(self, system: str, settings: Settings, map: Map, counts: Counter[str]) -> None:
        self.system, self.settings, self.map, self.counts = system, settings, map, counts
        self.unplaced: Counter[str] = Counter()
        self.trust = trust_of(settings, map)
        self.replays = Replays(settings.window or map.window, timedelta(hours=settings.remember_hours))
        self._zone = ZoneInfo(settings.timezone)
        self._places = [steps(path) for path in map.json_in]
        self._bursts = Bursts(system)

    def take(self, delivery: Delivery, peer: str, now: datetime) -> Taken:
        """Look at one delivery. What is `said` is to be handed on; then it is `done`."""
        opened = _Opened(self.map, self._places, delivery, self.trust)
        try:
            proven = proof(self.trust, self.settings, delivery, lambda: opened.message)
            message = opened.message if proven.message is None else self._unfolded(proven.message)
        except Forged as reason:
            return self._refuse("forged", 401, str(reason), peer, now)
        except Malformed as reason:
            return self._refuse("malformed", 400, str(reason), peer, now)
        return self._proven(message, proven.sent, peer, now)

    def _proven(self, message: Any, sent: datetime | None, peer: str, now: datetime) -> Taken:
        key = self._key(message)
        sent = sent or fieldmap.sent_at(self.map, message, self._zone)
        verdict = self.replays.look(key, sent, now)
        if verdict == "repeated":
            self.counts["repeated"] += 1
            return Taken(self.map.answer.status)
        if verdict == "late":
            return self._refuse("replayed", 401, "it was sent too long ago, or is of the future", peer, now)
        return Taken(self.map.answer.status, self.understand(message, now), key, sent)

    def done(self, taken: Taken, now: datetime) -> None:
        """What was said was handed on: from now on the same message does nothing.

        Not before, so that a delivery that failed by a fault of ours is taken when it is repeated.
        """
        if taken.key is not None:
            self.replays.take(taken.key, taken.sent, now)

    def asked(self, message: Any, now: datetime) -> Taken:
        """The same for an answer to our own question, which proves where it comes from by itself."""
        try:
            message = self._unfolded(message)
        except Malformed as reason:
            return self._refuse("malformed", 400, str(reason), "", now)
        key = self._key(message)
        if self.replays.look(key, None, now) == "repeated":
            self.counts["repeated"] += 1
            return Taken(200)
        return Taken(200, self.understand(message, now), key)

    def understand(self, message: Any, now: datetime) -> tuple[Said, ...]:
        """What a message means; what it does not mean is counted and named."""
        reading = fieldmap.read(self.map, message, self.system, now, self._zone)
        for name in reading.unplaced:
            self._unplaced(name)
        if reading.said:
            self.counts["accepted"] += 1
        elif reading.unplaced:
            self.counts["unmapped"] += 1
        else:
            self.counts["ignored"] += 1
        return tuple(reading.said)

    def refuse_place(self, peer: str, now: datetime) -> Taken:
        """A sender from where nobody may post."""
        return self._refuse("forged", 401, "it comes from an address that is not among `ips`", peer, now)

    def _unfolded(self, message: Any) -> Any:
        return parsing.unfold(message, self._places)

    def _key(self, message: Any) -> bytes:
        once = fieldmap.same_as_before(self.map, message)
        told = fieldmap.without(self.map, message) if once is None else once
        text = json.dumps(told, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).digest()

    def _refuse(self, count: str, status: int, reason: str, peer: str, now: datetime) -> Taken:
        self.counts[count] += 1
        self._bursts.refused(count, reason, peer, now)
        return Taken(status)

    def _unplaced(self, name: str) -> None:
        if name not in self.unplaced:
            if len(self.unplaced) >= MOST_NAMES:
                name = "(others)"
            else:
                _log.warning(
                    "an exchange says what its map does not know", system=self.system, event_name=name,
                    todo="add a rule to its map (docs/webhooks.md), or say with ignore: why it means nothing",
                )  # fmt: skip
        self.unplaced[name] += 1


class _Opened:
    """A delivery's message, parsed once and only when somebody asks."""

    def __init__(self, map: Map, places: list[tuple[str | int, ...]], delivery: Delivery, trust: Any) -> None:
        self._map, self._places, self._delivery, self._trust = map, places, delivery, trust

    @cached_property
    def message(self) -> Any:
        if self._map.body == "json":
            message = parsing.read_json(self._delivery.body)
        else:
            query = self._map.body == "query"
            text = self._delivery.query if query else self._delivery.body.decode("utf-8", "replace")
            message = parsing.read_form(text)
            if query and isinstance(self._trust, Shared) and self._trust.query:
                message.pop(self._trust.query, None)
        return parsing.unfold(message, self._places)
