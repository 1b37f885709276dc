"""The planner alone: golden records and links held in memory, and no store, engine or connector.

A `Planning` is the smallest loop around the pure rooms: hand over records in some order and in some batches
(`planner.observe`), ask what each system is owed (`hub.owing`), apply it as a system would, and hand the
answer back (`planner.written`). Steps are plain data, as those of `tests.model.office` are, so that its
stories are kept and told again in the same way.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from hub import absorbing, owing, planner
from hub.archive import archive_lens
from hub.lenses import Parked, Unwritable
from hub.mapping import EntityMapping, SystemMapping, load_mappings
from hub.matching import Key, keys_of
from hub.model import ARCHIVED, PERSON, Conflict, Entry, Golden, Link, Review
from hub.ports import Native, Record
from hub.world import World
from tests.memory import START
from tests.model.words import Broken, Step, texts, token
from tests.tally import tally

SYSTEMS = ("odoo", "sage", "list")
PASSES = 8
"""Passes over all systems within which any world must come to rest."""


@dataclass
class Row:
    """One record of a system."""

    values: dict[str, Native]
    modified: int
    archived: bool = False
    unreadable: set[str] = field(default_factory=set)


class Planning:
    """A world of three systems and a planner. `config`: the example's lenses, normalisations and policies."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = dict(config)
        self.mapping = _mapping(yaml.safe_dump(self.config["mapping"], sort_keys=False))
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in SYSTEMS}
        self.goldens: dict[str, Golden] = {}
        self.links: dict[tuple[str, str], Link] = {}
        self.conflicts: dict[tuple[str, str], Conflict] = {}
        self.reviews: dict[tuple[str, str, str, str], Review] = {}
        self.journal: list[Entry] = []
        self.seen: dict[str, str] = {}
        self.typed: dict[str, set[str]] = {}
        self.seconds = 0
        self.made: Counter[str] = Counter()
        self.steps: list[Step] = []
        self.story: list[str] = []

    def close(self) -> None:
        return None

    def perform(self, step: Step) -> None:
        """Do one step, and note it."""
        acts = {key: value for key, value in step.items() if key != "do"}
        self.steps.append(step)
        self.story.append(str(getattr(self, f"do_{step['do']}")(**acts)))

    # -- what people do ----------------------------------------------------------------------------------

    def _now(self) -> int:
        self.seconds += 1
        return self.seconds

    def _kept(self, system: str, name: str, value: Native) -> Native:
        """What a system makes of a value by itself, without the mapping's knowing."""
        rule = self.config["own"].get(system, {}).get(name)
        if isinstance(value, str):
            value = value.upper() if rule == "upper" else value[:9].strip() if rule == "cut" else value
        return None if value == "" else value

    def _type(self, system: str, values: Mapping[str, Native]) -> None:
        for value in values.values():
            for text in texts(value):
                if found := token(text):
                    self.typed.setdefault(found, set()).add(system)

    def do_add(self, system: str, id: str, set: dict[str, Native]) -> str:
        self._type(system, set)
        values = {**dict.fromkeys(self._natives(system)), **set}
        self.rows[system][id] = Row(values, self._now())
        return f"somebody adds {system} {id}: {set}"

    def do_edit(self, system: str, id: str, set: dict[str, Native]) -> str:
        if id not in self.rows[system]:
            return f"(there is no {system} {id})"
        set = {name: value for name, value in set.items() if name in self._natives(system)}
        self._type(system, set)
        row = self.rows[system][id]
        row.values.update({name: self._kept(system, name, value) for name, value in set.items()})
        row.unreadable -= set.keys()
        row.modified = self._now()
        return f"somebody sets {set} in {system} {id}"

    def do_archive(self, system: str, id: str, archived: bool) -> str:
        if id not in self.rows[system]:
            return f"(there is no {system} {id})"
        self.rows[system][id].archived, self.rows[system][id].modified = archived, self._now()
        return f"somebody {'archives' if archived else 'restores'} {system} {id}"

    def do_spoil(self, system: str, id: str, field: str) -> str:
        if id not in self.rows[system]:
            return f"(there is no {system} {id})"
        self.rows[system][id].unreadable.add(field)
        self.rows[system][id].modified = self._now()
        return f"{field} becomes unreadable in {system} {id}"

    def do_delete(self, system: str, id: str) -> str:
        if self.rows[system].pop(id, None) is None:
            return f"(there is no {system} {id})"
        return f"somebody deletes {system} {id}"

    # -- what the planner does ---------------------------------------------------------------------------

    def do_observe(self, system: str, order: int, batch: int) -> str:
        """Hand over what changed in a system, in an order that `order` stands for, `batch` at a time."""
        found = self.mapping.systems[system]
        held = {key[1] for key, review in self.reviews.items() if key[0] == system and review.keys}
        held |= {key[1] for key, review in self.reviews.items() if key[0] == system and review.kind in HELD}
        wanted = [
            record
            for id in sorted(self.rows[system])
            if (record := self._record(system, id)).id in held or self._is_news(system, record)
        ]
        random.Random(order).shuffle(wanted)
        for start in range(0, len(wanted), batch):
            page = wanted[start : start + batch]
            world = self._world()
            planner.observe(world, found, page, self._at())
            self._save(world)
            self._note_seen(system, page)
        gone = [
            link
            for (name, id), link in self.links.items()
            if name == system and not link.gone and id not in self.rows[system]
        ]
        world = self._world()
        planner.vanished(world, found, gone, self._at())
        self._save(world)
        for key in [key for key in self.reviews if key[0] == system and key[1] not in self.rows[system]]:
            if key not in {(gone_link.system, gone_link.external_id, "vanished", "") for gone_link in gone}:
                self.reviews.pop(key)
        return f"the planner is shown {len(wanted)} records of {system}"

    def do_deliver(self, system: str) -> str:
        """Apply what a system is owed, where it still shows what was last seen of it."""
        return f"{system} is given what it is owed: {self.deliver(system)} writes"

    def deliver(self, system: str) -> int:
        found, writes = self.mapping.systems[system], 0
        blocked = self._blocked(system)
        for golden in sorted(self.goldens.values(), key=lambda golden: golden.id):
            world = self._world()
            link = world.links_of.get(golden.id, {}).get(system)
            debt = owing.is_owed(world, found, golden, golden.id in blocked)
            if debt is None or not debt.values:
                continue
            if link is not None and (link.external_id not in self.rows[system] or not self._as_seen(link)):
                continue
            id = link.external_id if link is not None else self._created(system)
            writes += 1
            row = self.rows[system].setdefault(id, Row(dict.fromkeys(self._natives(system)), 0))
            row.archived = bool(debt.values.get(ARCHIVED, row.archived))
            for name, value in debt.values.items():
                if name != ARCHIVED:
                    row.values[name] = self._kept(system, name, value)
            row.modified = self._now()
            planner.written(world, found, golden, self._record(system, id), debt.values, self._at())
            self._save(world)
        return writes

    def do_settle(self, nth: int, side: int) -> str:
        if not self.conflicts:
            return "(there is no conflict)"
        place = sorted(self.conflicts)[nth % len(self.conflicts)]
        conflict = self.conflicts[place]
        taken = conflict.candidates[side % len(conflict.candidates)]
        world = self._world()
        golden = world.goldens[place[0]]
        absorbing.settle(world, golden, place[1], taken.value, (PERSON, self._at()), "resolved")
        self._save(world)
        return f"somebody settles {place[1]}: {taken.system} is right"

    # -- small things ------------------------------------------------------------------------------------

    def _created(self, system: str) -> str:
        self.made[system] += 1
        return f"new{self.made[system]}"

    def _at(self) -> str:
        return (START + timedelta(seconds=self._now())).isoformat(timespec="seconds")

    def _natives(self, system: str) -> list[str]:
        lenses = self.mapping.systems[system].lenses
        return [native for lens in lenses for native in lens.natives if native != ARCHIVED]

    def _record(self, system: str, id: str) -> Record:
        row = self.rows[system][id]
        values = {name: value for name, value in row.values.items() if name not in row.unreadable}
        if self.mapping.systems[system].lens(ARCHIVED) is not None:
            values[ARCHIVED] = row.archived
        version = repr((sorted(row.values.items()), row.archived, sorted(row.unreadable)))
        return Record(
            id,
            values,
            version,
            START + timedelta(seconds=row.modified),
            unreadable=dict.fromkeys(row.unreadable, "#DIV/0!"),
        )

    def _is_news(self, system: str, record: Record) -> bool:
        link = self.links.get((system, record.id))
        return link is None or link.gone or link.version != record.version

    def _as_seen(self, link: Link) -> bool:
        shown = self._record(link.system, link.external_id).values
        believed = {name: value for name, value in link.current().items() if name not in link.blocked}
        return all(shown.get(name) == value for name, value in believed.items())

    def _world(self) -> World:
        """A world that knows everything there is, as the store would fill it."""
        world = World(self.mapping, lambda: f"g{len(self.goldens) + len(world.goldens):04d}")
        for golden in self.goldens.values():
            golden.new = golden.changed = golden.dirty = False
            world.add_golden(golden)
            world.rekeyed[golden.id] = keys_of(self.mapping, golden.values)
            for key in world.rekeyed[golden.id]:
                world.owners.setdefault(key, []).append(golden.id)
        for link in self.links.values():
            link.new = link.changed = False
            world.add_link(link)
        world.conflicts.update(self.conflicts)
        world.reviewed.update((key[0], key[1]) for key in self.reviews)
        return world

    def _save(self, world: World) -> None:
        """What the store would keep of it."""
        self.goldens = dict(world.goldens)
        self.links = {place: link for place, link in world.links.items() if not link.removed}
        self.conflicts = dict(world.conflicts)
        self.journal += [
            replace(one, before=dict(one.before), after=dict(one.after)) for one in world.journal
        ]
        for _, system, id, what in world.settled_reviews:
            for key in [key for key in self.reviews if key[:2] == (system, id)]:
                if what != "field" or key[3]:
                    self.reviews.pop(key)
        for review in world.reviews:
            self.reviews[(review.system, review.external_id, review.kind, review.field)] = review

    def _blocked(self, system: str) -> set[str]:
        """Golden records one of whose keys a held record of that system claims."""
        claimed: set[Key] = {
            key for place, review in self.reviews.items() if place[0] == system for key in review.keys
        }
        return {
            golden.id
            for golden in self.goldens.values()
            if claimed.intersection(keys_of(self.mapping, golden.values))
        }

    def _note_seen(self, system: str, records: list[Record]) -> None:
        for record in records:
            link = self.links.get((system, record.id))
            if link is None:
                continue
            for name, value in record.values.items():
                if name not in link.blocked and name not in link.seen:
                    for text in texts(value):
                        if token(text):
                            self.seen[text] = f"{name} of {system} {record.id}"
            self._contested_are_open(link)

    def _contested_are_open(self, link: Link) -> None:
        """What waits for a person is in an open conflict; who typed it may take it back without a trace."""
        asked = [c for place, c in self.conflicts.items() if place[0] == link.golden_id]
        offered = {text.casefold() for c in asked for one in c.candidates for text in texts(one.value)}
        for name, value in link.seen.items():
            if token(value) and str(value).casefold() not in offered:
                raise Broken(f"{value!r} in {name} of {link.system} {link.external_id} waits for nobody")

    # -- what must be true in the end --------------------------------------------------------------------

    def finish(self) -> None:
        """People have stopped: it comes to rest, every system shows what was agreed on, nothing is lost."""
        self.seconds += 600
        for _ in range(PASSES):
            if not self._pass():
                break
        else:
            raise Broken(f"it does not come to rest within {PASSES} passes")
        lines = len(self.journal)
        if self._pass() or len(self.journal) != lines:
            raise Broken("a second pass has something to do")
        self._converged()
        self._nothing_was_lost()
        self._no_echo()

    def _pass(self) -> bool:
        """Look everywhere, settle and deliver; true while anything moves, what is known included.

        A record typed anew in the place of a deleted one is met once its forerunner is known to be gone.
        """
        before = self._known()
        for system in SYSTEMS:
            self.do_observe(system, 0, 100)
        moved = bool(self.conflicts)
        while self.conflicts:
            self.do_settle(0, 0)
        return sum([self.deliver(system) for system in SYSTEMS]) > 0 or moved or self._known() != before

    def _known(self) -> tuple[object, ...]:
        """Which records are linked, gone or set aside, and how much is in the journal."""
        links = {place: (link.golden_id, link.gone) for place, link in self.links.items()}
        return links, set(self.reviews), len(self.journal)

    def _converged(self) -> None:
        """Every linked system shows `put(golden)`, asked of the lenses without the planner's help."""
        for golden in self.goldens.values():
            for name, system in self.mapping.systems.items():
                link = next(
                    (x for x in self.links.values() if (x.golden_id, x.system) == (golden.id, name)), None
                )
                if link is None:
                    if not golden.archived and golden.id not in self._blocked(name):
                        raise Broken(f"{golden.title} is not in {name}, and nothing says why")
                elif not link.gone:
                    self._shows(system, golden, link)

    def _shows(self, system: SystemMapping, golden: Golden, link: Link) -> None:
        shown = self._record(system.system, link.external_id).values
        for lens in system.lenses:
            if lens.name not in golden.values or any(native in link.blocked for native in lens.natives):
                continue
            try:
                put = lens.put(golden.values[lens.name], shown)
            except (Unwritable, Parked):
                continue
            for native, value in put.items():
                kept = value if native == ARCHIVED else self._kept(system.system, native, value)
                if kept != shown.get(native):
                    agreed = golden.values[lens.name]
                    place = f"{native} of {system.system} {link.external_id}"
                    raise Broken(f"{place} is {shown.get(native)!r}, and {agreed!r} was agreed on")

    def _nothing_was_lost(self) -> None:
        kept = set(self._all_texts())
        for value, where in self.seen.items():
            if value not in kept:
                tally("values lost")
                raise Broken(f"{value!r}, which the planner was shown in {where}, is nowhere")

    def _all_texts(self) -> Iterator[str]:
        for entry in self.journal:
            yield from texts([entry.before, entry.after])
        for golden in self.goldens.values():
            yield from texts(golden.values)
        for rows in self.rows.values():
            yield from texts([row.values for row in rows.values()])

    def _no_echo(self) -> None:
        for entry in self.journal:
            if entry.kind in ("created", "changed") and entry.cause in SYSTEMS:
                for text in texts(entry.after):
                    found = token(text)
                    if found and entry.cause not in self.typed[found]:
                        raise Broken(
                            f"{text!r} was taken for an edit of {entry.cause}'s, where nobody typed it"
                        )


HELD = ("duplicate", "ambiguous", "parked")


@cache
def _mapping(text: str) -> EntityMapping:
    """A mapping document loaded, with the lens for archiving that the engine adds."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "customer.yaml").write_text(text, encoding="utf-8")
        (mapping,) = load_mappings(Path(folder))
    odoo = mapping.systems["odoo"]
    lenses = (*odoo.lenses, archive_lens("odoo", "both"))
    return replace(mapping, systems={**mapping.systems, "odoo": replace(odoo, lenses=lenses)})
