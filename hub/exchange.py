"""What a telephone exchange must say and do, in what words: the port of the call road.

An exchange connector listens to one exchange and says what happens as `CallEvent`s: one call, one ring of one
telephone, one change each, in the exchange's own ids. It gives numbers no meaning and knows no customer:
`hub.calls` makes calls of the events, `hub.directory` says whose number it is.

What every exchange connector promises:

- It keeps no call to itself: what it cannot place is counted and named, never dropped in silence.
- Events may be said twice, late, or in another order than they happened; `at` is when it happened.
- After a break it says what goes on now, and then one `Alive` with every call that still exists.
- It tries again by itself, further and further apart; a wrong password is said once and not tried in a storm.
- It dials only when told to, once: an order whose fate is not known is never given again.

What it never does: wait for a database or a server of another system, or log a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from hub.ports import ConnectorError, Finding

Direction = Literal["inbound", "outbound", "internal"]

Kind = Literal[
    "started",  # a call exists; direction, number, did as far as they are known
    "queued",  # it waits in `queue`
    "dialling",  # the exchange calls `agent`'s telephone, which need not ring yet
    "ringing",  # that telephone rings
    "answered",  # that telephone (outbound: the other party's) was picked up
    "stopped",  # that telephone stopped ringing, for `reason`
    "held",  # the agent put the caller on hold
    "resumed",
    "transferred",  # `agent` handed the call on to `target`
    "merged",  # this call is part of the call `target` from now on
    "left",  # that telephone left the conversation, which may go on
    "recorded",  # `recording` is where the conversation is kept
    "gave up",  # the caller hung up before anybody answered
    "ended",  # the call is over
]

Reason = Literal[
    "",
    "cancelled",  # the caller gave up, or the queue went on
    "elsewhere",  # another telephone picked it up
    "no answer",
    "busy",
    "refused",
    "forwarded",  # the telephone sends its calls on, to `target`
    "unreachable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One change of one call, as an exchange tells it. What is not known is empty, and may come later.

    `source` is the exchange's name in hub.yaml. `call_id` is the exchange's own id of the call, `leg_id` that
    of one ring of one telephone; neither is ever used again for another. `at` is aware, UTC. `number` is the
    other party as the exchange writes it (``+33450123456``, ``0450123456``, ``anonymous``), `name` what it
    says of its name: a stranger's text. `did` is the number that was dialled (inbound: which of ours).
    `agent` is whose telephone: its extension, e-mail or id, as `calls.extensions` of hub.yaml knows it.
    `hidden`: the caller asked that the number be withheld; ``None`` where nothing says so.
    """

    source: str
    kind: Kind
    call_id: str
    at: datetime
    leg_id: str = ""
    direction: Direction | None = None
    number: str = ""
    name: str = ""
    did: str = ""
    agent: str = ""
    queue: str = ""
    hidden: bool | None = None
    reason: Reason = ""
    target: str = ""
    transfer: Literal["", "blind", "attended"] = ""
    recording: str = ""


@dataclass(frozen=True, slots=True)
class Alive:
    """Every call of this exchange that exists at `at`: any other that is known is over, nobody saw how.

    `legs` are the telephones that ring or talk in them: any other has stopped, or left. ``None``: not known.
    """

    source: str
    calls: frozenset[str]
    at: datetime
    legs: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Whether the exchange can be heard. `problem` says why not; while `up`, what is lacking all the same."""

    source: str
    up: bool
    at: datetime
    problem: ConnectorError | None = None


Heard: TypeAlias = CallEvent | Alive | Line
Hear: TypeAlias = Callable[[Heard], None]


@dataclass(frozen=True, slots=True)
class Dialled:
    """What came of an order to dial. `call_id` is the call it became; `sure` false: its fate is not known."""

    call_id: str
    sure: bool = True


@runtime_checkable
class Exchange(Protocol):
    """One connected exchange. It lives in the call road's event loop and is used by nobody else."""

    name: str

    def check(self) -> Sequence[Finding]:
        """Look at connection, password and rights, each missing right by its name and what it is needed for.

        Called outside the event loop; may take seconds; never raises a `ConnectorError`.
        """

    async def listen(self, hear: Hear) -> None:
        """Say what happens, until cancelled. Comes back by itself after every break; `hear` never blocks."""

    async def dial(self, agent: str, number: str, call_id: str) -> Dialled:
        """Ring `agent`'s telephone and, once picked up, call `number` (E.164).

        `call_id` is the id the call is to have where the exchange lets us choose. Raises `Unreachable`
        (certainly not dialled), `Denied` and `Misconfigured` (this exchange cannot dial).
        """


@runtime_checkable
class Unplaced(Protocol):
    """An exchange that counts what it heard and could not place, by name."""

    @property
    def unplaced(self) -> Mapping[str, int]: ...


@runtime_checkable
class Counted(Protocol):
    """An exchange that is sent messages, and counts what became of them (``accepted``, ``forged``, …)."""

    counts: Mapping[str, int]
