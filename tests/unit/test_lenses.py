"""Lenses keep their two laws, say what a system cannot hold, and never write over what they cannot read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from hub.lenses import Lens, LensError, Parked, Unwritable, check_lens, make_lens
from hub.ports import Native
from hub.values import Unreadable, make_type


def lens(kind: str = "text", name: str = "x", system: str = "both", **spec: Any) -> Lens:
    options = spec.pop("options", {})
    spec.setdefault("field", "X")
    if "fields" in spec or ("constant" in spec and spec["field"] is None):
        del spec["field"]
    return make_lens(name, make_type(kind, **options), spec, "sage", system)


class Links:
    """The links of one system, as a test needs them."""

    def __init__(self, **external: str) -> None:
        self._external = external

    def golden(self, entity: str, external_id: str) -> str | None:
        return next((g for g, e in self._external.items() if e == external_id), None)

    def external(self, entity: str, golden_id: str) -> str | None:
        return self._external.get(golden_id)


# The laws


LENSES = [
    lens(),
    lens(max=10),
    lens(max=10, upper=True, ascii=True),
    lens(upper=True),
    lens("phone"),
    lens("phone", format="national"),
    lens("phone", format="international"),
    lens("date", format="%d/%m/%Y"),
    lens("date"),
    lens("money"),
    lens("money", format="comma"),
    lens("number"),
    lens("country", format="fr"),
    lens("country", format="en"),
    lens("boolean", format="Oui/Non"),
    lens("boolean", map={"Actif": True, "Sommeil": False}),
    lens("text", map={"A": "client", "P": "prospect", 3: "autre"}),
    lens("choice", map={1: "a", 2: "b"}, options={"values": {"a": {"fr": "Un"}, "b": {"fr": "Deux"}}}),
    lens("choice", format="fr", options={"values": {"a": {"fr": "Un"}, "b": {"fr": "Deux"}}}),
    lens("country", format="fr", upper=True, ascii=True),
    lens("boolean", format="Oui/Non", upper=True),
    lens("list", format="; "),
    lens("list"),
    lens("siret", max=14),
    lens("email", upper=True),
    lens("postcode"),
    lens("datetime", timezone="Europe/Paris", format="%Y-%m-%d %H:%M:%S"),
    lens(fields=["X", "Y"]),
    lens(fields=["X", "Y", "Z"], join=", "),
    lens(fields=["X", "Y"], max=12),
    lens(fields=["X", "Y"], join="\n", options={"multiline": True}),
    lens(fields=["X", "Y"], join=" - ", upper=True),
    lens("phone", default="01 00 00 00 00"),
]

WORDS = st.text(st.sampled_from("abÉœ ,-\n1;"), max_size=30)
SPELLINGS = st.one_of(
    st.none(),
    WORDS,
    st.text(max_size=20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(),
    st.booleans(),
    st.lists(WORDS, max_size=3),
    st.sampled_from(["01 45 67 89 01", "+32 2 555 12 12", "contact@dupont.fr", "73282932000074", "06000"]),
    st.sampled_from(["31/01/2026", "2026-07-14", "2026-10-25 02:30:00", "2026-01-31T10:20:30Z", "1 250,00"]),
    st.sampled_from(["France", "Spain", "oui", "Actif", "Sommeil", "a", "Un", "P"]),
)


def natives_of(subject: Lens) -> st.SearchStrategy[dict[str, Native]]:
    return st.fixed_dictionaries(dict.fromkeys(subject.natives, SPELLINGS))


@st.composite
def _lens_and_two_records(draw: st.DrawFn) -> tuple[Lens, dict[str, Native], dict[str, Native]]:
    subject = draw(st.sampled_from(LENSES))
    return subject, draw(natives_of(subject)), draw(natives_of(subject))


@settings(max_examples=400, deadline=None)
@given(_lens_and_two_records())
def test_putting_what_was_got_leaves_the_record_untouched(
    drawn: tuple[Lens, dict[str, Native], dict[str, Native]],
) -> None:
    subject, native, _ = drawn
    try:
        value = subject.get(native)
    except Unreadable:
        assume(False)
    assert subject.put(value, native) == native


@settings(max_examples=400, deadline=None)
@given(_lens_and_two_records())
@example((lens(fields=["X", "Y"]), {"X": "a", "Y": "b"}, {"X": "a b", "Y": "c"}))
@example((lens(fields=["X", "Y"], join=", "), {"X": ", b", "Y": None}, {"X": None, "Y": None}))
def test_what_was_put_is_got_unless_the_lens_says_what_is_lost(
    drawn: tuple[Lens, dict[str, Native], dict[str, Native]],
) -> None:
    subject, native, source = drawn
    try:
        subject.get(native)
        value = subject.get(source)
        written = subject.put(value, native)
        fresh = subject.put(value, {})
    except (Unreadable, Unwritable):
        assume(False)
    back, fresh_back = subject.get(written), subject.get(fresh)
    if subject.lossy:
        # What the system holds of the value is stable: the value itself would be written just the same.
        assert subject.put(value, written) == written
        assert subject.put(back, written) == written
        assert subject.put(fresh_back, fresh) == fresh
    else:
        assert back == value
        assert fresh_back == value


# What is left alone


@pytest.mark.parametrize("spelling", ["01.45.67.89.01", "0145678901", "+33 1 45 67 89 01", 145678901.0])
def test_a_number_is_not_rewritten_for_its_format(spelling: Native) -> None:
    subject = lens("phone", format="national")
    assert subject.put("+33145678901", {"X": spelling}) == {"X": spelling}


def test_a_name_cut_and_upper_cased_long_ago_is_still_the_name() -> None:
    subject = lens(max=20, upper=True, ascii=True)
    name = "Société Électrique d'Orléans"
    held = "SOCIETE ELECTRIQUE D"
    assert subject.put(name, {}) == {"X": held}
    assert subject.put(name, {"X": held}) == {"X": held}
    assert subject.put(name, {"X": "Société Électrique d'Orl."[:20]}) == {"X": "Société Électrique d"}
    assert subject.put("Autre", {"X": held}) == {"X": "AUTRE"}
    assert subject.agrees(name, {"X": held})
    assert not subject.agrees("Autre", {"X": held})
    assert subject.lossy == "cut at 20 characters, upper case only, no accents"


def test_what_cannot_be_read_is_not_written_over() -> None:
    subject = lens("date")
    with pytest.raises(Unwritable, match=r"cannot be read.*'avant Noël'"):
        subject.put("2026-01-31", {"X": "avant Noël"})
    assert subject.put(None, {"X": "avant Noël"}) == {"X": "avant Noël"}


def test_a_native_that_was_not_read_is_not_written_over() -> None:
    with pytest.raises(Unwritable, match="X was not read in sage"):
        lens().put("a", {"OTHER": "b"})
    with pytest.raises(Unreadable, match="X was not read in sage"):
        lens().get({"OTHER": "b"})


def test_a_value_that_is_no_plain_text_is_refused_rather_than_cut() -> None:
    subject = lens("email", max=10)
    assert subject.put("a@b.fr", {}) == {"X": "a@b.fr"}
    with pytest.raises(Unwritable, match="needs 17 characters; X holds 10"):
        subject.put("contact@dupont.fr", {})
    assert subject.lossy is None


# Several natives


def test_parts_that_did_not_change_stay_where_they_are() -> None:
    subject = lens(fields=["FIRST", "LAST"])
    present = {"FIRST": "Jean Pierre", "LAST": "Dupont"}
    assert subject.get(present) == "Jean Pierre Dupont"
    assert subject.put("Jean Pierre Durand", present) == {"FIRST": "Jean Pierre", "LAST": "Durand"}
    assert subject.put("Jean Paul Dupont", present) == {"FIRST": "Jean Paul", "LAST": "Dupont"}
    assert subject.put("Anne Martin", {}) == {"FIRST": "Anne", "LAST": "Martin"}


def test_a_long_text_fills_one_line_after_the_other() -> None:
    subject = lens(fields=["L1", "L2"], max=20)
    written = subject.put("12 rue de la République 45000 Orléans", {})
    assert written == {"L1": "12 rue de la", "L2": "République 45000 Orl"}
    assert subject.put("12 rue de la Gare", {}) == {"L1": "12 rue de la Gare", "L2": None}
    assert subject.lossy == "cut at 20 characters"


def test_an_emptied_value_empties_every_part() -> None:
    subject = lens(fields=["X", "Y"])
    assert subject.put(None, {"X": "a", "Y": "b"}) == {"X": None, "Y": None}


# Value tables


def test_a_value_table_works_both_ways_and_names_what_it_does_not_know() -> None:
    subject = lens("text", map={"A": "client", "P": "prospect"})
    assert subject.get({"X": "p "}) == "prospect"
    assert subject.put("client", {"X": "P"}) == {"X": "A"}
    with pytest.raises(Unreadable, match="'Z' is not in the value table"):
        subject.get({"X": "Z"})
    with pytest.raises(Unwritable, match="'fournisseur' has no native value"):
        subject.put("fournisseur", {"X": "P"})


def test_a_table_may_give_emptiness_a_meaning() -> None:
    subject = lens("boolean", map={"x": True, "": False})
    assert subject.get({"X": None}) is False
    assert subject.put(False, {"X": "x"}) == {"X": None}
    assert subject.put(True, {"X": None}) == {"X": "x"}


def test_a_table_that_does_not_invert_is_refused_unless_it_is_only_read() -> None:
    table = {"A": "client", "B": "client"}
    with pytest.raises(LensError, match="'A' and 'B' both mean 'client'") as refused:
        lens(map=table)
    assert refused.value.option == "map"
    assert lens(map=table, system="pull").get({"X": "b"}) == "client"
    assert make_lens("x", make_type("text"), {"field": "X", "map": table, "direction": "pull"}, "sage").reads


# Constants and defaults


def test_a_constant_without_a_field_is_only_read_and_with_one_only_written() -> None:
    read = lens("country", constant="France", field=None)
    assert (read.reads, read.writes, read.get({})) == (True, False, "FR")
    written = lens("text", constant=2)
    assert (written.reads, written.writes) == (False, True)
    assert written.put("whatever", {"X": 1}) == {"X": 2}


@pytest.mark.parametrize(
    ("spec", "option", "reason"),
    [
        ({"constant": "x", "direction": "both"}, "direction", "does not invert"),
        ({"constant": "x", "field": None, "direction": "push"}, "direction", "no native field"),
        ({"constant": "x", "map": {"a": "b"}}, "map", "no meaning"),
        ({"field": "X", "join": " "}, "join", "needs several native fields"),
        ({"fields": ["X", "X"]}, "fields", "twice"),
        ({"fields": ["X", "Y"], "join": ""}, "join", "at least one character"),
        ({"fields": ["X", "Y"], "join": "\n"}, "join", "multiline"),
        ({"fields": ["X", "Y"], "map": {"a": "b"}}, "map", "one native field"),
        ({"map": {"a": "b"}, "upper": True}, "upper", "no meaning"),
        ({"format": "%d"}, "format", "no format"),
        ({"kind": "list", "max": 3}, "max", "not on a list"),
        ({"timezone": "Europe/Paris"}, "timezone", "for type datetime"),
    ],
)
def test_a_lens_that_makes_no_sense_is_refused_at_the_key_at_fault(
    spec: dict[str, Any], option: str, reason: str
) -> None:
    with pytest.raises(LensError, match=reason) as refused:
        lens(**spec)
    assert refused.value.option == option


def test_a_lens_names_some_native_field() -> None:
    with pytest.raises(LensError, match="which native field"):
        make_lens("x", make_type("text"), {"max": 3}, "sage")


def test_a_default_is_written_where_there_is_nothing_and_then_left_alone() -> None:
    subject = lens("country", default="FR")
    assert subject.put(None, {}) == {"X": "FR"}
    assert subject.put(None, {"X": "FR"}) == {"X": "FR"}
    assert subject.put("DE", {"X": "FR"}) == {"X": "DE"}
    assert subject.lossy == "empty is written as 'FR'"
    with pytest.raises(LensError, match="could not be read back"):
        lens("country", default="Atlantis")


def test_a_systems_direction_bounds_its_lenses() -> None:
    assert not lens(system="pull").writes
    assert not lens(system="push").reads
    with pytest.raises(LensError, match="neither read nor written"):
        make_lens("x", make_type("text"), {"field": "X", "direction": "push"}, "sage", "pull")


# References


def test_a_reference_is_translated_through_the_links() -> None:
    subject = lens("ref", options={"entity": "customer"})
    links = Links(golden1="7", golden2="8")
    assert subject.get({"X": 7}, links) == "golden1"
    assert subject.get({"X": "8"}, links) == "golden2"
    assert subject.get({"X": None}, links) is None
    assert subject.put("golden2", {"X": 7}, links) == {"X": 8}
    assert subject.put("golden2", {"X": "7"}, links) == {"X": "8"}
    assert subject.put("golden1", {"X": 7}, links) == {"X": 7}


def test_a_reference_to_what_is_not_linked_yet_is_parked() -> None:
    subject = lens("ref", options={"entity": "customer"})
    with pytest.raises(Parked) as coming:
        subject.get({"X": 99}, Links())
    assert (coming.value.entity, coming.value.system, coming.value.id) == ("customer", "sage", "99")
    with pytest.raises(Parked) as going:
        subject.put("golden9", {}, Links())
    assert going.value.id == "golden9"


# What connectors are told


def test_connectors_get_the_keys_that_are_not_the_lenses() -> None:
    subject = lens("phone", format="national", aliases=["Tél."], max=20)
    (told,) = subject.native_fields()
    assert (told.name, told.type, told.writable, told.options) == ("X", "text", True, {"aliases": ["Tél."]})
    assert lens("date").native_fields()[0].type == "date"


# The check on real records


def test_a_check_names_what_a_system_cannot_hold_by_example() -> None:
    samples: list[Mapping[str, Native]] = [
        {"X": "Dupont"},
        {"X": "Électricité Générale"},
        {"X": 7.5},
        {"X": True},
    ]
    report = check_lens(lens(max=10), samples)
    assert report.checked == 3
    assert not report.violations
    assert next((f.value, f.back) for f in report.lossy) == ("Électricité Générale", "Électricit")
    assert [reason for _, reason in report.unreadable] == [
        "a yes/no value (True) stands where text is expected"
    ]


def test_a_check_finds_a_lens_that_breaks_its_law() -> None:
    class Forgetful(type(lens())):  # type: ignore[misc]
        def _encode(self, value: Any, native: Any, refs: Any) -> dict[str, Native]:
            return {"X": "always this"}

    good = lens()
    bad = Forgetful(**{name: getattr(good, name) for name in good.__dataclass_fields__})
    report = check_lens(bad, [{"X": "a"}, {"X": "b"}])
    assert {found.value for found in report.violations} == {"a", "b"}
    assert {found.back for found in report.violations} == {"always this"}


# Several natives with one meaning


STAGES = {"New": False, "In progress": False, "Done": True, "Cancelled": True}


def staged(**more: Any) -> Lens:
    return lens("boolean", map=STAGES, prefer=["New", "Done"], **more)


def test_of_several_natives_with_one_meaning_the_preferred_is_written_and_the_others_stand() -> None:
    stage = staged()
    assert stage.put(True, {"X": "In progress"}) == {"X": "Done"}
    assert stage.put(True, {"X": "Cancelled"}) == {"X": "Cancelled"}
    assert stage.put(False, {"X": "Cancelled"}) == {"X": "New"}
    assert stage.put(False, {"X": "In progress"}) == {"X": "In progress"}
    assert stage.put(False, {}) == {"X": "New"}
    report = check_lens(stage, [{"X": name} for name in STAGES])
    assert not report.violations


def test_what_is_not_in_the_table_means_what_otherwise_says_and_stands() -> None:
    stage = staged(otherwise=False)
    assert stage.get({"X": "Waiting for parts"}) is False
    assert stage.put(False, {"X": "Waiting for parts"}) == {"X": "Waiting for parts"}
    assert stage.put(True, {"X": "Waiting for parts"}) == {"X": "Done"}
    assert stage.get({"X": None}) is None
    with pytest.raises(Unreadable):
        staged().get({"X": "Waiting for parts"})


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"map": STAGES}, "under `prefer`"),
        ({"map": STAGES, "prefer": ["New", "In progress", "Done"]}, "under `prefer`"),
        ({"map": STAGES, "prefer": ["New", "Done", "Dnoe"]}, "'Dnoe' is not in the table"),
        ({"map": {"Done": True}, "otherwise": "perhaps"}, "perhaps"),
        ({"prefer": ["New"]}, "belongs to a `map`"),
        ({"otherwise": False}, "belongs to a `map`"),
    ],
)
def test_a_table_that_does_not_say_what_to_write_is_refused(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(LensError, match=said):
        lens("boolean", **spec)


def test_a_field_that_is_filled_is_written_but_not_read() -> None:
    filled = lens(direction="fill")
    assert (filled.reads, filled.writes, filled.fills) == (False, True, True)
    assert lens(direction="push").fills is False
