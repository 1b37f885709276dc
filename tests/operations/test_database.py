"""The hub's own database on a bad day: said in words, and gone on with once the cause is gone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DatabaseError, OperationalError

from hub.store import Store, cursors, flags
from hub.store import tables as t
from tests.kill.database import served
from tests.operations.site import BadDay, database
from tests.tally import tally

QUICK = """\
from sqlalchemy import event
from sqlalchemy.engine import Engine
@event.listens_for(Engine, "begin")
def hasten(connection):
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA busy_timeout=1000")
"""
"""A database that another process holds counts as held after a second; in earnest it takes half a minute."""

HOLD = """\
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("PRAGMA locking_mode=NORMAL")
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


def trouble(site: BadDay, *words: str) -> None:
    """Wait until the daemon says so, and see that `hub doctor` does, too."""
    site.until(lambda: all(word in site.reasons() for word in words))
    assert site.page("/healthz")[0] == 503  # type: ignore[index]
    code, found = site.doctor()
    assert code in (1, 2, 3)
    told = "\n".join(f"{one['message']} {one['todo']}" for one in found if one["level"] == "error")
    for word in words:
        assert word in told


def all_arrived(site: BadDay, city: str) -> None:
    """What was typed meanwhile on both sides is everywhere, once, and all is well again."""
    site.until(lambda: site.rows()["Durand SA"]["Ville"] == city)
    site.until(lambda: "Vif SARL" in site.partners())
    site.until(site.at_rest)
    assert site.names() == ["Durand SA", "Vif SARL"]
    assert sorted(site.rows()) == ["Durand SA", "My Company", "Vif SARL"]
    assert site.alive()


def people_type(site: BadDay, city: str) -> None:
    site.in_odoo("Durand SA", city=city)
    with site.edited() as sheet:
        sheet.append(("C0900", "Vif SARL", "", "", "Vif"))


def test_a_database_held_by_another_program_is_said_and_waited_for(site: BadDay) -> None:
    tally("faults injected")
    site.extra = QUICK
    site.begun()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database(site))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        people_type(site, "Bron")
        trouble(site, "held by another program")
        other.communicate("")
    all_arrived(site, "Bron")


def test_a_database_that_is_moved_away_is_not_made_anew_and_is_gone_on_with_when_it_is_back(
    site: BadDay,
) -> None:
    tally("faults injected")
    site.begun()
    away = site.folder / "away.sqlite"
    database(site).rename(away)
    people_type(site, "Bron")
    site.until(lambda: "not there any more" in site.reasons())
    code, found = site.doctor()
    assert code == 1
    assert any("there is no" in one["message"] and "hub restore" in one["todo"] for one in found)
    # A command typed meanwhile makes no empty one, either.
    code, said = site.hub("status")
    assert code == 2
    assert "not there any more" in said["error"]["what"]
    assert not database(site).exists()
    away.rename(database(site))
    all_arrived(site, "Bron")


def test_another_database_beside_the_journal_of_the_real_one_is_not_gone_on_with(site: BadDay) -> None:
    """SQLite would play the one's journal into the other; and an empty one would meet everybody anew."""
    tally("faults injected")
    site.begun()
    empty, away = site.folder / "empty.sqlite", site.folder / "away.sqlite"
    store = Store(f"sqlite:///{empty}")
    store.migrate()
    store.close()
    database(site).rename(away)
    os.replace(empty, database(site))
    people_type(site, "Bron")
    site.until(lambda: "of the one before" in site.reasons())
    os.replace(away, database(site))
    all_arrived(site, "Bron")


def test_an_empty_database_is_not_taken_for_the_one_that_stood_there(tmp_path: Path) -> None:
    file, away = tmp_path / "hub.sqlite", tmp_path / "away.sqlite"
    for path in (tmp_path / "empty.sqlite", file):
        store = Store(f"sqlite:///{path}")
        store.migrate()
        store.close()
    store = Store(f"sqlite:///{file}")
    with store.transaction() as connection:
        connection.execute(insert(t.run).values(kind="sync", started_at=""))
    store.engine.dispose()
    file.rename(away)
    (tmp_path / "empty.sqlite").rename(file)
    with pytest.raises(OperationalError, match="an empty one stands at"), store.reading():
        raise AssertionError("it was opened")
    os.replace(away, file)
    with store.reading() as connection:
        assert connection.scalar(select(t.run.c.kind)) == "sync"
    store.close()


def test_a_database_that_took_another_s_place_catches_up_before_anything_is_created(tmp_path: Path) -> None:
    """A worker may have read one system by the old one's past, and would create by the new one's."""
    file, backup = tmp_path / "hub.sqlite", tmp_path / "backup.sqlite"
    golden = insert(t.golden).values(
        id="x", entity="customer", data="{}", origins="{}", created_at="", dirty=0
    )
    for path in (backup, file):
        store = Store(f"sqlite:///{path}")
        store.migrate()
        with store.transaction() as connection:
            connection.execute(golden)
            cursors.succeeded(connection, "customer", "odoo", "2026-01-31T08:00:00.000+00:00")
        store.close()
    store = Store(f"sqlite:///{file}")
    with store.transaction() as connection:
        assert flags.recovering(connection) is None
    for ending in ("-wal", "-shm"):
        Path(f"{file}{ending}").unlink()
    os.replace(backup, file)
    with pytest.raises(RuntimeError), store.transaction():
        raise RuntimeError("rolled back")
    for _ in range(2):
        with store.transaction() as connection:
            found = flags.recovering(connection)
    assert found is not None
    assert (found.why, found.left) == ("older", {"customer": ["odoo"]})
    store.close()


def test_a_connection_whose_file_was_damaged_is_not_used_again(tmp_path: Path) -> None:
    """The file is put right, and the hub goes on: nothing has to be restarted."""
    file = tmp_path / "hub.sqlite"
    store = Store(f"sqlite:///{file}")
    store.migrate()
    store.engine.dispose()
    whole = file.read_bytes()
    with store.reading():
        file.write_bytes(b"\xa5" * len(whole))
    with pytest.raises(DatabaseError), store.reading() as connection:
        connection.execute(select(t.run)).all()
    file.write_bytes(whole)
    with store.transaction() as connection:
        connection.execute(insert(t.run).values(kind="sync", started_at=""))
    store.close()


def test_a_backup_put_in_the_place_of_the_database_is_taken_over_and_caught_up_with(site: BadDay) -> None:
    tally("faults injected")
    site.begun()
    backup = site.folder / "backup.sqlite"
    with sqlite3.connect(database(site)) as source, sqlite3.connect(backup) as target:
        source.backup(target)
    source.close()
    target.close()
    people_type(site, "Bron")
    site.until(lambda: site.rows()["Durand SA"]["Ville"] == "Bron" and "Vif SARL" in site.partners())
    site.until(site.at_rest)
    for ending in ("-wal", "-shm"):
        Path(f"{database(site)}{ending}").unlink(missing_ok=True)
    os.replace(backup, database(site))
    site.in_odoo("Durand SA", phone="04 00 00 00 00")
    site.until(lambda: "04 00 00 00 00" in str(site.rows()["Durand SA"]["Téléphone"]).replace("+33 ", "0"))
    all_arrived(site, "Bron")


def test_a_full_database_is_said_and_nothing_is_lost(site: BadDay) -> None:
    """SQLite itself refuses to grow by a page more: the error a full disk gives, on any machine."""
    tally("faults injected")
    marker = site.folder / "full"
    site.extra = FULL % str(marker)
    site.begun()
    marker.touch()
    for number in range(18):
        site.in_odoo(f"Client {number:02}", city="Lyon" * 50)
    site.until(lambda: "its disk is full" in site.reasons())
    assert site.page("/healthz")[0] == 503  # type: ignore[index]
    code, found = site.doctor()
    assert code == 1
    assert any("its disk is full" in one["message"] for one in found)
    marker.unlink()
    site.until(lambda: len(site.rows()) == 20)
    site.until(site.at_rest)
    assert len(site.names()) == len(set(site.names())) == 19
    assert site.alive()


FULL = """\
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
marker = Path(%r)
@event.listens_for(Engine, "begin")
def bound(connection):
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages if marker.exists() else 1073741823}")
"""


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A disk of this size mounted on a folder; skipped with its reason where that is not allowed."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all there is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            return ballast


def test_a_full_disk_under_the_database_is_said_and_nothing_is_lost(site: BadDay) -> None:
    tally("faults injected")
    folder = site.folder / "disk"
    folder.mkdir()
    with small_disk(folder, "24m"):
        site.write_config(database="sqlite:///disk/hub.sqlite")
        site.begun()
        ballast = fill(folder)
        people_type(site, "Bron")
        for number in range(16):
            site.in_odoo(f"Client {number:02}", city="Lyon" * 50)
        trouble(site, "its disk is full")
        ballast.unlink()
        site.until(lambda: len(site.rows()) == 19)
        site.until(site.at_rest)
        assert len(site.names()) == len(set(site.names())) == 18
        assert site.alive()
        site.stop(site.processes[0])


def test_a_full_disk_under_the_workbook_is_said_and_the_workbook_stays_whole(site: BadDay) -> None:
    tally("faults injected")
    folder = site.folder / "share"
    folder.mkdir()
    with small_disk(folder, "1m"):
        site.config.write_text(
            site.config.read_text("utf-8").replace("path: clients.xlsx", "path: share/clients.xlsx"), "utf-8"
        )
        site.workbook = folder / "clients.xlsx"
        site.begun()
        ballast = fill(folder)
        before = site.workbook.read_bytes()
        site.in_odoo("Durand SA", city="Bron")
        site.until(lambda: site.health()["routes"][1]["state"] == "failing")
        assert "No space left" in site.reasons() or "full" in site.reasons()
        assert site.workbook.read_bytes() == before
        ballast.unlink()
        site.until(lambda: site.rows()["Durand SA"]["Ville"] == "Bron")
        site.until(site.at_rest)
        assert [one.name for one in folder.iterdir() if one.name.startswith(".hub-")] == []
        assert site.alive()
        site.stop(site.processes[0])


def test_a_damaged_database_is_said_with_what_to_do(site: BadDay) -> None:
    """A page is overwritten, as by a bad disk; the daemon is not there to have it in memory."""
    tally("faults injected")
    rows = [(f"C{n:04}", f"Client {n:03}", "", "", "Lyon" * 40) for n in range(18)]
    site.begun(*rows)
    site.stop(site.processes.pop())
    with sqlite3.connect(database(site)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()
    whole = site.folder / "whole.sqlite"
    shutil.copy(database(site), whole)
    with database(site).open("r+b") as file:
        for page in range(3, pages, 2):
            file.seek(page * size)
            file.write(b"\xa5" * size)
    code, found = site.doctor()
    assert code == 2
    worst = found[0]
    assert "damaged" in worst["message"]
    assert "hub restore" in worst["todo"]
    assert "hub rebuild" in worst["todo"]
    site.start(wait=False)
    site.until(lambda: "damaged" in site.log() or "malformed" in site.log())
    for process in site.processes:
        process.kill()
        process.wait()
    site.processes.clear()
    for ending in ("", "-wal", "-shm"):
        Path(f"{database(site)}{ending}").unlink(missing_ok=True)
    shutil.copy(whole, database(site))
    site.in_odoo("Client 007", city="Bron")
    site.start()
    site.until(lambda: site.rows()["Client 007"]["Ville"] == "Bron")


def test_a_postgresql_that_goes_and_comes_back_is_waited_for(site: BadDay) -> None:
    tally("faults injected")
    with served() as server:
        if server is None:
            pytest.skip("no PostgreSQL's programs on this machine")
        site.write_config(database=server.url.render_as_string(hide_password=False))
        site.begun()
        server.kill()
        people_type(site, "Bron")
        trouble(site, "does not answer")
        server.start()
        all_arrived(site, "Bron")
        assert site.stop(site.processes[0]) == 0
