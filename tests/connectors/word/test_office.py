"""Old formats through LibreOffice: where it is there, where it is not, and where it hangs or fails.

A small program stands in for LibreOffice, which is not on every machine, and does what is needed of it.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

import pytest

from connectors.word.faults import Fault
from connectors.word.office import Office, arguments
from connectors.word.reader import Reader
from tests.connectors.word.tools import paragraph, profile, save

NUMBER = {"number": {"type": "text", "required": True, "from": [{"label": "N°"}]}}
FAKE = """#!{python}
import pathlib, shutil, sys, time
given = sys.argv[1:]
folder = pathlib.Path(given[given.index("--outdir") + 1])
source = pathlib.Path(given[-1])
(pathlib.Path({log!r})).write_text("\\n".join(given))
{does}
"""
COPIES = 'shutil.copyfile({made!r}, folder / (source.stem + ".docx"))'
needs_programs = pytest.mark.skipif(os.name == "nt", reason="a script is no program on Windows")


def old(path: Path) -> Path:
    """A file that is a Word 97 document as far as its first bytes tell."""
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "WordDocument".encode("utf-16-le"))
    return path


def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> Path:
    """LibreOffice as a program on the path; answers where it writes down what it was told."""
    programs, log = tmp_path / "bin", tmp_path / "told.txt"
    programs.mkdir()
    program = programs / "soffice"
    program.write_text(FAKE.format(python=sys.executable, log=str(log), does=does), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return log


def test_without_libreoffice_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Reader() as reader, pytest.raises(Fault) as caught:
        reader.read(old(tmp_path / "contrat.doc"), {})
    assert "contrat.doc is a .doc file: it takes LibreOffice" in caught.value.what
    assert "libreoffice-writer-nogui" in caught.value.todo


def test_libreoffice_is_run_without_a_window_in_a_profile_of_its_own(tmp_path: Path) -> None:
    told = arguments("soffice", tmp_path / "a b.doc", tmp_path / "out", tmp_path / "profile")
    assert told[0] == "soffice"
    assert {"--headless", "--norestore", "--nolockcheck", "--nofirststartwizard"} <= set(told)
    assert f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}" in told
    assert told[told.index("--convert-to") + 1].startswith("docx")
    assert told[-1] == str(tmp_path / "a b.doc")


@needs_programs
def test_an_old_document_is_read_as_its_copy_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = save(tmp_path / "fait.docx", paragraph("Contrat"), paragraph("N° : 12"))
    log = office(tmp_path, monkeypatch, COPIES.format(made=str(made)))
    monkeypatch.setenv("ODOO_PASSWORD", "never to be seen")
    path = old(tmp_path / "--convert-to exe.doc")
    before = path.read_bytes()
    match = {"any_text": ["contrat"], "extensions": ["doc"]}
    with Reader() as reader:
        found = reader.read(path, {"essai": profile(NUMBER, match=match)})
    assert (found.form, found.verdict, found.file) == ("doc", "read", "--convert-to exe.doc")
    assert found.contracts[0]["values"][0]["value"] == "12"
    assert found.notes[0] == "converted from .doc by LibreOffice"
    told = log.read_text().splitlines()
    assert told[-1].endswith("document.doc"), "the file's own name is no word of the command line"
    assert not Path(told[-1]).exists(), "the copy of a customer's contract does not stay"
    assert path.read_bytes() == before


@needs_programs
def test_a_conversion_that_hangs_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "child.pid"
    does = (
        "import subprocess\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(child.pid))\n"
        "time.sleep(600)"
    )
    office(tmp_path, monkeypatch, does)
    with Reader(office=Office(seconds=5)) as reader, pytest.raises(Fault, match="within 5 s"):
        reader.read(old(tmp_path / "contrat.doc"), {})
    until = time.monotonic() + 20
    while _lives(int(pid.read_text())) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _lives(int(pid.read_text()))


def _lives(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has taken note of does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


@needs_programs
def test_a_conversion_that_fails_is_told_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office(tmp_path, monkeypatch, 'print("Error: source file could not be loaded")')
    with Reader() as reader, pytest.raises(Fault, match="source file could not be loaded"):
        reader.read(old(tmp_path / "contrat.doc"), {})
