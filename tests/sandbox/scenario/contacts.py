"""What a company and its contacts share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.sandbox.doors import Side
from tests.sandbox.scenario.steps import P, Step, country, kind, make, read


def contacts(s: Side) -> Iterator[Step]:
    fr = country(s, "FR")
    address: dict[str, Any] = {"street": "1 rue Haute", "zip": "38450", "city": "Vif", "country_id": fr}
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
