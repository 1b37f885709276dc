"""A company whose Odoo and workbook overlap and hold customers twice, for `hub duplicates`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import openpyxl

from sandbox.duplicates import records
from sandbox.odoo import Odoo, serve
from sandbox.odoo.models import merging
from tests.cli.conftest import HEADINGS, Company, Said

MARK = "Doublon"
COLUMNS = {"SIRET": "siret", "Téléphone": "phone", "E-mail": "email", "Adresse": "street",
           "Code postal": "zip", "Ville": "city", "TVA": "vat"}  # fmt: skip


@dataclass
class Twins:
    """The company, its Odoo, and who is who in truth: (system, id) → whom it is."""

    company: Company
    odoo: Odoo
    truth: dict[tuple[str, str], str] = field(default_factory=dict)

    def hub(self, *words: str, code: int | None = None) -> Said:
        said = self.company.hub(*words)
        assert code is None or said.code == code, (said.code, said.out, said.err)
        return said

    def duplicates(self, *words: str, code: int = 0) -> Any:
        """What `hub duplicates …` answers."""
        return self.hub("duplicates", *words, "--json", code=code).json

    def questions(self) -> list[dict[str, Any]]:
        return list(self.duplicates("list")["questions"])

    def whom(self, record: Mapping[str, Any]) -> set[str]:
        """Whom a record of a question truly is."""
        known = (self.truth.get((system, id)) for system, id in record["places"].items())
        return {one for one in known if one is not None}

    def are_one(self, question: Mapping[str, Any]) -> bool:
        one, other = question["records"]
        return self.whom(one) == self.whom(other)

    def asked(self, *, one: bool, within: str = "") -> dict[str, Any]:
        """The first question of which the answer is so; `within`: both are in this system."""
        return next(
            question
            for question in self.questions()
            if self.are_one(question) is one
            and all(not within or within in record["places"] for record in question["records"])
        )

    def has_partner(self, id: str) -> bool:
        """Whether Odoo has this contact, archived or not."""
        there = [["id", "=", int(id)], ["active", "in", [True, False]]]
        return self.odoo.env["res.partner"].search_count(there) == 1


@contextmanager
def twins(company: Company, entities: int = 40, *, mark: bool = True) -> Iterator[Twins]:
    """The company configured, with so many customers entered; nothing was synchronised yet."""
    with serve(19, models=merging.models(19)) as odoo:
        made = Twins(company, odoo)
        _enter(made, entities)
        said = company.hub(
            "init", "--odoo-url", odoo.url, "--odoo-database", odoo.database, "--odoo-login", odoo.login,
            "--odoo-password", odoo.password, "--excel-file", "clients.xlsx",
        )  # fmt: skip
        assert said.code == 0, said.err
        company.edit("hub.yaml", "    kind: excel\n", "    kind: excel\n    stable_seconds: 0\n")
        if mark:
            sheet = "    object: Clients"
            company.edit("mappings/customer.yaml", sheet, f"    merge: mark\n    merge_mark: {MARK}\n{sheet}")
        yield made


def _enter(made: Twins, entities: int) -> None:
    partners = made.odoo.env["res.partner"]
    rows: list[dict[str, Any]] = []
    count: dict[str, int] = defaultdict(int)
    for record in records(entities):
        name = record["name"] or f"{record['given_name']} {record['family_name']}"
        if record["system"] == "odoo":
            values = {key: record[key] or False for key in ("phone", "email", "street", "zip", "city", "vat")}
            id = partners.create(
                {**values, "name": name, "company_registry": record["siret"] or False, "is_company": True}
            )
            made.truth["odoo", str(int(id))] = record["truth"]
        elif record["system"] == "clients":
            count["clients"] += 1
            key = f"C{count['clients']:04}"
            row = {column: record[said] or None for column, said in COLUMNS.items()}
            rows.append({**row, HEADINGS[0]: key, HEADINGS[1]: name})
            made.truth["clients", key] = record["truth"]
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Clients"
    sheet.append([*HEADINGS, MARK])
    for one in rows:
        sheet.append([one.get(name) for name in (*HEADINGS, MARK)])
    book.save(made.company.workbook)
