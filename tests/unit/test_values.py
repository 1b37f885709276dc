"""Field types read what people type, refuse what has no certain reading, and read back what they write."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stdnum.fr import siret as stdnum_siret

from hub.ports import Native
from hub.values import TYPES, BadOption, FieldType, Unreadable, Unwritable, folded, make_type

NB, NNB = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"

CHOICES = {"a": {"fr": "Actif", "en": "Active"}, "c": {"fr": "Clos", "en": "Closed"}}


def of(name: str, **options: Any) -> FieldType:
    return make_type(name, **options)


READ = [
    # telephone numbers
    ("phone", "01 45 67 89 01", "+33145678901"),
    ("phone", "01.45.67.89.01", "+33145678901"),
    ("phone", "+33 (0)1 45 67 89 01", "+33145678901"),
    ("phone", "0033 1 45 67 89 01", "+33145678901"),
    ("phone", "Tél : 01 45 67 89 01", "+33145678901"),
    ("phone", f"01{NB}45{NB}67{NB}89{NB}01", "+33145678901"),
    ("phone", 612345678.0, "+33612345678"),
    ("phone", 612345678, "+33612345678"),
    ("phone", 33145678901.0, "+33145678901"),
    ("phone", "06-12-34-56-78 (Mme)", "+33612345678"),
    ("phone", "01 45 67 89 01 poste 12", "+33145678901;ext=12"),
    ("phone", "+33145678901;ext=12", "+33145678901;ext=12"),
    ("phone", "+32 2 555 12 12", "+3225551212"),
    ("phone", "0596 12 34 56", "+596596123456"),
    ("phone", "0262 12 34 56", "+262262123456"),
    ("phone", 692123456.0, "+262692123456"),
    # identifiers
    ("siret", "732 829 320 00074", "73282932000074"),
    ("siret", 73282932000074.0, "73282932000074"),
    ("siret", 73282932000074, "73282932000074"),
    ("siret", 552013500004, "00552013500004"),
    ("siret", "35600000000048", "35600000000048"),
    ("siret", "35600000049837", "35600000049837"),
    ("siren", "732 829 320", "732829320"),
    ("vat", "fr 40 303 265 045", "FR40303265045"),
    ("vat", "BE0428759497", "BE0428759497"),
    ("vat", "GR 094259216", "EL094259216"),
    ("iban", "FR76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189"),
    # amounts
    ("money", "1 250,00 €", "1250.00"),
    ("money", f"1{NNB}250,00{NNB}€", "1250.00"),
    ("money", f"1{NB}250,5", "1250.50"),
    ("money", "1.250,00", "1250.00"),
    ("money", "1,250.00", "1250.00"),
    ("money", "1 250 000", "1250000.00"),
    ("money", "-12,30", "-12.30"),
    ("money", "\N{MINUS SIGN}12,30", "-12.30"),
    ("money", "1250 EUR HT", "1250.00"),
    ("money", 602.9999999999999, "603.00"),
    ("money", 844.1999999999999, "844.20"),
    ("money", 0.0, "0.00"),
    ("money", -0.0, "0.00"),
    ("number", "12,50", "12.5"),
    ("number", 0.1 + 0.2, "0.3"),
    ("number", 3, "3"),
    ("integer", "1 200", 1200),
    ("integer", 12.0, 12),
    # yes and no
    ("boolean", "Oui", True),
    ("boolean", "n", False),
    ("boolean", "x", True),
    ("boolean", "VRAI", True),
    ("boolean", 0, False),
    ("boolean", "1", True),
    ("boolean", False, False),
    # days
    ("date", "31/01/2026", "2026-01-31"),
    ("date", "1/2/2026", "2026-02-01"),
    ("date", "2026-01-31", "2026-01-31"),
    ("date", "2026-01-31T00:00:00", "2026-01-31"),
    ("date", "20260131", "2026-01-31"),
    ("date", "1er août 2026", "2026-08-01"),
    ("date", "mercredi 11 févr. 2026", "2026-02-11"),
    ("datetime", "2026-01-31 10:20:30", "2026-01-31T10:20:30Z"),
    ("datetime", "2026-01-31T10:20:30+02:00", "2026-01-31T08:20:30Z"),
    ("datetime", "31/01/2026 10:20", "2026-01-31T10:20:00Z"),
    # countries and post codes
    ("country", "France", "FR"),
    ("country", "ETATS UNIS", "US"),
    ("country", "les Pays-Bas", "NL"),
    ("country", "Côte d’Ivoire", "CI"),
    ("country", "no", "NO"),
    ("country", "Germany", "DE"),
    ("postcode", 6000.0, "06000"),
    ("postcode", "75 001", "75001"),
    ("postcode", "F-75001", "75001"),
    ("postcode", "1000", "1000"),
    ("postcode", "sw1a 1aa", "SW1A 1AA"),
    # words
    ("email", "Contact@Dupont.FR", "contact@dupont.fr"),
    ("email", "mailto:a@b.fr", "a@b.fr"),
    ("email", "Accueil <a@b.fr>", "a@b.fr"),
    ("text", f"  E\N{COMBINING ACUTE ACCENT}lec{NB}  du\nSud\N{ZERO WIDTH SPACE} ", "Élec du Sud"),
    ("text", "NA", "NA"),
    ("text", "None", "None"),
    ("text", 603.0, "603"),
    ("list", "b; a,a", ["a", "b"]),
    ("list", ["y", "x", "y"], ["x", "y"]),
]


@pytest.mark.parametrize(("name", "native", "canonical"), READ)
def test_a_usual_spelling_has_its_one_meaning(name: str, native: Native, canonical: object) -> None:
    assert of(name).parse(native) == canonical


REFUSED = [
    ("phone", "01 45 67 89 01 / 06 12 34 56 78", "2 telephone numbers"),
    ("phone", "01 45 67 89 01 06 12 34 56 78", "20 digits"),
    ("phone", "01 45 67 89 01 ou 02", "more digits"),
    ("phone", "à rappeler", "holds no telephone number"),
    ("phone", "3949", "too short"),
    ("phone", "00 00 00 00 00", "not a French telephone number"),
    ("phone", "01 45 67 89", "not a telephone number"),
    ("phone", -612345678.0, "not a telephone number"),
    ("phone", True, "yes/no"),
    ("siret", "73282932000075", "check digit"),
    ("siret", "732829320", "is a SIREN"),
    ("siret", "3282932000074", "13 digits"),
    ("siret", "7,32829E+13", "must be 14 digits"),
    ("siret", 0, "1 digits"),
    ("siret", "00000000000000", "check digit"),
    ("siret", "٧٣٢٨٢٩٣٢٠٠٠٠٧٤", "must be 14 digits"),
    ("siren", "732829321", "check digit"),
    ("vat", "40303265045", "must begin with its country"),
    ("vat", "FR41303265045", "not a valid VAT"),
    ("vat", "ZZ123", "not a valid VAT"),
    ("iban", "FR76 3000 6000 0112 3456 7890 188", "not a valid IBAN"),
    ("money", "12 50,00", "not one number"),
    ("money", "120 à 150", "not one number"),
    ("money", "2 x 125", "not one number"),
    ("money", "1,250", "two ways"),
    ("money", "1.250", "two ways"),
    ("money", "1.250.00", "not one number"),
    ("money", 12.345, "more than 2 decimals"),
    ("money", "sur devis", "not one number"),
    ("money", True, "yes/no"),
    ("money", float("nan"), "not a number"),
    ("money", 1e300, "not a number"),
    ("number", float("inf"), "not a number"),
    ("integer", 12.5, "not a whole number"),
    ("boolean", "peut-être", "neither yes nor no"),
    ("boolean", 2, "neither yes nor no"),
    ("date", "12/25/2024", "not a day of the calendar"),
    ("date", "30/02/2026", "not a day of the calendar"),
    ("date", "31/01/26", "two digits"),
    ("date", "15/06", "not a complete date"),
    ("date", "juillet 2026", "not a complete date"),
    ("date", "T1 2025", "not a complete date"),
    ("date", "10h30", "not a complete date"),
    ("date", 46000.0, "a number where a date"),
    ("date", "2026-01-31T10:00:00", "time of day"),
    ("datetime", "demain", "not a date and time"),
    ("country", "Allemange", "did you mean Allemagne"),
    ("country", "Atlantide du Sud", "not a country"),
    ("postcode", "??", "not a post code"),
    ("email", "a@b.fr; c@d.fr", "more than one"),
    ("email", "dupont.fr", "not an e-mail"),
    ("email", "a b@c.fr", "not an e-mail"),
    ("text", True, "yes/no"),
    ("text", [7, "Dupont"], "several values"),
]


@pytest.mark.parametrize(("name", "native", "reason"), REFUSED)
def test_what_has_no_certain_reading_is_refused_with_its_reason(
    name: str, native: Native, reason: str
) -> None:
    with pytest.raises(Unreadable, match=reason):
        of(name).parse(native)


def _any_type(name: str) -> FieldType:
    known: dict[str, dict[str, Any]] = {
        "choice": {"values": CHOICES},
        "ref": {"entity": "customer"},
        "lines": {"columns": {"label": of("text"), "amount": of("money")}},
    }
    options = known.get(name, {})
    return of(name, **options)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("empty", [None, "", "   ", f"{NB}\t"])
def test_an_empty_value_is_none_in_every_type(name: str, empty: Native) -> None:
    kind = _any_type(name)
    assert kind.parse(empty) is None
    assert kind.native(None) is None
    assert kind.key(None) is None
    assert kind.show(None) == ""


@pytest.mark.parametrize("name", sorted(set(TYPES) - {"text", "list"}))
def test_a_page_of_text_in_a_short_field_is_refused_at_once(name: str) -> None:
    with pytest.raises(Unreadable, match="40000 characters long"):
        _any_type(name).parse("01 " * 13_333 + "1")


def test_a_page_of_text_is_text() -> None:
    assert of("text").parse("a" * 40_000) == "a" * 40_000


SHOWN = [
    ("phone", "+33145678901", "01 45 67 89 01", "01 45 67 89 01"),
    ("money", "1250.00", f"1{NNB}250,00", "1,250.00"),
    ("date", "2026-01-31", "31/01/2026", "2026-01-31"),
    ("country", "DE", "Allemagne", "Germany"),
    ("boolean", False, "non", "no"),
    ("siret", "73282932000074", "732 829 320 00074", "732 829 320 00074"),
]


@pytest.mark.parametrize(("name", "value", "french", "english"), SHOWN)
def test_a_value_is_shown_in_the_readers_language(name: str, value: Any, french: str, english: str) -> None:
    assert of(name).show(value, "fr") == french
    assert of(name).show(value, "en") == english


def test_a_choice_is_known_by_its_code_and_by_every_label() -> None:
    status = of("choice", values=CHOICES)
    assert [status.parse(word) for word in ("a", "Actif", "ACTIVE", "clos")] == ["a", "a", "a", "c"]
    assert status.native("c", "Actif") == "Clos"
    assert status.native("c", "Active") == "Closed"
    assert status.native("c") == "c"
    assert status.show("a", "en") == "Active"
    with pytest.raises(Unreadable, match="did you mean 'actif'"):
        status.parse("Actiff")


def test_a_list_is_written_as_text_only_if_it_can_be_taken_apart_again() -> None:
    tags = of("list")
    assert tags.native(["a", "b"], "x; y") == "a; b"
    with pytest.raises(Unwritable, match="taken apart again"):
        tags.native(["Orléans, centre"], "x; y")
    assert tags.formatted(";").native(["Orléans, centre", "Tours"]) == "Orléans, centre;Tours"


def test_two_choices_with_one_name_are_refused() -> None:
    with pytest.raises(BadOption, match="share the name"):
        of("choice", values={"a": {"fr": "Actif"}, "b": {"fr": "actif"}})


STYLES = [
    ("phone", "+33198765432", "01.45.67.89.01", "01.98.76.54.32"),
    ("phone", "+33198765432", "0145678901", "0198765432"),
    ("phone", "+33198765432", "+33 1 45 67 89 01", "+33 1 98 76 54 32"),
    ("phone", "+33198765432", "+33145678901", "+33198765432"),
    ("phone", "+3225551212", "01 45 67 89 01", "+32 2 555 12 12"),
    ("date", "2026-02-01", "31/01/2026", "01/02/2026"),
    ("date", "2026-02-01", "31.01.2026", "01.02.2026"),
    ("date", "2026-02-01", "20260131", "20260201"),
    ("money", "1300.50", "1 250,00", "1300,50"),
    ("money", "1300.50", 1250.0, 1300.5),
    ("boolean", False, "Oui", "Non"),
    ("boolean", True, "N", "O"),
    ("boolean", True, "FAUX", "VRAI"),
    ("boolean", True, 0, 1),
    ("country", "DE", "France", "Allemagne"),
    ("country", "DE", "Spain", "Germany"),
    ("country", "DE", "FR", "DE"),
    ("datetime", "2026-02-01T10:00:00Z", "2026-01-31T08:00:00", "2026-02-01T10:00:00"),
    ("datetime", "2026-02-01T10:00:00Z", "2026-01-31 08:00:00", "2026-02-01 10:00:00"),
]


@pytest.mark.parametrize(("name", "value", "like", "written"), STYLES)
def test_a_new_value_is_written_in_the_style_of_the_old_one(
    name: str, value: Any, like: Native, written: Native
) -> None:
    assert of(name).native(value, like) == written


FORMATS = [
    ("phone", "national", "+33145678901", "01 45 67 89 01"),
    ("phone", "international", "+33145678901", "+33 1 45 67 89 01"),
    ("phone", "e164", "+33145678901", "+33145678901"),
    ("phone", "e164", "+33145678901;ext=12", "+33145678901 poste 12"),
    ("phone", "national", "+596596123456", "05 96 12 34 56"),
    ("phone", "national", "+3225551212", "+32 2 555 12 12"),
    ("date", "%d%m%y", "2026-01-31", "310126"),
    ("date", "%Y%m%d", "2026-01-31", "20260131"),
    ("datetime", "%d/%m/%Y %H:%M:%S", "2026-01-31T10:20:30Z", "31/01/2026 10:20:30"),
    ("money", "comma", "1250.00", "1250,00"),
    ("money", "point", "1250.00", "1250.00"),
    ("number", "comma", "1.125", "1,1250"),
    ("boolean", "Oui/Non", False, "Non"),
    ("boolean", "Actif/Sommeil", False, "Sommeil"),
    ("country", "fr", "DE", "Allemagne"),
    ("list", "; ", ["a", "b"], "a; b"),
]


@pytest.mark.parametrize(("name", "pattern", "value", "written"), FORMATS)
def test_a_format_writes_and_reads_back(name: str, pattern: str, value: Any, written: Native) -> None:
    kind = of(name).formatted(pattern)
    assert kind.native(value) == written
    assert kind.parse(written) == value


@pytest.mark.parametrize(
    ("name", "pattern", "reason"),
    [
        ("date", "%d/%m", "%Y is missing"),
        ("date", "%d/%m/%Y %H", "%H is not known"),
        ("date", "%d/%d/%Y", "stands twice"),
        ("phone", "beautiful", "no format 'beautiful'; it knows national"),
        ("text", "upper", "no format"),
        ("boolean", "oui", "no format"),
        ("boolean", "oui/OUI", "no format"),
        ("list", " ", "visible character"),
    ],
)
def test_a_format_that_cannot_be_read_back_is_refused(name: str, pattern: str, reason: str) -> None:
    with pytest.raises(BadOption, match=reason):
        of(name).formatted(pattern)


def test_moments_without_a_zone_are_read_on_the_clocks_of_their_system() -> None:
    paris = of("datetime", timezone="Europe/Paris")
    assert paris.parse("2026-07-01 10:00:00") == "2026-07-01T08:00:00Z"
    assert paris.parse("2026-01-01 10:00:00") == "2026-01-01T09:00:00Z"
    assert paris.native("2026-07-01T08:00:00Z", "2026-01-01 10:00:00") == "2026-07-01 10:00:00"
    assert paris.native("2026-07-01T08:00:00Z", "2026-01-01T10:00:00+01:00") == "2026-07-01T10:00:00+02:00"


@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))
@example(datetime(2026, 10, 25, 0, 30))
@example(datetime(2026, 10, 25, 1, 30))
def test_a_moment_survives_the_change_of_clocks(moment: datetime) -> None:
    paris = of("datetime", timezone="Europe/Paris")
    value = f"{moment:%Y-%m-%dT%H:%M:%S}Z"
    assert paris.parse(paris.native(value)) == value
    assert paris.parse(paris.native(value, "2026-01-01T00:00:00+01:00")) == value


@settings(max_examples=200, deadline=None)
@given(st.from_regex(r"[0-9]{14}", fullmatch=True))
@example("73282932000074")
@example("35600000049837")
def test_a_siret_is_accepted_exactly_where_the_public_rule_accepts_it(number: str) -> None:
    try:
        accepted = of("siret").parse(number) == number
    except Unreadable:
        accepted = False
    assert accepted == (stdnum_siret.is_valid(number) and number != "0" * 14)


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("ref", {}, "needs `entity`"),
        ("choice", {}, "needs `values`"),
        ("phone", {"region": "XX"}, "not a country code"),
        ("datetime", {"timezone": "Europe/Pariss"}, "not a time zone"),
        ("money", {"decimals": 9}, "0 to 6 decimals"),
        ("siret", {"region": "FR"}, "does not take `region`"),
        ("list", {"of": "ref"}, "needs `entity`"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(name: str, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadOption, match=reason):
        make_type(name, **options)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Société Électrique d'Orléans", "SOCIETE ELECTRIQUE D ORLEANS"),
        ("Œuvre & Cie", "oeuvre cie"),
        ("Dupont-Martin", "dupont  martin"),
        ("Straße", "STRASSE"),
    ],
)
def test_matching_does_not_mind_case_accents_and_punctuation(one: str, other: str) -> None:
    assert of("text").key(one) == of("text").key(other) is not None


def test_a_name_of_punctuation_alone_has_no_key() -> None:
    assert of("text").key("--- . ---") is None


NATIVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.lists(st.one_of(st.text(max_size=5), st.integers())),
    st.from_regex(r"[0-9 +().,/-]{1,20}", fullmatch=True),
    st.from_regex(r"[0-3]?[0-9][/.-][01]?[0-9][/.-][0-9]{2,4}( [0-9]{2}:[0-9]{2})?", fullmatch=True),
    st.sampled_from([row[1] for row in READ] + [row[1] for row in REFUSED]),
)


@settings(max_examples=300, deadline=None)
@given(native=NATIVES, like=NATIVES, name=st.sampled_from(sorted(TYPES)))
@example(native="1er mars 2026", like="31/01/2026", name="date")
@example(native=0.125, like="0,5", name="number")
@example(native="007", like=7, name="ref")
def test_whatever_is_read_is_written_so_that_it_reads_the_same(
    native: Native, like: Native, name: str
) -> None:
    kind = _any_type(name)
    try:
        value = kind.parse(native)
    except Unreadable:
        return
    try:
        assert kind.parse(kind.native(value, like)) == value
    except Unwritable:
        assert isinstance(value, list)
    assert kind.parse(kind.native(value)) == value
    assert kind.parse(value) == value
    assert isinstance(kind.show(value), str)
    key = kind.key(value)
    assert key is None or key == kind.key(kind.parse(value))


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
