"""`hub check` says in words what is wrong with the options of a merge, on every kind of system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sage import connect
from hub.discretion import discreet
from hub.markcheck import check_merging
from hub.ports import Busy, Connector, Denied, Finding, NativeField, Traits, View
from sandbox.odoo import serve
from sandbox.x3 import X3
from sandbox.x3 import serve as serve_x3
from tests.connectors.excel.tools import book, connector, view
from tests.connectors.odoo.office import Office
from tests.connectors.sage.soap.site import OPTIONS, SiteHarness
from tests.memory import MemorySystem
from tests.merges.test_documents import Contracts
from tests.merges.test_sage import FilesPlace
from tests.tally import tally

ROWS: list[list[Any]] = [
    ["N° client", "Nom", "Ville", "Doublon", "Statut"],
    ["C1", "Alpha", "Vif", None, "actif"],
]


@pytest.fixture
def workbook(tmp_path: Path) -> Connector:
    return connector(book(tmp_path / "clients.xlsx", ROWS))


def words(found: list[Finding], level: str = "error") -> str:
    assert found
    assert {one.level for one in found} <= {"ok", level}
    tally("bad inputs tried", 1)
    return "\n".join(f"{one.what} | {one.message} | {one.todo}" for one in found if one.level == level)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"merge": "wizard"}, "`merge: wizard`"),
        ({"merge": "mark"}, "not in which field"),
        ({"merge": "mark", "merge_mark": "Double"}, "'Double'"),
        ({"merge": "mark", "merge_mark": ["Doublon"]}, "not in which field"),
        ({"merge": "archive"}, "archives nothing"),
        ({"merge": "archive", "merge_archive": "Statut"}, "merge_archive: {Statut: fermé}"),
        ({"merge": "archive", "merge_archive": {"Statut": "fermé", "Ville": ""}}, "the one field"),
        ({"merge": "archive", "merge_archive": {"Etat": "fermé"}}, "'Etat'"),
    ],
)
def test_what_cannot_be_done_in_a_workbook_is_an_error(
    workbook: Connector, options: dict[str, Any], said: str
) -> None:
    assert said in words(check_merging(workbook, view("Nom", **options)))


@pytest.mark.parametrize(
    "options",
    [{"merge_mark": "Doublon"}, {"merge": "mark", "merge_mark": "Doublon", "merge_archive": {"Statut": 1}}],
)
def test_an_option_that_says_nothing_is_a_warning(workbook: Connector, options: dict[str, Any]) -> None:
    assert "says nothing" in words(check_merging(workbook, view("Nom", **options)), "warning")


def test_without_any_option_nothing_is_said(workbook: Connector) -> None:
    assert check_merging(workbook, view("Nom")) == []
    assert check_merging(workbook, view("Nom", merge="leave")) == []


def test_a_workbook_that_is_only_read_is_warned_of(tmp_path: Path) -> None:
    reads = connector(book(tmp_path / "clients.xlsx", ROWS), read_only=True)
    found = check_merging(reads, view("Nom", merge="mark", merge_mark="Doublon"))
    assert "can only be read" in words(found, "warning")


def test_a_column_that_the_import_files_do_not_hold_is_an_error(tmp_path: Path) -> None:
    place = FilesPlace(tmp_path, "marked", "Adresse", merge="mark", merge_mark="Adresse")
    place.add("Alpha")
    place.deliver()
    assert "'Adresse' is not mapped" in words(check_merging(place.connect(), place.view))


def test_the_options_of_a_merge_are_known_to_every_sage(tmp_path: Path) -> None:
    place = FilesPlace(
        tmp_path, "marked", None, merge="archive", merge_archive={"Sommeil": "1"}, merge_mark="x"
    )
    place.add("Alpha")
    place.deliver()
    found = connect("sage", place.settings).check([place.view])
    assert not [one for one in found if "says nothing" in one.message]


def test_a_field_that_no_document_has_is_an_error(tmp_path: Path) -> None:
    place = Contracts(tmp_path, "marked", None, merge="mark", merge_mark="doubl")
    place.add("Alpha")
    assert "'doubl'" in words(check_merging(place.connect(), place.view))


@pytest.fixture(scope="module")
def x3() -> Iterator[X3]:
    with serve_x3(**OPTIONS) as running:
        yield running


def test_a_field_that_x3_does_not_have_is_an_error(x3: X3) -> None:
    site = SiteHarness(x3)
    marked = replace(site.view, options={**site.view.options, "merge": "mark", "merge_mark": "YDUBLE"})
    assert "YDUBLE" in words(check_merging(site.connect(), marked))
    assert not [one for one in site.connect().check([marked]) if "says nothing" in one.message]
    closed = {"merge": "archive", "merge_archive": {"BPCSTA": 1}}
    sound = replace(site.view, options={**site.view.options, **closed})
    assert [one.level for one in check_merging(site.connect(), sound)] == ["ok"]


def test_a_policy_that_odoo_does_not_have_is_an_error() -> None:
    with serve(version=19) as running:
        office = Office(19, running.url, running.database, running.login, running.api_key)
        odoo = discreet(office.connect("xmlrpc"), str)
        partners = View("customer", "res.partner", (NativeField("name"),), options={"merge": "mark"})
        assert "`merge: mark`" in words(check_merging(odoo, partners))
        assert check_merging(odoo, replace(partners, options={"merge": "leave"})) == []


def test_where_the_system_archives_by_itself_no_field_is_needed() -> None:
    system = MemorySystem("office", Traits(archives=True)).connect()
    archived = View("customer", "clients", (NativeField("Nom"),), options={"merge": "archive"})
    assert [one.level for one in check_merging(system, archived)] == ["ok"]
    more = replace(archived, options={"merge": "archive", "merge_archive": {"Statut": "x"}})
    assert "archives by itself" in words(check_merging(system, more), "warning")


@pytest.mark.parametrize("problem", [Busy("office", "somebody has it"), Denied("office", "no")])
def test_of_a_system_that_is_not_to_be_had_its_own_check_says_it_and_nothing_is_added(problem: Any) -> None:
    system = MemorySystem("office")
    system.down = problem
    marked = View("customer", "clients", (NativeField("Nom"),), options={"merge": "mark", "merge_mark": "D"})
    assert [one.level for one in system.connect().check([marked])] == ["error"]
    assert check_merging(system.connect(), marked) == []


def test_a_system_whose_check_went_wrong_is_not_asked_again(workbook: Connector) -> None:
    marked = view("Nom", merge="mark", merge_mark="Double")
    assert check_merging(workbook, marked, [Finding("error", "clients", "not there")]) == []
    assert check_merging(workbook, marked, workbook.check([view("Nom")]))
