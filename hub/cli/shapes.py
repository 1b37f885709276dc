"""The JSON shapes of what the commands show; docs/commands.md describes them, so they stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.cli import failures

if TYPE_CHECKING:
    from hub.brakes import Held
    from hub.ports import Finding
    from hub.rehearsal import PlannedWrite
    from hub.report import Report
    from hub.store.history import Change
    from hub.store.listing import DeadLetter, OpenConflict, OpenReview, Route
    from hub.undoing import Undone


def route(found: Route) -> dict[str, Any]:
    return {
        "entity": found.entity, "system": found.system, "records": found.records,
        "pulled_at": found.pulled_at, "error": found.error, "brake": found.brake, "due": found.due,
        "sent": found.sent, "dead": found.dead,
    }  # fmt: skip


def conflict(found: OpenConflict) -> dict[str, Any]:
    sides = [{"system": c.system, "value": c.value, "at": c.at} for c in found.candidates]
    return {
        "id": found.id, "entity": found.entity, "record": found.golden_id, "title": found.title,
        "field": found.field, "sides": sides, "opened_at": found.opened_at, "closed_at": found.closed_at,
    }  # fmt: skip


def review(found: OpenReview) -> dict[str, Any]:
    return {
        "id": found.id, "entity": found.entity, "system": found.system, "external_id": found.external_id,
        "kind": found.kind, "field": found.field, "reason": found.reason, "todo": found.todo,
        "place": found.place, "candidates": list(found.candidates), "since": found.since,
    }  # fmt: skip


def dead_letter(found: DeadLetter) -> dict[str, Any]:
    return {
        "id": found.id, "entity": found.entity, "system": found.system, "record": found.golden_id,
        "title": found.title, "external_id": found.external_id, "field": found.field, "reason": found.reason,
        "todo": found.todo, "values": found.payload, "since": found.since, "before": found.before,
        "unfit": found.unfit, "tried": found.tried, "tried_at": found.tried_at, "passing": found.passing,
        "state": "discarded" if found.discarded else "waiting",
    }  # fmt: skip


def change(found: Change) -> dict[str, Any]:
    return {
        "id": found.id, "at": found.at, "run": found.run, "entity": found.entity, "record": found.golden_id,
        "title": found.title, "system": found.system, "external_id": found.external_id, "kind": found.kind,
        "cause": found.cause, "before": found.before, "after": found.after,
    }  # fmt: skip


def undone(found: Undone) -> dict[str, Any]:
    fields = [
        {"field": part.field, "done": part.done, "before": part.before, "after": part.after,
         "reason": part.reason}
        for part in found.parts
    ]  # fmt: skip
    return {"change": found.change.id, "done": found.done, "reason": found.reason, "fields": fields}


def finding(system: str, found: Finding) -> dict[str, Any]:
    return {
        "system": system, "level": found.level, "what": found.what, "message": found.message,
        "todo": found.todo,
    }  # fmt: skip


def planned(found: PlannedWrite) -> dict[str, Any]:
    return {
        "entity": found.entity, "system": found.system, "record": found.golden_id, "title": found.title,
        "action": "create" if found.external_id is None else "update", "external_id": found.external_id,
        "values": found.values, "before": found.before, "waiting": list(found.waiting),
        "impossible": dict(found.impossible), "held": found.held,
    }  # fmt: skip


def brake(found: Held) -> dict[str, Any]:
    """A brake; `system` is null where it holds every route of the entity."""
    return {
        "entity": found.entity, "system": found.system or None, "kind": found.kind, "brake": found.reason,
        "since": found.since, "todo": found.todo,
    }  # fmt: skip


def report(found: Report) -> dict[str, Any]:
    """What a run did: counts by route, what failed, what was braked."""
    routes = [
        {"entity": entity, "system": system, **{name: getattr(count, name) for name in count.__slots__}}
        for (entity, system), count in found.counts.items()
    ]
    problems = [
        {"entity": entity, "system": system, "kind": failures.kind_of(problem), "what": problem.what,
         "why": problem.why, "todo": problem.todo}
        for entity, system, problem in found.problems
    ]  # fmt: skip
    return {"routes": routes, "problems": problems, "braked": [brake(one) for one in found.braked]}
