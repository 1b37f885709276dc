"""A small company in files, configured by `hub init`: a workbook, and a Sage that exports and imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from hub.cli.main import app


def row(text: str) -> tuple[str, ...]:
    """The cells of one row, written in one line."""
    return tuple(text.split("|"))


HEADINGS = row("N° client|Raison sociale|SIRET|Téléphone|E-mail|Adresse|Code postal|Ville|Pays|TVA")
CUSTOMERS = [
    row("C0001|Électricité Durand|73282932000074|04 76 00 00 01|contact@durand.example")
    + row("12 rue des Alpes|38000|Grenoble|France|"),
    row("C0002|Mairie de Vif|40483304800022|04 76 72 00 02|mairie@vif.example")
    + row("1 place de la Libération|38450|Vif|France|"),
]
SAGE_HEADINGS = row("CT_Num|CT_Intitule|CT_Siret|CT_Identifiant|CT_Telephone|CT_EMail|CT_Adresse") + row(
    "CT_Complement|CT_CodePostal|CT_Ville|CT_Pays"
)
SAGE_ROWS = [
    row("H00001|MAIRIE DE VIF|40483304800022||04 76 72 99 99|mairie@vif.example")
    + row("1 place de la Libération||38450|VIF|France"),
    row("H00002|HÔTEL DU LAC|55203253400646||04 50 00 00 00|hotel@lac.example")
    + row("2 quai du Lac||74000|ANNECY|France"),
]


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Company:
    """A folder with the company's files, and the hub's commands on it."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.home / "hub.yaml"

    @property
    def workbook(self) -> Path:
        return self.home / "clients.xlsx"

    def hub(self, *words: str, input: str | None = None) -> Said:
        """A command in this process, with no terminal."""
        env = {
            "HUB_CONFIG": str(self.config),
            "ODOO_PASSWORD": "",
            "ODOO_API_KEY": "",
            "COLUMNS": "100",
            **self.env,
        }
        result = CliRunner().invoke(app, list(words), env=env, input=input, prog_name="hub")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    def program(self, *words: str, **env: str) -> Said:
        """The same as a program of its own."""
        paths = {"PYTHONPATH": str(Path(__file__).parents[2]), "HUB_CONFIG": str(self.config)}
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli.main", *words],
            capture_output=True, cwd=self.home, timeout=60, env={**os.environ, **paths, **env},
        )  # fmt: skip
        encoding = env.get("PYTHONIOENCODING", "utf-8").partition(":")[0]
        return Said(done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding))

    def init(self, *more: str) -> Said:
        """Configure it, with short waits for files to settle."""
        said = self.hub(
            "init", "--excel-file", str(self.workbook), "--sage-exports", str(self.home / "sage/exports"),
            "--sage-imports", str(self.home / "sage/imports"), "--sage-acks", str(self.home / "sage/acks"),
            *more,
        )  # fmt: skip
        text = self.config.read_text(encoding="utf-8")
        for kind in ("excel", "sage"):
            text = text.replace(f"    kind: {kind}\n", f"    kind: {kind}\n    stable_seconds: 0\n")
        self.config.write_text(text, encoding="utf-8")
        return said

    def edit(self, path: str, old: str, new: str) -> None:
        """Type something else in a file."""
        file = self.home / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def type_in(self, cell: str, value: str | None) -> None:
        """Type something in the workbook's sheet of customers."""
        book = openpyxl.load_workbook(self.workbook)
        book["Clients"][cell] = value
        book.save(self.workbook)

    def cells(self, row: int) -> list[Any]:
        book = openpyxl.load_workbook(self.workbook)
        return [cell.value for cell in book["Clients"][row]]

    def export(self, rows: list[tuple[str, ...]], name: str = "customers.csv") -> None:
        """Have Sage export these third parties."""
        lines = [";".join(row) for row in (SAGE_HEADINGS, *rows)]
        (self.home / "sage/exports" / name).write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))

    def files(self) -> dict[str, bytes]:
        """Everything in the folder, to see that nothing was written."""
        return {str(path.relative_to(self.home)): path.read_bytes()
                for path in sorted(self.home.rglob("*")) if path.is_file()}  # fmt: skip


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The company before anyone configured the hub."""
    monkeypatch.chdir(tmp_path)
    company = Company(tmp_path)
    for name in ("exports", "imports", "acks"):
        (tmp_path / "sage" / name).mkdir(parents=True)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Clients"
    for row in (HEADINGS, *CUSTOMERS):
        sheet.append([text or None for text in row])
    book.save(company.workbook)
    company.export(SAGE_ROWS)
    return company


@pytest.fixture
def company(bare: Company) -> Company:
    """The company, configured."""
    assert bare.init().code == 0
    return bare


@pytest.fixture
def hub(company: Company) -> Callable[..., Said]:
    """The commands on the configured company."""
    return company.hub
