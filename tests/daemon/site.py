"""A small company's site: an Odoo on loopback, a workbook, one hub.yaml, and `hub run` on it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from sandbox.odoo import Odoo

PROJECT = Path(__file__).resolve().parents[2]
PASSWORD = "Canary-ôé/5#x&y"
HEADINGS = ("N° client", "Raison sociale", "SIRET", "Téléphone", "Ville")
MAPPING = """\
entity: customer
label: {fr: Client, en: Customer}
fields:
  name:  {type: text, required: true}
  siret: {type: siret}
  phone: {type: phone, region: FR}
  city:  {type: text}
match:
  - exact: [siret]
  - exact: [name, city]
conflicts: {default: latest, phone: ask}
systems:
  odoo:
    object: res.partner
    where: [["is_company", "=", true]]
    on_create: {is_company: true}
    fields: {name: name, siret: company_registry, phone: phone, city: city}
  clients:
    object: Clients
    key: "N° client"
    new_key: "C{n:04}"
    fields: {name: "Raison sociale", siret: "SIRET", phone: "Téléphone", city: "Ville"}
"""


class Site:
    """One folder and one Odoo, and the daemons started on them."""

    def __init__(self, folder: Path, odoo: Odoo) -> None:
        self.folder, self.odoo = folder, odoo
        self.config = folder / "hub.yaml"
        self.mapping = folder / "mappings" / "customer.yaml"
        self.workbook = folder / "clients.xlsx"
        self.port = free_port()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.mapping.parent.mkdir()
        self.mapping.write_text(MAPPING, "utf-8")
        self.write_config()
        self.write_workbook([])

    def write_config(self, level: str = "info", database: str = "sqlite:///hub.sqlite") -> None:
        self.config.write_text(
            f"""\
database: {database}
mappings: mappings
systems:
  odoo:
    kind: odoo
    url: {self.odoo.url}
    database: {self.odoo.database}
    login: {self.odoo.login}
    password: ${{ODOO_PASSWORD}}
  clients: {{kind: excel, path: clients.xlsx, stable_seconds: 0}}
schedule: {{default: 1s, deliver: 1s}}
http: {{port: {self.port}}}
logging: {{level: {level}, format: json}}
""",
            "utf-8",
        )

    def write_workbook(self, rows: list[tuple[str, ...]]) -> None:
        """The workbook with these rows: number, name, siret, phone, city."""
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "Clients"
        sheet.append(HEADINGS)
        for row in rows:
            sheet.append(row)
        draft = self.workbook.with_suffix(".draft")
        book.save(draft)
        os.replace(draft, self.workbook)

    def rows(self) -> dict[str, dict[str, Any]]:
        """What the workbook holds, by name."""
        sheet = openpyxl.load_workbook(self.workbook)["Clients"]
        found = [
            dict(zip(HEADINGS, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)
        ]
        return {str(row["Raison sociale"]): row for row in found}

    def partners(self) -> dict[str, dict[str, Any]]:
        """What Odoo holds, by name."""
        fields = ["name", "phone", "city", "company_registry"]
        found = self.odoo.env["res.partner"].search_read([("is_company", "=", True)], fields)
        return {row["name"]: row for row in found}

    def approve(self) -> None:
        """A person looks at the plan and approves it."""
        subprocess.run(
            [sys.executable, "-m", "hub.cli.main", "plan", "--approve", "--config", str(self.config)],
            cwd=PROJECT, env={**os.environ, "ODOO_PASSWORD": PASSWORD}, check=False,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    # -- the daemon -------------------------------------------------------------------------------------

    def start(self, *, wait: bool = True) -> subprocess.Popen[bytes]:
        """`hub run` on this site; its log goes to a file."""
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        with self.log_file().open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "hub.cli.main", "run", "--config", str(self.config)],
                cwd=PROJECT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, creationflags=flags,
                env={**os.environ, "ODOO_PASSWORD": PASSWORD, "PYTHONIOENCODING": "utf-8"},
            )  # fmt: skip
        self.processes.append(process)
        if wait:
            self.until(lambda: self.page("/livez") is not None or process.poll() is not None)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """Ask a daemon to end, as a service manager does; its exit code."""
        process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
        return process.wait(timeout=30)

    def log_file(self) -> Path:
        return self.folder / "hub.log"

    def log(self) -> str:
        return self.log_file().read_text("utf-8") if self.log_file().exists() else ""

    def events(self) -> list[dict[str, Any]]:
        """The log's lines."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def said(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        """The lines with this event and these fields."""
        return [
            line for line in self.events()
            if line["event"] == event and all(line.get(key) == value for key, value in fields.items())
        ]  # fmt: skip

    def page(self, path: str) -> tuple[int, str] | None:
        """Status and text of one of the daemon's pages; ``None`` while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode()
        except OSError:
            return None

    def health(self) -> dict[str, Any]:
        found = self.page("/healthz")
        assert found is not None
        document: dict[str, Any] = json.loads(found[1])
        return document

    def until(self, holds: Callable[[], Any], seconds: float = 30) -> None:
        """Wait for something to become true; shows the log if it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(0.05)
        raise AssertionError(f"it did not happen within {seconds} s; the log:\n{self.log()}")

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
