"""A backup is one moment of all the hub knows, goes back into either database, and a stop loses neither."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub import backup as backups
from hub.backup import BackupError
from hub.store import Store, copying, flags
from hub.store import tables as t
from tests.engine.conftest import SIRETS, Company
from tests.memory import Crash
from tests.tally import tally

ROUTES = {"customer": ["odoo", "sage", "list"]}


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Another empty database, of each kind."""
    if request.param == "sqlite":
        found = Store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    else:
        server = request.getfixturevalue("postgres_server")
        found = Store(server.fresh_database())
    found.migrate()
    yield found
    found.close()
    if request.param == "postgresql":
        server.drop(found.url)


@pytest.fixture
def full(company: Company) -> Company:
    """A company with records everywhere, a conflict, a dead letter, and a record set aside."""
    for number, siret in enumerate(SIRETS):
        company.odoo["partner"].add({"name": f"Garage {number}", "siret": siret, "tags": ["a", "é"]})
    company.sync()
    company.odoo["partner"].edit("1", phone="04 76 00 00 01")
    company.book["Clients"].set("C001", {"Tél.": "04 76 00 00 02"})
    company.book["Clients"].add({"Raison sociale": "Garage bis", "SIRET": SIRETS[1]})
    company.sage.refuse = lambda values: "no" if values.get("BPRNAM") == "NO" else None
    company.odoo["partner"].add({"name": "No"})
    company.sync()
    assert company.conflicts()
    assert company.reviews()
    assert company.dead_letters()
    return company


def told(store: Store) -> dict[str, list[Any]]:
    """All that is in a database but its own state."""
    with store.reading() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for table in copying.TABLES
            if table.name not in ("state", "cursor", "brake")
        }


def test_a_backup_goes_back_into_either_kind_of_database(full: Company, other: Store, tmp_path: Path) -> None:
    made = backups.backup(full.store, tmp_path / "hub.backup")
    assert backups.check(made.file) == made.manifest
    manifest, aside = backups.restore(other, made.file, ROUTES)
    assert aside is None
    assert manifest.kind == full.store.engine.dialect.name
    assert told(other) == told(full.store)
    with other.transaction() as connection:
        state = flags.recovering(connection)
        assert state is not None
        assert (state.why, state.left) == ("restore", ROUTES)
    full.store = other
    full.sync()
    assert full.sync().writes == 0
    assert full.goldens() == len(SIRETS) + 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_backup_is_readable_by_its_owner_alone(company: Company, tmp_path: Path) -> None:
    made = backups.backup(company.store, tmp_path / "hub.backup")
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600


def test_a_backup_shows_one_moment_while_the_hub_is_at_work(company: Company, tmp_path: Path) -> None:
    """Every golden record of the picture has its link and its journal line, whenever it was taken."""
    done = threading.Event()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            for number in range(12):
                company.odoo["partner"].add({"name": f"Garage {number}", "email": f"g{number}@x.example"})
                company.sync()
        except BaseException as problem:  # noqa: BLE001 - shown by the test
            problems.append(problem)
        finally:
            done.set()

    worker = threading.Thread(target=work)
    worker.start()
    number = 0
    while not done.is_set() or number < 3:
        made = backups.backup(company.store, tmp_path / f"hub-{number}.backup")
        backups.check(made.file)
        with sqlite3.connect(made.file) as found:
            goldens, links, lines = (
                {row[0] for row in found.execute(query)}
                for query in ("SELECT id FROM golden", "SELECT golden_id FROM link",
                              "SELECT golden_id FROM journal")
            )  # fmt: skip
        assert goldens == links == lines
        number += 1
    worker.join()
    assert not problems
    tally("interleavings tried", number)


def test_a_database_that_is_not_empty_is_set_aside_before_it_is_replaced(
    full: Company, tmp_path: Path
) -> None:
    made = backups.backup(full.store, tmp_path / "hub.backup")
    full.odoo["partner"].add({"name": "Garage of today", "siret": "35600000000048"})
    full.sync()
    before = told(full.store)
    with pytest.raises(BackupError, match="not empty"):
        backups.restore(full.store, made.file, ROUTES)
    assert told(full.store) == before
    _, aside = backups.restore(full.store, made.file, ROUTES, replace=True)
    assert aside is not None
    assert told(full.store) != before
    backups.restore(full.store, aside, ROUTES, replace=True)
    assert told(full.store) == before


def test_a_folder_keeps_the_newest_and_what_is_not_ours(company: Company, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    stranger = folder / "hub-20200101-000000.backup"
    stranger.write_text("an account of January", encoding="utf-8")
    mine = folder / "before-the-move.backup"
    backups.backup(company.store, mine)
    for day in range(1, 5):
        made = backups.backup(company.store, folder, keep=2, at=f"2026-01-0{day}T08:00:00+00:00")
    assert made.file.name == "hub-20260104-080000.backup"
    assert [one.name for one in made.pruned] == ["hub-20260102-080000.backup"]
    assert {one.name for one in folder.iterdir()} == {
        stranger.name, mine.name, "hub-20260103-080000.backup", "hub-20260104-080000.backup",
    }  # fmt: skip
    twice = backups.backup(company.store, folder, at="2026-01-04T08:00:00+00:00")
    assert twice.file.name == "hub-20260104-080000-2.backup"


def test_a_file_that_is_no_backup_is_never_replaced(company: Company, tmp_path: Path) -> None:
    workbook = tmp_path / "clients.xlsx"
    workbook.write_bytes(b"PK\x03\x04")
    with pytest.raises(BackupError, match="no backup"):
        backups.backup(company.store, workbook)
    assert workbook.read_bytes() == b"PK\x03\x04"
    with pytest.raises(BackupError, match="no folder"):
        backups.backup(company.store, tmp_path / "nowhere" / "hub.backup")


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def flip(file: Path) -> None:
    """One letter of one record, where SQLite itself notices nothing."""
    found = file.read_bytes()
    place = found.index(b"Garage 3")
    file.write_bytes(found[:place] + b"Garbage" + found[place + 7 :])


def drop_a_row(file: Path) -> None:
    with sqlite3.connect(file) as found:
        found.execute("DELETE FROM link WHERE external_id = 'C002'")


def drop_a_table(file: Path) -> None:
    with sqlite3.connect(file) as found:
        found.execute("DROP TABLE conflict")


def no_manifest(file: Path) -> None:
    with sqlite3.connect(file) as found:
        found.execute("DROP TABLE manifest")


def another_program_s(file: Path) -> None:
    with sqlite3.connect(file) as found:
        found.execute("PRAGMA application_id = 7")


def from_the_future(file: Path) -> None:
    with sqlite3.connect(file) as found:
        found.execute("UPDATE manifest SET value = 'ffffffffffff' WHERE name = 'revision'")


def a_future_form(file: Path) -> None:
    with sqlite3.connect(file) as found:
        found.execute("UPDATE manifest SET value = '99' WHERE name = 'format'")


def an_empty_file(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut, "damaged"), (flip, "does not say what was put"), (drop_a_row, "link has"),
        (drop_a_table, "conflict is missing"),
        (no_manifest, "damaged"), (another_program_s, "no backup"), (from_the_future, "does not know"),
        (a_future_form, "cannot read"), (an_empty_file, "no backup"),
    ],
)  # fmt: skip
def test_a_backup_that_is_not_whole_or_not_for_us_is_refused_in_words(
    full: Company, tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    made = backups.backup(full.store, tmp_path / "hub.backup")
    spoil(made.file)
    before = told(full.store)
    with pytest.raises(BackupError, match=words):
        backups.check(made.file)
    with pytest.raises(BackupError, match=words):
        backups.restore(full.store, made.file, ROUTES, replace=True)
    assert told(full.store) == before
    tally("bad inputs tried")


def test_a_stop_in_the_middle_of_a_restore_leaves_the_old(full: Company, tmp_path: Path) -> None:
    made = backups.backup(full.store, tmp_path / "hub.backup")
    full.odoo["partner"].add({"name": "Garage of today", "siret": "35600000000048"})
    full.sync()
    before = told(full.store)
    for name in [name for name, proof in made.manifest.tables.items() if proof.rows]:

        def stop(table: str, rows: int, wanted: str = name) -> None:
            if table == wanted:
                raise Crash(table)

        with pytest.raises(Crash):
            backups.restore(full.store, made.file, ROUTES, replace=True, told=stop)
        assert told(full.store) == before
        tally("crashes survived")


def test_a_backup_that_cannot_be_written_leaves_the_one_there_was(
    full: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backups.backup(full.store, tmp_path / "hub.backup")
    before = made.file.read_bytes()

    def full_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(BackupError, match="No space left"):
        backups.backup(full.store, made.file)
    assert made.file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".part")] == []


def test_an_older_hub_s_backup_is_brought_up_to_date(full: Company, other: Store, tmp_path: Path) -> None:
    """One made before brakes, approvals, the hub's own state, calls, numbers and visits had tables."""
    made = backups.backup(full.store, tmp_path / "hub.backup")
    with sqlite3.connect(made.file) as found:
        later = (
            "alert",
            "approval",
            "brake",
            "call",
            "callback",
            "doublet",
            "likeness",
            "merger",
            "merger_step",
            "phone_number",
            "question",
            "reference",
            "state",
            "system_clock",
            "visit",
        )
        for table in later:
            found.execute(f"DROP TABLE {table}")
            found.execute("DELETE FROM manifest_table WHERE name = ?", (table,))
        found.execute("ALTER TABLE cursor ADD COLUMN brake TEXT")
        found.execute("UPDATE alembic_version SET version_num = '4551f0e95242'")
        found.execute("UPDATE manifest SET value = '4551f0e95242' WHERE name = 'revision'")
        found.execute("DELETE FROM cursor")
        found.execute("UPDATE manifest_table SET rows = 0, checksum = '0' WHERE name = 'cursor'")
    backups.restore(other, made.file, ROUTES)
    with other.reading() as connection:
        assert copying.count(connection, t.golden) == len(SIRETS) + 1
    backups.restore(other, made.file, ROUTES, replace=True)
