"""`hub backup`, `hub restore` and `hub rebuild`, as a person types them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hub.store import Store
from hub.store.holders import Holder
from tests.cli.conftest import Company
from tests.tally import tally

NONE = {"reference": 0, "key": 0, "agreement": 0, "new": 0, "set_aside": 0}


def agreed(company: Company) -> dict[str, int]:
    """How many records the hub knows, and how many lines its journal has."""
    with sqlite3.connect(company.home / "hub.sqlite") as found:
        return {
            name: found.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("golden", "journal")
        }


@pytest.fixture
def synced(company: Company) -> Company:
    company.hub("sync")
    return company


def test_a_backup_is_made_checked_and_restored(synced: Company) -> None:
    made = synced.hub("backup", "today.backup", "--json")
    assert made.code == 0
    assert made.json["tables"]["golden"]["rows"] == 3
    checked = synced.hub("backup", "today.backup", "--check", "--json")
    assert (checked.code, checked.json["ok"]) == (0, True)
    before = agreed(synced)
    synced.type_in("H2", "Meylan")
    synced.hub("sync")
    assert agreed(synced) != before
    refused = synced.hub("restore", "today.backup")
    assert refused.code == 2
    assert "not empty" in " ".join(refused.err.split())
    assert "--replace" in refused.err
    done = synced.hub("restore", "today.backup", "--replace", "--json")
    assert done.code == 0
    assert Path(done.json["set_aside"]).exists()
    assert agreed(synced) == before
    caught_up = synced.hub("sync", "--json")
    assert caught_up.json["writes"] == 1, "Sage is told of the new city once more, as an import line"
    assert synced.cells(2)[7] == "Meylan"
    assert synced.cells(5)[1] is None


def test_a_folder_is_kept_to_the_newest(synced: Company) -> None:
    (synced.home / "backups").mkdir()
    for _ in range(3):
        made = synced.hub("backup", "backups", "--keep", "2", "--json")
    assert len(list((synced.home / "backups").iterdir())) == 2
    assert len(made.json["pruned"]) == 1
    assert synced.hub("backup", "one.backup", "--keep", "2").code == 2


def test_a_file_that_is_no_backup_is_told_so(synced: Company) -> None:
    for words in (
        ("restore", "clients.xlsx", "--replace"), ("restore", "clients.xlsx", "--check"),
        ("restore", "nothing.backup"), ("backup", "clients.xlsx"), ("backup", "no/folder/x.backup"),
    ):  # fmt: skip
        said = synced.hub(*words)
        assert said.code == 2
        assert "What to do" in said.err or "there is no file" in said.err
        tally("bad inputs tried")


def test_nothing_is_restored_or_rebuilt_under_a_daemon_at_work(synced: Company) -> None:
    synced.hub("backup", "today.backup")
    before = agreed(synced)
    store = Store(f"sqlite:///{synced.home / 'hub.sqlite'}")
    with Holder(store, ("daemon", "worker")):
        for words in (("restore", "today.backup", "--replace"), ("rebuild", "--replace")):
            said = synced.hub(*words)
            assert said.code == 2
            assert "already" in said.err
        assert synced.hub("backup", "tomorrow.backup").code == 0, "a backup disturbs nobody"
    store.close()
    assert agreed(synced) == before


def test_a_database_that_cannot_be_opened_is_given_another_name(synced: Company) -> None:
    synced.hub("backup", "today.backup")
    before = agreed(synced)
    for ending in ("-wal", "-shm"):
        (synced.home / f"hub.sqlite{ending}").unlink(missing_ok=True)
    (synced.home / "hub.sqlite").write_bytes(b"what a disk left of it" * 500)
    assert synced.hub("restore", "today.backup").code == 2
    said = synced.hub("restore", "today.backup", "--replace")
    assert said.code == 0
    assert "could not be opened" in said.err
    assert agreed(synced) == before
    (aside,) = synced.home.glob("hub.sqlite.damaged-*")
    assert aside.read_bytes().startswith(b"what a disk left of it")


def test_a_lost_database_is_rebuilt_from_the_files(synced: Company) -> None:
    refused = synced.hub("rebuild")
    assert refused.code == 2
    assert "not empty" in " ".join(refused.err.split())
    for file in synced.home.glob("hub.sqlite*"):
        file.unlink()
    before = synced.workbook.read_bytes()
    plan = synced.hub("rebuild", "--plan", "--json")
    assert plan.json["relinked"] == [
        {"entity": "customer", "system": "sage", **NONE, "new": 2},
        {"entity": "customer", "system": "clients", **NONE, "key": 2, "new": 1},
    ]
    assert synced.hub("status", "--json").json["routes"] == []
    done = synced.hub("rebuild", "--json")
    assert done.json["relinked"] == plan.json["relinked"]
    assert done.code == 1, "a telephone number waits for a person, as it did"
    said = synced.hub("rebuild", "--replace")
    assert "By key" in said.out
    assert "Nothing was written to any system" in said.out
    assert synced.workbook.read_bytes() == before
    assert synced.hub("rebuild", "--end").code == 0
    assert synced.hub("rebuild", "--end", "--json").json == {"recovering": False}


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal that Windows does not have")
@pytest.mark.timeout(120)
def test_a_restore_killed_anywhere_leaves_the_old_or_the_new(synced: Company) -> None:
    synced.hub("backup", "today.backup")
    old = agreed(synced)
    synced.type_in("H2", "Meylan")
    synced.hub("sync")
    new = agreed(synced)
    assert old != new
    synced.hub("backup", "tomorrow.backup")
    command = [sys.executable, "-m", "hub.cli.main", "restore", "today.backup", "--replace"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "HUB_CONFIG": str(synced.config)}
    began = time.monotonic()
    subprocess.run(command, cwd=synced.home, env=env, capture_output=True, check=True)
    whole = time.monotonic() - began
    for part in range(6):
        synced.hub("restore", "tomorrow.backup", "--replace")
        process = subprocess.Popen(command, cwd=synced.home, env=env, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)  # fmt: skip
        time.sleep(whole * (0.5 + 0.09 * part))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert agreed(synced) in (old, new)
        tally("crashes survived")
