"""How the doors behave before any record is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.sandbox.doors import Side, envelope
from tests.sandbox.scenario.steps import P, Step, kind


def services(s: Side) -> Iterator[Step]:
    yield "version", {k: v for k, v in s.service("common", "version").items() if k != "server_version"}
    yield "login", s.service("common", "authenticate", s.database, s.login, s.password, {})
    yield "login with the key", s.service("common", "authenticate", s.database, s.login, s.api_key, {})
    yield "wrong password", s.service("common", "authenticate", s.database, s.login, "wrong", {})
    yield "wrong login", s.service("common", "authenticate", s.database, "nobody", "wrong", {})
    yield "database list", s.database in s.service("db", "list")
    wrong = s.service("common", "authenticate", "no_such_db", s.login, s.password, {})
    yield "wrong database at login", (kind(wrong), 'database "no_such_db" does not exist' in wrong.message)
    wrong = s.service("object", "execute_kw", "no_such_db", 2, s.password, P, "search", [[]], {})
    yield "wrong database in a call", (kind(wrong), 'database "no_such_db" does not exist' in wrong.message)
    yield (
        "wrong password in a call",
        s.service("object", "execute_kw", s.database, 2, "wrong", P, "search", [[]], {}),
    )
    yield "no password in a call", s.service("object", "execute_kw", s.database, 2, "", P, "search", [[]], {})
    yield (
        "unknown user in a call",
        s.service("object", "execute_kw", s.database, 9999, "x", P, "search", [[]], {}),
    )
    yield "execute", s.service("object", "execute", s.database, 2, s.password, P, "search", [["id", "=", 3]])
    yield "unknown service method", kind(s.service("common", "nonsense"))
    yield (
        "unknown object method",
        kind(s.service("object", "nonsense", s.database, 2, s.password, P, "search", [])),
    )
    yield "context of the user", s.call("res.users", "context_get")
    call = {
        "service": "object",
        "method": "execute_kw",
        "args": [s.database, 2, s.password, "res.nonsense", "search", [[]]],
    }
    status, answer = s.post("/jsonrpc", envelope(call))
    yield "an error without a session", (str(status), "<!doctype" in str(answer).lower())
    status, answer = s.post(
        "/web/session/authenticate", envelope({"db": s.database, "login": s.login, "password": "wrong"})
    )
    yield "wrong password for a session", (str(status), _error_shape(answer))
    status, answer = s.post(
        "/web/session/authenticate", envelope({"db": s.database, "login": s.login, "password": s.password})
    )
    yield "a session", (str(status), {k: answer["result"][k] for k in ("uid", "username")})
    status, answer = s.post("/web/webclient/version_info", envelope({}))
    yield "version before login", {k: v for k, v in answer["result"].items() if k != "server_version"}


def _error_shape(answer: Any) -> Any:
    """A JSON-RPC error without its words."""
    if not isinstance(answer, dict):
        return "a page"
    error = answer["error"]
    return {
        "code": str(error["code"]),
        "message": error["message"],
        "data": sorted(error["data"]),
        "name": error["data"]["name"],
    }


def json2_manners(s: Side) -> Iterator[Step]:
    key, base = {"Authorization": f"bearer {s.api_key}"}, {"X-Odoo-Database": s.database}
    for what, headers in (
        ("no key", base),
        ("wrong key", {**base, "Authorization": "bearer 0000000000000000000000000000000000000000"}),
        ("not a bearer", {**base, "Authorization": "Basic YWRtaW46YWRtaW4="}),
    ):
        status, answer = s.post(f"/json/2/{P}/search", {"domain": []}, headers)
        yield what, (status, answer["name"], answer["message"])
    status, answer = s.post(f"/json/2/{P}/search", {"domain": []}, {**key, "X-Odoo-Database": "no_such_db"})
    yield (
        "wrong database",
        (status, isinstance(answer, str), "<html" in answer.lower() or "<!doctype" in answer.lower()),
    )
    status, answer = s.post(f"/json/2/{P}/search", b'{"domain": [', {**key, **base})
    yield "broken JSON", (status, answer["name"], answer["message"].split(":")[0])
    status, answer = s.post(f"/json/2/{P}", {}, {**key, **base})
    yield "no method in the address", (status, answer["name"])
    status, answer = s.post(
        f"/json/2/{P}/search", {"domain": [["id", "=", 3]]}, {**base, "Authorization": f"Bearer {s.api_key}"}
    )
    yield "bearer in capitals", (status, answer)
    yield "unknown argument", s.call(P, "search", domain=[], nonsense=1)
    yield "argument missing", s.call(P, "write", [3])
    yield "ids where there can be none", s.call(P, "search", [3], domain=[])
    yield "list for a body", s.post(f"/json/2/{P}/search", [], {**key, **base})[0]
    yield "arguments named as in 14", s.call(P, "search", args=[])
    yield "context of the user", s.call("res.users", "context_get")


def refusals(s: Side) -> Iterator[Step]:
    if s.door == "json2":
        return
    call = (s.database, 2, s.password)
    yield "no ids for a record method", kind(s.service("object", "execute_kw", *call, P, "read", [], {}))
    yield (
        "unknown argument",
        kind(s.service("object", "execute_kw", *call, P, "search", [[]], {"nonsense": 1})),
    )
    yield (
        "one id instead of a list",
        s.service("object", "execute_kw", *call, P, "read", [3, ["login_date" if False else "name"]], {}),
    )
    yield "too few arguments", kind(s.service("object", "execute_kw", *call, P, "write", [[3]], {}))
    yield "tuple domains", s.service("object", "execute_kw", *call, P, "search", [[("id", "=", 3)]], {})
    yield "None for keywords", s.service("object", "execute_kw", *call, P, "search", [[["id", "=", 3]]])
