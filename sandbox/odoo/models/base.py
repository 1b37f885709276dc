"""The behaviour of the small models: countries, tags, companies, external ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from sandbox.odoo.base import remote
from sandbox.odoo.convert import translated
from sandbox.odoo.errors import AccessError
from sandbox.odoo.records import Records
from sandbox.odoo.schema import Row

NEGATIVE = ("!=", "not in", "not like", "not ilike")


def display_name(env: Any, row: Row) -> Any:
    """Overwritten by the record set, which knows its own names; never called on its own."""
    raise NotImplementedError


def timezones(env: Any) -> list[tuple[str, str]]:
    """Every time zone."""
    return [(zone, zone) for zone in sorted(available_timezones())]


def field_types(env: Any) -> list[tuple[str, str]]:
    """Every field type."""
    simple = "binary boolean char date datetime float html integer monetary selection text"
    return [(name, name) for name in [*simple.split(), "many2many", "many2one", "one2many"]]


def company_country(env: Any, row: Row) -> Any:
    """The country of a company's own contact."""
    contact = env.table("res.partner").rows.get(row.get("partner_id"))
    return contact.get("country_id") if contact else None


def group_name(env: Any, row: Row) -> Any:
    """A group's name."""
    return translated(row.get("name"), env.lang)


def complete_id(env: Any, row: Row) -> str:
    """An external id in full."""
    return f"{row['module']}.{row['name']}" if row.get("module") else str(row["name"])


class Country(Records):
    """Countries: a name of two letters is tried as a code first."""

    @remote(on="model")
    def name_search(
        self, name: str = "", domain: Any = None, operator: str = "ilike", limit: int = 100, **old: Any
    ) -> list[list[Any]]:
        """Ids and names, those of that code first."""
        wanted = list(domain or old.get("args") or [])
        found: list[list[Any]] = []
        if name and len(name) == 2 and operator not in NEGATIVE:
            ids = self.find([*wanted, ("code", "ilike" if self.old else operator, name)])
            found = [[id, self.name_of(self.table.rows[id])] for id in self.sort(ids)]
            wanted = [*wanted, ("id", "not in", ids)]
        return found + super().name_search(name, wanted, operator, limit)

    def named(self, name: str, operator: str) -> list[Any]:
        """By name; by code too in 19."""
        if self.old:
            return [("name", operator, name)]
        return ["|", ("name", operator, name), ("code", operator, name)]

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """Codes are upper case."""
        if values.get("code"):
            values["code"] = values["code"].upper()
        return values


class State(Records):
    """States of a country, found by code or name, shown with the country's code."""

    def named(self, name: str, operator: str) -> list[Any]:
        """By code or by name."""
        return ["|", ("code", "=ilike", name), ("name", operator, name)]

    def name_of(self, row: Row) -> str:
        """``Name (FR)``."""
        country = self.env.table("res.country").rows[row["country_id"]]
        return f"{row['name']} ({country['code']})"


class Category(Records):
    """Tags, shown with those above them."""

    def name_of(self, row: Row) -> str:
        """``Parent / Child``."""
        names = []
        current: Row | None = row
        while current is not None:
            names.append(str(translated(current.get("name"), self.env.lang) or ""))
            current = self.table.rows.get(current.get("parent_id") or 0)
        return " / ".join(reversed(names))

    def named(self, name: str, operator: str) -> list[Any]:
        """By name; in 14 by the last part of the shown name."""
        return [("name", operator, name.split(" / ")[-1] if self.old else name)]


class Company(Records):
    """Companies: a new one gets a contact of its own, and its maker may work in it."""

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """Make the contact."""
        if creating and not values.get("partner_id"):
            contact = {"name": values.get("name"), "is_company": True, "country_id": values.get("country_id")}
            values["partner_id"] = self.env.sudo()["res.partner"].create(contact)
        return values

    def settle(self, ids: Sequence[int], names: Any, *, creating: bool) -> None:
        """Let the maker in."""
        if creating:
            table = self.env.table("res.users")
            row = table.rows[self.env.uid]
            table.put(
                self.env.uid, {**row, "company_ids": tuple(sorted({*(row.get("company_ids") or ()), *ids}))}
            )


class ModelData(Records):
    """External ids."""

    @remote(on="model")
    def check_object_reference(
        self, module: str, xml_id: str, raise_on_access_error: bool = False
    ) -> tuple[str, int | bool]:
        """The model and id behind an external id."""
        for data in self.table.matching("name", [xml_id]):
            row = self.table.rows[data]
            if row["module"] == module:
                if self.env[row["model"]].find([("id", "=", row["res_id"])]):
                    return row["model"], row["res_id"]
                if raise_on_access_error:
                    raise AccessError(f"Not enough access rights on the external ID {module}.{xml_id}")
                return row["model"], False
        raise ValueError(f"External ID not found in the system: {module}.{xml_id}")

    @remote(on="model", until=16)
    def xmlid_to_res_model_res_id(self, xmlid: str, raise_if_not_found: bool = False) -> tuple[Any, Any]:
        """The model and id behind an external id."""
        module, _, name = xmlid.partition(".")
        try:
            return self.check_object_reference(module, name)
        except ValueError:
            if raise_if_not_found:
                raise
            return False, False

    @remote(on="model", until=16)
    def xmlid_to_res_id(self, xmlid: str, raise_if_not_found: bool = False) -> Any:
        """The id behind an external id."""
        return self.xmlid_to_res_model_res_id(xmlid, raise_if_not_found)[1]
