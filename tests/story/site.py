"""One folder with a company's files, its Odoo, and the hub's commands run on it as a person runs them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from typer.testing import CliRunner

from hub.cli.main import app
from sandbox.sage import Sage
from tests.live.servers import Odoo
from tests.story import company

PROJECT = Path(__file__).resolve().parents[2]
FIELDS = ("name", "vat", "phone", "email", "street", "zip", "city")


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Hub:
    """The program `hub`, in a folder of its own, with an empty home and a bare environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home = folder / "home"
        home.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if name in _SYSTEM}
        self.environment = {**kept, "HOME": str(home), "USERPROFILE": str(home), "PYTHONIOENCODING": "utf-8"}

    def __call__(self, *words: str, code: int | None = None, **environment: str) -> Said:
        """Run a command; `code` is the exit code it must end with."""
        said = self.run(words, {**self.environment, **environment})
        if code is not None and said.code != code:
            raise AssertionError(
                f"hub {' '.join(words)} ended with {said.code}, not {code}\n{said.out}\n{said.err}"
            )
        return said

    def run(self, words: Sequence[str], environment: Mapping[str, str]) -> Said:
        """As a program of its own."""
        done = subprocess.run(
            [*_program(), *words], cwd=self.folder, env=dict(environment), timeout=600,
            stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)


class NearHub(Hub):
    """The same commands in this process: what they say and do is the same, only the start is saved."""

    def run(self, words: Sequence[str], environment: Mapping[str, str]) -> Said:
        absent: dict[str, str | None] = {name: None for name in os.environ if name not in environment}
        with contextlib.chdir(self.folder):
            result = CliRunner().invoke(app, list(words), env={**absent, **environment}, prog_name="hub")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)


def _program() -> list[str]:
    found = shutil.which("hub", path=str(Path(sys.executable).parent))
    return [found] if found else [sys.executable, "-m", "hub.cli.main"]


_SYSTEM = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "TZ", "VIRTUAL_ENV", "COMSPEC", "PATHEXT")


class Workbook:
    """The workbook as a person sees and types it. Saving rewrites the whole file, as their program does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, sheet: str = "Clients") -> dict[str, dict[str, Any]]:
        """Rows by their key, as held in the cells."""
        book = openpyxl.load_workbook(self.path)
        lines = list(book[sheet].iter_rows(values_only=True))
        top = company.TOP - 1 if sheet == "Clients" else 0
        titles = [str(title) for title in lines[top]]
        return {
            str(line[0]): dict(zip(titles, line, strict=True))
            for line in lines[top + 1 :]
            if line[0] is not None
        }

    def edit(self, changes: Mapping[str, Mapping[str, Any]], sheet: str = "Clients") -> None:
        """Type values, by the row's key and the heading."""
        book = openpyxl.load_workbook(self.path)
        page = book[sheet]
        top = company.TOP if sheet == "Clients" else 1
        columns = {cell.value: place for place, cell in enumerate(page[top], 1)}
        lines = {page.cell(row, 1).value: row for row in range(top + 1, page.max_row + 1)}
        for key, values in changes.items():
            for title, value in values.items():
                page.cell(lines[key], columns[title], value).value = value
        self._save(book)

    def add(self, *rows: tuple[Any, ...], sheet: str = "Clients") -> None:
        """Type new rows below the others."""
        book = openpyxl.load_workbook(self.path)
        for row in rows:
            book[sheet].append(row)
        self._save(book)

    def _save(self, book: openpyxl.Workbook) -> None:
        draft = self.path.with_suffix(".draft")
        book.save(draft)
        os.replace(draft, self.path)


class Site:
    """The company: its three systems with people at work in them, and its hub."""

    def __init__(self, folder: Path, odoo: Odoo, database: str, hub: type[Hub] = Hub) -> None:
        self.folder, self.odoo, self.database = folder, odoo, database
        self.hub = hub(folder)
        self.workbook = Workbook(folder / "Clients 2026.xlsx")
        self.sage = Sage(folder / "sage", object="tiers")
        fields = odoo.call(database, "res.partner", "fields_get", [], ["type"])
        self.siret = "siret" if "siret" in fields else "company_registry"
        (self.france,) = odoo.call(database, "res.country", "search", [["code", "=", "FR"]])

    def init(self, credentials: Mapping[str, str], transport: str = "", *more: str) -> Said:
        """Configure the hub by flags alone; `transport` names a door that is not chosen by itself."""
        said = self.hub(
            "init", "--no-input", "--json", "--odoo-url", self.odoo.url, "--odoo-database", self.database,
            "--odoo-login", self.odoo.login, "--excel-file", str(self.workbook.path),
            "--sage-exports", "sage/exports", "--sage-imports",
            "sage/imports", "--sage-acks", "sage/acks", "--sage-object", "tiers", *more,
            code=0, **credentials,
        )  # fmt: skip
        if transport:
            self.type_in("hub.yaml", "    kind: odoo\n", f"    kind: odoo\n    transport: {transport}\n")
        return said

    def type_in(self, file: str, old: str, new: str) -> None:
        """Edit a file of the configuration."""
        path = self.folder / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, (file, old, text.count(old))
        path.write_text(text.replace(old, new), "utf-8")

    # -- what people see and do in Odoo ---------------------------------------------------------------------

    def call(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        return self.odoo.call(self.database, model, method, *arguments, **named)

    def partners(self) -> dict[str, dict[str, Any]]:
        """The customers of Odoo by name; empty is ``None``."""
        domain = [["is_company", "=", True], ["ref_company_ids", "=", False]]
        fields = [*FIELDS, self.siret, "country_id", "active"]
        found = self.call("res.partner", "search_read", domain, fields, context={"active_test": False})
        rows = {str(row["name"]): {name: value or None for name, value in row.items()} for row in found}
        assert len(rows) == len(found), "no customer was made twice"
        return rows

    def contacts(self) -> dict[str, dict[str, Any]]:
        """The contacts of Odoo by name."""
        fields = ["name", "parent_id", "function", "phone", "email"]
        found = self.call(
            "res.partner", "search_read", [["parent_id", "!=", False], ["is_company", "=", False]], fields
        )
        return {row["email"]: row for row in found}

    def create(self, *values: Mapping[str, Any]) -> list[int]:
        found = self.call("res.partner", "create", list(values))
        return [found] if isinstance(found, int) else list(found)

    def write(self, name: str, values: Mapping[str, Any]) -> None:
        """Somebody changes the customer of this name."""
        (id,) = self.call("res.partner", "search", [["name", "=", name], ["is_company", "=", True]])
        self.call("res.partner", "write", [id], dict(values))

    # -- Sage -----------------------------------------------------------------------------------------------

    def third_parties(self) -> dict[str, dict[str, str]]:
        """Sage's rows by e-mail, which it keeps as it is."""
        return {row["CT_EMail"]: row for row in self.sage.rows.values()}
