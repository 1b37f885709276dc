"""Channels and bridges of the sandbox exchange, and how Asterisk's events show them.

Names and order of the headers are those of a real Asterisk 22. Pure but for the numbers it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Headers = list[tuple[str, str]]

STATES = {"Down": 0, "Ring": 4, "Ringing": 5, "Up": 6}
"""Of ``ChannelStateDesc``: the number Asterisk gives it."""

UNKNOWN = "<unknown>"

CAUSES = {
    0: "Unknown",
    16: "Normal Clearing",
    17: "User busy",
    19: "User alerting, no answer",
    26: "Answered elsewhere",
    127: "Interworking, unspecified",
}


@dataclass(eq=False)
class Channel:
    """One telephone's or trunk's part in a call. `began` is in seconds since the epoch."""

    name: str
    uniqueid: str
    linkedid: str
    number: str
    caller: str
    context: str
    exten: str
    began: float
    state: str = "Down"
    connected: tuple[str, str] = (UNKNOWN, UNKNOWN)
    priority: int = 1
    dialled: str = ""
    application: tuple[str, str] = ("", "")
    bridge: Bridge | None = None
    variables: dict[str, str] = field(default_factory=dict)

    def shown(self, prefix: str = "") -> Headers:
        """As it stands in an event; `prefix` where the event is of several (``Dest``)."""
        pairs = [
            ("Channel", self.name),
            ("ChannelState", str(STATES[self.state])),
            ("ChannelStateDesc", self.state),
            ("CallerIDNum", self.number),
            ("CallerIDName", self.caller),
            ("ConnectedLineNum", self.connected[0]),
            ("ConnectedLineName", self.connected[1]),
            ("Language", "en"),
            ("AccountCode", ""),
            ("Context", self.context),
            ("Exten", self.exten),
            ("Priority", str(self.priority)),
            ("Uniqueid", self.uniqueid),
            ("Linkedid", self.linkedid),
            *(("ChanVariable", f"{name}={value}") for name, value in self.variables.items()),
        ]
        return [(prefix + name, value) for name, value in pairs]

    def status(self, now: float) -> Headers:
        """As the action Status lists it."""
        bridge = self.bridge.id if self.bridge else ""
        return [
            ("Event", "Status"),
            ("Privilege", "Call"),
            *self.shown(),
            ("Type", self.name.partition("/")[0]),
            ("DNID", self.dialled),
            ("EffectiveConnectedLineNum", self.connected[0]),
            ("EffectiveConnectedLineName", self.connected[1]),
            ("TimeToHangup", "0"),
            ("BridgeID", bridge),
            ("Application", self.application[0]),
            ("Data", self.application[1]),
            ("Nativeformats", "(alaw)"),
            ("Readformat", "alaw"),
            ("Readtrans", ""),
            ("Writeformat", "alaw"),
            ("Writetrans", ""),
            ("Callgroup", "0"),
            ("Pickupgroup", "0"),
            ("Seconds", str(int(now - self.began))),
        ]


@dataclass(eq=False)
class Bridge:
    """What joins the channels that talk."""

    id: str
    channels: list[Channel] = field(default_factory=list)

    def shown(self) -> Headers:
        return [
            ("BridgeUniqueid", self.id),
            ("BridgeType", "basic"),
            ("BridgeTechnology", "simple_bridge"),
            ("BridgeCreator", UNKNOWN),
            ("BridgeName", UNKNOWN),
            ("BridgeNumChannels", str(len(self.channels))),
            ("BridgeVideoSourceMode", "none"),
        ]


@dataclass(eq=False)
class Member:
    """An agent in a queue."""

    number: str
    name: str
    paused: bool = False
    status: int = 1
    """1 idle, 2 in use, 6 ringing."""

    @property
    def interface(self) -> str:
        return f"PJSIP/{self.number}"

    def listed(self, queue: str) -> Headers:
        """As the action QueueStatus lists it."""
        return [
            ("Event", "QueueMember"),
            ("Queue", queue),
            ("Name", self.name),
            ("Location", self.interface),
            ("StateInterface", self.interface),
            ("Membership", "static"),
            ("Penalty", "0"),
            ("CallsTaken", "0"),
            ("LastCall", "0"),
            ("LastPause", "0"),
            ("LoginTime", "0"),
            ("InCall", "0"),
            ("Status", str(self.status)),
            ("Paused", str(int(self.paused))),
            ("PausedReason", ""),
            ("Wrapuptime", "0"),
        ]

    def shown(self, queue: str) -> Headers:
        """As QueueMemberStatus and QueueMemberPause show it."""
        pairs = dict(self.listed(queue)[1:])
        name, location = pairs.pop("Name"), pairs.pop("Location")
        wrap = pairs.pop("Wrapuptime")
        return [
            ("Queue", pairs.pop("Queue")),
            ("MemberName", name),
            ("Interface", location),
            *pairs.items(),
            ("Ringinuse", "0"),
            ("Wrapuptime", wrap),
        ]


@dataclass(eq=False)
class Queue:
    """A queue, its members and the channels that wait in it, longest first."""

    name: str
    members: list[Member]
    waiting: list[tuple[Channel, float]] = field(default_factory=list)

    def listed(self, now: float) -> list[Headers]:
        """As the action QueueStatus lists it, without the ActionIDs."""
        params: Headers = [
            ("Event", "QueueParams"),
            ("Queue", self.name),
            ("Max", "0"),
            ("Strategy", "ringall"),
            ("Calls", str(len(self.waiting))),
            *((name, "0") for name in ("Holdtime", "TalkTime", "Completed", "Abandoned", "ServiceLevel")),
            ("ServicelevelPerf", "0.0"),
            ("ServicelevelPerf2", "0.0"),
            ("Weight", "0"),
        ]
        entries: Sequence[Headers] = [
            [
                ("Event", "QueueEntry"),
                ("Queue", self.name),
                ("Position", str(place)),
                ("Channel", channel.name),
                ("Uniqueid", channel.uniqueid),
                ("CallerIDNum", channel.number),
                ("CallerIDName", channel.caller),
                ("ConnectedLineNum", "unknown"),
                ("ConnectedLineName", "unknown"),
                ("Wait", str(int(now - since))),
                ("Priority", "0"),
            ]
            for place, (channel, since) in enumerate(self.waiting, 1)
        ]
        return [params, *(member.listed(self.name) for member in self.members), *entries]
