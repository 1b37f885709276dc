"""The records a fresh database starts with, and their external ids."""

from __future__ import annotations

from functools import partial
from typing import Any

import phonenumbers
from phonenumbers.geodata.locale import LOCALE_DATA

from sandbox.odoo.env import Account, Database, Env, group_field
from sandbox.odoo.models import chart
from sandbox.odoo.schema import Row

GROUPS = {
    "base.group_user": ("User types/Internal User", "Role / User"),
    "base.group_erp_manager": ("Administration/Access Rights", "Access Rights"),
    "base.group_system": ("Administration/Settings", "Role / Administrator"),
    "base.group_multi_company": ("Multi Companies", "Multi Companies"),
    "base.group_partner_manager": ("Extra Rights/Contact Creation", "Contact/Creation"),
    "account.group_account_invoice": ("Invoicing/Billing", "Accounting/Invoicing"),
    "account.group_account_manager": ("Invoicing/Billing Administrator", "Accounting/Administrator"),
}
STATES = (
    ("US", "CA", "California"), ("US", "NY", "New York"), ("US", "TX", "Texas"),
    ("CA", "QC", "Quebec"), ("CA", "ON", "Ontario"),
    ("ES", "B", "Barcelona"), ("ES", "M", "Madrid"), ("IT", "TO", "Torino"), ("IT", "RM", "Roma"),
)  # fmt: skip
NAMES_IN_ODOO = {"US": ("United States", "États-Unis"), "GB": ("United Kingdom", "Royaume-Uni")}
INDUSTRIES = (
    "Administrative/Utilities",
    "Construction",
    "Education",
    "Health/Social",
    "Public Administration",
)


def seed(base: Database, login: str, password: str, api_key: str) -> None:
    """Fill an empty database. `login` is the administrator, user 2."""
    with base.transaction():
        _put(
            base, "res.currency", {"name": "EUR", "symbol": "€", "rounding": 0.01, "active": True}, "base.EUR"
        )
        _put(
            base, "res.currency", {"name": "USD", "symbol": "$", "rounding": 0.01, "active": True}, "base.USD"
        )
        _languages(base)
        countries = _countries(base)
        _company_and_users(base, login, countries["FR"])
        base.accounts[login] = Account(2, login, password, {api_key})
        for country, code, name in STATES:
            row = {"country_id": countries[country], "code": code, "name": name}
            _put(base, "res.country.state", row, f"base.state_{country.lower()}_{code.lower()}")
        for name in INDUSTRIES:
            _put(base, "res.partner.industry", {"name": {"en_US": name}, "active": True})
        chart.seed(base.version, partial(_put, base))
        _registry(base)


def _put(base: Database, model: str, values: Row, xml_id: str | None = None) -> int:
    table = base.store.tables[model]
    id = table.new_id()
    spec = base.models[model]
    row: Row = {"id": id, **table.blank}
    log = {"create_date": base.time, "write_date": base.time, "create_uid": 1, "write_uid": 1}
    table.put(id, {**row, **(log if spec.log_access else {}), **values})
    if xml_id:
        module, _, name = xml_id.partition(".")
        _put(
            base,
            "ir.model.data",
            {"module": module, "name": name, "model": model, "res_id": id, "noupdate": True},
        )
    return id


def _languages(base: Database) -> None:
    for code, name, active in (
        ("en_US", "English (US)", True),
        ("fr_FR", "French / Français", True),
        ("de_DE", "German / Deutsch", False),
    ):  # fmt: skip
        row = {"name": name, "code": code, "iso_code": code[:2], "url_code": code[:2], "active": active}
        _put(base, "res.lang", row, f"base.lang_{code[:2]}")


def _countries(base: Database) -> dict[str, int]:
    found = {}
    for code in sorted(code for code in LOCALE_DATA if len(code) == 2):
        english, french = NAMES_IN_ODOO.get(code, (_named(code, "en"), _named(code, "fr")))
        row = {
            "name": {"en_US": english, "fr_FR": french},
            "code": code,
            "phone_code": phonenumbers.country_code_for_region(code),
        }
        found[code] = _put(base, "res.country", row, f"base.{code.lower()}")
    return found


def _named(code: str, lang: str) -> str:
    """A country's name; where the source says ``*xx`` it means the name it gives in language xx."""
    names: Any = LOCALE_DATA[code]
    name = str(names.get(lang, code))
    return str(names.get(name[1:], code)) if name.startswith("*") else name


def _company_and_users(base: Database, login: str, france: int) -> None:
    contact = {"active": True, "type": "contact", "lang": "en_US", "color": 0, "is_company": False}
    _put(
        base,
        "res.partner",
        {**contact, "name": "My Company", "is_company": True, "country_id": france},
        "base.main_partner",
    )
    company = {"name": "My Company", "partner_id": 1, "currency_id": 1, "sequence": 0, "active": True}
    _put(
        base,
        "res.company",
        {k: v for k, v in company.items() if k in base.models["res.company"].fields},
        "base.main_company",
    )
    bot = {**contact, "name": "OdooBot", "active": False, "email": "odoobot@example.com", "company_id": 1}
    _put(base, "res.partner", bot, "base.partner_root")
    _put(base, "res.partner", {**contact, "name": "Administrator", "company_id": 1}, "base.partner_admin")
    _put(base, "res.partner", {**contact, "name": "Public user", "active": False}, "base.public_partner")
    version = base.version
    groups = {}
    for xml_id, names in GROUPS.items():
        row = {"name": {"en_US": names[version >= 19]}, "xmlid": xml_id}
        groups[xml_id] = _put(base, "res.groups", row, xml_id)
    rights = {"company_id": 1, "company_ids": (1,), group_field(version): tuple(groups.values())}
    _put(
        base,
        "res.users",
        {"login": "__system__", "partner_id": 2, "active": False, **rights},
        "base.user_root",
    )
    _put(base, "res.users", {"login": login, "partner_id": 3, "active": True, **rights}, "base.user_admin")
    public = {"company_id": 1, "company_ids": (1,)}
    _put(
        base, "res.users", {"login": "public", "partner_id": 4, "active": False, **public}, "base.public_user"
    )


def _registry(base: Database) -> None:
    """The rows of `ir.model`, `ir.model.fields` and `ir.model.access`, for those who look models up."""
    env = Env(base, 1)
    groups = {row["xmlid"]: id for id, row in env.table("res.groups").rows.items()}
    for spec in base.models.values():
        row = {"model": spec.name, "name": {"en_US": spec.description}, "state": "base", "transient": False}
        model = _put(base, "ir.model", row, f"base.model_{spec.name.replace('.', '_')}")
        for name, field in spec.fields.items():
            described = {
                "name": name, "model": spec.name, "model_id": model,
                "field_description": {"en_US": field.string},
                "ttype": field.type, "relation": field.relation, "required": field.required,
                "readonly": field.readonly, "store": field.recorded, "translate": field.translate,
            }  # fmt: skip
            _put(base, "ir.model.fields", described)
        for group, letters in spec.access.items():
            access = {
                "name": f"{spec.name} {group}", "model_id": model, "group_id": groups.get(group),
                "perm_read": "r" in letters, "perm_write": "w" in letters,
                "perm_create": "c" in letters, "perm_unlink": "u" in letters,
            }  # fmt: skip
            _put(base, "ir.model.access", access)
