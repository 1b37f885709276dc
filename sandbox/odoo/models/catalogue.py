"""The fields of every model, per version, as a real server's `fields_get` shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.odoo.models import accounts, base, documents, partner, users
from sandbox.odoo.schema import (
    Field,
    Model,
    boolean,
    char,
    date,
    datetime,
    decimal,
    html,
    integer,
    many2many,
    many2one,
    one2many,
    selection,
    text,
)

EVERYONE = "base.group_user"
SETTINGS = "base.group_system"
RIGHTS = "base.group_erp_manager"
DATA_INDEX = "ir_model_data_module_name_uniq_index"
CONTACTS = "base.group_partner_manager"
READ = {EVERYONE: "r"}


def models_of(version: int, extra: Iterable[Model] = ()) -> dict[str, Model]:
    """Every model of this version by name, `extra` ones added, completed with the fields all models have."""
    makers: list[Callable[[int], Model]] = [
        _partner, _category, _industry, _country, _state, _user, _company, _lang, _currency, _group,
        _model, _model_field, _model_data, _model_access,
    ]  # fmt: skip
    booked = [*accounts.models(version), *documents.models(version)]
    found = [make(version) for make in makers] + booked + list(extra)
    declared = {model.name: replace(model, fields=_common(model)) for model in found}
    return {name: _indexed(model, declared) for name, model in declared.items()}


def _common(model: Model) -> Mapping[str, Field]:
    automatic = {
        "id": integer("ID", readonly=True),
        "display_name": char("Display Name", readonly=True, compute=base.display_name, recorded=False),
    }
    if model.log_access:
        automatic |= {
            "create_date": datetime("Created on", readonly=True),
            "create_uid": many2one("res.users", "Created by", readonly=True),
            "write_date": datetime("Last Updated on", readonly=True),
            "write_uid": many2one("res.users", "Last Updated by", readonly=True),
        }
    return {**automatic, **model.fields}


def _indexed(model: Model, declared: Mapping[str, Model]) -> Model:
    """The model with an index for every many2one that a one2many of some model goes through."""
    behind = {
        field.inverse
        for other in declared.values()
        for field in other.fields.values()
        if field.inverse and field.relation == model.name
    }
    return replace(model, indexes=tuple(dict.fromkeys([*model.indexes, *sorted(behind)])))


def _langs(env: Any) -> list[tuple[str, str]]:
    return list(env.installed_langs().items())


def _partner(version: int) -> Model:
    old = version < 19
    kinds = (
        [("contact", "Contact"), ("invoice", "Invoice Address"), ("delivery", "Delivery Address"),
         ("other", "Other Address"), ("private", "Private Address")]
        if old
        else [("contact", "Contact"), ("invoice", "Invoice"), ("delivery", "Delivery"), ("other", "Other")]
    )  # fmt: skip
    fields: dict[str, Field] = {
        "name": char("Name"),
        "is_company": boolean("Is a Company", default=False),
        "company_type": selection(
            [("person", "Individual" if old else "Person"), ("company", "Company")],
            "Company Type",
            compute=partner.company_type,
            searchable=False,
            recorded=False,
        ),
        "parent_id": many2one("res.partner", "Related Company"),
        "child_ids": one2many("res.partner", "parent_id", "Contact", only_live=True),
        "ref": char("Reference"),
        "lang": selection(_langs, "Language", default=lambda env: env.lang),
        "tz": selection(base.timezones, "Timezone", default=lambda env: env.context.get("tz")),
        "user_id": many2one("res.users", "Salesperson"),
        "vat": char("Tax ID"),
        "website": char("Website Link"),
        "comment": text("Notes") if old else html("Notes"),
        "category_id": many2many("res.partner.category", "Tags"),
        "active": boolean("Active", default=True),
        "employee": boolean("Employee"),
        "function": char("Job Position"),
        "type": selection(kinds, "Address Type", default="contact"),
        "street": char("Street"),
        "street2": char("Street2"),
        "zip": char("Zip"),
        "city": char("City"),
        "state_id": many2one("res.country.state", "State", ondelete="restrict"),
        "country_id": many2one("res.country", "Country", ondelete="restrict"),
        "contact_address": char(
            "Complete Address", readonly=True, compute=partner.contact_address, recorded=False
        ),
        "email": char("Email"),
        "email_normalized": char("Normalized Email", readonly=True, compute=partner.email_normalized),
        "phone": char("Phone"),
        "phone_sanitized": char("Sanitized Number", readonly=True, compute=partner.phone_sanitized),
        "industry_id": many2one("res.partner.industry", "Industry"),
        "company_id": many2one("res.company", "Company"),
        "company_name": char("Company Name"),
        "ref_company_ids": one2many("res.company", "partner_id", "Companies that refers to partner"),
        "color": integer("Color Index", default=0),
        "user_ids": one2many("res.users", "partner_id", "Users"),
        "partner_share": boolean("Share Partner", readonly=True, compute=partner.partner_share),
        "commercial_partner_id": many2one(
            "res.partner", "Commercial Entity", readonly=True, compute=partner.commercial_partner
        ),
        "commercial_company_name": char(
            "Company Name Entity", readonly=True, compute=partner.commercial_company_name
        ),
        "barcode": char("Barcode", recorded=not old),
        "credit_limit": decimal("Credit Limit"),
        "customer_rank": integer("Customer Rank", default=0),
        "supplier_rank": integer("Supplier Rank", default=0),
    }
    if old:
        fields |= {"siret": char("SIRET", size=14), "mobile": char("Mobile"), "date": date("Date")}
        fields["display_name"] = char("Display Name", readonly=True, compute=base.display_name)
    else:
        fields |= {
            "company_registry": char("Company ID"),
            "complete_name": char("Complete Name", readonly=True, compute=partner.complete_name),
            "country_code": char(
                "Country Code", readonly=True, size=2, compute=partner.country_code, recorded=False
            ),
        }
    return Model(
        "res.partner",
        "Contact",
        fields,
        order="display_name" if old else "complete_name, id desc",
        records=partner.Partner,
        access={EVERYONE: "r", CONTACTS: "crwu", RIGHTS: "r"},
        by_company=True,
    )


def _category(version: int) -> Model:
    old = version < 19
    return Model(
        "res.partner.category",
        "Partner Tags",
        {
            "name": char("Tag Name" if old else "Name", required=True, translate=True),
            "color": integer("Color Index" if old else "Color", default=1),
            "parent_id": many2one(
                "res.partner.category", "Parent Category" if old else "Category", ondelete="cascade"
            ),
            "child_ids": one2many("res.partner.category", "parent_id", "Child Tags"),
            "active": boolean("Active", default=True),
        },
        order="name" if old else "name, id",
        records=base.Category,
        access={EVERYONE: "r", CONTACTS: "crwu"},
    )


def _industry(version: int) -> Model:
    fields = {
        "name": char("Name", translate=True),
        "full_name": char("Full Name", translate=True),
        "active": boolean("Active", default=True),
    }
    return Model("res.partner.industry", "Industry", fields, order="name", access={**READ, SETTINGS: "crwu"})


def _country(version: int) -> Model:
    old = version < 19
    return Model(
        "res.country",
        "Country",
        {
            "name": char("Country Name", required=True, translate=True),
            "code": char("Country Code", size=2, required=not old),
            "phone_code": integer("Country Calling Code"),
            "currency_id": many2one("res.currency", "Currency"),
            "state_ids": one2many("res.country.state", "country_id", "States"),
        },
        order="name" if old else "name, id",
        records=base.Country,
        unique=(
            (
                ("code",),
                "The code of the country must be unique !"
                if old
                else "The code of the country must be unique!",
                "res_country_code_uniq",
            ),
        ),
        access={**READ, SETTINGS: "crwu"},
    )


def _state(version: int) -> Model:
    return Model(
        "res.country.state",
        "Country state",
        {
            "country_id": many2one("res.country", "Country", required=True),
            "name": char("State Name", required=True),
            "code": char("State Code", required=True),
        },
        order="code" if version < 19 else "code, id",
        records=base.State,
        unique=(
            (
                ("country_id", "code"),
                "The code of the state must be unique by country !"
                if version < 19
                else "The code of the state must be unique by country!",
                "res_country_state_name_code_uniq",
            ),
        ),
        access={EVERYONE: "r", CONTACTS: "crwu"},
    )


def _user(version: int) -> Model:
    groups = "group_ids" if version >= 18 else "groups_id"
    return Model(
        "res.users",
        "Users" if version < 19 else "User",
        {
            "partner_id": many2one("res.partner", "Related Partner", required=True, ondelete="restrict"),
            "login": char("Login", required=True),
            "password": char("Password", compute=users.no_password, recorded=False),
            "active": boolean("Active", default=True),
            "company_id": many2one("res.company", "Company", required=True, default=users.main_company),
            "company_ids": many2many("res.company", "Companies", default=users.main_companies),
            groups: many2many("res.groups", "Groups"),
            "share": boolean("Share User", readonly=True, compute=users.share),
            **{
                name: replace(field, compute=users.through_partner(name), default=None, recorded=False)
                for name, field in _partner(version).fields.items()
                if name in users.DELEGATED
            },
        },
        order="name, login",
        records=users.Users,
        unique=(
            (
                ("login",),
                "You can not have two users with the same login !"
                if version < 19
                else "You can not have two users with the same login!",
                "res_users_login_key",
            ),
        ),
        access={EVERYONE: "r", RIGHTS: "crwu"},
    )


def _company(version: int) -> Model:
    fields = {
        "name": char("Company Name", required=True),
        "sequence": integer("Sequence", default=10),
        "partner_id": many2one("res.partner", "Partner", required=True),
        "currency_id": many2one("res.currency", "Currency", required=True, default=1),
        "parent_id": many2one("res.company", "Parent Company"),
        "child_ids": one2many("res.company", "parent_id", "Child Companies" if version < 19 else "Branches"),
        "country_id": many2one(
            "res.country", "Country", compute=base.company_country, searchable=False, recorded=False
        ),
    }
    if version >= 19:
        fields["active"] = boolean("Active", default=True)
    return Model(
        "res.company",
        "Companies",
        fields,
        order="sequence, name",
        records=base.Company,
        unique=(
            (
                ("name",),
                "The company name must be unique !" if version < 19 else "The company name must be unique!",
                "res_company_name_uniq",
            ),
        ),
        access={EVERYONE: "r", RIGHTS: "crwu"},
    )


def _lang(version: int) -> Model:
    fields = {
        "name": char("Name", required=True),
        "code": char("Locale Code", required=True),
        "iso_code": char("ISO code"),
        "url_code": char("URL Code", required=True),
        "active": boolean("Active"),
    }
    return Model(
        "res.lang", "Languages", fields, order="active desc, name", access={**READ, SETTINGS: "crwu"}
    )


def _currency(version: int) -> Model:
    fields = {
        "name": char("Currency", size=3, required=True),
        "symbol": char("Symbol", required=True),
        "rounding": decimal("Rounding Factor", default=0.01),
        "decimal_places": integer("Decimal Places", readonly=True, compute=lambda env, row: 2),
        "active": boolean("Active", default=True),
    }
    return Model(
        "res.currency", "Currency", fields, order="active desc, name", access={**READ, SETTINGS: "crwu"}
    )


def _group(version: int) -> Model:
    fields = {
        "name": char("Name", required=True, translate=True),
        "full_name": char("Group Name", readonly=True, compute=base.group_name, recorded=False),
        "xmlid": char("External ID"),
    }
    return Model("res.groups", "Access Groups", fields, order="name", access={EVERYONE: "r", RIGHTS: "crwu"})


def _registry_access(version: int) -> dict[str, str]:
    return {RIGHTS: "crwu", **({EVERYONE: "r"} if version < 19 else {})}


def _model(version: int) -> Model:
    fields = {
        "name": char("Model Description", required=True, translate=True),
        "model": char("Model", required=True),
        "state": selection([("manual", "Custom Object"), ("base", "Base Object")], "Type"),
        "transient": boolean("Transient Model"),
    }
    return Model(
        "ir.model", "Models", fields, order="model", access=_registry_access(version), indexes=("model",)
    )


def _model_field(version: int) -> Model:
    fields = {
        "name": char("Field Name", required=True),
        "model": char("Model Name", required=True),
        "model_id": many2one("ir.model", "Model", required=True, ondelete="cascade"),
        "field_description": char("Field Label", required=True, translate=True),
        "ttype": selection(base.field_types, "Field Type", required=True),
        "relation": char("Related Model" if version >= 19 else "Object Relation"),
        "required": boolean("Required"),
        "readonly": boolean("Readonly"),
        "store": boolean("Stored"),
        "translate": boolean("Translatable"),
    }
    return Model(
        "ir.model.fields", "Fields", fields, order="name", rec_name="field_description",
        access=_registry_access(version), indexes=("model",),
    )  # fmt: skip


def _model_data(version: int) -> Model:
    fields = {
        "name": char("External Identifier", required=True),
        "module": char("Module", required=True, default=""),
        "complete_name": char(
            "Complete ID", readonly=True, compute=base.complete_id, searchable=False, recorded=False
        ),
        "model": char("Model Name", required=True),
        "res_id": integer("Record ID"),
        "noupdate": boolean("Non Updatable"),
    }
    return Model(
        "ir.model.data", "Model Data", fields, order="module, model, name",
        records=base.ModelData, indexes=("name", "res_id"),
        unique=((("module", "name"), f'duplicate key value violates unique constraint "{DATA_INDEX}"', ""),),
        access={RIGHTS: "crwu", **({EVERYONE: "cr"} if version < 19 else {})},
    )  # fmt: skip


def _model_access(version: int) -> Model:
    fields = {
        "name": char("Name", required=True),
        "model_id": many2one("ir.model", "Model", required=True, ondelete="cascade"),
        "group_id": many2one("res.groups", "Group"),
        "perm_read": boolean("Read Access"),
        "perm_write": boolean("Write Access"),
        "perm_create": boolean("Create Access"),
        "perm_unlink": boolean("Delete Access"),
    }
    return Model(
        "ir.model.access", "Model Access", fields, order="model_id,group_id,name,id", access={RIGHTS: "crwu"}
    )
