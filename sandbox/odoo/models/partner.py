"""Contacts: names built from the company's, fields shared between a company and its contacts, VAT numbers.

A contact of type ``contact`` shares its company's address, and every contact its company's VAT number (in 19
also its registry number): writing one side writes the other, as in the real server; in 19 in both directions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import phonenumbers

from sandbox.odoo.convert import choices, translated
from sandbox.odoo.env import Env
from sandbox.odoo.errors import IntegrityError, MissingError, RedirectWarning, ValidationError
from sandbox.odoo.models import vat
from sandbox.odoo.records import Records
from sandbox.odoo.schema import Row

ADDRESS = ("street", "street2", "zip", "city", "state_id", "country_id")


def company_type(env: Env, row: Row) -> str:
    """``company`` or ``person``."""
    return "company" if row.get("is_company") else "person"


def commercial_partner(env: Env, row: Row) -> int:
    """The company a contact belongs to, or itself."""
    rows = env.table("res.partner").rows
    while not row.get("is_company") and row.get("parent_id") in rows:
        row = rows[row["parent_id"]]
    return int(row["id"])


def commercial_company_name(env: Env, row: Row) -> str | None:
    """The name of that company."""
    company = env.table("res.partner").rows[commercial_partner(env, row)]
    return (company.get("is_company") and company.get("name")) or row.get("company_name")


def complete_name(env: Env, row: Row) -> str:
    """``Company, Contact``."""
    name = row.get("name") or ""
    if row.get("company_name") or row.get("parent_id"):
        rows = env.table("res.partner").rows
        if not name and row.get("type") in ("invoice", "delivery", "other"):
            name = dict(choices(env, env.base.models["res.partner"].fields["type"]))[row["type"]]
        if not row.get("is_company"):
            above = rows.get(row.get("parent_id") or 0, {})
            name = f"{commercial_company_name(env, row) or above.get('name') or ''}, {name}"
    return str(name).strip()


def country_code(env: Env, row: Row) -> str | None:
    """The country's two letters."""
    country = env.table("res.country").rows.get(row.get("country_id") or 0)
    return country["code"] if country else None


def contact_address(env: Env, row: Row) -> str:
    """The address as its country writes it, here as France does."""
    country = env.table("res.country").rows.get(row.get("country_id") or 0) or {}
    town = f"{row.get('zip') or ''} {row.get('city') or ''}"
    name = translated(country.get("name"), env.lang) or ""
    return "\n".join([row.get("street") or "", row.get("street2") or "", town, name])


def partner_share(env: Env, row: Row) -> bool:
    """Whether no internal user is this contact."""
    users = env.table("res.users")
    found = users.indexes["partner_id"].get(row["id"], ())
    return not any(users.rows[id].get("active") or id == 1 for id in found)


def email_normalized(env: Env, row: Row) -> str | None:
    """The one address in the field, lower case."""
    found = re.findall(r"[^\s<>\",;]+@[^\s<>\",;]+", row.get("email") or "")
    return found[0].lower() if len(found) == 1 else None


def phone_sanitized(env: Env, row: Row) -> str | None:
    """The telephone number in E.164."""
    region = country_code(env, row) or "FR"
    for name in ("mobile", "phone"):
        if row.get(name):
            try:
                number = phonenumbers.parse(row[name], region)
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_possible_number(number):
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


class Partner(Records):
    """A set of contacts."""

    @property
    def commercial_fields(self) -> tuple[str, ...]:
        """What a contact has from its company."""
        return ("vat", "credit_limit") if self.old else ("vat", "company_registry", "industry_id")

    def visible(self, row: Row) -> bool:
        """Internal users' contacts are seen from every company."""
        return super().visible(row) or not partner_share(self.env, row)

    def name_of(self, row: Row) -> str:
        """``Company, Contact``."""
        return complete_name(self.env, row)

    def named(self, name: str, operator: str) -> list[Any]:
        """By name, e-mail, reference, VAT (and in 19 registry number)."""
        shown = "display_name" if self.old else "complete_name"
        names = [shown, "email", "ref", "vat"] + ([] if self.old else ["company_registry"])
        return ["|"] * (len(names) - 1) + [(field, operator, name) for field in names]

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """Derived values of one write."""
        if values.get("company_type"):
            values["is_company"] = values["company_type"] == "company"
        if values.get("website"):
            values["website"] = clean_website(values["website"])
        if values.get("parent_id"):
            values["company_name"] = False
        if values.get("vat") and self.old:
            values["vat"] = vat.written_14(str(values["vat"]), self._country_for(values))
        if not creating and not self.old and values.get("country_id"):
            self._need_country(values["country_id"])
        return values

    def _country_for(self, values: Mapping[str, Any]) -> str | None:
        """The country code a VAT number is written for: the one given, else that of the record."""
        given = values.get("country_id")
        if given is None and len(self.ids) == 1:
            given = self.table.rows[self.ids[0]].get("country_id")
        return country_code(self.env, {"country_id": given})

    def _need_country(self, id: Any) -> None:
        countries = self.env["res.country"]
        if isinstance(id, int) and id not in countries.table.rows:
            raise MissingError(countries._missing([id]))

    def check_row(self, row: Row, names: Iterable[str]) -> None:
        """A name, no circle, a VAT number that can be one."""
        if row.get("type") in ("contact", None) and row.get("name") is None and row.get("type") is not None:
            raise IntegrityError("check", "Contacts require a name", None, "res_partner_check_name")
        written = set(names)
        if "parent_id" in written and self._circular(row):
            raise ValidationError("You cannot create recursive Partner hierarchies.")
        if written & {"vat", "country_id"} and row.get("vat"):
            self._check_vat(row)

    def before_unlink(self) -> None:
        """A user's contact stays."""
        self._refuse_users("delete", "You should rather archive them after archiving their associated user.")

    def write(self, vals: Mapping[str, Any]) -> bool:
        """Set values, then those that follow in company and contacts."""
        if vals.get("active") is False and "active" in vals:
            self._refuse_users("archive", "You first need to archive their associated user.")
        before = [dict(row) for row in self.rows()] if self.ids else []
        super().write(vals)
        for old in before:
            row = self.table.rows[old["id"]]
            changed = set(vals) if self.old else {n for n in vals if row.get(n) != old.get(n)}
            if changed:
                self._share(row["id"], changed)
        if "company_id" in vals:
            for id in self.ids:
                below = list(self.table.indexes["parent_id"].get(id, ()))
                if below:
                    self.browse(below).write({"company_id": vals["company_id"]})
        return True

    write._remote = Records.write._remote  # type: ignore[attr-defined]

    def settle(self, ids: Sequence[int], names: Iterable[str], *, creating: bool) -> None:
        """What a new contact has from its company, or gives it."""
        if not creating:
            return
        for id in ids:
            row = self.table.rows[id]
            above = self.table.rows.get(row.get("parent_id") or 0)
            if above is None:
                continue
            if not self.old:
                self._set(id, {"lang": above.get("lang") or row.get("lang")})
                if not row.get("user_id") and above.get("user_id") and not row.get("is_company"):
                    self._set(id, {"user_id": above["user_id"]})
            self._share(
                id, {name for name, value in row.items() if value not in (None, (), False)} | {"parent_id"}
            )
            self._first_contact(id, above["id"])

    def _share(self, id: int, changed: set[str]) -> None:
        """Carry shared fields up from, and down to, the contacts of one company."""
        row = self.table.rows[id]
        above = self.table.rows.get(row.get("parent_id") or 0)
        if above is not None and changed & {"parent_id", "type"}:
            if "parent_id" in changed:
                self._from_company(id)
            if row.get("type") == "contact" and any(above.get(name) for name in ADDRESS):
                self._set(id, {name: above.get(name) for name in ADDRESS})
        if above is not None and not self.old:
            self._to_company(id, above["id"], changed)
        self._to_contacts(id, changed)

    def _from_company(self, id: int) -> None:
        company = self.table.rows[commercial_partner(self.env, self.table.rows[id])]
        if company["id"] == id:
            return
        shared = {name: company.get(name) for name in self.commercial_fields}
        self._set(id, shared if self.old else {n: v for n, v in shared.items() if v})

    def _to_company(self, id: int, above: int, changed: set[str]) -> None:
        row, company = self.table.rows[id], self.table.rows[above]
        moved = row.get("type") == "contact" and changed & {*ADDRESS, "parent_id"}
        differs = any(row.get(name) != company.get(name) for name in ADDRESS)
        if moved and differs and any(row.get(name) for name in ADDRESS):
            self.browse([above]).write(self._values(row, ADDRESS))
        numbered = commercial_partner(self.env, row) != id and changed & {"vat", "parent_id"}
        if numbered and row.get("vat") and row["vat"] != company.get("vat"):
            self.browse([above]).write({"vat": row["vat"]})

    def _to_contacts(self, id: int, changed: set[str]) -> None:
        below = list(self.table.indexes["parent_id"].get(id, ()))
        if not below:
            return
        row = self.table.rows[id]
        shared = [
            n
            for n in self.commercial_fields
            if n in changed or (self.old and changed & set(self.commercial_fields))
        ]
        if shared and commercial_partner(self.env, row) == id:
            for other in below:
                if not self.table.rows[other].get("is_company"):
                    self.browse([other]).write(self._values(row, shared))
        moved = [name for name in ADDRESS if name in changed]
        for other in below:
            if moved and self.table.rows[other].get("type") == "contact":
                self._set(other, {name: row.get(name) for name in moved})

    def _first_contact(self, id: int, above: int) -> None:
        row, company = self.table.rows[id], self.table.rows[above]
        lonely = len(self.table.indexes["parent_id"].get(above, ())) == 1
        empty = not any(company.get(name) for name in ADDRESS)
        top = company.get("is_company") or not company.get("parent_id")
        if lonely and empty and top and any(row.get(name) for name in ADDRESS):
            self._set(above, {name: row.get(name) for name in ADDRESS})

    def _set(self, id: int, values: Mapping[str, Any]) -> None:
        """Put stored values in a row, with nothing following from it."""
        row = self.table.rows[id]
        if any(row.get(name) != value for name, value in values.items()):
            stamp = {"write_date": self.env.base.time, "write_uid": self.env.uid}
            self.table.put(id, {**row, **values, **stamp})

    @staticmethod
    def _values(row: Row, names: Iterable[str]) -> dict[str, Any]:
        return {name: row.get(name) or False for name in names}

    def _circular(self, row: Row) -> bool:
        seen = {row["id"]}
        above = row.get("parent_id")
        while above:
            if above in seen:
                return True
            seen.add(above)
            above = self.table.rows.get(above, {}).get("parent_id")
        return False

    def _check_vat(self, row: Row) -> None:
        """Refuse a number its country cannot have given; 19 also writes it as the country does."""
        company = self.table.rows[commercial_partner(self.env, row)]
        code = country_code(self.env, company if self.old else row)
        number = str(row["vat"])
        if self.old:
            if not vat.plausible_14(number, code):
                raise ValidationError(vat.complaint(number, row.get("name"), code, old=True))
            return
        if code is None:
            return
        prefix, local = vat.parts_19(number, code)
        if not vat.plausible_19(prefix or code, local) and number != "/":
            raise ValidationError(
                vat.complaint(vat.compact(prefix or code, local), row.get("name"), code, old=False)
            )
        if number != "/":
            self._set(row["id"], {"vat": prefix + vat.compact(prefix or code, local)})

    def _refuse_users(self, verb: str, advice: str) -> None:
        users = self.env.table("res.users")
        found = [users.rows[id] for i in self.ids for id in users.indexes["partner_id"].get(i, ())]
        active = [row for row in found if row.get("active")]
        if not active:
            return
        if self.old:
            if verb == "archive":
                raise ValidationError("You cannot archive a contact linked to an internal user.")
            return
        names = ", ".join(self.name_of(self.table.rows[row["partner_id"]]) for row in active)
        raise RedirectWarning(
            f"You cannot {verb} contacts linked to an active user.\n{advice}\n\nLinked active users : {names}"
        )


def clean_website(website: str) -> str:
    """With a scheme."""
    return (
        website
        if re.match(r"[a-z][a-z0-9+.-]*:", website, re.IGNORECASE)
        else f"http://{website.lstrip('/')}"
    )
