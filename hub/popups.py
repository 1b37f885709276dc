"""Who must see what of which call now: the difference between what is shown and what should be. Pure.

A call is shown to whoever's telephone it rings at, and to whoever speaks with the caller (after a transfer or
a pick-up they never saw it ring). It is taken away from those it no longer rings at; who answered may keep
it. Only calls from outside are shown: an agent who dials has the customer on the screen already.

Promises: said twice changes nothing; a call that is over is shown to nobody, however late one hears of it.
Never: looks anything up, or knows when anything was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hub.calls import Call

Shown = Literal["rings", "speaks"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: `show` the call to a user, or `withdraw` it; `answered`: by this very user."""

    do: Literal["show", "withdraw"]
    user: str
    call: Call
    answered: bool = False


@dataclass(slots=True)
class Popups:
    """What is on whose screen: call id → user → why."""

    shown: dict[str, dict[str, Shown]] = field(default_factory=dict)

    def steps(self, call: Call, logins: Mapping[str, str]) -> list[Step]:
        """What brings the screens in line with this call; taken as done from now on."""
        wanted = wanted_of(call, logins)
        before = self.shown.get(call.id, {})
        found = [*_withdrawn(call, before, wanted), *_changed(call, before, wanted)]
        if wanted:
            self.shown[call.id] = wanted
        else:
            self.shown.pop(call.id, None)
        return found

    def gone(self, call: Call) -> list[Step]:
        """The call became part of another: its own popups go."""
        return [Step("withdraw", user, call) for user in self.shown.pop(call.id, {})]


def wanted_of(call: Call, logins: Mapping[str, str]) -> dict[str, Shown]:
    """Who should see this call now. Telephones that are nobody's are left out."""
    if call.direction != "inbound" or call.over:
        return {}
    wanted: dict[str, Shown] = {logins[agent]: "rings" for agent in call.ringing if agent in logins}
    return wanted | {logins[agent]: "speaks" for agent in call.talking if agent in logins}


def _withdrawn(call: Call, before: Mapping[str, Shown], wanted: Mapping[str, Shown]) -> Iterator[Step]:
    for user, why in before.items():
        if user not in wanted and why == "rings":
            yield Step("withdraw", user, call)


def _changed(call: Call, before: Mapping[str, Shown], wanted: Mapping[str, Shown]) -> Iterator[Step]:
    for user, why in wanted.items():
        if user not in before:
            yield Step("show", user, call)
        if why == "speaks" and before.get(user) != "speaks":
            yield Step("withdraw", user, call, answered=True)
