"""Meeting records while the hub recovers: it knows less than the systems hold, so little is really new.

Takes the place of the planner's own meeting of fresh records. A fresh record belongs to the golden record
whose reference it carries, else to the one that owns its key, else to the only one it agrees with in all that
both say (`hub.agreement`). A record with our reference to a golden record that is not known founds it anew,
under the same id. Whoever bears the name of a known record and might be it is set aside for a person, and
that record is not created there meanwhile (`hub.matching.CANDIDATE`). The rest founds golden records as ever.

Pure: no input, no output, no clock. Never: links where two answers are possible.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from hub import agreement, planner
from hub.agreement import Likeness
from hub.mapping import SystemMapping
from hub.matching import CANDIDATE, Key, are_sites
from hub.model import Golden, Review
from hub.ports import Record
from hub.world import Reading, World


def observe(
    world: World, system: SystemMapping, records: Sequence[Record], observed_at: str, since: str
) -> None:
    """Take in one page as `planner.observe` does. `since`: when the hub began to recover (ISO time)."""
    planner.read_fresh(world, system, records)
    fresh: dict[str, Record] = {}
    for record in records:
        link = world.links.get((system.system, record.id))
        if link is None:
            fresh[record.id] = record
        else:
            planner.absorb(world, system, link, record, observed_at)
    _Meeting(world, system, observed_at, since).meet(list(fresh.values()))


def unknown_reference(world: World, system: SystemMapping, records: Iterable[Record]) -> Record | None:
    """A record that carries our reference to a golden record nobody here has heard of: we are the older ones.

    One that is set aside was told of already.
    """
    for record in records:
        where = (system.system, record.id)
        if record.ref is None or where in world.links or where in world.reviewed:
            continue
        golden_id = _referred_id(world, record)
        if golden_id is not None and golden_id not in world.goldens:
            return record
    return None


class _Meeting:
    """One page of fresh records, surest evidence first: every link made takes a candidate from the others."""

    def __init__(self, world: World, system: SystemMapping, observed_at: str, since: str) -> None:
        self.world, self.system, self.at, self.since = world, system, observed_at, since

    def meet(self, fresh: Sequence[Record]) -> None:
        for record in fresh:
            if (self.system.system, record.id) in self.world.reviewed:
                place = (self.world.mapping.entity, self.system.system, record.id, "")
                self.world.settled_reviews.append(place)
        rest = self._by_reference(fresh)
        if not self.system.adopts:
            self._set_aside_the_similar(rest)
            return
        rest = self._by_key(rest)
        rest = self._by_agreement(rest)
        for record in rest:
            golden = planner.founded(self.world, self.system, record, self._reading(record), self.at)
            if golden is not None:
                self._link(golden, record, "new")

    def _by_reference(self, fresh: Sequence[Record]) -> list[Record]:
        rest: list[Record] = []
        for record in fresh:
            golden = planner.referred(self.world, self.system, record)
            if golden is not None:
                self._link(golden, record, "reference")
            else:
                rest.append(record)
        return self._refounded(rest)

    def _refounded(self, fresh: Sequence[Record]) -> list[Record]:
        """Records with a reference nobody knows: the golden record comes back under its own id.

        Unless another system founded it since, under an id of its own. One that was known before is not it:
        it would have been linked.
        """
        rest: list[Record] = []
        lost: list[Record] = []
        for record in fresh:
            golden_id = _referred_id(self.world, record)
            (lost if golden_id and golden_id not in self.world.goldens else rest).append(record)
        paired = self._paired(lost, recent=True)
        for record in lost:
            golden = paired.get(record.id) or self._by_recent_key(record)
            if golden is not None:
                self._link(golden, record, "reference")
                continue
            golden_id = _referred_id(self.world, record)
            if golden_id in self.world.goldens or not self.system.adopts:
                rest.append(record)
                continue
            reading = self._reading(record)
            golden = planner.founded(self.world, self.system, record, reading, self.at, golden_id)
            if golden is not None:
                self._link(golden, record, "reference")
        return rest

    def _by_recent_key(self, record: Record) -> Golden | None:
        for key in self._reading(record).keys:
            owners = [
                golden
                for owner in self.world.owners.get(key, ())
                if not are_sites(
                    self.world.mapping,
                    (self._reading(record).values, (golden := self.world.goldens[owner]).values),
                    key[0],
                )
            ]
            if len(owners) == 1 and self._is_free(owners[0]) and owners[0].created_at >= self.since:
                return owners[0]
        return None

    def _by_key(self, fresh: Sequence[Record]) -> list[Record]:
        rest: list[Record] = []
        twins = planner.twins(self.world, fresh)
        for record in fresh:
            reading = self._reading(record)
            shared = [key for key in reading.keys if key in twins]
            if shared:
                planner.hold_twins(self.world, self.system, record, reading, shared[0])
            elif not any(self.world.owners.get(key) for key in reading.keys):
                rest.append(record)
            elif (
                golden := planner.identified(self.world, self.system, record, reading, self.at)
            ) is not None:
                self._link(golden, record, "key")
        return rest

    def _by_agreement(self, fresh: Sequence[Record]) -> list[Record]:
        """Links what agrees with one only, sets aside what may be somebody; the rest is nobody known."""
        paired = self._paired(fresh)
        for record in fresh:
            if record.id in paired:
                self._link(paired[record.id], record, "agreement")
        return self._set_aside_the_similar([record for record in fresh if record.id not in paired])

    def _set_aside_the_similar(self, fresh: Sequence[Record]) -> list[Record]:
        """What may be somebody known is for a person to say; the rest."""
        rest: list[Record] = []
        for record in fresh:
            doubtful = [
                (golden, found) for golden, found in self._compared(record) if found.same or found.similar
            ]
            if doubtful:
                self._hold(record, doubtful)
            else:
                rest.append(record)
        return rest

    def _paired(self, fresh: Sequence[Record], recent: bool = False) -> dict[str, Golden]:
        likeness = {
            record.id: {
                golden.id: found
                for golden, found in self._compared(record)
                if not recent or golden.created_at >= self.since
            }
            for record in fresh
        }
        return {record: self.world.goldens[golden] for record, golden in agreement.pair(likeness).items()}

    def _compared(self, record: Record) -> list[tuple[Golden, Likeness]]:
        reading = self._reading(record)
        if not all(name in reading.values for name in agreement.required(self.world.mapping, self.system)):
            return []
        return [
            (golden, agreement.compare(self.world, self.system, record, reading, golden))
            for golden_id in self.world.near.get(record.id, ())
            if (golden := self.world.goldens.get(golden_id)) is not None and self._is_free(golden)
        ]

    def _is_free(self, golden: Golden) -> bool:
        """Whether it has no record in this system that is still there."""
        link = self.world.links_of.get(golden.id, {}).get(self.system.system)
        return link is None or link.gone

    def _hold(self, record: Record, doubtful: Sequence[tuple[Golden, Likeness]]) -> None:
        reading = self._reading(record)
        claims: list[Key] = [(CANDIDATE, golden.id) for golden, _ in doubtful]
        self.world.reviews.append(
            Review(
                self.world.mapping.entity, self.system.system, record.id, "ambiguous",
                agreement.in_words(self.world.mapping, reading, doubtful),
                f"say whether it is the same; or correct it in {self.system.system}",
                place=record.where or "", candidates=tuple(golden.id for golden, _ in doubtful),
                keys=(*reading.keys, *claims),
            )
        )  # fmt: skip
        self.world.relinked["set aside"] += 1

    def _link(self, golden: Golden, record: Record, how: str) -> None:
        planner.link_to(self.world, self.system, golden, record, self.at)
        self.world.relinked[how] += 1

    def _reading(self, record: Record) -> Reading:
        return self.world.readings[record.id]


def _referred_id(world: World, record: Record) -> str | None:
    """The golden record that a reference of ours names, if it is one of this entity."""
    entity, _, golden_id = (record.ref or "").rpartition("_")
    if entity != world.mapping.entity or not _ID.fullmatch(golden_id):
        return None
    return world.successors.get(golden_id, golden_id)


_ID = re.compile(r"[0-9a-f]{32}")


def count(relinked: Counter[str]) -> dict[str, int]:
    """How records were linked, in the order of how sure that is."""
    return {how: relinked[how] for how in HOW if relinked[how]}


HOW = ("reference", "key", "agreement", "new", "set aside")
