"""What the sandbox and a real Odoo are both asked. Each step is (what it shows, what was answered)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.sandbox.doors import Failure, Side, envelope

P = "res.partner"
Step = tuple[str, Any]
SHAPE = [
    "type",
    "string",
    "required",
    "readonly",
    "relation",
    "size",
    "translate",
    "selection",
    "store",
    "searchable",
    "relation_field",
]
STAMP = "%Y-%m-%d %H:%M:%S"


def everything(s: Side) -> Iterator[Step]:
    """All steps, in an order in which later ones may use what earlier ones made."""
    if s.door != "json2":
        yield from services(s)
    else:
        yield from json2_manners(s)
    for part in (creating, reading, searching, times, loading, multi, relations, translations, archiving,
                 contacts, refusals, rights, companies, unlinking, describing):  # fmt: skip
        yield from part(s)


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


def creating(s: Side) -> Iterator[Step]:
    one = s.call(P, "create", vals_list={"name": f"Alpha {s.door}", "is_company": True, "ref": f"A-{s.door}"})
    yield "create one", "list" if isinstance(one, list) else "int"
    s.name("alpha", one[0] if isinstance(one, list) else one)
    two = s.call(
        P,
        "create",
        vals_list=[{"name": f"Beta {s.door}"}, {"name": f"Gamma {s.door}", "email": "G@Example.FR"}],
    )
    for name, id in zip(("beta", "gamma"), two, strict=True):
        s.name(name, id)
    yield "create two", two
    yield "create none", s.call(P, "create", vals_list=[])
    yield "unknown field", s.call(P, "create", vals_list={"name": "x", "nonsense": 1})
    yield "no name", s.call(P, "create", vals_list={"email": "x@example.fr"})
    yield (
        "no name but a delivery address",
        type(s.call(P, "create", vals_list={"type": "delivery"})).__name__ in ("int", "list"),
    )
    yield "empty name", read(s, [make_raw(s, {"name": ""})], "name") if s.version >= 19 else None
    yield "bad selection", s.call(P, "create", vals_list={"name": "x", "type": "nonsense"})
    yield "bad language", s.call(P, "create", vals_list={"name": "x", "lang": "xx_XX"})
    yield "missing country", s.call(P, "create", vals_list={"name": "x", "country_id": 999999})
    yield "text for a number", s.call(P, "create", vals_list={"name": "x", "color": "abc"})
    numbers = make_raw(s, {"name": 12, "color": "7", "is_company": 1, "phone": True})
    yield "numbers for text", read(s, [numbers], "name", "color", "is_company", "phone")
    yield (
        "bad date",
        kind(s.call("res.partner", "create", vals_list={"name": "x", "write_date": "2020-01-01 00:00:00"})),
    )
    yield (
        "required field missing",
        s.call("res.country.state", "create", vals_list={"name": "x", "code": "x"}),
    )
    yield "twice the same", s.call("res.country", "create", vals_list={"name": "Again", "code": "FR"})
    yield "not a dict", kind(s.call(P, "create", vals_list="x"))


def make_raw(s: Side, values: dict[str, Any]) -> int:
    made = s.call(P, "create", vals_list=values)
    return int(made[0] if isinstance(made, list) else made)


def reading(s: Side) -> Iterator[Step]:
    a, b, g = (
        id for name in ("alpha", "beta", "gamma") for (_, id), given in s.names.items() if given == name
    )
    fields = [
        "name", "display_name", "email", "email_normalized", "is_company", "company_type", "country_id", "parent_id", "child_ids",
        "category_id", "comment", "color", "type", "active", "lang", "user_id", "company_id", "write_date", "create_date",
        "write_uid", "commercial_partner_id", "ref", "vat", "website", "function", "credit_limit", "customer_rank", "state_id",
    ]  # fmt: skip
    yield "read", read(s, [a, g], *fields)
    yield "read keeps the order and repeats", read(s, [g, a, g], "name")
    yield "read nothing", read(s, [], "name")
    yield "read unknown field", read(s, [a], "nonsense")
    yield "read missing", read(s, [999999], "name")
    yield "read missing among others", read(s, [a, 999999], "name")
    yield "read raw", s.call(P, "read", [a], fields=["write_uid"], load="")
    yield (
        "all fields are at least those",
        set(
            read(
                s,
                [b],
            )[0]
        )
        >= {"id", "name", "email", "write_date"},
    )
    yield "write", s.call(P, "write", [b], vals={"phone": "01 99 00 12 34", "color": 3})
    yield "written", read(s, [b], "phone", "color")
    yield "write unknown field", s.call(P, "write", [b], vals={"nonsense": 1})
    yield "write missing record", s.call(P, "write", [999999], vals={"phone": "1"})
    yield "write nothing", s.call(P, "write", [b], vals={})
    yield "write to none", s.call(P, "write", [], vals={"phone": "1"})
    yield "clear", s.call(P, "write", [b], vals={"phone": False, "color": False})
    yield "cleared", read(s, [b], "phone", "color")
    yield "empty text", s.call(P, "write", [b], vals={"phone": ""})
    yield "empty text reads", read(s, [b], "phone")
    yield (
        "spaces",
        s.call(P, "write", [b], vals={"city": "  Lyon  ", "website": "www.example.fr", "comment": "a\nb"}),
    )
    yield "spaces read", read(s, [b], "city", "website", "comment")
    yield "write bad selection", s.call(P, "write", [b], vals={"type": "nonsense"})
    yield "write bad reference", s.call(P, "write", [b], vals={"country_id": 999999})
    yield "write text for a reference", kind(s.call(P, "write", [b], vals={"country_id": "France"}))
    yield "what it wrote", read(s, [b], "country_id")
    yield "exists", s.call(P, "exists", [a, 999999])


def searching(s: Side) -> Iterator[Step]:
    names = ["name", "ilike", f" {s.door}"]

    def found(*domain: Any, **more: Any) -> Any:
        return s.call(P, "search_read", domain=[names, *domain], fields=["name"], order="id", **more)

    fr = country(s, "FR")
    for number in range(6):
        values = {
            "city": ("Vif", "VIF", "Uriage")[number % 3],
            "color": number,
            "ref": f"R{number}",
            "country_id": fr if number % 2 else False,
        }
        make(s, f"Sieve{number}", **values, is_company=number < 3)
    sieve = ["name", "like", "Sieve"]
    yield "equal", found(sieve, ["city", "=", "Vif"])
    yield "not equal keeps the empty", found(["city", "!=", "Vif"])
    yield "empty", found(["city", "=", False])
    yield "filled", found(["city", "!=", False])
    yield "in with empty", found(["city", "in", ["Vif", False]])
    yield "not in", found(["city", "not in", ["Vif", "VIF"]])
    yield "not in with empty", found(["city", "not in", ["Vif", False]])
    yield "in nothing", found(["city", "in", []])
    yield "not in nothing", found(sieve, ["city", "not in", []])
    yield "like", found(["city", "like", "Vi"])
    yield "ilike", found(["city", "ilike", "vi"])
    yield "not ilike", found(["city", "not ilike", "vi"])
    yield "=like", found(["city", "=like", "V%"])
    yield "=ilike", found(["city", "=ilike", "v_f"])
    yield "underscore is a joker", found(["city", "like", "V_f"])
    yield "ilike empty text", found(sieve, ["city", "ilike", ""])
    yield "less", found(sieve, ["color", "<", 3])
    yield "at least", found(sieve, ["color", ">=", 3])
    yield "zero", found(sieve, ["color", "=", 0])
    yield "boolean", found(sieve, ["is_company", "=", True])
    yield "boolean false", found(sieve, ["is_company", "=", False])
    yield "boolean not", found(sieve, ["is_company", "!=", True])
    yield "or", found(sieve, "|", ["city", "=", "Vif"], ["city", "=", "VIF"])
    yield (
        "and or not",
        found(sieve, "&", "!", ["city", "=", "Vif"], "|", ["color", "=", 1], ["color", "=", 2]),
    )
    yield "path", found(["country_id.code", "=", "FR"])
    yield "path in", found(["country_id.code", "in", ["FR", "BE"]])
    yield "path not equal", found(sieve, ["country_id.code", "!=", "FR"])
    yield "path empty", found(sieve, ["country_id.code", "=", False])
    yield "reference by name", found(sieve, ["country_id", "=", "France"])
    yield "reference like", found(sieve, ["country_id", "ilike", "fran"])
    yield "reference empty", found(sieve, ["country_id", "=", False])
    yield "reference filled", found(sieve, ["country_id", "!=", False])
    yield "reference not that one", found(sieve, ["country_id", "!=", fr])
    yield "always", len(found(sieve, [1, "=", 1]))
    yield "never", found(sieve, [0, "=", 1])
    yield "limit and offset", found(sieve, limit=2, offset=1)
    yield "count", s.call(P, "search_count", domain=[names, sieve])
    yield (
        "order",
        [
            str(r["color"])
            for r in s.call(
                P, "search_read", domain=[sieve, names], fields=["color"], order="city desc, color desc"
            )
        ],
    )
    yield (
        "order with empties",
        [
            str(r["color"])
            for r in s.call(P, "search_read", domain=[sieve, names], fields=["color"], order="country_id, id")
        ],
    )
    yield (
        "order by default",
        [str(r["color"]) for r in s.call(P, "search_read", domain=[sieve, names], fields=["color"])],
    )
    yield "unknown field", s.call(P, "search", domain=[["nonsense", "=", 1]])
    yield "unknown path", s.call(P, "search", domain=[["country_id.nonsense", "=", 1]])
    yield "unknown operator", kind(s.call(P, "search", domain=[["name", "resembles", 1]]))
    yield "broken domain", kind(s.call(P, "search", domain=[["name", "="]]))
    yield "bad order", kind(s.call(P, "search", domain=[], order="name sideways"))
    yield "order by unknown field", kind(s.call(P, "search", domain=[], order="nonsense"))
    yield "unknown model", s.call("res.nonsense", "search", domain=[])
    yield "unknown method", s.call(P, "nonsense")
    yield "private method", s.call(P, "_search", domain=[])
    yield "name search", s.call(P, "name_search", name=f"Alpha {s.door}")
    yield (
        "name search exact country",
        [n for _, n in s.call("res.country", "name_search", name="France", operator="=")],
    )
    yield "name search by code", [n for _, n in s.call("res.country", "name_search", name="FR", operator="=")]
    yield "name search limited", len(s.call(P, "name_search", name=s.door, limit=2))


def times(s: Side) -> Iterator[Step]:
    id = make(s, "timed")
    stamp = read(s, [id], "write_date")[0]["write_date"]
    before = (datetime.strptime(stamp, STAMP) - timedelta(seconds=1)).strftime(STAMP)
    after = (datetime.strptime(stamp, STAMP) + timedelta(seconds=1)).strftime(STAMP)
    for operator in (">", ">=", "<", "<=", "=", "!="):
        for what, moment in (
            ("its own second", stamp),
            ("a second before", before),
            ("a second after", after),
        ):
            found = ids_of(s, [["id", "=", id], ["write_date", operator, moment]])
            yield f"write_date {operator} {what}", found
    yield "write_date in", ids_of(s, [["id", "=", id], ["write_date", "in", [stamp]]])
    yield "write_date by day", ids_of(s, [["id", "=", id], ["write_date", ">=", stamp[:10]]])
    yield "write_date by another day", ids_of(s, [["id", "=", id], ["write_date", ">", stamp[:10]]])
    yield "write_date not a time", kind(s.call(P, "search", domain=[["write_date", ">", "nonsense"]]))
    yield (
        "write_date in other writing",
        kind(ids_of(s, [["id", "=", id], ["write_date", ">=", before.replace(" ", "T")]])),
    )


def loading(s: Side) -> Iterator[Step]:
    def load(fields: list[str], *rows: list[Any], **more: Any) -> Any:
        return s.call(P, "load", fields=fields, data=list(rows), **more)

    a, b = f"__hub__.load_a_{s.door}", f"__hub__.load_b_{s.door}"
    first = load(
        ["id", "name", "is_company", "country_id/id", "city"],
        [a, "Load A", "1", "base.fr", "Vif"],
        [b, "Load B", "0", "", ""],
    )
    for name, id in zip(("load a", "load b"), first["ids"], strict=True):
        s.name(name, id)
    yield "load new", first
    yield "load again", load(["id", "name", "city"], [a, "Load A2", ""], [b, "Load B2", "Lyon"])
    both = [id for (_, id), given in s.names.items() if given in ("load a", "load b")]
    yield "loaded", read(s, both, "name", "is_company", "country_id", "city")
    yield "external ids", s.call("ir.model.data", "search_read", domain=[["name", "=", f"load_a_{s.door}"]],
                                 fields=["module", "name", "model", "res_id", "noupdate", "complete_name"])  # fmt: skip
    yield (
        "reference",
        s.call("ir.model.data", "check_object_reference", module="__hub__", xml_id=f"load_a_{s.door}")[1]
        == first["ids"][0],
    )
    yield (
        "reference missing",
        kind(s.call("ir.model.data", "check_object_reference", module="__hub__", xml_id="none")),
    )
    yield "load by .id", load([".id", "city"], [str(both[0]), "Gap"], [str(both[1]), "Die"])
    yield "load by number", load([".id", "city"], [both[0], "Gap"])
    yield "loaded by .id", read(s, both, "city")
    yield "load by unknown .id", load([".id", "city"], ["999999", "Gap"], [str(both[1]), "Nyons"])
    yield "load by .id of no number", kind(load([".id", "city"], ["abc", "Gap"]))
    yield "nothing written", read(s, both, "city")
    yield (
        "bad country name",
        load(["id", "name", "country_id"], [f"{a}x", "X", "Francie"], [f"{a}y", "Y", "France"]),
    )
    yield "bad external id", load(["name", "country_id/id"], ["X", "base.nonsense"])
    yield "external id of another model", load(["name", "country_id/id"], ["X", "base.main_company"])
    yield "bad database id", load(["name", "country_id/.id"], ["X", "999999"], ["Y", "abc"])
    yield (
        "two ways to say a country",
        load(["name", "country_id", "country_id/id"], ["X", "France", "base.fr"]),
    )
    yield "bad boolean", load(["name", "is_company"], [f"Bool {s.door}", "perhaps"])["messages"]
    yield "bad number", load(["name", "color", "credit_limit"], ["X", "abc", "1,5"])
    yield "bad selection", load(["name", "type"], ["X", "nonsense"])
    yield "selection by label", load(["name", "type"], [f"Sel {s.door}", "Contact"])["messages"]
    yield "selection in other case", load(["name", "type"], [f"Sel2 {s.door}", "CONTACT"])["messages"]
    yield "no name", load(["id", "name"], [f"{a}n", ""], [f"{a}m", "M"])
    yield "unknown column", load(["name", "nonsense"], ["X", "1"])
    yield "unknown sub-column", kind(load(["name", "country_id/nonsense"], ["X", "1"]))
    yield (
        "an id of another model",
        s.call("res.partner.category", "load", fields=["id", "name"], data=[[a, "T"]]),
    )
    yield "an id without a dot", load(["id", "name"], [f"plain_{s.door}", f"Plain {s.door}"])["messages"]
    yield (
        "where it went",
        s.call("ir.model.data", "search_read", domain=[["name", "=", f"plain_{s.door}"]], fields=["module"])[
            0
        ]["module"],
    )
    yield "a row's parent in the same load", load(
        ["id", "name", "parent_id/id"], [f"{a}p", f"Parent {s.door}", ""], [f"{a}c", f"Child {s.door}", f"{a}p"]
    )["messages"]  # fmt: skip
    tags = s.call(
        "res.partner.category", "create", vals_list=[{"name": f"One {s.door}"}, {"name": f"Two {s.door}"}]
    )
    yield (
        "tags by name",
        load(["name", "category_id"], [f"Tagged {s.door}", f"One {s.door},Two {s.door}"])["messages"],
    )
    yield (
        "tags by id",
        load(["name", "category_id/.id"], [f"Tagged2 {s.door}", ",".join(map(str, tags))])["messages"],
    )
    yield "unknown tag", load(["name", "category_id"], ["X", f"One {s.door},Nonsense"])
    tagged = s.call(
        P,
        "search_read",
        domain=[["name", "like", "Tagged"], ["name", "like", s.door]],
        fields=["category_id"],
        order="id",
    )
    yield "tagged", [str(len(row["category_id"])) for row in tagged]
    make(s, "Twin"), make(s, "Twin")
    yield (
        "two of that name",
        load(["name", "parent_id"], [f"Of twins {s.door}", f"Twin {s.door}"])["messages"],
    )
    yield "a short row", kind(load(["name", "city"], [f"Short {s.door}"]))
    yield "no rows", load(["name", "city"])
    yield "true for a boolean", kind(load(["name", "is_company"], [f"True {s.door}", True]))
    yield (
        "many bad rows",
        len(load(["name", "type"], *[[f"Many {n}", "nonsense"] for n in range(20)])["messages"]),
    )
    yield (
        "many nameless rows",
        [m["message"] for m in load(["name", "city"], *[["", "x"] for _ in range(20)])["messages"]][-2:],
    )
    yield "update mode without id", load(["name"], ["X"], context={"mode": "update"})
    yield "a load keyed both ways", load(["id", ".id", "city"], [a, str(both[1]), "Embrun"])
    yield "who was written", read(s, both, "city")


def multi(s: Side) -> Iterator[Step]:
    ids = [make(s, "multi one"), make(s, "multi two")]
    if s.version < 19:
        yield (
            "no web_save_multi",
            kind(s.call(P, "web_save_multi", ids, vals_list=[{}, {}], specification={})),
        )
        return
    spec = {
        "name": {},
        "phone": {},
        "country_id": {},
        "category_id": {},
        "write_date": {},
        "company_id": {"fields": {"display_name": {}}},
    }
    fr = country(s, "FR")
    yield (
        "saved",
        _by_name(
            s.call(
                P,
                "web_save_multi",
                ids,
                vals_list=[{"phone": "1"}, {"phone": "2", "country_id": fr}],
                specification=spec,
            ),
            fr,
        ),
    )
    yield "too few", kind(s.call(P, "web_save_multi", ids, vals_list=[{"phone": "3"}], specification=spec))
    yield (
        "one bad, none saved",
        s.call(
            P, "web_save_multi", ids, vals_list=[{"phone": "4"}, {"type": "nonsense"}], specification=spec
        ),
    )
    yield "still", read(s, ids, "phone")
    yield (
        "missing record",
        s.call(
            P,
            "web_save_multi",
            [ids[0], 999999],
            vals_list=[{"phone": "5"}, {"phone": "6"}],
            specification=spec,
        ),
    )
    yield "still so", read(s, ids, "phone")
    yield (
        "web_read",
        _by_name(
            s.call(
                P,
                "web_read",
                ids,
                specification={
                    "name": {},
                    "country_id": {"fields": {"code": {}, "display_name": {}}},
                    "child_ids": {"fields": {"name": {}}},
                },
            ),
            fr,
        ),
    )
    yield "web_read unknown", kind(s.call(P, "web_read", ids, specification={"nonsense": {}}))


def _by_name(answer: Any, france: int) -> Any:
    """Base records have ids of their own on each side."""
    if isinstance(answer, dict):
        return {k: _by_name(v, france) if k != "company_id" else bool(v) for k, v in answer.items()}
    if isinstance(answer, list):
        return [_by_name(item, france) for item in answer]
    return "France" if answer == france and answer is not True else answer


def relations(s: Side) -> Iterator[Step]:
    C = "res.partner.category"
    x, y, z = (make(s, name, C) for name in ("tag x", "tag y", "tag z"))
    id = make(s, "tagged", category_id=[[6, 0, [x, y]]])
    yield "tags", read(s, [id], "category_id")
    for what, commands in (
        ("link", [[4, z]]), ("link with zeros", [[4, x, 0]]), ("unlink", [[3, x]]), ("clear", [[5]]),
        ("set", [[6, 0, [z]]]), ("create", [[0, 0, {"name": f"tag new {s.door}"}]]), ("mixed", [[5, 0, 0], [4, y, 0], [4, z, 0]]),
    ):  # fmt: skip
        yield what, s.call(P, "write", [id], vals={"category_id": commands})
        yield f"after {what}", len(read(s, [id], "category_id")[0]["category_id"])
    yield "plain list", s.call(P, "write", [id], vals={"category_id": [x]})
    yield "after plain list", read(s, [id], "category_id")
    yield "link what is not there", first_line(s.call(P, "write", [id], vals={"category_id": [[4, 999999]]}))
    yield "tag in", ids_of(s, [["category_id", "in", [x]]])
    yield "tag not in", ids_of(s, [["id", "=", id], ["category_id", "not in", [x]]])
    yield "tag by name", ids_of(s, [["category_id.name", "=", f"tag x {s.door}"]])
    yield "tag like", ids_of(s, [["id", "=", id], ["category_id", "ilike", "tag x"]])
    yield "tagged at all", ids_of(s, [["id", "=", id], ["category_id", "!=", False]])
    top = make(s, "hierarchy", is_company=True, child_ids=[[0, 0, {"name": f"below {s.door}"}]])
    below = read(s, [top], "child_ids")[0]["child_ids"]
    s.name("below", below[0])
    yield "lines", read(s, below, "name", "parent_id", "display_name")
    yield "child_of", ids_of(s, [["id", "child_of", top]], order="id")
    yield "child_of a list", ids_of(s, [["id", "child_of", [top]]], order="id")
    yield "child_of through the parent", ids_of(s, [["parent_id", "child_of", top]])
    yield "parent path", ids_of(s, [["parent_id.name", "=", f"hierarchy {s.door}"]])
    yield "line path", ids_of(s, [["child_ids.name", "=", f"below {s.door}"]])
    yield "let go of a line", s.call(P, "write", [top], vals={"child_ids": [[3, below[0]]]})
    yield "line let go", read(s, below, "parent_id")
    yield "circle", s.call(P, "write", [top], vals={"parent_id": top})
    yield "tag hierarchy", s.call(C, "write", [y], vals={"parent_id": x})
    yield "tag's full name", read(s, [y], "display_name", "name", model=C)
    yield (
        "tag by full name",
        len(s.call(C, "name_search", name=f"tag x {s.door} / tag y {s.door}", operator="=")),
    )


def translations(s: Side) -> Iterator[Step]:
    C, fr = "res.partner.category", {"lang": "fr_FR"}
    id = make(s, "colour", C)
    yield "as made", [read(s, [id], "name", model=C), read(s, [id], "name", model=C, context=fr)]
    yield "write in French", s.call(C, "write", [id], vals={"name": f"couleur {s.door}"}, context=fr)
    yield "both", [read(s, [id], "name", model=C), read(s, [id], "name", model=C, context=fr)]
    yield "write in English", s.call(C, "write", [id], vals={"name": f"shade {s.door}"})
    yield "both again", [read(s, [id], "name", model=C), read(s, [id], "name", model=C, context=fr)]
    yield "found in French", ids_of(s, [["name", "=", f"couleur {s.door}"]], C, context=fr)
    yield "not found in English", ids_of(s, [["name", "=", f"couleur {s.door}"]], C)
    made = s.call(C, "create", vals_list={"name": f"né {s.door}"}, context=fr)
    born = s.name("born", made[0] if isinstance(made, list) else made, C)
    yield "made in French", [read(s, [born], "name", model=C), read(s, [born], "name", model=C, context=fr)]
    yield (
        "then in English",
        s.call(C, "write", [born], vals={"name": f"born {s.door}"}, context={"lang": "en_US"}),
    )
    yield "and so", [read(s, [born], "name", model=C), read(s, [born], "name", model=C, context=fr)]
    yield (
        "country in French",
        s.call("res.country", "search_read", domain=[["code", "=", "DE"]], fields=["name"], context=fr)[0][
            "name"
        ],
    )
    yield (
        "reference in French",
        read(s, [make(s, "german", country_id=country(s, "DE"))], "country_id", context=fr)[0]["country_id"][
            1
        ],
    )
    yield "a language not installed", s.call(C, "read", [id], fields=["name"], context={"lang": "xx_XX"})
    yield "an inactive language", s.call(C, "read", [id], fields=["name"], context={"lang": "de_DE"})


def archiving(s: Side) -> Iterator[Step]:
    id = make(s, "archived")
    all_of = {"context": {"active_test": False}}
    yield "archive answers nothing", s.call(P, "action_archive", [id])
    yield "but it is archived", read(s, [id], "active")
    yield "not found", ids_of(s, [["id", "=", id]])
    yield "found when asked", ids_of(s, [["id", "=", id]], **all_of)
    yield "found by active", ids_of(s, [["id", "=", id], ["active", "=", False]])
    yield "found by active in", ids_of(s, [["id", "=", id], ["active", "in", [True, False]]])
    yield "load by .id does not see it", s.call(P, "load", fields=[".id", "city"], data=[[str(id), "X"]])
    yield "restore", s.call(P, "action_unarchive", [id])
    yield "restored", ids_of(s, [["id", "=", id]])
    yield "archive by write", s.call(P, "write", [id], vals={"active": False})
    yield "archived by write", ids_of(s, [["id", "=", id]])
    child = make(s, "archived child", parent_id=make(s, "parent of archived", is_company=True), active=False)
    parent = next(i for (_, i), n in s.names.items() if n == "parent of archived")
    yield "archived line", [read(s, [parent], "child_ids"), read(s, [parent], "child_ids", **all_of)]
    yield "archived child", read(s, [child], "active", "parent_id")
    yield "a user's contact", kind(s.call(P, "write", [3], vals={"active": False}))


def contacts(s: Side) -> Iterator[Step]:
    fr = country(s, "FR")
    address = {"street": "1 rue Haute", "zip": "38450", "city": "Vif", "country_id": fr}
    vat = "FR23334175221"
    top = make(s, "company", is_company=True, vat=vat, **address)
    shared = [
        "name",
        "display_name",
        "street",
        "city",
        "vat",
        "commercial_partner_id",
        "country_id",
        "type",
        "lang",
    ] + (["company_registry", "complete_name"] if s.version >= 19 else ["siret"])
    below = make(s, "contact", parent_id=top, function="Gérant")
    yield "a contact has the company's address", read(s, [below], *shared)
    yield "company moves", s.call(P, "write", [top], vals={"city": "Uriage", "street": "2 rue Basse"})
    yield "contact moves", read(s, [below], *shared)
    yield "contact moves away", s.call(P, "write", [below], vals={"city": "Gap"})
    yield "company moves too, or not", read(s, [top, below], "city", "street")
    side = make(s, "delivery", parent_id=top, type="delivery", city="Die")
    yield "delivery address", read(s, [side], *shared)
    yield "company's VAT goes", s.call(P, "write", [top], vals={"vat": False})
    yield "everybody's VAT", read(s, [top, below, side], "vat")
    yield "contact's VAT", s.call(P, "write", [below], vals={"vat": vat})
    yield "everybody's VAT again", read(s, [top, below, side], "vat")
    registry = "company_registry" if s.version >= 19 else "siret"
    yield "registry", s.call(P, "write", [top], vals={registry: "73282932000074"})
    yield "everybody's registry", read(s, [top, below, side], registry)
    yield "rename", s.call(P, "write", [top], vals={"name": f"Renamed {s.door}"})
    yield "shown", read(s, [below, side], "display_name")
    orphan = make(s, "orphan", city="Brest", email="o@example.fr")
    yield "join", s.call(P, "write", [orphan], vals={"parent_id": top})
    yield "joined", read(s, [orphan], *shared)
    empty = make(s, "empty company", is_company=True)
    make(s, "first contact", parent_id=empty, city="Nantes", zip="44000")
    yield "first contact gives its address", read(s, [empty], "city", "zip")
    yield (
        "no VAT number",
        s.call(P, "create", vals_list={"name": f"Bad VAT {s.door}", "vat": "FR123", "country_id": fr}),
    )
    yield (
        "no VAT number, no country",
        s.call(P, "create", vals_list={"name": f"Bad VAT {s.door}", "vat": "FR123"}).__class__.__name__
        in ("int", "list"),
    )
    spaced = make(s, "spaced", vat="FR 23 334 175 221", country_id=fr)
    yield "spaced VAT", read(s, [spaced], "vat")
    yield (
        "slash VAT",
        kind(s.call(P, "create", vals_list={"name": f"Slash {s.door}", "vat": "/", "country_id": fr})),
    )
    yield (
        "Belgian VAT in France",
        kind(
            s.call(P, "create", vals_list={"name": f"BE {s.door}", "vat": "BE0477472701", "country_id": fr})
        ),
    )
    yield (
        "a number without prefix",
        kind(
            s.call(P, "create", vals_list={"name": f"Bare {s.door}", "vat": "23334175221", "country_id": fr})
        ),
    )
    yield "long text", len(read(s, [make(s, "long", comment="x" * 5000)], "comment")[0]["comment"])
    if s.version < 19:
        yield "SIRET is cut", read(s, [make(s, "cut", siret="732 829 320 00074")], "siret")
    loaded = s.call(
        P,
        "load",
        fields=["id", "name", "parent_id/.id", "city"],
        data=[[f"__hub__.lc_{s.door}", f"Loaded contact {s.door}", str(top), "Elsewhere"]],
    )
    yield "loaded contact", loaded["messages"]
    yield "its address", read(s, loaded["ids"], "city", "street", "vat", "parent_id")[0]["city"]


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


def rights(s: Side) -> Iterator[Step]:
    answers = s.version >= 19
    method, key = ("has_access", "operation") if answers else ("check_access_rights", "operation")
    for model in (P, "res.country", "ir.model"):
        ids = [] if answers else None
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
    only = lambda *ids: {"context": {"allowed_company_ids": list(ids)}}  # noqa: E731
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


def unlinking(s: Side) -> Iterator[Step]:
    id = make(s, "gone")
    child = make(s, "left behind", parent_id=id)
    xml = s.call(P, "load", fields=["id", "name"], data=[[f"__hub__.gone_{s.door}", "Gone too"]])["ids"][0]
    yield "unlink", s.call(P, "unlink", [id])
    yield "gone", read(s, [id], "name")
    yield "again", kind(s.call(P, "unlink", [id]) if s.version < 19 else s.call(P, "unlink", [id]))
    yield "child stays", read(s, [child], "parent_id", "name")
    yield "unlink none", s.call(P, "unlink", [])
    yield "unlink with external id", s.call(P, "unlink", [xml])
    yield (
        "external id goes too",
        ids_of(s, [["module", "=", "__hub__"], ["name", "=", f"gone_{s.door}"]], "ir.model.data"),
    )
    yield (
        "the same external id makes another",
        s.call(P, "load", fields=["id", "name"], data=[[f"__hub__.gone_{s.door}", "Back"]])["ids"][0] != xml,
    )
    fr = country(s, "FR")
    yield "a country in use", s.call("res.country", "unlink", [fr])
    refused = s.call(P, "unlink", [3])
    yield "a user's contact", kind(refused)
    C = "res.partner.category"
    tag = make(s, "tag gone", C)
    tagged = make(s, "tagged gone", category_id=[[6, 0, [tag]]])
    yield "a tag in use", s.call(C, "unlink", [tag])
    yield "its record", read(s, [tagged], "category_id")


def describing(s: Side) -> Iterator[Step]:
    for model, names in FIELDS.items():
        shown = s.call(
            model,
            "fields_get",
            allfields=[n for n in names.split() if n not in ABSENT[s.version]],
            attributes=SHAPE,
        )
        for name in sorted(shown):
            yield f"{model}.{name}", shown[name]
    absent = s.call(P, "fields_get", allfields=sorted(ABSENT[s.version]), attributes=["type"])
    yield "fields of the other version", absent
    yield (
        "defaults",
        s.call(
            P,
            "default_get",
            fields=["name", "is_company", "lang", "type", "active", "color", "country_id", "company_id"],
        ),
    )
    yield (
        "models",
        sorted(
            r["model"]
            for r in s.call(
                "ir.model", "search_read", domain=[["model", "in", list(FIELDS)]], fields=["model"]
            )
        ),
    )
    found = s.call(
        "ir.model.fields",
        "search_read",
        domain=[["model", "=", P], ["name", "in", ["phone", "country_id"]]],
        fields=["name", "ttype", "relation"],
    )
    yield "fields as records", sorted([r["name"], r["ttype"], r["relation"]] for r in found)
    yield (
        "languages",
        sorted(r["code"] for r in s.call("res.lang", "search_read", domain=[], fields=["code"])),
    )
    yield (
        "group",
        s.call("res.users", "has_group", group_ext_id="base.group_system")
        if s.version < 19
        else None,
    )


ABSENT = {19: {"mobile", "siret", "date"}, 14: {"company_registry", "complete_name", "country_code"}}
FIELDS = {
    P: """name display_name is_company company_type parent_id child_ids ref lang user_id vat website comment category_id active function
        type street street2 zip city state_id country_id email email_normalized phone company_id company_name color user_ids
        partner_share commercial_partner_id customer_rank credit_limit mobile siret company_registry complete_name country_code
        id write_date create_date write_uid create_uid industry_id barcode""",
    "res.partner.category": "name color parent_id child_ids active",
    "res.country": "name code phone_code state_ids",
    "res.country.state": "name code country_id",
    "res.lang": "name code iso_code url_code active",
    "res.users": "login partner_id active company_id company_ids name email",
    "res.company": "name partner_id currency_id parent_id country_id",
    "ir.model.data": "name module complete_name model noupdate",
}  # fmt: skip
