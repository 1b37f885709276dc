"""`hub duplicates report`: the page about duplicates, and what it counts; `hub plan --report` makes the same.

What a look finds is in `hub.weighing.Findings`; here it is counted by system, from the store or from a plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import duplicates_shapes as shapes
from hub.cli import names, progress, screen
from hub.cli.duplicates_find import pair
from hub.cli.duplicates_list import EntityFlag
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, Session
from hub.cli.sync import stoppable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.mapping import EntityMapping, Mappings
    from hub.rehearsal import Plan
    from hub.store.standing import Standing
    from hub.weighing import Findings, Pair
    from hub.weighing.page import Chapter, Route

OutFlag = Annotated[
    Path, typer.Option(help="The page is written here.", metavar="FILE.html", show_default="duplicates.html")
]
USUAL = Path("duplicates.html")


def report(session: Session, entity: EntityFlag = None, out: OutFlag = USUAL) -> int:
    """Write a page about duplicates: counts by system, a picture, the least certain pairs, field by field.

    Compares the whole base, and changes nothing.
    """
    from hub.store import likenesses, standing

    with session.assembly() as assembly:
        wanted = shapes.weighed(assembly, names.entities(assembly, entity))
        store = assembly.open_store()
        chapters: list[Chapter] = []
        with stoppable(session) as stop, progress.shown(session.err) as told:
            engine = assembly.engine(progress=told, stopping=stop.asked)
            for mapping in engine.chosen(wanted):
                if stop.asked():
                    return 130
                found = engine.weigher.look_at_all(mapping, act=False)
                with store.reading() as connection:
                    stands = standing.of(connection, mapping.entity)
                    found.pairs = [_not_yet(one) for one in found.pairs]
                    found.pairs += _linked_before(connection, mapping, stands)
                    chapters.append(_chapter(mapping, _routes(mapping, stands, stands.created), found))
        with store.reading() as connection:
            open_ones = likenesses.counted(connection)
    save(out, chapters, planned=False)
    data = {"file": str(out), "entities": [as_json(one) for one in chapters]}
    waiting = sum(open_ones.get(name, 0) for name in wanted)
    session.show(data, *tables(chapters), screen.plain(""), screen.plain(f"The page is {out}."),
                 *([screen.plain(f"{screen.count(waiting, 'pair')} asked: hub duplicates list", "yellow")]
                   if waiting else []))  # fmt: skip
    return DONE


def save(out: Path, chapters: Sequence[Chapter], planned: bool) -> None:
    """Write the page, for its owner alone. Raises `WrongUse`."""
    from hub.private import write_private
    from hub.weighing.page import page

    title = "Duplicates: what a sync would link, ask and create" if planned else "Duplicates"
    text = page(title, f"Made on {datetime.now():%Y-%m-%d %H:%M}", chapters, planned)
    try:
        write_private(out, text.encode("utf-8"))
    except OSError as problem:
        raise WrongUse(
            f"the page cannot be written to {out}: {problem.strerror}", "Name another file."
        ) from problem


def planned_chapters(plan: Plan, mappings: Mappings) -> list[Chapter]:
    """What a plan comes to, for every entity that is compared by likeness."""
    found = []
    for mapping in mappings:
        if mapping.entity in plan.standing:
            created = Counter(
                one.system for one in plan.writes if one.entity == mapping.entity and not one.external_id
            )
            routes = _routes(mapping, plan.standing[mapping.entity], created)
            found.append(_chapter(mapping, routes, plan.findings.get(mapping.entity)))
    return found


def tables(chapters: Iterable[Chapter], planned: bool = False) -> list[Any]:
    """The counts of each entity as tables."""
    from hub.weighing.page import COLUMNS, row

    columns = ("Records", "By key", "By likeness", "Asked", "To create" if planned else "Created")
    assert len(columns) == len(COLUMNS) - 1
    return [
        screen.counts(f"{one.title}: who is whom", ("System",), columns,
                      [((route.system,), row(route)) for route in one.routes])
        for one in chapters
    ]  # fmt: skip


def as_json(one: Chapter) -> dict[str, Any]:
    """The JSON shape of a chapter: counts by system, the bounds, the histogram, every pair."""
    from hub.weighing.page import row

    keys = ("records", "by_key", "by_likeness", "asked", "created")
    found = one.findings
    data: dict[str, Any] = {
        "entity": one.entity,
        "systems": [
            {"system": route.system, **dict(zip(keys, row(route), strict=True))} for route in one.routes
        ],
        "compared": found.records if found else 0,
    }
    if found is not None:
        data |= {
            "precision": found.precision, "automatic": found.automatic, "lower": found.lower,
            "histogram": list(found.histogram), "unasked": found.unasked,
            "pairs": [pair(one) for one in found.pairs],
        }  # fmt: skip
    return data


def _chapter(mapping: EntityMapping, routes: Sequence[Route], found: Findings | None) -> Chapter:
    from hub.weighing.page import Chapter

    return Chapter(mapping.entity, mapping.entity, routes, found)


def _routes(mapping: EntityMapping, stands: Standing, created: Mapping[str, int]) -> list[Route]:
    from hub.weighing.page import Route

    return [
        Route(
            name, stands.records[name], stands.by_key[name], stands.by_likeness[name], stands.asked[name],
            created.get(name, 0),
        )
        for name in mapping.systems
    ]  # fmt: skip


def _linked_before(connection: Connection, mapping: EntityMapping, stands: Standing) -> list[Pair]:
    """The pairs that the hub itself made one, as they were then, with why."""
    from hub.model import HUB
    from hub.store import mergers
    from hub.weighing import Pair

    found = []
    for one in mergers.listed(connection, mapping.entity):
        because: Mapping[str, Any] = one.before.get("rest", {}).get("because", {})
        if one.by == HUB and because:
            keep, lose = shapes.before(one, mapping, stands.sides[one.id])
            found.append(Pair(because["probability"], keep, lose, "linked", because))
    return found


def _not_yet(one: Pair) -> Pair:
    """A pair of a look that changes nothing."""
    return replace(one, why="the next sync links them") if one.fate == "linked" else one
