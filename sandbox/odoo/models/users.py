"""Users: a contact each, groups that imply others, passwords that are never read back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.odoo.base import remote
from sandbox.odoo.env import Account, Env, group_field
from sandbox.odoo.errors import ValidationError
from sandbox.odoo.records import Records
from sandbox.odoo.schema import Compute, Row

DELEGATED = (
    "name",
    "email",
    "phone",
    "lang",
    "tz",
    "country_id",
    "city",
    "street",
    "zip",
    "is_company",
    "comment",
)
IMPLIED = {
    "base.group_system": ("base.group_erp_manager", "base.group_user"),
    "base.group_erp_manager": ("base.group_user",),
    "base.group_partner_manager": (),
    "account.group_account_manager": ("account.group_account_invoice",),
}


class Frozen(dict[str, Any]):
    """A mapping that 14's XML-RPC cannot carry: it says so by this name."""


Frozen.__module__, Frozen.__qualname__, Frozen.__name__ = "odoo.tools.misc", "frozendict", "frozendict"


def through_partner(name: str) -> Compute:
    """Reads a field of the user's contact."""

    def read(env: Env, row: Row) -> Any:
        contact = env.table("res.partner").rows.get(row.get("partner_id") or 0)
        return contact.get(name) if contact else None

    return read


def no_password(env: Env, row: Row) -> str:
    """Empty, whatever it is."""
    return ""


def share(env: Env, row: Row) -> bool:
    """Whether this is not an internal user."""
    groups = env.table("res.groups").rows
    names = {groups[id]["xmlid"] for id in row.get(group_field(env.base.version)) or ()}
    return "base.group_user" not in names


def main_company(env: Env) -> Any:
    """The user's own company, for a new one."""
    return env.user.get("company_id")


def main_companies(env: Env) -> Any:
    """The same, as a list."""
    return [(6, 0, [env.user["company_id"]])] if env.user.get("company_id") else None


class Users(Records):
    """A set of users."""

    @remote(on="model")
    def context_get(self) -> Any:
        """The user's language and time zone."""
        contact = self.env.table("res.partner").rows[self.env.user["partner_id"]]
        found = {"lang": contact.get("lang") or "en_US", "tz": contact.get("tz") or False}
        return Frozen(found) if self.old else {**found, "uid": self.env.uid}

    @remote(on="model")
    def has_group(self, group_ext_id: str) -> bool:
        """Whether the calling user is in this group."""
        return group_ext_id in self.env.groups

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """A contact for a new user; implied groups."""
        if creating and not values.get("partner_id"):
            own = {name: values[name] for name in DELEGATED if name in values}
            values["partner_id"] = self.env.sudo()["res.partner"].create({**own, "active": True})
        return values

    def write(self, vals: Any) -> bool:
        """Set values, those of the contact there."""
        own = {name: value for name, value in vals.items() if name in DELEGATED}
        super().write(vals)
        if own:
            contacts = [self.table.rows[id]["partner_id"] for id in self.ids]
            self.env.sudo()["res.partner"].browse(contacts).write(own)
        if "password" in vals:
            for id in self.ids:
                self._account(id).password = vals["password"]
        return True

    write._remote = Records.write._remote  # type: ignore[attr-defined]

    def create(self, vals_list: Any) -> Any:
        """Make users who can log in."""
        made = super().create(vals_list)
        rows = [vals_list] if isinstance(vals_list, dict) else vals_list
        for id, values in zip([made] if isinstance(made, int) else made, rows, strict=True):
            self._account(id).password = values.get("password") or ""
        return made

    create._remote = Records.create._remote  # type: ignore[attr-defined]

    def settle(self, ids: Sequence[int], names: Iterable[str], *, creating: bool) -> None:
        """Add the groups that others imply."""
        name = group_field(self.env.base.version)
        groups = self.env.table("res.groups").rows
        known = {row["xmlid"]: id for id, row in groups.items()}
        for id in ids:
            row = self.table.rows[id]
            held = {groups[group]["xmlid"] for group in row.get(name) or ()}
            if creating and not held:
                held = {"base.group_user"} | ({"base.group_partner_manager"} if self.old else set())
            for group in list(held):
                held.update(IMPLIED.get(group, ()))
            self.table.put(id, {**row, name: tuple(sorted(known[group] for group in held))})

    def check_row(self, row: Row, names: Iterable[str]) -> None:
        """The current company is one of the allowed ones."""
        if row.get("company_id") not in (row.get("company_ids") or ()):
            raise ValidationError("The chosen company is not in the allowed companies for this user")

    def _account(self, id: int) -> Account:
        login = self.table.rows[id]["login"]
        return self.env.base.accounts.setdefault(login, Account(id, login, ""))
