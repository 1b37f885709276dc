"""An export that cannot be trusted is not read, and says where and why; a bad line costs only itself."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.sage import connect
from connectors.sage.settings import Settings
from hub.ports import (
    Busy,
    Connector,
    Misconfigured,
    NativeField,
    Page,
    Refused,
    SourceDamaged,
    Unreachable,
    View,
    Write,
)
from tests.connectors.sage.harness import view_of

HEAD = "Code tiers;Raison sociale;Adresse;Tél.;Ville\r\n"
DURAND = "C0001;Durand SA;1 rue Haute;+33145678901;Évry\r\n"
MARTIN = "C0002;Martin;2 rue Basse;;Brest\r\n"


class Site:
    """The folders of a Sage and a connection to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("exports", "imports", "acks"):
            (folder / name).mkdir()

    def put(self, text: str | bytes, name: str = "tiers_1.csv") -> Path:
        path = self.folder / "exports" / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("cp1252"))
        return path

    def connect(self, **settings: Any) -> Connector:
        folders = {name: self.folder / name for name in ("exports", "imports", "acks")}
        return connect("sage", Settings(**{"stable_seconds": 0, "encoding": "cp1252", **folders, **settings}))

    def pull(self, view: View | None = None, cursor: str | None = None, **settings: Any) -> list[Page]:
        return list(self.connect(**settings).pull(view or view_of(), cursor, known_nothing))


def known_nothing(ids: Sequence[str]) -> Mapping[str, str | None]:
    return {}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def names(pages: Sequence[Page]) -> list[object]:
    return [record.values["Raison sociale"] for page in pages for record in page.records]


# -- the wrong encoding ------------------------------------------------------------------------------


def test_utf8_in_a_cp1252_file_is_damage_with_line_column_and_byte(site: Site) -> None:
    site.put((HEAD.replace("é", "e") + DURAND).encode("utf-8"))
    with pytest.raises(SourceDamaged) as caught:
        site.pull()
    assert "byte 0xC3 at line 2, column 42" in str(caught.value)
    assert "'Ã‰'" in str(caught.value)
    assert "encoding: utf-8" in caught.value.todo


def test_cp1252_in_a_utf8_file_is_damage_with_line_column_and_byte(site: Site) -> None:
    site.put(HEAD.replace("é", "e") + DURAND)
    with pytest.raises(SourceDamaged) as caught:
        site.pull(encoding="utf-8")
    assert "byte 0xC9 at line 2, column 42 is not UTF-8" in str(caught.value)
    assert "cp1252" in caught.value.todo


def test_a_byte_that_cp1252_does_not_know_is_damage(site: Site) -> None:
    site.put((HEAD + DURAND).encode("cp1252") + b"C0003;\x81;;;\r\n")
    with pytest.raises(SourceDamaged, match="byte 0x81 at line 3, column 7 is not CP1252"):
        site.pull()


def test_utf16_is_damage(site: Site) -> None:
    site.put((HEAD + DURAND).encode("utf-16"))
    with pytest.raises(SourceDamaged, match="UTF-16"):
        site.pull(encoding="auto")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-8", "cp1252"])
def test_auto_reads_either_encoding_with_or_without_a_mark(site: Site, codec: str) -> None:
    site.put((HEAD + DURAND).encode(codec))
    (page,) = site.pull(encoding="auto")
    assert page.records[0].values["Ville"] == "Évry"


def test_text_that_was_spoilt_before_is_read_and_check_says_so(site: Site) -> None:
    site.put(HEAD + DURAND + "C0002;SociÃ©tÃ©;;;Évry\r\n")
    assert names(site.pull()) == ["Durand SA", "SociÃ©tÃ©"]
    warnings = [f.message for f in site.connect().check([view_of()]) if f.level == "warning"]
    assert any("line 3" in message and "'Ã©'" in message for message in warnings)


# -- half a file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [6, 14, len(MARTIN) - 9])
def test_a_file_cut_short_is_damage(site: Site, cut: int) -> None:
    site.put(HEAD + DURAND + MARTIN[:cut])
    with pytest.raises(SourceDamaged, match="cut short in line 3"):
        site.pull(last_line_end="optional")


def test_a_last_line_without_line_end_is_taken_for_half_a_file(site: Site) -> None:
    site.put(HEAD + DURAND + MARTIN[:-4])
    with pytest.raises(SourceDamaged, match="may be half a file"):
        site.pull()


def test_a_last_line_without_line_end_can_be_allowed(site: Site) -> None:
    site.put(HEAD + DURAND + MARTIN.rstrip())
    assert names(site.pull(last_line_end="optional")) == ["Durand SA", "Martin"]


def test_zero_bytes_of_a_file_being_copied_are_damage(site: Site) -> None:
    site.put((HEAD + DURAND).encode("cp1252") + b"\0" * 100)
    with pytest.raises(SourceDamaged, match="zero byte at line 3, column 1"):
        site.pull()


def test_an_empty_file_is_damage(site: Site) -> None:
    site.put("")
    with pytest.raises(SourceDamaged, match="empty"):
        site.pull()


def test_a_file_that_grows_while_it_is_looked_at_is_busy(site: Site) -> None:
    path = site.put(HEAD + DURAND)
    stop = threading.Event()

    def copy() -> None:
        with open(path, "ab") as file:
            while not stop.wait(0.01):
                file.write(MARTIN.encode("cp1252"))
                file.flush()

    copier = threading.Thread(target=copy)
    copier.start()
    try:
        with pytest.raises(Busy, match="still being written"):
            site.pull(stable_seconds=0.2)
    finally:
        stop.set()
        copier.join()


def test_an_open_quote_that_would_swallow_lines_is_damage(site: Site) -> None:
    site.put(HEAD + 'C0001;"Durand;1 rue;;Évry\r\n' + MARTIN + 'C0003;"Petit";;;Metz\r\n')
    with pytest.raises(SourceDamaged, match="a quote opened on line 2"):
        site.pull()


def test_a_quote_never_closed_is_damage(site: Site) -> None:
    site.put(HEAD + DURAND + 'C0002;"Martin;;;Brest\r\n')
    with pytest.raises(SourceDamaged, match="a quote opened on line 3"):
        site.pull()


def test_a_draft_beside_the_exports_is_not_read(site: Site) -> None:
    site.put(HEAD + DURAND)
    site.put(HEAD, "tiers_2.csv.part")
    site.put(HEAD, ".tiers_2.csv")
    assert names(site.pull(export_pattern="*tiers*")) == ["Durand SA"]


# -- columns that are not there ----------------------------------------------------------------------


def test_a_vanished_column_stops_the_pull_and_names_what_was_probably_meant(site: Site) -> None:
    site.put(HEAD.replace("Ville", "Villle") + DURAND)
    with pytest.raises(Misconfigured, match="no column 'Ville'; there is 'Villle'"):
        site.pull()


def test_a_heading_that_stands_twice_stops_the_pull(site: Site) -> None:
    site.put(HEAD.replace("Adresse", "Ville") + DURAND)
    with pytest.raises(Misconfigured, match="'Ville' stands twice, at 3 and 5"):
        site.pull()


def test_the_wrong_delimiter_is_said(site: Site) -> None:
    site.put((HEAD + DURAND).replace(";", "\t"))
    with pytest.raises(Misconfigured, match=r"the delimiter seems to be '\\t'"):
        site.pull(delimiter=";")


def test_a_where_that_is_no_column_and_value_is_said(site: Site) -> None:
    site.put(HEAD + DURAND)
    view = View("customer", "tiers", view_of().fields, ("Code tiers",), where=[["Ville", "=", "Évry"]])
    with pytest.raises(Misconfigured, match=r"where: \{column: value\}"):
        site.pull(view)


@pytest.mark.parametrize("heading", ["raison  SOCIALE", "Raison-sociale", "Dénomination", "denomination"])
def test_a_heading_is_found_however_it_is_spelled(site: Site, heading: str) -> None:
    site.put(HEAD.replace("Raison sociale", heading) + DURAND)
    view = view_of(NativeField("Raison sociale", options={"aliases": ["Dénomination"]}))
    assert names(site.pull(view)) == ["Durand SA"]


# -- bad lines ---------------------------------------------------------------------------------------


def test_a_short_and_a_long_line_are_set_aside_and_count_as_present(site: Site) -> None:
    site.put(HEAD + DURAND + "C0002;Martin;Brest\r\n" + "C0003;Petit;1;2;Metz;et encore\r\n")
    (page,) = site.pull()
    assert names([page]) == ["Durand SA"]
    assert page.listing
    assert [(r.id, r.where, r.reason) for r in page.rejected] == [
        ("C0002", "tiers_1.csv line 3", "the line is short: 3 columns instead of 5"),
        ("C0003", "tiers_1.csv line 4", "the line is long: 6 columns instead of 5; a delimiter in a value?"),
    ]
    assert site.connect().ids(view_of()) == {"C0001", "C0002", "C0003"}


def test_a_code_that_stands_twice_is_set_aside_on_all_its_lines(site: Site) -> None:
    site.put(HEAD + DURAND + MARTIN + DURAND.replace("Durand", "Dupont"))
    (page,) = site.pull()
    assert names([page]) == ["Martin"]
    assert [(r.id, r.where) for r in page.rejected] == [
        ("C0001", "tiers_1.csv line 2"),
        ("C0001", "tiers_1.csv line 4"),
    ]
    assert "stands on several lines (2, 4)" in page.rejected[0].reason


def test_a_record_that_cannot_be_used_is_not_written(site: Site) -> None:
    site.put(HEAD + DURAND + DURAND)
    (outcome,) = site.connect().write(view_of(), [Write("customer_1", "C0001", {"Ville": "Metz"})])
    assert isinstance(outcome, Refused)
    assert "several lines (2, 3)" in outcome.reason
    assert not list((site.folder / "imports").glob("*.csv"))


def test_a_line_without_code_is_set_aside(site: Site) -> None:
    site.put(HEAD + DURAND + ";Total;;;2\r\n")
    (page,) = site.pull()
    assert [(r.id, r.reason) for r in page.rejected] == [(None, "it has no code")]
    assert page.listing


def test_a_stray_quote_costs_only_its_line(site: Site) -> None:
    site.put(HEAD + 'C0001;"Durand" SA;;;Évry\r\n' + MARTIN)
    (page,) = site.pull()
    assert names([page]) == ["Martin"]
    assert [(r.id, r.where) for r in page.rejected] == [("C0001", "tiers_1.csv line 2")]
    assert page.listing


def test_a_broken_line_of_nobody_knows_whom_lets_no_record_be_taken_for_deleted(site: Site) -> None:
    site.put(HEAD + DURAND + ";x\r\n")
    (page,) = site.pull()
    assert page.rejected
    assert not page.listing


def test_quotes_mean_nothing_where_the_settings_say_so(site: Site) -> None:
    site.put(HEAD + 'C0001;"Durand" SA;;;"Évry\r\n')
    (page,) = site.pull(quote="none")
    assert page.records[0].values["Raison sociale"] == '"Durand" SA'
    assert page.records[0].values["Ville"] == '"Évry'


def test_delimiters_and_line_breaks_in_quotes_are_part_of_the_value(site: Site) -> None:
    site.put(HEAD + 'C0001;"Durand; ""Père""\r\net fils";;;Évry\r\n' + MARTIN)
    (page,) = site.pull()
    assert names([page]) == ['Durand; "Père"\r\net fils', "Martin"]
    assert page.records[1].where == "tiers_1.csv line 4"


def test_blank_lines_and_empty_cells_at_the_end_are_forgiven(site: Site) -> None:
    site.put("\r\n" + HEAD + "\r\n" + DURAND.replace("\r\n", ";;\r\n") + ";;;;\r\n\x1a")
    (page,) = site.pull()
    assert names([page]) == ["Durand SA"]
    assert not page.rejected


def test_lines_above_the_headings_can_be_skipped(site: Site) -> None:
    site.put('Export du 05/01/2026 "tiers\r\n\r\n' + HEAD + DURAND)
    (page,) = site.pull(skip_lines=2, delimiter="auto")
    assert page.records[0].where == "tiers_1.csv line 4"


# -- which export ------------------------------------------------------------------------------------


def test_the_newest_export_counts_by_its_date(site: Site) -> None:
    old = site.put(HEAD + DURAND, "tiers_9.csv")
    os.utime(old, (time.time() - 3600,) * 2)
    site.put(HEAD + MARTIN, "tiers_1.csv")
    assert names(site.pull()) == ["Martin"]
    assert names(site.pull(newest_by="name")) == ["Durand SA"]


def test_the_same_export_again_is_one_empty_page_with_the_same_cursor(site: Site) -> None:
    site.put(HEAD + DURAND)
    (first,) = site.pull()
    (second,) = site.pull(cursor=first.cursor)
    assert (second.records, second.cursor, second.listing) == ([], first.cursor, False)


def test_an_export_older_than_the_one_read_is_no_news(site: Site) -> None:
    old = site.put(HEAD + DURAND, "tiers_1.csv")
    os.utime(old, (time.time() - 3600,) * 2)
    new = site.put(HEAD + MARTIN, "tiers_2.csv")
    (first,) = site.pull()
    new.unlink()
    (second,) = site.pull(cursor=first.cursor)
    assert not second.records
    assert second.cursor == first.cursor


def test_an_export_written_over_under_its_own_name_is_read_again(site: Site) -> None:
    site.put(HEAD + DURAND, "tiers.csv")
    (first,) = site.pull()
    site.put(HEAD + DURAND + MARTIN, "tiers.csv")
    assert names(site.pull(cursor=first.cursor)) == ["Durand SA", "Martin"]


def test_no_export_yet_is_unreachable_and_says_where_it_was_looked_for(site: Site) -> None:
    with pytest.raises(Unreachable, match=r"tiers\*\.csv"):
        site.pull()


def test_a_folder_that_is_not_there_is_unreachable(site: Site, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="is not there"):
        site.pull(exports=tmp_path / "nowhere")


def test_a_large_export_comes_in_pages_of_a_thousand(site: Site) -> None:
    site.put(HEAD + "".join(f"C{n:05d};Société {n};;;Évry\r\n" for n in range(2500)))
    pages = site.pull()
    assert [len(page.records) for page in pages] == [1000, 1000, 500]
    assert [page.listing for page in pages] == [False, False, True]
    assert [bool(page.cursor) for page in pages] == [False, False, True]
    assert pages[0].total == 2500


# -- exports of changes ------------------------------------------------------------------------------


def test_exports_of_changes_are_handed_over_in_their_order(site: Site) -> None:
    for number, text in enumerate((DURAND + MARTIN, DURAND.replace("SA", "SARL"), MARTIN)):
        os.utime(site.put(HEAD + text, f"tiers_{number}.csv"), (1_700_000_000 + number,) * 2)
    pages = site.pull(incremental=True)
    assert names(pages) == ["Durand SA", "Martin", "Durand SARL", "Martin"]
    assert not any(page.listing for page in pages)
    (nothing,) = site.pull(cursor=pages[-1].cursor, incremental=True)
    assert not nothing.records
    assert names(site.pull(cursor=pages[0].cursor, incremental=True)) == ["Durand SARL", "Martin"]
    assert [
        r.values["Raison sociale"] for r in site.connect(incremental=True).read(view_of(), ["C0001"])
    ] == ["Durand SARL"]


def test_exports_of_changes_alone_do_not_tell_which_records_are_gone(site: Site) -> None:
    site.put(HEAD + DURAND)
    with pytest.raises(Misconfigured, match="only what changed"):
        site.connect(incremental=True).ids(view_of())


def test_a_full_export_among_changes_tells_which_records_are_gone(site: Site) -> None:
    settings = {"incremental": True, "export_pattern": "tiers_maj*.csv", "full_pattern": "tiers_tout*.csv"}
    for number, (name, text) in enumerate(
        (("tiers_maj_1", DURAND), ("tiers_tout_1", MARTIN), ("tiers_maj_2", MARTIN.replace("Brest", "Metz")))
    ):
        os.utime(site.put(HEAD + text, f"{name}.csv"), (1_700_000_000 + number,) * 2)
    connector = site.connect(**settings)
    assert connector.ids(view_of()) == {"C0002"}
    assert connector.read(view_of(), ["C0001", "C0002"])[0].values["Ville"] == "Metz"
