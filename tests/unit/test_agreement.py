"""Is it the same record, by all that both say? What a system upper-cases or cuts is no difference."""

from __future__ import annotations

from typing import Any

import pytest

from hub.agreement import Likeness, Names, compare, in_words, pair
from hub.mapping import EntityMapping, load_mappings
from hub.model import Golden, Link
from hub.ports import Record
from hub.world import Reading, World

MAPPING = """
entity: customer
fields:
  name: {type: text, required: true}
  siret: {type: siret}
  phone: {type: phone, region: FR}
  email: {type: email}
  city: {type: text}
match:
  - exact: [siret]
systems:
  odoo:
    object: partner
    fields: {name: name, siret: siret, phone: phone, email: email, city: city}
  sage:
    object: BPC
    key: code
    fields: {name: {field: N, max: 12, upper: true}, phone: T, city: {field: C, upper: true}}
"""
LONG = "Garage Dupont et Fils"


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> EntityMapping:
    folder = tmp_path_factory.mktemp("mappings")
    (folder / "customer.yaml").write_text(MAPPING, encoding="utf-8")
    return load_mappings(folder)["customer"]


def likeness(
    mapping: EntityMapping,
    system: str,
    record: dict[str, Any],
    golden: dict[str, Any],
    **links: dict[str, Any],
) -> Likeness:
    """How a record of a system, by its native values, compares with a golden record."""
    world = World(mapping, lambda: "new")
    there = Golden("g", "customer", golden, {"*": ("odoo", "2026-01-01")}, "2026-01-01")
    world.add_golden(there)
    for name, base in links.items():
        world.add_link(Link(name, "1", "g", "customer", base))
    reading = Reading()
    for lens in mapping.systems[system].lenses:
        if (value := lens.get(record)) is not None:
            reading.values[lens.name] = value
    return compare(world, mapping.systems[system], Record("1", record), reading, there)


def sage(name: str | None = None, phone: str | None = None, city: str | None = None) -> dict[str, Any]:
    return {"N": name, "T": phone, "C": city}


def odoo(**values: str) -> dict[str, Any]:
    return {**dict.fromkeys(("name", "siret", "phone", "email", "city")), **values}


def test_what_a_system_holds_of_a_value_agrees_with_it(mapping: EntityMapping) -> None:
    golden = {"name": LONG, "phone": "+33476000001", "city": "Arles", "email": "g@example.fr"}
    assert likeness(mapping, "sage", sage("GARAGE DUPON", "04.76.00.00.01", "ARLES"), golden).same
    assert likeness(mapping, "sage", sage("GARAGE DUPON"), golden).same


def test_a_fuller_value_agrees_with_what_the_others_hold_of_it(mapping: EntityMapping) -> None:
    shown = sage("GARAGE DUPON", None, "ARLES")
    golden = {"name": "GARAGE DUPON", "city": "ARLES"}
    assert likeness(mapping, "odoo", odoo(name=LONG, city="Arles"), golden, sage=shown).same
    assert not likeness(mapping, "odoo", odoo(name="Garage Durand", city="Arles"), golden, sage=shown).same


@pytest.mark.parametrize(
    ("record", "golden", "same", "similar"),
    [
        (odoo(name=LONG, city="Arles"), {"name": LONG, "city": "Nîmes"}, False, True),
        (odoo(name="garage dupont & fils"), {"name": "Garage Dupont, fils"}, False, True),
        (odoo(name="Le Lac Bleu", city="Annecy"), {"name": "Le Lac Bleu 2", "city": "Annecy"}, False, True),
        (odoo(name="Garage du Lac"), {"name": "Garage du Lac Annecy"}, False, False),
        (odoo(name="Lac", city="Annecy"), {"name": "Lac et Montagne", "city": "Annecy"}, False, False),
        (odoo(name="Durand", phone="0476000001"), {"name": LONG, "phone": "+33476000001"}, False, True),
        (odoo(name="Garage Durand", city="Arles"), {"name": LONG, "city": "Arles"}, False, False),
        (odoo(city="Arles"), {"name": LONG, "city": "Arles"}, False, False),
        (odoo(name=LONG), {"city": "Arles"}, False, False),
        (odoo(name=LONG, email="g@example.fr"), {"name": LONG, "city": "Arles"}, True, True),
    ],
)  # fmt: skip
def test_names_and_telling_values_decide_what_a_person_looks_at(
    mapping: EntityMapping, record: dict[str, Any], golden: dict[str, Any], same: bool, similar: bool
) -> None:
    found = likeness(mapping, "odoo", record, golden)
    assert (found.same, found.similar) == (same, similar)


YES, NO = Likeness(True, True), Likeness(False, True, ("city",))


@pytest.mark.parametrize(
    ("found", "paired"),
    [
        ({"a": {"1": YES}}, {"a": "1"}),
        ({"a": {"1": NO}}, {}),
        ({"a": {"1": YES, "2": YES}}, {}),
        ({"a": {"1": YES}, "b": {"1": YES}}, {}),
        ({"a": {"1": YES}, "b": {"1": YES, "2": YES}}, {"a": "1", "b": "2"}),
        ({"a": {"1": YES, "2": YES}, "b": {"1": YES, "2": YES}}, {}),
        ({"a": {"1": YES, "2": NO}, "b": {"1": NO, "2": YES}, "c": {"3": NO}}, {"a": "1", "b": "2"}),
    ],
)
def test_a_pair_is_made_where_only_one_is_possible(
    found: dict[str, dict[str, Likeness]], paired: dict[str, str]
) -> None:
    assert pair(found) == paired


def test_names_are_found_by_their_beginnings_and_by_what_is_telling(mapping: EntityMapping) -> None:
    names = Names(mapping)
    names.take(
        [("1", {"name": LONG}), ("2", {"name": "Garage"}), ("3", {"name": "Hôtel", "email": "g@x.example"})]
    )
    assert set(names.near({"name": "GARAGE DUPON"})) == {"1", "2"}
    assert set(names.near({"name": "hotel de la Poste"})) == {"3"}
    assert set(names.near({"name": "Auberge", "email": "g@x.example"})) == {"3"}
    assert set(names.near({})) == set()
    names.take([("1", {"name": "Carrosserie Dupont"})])
    assert set(names.near({"name": "GARAGE DUPON"})) == {"2"}
    assert set(names.near({"name": "Carrosserie"})) == {"1"}


def test_the_reason_names_what_differs_as_people_read_it(mapping: EntityMapping) -> None:
    golden = Golden("g", "customer", {"name": LONG, "phone": "+33476000001"}, {"*": ("odoo", "")}, "")
    found = Likeness(False, True, ("phone",))
    reading = Reading({"name": LONG, "phone": "+33476000002"})
    said = in_words(mapping, reading, [(golden, found)])
    assert said == f"it may be {LONG}, but phone differs (04 76 00 00 02 here, 04 76 00 00 01 there)"
    assert "any of 2" in in_words(mapping, reading, [(golden, found), (golden, found)])
