"""The folders that attachments come from: what is found in them, what is not, and what it costs.

How attachments reach Odoo is tried on real servers (`tests/live/test_attachments.py`).
"""

from __future__ import annotations

import os
from hashlib import sha1
from pathlib import Path

import pytest

from connectors.odoo import attachments
from connectors.odoo.attachments import Files, Folder, NoFile
from connectors.odoo.layout import Column, Layout
from connectors.odoo.settings import Settings
from connectors.odoo.values import Unfit
from hub.ports import NativeField, Write
from hub.settings import with_absolute_paths

FILE = Column(NativeField("datas", options={"files": "forms"}), "datas", "binary")
LAYOUT = Layout("ir.attachment", (FILE,), {}, (None, None))
posix = pytest.mark.skipif(os.name == "nt", reason="Windows makes links for administrators alone")


def put(path: Path, content: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha1(content).hexdigest()


def files(path: Path, mib: float = 1) -> Files:
    return Files({"forms": path}, mib * 2**20)


def test_a_file_is_found_by_its_bytes_wherever_it_lies_in_the_folder(tmp_path: Path) -> None:
    digest = put(tmp_path / "2026/mars/un.pdf", b"%PDF un")
    assert files(tmp_path).bytes_of(FILE, digest) == b"%PDF un"
    assert files(tmp_path).bytes_of(FILE, digest.upper()) == b"%PDF un"


def test_what_has_not_changed_is_not_hashed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = [put(tmp_path / f"{n}.pdf", f"%PDF {n}".encode()) for n in range(20)]
    hashed: list[Path] = []
    real = attachments._sha1

    def counted(path: Path) -> str | None:
        hashed.append(path)
        return real(path)

    monkeypatch.setattr(attachments, "_sha1", counted)
    folder = Folder(tmp_path)
    for digest in [*digests, "0" * 40]:
        folder.forget_look()
        folder.find(digest)
    assert len(hashed) == 20
    put(tmp_path / "3.pdf", b"%PDF changed")
    folder.forget_look()
    assert folder.find(digests[3]) is None
    assert len(hashed) == 21


def test_a_file_that_changed_since_it_was_found_is_not_taken_for_the_one_asked_for(tmp_path: Path) -> None:
    digest = put(tmp_path / "un.pdf", b"%PDF un")
    there = files(tmp_path)
    there.bytes_of(FILE, digest)
    kept = (tmp_path / "un.pdf").stat()
    (tmp_path / "un.pdf").write_bytes(b"%PDF no")
    os.utime(tmp_path / "un.pdf", ns=(kept.st_atime_ns, kept.st_mtime_ns))
    with pytest.raises(NoFile, match="is in no file of"):
        there.bytes_of(FILE, digest)


@posix
def test_nothing_outside_the_folder_is_reached_by_a_link(tmp_path: Path) -> None:
    digest = put(tmp_path / "elsewhere/secret.pdf", b"%PDF secret")
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms/link.pdf").symlink_to(tmp_path / "elsewhere/secret.pdf")
    (tmp_path / "forms/folder").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NoFile):
        files(tmp_path / "forms").bytes_of(FILE, digest)


@pytest.mark.parametrize("name", ["~$un.pdf", ".~lock.un.pdf#", ".hidden.pdf"])
def test_what_programs_leave_beside_a_file_is_not_attached(name: str, tmp_path: Path) -> None:
    digest = put(tmp_path / name, b"%PDF left")
    with pytest.raises(NoFile):
        files(tmp_path).bytes_of(FILE, digest)


@pytest.mark.parametrize("value", ["", "un.pdf", "../../etc/passwd", "z" * 40, "0" * 39, 7])
def test_what_is_no_digest_is_refused_for_good(value: str, tmp_path: Path) -> None:
    with pytest.raises(Unfit) as caught:
        files(tmp_path).bytes_of(FILE, value)
    assert not caught.value.passing


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoFile, match=r"cannot be read in .*nowhere") as caught:
        files(tmp_path / "nowhere").bytes_of(FILE, "0" * 40)
    assert caught.value.passing
    assert caught.value.todo


def test_writes_are_parted_by_what_they_carry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "AT_ONCE", 1000)
    sizes = [400, 400, 400, 3000, 100, 100]
    digests = [put(tmp_path / f"{n}.pdf", bytes([n]) * size) for n, size in enumerate(sizes)]
    writes = [Write(f"c_{n}", None, {"datas": digest}) for n, digest in enumerate(digests)]
    parts = [[sizes[at] for at in range(len(sizes))[part]] for part in files(tmp_path).parts(LAYOUT, writes)]
    assert parts == [[400, 400], [400], [3000], [100, 100]]
    bare = Layout("res.partner", (Column(NativeField("name"), "name", "char"),), {}, (None, None))
    assert list(files(tmp_path).parts(bare, writes)) == [slice(0, 6)]
    assert list(files(tmp_path).parts(LAYOUT, [])) == [slice(0, 0)]


def test_a_folder_in_hub_yaml_is_relative_to_it(tmp_path: Path) -> None:
    known = {"url": "http://127.0.0.1", "database": "d", "login": "l", "password": "p"}
    made = Settings.model_validate({**known, "files": {"forms": "forms/filled", "all": str(tmp_path)}})
    found = with_absolute_paths(made, tmp_path / "conf")
    assert found.files == {"forms": tmp_path / "conf/forms/filled", "all": tmp_path}
