"""The planner alone, in worlds by the thousand: it comes to rest, agrees, and drops no value.

One agreed world over three systems is perturbed twice: edits, emptied fields, archived and deleted records,
cells that cannot be read, values that a lens or a system cuts or upper-cases. Records are then handed over in
any order and in any batches, under any policy. What must be true in the end is in `tests.model.planning`.
"""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.model import story
from tests.model.budget import looks
from tests.model.planning import SYSTEMS
from tests.model.words import Broken, Step
from tests.tally import tally

FIELDS = ("name", "city", "note")
POLICIES = ("latest", "ask", "[sage, odoo, list]", "[list]")
LENSES: tuple[dict[str, Any], ...] = ({}, {}, {"upper": True}, {"max": 9}, {"max": 9, "upper": True})


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    """What each system makes of values, known to the mapping or not, and who wins."""
    conflicts = {field: draw(st.sampled_from(POLICIES)) for field in ("default", "city", "note")}
    conflicts["tags"] = "union"
    systems: dict[str, Any] = {}
    for name in SYSTEMS:
        lenses = {field: {"field": field, **draw(st.sampled_from(LENSES))} for field in FIELDS}
        found: dict[str, Any] = {"object": "T", "fields": {"code": "code", **lenses}}
        if name != "sage":
            found["fields"]["tags"] = "tags"
        if name != "odoo":
            found |= {"key": "id", "on_delete": draw(st.sampled_from(["archive", "ask", "ignore"]))}
        systems[name] = found
    mapping = {
        "entity": "customer",
        "fields": {
            "name": {"type": "text", "required": True},
            "code": {"type": "text"},
            "city": {"type": "text"},
            "note": {"type": "text"},
            "tags": {"type": "list", "of": "text"},
        },
        "match": [{"exact": ["code"]}],
        "conflicts": {
            field: rule.strip("[]").split(", ") if rule.startswith("[") else rule
            for field, rule in conflicts.items()
        },
        "systems": systems,
    }
    own = {name: {"city": draw(st.sampled_from(["", "", "upper", "cut"]))} for name in SYSTEMS}
    return {"mapping": mapping, "own": own}


@st.composite
def values(draw: st.DrawFn, count: list[int]) -> str | None:
    """A value nobody typed before, short or long, one that somebody did, or none."""
    kind = draw(st.sampled_from(["short", "short", "long", "copy", "clear"]))
    if kind == "clear":
        return None
    if kind == "copy" and count[0]:
        return f"v{draw(st.integers(1, count[0]))}"
    count[0] += 1
    return f"v{count[0]} and more of it" if kind == "long" else f"v{count[0]}"


@st.composite
def perturbed(draw: st.DrawFn, count: list[int], people: int) -> list[Step]:
    """What people do to the records that are there, in any order."""
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 6))):
        system, id = draw(st.sampled_from(SYSTEMS)), f"{draw(st.integers(1, people))}"
        kind = draw(st.sampled_from(["edit"] * 6 + ["tags", "archive", "delete", "spoil", "add"]))
        step: Step = {"do": kind, "system": system, "id": id}
        if kind == "edit":
            step["set"] = {draw(st.sampled_from(FIELDS)): draw(values(count))}
        elif kind == "tags":
            tags = draw(st.lists(values(count).filter(bool), max_size=3, unique=True))
            step |= {"do": "edit", "set": {"tags": tags or None}}
        elif kind == "archive":
            step |= {"system": "odoo", "archived": draw(st.booleans())}
        elif kind == "spoil":
            step["field"] = draw(st.sampled_from(FIELDS))
        elif kind == "add":
            count[0] += 1
            code = draw(st.sampled_from([f"c{id}", f"own{count[0]}"]))
            step |= {"id": f"x{count[0]}", "set": {"name": f"v{count[0]}", "code": code}}
        steps.append(step)
    return steps


@st.composite
def looked_at(draw: st.DrawFn) -> list[Step]:
    """Some systems are read and some are written to, in any order and in any batches."""
    steps: list[Step] = []
    for system in draw(st.permutations(SYSTEMS)):
        if draw(st.integers(0, 4)):
            order, batch = draw(st.integers(0, 9)), draw(st.sampled_from([1, 2, 100]))
            steps.append({"do": "observe", "system": system, "order": order, "batch": batch})
    for system in draw(st.permutations(SYSTEMS)):
        if draw(st.integers(0, 2)):
            steps.append({"do": "deliver", "system": system})
    if draw(st.booleans()):
        steps.append({"do": "settle", "nth": draw(st.integers(0, 3)), "side": draw(st.integers(0, 2))})
    return steps


@st.composite
def stories(draw: st.DrawFn) -> list[Step]:
    """An agreed world, perturbed twice; looked at after each time, in part."""
    count, people = [0], draw(st.integers(1, 3))
    steps: list[Step] = []
    for number in range(1, people + 1):
        for system in draw(st.lists(st.sampled_from(SYSTEMS), min_size=1, max_size=3, unique=True)):
            count[0] += 1
            said = {"name": f"v{count[0]}", "code": f"c{number}"}
            steps.append({"do": "add", "system": system, "id": str(number), "set": said})
    steps += [{"do": "observe", "system": system, "order": 0, "batch": 100} for system in SYSTEMS]
    steps += [{"do": "deliver", "system": system} for system in SYSTEMS]
    for _ in range(2):
        steps += draw(perturbed(count, people))
        steps += draw(looked_at())
    return steps


@pytest.mark.timeout(600)
def test_any_world_perturbed_twice_comes_to_rest_agreed_and_whole() -> None:
    failed: list[story.Story] = []

    def search(found: settings) -> None:
        @given(config=configs(), steps=stories())
        def holds(config: dict[str, Any], steps: list[Step]) -> None:
            tally("interleavings tried")
            told = story.tell(config, steps)
            if told.wrong:
                failed.append(told)
                raise Broken(str(told))

        try:
            found(holds)()
        except Broken as broken:
            raise story.kept(failed[0]) from broken

    looks(examples=400, share=0.25)(search)
