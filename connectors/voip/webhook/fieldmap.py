"""What a message of a hosted exchange means: message and map to `CallEvent`s. Pure.

Promises: any message at all is answered by events, by reasons to ignore it, or by names of what the map does
not know; nothing raises. An event never has an id that was cut, a number or a direction that nothing said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, cast

from connectors.voip.webhook.mapfile import CLOSED_WORDS, Conditions, Fields, Map, Rule, Say, Source, Test
from connectors.voip.webhook.paths import LONGEST, WITHHELD, find, moment, number, seconds, steps, text
from hub.exchange import CallEvent, Direction, Reason

MOST_ITEMS = 200
LONGEST_ADDRESS = 2_000
"""Characters of a recording's address, which is kept whole or not at all."""

AHEAD = timedelta(minutes=10)
"""A time further ahead than this is a clock's mistake, and no time."""

_TIMES = ("seconds", "milliseconds", "iso", "time")
_path = lru_cache(maxsize=4096)(steps)


@dataclass(frozen=True, slots=True)
class Said:
    """Events of one rule, to be handed on after `unless_answered` seconds, or at once for 0."""

    events: tuple[CallEvent, ...]
    unless_answered: float = 0


@dataclass(slots=True)
class Reading:
    """What a message meant. `unplaced` names events the map does not know, `ignored` says why of others."""

    said: list[Said] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)


def read(map: Map, message: Any, source: str, received: datetime, zone: tzinfo) -> Reading:
    """What `message` of the exchange `source`, that arrived at `received`, means by this map."""
    reading = Reading()
    for item in _items(map, message):
        look = _Look(message, item, zone)
        rule = next((rule for rule in map.rules if look.holds(rule.if_)), None)
        if rule is None:
            reading.unplaced.append(_event_name(map, look))
        elif rule.ignore:
            reading.ignored.append(rule.ignore)
        else:
            _say(map, rule, look, reading, source, received)
    return reading


def sent_at(map: Map, message: Any, zone: tzinfo) -> datetime | None:
    """When the message says that it was sent; ``None`` where it does not."""
    return _Look(message, None, zone).time(map.sent) if map.sent else None


def same_as_before(map: Map, message: Any) -> list[Any] | None:
    """What tells this message from any other, by `once`; ``None`` where one of those places is empty."""
    if not map.once:
        return None
    found = [text(find(message, _path(path))) for path in map.once]
    return found if all(found) else None


def without(map: Map, message: Any) -> Any:
    """The message without what differs between two deliveries of it (`varies`)."""
    for path in map.varies:
        message = _without(message, _path(path))
    return message


def _without(message: Any, path: Sequence[str | int]) -> Any:
    if not isinstance(message, dict) or path[0] not in message:
        return message
    rest = {key: value for key, value in message.items() if key != path[0]}
    return rest if len(path) == 1 else {**rest, path[0]: _without(message[str(path[0])], path[1:])}


def _items(map: Map, message: Any) -> Sequence[Any]:
    if map.each is None:
        return [None]
    found = find(message, _path(map.each.removesuffix("[*]")))
    return found[:MOST_ITEMS] if isinstance(found, list) else [None]


def _event_name(map: Map, look: _Look) -> str:
    return look.value(map.event, 60) or "(no name)"


def _say(map: Map, rule: Rule, look: _Look, reading: Reading, source: str, received: datetime) -> None:
    events = []
    for say in rule.say:
        if not look.holds(say.if_):
            continue
        event = _event(map.fields, say, look, source, received)
        if isinstance(event, str):
            reading.unplaced.append(f"{_event_name(map, look)} ({event})")
            return
        events.append(event)
    if events:
        reading.said.append(Said(tuple(events), rule.unless_answered))
    else:
        reading.unplaced.append(_event_name(map, look))


def _event(fields: Fields, say: Say, look: _Look, source: str, received: datetime) -> CallEvent | str:
    """The event, or why there is none."""

    def value(name: str, longest: int = LONGEST) -> str:
        said = look.value(getattr(say, name) or getattr(fields, name) or (), longest + 1)
        if name in CLOSED_WORDS:
            return said if said in CLOSED_WORDS[name] else ""
        return said

    call_id, leg_id = value("call_id"), value("leg_id")
    if not call_id:
        return "without the id of its call"
    if len(call_id) > LONGEST or len(leg_id) > LONGEST:
        return f"with an id of more than {LONGEST} characters"
    agent = _shortened(value("agent"))
    called = _shortened(value("number"))
    hidden = {"true": True, "false": False}.get(value("hidden"))
    recording = value("recording", LONGEST_ADDRESS)
    if len(recording) > LONGEST_ADDRESS:
        return f"with the address of a recording of more than {LONGEST_ADDRESS} characters"
    at = look.time(say.at or fields.at or ())
    return CallEvent(
        source=source,
        kind=say.kind,
        call_id=call_id,
        at=at if at is not None and at <= received + AHEAD else received,
        leg_id=leg_id or (f"{call_id}/{agent}" if agent else ""),
        direction=cast("Direction | None", value("direction") or None),
        number=called,
        name=_shortened(value("name")),
        did=_shortened(value("did")),
        agent=agent,
        queue=_shortened(value("queue")),
        hidden=True if called.lower() in WITHHELD else hidden,
        reason=cast("Reason", value("reason")),
        target=_shortened(value("target")),
        transfer=cast("Any", value("transfer")),
        recording=recording,
    )


def _shortened(value: str) -> str:
    return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"


@dataclass(frozen=True, slots=True)
class _Look:
    """One item of one message, looked at by paths, conditions and sources."""

    message: Any
    item: Any
    zone: tzinfo

    def at(self, path: str) -> Any:
        if path.startswith("item."):
            return find(self.item, _path(path[5:]))
        return find(self.message, _path(path))

    def holds(self, conditions: Conditions) -> bool:
        return all(self._holds(self.at(path), test) for path, test in conditions.items())

    def _holds(self, value: Any, test: Test) -> bool:
        shown = text(value)
        filled = bool(shown) or (isinstance(value, dict | list) and bool(value))
        return not (
            (test.one_of is not None and shown not in test.one_of)
            or (test.but is not None and shown in test.but)
            or (test.starts is not None and not shown.startswith(test.starts))
            or (test.filled is not None and filled != test.filled)
            or (test.same_as is not None and not self._same(shown, text(self.at(test.same_as))))
        )

    def _same(self, one: str, other: str) -> bool:
        return bool(one) and _bare(one) == _bare(other)

    def value(self, sources: Sequence[Source] | tuple[()], longest: int = LONGEST) -> str:
        """What the first source gives whose condition holds or, without one, that gives anything."""
        for source in sources:
            if self.holds(source.if_):
                found = self._from(source, longest)
                if found or source.if_:
                    return found
        return ""

    def _from(self, source: Source, longest: int) -> str:
        if source.is_ is not None:
            return source.is_
        if source.all_:
            parts = [text(self.at(path), longest) for path in source.all_]
            found = "/".join(parts) if all(parts) else ""
        else:
            found = next(self._filled(source.from_, longest), "")
        if found and source.values is not None:
            found = source.values.get(found, source.otherwise or "")
        if source.as_ in ("number", "international"):
            return number(found, international=source.as_ == "international")
        return found

    def _filled(self, paths: Sequence[str], longest: int) -> Iterator[str]:
        for path in paths:
            if found := text(self.at(path), longest):
                yield found

    def time(self, sources: Sequence[Source] | tuple[()]) -> datetime | None:
        """The first source that gives a time."""
        for source in sources:
            if not self.holds(source.if_):
                continue
            form = source.as_ if source.as_ in _TIMES else "time"
            for path in source.from_:
                if found := moment(self.at(path), form, self.zone):
                    return found + (seconds(self.at(source.plus)) if source.plus else timedelta())
        return None


def _bare(value: str) -> str:
    """A number by which two spellings of it are compared."""
    return number(value, international=True).removeprefix("+")
