"""Files attached to records, on real servers and on the sandbox: once each, whatever happens on the way."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from connectors.odoo import attachments
from connectors.odoo.client import Client
from connectors.odoo.connector import OdooConnector
from connectors.odoo.doors import open_client
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from hub.ports import ConnectorError, Done, NativeField, Outcome, Refused, Unknown, View, Write
from tests.connectors.odoo.desk import done, messages
from tests.connectors.odoo.office import Office
from tests.connectors.odoo.scenarios_payment_faults import Doomed, Killed
from tests.tally import tally
from tests.wire.faults import FAULTS
from tests.wire.proxy import Proxy

TRIES = 4
ON_THE_WIRE = (
    "torn before Odoo got it",
    "torn after Odoo did it",
    "error answer, and yet done",
    "arrives late, after the hub gave up",
)
VIEW = View(
    "certificate",
    "ir.attachment",
    (
        NativeField("name"),
        NativeField("datas", options={"files": "forms"}),
        NativeField("res_id", type="ref"),
    ),
    where=[["res_model", "=", "res.partner"]],
    options={"on_create": {"res_model": "res.partner"}},
)


class Cabinet:
    """A folder of files, an Odoo record they belong to, and the hub between them."""

    def __init__(self, office: Office, door: str, folder: Path) -> None:
        self.office, self.door, self.folder = office, door, folder
        self.record = str(office.call("res.partner", "create", {"name": f"Client {uuid4().hex[:6]}"}))

    def connect(self, opener: Callable[[str, Settings], Client] = open_client, **more: Any) -> OdooConnector:
        told = {"files": {"forms": self.folder}, **more}
        settings = self.office.settings(self.door, **told)
        return OdooConnector("odoo", settings, Session("odoo", settings, opener, lambda seconds: None))

    def file(self, content: bytes, name: str = "") -> str:
        """Put a file there; its SHA-1."""
        digest = sha1(content).hexdigest()
        (self.folder / (name or f"{digest[:8]}.pdf")).write_bytes(content)
        return digest

    def write(self, digest: str, title: str = "Attestation.pdf", **more: Any) -> Write:
        values = {"name": title, "datas": digest, "res_id": self.record}
        return Write(f"certificate_{uuid4().hex}", None, values, **more)

    def seen(self) -> list[Mapping[str, Any]]:
        """What a person finds on the record."""
        domain = [["res_model", "=", "res.partner"], ["res_id", "=", int(self.record)]]
        rows: list[Mapping[str, Any]] = self.office.call(
            "ir.attachment", "search_read", domain, ["name", "datas", "mimetype"], order="id"
        )
        return rows

    def contents(self) -> list[bytes]:
        return [b64decode(row["datas"]) for row in self.seen()]


class AttachmentScenarios:
    @pytest.fixture
    def cabinet(self, office: Office, door: tuple[str, str], tmp_path: Path) -> Cabinet:
        folder = tmp_path / "forms"
        folder.mkdir()
        return Cabinet(office, door[1], folder)

    @pytest.fixture
    def odoo(self, cabinet: Cabinet) -> Iterator[OdooConnector]:
        connector = cabinet.connect()
        yield connector
        connector.close()

    def test_a_file_is_attached_to_the_record_byte_for_byte(
        self, cabinet: Cabinet, odoo: OdooConnector
    ) -> None:
        content = b"%PDF-1.7\n" + bytes(range(256)) * 40
        write = cabinet.write(cabinet.file(content))
        (outcome,) = odoo.write(VIEW, [write])
        assert done(outcome).values == write.values
        assert cabinet.contents() == [content]
        assert cabinet.seen()[0]["name"] == "Attestation.pdf"
        assert cabinet.seen()[0]["mimetype"] == "application/pdf"
        assert odoo.find(VIEW, [write.ref])[write.ref].values == write.values

    def test_a_new_version_replaces_the_bytes_of_the_same_attachment(
        self, cabinet: Cabinet, odoo: OdooConnector
    ) -> None:
        (outcome,) = odoo.write(VIEW, [cabinet.write(cabinet.file(b"%PDF-1.7 first", "a.pdf"))])
        made = done(outcome)
        newer = cabinet.file(b"%PDF-1.7 second", "a.pdf")
        change = Write("certificate_x", made.id, {"datas": newer}, expected=made.values)
        (outcome,) = odoo.write(VIEW, [change])
        assert done(outcome).values == {**made.values, "datas": newer}
        assert done(outcome).id == made.id
        assert cabinet.contents() == [b"%PDF-1.7 second"]

    def test_reading_tells_the_sum_of_a_file_and_asks_for_no_byte_of_it(
        self, cabinet: Cabinet, office: Office, door: tuple[str, str]
    ) -> None:
        wire = Proxy(office.url)
        odoo = cabinet.connect(url=wire.url)
        write = cabinet.write(cabinet.file(b"%PDF-1.7 " + b"x" * 5000))
        made = done(odoo.write(VIEW, [write])[0])
        since = len(wire.seen)
        found = {
            record.id: record for page in odoo.pull(VIEW, None, lambda ids: {}) for record in page.records
        }
        asked = [request.body for request in wire.seen[since:]]
        odoo.close()
        wire.close()
        assert found[made.id].values == write.values
        assert asked
        assert not [body for body in asked if b"datas" in body]

    def test_a_file_that_is_not_there_waits_and_follows_when_it_comes(
        self, cabinet: Cabinet, odoo: OdooConnector
    ) -> None:
        digest = sha1(b"%PDF-1.7 later").hexdigest()
        write = cabinet.write(digest)
        (outcome,) = odoo.write(VIEW, [write])
        assert isinstance(outcome, Refused), outcome
        assert outcome.passing
        assert outcome.field == "datas"
        assert f"is in no file of {cabinet.folder} (SHA-1 {digest})" in outcome.reason
        assert cabinet.seen() == []
        cabinet.file(b"%PDF-1.7 later")
        done(odoo.write(VIEW, [write])[0])
        assert cabinet.contents() == [b"%PDF-1.7 later"]

    def test_a_file_that_is_too_large_is_named_with_its_limit(self, cabinet: Cabinet) -> None:
        odoo = cabinet.connect(file_mib=0.01)
        (outcome,) = odoo.write(VIEW, [cabinet.write(cabinet.file(b"%PDF" + b"x" * 20_000, "big.pdf"))])
        odoo.close()
        assert isinstance(outcome, Refused), outcome
        assert "is big.pdf, which is larger than 0.01 MiB" in outcome.reason
        assert "`file_mib`" in outcome.todo
        assert cabinet.seen() == []

    def test_what_is_no_sum_of_a_file_is_refused_for_good(
        self, cabinet: Cabinet, odoo: OdooConnector
    ) -> None:
        (outcome,) = odoo.write(VIEW, [cabinet.write("../../etc/passwd")])
        assert isinstance(outcome, Refused), outcome
        assert not outcome.passing
        assert "holds the SHA-1 of a file (40 hex digits), not «../../etc/passwd»" in outcome.reason

    def test_one_file_that_is_missing_holds_no_other_up(self, cabinet: Cabinet, odoo: OdooConnector) -> None:
        there = [cabinet.write(cabinet.file(f"%PDF {n}".encode()), f"{n}.pdf") for n in range(3)]
        gone = cabinet.write(sha1(b"gone").hexdigest())
        outcomes = odoo.write(VIEW, [there[0], gone, *there[1:]])
        assert [type(outcome) for outcome in outcomes] == [Done, Refused, Done, Done]
        assert [row["name"] for row in cabinet.seen()] == ["0.pdf", "1.pdf", "2.pdf"]

    def test_many_files_travel_in_parts_and_all_arrive(
        self, cabinet: Cabinet, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(attachments, "AT_ONCE", 100_000)
        wire = Proxy(office.url)
        odoo = cabinet.connect(url=wire.url)
        contents = [bytes([65 + n]) * 30_000 for n in range(12)]
        writes = [cabinet.write(cabinet.file(one), f"{n:02}.txt") for n, one in enumerate(contents)]
        outcomes = odoo.write(VIEW, writes)
        largest = max(len(request.body) for request in wire.seen)
        odoo.close()
        wire.close()
        assert [done(outcome).values["datas"] for outcome in outcomes] == [w.values["datas"] for w in writes]
        assert cabinet.contents() == contents
        assert largest < 100_000 * 4 / 3 + 10_000

    @pytest.mark.parametrize("fault", ON_THE_WIRE)
    def test_a_fault_at_any_call_makes_one_attachment(self, cabinet: Cabinet, fault: str) -> None:
        wire = Proxy(cabinet.office.url)
        try:
            with self._through(cabinet, wire) as odoo:
                before = len(wire.seen)
                done(odoo.write(VIEW, [cabinet.write(cabinet.file(b"clean"), "clean.pdf")])[0])
                calls = len(wire.seen) - before
            for nth in range(1, calls + 1):
                write = cabinet.write(cabinet.file(f"%PDF {fault} {nth}".encode()), f"{nth}.pdf")
                with self._through(cabinet, wire) as odoo:
                    trap = wire.arm(FAULTS[fault].happens, lambda request: True, nth=nth)
                    first = _attempt(odoo, write)
                    wire.disarm()
                    assert trap.met
                    tally("faults injected")
                    _until_done(odoo, write, first)
                    wire.release()
                _is_one(cabinet, write)
        finally:
            wire.close()

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_a_hub_that_dies_at_any_call_makes_one_attachment(self, cabinet: Cabinet, after: bool) -> None:
        doors: list[Doomed] = []

        def dooming(nth: int) -> Callable[[str, Settings], Client]:
            def opener(system: str, settings: Settings) -> Client:
                doors.append(Doomed(open_client(system, settings), nth, after))
                return doors[-1]

            return opener

        odoo = cabinet.connect(dooming(0))
        done(odoo.write(VIEW, [cabinet.write(cabinet.file(b"clean"), "clean.pdf")])[0])
        odoo.close()
        for nth in range(1, doors[0].calls + 1):
            write = cabinet.write(cabinet.file(f"%PDF {after} {nth}".encode()), f"{nth}.pdf")
            doomed = cabinet.connect(dooming(nth))
            with pytest.raises(Killed):
                doomed.write(VIEW, [write])
            doomed.close()
            tally("faults injected")
            odoo = cabinet.connect()
            _until_done(odoo, write, _attempt(odoo, Write(write.ref, None, write.values, again=True)))
            odoo.close()
            _is_one(cabinet, write)

    def test_a_check_names_the_folder_that_is_not_there(self, cabinet: Cabinet, odoo: OdooConnector) -> None:
        assert not [one for one in odoo.check([VIEW]) if one.level == "error"]
        nowhere = cabinet.connect(files={"forms": cabinet.folder / "nowhere"})
        assert f"there is no folder {cabinet.folder / 'nowhere'}" in messages(nowhere.check([VIEW]))
        nameless = cabinet.connect(files={"others": cabinet.folder})
        said = messages(nameless.check([VIEW]))
        assert "its content comes from the folder «forms», which hub.yaml does not name" in said
        nowhere.close()
        nameless.close()

    @contextmanager
    def _through(self, cabinet: Cabinet, wire: Proxy) -> Iterator[OdooConnector]:
        """A connector that has looked around already, behind the wire."""
        odoo = cabinet.connect(url=wire.url, timeout=20, connect_timeout=5)
        odoo.find(VIEW, ["nothing"])
        odoo.check([VIEW])
        yield odoo
        odoo.close()


def _attempt(odoo: OdooConnector, write: Write) -> Outcome | ConnectorError:
    try:
        return odoo.write(VIEW, [write])[0]
    except ConnectorError as error:
        return error


def _until_done(odoo: OdooConnector, write: Write, first: Outcome | ConnectorError) -> Done:
    """As the hub does: again, until it is done; and nothing is refused on the way."""
    outcome = first
    for _ in range(TRIES):
        if isinstance(outcome, Done):
            return outcome
        assert isinstance(outcome, Unknown | ConnectorError), outcome
        outcome = _attempt(odoo, Write(write.ref, None, write.values, again=True))
    raise AssertionError(f"not done after {TRIES} tries: {outcome}")


def _is_one(cabinet: Cabinet, write: Write) -> None:
    rows = [row for row in cabinet.seen() if row["name"] == write.values["name"]]
    tally("records duplicated", max(0, len(rows) - 1))
    tally("values lost", 0 if rows else 1)
    assert [sha1(b64decode(row["datas"])).hexdigest() for row in rows] == [write.values["datas"]]
