"""A workbook without a key column, where the admin allows the hub a column of its own."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from connectors.registry import connect
from hub.engine import Engine
from hub.mapping import load_mappings
from hub.store import Store, listing
from tests.memory import MemorySystem

MAPPING = """
entity: customer
fields:
  name: {type: text, required: true}
  city: {type: text}
match:
  - exact: [name]
systems:
  odoo:
    object: partner
    fields: {name: name, city: city}
  clients:
    object: Clients
    hub_id: "N° hub"
    fields: {name: "Raison sociale", city: Ville}
"""


def test_rows_typed_without_any_number_are_numbered_and_followed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Clients"
    sheet.append(["Raison sociale", "Ville", "N° hub"])
    sheet.append(["Garage Dupont", "Arles"])
    path = tmp_path / "clients.xlsx"
    book.save(path)
    (tmp_path / "customer.yaml").write_text(MAPPING, encoding="utf-8")
    store = Store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    store.migrate()
    odoo = MemorySystem("odoo")
    clients = connect("clients", "excel", {"path": path, "stable_seconds": 0})
    engine = Engine(store, load_mappings(tmp_path), {"odoo": odoo.connect(), "clients": clients})
    engine.sync()
    assert [row["name"] for row in odoo["partner"].rows().values()] == ["Garage Dupont"]
    odoo["partner"].edit("1", city="Nîmes")
    engine.sync()
    rows = list(openpyxl.load_workbook(path)["Clients"].values)
    assert rows[1][:2] == ("Garage Dupont", "Nîmes")
    assert rows[1][2]
    assert engine.sync().writes == 0
    with store.reading() as connection:
        assert not listing.reviews(connection)
    store.close()
