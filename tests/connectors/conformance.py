"""What any connector must do, as tests: one suite, run against every system that has a connector.

To use it, subclass `ConnectorConformance` in a test module (`class TestWorkbook(ConnectorConformance)`) and
override the fixture `harness` with something that fits `Harness` (most will extend `BaseHarness`). The
harness is the *person* in front of that system: it types, corrects and deletes records without the
connector's help, and tells what it sees. Nothing is collected when this module is imported.

What is expected follows the connector's `Traits`; nothing here knows which system it is run against. Names of
fields in this suite are `name`, `phone` and `city`; `Harness.columns` says what they are called in the view.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.ports import Connector, Done, Missing, Moved, Native, NativeField, Refused, Sent
from tests.connectors.bench import BaseHarness, Bench, Harness, Row, new_ref

__all__ = ["BaseHarness", "Bench", "ConnectorConformance", "Harness", "Row"]

HARD_TEXTS = (
    "Électricité Générale d'Évry",
    "L'Œuvre & Fils — 12 €",
    'Dupré "Le Grand" ; SARL',
    "Noël, Zoë; et Cie",
    "a;b;c",
    '"',
    "100 % C:\\temp\\",
    "ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸ àâäçéèêëîïôöùûüÿ",
)


DURAND: Row = {"name": "Durand SA", "phone": "+33145678901", "city": "Évry"}
MARTIN: Row = {"name": "Martin et Fils", "phone": "+33298765432", "city": "Brest"}
LEGOFF: Row = {"name": "Le Goff", "phone": None, "city": "Quimper"}


class ConnectorConformance:
    """The suite. Override `harness`; everything else follows."""

    @pytest.fixture
    def harness(self) -> Harness:
        raise NotImplementedError("override the fixture `harness` to run the suite against a system")

    @pytest.fixture
    def bench(self, harness: Harness) -> Iterator[Bench]:
        bench = Bench(harness)
        yield bench
        bench.connector.close()

    # -- what is there -------------------------------------------------------------------------------

    def test_it_is_a_connector(self, bench: Bench) -> None:
        assert isinstance(bench.connector, Connector)
        assert bench.connector.name

    def test_check_finds_nothing_wrong_in_a_sound_system(self, bench: Bench) -> None:
        bench.people_add(DURAND)
        findings = bench.connector.check([bench.view])
        assert findings, "a check says what it looked at"
        assert not [finding for finding in findings if finding.level == "error"]

    def test_check_names_a_field_that_is_not_there(self, bench: Bench) -> None:
        bench.people_add(DURAND)
        wrong = NativeField("no_such_field_qzx")
        findings = bench.connector.check([replace(bench.view, fields=(*bench.view.fields, wrong))])
        errors = [f"{f.what} {f.message} {f.todo}" for f in findings if f.level == "error"]
        assert any("no_such_field_qzx" in error for error in errors), findings

    def test_the_first_pull_hands_over_every_record_as_json(self, bench: Bench) -> None:
        ids = bench.people_add(DURAND, MARTIN, LEGOFF)
        pulled = bench.pull()
        assert set(pulled.records) == set(ids) == set(bench.person.seen())
        for id, row in zip(ids, (DURAND, MARTIN, LEGOFF), strict=True):
            assert bench.row(pulled.records[id]) == bench.shown(row)
        for record in pulled.records.values():
            assert json.loads(json.dumps(dict(record.values))) == dict(record.values)

    def test_a_record_holds_every_field_of_the_view(self, bench: Bench) -> None:
        (id,) = bench.people_add(LEGOFF)
        assert set(bench.pull().records[id].values) == set(bench.view.names)

    def test_a_time_of_edit_is_aware(self, bench: Bench) -> None:
        bench.people_add(DURAND)
        for record in bench.pull().records.values():
            assert record.modified is None or record.modified.utcoffset() == timedelta(0)

    def test_a_second_pull_hands_over_nothing_new(self, bench: Bench) -> None:
        bench.people_add(DURAND, MARTIN)
        first = bench.pull()
        bench.reconnect()
        second = bench.pull(first)
        for id, record in second.records.items():
            assert record.version == first.records[id].version
            assert record.values == first.records[id].values

    def test_a_persons_edit_is_handed_over_by_the_next_pull(self, bench: Bench) -> None:
        durand, martin = bench.people_add(DURAND, MARTIN)
        first = bench.pull()
        bench.people_edit(martin, phone="+33211111111")
        second = bench.pull(first)
        assert bench.row(second.records[martin]) == bench.shown({**MARTIN, "phone": "+33211111111"})
        if durand in second.records:
            assert second.records[durand].values == first.records[durand].values

    def test_a_new_record_is_handed_over_by_the_next_pull(self, bench: Bench) -> None:
        bench.people_add(DURAND)
        first = bench.pull()
        (legoff,) = bench.people_add(LEGOFF)
        assert bench.row(bench.pull(first).records[legoff]) == bench.shown(LEGOFF)

    def test_every_field_a_person_clears_comes_back_as_none(self, bench: Bench) -> None:
        (id,) = bench.people_add(DURAND)
        first = bench.pull()
        bench.people_edit(id, phone=None, city=None)
        values = bench.row(bench.pull(first).records[id])
        assert values["phone"] is None
        assert values["city"] is None

    def test_a_full_pull_says_that_it_listed_everything(self, bench: Bench) -> None:
        if bench.traits.incremental:
            pytest.skip("this system hands over changes: its deletions show in ids()")
        bench.people_add(DURAND)
        assert bench.pull().listing

    def test_the_same_version_means_the_same_values(self, bench: Bench) -> None:
        (id,) = bench.people_add(DURAND)
        texts: dict[tuple[str, str | None], Mapping[str, Native]] = {}
        for city in ("Lyon", "Paris", "Lyon", None, "Nantes"):
            bench.people_edit(id, city=city)
            for record in (*bench.pull().records.values(), *bench.read(id)):
                if record.version is not None:
                    same = texts.setdefault((record.id, record.version), record.values)
                    assert same == record.values
        assert bench.row(bench.read(id)[0])["city"] == bench.person.shown("city", "Nantes")

    def test_ids_lists_every_record_there_is(self, bench: Bench) -> None:
        ids = bench.people_add(DURAND, MARTIN, LEGOFF)
        assert bench.connector.ids(bench.view) == set(ids)

    def test_a_deleted_record_is_gone_from_ids(self, bench: Bench) -> None:
        durand, martin = bench.people_add(DURAND, MARTIN)
        bench.people_remove(durand)
        assert bench.connector.ids(bench.view) == {martin}

    def test_a_full_pull_leaves_out_a_deleted_record(self, bench: Bench) -> None:
        durand, martin = bench.people_add(DURAND, MARTIN)
        first = bench.pull()
        bench.people_remove(durand)
        second = bench.pull(first)
        assert durand not in second.records
        if second.listing:
            assert set(second.records) == {martin}

    def test_read_gives_the_records_asked_for(self, bench: Bench) -> None:
        ids = bench.people_add(DURAND, MARTIN, LEGOFF)
        records = bench.read(ids[2], ids[0])
        assert [bench.row(record) for record in records] == [bench.shown(LEGOFF), bench.shown(DURAND)]

    def test_read_leaves_out_those_that_are_gone(self, bench: Bench) -> None:
        durand, martin = bench.people_add(DURAND, MARTIN)
        bench.people_remove(durand)
        assert [record.id for record in bench.read(durand, martin)] == [martin]

    def test_reading_nothing_gives_nothing(self, bench: Bench) -> None:
        bench.people_add(DURAND)
        assert not bench.connector.read(bench.view, [])
        assert not bench.connector.find(bench.view, [])
        assert not bench.connector.write(bench.view, [])

    def test_a_pull_and_a_read_agree(self, bench: Bench) -> None:
        ids = bench.people_add(DURAND, LEGOFF)
        pulled = bench.pull().records
        for record in bench.read(*ids):
            assert record.values == pulled[record.id].values
            assert record.version == pulled[record.id].version

    def test_looking_writes_nothing(self, bench: Bench) -> None:
        (id,) = bench.people_add(DURAND)
        before = dict(bench.person.seen())
        bench.connector.check([bench.view])
        bench.pull()
        bench.connector.ids(bench.view)
        bench.read(id)
        if not bench.traits.assigns_ids:
            bench.connector.allocate(bench.view, 3, ())
        bench.person.deliver()
        assert dict(bench.person.seen()) == before

    @pytest.mark.parametrize("text", HARD_TEXTS)
    def test_a_hard_text_typed_by_a_person_is_handed_over_whole(self, bench: Bench, text: str) -> None:
        (id,) = bench.people_add({"name": text, "phone": None, "city": "Évry"})
        assert bench.row(bench.pull().records[id])["name"] == bench.person.shown("name", text)

    def test_a_field_that_cannot_be_read_is_named_and_has_no_value(self, bench: Bench) -> None:
        spoilt, sound = bench.people_add(DURAND, MARTIN)
        column = bench.person.spoil(spoilt)
        if column is None:
            pytest.skip("no field of this system can be unreadable")
        bench.person.deliver()
        name = bench.person.columns[column]
        records = bench.pull().records
        assert records[spoilt].unreadable[name]
        assert name not in records[spoilt].values
        assert set(records[spoilt].values) == set(bench.view.names) - {name}
        assert not records[sound].unreadable

    # -- creating ------------------------------------------------------------------------------------

    def test_a_record_the_hub_creates_is_seen_by_people(self, bench: Bench) -> None:
        bench.people_add(DURAND)
        (outcome,) = bench.write(*bench.creations(MARTIN))
        assert bench.seen(bench.applied(outcome)) == bench.shown(MARTIN)

    def test_a_record_is_created_under_the_id_the_hub_chose(self, bench: Bench) -> None:
        if bench.traits.assigns_ids:
            pytest.skip("this system gives its own ids")
        (creation,) = bench.creations(MARTIN)
        (outcome,) = bench.write(creation)
        assert bench.applied(outcome) == creation.new_id

    def test_a_record_can_be_created_in_an_empty_system(self, bench: Bench) -> None:
        (outcome,) = bench.write(*bench.creations(DURAND))
        assert bench.seen(bench.applied(outcome)) == bench.shown(DURAND)

    def test_a_created_record_comes_back_as_it_was_answered(self, bench: Bench) -> None:
        bench.people_add(DURAND)
        (outcome,) = bench.write(*bench.creations(MARTIN))
        id = bench.applied(outcome)
        pulled = bench.pull().records[id]
        assert bench.row(pulled) == bench.shown(MARTIN)
        if isinstance(outcome, Done):
            assert outcome.record.values == pulled.values

    def test_a_created_record_is_found_by_its_reference_where_references_are_kept(self, bench: Bench) -> None:
        writes = bench.creations(DURAND, MARTIN)
        ids = [bench.applied(outcome) for outcome in bench.write(*writes)]
        found = bench.connector.find(bench.view, [write.ref for write in writes] + [new_ref()])
        if bench.traits.assigns_ids:
            assert {ref: record.id for ref, record in found.items()} == {
                write.ref: id for write, id in zip(writes, ids, strict=True)
            }
        assert set(found) <= {write.ref for write in writes}

    def test_creating_again_makes_no_second_record(self, bench: Bench) -> None:
        (creation,) = bench.creations(MARTIN)
        first = bench.applied(bench.write(creation)[0])
        bench.reconnect()
        second = bench.applied(bench.write(replace(creation, again=True))[0])
        assert second == first
        assert list(bench.person.seen()) == [first]
        assert bench.seen(first) == bench.shown(MARTIN)

    def test_creating_again_before_the_other_side_has_answered_makes_no_second_record(
        self, bench: Bench
    ) -> None:
        if bench.traits.confirms:
            pytest.skip("this system answers at once")
        (creation,) = bench.creations(MARTIN)
        (first,) = bench.connector.write(bench.view, [creation])
        bench.reconnect()
        (second,) = bench.connector.write(bench.view, [replace(creation, again=True)])
        assert first == second
        bench.person.deliver()
        assert list(bench.person.seen()) == [bench.applied(first)]

    def test_creating_again_what_was_never_created_creates_it(self, bench: Bench) -> None:
        (creation,) = bench.creations(MARTIN)
        (outcome,) = bench.write(replace(creation, again=True))
        assert bench.seen(bench.applied(outcome)) == bench.shown(MARTIN)

    def test_an_id_that_is_taken_is_not_written_over(self, bench: Bench) -> None:
        if bench.traits.assigns_ids:
            pytest.skip("this system gives its own ids")
        (durand,) = bench.people_add(DURAND)
        (outcome,) = bench.write(bench.creation(MARTIN, new_id=durand))
        assert isinstance(outcome, Refused | Moved), outcome
        assert bench.seen(durand) == bench.shown(DURAND)
        assert len(bench.person.seen()) == 1

    def test_allocated_ids_are_free(self, bench: Bench) -> None:
        if bench.traits.assigns_ids:
            pytest.skip("this system gives its own ids")
        ids = bench.people_add(DURAND, MARTIN)
        taken = list(bench.connector.allocate(bench.view, 2, ()))
        given = list(bench.connector.allocate(bench.view, 5, taken))
        assert len(given) == len(set(given)) == 5
        assert not set(given) & {*ids, *taken}

    # -- changing ------------------------------------------------------------------------------------

    def test_an_update_changes_the_named_fields_and_keeps_the_others(self, bench: Bench) -> None:
        durand, martin = bench.people_add(DURAND, MARTIN)
        (record,) = bench.read(durand)
        (outcome,) = bench.write(bench.change(record, city="Lille"))
        assert bench.applied(outcome) == durand
        assert bench.seen(durand) == bench.shown({**DURAND, "city": "Lille"})
        assert bench.seen(martin) == bench.shown(MARTIN)
        if isinstance(outcome, Done):
            assert bench.row(outcome.record) == bench.shown({**DURAND, "city": "Lille"})

    def test_an_update_does_not_come_back_as_someone_elses(self, bench: Bench) -> None:
        (durand,) = bench.people_add(DURAND)
        first = bench.pull()
        (outcome,) = bench.write(bench.change(first.records[durand], phone="+33100000000"))
        second = bench.pull(first)
        record = second.records.get(durand)
        if isinstance(outcome, Done) and record is not None:
            assert record.values == outcome.record.values
        expected = bench.shown({**DURAND, "phone": "+33100000000"})
        assert bench.row(bench.read(durand)[0]) == expected

    def test_two_updates_in_a_row_both_hold(self, bench: Bench) -> None:
        (durand,) = bench.people_add(DURAND)
        for changes in ({"city": "Lille"}, {"phone": None}, {"city": "Metz", "phone": "+33387000000"}):
            (record,) = bench.read(durand)
            bench.applied(bench.write(bench.change(record, **changes))[0])
        assert bench.seen(durand) == bench.shown({**DURAND, "city": "Metz", "phone": "+33387000000"})

    def test_writing_none_empties_the_field(self, bench: Bench) -> None:
        (durand,) = bench.people_add(DURAND)
        (record,) = bench.read(durand)
        bench.applied(bench.write(bench.change(record, phone=None))[0])
        assert bench.seen(durand)["phone"] is None
        assert bench.row(bench.read(durand)[0])["phone"] is None

    def test_an_empty_text_is_an_empty_field(self, bench: Bench) -> None:
        (durand,) = bench.people_add(DURAND)
        (record,) = bench.read(durand)
        bench.applied(bench.write(bench.change(record, phone=""))[0])
        assert bench.row(bench.read(durand)[0])["phone"] is None

    @pytest.mark.parametrize("text", HARD_TEXTS)
    def test_a_hard_text_the_hub_writes_arrives_whole(self, bench: Bench, text: str) -> None:
        (durand,) = bench.people_add(DURAND)
        (record,) = bench.read(durand)
        bench.applied(bench.write(bench.change(record, name=text))[0])
        assert bench.seen(durand) == bench.shown({**DURAND, "name": text})
        assert bench.row(bench.read(durand)[0])["name"] == bench.person.shown("name", text)

    def test_a_long_text_arrives_as_the_system_keeps_it_or_is_refused(self, bench: Bench) -> None:
        (durand,) = bench.people_add(DURAND)
        (record,) = bench.read(durand)
        long = "Établissements Réunis de l'Ouest " * 9 + "fin"
        assert len(long) == 300
        (outcome,) = bench.write(bench.change(record, name=long))
        if isinstance(outcome, Refused):
            assert outcome.reason
            assert bench.seen(durand) == bench.shown(DURAND)
        else:
            bench.applied(outcome)
            assert bench.seen(durand)["name"] == bench.person.shown("name", long)

    def test_a_record_that_moved_is_not_written(self, bench: Bench) -> None:
        (durand,) = bench.people_add(DURAND)
        (record,) = bench.read(durand)
        bench.people_edit(durand, phone="+33199999999")
        (outcome,) = bench.write(bench.change(record, name="Durand et Associés"))
        assert isinstance(outcome, Moved), outcome
        now = {**DURAND, "phone": "+33199999999"}
        assert bench.row(outcome.record) == bench.shown(now)
        assert bench.seen(durand) == bench.shown(now)

    def test_a_record_that_is_gone_is_missing(self, bench: Bench) -> None:
        durand, martin = bench.people_add(DURAND, MARTIN)
        (record,) = bench.read(durand)
        bench.people_remove(durand)
        (outcome,) = bench.write(bench.change(record, city="Lille"))
        assert isinstance(outcome, Missing), outcome
        assert set(bench.person.seen()) == {martin}

    def test_outcomes_stand_in_the_order_of_the_writes(self, bench: Bench) -> None:
        durand, martin, legoff = bench.people_add(DURAND, MARTIN, LEGOFF)
        records = {record.id: record for record in bench.read(durand, martin, legoff)}
        bench.people_edit(martin, phone="+33199999999")
        bench.people_remove(legoff)
        writes = [
            bench.change(records[legoff], city="Nulle part"),
            *bench.creations({"name": "Nouveau", "phone": None, "city": "Toul"}),
            bench.change(records[martin], city="Rennes"),
            bench.change(records[durand], city="Lille"),
        ]
        gone, new, moved, done = bench.write(*writes)
        assert isinstance(gone, Missing), gone
        assert isinstance(moved, Moved), moved
        assert bench.applied(done) == durand
        created = bench.applied(new)
        assert set(bench.person.seen()) == {durand, martin, created}
        assert bench.seen(durand)["city"] == bench.person.shown("city", "Lille")
        assert bench.seen(martin)["city"] == bench.person.shown("city", "Brest")

    def test_a_refused_value_costs_only_its_own_record(self, bench: Bench) -> None:
        bad = bench.person.refused()
        if bad is None:
            pytest.skip("this system takes any value")
        durand, martin, legoff = bench.people_add(DURAND, MARTIN, LEGOFF)
        records = bench.read(durand, martin, legoff)
        first, middle, last = bench.write(
            bench.change(records[0], city="Lille"),
            bench.change(records[1], **bad),
            bench.change(records[2], city="Lorient"),
        )
        assert isinstance(middle, Refused), middle
        assert middle.reason
        assert [bench.applied(first), bench.applied(last)] == [durand, legoff]
        assert bench.seen(durand) == bench.shown({**DURAND, "city": "Lille"})
        assert bench.seen(martin) == bench.shown(MARTIN)
        assert bench.seen(legoff) == bench.shown({**LEGOFF, "city": "Lorient"})

    def test_a_refused_creation_costs_only_its_own_record(self, bench: Bench) -> None:
        bad = bench.person.refused()
        if bad is None:
            pytest.skip("this system takes any value")
        first, middle, last = bench.write(*bench.creations(DURAND, {**MARTIN, **bad}, LEGOFF))
        assert isinstance(middle, Refused), middle
        assert set(bench.person.seen()) == {bench.applied(first), bench.applied(last)}

    def test_what_the_other_side_refuses_comes_back_as_a_receipt(self, bench: Bench) -> None:
        bad = bench.person.refused_later()
        if bad is None:
            pytest.skip("nothing is refused later here")
        durand, martin = bench.people_add(DURAND, MARTIN)
        records = bench.read(durand, martin)
        sound, refused = bench.write(bench.change(records[0], city="Lille"), bench.change(records[1], **bad))
        assert isinstance(sound, Sent), sound
        assert isinstance(refused, Sent), refused
        said = [r for r in bench.receipts if not r.accepted and r.receipt == refused.receipt]
        assert [receipt.ids for receipt in said] == [(martin,)]
        assert said[0].reason
        assert bench.seen(durand)["city"] == bench.person.shown("city", "Lille")
        assert bench.seen(martin) == bench.shown(MARTIN)

    def test_a_receipt_is_handed_over_until_it_is_settled(self, bench: Bench) -> None:
        if bench.traits.confirms:
            assert not bench.connector.receipts(bench.view)
            bench.connector.settle(bench.view, [])
            return
        (sent,) = bench.connector.write(bench.view, bench.creations(DURAND))
        assert isinstance(sent, Sent), sent
        assert not bench.connector.receipts(bench.view), "nothing was answered yet"
        bench.person.deliver()
        first = list(bench.connector.receipts(bench.view))
        assert [(r.receipt, r.accepted) for r in first] == [(sent.receipt, True)]
        bench.reconnect()
        assert list(bench.connector.receipts(bench.view)) == first
        bench.connector.settle(bench.view, first)
        assert not bench.connector.receipts(bench.view)

    def test_five_hundred_records_in_one_batch(self, bench: Bench) -> None:
        rows: list[Row] = [
            {"name": f"Société {n:03d}", "phone": f"+331{n:08d}", "city": "Évry"} for n in range(500)
        ]
        ids = [bench.applied(outcome) for outcome in bench.write(*bench.creations(*rows))]
        assert len(set(ids)) == 500
        seen = bench.person.seen()
        assert [dict(seen[id]) for id in ids] == [bench.shown(row) for row in rows]
        records = bench.read(*ids)
        changes = [bench.change(record, city=f"Ville {n:03d}") for n, record in enumerate(records)]
        assert [bench.applied(outcome) for outcome in bench.write(*changes)] == ids
        seen = bench.person.seen()
        assert [seen[id]["city"] for id in ids] == [
            bench.person.shown("city", f"Ville {n:03d}") for n in range(500)
        ]
        assert set(bench.pull().records) == bench.connector.ids(bench.view) == set(ids)

    # -- archiving -----------------------------------------------------------------------------------

    def test_an_archived_record_is_still_handed_over(self, bench: Bench) -> None:
        if not bench.traits.archives:
            pytest.skip("nothing is archived in this system")
        durand, martin = bench.people_add(DURAND, MARTIN)
        first = bench.pull()
        bench.person.archive(durand)
        bench.person.deliver()
        assert bench.pull(first).records[durand].archived
        assert bench.read(durand)[0].archived
        assert bench.connector.ids(bench.view) == {durand, martin}

    def test_the_hub_archives_and_restores_a_record(self, bench: Bench) -> None:
        if not bench.traits.archives:
            pytest.skip("nothing is archived in this system")
        (durand,) = bench.people_add(DURAND)
        for archived in (True, False):
            (record,) = bench.read(durand)
            write = replace(bench.change(record), archived=archived)
            assert bench.applied(bench.write(write)[0]) == durand
            assert bench.read(durand)[0].archived is archived
        assert bench.seen(durand) == bench.shown(DURAND)

    # -- the end -------------------------------------------------------------------------------------

    def test_it_can_be_closed_twice(self, bench: Bench) -> None:
        bench.people_add(DURAND)
        bench.pull()
        bench.connector.close()
        bench.connector.close()
