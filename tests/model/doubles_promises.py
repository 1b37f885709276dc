"""What must be true of customers typed twice, once people have stopped and everything asked is answered.

Besides the promises that hold in any world (`tests.model.promises`). Each check raises `Broken`.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from hub.store import mergers
from hub.store import tables as t
from tests.model import promises
from tests.model.doubles import Doubles
from tests.model.neighbours import TRUTHS
from tests.model.words import Broken
from tests.tally import tally


def finish(office: Doubles) -> None:
    """As in any world; and who was made one with whom is as people said."""
    promises.finish(office)
    nothing_is_asked(office)
    all_of_it_is_quiet(office)
    always(office)
    each_record_is_one_thing(office)
    nobody_is_without_records(office)
    references_live(office)


def always(office: Doubles) -> None:
    """What holds after every step."""
    nobody_is_somebody_else(office)
    who_was_told_apart_is_apart(office)


def nothing_is_asked(office: Doubles) -> None:
    if asked := office.questions():
        raise Broken(
            f"{len(asked)} questions are asked that were all answered: {asked[0].because.get('why')}"
        )


def all_of_it_is_quiet(office: Doubles) -> None:
    """A sync in a quiet world makes nothing one, asks nothing, and has nothing done by any system."""
    before = _counted(office)
    promises.it_is_quiet(office)
    after = _counted(office)
    if before != after:
        raise Broken(f"a quiet world changes: {before} was {after}")
    nothing_is_asked(office)


def _counted(office: Doubles) -> dict[str, int]:
    with office.store.reading() as connection:
        steps = Counter(step.state for step in mergers.steps(connection))
        made = len(mergers.listed(connection, taken_back=True))
    if steps["due"] or steps["to take back"]:
        raise Broken(f"steps of mergers are still to be carried out: {dict(steps)}")
    calls = {name: sum(system.calls[one] for one in ("merge", "split"))
             for name, system in office.systems.items()}  # fmt: skip
    return {"mergers": made, **steps, **calls}


def nobody_is_somebody_else(office: Doubles) -> None:
    """Records of two customers are one only where a person said so."""
    for records in office.records().values():
        typed = {
            str(item.values["truth"]): (system, id)
            for system, id in records
            if (item := office.table(system, "T").items.get(id)) is not None and "truth" in item.values
        }
        if len(typed) > 1 and not _said(office, set(typed)):
            raise Broken(f"the hub made two customers one, and nobody had said so: {typed}")


def _said(office: Doubles, truths: set[str]) -> bool:
    """Whether people said of all these that they are one, by one or by several words."""
    known = {next(iter(truths))}
    for said in [*office.said_one] * len(TRUTHS):
        known |= said if known & said else set()
    return truths <= known


def who_was_told_apart_is_apart(office: Doubles) -> None:
    with office.store.reading() as connection:
        for pair in office.apart:
            now = mergers.successors(connection, pair)
            if now.get(pair[0], pair[0]) == now.get(pair[1], pair[1]):
                raise Broken("two that a person called different are one, and nobody said so since")


def each_record_is_one_thing(office: Doubles) -> None:
    """Every customer of every system is linked, or a double, or set aside; and only one of these."""
    known = Counter(record for records in office.records().values() for record in records)
    aside = {(one.system, one.external_id) for one in office.reviews() if one.entity == "customer"}
    for name, system in office.systems.items():
        for id in system["T"].items:
            if known[(name, id)] > 1:
                tally("records duplicated")
                raise Broken(f"customer {id} of {name} is {known[(name, id)]} things at once")
            if not known[(name, id)] and (name, id) not in aside:
                tally("values lost")
                raise Broken(f"customer {id} of {name} is nobody's, and nothing says why")


def nobody_is_without_records(office: Doubles) -> None:
    records = office.records()
    for golden_id in office.goldens():
        if golden_id not in records:
            raise Broken(f"golden record {golden_id} has no record anywhere, and never had one since")


def references_live(office: Doubles) -> None:
    """Whoever refers to a customer refers to one that is there."""
    goldens = set(office.goldens())
    with office.store.reading() as connection:
        for row in connection.execute(select(t.reference)):
            if row.target not in goldens and row.entity == "contact":
                raise Broken(
                    f"contact {row.golden_id[-6:]} refers to {row.target[-6:]}, which is no customer"
                )
    for world in promises.known_worlds(office):
        for golden in world.goldens.values():
            customer = golden.values.get("customer")
            if customer and customer not in goldens:
                raise Broken(f"a contact belongs to {customer}, which is no customer")
