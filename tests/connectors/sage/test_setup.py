"""Settings, `hub check` and new codes: what an admin meets before anything is synchronised."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.registry import connect
from connectors.sage.codes import NoPattern, new_codes
from connectors.sage.layout import join_key, split_key
from connectors.sage.settings import Settings
from hub.ports import Finding, Misconfigured, NativeField, View, Write
from tests.connectors.sage.harness import SageHarness, view_of


def settings(**values: Any) -> Settings:
    return Settings(**{"exports": "/srv/exports", **values})


def test_a_transport_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(Misconfigured) as refused:
        connect("sage", "sage", {"exports": "/srv/exports", "transport": "sopa"})
    assert all(f"{transport}: " in str(refused.value) for transport in ("files", "soap", "sql"))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"transport": "ftp"}, "there is no transport 'ftp'"),
        ({"imports": "/srv/imports"}, "acks: name the folder"),
        ({"imports": "/srv/exports", "ack_by": "removal"}, "two folders"),
        ({"import_name": "tiers.csv"}, "must hold {sequence}"),
        ({"import_name": "../{sequence}"}, "not a path"),
        ({"import_name": "{sequence}_{hour}"}, "knows {object}"),
        ({"delimiter": "::"}, "no delimiter"),
        ({"full_pattern": "tout*"}, "incremental: true"),
        ({"exprots": "x"}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_work_are_refused(values: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(**values)


def test_a_delimiter_may_be_named() -> None:
    assert settings(delimiter="tab").delimiter == "\t"


# -- new codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "used", "wanted"),
    [
        ("C{:05d}", [], ["C00001", "C00002"]),
        ("H{n:05}", ["H00007", "C00099"], ["H00008", "H00009"]),
        ("c{number}x", ["C9X"], ["C10X", "C11X"]),
        ("auto", ["411DUR01", "C0009", "C0012", "FAB"], ["C0013", "C0014"]),
        ("C{:02d}", ["C99"], ["C100", "C101"]),
        ("C{:05d}", ["c00001"], ["C00002", "C00003"]),
    ],
)
def test_new_codes_go_on_from_the_highest_in_use(pattern: str, used: list[str], wanted: list[str]) -> None:
    assert list(new_codes(pattern, 2, used, 17)) == wanted


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (None, "no new_key"),
        ("CLIENT", "no place for a number"),
        ("C{code}", "cannot be filled in"),
        ("CLIENT-DE-LA-MAISON-{:03d}", "Sage keeps 17"),
        ("auto", "finds no code"),
    ],
)
def test_a_pattern_that_cannot_number_is_said(pattern: str | None, said: str) -> None:
    with pytest.raises(NoPattern, match=said):
        new_codes(pattern, 1, [], 17)


def test_a_mapping_without_new_key_is_misconfigured(tmp_path: Path) -> None:
    harness = SageHarness(tmp_path, view_of(new_key=None))
    harness.deliver()
    with pytest.raises(Misconfigured, match="new_key"):
        harness.connect().allocate(harness.view, 1, ())


@pytest.mark.parametrize("parts", [["C0001"], ["C1", "Le Goff"], ["a|b", "50 %"], ["%7C", "|"]])
def test_a_key_of_several_columns_comes_apart_again(parts: list[str]) -> None:
    assert split_key(join_key(parts), len(parts)) == parts


def test_records_may_be_known_by_two_columns(tmp_path: Path) -> None:
    harness = SageHarness(tmp_path)
    harness.add([{"name": "Durand", "phone": "01", "city": "Évry"}])
    harness.deliver()
    fields = (NativeField("Tél."), NativeField("Ville"))
    view = View("contact", "tiers", fields, key=("Code tiers", "Raison sociale"))
    connector = harness.connect()
    assert connector.ids(view) == {"C0001|DURAND"}
    connector.write(view, [Write("contact_1", "C0001|DURAND", {"Tél.": "02"})])
    harness.deliver()
    assert harness.sage.rows["C0001"]["Tél."] == "02"


# -- check -------------------------------------------------------------------------------------------


@pytest.fixture
def harness(tmp_path: Path) -> SageHarness:
    harness = SageHarness(tmp_path)
    harness.add([{"name": "Durand", "phone": "01", "city": "Évry"}])
    harness.deliver()
    return harness


def said(harness: SageHarness, level: str, view: View | None = None) -> str:
    findings: list[Finding] = list(harness.connect().check([view or harness.view]))
    return "\n".join(f"{f.what}: {f.message} ({f.todo})" for f in findings if f.level == level)


def test_check_says_what_is_well(harness: SageHarness) -> None:
    assert "1 records, every column is there" in said(harness, "ok")
    assert not said(harness, "warning")
    assert not said(harness, "error")


def test_check_names_each_missing_column_with_what_was_probably_meant(harness: SageHarness) -> None:
    view = view_of(NativeField("Vile"), NativeField("Raison social"))
    errors = said(harness, "error", view)
    assert "no column 'Vile'; there is 'Ville'" in errors
    assert "no column 'Raison social'; there is 'Raison sociale'" in errors


def test_check_says_that_exports_have_stopped(harness: SageHarness) -> None:
    for export in harness.sage.exports.iterdir():
        os.utime(export, (time.time() - 73 * 3600,) * 2)
    assert "73 hours old" in said(harness, "warning")


@pytest.mark.parametrize("folder", ["exports", "imports", "acks"])
def test_check_says_that_a_folder_is_not_there(harness: SageHarness, folder: str) -> None:
    place: Path = getattr(harness.sage, folder)
    place.rename(place.with_name("away"))
    assert folder in said(harness, "error")


def test_check_says_which_words_of_the_mapping_mean_nothing_here(harness: SageHarness) -> None:
    view = view_of(NativeField("Ville", options={"alias": ["Commune"]}), import_colums="all")
    warnings = said(harness, "warning", view)
    assert "'import_colums' says nothing to Sage; import_columns was probably meant" in warnings
    assert "'alias' says nothing to Sage; aliases was probably meant" in warnings


def test_check_counts_lines_that_cannot_be_used(harness: SageHarness) -> None:
    harness.sage.export().write_bytes(b"Code tiers;Raison sociale;Adresse;T\xe9l.;Ville\r\nC0001;x\r\n;y\r\n")
    warnings = said(harness, "warning")
    assert "2 lines cannot be used" in warnings
    assert "deletions are not looked for" in warnings


def test_check_says_that_an_import_is_not_answered(harness: SageHarness) -> None:
    harness.settings = harness.settings.model_copy(update={"pending_hours": 0.0})
    connector = harness.connect()
    connector.write(harness.view, [Write("customer_1", "C0001", {"Ville": "Metz"})])
    assert "is still in imports and was not answered" in said(harness, "warning")


def test_check_says_that_an_export_is_damaged(harness: SageHarness) -> None:
    harness.sage.export().write_bytes(b"Code tiers;Raison")
    assert "cut short in its heading line" in said(harness, "error")
