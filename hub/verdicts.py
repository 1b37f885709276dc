"""A person's word on two records: the same, different, made one in the systems too, or taken apart again.

A word changes what the hub knows; the systems follow, at the next sync or at once (`hub.merging`). What was
said is kept for ever: a pair that was called different is never asked again, whatever becomes of its values.

Promises: a word that contradicts an earlier one is refused with that one's date, unless the person insists.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from hub import joining
from hub.decisions import DecisionError
from hub.engine import Engine
from hub.joining import NotThere, Underway, Word
from hub.mapping import EntityMapping
from hub.model import ANSWER, PERSON, Entry
from hub.store import cursors, history, likenesses, mergers, worlds
from hub.store.likenesses import DIFFERENT, OPEN, SAME, Likeness, pair_of
from hub.store.mergers import Merger, Step

LISTED = "`hub duplicates list` shows what is asked"


@dataclass(frozen=True, slots=True)
class Made:
    """What `same` or `merge` did: the merger, the record that stays, and what its systems are to do."""

    likeness: Likeness
    merger: int
    keep: str
    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Parted:
    """What `split` did. `lose`: the golden record that is there again."""

    merger: Merger
    title: str
    steps: tuple[Step, ...]


def same(
    engine: Engine, number: int, *, keep: str | None = None, merges: bool = False, insist: bool = False
) -> Made:
    """The two records of question `number` are one. `keep`: the golden record that stays; `merges`: systems
    in which both have a record make theirs one, too; `insist`: although they were said to be different.

    Raises `DecisionError`.
    """
    with engine.store.transaction() as connection:
        return _same(engine, connection, _asked(connection, number), keep, merges, insist)


def together(
    engine: Engine, entity: str, one: str, other: str, *, merges: bool = False, insist: bool = False
) -> Made:
    """Two golden records are one, whether or not anybody asked. Raises `DecisionError`."""
    with engine.store.transaction() as connection:
        likeness = _question(engine, connection, entity, one, other)
        return _same(engine, connection, likeness, one, merges, insist)


def different(engine: Engine, number: int) -> Likeness:
    """The two records of question `number` are two things, for ever. Raises `DecisionError`."""
    with engine.store.transaction() as connection:
        return _different(engine, connection, _asked(connection, number))


def apart(engine: Engine, entity: str, one: str, other: str) -> Likeness:
    """Two golden records are two things, whether or not anybody asked. Raises `DecisionError`."""
    with engine.store.transaction() as connection:
        return _different(engine, connection, _question(engine, connection, entity, one, other))


def split(engine: Engine, number: int) -> Parted:
    """Take merger `number` back, in the hub; its systems follow. Raises `DecisionError`."""
    at = engine.clock()
    with engine.store.transaction() as connection:
        merger = mergers.by_id(connection, number)
        if merger is None:
            raise DecisionError(f"there is no merger {number}; `hub duplicates list --merged` shows them")
        if merger.split_at is not None:
            raise DecisionError(f"merger {number} was taken back on {merger.split_at}")
        later = [one for one in mergers.into(connection, merger.keep) if one.id > number]
        gone = mergers.successors(connection, [merger.keep])
        if gone:
            last = next(one for one in mergers.listed(connection, merger.entity) if one.lose == merger.keep)
            raise DecisionError(
                f"the record it became was itself made one with another on {last.at}: "
                f"`hub duplicates split {last.id}` first"
            )
        if later:
            raise DecisionError(
                f"another was made one with it on {later[0].at}: `hub duplicates split {later[0].id}` first"
            )
        mapping = _mapping(engine, merger.entity)
        run = cursors.begin_run(connection, "split", at)
        try:
            lose = joining.take_apart(engine, connection, mapping, merger, run, at)
        except (Underway, NotThere) as problem:
            raise DecisionError(f"merger {number} cannot be taken back just now: {problem}") from problem
        steps = mergers.steps(connection, merger=number)
        for step in steps:
            _to_take_back(connection, step)
        pair = pair_of(merger.keep, merger.lose)
        known = likenesses.between(connection, *pair) or Likeness(merger.entity, *pair, 1.0)
        likenesses.answer(connection, known, DIFFERENT, PERSON, at)
        cursors.end_run(connection, run, {}, at)
        return Parted(merger, lose.title, tuple(steps))


def _to_take_back(connection: Connection, step: Step) -> None:
    """What its system did is taken back there; what it never did needs nothing."""
    did = step.state == "done" and step.undo
    may_have = step.state == "due" and step.undo is not None
    step.state = "to take back" if did or may_have else "taken back"
    mergers.save_step(connection, step)


def merge_again(engine: Engine, number: int) -> list[Step]:
    """The systems of merger `number` that have not made their records one are to, now.

    Raises `DecisionError`.
    """
    with engine.store.transaction() as connection:
        merger = mergers.by_id(connection, number)
        if merger is None or merger.split_at is not None:
            raise DecisionError(f"there is no merger {number} that stands")
        return _let_go(connection, number)


def _let_go(connection: Connection, merger: int) -> list[Step]:
    steps = mergers.steps(connection, merger=merger)
    for step in steps:
        if step.state in ("waiting", "refused"):
            step.state, step.reason = "due", None
            mergers.save_step(connection, step)
    return steps


def _same(
    engine: Engine, connection: Connection, likeness: Likeness, keep: str | None, merges: bool, insist: bool
) -> Made:
    if likeness.verdict == SAME:
        return _already_one(connection, likeness, merges)
    if likeness.verdict == DIFFERENT and not insist:
        raise DecisionError(
            f"they were said to be different on {likeness.answered_at} (or follow from what was): "
            f"`hub duplicates same {likeness.id} --anyway` says otherwise"
        )
    mapping = _mapping(engine, likeness.entity)
    if keep is not None and keep not in likeness.pair:
        raise DecisionError(f"question {likeness.id} is about {' and '.join(likeness.pair)}, not {keep}")
    return _unite(engine, connection, mapping, likeness, keep, merges)


def _different(engine: Engine, connection: Connection, likeness: Likeness) -> Likeness:
    at = engine.clock()
    if likeness.verdict == SAME:
        merger = _merger_of(connection, likeness)
        number_of = f" {merger.id}" if merger is not None else ""
        raise DecisionError(
            f"they were made one on {likeness.answered_at}: `hub duplicates split{number_of}` takes that "
            "back, and they are different from then on"
        )
    likenesses.answer(connection, likeness, DIFFERENT, PERSON, at)
    _journal(connection, likeness, DIFFERENT, at)
    return likeness


def _unite(
    engine: Engine,
    connection: Connection,
    mapping: EntityMapping,
    likeness: Likeness,
    keep: str | None,
    merges: bool,
) -> Made:
    at = engine.clock()
    run = cursors.begin_run(connection, "merge" if merges else "same", at)
    word = Word(PERSON, run, at, merges)
    likenesses.answer(connection, likeness, SAME, PERSON, at)
    _journal(connection, likeness, SAME, at)
    try:
        made = joining.make_one(engine, connection, mapping, likeness.pair, word, keep)
    except (Underway, NotThere) as problem:
        raise DecisionError(f"they cannot be made one just now: {problem}; try again in a while") from problem
    cursors.end_run(connection, run, {}, at)
    steps = mergers.steps(connection, merger=made.merger)
    return Made(likeness, made.merger, made.keep.id, made.keep.title, tuple(steps))


def _already_one(connection: Connection, likeness: Likeness, merges: bool) -> Made:
    merger = _merger_of(connection, likeness)
    if merger is None:
        raise DecisionError(f"they have been one since {likeness.answered_at}")
    if not merges:
        back = f"`hub duplicates split {merger.id}` takes it back"
        raise DecisionError(f"they have been one since {likeness.answered_at}: {back}")
    steps = _let_go(connection, merger.id)
    return Made(likeness, merger.id, merger.keep, history.title(connection, merger.keep), tuple(steps))


def _merger_of(connection: Connection, likeness: Likeness) -> Merger | None:
    return next(
        (
            one
            for one in mergers.listed(connection, likeness.entity)
            if {one.keep, one.lose} == set(likeness.pair)
        ),
        None,
    )


def _asked(connection: Connection, number: int) -> Likeness:
    found = likenesses.by_id(connection, number)
    if found is None:
        raise DecisionError(f"there is no question {number}; {LISTED}")
    return found


def _question(engine: Engine, connection: Connection, entity: str, one: str, other: str) -> Likeness:
    """The question about two golden records, asked by the person who answers it where nobody had."""
    mapping = _mapping(engine, entity)
    if one == other:
        raise DecisionError("a record is always the same as itself: name two")
    here = worlds.existing(connection, mapping.entity, [one, other])
    for golden_id in (one, other):
        if golden_id not in here:
            now = mergers.successors(connection, [golden_id]).get(golden_id)
            also = f": it became one with {now}" if now else ""
            raise DecisionError(f"there is no {entity} {golden_id}{also}")
    known = likenesses.between(connection, one, other)
    if known is None:
        likenesses.put(connection, [Likeness(entity, *pair_of(one, other), 0.0)], engine.clock())
        known = likenesses.between(connection, one, other)
    assert known is not None
    return known


def _mapping(engine: Engine, entity: str) -> EntityMapping:
    try:
        return engine.mapping(entity)
    except StopIteration:
        raise DecisionError(f"no mapping describes {entity} any more") from None


def _journal(connection: Connection, likeness: Likeness, answer: str, at: str) -> None:
    run = cursors.begin_run(connection, "answer", at)
    asked = {ANSWER: f"is it the same as {likeness.other}?"}
    entry = Entry(likeness.entity, likeness.one, "", "answered", PERSON, asked, {ANSWER: answer})
    history.note(connection, [entry], run, at)
    cursors.end_run(connection, run, {}, at)


__all__ = ["OPEN", "Made", "Parted", "apart", "different", "merge_again", "same", "split", "together"]
