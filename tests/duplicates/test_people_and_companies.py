"""French companies and people, case by case: what is one, what is two, and what a person is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.duplicates import text
from hub.duplicates.candidates import Candidates
from hub.duplicates.comparisons import BY_NAME
from hub.duplicates.features import finish, plain_row
from hub.duplicates.rules import PLACE
from hub.duplicates.scoring import Scorer
from hub.duplicates.verdicts import against, may_link_itself
from tests.duplicates.bases import Run, french, run


@pytest.fixture(scope="module")
def company() -> Run:
    found, _ = french(1500)
    return run(found)


def probability(known: Run, a: dict[str, str], b: dict[str, str]) -> float:
    words = known.base.weights.words
    rows = [finish(plain_row(one), words) for one in (a, b)]
    return known.scorer(*rows).probability


FIRM = {"name": "Scierie Valdebrac", "street": "12 boulevard Saint-Michel", "postcode": "38000",
        "town": "Grenoble", "phone": "0465710911", "email": "contact@valdebrac.example.fr",
        "siret": "90000001900019"}  # fmt: skip
ANNA = {"given": "Anne-Marie", "family": "Orvalgnac", "birth": "1970-05-17", "street": "3 rue de Verdun",
        "postcode": "38000", "town": "Grenoble", "phone": "0465710912"}  # fmt: skip
WHOLE = {"given": "", "family": ""}
"""A person whose names stand in one field."""


@pytest.mark.parametrize(
    "other",
    [
        {**FIRM, "name": "SCIERIE VALDEBRAC SARL", "street": "12 BD ST MICHEL", "siret": ""},
        {
            **FIRM,
            "name": "S.A.R.L. Scierie Valdebrac",
            "phone": "+33 4 65 71 09 11",
            "town": "GRENOBLE CEDEX 2",
        },
        {**FIRM, "name": "Valdebrac scierie", "email": "", "siret": "900 000 019 00019"},
        {**FIRM, "name": "Scierie Valdebarc", "siret": ""},
    ],
)
def test_one_company_however_it_is_written(company: Run, other: dict[str, str]) -> None:
    assert probability(company, FIRM, other) > 0.99


def test_two_sites_of_one_company_are_apart(company: Run) -> None:
    site = {**FIRM, "siret": "90000001900027", "street": "4 quai du Drac", "postcode": "69001",
            "town": "Lyon", "phone": "0199000913"}  # fmt: skip
    assert probability(company, FIRM, site) < 0.02


def test_two_registrations_are_never_linked_by_themselves_whatever_else_agrees(company: Run) -> None:
    other = {**FIRM, "siret": "90000001900027"}
    words = company.base.weights.words
    a, b = (finish(plain_row(one), words) for one in (FIRM, other))
    assert not may_link_itself(a, b, company.scorer)


@pytest.mark.parametrize(
    "other",
    [
        {**ANNA, "given": "ORVALGNAC", "family": "ANNE MARIE"},
        {**ANNA, "given": "A."},
        {**ANNA, "birth": "17/05/1970", "street": "3, r. de Verdun"},
        {**ANNA, "birth": "1970-05-71"},
        {**ANNA, "family": "Montroche"},
    ],
    ids=["swapped", "initial", "other date format", "typed date", "married name"],
)
def test_one_person_however_they_are_written(company: Run, other: dict[str, str]) -> None:
    assert probability(company, ANNA, other) > 0.9


def test_people_of_one_home_are_apart_though_name_address_and_telephone_are_one(company: Run) -> None:
    assert probability(company, ANNA, {**ANNA, "given": "Hugo", "birth": "1969-11-02"}) < 0.01
    assert probability(company, ANNA, {**ANNA, "birth": "1994-11-02"}) < 0.99


def test_an_accountant_s_address_on_forty_customers_links_none_of_them() -> None:
    found = [
        {"name": f"{trade} {name}", "email": "compta@example.fr", "town": town, "postcode": code}
        for trade, town, code in (("Garage", "Grenoble", "38000"), ("Scierie", "Lyon", "69001"))
        for name in ("Orva", "Belca", "Tanlu", "Rocvi", "Marné", "Faupé", "Cassi", "Vilra", "Brugu", "Dorfo",
                     "Norté", "Lausi", "Monza", "Sauvé", "Égali", "Prébo", "Ysera", "Hauto", "Clera", "Graba")
    ]  # fmt: skip
    done = run(found)
    assert done.outcome.linked.groups == ()


def test_a_new_record_finds_its_own_with_the_base_s_score(company: Run) -> None:
    index = Candidates(company.base.rows, company.base.weights)
    for pair in company.pairs[:200]:
        found = {one.place: one.scored for one in index.find(company.base.rows[pair.left])}
        assert abs(found[pair.right].score - pair.score) < 1e-9
    place = index.add(index.row(FIRM))
    assert index.find(index.row({**FIRM, "name": "SARL Valdebrac"}))[0].place == place


def test_an_explanation_shows_both_values_the_level_and_how_rare_the_value_is(company: Run) -> None:
    words = company.base.weights.words
    rows = [finish(plain_row(one), words) for one in (ANNA, {**ANNA, "family": "Martin", "town": ""})]
    reasons = {one.comparison: one for one in company.scorer.explain(*rows)}
    assert (reasons["family"].left, reasons["family"].right) == ("orvalgnac", "martin")
    assert reasons["family"].level == "differs"
    assert reasons["family"].bits < 0
    assert reasons["birth"].level == "same"
    assert reasons["birth"].bits > 5
    assert reasons["given"].found_in is not None
    total = company.scorer.prior + sum(one.bits for one in reasons.values())
    assert total == pytest.approx(company.scorer(*rows).score)


def test_a_rare_name_says_more_than_a_frequent_one(company: Run) -> None:
    frequent = max(company.base.weights.rarity["family"].counts.items(), key=lambda one: one[1])[0]
    often = probability(
        company, {**ANNA, "family": frequent, "birth": ""}, {"given": "Anne-Marie", "family": frequent}
    )
    seldom = probability(company, {**ANNA, "birth": ""}, {"given": "Anne-Marie", "family": "Orvalgnac"})
    assert seldom > often


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Copropriété Les Lilas 12", "Copropriété Les Lilas 14"),
        ("CLIENT 7", "CLIENT 8"),
        ("Lot 3 Valbrune", "Lot 31 Valbrune"),
    ],
)
def test_a_number_in_a_name_is_no_slip_of_the_pen(company: Run, one: str, other: str) -> None:
    words = company.base.weights.words
    a, b = (finish(plain_row({"name": name, "town": "Lyon"}), words) for name in (one, other))
    place = company.base.weights.used.index("name")
    label = BY_NAME["name"].levels[company.scorer(a, b).levels[place]].label
    assert label in ("half of the words", "differs")
    assert not may_link_itself(a, b, company.scorer)


@pytest.mark.parametrize(
    ("columns", "strangers"),
    [(("name", "email"), "site"), (("given", "family", "street", "town", "phone"), "namesake")],
)
def test_in_a_base_that_could_not_tell_strangers_apart_nobody_is_linked_by_himself(
    columns: tuple[str, ...], strangers: str
) -> None:
    found = run([{name: one[name] for name in columns if one.get(name)} for one in french(200)[0]])
    rows = [row for row in found.base.rows if all(row[PLACE[name]] for name in columns)]
    assert strangers in against(rows[0], rows[0], found.scorer)


def test_legal_forms_and_abbreviations_are_one() -> None:
    for written in (
        "S.A.R.L. Dupont & Fils",
        "DUPONT et fils SARL",
        "dupont fils",
        "Dupont & Fils, S.à r.l.",
    ):
        assert text.company(written)[0] == "dupont fils", written
    assert text.street("12 bis, Bd St-Michel") == ("12b", "boulevard saint michel")
    assert text.town("ST-ÉTIENNE CEDEX 2") == "saint etienne"
    assert text.company("SA")[0] == "sa"


def test_weights_of_another_base_are_not_needed_to_begin(company: Run) -> None:
    bare = Scorer(replace(company.base.weights, rarity={}))
    words = company.base.weights.words
    row = finish(plain_row(FIRM), words)
    assert bare(row, row).probability > 0.999


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"given": "Orvalgnac", "family": "Hugo"}, {"given": "Orvalgnac", "family": "Zoé"}),
        ({"given": "Hugo"}, {"given": "Zoé"}),
        ({**WHOLE, "name": "Stéphane Orvalgnac"}, {**WHOLE, "name": "Stéphanie Orvalgnac"}),
        ({**WHOLE, "name": "Pierre Orvalgnac"}, {**WHOLE, "name": "Jean-Pierre Orvalgnac"}),
    ],
    ids=["first and last name swapped in both", "brother and sister", "a letter apart", "a word more"],
)  # fmt: skip
def test_two_of_one_home_whose_names_agree_in_part_are_never_linked_by_themselves(
    company: Run, one: dict[str, str], other: dict[str, str]
) -> None:
    home = {**ANNA, "birth": ""}
    words = company.base.weights.words
    a, b = (finish(plain_row({**home, **who}), words) for who in (one, other))
    assert not may_link_itself(a, b, company.scorer)
    for twins in ({"birth": "1970-05-17", "email": ""}, {"email": "famille@orvalgnac.example.fr"}):
        if one.get("given") == other.get("given") and "given" in one:
            continue  # entered with the family's name for a first name: like one who married
        a, b = (finish(plain_row({**home, **who, **twins}), words) for who in (one, other))
        assert not may_link_itself(a, b, company.scorer), twins
    own = {"birth": "1970-05-17", "email": "a.orvalgnac@orvalgnac.example.fr"}
    a, b = (finish(plain_row({**home, **who, **own}), words) for who in (one, other))
    assert may_link_itself(a, b, company.scorer)
