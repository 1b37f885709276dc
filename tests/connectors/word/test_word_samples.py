"""Strangers' documents and old ones through a pull: each gets a verdict, and the connector lives."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.ports import NativeField, View
from tests.connectors.word.folders import CONTRACTS, Office, age, said
from tests.connectors.word.tools import SAMPLES, needs_samples, save
from tests.tally import tally

SOFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed here")
LOOSE = """
match: {regex: "."}
record: contract
fields:
  anything: {type: text, from: [{regex: "([A-Za-z]{3,})", occurrence: first}]}
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.connector.close()


def as_doc(source: Path, folder: Path) -> Path:
    """The document as LibreOffice saves it for Word 97."""
    assert SOFFICE is not None
    home = folder / "soffice"
    command = [
        SOFFICE, "--headless", f"-env:UserInstallation={home.as_uri()}", "--convert-to", "doc:MS Word 97",
        "--outdir", str(folder), str(source),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    shutil.rmtree(home)
    return folder / f"{source.stem}.doc"


@needs_office
def test_a_doc_file_holds_the_same_values_as_the_docx_it_was(office: Office, tmp_path: Path) -> None:
    values = {"siret": "732 829 320 00074", "phone": "04 76 00 11 22", "amount": "1 250,00 € HT",
              "address": "12 rue des Alpes, 38000 Grenoble", "starts_on": "1er février 2026"}  # fmt: skip
    office.save("a.docx", **values)
    new = office.pull().records["2026-1"]
    old = as_doc(office.folder / "a.docx", tmp_path)
    assert old.read_bytes().startswith(b"\xd0\xcf\x11\xe0")
    (office.folder / "a.docx").unlink()
    age(Path(shutil.move(old, office.folder)))
    again = office.pull().records["2026-1"]
    assert not new.unreadable
    assert dict(again.values) == dict(new.values)
    assert again.where == "a.doc"


@needs_office
def test_a_doc_file_set_aside_for_want_of_libreoffice_is_read_once_that_is_there(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = as_doc(save(tmp_path / "b.docx", *said()), tmp_path)
    age(Path(shutil.move(made, office.folder / "b.doc")))
    with monkeypatch.context() as without:
        without.setenv("PATH", str(tmp_path))
        taken = office.pull()
        assert "takes LibreOffice to read it, which is not installed" in taken.rejected[0].reason
        assert "libreoffice-writer-nogui" in taken.rejected[0].todo
        assert office.pull().nothing
    again = office.pull()
    assert set(again.records) == {"2026-1"}
    assert again.listing
    assert not again.rejected


@needs_samples
@needs_office
def test_an_old_document_of_the_samples_is_read(office: Office) -> None:
    office.profiles.write_text(LOOSE, encoding="utf-8")
    age(Path(shutil.copy(SAMPLES / "poi" / "SampleDoc.doc", office.folder)))
    view = View("contract", "contract", (NativeField("anything"),))
    taken = office.pull(view)
    assert not taken.rejected
    assert taken.records["SampleDoc.doc"].values["anything"]


@needs_samples
def test_every_document_of_the_samples_gets_a_verdict_and_the_connector_lives(office: Office) -> None:
    found = sorted(SAMPLES.rglob("*.doc*"))
    assert found
    for number, path in enumerate(found):
        age(Path(shutil.copy(path, office.folder / f"{number} {path.name}")))
    office.save("Contrat.docx")
    taken = office.pull()
    told = {one.where: one.reason for one in taken.rejected}
    assert set(taken.records) == {"2026-1"}
    for number, path in enumerate(found):
        reason = told[f"{number} {path.name}"]
        print(f"{path.name}: {reason}")
        assert path.name in reason, "it is said of which file"
        assert "snapshot" not in reason
    assert office.pull().nothing
    assert office.connector.ids(CONTRACTS) == {"2026-1"}
    tally("bad inputs tried", len(found))
