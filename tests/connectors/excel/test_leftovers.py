"""What a killed hub leaves beside a workbook and in the temporary folder is cleared away; nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from hub.filing import temporary
from tests.connectors.excel.tools import book, connector, pull, view

ROWS = [["N° client", "Nom"], ["C1", "Un"], ["C2", "Deux"]]
NOM = view("Nom")
PROJECT = Path(__file__).resolve().parents[3]
WORKING = """
import sys
from hub.filing import temporary
with temporary.private_folder() as folder:
    (folder / "snapshot.xlsx").write_bytes(b"customers")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return book(tmp_path / "Clients été.xlsx", ROWS)


def at_work(folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Another process that works in a private folder."""
    environment = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", WORKING], cwd=PROJECT, env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    return process, Path(os.fsdecode(process.stdout.readline().strip()))


def test_the_private_folder_of_a_killed_process_is_removed_and_that_of_a_living_one_is_not(
    path: Path, own_temporary_folder: Path
) -> None:
    killed, left = at_work(own_temporary_folder)
    living, used = at_work(own_temporary_folder)
    try:
        killed.kill()
        killed.wait()
        pull(connector(path), NOM)
        assert not left.exists()
        assert (used / "snapshot.xlsx").read_bytes() == b"customers"
    finally:
        living.communicate()
    assert list(own_temporary_folder.iterdir()) == []


def test_a_folder_left_before_it_was_marked_is_removed(path: Path, own_temporary_folder: Path) -> None:
    (own_temporary_folder / f"{temporary.PREFIX}1").mkdir()
    others = own_temporary_folder / "someone-else"
    others.mkdir()
    pull(connector(path), NOM)
    assert list(own_temporary_folder.iterdir()) == [others]


def test_a_folder_is_never_removed_by_the_process_that_works_in_it(own_temporary_folder: Path) -> None:
    with temporary.private_folder() as folder:
        temporary.sweep(own_temporary_folder)
        assert folder.exists()


def test_a_link_to_somewhere_else_is_not_followed(path: Path, own_temporary_folder: Path) -> None:
    kept = path.parent / "kept"
    kept.mkdir()
    (kept / "file").touch()
    try:
        (own_temporary_folder / f"{temporary.PREFIX}1").symlink_to(kept, target_is_directory=True)
    except OSError as reason:
        pytest.skip(f"this user may make no links: {reason}")
    pull(connector(path), NOM)
    assert (kept / "file").exists()


def test_a_staged_workbook_is_removed_once_nobody_can_be_at_work_on_it(path: Path) -> None:
    backups = path.parent / "hub-backups"
    backups.mkdir()
    old, draft = temporary.beside(path), temporary.beside(path, backups)
    young, others = temporary.beside(path), path.with_name("Clients.tmp")
    others.touch()
    long_ago = time.time() - temporary.ABANDONED - 60
    for one in (old, draft, others):
        os.utime(one, (long_ago, long_ago))
    pull(connector(path), NOM)
    assert (old.exists(), draft.exists(), young.exists(), others.exists()) == (False, False, True, True)
