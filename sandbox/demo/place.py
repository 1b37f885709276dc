"""Where the demo happens: an Odoo, a workbook and a Sage that each know some of the customers, and hub.yaml.

Everything is made from `sandbox.company`: each system gets some of the customers, spelled as people spell
them there. The methods that edit are people at their desks; those that read say what a system shows, without
the hub's help, so that the demo can check what the hub claims.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from hub.private import write_private
from sandbox.company import Customer, dotted, fill_odoo, national, spaced
from sandbox.company.typing_habits import any_phone, any_siret, dice_for, loosely, shortened
from sandbox.odoo import Odoo, serve
from sandbox.sage import Sage

PROJECT = Path(__file__).resolve().parents[2]
CUSTOMERS = ("N° client", "Raison sociale", "SIRET", "TVA", "Téléphone", "E-mail", "Adresse", "Code postal",
             "Ville", "Pays", "Technicien")  # fmt: skip
SAME = (
    ("name", "Raison sociale", "CT_Intitule"), ("phone", "Téléphone", "CT_Telephone"),
    ("email", "E-mail", "CT_EMail"), ("street", "Adresse", "CT_Adresse"),
    ("zip", "Code postal", "CT_CodePostal"), ("city", "Ville", "CT_Ville"),
)  # fmt: skip
"""Fields that all three hold: in Odoo, the workbook and Sage."""
CONTACTS = ("N° contact", "Nom", "N° client", "Fonction", "Téléphone", "E-mail")
TECHNICIANS = ("Karim", "Lucie", "Mathis", "Inès")
PASSWORD = "demo"
TRUST = ("odoo", "clients", "sage")
"""Whose spelling stands where two differ: people are careful in Odoo, and Sage knows capitals only."""


class Place:
    """One demo's folder and systems."""

    def __init__(self, folder: Path, odoo: Odoo, customers: Sequence[Customer], http_port: int) -> None:
        self.folder, self.odoo, self.customers = folder, odoo, customers
        self.config = folder / "hub.yaml"
        self.workbook = folder / "clients.xlsx"
        self.sage = Sage(folder / "sage")
        self.http_port = http_port
        self._read: list[dict[str, Any]] = []
        self._read_at = (0, 0)
        self.in_odoo = [c for number, c in enumerate(customers) if number % 5 in (0, 1, 2)]
        self.in_workbook = [c for number, c in enumerate(customers) if number % 5 in (1, 2, 3, 4)]
        self.in_sage = [c for number, c in enumerate(customers) if number % 2 == 0]
        self._fill_odoo()
        self._fill_workbook()
        self._fill_sage()
        self.write_config("warning", default="1h", deliver="1h")

    # -- filling --------------------------------------------------------------------------------------

    def _fill_odoo(self) -> None:
        fill_odoo(lambda model, method, *args: getattr(self.odoo.env[model], method)(*args), self.in_odoo)

    def _fill_workbook(self) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert isinstance(sheet, Worksheet)
        sheet.title = "Clients"
        people = book.create_sheet("Contacts")
        sheet.append(CUSTOMERS)
        people.append(CONTACTS)
        for number, customer in enumerate(self.in_workbook):
            key = f"C{number + 1:04}"
            sheet.append([key, *_row(customer), TECHNICIANS[number % len(TECHNICIANS)]])
            for one in customer.contacts if number % 2 else ():
                values = (one.name, key, one.function, dotted(one.phone), one.email)
                people.append([f"P{people.max_row:04}", *values])
        for one_sheet in (sheet, people):
            _dress(one_sheet)
        self._save(book)

    def _fill_sage(self) -> None:
        for number, customer in enumerate(self.in_sage, start=1):
            self.sage.put({"CT_Num": f"411{number:05}", **_third_party(customer)})
        self.sage.export()

    def write_config(self, level: str, *, default: str, deliver: str) -> None:
        """hub.yaml, the mappings that ship, and the secret beside them."""
        mappings = self.folder / "mappings"
        if not mappings.exists():
            mappings.mkdir()
            for file in (PROJECT / "mappings").glob("*.yaml"):
                trusting = file.read_text("utf-8").replace(
                    "default: latest", f"default: [{', '.join(TRUST)}]"
                )
                text = trusting if file.stem == "customer" else file.read_text("utf-8")
                (mappings / file.name).write_text(text, "utf-8")
        write_private(self.folder / ".env", f"ODOO_API_KEY={self.odoo.api_key}\n".encode())
        self.config.write_text(
            f"""\
# Written by `hub demo`. A real one looks the same: `hub init` writes it.
database: sqlite:///hub.sqlite
mappings: mappings

systems:
  odoo:
    kind: odoo
    url: {self.odoo.url}
    database: {self.odoo.database}
    login: {self.odoo.login}
    api_key: ${{ODOO_API_KEY}}           # from .env beside this file
  clients:
    kind: excel
    path: clients.xlsx
    stable_seconds: 0
  sage:
    kind: sage
    exports: sage/exports
    imports: sage/imports
    acks: sage/acks
    stable_seconds: 0

schedule: {{default: {default}, deliver: {deliver}}}
http: {{port: {self.http_port}}}
logging: {{level: {level}}}
""",
            "utf-8",
        )

    # -- people at their desks ------------------------------------------------------------------------

    def edit_odoo(self, siret: str, **values: str) -> None:
        """Someone changes a customer in Odoo."""
        self._partner(siret).write(values)

    def edit_workbook(self, siret: str, values: dict[str, str]) -> None:
        """Someone changes cells of a customer's row and saves."""
        book = openpyxl.load_workbook(self.workbook)
        sheet = book["Clients"]
        row = next(r for r in range(2, sheet.max_row + 1) if digits(sheet.cell(r, 3).value) == siret)
        for heading, value in values.items():
            sheet.cell(row, CUSTOMERS.index(heading) + 1).value = value
        self._save(book)

    def add_to_sage(self, customer: Customer) -> None:
        """The accountant enters a new customer."""
        last = max(int(code[3:]) for code in self.sage.rows if code.startswith("411"))
        self.sage.put({"CT_Num": f"411{last + 1:05}", **_third_party(customer)})
        self.sage.export()

    def add_to_workbook(self, customer: Customer) -> None:
        """Someone adds a row for a new customer."""
        book = openpyxl.load_workbook(self.workbook)
        sheet = book["Clients"]
        last = max(int(str(sheet.cell(row, 1).value)[1:]) for row in range(2, sheet.max_row + 1))
        sheet.append([f"C{last + 1:04}", customer.name, customer.siret])
        self._save(book)

    # -- what each system shows -----------------------------------------------------------------------

    def shown_in_odoo(self, siret: str) -> dict[str, Any] | None:
        """The customer's values in Odoo, ``id`` among them; ``None`` if it is not there once."""
        names = ["name", "phone", "email", "street", "zip", "city", "company_registry"]
        found = self._partner(siret).read(names)
        return dict(found[0]) if len(found) == 1 else None

    def shown_in_workbook(self, siret: str) -> dict[str, Any] | None:
        """The customer's cells by heading; ``None`` if it is not there once."""
        found = [row for row in self._rows() if digits(row["SIRET"]) == siret]
        return found[0] if len(found) == 1 else None

    def _rows(self) -> list[dict[str, Any]]:
        """The rows of the sheet, read anew if the workbook is another one than last time."""
        found = self.workbook.stat()
        if self._read_at != (found.st_mtime_ns, found.st_size):
            sheet = openpyxl.load_workbook(self.workbook, read_only=True)["Clients"]
            cells = sheet.iter_rows(min_row=2, values_only=True)
            self._read = [dict(zip(CUSTOMERS, row, strict=False)) for row in cells]
            self._read_at = (found.st_mtime_ns, found.st_size)
        return self._read

    def shown_in_sage(self, siret: str) -> dict[str, str] | None:
        """The third party's fields; ``None`` if it is not there once."""
        found = [row for row in self.sage.rows.values() if row["CT_Siret"] == siret]
        return found[0] if len(found) == 1 else None

    def counts(self) -> dict[str, tuple[int, int]]:
        """How many customers and contacts each system holds."""
        partners = self.odoo.env["res.partner"]
        book = openpyxl.load_workbook(self.workbook, read_only=True)
        rows = {
            name: sum(1 for row in book[name].iter_rows(min_row=2, values_only=True) if row[0])
            for name in book.sheetnames
        }
        return {
            "odoo": (
                partners.search_count([("is_company", "=", True), ("ref_company_ids", "=", False)]),
                partners.search_count([("is_company", "=", False), ("parent_id", "!=", False)]),
            ),
            "clients": (rows["Clients"], rows["Contacts"]),
            "sage": (len(self.sage.rows), 0),
        }

    def differences(self) -> list[str]:
        """Where the three systems do not say the same of a customer, each allowed its own spelling."""
        found = []
        for siret in sorted({row["CT_Siret"] for row in self.sage.rows.values()}):
            sides = self.shown_in_odoo(siret), self.shown_in_workbook(siret), self.shown_in_sage(siret)
            if None in sides:
                found.append(f"{siret} is not once in each system")
                continue
            for names in SAME:
                values = [_alike(side[name]) for side, name in zip(sides, names, strict=True) if side]
                if len({value[: self._length(names[2])].rstrip() for value in values}) > 1:
                    found.append(f"{siret}: {names[0]}: {', '.join(values)}")
        return found

    def _length(self, title: str) -> int:
        """How many characters Sage holds of a field."""
        return next(column.length for column in self.sage.columns if column.title == title)

    def _partner(self, siret: str) -> Any:
        partners = self.odoo.env["res.partner"]
        return partners.browse(partners.search([("is_company", "=", True), ("company_registry", "=", siret)]))

    def _save(self, book: openpyxl.Workbook) -> None:
        draft = self.workbook.with_suffix(".draft")
        book.save(draft)
        os.replace(draft, self.workbook)


@contextmanager
def placed(folder: Path, customers: Sequence[Customer], port: int, http_port: int) -> Iterator[Place]:
    """A demo's place for as long as the block lasts; the folder's files stay."""
    key = secrets.token_hex(20)
    with serve(19, database="demo", password=PASSWORD, api_key=key, port=port) as odoo:
        yield Place(folder, odoo, customers, http_port)


def _row(customer: Customer) -> list[str | int | None]:
    """A customer as the office typed it over the years."""
    dice = dice_for("workbook", customer)
    return [
        customer.name,
        any_siret(customer.siret, dice),
        customer.vat if dice.random() < 0.5 else None,
        any_phone(customer.phone, dice) if dice.random() < 0.9 else None,
        customer.email if dice.random() < 0.8 else None,
        loosely(customer.street, dice),
        customer.zip,
        customer.city,
        "France",
    ]


def _third_party(customer: Customer) -> dict[str, str]:
    """A customer as the accountant typed it into Sage; what is too long or in small letters, Sage changes."""
    dice = dice_for("sage", customer)
    return {
        "CT_Intitule": customer.name,
        "CT_Siret": customer.siret,
        "CT_Identifiant": customer.vat,
        "CT_Telephone": spaced(national(customer.phone), (2,) * 5) if dice.random() < 0.8 else "",
        "CT_EMail": customer.email if dice.random() < 0.7 else "",
        "CT_Adresse": shortened(customer.street),
        "CT_CodePostal": customer.zip,
        "CT_Ville": customer.city,
        "CT_Pays": "France",
    }


def _dress(sheet: Worksheet) -> None:
    """As a workbook looks that people have worked with: the hub leaves all this alone."""
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F4E78")
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    for letter, width in zip("ABCDEFGHIJK", (11, 38, 19, 16, 17, 34, 34, 12, 24, 10, 12), strict=True):
        sheet.column_dimensions[letter].width = width


def _alike(value: object) -> str:
    """A value without a system's own spelling: case, blanks, how telephone numbers are grouped."""
    text = " ".join(str(value or "").casefold().split())
    number = digits(text)
    is_phone = len(number) >= 9 and not any(character.isalpha() for character in text)
    return number[-9:] if is_phone else text


def digits(value: object) -> str:
    return "".join(character for character in str(value or "") if character.isdigit())
