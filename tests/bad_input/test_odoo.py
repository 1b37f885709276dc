"""An Odoo that is not there, not that one, or does not let the hub do what it should."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.odoo import Odoo as SandboxOdoo
from tests.bad_input.office import MAPPING, Front, Mishap, Office, bears, is_at_rest, is_listed, is_told
from tests.story.company import customer


def changed(file: str, old: str, new: str) -> Callable[[Office], None]:
    """Type it; an edited mapping stops its entity until a person lets it."""

    def change(office: Office) -> None:
        office.type_in(file, old, new)
        if file == MAPPING:
            is_told(office.hub("sync", code=1), "was edited since it was approved")
            office.hub("release", "customer", code=0)

    return change


def mishap(file: str, old: str, new: str, code: int, *said: str) -> Mishap:
    """A mistake in a file about Odoo, and its correction."""
    return Mishap("odoo", changed(file, old, new), changed(file, new, old), code, said)


def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}"


MISHAPS = {
    "an unknown model": mishap(
        MAPPING, "object: res.partner", "object: res.partnr", 2, "res.partnr", "res.partner"
    ),
    "an unknown field": mishap(
        MAPPING, "city: city\n", "city: citty\n", 2, "citty", "city"
    ),
    "a wrong database": mishap(
        "hub.yaml", "database: sandbox", "database: sandbx", 2, "sandbx", "`database`"
    ),
    "a wrong password": Mishap(
        "odoo", changed(".env", 'PASSWORD="admin"', 'PASSWORD="secret-2"'),
        changed(".env", 'PASSWORD="secret-2"', 'PASSWORD="admin"'), 2,
        ("does not accept the login or password of admin", "check `login` and `password`"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISHAPS)
def test_a_wrong_word_about_odoo_is_told_once_with_what_to_do(name: str, office: Office) -> None:
    bears(office, MISHAPS[name])


def test_an_address_where_nobody_is_leaves_odoo_out(office: Office) -> None:
    place = nobody()
    bears(office, mishap("hub.yaml", office.odoo.url, place, 3, place, "no answer", "tries again by itself"))


def test_a_wrong_password_is_tried_once_in_a_sync(sandbox: SandboxOdoo, office: Office) -> None:
    office.type_in(".env", '"admin"', '"secret-2"')
    before = sandbox.calls[None, "common.login"]
    office.hub("sync", code=2)
    assert sandbox.calls[None, "common.login"] == before + 1


def test_an_expired_key_is_told_with_where_to_make_another(sandbox: SandboxOdoo, office: Office) -> None:
    office.type_in("hub.yaml", "password: ${ODOO_PASSWORD}", "api_key: ${ODOO_API_KEY}")
    env = office.folder / ".env"
    env.write_text(f'ODOO_API_KEY="{sandbox.api_key}"\n', "utf-8")
    keys = sandbox.base.accounts["admin"].api_keys

    def renewed(office: Office) -> None:
        keys.add("the-new-key")
        env.write_text('ODOO_API_KEY="the-new-key"\n', "utf-8")

    said = ("does not accept", "API key", "expired", "Preferences → Account Security")
    bears(office, Mishap("odoo", lambda _: keys.clear(), renewed, 2, said))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: no certificate can be made")
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(key), "-out",
         str(made), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


@pytest.fixture
def fronts() -> Iterator[list[Front]]:
    opened: list[Front] = []
    yield opened
    for front in opened:
        front.close()


def test_a_self_signed_certificate_is_trusted_only_by_its_file(
    office: Office, certificate: Path, fronts: list[Front]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    fronts.append(Front(office.odoo.url, context))
    url = fronts[0].url
    bears(office, Mishap(
        "odoo", changed("hub.yaml", office.odoo.url, url),
        changed("hub.yaml", f"url: {quoted(office, url)}", f"url: {url}\n    ca: certificate.pem"),
        2, ("certificate", url, "is not trusted", "`ca`"),
    ))  # fmt: skip


def quoted(office: Office, url: str) -> str:
    """The address as hub.yaml will hold it."""
    line = next(
        line for line in (office.folder / "hub.yaml").read_text("utf-8").splitlines() if "url:" in line
    )
    return line.partition("url: ")[2].replace(office.odoo.url, url)


def test_an_odoo_in_maintenance_is_waited_for(office: Office, fronts: list[Front]) -> None:
    fronts.append(Front(office.odoo.url))
    office.type_in("hub.yaml", office.odoo.url, fronts[0].url)
    is_at_rest(office)

    def close(closed: bool) -> Callable[[Office], None]:
        return lambda _: setattr(fronts[0], "closed", closed)

    said = ("maintenance", "HTTP 502", "De retour à 8 heures", "tries again by itself")
    bears(office, Mishap("odoo", close(True), close(False), 3, said))


def test_a_missing_right_is_named_and_once_granted_used(sandbox: SandboxOdoo, office: Office) -> None:
    reader = sandbox.add_user("hub", "reads-only")
    office.type_in("hub.yaml", "login: admin", "login: hub")
    office.type_in(".env", '"admin"', '"reads-only"')
    office.work_beside("odoo", "Vizille")
    checked = office.hub("check")
    assert checked.code == 2
    findings = office.hub("check", "--json", "--system", "odoo", code=2).json["findings"]
    (missing,) = (found for found in findings if "(right «write»)" in found["message"])
    assert (missing["what"], missing["level"]) == ("customer: res.partner", "error")
    assert "Settings → Users" in missing["todo"]
    assert not [found for found in findings if "read-only" in found["message"]], (
        "nothing but the right is at fault"
    )
    before = office.traces("odoo")

    office.hub("sync", code=1)
    office.hand_over()
    assert office.traces("odoo") == before
    assert (office.cities()["sage"], office.cities()["clients"]) == ("Vizille", "Vizille")
    is_listed(
        office, "deadletters", customer(1).name, "not allowed to modify", "give the hub's user this right"
    )

    groups = {row["xmlid"]: id for id, row in sandbox.env.table("res.groups").rows.items()}
    sandbox.env["res.users"].browse([reader]).write(
        {"group_ids": [(4, groups["base.group_partner_manager"])]}
    )
    office.hub("deadletters", "retry", "--all", code=0)
    office.hub("sync", code=0)
    assert office.cities()["odoo"] == "Vizille"
    is_at_rest(office)
