"""French words: whatever number, day, duration or frequency is written, the same is read back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.values import Unreadable
from hub.values.french.howoften import periodicity
from hub.values.french.phrases import OPEN_ENDED, day, duration, renewal
from hub.values.french.words import fold, number_at, numbers_of, words_of

ONES = ("", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
        "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf")  # fmt: skip
TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 7: "soixante",
        8: "quatre-vingt", 9: "quatre-vingt"}  # fmt: skip
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
          "novembre", "décembre")  # fmt: skip


def below_hundred(number: int) -> str:
    if number < 20:
        return ONES[number]
    tens, rest = divmod(number, 10)
    if tens in (7, 9):
        rest += 10
    if not rest:
        return "quatre-vingts" if tens == 8 else TENS[tens]
    joined = " et " if rest in (1, 11) and tens < 8 else "-"
    return TENS[tens] + joined + ONES[rest]


def below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return below_hundred(rest)
    head = "cent" if hundreds == 1 else f"{ONES[hundreds]} cent{'' if rest else 's'}"
    return f"{head} {below_hundred(rest)}".strip()


def written(number: int) -> str:
    """A number of less than a million, as a Frenchman writes it."""
    thousands, rest = divmod(number, 1000)
    if not number:
        return "zéro"
    head = "" if not thousands else "mille" if thousands == 1 else f"{below_thousand(thousands)} mille"
    return f"{head} {below_thousand(rest)}".strip()


@given(st.integers(0, 999_999))
def test_a_number_written_in_words_is_read_back(number: int) -> None:
    words = [word.text for word in words_of(fold(written(number)))]
    assert number_at(words, 0) == (number, len(words))


@given(st.lists(st.integers(0, 1999), min_size=2, max_size=4))
def test_numbers_that_a_comma_parts_stay_apart(numbers: list[int]) -> None:
    text = " puis ".join(map(written, numbers))
    assert [number.value for number, _ in numbers_of(words_of(fold(text))).values()] == numbers


def test_two_numbers_side_by_side_are_not_added() -> None:
    assert [n.value for n, _ in numbers_of(words_of("deux trois")).values()] == [2, 3]
    assert [n.value for n, _ in numbers_of(words_of("vingt trente")).values()] == [20, 30]
    assert [n.value for n, _ in numbers_of(words_of("soixante dix huit")).values()] == [78]
    assert [n.value for n, _ in numbers_of(words_of("septante et un nonante-neuf")).values()] == [71, 99]


@given(
    st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)),
    st.booleans(),
    st.sampled_from(["", "Fait à Vif, le "]),
)
def test_a_day_written_in_words_is_read_back(when: dt.date, in_words: bool, before: str) -> None:
    number = (
        ("premier" if when.day == 1 else written(when.day))
        if in_words
        else ("1er" if when.day == 1 else when.day)
    )
    year = written(when.year) if in_words else when.year
    assert day(f"{before}{number} {MONTHS[when.month - 1]} {year}.") == when.isoformat()


@given(st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)), st.sampled_from(["/", ".", "-", " / "]))
def test_a_day_in_digits_is_day_month_year(when: dt.date, mark: str) -> None:
    assert day(f"du {when.day:02}{mark}{when.month:02}{mark}{when.year} inclus") == when.isoformat()


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("premier mars deux mille vingt-six", "2026-03-01"),
        ("1er mars 2026", "2026-03-01"),
        ("1ER MARS 2026", "2026-03-01"),
        ("trente et un décembre mil neuf cent quatre-vingt-dix-neuf", "1999-12-31"),
        ("vingt-et-un juin de l'an deux mille vingt", "2020-06-21"),
        ("le 3 août 2025, soit le 03/08/2025", "2025-08-03"),
    ],
)
def test_days_as_contracts_write_them(text: str, iso: str) -> None:
    assert day(text) == iso


@pytest.mark.parametrize(
    "text",
    ["mars 2026", "2026", "01/03/26", "12/25/2024", "31/02/2026", "du 01/01/2026 au 31/12/2026", "15/06",
     "N° 01-02-2026-15", "trente-deux mars 2026", "T1 2025", "10h30"],
)  # fmt: skip
def test_a_partial_impossible_or_doubtful_day_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        day(text)


@given(st.integers(1, 120), st.booleans())
def test_months_in_digits_or_words_are_read_back(months: int, in_words: bool) -> None:
    said = written(months) if in_words else str(months)
    assert duration(f"pour une durée de {said} mois") == f"P{months}M"
    assert duration(f"{written(months)} ({months}) mois renouvelable") == f"P{months}M"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("un an renouvelable par tacite reconduction", "P12M"),
        ("36 mois", "P36M"),
        ("dure une année", "P12M"),
        ("un an et demi", "P18M"),
        ("1 an et 6 mois", "P18M"),
        ("trois ans, renouvelable par périodes d'un an", "P36M"),
        ("d'un an à compter du 1er mars 2026, avec un préavis de trois mois", "P12M"),
        ("90 jours", "P90D"),
        ("durée indéterminée", OPEN_ENDED),
    ],
)
def test_durations_as_contracts_write_them(text: str, length: str) -> None:
    assert duration(text) == length


@pytest.mark.parametrize(
    "text", ["renouvelable", "tous les 6 mois", "3 ans ou 5 ans", "douze (13) mois", "1,5 an", "longtemps"]
)
def test_a_duration_that_is_none_or_two_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        duration(text)


@pytest.mark.parametrize(
    ("text", "often"),
    [
        ("deux visites par an", "2/12"),
        ("semestrielle", "2/12"),
        ("2x/an", "2/12"),
        ("2 x par an", "2/12"),
        ("2 fois l'an", "2/12"),
        ("bi-annuelle", "2/12"),
        ("biannuelle", "2/12"),
        ("bi annuel", "2/12"),
        ("bisannuelle", "1/24"),
        ("biennale", "1/24"),
        ("tous les deux ans", "1/24"),
        ("une année sur deux", "1/24"),
        ("tous les 6 mois", "2/12"),
        ("tous les 18 mois", "1/18"),
        ("mensuel", "12/12"),
        ("bimensuelle", "24/12"),
        ("bimestrielle", "6/12"),
        ("Trimestrielle", "4/12"),
        ("chaque trimestre", "4/12"),
        ("une visite par trimestre", "4/12"),
        ("deux visites annuelles", "2/12"),
        ("deux (2) passages par an", "2/12"),
        ("une visite annuelle, en automne", "1/12"),
        ("Deux visites de maintenance préventive par an", "2/12"),
        ("un entretien par an, facturé annuellement", "1/12"),
        ("toutes les deux semaines", "26/12"),
    ],
)
def test_frequencies_as_contracts_write_them(text: str, often: str) -> None:
    assert periodicity(text) == often


@pytest.mark.parametrize(
    "text",
    ["Le contrat dure une année", "une redevance annuelle de 1 250 €", "1 250 euros par an", "contrat annuel",
     "2", "2 visites", "deux visites semestrielles", "visite semestrielle ou annuelle", "2 heures par an",
     "0 visite par an", "125 € par mois", "sur demande", "deux (3) visites par an"],
)  # fmt: skip
def test_what_says_nothing_certain_of_how_often_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        periodicity(text)


@given(st.integers(1, 24), st.sampled_from(["visite", "passage", "entretien", "fois"]), st.booleans())
def test_a_number_a_year_is_read_back(times: int, noun: str, in_words: bool) -> None:
    said = written(times) if in_words else str(times)
    assert periodicity(f"{said} {noun}{'s' if times > 1 and noun != 'fois' else ''} par an") == f"{times}/12"


def test_a_bare_number_counts_in_the_period_the_field_names() -> None:
    assert periodicity("2", 12) == "2/12"
    assert periodicity("1", 3) == "4/12"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("un an renouvelable par tacite reconduction", "tacit"),
        ("Il se renouvelle automatiquement", "tacit"),
        ("non renouvelable", "none"),
        ("sans tacite reconduction", "none"),
        ("Le contrat n'est pas reconduit tacitement", "none"),
        ("renouvelable par accord exprès des parties", "express"),
    ],
)
def test_renewals_as_contracts_write_them(text: str, said: str) -> None:
    assert renewal(text) == said


@given(st.text(max_size=60))
def test_no_text_at_all_is_more_than_unreadable(text: str) -> None:
    assert all(said(read, text) for read in (day, duration, periodicity, renewal))


def said(read: Callable[[str], str], text: str) -> str:
    """What a text comes to: a value, or a reason."""
    try:
        return read(text)
    except Unreadable as reason:
        return str(reason)


@given(st.text(max_size=60))
def test_folding_keeps_every_letter_at_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)
