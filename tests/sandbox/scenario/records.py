"""Making, reading, changing, archiving and deleting records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.sandbox.doors import Side
from tests.sandbox.scenario.steps import C, P, Step, country, ids_of, kind, make, make_raw, read


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


def reading(s: Side) -> Iterator[Step]:
    a, b, g = (
        id for name in ("alpha", "beta", "gamma") for (_, id), given in s.names.items() if given == name
    )
    fields = [
        "name",
        "display_name",
        "email",
        "email_normalized",
        "is_company",
        "company_type",
        "country_id",
        "parent_id",
        "child_ids",
        "category_id",
        "comment",
        "color",
        "type",
        "active",
        "lang",
        "user_id",
        "company_id",
        "write_date",
        "create_date",
        "write_uid",
        "commercial_partner_id",
        "ref",
        "vat",
        "website",
        "function",
        "credit_limit",
        "customer_rank",
        "state_id",
    ]
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


def archiving(s: Side) -> Iterator[Step]:
    id = make(s, "archived")
    all_of: dict[str, Any] = {"context": {"active_test": False}}
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


def unlinking(s: Side) -> Iterator[Step]:
    id = make(s, "gone")
    child = make(s, "left behind", parent_id=id)
    xml = s.call(P, "load", fields=["id", "name"], data=[[f"__hub__.gone_{s.door}", "Gone too"]])["ids"][0]
    yield "unlink", s.call(P, "unlink", [id])
    yield "gone", read(s, [id], "name")
    yield "again", kind(s.call(P, "unlink", [id]))
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
    tag = make(s, "tag gone", C)
    tagged = make(s, "tagged gone", category_id=[[6, 0, [tag]]])
    yield "a tag in use", s.call(C, "unlink", [tag])
    yield "its record", read(s, [tagged], "category_id")
