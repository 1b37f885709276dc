"""The file among people: open or not, whole or not, changed meanwhile or not; and what is kept of the old."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.filing import files
from hub.filing.faults import Fault
from hub.filing.files import ChangedMeanwhile
from hub.ports import Busy, Denied, Done, Refused
from tests.connectors.excel.tools import add, book, connector, edit, one, pull, records, sheet_of, view

ROWS = [["N° client", "Nom"], ["C1", "Un"], ["C2", "Deux"]]
NOM = view("Nom")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return book(tmp_path / "Clients été.xlsx", ROWS)


def owner_file(path: Path, user: str) -> Path:
    """The lock file that Excel leaves beside a workbook it has open."""
    lock = path.with_name(f"~${path.name}")
    narrow = bytes([len(user)]) + user.encode("cp1252").ljust(54)
    wide = len(user).to_bytes(2, "little") + user.ljust(54).encode("utf-16-le")
    lock.write_bytes(narrow + wide)
    return lock


def test_a_workbook_open_in_excel_is_read_but_not_written(path: Path) -> None:
    hub = connector(path)
    record = records(hub, NOM)["C1"]
    before = path.read_bytes()
    lock = owner_file(path, "Zoë Compta")
    assert set(records(hub, NOM)) == {"C1", "C2"}
    with pytest.raises(Busy) as caught:
        hub.write(NOM, [edit(record, {"Nom": "Écrit"})])
    assert "Zoë Compta" in caught.value.why
    assert str(lock) in caught.value.todo
    assert path.read_bytes() == before
    assert any(f.level == "warning" and "Zoë Compta" in f.message for f in hub.check([NOM]))
    lock.unlink()
    assert isinstance(one(hub.write(NOM, [edit(record, {"Nom": "Écrit"})])), Done)


def test_a_workbook_open_in_libreoffice_names_its_holder(path: Path) -> None:
    path.with_name(f".~lock.{path.name}#").write_text(
        ",marie,PC-COMPTA,31.01.2026 10:00,file:///home/marie/.config/libreoffice/4;", encoding="utf-8"
    )
    with pytest.raises(Busy, match="marie on PC-COMPTA"):
        connector(path).write(NOM, [add("C3", {"Nom": "Trois"})])


def test_an_open_workbook_is_not_even_read_where_the_settings_say_so(path: Path) -> None:
    owner_file(path, "Compta")
    with pytest.raises(Busy, match="Compta"):
        pull(connector(path, read_while_open=False), NOM)


def test_a_lock_left_by_a_crash_is_passed_over_only_when_it_is_old_enough(path: Path) -> None:
    lock = owner_file(path, "Compta")
    old = datetime.now(UTC).timestamp() - 200 * 3600
    os.utime(lock, (old, old))
    with pytest.raises(Busy):
        connector(path, stale_lock_hours=0).write(NOM, [add("C3", {"Nom": "Trois"})])
    with pytest.raises(Busy):
        connector(path, stale_lock_hours=300).write(NOM, [add("C3", {"Nom": "Trois"})])
    assert isinstance(one(connector(path).write(NOM, [add("C3", {"Nom": "Trois"})])), Done)


def test_a_lock_of_another_workbook_holds_nobody_up(path: Path) -> None:
    owner_file(path.with_name("autre.xlsx"), "Compta")
    assert isinstance(one(connector(path).write(NOM, [add("C3", {"Nom": "Trois"})])), Done)


def test_an_unreadable_lock_is_still_a_lock(path: Path) -> None:
    path.with_name(f"~${path.name}").touch()
    with pytest.raises(Busy, match="someone"):
        connector(path).write(NOM, [add("C3", {"Nom": "Trois"})])


def test_a_file_that_grows_between_two_looks_is_not_read(path: Path) -> None:
    def meanwhile(_: float) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(Fault, match="being written") as caught, files.snapshot(path, 1, meanwhile):
        pytest.fail("a moving file was handed over")
    assert caught.value.kind == "busy"


def test_a_copy_is_gone_when_it_was_used(path: Path) -> None:
    with files.snapshot(path, 0) as taken:
        assert taken.copy.read_bytes() == path.read_bytes()
        assert taken.sha256 == files.sha256_of(path)
        folder = taken.copy.parent
    assert not folder.exists()


def test_the_replaced_bytes_are_kept_and_dated(path: Path) -> None:
    before = path.read_bytes()
    hub = connector(path)
    hub.write(NOM, [add("C3", {"Nom": "Trois"})])
    (backup,) = (path.parent / "hub-backups").iterdir()
    assert backup.read_bytes() == before
    assert backup.name.startswith(f"Clients été.{datetime.now():%Y-%m-%d}_")
    assert backup.suffix == ".xlsx"


def test_only_so_many_backups_are_kept_and_others_files_are_left_alone(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sauvegardes"
    folder.mkdir()
    kept = [
        folder / "Clients été.xlsx",
        folder / "notes.txt",
        folder / "Autres.2020-01-01_10-00-00-000000.xlsx",
    ]
    for other in kept:
        other.write_text("not the hub's")
    hub = connector(path, backups={"folder": folder, "keep": 2})
    for n in range(3, 8):
        hub.write(NOM, [add(f"C{n}", {"Nom": "Neuf"})])
    assert len(files.backups_of(path, folder)) == 2
    newest = files.backups_of(path, folder)[-1]
    assert [row[0] for row in sheet_of(newest).iter_rows(min_row=2, values_only=True)][-1] == "C6"
    assert all(other.read_text() == "not the hub's" for other in kept)


def test_without_a_place_for_the_backup_nothing_is_written(path: Path, tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("a file where a folder should be")
    before = path.read_bytes()
    with pytest.raises(Denied, match="backup"):
        connector(path, backups={"folder": tmp_path / "occupied"}).write(NOM, [add("C3", {"Nom": "Trois"})])
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".hub-*"))


def test_nothing_is_replaced_and_nothing_backed_up_where_nothing_changes(path: Path) -> None:
    hub = connector(path)
    record = records(hub, NOM)["C1"]
    before = path.stat()
    outcome = one(hub.write(NOM, [edit(record, {"Nom": "Un"})]))
    assert isinstance(outcome, Done)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino
    assert not (path.parent / "hub-backups").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights on the folder")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_the_mode_of_the_file_is_kept(path: Path, mode: int) -> None:
    path.chmod(mode)
    connector(path).write(NOM, [add("C3", {"Nom": "Trois"})])
    assert path.stat().st_mode & 0o777 == mode
    (backup,) = (path.parent / "hub-backups").iterdir()
    assert backup.stat().st_mode & 0o777 == mode


def test_a_file_marked_read_only_is_left_alone(path: Path) -> None:
    path.chmod(0o444)
    before = path.read_bytes()
    with pytest.raises(Denied, match="read-only"):
        connector(path).write(NOM, [add("C3", {"Nom": "Trois"})])
    assert path.read_bytes() == before
    assert any(f.level == "error" and "read-only" in f.message for f in connector(path).check([NOM]))


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can give a file to another"
)
def test_the_owner_of_the_file_is_kept(path: Path) -> None:
    os.chown(path, 12345, 23456)
    connector(path).write(NOM, [add("C3", {"Nom": "Trois"})])
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_to_the_workbook_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "lien.xlsx"
    link.symlink_to(path)
    connector(link).write(NOM, [add("C3", {"Nom": "Trois"})])
    assert link.is_symlink()
    assert set(records(connector(path), NOM)) == {"C1", "C2", "C3"}


def test_a_folder_without_the_right_to_write_is_named(path: Path) -> None:
    path.parent.chmod(0o555)
    try:
        if os.access(path.parent, os.W_OK):
            pytest.skip("this user may write everywhere, whatever the folder says")
        with pytest.raises(Denied, match="folder"):
            connector(path).write(NOM, [add("C3", {"Nom": "Trois"})])
        assert any(f.level == "error" and "folder" in f.what for f in connector(path).check([NOM]))
    finally:
        path.parent.chmod(0o755)


def test_a_file_without_the_right_to_read_is_named(path: Path) -> None:
    path.chmod(0o000)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything, whatever the file says")
    with pytest.raises(Denied, match="right"):
        pull(connector(path), NOM)


def test_a_file_saved_while_the_copy_was_made_is_not_replaced(path: Path) -> None:
    with files.snapshot(path, 0) as taken, files.staging(path) as staged:
        staged.write_bytes(b"the hub's version")
        path.write_bytes(b"a person's version")
        with pytest.raises(ChangedMeanwhile):
            files.replace(path, staged, taken, 0)
    assert path.read_bytes() == b"a person's version"
    assert not list(path.parent.glob(".hub-*"))


def test_a_person_who_saves_just_then_is_merged_with_by_starting_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = connector(path)
    record = records(hub, NOM)["C2"]
    real, calls = files.back_up, []

    def late(*args: object) -> Path:
        calls.append(args)
        if len(calls) == 1:
            book(path, [*ROWS[:2], ["C2", "Une personne"]])
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "back_up", late)
    outcome = one(hub.write(NOM, [edit(record, {"Nom": "Le hub"})]))
    assert type(outcome).__name__ == "Moved"
    assert sheet_of(path)["B3"].value == "Une personne"


def test_a_person_who_saves_every_time_makes_it_busy_not_endless(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = connector(path)
    real, calls = files.back_up, []

    def late(*args: object) -> Path:
        calls.append(args)
        book(path, [*ROWS, [f"P{len(calls)}", "Une personne"]])
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "back_up", late)
    with pytest.raises(Busy, match="saved by someone"):
        hub.write(NOM, [add("C3", {"Nom": "Trois"})])
    assert len(calls) == 3
    assert [row[0] for row in sheet_of(path).iter_rows(min_row=2, values_only=True)] == ["C1", "C2", "P3"]


def test_a_lock_that_appears_just_before_the_replacement_holds_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.back_up

    def late(*args: object) -> Path:
        owner_file(path, "Compta")
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "back_up", late)
    before = path.read_bytes()
    with pytest.raises(Busy, match="Compta"):
        connector(path).write(NOM, [add("C3", {"Nom": "Trois"})])
    assert path.read_bytes() == before


@pytest.mark.parametrize("ending", [".xls", ".xlsb", ".ods"])
def test_other_formats_are_refused_for_writing_with_the_reason(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"clients{ending}"
    book(path.with_suffix(".xlsx"), ROWS).rename(path)
    hub = connector(path)
    assert not hub.traits.writable
    outcome = one(hub.write(NOM, [add("C3", {"Nom": "Trois"})]))
    assert isinstance(outcome, Refused)
    assert ending in outcome.reason
    assert ".xlsx" in outcome.todo


def test_a_workbook_set_read_only_is_not_written(path: Path) -> None:
    hub = connector(path, read_only=True)
    assert not hub.traits.writable
    assert isinstance(one(hub.write(NOM, [add("C3", {"Nom": "Trois"})])), Refused)
    assert not [finding for finding in hub.check([NOM]) if finding.level == "error"]
