"""A folder of contracts behaves as any system of the hub's must; a person keeps it with another program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from connectors.word import connect
from connectors.word.settings import Settings
from hub.ports import Connector, NativeField, Refused, View
from hub.values import make_type
from tests.connectors.conformance import (
    DURAND,
    HARD_TEXTS,
    BaseHarness,
    Bench,
    ConnectorConformance,
    Harness,
    Row,
)
from tests.connectors.word.tools import control, paragraph, run, save

PROFILE = """
match: {any_text: ["contrat de maintenance"]}
record: contract
key: [number]
fields:
  number: {type: text, required: true, from: [{sdt: numero}]}
  customer: {type: text, from: [{sdt: client}]}
  phone: {type: phone, from: [{sdt: telephone}]}
  town: {type: text, from: [{sdt: ville}]}
"""
TAGS = {"name": "client", "phone": "telephone", "city": "ville"}
BLANK = "<w:showingPlcHdr/>"


def model(path: Path) -> Path:
    """A contract with a control for every value, none of them filled."""
    lines = [
        paragraph(run(f"{label} : "), control(tag, run("Cliquez ici"), BLANK))
        for label, tag in (("N°", "numero"), ("Client", "client"), ("Tél.", "telephone"), ("Ville", "ville"))
    ]
    return save(path, paragraph("Contrat de maintenance"), *lines)


def template(path: Path) -> Path:
    """The same contract for the hub to fill in."""
    names = {"numero": "number", "client": "customer", "telephone": "phone | telephone", "ville": "town"}
    lines = [paragraph(control(tag, run("{{ " + name + " }}"))) for tag, name in names.items()]
    return save(path, paragraph("Contrat de maintenance"), *lines)


def controls(document: Any) -> dict[str, Any]:
    return {one.find(f".//{qn('w:tag')}").get(qn("w:val")): one for one in document.element.iter(qn("w:sdt"))}


def typed(element: Any, text: str | None) -> None:
    """What a person does in a control: type, or empty it, and then Word shows its prompt again."""
    blank = element.find(f"./{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}")
    texts = list(element.iter(qn("w:t")))
    if text is None:
        if blank is None:
            element.find(qn("w:sdtPr")).append(element.makeelement(qn("w:showingPlcHdr"), {}))
        texts[0].text = "Cliquez ici"
        return
    if blank is not None:
        blank.getparent().remove(blank)
    texts[0].text = text
    for more in texts[1:]:
        more.text = ""


def said(element: Any) -> str | None:
    if element.find(f"./{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}") is not None:
        return None
    return "".join(one.text or "" for one in element.iter(qn("w:t"))) or None


class FolderHarness(BaseHarness):
    """A folder of contracts with content controls; the person numbers them K1, K2, …"""

    columns: Mapping[str, str] = {"name": "customer", "phone": "phone", "city": "town"}
    view = View(
        "contract",
        "contract",
        (NativeField("customer"), NativeField("phone", "phone"), NativeField("town")),
        options={"new_key": "C{n:05}", "template": "modele.docx", "file": "Contrat {number}.docx"},
    )

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "contrats"
        self.folder.mkdir()
        self.profile = folder / "maintenance.yaml"
        self.profile.write_text(PROFILE, encoding="utf-8")
        template(folder / "modele.docx")
        self.given = 0

    def connect(self) -> Connector:
        return connect("contracts", Settings(path=self.folder, profiles=self.profile, stable_seconds=0))

    def add(self, rows: Sequence[Row]) -> list[str]:
        ids = []
        for row in rows:
            self.given += 1
            ids.append(f"K{self.given}")
            path = model(self.folder / f"Contrat {ids[-1]}.docx")
            self.type(path, {"numero": ids[-1], **{TAGS[name]: value for name, value in row.items()}})
        return ids

    def edit(self, id: str, changes: Row) -> None:
        self.type(self.path_of(id), {TAGS[name]: value for name, value in changes.items()})

    def remove(self, id: str) -> None:
        self.path_of(id).unlink()

    def seen(self) -> Mapping[str, Row]:
        found = {}
        for path in self.folder.glob("*.docx"):
            texts = {tag: said(one) for tag, one in controls(Document(str(path))).items()}
            found[str(texts["numero"])] = {
                name: self.shown(name, text) if (text := texts[tag]) is not None else None
                for name, tag in TAGS.items()
            }
        return found

    def shown(self, column: str, text: str) -> str | None:
        """What it means: a line to be filled in is no value, and the hub spaces a telephone number."""
        if column == "phone" and sum(letter.isdigit() for letter in text) > 5:
            return str(make_type("phone").parse(text))
        return text if any(letter.isalnum() for letter in text) else None

    def spoil(self, id: str) -> str | None:
        self.edit(id, {"phone": "voir avec le gardien"})
        return "phone"

    def type(self, path: Path, texts: Mapping[str, str | None]) -> None:
        document = Document(str(path))
        found = controls(document)
        for tag, text in texts.items():
            typed(found[tag], text)
        document.save(str(path))

    def path_of(self, id: str) -> Path:
        for path in self.folder.glob("*.docx"):
            if said(controls(Document(str(path)))["numero"]) == id:
                return path
        raise KeyError(id)


class TestFolder(ConnectorConformance):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return FolderHarness(tmp_path)

    @pytest.mark.parametrize("text", [text for text in HARD_TEXTS if any(map(str.isalnum, text))])
    def test_a_hard_text_the_hub_writes_arrives_whole(self, bench: Bench, text: str) -> None:
        super().test_a_hard_text_the_hub_writes_arrives_whole(bench, text)

    def test_a_text_that_would_be_read_as_a_line_to_fill_in_is_refused_in_words(self, bench: Bench) -> None:
        (durand,) = bench.people_add(DURAND)
        (record,) = bench.read(durand)
        (outcome,) = bench.write(bench.change(record, name='"'))
        assert isinstance(outcome, Refused)
        assert "is read as one in which nothing stands" in outcome.reason
        assert bench.seen(durand) == bench.shown(DURAND)

    @pytest.mark.timeout(600)
    def test_five_hundred_records_in_one_batch(self, bench: Bench) -> None:
        """Each is a document of its own, replaced by the protocol for files."""
        super().test_five_hundred_records_in_one_batch(bench)
