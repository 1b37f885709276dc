"""A desk with a folder of forms, for tests: blank, description, reader, and a connector to `out` or
`inbox`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.forms import connect
from connectors.forms.descriptions import load_one
from connectors.forms.reader import Kind, Reader
from connectors.forms.settings import Settings
from hub.ports import Connector, NativeField, Page, Record, Rejected, View
from tests.connectors.forms.blanks import CERFA, cerfa

DONE: Mapping[str, Any] = {
    "number": "INT-00042",
    "date": "2024-03-05",
    "technician": "Zoé L'Œuvre",
    "customer": "Électricité Générale d'Évry & Fils — 12 €",
    "siret": "73282932000074",
    "charge": 12.5,
    "leak": True,
    "gas": "r32",
    "acts": ["check", "off"],
    "place": "works",
    "report": "Contrôle d'étanchéité fait.\nRien à signaler, «très bien» : joint changé.",
}
FIELDS = (*DONE, "file", "file_name", "state", "doubts")


@dataclass
class Desk:
    """The folder `home` holds the blank and its description; `forms` the filled ones."""

    home: Path
    reader: Reader = field(default_factory=Reader)
    prefilled: str = ""
    text: str = CERFA

    def __post_init__(self) -> None:
        self.forms = self.home / "forms"
        self.forms.mkdir()
        cerfa(self.home / "cerfa.pdf", prefilled=self.prefilled)
        (self.home / "cerfa.yaml").write_text(self.text, encoding="utf-8")

    @property
    def kind(self) -> Kind:
        return Kind("cerfa", load_one(self.home / "cerfa.yaml"), self.home / "cerfa.pdf")

    def fill(self, path: Path, **values: Any) -> dict[str, Any]:
        """Fill a form by hand, so to speak."""
        return self.reader.fill(self.kind, {**DONE, **values}, path, path.name)

    def read(self, path: Path) -> dict[str, Any]:
        return self.reader.read(path, self.kind)

    def out(self, **more: Any) -> Connector:
        return connect("forms", Settings(descriptions=self.home, out=self.forms, stable_seconds=0, **more))

    def inbox(self, **more: Any) -> Connector:
        return connect("inbox", Settings(descriptions=self.home, inbox=self.forms, stable_seconds=0, **more))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.reader.close()


def view(*names: str, **options: Any) -> View:
    native = tuple(NativeField(name) for name in names or FIELDS)
    return View("intervention", "cerfa", native, key=("number",), options=options)


def pulled(
    connector: Connector, wanted: View | None = None
) -> tuple[dict[str, Record], list[Rejected], Page]:
    """Everything a first pull hands over, and its last page."""
    pages = list(connector.pull(wanted or view(), None, lambda ids: {}))
    records = {record.id: record for page in pages for record in page.records}
    return records, [one for page in pages for one in page.rejected], pages[-1]


def flattened(source: Path, target: Path) -> Path:
    """The same page without its fields, as a printer driver makes it."""
    tool = shutil.which("pdftocairo")
    if tool is None:
        pytest.skip("pdftocairo (poppler-utils) is not installed")
    subprocess.run([tool, "-pdf", str(source), str(target)], check=True, capture_output=True, timeout=60)
    return target


def values(told: Mapping[str, Any]) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in told["values"]}


def verdicts(told: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one["verdict"] for one in told["values"]}


def put(path: Path, content: bytes) -> Path:
    """A file as somebody drops it: whole, and some time ago."""
    path.write_bytes(content)
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 60))
    return path


def plain(told: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Values without their line breaks: a flattened text has those of its box."""
    found = values(told)
    return {name: " ".join(v.split()) if isinstance(v := found[name], str) else v for name in names}
