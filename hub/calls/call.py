"""One call as an office sees it: what follows from the facts.

A call of the office may be several of the exchange's: a colleague asked before an attended transfer is a call
of its own until the transfer makes both one. Then the customer's is the call and the others are its parts:
an inbound call goes before an outbound one, that before an internal one; of two such the earlier.

Everything here is computed from `Call.facts` and nothing else. Never: a clock; a number given a meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, reduce
from typing import Any, Literal

from hub.calls.facts import DIRECTIONS, Facts, Leg, Way, join
from hub.exchange import Direction, Reason

Outcome = Literal[
    "ringing",  # not over, nobody has answered
    "talking",  # not over, somebody has
    "answered",
    "abandoned",  # the caller hung up before anybody answered
    "missed",  # the caller held on, nobody answered: the time was up, or no telephone could be reached
    "busy",  # every telephone that was called was busy or refused
    "unanswered",  # outbound: the other party did not answer
    "unreachable",  # outbound: the number could not be called
    "unknown",  # it ended while nobody listened
    "internal",  # between two of ours; `Call.result` says how it ended
]

_REFUSED: frozenset[Reason] = frozenset({"busy", "refused"})
_CUT_SHORT: frozenset[Reason] = frozenset({"", "cancelled", "elsewhere"})
"""Reasons of a telephone that would have gone on ringing."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring of one telephone. `agent` is empty for the other party of an outbound call.

    `ended_at` is when it stopped ringing or, once picked up, left the conversation.
    """

    agent: str
    leg_id: str
    dialled_at: datetime | None
    rang_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Transfer:
    """`by` handed the call on to `to`, both telephones as the exchange names them."""

    kind: Way
    by: str
    to: str
    at: datetime


@dataclass(frozen=True)
class Call:
    """`facts`: of each of the exchange's calls it consists of, first the one it is named for (see `of`)."""

    facts: tuple[Facts, ...]

    @classmethod
    def of(cls, facts: Iterable[Facts]) -> Call:
        """The call that these of the exchange's, one or more, make together."""
        return cls(tuple(sorted(facts, key=_rank)))

    @property
    def id(self) -> str:
        return name(self.source, self.call_id)

    @property
    def source(self) -> str:
        return self.facts[0].source

    @property
    def call_id(self) -> str:
        """The exchange's own id of it."""
        return self.facts[0].call_id

    @property
    def parts(self) -> tuple[str, ...]:
        """Ids of the calls that were merged into it."""
        return tuple(name(one.source, one.call_id) for one in self.facts[1:])

    @property
    def direction(self) -> Direction | None:
        return self.facts[0].direction

    @property
    def number(self) -> str:
        """The other party as the exchange writes it; what was dialled, where it was called by one of ours."""
        return _text(self._known.number) or ("" if self.direction in (None, "inbound") else self.did)

    @property
    def name(self) -> str:
        """What the exchange says of the other party's name: a stranger's text."""
        return _text(self._known.name)

    @property
    def did(self) -> str:
        """The number that was dialled; inbound: which of ours."""
        return _text(self._known.did)

    @property
    def caller(self) -> str:
        """Whose telephone it was made from; empty for an inbound call."""
        return "" if self.direction == "inbound" else _text(self.facts[0].caller)

    @property
    def hidden(self) -> bool:
        """Whether the caller asked that the number be withheld."""
        return bool(self.facts[0].hidden)

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues it waited in, in order."""
        return _in_order(self._known.queues)

    @property
    def queue(self) -> str:
        """The last of them; empty: none."""
        return self.queues[-1] if self.queues else ""

    @property
    def recordings(self) -> tuple[str, ...]:
        return _in_order(self._known.recordings)

    @property
    def started_at(self) -> datetime:
        return self.facts[0].first

    @cached_property
    def answered_at(self) -> datetime | None:
        """When somebody first answered; outbound: the other party."""
        leg = self._first_answer
        return None if leg is None else max(_sure(leg.answered), self.started_at)

    @cached_property
    def over(self) -> bool:
        """Whether it has ended, and with it its parts; or all of it was found gone."""
        if all(one.over for one in self.facts):
            return True
        whole = [one for one in self.facts if not one.merged] or self.facts[:1]
        return all(one.ended for one in whole)

    @cached_property
    def ended_at(self) -> datetime | None:
        """When it ended, or was found gone; ``None`` while it goes on."""
        if not self.over:
            return None
        ended = [one.ended for one in self.facts if one.ended] or [one.lost for one in self.facts if one.lost]
        return max(max(_sure(at) for at in ended), self.answered_at or self.started_at)

    @property
    def lost(self) -> bool:
        """Whether it ended while nobody listened."""
        return self.over and not any(one.ended for one in self.facts)

    @cached_property
    def rings(self) -> tuple[Ring, ...]:
        """Every ring of every telephone, in order."""
        return tuple(_ring(key, leg) for key, leg in self._legs if _was_called(leg))

    @cached_property
    def transfers(self) -> tuple[Transfer, ...]:
        found = sorted(self._known.transfers.values(), key=lambda one: (one.at, _text(one.by), _text(one.to)))
        return tuple(Transfer(_way(one.way[1]), _text(one.by), _text(one.to), one.at) for one in found)

    @cached_property
    def ringing(self) -> tuple[str, ...]:
        """Whose telephones ring now, in order; not the caller's own, which rings first by click to call."""
        if self.over:
            return ()
        return _agents(leg for _, leg in self._legs if leg.rang and not _is_done(leg)
                       and not leg.answered and _text(leg.agent) != self.caller)  # fmt: skip

    @cached_property
    def talking(self) -> tuple[str, ...]:
        """Who of ours is in conversation now, in order."""
        if self.over or self.answered_at is None:
            return ()
        return tuple(agent for agent in self.agents if agent not in self._gone)

    @cached_property
    def rang(self) -> tuple[str, ...]:
        """Whose telephones rang, in the order in which they were called."""
        return _agents(leg for _, leg in self._legs if leg.rang)

    @property
    def answered_by(self) -> str:
        """Who of ours answered first; empty for an outbound call, which the other party answers."""
        leg = None if self.direction == "outbound" else self._first_answer
        return "" if leg is None else _text(leg.agent)

    @cached_property
    def agents(self) -> tuple[str, ...]:
        """Everyone of ours who was in the conversation, in order."""
        if self.answered_at is None:
            return ()
        answered = sorted((_sure(leg.answered), key, leg) for key, leg in self._legs if leg.answered)
        first = (self.caller,) if self.caller else ()
        return tuple(dict.fromkeys(first + _agents(leg for _, _, leg in answered)))

    @property
    def held(self) -> bool:
        """Whether one of ours has put the other party on hold."""
        return not self.over and any(
            leg.held and (leg.resumed is None or leg.held > leg.resumed) and not leg.left
            for _, leg in self._legs
        )

    @property
    def wait_seconds(self) -> float | None:
        """From the start until somebody answered, else until the end; ``None`` while nobody has."""
        return _seconds(self.started_at, self.answered_at or self.ended_at)

    @cached_property
    def ring_seconds(self) -> float | None:
        """From the first ring until somebody answered, else until the last telephone was silent.

        ``None`` where nothing has rung, or while it rings.
        """
        rung = [leg for _, leg in self._legs if leg.rang and not self._is_own(leg)]
        if not rung:
            return None
        begin = min(_sure(leg.rang) for leg in rung)
        if self.answered_at is not None:
            return _seconds(begin, max(begin, self.answered_at))
        ends = [leg.stopped or leg.left or self.ended_at for leg in rung]
        return None if None in ends else _seconds(begin, max(begin, *map(_sure, ends)))

    @property
    def talk_seconds(self) -> float | None:
        """From the first answer to the end; ``None`` where nobody answered, or while they talk."""
        return None if self.answered_at is None else _seconds(self.answered_at, self.ended_at)

    @property
    def outcome(self) -> Outcome:
        """What became of it, or what it does now. An internal call that is over is ``internal``."""
        return "internal" if self.over and self.direction == "internal" else self.result

    @cached_property
    def result(self) -> Outcome:
        """The same, with an internal call told like any other."""
        if self.answered_at is not None:
            return "answered" if self.over else "talking"
        if not self.over:
            return "ringing"
        if self.lost:
            return "unknown"
        reasons = [ring.reason for ring in self.rings if ring.reason != "forwarded"]
        if self.direction == "outbound":
            if _REFUSED & set(reasons):
                return "busy"
            return "unreachable" if reasons and set(reasons) == {"unreachable"} else "unanswered"
        # Out of a queue every ring is followed by another, so none of them is the end of it.
        settled = bool(reasons) and not _CUT_SHORT & set(reasons) and not self.queues
        if self.facts[0].gave_up is not None and not settled:
            return "abandoned"
        return "busy" if settled and set(reasons) <= _REFUSED else "missed"

    def to_json(self) -> dict[str, Any]:
        """All that is known, as a dict of JSON's types; `from_json` makes the same call of it."""
        return {"facts": [one.to_json() for one in self.facts]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Call:
        """Raises `ValueError`, `KeyError` or `TypeError` for what `to_json` never gave."""
        return cls.of([Facts.from_json(one) for one in data["facts"]])

    @cached_property
    def _known(self) -> Facts:
        """Everything its parts know, with the customer's number, name and line before theirs."""
        main = self.facts[0]
        return reduce(join, [_as_part(one, main) for one in self.facts[1:]], main)

    @cached_property
    def _legs(self) -> Sequence[tuple[str, Leg]]:
        return sorted(self._known.legs.items(), key=lambda one: (_begun(one[1]), one[0]))

    @cached_property
    def _first_answer(self) -> Leg | None:
        """The answer that counts: of this call itself before one that a part brings along."""
        known = self._known.legs
        for legs in (self.facts[0].legs, known):
            answered = [(_sure(known[key].answered), key) for key in legs if self._counts(known[key])]
            if answered:
                return known[min(answered)[1]]
        return None

    def _counts(self, leg: Leg) -> bool:
        """Whether it is one called that answered, and not one who calls."""
        if leg.answered is None:
            return False
        agent = _text(leg.agent)
        if self.direction == "outbound":
            return not self.caller or agent in ("", self.caller)
        return not agent or agent != self.caller

    def _is_own(self, leg: Leg) -> bool:
        """Whether it is the caller's own telephone, rung first because it was told to call."""
        return leg.agent is not None and leg.agent[1] == self.caller and not leg.answered

    @cached_property
    def _gone(self) -> set[str]:
        """Who was in the conversation and has left it by every telephone they had in it."""
        present = {
            _text(leg.agent)
            for _, leg in self._legs
            if (leg.answered or not _was_called(leg)) and not leg.left
        }
        left = {_text(leg.agent) for _, leg in self._legs if leg.left}
        return left - present


def name(source: str, call_id: str) -> str:
    """The id of a call among those of all exchanges."""
    return f"{source}:{call_id}"


def _rank(facts: Facts) -> tuple[int, datetime, str]:
    known = -1 if facts.direction is None else DIRECTIONS.index(facts.direction)
    return -known, facts.first, facts.call_id


def _as_part(part: Facts, main: Facts) -> Facts:
    return replace(
        part, call_id=main.call_id, first=main.first, caller=None, hidden=None, gave_up=None,
        number=None if main.number else part.number, name=None if main.number else part.name,
        did=None if main.did else part.did,
    )  # fmt: skip


def _ring(key: str, leg: Leg) -> Ring:
    ended = (leg.left or leg.stopped) if leg.answered else (leg.stopped or leg.left)
    return Ring(
        _text(leg.agent), key, leg.dialled, leg.rang, leg.answered, ended, "" if leg.answered else leg.reason
    )


def _was_called(leg: Leg) -> bool:
    return bool(leg.dialled or leg.rang or leg.answered or leg.stopped)


def _is_done(leg: Leg) -> bool:
    return bool(leg.stopped or leg.left)


def _begun(leg: Leg) -> str:
    known = [at for at in (leg.dialled, leg.rang, leg.answered, leg.stopped, leg.held, leg.left) if at]
    return min(known).isoformat() if known else ""


def _agents(legs: Iterable[Leg]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for leg in legs if (text := _text(leg.agent))))


def _text(said: tuple[datetime, str] | None) -> str:
    return "" if said is None else said[1]


def _way(text: str) -> Way:
    return "attended" if text == "attended" else "blind"


def _in_order(found: Mapping[str, datetime]) -> tuple[str, ...]:
    return tuple(sorted(found, key=lambda key: (found[key], key)))


def _seconds(begin: datetime, end: datetime | None) -> float | None:
    return None if end is None else max(end - begin, timedelta(0)).total_seconds()


def _sure(at: datetime | None) -> datetime:
    assert at is not None
    return at
