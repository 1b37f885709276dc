"""Users with few rights, and several companies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.sandbox.doors import Side
from tests.sandbox.scenario.steps import P, Step, first_line, ids_of, kind, make, read


def rights(s: Side) -> Iterator[Step]:
    answers = s.version >= 19
    method, key = ("has_access", "operation") if answers else ("check_access_rights", "operation")
    for model in (P, "res.country", "ir.model"):
        ids: list[int] | None = [] if answers else None
        for operation in ("read", "write", "create", "unlink"):
            more = {} if answers else {"raise_exception": False}
            yield f"admin may {operation} {model}", s.call(model, method, ids, **{key: operation}, **more)
    groups = "group_ids" if answers else "groups_id"
    internal = s.call("ir.model.data", "check_object_reference", module="base", xml_id="group_user")[1]
    values = {
        "name": f"Small {s.door}",
        "login": f"small_{s.door}",
        "password": "small-password-1",
        groups: [[6, 0, [internal]]],
    }
    made = s.call("res.users", "create", vals_list=values)
    uid = s.name("small user", made[0] if isinstance(made, list) else made, "res.users")
    yield "user made", read(s, [uid], "name", "login", "active", "share", "password", model="res.users")
    yield "twice the same login", s.call("res.users", "create", vals_list=values)
    if s.door == "json2":
        return
    small = Side(
        s.url, s.database, f"small_{s.door}", "small-password-1", "", s.version, s.door, uid, s.names
    )
    mine = make(s, "not yours")
    yield (
        "small logs in",
        small.service("common", "authenticate", s.database, small.login, small.password, {}) == uid,
    )
    yield "small reads", read(small, [mine], "name")
    yield "small does not write", first_line(small.call(P, "write", [mine], vals={"city": "X"}))
    yield "small does not create", kind(small.call(P, "create", vals_list={"name": "X"}))
    yield "small does not delete", kind(small.call(P, "unlink", [mine]))
    yield "small does not load", _kinds(small.call(P, "load", fields=["name"], data=[["X"]]))
    yield "small does not archive", kind(small.call(P, "action_archive", [mine]))
    for model in (P, "res.country", "ir.model.data"):
        more = {} if answers else {"raise_exception": False}
        for operation in ("read", "write", "create"):
            yield (
                f"small may {operation} {model}",
                small.call(model, method, [] if answers else None, **{key: operation}, **more),
            )
    yield (
        "small looks external ids up",
        getattr(
            small.call("ir.model.data", "search_read", domain=[["id", "=", 1]], fields=["name"]),
            "code",
            "list",
        ),
    )
    yield "small makes a country", small.call("res.country", "create", vals_list={"name": "X", "code": "QQ"})
    yield "disabled", s.call("res.users", "write", [uid], vals={"active": False})
    yield (
        "disabled does not log in",
        small.service("common", "authenticate", s.database, small.login, small.password, {}),
    )
    yield "disabled does not call", small.call(P, "search", domain=[])


def _kinds(answer: Any) -> Any:
    return [message["type"] for message in answer["messages"]] if isinstance(answer, dict) else answer.code


def companies(s: Side) -> Iterator[Step]:
    made = s.call("res.company", "create", vals_list={"name": f"Second {s.door}"})
    second = s.name("second company", made[0] if isinstance(made, list) else made, "res.company")
    inside = make(s, "of the second", company_id=second)

    def only(*ids: int) -> dict[str, Any]:
        return {"context": {"allowed_company_ids": list(ids)}}

    yield "seen by both", ids_of(s, [["id", "=", inside]], **only(1, second))
    yield "seen by the second", ids_of(s, [["id", "=", inside]], **only(second))
    yield "not seen by the first", ids_of(s, [["id", "=", inside]], **only(1))
    yield "by default", ids_of(s, [["id", "=", inside]])
    yield "read by default", kind(read(s, [inside], "company_id"))
    refused = s.call(P, "read", [inside], fields=["name"], **only(1))
    yield "not read by the first", kind(refused)
    refused = s.call(P, "write", [inside], vals={"city": "X"}, **only(1))
    yield "not written by the first", kind(refused)
    yield "no company of theirs", s.call(P, "search", domain=[["id", "=", inside]], **only(999999))
    yield "made in one", [bool(r["company_id"]) for r in read(s, [make(s, "of none")], "company_id")]
