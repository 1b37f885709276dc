"""Who may read what the hub writes, and what `hub check` says of what lies open."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.private import write_private
from hub.settings import Settings, load_settings
from hub.settings.exposure import exposed, is_loopback
from hub.store import Store
from tests.cli.conftest import Company
from tests.cli.conftest import bare as bare
from tests.cli.conftest import company as company

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a file's mode says nothing there of who may read it")


@pytest.fixture(autouse=True)
def _careless() -> Iterator[None]:
    """The most careless mask there is: what is private is so because the hub made it so."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_the_database_is_for_its_owner_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    file = tmp_path / "state" / "hub.sqlite"
    store = Store(f"sqlite:///{file}")
    store.migrate()
    with store.reading(), store.rehearsal() as copy:
        copy.migrate()
        rehearsed = Path(str(copy.engine.url.database))
        assert {mode(path) for path in rehearsed.parent.iterdir()} == {"0o600"}
        assert mode(rehearsed.parent) == "0o700"
        assert {path.name: mode(path) for path in file.parent.iterdir()} == {
            "hub.sqlite": "0o600", "hub.sqlite-wal": "0o600", "hub.sqlite-shm": "0o600",
        }  # fmt: skip
    store.close()
    assert mode(file.parent) == "0o700"
    assert not rehearsed.parent.exists()


def test_a_file_is_private_before_its_first_byte(tmp_path: Path) -> None:
    target, seen, over = tmp_path / "plan.json", set(), threading.Event()

    def look() -> None:
        while not over.is_set():
            for path in tmp_path.iterdir():
                try:
                    seen.add(mode(path))
                except FileNotFoundError:
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for size in range(200):
            write_private(target, b"x" * size * 1000)
    finally:
        over.set()
        watcher.join()
    assert seen == {"0o600"}
    target.chmod(0o644)
    write_private(target, b"new")
    assert mode(target) == "0o600"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_what_the_commands_write_of_records_and_secrets_is_private(company: Company) -> None:
    assert company.hub("plan", "--out", "plan.json").code in (0, 1)
    assert company.hub("sync").code in (0, 1)
    assert mode(company.home / ".env") == "0o600"
    assert mode(company.home / "plan.json") == "0o600"
    assert {mode(path) for path in company.home.glob("hub.sqlite*")} == {"0o600"}
    memories = [path for path in company.home.rglob(".hub") if path.is_dir()]
    assert memories
    assert {mode(path) for path in memories} == {"0o700"}


def test_a_backup_of_a_workbook_is_no_more_open_than_the_workbook(company: Company) -> None:
    company.workbook.chmod(0o640)
    company.hub("sync")
    backups = list((company.home / "hub-backups").iterdir())
    assert backups
    assert {mode(path) for path in [company.workbook, *backups]} == {"0o640"}


def test_nothing_is_left_in_the_folder_of_temporary_files(
    company: Company, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("temporary")
    said = [company.program(command, TMPDIR=str(folder)) for command in ("plan", "sync", "check")]
    assert {one.code for one in said} <= {0, 1}
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "open_to", "words"),
    [
        (".env", 0o604, ".env can be read by every user"),
        (".env", 0o602, ".env can be changed by every user"),
        ("key", 0o644, "key can be read by every user"),
        ("credentials/third", 0o644, "third can be read by every user"),
        ("hub.sqlite", 0o644, "hub.sqlite can be read by every user"),
        ("hub.yaml", 0o646, "hub.yaml can be changed by every user"),
        ("mappings", 0o757, "mappings can be changed by every user"),
        ("mappings/customer.yaml", 0o666, "customer.yaml can be changed by every user"),
        (".", 0o777, "can be changed by every user"),
    ],
)
def test_what_lies_open_is_told_with_what_to_do(tmp_path: Path, file: str, open_to: int, words: str) -> None:
    closed = configured(tmp_path)
    assert exposed(closed) == []
    (tmp_path / file).chmod(open_to)
    (found,) = exposed(closed)
    assert found.level == "warning"
    assert words in found.message
    assert found.todo.startswith("chmod ")


def test_a_group_and_a_sticky_folder_are_the_admins_business(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    for path in (tmp_path / ".env", tmp_path / "hub.yaml", tmp_path / "key"):
        path.chmod(0o660)
    tmp_path.chmod(0o1777)
    assert exposed(settings) == []
    tmp_path.chmod(0o700)


def test_check_shows_it_and_still_succeeds(company: Company) -> None:
    (company.home / ".env").chmod(0o644)
    company.config.chmod(0o666)
    said = company.hub("check", "--json")
    assert said.code == 0, said.out
    warned = [one["message"] for one in said.json["findings"] if one["level"] == "warning"]
    assert any(".env can be read" in message for message in warned)
    assert any("hub.yaml can be changed" in message for message in warned)


@pytest.mark.parametrize(
    ("database", "warned"),
    [
        ("postgresql://hub:${NAME}@db.example.com/hub", True),
        ("postgresql://hub:${NAME}@db.example.com/hub?sslmode=require", True),
        ("postgresql://hub:${NAME}@db.example.com/hub?sslmode=verify-full&sslrootcert=/etc/ca.pem", False),
        ("postgresql://hub:${NAME}@127.0.0.1/hub", False),
        ("postgresql://hub:${NAME}@localhost:5433/hub", False),
        ("postgresql://hub:${NAME}@/hub?host=/run/postgresql", False),
        ("postgresql://hub:${NAME}@/hub?host=db.example.com", True),
    ],
)
def test_a_database_elsewhere_is_to_be_recognised_before_it_is_told_anything(
    tmp_path: Path, database: str, warned: bool
) -> None:
    found = exposed(configured(tmp_path, database=database))
    assert [one.what for one in found] == ["encryption"] * warned


@pytest.mark.parametrize(("host", "mine"), [("127.0.0.1", True), ("::1", True), ("localhost", True),
                                            ("127.8.9.1", True), ("0.0.0.0", False), ("::", False),
                                            ("192.168.1.4", False), ("example.com", False)])  # fmt: skip
def test_a_listener_for_others_is_told(tmp_path: Path, host: str, mine: bool) -> None:
    assert is_loopback(host) is mine
    found = exposed(configured(tmp_path, more=f"http: {{host: '{host}'}}\n"))
    assert [one.what for one in found] == ([] if mine else ["http"])


def configured(folder: Path, database: str = "sqlite:///hub.sqlite", more: str = "") -> Settings:
    """A configuration with a secret of every origin, all of it closed."""
    for made in ("mappings", "credentials"):
        (folder / made).mkdir()
        (folder / made).chmod(0o755)
    (folder / "hub.yaml").write_text(
        f"database: '{database}'\nsystems:\n  a: {{kind: odoo, password: '${{NAME}}'}}\n"
        "  b: {kind: odoo, password: {file: key}}\n"
        f"  c: {{kind: odoo, password: {{credential: third}}}}\n{more}",
        "utf-8",
    )
    for name, text in (
        (".env", "NAME=x1\n"),
        ("key", "y"),
        ("credentials/third", "z"),
        ("mappings/customer.yaml", ""),
    ):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    sqlite3.connect(folder / "hub.sqlite").close()
    (folder / "hub.sqlite").touch()
    (folder / "hub.sqlite").chmod(0o600)
    (folder / "hub.yaml").chmod(0o644)
    folder.chmod(0o755)
    return load_settings(folder / "hub.yaml", {"CREDENTIALS_DIRECTORY": str(folder / "credentials")})
