"""`hub duplicates same` and `different`: a person's word on pairs, those that were asked and others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from hub.cli import duplicates_shapes as shapes
from hub.cli import names, screen
from hub.cli.conflicts import CARRIED_OUT
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, WRONG, Session

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from connectors.assembly import Assembly
    from hub.engine import Engine
    from hub.store import Store
    from hub.store.likenesses import Likeness
    from hub.verdicts import Made
    from hub.weighing import Shown

WordsArgument = Annotated[
    list[str], typer.Argument(metavar="ID", help="Numbers of questions; with --entity, two records.")
]
PairFlag = Annotated[
    str | None,
    typer.Option(
        "--entity",
        help="Nobody asked: the two words are records of this kind, by name, id, or SYSTEM:ID.",
        metavar="ENTITY",
    ),
]
KeepFlag = Annotated[
    str | None,
    typer.Option(help="The one that stays, by name, id, SYSTEM:ID, or its only SYSTEM.", metavar="RECORD"),
]
AnywayFlag = Annotated[bool, typer.Option("--anyway", help="Although they were said to be different.")]
T = TypeVar("T")
NAMED = 5
"""Records named of those a word may mean."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A pair that a person speaks of. `number`: its question; ``None`` where nobody asked."""

    entity: str
    pair: tuple[str, str]
    number: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A pair of which the word was not taken, and why."""

    asked: Asked
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {"id": self.asked.number, "records": list(self.asked.pair), "reason": self.reason}

    def line(self) -> Any:
        name = f"Pair {self.asked.number}" if self.asked.number is not None else "They"
        return screen.notice(name, self.reason)


def same(
    session: Session,
    words: WordsArgument,
    entity: PairFlag = None,
    keep: KeepFlag = None,
    anyway: AnywayFlag = False,
) -> int:
    """Say that the two records of a question are one and the same; of several questions at once.

    In a system that has both, both stay: `hub duplicates merge` makes them one there too.
    """
    with session.assembly() as assembly:
        store = assembly.open_store()
        asked = pairs(assembly, store, words, entity)
        made, refused = unite(assembly.engine(), store, asked, kept(store, assembly, asked, keep),
                              merges=False, insist=anyway)  # fmt: skip
    data = {
        "same": [made_json(number, one) for number, one in made],
        "refused": [one.as_json() for one in refused],
    }
    screens: list[Any] = [line for number, one in made for line in _made_lines(number, one)]
    screens += [one.line() for one in refused]
    session.show(data, *screens, *([screen.plain(CARRIED_OUT)] if made else []))
    return WRONG if refused else DONE


def different(session: Session, words: WordsArgument, entity: PairFlag = None) -> int:
    """Say that the two records of a question are two things, for ever; of several questions at once."""
    from hub import verdicts

    with session.assembly() as assembly:
        store = assembly.open_store()
        engine = assembly.engine()

        def say(one: Asked) -> Likeness:
            if one.number is None:
                return verdicts.apart(engine, one.entity, *one.pair)
            return verdicts.different(engine, one.number)

        told, refused = each(store, pairs(assembly, store, words, entity), say)
        with store.reading() as connection:
            found = shapes.questions(connection, assembly.mappings, [one for _, one in told])
    data = {
        "different": [shapes.question(one) for one in found],
        "refused": [one.as_json() for one in refused],
    }
    screens = [
        screen.plain(f"{one.one.title} ({shapes.where(one.one)}) and {one.other.title} "
                     f"({shapes.where(one.other)}) are two. Nobody is asked again.")
        for one in found
    ]  # fmt: skip
    screens += [one.line() for one in refused]
    session.show(data, *screens, *([screen.plain(CARRIED_OUT)] if found else []))
    return WRONG if refused else DONE


def unite(
    engine: Engine, store: Store, asked: Sequence[Asked], keep: str | None, *, merges: bool, insist: bool
) -> tuple[list[tuple[int | None, Made]], list[Refusal]]:
    """Say of each pair that it is one; what was done, by question, and what was not."""
    from hub import verdicts

    def say(one: Asked) -> Made:
        if one.number is not None:
            stays = keep if keep in one.pair else None
            return verdicts.same(engine, one.number, keep=stays, merges=merges, insist=insist)
        first, second = one.pair if keep in (None, one.pair[0]) else one.pair[::-1]
        return verdicts.together(engine, one.entity, first, second, merges=merges, insist=insist)

    done, refused = each(store, asked, say)
    return [(one.number, made) for one, made in done], refused


def each(
    store: Store, asked: Sequence[Asked], say: Callable[[Asked], T]
) -> tuple[list[tuple[Asked, T]], list[Refusal]]:
    """Say it of each, as the pairs are by then: one word may answer, or renumber, the next question."""
    from hub.decisions import DecisionError

    done: list[tuple[Asked, T]] = []
    refused: list[Refusal] = []
    for one in asked:
        with store.reading() as connection:
            now = _as_it_is_now(connection, one)
        try:
            done.append((one, say(now)))
        except DecisionError as problem:
            refused.append(Refusal(one, str(problem)))
    return done, refused


def pairs(assembly: Assembly, store: Store, words: Sequence[str], entity: str | None) -> list[Asked]:
    """What is spoken of: questions by their numbers, or two records. Raises `WrongUse` first."""
    from hub.store import likenesses

    if entity is not None:
        names.entities(assembly, [entity])
        if len(words) != 2:
            raise WrongUse("with --entity two records are named", "By name, id, or SYSTEM:ID.")
        with store.reading() as connection:
            one, other = (golden(connection, assembly, entity, word) for word in words)
        return [Asked(entity, (one, other), None)]
    if odd := [word for word in words if not word.isdecimal()]:
        raise WrongUse(
            f"{', '.join(odd)} is no number of a question",
            "`hub duplicates list` shows them; two records are named with --entity ENTITY.",
        )
    found: list[Asked] = []
    with store.reading() as connection:
        for number in dict.fromkeys(map(int, words)):
            known = likenesses.by_id(connection, number)
            if known is None:
                raise WrongUse(
                    f"there is no question {number}; nothing was answered",
                    "`hub duplicates list` shows the open ones.",
                )
            found.append(Asked(known.entity, known.pair, number))
    return found


def kept(store: Store, assembly: Assembly, asked: Sequence[Asked], keep: str | None) -> str | None:
    """The golden record of a pair that a person wants to stay. Raises `WrongUse`."""
    if keep is None:
        return None
    if len(asked) != 1:
        raise WrongUse("--keep names the record that stays of one pair", "Answer the pairs one by one.")
    (one,) = asked
    with store.reading() as connection:
        records = shapes.shown(connection, assembly.mappings, one.entity, one.pair)
    meant = [id for id, record in records.items() if _is_meant(record, keep) or keep in record.places]
    if len(meant) == 1:
        return meant[0]
    said = " or ".join(f"{id} ({records[id].title}: {shapes.where(records[id])})" for id in one.pair)
    raise WrongUse(f"'{keep}' is {'either' if meant else 'none'} of the two", f"Say {said}.")


def golden(connection: Connection, assembly: Assembly, entity: str, text: str) -> str:
    """The golden record a person means, by its id, a system's id, ``SYSTEM:ID`` or its name.

    Raises `WrongUse` where it is none, or several.
    """
    from hub.store import history, worlds

    system, _, id = text.partition(":")
    if id and system in assembly.settings.systems:
        links = worlds.links(connection, entity, system, [id])
        found = [links[id].golden_id] if id in links else []
        found += [one.golden_id for one in worlds.doublets(connection, entity, system, [id])]
    else:
        found = history.records(connection, text)
    here = worlds.existing(connection, entity, found)
    records = shapes.shown(connection, assembly.mappings, entity, here)
    exact = [id for id, record in records.items() if _is_meant(record, text)]
    meant = exact if len(exact) == 1 else sorted(records)
    if len(meant) == 1:
        return meant[0]
    if not meant:
        raise WrongUse(f"there is no {entity} '{text}'", "`hub journal --record TEXT` looks for records.")
    named = "; ".join(f"{id}: {records[id].title}, {shapes.where(records[id])}" for id in meant[:NAMED])
    more = f"; and {len(meant) - NAMED} more" if len(meant) > NAMED else ""
    raise WrongUse(f"'{text}' may be {len(meant)} records", f"Say which: {named}{more}.")


def _is_meant(record: Shown, text: str) -> bool:
    places = {f"{system}:{id}" for system, id in record.places.items()}
    return (
        text in (record.golden_id, *record.places.values(), *places)
        or record.title.casefold() == text.casefold()
        or (len(text) >= 8 and record.golden_id.startswith(text))
    )


def _as_it_is_now(connection: Connection, asked: Asked) -> Asked:
    """The question about the same two things, if an answer just given has renumbered it."""
    from hub.store import likenesses, mergers

    if asked.number is None or likenesses.by_id(connection, asked.number) is not None:
        return asked
    now = mergers.successors(connection, asked.pair)
    one, other = (now.get(id, id) for id in asked.pair)
    known = likenesses.between(connection, one, other)
    return Asked(asked.entity, (one, other), known.id if known is not None else asked.number)


def made_json(number: int | None, made: Made) -> dict[str, Any]:
    return {
        "id": number, "merger": made.merger, "entity": made.likeness.entity, "keep": made.keep,
        "title": made.title, "steps": [shapes.step(one) for one in made.steps],
    }  # fmt: skip


def _made_lines(number: int | None, made: Made) -> list[Any]:
    lines = [screen.plain(f"{made.title}: one record from now on (merger {made.merger}).")]
    lines += [screen.plain(f"  {shapes.in_words(step)}") for step in made.steps if step.state != "waiting"]
    waiting = [step.system for step in made.steps if step.state == "waiting"]
    if waiting:
        asked = made.likeness.id or number
        lines.append(
            screen.plain(
                f"  In {', '.join(waiting)} both stay: `hub duplicates merge {asked}` makes them one there."
            )
        )
    return lines
