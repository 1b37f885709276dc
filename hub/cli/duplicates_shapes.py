"""What the commands of `hub duplicates` read of the store, its JSON shapes, and its words for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.cli.failures import WrongUse

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from connectors.assembly import Assembly
    from hub.mapping import EntityMapping, Mappings
    from hub.store.likenesses import Likeness
    from hub.store.mergers import Merger, Step
    from hub.weighing import Shown

FATES = {
    "gone": "is gone, what referred to it follows",
    "archived": "is archived",
    "marked": "is marked as its double",
    "left": "is left as it is",
    "sent": "was handed over, and is not shown yet",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A pair with its two records as they are now."""

    likeness: Likeness
    one: Shown
    other: Shown


def questions(connection: Connection, mappings: Mappings, found: Sequence[Likeness]) -> list[Question]:
    """These pairs with their records."""
    records: dict[str, Shown] = {}
    for entity in dict.fromkeys(one.entity for one in found):
        ids = {id for one in found if one.entity == entity for id in one.pair}
        records.update(shown(connection, mappings, entity, ids))
    return [Question(one, records[one.one], records[one.other]) for one in found]


def shown(connection: Connection, mappings: Mappings, entity: str, ids: Iterable[str]) -> dict[str, Shown]:
    """Golden records as they are now; one that is none any more by the name it had."""
    from hub.store import history, mergers
    from hub.weighing import Shown, facts

    wanted = set(ids)
    found = facts.shown(connection, mappings[entity], wanted) if entity in mappings else {}
    if lost := wanted - found.keys():
        called = {one.lose: titles(one)[one.lose] for one in mergers.listed(connection, entity)}
        found |= {id: Shown(id, called.get(id) or history.title(connection, id), {}, {}) for id in lost}
    return found


def weighed(assembly: Assembly, wanted: Sequence[str] | None) -> list[str]:
    """The entities asked for that are compared by likeness; all of them where none is named.

    Raises `WrongUse` where there is none.
    """
    compared = [one.entity for one in assembly.mappings if one.duplicates is not None]
    plain = [name for name in wanted or () if name not in compared]
    if plain:
        raise WrongUse(
            f"the mapping of {', '.join(plain)} does not ask for duplicates",
            "Write `duplicates: true` into it; docs/mapping.md says what more can be said there.",
        )
    if not compared:
        raise WrongUse(
            "no mapping asks for duplicates",
            "Write `duplicates: true` into one; docs/mapping.md says what more can be said there.",
        )
    return list(wanted) if wanted is not None else compared


def where(record: Shown) -> str:
    """``odoo 12, sage B0001``: where a record is, and under which ids."""
    return ", ".join(f"{system} {id}" for system, id in record.places.items()) or "in no system"


def record(one: Shown) -> dict[str, Any]:
    return {
        "record": one.golden_id, "title": one.title, "places": dict(one.places), "values": dict(one.values),
    }  # fmt: skip


def question(one: Question) -> dict[str, Any]:
    """The JSON shape of a pair, open or answered."""
    likeness = one.likeness
    because = likeness.because
    return {
        "id": likeness.id, "entity": likeness.entity, "probability": likeness.probability,
        "verdict": likeness.verdict, "records": [record(one.one), record(one.other)],
        "keys": list(because.get("keys", ())), "reasons": list(because.get("reasons", ())),
        "why": because.get("why", ""), "since": likeness.since, "answered_at": likeness.answered_at,
        "answered_by": likeness.answered_by,
    }  # fmt: skip


def step(one: Step) -> dict[str, Any]:
    return {
        "system": one.system, "keep": one.keep, "lose": one.lose, "state": one.state, "fate": one.fate,
        "reason": one.reason, "since": one.since,
    }  # fmt: skip


def merger(one: Merger, steps: Sequence[Step], question: int | None) -> dict[str, Any]:
    """The JSON shape of a merger. `question`: the number of the pair."""
    return {
        "id": one.id, "question": question, "entity": one.entity, "keep": one.keep, "lose": one.lose,
        "titles": {"keep": titles(one)[one.keep], "lose": titles(one)[one.lose]}, "at": one.at, "by": one.by,
        "split_at": one.split_at, "steps": [step(found) for found in steps],
    }  # fmt: skip


def number_of(connection: Connection, one: Merger) -> int | None:
    """The number of the pair that a merger is about, where a person may have more to say of it."""
    from hub.store import likenesses

    known = likenesses.between(connection, one.keep, one.lose)
    return known.id if known is not None else None


def titles(one: Merger) -> dict[str, str]:
    """What the two records of a merger were called."""
    return {
        id: str(said["values"].get("name") or said["values"].get("number") or id[:8])
        for id, said in ((one.keep, one.before["keep"]), (one.lose, one.before["lose"]))
    }


def before(
    one: Merger, mapping: EntityMapping, sides: tuple[set[tuple[str, str]], set[tuple[str, str]]]
) -> tuple[Shown, Shown]:
    """The two records of a merger as they were: the one that stayed, and the other; `sides`: their places."""
    from hub.weighing import Shown

    called, found = titles(one), []
    for id, name, places in ((one.keep, "keep", sides[0]), (one.lose, "lose", sides[1])):
        said = one.before[name]["values"]
        texts = {
            field: definition.type.show(said[field])
            for field, definition in mapping.fields.items()
            if said.get(field) not in (None, "", [])
        }
        found.append(Shown(id, called[id], texts, dict(sorted(places))))
    return found[0], found[1]


def in_words(one: Step, question: int | None = None) -> str:
    """What became of two records of one system. `question`: the number by which a person says `merge`."""
    again = f"`hub duplicates merge {question or 'ID'}`"
    pair, reason = f"{one.system}: {one.lose} into {one.keep}", f": {one.reason}" if one.reason else ""
    if one.state == "done":
        return (
            f"{one.system}: {one.lose} {FATES.get(one.fate or 'gone', one.fate)} ({one.keep} stays){reason}"
        )
    if one.state == "waiting":
        return f"{pair} waits for {again}"
    if one.state == "due":
        sent = " is handed over and not shown yet" if one.fate == "sent" else " follows at the next sync"
        return f"{pair}{sent}{reason}"
    if one.state == "refused":
        return f"{pair} refused{reason}. {again} tries again"
    if one.state == "to take back":
        return f"{one.system}: what was {one.lose} is taken out of {one.keep} at the next sync{reason}"
    return f"{one.system}: what was {one.lose} is apart from {one.keep} again{reason}"


def by(who: str | None) -> str:
    """Who said it."""
    return "the hub itself" if who == "hub" else "a person" if who == "person" else who or "nobody"
