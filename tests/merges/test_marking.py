"""Marking where the system makes something else of a mark, fails half-way, or somebody is faster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.marking import Marking
from hub.marks import fields_of
from hub.ports import (
    Merged,
    Misconfigured,
    Native,
    NativeField,
    Refused,
    Split,
    Traits,
    Unknown,
    Unreachable,
    View,
)
from tests.memory import MemorySystem
from tests.tally import tally

VIEW = View(
    "customer",
    "clients",
    (NativeField("Nom"),),
    options={"merge": "mark", "merge_mark": "Doublon"},
)


class Office:
    """Records in memory: a name, and what is said of it."""

    def __init__(self, count: int = 2, traits: Traits | None = None, **knobs: Any) -> None:
        self.system = MemorySystem("office", traits or Traits(assigns_ids=False), **knobs)
        self.system.columns["clients"] = ["Nom", "Doublon", "Statut"]
        self.table = self.system["clients"]
        blank: dict[str, Native] = {"Nom": "Alpha", "Doublon": None, "Statut": "actif"}
        self.ids = [self.table.add(blank) for _ in range(count)]
        self.hub = Marking(self.system.connect())

    def merge(self, *lose: str, keep: str = "", view: View = VIEW) -> Merged:
        answer = self.hub.merge(view, keep or self.ids[0], lose or self.ids[1:])
        assert isinstance(answer, Merged), answer
        return answer

    def split(self, undo: Any, keep: str = "") -> Split:
        answer = self.hub.split(VIEW, keep or self.ids[0], undo)
        assert isinstance(answer, Split), answer
        return answer

    def said(self, id: str, field: str = "Doublon") -> Native:
        return self.table.rows()[id][field]


def shout(value: Native) -> Native:
    return value.upper() if isinstance(value, str) else value


def cut(value: Native) -> Native:
    return value[:12] if isinstance(value, str) else value


def test_a_system_that_writes_in_capitals_is_understood() -> None:
    office = Office(normalise={"Doublon": shout})
    keep, lose = office.ids
    note = office.hub.noted(VIEW, keep, [lose])
    assert office.merge().unable == ()
    assert office.said(lose) == f"DOUBLON DE {keep}"
    written = len(office.system.written)
    assert office.merge().lost == {lose: "marked"}
    assert len(office.system.written) == written
    assert office.split(note).unable == ()
    assert office.said(lose) is None


def test_a_system_that_cuts_the_mark_is_told_of_and_what_it_made_is_taken_back() -> None:
    office = Office(normalise={"Doublon": cut})
    keep, lose = office.ids
    answer = office.merge()
    assert answer.lost == {lose: "marked"}
    (word,) = answer.unable
    assert f"«{office.said(lose)}»" in word
    assert f"«doublon de {keep}»" in word
    assert office.split(answer.undo).unable == ()
    assert office.said(lose) is None


def test_a_mark_of_a_record_that_is_there_is_the_hub_s_and_any_other_is_somebody_s() -> None:
    office = Office(count=4)
    keep, lose, other, third = office.ids
    office.table.edit(lose, Doublon=f"doublon de {other}")
    office.table.edit(third, Doublon="doublon de C9999")
    answer = office.merge(lose, third)
    assert answer.lost == {lose: "marked", third: "left"}
    assert office.said(lose) == f"doublon de {keep}"
    assert office.said(third) == "doublon de C9999"
    assert answer.undo[lose]["before"] == f"doublon de {other}"


def test_more_than_a_batch_is_written_batch_by_batch() -> None:
    office = Office(count=6, traits=Traits(assigns_ids=False, batch=2))
    assert office.merge().lost == dict.fromkeys(office.ids[1:], "marked")


def test_what_fails_after_a_first_batch_is_not_known_and_done_when_asked_again() -> None:
    office = Office(count=6, traits=Traits(assigns_ids=False, batch=2))
    calls = 0

    def gate(what: str) -> None:
        nonlocal calls
        calls += what == "write"
        if what == "write" and calls == 2:
            raise Unreachable("office", "gone for a moment")

    office.system.gate = gate
    assert isinstance(office.hub.merge(VIEW, office.ids[0], office.ids[1:]), Unknown)
    tally("faults injected", 1)
    assert office.merge().lost == dict.fromkeys(office.ids[1:], "marked")


def test_what_fails_before_anything_is_written_is_raised() -> None:
    office = Office()

    def gate(what: str) -> None:
        if what == "write":
            raise Unreachable("office", "gone for a moment")

    office.system.gate = gate
    with pytest.raises(Unreachable):
        office.hub.merge(VIEW, office.ids[0], office.ids[1:])
    tally("faults injected", 1)
    assert office.said(office.ids[1]) is None


@pytest.mark.parametrize("doing", ["merge", "split"])
def test_somebody_who_is_faster_is_not_written_over(doing: str) -> None:
    office = Office()
    keep, lose = office.ids
    undo = dict(office.merge().undo) if doing == "split" else {}

    def gate(what: str) -> None:
        if what == "write":
            office.table.edit(lose, Doublon="à moi")

    office.system.gate = gate
    if doing == "merge":
        answer = office.hub.merge(VIEW, keep, [lose])
        assert isinstance(answer, Refused)
        assert answer.passing
    else:
        assert any(lose in word and "just now" in word for word in office.split(undo).unable)
    assert office.said(lose) == "à moi"


def test_a_field_that_is_gone_when_it_is_taken_back_is_told() -> None:
    office = Office()
    undo = office.merge().undo
    office.system.columns["clients"] = ["Nom", "Statut"]
    answer = Marking(Columns(office)).split(VIEW, office.ids[0], undo)
    assert isinstance(answer, Split)
    assert "'Doublon'" in answer.unable[0]
    assert office.said(office.ids[1]) == f"doublon de {office.ids[0]}"


class Columns:
    """A connector that knows which columns there are, as those to real systems do."""

    def __init__(self, office: Office) -> None:
        self._connector, self._columns = office.system.connect(), office.system.columns["clients"]

    def read(self, view: View, ids: Any) -> Any:
        for name in view.names:
            if name not in self._columns:
                raise Misconfigured("office", f"no column {name}")
        return self._connector.read(view, ids)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)


def test_the_fields_that_a_marking_writes_are_known() -> None:
    assert fields_of(VIEW) == ("Doublon",)
    closed = {"merge": "archive", "merge_archive": {"Statut": "fermé"}}
    assert fields_of(replace(VIEW, options=closed)) == ("Statut",)
    assert fields_of(replace(VIEW, options={**VIEW.options, "merge": "leave"})) == ()
    assert fields_of(replace(VIEW, options={})) == ()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("split"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("type"), st.integers(0, 3), st.integers(0, 2)),
        st.tuples(st.just("lose"), st.integers(0, 1), st.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=300, deadline=None)
@given(steps=STEPS)
def test_whatever_is_asked_in_whatever_order_nobody_s_word_is_written_over(
    steps: list[tuple[str, int, int]],
) -> None:
    office = Office(count=4)
    typed: dict[str, str | None] = {}
    undone: list[tuple[str, dict[str, Any]]] = []
    for step, one, other in steps:
        if step == "type":
            text = ("vu", "doublon de la fiche de Marc", None)[other]
            office.table.edit(office.ids[one], Doublon=text)
            typed[office.ids[one]] = text
        elif step == "lose":
            office.system.lose_replies, office.system.lose_requests = 1 - one, one
        elif step == "merge":
            keep, lose = office.ids[one], office.ids[other]
            note = dict(office.hub.noted(VIEW, keep, [lose]))
            office.hub.merge(VIEW, keep, [lose])
            undone.append((keep, note))
        elif undone:
            keep, note = undone[one % len(undone)]
            office.hub.split(VIEW, keep, note)
        for id, text in typed.items():
            if text is not None:
                assert office.said(id) == text
        for id in office.ids:
            said = office.said(id)
            assert said in (None, typed.get(id)) or str(said).removeprefix("doublon de ") in office.ids
    tally("interleavings tried", 1)
    tally("values lost", 0)
