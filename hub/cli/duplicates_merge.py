"""`hub duplicates merge` and `split`: records made one in the systems too, and taken apart again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import duplicates_means, failures, names, progress, screen
from hub.cli import duplicates_shapes as shapes
from hub.cli.duplicates_answer import (
    AnywayFlag,
    KeepFlag,
    PairFlag,
    WordsArgument,
    kept,
    made_json,
    pairs,
    unite,
)
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, WAITING, WRONG, Session
from hub.cli.sync import problem_screens, stoppable

if TYPE_CHECKING:
    from connectors.assembly import Assembly
    from hub.cli.duplicates_answer import Asked
    from hub.cli.duplicates_means import Preview
    from hub.report import Report
    from hub.store.mergers import Step

YesFlag = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
LATER = "`hub sync` does the rest, or a running daemon by itself."
VALUES = "`hub sync` brings the values everywhere, or a running daemon by itself."


def merge(
    session: Session,
    words: WordsArgument,
    entity: PairFlag = None,
    keep: KeepFlag = None,
    anyway: AnywayFlag = False,
    yes: YesFlag = False,
) -> int:
    """Say that pairs are one, and make their records one in every system that has both, now.

    Shows first what each system would do, what rights that needs, and what is final; then asks.
    Exit code 1 if a system refused, 3 if one could not be reached: the next sync goes on there.
    """
    with session.assembly() as assembly:
        store = assembly.open_store()
        asked = pairs(assembly, store, words, entity)
        stays = kept(store, assembly, asked, keep)
        shown = _previews(assembly, asked, stays)
        if not _agreed(session, shown, yes):
            return WAITING
        made, refused = unite(assembly.engine(), store, asked, stays, merges=True, insist=anyway)
        numbers = [(one.likeness.entity, one.merger) for _, one in made]
        steps, report, at_work = _carry_out(session, assembly, numbers)
    data = {
        "merged": [made_json(number, one) | {"steps": [shapes.step(step) for step in steps[one.merger]]}
                   for number, one in made],
        "preview": [one.as_json() for one in shown],
        "refused": [one.as_json() for one in refused],
        "problems": _problems(report), "at_work": at_work,
    }  # fmt: skip
    screens: list[Any] = []
    for _, one in made:
        screens.append(screen.plain(f"{one.title}: one record from now on (merger {one.merger})."))
        number = one.likeness.id or None
        screens += [screen.plain(f"  {shapes.in_words(step, number)}") for step in steps[one.merger]]
    screens += [one.line() for one in refused]
    every = [step for one in steps.values() for step in one]
    session.show(data, *screens, *_ending(report, every, at_work, bool(made)))
    return failures.worst([WRONG if refused else DONE, _code(report, every)])


def split(
    session: Session,
    number: Annotated[
        int, typer.Argument(metavar="M", help="The merger, of `hub duplicates list --merged`.")
    ],
) -> int:
    """Take a merger back: both records are there again, and are different from then on.

    Each system follows now as far as it can, and what it could not restore is said.
    Exit code 1 if a system refused, 3 if one could not be reached: the next sync goes on there.
    """
    from hub import verdicts

    with session.assembly() as assembly:
        parted = verdicts.split(assembly.engine(), number)
        steps, report, at_work = _carry_out(session, assembly, [(parted.merger.entity, number)])
        pair = (parted.merger.lose, parted.merger.keep)
        with assembly.open_store().reading() as connection:
            now = shapes.shown(connection, assembly.mappings, parted.merger.entity, pair)
    mine = steps[number]
    data = {
        "merger": number, "entity": parted.merger.entity, "keep": parted.merger.keep,
        "lose": parted.merger.lose, "title": parted.title,
        "records": [shapes.record(now[id]) for id in pair], "steps": [shapes.step(one) for one in mine],
        "problems": _problems(report), "at_work": at_work,
    }  # fmt: skip
    back, stays = (f"{now[id].title} ({shapes.where(now[id])})" for id in pair)
    text = f"{back} is a record of its own again, beside {stays}."
    screens: list[Any] = [screen.plain(text), *(screen.plain(f"  {shapes.in_words(one)}") for one in mine)]
    session.show(data, *screens, *_ending(report, mine, at_work, True))
    return _code(report, mine)


def _previews(assembly: Assembly, asked: Sequence[Asked], keep: str | None) -> list[Preview]:
    engine = assembly.engine()
    names.entities(assembly, {one.entity for one in asked})
    with assembly.open_store().reading() as connection:
        found = [
            duplicates_means.preview(assembly, engine, connection, one.entity, one.pair,
                                     keep or (one.pair[0] if one.number is None else None))
            for one in asked
        ]  # fmt: skip
    return [one for one in found if one is not None]


def _agreed(session: Session, shown: Sequence[Preview], yes: bool) -> bool:
    """Show what would be done, and ask. Raises `WrongUse` where there is nobody to ask."""
    for one in shown:
        for line in duplicates_means.screens(one):
            session.err.print(line)
    if yes or not any(one.means for one in shown):
        return True
    if not session.interactive:
        raise WrongUse("nothing was merged: there is no terminal to ask on", "Say --yes, having seen it.")
    if typer.confirm("Merge?", default=False, err=True):
        return True
    session.say("Nothing was merged.")
    return False


def _carry_out(
    session: Session, assembly: Assembly, numbers: Sequence[tuple[str, int]]
) -> tuple[dict[int, list[Step]], Report, str]:
    """Have the systems follow now; their steps by merger, and who is at work instead, if anybody is.

    What is not done stays due: a sync does it.
    """
    from hub import braking, merging
    from hub.report import Report
    from hub.store import mergers
    from hub.store.holders import Held, Holder

    store, report, at_work = assembly.open_store(), Report(), ""
    try:
        with (
            stoppable(session) as stop,
            Holder(store, ("worker",), lost=stop),
            progress.shown(session.err) as told,
        ):
            engine = assembly.engine(progress=told, stopping=stop.asked)
            for entity, number in numbers:
                mapping = engine.mapping(entity)
                if not braking.edited(engine, mapping, report):
                    merging.carry_out(engine, mapping, report, merger=number)
    except Held as held:
        at_work = str(held)
    with store.reading() as connection:
        return {n: mergers.steps(connection, merger=n) for _, n in numbers}, report, at_work


def _problems(report: Report) -> list[dict[str, Any]]:
    return [
        {"entity": entity, "system": system, "kind": failures.kind_of(problem), "what": problem.what,
         "why": problem.why, "todo": problem.todo}
        for entity, system, problem in report.problems
    ]  # fmt: skip


def _ending(report: Report, steps: Sequence[Step], at_work: str, done: bool) -> list[Any]:
    found = problem_screens(report)
    if at_work:
        found.append(
            screen.plain(f"Not carried out by this command: {at_work.partition(': ')[0]}.", "yellow")
        )
    if not done:
        return found
    left = any(one.state in ("due", "to take back") for one in steps)
    return [*found, screen.plain(LATER if left else VALUES)]


def _code(report: Report, steps: Sequence[Step]) -> int:
    codes = [failures.code_of(problem) for _, _, problem in report.problems]
    refused = any(one.state == "refused" for one in steps) or bool(report.braked)
    return failures.worst([*codes, WAITING if refused else DONE])
