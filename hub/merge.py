"""Three-way merge of one field, and the policies that decide where two sides disagree.

A merge knows three things: what a side and the golden record agreed on last (the base), what that side
says now, and what the golden record says now. If only one of the two moved, it is right. If both moved to
the same value, they agree. If both moved apart, it is a conflict and the mapping's policy speaks: an order
of trust, the latest edit, the union of lists, or a person.

Pure: no input, no output, no clock. It never drops a value: what loses is returned, for the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.mapping import Policy
from hub.model import PERSON, Candidate
from hub.values import Canonical


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to agree on. `winner` is ``None`` where a person must say, or both were united in `value`."""

    winner: Candidate | None
    loser: Candidate | None
    value: Canonical = None
    ask: bool = False


def decide(
    policy: Policy,
    golden: Candidate,
    edit: Candidate,
    base: Canonical,
    systems: Sequence[str],
    doubt: float = 0.0,
) -> Verdict:
    """Settle one conflict between the golden record's value and a side's edit.

    `systems` is the mapping's order of systems, which breaks a tie so that the answer does not depend on who
    was read first. Times no further apart than `doubt` (seconds) are a tie: clocks that cannot tell the order
    of two edits are no ground for one.
    """
    if policy.kind == "union" and _listlike(golden.value) and _listlike(edit.value):
        return Verdict(None, None, united(golden.value, edit.value, base))
    if policy.kind == "ask" or policy.kind == "union":
        return Verdict(None, None, ask=True)
    first, second = (golden, edit) if _beats(policy, golden, edit, systems, doubt) else (edit, golden)
    return Verdict(first, second, first.value)


def united(golden: Canonical, edit: Canonical, base: Canonical) -> Canonical:
    """The union of two lists that grew from one: what either added is in, what either removed is out."""
    ours, theirs, old = _items(golden), _items(edit), _items(base)
    kept = {item for item in ours | theirs if item not in old or (item in ours and item in theirs)}
    return sorted(kept) or None


def _beats(policy: Policy, golden: Candidate, edit: Candidate, systems: Sequence[str], doubt: float) -> bool:
    if policy.kind == "order":
        mine, theirs = _rank(policy.order, golden.system), _rank(policy.order, edit.system)
        if mine != theirs:
            return mine < theirs
    if golden.at != edit.at and not (doubt and _apart(golden.at, edit.at) <= doubt):
        return golden.at > edit.at
    return _rank(systems, golden.system) <= _rank(systems, edit.system)


def _apart(one: str, other: str) -> float:
    """Seconds between two stored times."""
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds())


def _rank(order: Sequence[str], system: str) -> int:
    if system == PERSON:
        return -1
    return order.index(system) if system in order else len(order)


def _listlike(value: Canonical) -> bool:
    return value is None or isinstance(value, list)


def _items(value: Canonical) -> set[str]:
    return set(value) if isinstance(value, list) else set()
