"""References, tags, hierarchies, translations."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sandbox.doors import Side
from tests.sandbox.scenario.steps import C, P, Step, country, first_line, ids_of, make, read


def relations(s: Side) -> Iterator[Step]:
    x, y, z = (make(s, name, C) for name in ("tag x", "tag y", "tag z"))
    id = make(s, "tagged", category_id=[[6, 0, [x, y]]])
    yield "tags", read(s, [id], "category_id")
    for what, commands in (
        ("link", [[4, z]]),
        ("link with zeros", [[4, x, 0]]),
        ("unlink", [[3, x]]),
        ("clear", [[5]]),
        ("set", [[6, 0, [z]]]),
        ("create", [[0, 0, {"name": f"tag new {s.door}"}]]),
        ("mixed", [[5, 0, 0], [4, y, 0], [4, z, 0]]),
    ):
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
    fr = {"lang": "fr_FR"}
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
