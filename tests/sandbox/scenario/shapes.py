"""What models and fields say of themselves."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sandbox.doors import Side
from tests.sandbox.scenario.steps import P, Step

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
ABSENT = {19: {"mobile", "siret", "date"}, 14: {"company_registry", "complete_name", "country_code"}}
FIELDS = {
    P: """
        name display_name is_company company_type parent_id child_ids ref lang user_id vat website
        comment category_id active function type street street2 zip city state_id country_id email
        email_normalized phone company_id company_name color user_ids partner_share
        commercial_partner_id customer_rank credit_limit mobile siret company_registry complete_name
        country_code id write_date create_date write_uid create_uid industry_id barcode
    """,
    "res.partner.category": "name color parent_id child_ids active",
    "res.country": "name code phone_code state_ids",
    "res.country.state": "name code country_id",
    "res.lang": "name code iso_code url_code active",
    "res.users": "login partner_id active company_id company_ids name email",
    "res.company": "name partner_id currency_id parent_id country_id",
    "ir.model.data": "name module complete_name model noupdate",
}


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
        s.call("res.users", "has_group", group_ext_id="base.group_system") if s.version < 19 else None,
    )
