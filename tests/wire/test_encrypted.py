"""The same wire, encrypted: a connection that is cut is a lost reply, not a certificate nobody trusts."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.store import Store
from tests.connectors.odoo.office import Office
from tests.tally import tally
from tests.wire import table
from tests.wire.company import Company
from tests.wire.proxy import Proxy

CUTS = (
    "torn before Odoo got it",
    "kept connection closed as it was used",
    "torn after Odoo did it",
    "reply lost",
    "an answer that breaks off",
    "byte by byte, without end",
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: no certificate can be made")
    made = tmp_path_factory.mktemp("tls") / "certificate.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(made.with_name("key.pem")), "-out", str(made)]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *names],
        check=True,
        capture_output=True,
    )
    return made


@pytest.fixture
def company(
    office: Office, door: tuple[str, str], tmp_path: Path, store: Store, certificate: Path
) -> Iterator[Company]:
    """A company whose wire speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    proxy = Proxy(office.url, context)
    made = Company(office, door[1], uuid4().hex, tmp_path / "hub", store, proxy, ca=certificate)
    yield made
    made.close()
    proxy.close()


@table.one_each(CUTS, ("creating one", "changing two", "listing what changed", "reading back a new one"))
def test_a_cut_in_an_encrypted_connection_is_told_as_a_cut(company: Company, fault: str, work: str) -> None:
    table.survives(company, fault, work)


@pytest.mark.parametrize("door", table.DOORS, ids="-".join)
def test_a_cut_in_the_middle_of_the_handshake_is_no_wrong_certificate(company: Company) -> None:
    company.type_in_list([1])
    company.proxy.hang_up = 2
    told = company.sync()
    assert company.proxy.hang_up == 0
    tally("faults injected", 2)
    assert not told.problems
    assert any("cut the connection" in line for line in told.lines), told.lines
    table.comes_to_rest(company)
