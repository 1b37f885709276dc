"""What a pull hands over, and when it hands over nothing."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.excel.entries import join_key
from connectors.excel.keys import new_keys, row_numbers
from hub.filing.faults import Fault
from hub.ports import Done, Misconfigured, Moved, NativeField, Refused
from tests.connectors.excel.tools import (
    add,
    book,
    connector,
    edit,
    one,
    parts_of,
    pull,
    raw_book,
    records,
    row,
    sheet_of,
    text,
    view,
)

ROWS = [["N° client", "Nom"], ["C1", "Un"], ["C2", "Deux"]]
NOM = view("Nom")


def test_an_untouched_file_is_one_empty_page_with_the_same_cursor(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", ROWS)
    hub = connector(path)
    first = pull(hub, NOM)[-1]
    assert first.listing
    for _ in range(2):
        (page,) = pull(hub, NOM, first.cursor)
        assert (page.records, page.cursor, page.listing) == ((), first.cursor, False)
    os.utime(path)
    (page,) = pull(hub, NOM, first.cursor)
    assert (page.records, page.listing) == ((), False)


def test_a_change_that_keeps_size_and_time_is_still_seen(tmp_path: Path) -> None:
    """Two saves within one tick of the file system's clock look the same: a look that soon is not trusted."""

    def save(name: str) -> Path:
        headings = row(1, text("A1", "N° client"), text("B1", "Nom"))
        made = raw_book(tmp_path / "clients.xlsx", headings + row(2, text("A2", "C1"), text("B2", name)))
        parts = parts_of(made)
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
            for part, content in parts.items():
                archive.writestr(part, content)
        return made

    path = save("Un")
    stamp = path.stat()
    hub = connector(path)
    cursor = pull(hub, NOM)[-1].cursor
    save("Du")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (stamp.st_size, stamp.st_mtime_ns)
    (page,) = pull(hub, NOM, cursor)
    assert [record.values["Nom"] for record in page.records] == ["Du"]


def test_another_view_of_the_same_file_is_pulled_whole(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom", "Ville"], ["C1", "Un", "Évry"]])
    hub = connector(path)
    cursor = pull(hub, NOM)[-1].cursor
    (page,) = pull(hub, view("Nom", "Ville"), cursor)
    assert [record.values for record in page.records] == [{"Nom": "Un", "Ville": "Évry"}]


def test_a_foreign_cursor_means_everything(tmp_path: Path) -> None:
    hub = connector(book(tmp_path / "clients.xlsx", ROWS))
    for cursor in ("", "2026-01-31", "[1]", "{}"):
        assert len(pull(hub, NOM, cursor)[0].records) == 2


def test_a_long_list_comes_in_pages_and_only_the_last_carries_the_new_cursor(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [ROWS[0], *([f"C{n}", f"Nom {n}"] for n in range(2500))])
    pages = pull(connector(path), NOM, "old")
    assert [len(page.records) for page in pages] == [1000, 1000, 500]
    assert [page.cursor for page in pages[:-1]] == ["old", "old"]
    assert [page.listing for page in pages] == [False, False, True]
    assert {page.total for page in pages} == {2500}


def test_a_pull_that_nobody_reads_to_its_end_leaves_nothing_behind(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [ROWS[0], *([f"C{n}", f"Nom {n}"] for n in range(2500))])
    pages = connector(path).pull(NOM, None, lambda ids: {})
    next(pages)
    pages.close()  # type: ignore[attr-defined]
    assert len(records(connector(path), NOM)) == 2500


def test_a_list_without_a_record_says_that_it_listed_everything(tmp_path: Path) -> None:
    (page,) = pull(connector(book(tmp_path / "clients.xlsx", ROWS[:1])), NOM)
    assert not page.records
    assert page.listing


def test_a_filter_leaves_out_other_rows_but_not_their_keys(tmp_path: Path) -> None:
    path = book(
        tmp_path / "clients.xlsx",
        [
            ["N° client", "Nom", "Statut"],
            ["C1", "Un", "Actif"],
            ["C2", "Deux", "Résilié"],
            ["C3", "Trois", "ACTIF "],
        ],
    )
    hub = connector(path)
    of = view("Nom", where={"Statut": "actif"}, new_key="auto")
    assert set(records(hub, of)) == {"C1", "C3"} == hub.ids(of)
    assert [record.id for record in hub.read(of, ["C2"])] == ["C2"]
    assert list(hub.allocate(of, 1, [])) == ["C4"]
    with pytest.raises(Misconfigured, match="where"):
        pull(hub, view("Nom", where=[["a", "=", "b"]]))


def test_several_sheets_of_one_workbook_are_several_lists(tmp_path: Path) -> None:
    import openpyxl

    path = book(tmp_path / "base.xlsx", ROWS)
    made = openpyxl.load_workbook(path)
    contacts = made.create_sheet("Contacts")
    for values in (["N°", "Nom", "Client"], ["P1", "Dupont", "C1"]):
        contacts.append(values)
    made.save(path)
    hub = connector(path)
    of = view("Nom", "Client", key=("N°",), sheet="contacts ")
    assert records(hub, of)["P1"].values == {"Nom": "Dupont", "Client": "C1"}
    assert isinstance(one(hub.write(of, [add("P2", {"Nom": "Durand", "Client": "C2"})])), Done)
    assert set(records(hub, NOM)) == {"C1", "C2"}
    assert set(records(hub, of)) == {"P1", "P2"}


# -- keys --------------------------------------------------------------------------------------------


def test_a_composite_key_tells_rows_apart_and_is_not_written(tmp_path: Path) -> None:
    path = book(
        tmp_path / "clients.xlsx",
        [["Nom", "Ville", "Tél."], ["Un", "Évry", "1"], ["Un", "Lille", "2"], ["Un|x", None, "3"]],
    )
    hub = connector(path)
    of = view("Nom", "Ville", "Tél.", key=("Nom", "Ville"), new_key="auto")
    found = records(hub, of)
    assert set(found) == {"Un | Évry", "Un | Lille", "Un\\|x | "}
    done, refused, added = hub.write(
        of,
        [
            edit(found["Un | Évry"], {"Tél.": "9"}),
            edit(found["Un | Lille"], {"Ville": "Metz"}),
            add(None, {"Nom": "Neuf", "Ville": "Brest", "Tél.": "4"}),
        ],
    )
    assert isinstance(done, Done)
    assert isinstance(refused, Refused)
    assert refused.field == "Ville"
    assert "key" in refused.reason
    assert isinstance(added, Done)
    assert added.record.id == "Neuf | Brest"
    with pytest.raises(Misconfigured, match="several columns"):
        hub.allocate(of, 1, [])


@given(st.lists(st.text(), min_size=2, max_size=2), st.lists(st.text(), min_size=2, max_size=2))
def test_no_two_composite_keys_collide(one: list[str], other: list[str]) -> None:
    assert (join_key(one) == join_key(other)) == (one == other)


def test_rows_get_a_number_of_the_hubs_only_when_asked(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [["Nom", "Réf. hub"], ["Un", None], ["Deux", None]])
    hub = connector(path)
    of = view("Nom", key=(), hub_id="Réf. hub")
    (page,) = pull(hub, of)
    assert not page.records
    assert not page.listing
    assert ["no number" in rejected.reason for rejected in page.rejected] == [True, True]
    assert hub.number_rows(of) == 2
    assert hub.number_rows(of) == 0
    found = records(hub, of)
    assert [record.values["Nom"] for record in found.values()] == ["Un", "Deux"]
    assert list(found) == [cell.value for cell in sheet_of(path)["B"]][1:]
    (key,) = hub.allocate(of, 1, [])
    assert isinstance(one(hub.write(of, [add(key, {"Nom": "Trois"})])), Done)
    assert set(records(hub, of)) == {*found, key}


def test_without_a_key_the_mapping_is_told_what_it_may_say(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="hub_id"):
        pull(connector(book(tmp_path / "clients.xlsx", ROWS)), view("Nom", key=()))


@pytest.mark.parametrize(
    ("pattern", "present", "expected"),
    [
        ("C{n:05}", [], ["C00001", "C00002"]),
        ("C{n:05}", ["C00041", "X99999", "C123"], ["C00124", "C00125"]),
        ("{n}", ["7", "x"], ["8", "9"]),
        ("{n:03d}-FR", ["009-FR"], ["010-FR", "011-FR"]),
        ("auto", ["C0009", "C0010", "P77"], ["C0011", "C0012"]),
        ("auto", ["9", "10"], ["11", "12"]),
        ("auto", ["CLI-9", "CLI-99"], ["CLI-100", "CLI-101"]),
    ],
)
def test_new_keys_follow_the_pattern(pattern: str, present: list[str], expected: list[str]) -> None:
    assert new_keys(pattern, present, [], 2, "Clients") == expected
    assert new_keys(pattern, [*present, expected[0]], [], 1, "Clients") == expected[1:]
    assert new_keys(pattern, present, expected[:1], 1, "Clients") == expected[1:]


@pytest.mark.parametrize("pattern", ["C", "C{n}{n}", "C{x}", "{n:x}", "{n:.2f}", "{", "C{n!r:>5}"])
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(Fault, match="new_key"):
        new_keys(pattern, ["C1"], [], 1, "Clients")


def test_no_pattern_and_nothing_to_learn_from_are_said_so() -> None:
    for pattern in (None, "auto"):
        with pytest.raises(Fault, match=r"new_key|key") as caught:
            new_keys(pattern, ["abc"], [], 1, "Clients")
        assert "new_key" in caught.value.todo


def test_the_hubs_own_numbers_are_never_given_twice() -> None:
    keys = row_numbers(500, [])
    assert len(set(keys)) == 500


# -- writing -----------------------------------------------------------------------------------------


def test_a_row_that_moved_in_any_field_of_the_view_is_not_written(tmp_path: Path) -> None:
    path = book(
        tmp_path / "clients.xlsx", [["N° client", "Nom", "Ville", "Notes"], ["C1", "Un", "Évry", "x"]]
    )
    hub = connector(path)
    of = view("Nom", "Ville")
    record = records(hub, of)["C1"]
    book(path, [["N° client", "Nom", "Ville", "Notes"], ["C1", "Un", "Évry", "hors mapping"]])
    assert isinstance(one(hub.write(of, [edit(record, {"Nom": "Deux"})])), Done)
    record = records(hub, of)["C1"]
    book(path, [["N° client", "Nom", "Ville", "Notes"], ["C1", "Deux", "Lille", "x"]])
    moved = one(hub.write(of, [edit(record, {"Nom": "Trois"})]))
    assert isinstance(moved, Moved)
    assert moved.record.values == {"Nom": "Deux", "Ville": "Lille"}


def test_rows_sorted_by_a_person_are_still_found_by_their_key(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", ROWS)
    hub = connector(path)
    record = records(hub, NOM)["C1"]
    book(path, [ROWS[0], ROWS[2], [None, None], ROWS[1]])
    assert isinstance(one(hub.write(NOM, [edit(record, {"Nom": "Écrit"})])), Done)
    assert list(sheet_of(path).iter_rows(min_row=2, values_only=True)) == [
        ("C2", "Deux"),
        (None, None),
        ("C1", "Écrit"),
    ]


def test_a_second_write_to_one_row_in_a_batch_sees_the_first(tmp_path: Path) -> None:
    hub = connector(book(tmp_path / "clients.xlsx", ROWS))
    record = records(hub, NOM)["C1"]
    first, second = hub.write(NOM, [edit(record, {"Nom": "A"}), edit(record, {"Nom": "B"})])
    assert isinstance(first, Done)
    assert isinstance(second, Moved)
    assert second.record.values == {"Nom": "A"}


def test_the_same_new_key_twice_in_a_batch_makes_one_row(tmp_path: Path) -> None:
    hub = connector(book(tmp_path / "clients.xlsx", ROWS))
    first, second = hub.write(NOM, [add("C3", {"Nom": "A"}), add("C3", {"Nom": "B"})])
    assert isinstance(first, Done)
    assert isinstance(second, Moved)
    assert second.record.values == {"Nom": "A"}


def test_a_creation_tried_again_is_done_if_it_was_and_left_to_whoever_has_the_key(tmp_path: Path) -> None:
    hub = connector(book(tmp_path / "clients.xlsx", ROWS))
    again = one(hub.write(NOM, [add("C2", {"Nom": "Deux"}, again=True)]))
    assert isinstance(again, Done)
    other = one(hub.write(NOM, [add("C2", {"Nom": "Autre"}, again=True)]))
    assert isinstance(other, Moved)
    assert other.record.values == {"Nom": "Deux"}


def test_a_key_that_a_field_says_is_refused_where_another_row_has_it(tmp_path: Path) -> None:
    hub = connector(book(tmp_path / "clients.xlsx", ROWS))
    keyed = view("N° client", "Nom")
    other = one(hub.write(keyed, [add("C2", {"N° client": "C2", "Nom": "Autre"})]))
    assert isinstance(other, Refused)
    assert "taken" in other.reason
    assert "row 3" in other.reason


def test_a_missing_row_is_not_called_missing_while_a_key_cannot_be_read(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", ROWS)
    hub = connector(path)
    record = records(hub, NOM)["C2"]
    book(path, [*ROWS[:2], ["#REF!", "Deux"]])
    outcome = one(hub.write(NOM, [edit(record, {"Nom": "Écrit"})]))
    assert isinstance(outcome, Refused)
    assert "3" in outcome.reason


def test_a_record_is_never_archived_in_a_workbook(tmp_path: Path) -> None:
    from dataclasses import replace

    hub = connector(book(tmp_path / "clients.xlsx", ROWS))
    write = replace(edit(records(hub, NOM)["C1"], {}), archived=True)
    outcome = one(hub.write(NOM, [write]))
    assert isinstance(outcome, Refused)
    assert "archive" in outcome.reason


def test_a_field_that_the_mapping_only_reads_is_refused(tmp_path: Path) -> None:
    hub = connector(book(tmp_path / "clients.xlsx", ROWS))
    of = view(NativeField("Nom", writable=False))
    assert isinstance(one(hub.write(of, [edit(records(hub, of)["C1"], {"Nom": "x"})])), Refused)
