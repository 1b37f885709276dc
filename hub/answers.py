"""What a person may answer about a record that is set aside: whose it is, or what its absence means.

The four answers: it is the *same* thing as a known record; it is *different* from all; a record that is gone
from one system is to be *archived* everywhere, or *brought back* there. Each changes what the hub knows and
nothing else; the systems follow at the next sync. An answer closes the review it answers.
"""

from __future__ import annotations

from sqlalchemy import Connection

from hub import absorbing, planner
from hub.clock import new_id
from hub.decisions import DecisionError
from hub.engine import Engine
from hub.mapping import SystemMapping
from hub.model import ANSWER, ARCHIVED, PERSON, Entry, Golden
from hub.ports import Record
from hub.store import cursors, listing, reviews, saving, worlds
from hub.store.listing import OpenReview
from hub.world import World


def same(engine: Engine, review_id: int, golden_id: str | None = None) -> OpenReview:
    """The record is the golden record `golden_id`, or the only candidate. Raises `DecisionError`."""
    review = _review(engine, review_id, ("duplicate", "ambiguous"))
    system, record = _record(engine, review)
    with engine.store.transaction() as connection:
        world = _world(engine, connection, review, system, record)
        golden = _candidate(world, connection, review, golden_id)
        other = world.links_of.get(golden.id, {}).get(review.system)
        if other is not None:
            raise DecisionError(
                f"{golden.title} already has record {other.external_id} in {review.system}; "
                f"two of one system are made one in {review.system} itself"
            )
        planner.adopt(world, system, golden, record, engine.clock(), PERSON)
        _close(engine, connection, world, review, golden, "same")
    return review


def different(engine: Engine, review_id: int) -> OpenReview:
    """The record is nobody else's, although it shares a key. Raises `DecisionError`."""
    review = _review(engine, review_id, ("duplicate", "ambiguous"))
    system, record = _record(engine, review)
    with engine.store.transaction() as connection:
        world = _world(engine, connection, review, system, record)
        golden = planner.found_apart(world, system, record, engine.clock())
        if golden is None:
            raise DecisionError(f"record {review.external_id} of {review.system} lacks a required field")
        _close(engine, connection, world, review, golden, "different")
    return review


def archive(engine: Engine, review_id: int) -> OpenReview:
    """The record that is gone is to be archived wherever that is possible. Raises `DecisionError`."""
    review = _review(engine, review_id, ("vanished",))
    with engine.store.transaction() as connection:
        world, golden = _vanished(engine, connection, review)
        absorbing.settle(world, golden, ARCHIVED, True, (PERSON, engine.clock()), "archived")
        _close(engine, connection, world, review, golden, "archive")
    return review


def bring_back(engine: Engine, review_id: int) -> OpenReview:
    """The record that is gone is to be created again there. Raises `DecisionError`."""
    review = _review(engine, review_id, ("vanished",))
    with engine.store.transaction() as connection:
        world, golden = _vanished(engine, connection, review)
        link = world.links_of.get(golden.id, {}).get(review.system)
        if link is not None:
            planner.revive(world, golden, link)
        _close(engine, connection, world, review, golden, "bring-back")
    return review


def _review(engine: Engine, review_id: int, kinds: tuple[str, ...]) -> OpenReview:
    with engine.store.transaction() as connection:
        found = listing.reviews(connection, review_id)
    if not found:
        raise DecisionError(f"nothing is set aside under {review_id}; `hub conflicts list` shows what is")
    if found[0].kind not in kinds:
        raise DecisionError(f"{found[0].reason}: this is not answered here; {found[0].todo}")
    return found[0]


def _record(engine: Engine, review: OpenReview) -> tuple[SystemMapping, Record]:
    system = engine.mapping(review.entity).systems[review.system]
    found = engine.connectors[review.system].read(system.view, [review.external_id])
    if not found:
        raise DecisionError(f"record {review.external_id} is no longer in {review.system}")
    return system, engine.seen(system, found[0])


def _world(
    engine: Engine, connection: Connection, review: OpenReview, system: SystemMapping, record: Record
) -> World:
    world = engine.known_world(connection, engine.mapping(review.entity), system, [record])
    if (review.system, review.external_id) in world.links:
        raise DecisionError(f"record {review.external_id} of {review.system} is linked already")
    return world


def _candidate(world: World, connection: Connection, review: OpenReview, golden_id: str | None) -> Golden:
    if golden_id is None and len(review.candidates) != 1:
        raise DecisionError(f"say which of {', '.join(review.candidates) or 'the known records'} it is")
    wanted = golden_id or review.candidates[0]
    worlds.fill_goldens(connection, world, [wanted])
    if wanted not in world.goldens:
        raise DecisionError(f"there is no {review.entity} {wanted}")
    return world.goldens[wanted]


def _vanished(engine: Engine, connection: Connection, review: OpenReview) -> tuple[World, Golden]:
    world = World(engine.mapping(review.entity), new_id)
    worlds.fill_records(connection, world, review.system, [review.external_id])
    engine.fill_targets(connection, world)
    link = world.links.get((review.system, review.external_id))
    if link is None:
        raise DecisionError(f"record {review.external_id} of {review.system} is not known any more")
    return world, world.goldens[link.golden_id]


def _close(
    engine: Engine, connection: Connection, world: World, review: OpenReview, golden: Golden, answer: str
) -> None:
    at = engine.clock()
    asked, said = {ANSWER: f"{review.kind}: {review.reason}"}, {ANSWER: answer}
    world.journal.append(
        Entry(review.entity, golden.id, review.system, "answered", PERSON, asked, said, review.external_id)
    )
    run = cursors.begin_run(connection, "answer", at)
    saving.save(connection, world, run, at)
    reviews.forget(connection, review.entity, review.system, [review.external_id])
    cursors.end_run(connection, run, {}, at)
