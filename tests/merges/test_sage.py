"""Doubles in a Sage X3, and in a Sage 100 that takes files: neither merges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sage import connect
from connectors.sage.settings import Settings
from hub.marking import Marking
from hub.ports import Connector, Fate, Merged, Merges, NativeField, Refused, Split
from sandbox.sage import Column, Sage
from sandbox.x3 import X3, serve
from tests.connectors.sage.harness import FORMAT, view_of
from tests.connectors.sage.soap.site import OPTIONS, REFERENCE, SiteHarness
from tests.merges.place import Deaf, Place, between
from tests.merges.suite import Desk, MergesConformance

COLUMNS = (*FORMAT, Column("Commentaire", 35), Column("Sommeil", 1))
TITLES = [column.title for column in COLUMNS]


class X3Place:
    """Customers of the sandbox's X3, one with a field of its own for the mark."""

    town = "CTY"

    def __init__(self, x3: X3, fate: Fate, field: str | None, **options: Any) -> None:
        self.site = SiteHarness(x3)
        self.view = replace(self.site.view, options={**self.site.view.options, **options})
        self.fate, self.field = fate, field

    def connect(self) -> Connector:
        return self.site.connect()

    def add(self, *names: str) -> list[str]:
        return self.site.add([{"name": name, "phone": "0476000001", "city": "Vif"} for name in names])

    def seen(self) -> Mapping[str, Mapping[str, Any]]:
        person = self.site.x3.person
        more = ("YDOUBLE", "BPCSTA")
        return {
            id: {
                **{self.site.columns[name]: value for name, value in row.items()},
                **{name: person.see("BPC", id).text(name) or None for name in more},
            }
            for id, row in self.site.seen().items()
        }

    def type(self, id: str, field: str, text: str | None) -> None:
        if field == self.town:
            self.site.edit(id, {"city": text})
        else:
            self.site.x3.person.edit("BPC", id, {field: text or ""})

    def remove(self, id: str) -> None:
        self.site.remove(id)

    def deliver(self) -> None:
        return None

    def held(self, id: str) -> AbstractContextManager[None] | None:
        return self.site.x3.person.lock("BPC", id)

    def deafened(self, before: bool) -> Merges:
        return Marking(Deaf(self.connect(), before))


@pytest.fixture(scope="module")
def x3() -> Iterator[X3]:
    custom = {"BPC": {REFERENCE: 60, "YDOUBLE": 40}, "SIH": {}}
    with serve(**OPTIONS | {"custom": custom}) as running:
        yield running


class TestX3Marked(MergesConformance):
    @pytest.fixture
    def place(self, x3: X3) -> Place:
        return X3Place(x3, "marked", "YDOUBLE", merge="mark", merge_mark="YDOUBLE")


class TestX3PutAway(MergesConformance):
    """BPCSTA says whether a customer is active: 2 is yes."""

    @pytest.fixture
    def place(self, x3: X3) -> Place:
        return X3Place(x3, "archived", "BPCSTA", merge="archive", merge_archive={"BPCSTA": 1})

    def test_what_people_typed_over_it_meanwhile_stays_and_is_told(self, desk: Desk) -> None:
        """It is yes or no: who brought the customer back took back what the hub had done."""
        note = desk.noted()
        desk.merge()
        desk.place.type(desk.lose, "BPCSTA", "2")
        assert desk.split(note).unable == ()
        assert desk.seen()[desk.lose]["BPCSTA"] == "2"


class TestX3Left(MergesConformance):
    @pytest.fixture
    def place(self, x3: X3) -> Place:
        return X3Place(x3, "left", None)


class FilesPlace:
    """A Sage 100 that exports, and imports lines of the columns that are mapped."""

    town = "Ville"

    def __init__(self, folder: Path, fate: Fate, field: str | None, **options: Any) -> None:
        self.sage = Sage(folder, COLUMNS)
        folders = {"exports": self.sage.exports, "imports": self.sage.imports, "acks": self.sage.acks}
        self.settings = Settings.model_validate({"stable_seconds": 0, **folders})
        fields = ("Raison sociale", "Tél.", "Ville", "Commentaire", "Sommeil")
        self.view = view_of(*map(NativeField, fields), **options)
        self.fate, self.field = fate, field
        self.count = 0

    def connect(self) -> Connector:
        return connect("sage", self.settings)

    def add(self, *names: str) -> list[str]:
        ids = []
        for name in names:
            self.count += 1
            values = {"Raison sociale": name, "Adresse": "1 rue Haute", "Ville": "Vif", "Sommeil": "0"}
            ids.append(self.sage.put({"Code tiers": f"C{self.count:04d}", **values}))
        return ids

    def seen(self) -> Mapping[str, Mapping[str, Any]]:
        return {id: dict(row) for id, row in self.sage.rows.items()}

    def type(self, id: str, field: str, text: str | None) -> None:
        self.sage.edit(id, {field: text or ""})

    def remove(self, id: str) -> None:
        self.sage.delete(id)

    def deliver(self) -> None:
        self.sage.step()

    def held(self, id: str) -> AbstractContextManager[None] | None:
        """The share of the imports is not connected."""
        away = self.sage.imports.with_name("away")
        return between(lambda: self.sage.imports.rename(away), lambda: away.rename(self.sage.imports))

    def deafened(self, before: bool) -> Merges:
        return Marking(Deaf(self.connect(), before))

    def files(self) -> list[str]:
        """The import files that wait."""
        return sorted(path.name for path in self.sage.imports.iterdir() if path.is_file())


MARKED = {"merge": "mark", "merge_mark": "Commentaire"}


class TestFilesMarked(MergesConformance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> FilesPlace:
        return FilesPlace(tmp_path, "marked", "Commentaire", **MARKED)

    def test_asked_again_before_sage_has_answered_nothing_is_handed_over_again(self, desk: Desk) -> None:
        sage = desk.place
        assert isinstance(sage, FilesPlace)
        first = desk.merges.merge(sage.view, desk.keep, [desk.lose])
        (name,) = sage.files()
        assert isinstance(first, Merged)
        assert first.lost == {desk.lose: "sent"}
        assert name in first.unable[0]
        again = desk.merges.merge(sage.view, desk.keep, [desk.lose])
        assert isinstance(again, Merged)
        assert (again.lost, again.undo) == (first.lost, first.undo)
        assert sage.files() == [name]

    def test_a_mark_that_is_on_its_way_is_taken_back(self, desk: Desk) -> None:
        sage = desk.place
        assert isinstance(sage, FilesPlace)
        before, note = desk.seen(), desk.noted()
        desk.merges.merge(sage.view, desk.keep, [desk.lose])
        for _ in range(2):
            assert isinstance(desk.merges.split(sage.view, desk.keep, note), Split)
            assert len(sage.files()) == 2
        sage.deliver()
        assert desk.seen() == before
        assert desk.split(note).unable == ()
        assert sage.files() == []

    @pytest.mark.parametrize("settled", [False, True])
    def test_what_sage_refuses_is_told_while_it_is_known(self, desk: Desk, settled: bool) -> None:
        sage = desk.place
        assert isinstance(sage, FilesPlace)
        before = desk.seen()
        sage.sage.forbidden["Commentaire"] = f"doublon de {desk.keep}"
        desk.merges.merge(sage.view, desk.keep, [desk.lose])
        sage.deliver()
        if settled:
            desk.connector.settle(sage.view, desk.connector.receipts(sage.view))
        answer = desk.merges.merge(sage.view, desk.keep, [desk.lose])
        assert isinstance(answer, Merged)
        assert answer.lost == {desk.lose: "sent"}
        assert ("refused" in answer.unable[0]) is not settled
        assert len(sage.files()) == settled
        assert desk.seen() == before

    def test_what_the_import_does_not_hold_is_not_handed_over(self, desk: Desk) -> None:
        view = replace(desk.place.view, options={**MARKED, "merge_mark": "Adresse"})
        answer = desk.merges.merge(view, desk.keep, [desk.lose])
        assert isinstance(answer, Refused)
        assert "'Adresse' is not mapped" in answer.reason

    def test_a_sage_that_is_only_read_keeps_its_double_and_that_is_told(self, desk: Desk) -> None:
        sage = desk.place
        assert isinstance(sage, FilesPlace)
        reads = connect("sage", sage.settings.model_copy(update={"imports": None}))
        answer = Marking(reads).merge(sage.view, desk.keep, [desk.lose])
        assert isinstance(answer, Merged)
        assert (answer.lost, answer.undo) == ({desk.lose: "left"}, {})
        assert "can only be read" in answer.unable[0]


class TestFilesPutAway(MergesConformance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return FilesPlace(tmp_path, "archived", "Sommeil", merge="archive", merge_archive={"Sommeil": "1"})

    def test_what_people_typed_over_it_meanwhile_stays_and_is_told(self, desk: Desk) -> None:
        """One character: who woke the customer took back what the hub had done."""
        note = desk.noted()
        desk.merge()
        desk.place.type(desk.lose, "Sommeil", "0")
        desk.place.deliver()
        assert desk.split(note).unable == ()
        assert desk.seen()[desk.lose]["Sommeil"] == "0"


class TestFilesLeft(MergesConformance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return FilesPlace(tmp_path, "left", None)
