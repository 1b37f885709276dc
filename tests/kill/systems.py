"""The company's systems, each in a process or a folder of its own: none of them ends when the hub is killed.

`Office` is a real or a sandbox Odoo as people and witnesses see it, by nothing of the project's;
`SandboxOdoo` is one that can be killed itself. `Workbook` is the file as a person's spreadsheet program saves
it: a lock file beside it while it is open, the whole file written anew, and never over what it did not read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl

PROJECT = Path(__file__).resolve().parents[2]
HEADINGS = ("N° client", "Raison sociale", "SIRET", "Téléphone", "Adresse", "Ville")
FIELDS = ("name", "siret", "phone", "street", "city")
"""The fields that are typed, as every system here shows them; a row's first cell is its key."""

Rows = dict[str, list[dict[str, str]]]
"""What a system holds: SIRET → every record that bears it, field → text."""

OWN = [["is_company", "=", True], ["ref_company_ids", "=", False]]
PATIENCE = 60.0


def until(holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
    """Wait for something to become true; raises `AssertionError` where it does not."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.05)


class Office:
    """An Odoo and one database in it. `siret` is its field of that number."""

    def __init__(self, url: str, database: str, login: str, secret: str) -> None:
        self.url, self.database, self.login, self.secret = url, database, login, secret
        self.user = 0
        self.siret = "company_registry"

    def call(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        """One call as the administrator."""
        with self._service("object") as server:
            if not self.user:
                with self._service("common") as door:
                    found: Any = door.authenticate(self.database, self.login, self.secret, {})
                self.user = int(found)
            return server.execute_kw(
                self.database, self.user, self.secret, model, method, list(arguments), named
            )

    def _service(self, name: str) -> xmlrpc.client.ServerProxy:
        return xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/{name}", allow_none=True)

    def create(self, values: Mapping[str, str]) -> None:
        """Somebody enters a new customer."""
        self.call("res.partner", "create", {**self._native(values), "is_company": True})

    def edit(self, siret: str, values: Mapping[str, str]) -> None:
        """Somebody changes fields of a customer."""
        ids = self.call("res.partner", "search", [*OWN, [self.siret, "=", siret]], limit=1)
        self.call("res.partner", "write", ids, self._native(values))

    def rows(self) -> Rows:
        """Every customer, archived ones too."""
        names = [self.siret if name == "siret" else name for name in FIELDS]
        context = {"active_test": False}
        found: Rows = {}
        for row in self.call("res.partner", "search_read", OWN, names, context=context):
            record = {name: row[native] or "" for name, native in zip(FIELDS, names, strict=True)}
            found.setdefault(record["siret"], []).append(record)
        return found

    def references(self) -> dict[str, list[int]]:
        """Our external references → the records that bear them."""
        domain = [["module", "=", "__hub__"], ["model", "=", "res.partner"]]
        found: dict[str, list[int]] = {}
        for row in self.call("ir.model.data", "search_read", domain, ["name", "res_id"]):
            found.setdefault(row["name"], []).append(row["res_id"])
        return found

    def _native(self, values: Mapping[str, str]) -> dict[str, str]:
        return {self.siret if name == "siret" else name: value for name, value in values.items()}


class SandboxOdoo:
    """A sandbox Odoo 19 in a process of its own, its records in a file; always at the same address."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._keep, self._environment = folder / "odoo.db", environment
        self._port = 0
        self.start()
        self.office = Office(self.url, "sandbox", "admin", "sandbox-api-key")

    def start(self) -> None:
        """Begin to answer, with every record that was there."""
        command = [sys.executable, "-m", "sandbox.odoo", "--keep", str(self._keep), "--with-input",
                   "--port", str(self._port)]  # fmt: skip
        self.process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(self._environment)
        )
        assert self.process.stdout is not None
        self.url = str(json.loads(self.process.stdout.readline())["url"])
        self._port = int(self.url.rsplit(":", 1)[1])

    def kill(self) -> None:
        """End it without warning, if it has not ended."""
        if self.process.returncode is not None:
            return
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


class Workbook:
    """The workbook as people type in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = path.with_name(f"~${path.name}")
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "Clients"
        sheet.append(HEADINGS)
        book.save(path)

    def rows(self) -> Rows:
        """Every row."""
        found: Rows = {}
        for line in self._sheet(openpyxl.load_workbook(self.path)).iter_rows(min_row=2, values_only=True):
            if any(cell is not None for cell in line):
                record = {name: str(cell or "") for name, cell in zip(FIELDS, line[1:], strict=True)}
                found.setdefault(record["siret"], []).append(record)
        return found

    def keys(self) -> list[str]:
        """What stands in the first column."""
        sheet = self._sheet(openpyxl.load_workbook(self.path))
        return [str(line[0]) for line in sheet.iter_rows(min_row=2, values_only=True) if line[0] is not None]

    def create(self, values: Mapping[str, str]) -> None:
        """Somebody adds a row, with the next number."""

        def act(sheet: Any) -> None:
            keys = [str(line[0]) for line in sheet.iter_rows(min_row=2, values_only=True) if line[0]]
            number = max((int(key[1:]) for key in keys), default=0) + 1
            sheet.append([f"C{number:04}", *(values.get(name) for name in FIELDS)])

        self._typing(act)

    def edit(self, siret: str, values: Mapping[str, str]) -> None:
        """Somebody changes cells of a customer's row."""

        def act(sheet: Any) -> None:
            for line in sheet.iter_rows(min_row=2):
                if str(line[2].value) == siret:
                    for name, value in values.items():
                        line[1 + FIELDS.index(name)].value = value

        self._typing(act)

    def _typing(self, act: Callable[[Any], None]) -> None:
        """Open, type, save: again where the file was replaced between the two, as nobody saves over that."""
        self._lock.write_bytes(b"\x05Luc. ")
        try:
            while True:
                before = self._seen()
                book = openpyxl.load_workbook(self.path)
                act(self._sheet(book))
                draft = self.path.with_name("typed.draft")
                book.save(draft)
                if self._seen() == before:
                    os.replace(draft, self.path)
                    return
        finally:
            self._lock.unlink()

    def _seen(self) -> tuple[int, int, int]:
        found = self.path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size

    @staticmethod
    def _sheet(book: openpyxl.Workbook) -> Any:
        return book["Clients"]
