"""What happens on the sandbox exchange: somebody calls, telephones ring, one is picked up, somebody hangs up.

Each method is one thing a person or the exchange does; the events it makes come in the order a real Asterisk
22 was seen to say them. Whoever listens is told by `say`. Never: waits, or speaks to anybody itself.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping

from sandbox.exchange.channels import CAUSES, UNKNOWN, Bridge, Channel, Headers, Member, Queue

Say = Callable[[str, str, Headers], None]
"""An event: the class one must be allowed to read, its name, its headers."""

AGENTS: Mapping[str, str] = {"101": "Alice Agent", "102": "Bob Agent"}
OUTSIDE = "+33450999888"
"""The number the company shows when it calls somebody."""


class Calls:
    """The telephones, the queues and the calls in progress."""

    def __init__(
        self,
        say: Say,
        agents: Mapping[str, str] = AGENTS,
        queues: Mapping[str, Iterable[str]] | None = None,
        variables: Iterable[str] = (),
    ) -> None:
        self.say = say
        self.agents = dict(agents)
        self.channels: dict[str, Channel] = {}
        found = {"support": tuple(agents)} if queues is None else queues
        self.queues = {
            name: Queue(name, [Member(number, self.agents[number]) for number in members])
            for name, members in found.items()
        }
        self.variables = tuple(variables)
        self._count = 0

    def call(self, number: str, did: str, name: str = "Carrier") -> Call:
        """Somebody outside calls `did`."""
        origin = self.channel("trunk", number, name, "from-trunk", did, state="Ring")
        origin.dialled = did
        return Call(self, origin)

    def outbound(self, agent: str, number: str) -> Call:
        """An agent dials a number outside; it rings there."""
        origin = self.channel(agent, agent, self.agents[agent], "agents", number, state="Ring")
        origin.dialled = number
        call = Call(self, origin)
        call.dial_out(number)
        return call

    def channel(
        self, who: str, number: str, name: str, context: str, exten: str, *,
        state: str = "Down", linkedid: str = "", uniqueid: str = "",
    ) -> Channel:  # fmt: skip
        """A new channel, told of."""
        self._count += 1
        unique = uniqueid or f"{int(time.time())}.{self._count}"
        made = Channel(
            f"PJSIP/{who}-{self._count:08x}", unique, linkedid or unique, number, name, context, exten,
            time.time(), state, variables=dict.fromkeys(self.variables, ""),
        )  # fmt: skip
        self.channels[unique] = made
        self.say("call", "Newchannel", made.shown())
        return made

    def state(self, channel: Channel, state: str) -> None:
        channel.state = state
        self.say("call", "Newstate", channel.shown())

    def hang_up(self, channel: Channel, cause: int = 16, tech: str = "") -> None:
        """This channel is no more."""
        if self.channels.pop(channel.uniqueid, None) is None:
            return
        if channel.bridge is not None:
            self.leave(channel)
        more = [("TechCause", tech)] if tech else []
        causes = [("Cause", str(cause)), ("Cause-txt", CAUSES[cause])]
        self.say("call", "Hangup", [*channel.shown(), *causes, *more])

    def join(self, *channels: Channel) -> None:
        """They talk to each other."""
        bridge = Bridge(str(uuid.uuid4()))
        self.say("call", "BridgeCreate", bridge.shown())
        for channel in channels:
            bridge.channels.append(channel)
            channel.bridge = bridge
            self.say("call", "BridgeEnter", [*bridge.shown(), *channel.shown()])

    def leave(self, channel: Channel) -> None:
        """This one talks no more; the bridge goes with the last."""
        bridge = channel.bridge
        if bridge is None:
            return
        channel.bridge = None
        bridge.channels.remove(channel)
        self.say("call", "BridgeLeave", [*bridge.shown(), *channel.shown()])
        if not bridge.channels:
            self.say("call", "BridgeDestroy", bridge.shown())

    def member(self, queue: str, agent: str) -> Member:
        return next(member for member in self.queues[queue].members if member.number == agent)

    def pause(self, queue: str, agent: str, paused: bool = True) -> None:
        member = self.member(queue, agent)
        member.paused = paused
        self.say("agent", "QueueMemberPause", member.shown(queue))


class Call:
    """One call in progress, from where it began."""

    def __init__(self, calls: Calls, origin: Channel) -> None:
        self._calls, self.origin = calls, origin
        self.queue = ""
        self.legs: dict[str, Channel] = {}
        """Telephones that are being rung, by the agent's number."""
        self.talking: Channel | None = None
        """The telephone that was picked up."""
        self._waited = origin.began

    @property
    def id(self) -> str:
        return self.origin.linkedid

    def enter(self, queue: str) -> None:
        """It waits in a queue."""
        self.queue = queue
        waiting = self._calls.queues[queue].waiting
        waiting.append((self.origin, time.time()))
        self.origin.application = ("Queue", queue)
        self._tell_queue("QueueCallerJoin", ("Position", str(len(waiting))), ("Count", str(len(waiting))))

    def ring(self, *agents: str) -> None:
        """Telephones ring; in a queue, those of its members where none is named."""
        members = self._calls.queues[self.queue].members if self.queue and not agents else ()
        for agent in agents or [member.number for member in members if not member.paused]:
            self._ring(agent)

    def _ring(self, agent: str) -> None:
        calls, origin = self._calls, self.origin
        name = calls.agents[agent]
        leg = calls.channel(agent, agent, name, "agents", "s", linkedid=origin.linkedid)
        leg.connected, leg.exten = (origin.number, origin.caller), origin.exten
        calls.say("call", "NewConnectedLine", leg.shown())
        if self.queue:
            self._tell_member("AgentCalled", leg, agent)
        dial = f"PJSIP/{agent}" if self.queue else agent
        calls.say("call", "DialBegin", [*self._both(leg), ("DialString", dial)])
        self.legs[agent] = leg
        calls.state(leg, "Ringing")
        calls.say("call", "DialState", [*self._both(leg), ("DialStatus", "RINGING")])

    def answer(self, agent: str) -> None:
        """`agent` picks up; the other telephones stop ringing."""
        calls, leg = self._calls, self.legs.pop(agent)
        calls.state(leg, "Up")
        self._dial_end(leg, "ANSWER")
        for other in self.legs.values():
            self._dial_end(other, "CANCEL")
        if self.queue:
            self._leave_queue()
            self._tell_member("AgentConnect", leg, agent, ("HoldTime", self._since()), ("RingTime", "1"))
        self._hang_up_legs(26)
        if self.origin.state != "Up":
            calls.state(self.origin, "Up")
        self.origin.connected = (leg.number, leg.caller)
        self.talking = leg
        calls.join(leg, self.origin)

    def stop(self, agent: str, status: str = "BUSY") -> None:
        """`agent`'s telephone says no (``BUSY``) or rings in vain (``NOANSWER``); a queue says NOANSWER."""
        leg = self.legs.pop(agent)
        self._dial_end(leg, "NOANSWER" if self.queue else status)
        if self.queue:
            self._tell_member("AgentRingNoAnswer", leg, agent, ("RingTime", "6000"))
        self._calls.hang_up(leg, 17 if status == "BUSY" else 19)

    def give_up(self) -> None:
        """The caller hangs up before anybody answered."""
        calls = self._calls
        ended = [("Cause", "127"), ("TechCause", "487")]
        calls.say("call", "HangupRequest", [*self.origin.shown(), *ended])
        for leg in self.legs.values():
            self._dial_end(leg, "CANCEL")
        if self.queue:
            place = [("Position", "1"), ("OriginalPosition", "1"), ("HoldTime", self._since())]
            self._tell_queue("QueueCallerAbandon", *place)
        self._hang_up_legs(0)
        if self.queue:
            self._leave_queue()
        calls.hang_up(self.origin, 127, "487")

    def hang_up(self, *, by_agent: bool = False) -> None:
        """One of the two ends the conversation."""
        calls, other = self._calls, self.talking
        asks = other if by_agent and other is not None else self.origin
        cause = [] if by_agent else [("Cause", "16")]
        calls.say("call", "HangupRequest", [*asks.shown(), *cause])
        if self.queue and other is not None and other.number in calls.agents:
            reason = "agent" if by_agent else "caller"
            times = (("HoldTime", "1"), ("TalkTime", self._since()), ("Reason", reason))
            self._tell_member("AgentComplete", other, other.number, *times)
        for channel in (other, self.origin):
            if channel is not None:
                calls.hang_up(channel)
        self._hang_up_legs(0)

    def hold(self, held: bool = True) -> None:
        """The agent puts the caller on hold, or takes the call up again."""
        assert self.talking is not None
        music = [("MusicClass", "default")] if held else []
        self._calls.say("call", "Hold" if held else "Unhold", [*self.talking.shown(), *music])

    def transfer(self, target: str) -> None:
        """The agent hands the caller on without asking; `target`'s telephone rings."""
        calls, leg = self._calls, self.talking
        assert leg is not None
        assert leg.bridge is not None
        where = [("IsExternal", "Yes"), ("Context", "agents"), ("Extension", target)]
        both = [*leg.shown("Transferer"), *self.origin.shown("Transferee")]
        calls.say("call", "BlindTransfer", [("Result", "Success"), *both, *leg.bridge.shown(), *where])
        if self.queue:
            times = (("HoldTime", "1"), ("TalkTime", self._since()), ("Reason", "transfer"))
            self._tell_member("AgentComplete", leg, leg.number, *times)
        self.queue, self.talking = "", None
        self.origin.context, self.origin.exten = "agents", target
        calls.leave(self.origin)
        calls.hang_up(leg)
        self._ring(target)

    def dial_out(self, number: str) -> None:
        """The dialplan calls a number outside for the agent at `origin`."""
        calls, origin = self._calls, self.origin
        origin.number = OUTSIDE
        calls.say("call", "NewCallerid", [*origin.shown(), _ALLOWED])
        leg = calls.channel("trunk", UNKNOWN, UNKNOWN, "from-trunk", "s", linkedid=origin.linkedid)
        leg.number, leg.exten, leg.connected = number, number, (OUTSIDE, origin.caller)
        calls.say("call", "NewCallerid", [*leg.shown(), _ALLOWED])
        calls.say("call", "DialBegin", [*self._both(leg), ("DialString", f"{number}@trunk")])
        self.legs[number] = leg
        calls.state(leg, "Ringing")
        calls.say("call", "DialState", [*self._both(leg), ("DialStatus", "RINGING")])

    def _both(self, leg: Channel) -> Headers:
        return [*self.origin.shown(), *leg.shown("Dest")]

    def _dial_end(self, leg: Channel, status: str) -> None:
        self._calls.say("call", "DialEnd", [*self._both(leg), ("DialStatus", status)])

    def _hang_up_legs(self, cause: int) -> None:
        for leg in self.legs.values():
            self._calls.hang_up(leg, cause)
        self.legs.clear()

    def _leave_queue(self) -> None:
        waiting = self._calls.queues[self.queue].waiting
        place = next(n for n, (channel, _) in enumerate(waiting, 1) if channel is self.origin)
        del waiting[place - 1]
        self._tell_queue("QueueCallerLeave", ("Position", str(place)), ("Count", str(len(waiting))))

    def _tell_queue(self, event: str, *more: tuple[str, str]) -> None:
        self._calls.say("agent", event, [*self.origin.shown(), ("Queue", self.queue), *more])

    def _tell_member(self, event: str, leg: Channel, agent: str, *more: tuple[str, str]) -> None:
        member = self._calls.member(self.queue, agent)
        who = [("Queue", self.queue), ("Interface", member.interface), ("MemberName", member.name)]
        self._calls.say("agent", event, [*self._both(leg), *who, *more])

    def _since(self) -> str:
        return str(int(time.time() - self._waited))


_ALLOWED = ("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")
