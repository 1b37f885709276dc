"""A small company whose three systems agree, to spoil one thing of, and what is asked of every mishap."""

from __future__ import annotations

import http.client
import json
import ssl
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from sandbox.odoo import Odoo as SandboxOdoo
from tests.live.servers import Odoo
from tests.story import company
from tests.story.company import customer
from tests.story.pages import digits
from tests.story.site import NearHub, Said, Site

NUMBERS = range(1, 5)
SYSTEMS = ("odoo", "sage", "clients")
MAPPING = "mappings/customer.yaml"


class Office(Site):
    """Four customers, known to all three systems, and a hub that has seen them."""

    def __init__(self, folder: Path, sandbox: SandboxOdoo, url: str = "") -> None:
        server = Odoo(
            sandbox.version,
            sandbox.url,
            sandbox.login,
            sandbox.password,
            sandbox.api_key,
            sandbox.database,
            "",
        )
        super().__init__(folder, server, sandbox.database, NearHub)
        self.sandbox = sandbox
        known = [customer(number) for number in NUMBERS]
        company.write_workbook(self.workbook.path, known)
        company.fill_sage(self.sage, known)
        self.sage.export()
        self.create(*(company.partner(one, self.siret, self.france) for one in known))
        self.configure(url)
        self.hub("sync", "--json", code=0)
        self.hand_over()

    def configure(self, url: str = "") -> None:
        """`hub init`, with no wait for files that are still being written."""
        self.init({"ODOO_PASSWORD": self.odoo.password})
        for kind in ("excel", "sage"):
            self.type_in("hub.yaml", f"    kind: {kind}\n", f"    kind: {kind}\n    stable_seconds: 0\n")
        if url:
            self.type_in("hub.yaml", self.odoo.url, url)

    # -- the rest of the office goes on working -------------------------------------------------------------

    def work_beside(self, system: str, city: str) -> str:
        """Somebody gives customer 1 a city in another system than this one; that system's name."""
        if system == "odoo":
            self.workbook.edit({"C0001": {"Ville": city}})
            return "clients"
        self.write(customer(1).name, {"city": city})
        return "odoo"

    def cities(self) -> dict[str, str]:
        """The city of customer 1 in each system, capitals aside."""
        found = {
            "odoo": self.partner(1)["city"],
            "sage": self.third_parties()[customer(1).email]["CT_Ville"],
        }
        try:
            found["clients"] = self.workbook.rows()["C0001"]["Ville"]
        except (OSError, zipfile.BadZipFile, KeyError):
            found["clients"] = None
        return {system: str(value or "").title() for system, value in found.items()}

    def phones(self, number: int) -> dict[str, str]:
        """The telephone number of a customer in each system, in national digits."""
        found = {
            "odoo": self.partner(number)["phone"],
            "sage": self.third_parties()[customer(number).email]["CT_Telephone"],
            "clients": self.workbook.rows()[f"C{number:04}"]["Tél."],
        }
        return {system: digits(phone) for system, phone in found.items()}

    def partner(self, number: int) -> dict[str, Any]:
        """A customer in Odoo."""
        (row,) = (row for row in self.partners().values() if row["email"] == customer(number).email)
        return row

    def hand_over(self, *, export: bool = True) -> None:
        """Sage imports what waits for it, and usually exports what it holds then."""
        self.sage.take()
        if export:
            self.sage.export()

    def traces(self, system: str) -> Any:
        """Everything the hub could have written in a system, to see that it has not."""
        if system == "clients":
            return {path.name: path.read_bytes() for path in sorted(self.folder.glob("*.xls*"))}
        if system == "sage":
            return sorted(path.name for path in self.sage.imports.glob("*.csv")), dict(self.sage.rows)
        return self.call("res.partner", "search_read", [], ["name", "write_date"],
                         context={"active_test": False})  # fmt: skip


@dataclass(frozen=True)
class Mishap:
    """Something that keeps a whole system out of a sync, and what the person is told.

    `said` are words of the screen: what is wrong, where, and what to do. `check` is the exit code of
    `hub check`, usually that of the sync.
    """

    system: str
    spoil: Callable[[Office], None]
    mend: Callable[[Office], None]
    code: int
    said: tuple[str, ...]
    check: int | None = None


def bears(office: Office, mishap: Mishap) -> None:
    """Live through a mishap: it is told, it harms nothing, the others go on, and it passes."""
    others = [name for name in SYSTEMS if name != mishap.system]
    office.work_beside(mishap.system, "Vizille")
    mishap.spoil(office)
    before = office.traces(mishap.system)

    told = office.hub("sync")
    assert told.code == mishap.code, told.out + told.err
    is_told(told, *mishap.said)
    assert told.out.count(f"{mishap.system}, customer left out") == 1
    office.hand_over(export=mishap.system != "sage")
    assert office.traces(mishap.system) == before
    assert {office.cities()[name] for name in others} == {"Vizille"}
    checked = office.hub("check")
    assert checked.code == (mishap.code if mishap.check is None else mishap.check), checked.out
    is_told(checked, mishap.system)

    mishap.mend(office)
    office.hub("sync", "--json", code=0)
    office.hand_over()
    assert set(office.cities().values()) == {"Vizille"}
    is_at_rest(office)


@dataclass(frozen=True)
class Blemish:
    """One record, or one field of it, that cannot be used; everything else of the same system can.

    `said` are words of `hub conflicts list`, or of what else is `listed`; `holds` is what must be
    so while it waits, `after` what must be so once it is mended.
    """

    system: str
    spoil: Callable[[Office], None]
    mend: Callable[[Office], None]
    said: tuple[str, ...]
    holds: Callable[[Office], bool]
    after: Callable[[Office], bool]
    listed: str = "conflicts"


def stands_out(office: Office, blemish: Blemish) -> None:
    """Live through a blemish: it is set aside and told, all other records go on, and it passes."""
    office.work_beside("sage" if blemish.system == "clients" else "odoo", "Vizille")
    if blemish.system == "sage":
        office.sage.edit("S00003", {"CT_Telephone": OTHER_PHONE})
        office.sage.export()
    else:
        office.workbook.edit({"C0003": {"Tél.": OTHER_PHONE}})
    blemish.spoil(office)

    done = office.hub("sync", "--json", code=1).json
    assert (done["problems"], done["braked"]) == ([], [])
    office.hand_over(export=blemish.system != "sage")
    is_listed(office, blemish.listed, *blemish.said)
    assert set(office.cities().values()) == {"Vizille"}
    assert set(office.phones(3).values()) == {OTHER_PHONE.replace(" ", "")}
    assert blemish.holds(office)
    assert office.hub("plan", "--json", code=1).json["writes"] == []

    blemish.mend(office)
    office.hub("sync", "--json", code=0)
    office.hand_over()
    assert blemish.after(office)
    is_at_rest(office)
    assert office.hub("conflicts", "--json", code=0).json == {"conflicts": [], "reviews": []}


OTHER_PHONE = "04 76 33 33 33"


def is_told(said: Said, *words: str) -> None:
    """The screen holds these words, whatever the line breaks, and is no traceback."""
    screen = " ".join((said.out + said.err).replace("│", " ").split())
    for word in words:
        assert word in screen, f"{word!r} is not said in: {screen}"
    assert "Traceback" not in screen


def is_listed(office: Office, command: str, *words: str) -> None:
    """What waits is told with these words: as they are for a script, and word by word in a person's table."""
    listed = json.dumps(office.hub(*command.split(), "--json", code=0).json, ensure_ascii=False)
    table = " ".join(office.hub(*command.split(), code=0).out.split())
    for phrase in words:
        assert phrase in listed, f"{phrase!r} is not said in: {listed}"
        assert all(word in table for word in phrase.split()), f"{phrase!r} is not shown in: {table}"


def is_at_rest(office: Office) -> None:
    """Nothing waits for anybody, and there is nothing to write."""
    quiet = office.hub("sync", "--json", code=0).json
    assert (quiet["writes"], quiet["problems"], quiet["braked"]) == (0, [], [])


class Front:
    """A server in front of an Odoo, as companies have: it may close for maintenance, and may speak TLS."""

    def __init__(self, behind: str, context: ssl.SSLContext | None = None) -> None:
        self.closed = False
        front, place = self, urlsplit(behind)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, answer = 502, {"Content-Type": "text/html"}, _MAINTENANCE
                if not front.closed:
                    status, headers, answer = front.passed_on(place.netloc, self, body)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                return

        self._server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"{'https' if context else 'http'}://localhost:{self._server.server_port}"

    def passed_on(
        self, place: str, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """The answer of the server behind."""
        behind = http.client.HTTPConnection(place, timeout=30)
        kept = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        behind.request(request.command, request.path, body, kept)
        answer = behind.getresponse()
        content = answer.read()
        behind.close()
        headers = {name: value for name, value in answer.getheaders() if name.lower() in _KEPT}
        return answer.status, headers, content

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


_HOP = ("host", "connection", "content-length", "accept-encoding")
_KEPT = ("content-type", "date")
_MAINTENANCE = "<html><head><title>De retour à 8 heures</title></head><body>…</body></html>".encode()
