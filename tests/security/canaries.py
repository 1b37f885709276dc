"""A company whose every secret is a canary, connected to servers that quote what they are told.

Three sandbox Odoos, one behind each door, each with its secret from another place: the environment, a file,
systemd's credentials; and the database's password from `.env`. Each secret has letters that every escaping
must change and a core that none does, so that a core found anywhere is a leak, however it got there.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
from sqlalchemy import create_engine, inspect, make_url, text
from typer.testing import CliRunner

from hub.cli.main import app
from sandbox.odoo import Call, Html, Odoo, UserError, serve
from sandbox.odoo.calls import Hook

PROJECT = Path(__file__).resolve().parents[2]
CORES = {
    "environment": "c0ffee5ec4e7",
    "file": "f00dbabe7715",
    "credential": "decade9b0a51",
    "env file": "ba5eba11d00d",
}
SECRETS = {
    "environment": f"p@/\"é&<'{CORES['environment']}\\ù%",
    "file": f"k@/\"&<'{CORES['file']}\\%",
    "credential": f"c@/\"ô&<'{CORES['credential']}\\ç",
    "env file": f'd@/"é&<{CORES["env file"]}\\%',
}
DOORS = {"odoo": ("jsonrpc", 19), "second": ("json2", 19), "third": ("xmlrpc", 14)}
HEADINGS = ("N° client", "Raison sociale", "Téléphone", "Ville")
MAPPING = """\
entity: customer
label: {fr: Client, en: Customer}
fields:
  name:  {type: text, required: true}
  phone: {type: phone, region: FR}
  city:  {type: text}
match:
  - exact: [name]
conflicts: {default: latest, city: ask}
systems:
"""
ODOO = """\
  %s:
    object: res.partner
    where: [["is_company", "=", true]]
    on_create: {is_company: true}
    fields: {name: name, phone: phone, city: city}
"""
CLIENTS = """\
  clients:
    object: Clients
    key: "N° client"
    new_key: "C{n:04}"
    fields: {name: "Raison sociale", phone: "Téléphone", city: "Ville"}
"""


def marks() -> dict[str, set[bytes]]:
    """What gives each secret away, as bytes: its core; that in Base64, at each offset; and in hexadecimal."""
    found: dict[str, set[bytes]] = {}
    for name, core in CORES.items():
        data = core.encode()
        letters = {base64.b64encode(bytes(before) + data)[4:-4] for before in range(3)}
        digits = data.hex().encode()
        found[name] = {data, data.upper(), digits, digits.upper(), *letters}
    return found


def leaks(data: bytes) -> set[str]:
    """The secrets that these bytes give away; text may be UTF-8 or UTF-16."""
    plain = data.replace(b"\0", b"")
    return {
        name for name, spelled in marks().items() if any(mark in data or mark in plain for mark in spelled)
    }


@dataclass
class Said:
    """What a program printed."""

    words: tuple[str, ...]
    code: int
    output: bytes


@dataclass
class Company:
    """The folder, the servers, and everything any program said."""

    folder: Path
    odoos: dict[str, Odoo]
    database: str
    port: int
    said: list[Said] = field(default_factory=list)

    @property
    def planted(self) -> set[Path]:
        """The files the secrets were put in: the only ones that may hold them."""
        return {self.folder / ".env", self.folder / "key", self.folder / "credentials" / "third"}

    def write(self, *, level: str = "info", style: str = "json") -> None:
        """hub.yaml, the mapping, the workbook, and the secrets where each belongs."""
        secret = {
            "odoo": "password: ${ODOO_PASSWORD}",
            "second": "api_key: {file: key}",
            "third": "password: {credential: third}",
        }
        lines = [f"database: '{self.database}'", "systems:"]
        for name, odoo in self.odoos.items():
            lines += [
                f"  {name}:", "    kind: odoo", f"    url: {odoo.url}", f"    database: {odoo.database}",
                f"    login: {odoo.login}", f"    {secret[name]}", f"    transport: {DOORS[name][0]}",
            ]  # fmt: skip
        lines += [
            "  clients: {kind: excel, path: clients.xlsx, stable_seconds: 0}",
            "schedule: {default: 1s, deliver: 1s}", f"http: {{port: {self.port}}}",
            f"logging: {{level: {level}, format: {style}}}", "",
        ]  # fmt: skip
        (self.folder / "hub.yaml").write_text("\n".join(lines), "utf-8")
        mappings, credentials = self.folder / "mappings", self.folder / "credentials"
        for made in (mappings, credentials, self.folder / "tmp"):
            made.mkdir(exist_ok=True)
        systems = "".join(ODOO % name for name in self.odoos) + CLIENTS
        (mappings / "customer.yaml").write_text(MAPPING + systems, "utf-8")
        for file, content in (
            (".env", f"HUB_DATABASE_PASSWORD='{SECRETS['env file']}'"),
            ("key", SECRETS["file"]), ("credentials/third", SECRETS["credential"]),
        ):  # fmt: skip
            (self.folder / file).touch(0o600)
            (self.folder / file).write_text(content + "\n", "utf-8")

    def fill(self, count: int) -> None:
        """A workbook of so many customers, and one in each Odoo that differs from it."""
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "Clients"
        sheet.append(HEADINGS)
        for number in range(1, count + 1):
            sheet.append((f"C{number:04}", f"Atelier {number}", None, "Vif"))
        book.save(self.folder / "clients.xlsx")
        for name, odoo in self.odoos.items():
            values = {"name": "Atelier 1", "city": f"Ville de {name}", "is_company": True}
            odoo.env["res.partner"].create(values)

    @property
    def environment(self) -> dict[str, str]:
        """What the programs are started with."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HUB_", "ODOO_", "PG"))}
        return {
            **kept,
            "ODOO_PASSWORD": SECRETS["environment"],
            "CREDENTIALS_DIRECTORY": str(self.folder / "credentials"),
            "HUB_CONFIG": str(self.folder / "hub.yaml"),
            "PYTHONPATH": str(PROJECT),
            "PYTHONIOENCODING": "utf-8",
            "TMPDIR": str(self.folder / "tmp"),
        }

    def hub(self, *words: str) -> Said:
        """A command, in this process; what it prints is kept for the search."""
        here, folder = Path.cwd(), tempfile.tempdir
        os.chdir(self.folder)
        tempfile.tempdir = str(self.folder / "tmp")
        try:
            result = CliRunner().invoke(app, list(words), env=self.environment, prog_name="hub")
        finally:
            os.chdir(here)
            tempfile.tempdir = folder
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.said.append(Said(words, result.exit_code, result.stdout_bytes + result.stderr_bytes))
        return self.said[-1]

    def program(self, *words: str) -> Said:
        """The same as a program of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli.main", *words], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
        )  # fmt: skip
        self.said.append(Said(words, done.returncode, done.stdout + done.stderr))
        return self.said[-1]

    def json(self, *words: str) -> Any:
        """What a command answers a script."""
        output = self.hub(*words, "--json").output.decode()
        return json.JSONDecoder().raw_decode(output[output.index("{") :])[0]

    def files(self) -> Iterator[Path]:
        """Every file that may hold no secret."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path not in self.planted:
                yield path

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """Every row of every table of the hub's database, by the table's name."""
        engine = create_engine(self.engine_url)
        try:
            with engine.connect() as connection:
                for table in inspect(connection).get_table_names():
                    for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                        yield table, repr(tuple(row)).encode()
        finally:
            engine.dispose()

    @property
    def engine_url(self) -> str:
        if self.database.startswith("sqlite"):
            return f"sqlite:///{self.folder / 'hub.sqlite'}"
        password = quote(SECRETS["env file"], safe="")
        url = make_url(self.database.replace("${HUB_DATABASE_PASSWORD}", password))
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def quoting(secret: str) -> list[Hook]:
    """Ways in which a server answers a write with the secret it came with, in one spelling after another."""
    spelled = [
        secret, repr(secret), json.dumps(secret), quote(secret, safe=""), ascii(secret),
        base64.b64encode(f"admin:{secret}".encode()).decode(), repr(secret.encode()),
        "x" * 990 + " " + secret, "x" * (999 - len(secret) // 2) + secret, f"<b>{secret}</b>",
    ]  # fmt: skip

    def in_words(call: Call) -> None:
        if call.method in WRITES:
            seen.append(call)
            raise UserError(f"No: {spelled[len(seen) % len(spelled)]}")

    def in_a_crash(call: Call) -> None:
        if call.method in WRITES:
            raise RuntimeError(f"execute_kw('sandbox', 2, {secret!r}, {call.model!r})")

    def in_a_page(call: Call) -> None:
        raise Html(502, f"<html><title>{'long ' * 22}{secret}</title><body>{secret}</body></html>")

    def in_a_bare_page(call: Call) -> None:
        raise Html(500, f"Bad request: {'y' * 1990} password={quote(secret)} {secret}")

    def on_reading(call: Call) -> None:
        if call.method in ("read", "search_read", "search", "web_read"):
            raise RuntimeError(f"cannot read with {secret}")

    seen: list[Call] = []
    return [in_words, in_a_crash, in_a_page, in_a_bare_page, on_reading]


WRITES = ("load", "write", "create", "web_save_multi", "web_save")


@contextmanager
def company(folder: Path, database: str, port: int) -> Iterator[Company]:
    """The company with its servers running."""
    with ExitStack() as stack:
        odoos = {}
        for (name, (_, version)), where in zip(
            DOORS.items(), ("environment", "file", "credential"), strict=True
        ):
            secret = SECRETS[where]
            odoos[name] = stack.enter_context(
                serve(version, database=f"base_{name}", password=secret, api_key=secret)
            )
        made = Company(folder, odoos, database, port)
        made.write()
        yield made


def secret_of(name: str) -> str:
    """The secret that the hub has for this system."""
    return SECRETS[{"odoo": "environment", "second": "file", "third": "credential"}[name]]
