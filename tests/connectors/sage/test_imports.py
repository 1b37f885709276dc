"""What the hub hands to Sage: whole files, once, holding nothing that Sage would change unknown to us."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sage import connect
from connectors.sage.files import FilesConnector
from connectors.sage.settings import Settings
from hub.ports import (
    Connector,
    Missing,
    Moved,
    Native,
    NativeField,
    Outcome,
    Receipt,
    Refused,
    Sent,
    SourceDamaged,
    Traits,
    Unreachable,
    View,
    Write,
)
from tests.connectors.sage.harness import SageHarness, view_of

DURAND = {
    "Code tiers": "C0001",
    "Raison sociale": "Durand SA",
    "Adresse": "1 rue Haute",
    "Tél.": "01",
    "Ville": "Évry",
}


class Site:
    """A small Sage with one customer, and a connection to it."""

    def __init__(self, folder: Path, view: View | None = None, **settings: Any) -> None:
        self.harness = SageHarness(folder, view, **settings)
        self.sage, self.view = self.harness.sage, self.harness.view
        self.sage.put(DURAND)
        self.sage.export()
        self.connector: Connector = self.harness.connect()

    def write(self, *writes: Write) -> list[Outcome]:
        return list(self.connector.write(self.view, writes))

    def change(self, id: str = "C0001", **values: str | None) -> Write:
        """An update of what the newest export shows."""
        (record,) = self.connector.read(self.view, [id])
        named = {"Tél.": values.pop("phone")} if "phone" in values else {}
        return Write("customer_1", id, {**named, **values}, expected=dict(record.values))

    def files(self) -> list[Path]:
        return sorted(path for path in self.sage.imports.iterdir() if path.is_file())

    def receipts(self) -> list[Receipt]:
        return list(self.connector.receipts(self.view))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def new(ref: str = "customer_2", id: str = "C0002", **values: str | None) -> Write:
    return Write(ref, None, {"Raison sociale": "Martin", "Tél.": None, "Ville": None, **values}, new_id=id)


# -- the file ----------------------------------------------------------------------------------------


def test_an_import_file_is_cp1252_with_crlf_and_sages_own_headings(site: Site) -> None:
    view = view_of(NativeField("raison SOCIALE"), NativeField("ville"))
    change = Write("customer_1", "C0001", {"ville": "Œuilly; 12 €"})
    site.connector.write(view, [change])
    (file,) = site.files()
    wanted = 'Code tiers;Raison sociale;Ville\r\nC0001;DURAND SA;"Œuilly; 12 €"\r\n'
    assert file.read_bytes() == wanted.encode("cp1252")


def test_a_batch_is_one_file_and_no_name_is_used_twice(site: Site) -> None:
    writes = [new(f"customer_{n}", f"C{n:04d}") for n in range(2, 10)]
    receipts = {outcome.receipt for outcome in site.write(*writes) if isinstance(outcome, Sent)}
    assert len(receipts) == 1
    names = [path.name for path in site.files()]
    for number in range(10, 13):
        site.write(new(f"customer_{number}", f"C{number:04d}"))
        site.sage.step()
    assert len({*names, *site.sage.imported}) == 4
    assert [name.rpartition("_")[2] for name in site.sage.imported] == [f"{n:06d}.csv" for n in (1, 2, 3, 4)]


def test_nothing_to_write_makes_no_file(site: Site) -> None:
    outcomes = site.write(Write("customer_9", "C0009", {"Ville": "Metz"}))
    assert outcomes == [Missing()]
    assert not site.files()


def test_columns_the_mapping_does_not_name_are_written_back_where_asked(tmp_path: Path) -> None:
    site = Site(tmp_path, view_of(import_columns="all"))
    site.write(site.change(Ville="Metz"))
    (file,) = site.files()
    assert file.read_bytes().decode("cp1252").splitlines() == [
        "Code tiers;Raison sociale;Adresse;Tél.;Ville",
        "C0001;DURAND SA;1 rue Haute;01;Metz",
    ]


def test_the_columns_of_an_import_file_can_be_listed(tmp_path: Path) -> None:
    site = Site(tmp_path, view_of(import_columns=["Ville", "Code tiers", "Adresse"]))
    site.write(site.change(Ville="Metz"))
    (file,) = site.files()
    assert file.read_bytes().decode("cp1252").splitlines() == [
        "Ville;Code tiers;Adresse",
        "Metz;C0001;1 rue Haute",
    ]


def test_a_new_record_is_given_what_the_mapping_gives_every_new_one(tmp_path: Path) -> None:
    site = Site(tmp_path, view_of(on_create={"Adresse": "à compléter"}))
    site.write(new(), site.change(Ville="Metz"))
    site.sage.step()
    assert site.sage.rows["C0002"]["Adresse"] == "à compléter"
    assert site.sage.rows["C0001"]["Adresse"] == "1 rue Haute"


def test_money_days_and_yes_are_written_as_this_sage_writes_them(site: Site) -> None:
    fields = (
        NativeField("Raison sociale", "money"),
        NativeField("Tél.", "date"),
        NativeField("Ville", "boolean"),
    )
    values: dict[str, Native] = {"Raison sociale": "-1234.50", "Tél.": "2026-01-31", "Ville": True}
    site.connector.write(view_of(*fields), [Write("customer_1", "C0001", values)])
    (file,) = site.files()
    assert file.read_bytes().decode("cp1252").splitlines()[1] == 'C0001;"-1234,50";31/01/2026;1'.replace(
        '"', ""
    )


def test_a_system_without_import_folder_says_that_it_cannot_be_written(tmp_path: Path) -> None:
    connector = connect("sage", Settings(exports=tmp_path))
    assert connector.traits == Traits(
        assigns_ids=False, archives=False, confirms=False, incremental=False, writable=False, batch=10_000
    )


def test_an_import_folder_that_is_gone_is_unreachable_and_not_made_anew(site: Site) -> None:
    site.sage.imports.rename(site.sage.imports.with_name("unmounted"))
    with pytest.raises(Unreachable, match="cannot be used"):
        site.write(new())
    with pytest.raises(Unreachable, match="cannot be used"):
        list(site.connector.pull(site.view, None, lambda ids: {}))
    assert not site.sage.imports.exists()


def test_a_full_disk_is_unreachable_and_nothing_is_written(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("connectors.sage.imports.os.fsync", full)
        with pytest.raises(Unreachable, match="No space left"):
            site.write(new())
    assert not [path for path in site.sage.imports.rglob("*.csv*") if path.is_file()]
    (outcome,) = site.write(replace(new(), again=True))
    assert isinstance(outcome, Sent)
    assert len(site.files()) == 1


def test_a_damaged_memory_of_what_was_sent_stops_everything(site: Site) -> None:
    site.write(new())
    (note,) = (site.sage.imports / ".hub" / "open").iterdir()
    note.write_text("{")
    for work in (
        lambda: site.write(new("customer_3", "C0003")),
        lambda: site.connector.allocate(site.view, 1, ()),
        site.receipts,
    ):
        with pytest.raises(SourceDamaged, match="no longer known"):
            work()


# -- what does not fit -------------------------------------------------------------------------------


def test_a_character_sage_does_not_know_is_spelled_otherwise_said_and_not_taken_for_an_edit(
    site: Site,
) -> None:
    before = site.change()
    (sent,) = site.write(replace(before, values={"Ville": "Łódź – Škofja"}))
    assert isinstance(sent, Sent)
    site.sage.step()
    assert site.sage.rows["C0001"]["Ville"] == "Lódz – Škofja"
    assert [(r.accepted, r.reason) for r in site.receipts()] == [
        (True, "C0001: Ville 'Łódź – Škofja' is written 'Lódz – Škofja'")
    ]
    assert site.connector.read(site.view, ["C0001"])[0].values["Ville"] == "Łódź – Škofja"
    site.sage.edit("C0001", {"Ville": "Lodz"})
    site.sage.export()
    assert site.connector.read(site.view, ["C0001"])[0].values["Ville"] == "Lodz"


def test_a_decomposed_accent_is_composed(site: Site) -> None:
    site.write(site.change(Ville="E\u0301vry"))
    site.sage.step()
    assert site.sage.rows["C0001"]["Ville"] == "Évry"


def test_a_character_can_be_refused_rather_than_spelled_otherwise(tmp_path: Path) -> None:
    site = Site(tmp_path, unfit="refuse")
    (outcome,) = site.write(site.change(Ville="Łódź"))
    assert isinstance(outcome, Refused)
    assert outcome.field == "Ville"
    assert "'Ł', 'ź'" in outcome.reason


def test_a_character_without_any_spelling_is_refused_by_name(site: Site) -> None:
    (outcome,) = site.write(site.change(Ville="Évry 🏠"))
    assert isinstance(outcome, Refused)
    assert "HOUSE BUILDING" in outcome.reason


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        (NativeField("Raison sociale", options={"length": 35}), 35),
        (NativeField("Raison sociale", options={"max": 20}), 20),
    ],
)
def test_a_value_too_long_is_refused_with_what_sage_keeps(site: Site, field: NativeField, limit: int) -> None:
    fits, too_long = "x" * limit, "x" * (limit + 1)
    view = view_of(field)
    outcomes = site.connector.write(
        view, [Write("customer_1", "C0001", {"Raison sociale": text}) for text in (fits, too_long)]
    )
    assert isinstance(outcomes[0], Sent)
    assert isinstance(outcomes[1], Refused)
    assert f"Sage keeps {limit}" in outcomes[1].reason


def test_the_lengths_of_sage_100_are_known_by_its_column_names() -> None:
    from connectors.sage.layout import longest

    assert longest(NativeField("CT_Ville")) == 35
    assert longest(NativeField("ct_intitule")) == 69
    assert longest(NativeField("CT_Intitule", options={"length": 35})) == 35
    assert longest(NativeField("Ville")) is None


def test_a_delimiter_in_a_value_is_refused_where_values_are_not_quoted(tmp_path: Path) -> None:
    site = Site(tmp_path, quotes=False, quote="none")
    bad, broken, good = site.write(
        site.change(Ville="a;b"), site.change(Ville="a\nb"), site.change(Ville='a "b"')
    )
    assert isinstance(bad, Refused)
    assert "the delimiter ';'" in bad.reason
    assert isinstance(broken, Refused)
    assert "a line break" in broken.reason
    assert isinstance(good, Sent)


def test_what_sage_holds_and_the_import_cannot_is_not_spoilt(tmp_path: Path) -> None:
    site = Site(tmp_path, codec="utf-8", encoding="utf-8", import_encoding="cp1252")
    site.sage.edit("C0001", {"Ville": "Łódź"})
    site.sage.export()
    (outcome,) = site.write(site.change(phone="02"))
    assert isinstance(outcome, Refused)
    assert outcome.field == "Ville"
    assert "import_encoding" in outcome.todo


def test_a_code_is_not_changed(site: Site) -> None:
    view = view_of(NativeField("Code tiers"), NativeField("Ville"))
    (outcome,) = site.connector.write(view, [Write("customer_1", "C0001", {"Code tiers": "D0001"})])
    assert isinstance(outcome, Refused)
    assert "cannot be changed to 'D0001'" in outcome.reason


def test_a_list_is_refused(site: Site) -> None:
    (outcome,) = site.write(Write("customer_1", "C0001", {"Ville": ["a", "b"]}))
    assert isinstance(outcome, Refused)
    assert "list" in outcome.reason


# -- on its way --------------------------------------------------------------------------------------


def test_a_second_change_keeps_the_first_that_is_still_on_its_way(site: Site) -> None:
    site.write(site.change(Ville="Metz"))
    site.write(site.change(phone="02"))
    site.sage.step()
    assert site.sage.rows["C0001"]["Ville"] == "Metz"
    assert site.sage.rows["C0001"]["Tél."] == "02"


def test_two_changes_of_one_record_in_one_batch_both_hold(site: Site) -> None:
    site.write(site.change(Ville="Metz"), site.change(phone="02"))
    site.sage.step()
    assert (site.sage.rows["C0001"]["Ville"], site.sage.rows["C0001"]["Tél."]) == ("Metz", "02")


def test_what_was_sent_may_be_expected_before_it_is_shown(site: Site) -> None:
    first = site.change(Ville="Metz")
    site.write(first)
    later = replace(first, values={"Tél.": "02"}, expected={**first.expected, "Ville": "Metz"})
    (outcome,) = site.write(later)
    assert isinstance(outcome, Sent)


def test_a_record_sent_and_not_shown_yet_can_be_changed(site: Site) -> None:
    site.write(new())
    (outcome,) = site.write(Write("customer_2", "C0002", {"Ville": "Metz"}))
    assert isinstance(outcome, Sent)
    site.sage.step()
    assert site.sage.rows["C0002"]["Raison sociale"] == "MARTIN"
    assert site.sage.rows["C0002"]["Ville"] == "Metz"


def test_a_record_sent_imported_and_then_deleted_is_missing(site: Site) -> None:
    site.write(new())
    site.sage.step()
    site.sage.delete("C0002")
    site.sage.export()
    assert site.write(Write("customer_2", "C0002", {"Ville": "Metz"})) == [Missing()]


def test_a_change_never_answered_does_not_overwrite_what_sage_was_given_since(site: Site) -> None:
    site.write(site.change(Ville="Metz"))
    for file in site.files():
        file.unlink()
    site.sage.edit("C0001", {"Ville": "Nancy"})
    site.sage.export()
    site.write(site.change(phone="02"))
    site.sage.step()
    assert site.sage.rows["C0001"]["Ville"] == "Nancy"


def test_a_change_never_answered_is_given_up_against_newer_exports(site: Site) -> None:
    site.write(site.change(Ville="Metz"))
    for file in site.files():
        file.unlink()
    tomorrow = time.time() + 25 * 3600
    os.utime(site.sage.export(), (tomorrow, tomorrow))
    site.write(site.change(phone="02"))
    site.sage.step()
    assert site.sage.rows["C0001"]["Ville"] == "Évry"


def test_a_refused_change_is_not_carried_along(site: Site) -> None:
    site.write(site.change(phone="0000"))
    exported = site.sage.export
    site.sage.export = lambda: Path()  # type: ignore[method-assign]
    site.sage.step()
    site.sage.export = exported  # type: ignore[method-assign]
    site.write(site.change(Ville="Metz"))
    site.sage.step()
    assert site.sage.rows["C0001"]["Tél."] == "01"
    assert site.sage.rows["C0001"]["Ville"] == "Metz"


def test_a_code_on_its_way_is_not_used_again(site: Site) -> None:
    site.write(new())
    (outcome,) = site.write(new("customer_3"))
    assert isinstance(outcome, Refused)
    assert "on its way" in outcome.reason
    assert site.connector.allocate(site.view, 1, ()) == ["C0003"]


# -- again -------------------------------------------------------------------------------------------


def test_an_update_again_is_not_written_twice(site: Site) -> None:
    change = site.change(Ville="Metz")
    (first,) = site.write(change)
    (second,) = site.write(replace(change, again=True))
    assert first == second
    assert len(site.files()) == 1


def test_another_update_of_the_same_record_is_written(site: Site) -> None:
    change = site.change(Ville="Metz")
    site.write(change)
    (second,) = site.write(replace(change, values={"Ville": "Nancy"}, again=True))
    assert isinstance(second, Sent)
    site.sage.step()
    assert site.sage.rows["C0001"]["Ville"] == "Nancy"


def test_a_creation_again_with_other_values_amends_the_one_on_its_way(site: Site) -> None:
    site.write(new())
    (outcome,) = site.write(replace(new(id="C0003", Ville="Metz"), again=True))
    assert isinstance(outcome, Sent)
    assert outcome.id == "C0002"
    site.sage.step()
    assert set(site.sage.rows) == {"C0001", "C0002"}
    assert site.sage.rows["C0002"]["Ville"] == "Metz"


def test_a_creation_again_after_its_answer_was_settled_is_answered_again(site: Site) -> None:
    """The hub stopped before it knew what it had handed over, and met the answer first."""
    (first,) = site.write(new())
    site.sage.step()
    site.connector.settle(site.view, site.receipts())
    assert not site.receipts()
    (second,) = site.write(replace(new(), again=True))
    assert second == first
    assert [(r.accepted, r.ids) for r in site.receipts()] == [(True, ("C0002",))]


def test_a_creation_again_that_sage_had_refused_is_sent_anew(site: Site) -> None:
    (first,) = site.write(new(**{"Tél.": "0000"}))
    site.sage.step()
    site.connector.settle(site.view, site.receipts())
    (second,) = site.write(replace(new(**{"Tél.": "02"}), again=True))
    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    assert second.receipt != first.receipt
    site.sage.step()
    assert site.sage.rows["C0002"]["Tél."] == "02"


# -- a stop at any instruction -----------------------------------------------------------------------


class Stop(BaseException):
    """The machine goes off."""


def _stops_at(monkeypatch: pytest.MonkeyPatch, step: int) -> list[str]:
    """Stop at the n-th thing done to the disk; what was done so far."""
    done: list[str] = []

    def watched(name: str, real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            done.append(name)
            if len(done) == step:
                raise Stop(name)
            return real(*args, **kwargs)

        return call

    for name in ("replace", "fsync"):
        monkeypatch.setattr(f"connectors.sage.imports.os.{name}", watched(name, getattr(os, name)))
    monkeypatch.setattr("connectors.sage.imports.open", watched("open", open), raising=False)
    return done


@pytest.mark.parametrize("sage_is_quick", [False, True])
def test_a_stop_at_any_step_neither_loses_nor_repeats_a_creation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sage_is_quick: bool
) -> None:
    stopped = 0
    for step in range(1, 100):
        site = Site(tmp_path / str(step))
        writes = [new(), new("customer_3", "C0003", Ville="Łódź")]
        with monkeypatch.context() as patch:
            _stops_at(patch, step)
            try:
                site.write(*writes)
                break
            except Stop:
                stopped += 1
        if sage_is_quick:
            site.sage.step()
        site.connector = site.harness.connect()
        outcomes = site.write(*(replace(write, again=True) for write in writes))
        assert [outcome.id for outcome in outcomes if isinstance(outcome, Sent)] == ["C0002", "C0003"]
        site.sage.step()
        assert set(site.sage.rows) == {"C0001", "C0002", "C0003"}
        assert len(site.sage.imported) == 1, f"stopped at step {step}"
        assert {r.receipt for r in site.receipts()} == {o.receipt for o in outcomes if isinstance(o, Sent)}
    assert stopped > 10


def test_a_stop_at_any_step_of_settling_loses_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = 0
    for step in range(1, 100):
        site = Site(tmp_path / str(step))
        (sent,) = site.write(new())
        site.sage.step()
        receipts = site.receipts()
        with monkeypatch.context() as patch:
            _stops_at(patch, step)
            try:
                site.connector.settle(site.view, receipts)
                break
            except Stop:
                stopped += 1
        site.connector = site.harness.connect()
        site.connector.settle(site.view, site.receipts())
        assert not site.receipts()
        assert site.write(replace(new(), again=True)) == [sent]
        assert site.receipts() == receipts
    assert stopped > 2


def test_a_file_that_never_reached_sage_is_not_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where an answer is that the file is gone, one that was never there must not count as taken."""
    site = Site(tmp_path, answers="removal", ack_by="removal")
    with monkeypatch.context() as patch:
        patch.setattr("connectors.sage.imports.Imports._release", _stop)
        with pytest.raises(Stop):
            site.write(new())
    assert not site.receipts()


def _stop(*_: object) -> None:
    raise Stop


# -- answers -----------------------------------------------------------------------------------------


def _sent(site: Site) -> str:
    (one, _) = site.write(new(), new("customer_3", "C0003"))
    assert isinstance(one, Sent)
    return one.receipt


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", [(False, ("C0002", "C0003"), "Sage gave no reason")]),
        ("format inconnu", [(False, ("C0002", "C0003"), "format inconnu")]),
        ("C0003;ville refusée", [(True, ("C0002",), ""), (False, ("C0003",), "ville refusée")]),
        ("c0003 : ville refusée", [(True, ("C0002",), ""), (False, ("C0003",), "ville refusée")]),
        ("Ligne n° 3 : ville refusée", [(True, ("C0002",), ""), (False, ("C0003",), "ville refusée")]),
        (
            "10:35 import\nC0003;a\nC0003;b\n1 ligne refusée",
            [(True, ("C0002",), "10:35 import / 1 ligne refusée"), (False, ("C0003",), "a; b")],
        ),
        ("C0002;a\nC0003;b", [(False, ("C0002",), "a"), (False, ("C0003",), "b")]),
    ],
)
def test_a_refusal_is_told_record_by_record_where_sage_does(
    site: Site, text: str, wanted: list[tuple[bool, tuple[str, ...], str]]
) -> None:
    name = _sent(site)
    (site.sage.acks / f"{name}.err").write_bytes(text.encode("cp1252"))
    assert [(r.accepted, r.ids, r.reason) for r in site.receipts()] == wanted


def test_a_refusal_can_mean_the_whole_file(tmp_path: Path) -> None:
    site = Site(tmp_path, rejects="file")
    name = _sent(site)
    (site.sage.acks / f"{name}.err").write_text("C0003;ville")
    assert [(r.accepted, r.ids, r.reason) for r in site.receipts()] == [
        (False, ("C0002", "C0003"), "C0003: ville")
    ]


def test_an_answer_may_bear_the_files_name_without_its_ending(site: Site) -> None:
    name = _sent(site)
    (site.sage.acks / f"{name.removesuffix('.csv')}.ok").touch()
    assert [r.receipt for r in site.receipts()] == [name]


def test_an_answer_being_written_is_not_read_yet(tmp_path: Path) -> None:
    site = Site(tmp_path, stable_seconds=30)
    for export in site.sage.exports.iterdir():
        os.utime(export, (time.time() - 60,) * 2)
    name = _sent(site)
    answer = site.sage.acks / f"{name}.err"
    answer.write_text("C0003;vil")
    assert not site.receipts()
    os.utime(answer, (time.time() - 31,) * 2)
    assert site.receipts()


def test_receipts_settled_one_by_one_leave_the_others(site: Site) -> None:
    name = _sent(site)
    (site.sage.acks / f"{name}.err").write_text("C0003;ville")
    accepted, refused = site.receipts()
    site.connector.settle(site.view, [accepted])
    assert site.receipts() == [refused]
    site.connector.settle(site.view, [refused])
    assert not site.receipts()
    assert [path.name for path in (site.sage.acks / "archive").iterdir()] == [f"{name}.err"]


def test_answers_of_one_object_are_not_anothers(site: Site) -> None:
    site.write(new())
    site.sage.step()
    other = replace(site.view, object="contacts")
    assert not site.connector.receipts(other)
    assert site.receipts()


def test_what_was_settled_long_ago_is_forgotten(site: Site) -> None:
    site.write(new())
    site.sage.step()
    site.connector.settle(site.view, site.receipts())
    (note,) = (site.sage.imports / ".hub" / "done").iterdir()
    os.utime(note, (time.time() - 91 * 86400,) * 2)
    (second,) = site.write(new("customer_3", "C0003"))
    site.sage.step()
    site.connector.settle(site.view, site.receipts())
    assert isinstance(second, Sent)
    assert [path.stem for path in (site.sage.imports / ".hub" / "done").iterdir()] == [second.receipt]


def test_what_a_killed_hub_left_half_made_is_cleared_away(site: Site) -> None:
    memory = site.sage.imports / ".hub"
    site.write(new())
    (noted,) = (path.stem for path in (memory / "open").iterdir())
    old = [memory / "sequence.4711.tmp", memory / "open" / "x.json.4711.tmp", memory / "staged" / "never.txt"]
    kept = [memory / "staged" / noted, memory / "sequence.4712.tmp"]
    for path in [*old, *kept]:
        path.touch()
    for path in [*old, kept[0]]:
        os.utime(path, (time.time() - 2 * 3600,) * 2)
    assert isinstance(site.connector, FilesConnector)
    assert site.connector._imports is not None
    site.connector._imports.prune()
    assert [path.exists() for path in [*old, *kept]] == [False, False, False, True, True]


def test_the_first_record_moved_is_answered_with_what_it_is_now(site: Site) -> None:
    change = site.change(Ville="Metz")
    site.sage.edit("C0001", {"Tél.": "09"})
    site.sage.export()
    (outcome,) = site.write(change)
    assert isinstance(outcome, Moved)
    assert outcome.record.values["Tél."] == "09"


def test_archiving_is_refused(site: Site) -> None:
    (outcome,) = site.write(Write("customer_1", "C0001", {}, archived=True))
    assert isinstance(outcome, Refused)


def test_a_connector_is_of_files(site: Site) -> None:
    assert isinstance(site.connector, FilesConnector)
