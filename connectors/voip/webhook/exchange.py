"""A hosted exchange as the call road sees it: `hub.exchange.Exchange`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from connectors.voip.webhook import checking, profiles
from connectors.voip.webhook.intake import Intake
from connectors.voip.webhook.mapfile import Map
from connectors.voip.webhook.polling import Poller
from connectors.voip.webhook.receiver import Receiver
from connectors.voip.webhook.settings import Settings
from connectors.voip.webhook.trust import NEEDS, Hmac, Nothing
from connectors.voip.webhook.verify import trust_of
from hub.exchange import Dialled, Hear
from hub.ports import Finding, Misconfigured


def now() -> datetime:
    return datetime.now(UTC)


class Webhook:
    """One hosted exchange. `counts` and `unplaced` are for the metrics (`Intake`)."""

    def __init__(self, name: str, settings: Settings, map: Map, clock: Callable[[], datetime] = now) -> None:
        self.name, self.settings, self.map = name, settings, map
        self.counts: Counter[str] = Counter()
        self.intake = Intake(name, settings, map, self.counts)
        self._receiver = Receiver(name, settings, self.intake, self.counts, clock)
        self._clock = clock

    @property
    def unplaced(self) -> Counter[str]:
        return self.intake.unplaced

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens; ``None`` while it does not, and for an exchange that is asked."""
        return self._receiver.address

    def check(self) -> Sequence[Finding]:
        return checking.look(self.name, self.settings, self.map)

    async def listen(self, hear: Hear) -> None:
        if self.map.poll is None:
            await self._receiver.listen(hear)
        else:
            await Poller(self.name, self.settings, self.map.poll, self.intake, self._clock).listen(hear)

    async def dial(self, agent: str, number: str, call_id: str) -> Dialled:
        raise Misconfigured(
            self.name,
            "this exchange cannot dial from here",
            "it only says what happens",
            todo="dial from the telephone or the exchange's own program",
        )


def connect(name: str, settings: Settings) -> Webhook:
    """An exchange that listens to nobody yet. Raises `Misconfigured`."""
    if settings.profile is not None:
        map = profiles.shipped(name, settings.profile)
    else:
        assert settings.map is not None
        map = profiles.load(name, settings.map)
    _refuse_what_is_missing(name, settings, map)
    return Webhook(name, settings, map)


def _refuse_what_is_missing(name: str, settings: Settings, map: Map) -> None:
    trust = trust_of(settings, map)
    if map.poll is not None:
        if settings.token is None:
            raise Misconfigured(
                name, f"{map.title} is asked with a token, and there is none", todo="token: …"
            )
        return
    if isinstance(trust, Nothing):
        if not settings.trust_network:
            raise Misconfigured(
                name,
                f"anybody could post calls: {map.title} proves nothing of where its messages come from",
                todo="ips: [its addresses] and trust_network: true; or trust: and a token in its address",
            )
        if not settings.loopback and not settings.ips:
            raise Misconfigured(
                name,
                "trust_network needs host: 127.0.0.1, or ips: the addresses that may post",
                todo="add one",
            )
    missing = [one for one in NEEDS[trust.by] if not getattr(settings, one)]
    if missing:
        raise Misconfigured(
            name,
            f"{' and '.join(missing)} missing: without it, anybody could post calls",
            todo="; ".join(f"{one}: ${{…}}" for one in missing),
        )
    if isinstance(trust, Hmac) and "{url}" in trust.over and not settings.url:
        raise Misconfigured(
            name,
            "its signature is made over the address it posts to",
            todo="url: that address, to the letter",
        )
