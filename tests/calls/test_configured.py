"""Calls in hub.yaml: mistakes are told at their place, before anything is opened; check knows exchanges."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.assembly import Assembly
from hub.yamlfile import FileProblems
from sandbox.exchange import Account, Exchange, serve
from tests.cli.conftest import Company

MAPPING = (
    "entity: customer\nfields: {name: {type: text, required: true}, phone: {type: phone}}\n"
    "match: [{exact: [name]}]\n"
    "systems: {clients: {object: Clients, key: N, fields: {name: Nom, phone: Tel}}}\n"
)
SYSTEMS = """systems:
  clients: {{kind: excel, path: clients.xlsx}}
  odoo: {{kind: odoo, url: "http://127.0.0.1:1", database: d, login: hub, password: "${{ODOO_PASSWORD}}"}}
  exchange: {{kind: ami, host: 127.0.0.1, port: {port}, user: hub, secret: "${{AMI_SECRET}}"}}
  calls: {{kind: calls}}
"""


def configured(folder: Path, calls: str = "", port: int = 1) -> Company:
    (folder / "mappings").mkdir(exist_ok=True)
    (folder / "mappings" / "customer.yaml").write_text(MAPPING)
    (folder / ".env").write_text("ODOO_PASSWORD=secret-of-odoo\nAMI_SECRET=sandbox\n")
    (folder / ".env").chmod(0o600)
    (folder / "hub.yaml").write_text(SYSTEMS.format(port=port) + calls)
    return Company(folder, env={"ODOO_PASSWORD": "secret-of-odoo"})


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        ("calls: {desk: nowhere}", "there is no system 'nowhere'"),
        ("calls: {desk: clients}", "popups are shown by odoo, and 'clients' is none"),
        ("calls: {keep: soon}", "soon"),
        ("calls: {region: france}", "such as FR"),
        ("calls: {dial: {allow: ['0033']}}", "such as +33"),
        ("calls: {extensions: {101: alice}}", "text is expected here, not 101"),
        (
            "calls: {desk: odoo, card: {facts: [{key: x, label: {fr: X}, model: a.b, show: sum}]}}",
            "needs `field`",
        ),
        ("calls: {desc: odoo}", "Did you mean 'desk'?"),
    ],
)
def test_a_mistake_in_the_calls_block_is_told_with_its_place(tmp_path: Path, calls: str, said: str) -> None:
    configured(tmp_path, calls)
    with pytest.raises(FileProblems) as found:
        Assembly.load(tmp_path / "hub.yaml")
    assert said in str(found.value)
    assert "hub.yaml:6:" in str(found.value)


def test_an_exchange_is_no_system_that_a_mapping_may_name(tmp_path: Path) -> None:
    configured(tmp_path)
    file = tmp_path / "mappings" / "customer.yaml"
    file.write_text(
        file.read_text().replace(
            "systems: {clients", "systems: {exchange: {object: x, fields: {name: n}}, clients"
        )
    )
    with pytest.raises(FileProblems, match="exchange"):
        Assembly.load(tmp_path / "hub.yaml")


def test_check_logs_in_to_the_exchange_and_names_the_right_that_is_missing(tmp_path: Path) -> None:
    accounts = {"hub": Account("sandbox", write=frozenset({"reporting"}))}
    with serve(Exchange(accounts)) as exchange:
        company = configured(tmp_path, 'calls: {desk: odoo, extensions: {"101": alice}}\n', exchange.port)
        said = company.hub("check", "--system", "exchange", "--json")
    assert "originate" in str([one for one in said.json["findings"] if one["level"] != "ok"])


def test_check_says_that_nobody_is_shown_who_calls(tmp_path: Path) -> None:
    with serve(Exchange()) as exchange:
        said = configured(tmp_path, "", exchange.port).hub("check", "--system", "exchange", "--json")
    assert "calls.desk" in str(said.json["findings"])
    assert said.json["ok"]
