"""What is refused is said in the log once a minute at most, however often it is tried. Nothing is quoted."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import structlog

_log = structlog.get_logger(__name__)

BURST = timedelta(minutes=1)


class Bursts:
    """The refusals of one receiver."""

    def __init__(self, system: str) -> None:
        self.system = system
        self._said: dict[str, datetime] = {}
        self._since: Counter[str] = Counter()

    def refused(self, what: str, reason: str, peer: str, now: datetime) -> None:
        """`what` is one of a few words, `reason` ours, `peer` the sender's address."""
        self._since[what] += 1
        said = self._said.get(what)
        if said is not None and abs(now - said) < BURST:
            return
        self._said[what] = now
        _log.warning(
            "refused what was posted", system=self.system, why=what, reason=reason, sender=peer,
            since_last_said=self._since.pop(what),
        )  # fmt: skip
