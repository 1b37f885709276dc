"""What goes on in the exchange, made out from the lists it gives when asked.

``Status`` says of each channel whose it is (``Linkedid``), what it does (``ChannelStateDesc``), how old it is
(``Seconds``) and what was dialled (``DNID``, even after a transfer); ``QueueStatus`` who waits in which
queue. When somebody answered no list says: one who talks is taken to have answered when the list was made,
unless an earlier time is known.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from connectors.voip.ami.messages import Message
from connectors.voip.ami.tracks import Channel, Tracks, known
from hub.exchange import Kind

_CALLED = ("Down", "Ringing", "Dialing")
"""What a channel does that the exchange calls, and that has not answered."""


def going_on(tracks: Tracks, status: Iterable[Message], queues: Iterable[Message], at: datetime) -> None:
    """Take in the items of both lists, made at `at`. From now on all channels are known, and no other."""
    listed: list[tuple[Channel, Message]] = []
    for message in status:
        if message.event.lower() not in ("status", "coreshowchannel"):
            continue
        uid, name = message["Uniqueid"], message["Channel"]
        if uid and name and uid not in tracks.channels and known(message["DNID"]):
            # Only a channel that dialled has one: it began a call, whatever it is linked to now.
            tracks.made(uid, uid, name, message, "")
        channel = tracks.note(message, "", at)
        if channel is not None and channel.real and not channel.gone:
            listed.append((channel, message))
    for channel, message in listed:
        if channel.uid == channel.call:
            _first(tracks, channel, message, at)
    for channel, message in listed:
        if channel.uid != channel.call:
            _further(tracks, channel, message, at)
    for message in queues:
        waiting = tracks.channels.get(message["Uniqueid"])
        if message.event.lower() == "queueentry" and waiting is not None and not waiting.gone:
            tracks.say("queued", waiting.call, _ago(at, message["Wait"]), queue=message["Queue"])
    tracks.only({channel.uid for channel, _ in listed}, at)


def _first(tracks: Tracks, channel: Channel, message: Message, at: datetime) -> None:
    """A channel that a call began with."""
    begun, state = _begun(message, at), message["ChannelStateDesc"]
    told = state in _CALLED
    tracks.origin(channel, message, begun, told=told)
    if told and channel.agent:
        channel.called = True
        kind: Kind = "ringing" if state == "Ringing" else "dialling"
        tracks.say(kind, channel.call, begun, leg_id=channel.uid, agent=channel.agent)


def _further(tracks: Tracks, channel: Channel, message: Message, at: datetime) -> None:
    """A channel that came to a call later: a telephone or a line that was called."""
    track = tracks.track(channel.call)
    begun, state = _begun(message, at), message["ChannelStateDesc"]
    number = known(message["CallerIDNum"])
    channel.called = True
    outside = not channel.agent and track.direction == "inbound"
    leg = {"leg_id": channel.uid, "agent": number if outside else channel.agent}
    if not channel.agent and track.direction != "inbound":
        track.direction = "outbound"
        leg["number"] = number
    tracks.say("dialling", channel.call, begun, **leg)
    if state == "Ringing":
        tracks.say("ringing", channel.call, begun, **leg)
    elif state == "Up":
        channel.answered = track.answered = True
        tracks.say("answered", channel.call, at, **leg)


def _begun(message: Message, at: datetime) -> datetime:
    return _ago(at, message["Seconds"] or message["Duration"])


def _ago(at: datetime, text: str) -> datetime:
    """`at` less a number of seconds, or less ``HH:MM:SS``; where it is neither, `at`."""
    try:
        seconds = 0
        for part in text.split(":"):
            seconds = seconds * 60 + int(part)
        return at - timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return at
