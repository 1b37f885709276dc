"""What is known of one call: facts that can only be added to.

`said` gives what one event says, `join` puts two knowledges together. `join` is associative, commutative and
idempotent: of two beginnings the earlier holds, of two ends the later, a withheld number stays withheld, and
a text (a number, a name) is the first that was said. So events may be said twice, late or in any order, and
the same is known in the end. Nothing is concluded here: that is `hub.calls.call`.

Never: a clock; a fact taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeVar, get_args

from hub.exchange import CallEvent, Direction, Reason

Said = tuple[datetime, str]
"""A text and when it was first said."""

Way = Literal["blind", "attended"]

DIRECTIONS: Final[tuple[Direction, ...]] = ("internal", "outbound", "inbound")
"""The later holds: who rings a colleague may turn out to ring a customer; a customer stays one."""

REASONS: Final[tuple[Reason, ...]] = (
    "", "cancelled", "elsewhere", "unreachable", "no answer", "refused", "busy", "forwarded",
)  # fmt: skip
"""Why a telephone stopped ringing; the later says more. A queue says NOANSWER and then CANCEL of one ring."""

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Leg:
    """One ring of one telephone, as far as it is known. `target`: where it sends its calls on to."""

    agent: Said | None = None
    dialled: datetime | None = None
    rang: datetime | None = None
    answered: datetime | None = None
    stopped: datetime | None = None
    reason: Reason = ""
    target: Said | None = None
    left: datetime | None = None
    held: datetime | None = None
    resumed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Handing:
    """One transfer. `by` and `to` are telephones, as the exchange names them; `way` is a `Way`."""

    at: datetime
    way: Said
    by: Said | None = None
    to: Said | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one call of the exchange. `merged`: calls of which this one is a part."""

    source: str
    call_id: str
    first: datetime
    """The time of the earliest thing heard of it."""

    last: datetime
    """The time of the latest."""

    direction: Direction | None = None
    number: Said | None = None
    name: Said | None = None
    did: Said | None = None
    caller: Said | None = None
    """Whose telephone it was made from, where that is one of ours."""

    hidden: bool | None = None
    queues: Mapping[str, datetime] = field(default_factory=dict)
    legs: Mapping[str, Leg] = field(default_factory=dict)
    transfers: Mapping[str, Handing] = field(default_factory=dict)
    recordings: Mapping[str, datetime] = field(default_factory=dict)
    gave_up: datetime | None = None
    ended: datetime | None = None
    lost: datetime | None = None
    """When it was found gone: nobody heard how it ended."""

    merged: frozenset[str] = frozenset()

    @property
    def over(self) -> bool:
        return self.ended is not None or self.lost is not None

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON's types; what is not known is left out."""
        return {one.name: _out(value) for one in fields(self) if (value := getattr(self, one.name))
                or value is False}  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        """What `to_json` gave. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        found: dict[str, Any] = {"source": data["source"], "call_id": data["call_id"]}
        found["first"], found["last"] = (datetime.fromisoformat(data[name]) for name in ("first", "last"))
        found["direction"], found["hidden"] = data.get("direction"), data.get("hidden")
        for name in ("number", "name", "did", "caller"):
            found[name] = _said_in(data.get(name))
        for name in ("queues", "recordings"):
            found[name] = {key: datetime.fromisoformat(at) for key, at in data.get(name, {}).items()}
        found["legs"] = {key: _leg_in(leg) for key, leg in data.get("legs", {}).items()}
        found["transfers"] = {key: _handing_in(one) for key, one in data.get("transfers", {}).items()}
        for name in ("gave_up", "ended", "lost"):
            found[name] = datetime.fromisoformat(data[name]) if name in data else None
        found["merged"] = frozenset(data.get("merged", ()))
        return cls(**found)


def said(event: CallEvent) -> Facts:
    """What one event says."""
    at = event.at
    known = Facts(
        event.source, event.call_id, at, at, direction=event.direction,
        number=_text(event, event.number), name=_text(event, event.name), did=_text(event, event.did),
        hidden=event.hidden, queues={event.queue: at} if event.queue else {},
    )  # fmt: skip
    match event.kind:
        case "started":
            legs = {event.leg_id: Leg(_text(event, event.agent))} if event.leg_id else {}
            return replace(known, caller=_text(event, event.agent), legs=legs)
        case "queued":
            return known
        case "gave up":
            return replace(known, gave_up=at)
        case "ended":
            return replace(known, ended=at)
        case "merged":
            return replace(known, merged=frozenset({event.target}) - {event.call_id, ""})
        case "recorded":
            return replace(known, recordings={event.recording: at} if event.recording else {})
        case "transferred":
            way: Way = "attended" if event.transfer == "attended" else "blind"
            handing = Handing(at, (at, way), _text(event, event.agent), _text(event, event.target))
            key = event.leg_id or f"{at.isoformat()} {way} {event.agent} {event.target}"
            return replace(known, transfers={key: handing})
        case _:
            return replace(known, legs={event.leg_id or f"@{event.agent}": _leg_said(event)})


def join(one: Facts, other: Facts) -> Facts:
    """What is known with both. Both are of the same call."""
    return Facts(
        one.source, one.call_id, min(one.first, other.first), max(one.last, other.last),
        direction=_higher(DIRECTIONS, one.direction, other.direction),
        number=earliest(one.number, other.number), name=earliest(one.name, other.name),
        did=earliest(one.did, other.did), caller=earliest(one.caller, other.caller),
        hidden=latest(one.hidden, other.hidden),
        queues=_both(one.queues, other.queues, min), legs=_both(one.legs, other.legs, join_legs),
        transfers=_both(one.transfers, other.transfers, _join_handings),
        recordings=_both(one.recordings, other.recordings, min),
        gave_up=earliest(one.gave_up, other.gave_up), ended=latest(one.ended, other.ended),
        lost=earliest(one.lost, other.lost), merged=one.merged | other.merged,
    )  # fmt: skip


def silent(facts: Facts, legs: frozenset[str], at: datetime) -> Facts:
    """What is known if none but these telephones rings or talks at `at`: each other stopped, or left."""
    gone: dict[str, Leg] = {}
    for key, leg in facts.legs.items():
        calls = leg.agent is not None and facts.caller is not None and leg.agent[1] == facts.caller[1]
        if key in legs or leg.left:
            continue
        if leg.answered or calls:
            gone[key] = replace(leg, left=at)
        elif not leg.stopped:
            gone[key] = replace(leg, stopped=at)
    return replace(facts, legs={**facts.legs, **gone}) if gone else facts


def join_legs(one: Leg, other: Leg) -> Leg:
    """The same for one ring of one telephone."""
    reason = _higher(REASONS, one.reason, other.reason)
    assert reason is not None
    return Leg(
        earliest(one.agent, other.agent), earliest(one.dialled, other.dialled),
        earliest(one.rang, other.rang), earliest(one.answered, other.answered),
        earliest(one.stopped, other.stopped), reason, earliest(one.target, other.target),
        latest(one.left, other.left), latest(one.held, other.held), latest(one.resumed, other.resumed),
    )  # fmt: skip


def earliest(one: Any, other: Any) -> Any:
    """The smaller of two values, where either may be unknown."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def latest(one: Any, other: Any) -> Any:
    """The greater of two values, where either may be unknown."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def _leg_said(event: CallEvent) -> Leg:
    at, agent = event.at, _text(event, event.agent)
    match event.kind:
        case "dialling":
            return Leg(agent, dialled=at)
        case "ringing":
            return Leg(agent, rang=at)
        case "answered":
            return Leg(agent, answered=at)
        case "stopped":
            return Leg(agent, stopped=at, reason=event.reason, target=_text(event, event.target))
        case "held":
            return Leg(agent, held=at)
        case "resumed":
            return Leg(agent, resumed=at)
        case _:
            return Leg(agent, left=at)


def _text(event: CallEvent, text: str) -> Said | None:
    return (event.at, text) if text else None


def _higher(order: tuple[T, ...], one: T | None, other: T | None) -> T | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other, key=order.index)


def _join_handings(one: Handing, other: Handing) -> Handing:
    return Handing(
        min(one.at, other.at), min(one.way, other.way), earliest(one.by, other.by), earliest(one.to, other.to)
    )


def _both(one: Mapping[K, T], other: Mapping[K, T], merge: Callable[[T, T], T]) -> Mapping[K, T]:
    if not other:
        return one
    if not one:
        return other
    found = dict(one)
    for key, value in other.items():
        found[key] = merge(found[key], value) if key in found else value
    return found


def _out(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case frozenset():
            return sorted(value)
        case tuple():
            return [_out(one) for one in value]
        case Mapping():
            return {key: _out(one) for key, one in value.items()}
        case Leg() | Handing():
            return {one.name: _out(found) for one in fields(value) if (found := getattr(value, one.name))}
    return value


def _said_in(data: Any) -> Said | None:
    return None if data is None else (datetime.fromisoformat(data[0]), str(data[1]))


def _handing_in(data: Mapping[str, Any]) -> Handing:
    way = _said_in(data["way"])
    if way is None or way[1] not in get_args(Way):
        raise ValueError(f"{way!r} is no way to transfer a call")
    return Handing(
        datetime.fromisoformat(data["at"]), way, _said_in(data.get("by")), _said_in(data.get("to"))
    )


def _leg_in(data: Mapping[str, Any]) -> Leg:
    found: dict[str, Any] = {name: _said_in(data.get(name)) for name in ("agent", "target")}
    for name in ("dialled", "rang", "answered", "stopped", "left", "held", "resumed"):
        found[name] = datetime.fromisoformat(data[name]) if name in data else None
    reason = data.get("reason", "")
    if reason not in get_args(Reason):
        raise ValueError(f"{reason!r} is no reason why a telephone stops ringing")
    return Leg(**found, reason=reason)
