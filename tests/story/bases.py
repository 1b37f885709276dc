"""Three bases of one company that overlap: 300 customers in Odoo, 300 in Sage, 300 in a workbook.

Who is who is known (`Typed.truth`), and told to nobody but the person who answers and the tests that count.
The records are those of `sandbox.duplicates`; people enter them here by plain RPC, at Sage's screen, and in
the workbook, with what hangs on a customer in Odoo: contacts, messages, posted invoices.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from xmlrpc.client import Fault

import openpyxl

from sandbox.duplicates import Entity, entities, records
from sandbox.sage import THIRD_PARTIES, Column, Sage
from tests.story import company
from tests.story.site import Site

EACH = 300
ENTITIES = 450
"""So many customers are enough for `EACH` records of every base."""

FIELDS = ("name", "siret", "vat", "phone", "email", "street", "zip", "city")
MARK = "Doublon"
ASLEEP = "CT_Sommeil"
SHEET = ("N° client", "Raison sociale", "SIRET", "TVA", "Téléphone", "E-mail", "Adresse", "CP", "Ville",
         "Pays", MARK)  # fmt: skip
THIRD_PARTY = ("CT_Intitule", "CT_Siret", "CT_Identifiant", "CT_Telephone", "CT_EMail", "CT_Adresse",
               "CT_CodePostal", "CT_Ville")  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """One record as somebody typed it: in which system, under which id there, and whom it truly is."""

    system: str
    id: str
    truth: str
    values: Mapping[str, str]

    @property
    def place(self) -> tuple[str, str]:
        return self.system, self.id


@dataclass
class Hanging:
    """What hangs on one customer of Odoo: a posted invoice, a contact person, a message."""

    invoice: int
    contact: int
    message: int


@dataclass
class Bases:
    """The three bases, entered; `hanging` by the id of the customer in Odoo."""

    site: Site
    typed: dict[tuple[str, str], Typed] = field(default_factory=dict)
    hanging: dict[int, Hanging] = field(default_factory=dict)
    true: dict[str, Entity] = field(default_factory=lambda: {one.id: one for one in entities(ENTITIES)})

    def enter(self) -> None:
        """People at work in their three systems; whoever is twice in Odoo has business under both names."""
        base: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in records(ENTITIES):
            if len(base[row["system"]]) < EACH:
                name = row["name"] or f"{row['given_name']} {row['family_name']}"
                base[row["system"]].append({**row, "name": name})
        assert {system: len(rows) for system, rows in base.items()} == dict.fromkeys(base, EACH)
        self._into_odoo(base["odoo"])
        self._into_sage(base["sage"])
        self._into_the_workbook(base["clients"])
        self.furnish([int(one.id) for several in self.doubles("odoo") for one in several])

    @property
    def truths(self) -> set[str]:
        """Whoever is a customer."""
        return {one.truth for one in self.typed.values()}

    def truth(self, system: str, id: str) -> str | None:
        """Whom a record truly is; ``None`` of one that the hub made."""
        found = self.typed.get((system, id))
        return found.truth if found is not None else None

    def doubles(self, system: str) -> list[list[Typed]]:
        """The customers who are more than once in a system."""
        of: dict[str, list[Typed]] = defaultdict(list)
        for one in self.typed.values():
            if one.system == system:
                of[one.truth].append(one)
        return [several for several in of.values() if len(several) > 1]

    def correct(self, system: str, id: str, name: str) -> None:
        """Somebody types what could not be read as it truly is."""
        one = self.true[str(self.truth(system, id))]
        value = {"phone": one.phone, "siret": one.siret, "zip": one.postcode, "email": one.email}[name]
        if system == "odoo":
            self.site.call("res.partner", "write", [int(id)], {self._odoo(name): value or False})
        elif system == "sage":
            self.site.sage.edit(id, {THIRD_PARTY[FIELDS.index(name)]: value})
            self.site.sage.export()
        else:
            self.site.workbook.edit({id: {SHEET[1 + FIELDS.index(name)]: value or None}})
        kept = {field: value for field, value in self.typed[system, id].values.items() if field != name}
        self.typed[system, id] = replace(self.typed[system, id], values=kept)

    def moved(self, before: int, after: int) -> None:
        """A customer of Odoo goes by another id now."""
        one = self.typed.pop(("odoo", str(before)))
        self.typed["odoo", str(after)] = replace(one, id=str(after))
        self.hanging[after] = self.hanging.pop(before)

    # -- Odoo --------------------------------------------------------------------------------------------

    def _into_odoo(self, rows: list[dict[str, str]]) -> None:
        site = self.site
        if site.siret == "siret":
            # The French module of Odoo 14 holds fourteen characters: nobody types spaces there.
            rows = [{**row, "siret": row["siret"].replace(" ", "")} for row in rows]
        made = [
            {
                **{name: row[name] or False for name in FIELDS if name != "siret"},
                site.siret: row["siret"] or False, "is_company": True, "country_id": site.france,
            }
            for row in rows
        ]  # fmt: skip
        for id, row in zip(site.create(*made), rows, strict=True):
            self._note("odoo", str(id), row, row)

    def furnish(self, partners: Sequence[int]) -> None:
        """Somebody bills customers, names who answers there, and writes each a message."""
        call = self.site.call
        taxes = call("account.tax", "search", [["type_tax_use", "=", "sale"], ["amount", "=", 20]], limit=1)
        line = {"name": "Visite annuelle", "quantity": 1, "price_unit": 150.0, "tax_ids": [(6, 0, taxes)]}
        bill = {
            "move_type": "out_invoice", "invoice_date": "2026-03-02", "invoice_line_ids": [(0, 0, line)],
        }  # fmt: skip
        invoices = self._made("account.move", [{**bill, "partner_id": id} for id in partners])
        try:
            call("account.move", "action_post", invoices)
        except Fault as fault:
            # Odoo 14 posts them, and then cannot put its answer into XML.
            if "cannot marshal" not in fault.faultString:
                raise
        people = [{"name": "Claude Exemple", "parent_id": id} for id in partners]
        said = {"model": "res.partner", "body": "<p>À rappeler</p>", "message_type": "comment"}
        messages = self._made("mail.message", [{**said, "res_id": id} for id in partners])
        each = zip(partners, invoices, self._made("res.partner", people), messages, strict=True)
        self.hanging |= {partner: Hanging(*ids) for partner, *ids in each}

    def hangs_on(self) -> dict[int, dict[str, int | None]]:
        """On which customer hangs now what was hung on each; ``None`` where it is gone."""
        found: dict[int, dict[str, int | None]] = {partner: {} for partner in self.hanging}
        for word, model, name in (
            ("invoice", "account.move", "partner_id"),
            ("contact", "res.partner", "parent_id"),
            ("message", "mail.message", "res_id"),
        ):
            ids = {getattr(mine, word): partner for partner, mine in self.hanging.items()}
            rows = self.site.call(model, "search_read", [["id", "in", list(ids)]], [name])
            at = {row["id"]: row[name] for row in rows}
            for id, partner in ids.items():
                value = at.get(id)
                found[partner][word] = value[0] if isinstance(value, list) else value
        return found

    def invoices(self) -> dict[int, dict[str, Any]]:
        """The invoice that was billed to each customer, as it stands."""
        billed = {mine.invoice: partner for partner, mine in self.hanging.items()}
        names = ["name", "state", "amount_total"]
        rows = self.site.call("account.move", "read", list(billed), names)
        return {billed[row["id"]]: row for row in rows}

    def _odoo(self, name: str) -> str:
        return self.site.siret if name == "siret" else name

    def _made(self, model: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        found = self.site.call(model, "create", [dict(row) for row in rows])
        return [found] if isinstance(found, int) else list(found)

    # -- Sage and the workbook ---------------------------------------------------------------------------

    def _into_sage(self, rows: list[dict[str, str]]) -> None:
        columns = (*THIRD_PARTIES, Column(ASLEEP, 1))
        self.site.sage = Sage(self.site.folder / "sage", columns, object="tiers")
        for number, row in enumerate(rows, 1):
            # Its field for the SIRET holds fifteen characters: nobody types spaces there.
            kept = {**row, "siret": row["siret"].replace(" ", "")}
            values = dict(zip(THIRD_PARTY, (kept[name] for name in FIELDS), strict=True))
            code = self.site.sage.put({"CT_Num": f"S{number:05}", "CT_Pays": "France", ASLEEP: "0", **values})
            held = self.site.sage.rows[code]
            self._note("sage", code, row, dict(zip(FIELDS, (held[one] for one in THIRD_PARTY), strict=True)))
        self.site.sage.export()

    def _into_the_workbook(self, rows: list[dict[str, str]]) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "Clients"
        sheet["A1"] = "Base clients"
        for column, heading in enumerate(SHEET, 1):
            sheet.cell(company.TOP, column, heading)
        for number, row in enumerate(rows, 1):
            code = f"C{number:04}"
            values = (code, *(row[name] or None for name in FIELDS), "France")
            for column, value in enumerate(values, 1):
                sheet.cell(company.TOP + number, column, value)
            self._note("clients", code, row, row)
        book.save(self.site.workbook.path)

    def _note(self, system: str, id: str, row: Mapping[str, str], held: Mapping[str, str]) -> None:
        values = {name: held[name] for name in FIELDS if held[name]}
        self.typed[system, id] = Typed(system, id, row["truth"], values)

    # -- what is shown, and what was ever typed ------------------------------------------------------------

    def shown(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Every customer every system shows, by system and id: a row of the workbook that is marked as a
        double is none, nor is who sleeps in Sage."""
        domain = [["is_company", "=", True], ["ref_company_ids", "=", False]]
        fields = [name for name in FIELDS if name != "siret"]
        partners = self.site.call("res.partner", "search_read", domain, [*fields, self.site.siret])
        rows = self.site.workbook.rows()
        return {
            "odoo": {str(row["id"]): row for row in partners},
            "sage": {code: row for code, row in self.site.sage.rows.items() if row[ASLEEP] != "1"},
            "clients": {code: row for code, row in rows.items() if not row[MARK]},
        }


def folded(value: Any) -> str:
    """What a value says, however it is written: no case, no accents, telephones without the country."""
    text = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode().casefold()
    plain = "".join(letter for letter in text if letter.isalnum() or letter == "@")
    if plain.isdigit():
        for prefix in ("0033", "33", "0"):
            if len(plain) == len(prefix) + 9 and plain.startswith(prefix):
                return plain[len(prefix) :]
    return plain


def leaves(value: Any) -> Iterator[Any]:
    """Every single value in what may be nested."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from leaves(one)
    elif value not in (None, False, ""):
        yield value
