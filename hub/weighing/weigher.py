"""A look at who may be whom, for an engine, after the systems were read and before anything is owed.

Which records to look at is told by the journal: those it speaks of since the last look. The first look at an
entity, and one after much has changed, compares the whole base and teaches the model; the others compare the
few that changed with what is in memory (`hub.weighing.looking`). Weights, bounds and how far the journal was
read are kept with the database.

Promises: a stop at any instruction costs a look that is done again; what is linked by itself is done in
transactions of at most `AT_ONCE` pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from hub import joining
from hub.duplicates.features import row_of
from hub.joining import NotThere, Underway, Word
from hub.mapping import EntityMapping
from hub.model import HUB
from hub.store import cursors, flags, history, likenesses, mergers, worlds
from hub.store.likenesses import OPEN, Likeness, pair_of
from hub.weighing import facts, held, looking, people
from hub.weighing.deciding import Decision, Known, decide
from hub.weighing.findings import Fate, Findings, Pair
from hub.weighing.held import Waiting
from hub.weighing.looking import Found, Look, Model
from hub.weighing.people import People, Person

if TYPE_CHECKING:
    from hub.engine import Engine

FEW = 20
"""So many changed records, or a tenth of the base, are compared one by one; of more, the whole base is."""

EXACT = 0.99
"""How probable it is at least that two records are one that have an exact key of the mapping in common."""

AT_ONCE = 100
LOOKS = 5
FAR = 5000
_MODEL, _POSITION = "likeness model", "weighed up to"


class Weigher:
    """Looks for an engine, and remembers the bases it has in memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._people: dict[str, People] = {}

    def look_on(self, mapping: EntityMapping, whole: bool = False) -> Findings | None:
        """Look until nothing is new, since what was linked may be like a third; what all looks found.

        `whole`: begin with the whole base, new or not.
        """
        first = self.look_at_all(mapping, act=True) if whole else self.look(mapping)
        for _ in range(LOOKS if first is not None else 0):
            if (later := self.look(mapping)) is None:
                break
            assert first is not None
            first.then(later)
        return first

    def look(self, mapping: EntityMapping) -> Findings | None:
        """Weigh what is new since the last look, link what is sure, ask what is not.

        ``None``: nothing is new.
        """
        if mapping.duplicates is None:
            return None
        entity = mapping.entity
        with self._engine.store.reading() as connection:
            if flags.is_recovering(connection, entity):
                return None
            newest = history.newest(connection)
            before = flags.get(connection, f"{_POSITION} {entity}")
            stored = flags.get(connection, f"{_MODEL} {entity}")
            changed = facts.changed(connection, entity, before) if before is not None else None
            if changed is not None:
                changed = sorted({*changed, *held.free(connection, entity)})
            records = people.count(connection, entity)
        if changed is not None and not changed:
            self._skip(entity, before, newest)
            return None
        meaning = asdict(mapping.duplicates)
        known_as = stored is not None and stored["of"] == meaning
        if changed is None or not known_as or len(changed) > max(FEW, records // 10):
            return self.look_at_all(mapping, act=True)
        return self._look_at_some(mapping, Model.read(stored), changed, newest)

    def _skip(self, entity: str, before: int, newest: int) -> None:
        """Lines about other things need not be gone through at every look."""
        if newest - before > FAR:
            with self._engine.store.transaction() as connection:
                flags.put(connection, f"{_POSITION} {entity}", newest)

    def look_at_all(self, mapping: EntityMapping, act: bool) -> Findings:
        """Compare the whole base. `act`: link and ask accordingly; else nothing is changed."""
        assert mapping.duplicates is not None
        entity = mapping.entity
        with self._engine.store.reading() as connection:
            newest = history.newest(connection)
            persons = people.read(connection, mapping)
        look = looking.at_all(persons, mapping.duplicates, self._said(entity))
        if act:
            self._people.pop(entity, None)
            stored = {**look.model.stored(), "of": asdict(mapping.duplicates)}
            with self._engine.store.transaction() as connection:
                flags.put(connection, f"{_MODEL} {entity}", stored)
        found = self._conclude(mapping, look, {one.id: one for one in persons}, None, newest, act)
        found.records = len(persons)
        return found

    def _look_at_some(
        self, mapping: EntityMapping, model: Model, changed: Sequence[str], newest: int
    ) -> Findings:
        base = self._base(mapping, model)
        look = looking.at_some(base, model, changed)
        found = self._conclude(mapping, look, base.known, changed, newest, act=True)
        found.records, found.whole = len(base.known), False
        return found

    def _base(self, mapping: EntityMapping, model: Model) -> People:
        """The base in memory, as the journal says it is by now."""
        entity = mapping.entity
        base = self._people.get(entity)
        with self._engine.store.reading() as connection:
            newest = history.newest(connection)
            if base is None:
                base = People(people.read(connection, mapping), model.weights, newest)
                self._people[entity] = base
                return base
            changed = facts.changed(connection, entity, base.position, gone=True)
            base.bring_up_to_date(changed, people.read(connection, mapping, changed), newest)
        return base

    def _conclude(
        self,
        mapping: EntityMapping,
        look: Look,
        persons: Mapping[str, Person],
        changed: Sequence[str] | None,
        newest: int,
        act: bool,
    ) -> Findings:
        assert mapping.duplicates is not None
        bound = look.model.bounds
        with self._engine.store.reading() as connection:
            exact = facts.sharing(connection, mapping, changed)
            pairs = _with_exact([one for one in look.pairs if _there(one, persons)], exact, persons)
            rows = dict(look.rows)
            involved = sorted({id for one in pairs for id in (one.one, one.other)})
            missing = [id for id in involved if id not in rows]
            rows.update(self._rows(mapping, look, persons, missing))
            known = Known(persons, facts.systems(connection, involved), facts.different(connection, involved))
            decision = decide(pairs, bound, look.scorer, rows, known, mapping.duplicates.links)
            shown = _show(connection, mapping, decision, exact, rows, look)
        found = Findings(mapping.entity, precision=mapping.duplicates.precision, automatic=bound.automatic,
                         lower=bound.lower, pairs=shown, unasked=decision.unasked)  # fmt: skip
        for probability, several in look.counts:
            found.count(probability, several)
        if act:
            self._act(mapping, decision, shown, changed, newest)
        return found

    def _rows(
        self, mapping: EntityMapping, look: Look, persons: Mapping[str, Person], ids: Iterable[str]
    ) -> dict[str, tuple[Any, ...]]:
        base = self._people.get(mapping.entity)
        found: dict[str, tuple[Any, ...]] = {}
        for id in ids:
            if base is not None and id in base.place:
                found[id] = tuple(base.rows[base.place[id]])
            else:
                found[id] = row_of(persons[id].record, look.scorer.weights.words)
        return found

    def _act(
        self,
        mapping: EntityMapping,
        decision: Decision,
        shown: Sequence[Pair],
        changed: Sequence[str] | None,
        newest: int,
    ) -> None:
        """Link the groups, ask the rest, and remember how far the journal was read."""
        waiting = self._link(mapping, decision, shown)
        at = self._engine.clock()
        with self._engine.store.transaction() as connection:
            moved = mergers.successors(connection, {id for one in shown for id in _ids(one)})
            asked = _asked(mapping.entity, shown, moved)
            asked |= held.hold(connection, mapping.entity, waiting, moved, changed)
            _close_settled(connection, mapping.entity, changed, asked)
            likenesses.put(connection, asked.values(), at)
            worlds.soil(connection, [id for pair in asked for id in pair])
            flags.put(connection, f"{_POSITION} {mapping.entity}", newest)

    def _link(self, mapping: EntityMapping, decision: Decision, shown: Sequence[Pair]) -> list[Waiting]:
        """Make every group one, unless somebody spoke since; the pairs that have to wait."""
        because = _reasons(shown)
        pairs = [(group[0], other) for group in decision.groups for other in group[1:]]
        now: dict[str, str] = {}
        waiting: list[Waiting] = []
        done = 0
        for part in worlds.chunks(pairs, AT_ONCE):
            at = self._engine.clock()
            with self._engine.store.transaction() as connection:
                word = Word(HUB, cursors.begin_run(connection, "link", at), at)
                for first, other in part:
                    pair = (now.get(first, first), other)
                    told = replace(word, because=because.get(other, {}))
                    if likenesses.is_different(connection, pair):
                        continue
                    try:
                        joined = joining.make_one(self._engine, connection, mapping, pair, told)
                        now[first] = joined.keep.id
                    except Underway as problem:
                        waiting.append(Waiting(pair, str(problem), told.because))
                    except NotThere:
                        # Somebody made it one with another just now: the journal speaks of that one.
                        continue
                cursors.end_run(connection, word.run, {}, self._engine.clock())
            done += len(part)
            self._engine.progress("link", mapping.entity, "", done, len(pairs))
        return waiting

    def _said(self, entity: str) -> looking.Said:
        def told(step: str, done: int, total: int | None) -> None:
            self._engine.progress(step, entity, "", done, total)

        return told


def _there(one: Found, persons: Mapping[str, Person]) -> bool:
    return one.one in persons and one.other in persons


def _with_exact(
    pairs: Sequence[Found], exact: Mapping[tuple[str, str], Sequence[str]], persons: Mapping[str, Person]
) -> list[Found]:
    """The pairs, those with a key in common as probable as that makes them, best first."""
    known = {pair_of(one.one, one.other): one for one in pairs}
    for pair in exact:
        if pair[0] in persons and pair[1] in persons:
            before = known.get(pair)
            known[pair] = Found(*pair, max(before.probability if before else 0.0, EXACT))
    return sorted(known.values(), key=lambda one: (-one.probability, one.one, one.other))


def _show(
    connection: Connection,
    mapping: EntityMapping,
    decision: Decision,
    exact: Mapping[tuple[str, str], Sequence[str]],
    rows: Mapping[str, tuple[Any, ...]],
    look: Look,
) -> list[Pair]:
    """Every pair as a person reads it."""
    told: list[tuple[Found, Fate, str]] = [(one, "linked", "") for one in decision.links]
    told += [(one, "asked", why) for one, why in decision.asked]
    ids = {id for one, _, _ in told for id in (one.one, one.other)}
    records = facts.shown(connection, mapping, ids)
    found: list[Pair] = []
    for one, fate, why in told:
        reasons = [asdict(reason) for reason in look.scorer.explain(rows[one.one], rows[one.other])]
        because = {"reasons": reasons, "keys": list(exact.get(pair_of(one.one, one.other), ()))}
        found.append(Pair(one.probability, records[one.one], records[one.other], fate, because, why))
    return sorted(found, key=lambda pair: -pair.probability)


def _ids(pair: Pair) -> tuple[str, str]:
    return pair.one.golden_id, pair.other.golden_id


def _asked(entity: str, shown: Sequence[Pair], moved: Mapping[str, str]) -> dict[tuple[str, str], Likeness]:
    """The questions, between the records as they are now: of several about one pair the surest."""
    asked: dict[tuple[str, str], Likeness] = {}
    for pair in shown:
        if pair.fate != "asked":
            continue
        one, other = (moved.get(id, id) for id in _ids(pair))
        key = pair_of(one, other)
        if one == other or (key in asked and asked[key].probability >= pair.probability):
            continue
        because = {**_in_order(pair, (one, other)), "why": pair.why}
        asked[key] = Likeness(entity, *key, pair.probability, because)
    return asked


def _in_order(pair: Pair, ids: tuple[str, str]) -> dict[str, Any]:
    """Why, with what stands left being the record's that is kept first."""
    if ids == pair_of(*ids):
        return dict(pair.because)
    turned = [{**one, "left": one["right"], "right": one["left"]} for one in pair.because["reasons"]]
    return {**pair.because, "reasons": turned}


def _reasons(shown: Sequence[Pair]) -> dict[str, dict[str, Any]]:
    """By record, the surest of the pairs by which it is linked by itself, for whoever asks later."""
    found: dict[str, dict[str, Any]] = {}
    for pair in sorted((one for one in shown if one.fate == "linked"), key=lambda one: one.probability):
        why = {**_in_order(pair, _ids(pair)), "pair": list(pair.ids), "probability": pair.probability}
        found.update(dict.fromkeys(pair.ids, why))
    return found


def _close_settled(
    connection: Connection,
    entity: str,
    changed: Sequence[str] | None,
    asked: Mapping[tuple[str, str], Likeness],
) -> None:
    """Questions about what was looked at just now that nobody would ask any more."""
    if changed is None:
        standing = likenesses.listed(connection, entity)
    else:
        standing = likenesses.of_goldens(connection, changed, OPEN)
    likenesses.close(connection, [one.id for one in standing if one.pair not in asked])


def model_of(connection: Connection, entity: str) -> Model | None:
    """What the last whole look at an entity taught; ``None`` before the first."""
    stored = flags.get(connection, f"{_MODEL} {entity}")
    return Model.read(stored) if stored is not None else None
