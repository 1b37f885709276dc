"""`hub init`: what it writes, what it never overwrites, and what it says where something is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.assembly import Assembly
from hub.cli.shipped import Adapted, shipped
from sandbox.odoo import serve
from tests.cli.conftest import Company

SECRET = 'p@ss "word" #1'


def test_without_a_terminal_every_missing_flag_is_named_and_nothing_is_written(bare: Company) -> None:
    before = bare.files()
    said = bare.hub("init", "--odoo-url", "https://odoo.example", "--excel-sheet", "Clients")
    assert said.code == 2
    for flag in ("--odoo-database", "--odoo-login", "--odoo-password", "--excel-file"):
        assert flag in said.err
    assert "--odoo-url," not in said.err
    assert bare.files() == before


def test_one_system_alone_is_refused(bare: Company) -> None:
    said = bare.hub("init", "--excel-file", "clients.xlsx")
    assert said.code == 2
    assert "at least two" in said.err
    assert not bare.config.exists()


def test_what_is_there_is_not_overwritten_without_force_and_kept_with_it(company: Company) -> None:
    company.edit("mappings/customer.yaml", "phone: ask ", "phone: latest ")
    before = company.files()
    said = company.hub("init", "--excel-file", "clients.xlsx", "--sage-exports", "sage/exports")
    assert said.code == 2
    assert "--force" in said.err
    assert "mappings/customer.yaml" in said.err
    assert company.files() == before

    again = company.init("--force")
    assert again.code == 0
    assert company.files()["mappings/customer.yaml.bak"] == before["mappings/customer.yaml"]
    assert company.files()["hub.yaml.bak"] == before["hub.yaml"]
    assert company.hub("check").code == 0


def test_answers_that_make_no_configuration_write_nothing(bare: Company) -> None:
    before = bare.files()
    said = bare.hub(
        "init", "--excel-file", "clients.xlsx", "--sage-exports", "sage/exports", "--every", "sometimes"
    )
    assert said.code == 2
    assert "sometimes" in said.err
    assert ".hub-init-" not in said.err
    assert bare.files() == before


def test_secrets_go_to_a_private_file_and_nowhere_else(bare: Company) -> None:
    said = bare.hub(
        "init", "--odoo-url", "https://odoo.example/web", "--odoo-database", "prod", "--odoo-login", "hub",
        "--odoo-password", SECRET, "--odoo-version", "19", "--excel-file", "clients.xlsx",
        "--database", "postgresql://hub:s%2Fcret@127.0.0.1/hub", "--json",
    )  # fmt: skip
    assert said.code == 0
    assert said.json["systems"] == ["odoo", "clients"]
    assert SECRET not in said.out + said.err
    written = bare.files()
    assert [name for name, data in written.items() if SECRET.encode() in data] == [".env"]
    assert [name for name, data in written.items() if b"s/cret" in data or b"s%2Fcret" in data] == [".env"]
    if os.name == "posix":
        assert (bare.home / ".env").stat().st_mode & 0o777 == 0o600
    assembly = Assembly.load(bare.config, environment={})
    assert set(assembly.secrets) == {SECRET, "s/cret"}
    assert SECRET not in repr(assembly.settings)


def test_a_password_may_come_from_the_environment(bare: Company) -> None:
    bare.env["ODOO_PASSWORD"] = SECRET
    said = bare.hub(
        "init", "--odoo-url", "https://odoo.example", "--odoo-database", "prod", "--odoo-login", "hub",
        "--odoo-version", "14", "--excel-file", "clients.xlsx",
    )  # fmt: skip
    assert said.code == 0
    assert SECRET in (bare.home / ".env").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("version", "field"),
    [("14", "siret"), ("15", "siret"), ("16", "company_registry"), ("19", "company_registry")],
)
def test_the_siret_is_kept_where_this_odoo_keeps_it(version: str, field: str, bare: Company) -> None:
    said = bare.hub(
        "init", "--odoo-url", "https://odoo.example", "--odoo-database", "prod", "--odoo-api-key", "k",
        "--odoo-version", version, "--excel-file", "clients.xlsx", "--excel-contacts", "Contacts",
    )  # fmt: skip
    assert said.code == 0
    mappings = Assembly.load(bare.config, environment={}).mappings
    assert [mapping.entity for mapping in mappings] == ["customer", "contact"]
    lens = mappings["customer"].systems["odoo"].lens("siret")
    assert lens is not None
    assert lens.natives == (field,)


def test_the_server_itself_is_asked_what_it_has(bare: Company) -> None:
    with serve(version=14) as odoo:
        bare.env["ODOO_PASSWORD"] = odoo.password
        flags = ("init", "--odoo-url", odoo.url, "--odoo-database", odoo.database, "--odoo-login", odoo.login,
                 "--excel-file", "clients.xlsx")  # fmt: skip
        before = bare.files()
        wrong = bare.hub(*flags, "--odoo-password", "not the password")
        assert wrong.code == 2
        assert "password" in wrong.err
        assert bare.files() == before
        assert bare.hub(*flags).code == 0
        known = odoo.env["res.partner"].fields_get([])
    lens = Assembly.load(bare.config, environment={}).mappings["customer"].systems["odoo"].lens("siret")
    assert (lens.natives if lens else None) == (("siret",) if "siret" in known else None)


def test_a_server_that_is_not_there_is_said_with_the_way_around(bare: Company) -> None:
    said = bare.hub(
        "init", "--odoo-url", "http://127.0.0.1:9", "--odoo-database", "prod", "--odoo-login", "hub",
        "--odoo-password", "x", "--excel-file", "clients.xlsx",
    )  # fmt: skip
    assert said.code == 3
    assert "--odoo-version" in said.err
    assert not bare.config.exists()


def test_the_names_sheets_and_columns_are_those_that_were_given(bare: Company) -> None:
    said = bare.hub(
        "init", "--excel-file", "clients.xlsx", "--excel-name", "classeur", "--excel-sheet",
        "Fichier: clients", "--excel-key", "Réf. #", "--excel-new-key", "R{n:03}",
        "--sage-exports", "sage/exports", "--sage-name", "compta", "--sage-object", "tiers", "--every", "30s",
    )  # fmt: skip
    assert said.code == 0
    assembly = Assembly.load(bare.config)
    assert str(assembly.settings.schedule.default) == "30s"
    mapping = assembly.mappings["customer"]
    assert set(mapping.systems) == {"classeur", "compta"}
    view = mapping.systems["classeur"].view
    assert (view.object, view.key, view.options["new_key"]) == ("Fichier: clients", ("Réf. #",), "R{n:03}")
    assert mapping.systems["compta"].view.object == "tiers"
    assert mapping.policy("siret").order == ("compta", "classeur")
    text = (bare.home / "mappings/customer.yaml").read_text(encoding="utf-8")
    assert "# How we see that two systems speak of the same customer" in text
    assert (bare.home / "mappings/mapping.schema.json").exists()


def test_two_systems_of_one_name_are_refused(bare: Company) -> None:
    said = bare.hub(
        "init", "--excel-file", "clients.xlsx", "--excel-name", "sage", "--sage-exports", "sage/exports"
    )
    assert said.code == 2
    assert not bare.config.exists()


def test_a_shipped_mapping_loses_only_what_is_taken_out() -> None:
    whole = Adapted(shipped("customer"))
    assert whole.text == shipped("customer")
    whole.keep(whole.systems)
    assert whole.text == shipped("customer")
    whole.refer("odoo", "siret", None)
    assert "company_registry" not in whole.text


@pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is a Unix thing")
def test_a_person_is_asked_what_no_flag_has_said(bare: Company) -> None:
    import pty

    keyboard, terminal = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-m", "hub.cli.main", "init", "--excel-file", "clients.xlsx", "--sage-imports", ""],
        stdin=terminal, stderr=terminal, stdout=subprocess.PIPE, cwd=bare.home,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "HUB_CONFIG": "", "TERM": "dumb"},
    )  # fmt: skip
    os.close(terminal)
    # No Odoo; the usual sheet, key, new keys, no contacts; Sage's folder; the usual for the rest.
    answers = ["n", "", "", "", "", "sage/exports", "", "", "", "", ""]
    os.write(keyboard, "".join(f"{answer}\n" for answer in answers).encode())
    out, _ = asked.communicate(timeout=60)
    os.close(keyboard)
    assert asked.returncode == 0, out
    assert b"Next: hub check" in out
    assert b"?" not in out.splitlines()[0]
    assembly = Assembly.load(bare.config)
    assert set(assembly.settings.systems) == {"clients", "sage"}
