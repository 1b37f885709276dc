"""No secret turns up anywhere: not in the database, a log, a screen, a page, a file or a command line.

Every secret there is is a canary (`tests.security.canaries`); servers quote them in whatever they refuse;
then everything that was written, printed or answered is searched.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from connectors import assembly
from hub.redaction import HIDDEN
from tests.daemon.site import free_port
from tests.postgres import Postgres
from tests.security.canaries import SECRETS, Company, company, leaks, marks, quoting, secret_of

LOOKS: tuple[tuple[str, ...], ...] = (
    ("status",), ("deadletters",), ("conflicts",), ("journal",), ("mapping", "check"), ("check",), ("plan",),
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """The company on either database; PostgreSQL's password is a canary too."""
    database = "sqlite:///hub.sqlite"
    server: Postgres | None = None
    url = ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        url = server.fresh_database()
        parsed = make_url(url)
        host = f"?host={parsed.query['host']}" if "host" in parsed.query else ""
        place = f"{parsed.host}:{parsed.port}" if parsed.host else ""
        database = (
            f"postgresql://{parsed.username}:${{HUB_DATABASE_PASSWORD}}@{place}/{parsed.database}{host}"
        )
    with company(tmp_path, database, free_port()) as made:
        yield made
    if server is not None:
        server.drop(url)


def searched(site: Company) -> list[str]:
    """Where a secret was found."""
    found = [
        f"printed by hub {' '.join(said.words)}: {leaks(said.output)}"
        for said in site.said
        if leaks(said.output)
    ]
    found += [f"{path.relative_to(site.folder)}: {leaks(path.read_bytes())}" for path in site.files()
              if leaks(path.read_bytes())]  # fmt: skip
    found += [f"table {table}: {leaks(row)}: {row!r}" for table, row in site.rows() if leaks(row)]
    return found


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    for name, secret in SECRETS.items():
        assert leaks(secret.encode()) == {name}
        assert leaks(secret.encode("utf-16")) == {name}
        assert leaks(repr(secret).encode()) == {name}
    assert not leaks(b"nothing " + HIDDEN.encode())
    assert all(len(mark) >= 8 for spelled in marks().values() for mark in spelled)


def test_no_secret_is_kept_or_shown_whatever_the_servers_quote(site: Company) -> None:
    site.fill(14)
    assert site.program("check", "--json").code == 0, site.said[-1].output.decode()
    assert site.hub("plan", "--out", "plan.json").code in (0, 1)
    refused = 0
    for round_, _ in enumerate(quoting("")):
        hooks = {name: quoting(secret_of(name))[round_] for name in site.odoos}
        for name, odoo in site.odoos.items():
            odoo.before.append(hooks[name])
        run = site.hub if round_ else site.program
        run("sync", "--json", "--debug")
        site.hub("check", "--debug")
        refused = max(refused, len(site.json("deadletters")["dead_letters"]))
        for words in LOOKS[: 2 if round_ else None]:
            site.hub(*words)
            site.hub(*words, "--json", "--debug")
        for name, odoo in site.odoos.items():
            odoo.before.remove(hooks[name])
        book = site.folder / "clients.xlsx"
        book.touch()
    assert site.hub("backup", "a.backup").code == 0, site.said[-1].output.decode()
    assert refused >= 10, "servers refused, and what they said was kept"
    assert any(HIDDEN in said.output.decode("utf-8", "replace") for said in site.said)
    assert searched(site) == []


def test_the_search_would_find_what_was_not_cleaned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "discreet", lambda connector, clean: connector)
    with company(tmp_path, "sqlite:///hub.sqlite", free_port()) as site:
        site.fill(3)
        for name, odoo in site.odoos.items():
            odoo.before.append(quoting(secret_of(name))[0])
        site.hub("sync")
        site.hub("deadletters", "--json")
        found = "\n".join(searched(site))
        assert all(place in found for place in ("table outbox", "hub.sqlite", "printed by hub deadletters"))


def test_a_daemon_shows_no_secret_in_its_log_its_pages_or_its_command_lines(site: Company) -> None:
    site.write(level="debug")
    site.fill(6)
    for name, odoo in site.odoos.items():
        for hook in quoting(secret_of(name))[:1]:
            odoo.before.append(hook)
    seen: list[bytes] = []
    with (site.folder / "hub.log").open("wb") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "hub.cli.main", "run"], cwd=site.folder, env=site.environment,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until(lambda: waiting(site).get("dead_letters", 0) >= 3, daemon)
        seen.append(page(site, "/metrics"))
        for name, odoo in site.odoos.items():
            odoo.before[:] = [quoting(secret_of(name))[4]]
        until(lambda: b"cannot read with" in page(site, "/healthz"), daemon)
        for path in ("/healthz", "/metrics", "/livez", "/nothing"):
            seen.append(page(site, path))
        seen += command_lines()
        site.hub("status", "--json")
    finally:
        daemon.terminate()
        assert daemon.wait(timeout=30) == 0
    assert HIDDEN.encode() in b"".join(seen), "what a server quoted stands there without the secret"
    assert [leaks(one) for one in seen if leaks(one)] == []
    assert searched(site) == []


BROKEN: dict[str, Callable[[Path], None]] = {
    "a timeout that is a password": lambda yaml: change(
        yaml, "transport: jsonrpc", "timeout: ${ODOO_PASSWORD}"
    ),
    "a transport that is a password": lambda yaml: change(
        yaml, "transport: jsonrpc", "transport: ${ODOO_PASSWORD}"
    ),
    "a key that is no key": lambda yaml: change(yaml, "{credential: third}", "{credential: ../key}"),
    "a credential that is not there": lambda yaml: change(
        yaml, "{credential: third}", "{credential: fourth}"
    ),
    "an interval that is a password": lambda yaml: change(
        yaml, "deliver: 1s", "deliver: '${HUB_DATABASE_PASSWORD}'"
    ),
    "a database that is a password": lambda yaml: change(
        yaml, "database: '", "database: '${HUB_DATABASE_PASSWORD}"
    ),
    "a database with a port of letters": lambda yaml: change_database(
        yaml, "postgresql://hub:${HUB_DATABASE_PASSWORD}@127.0.0.1:no/hub"
    ),
    "a database that does not answer": lambda yaml: change_database(
        yaml, "postgresql://hub:${HUB_DATABASE_PASSWORD}@127.0.0.1:9/hub"
    ),
    "a password behind the address": lambda yaml: change_database(
        yaml, "postgresql://127.0.0.1:9/hub?password=${HUB_DATABASE_PASSWORD}"
    ),
    "an address with a password": lambda yaml: change(
        yaml, "url: http://", "url: http://hub:${ODOO_PASSWORD}@"
    ),
    "a url that is a password": lambda yaml: change(yaml, "url: http://", "url: ${ODOO_PASSWORD}"),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_no_mistake_in_the_configuration_shows_a_secret(mistake: str, tmp_path: Path) -> None:
    with company(tmp_path, "sqlite:///hub.sqlite", free_port()) as site:
        site.fill(1)
        BROKEN[mistake](tmp_path / "hub.yaml")
        for words in (("check",), ("check", "--json", "--debug")):
            said = site.hub(*words)
            assert said.code in (2, 3), said.output.decode()
            assert b"Traceback" not in said.output or b"--debug" not in said.output
        assert b'"fault"' not in said.output, "a mistake is no fault of the hub's"
        found = [
            f"{' '.join(said.words)}: {leaks(said.output)}: {said.output.decode()}" for said in site.said
        ]
        assert not [one for one, said in zip(found, site.said, strict=True) if leaks(said.output)]


def test_a_literal_secret_is_refused_in_words_and_not_repeated(tmp_path: Path) -> None:
    with company(tmp_path, "sqlite:///hub.sqlite", free_port()) as site:
        site.fill(1)
        literal = "c0ffee5ec4e7"
        change(tmp_path / "hub.yaml", "${ODOO_PASSWORD}", literal)
        said = site.hub("check")
        assert said.code == 2
        words = " ".join(said.output.decode().split())
        assert "`password` is written in clear here" in words
        assert "Write ${ODOO_PASSWORD} and put ODOO_PASSWORD=… in .env" in words
        assert literal.encode() not in said.output


def test_init_asks_a_server_that_quotes_and_shows_no_secret(tmp_path: Path) -> None:
    with company(tmp_path, "sqlite:///hub.sqlite", free_port()) as site:
        site.fill(1)
        shutil.rmtree(tmp_path / "mappings")
        for file in ("hub.yaml", ".env"):
            (tmp_path / file).unlink()
        odoo = site.odoos["odoo"]
        flags = ["--odoo-url", odoo.url, "--odoo-database", odoo.database, "--odoo-login", odoo.login]
        for hook in quoting(SECRETS["environment"])[1:]:

            def on_anything(call: object, hook: Callable[..., object] = hook) -> None:
                raise RuntimeError(f"execute_kw('sandbox', 2, {SECRETS['environment']!r})")

            odoo.before[:] = [on_anything]
            said = site.hub("init", *flags, "--excel-file", "clients.xlsx", "--debug")
            assert said.code in (2, 3, 4), said.output.decode()
        odoo.before.clear()
        assert site.hub("init", *flags, "--excel-file", "clients.xlsx", "--json").code == 0
        assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
        assert not [said.output for said in site.said if leaks(said.output)]
        assert not [path for path in site.files() if leaks(path.read_bytes())]


def change(yaml: Path, old: str, new: str) -> None:
    text = yaml.read_text("utf-8")
    assert old in text
    yaml.write_text(text.replace(old, new, 1), "utf-8")


def change_database(yaml: Path, url: str) -> None:
    change(yaml, "database: 'sqlite:///hub.sqlite'", f"database: '{url}'")


def waiting(site: Company) -> dict[str, int]:
    """What waits for a person, as the daemon's page has it."""
    found = page(site, "/healthz")
    return dict(json.loads(found[found.index(b"{") :])["waiting"]) if b"{" in found else {}


def page(site: Company, path: str) -> bytes:
    """A page of the daemon's with its headers; nothing while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{site.port}{path}", timeout=5) as answer:
            return bytes(answer.headers) + bytes(answer.read())
    except urllib.error.HTTPError as problem:
        return bytes(problem.headers) + problem.read()
    except OSError:
        return b""


def command_lines() -> list[bytes]:
    """What `ps` shows of every process, where the system tells."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            continue
    return found


def until(holds: Callable[[], bool], daemon: subprocess.Popen[bytes], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert daemon.poll() is None, f"the daemon ended with {daemon.poll()}"
        assert time.monotonic() < end, f"it did not happen within {seconds} s"
        time.sleep(0.2)
