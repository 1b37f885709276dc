"""`hub check` for one Asterisk: connection, login, and each right by its name and what it is needed for.

An exchange tells nobody its `read` and `write` lines, so they are found out: ListCommands lists what `write`
allows; `FullyBooted` comes after the login to who may read `system`; and an Originate to a channel of a
technology that does not exist rings nothing, but is told as failed to who may read `call`. Whether `agent`
may be read shows nowhere while no queue has a call.

Never: raises a `ConnectorError`, rings a telephone.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from connectors.voip.ami.client import Line, connected
from connectors.voip.ami.messages import Message
from connectors.voip.ami.settings import Settings
from hub.ports import Busy, ConnectorError, Finding

OLDEST = 16
"""The oldest Asterisk whose events this connector has been tried on."""
NO_TECHNOLOGY = "HubCheck/nobody"
"""A channel that cannot exist: Asterisk has no technology of this name."""
PATIENCE = 3.0
"""Seconds in which what must come, comes."""
CLOCKS = timedelta(seconds=30)
NEEDED = ("reporting", "originate")

_PRIVILEGE = re.compile(r"\(Priv: ([a-z,]+)\)\s*$")
_VERSION = re.compile(r"\d+")


async def findings(system: str, settings: Settings) -> Sequence[Finding]:
    """Everything an admin should know about this exchange before the hub listens to it."""
    found: list[Finding] = []
    if settings.in_clear:
        message = "who calls whom travels unencrypted, for anybody on the way to read (the secret does not)"
        todo = "set `tlsenable = yes` in manager.conf and `tls: true` with its port"
        found.append(Finding("warning", settings.place, message, todo))
    try:
        async with connected(system, settings) as line:
            found += await _Look(line, settings).findings()
    except Busy as busy:
        message = f"{busy.why}; if it is the hub itself, which is running, all is well"
        found.append(Finding("warning", busy.what, message, busy.todo))
    except ConnectorError as error:
        found.append(Finding("error", error.what, error.why, error.todo))
    return found


class _Look:
    """One logged-in look."""

    def __init__(self, line: Line, settings: Settings) -> None:
        self._line, self._settings = line, settings
        self._section = f"[{settings.user}] of manager.conf"

    async def findings(self) -> list[Finding]:
        commands = await self._line.ask("ListCommands")
        may = {name.lower(): _classes(text) for name, text in commands.headers}
        found = [await self._exchange(), *await self._clock()]
        found += self._writing(may)
        found += await self._reading("originate" in may)
        return found

    async def _exchange(self) -> Finding:
        answer = await self._line.ask("CoreSettings")
        version = self._line.faults.quoted(answer["AsteriskVersion"])
        what = f"Asterisk {version or 'of unknown version'} at {self._settings.place}"
        number = _VERSION.match(version)
        if number and int(number[0]) < OLDEST:
            message = f"the hub reads what Asterisk {OLDEST} and later say"
            return Finding("warning", what, message, "compare what `hub calls` shows with what happened")
        return Finding("ok", what, f"user {self._settings.user}")

    async def _clock(self) -> list[Finding]:
        answer = await self._line.ask("Ping")
        try:
            said = datetime.fromtimestamp(float(answer["Timestamp"]), UTC)
        except (ValueError, OverflowError, OSError):
            return []
        apart = said - datetime.now(UTC)
        if abs(apart) < CLOCKS:
            return []
        side = "ahead" if apart > timedelta() else "behind"
        message = f"the exchange's clock is {abs(apart).total_seconds():.0f} s {side}"
        return [Finding("warning", "clock", message, "set both machines' clocks by the network (NTP)")]

    def _writing(self, may: dict[str, frozenset[str]]) -> Iterator[Finding]:
        if "status" not in may:
            message = "after a break the calls in progress cannot be looked up: those that ended stay open"
            todo = f"add `reporting` to `write` of the section {self._section}"
            yield Finding("error", "write lacks reporting", message, todo)
        if "originate" not in may:
            message = "no click can dial, and whether `call` may be read cannot be seen"
            todo = f"add `originate` to `write` of the section {self._section}"
            yield Finding("warning", "write lacks originate", message, todo)
        alone = {next(iter(classes)) for classes in may.values() if len(classes) == 1}
        if more := sorted(alone - {*NEEDED}):
            message = f"{self._settings.user} may also {', '.join(more)}, which the hub never uses"
            todo = f"leave `write = {','.join(NEEDED)}` in the section {self._section}"
            yield Finding("warning", "write has more than is needed", message, todo)

    async def _reading(self, may_originate: bool) -> list[Finding]:
        found: list[Finding] = []
        shown = f"`manager show user {self._settings.user}` on the exchange's console shows it"
        calls = await self._tells_of_calls() if may_originate else None
        if calls is False:
            message = "no call is seen: the exchange did not tell of one that failed to begin"
            todo = f"add `call` to `read` of the section {self._section}, and let its `eventfilter` pass them"
            found.append(Finding("error", "read lacks call", message, todo))
        if not await self._is_booted():
            message = "a restart is only seen when the connection breaks (or the exchange is still starting)"
            todo = f"add `system` to `read` of the section {self._section}"
            found.append(Finding("warning", "read lacks system", message, todo))
        elif calls:
            message = f"call, system; whether agent (names of queues) is there is not seen: {shown}"
            found.append(Finding("ok", "read", message))
        if calls is None:
            found.append(Finding("warning", "read", f"whether call and agent are there is not seen: {shown}"))
        return found

    async def _tells_of_calls(self) -> bool:
        call = f"hub-check-{secrets.token_hex(6)}"
        fields = (("Channel", NO_TECHNOLOGY), ("ChannelId", call), ("Async", "true"), ("Timeout", "1000"))
        answer = await self._line.ask("Originate", *fields)
        if answer.response != "Success":
            return False
        return await self._until(lambda one: one.event == "OriginateResponse" and one["Uniqueid"] == call)

    async def _is_booted(self) -> bool:
        return self._line.booted or await self._until(lambda event: event.event == "FullyBooted")

    async def _until(self, wanted: Callable[[Message], bool]) -> bool:
        """Whether such an event comes soon."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    event = await self._line.heard()
                    if isinstance(event, Message) and wanted(event):
                        return True
        except TimeoutError:
            return False


def _classes(text: str) -> frozenset[str]:
    """The classes of which one is enough for an action, as ListCommands tells; none where all may do it."""
    found = _PRIVILEGE.search(text)
    return frozenset(found[1].split(",")) - {"all"} if found else frozenset()
