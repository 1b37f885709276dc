"""The customers that benchmarks move, and the systems they move between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import openpyxl

from hub import braking
from hub.engine import Engine
from hub.mapping import Mappings, load_mappings
from hub.ports import (
    Connector,
    Done,
    Finding,
    Known,
    Native,
    Outcome,
    Page,
    Receipt,
    Record,
    Traits,
    View,
    Write,
)
from hub.store import Store

COLUMNS = {
    "name": "Raison sociale", "siret": "SIRET", "phone": "Téléphone", "email": "E-mail", "street": "Adresse",
    "zip": "Code postal", "city": "Ville",
}  # fmt: skip
ODOO_FIELDS = {
    "name": "name", "siret": "company_registry", "phone": "phone", "email": "email", "street": "street",
    "zip": "zip", "city": "city",
}  # fmt: skip

_MAPPING = """
entity: customer
fields:
  name: {type: text, required: true}
  siret: {type: siret}
  phone: {type: phone, region: FR}
  email: {type: email}
  street: {type: text}
  zip: {type: postcode}
  city: {type: text}
match:
  - exact: [siret]
  - exact: [email, name]
systems:
"""
_SYSTEMS = {
    "odoo": (
        "  odoo:\n"
        "    object: res.partner\n"
        '    where: [["is_company", "=", true], ["ref_company_ids", "=", false]]\n'
        "    on_create: {is_company: true}\n"
    ),
    "clients": '  clients:\n    object: Clients\n    key: "N° client"\n',
    "mirror": "  mirror:\n    object: Clients\n",
}
_NATIVES = {"odoo": ODOO_FIELDS, "clients": COLUMNS, "mirror": {name: name for name in COLUMNS}}


def customer(number: int) -> dict[str, Native]:
    """A French company, the same for the same number, with a right SIRET and accents in its name."""
    siren = f"{10_000_000 + number:08d}"
    siren += _luhn(siren)
    siret = f"{siren}{number % 10_000:04d}"
    return {
        "name": f"Société Électrique {number}",
        "siret": siret + _luhn(siret),
        "phone": f"01 99 {number // 10000 % 100:02d} {number // 100 % 100:02d} {number % 100:02d}",
        "email": f"contact{number}@example.fr",
        "street": f"{number % 200} rue des Lilas",
        "zip": f"{13000 + number % 800:05d}",
        "city": "Arles",
    }


def mappings(folder: Path, *systems: str) -> Mappings:
    """The customer mapping with just these systems."""
    folder.mkdir(exist_ok=True)
    text = _MAPPING
    for system in systems:
        fields = ", ".join(f'{name}: "{native}"' for name, native in _NATIVES[system].items())
        text += f"{_SYSTEMS[system]}    fields: {{{fields}}}\n"
    (folder / "customer.yaml").write_text(text, encoding="utf-8")
    return load_mappings(folder)


def workbook(path: Path, count: int, changed: int = 0) -> None:
    """A customer workbook; the first `changed` customers have moved to another town."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Clients")
    sheet.append(["N° client", *COLUMNS.values()])
    for number in range(count):
        values = customer(number)
        if number < changed:
            values["city"] = "Nîmes"
        sheet.append([f"C{number:06d}", *values.values()])
    book.save(path)


def fresh_store(folder: Path) -> Store:
    """An empty SQLite database of the hub's, tables made."""
    store = Store(f"sqlite:///{folder / 'hub.sqlite'}")
    store.migrate()
    return store


class Mirror:
    """A system that costs nothing: `count` made-up customers, read by changes, and writes swallowed.

    It holds no record, so that what is measured is the hub's own time and memory. `touch` changes the town
    of some customers.
    """

    traits = Traits()

    def __init__(self, name: str, count: int) -> None:
        self.name, self.count = name, count
        self.changed: dict[int, str] = {}
        self.log: list[int] = []
        self.written = 0

    def touch(self, numbers: Iterable[int], city: str) -> None:
        for number in numbers:
            self.changed[number] = city
            self.log.append(number)

    def record(self, number: int) -> Record:
        values = customer(number)
        city = self.changed.get(number)
        if city:
            values["city"] = city
        return Record(str(number), values, version=city or "0")

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        first = cursor is None
        numbers: Sequence[int] = range(self.count) if first else self.log[int(cursor or 0) :]
        for start in range(0, max(len(numbers), 1), 1000):
            part = [self.record(number) for number in numbers[start : start + 1000]]
            yield Page(part, str(len(self.log)), total=len(numbers))

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        self.written += len(writes)
        return [
            Done(Record(write.id or f"new-{write.ref}", {**write.expected, **write.values}, version="w"))
            for write in writes
        ]

    def ids(self, view: View) -> set[str]:
        return {str(number) for number in range(self.count)}

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        return [self.record(int(one)) for one in ids if one.isdigit()]

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        return {}

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        return []

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        return []

    def receipts(self, view: View) -> Sequence[Receipt]:
        return []

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        return None

    def close(self) -> None:
        return None


def approve(engine: Engine, records: int) -> None:
    """A person has seen that so many records will be created, and wants it."""
    for mapping in engine.mappings:
        braking.approve(engine, mapping, dict.fromkeys(mapping.systems, records))


def _luhn(digits: str) -> str:
    doubled = (2 * int(digit) - 9 * (int(digit) > 4) if at % 2 == 0 else int(digit)
               for at, digit in enumerate(reversed(digits)))  # fmt: skip
    return str(-sum(doubled) % 10)


_: type[Connector] = Mirror
