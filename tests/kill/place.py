"""One folder with a hub.yaml, a workbook, perhaps a Sage, and the way to an Odoo: where the daemon is killed.

The daemon reaches Odoo through a wire (`tests.wire.proxy`), so that it can be killed at a chosen request. Its
temporary files go to a folder of this place: what a killed one leaves there is seen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from hub.store import Store
from sandbox.sage import Sage
from tests.kill.systems import PROJECT, Office, Rows, Workbook
from tests.wire.proxy import Proxy

MAPPING = """\
entity: customer
label: {{fr: Client, en: Customer}}
fields:
  name:   {{type: text, required: true}}
  siret:  {{type: siret}}
  phone:  {{type: phone, region: FR}}
  street: {{type: text}}
  city:   {{type: text}}
match:
  - exact: [siret]
conflicts: {{default: latest, phone: ask}}
systems:
  odoo:
    object: res.partner
    where: [["is_company", "=", true], ["ref_company_ids", "=", false]]
    on_create: {{is_company: true}}
    fields: {{name: name, siret: {siret}, phone: phone, street: street, city: city}}
  clients:
    object: Clients
    key: "N° client"
    new_key: "C{{n:04}}"
    fields: {{name: "Raison sociale", siret: "SIRET", phone: "Téléphone", street: "Adresse", city: "Ville"}}
"""
SAGE_MAPPING = """\
  sage:
    object: tiers
    key: CT_Num
    new_key: "H{n:05}"
    fields:
      name: {field: CT_Intitule, max: 35, upper: true}
      siret: {field: CT_Siret, max: 15}
      phone: {field: CT_Telephone, max: 21, format: national}
      street: {field: CT_Adresse, max: 35}
      city: {field: CT_Ville, max: 35, upper: true}
"""
CONFIG = """\
database: {database}
mappings: mappings
systems:
  odoo: {{kind: odoo, url: "{url}", database: {name}, login: {login}, api_key: "${{ODOO_API_KEY}}"}}
  clients: {{kind: excel, path: clients.xlsx, stable_seconds: 0}}
{sage}\
schedule: {{default: 1s, deliver: 1s}}
http: {{enabled: false}}
logging: {{level: info, format: json}}
"""
SAGE_CONFIG = """\
  sage: {kind: sage, exports: sage/exports, imports: sage/imports, acks: sage/acks, stable_seconds: 0}
"""
_TITLES = {"name": "CT_Intitule", "siret": "CT_Siret", "phone": "CT_Telephone", "street": "CT_Adresse",
           "city": "CT_Ville"}  # fmt: skip


class Accounting:
    """Sage as the accountant uses it: what is typed is exported at once."""

    def __init__(self, folder: Path) -> None:
        self.player = Sage(folder)
        self.player.export()

    def create(self, values: Mapping[str, str]) -> None:
        last = max((int(code[3:]) for code in self.player.rows if code.startswith("411")), default=0)
        self.player.put({"CT_Num": f"411{last + 1:05}", **_titled(values)})
        self.player.export()

    def edit(self, siret: str, values: Mapping[str, str]) -> None:
        for code, row in self.player.rows.items():
            if row["CT_Siret"] == siret:
                self.player.edit(code, _titled(values))
        self.player.export()

    def rows(self) -> Rows:
        found: Rows = {}
        for row in self.player.rows.values():
            record = {name: row[title] for name, title in _TITLES.items()}
            found.setdefault(record["siret"], []).append(record)
        return found

    def work(self) -> bool:
        """Import what waits; true if something did."""
        return any(path.is_file() for path in self.player.imports.iterdir()) and bool(self.player.step())


def _titled(values: Mapping[str, str]) -> dict[str, str]:
    return {_TITLES[name]: value for name, value in values.items()}


def environment(folder: Path, bytecode: Path) -> dict[str, str]:
    """For a program of the project: temporary files in a folder of its own, and compiled once for all."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    temporary = {name: str(folder) for name in ("TMPDIR", "TEMP", "TMP")}
    return {**kept, **temporary, "PYTHONPYCACHEPREFIX": str(bytecode), "PYTHONIOENCODING": "utf-8"}


class Place:
    """The folder, its systems by name, and the hub's programs run on it."""

    def __init__(
        self, folder: Path, bytecode: Path, office: Office, database: str = "sqlite:///hub.sqlite",
        *, sage: bool = False, wire: bool = True,
    ) -> None:  # fmt: skip
        self.folder, self.office = folder, office
        self.temporary = folder / "temporary"
        self.wire = Proxy(office.url)
        self.environment = {**environment(self.temporary, bytecode), "ODOO_API_KEY": office.secret}
        self.workbook = Workbook(folder / "clients.xlsx")
        self.systems: dict[str, Office | Workbook | Accounting] = {"odoo": office, "clients": self.workbook}
        self.accounting = Accounting(folder / "sage") if sage else None
        if self.accounting is not None:
            self.systems["sage"] = self.accounting
        (folder / "mappings").mkdir()
        mapping = MAPPING.format(siret=office.siret) + (SAGE_MAPPING if sage else "")
        (folder / "mappings" / "customer.yaml").write_text(mapping, "utf-8")
        config = CONFIG.format(
            database=database, url=self.wire.url if wire else office.url, name=office.database,
            login=office.login, sage=SAGE_CONFIG if sage else "",
        )  # fmt: skip
        (folder / "hub.yaml").write_text(config, "utf-8")
        at_home = database.replace("sqlite:///", f"sqlite:///{folder.as_posix()}/")
        self.store = Store(at_home)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One of the hub's commands, to its end."""
        return subprocess.run(
            self._program(*words), cwd=PROJECT, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, encoding="utf-8", timeout=120,
        )  # fmt: skip

    def daemon(self) -> subprocess.Popen[bytes]:
        """`hub run`; its log goes to a file."""
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        with (self.folder / "hub.log").open("ab") as log:
            return subprocess.Popen(
                [*_end_with_us(), *self._program("run")], cwd=PROJECT, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, creationflags=flags,
            )  # fmt: skip

    def log(self, lines: int = 40) -> str:
        """The end of the daemon's log."""
        path = self.folder / "hub.log"
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:]) if path.exists() else ""

    def close(self) -> None:
        self.wire.close()
        self.store.close()

    def _program(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "hub.cli.main", *words, "--config", str(self.folder / "hub.yaml")]


def _end_with_us() -> list[str]:
    """Where the system can do it, a daemon ends even when the tests are killed."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig=KILL", "--"] if setpriv else []
