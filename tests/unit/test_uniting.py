"""Two golden records made one and taken apart: whatever they say and whoever is trusted, nothing is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import parting, planner, uniting
from hub.mapping import EntityMapping, Policy, load_mappings
from hub.model import ARCHIVED, MISSING, Conflict, Golden, Link
from hub.ports import Record
from hub.uniting import Before
from hub.world import World
from tests.tally import tally

MAPPING = """
entity: customer
fields:
  name: {type: text, required: true}
  phone: {type: phone, region: FR}
  email: {type: email}
  city: {type: text}
  tags: {type: list, of: text}
match: [{exact: [email]}]
systems:
  odoo:
    object: partner
    fields: {name: name, phone: phone, email: email, city: city, tags: tags}
  sage:
    object: BPC
    key: code
    fields: {name: {field: N, max: 12, upper: true}, phone: T, city: {field: C, upper: true}}
  list:
    object: Clients
    key: id
    fields: {name: Nom, email: Mail, city: Ville}
"""
SYSTEMS = ("odoo", "sage", "list")
FIELDS = ("name", "phone", "email", "city", "tags")
LATER = "2026-03-01T00:00:00+00:00"

WORDS: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["Durand", "Durand SA", "Établissements Durand et Fils"]),
    "phone": st.sampled_from([None, "+33145678901", "+33476001122"]),
    "email": st.sampled_from([None, "a@example.fr", "b@example.fr"]),
    "city": st.sampled_from([None, "Arles", "Nîmes", "NÎMES"]),
    "tags": st.sampled_from([None, ["a"], ["a", "b"], ["c"]]),
}
POLICIES = st.sampled_from(
    [
        Policy("latest"),
        Policy("ask"),
        Policy("union"),
        *(Policy("order", order) for order in (("sage", "odoo"), ("list",))),
    ]
)
TIMES = st.integers(0, 5).map(lambda day: f"2026-01-0{day + 1}T00:00:00+00:00")


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> EntityMapping:
    folder = tmp_path_factory.mktemp("mappings")
    (folder / "customer.yaml").write_text(MAPPING, encoding="utf-8")
    return load_mappings(folder)["customer"]


@st.composite
def goldens(draw: st.DrawFn, id: str) -> Golden:
    """A golden record: some fields said, some empty, some never told; each by a system or by a person."""
    values = {name: draw(WORDS[name]) for name in FIELDS if name == "name" or draw(st.booleans())}
    if draw(st.booleans()):
        values[ARCHIVED] = draw(st.booleans())
    who = st.sampled_from([*SYSTEMS, "person"])
    origins = {"*": (draw(who), draw(TIMES))}
    origins |= {name: (draw(who), draw(TIMES)) for name in values if draw(st.booleans())}
    return Golden(id, "customer", values, origins, draw(TIMES))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Golden, Golden, dict[str, list[str]], dict[str, Policy], list[bool]]:
    """Two golden records, the systems each is in, who is trusted, and which links are those of gone ones."""
    places = {id: draw(st.lists(st.sampled_from(SYSTEMS), min_size=1, unique=True)) for id in ("k", "l")}
    policies = {name: draw(POLICIES) for name in FIELDS}
    gone = draw(st.lists(st.booleans(), min_size=6, max_size=6))
    return draw(goldens("k")), draw(goldens("l")), places, policies, gone


Pair = tuple[Golden, Golden, dict[str, list[str]], dict[str, Policy], list[bool]]


def world_of(mapping: EntityMapping, pair: Pair) -> World:
    """The two, each shown by its systems as they show what it says."""
    one, other, places, policies, gone = pair
    world = World(replace(mapping, policies=policies), iter(map(str, count())).__next__)
    absent = iter(gone)
    for golden in (one, other):
        world.add_golden(copied(golden))
        for system in places[golden.id]:
            world.add_link(link_of(world, golden, system, next(absent)))
    return world


def copied(golden: Golden) -> Golden:
    return Golden(golden.id, golden.entity, dict(golden.values), dict(golden.origins), golden.created_at)


def link_of(world: World, golden: Golden, system: str, gone: bool) -> Link:
    base: dict[str, Any] = {native: None for lens in world.mapping.systems[system].lenses
                            for native in lens.natives}  # fmt: skip
    for lens in world.mapping.systems[system].lenses:
        base |= lens.put(golden.values.get(lens.name), base)
    return Link(system, f"{golden.id}1", golden.id, "customer", base, gone=gone)


def said(golden: Golden) -> dict[str, Any]:
    """What a golden record says: an empty field says no more than one that nobody told."""
    return {name: value for name, value in golden.values.items() if value not in (None, False)}


def sides(world: World, golden_id: str) -> dict[tuple[str, str], tuple[dict[str, Any], bool]]:
    return {(one.system, one.external_id): (one.current(), one.gone) for one in world.sides(golden_id)}


def stored(before: Before) -> Before:
    """As it comes back from the database."""
    return Before.read(json.loads(json.dumps(before.stored())))


def kept(world: World) -> World:
    """As it comes back from the database: what was removed is not there any more."""
    for key in [key for key, link in world.links.items() if link.removed]:
        del world.links[key]
    for link in world.links.values():
        link.new = link.changed = False
    world.journal.clear()
    world.closed.clear()
    return world


@given(pair=pairs(), first=st.booleans())
@settings(max_examples=100, deadline=None)
def test_taken_apart_at_once_each_says_what_it_said_and_has_its_own_records(
    mapping: EntityMapping, pair: Pair, first: bool
) -> None:
    world = world_of(mapping, pair)
    keep, lose = (world.goldens["k"], world.goldens["l"])[:: 1 if first else -1]
    was = {one.id: (said(one), sides(world, one.id)) for one in (keep, lose)}
    before = stored(uniting.unite(world, keep, lose, "person"))
    again = parting.take_apart(kept(world), keep, lose.id, before, "person", LATER)
    for golden in (keep, again):
        assert said(golden) == was[golden.id][0]
        assert sides(world, golden.id) == was[golden.id][1]
    assert not world.conflicts
    tally("interleavings tried")


@given(pair=pairs())
@settings(max_examples=60, deadline=None)
def test_which_stays_does_not_hang_on_which_is_read_first(mapping: EntityMapping, pair: Pair) -> None:
    world = world_of(mapping, pair)
    one, other = world.goldens["k"], world.goldens["l"]
    assert uniting.stays(world, one, other) == uniting.stays(world, other, one)
    assert sorted(uniting.both_in(world, one, other)) == sorted(uniting.both_in(world, other, one))


@given(pair=pairs())
@settings(max_examples=60, deadline=None)
def test_what_survives_does_not_hang_on_which_stays(mapping: EntityMapping, pair: Pair) -> None:
    survived: list[dict[str, Any]] = []
    one, other = pair[0], pair[1]
    for ids in (("k", "l"), ("l", "k")):
        world = world_of(mapping, pair)
        keep, lose = (world.goldens[id] for id in ids)
        uniting.unite(world, keep, lose, "person")
        survived.append(said(keep))
    for name in FIELDS:
        asks = pair[3][name].kind in ("ask", "union")
        told_at_once = one.origin(name) == other.origin(name)
        if name == "tags" or not (asks or told_at_once or _same_rank(pair, name)):
            assert survived[0].get(name) == survived[1].get(name), name


def _same_rank(pair: Pair, name: str) -> bool:
    """Two records of one system, or a person, said so at the same time: the one that stays is believed."""
    one, other = pair[0].origin(name), pair[1].origin(name)
    return one[1] == other[1] and one[0] == other[0]


@given(pair=pairs())
@settings(max_examples=60, deadline=None)
def test_all_that_the_lost_one_said_is_in_the_journal_and_in_what_takes_it_back(
    mapping: EntityMapping, pair: Pair
) -> None:
    world = world_of(mapping, pair)
    keep, lose = world.goldens["k"], world.goldens["l"]
    values, theirs = dict(keep.values), dict(lose.values)
    before = stored(uniting.unite(world, keep, lose, "person"))
    (dissolved,) = [line for line in world.journal if line.kind == "dissolved"]
    assert dissolved.golden_id == "l"
    assert dissolved.before == theirs == before.lose.values
    replaced = {name: value for line in world.journal if line.kind == "merged"
                for name, value in line.before.items()}  # fmt: skip
    for name, value in values.items():
        lost = keep.values.get(name) != value
        if lost:
            tally("values lost", replaced.get(name) != value)
            assert replaced[name] == value
    assert before.keep.values == values


@given(pair=pairs())
@settings(max_examples=60, deadline=None)
def test_an_empty_field_takes_what_the_other_says_with_who_said_it(
    mapping: EntityMapping, pair: Pair
) -> None:
    world = world_of(mapping, pair)
    keep, lose = world.goldens["k"], world.goldens["l"]
    mine = copied(keep)
    uniting.unite(world, keep, lose, "person")
    for name in FIELDS:
        ours: Any = mine.values.get(name)
        theirs: Any = lose.values.get(name)
        if ours is None and theirs is not None:
            assert (keep.values[name], keep.origin(name)) == (theirs, lose.origin(name))
        elif theirs is None:
            assert keep.values.get(name, MISSING) == mine.values.get(name, MISSING)
        elif name == "tags":
            assert keep.values[name] == sorted({*(ours or ()), *theirs})
        else:
            assert keep.values[name] in (ours, theirs)
    assert keep.archived == (mine.archived and lose.archived)


@given(pair=pairs(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_what_was_typed_in_a_record_while_they_were_one_goes_with_that_record(
    mapping: EntityMapping, pair: Pair, data: st.DataObject
) -> None:
    world = world_of(mapping, pair)
    keep, lose = world.goldens["k"], world.goldens["l"]
    was = {"k": said(keep), "l": said(lose)}
    before = stored(uniting.unite(world, keep, lose, "person"))
    kept(world)
    there = [link for link in world.sides("k") if not link.gone]
    if not there:
        return
    link = data.draw(st.sampled_from(sorted(there, key=lambda one: (one.system, one.external_id))))
    golden_id = link.external_id[0]
    seen = dict(link.current())
    native = {"odoo": "city", "sage": "C", "list": "Ville"}[link.system]
    _type(world, keep, link, native)
    again = parting.take_apart(world, keep, lose.id, before, "person", LATER)
    whose, other = (keep, again) if golden_id == "k" else (again, keep)
    told = said(whose)
    asked = (whose.id, "city") in world.conflicts and native in world.links[link.system, f"{golden_id}1"].seen
    lost = told.get("city", "").upper() != "SÈTE" and not asked
    tally("values lost", lost)
    assert not lost, (seen, link)
    assert {**told, "city": was[whose.id].get("city")} == {"city": None, **was[whose.id]}
    assert said(other) == was[other.id]
    tally("interleavings tried")


def _type(world: World, keep: Golden, link: Link, native: str) -> None:
    record = Record(link.external_id, {**link.current(), native: "Sète"}, "2")
    planner.absorb(world, world.mapping.systems[link.system], link, record, "2026-02-01T00:00:00+00:00")


def test_a_field_that_waited_for_a_person_before_waits_again_when_they_are_taken_apart(
    mapping: EntityMapping,
) -> None:
    asking = replace(mapping, policies={"city": Policy("ask")})
    world = World(asking, str)
    origin = {"*": ("odoo", "2026-01-01")}
    for id, city in (("k", "Arles"), ("l", "Nîmes")):
        world.add_golden(Golden(id, "customer", {"name": "Durand", "city": city}, origin, "2026-01-01"))
    world.add_link(Link("odoo", "k1", "k", "customer", {"name": "Durand", "city": "Arles"}))
    waits = Link("sage", "l1", "l", "customer", {"N": "DURAND", "T": None}, seen={"C": "SÈTE"})
    world.add_link(waits)
    world.conflicts[("l", "city")] = Conflict("l", "customer", "city", [])
    keep, lose = world.goldens["k"], world.goldens["l"]
    before = stored(uniting.unite(world, keep, lose, "person"))
    assert ("k", "city") in world.conflicts
    again = parting.take_apart(kept(world), keep, "l", before, "person", LATER)
    assert said(keep)["city"] == "Arles"
    assert said(again)["city"] == "Nîmes"
    assert set(world.conflicts) == {("l", "city")}
    assert [one.value for one in world.conflicts[("l", "city")].candidates] == ["Nîmes", "SÈTE"]
    assert world.links[("sage", "l1")].seen == {"C": "SÈTE"}, "it would be written over unasked"


def test_what_a_double_had_not_been_given_yet_is_no_edit_of_its_own(mapping: EntityMapping) -> None:
    world = World(mapping, str)
    for id, city in (("k", "Arles"), ("l", "Nîmes")):
        origin = {"*": ("sage", "2026-01-01")}
        world.add_golden(Golden(id, "customer", {"name": "Durand", "city": city}, origin, "2026-01-01"))
        world.add_link(Link("odoo", f"{id}1", id, "customer", {"name": "Durand", "city": "Sète"}))
    keep, lose = world.goldens["k"], world.goldens["l"]
    before = stored(uniting.unite(world, keep, lose, "person"))
    again = parting.take_apart(kept(world), keep, "l", before, "person", LATER)
    assert (said(keep)["city"], said(again)["city"]) == ("Arles", "Nîmes")


def test_a_person_is_asked_about_two_records_of_one_system_too(mapping: EntityMapping) -> None:
    world = World(replace(mapping, policies={"city": Policy("ask")}), str)
    for id, city in (("k", "Arles"), ("l", "Nîmes")):
        origin = {"*": ("odoo", "2026-01-01")}
        world.add_golden(Golden(id, "customer", {"name": "Durand", "city": city}, origin, "2026-01-01"))
        world.add_link(Link("odoo", f"{id}1", id, "customer", {"name": "Durand", "city": city}))
    uniting.unite(world, world.goldens["k"], world.goldens["l"], "person")
    assert [one.value for one in world.conflicts[("k", "city")].candidates] == ["Arles", "Nîmes"]
