"""Every document the hub wrote opens in LibreOffice and in python-docx, which find the same values."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest

from connectors.word.office import Office
from connectors.word.package import Bounds
from connectors.word.patching import patch
from hub.ports import Done
from tests.connectors.word.contracts import DUPONT, RENEWS, Cabinet
from tests.connectors.word.tools import control, field, paragraph, profile, run, save, table, text_box

PROGRAM = Office().found()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="LibreOffice (soffice) is not on this machine")


def opened_by_office(path: Path, folder: Path, kind: str = "txt:Text (encoded):UTF8") -> Path:
    """The document as LibreOffice exports it."""
    assert PROGRAM is not None
    made = folder / path.with_suffix("." + kind.partition(":")[0]).name
    profile_folder = folder / "office profile"
    subprocess.run(
        [str(PROGRAM), f"-env:UserInstallation={profile_folder.as_uri()}", "--headless", "--norestore",
         "--convert-to", kind, "--outdir", str(folder), str(path)],
        check=True, capture_output=True, timeout=110,
    )  # fmt: skip
    assert made.is_file(), f"LibreOffice did not open {path.name}"
    return made


def words(path: Path, folder: Path) -> str:
    text = opened_by_office(path, folder).read_text(encoding="utf-8-sig")
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[Cabinet]:
    made = Cabinet(tmp_path, RENEWS)
    yield made
    made.connector.close()


def test_a_contract_made_changed_and_renewed_opens_with_its_values(cabinet: Cabinet, tmp_path: Path) -> None:
    made = cabinet.make()
    assert isinstance(made, Done)
    (name,) = cabinet.names()
    said = words(cabinet.folder / name, tmp_path)
    for value in (
        "C-1",
        "Dupont & Fils <SARL>",
        "01/01/2026",
        "31 décembre 2026",
        "1 250,00 € HT",
        "semestrielle",
    ):
        assert value in said
    changed = cabinet.change(
        cabinet.read(), ends_on="2028-01-01", customer="Martin & <Cie>", amount="9876.50"
    )
    assert isinstance(changed, Done)
    said = words(cabinet.folder / name, tmp_path)
    for value in ("C-1", "Martin & <Cie>", "1er janvier 2028", "9 876,50 € HT"):
        assert value in said
    assert "Dupont" not in said
    amendment = next(one for one in cabinet.names() if "avenant" in one)
    assert "Nouvelle fin : 01/01/2028" in words(cabinet.folder / amendment, tmp_path)
    for one in cabinet.names():
        assert docx.Document(str(cabinet.folder / one)).paragraphs
    assert dict(made.record.values) == DUPONT


FIELDS = {
    "city": {"type": "text", "from": [{"sdt": "ville"}]},
    "day": {"type": "date", "from": [{"sdt": "jour"}]},
    "often": {"type": "periodicity", "from": [{"sdt": "visites"}]},
    "gas": {"type": "boolean", "from": [{"sdt": "gaz"}]},
    "address": {"type": "lines", "from": [{"sdt": "adresse"}]},
    "phone": {"type": "phone", "from": [{"form_field": "Telephone"}]},
    "boxed": {"type": "text", "from": [{"sdt": "encadre"}]},
    "name": {"type": "text", "from": [{"bookmark": "Nom"}]},
    "merged": {"type": "text", "from": [{"merge_field": "REF"}]},
}
NEW = {
    "city": "Saint-Étienne",
    "day": "2028-02-29", "often": "4/12", "gas": True, "address": "2, rue B\n69000 Lyon",
    "phone": "+33476000002", "boxed": "dans la boîte", "name": "Zoé <Œuf>", "merged": "R-99",
}  # fmt: skip


def every_kind(path: Path) -> Path:
    """A document with a place of every kind the hub writes into."""
    date = (
        '<w:date w:fullDate="2026-12-31T00:00:00Z"><w:dateFormat w:val="dddd d MMMM yyyy"/>'
        '<w:lid w:val="fr-FR"/></w:date>'
    )
    choice = (
        '<w:dropDownList><w:listItem w:displayText="semestrielle" w:value="2"/>'
        '<w:listItem w:displayText="trimestrielle" w:value="4"/></w:dropDownList>'
    )
    box = (
        '<w14:checkbox><w14:checked w14:val="0"/><w14:checkedState w14:val="2612" w14:font="MS Gothic"/>'
        '<w14:uncheckedState w14:val="2610" w14:font="MS Gothic"/></w14:checkbox>'
    )
    data = '<w:name w:val="Telephone"/><w:enabled/><w:textInput/>'
    return save(
        path,
        paragraph(run("Contrat de maintenance", '<w:b/><w:sz w:val="36"/>')),
        paragraph("Ville : ", control("ville", run("Grenoble", '<w:color w:val="C00000"/>'))),
        paragraph("Jour : ", control("jour", run("jeudi 31 décembre 2026"), date)),
        table(
            ["Visites", paragraph(control("visites", run("semestrielle", "<w:b/>"), choice))],
            ["Gaz", paragraph(control("gaz", run("☐"), box))],
        ),
        control("adresse", paragraph("1, rue A") + paragraph("38000 Grenoble")),
        paragraph("Tél. : ", field(" FORMTEXT ", "04 76 00 00 01", data)),
        paragraph("M. ", '<w:bookmarkStart w:id="1" w:name="Nom"/>', run("Ancien", "<w:i/>"),
                  '<w:bookmarkEnd w:id="1"/>', " présent"),
        paragraph("Référence : ", field(" MERGEFIELD REF ", "R-01")),
        paragraph(text_box(paragraph(control("encadre", run("vieux"))))),
    )  # fmt: skip


def written(tmp_path: Path) -> Path:
    path = every_kind(tmp_path / "toutes.docx")
    content = patch(path.read_bytes(), path.name, Bounds(), profile(FIELDS), 0, NEW)
    path.write_bytes(content)
    return path


def test_every_kind_of_place_that_was_written_shows_its_new_value(tmp_path: Path) -> None:
    path = written(tmp_path)
    said = words(path, tmp_path)
    for value in (
        "Ville : Saint-Étienne", "Jour : mardi 29 février 2028", "trimestrielle", "☒", "2, rue B 69000 Lyon",
        "Tél. : 04 76 00 00 02", "M. Zoé <Œuf> présent", "Référence : R-99",
    ):  # fmt: skip
        assert value in said
    for value in ("Grenoble", "semestrielle", "☐", "Ancien", "R-01", "00 01"):
        assert value not in said
    assert docx.Document(str(path)).tables


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm is not on this machine")
def test_a_page_of_it_can_be_looked_at(tmp_path: Path) -> None:
    pdf = opened_by_office(written(tmp_path), tmp_path, "pdf")
    subprocess.run(["pdftoppm", "-r", "60", "-png", str(pdf), str(tmp_path / "page")], check=True, timeout=60)
    (page,) = tmp_path.glob("page*.png")
    assert page.stat().st_size > 1000


def test_a_document_that_libreoffice_saved_is_written_as_one_of_word_s(tmp_path: Path) -> None:
    path = save(
        tmp_path / "saved.docx",
        paragraph("Contrat de maintenance"),
        paragraph("M. ", '<w:bookmarkStart w:id="1" w:name="Nom"/>', run("Ancien", "<w:i/>"),
                  '<w:bookmarkEnd w:id="1"/>', " présent"),
        paragraph("Tél. : ", field(" FORMTEXT ", "04 76 00 00 01",
                                   '<w:name w:val="Telephone"/><w:enabled/><w:textInput/>')),
    )  # fmt: skip
    folder = tmp_path / "by office"
    folder.mkdir()
    again = opened_by_office(path, folder, "docx:MS Word 2007 XML")
    shape = profile({name: FIELDS[name] for name in ("phone", "name")})
    values = {name: NEW[name] for name in ("phone", "name")}
    again.write_bytes(patch(again.read_bytes(), again.name, Bounds(), shape, 0, values))
    said = words(again, folder)
    assert "M. Zoé <Œuf> présent" in said
    assert "Tél. : 04 76 00 00 02" in said
