"""What every part of the scenario is written with."""

from __future__ import annotations

from typing import Any

from tests.sandbox.doors import Failure, Side

P = "res.partner"
C = "res.partner.category"
Step = tuple[str, Any]


def kind(answer: Any) -> str:
    """What kind of failure it was, or what kind of answer."""
    return f"{answer.code} {answer.name}" if isinstance(answer, Failure) else type(answer).__name__


def first_line(answer: Any) -> Any:
    """A failure with the first line of its message: what follows depends on the applications installed."""
    return (kind(answer), answer.message.split("\n")[0]) if isinstance(answer, Failure) else answer


def ids_of(s: Side, domain: list[Any], model: str = P, **more: Any) -> Any:
    return s.call(model, "search", domain=domain, **more)


def make(s: Side, name: str, model: str = P, **values: Any) -> int:
    """Create one record named `name` on this door; its id."""
    made = s.call(model, "create", vals_list={"name": f"{name} {s.door}", **values})
    id = made[0] if isinstance(made, list) else made
    return int(s.name(name, id))


def read(s: Side, ids: list[int], *fields: str, model: str = P, **more: Any) -> Any:
    return s.call(model, "read", ids, fields=list(fields), **more)


def country(s: Side, code: str) -> int:
    return int(ids_of(s, [["code", "=", code]], "res.country")[0])


def make_raw(s: Side, values: dict[str, Any]) -> int:
    made = s.call(P, "create", vals_list=values)
    return int(made[0] if isinstance(made, list) else made)
