"""The office's own workbook, learned and synced: the draft, uncorrected, brings 300 customers into Odoo."""

from __future__ import annotations

from pathlib import Path

from connectors.excel.connector import ExcelConnector
from connectors.excel.settings import Settings
from connectors.odoo import connect
from connectors.odoo.settings import Settings as OdooSettings
from hub import rehearsal
from hub.cli.learn import Known, drafts_of, look
from hub.engine import Engine
from hub.mapping import load_mappings
from hub.store import Store
from sandbox.company import customers, write_workbook
from sandbox.odoo import serve
from tests.tally import tally

TRUTH = {
    "N° client": ("key", "text"), "Raison sociale": ("name", "text"), "SIRET": ("siret", "siret"),
    "Tél.": ("phone", "phone"), "E-mail": ("email", "email"), "Adresse": ("street", "text"),
    "CP": ("zip", "postcode"), "Ville": ("city", "text"), "Contrat": ("contrat", "choice"),
}  # fmt: skip


def test_the_draft_uncorrected_brings_300_customers_into_an_odoo_and_then_nothing(tmp_path: Path) -> None:
    people = list(customers(300))
    workbook = tmp_path / "clients.xlsx"
    write_workbook(workbook, people)
    lists = [one for one in look(workbook) if one.is_list]
    (learned,) = lists
    assert {g.column.heading: (g.name, g.type) for g in learned.guesses if g.sure} == TRUTH
    draft = drafts_of(lists, workbook, Known(odoo="odoo"))["Clients"]
    (tmp_path / "customer.yaml").write_text(draft, encoding="utf-8")
    mappings = load_mappings(tmp_path / "customer.yaml", {"clients", "odoo"})
    before = workbook.read_bytes()
    store = Store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    store.migrate()
    try:
        with serve(19) as odoo:
            known = {"url": odoo.url, "database": odoo.database, "login": odoo.login, "api_key": odoo.api_key}
            systems = {
                "clients": ExcelConnector("clients", Settings(path=workbook, stable_seconds=0)),
                "odoo": connect("odoo", OdooSettings.model_validate(known)),
            }
            engine = Engine(store, mappings, systems)
            engine.sync()
            partners = odoo.env["res.partner"]
            companies = [("is_company", "=", True), ("ref_company_ids", "=", False)]
            assert partners.search_count(companies) == 0, "the first creations wait for a person"
            rehearsal.approve(engine, rehearsal.plan(engine, mappings, engine.connectors))
            engine.sync()
            made = partners.search_read(companies, ["name", "company_registry", "phone", "zip", "city"])
            writes = odoo.calls["res.partner", "create"] + odoo.calls["res.partner", "write"]
            Engine(store, mappings, systems).sync()
            again = odoo.calls["res.partner", "create"] + odoo.calls["res.partner", "write"]
    finally:
        store.close()
    assert (len(made), again - writes) == (300, 0)
    tally("records duplicated", 300 - len({one["name"].casefold() for one in made}))
    assert len({one["name"].casefold() for one in made}) == 300
    assert workbook.read_bytes() == before
    zips = {one.name.casefold(): one.zip for one in people}
    lost = [one["name"] for one in made if zips.get(one["name"].casefold(), one["zip"]) != one["zip"]]
    tally("values lost", len(lost))
    assert not lost
    sirets = {one.siret for one in people}
    assert sum(one["company_registry"] in sirets for one in made) == len(
        learned.guesses[2].column.values.filled
    )
