"""Domains, orders, names and times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.sandbox.doors import Side
from tests.sandbox.scenario.steps import P, Step, country, ids_of, kind, make, read

STAMP = "%Y-%m-%d %H:%M:%S"


def searching(s: Side) -> Iterator[Step]:
    names = ["name", "ilike", f" {s.door}"]

    def found(*domain: Any, **more: Any) -> Any:
        return s.call(P, "search_read", domain=[names, *domain], fields=["name"], order="id", **more)

    fr = country(s, "FR")
    for number in range(6):
        values: dict[str, Any] = {
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
