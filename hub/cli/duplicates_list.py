"""`hub duplicates list`: what a person is asked, what was answered, what became one with another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import duplicates_shapes as shapes
from hub.cli import names, screen
from hub.cli.session import DONE, Session

if TYPE_CHECKING:
    from hub.cli.duplicates_shapes import Question
    from hub.store.mergers import Merger, Step

EntityFlag = Annotated[
    list[str] | None,
    typer.Option("--entity", help="Only this kind of record; may be repeated.", metavar="ENTITY"),
]
LimitFlag = Annotated[int, typer.Option(help="Show at most so many; 0: all.", min=0, metavar="N")]
STANDING = ("waiting", "refused")
"""States of a step that wait for a person."""


def open_questions(session: Session) -> int:
    """`hub duplicates` alone: what is asked."""
    return list_(session)


def list_(
    session: Session,
    entity: EntityFlag = None,
    merged: Annotated[
        bool, typer.Option("--merged", help="Records that became one with another, with their numbers.")
    ] = False,
    answered: Annotated[
        bool, typer.Option("--answered", help="Questions that were answered, and how.")
    ] = False,
    limit: LimitFlag = 20,
) -> int:
    """List the pairs of records that may be one and the same, the surest first, each with its number.

    With --merged: what became one, and what each system did about it. With --answered: what was answered.
    """
    with session.assembly() as assembly:
        wanted = names.entities(assembly, entity)
        with assembly.open_store().reading() as connection:
            found, made, steps = _read(connection, wanted, answered, merged)
            asked = shapes.questions(connection, assembly.mappings, found)
            numbers = {one.id: shapes.number_of(connection, one) for one in made}
    data: dict[str, Any] = {"questions": [shapes.question(one) for one in asked]}
    of = {one.id: [step for step in steps if step.merger == one.id] for one in made}
    data["mergers"] = [shapes.merger(one, of[one.id], numbers[one.id]) for one in made]
    lines = {
        one.id: [shapes.in_words(step, numbers[one.id]) for step in of[one.id]] or ["each system had one"]
        for one in made
    }
    session.show(data, *_screens(asked, made, lines, answered, merged, limit))
    return DONE


def _read(
    connection: Any, wanted: Sequence[str] | None, answered: bool, merged: bool
) -> tuple[list[Any], list[Merger], list[Step]]:
    """The pairs asked for, and the mergers: all that stand, or those with a step that waits for a person."""
    from hub.store import likenesses, mergers

    def mine(one: Any) -> bool:
        return wanted is None or one.entity in wanted

    verdicts = (likenesses.SAME, likenesses.DIFFERENT) if answered else (likenesses.OPEN,)
    found = [] if merged and not answered else likenesses.listed(connection, verdicts=verdicts)
    steps = [one for one in mergers.steps(connection) if mine(one)]
    waiting = {one.merger for one in steps if one.state in (*STANDING, "to take back")}
    made = [
        one
        for one in mergers.listed(connection, taken_back=True)
        if mine(one) and (one.id in waiting or (merged and one.split_at is None))
    ]
    return [one for one in found if mine(one)], made, steps


def _screens(
    asked: Sequence[Question],
    made: Sequence[Merger],
    lines: dict[int, list[str]],
    answered: bool,
    merged: bool,
    limit: int,
) -> list[Any]:
    found: list[Any] = []
    for entity in dict.fromkeys(one.likeness.entity for one in asked):
        mine = [one for one in asked if one.likeness.entity == entity]
        found += _table(entity, mine, answered, limit)
    if asked and not answered:
        found += [
            screen.plain(""),
            screen.plain("hub duplicates show ID says why; hub duplicates same ID, different ID, or merge"),
            screen.plain("ID (one in the systems too) answers; several IDs at once, if you like."),
        ]
    found += [screen.plain("")] if found and made else []
    found += _mergers(made, lines, merged, limit)
    if found:
        return found
    if merged:
        return [screen.plain("No record became one with another.")]
    if answered:
        return [screen.plain("No question was answered yet.")]
    return [screen.plain("Nobody is asked about a duplicate.", "green")]


def _table(entity: str, asked: Sequence[Question], answered: bool, limit: int) -> list[Any]:
    from hub.weighing import words

    shown = asked[:limit] if limit else asked
    rows = [
        (
            one.likeness.id,
            words.percent(one.likeness.probability),
            f"{_record(one.one)}\n{_record(one.other)}",
            _answer(one) if answered else _why(one),
        )
        for one in shown
    ]
    title = f"{entity}: {screen.count(len(asked), 'answer' if answered else 'pair')}"
    title += "" if answered else " that may be one"
    columns = ("ID", "Sure", "Records", "Answer" if answered else "Why")
    found: list[Any] = [screen.table(title, columns, rows, right=("ID", "Sure"))]
    return found + more(len(asked) - len(shown))


def more(left: int) -> list[Any]:
    """What is said of rows that were not shown."""
    return [screen.plain(f"… and {left:,} more: --limit 0 shows all, --json holds all.")] if left else []


def _record(one: Any) -> str:
    return f"{one.title} ({shapes.where(one)})"


def _why(one: Question) -> str:
    from hub.weighing import words

    because = one.likeness.because
    text = words.line(because)
    return f"{text}. Asked, for {because['why']}" if because.get("why") else text


def _answer(one: Question) -> str:
    likeness = one.likeness
    said = "one and the same" if likeness.verdict == "same" else "two"
    return f"{said}, said {shapes.by(likeness.answered_by)} on {screen.local(likeness.answered_at)}"


def _mergers(made: Sequence[Merger], lines: dict[int, list[str]], merged: bool, limit: int) -> list[Any]:
    if not made:
        return []
    shown = made[:limit] if limit else made
    rows = []
    for one in shown:
        called = shapes.titles(one)
        taken = f", taken back {screen.local(one.split_at)}" if one.split_at else ""
        rows.append(
            (
                one.id,
                f"{called[one.lose]}\n{screen.arrow()} {called[one.keep]}",
                f"{shapes.by(one.by)}\n{screen.local(one.at)}{taken}",
                "\n".join(lines[one.id]),
            )
        )
    title = "Became one with another" if merged else "Waiting in the systems"
    columns = ("Merger", "Record", "By", "In the systems")
    found: list[Any] = [screen.table(title, columns, rows, right=("Merger",))]
    found += more(len(made) - len(shown))
    found.append(screen.plain(""))
    found.append(
        screen.plain("hub duplicates show --merger M: what each said; hub duplicates split M: back.")
    )
    return found
