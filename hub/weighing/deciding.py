"""From pairs to what is done: linked by itself, or asked.

A pair is linked by itself where it is sure enough, says nothing against itself, where neither record is
archived, neither refers to something else than the other, and where the two, with all that was linked to
them before, have records in different systems and were never said to be different. What fails one of these
is asked, with the reason; of one record so many are asked about and no more.

Pure: no input, no output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from hub.duplicates.clusters import Link, joined
from hub.duplicates.disputes import disputed
from hub.duplicates.scoring import Scorer
from hub.duplicates.verdicts import Bounds, against
from hub.weighing.looking import Found
from hub.weighing.people import Person

QUESTIONS = 25
"""So many pairs are asked of one record: a value that stands everywhere tells nobody apart."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the records besides what they say: in which systems they are, and what was said."""

    persons: Mapping[str, Person]
    systems: Mapping[str, Set[str]]
    different: Set[tuple[str, str]]


@dataclass(slots=True)
class Decision:
    """`groups`: golden records that are one, by themselves. `links`: the pairs that say so. `asked`: pairs
    for a person, with why although it is sure. `unasked`: how many more there were."""

    groups: list[tuple[str, ...]] = field(default_factory=list)
    links: list[Found] = field(default_factory=list)
    asked: list[tuple[Found, str]] = field(default_factory=list)
    unasked: int = 0


def decide(
    pairs: Sequence[Found],
    bound: Bounds,
    scorer: Scorer,
    rows: Mapping[str, tuple[Any, ...]],
    known: Known,
    links: bool = True,
) -> Decision:
    """What is done about these pairs. `links`: whether anything is linked by itself."""
    ids = sorted({id for one in pairs for id in (one.one, one.other)})
    index = {id: place for place, id in enumerate(ids)}
    table = [rows[id] for id in ids]
    every = [Link(index[one.one], index[one.other], one.probability) for one in pairs]
    doubtful = disputed(every, table, scorer, bound)
    why: dict[Found, str] = {}
    free: list[Link] = []
    for one in pairs:
        if one.probability < bound.automatic:
            continue
        reason = "" if links else "the mapping has everything asked"
        reason = reason or _against(one, known, against(rows[one.one], rows[one.other], scorer))
        if not reason and (index[one.one], index[one.other]) in doubtful:
            reason = "another record may be either of them"
        if reason:
            why[one] = reason
        else:
            free.append(Link(index[one.one], index[one.other], one.probability))

    def forbids(ours: Sequence[int], theirs: Sequence[int]) -> bool:
        return bool(_apart([ids[i] for i in ours], [ids[i] for i in theirs], known))

    clusters = joined(table, free, scorer, forbids)
    made = Decision([tuple(ids[i] for i in group) for group in clusters.groups])
    refused = {(link.left, link.right) for link in clusters.refused}
    counts: Counter[str] = Counter()
    for one in pairs:
        here = index[one.one], index[one.other]
        if clusters.together(*here):
            made.links.append(one)
            continue
        if _pair(one) in known.different:
            continue
        if _either_archived(one, known) and one.probability < bound.automatic:
            continue
        if counts[one.one] >= QUESTIONS or counts[one.other] >= QUESTIONS:
            made.unasked += 1
            continue
        counts.update((one.one, one.other))
        reason = why.get(one, "")
        if not reason and here in refused:
            reason = _apart([one.one], [one.other], known) or "what each was linked with speaks against it"
        made.asked.append((one, reason))
    return made


def _against(one: Found, known: Known, said: str) -> str:
    """Why a sure pair is not linked by itself, in words."""
    a, b = known.persons[one.one], known.persons[one.other]
    if _either_archived(one, known):
        return "one of them is archived"
    differing = [name for name, target in a.refers.items() if b.refers.get(name) not in (None, target)]
    if differing:
        return f"they belong to different records ({', '.join(differing)})"
    return said or _apart([one.one], [one.other], known)


def _apart(ours: Sequence[str], theirs: Sequence[str], known: Known) -> str:
    """Why two groups may not come together."""
    shared = sorted(
        set().union(*(known.systems.get(id, set()) for id in ours))
        & set().union(*(known.systems.get(id, set()) for id in theirs))
    )
    if shared:
        return f"both are in {', '.join(shared)}"
    said = any(_pair(Found(a, b, 0.0)) in known.different for a in ours for b in theirs)
    return "a person said that some of them are different" if said else ""


def _either_archived(one: Found, known: Known) -> bool:
    return known.persons[one.one].archived or known.persons[one.other].archived


def _pair(one: Found) -> tuple[str, str]:
    return (one.one, one.other) if one.one < one.other else (one.other, one.one)
