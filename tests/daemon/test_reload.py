"""An edit is seen once it is whole, and nothing else is an edit."""

from __future__ import annotations

import os
from pathlib import Path

from hub.daemon.reload import Watch, files_of
from hub.settings import load_settings


def test_an_edit_is_seen_once_and_only_when_the_file_has_come_to_rest(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("one")
    watch = Watch(lambda: [file])
    assert not watch.changed()
    file.write_text("half")
    assert not watch.changed()
    file.write_text("the whole of it")
    assert not watch.changed()
    assert watch.changed()
    assert not watch.changed()


def test_a_file_that_is_only_touched_is_no_edit(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("one")
    watch = Watch(lambda: [file])
    os.utime(file, (1, 1))
    assert [watch.changed() for _ in range(3)] == [False] * 3


def test_a_file_that_comes_or_goes_is_an_edit(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    watch = Watch(lambda: tmp_path.glob("*.yaml"))
    file.write_text("one")
    assert [watch.changed() for _ in range(3)] == [False, True, False]
    file.unlink()
    assert [watch.changed() for _ in range(3)] == [False, True, False]


def test_everything_a_configuration_is_read_from_is_watched(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "customer.yaml").write_text("x: y")
    (tmp_path / "key.txt").write_text("secret")
    (tmp_path / "hub.yaml").write_text(
        "systems: {odoo: {kind: odoo, url: http://localhost, database: d, password: {file: key.txt}}}"
    )
    names = [file.name for file in files_of(load_settings(tmp_path / "hub.yaml"))]
    assert sorted(names) == [".env", "customer.yaml", "hub.yaml", "key.txt"]
