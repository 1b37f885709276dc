"""The small company on which the README's commands are run: an Odoo on loopback, a workbook, a Sage's files.

`Company.run` takes a command line as it stands in the README. The README's own names of the server, its
database and the hub's user stand for those of the sandbox; what is shown is in the README's names again.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import openpyxl

from sandbox.odoo import Odoo
from sandbox.sage import Sage
from tests.house.source import ROOT

HEADINGS = ("N° client", "Raison sociale", "SIRET", "Téléphone", "E-mail", "Adresse", "Code postal", "Ville",
            "Pays", "TVA")  # fmt: skip
CUSTOMERS = (
    "C0001|Électricité Durand|73282932000074|04 76 00 00 01|info@durand.example|12 rue Thiers|38000|Grenoble",
    "C0002|Mairie de Vif|40483304800022|04 76 72 00 02|mairie@vif.example|1 place de la Libération|38450|Vif",
    "C0003|Camping des Pins|||accueil@pins.example|Route du Lac|38650|Sinard",
)
THIRD_PARTY = {
    "CT_Num": "H00001", "CT_Intitule": "MAIRIE DE VIF", "CT_Siret": "40483304800022",
    "CT_Telephone": "04 76 72 99 99", "CT_EMail": "mairie@vif.example",
    "CT_Adresse": "1 place de la Libération", "CT_CodePostal": "38450", "CT_Ville": "VIF",
    "CT_Pays": "France",
}  # fmt: skip
PARTNER = {"name": "Hôtel du Lac", "is_company": True, "company_registry": "55203253400646",
           "phone": "+33 4 50 00 00 00", "city": "Annecy"}  # fmt: skip
SECONDS = 30


class Company:
    """One folder, one Odoo, one Sage, and the hub's program on them."""

    def __init__(self, home: Path, odoo: Odoo) -> None:
        self.home, self.odoo = home, odoo
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "Clients"
        sheet.append(HEADINGS)
        for row in CUSTOMERS:
            sheet.append([text or None for text in (*row.split("|"), "France")])
        book.save(home / "clients.xlsx")
        self.sage = Sage(home / "sage")
        self.sage.add(**THIRD_PARTY)
        self.sage.export()
        odoo.env["res.partner"].create(dict(PARTNER))
        self.addresses = {
            "https://odoo.example.com": odoo.url,
            "127.0.0.1:8470": f"127.0.0.1:{_free_port()}",
        }
        self.names = {
            "--odoo-database company": f"--odoo-database {odoo.database}",
            "--odoo-login hub@example.com": f"--odoo-login {odoo.login}",
        }

    def run(self, line: str) -> str:
        """What `hub …` shows, both of its outputs together, in the README's names."""
        program = [sys.executable, "-m", "hub.cli.main", *shlex.split(self._theirs(line))[1:]]
        if line == "hub run":
            return self._ours(self._daemon(program))
        done = subprocess.run(
            program, cwd=self.home, env=self._env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=SECONDS,
        )  # fmt: skip
        if line.startswith("hub init"):
            self._hurry()
        return self._ours(done.stdout.decode("utf-8"))

    def _daemon(self, program: list[str]) -> str:
        """What the daemon logs, as on a terminal, until it has carried an edit made in Odoo to the others."""
        hotel = self.odoo.env["res.partner"].search([("name", "=", "Hôtel du Lac")])
        self.odoo.env["res.partner"].browse(hotel).write({"city": "Annecy-le-Vieux"})
        log = self.home / "run.log"
        with log.open("wb") as written:
            daemon = subprocess.Popen(
                program, cwd=self.home, env=self._env(), stdout=written, stderr=subprocess.STDOUT
            )
        try:
            until = time.monotonic() + SECONDS
            while "synced" not in log.read_text("utf-8") and time.monotonic() < until:
                time.sleep(0.1)
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(SECONDS)
        finally:
            daemon.kill()
            daemon.wait()
        return log.read_text("utf-8")

    def _hurry(self) -> None:
        """No waiting for files to settle, a port of our own, and a terminal's log in a file."""
        config = self.home / "hub.yaml"
        text = config.read_text("utf-8")
        for kind in ("excel", "sage"):
            assert f"    kind: {kind}\n" in text
            text = text.replace(f"    kind: {kind}\n", f"    kind: {kind}\n    stable_seconds: 0\n")
        port = self.addresses["127.0.0.1:8470"].rpartition(":")[2]
        config.write_text(f"{text}\nhttp: {{port: {port}}}\nlogging: {{format: console}}\n", "utf-8")

    def _env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "ODOO_"))}
        return {
            **kept,
            "ODOO_API_KEY": self.odoo.api_key,
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": "100",
        }

    def _theirs(self, text: str) -> str:
        for ours, theirs in {**self.addresses, **self.names}.items():
            text = text.replace(ours, theirs)
        return text

    def _ours(self, text: str) -> str:
        for ours, theirs in self.addresses.items():
            text = text.replace(theirs, ours)
        return text.replace(str(self.home), "/srv/hub")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
