"""The customers in the workbook the office keeps: a title, headings in row 3, and what people add.

Written row by row, so that 100,000 customers need no more memory than 300.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from sandbox.company.customers import Customer
from sandbox.company.typing_habits import any_phone, any_siret, dice_for, loosely

HEADINGS = (
    "N° client", "Raison sociale", "SIRET", "Tél.", "E-mail", "Adresse", "CP", "Ville", "Étiquette",
    "Contrat",
)  # fmt: skip
WIDTHS = (11, 40, 19, 18, 38, 34, 8, 26, 44, 10)
HEADING_ROW = 3
CONTRACTS = ("Oui", "Non", "À voir")


def write_workbook(path: Path, customers: Iterable[Customer]) -> int:
    """Write the workbook (sheets ``Clients`` and ``Notes``); the number of customers in it."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Clients")
    for letter, width in zip("ABCDEFGHIJ", WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "C4"
    for row in _top(sheet):
        sheet.append(row)
    last = HEADING_ROW
    for last, customer in enumerate(customers, start=HEADING_ROW + 1):
        sheet.append(_row(sheet, last, customer))
    _dress(sheet, last)
    notes = book.create_sheet("Notes")
    notes.append(["Merci de ne pas changer les numéros de client."])
    book.save(path)
    return last - HEADING_ROW


def _top(sheet: Any) -> list[list[Any]]:
    title = WriteOnlyCell(sheet, "Clients — maintenance électrique")
    title.font = Font(bold=True, size=16, color="1F4E78")
    headings = []
    for text in HEADINGS:
        cell = WriteOnlyCell(sheet, text)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F4E78")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        headings.append(cell)
    return [[title], [], headings]


def _row(sheet: Any, row: int, customer: Customer) -> list[Any]:
    dice = dice_for("workbook", customer)
    name = loosely(customer.name, dice)
    siret = any_siret(customer.siret, dice) if dice.random() < 0.88 else None
    phone = any_phone(customer.phone, dice) if dice.random() < 0.9 else None
    email = customer.email if customer.email and dice.random() < 0.8 else None
    street = loosely(customer.street, dice)
    city = loosely(customer.city, dice)
    contract = dice.choice(CONTRACTS) if dice.random() < 0.6 else None
    return [
        customer.code,
        name,
        _formatted(sheet, siret, "0") if isinstance(siret, int) else siret,
        phone,
        email.upper() if email and dice.random() < 0.05 else email,
        street,
        _formatted(sheet, int(customer.zip), "00000") if dice.random() < 0.3 else customer.zip,
        city,
        f'=B{row}&" — "&H{row}',
        contract,
    ]


def _formatted(sheet: Any, value: int, format: str) -> Any:
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = format
    return cell


def _dress(sheet: Any, last: int) -> None:
    """What people add: a filter, a list to choose from, a colour for what is missing."""
    first = HEADING_ROW + 1
    sheet.auto_filter.ref = f"A{HEADING_ROW}:J{max(last, first)}"
    choice = DataValidation(type="list", formula1=f'"{",".join(CONTRACTS)}"', allow_blank=True)
    choice.add(f"J{first}:J{max(last, first)}")
    sheet.data_validations.append(choice)
    yellow = PatternFill("solid", bgColor="FFF2CC")
    missing = FormulaRule([f'$E{first}=""'], fill=yellow)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(f"E{first}:E{max(last, first)}", missing)
