"""What any way to make two records one must do, as tests: by a merge of the system's own, or by marking.

Subclass `MergesConformance` and override the fixture `place` (see `tests.merges.place`). Nothing here knows
which system it is run against. A system that answers later is let answer, and asked again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hub.daemon.exclusive import exclusive
from hub.discretion import discreet
from hub.markcheck import check_merging
from hub.marking import merges_itself, merging_of
from hub.ports import Connector, ConnectorError, Merged, Merges, Missing, Record, Refused, Split, Unknown
from tests.merges.place import Place
from tests.tally import tally

Seen = dict[str, dict[str, Any]]
HANDED = ("marked", "archived")
"""What becomes of a double by a write of the hub's into a record that stays."""


@dataclass
class Desk:
    """A place, a connection, and three records: `keep`, its double `lose`, and one that is nobody's."""

    place: Place
    connector: Connector
    keep: str
    lose: str
    other: str
    made: list[Connector] = field(default_factory=list)

    @property
    def merges(self) -> Merges:
        return merging_of(self.connector)

    @property
    def writes(self) -> bool:
        """Whether a merge writes into the double."""
        return self.place.fate in HANDED

    def seen(self) -> Seen:
        return {id: dict(row) for id, row in self.place.seen().items()}

    def noted(self, *lose: str) -> Any:
        """As it comes back from wherever it was stored."""
        return json.loads(json.dumps(self.merges.noted(self.place.view, self.keep, lose or [self.lose])))

    def merge(self, *lose: str, by: Merges | None = None) -> Merged:
        """Merge; where the system answers later, let it, and ask again."""
        losers = lose or (self.lose,)
        answer = (by or self.merges).merge(self.place.view, self.keep, losers)
        assert isinstance(answer, Merged), answer
        sent = [id for id, fate in answer.lost.items() if fate == "sent"]
        if not sent:
            return answer
        assert all(any(id in word for word in answer.unable) for id in sent)
        assert set(answer.undo) >= set(sent)
        self.place.deliver()
        assert not self.merges.noted(self.place.view, self.keep, sent)
        again = self.merges.merge(self.place.view, self.keep, losers)
        assert isinstance(again, Merged), again
        return replace(again, undo={**again.undo, **answer.undo})

    def split(self, undo: Mapping[str, Any]) -> Split:
        """Split; where the system answers later, let it, and ask again."""
        answer = self.merges.split(self.place.view, self.keep, undo)
        assert isinstance(answer, Split), answer
        if self.connector.traits.confirms:
            return answer
        self.place.deliver()
        again = self.merges.split(self.place.view, self.keep, undo)
        assert isinstance(again, Split), again
        return again

    def as_it_was(self, before: Seen, remade: Mapping[str, Record]) -> None:
        """Everything is as it was, but for the ids of records that had to be made anew."""
        now = self.seen()
        for old, record in remade.items():
            now[old] = now.pop(record.id)
        assert now == before


class MergesConformance:
    """The suite. Override `place`."""

    @pytest.fixture
    def place(self) -> Place:
        raise NotImplementedError("override the fixture `place` to run the suite against a system")

    @pytest.fixture
    def desk(self, place: Place) -> Iterator[Desk]:
        keep, lose, other = place.add("Garage Alpha", "Garage Alfa", "Boulangerie Bois")
        place.deliver()
        desk = Desk(place, place.connect(), keep, lose, other)
        yield desk
        desk.connector.close()

    def test_check_finds_nothing_wrong_with_it(self, desk: Desk) -> None:
        found = check_merging(desk.connector, desk.place.view)
        assert not [one for one in found if one.level != "ok"]
        if desk.writes and not merges_itself(desk.connector):
            assert found

    def test_noting_it_down_changes_nothing(self, desk: Desk) -> None:
        before = desk.seen()
        note = desk.noted()
        assert set(note) == (set() if desk.place.fate == "left" else {desk.lose})
        assert desk.noted("none such") == {}
        desk.place.deliver()
        assert desk.seen() == before

    def test_the_double_becomes_what_is_said_and_nothing_else_is_touched(self, desk: Desk) -> None:
        before = desk.seen()
        answer = desk.merge()
        assert (answer.lost, answer.unable) == ({desk.lose: desk.place.fate}, ())
        assert answer.record.id == desk.keep
        now = desk.seen()
        assert {id: now[id] for id in (desk.keep, desk.other)} == {
            id: before[id] for id in (desk.keep, desk.other)
        }
        if desk.place.fate == "gone":
            assert desk.lose not in now
        elif desk.place.fate == "left":
            assert now == before
        else:
            assert {name for name in now[desk.lose] if now[desk.lose][name] != before[desk.lose][name]} == {
                desk.place.field or "archived"
            }
        tally("values lost", 0)

    def test_a_merge_says_itself_what_taking_it_back_needs(self, desk: Desk) -> None:
        note = desk.noted()
        assert set(desk.merge().undo) == set(note)

    def test_merging_twice_is_merging_once(self, desk: Desk) -> None:
        desk.merge()
        before = desk.seen()
        answer = desk.merge()
        assert (answer.lost, answer.undo) == ({desk.lose: desk.place.fate}, {})
        desk.place.deliver()
        assert desk.seen() == before

    def test_several_are_made_one_at_once(self, desk: Desk) -> None:
        answer = desk.merge(desk.lose, desk.other, desk.lose)
        assert answer.lost == dict.fromkeys((desk.lose, desk.other), desk.place.fate)
        assert answer.unable == ()

    def test_a_double_that_is_not_there_counts_as_done(self, desk: Desk) -> None:
        desk.place.remove(desk.lose)
        desk.place.deliver()
        before = desk.seen()
        answer = desk.merge(desk.lose, "none such")
        assert answer.lost == {desk.lose: "gone", "none such": "gone"}
        assert (answer.undo, answer.unable) == ({}, ())
        assert desk.seen() == before

    def test_without_the_one_that_stays_nothing_is_done(self, desk: Desk) -> None:
        desk.place.remove(desk.keep)
        desk.place.deliver()
        before = desk.seen()
        assert desk.merges.merge(desk.place.view, desk.keep, [desk.lose]) == Missing()
        desk.place.deliver()
        assert desk.seen() == before
        assert desk.merges.split(desk.place.view, desk.keep, {}) == Missing()

    def test_a_record_is_no_double_of_itself(self, desk: Desk) -> None:
        before = desk.seen()
        assert desk.noted(desk.keep) == {}
        answer = desk.merge(desk.keep)
        assert (answer.record.id, answer.lost, answer.undo) == (desk.keep, {}, {})
        desk.place.deliver()
        assert desk.seen() == before

    @pytest.mark.parametrize("before", [True, False], ids=["the request too", "the answer alone"])
    def test_a_lost_answer_is_found_done_when_asked_again(self, desk: Desk, before: bool) -> None:
        note = desk.noted()
        there = desk.seen()
        deaf = desk.place.deafened(before)
        answer = deaf.merge(desk.place.view, desk.keep, [desk.lose])
        tally("faults injected", 1)
        assert isinstance(answer, Merged | Unknown)
        if before and desk.place.fate != "left":
            assert isinstance(answer, Unknown)
            assert desk.seen() == there
        assert desk.merge().lost == {desk.lose: desk.place.fate}
        back = desk.split(note)
        assert back.unable == ()
        desk.as_it_was(there, back.remade)

    def test_taken_back_everything_is_as_it_was(self, desk: Desk) -> None:
        before = desk.seen()
        note = desk.noted()
        desk.merge()
        answer = desk.split(note)
        assert (answer.record.id, answer.unable, set(answer.remade)) == (desk.keep, (), set(note))
        desk.as_it_was(before, answer.remade)
        tally("values lost", 0)

    def test_taking_it_back_twice_is_taking_it_back_once(self, desk: Desk) -> None:
        note = desk.noted()
        desk.merge()
        desk.split(note)
        before = desk.seen()
        assert desk.split(note).unable == ()
        assert desk.seen() == before
        tally("records duplicated", 0)

    def test_what_was_taken_back_can_be_merged_and_taken_back_again(self, desk: Desk) -> None:
        before = desk.seen()
        note = desk.noted()
        desk.merge()
        remade = desk.split(note).remade
        lose = remade[desk.lose].id if remade else desk.lose
        again = desk.noted(lose)
        assert desk.merge(lose).lost == {lose: desk.place.fate}
        back = desk.split(again).remade
        desk.as_it_was(before, {desk.lose: back[lose]} if back else {})

    def test_what_people_typed_elsewhere_meanwhile_stays(self, desk: Desk) -> None:
        note = desk.noted()
        desk.merge()
        still_there = [desk.keep] if desk.place.fate == "gone" else [desk.keep, desk.lose]
        for id in still_there:
            desk.place.type(id, desk.place.town, "Grenoble")
        desk.place.deliver()
        answer = desk.split(note)
        assert answer.unable == ()
        now = desk.seen()
        assert all(now[id][desk.place.town] == "Grenoble" for id in still_there)

    def test_what_people_typed_over_it_meanwhile_stays_and_is_told(self, desk: Desk) -> None:
        if desk.place.field is None:
            pytest.skip("no field says here that a record is a double")
        note = desk.noted()
        desk.merge()
        desk.place.type(desk.lose, desk.place.field, "vu")
        desk.place.deliver()
        answer = desk.split(note)
        (word,) = answer.unable
        assert desk.lose in word
        assert "«vu»" in word
        assert desk.seen()[desk.lose][desk.place.field] == "vu"

    def test_what_people_typed_before_is_not_marked_over_and_is_told(self, desk: Desk) -> None:
        if desk.place.field is None or desk.place.fate != "marked":
            pytest.skip("nothing is marked here")
        for text in ("à voir avec Marc", "doublon de la fiche de Marc"):
            desk.place.type(desk.lose, desk.place.field, text)
            desk.place.deliver()
            before = desk.seen()
            alone = desk.merges.merge(desk.place.view, desk.keep, [desk.lose])
            assert isinstance(alone, Refused)
            assert f"«{text}»" in alone.reason
            answer = desk.merge(desk.lose, desk.other)
            assert answer.lost == {desk.lose: "left", desk.other: "marked"}
            assert any(desk.lose in word and text in word for word in answer.unable)
            desk.place.deliver()
            assert desk.seen()[desk.lose] == before[desk.lose]

    def test_a_mark_follows_when_the_one_that_stayed_becomes_a_double_too(self, desk: Desk) -> None:
        if desk.place.fate != "marked":
            pytest.skip("nothing is marked here")
        first = desk.noted()
        desk.merge()
        between = desk.seen()
        then = replace(desk, keep=desk.other)
        second = then.noted(desk.lose)
        assert then.merge(desk.lose).lost == {desk.lose: "marked"}
        (word,) = desk.split(first).unable
        assert desk.other in word
        assert then.split(second).unable == ()
        assert desk.seen() == between

    def test_one_that_is_gone_when_it_is_taken_back_is_told(self, desk: Desk) -> None:
        if not desk.writes:
            pytest.skip("nothing is written into a double here")
        note = desk.noted()
        desk.merge()
        desk.place.remove(desk.lose)
        desk.place.deliver()
        answer = desk.merges.split(desk.place.view, desk.keep, note)
        assert isinstance(answer, Split | Refused)
        words = [answer.reason] if isinstance(answer, Refused) else answer.unable
        assert any(desk.lose in word and "gone" in word for word in words)
        assert isinstance(answer, Refused) or answer.remade == {}

    def test_what_somebody_has_open_is_waited_for_and_nothing_is_half_done(self, desk: Desk) -> None:
        if not desk.writes:
            pytest.skip("nothing is written into a double here")
        held = desk.place.held(desk.lose)
        if held is None:
            pytest.skip("nobody can keep the hub out of a record here")
        before, note = desk.seen(), desk.noted()
        with held:
            self.kept_waiting(lambda: desk.merges.merge(desk.place.view, desk.keep, [desk.lose]))
            tally("faults injected", 1)
        assert desk.seen() == before
        assert desk.merge().lost == {desk.lose: desk.place.fate}
        merged = desk.seen()
        held = desk.place.held(desk.lose)
        assert held is not None
        with held:
            self.kept_waiting(lambda: desk.merges.split(desk.place.view, desk.keep, note))
        assert desk.seen() == merged
        assert desk.split(note).unable == ()
        assert desk.seen() == before

    @staticmethod
    def kept_waiting(ask: Any) -> None:
        """It is raised, or answered that it is not known, or refused for now, or said in words."""
        try:
            answer = ask()
        except ConnectorError:
            return
        if isinstance(answer, Split):
            assert answer.unable
        else:
            assert isinstance(answer, Unknown) or (isinstance(answer, Refused) and answer.passing), answer

    def test_through_all_that_is_wrapped_around_it_it_is_the_same(self, desk: Desk) -> None:
        before = desk.seen()
        outside = exclusive(discreet(desk.connector, str), threading.Lock())
        wrapped = replace(desk, connector=outside)
        note = wrapped.noted()
        assert note == desk.noted()
        assert check_merging(outside, desk.place.view) == check_merging(desk.connector, desk.place.view)
        assert wrapped.merge().lost == {desk.lose: desk.place.fate}
        answer = wrapped.split(note)
        assert answer.unable == ()
        desk.as_it_was(before, answer.remade)
