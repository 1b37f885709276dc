"""From the events of Asterisk's manager interface to calls: which channel is part of which call, and as what.

A channel belongs to the call it was made in (its first ``Linkedid``) for good; when Asterisk links it to
another call, both calls are said to be one (`merged`). A call is of the direction of its first channel: from
outside inbound, from a telephone of ours internal until it dials a line, then outbound. A call that was told
to be made (Originate) rings its caller's own telephone first. Local channels are followed, never told of.

Which events are needed, and what they say, was measured on recorded streams of Asterisk 22; all others,
those of unknown names too, are ignored. What is needed and cannot be placed (no ``Uniqueid``) is counted in
`Tracker.unplaced`.

What order is needed: none between channels. Whatever arrives, the same is said of it in the end, sooner or
later, save two things. `gave up` is said of a caller who hangs up before an answer was heard of, and means
nothing once there is one. `ended` is said when no channel of the call is left, and again, later, if there
was another after all. Times are those the exchange says (``timestampevents = yes``), else those of arrival.

Between `asking` and `resync` what goes on is unknown: nothing is said to have `ended` before.

Pure: no clock, no connection. Not thread-safe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from connectors.voip.ami.channels import Telephones, dialled, is_local, peer_of
from connectors.voip.ami.messages import Message
from connectors.voip.ami.resync import going_on
from connectors.voip.ami.tracks import Channel, Track, Tracks, known, said_at
from hub.exchange import Alive, CallEvent, Kind, Reason

_RECORDING: Final = ("MIXMONITOR_FILENAME", "CALLFILENAME", "RECORDING_FILE")

_STATUS: Final[dict[str, Reason]] = {
    "CANCEL": "cancelled", "NOANSWER": "no answer", "BUSY": "busy", "DECLINED": "refused",
    "DONTCALL": "refused", "CONGESTION": "unreachable", "CHANUNAVAIL": "unreachable",
    "INVALIDARGS": "unreachable",
}  # fmt: skip
"""DialStatus of DialEnd, beside ANSWER."""

_CAUSE: Final[dict[str, Reason]] = {
    "17": "busy", "21": "refused", "26": "elsewhere", "18": "no answer", "19": "no answer",
    "1": "unreachable", "3": "unreachable", "20": "unreachable", "27": "unreachable", "34": "unreachable",
}  # fmt: skip
"""Cause of Hangup (ITU-T Q.850) of a telephone that never answered; any other says nothing."""


class Tracker:
    """`source` is the exchange's name in hub.yaml; for `agents` and `trunks` see `Telephones`."""

    def __init__(self, source: str, *, agents: str | None = None, trunks: str | None = None) -> None:
        self._tracks = Tracks(source, Telephones(agents=agents, trunks=trunks))
        self._heard: dict[str, Callable[[Message, datetime], None]] = {
            "newchannel": self._new,
            "newstate": self._state,
            "dialbegin": self._dial_begin,
            "dialstate": self._dial_state,
            "dialend": self._dial_end,
            "hanguprequest": self._hangup_request,
            "hangup": self._hangup,
            "blindtransfer": self._blind_transfer,
            "attendedtransfer": self._attended_transfer,
            "queuecallerjoin": self._queue_join,
            "hold": self._hold,
            "unhold": self._unhold,
            "mixmonitorstart": self._recording,
            "varset": self._variable,
            "bridgeenter": self._linked,
            "bridgeleave": self._linked,
        }

    @property
    def unplaced(self) -> Counter[str]:
        """Events that were needed and could not be placed, by name and what was missing."""
        return self._tracks.unplaced

    def asking(self) -> None:
        """The lists that `resync` takes are asked for now: what is heard from now on may not be in them."""
        self._tracks.asking()

    def unanswered(self) -> None:
        """The lists are not to be had: what is heard is all there is."""
        self._tracks.complete = True

    def feed(self, message: Message, at: datetime) -> list[CallEvent]:
        """What one event says of calls; `at` is when it arrived (aware, UTC)."""
        handle = self._heard.get(message.event.lower())
        if handle is None:
            return []
        handle(message, said_at(message, at))
        return self._tracks.taken()

    def resync(
        self, status: Iterable[Message], queues: Iterable[Message], at: datetime
    ) -> list[CallEvent | Alive]:
        """What goes on at `at`, by the items of the lists that `Status` and `QueueStatus` give.

        Events heard since `asking` count too: a channel that hung up meanwhile is no more, and one that is
        new is alive though the list was made before it. Answers what the lists say, then one `Alive`.
        """
        going_on(self._tracks, status, queues, at)
        alive = [track for track in self._tracks.tracks.values() if track.alive]
        calls, legs = (track.id for track in alive), (uid for track in alive for uid in track.alive)
        source = self._tracks.source
        return [*self._tracks.taken(), Alive(source, frozenset(calls), at, frozenset(legs))]

    def _new(self, message: Message, at: datetime) -> None:
        channel = self._tracks.note(message, "", at)
        if channel is not None and channel.uid == channel.call:
            self._tracks.origin(channel, message, at, told=message["ChannelStateDesc"] == "Down")

    def _state(self, message: Message, at: datetime) -> None:
        channel = self._tracks.note(message, "", at)
        if channel is not None and channel.agent and message["ChannelStateDesc"] == "Ringing":
            channel.called = True
            self._tracks.say("ringing", channel.call, at, leg_id=channel.uid, agent=channel.agent)

    def _linked(self, message: Message, at: datetime) -> None:
        channel = self._tracks.note(message, "", at)
        joined = message["Linkedid"]
        if channel is None or channel.call == joined or message.event.lower() != "bridgeenter":
            return
        if channel.agent and channel.uid == channel.call:
            # A telephone of ours that dialled (a parked call, say) is in another's call now.
            channel.answered = True
            self._tracks.say("answered", joined, at, leg_id=channel.uid, agent=channel.agent)

    def _leg(self, message: Message, at: datetime) -> tuple[Channel, Track, dict[str, Any]] | None:
        """The channel that is called, its call, and who and what the leg is."""
        callee = self._tracks.note(message, "Dest", at)
        if callee is None:
            return None
        caller = self._tracks.note(message, "", at) if message["Uniqueid"] else None
        callee.called = True
        if caller is None:
            return self._own_leg(callee, message, at)
        track = self._tracks.track(caller.call)
        if caller.uid == caller.call and caller.real and track.direction is None and not track.told:
            self._tracks.origin(caller, message, at)
        self._tracks.withheld(caller, message, at)
        self._tracks.merge(callee.call, caller.call, at)
        if not callee.real:
            return None
        if track.told and not track.caller and callee.agent:
            track.caller, track.own = callee.agent, callee.uid
            self._tracks.say("started", track.id, at, leg_id=callee.uid, agent=callee.agent)
        leg: dict[str, Any] = {"leg_id": callee.uid, "agent": callee.agent}
        if callee.agent:
            if track.direction is None and callee.agent != track.caller:
                track.direction = "internal"
            return callee, track, leg
        number = dialled(message["DialString"])
        if track.direction == "inbound":
            leg["agent"] = number
            return callee, track, leg
        track.direction = "outbound"
        did = known(message["Exten"]) if track.told else ""
        return callee, track, {**leg, "number": number, "did": did}

    def _own_leg(
        self, callee: Channel, message: Message, at: datetime
    ) -> tuple[Channel, Track, dict[str, Any]] | None:
        """Nobody calls: the first leg of a call that was told to be made. It shows whom it will call."""
        track = self._tracks.track(callee.call)
        if not callee.real:
            return None
        track.told = True
        number = known(message["DestCallerIDNum"])
        number = "" if number == callee.agent else number
        if not callee.agent:
            track.direction = "outbound"
            number = dialled(message["DialString"]) or number
            return callee, track, {"leg_id": callee.uid, "number": number}
        track.caller, track.own = callee.agent, callee.uid
        if track.direction is None and number:
            track.direction = "internal" if self._tracks.telephones.is_extension(number) else "outbound"
        self._tracks.say("started", track.id, at, leg_id=callee.uid, agent=callee.agent, did=number)
        return callee, track, {"leg_id": callee.uid, "agent": callee.agent}

    def _dial_begin(self, message: Message, at: datetime) -> None:
        found = self._leg(message, at)
        if found is not None:
            _, track, leg = found
            self._tracks.say("dialling", track.id, at, **leg)

    def _dial_state(self, message: Message, at: datetime) -> None:
        found = self._leg(message, at)
        if found is not None and message["DialStatus"] == "RINGING":
            _, track, leg = found
            self._tracks.say("ringing", track.id, at, **leg)

    def _dial_end(self, message: Message, at: datetime) -> None:
        found = self._leg(message, at)
        if found is None:
            return
        callee, track, leg = found
        status = message["DialStatus"]
        if status != "ANSWER":
            target = dialled(message["Forward"])
            reason = "forwarded" if message["Forward"] else _STATUS.get(status, "")
            self._tracks.say("stopped", track.id, at, reason=reason, target=target, **leg)
            return
        callee.answered = True
        if track.told and callee.uid == track.own:
            self._tracks.say("stopped", track.id, at, **leg)
            return
        track.answered = True
        self._tracks.say("answered", track.id, at, **leg)

    def _hangup_request(self, message: Message, at: datetime) -> None:
        channel = self._tracks.note(message, "", at)
        if channel is None or not channel.real:
            return
        track = self._tracks.track(channel.call)
        begun = channel.uid in (channel.call, track.own)
        if begun and not track.answered:
            self._tracks.say("gave up", channel.call, at)

    def _hangup(self, message: Message, at: datetime) -> None:
        channel = self._tracks.note(message, "", at)
        if channel is None:
            return
        self._tracks.off(channel, at, _CAUSE.get(message["Cause"], ""))
        self._tracks.hung_up(channel, at)

    def _blind_transfer(self, message: Message, at: datetime) -> None:
        transferer = self._tracks.note(message, "Transferer", at)
        self._tracks.note(message, "Transferee", at)
        if transferer is None:
            self._tracks.unplaced["BlindTransfer without TransfererUniqueid"] += 1
        elif message["Result"].lower() == "success":
            self._tracks.say(
                "transferred", transferer.call, at, leg_id=transferer.uid, agent=transferer.agent,
                target=message["Extension"], transfer="blind",
            )  # fmt: skip

    def _attended_transfer(self, message: Message, at: datetime) -> None:
        first, second, transferee, target = (
            self._tracks.note(message, prefix, at)
            for prefix in ("OrigTransferer", "SecondTransferer", "Transferee", "TransferTarget")
        )
        if first is None or second is None:
            self._tracks.unplaced["AttendedTransfer without both transferers' Uniqueid"] += 1
            return
        if message["Result"].lower() != "success":
            return
        self._tracks.merge(second.call, first.call, at)
        others = [one for one in (target, transferee) if one is not None]
        to = next((one.agent for one in others if one.agent), "")
        if not to:
            to = next((peer_of(one.name) for one in others if is_local(one.name)), "")
        if not to:
            to = known(message["SecondTransfererConnectedLineNum"])
        self._tracks.say(
            "transferred", first.call, at, leg_id=first.uid, agent=first.agent or second.agent,
            target=to, transfer="attended",
        )  # fmt: skip

    def _queue_join(self, message: Message, at: datetime) -> None:
        channel = self._tracks.note(message, "", at)
        if channel is not None:
            self._tracks.withheld(channel, message, at)
            self._tracks.say("queued", channel.call, at, queue=message["Queue"])

    def _hold(self, message: Message, at: datetime) -> None:
        self._on_hold("held", message, at)

    def _unhold(self, message: Message, at: datetime) -> None:
        self._on_hold("resumed", message, at)

    def _on_hold(self, kind: Kind, message: Message, at: datetime) -> None:
        channel = self._tracks.note(message, "", at)
        if channel is not None and channel.agent:
            self._tracks.say(kind, channel.call, at, leg_id=channel.uid, agent=channel.agent)

    def _recording(self, message: Message, at: datetime) -> None:
        channel = self._tracks.note(message, "", at)
        variables = message.variables()
        file = next((found for name in _RECORDING if (found := variables.get(name))), "")
        if channel is not None and file:
            self._tracks.say("recorded", channel.call, at, recording=file)

    def _variable(self, message: Message, at: datetime) -> None:
        if message["Variable"] == _RECORDING[0] and message["Value"]:
            channel = self._tracks.note(message, "", at)
            if channel is not None:
                self._tracks.say("recorded", channel.call, at, recording=message["Value"])
