"""A small company whose people typed some customers twice: what the tests of duplicates start from.

`PEOPLE` are one bakery said three ways, and others who are nobody's double. A golden record is named by the
record of a system that shows it (`golden_of`), as a person would point at it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub import verdicts
from hub.mapping import load_mappings
from hub.ports import Traits
from hub.store import Store, likenesses, mergers, worlds
from hub.store import tables as t
from hub.store.likenesses import OPEN, Likeness
from hub.store.mergers import Merger, Step
from hub.store.repository import loads
from hub.verdicts import Made, Parted
from tests.engine.conftest import Company
from tests.memory import MemorySystem
from tests.tally import tally

CUSTOMER = """
entity: customer
fields:
  name: {type: text, required: true}
  siret: {type: siret}
  phone: {type: phone, region: FR}
  email: {type: email}
  street: {type: text}
  zip: {type: postcode}
  city: {type: text}
  tags: {type: list, of: text}
match:
  - exact: [siret]
  - exact: [email, name]
duplicates: true
conflicts:
  default: latest
  name: [sage, odoo, list]
  email: ask
  tags: union
systems:
  odoo:
    object: partner
    merge: archive
    fields: {name: name, siret: siret, phone: phone, email: email, street: street, zip: zip, city: city,
             tags: tags}
  sage:
    object: BPC
    key: code
    new_key: "K{:03d}"
    fields: {name: {field: BPRNAM, max: 35, upper: true}, siret: CRN, phone: TEL, email: WEB, street: ADR,
             zip: POS, city: CTY}
  list:
    object: Clients
    key: "N°"
    new_key: "C{:03d}"
    merge: mark
    merge_mark: Doublon
    fields: {name: "Raison sociale", siret: SIRET, phone: "Tél.", email: "E-mail", street: Adresse, zip: CP,
             city: Ville}
"""

FEWER = CUSTOMER.replace("duplicates: true\n", "")
"""The same without a look at who may be whom: for what becomes of records that a person says are one."""

COLUMNS = {
    "odoo": ("partner", "name", "siret", "phone", "email", "street", "zip", "city"),
    "sage": ("BPC", "BPRNAM", "CRN", "TEL", "WEB", "ADR", "POS", "CTY"),
    "list": ("Clients", "Raison sociale", "SIRET", "Tél.", "E-mail", "Adresse", "CP", "Ville"),
}
_NAMES = ("name", "siret", "phone", "email", "street", "zip", "city")

BAKERY = {
    "name": "Boulangerie Martin SARL",
    "phone": "01 45 67 89 01",
    "street": "12 rue de la Paix",
    "zip": "38000",
    "city": "Grenoble",
}
GARAGE = {"name": "Garage Dupuis", "phone": "04 76 00 11 22", "zip": "38500", "city": "Voiron"}


def company_of(store: Store, folder: Path, *mappings: str) -> Company:
    """A company with these mappings, three systems, and nothing in them."""
    folder = folder / "mappings"
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(mappings or (CUSTOMER,)):
        (folder / f"{number}.yaml").write_text(text, encoding="utf-8")
    return Company(
        store,
        load_mappings(folder),
        MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )


def natives(system: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Canonical names to the columns of a system."""
    columns = dict(zip(_NAMES, COLUMNS[system][1:], strict=True))
    return {columns.get(name, name): value for name, value in values.items()}


def typed(company: Company, system: str, values: Mapping[str, Any], id: str | None = None) -> str:
    """A person types a customer in a system; its id there."""
    table = _system(company, system)[COLUMNS[system][0]]
    return table.add(natives(system, values), id)


def edited(company: Company, where: tuple[str, str], **values: Any) -> None:
    """A person edits a customer in a system."""
    _system(company, where[0])[COLUMNS[where[0]][0]].set(where[1], natives(where[0], values))


def shown(company: Company, where: tuple[str, str], name: str) -> Any:
    """What a system shows of a field."""
    return _system(company, where[0])[COLUMNS[where[0]][0]].show(where[1])[
        next(iter(natives(where[0], {name: 0})))
    ]


def rows(company: Company, system: str) -> dict[str, dict[str, Any]]:
    return _system(company, system)[COLUMNS[system][0]].rows()


def _system(company: Company, name: str) -> MemorySystem:
    return next(system for system in company.systems if system.name == name)


def golden_of(company: Company, where: tuple[str, str], entity: str = "customer") -> str:
    """The golden record that a record of a system belongs to, as itself or as a double."""
    with company.store.reading() as connection:
        for table in (t.link, t.doublet):
            found = connection.scalar(
                select(table.c.golden_id).where(
                    table.c.entity == entity, table.c.system == where[0], table.c.external_id == where[1]
                )
            )
            if found is not None:
                return str(found)
    raise LookupError(f"nothing is linked to {where}")


def values_of(company: Company, golden_id: str) -> dict[str, Any]:
    """What a golden record says; ``{}`` where there is none."""
    with company.store.reading() as connection:
        data = connection.scalar(select(t.golden.c.data).where(t.golden.c.id == golden_id))
    return dict(loads(data)) if data is not None else {}


def doubles(company: Company, entity: str = "customer") -> dict[tuple[str, str], str]:
    """(system, id) of every double that is there: its golden record."""
    with company.store.reading() as connection:
        return {
            (one.system, one.external_id): one.golden_id
            for system in ("odoo", "sage", "list")
            for one in worlds.doublets(connection, entity, system)
            if not one.gone
        }


def questions(company: Company, *verdicts: str) -> list[Likeness]:
    """Open questions, or the pairs with these verdicts."""
    with company.store.reading() as connection:
        return likenesses.listed(connection, verdicts=verdicts or (OPEN,))


def between(company: Company, one: str, other: str) -> Likeness | None:
    with company.store.reading() as connection:
        return likenesses.between(connection, one, other)


def merged(company: Company, taken_back: bool = False) -> list[Merger]:
    with company.store.reading() as connection:
        return mergers.listed(connection, taken_back=taken_back)


def steps(company: Company) -> list[Step]:
    with company.store.reading() as connection:
        return mergers.steps(connection)


def same(
    company: Company, one: tuple[str, str], other: tuple[str, str], merges: bool = False, insist: bool = False
) -> Made:
    """A person says that two records are one; the first stays."""
    ids = golden_of(company, one), golden_of(company, other)
    return verdicts.together(company.engine(), "customer", *ids, merges=merges, insist=insist)


def split(company: Company, merger: int | None = None) -> Parted:
    """A person takes the newest merger back, or this one."""
    number = merger if merger is not None else merged(company)[0].id
    return verdicts.split(company.engine(), number)


def at_rest(company: Company, rounds: int = 6) -> None:
    """Sync until nothing is written any more; then a look at everything writes nothing either."""
    for _ in range(rounds):
        if company.sync().writes == 0:
            break
    else:
        pytest.fail("it does not come to rest")
    asked = [one.pair for one in questions(company)]
    assert company.sync(compare=True).writes == 0
    assert [one.pair for one in questions(company)] == asked, "a second look asks something else"


def nothing_doubled(company: Company, *expected: int) -> None:
    """As many records in odoo, sage and the list as expected; each more is counted as one duplicated."""
    counts = [len(rows(company, system)) for system in ("odoo", "sage", "list")]
    more = sum(max(0, count - wanted) for count, wanted in zip(counts, expected, strict=True))
    if more:
        tally("records duplicated", more)
    assert tuple(counts) == expected


def all_said(company: Company) -> Counter[str]:
    """Every text that the journal holds, before or after: nothing that anybody typed may be missing."""
    found: Counter[str] = Counter()
    for change in company.journal():
        for value in (*change.before.values(), *change.after.values()):
            found.update([value] if isinstance(value, str) else value if isinstance(value, list) else [])
    return found
