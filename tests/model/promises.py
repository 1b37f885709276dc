"""What must be true of an office once the faults are off and people have stopped: the promises, by number.

Each check raises `Broken`, with a sentence that says what is wrong. Values lost and records duplicated are
counted where they are found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub import decisions
from hub.model import ARCHIVED, Golden, Link
from hub.ports import Native, Write
from hub.rehearsal import Plan
from hub.store import history, reviews, worlds
from hub.world import World
from tests.memory import Crash
from tests.model.office import TABLES, Office
from tests.model.words import Broken, chosen, texts, token
from tests.tally import tally

ROUNDS = 15
"""Cycles within which any world comes to rest."""


def finish(office: Office) -> None:
    """Faults off, people gone: it comes to rest around what is refused, then wholly; all promises hold."""
    office.arms.clear()
    for system in office.systems.values():
        system.lose_replies = system.lose_requests = 0
        system.down, system.twice = None, False
    come_to_rest(office)
    everything_agrees(office)
    for system in office.systems.values():
        system.refuse = system.refuse_later = None
    if office.do_retry():
        come_to_rest(office)
    nothing_is_refused(office)
    everything_agrees(office)
    it_is_quiet(office)
    nothing_was_lost(office)
    nothing_came_back_as_an_edit(office)
    each_was_made_once(office)
    no_more_than_were_typed(office)


def come_to_rest(office: Office) -> None:
    """Promise 5: cycles go on until nothing moves, conflicts settled on the way."""
    for _ in range(ROUNDS):
        if not _once_more(office):
            return
    raise Broken(f"it does not come to rest within {ROUNDS} cycles")


def _once_more(office: Office) -> bool:
    office.seconds += 600
    office.do_release()
    moved = _writes(office) > 0
    for conflict in office.conflicts():
        decisions.resolve(office.engine(), conflict.id, **chosen(conflict.candidates, 0))
        moved = True
    moved |= office.decide_the_rest()
    sage = office.systems["sage"]
    moved |= bool(sage.files) or any(table.published != table.items for table in sage.tables.values())
    sage.deliver()
    return moved


def _writes(office: Office) -> int:
    report = office.hub(lambda engine: engine.sync(compare=True))
    if isinstance(report, Crash):
        raise Broken("the hub died where nothing was to happen")
    if report.problems:
        raise Broken(f"with no fault left, a route fails: {report.problems[0]}")
    office.note_seen(report)
    return int(report.writes)


def it_is_quiet(office: Office) -> None:
    """Promise 5: where nobody types, a cycle writes nothing, in the systems or in the journal."""
    before = {name: len(system.written) for name, system in office.systems.items()}
    journal = sum(1 for _ in _journal(office))
    writes = _writes(office)
    after = {name: len(system.written) for name, system in office.systems.items()}
    if writes or before != after:
        raise Broken(f"a quiet world is written to: {_last(office, before)}")
    if sum(1 for _ in _journal(office)) != journal:
        raise Broken("a quiet world adds to the journal")


def _last(office: Office, before: Mapping[str, int]) -> list[Write]:
    return [write for name, system in office.systems.items() for write in system.written[before[name] :]]


def nothing_is_refused(office: Office) -> None:
    """Promise 7: what was refused closes by itself once a later run succeeds."""
    if letters := office.dead_letters():
        letter = letters[0]
        raise Broken(f"{letter.title} in {letter.system} is still a dead letter: {letter.reason}")


def nothing_was_lost(office: Office) -> None:
    """Promises 1 and 2: what the hub replaced, and what it was shown, is somewhere."""
    kept = {office.recognised(text) for text in _kept(office)}
    for name, system in office.systems.items():
        for one in system.replaced:
            known = office.recognised(one.value)
            if known and known not in kept:
                tally("values lost")
                raise Broken(
                    f"{one.value!r}, which the hub wrote over in {one.field} of {name} {one.id}, is nowhere"
                )
    for value, where in office.seen.items():
        if value not in kept:
            tally("values lost")
            raise Broken(f"{value!r}, which the hub was shown in {where}, is nowhere")


def _kept(office: Office) -> Iterator[str]:
    for change in _journal(office):
        yield from texts(change.before)
        yield from texts(change.after)
    for conflict in office.conflicts():
        yield from texts([candidate.value for candidate in conflict.candidates])
    for system in office.systems.values():
        for table in system.tables.values():
            yield from texts(table.rows())
    for world in known_worlds(office):
        for golden in world.goldens.values():
            yield from texts(golden.values)


def nothing_came_back_as_an_edit(office: Office) -> None:
    """Promise 4: whatever the journal says a system's people said, they typed.

    A known limit: where the reply to a write is lost, and the system writes values in a way of its own that
    the mapping does not name, what it shows then looks like an edit. The list's capital cities are that.
    Another: what an import file put over a value that was typed after the last export is then what Sage says.
    """
    for change in _journal(office):
        said = change.kind in ("created", "changed", "united") or (
            change.kind == "overruled" and not change.system
        )
        if not said or change.cause not in office.systems:
            continue
        for field, value in change.after.items():
            found = token(value)
            own_way = office.config["list_shouts"] and (change.cause, field) == ("list", "city")
            if (own_way and str(value).isupper()) or value in office.systems[change.cause].overrun:
                continue
            if found and change.cause not in office.typed[found]:
                raise Broken(
                    f"the hub took {field} {value!r} for an edit of {change.cause}'s, where nobody typed it"
                )


def each_was_made_once(office: Office) -> None:
    """Promise 3: no golden record has two records that the hub made in one system."""
    for name, system in office.systems.items():
        for table in system.tables.values():
            made = Counter(item.made_by for item in table.items.values() if item.made_by)
            if twice := [ref for ref, count in made.items() if count > 1]:
                tally("records duplicated")
                ids = [id for id, item in table.items.items() if item.made_by == twice[0]]
                raise Broken(f"the hub made one record twice in {name}: {', '.join(ids)}")
            _codes_once(office, name, table.items)


def no_more_than_were_typed(office: Office) -> None:
    """Promise 3: every golden record goes back to a record that somebody typed."""
    known = sum(len(world.goldens) for world in known_worlds(office))
    if known > office.added:
        tally("records duplicated", known - office.added)
        raise Broken(f"people typed {office.added} records, and the hub knows {known}")


def _codes_once(office: Office, name: str, items: Mapping[str, Any]) -> None:
    """Two people may type one thing twice before the hub can know; then it says so."""
    said = {(review.system, review.external_id) for review in office.reviews()}
    codes = Counter(
        item.values.get("code") for id, item in items.items() if (name, id) not in said and item.made_by
    )
    codes += Counter(
        {
            item.values.get("code"): 1
            for id, item in items.items()
            if (name, id) not in said and not item.made_by
        }
    )
    for code, count in codes.items():
        if code and count > 1 and str(code) not in office.told_apart:
            tally("records duplicated")
            raise Broken(f"{name} has {code} twice: {[i.values for i in items.values()]}")


def everything_agrees(office: Office) -> None:
    """Promise 5: every linked system shows what was agreed on, and each lacks nothing but for a reason."""
    dead = {(letter.golden_id, letter.system) for letter in office.dead_letters()}
    for world in known_worlds(office):
        with office.store.reading() as connection:
            blocked = reviews.blocked(connection, world, list(world.goldens.values()))
        for golden in world.goldens.values():
            for name in world.mapping.systems:
                if (golden.id, name) not in dead:
                    _one_agrees(office, world, golden, name, (golden.id, name) in blocked)


def _one_agrees(office: Office, world: World, golden: Golden, name: str, blocked: bool) -> None:
    link = world.links_of.get(golden.id, {}).get(name)
    parent = golden.values.get("customer")
    waits = bool(parent) and (world.mapping.systems[name].system, str(parent)) not in _present(office)
    if link is None:
        if not (golden.archived or blocked or waits):
            raise Broken(f"{golden.entity} {golden.title} is not in {name}, and nothing says why")
        return
    if link.gone:
        return
    table = next(table for table, entity in TABLES.items() if entity == golden.entity)
    item = office.systems[name][table].items.get(link.external_id)
    if item is None:
        if link.unconfirmed:
            return  # deleted before any export showed it: the hub still waits to see it
        raise Broken(f"the hub believes in {golden.entity} {link.external_id} of {name}, which is not there")
    for field, value in golden.values.items():
        if field == ARCHIVED:
            shown: Native = item.archived
            wrong = name == "odoo" and bool(value) != item.archived
        else:
            shown = item.values.get(field)
            wrong = _differs(office, world, link, field, shown, value, waits)
        if wrong:
            record = f"{golden.entity} {link.external_id}"
            raise Broken(f"{name} shows {field} {shown!r} of {record}, and {value!r} was agreed on")


def _differs(
    office: Office, world: World, link: Link, field: str, shown: Native, agreed: Any, waits: bool
) -> bool:
    if field in link.blocked or world.lens(link.system, field) is None:
        return False
    if field == "customer":
        dangling = shown is not None and shown not in office.systems[link.system]["T"].items
        here = {id for system, id in office.customer(str(agreed)) if system == link.system} or {None}
        return not waits and not dangling and shown not in here
    return office.shown_as(link.system, field, shown) != office.shown_as(link.system, field, agreed)


def _present(office: Office) -> dict[tuple[str, str], str]:
    """(system, golden customer) → its record there."""
    links = office.links().items()
    return {(system, golden): id for (system, entity, id), golden in links if entity == "customer"}


def known_worlds(office: Office) -> Iterator[World]:
    """All golden records with their links, an entity at a time."""
    for mapping in office.engine().mappings:
        world = World(mapping, str)
        with office.store.reading() as connection:
            worlds.fill_goldens(connection, world, worlds.ids_after(connection, mapping.entity, "", 10_000))
        yield world


def _journal(office: Office) -> Iterator[Any]:
    with office.store.reading() as connection:
        yield from history.changes(connection)


def planned_was_done(office: Office, plan: Plan, done: Mapping[str, Sequence[Write]]) -> None:
    """Promise 8: what was planned was written, and nothing else.

    What is refused is planned, and what waits for its parent may follow in the same sync.
    """
    planned = [
        (write.system, write.external_id, _plain(write.values))
        for write in plan.writes
        if write.values and not (write.waiting and write.external_id is None)
    ]
    written = [
        (name, write.id, _plain({**write.values, ARCHIVED: write.archived}))
        for name, writes in done.items()
        for write in writes
    ]
    refused = {(letter.system, letter.external_id) for letter in office.dead_letters()}
    waited = any(write.waiting for write in plan.writes)
    for one in written:
        if one in planned:
            planned.remove(one)
        elif not waited:
            raise Broken(f"written, and not planned: {one}")
    for one in planned:
        if one[:2] not in refused:
            raise Broken(f"planned, and not written: {one}")


def _plain(values: Mapping[str, Native]) -> dict[str, Native]:
    return {name: value for name, value in values.items() if name != ARCHIVED or value}
