"""The calls of now: events in, changed calls out.

`CallBook` holds what is known of each call of each exchange (`hub.calls.facts`) and which of them belong
together. In whatever order the same events come, and however often, its calls are the same in the end;
`Alive` alone means what it says when it is heard: the calls known then that it does not name are over.

A call that is over stays over: what is said of it later is added, and it is not taken up again. A late word
on a call that was forgotten is counted (`CallBook.late`) and changes nothing.

Calls of two customers are never made one: people who meet in a conference each keep their own.

Not thread-safe. Never: a clock; anything kept beyond `forget`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.calls.call import Call, name
from hub.calls.facts import Facts, join, said, silent
from hub.exchange import Alive, CallEvent


@dataclass(frozen=True, slots=True)
class Changed:
    """A call became known (`before` is ``None``) or changed.

    Where the two have different ids, the call `before` is no more: it is a part of `after` now, which itself
    was said to have changed just before, or is new with this.
    """

    before: Call | None
    after: Call


class CallBook:
    def __init__(self, calls: Iterable[Call] = ()) -> None:
        self.late: Counter[str] = Counter()
        """Per exchange: words on calls that had been forgotten."""
        self._facts: dict[str, Facts] = {}
        self._parties: dict[str, frozenset[str]] = {}
        """A call of an exchange → every one it belongs together with, itself too, known yet or not."""
        self._calls: dict[str, Call] = {}
        self._part_of: dict[str, str] = {}
        """A call of an exchange → the call of the office it is part of."""
        self._horizon: dict[str, datetime] = {}
        self.load(calls)

    def hear(self, heard: CallEvent | Alive) -> list[Changed]:
        """What changes by it: nothing, if it was known; several calls, if some become one."""
        if isinstance(heard, Alive):
            return self._outlive(heard)
        key = name(heard.source, heard.call_id)
        known = self._facts.get(key)
        horizon = self._horizon.get(heard.source)
        if known is None and horizon is not None and heard.at <= horizon:
            self.late[heard.source] += 1
            return []
        now = said(heard) if known is None else join(known, said(heard))
        return [] if now == known else self._learn({key: now})

    def calls(self) -> list[Call]:
        """All that are known, over or not."""
        return list(self._calls.values())

    def get(self, id: str) -> Call | None:
        """A call by its id, or by that of a call that has become part of it."""
        return self._calls.get(self._part_of.get(id, id))

    def load(self, calls: Iterable[Call]) -> None:
        """Take up calls that were kept, after a restart of the hub."""
        found: dict[str, Facts] = {}
        for call in calls:
            for facts in call.facts:
                key = name(facts.source, facts.call_id)
                known = found.get(key) or self._facts.get(key)
                found[key] = facts if known is None else join(known, facts)
        if found:
            self._learn(found)

    def expire(self, older_than: datetime) -> list[Changed]:
        """Give up the calls that go on as far as is known, but of which nothing was heard since then."""
        stale = [call for call in self._calls.values() if not call.over and _last(call) < older_than]
        return self._lose([one for call in stale for one in call.facts], older_than)

    def forget(self, older_than: datetime) -> list[Call]:
        """Let go of calls that are over, and of which nothing was heard since then; they are returned."""
        gone = [call for call in self._calls.values() if call.over and _last(call) < older_than]
        for call in gone:
            del self._calls[call.id]
            self._horizon[call.source] = max(self._horizon.get(call.source, _last(call)), _last(call))
            together = {call.id, *call.parts}
            for key in together:
                del self._facts[key], self._part_of[key]
            for one in {one for key in together for one in self._parties[key]}:
                left = self._parties.pop(one) - together
                if one not in together and any(other in self._facts for other in left):
                    self._parties[one] = left
        return gone

    def _outlive(self, alive: Alive) -> list[Changed]:
        found = {
            name(one.source, one.call_id): one
            for call in self._calls.values()
            if call.source == alive.source and not call.over
            for one in call.facts
        }
        for key, one in found.items():
            if one.call_id not in alive.calls and not one.over:
                found[key] = one = replace(one, lost=alive.at)
            if alive.legs is not None:
                found[key] = silent(one, alive.legs, alive.at)
        return self._learn({key: one for key, one in found.items() if one != self._facts[key]})

    def _lose(self, facts: Iterable[Facts], at: datetime) -> list[Changed]:
        return self._learn(
            {name(one.source, one.call_id): replace(one, lost=at) for one in facts if not one.over}
        )

    def _learn(self, found: dict[str, Facts]) -> list[Changed]:
        """Take in what is known now of these, and say which calls are others than before."""
        self._facts.update(found)
        for key, facts in found.items():
            together = self._parties.get(key, frozenset({key}))
            for target in facts.merged:
                other = name(facts.source, target)
                together |= self._parties.get(other, frozenset({other}))
            for one in together:
                self._parties[one] = together
        touched = {one for key in found for one in self._parties[key] if one in self._facts}
        before = {
            id: self._calls.pop(id) for id in {self._part_of[one] for one in touched if one in self._part_of}
        }
        for members in {self._parties[key] for key in found}:
            for call in _conclude([self._facts[one] for one in members if one in self._facts]):
                self._calls[call.id] = call
                self._part_of.update(dict.fromkeys((call.id, *call.parts), call.id))
        after = dict.fromkeys(self._part_of[one] for one in sorted(touched))
        absorbed = [
            Changed(call, self._calls[self._part_of[id]]) for id, call in sorted(before.items())
            if self._part_of[id] != id
        ]  # fmt: skip
        followed = {change.after.id for change in absorbed} - before.keys()
        changed = [
            Changed(before.get(id), self._calls[id]) for id in after
            if before.get(id) != self._calls[id] and id not in followed
        ]  # fmt: skip
        return changed + absorbed


def _conclude(facts: Sequence[Facts]) -> list[Call]:
    """What calls of the exchange that belong together are to the office: one call for each customer."""
    whole = Call.of(facts)
    others = [one for one in whole.facts[1:] if one.direction == "inbound"]
    if not others:
        return [whole]
    return [Call.of(one for one in facts if one not in others), *(Call.of([one]) for one in others)]


def _last(call: Call) -> datetime:
    return max(one.last for one in call.facts)
