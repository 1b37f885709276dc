"""Sage over files does what any connector must, however this Sage writes its files and says what it took."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.ports import NativeField, View
from tests.connectors.conformance import ConnectorConformance, Harness
from tests.connectors.sage.harness import ChangesHarness, SageHarness, view_of


class TestAsUsual(ConnectorConformance):
    """CP1252, semicolons, quotes where needed, acknowledgements by suffix."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return SageHarness(tmp_path, encoding="cp1252", delimiter=";")


class TestTabsInUtf8WithFolders(ConnectorConformance):
    """UTF-8, tabs, no quotes at all, import files moved to a folder of answers, every column written back."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return SageHarness(
            tmp_path,
            view_of(import_columns="all"),
            codec="utf-8",
            encoding="utf-8",
            import_encoding="utf-8",
            sage_delimiter="\t",
            delimiter="tab",
            quotes=False,
            quote="none",
            answers="folder",
            ack_by="folder",
            ack_ok="ok",
            ack_error="rejected",
        )

    @pytest.fixture(autouse=True)
    def _nothing_is_unfit_in_utf8(self, harness: SageHarness, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(harness, "refused", lambda: {"city": "à\tcôté"})


class TestWithoutHeadings(ConnectorConformance):
    """No heading line: columns by their positions; suppliers in the same file, left out by `where`."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        names = (("Raison sociale", 2), ("Tél.", 4), ("Ville", 5))
        fields = tuple(NativeField(name, options={"position": at}) for name, at in names)
        view = View("customer", "tiers", fields, ("1",), {"3": "1 rue Haute"}, {"new_key": "C{:04d}"})
        harness = SageHarness(tmp_path, view, header=False)
        harness.sage.put({"Code tiers": "F0001", "Raison sociale": "Un fournisseur", "Adresse": "ailleurs"})
        return harness


class TestAnsweredByRemoval(ConnectorConformance):
    """All Sage says is that the file is gone."""

    @pytest.fixture
    def harness(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harness:
        harness = SageHarness(tmp_path, answers="removal", ack_by="removal")
        monkeypatch.setattr(harness, "refused_later", lambda: None)
        return harness


class TestExportsOfChanges(ConnectorConformance):
    """Each export holds what changed since the last one."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return ChangesHarness(tmp_path)
