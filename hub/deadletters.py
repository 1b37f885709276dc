"""What a person may do about a write that a system refused: correct the record, have it tried again, or let
it be.

A correction is a person's word on the golden record, and every system follows it. What is discarded waits for
nobody any more and stays remembered: a write that differs from it, or another mapping, is an ordinary write
again. When a refused write is tried again without anyone asking is said in `hub.reviving`.

It promises: nothing is done by halves (of several letters or fields, all or none); every correction and every
"no" is in the journal. It never writes to a system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from hub import absorbing
from hub.clock import new_id
from hub.decisions import DecisionError
from hub.engine import Engine
from hub.mapping import EntityMapping
from hub.model import ARCHIVED, MISSING, PERSON, REASON, REFUSAL, Entry, Missing
from hub.ports import ConnectorError, Native
from hub.store import cursors, history, listing, outbox, saving, worlds
from hub.store.listing import DeadLetter
from hub.values import Canonical, Ref, Unreadable
from hub.world import World
from hub.yamlfile import meant

STATES = ("dead", "discarded")


@dataclass(frozen=True, slots=True)
class Correction:
    """One field that a person corrected."""

    field: str
    before: Canonical
    after: Canonical


@dataclass(frozen=True, slots=True)
class Holding:
    """What the refusing system's record holds now. `problem` says why that is what was last seen of it."""

    values: Mapping[str, Native]
    problem: str = ""


def find(connection: Connection, ids: Sequence[int]) -> list[DeadLetter]:
    """These refused writes, discarded ones too, oldest first. Raises `DecisionError` if one is none."""
    possible = [one for one in ids if 0 < one <= _LARGEST]
    found = listing.dead_letters(connection, possible, states=STATES)
    known = {letter.id for letter in found}
    unknown = [str(one) for one in dict.fromkeys(ids) if one not in known]
    if unknown:
        raise DecisionError(
            f"there is no refused write {', '.join(unknown)}; nothing was changed. `hub deadletters list` "
            "shows them, and with --discarded those that were discarded"
        )
    return found


def retry(engine: Engine, ids: Sequence[int]) -> list[DeadLetter]:
    """Have refused or discarded writes tried again at the next delivery. Raises `DecisionError`."""
    with engine.store.transaction() as connection:
        found = find(connection, ids)
        _revive(connection, ids, engine.clock())
    return found


def discard(engine: Engine, ids: Sequence[int], reason: str = "") -> list[DeadLetter]:
    """Say of refused writes that they shall not be written, for a person's `reason`. Raises `DecisionError`.

    Those that were discarded before stay as they are, and are left out of the answer.
    """
    with engine.store.transaction() as connection:
        found = [letter for letter in find(connection, ids) if not letter.discarded]
        at = engine.clock()
        run = cursors.begin_run(connection, "discard", at)
        history.note(connection, [_discarded(letter, reason) for letter in found], run, at)
        mails = outbox.by_id(connection, [letter.id for letter in found])
        tried = {mail.id: mail.due_at for mail in mails}
        for mail in mails:
            mail.state, mail.todo = "discarded", reason or None
            outbox.update_rows(connection, [mail], tried[mail.id])
        cursors.end_run(connection, run, {"reason": reason} if reason else {}, at)
    return found


def edit(engine: Engine, letter_id: int, said: Mapping[str, str]) -> list[Correction]:
    """Correct fields of the agreed record, each as a person types it, and have the write tried again.

    Raises `DecisionError`, with every field that is wrong, or where nothing would be corrected.
    """
    with engine.store.transaction() as connection:
        (letter,) = find(connection, [letter_id])
        mapping = engine.mapping(letter.entity)
        values = _understood(connection, mapping, letter, said)
        world = _world(engine, connection, letter.entity, [letter.golden_id])
        golden = world.goldens[letter.golden_id]
        at = engine.clock()
        corrections = []
        for name, value in values.items():
            before: Canonical | Missing = golden.values.get(name, MISSING)
            if before != value or name in world.contested(golden.id):
                absorbing.settle(world, golden, name, value, (PERSON, at), "changed")
                corrections.append(Correction(name, None if before is MISSING else before, value))
        if not corrections:
            raise DecisionError(
                f"{letter.entity} {letter.title} says so already; `hub deadletters retry {letter_id}` has it "
                "tried again as it is"
            )
        run = cursors.begin_run(connection, "edit", at)
        saving.save(connection, world, run, at)
        _revive(connection, [letter_id], at)
        cursors.end_run(connection, run, {}, at)
    return corrections


def holding(engine: Engine, letter: DeadLetter) -> Holding:
    """What the refusing system's record holds now, as asked of that system; else what was last seen of it."""
    if letter.external_id is None:
        return Holding({}, "it is not there yet")
    with engine.store.reading() as connection:
        world = _world(engine, connection, letter.entity, [letter.golden_id])
        link = world.links_of.get(letter.golden_id, {}).get(letter.system)
    seen = _shown(link.current()) if link is not None else {}
    mapping, connector = engine.mapping(letter.entity), engine.connectors.get(letter.system)
    if connector is None or letter.system not in mapping.systems:
        return Holding(seen, f"{letter.system} is not in the mapping of {letter.entity} any more")
    try:
        records = connector.read(mapping.systems[letter.system].view, [letter.external_id])
    except ConnectorError as problem:
        return Holding(seen, f"it could not be read just now, this was last seen: {problem}")
    if not records:
        return Holding(seen, f"record {letter.external_id} is there no more, this was last seen")
    return Holding(dict(records[0].values))


def field_of(mapping: EntityMapping, letter: DeadLetter) -> str | None:
    """The agreed record's name for the field a refusal is about, ``None`` where the system named none."""
    system = mapping.systems.get(letter.system)
    if letter.field is None or system is None:
        return letter.field
    named = (lens.name for lens in system.lenses if letter.field in lens.natives)
    return letter.field if letter.field in letter.unfit else next(named, letter.field)


def agreed(engine: Engine, letter: DeadLetter) -> dict[str, Canonical]:
    """What the agreed record says, by field."""
    with engine.store.reading() as connection:
        world = _world(engine, connection, letter.entity, [letter.golden_id])
    values = world.goldens[letter.golden_id].values
    return {name: values[name] for name in (*world.mapping.fields, ARCHIVED) if name in values}


def _understood(
    connection: Connection, mapping: EntityMapping, letter: DeadLetter, said: Mapping[str, str]
) -> dict[str, Canonical]:
    values: dict[str, Canonical] = {}
    problems: list[str] = []
    for name, text in said.items():
        try:
            values[name] = _read(connection, mapping, letter, name, text)
        except (Unreadable, DecisionError) as problem:
            problems.append(f"{name}: {problem}")
    if problems:
        raise DecisionError("; ".join([*problems, "nothing was changed"]))
    return values


def _read(
    connection: Connection, mapping: EntityMapping, letter: DeadLetter, name: str, text: str
) -> Canonical:
    """One field as a person typed it."""
    found = mapping.fields.get(name)
    if found is None:
        raise DecisionError(f"{mapping.entity} has no such field. {_meant(mapping, letter, name)}".rstrip())
    value = found.type.parse(text)
    if value is None and found.required:
        raise DecisionError("it is required, and cannot be emptied")
    if value is None or not isinstance(found.type, Ref):
        return value
    records = [(id, title) for id, entity, title in listing.find_golden(connection, text)
               if entity == found.type.entity]  # fmt: skip
    if len(records) != 1:
        titles = ", ".join(f"{title} ({id})" for id, title in records[:_NAMED])
        raise DecisionError(
            f"{text} may be any of {titles}" if records else f"there is no {found.type.entity} {text}"
        )
    return records[0][0]


def _meant(mapping: EntityMapping, letter: DeadLetter, name: str) -> str:
    system = mapping.systems.get(letter.system)
    lens = next((one for one in system.lenses if name in one.natives), None) if system is not None else None
    if lens is not None and lens.name in mapping.fields:
        return f"{name} of {letter.system} is '{lens.name}' here."
    return meant(name, mapping.fields)


def _discarded(letter: DeadLetter, reason: str) -> Entry:
    """The line of the journal: what was not written, over what, and why."""
    after = {**letter.unfit, **letter.payload, REFUSAL: letter.reason, **({REASON: reason} if reason else {})}
    return Entry(
        letter.entity, letter.golden_id, letter.system, "discarded", PERSON, letter.before, after,
        letter.external_id or "",
    )  # fmt: skip


def _revive(connection: Connection, ids: Sequence[int], at: str) -> None:
    mails = [mail for mail in outbox.by_id(connection, ids) if mail.state in STATES]
    for mail in mails:
        mail.revive()
    outbox.update_rows(connection, mails, at)


def _shown(values: Mapping[str, Native]) -> dict[str, Native]:
    return {name: value for name, value in values.items() if name != ARCHIVED}


def _world(engine: Engine, connection: Connection, entity: str, ids: Sequence[str]) -> World:
    world = World(engine.mapping(entity), new_id)
    worlds.fill_goldens(connection, world, ids)
    engine.fill_targets(connection, world)
    return world


_NAMED = 5
_LARGEST = 2**31 - 1
"""The largest number a row can have."""
