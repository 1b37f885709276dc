"""`load`, and saving many records at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.sandbox.doors import Side
from tests.sandbox.scenario.steps import P, Step, country, kind, make, read


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
    yield (
        "external ids",
        s.call(
            "ir.model.data",
            "search_read",
            domain=[["name", "=", f"load_a_{s.door}"]],
            fields=["module", "name", "model", "res_id", "noupdate", "complete_name"],
        ),
    )
    for row in s.call(P, "get_metadata", first["ids"]):
        told = {name: row.get(name, "not told") for name in ("xmlid", "xmlids", "noupdate", "create_uid")}
        yield f"metadata of {s.names[P, row['id']]}", told
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
    yield (
        "a row's parent in the same load",
        load(
            ["id", "name", "parent_id/id"],
            [f"{a}p", f"Parent {s.door}", ""],
            [f"{a}c", f"Child {s.door}", f"{a}p"],
        )["messages"],
    )
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
    spec: dict[str, Any] = {
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
