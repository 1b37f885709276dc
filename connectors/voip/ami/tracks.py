"""Which channel is part of which call: what the events of the manager interface are understood with.

A channel belongs to the call it was made in (its first ``Linkedid``) for good; when Asterisk links it to
another call, both calls are said to be one. Whoever speaks of a channel goes through `Tracks.note`.

Pure: no clock, no connection.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from connectors.voip.ami.channels import Telephones, is_local, is_real
from connectors.voip.ami.messages import Message
from hub.exchange import CallEvent, Direction, Kind, Reason

KEPT: Final = 2_000
"""Ended calls that are remembered, so that what is said of them late is known to be late."""

NOBODY: Final = frozenset({"", "<unknown>", "unknown", "s"})
WITHHELD: Final = frozenset({
    "", "<unknown>", "unknown", "anonymous", "restricted", "withheld", "private", "unavailable", "prive",
    "privé", "masque", "masqué",
})  # fmt: skip

_ESCAPED: Final = re.compile(r"""\\([abfnrtv\\'"?])""")


@dataclass(slots=True)
class Channel:
    """`call` is the call it was made in. `agent` is whose telephone it is; empty: nobody's of ours.

    `called`: the exchange calls it, and not it the exchange.
    """

    uid: str
    name: str
    call: str
    agent: str
    real: bool
    called: bool = False
    answered: bool = False
    gone: bool = False
    new: bool = True
    """Whether it was spoken of since the list of all channels was asked for."""


@dataclass(slots=True)
class Track:
    """What must be remembered of a call to understand the next event.

    `told`: it was told to be made (Originate), so that `own`, its caller's telephone, is rung first. `alive`
    are its real channels that have not hung up, `halves` its Local ones.
    """

    id: str
    direction: Direction | None = None
    caller: str = ""
    told: bool = False
    own: str = ""
    hidden: bool = False
    answered: bool = False
    alive: set[str] = field(default_factory=set)
    halves: set[str] = field(default_factory=set)
    last_hangup: datetime | None = None


class Tracks:
    """The channels and calls of one exchange, and the events that wait to be said."""

    def __init__(self, source: str, telephones: Telephones) -> None:
        self.unplaced: Counter[str] = Counter()
        self.telephones = telephones
        self.source = source
        self.complete = True
        """Whether all channels are known: not from `asking` until `only`."""
        self.channels: dict[str, Channel] = {}
        self.tracks: dict[str, Track] = {}
        self._done: dict[str, None] = {}
        self._merged: set[frozenset[str]] = set()
        self._events: list[CallEvent] = []

    def asking(self) -> None:
        """All channels are asked for: until they are known, what is spoken of from now on exists."""
        self.complete = False
        for channel in self.channels.values():
            channel.new = False

    def only(self, listed: set[str], at: datetime) -> None:
        """These are all channels `at` that time, and those that were spoken of since `asking`.

        A telephone that is gone out of a call that goes on has `stopped` ringing, or `left`. A call with no
        channel left has `ended`, if its channels were heard to hang up. One whose channels are gone and
        nobody heard how is said nothing of: the list of calls that are alive lacks it.
        """
        gone = [
            channel
            for channel in self.channels.values()
            if not channel.gone and channel.uid not in listed and (self.complete or not channel.new)
        ]
        unheard = {channel.call for channel in gone}
        for channel in gone:
            channel.gone = True
            self._take_away(channel)
        for channel in gone:
            if self.track(channel.call).alive:
                self.off(channel, at)
        self.complete = True
        for track in list(self.tracks.values()):
            if track.alive or track.halves or track.id in self._done:
                continue
            if track.id in unheard:
                self._done[track.id] = None
            else:
                self.end(track)

    def taken(self) -> list[CallEvent]:
        events, self._events = self._events, []
        return events

    def say(self, kind: Kind, call: str, at: datetime, **more: Any) -> None:
        """An event of a call, with the call's direction as far as it is known."""
        direction = self.track(call).direction
        self._events.append(
            CallEvent(source=self.source, kind=kind, call_id=call, at=at, direction=direction, **more)
        )

    def track(self, call: str) -> Track:
        found = self.tracks.get(call)
        if found is None:
            found = self.tracks[call] = Track(call)
        return found

    def note(self, message: Message, prefix: str, at: datetime) -> Channel | None:
        """The channel that the headers with this prefix are about; a change of its call is said."""
        uid, linked = message[f"{prefix}Uniqueid"], message[f"{prefix}Linkedid"]
        name = message[f"{prefix}Channel"]
        if not (uid and linked and name):
            if prefix not in ("", "Dest") and not (uid or linked or name):
                return None
            missing = "Uniqueid" if not uid else "Linkedid" if not linked else "Channel"
            self.unplaced[f"{message.event} without {prefix}{missing}"] += 1
            return None
        channel = self.channels.get(uid) or self.made(uid, linked, name, message, prefix)
        channel.new = True
        if channel.call != linked:
            self.merge(channel.call, linked, at)
        return channel

    def made(self, uid: str, linked: str, name: str, message: Message, prefix: str) -> Channel:
        """A channel that is new to us. Its caller id says whose it is only as long as it is new itself."""
        fresh = message.event.lower() in ("newchannel", "status", "coreshowchannel")
        number = message[f"{prefix}CallerIDNum"] if fresh else ""
        real = is_real(name)
        agent = self.telephones.whose(name, message[f"{prefix}Context"], number) if real else ""
        channel = self.channels[uid] = Channel(uid, name, linked, agent, real)
        track = self.track(linked)
        (track.alive if real else track.halves).add(uid)
        if uid == linked and is_local(name):
            track.told = True
        return channel

    def merge(self, one: str, other: str, at: datetime) -> None:
        """Say that `one` is part of `other`; the other way round where only `one` is a customer's."""
        pair = frozenset({one, other})
        if len(pair) < 2 or pair in self._merged:
            return
        self._merged.add(pair)
        if self._is_inbound(one) and not self._is_inbound(other):
            one, other = other, one
        self.say("merged", one, at, target=other)

    def origin(self, channel: Channel, message: Message, at: datetime, *, told: bool = False) -> None:
        """The channel a call began with: who calls, from where, what was dialled."""
        if not channel.real:
            return
        track = self.track(channel.call)
        track.told = track.told or told
        number, name = message["CallerIDNum"], caller_name(message)
        did = known(message["DNID"]) or known(message["Exten"])
        if channel.agent:
            track.caller, track.own = channel.agent, channel.uid
            track.direction = track.direction or (None if told else "internal")
            self.say("started", channel.call, at, leg_id=channel.uid, agent=channel.agent, did=did)
        elif told:
            track.direction = "outbound"
            self.say("started", channel.call, at)
        else:
            track.direction = "inbound"
            track.hidden = track.hidden or number.lower() in WITHHELD
            hidden = True if track.hidden else None
            self.say(
                "started", channel.call, at, did=did, number=known(number), name=known(name), hidden=hidden
            )
            self.withheld(channel, message, at)

    def withheld(self, channel: Channel, message: Message, at: datetime) -> None:
        """Whether the caller asked not to be named; Asterisk shows it only once the call is on its way."""
        track = self.track(channel.call)
        if track.hidden or track.direction != "inbound" or channel.uid != channel.call:
            return
        if message.variables().get("CALLERID(pres)", "").startswith("prohib"):
            track.hidden = True
            self.say("started", channel.call, at, hidden=True)

    def off(self, channel: Channel, at: datetime, reason: Reason = "") -> None:
        """Say of a telephone whose channel is no more that it left, or that it does not ring any longer."""
        leg = {"leg_id": channel.uid, "agent": channel.agent}
        if channel.answered or (channel.uid == channel.call and channel.agent and not channel.called):
            self.say("left", channel.call, at, **leg)
        elif channel.called and channel.real:
            self.say("stopped", channel.call, at, reason=reason, **leg)

    def hung_up(self, channel: Channel, at: datetime) -> None:
        """A channel is no more; with the last of a call's the call has ended."""
        channel.gone = True
        track = self._take_away(channel)
        if channel.real:
            track.last_hangup = max(track.last_hangup or at, at)
        if self.complete and not track.alive and (channel.real or not track.halves):
            self.end(track)

    def end(self, track: Track) -> None:
        """Say that a call has ended, if it was ever more than Local channels; remember it for a while."""
        if track.last_hangup is not None:
            self.say("ended", track.id, track.last_hangup)
        self._done[track.id] = None
        if len(self._done) > KEPT:
            self._forget(set(list(self._done)[: KEPT // 2]))

    def _take_away(self, channel: Channel) -> Track:
        track = self.track(channel.call)
        track.alive.discard(channel.uid)
        track.halves.discard(channel.uid)
        return track

    def _is_inbound(self, call: str) -> bool:
        found = self.tracks.get(call)
        return found is not None and found.direction == "inbound"

    def _forget(self, calls: set[str]) -> None:
        for call in calls:
            self._done.pop(call, None)
            self.tracks.pop(call, None)
        self._merged = {pair for pair in self._merged if not pair & calls}
        self.channels = {uid: one for uid, one in self.channels.items() if one.call not in calls}


def known(text: str) -> str:
    """A number or a name, or nothing where it says that it is not known."""
    return "" if text.lower() in NOBODY else text


def caller_name(message: Message) -> str:
    r"""The caller's name, in which Asterisk escapes as C does: ``L\'Été`` (recorded from a real one)."""
    return _ESCAPED.sub(lambda found: found[1] if found[1] in "\\'\"?" else " ", message["CallerIDName"])


def said_at(message: Message, at: datetime) -> datetime:
    """When it happened: by the exchange (``timestampevents = yes``), else `at`, when it arrived."""
    try:
        return datetime.fromtimestamp(float(message["Timestamp"]), UTC)
    except (ValueError, OverflowError, OSError):
        return at
