"""`hub duplicates find`: the whole base compared now, what is sure linked, the rest asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hub.cli import duplicates_shapes as shapes
from hub.cli import names, progress, screen
from hub.cli import shapes as common
from hub.cli.conflicts import CARRIED_OUT
from hub.cli.duplicates_list import EntityFlag, LimitFlag, more
from hub.cli.session import DONE, WAITING, Session
from hub.cli.sync import problem_screens, stoppable

if TYPE_CHECKING:
    from hub.report import Report
    from hub.weighing import Findings, Pair


NONE_SURE = "Nothing is sure enough to be linked without a question"


def find(session: Session, entity: EntityFlag = None, limit: LimitFlag = 20) -> int:
    """Compare all records of an entity with each other now: link what is sure, ask the rest.

    A sync does the same for what is new. Exit code 1 if a person is asked about anything.
    """
    from hub import braking
    from hub.report import Report
    from hub.store import likenesses
    from hub.store.holders import Holder

    report, found = Report(), list[Any]()
    with session.assembly() as assembly:
        wanted = shapes.weighed(assembly, names.entities(assembly, entity))
        store = assembly.open_store()
        with (
            stoppable(session) as stop,
            Holder(store, ("worker",), lost=stop),
            progress.shown(session.err) as told,
        ):
            engine = assembly.engine(progress=told, stopping=stop.asked)
            for mapping in engine.chosen(wanted):
                if not stop.asked() and not braking.edited(engine, mapping, report):
                    found.append(engine.weigher.look_on(mapping, whole=True))
        with store.reading() as connection:
            counts = likenesses.counted(connection)
    asked = {name: counts.get(name, 0) for name in wanted}
    data = {
        "entities": [_json(one, asked[one.entity]) for one in found],
        "braked": [common.brake(one) for one in report.braked], "stopped": stop.asked(),
    }  # fmt: skip
    session.show(data, *_screens(found, asked, report, limit))
    if stop.asked():
        return 130
    return WAITING if any(asked.values()) or report.braked else DONE


def _json(found: Findings, asked: int) -> dict[str, Any]:
    return {
        "entity": found.entity, "records": found.records, "precision": found.precision,
        "automatic": found.automatic, "lower": found.lower, "linked": [pair(one) for one in found.linked],
        "asked": asked, "unasked": found.unasked,
    }  # fmt: skip


def pair(one: Pair) -> dict[str, Any]:
    """The JSON shape of a pair that a look found."""
    return {
        "probability": one.probability, "fate": one.fate,
        "records": [shapes.record(one.one), shapes.record(one.other)],
        "keys": list(one.because.get("keys", ())), "reasons": list(one.because.get("reasons", ())),
        "why": one.why,
    }  # fmt: skip


def _screens(found: Sequence[Findings], asked: dict[str, int], report: Report, limit: int) -> list[Any]:
    from hub.weighing import words

    made: list[Any] = []
    for one in found:
        if one.linked:
            made += [*_linked(one, limit), screen.plain("")]
        text = f"{one.entity}: {screen.count(one.records, 'record')} compared, "
        text += f"{screen.count(len(one.linked), 'pair')} linked, {asked[one.entity]:,} asked."
        made.append(screen.plain(text))
        if one.lower < one.automatic:
            sure = f"Linked from {words.percent(one.automatic)} on" if one.automatic < 1.0 else NONE_SURE
            made.append(screen.plain(f"  {sure}, asked from {words.percent(one.lower)} on."))
        if one.unasked:
            made.append(screen.plain(f"  {one.unasked:,} more are not asked: too many are alike."))
    made += problem_screens(report)
    if any(asked.values()):
        made.append(screen.plain("`hub duplicates list` shows what is asked.", "yellow"))
    if any(one.linked for one in found):
        made.append(screen.plain(CARRIED_OUT))
    return made


def _linked(found: Findings, limit: int) -> list[Any]:
    from hub.weighing import words

    shown = found.linked[:limit] if limit else found.linked
    rows = [
        (
            words.percent(one.probability),
            "\n".join(f"{record.title} ({shapes.where(record)})" for record in (one.one, one.other)),
            words.line(one.because),
        )
        for one in shown
    ]
    title = f"{found.entity}: linked without a question"
    return [
        screen.table(title, ("Sure", "Records", "Why"), rows, right=("Sure",)),
        *more(len(found.linked) - len(shown)),
    ]
