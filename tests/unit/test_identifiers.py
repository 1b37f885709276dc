"""Numbers with check digits: what one wrong digit, one swap or one missing character does to them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from schwifty import IBAN
from stdnum import iban as stdnum_iban
from stdnum import luhn
from stdnum.fr import siret as stdnum_siret
from stdnum.fr import tva as stdnum_tva

from hub.values import Unreadable, make_type
from tests.tally import tally

LA_POSTE = "356000000"
DIGITS = "0123456789"


def accepts(name: str, text: str) -> bool:
    try:
        return make_type(name).parse(text) == text
    except Unreadable:
        return False


def completed(head: str) -> str:
    """These digits with the last one that satisfies Luhn's rule."""
    return next(head + last for last in DIGITS if luhn.is_valid(head + last))


SIRENS = st.text(DIGITS, min_size=8, max_size=8).map(completed).filter(lambda n: n != "0" * 9)
SIRETS = st.builds(lambda siren, nic: completed(siren + nic), SIRENS, st.text(DIGITS, min_size=4, max_size=4))
RIBS = st.builds(
    lambda bank, branch, account: _rib(bank + branch + account),
    *(st.text(DIGITS, min_size=n, max_size=n) for n in (5, 5, 11)),
)


def _rib(head: str) -> str:
    """A French IBAN of this bank, branch and account, made by the public rules of RIB and ISO 7064."""
    bban = head + f"{97 - int(head) * 100 % 97:02}"
    number = int("".join(str(int(c, 36)) for c in bban + "FR00"))
    return f"FR{98 - number % 97:02}{bban}"


@settings(max_examples=150, deadline=None)
@given(number=st.one_of(SIRENS, SIRETS), at=st.integers(0, 13), to=st.sampled_from(DIGITS))
@example(number="73282932000074", at=13, to="5")
def test_one_mistyped_digit_is_always_noticed(number: str, at: int, to: str) -> None:
    name = "siren" if len(number) == 9 else "siret"
    at %= len(number)
    assume(number[at] != to and not number.startswith(LA_POSTE))
    assert accepts(name, number)
    tally("bad inputs tried")
    assert not accepts(name, number[:at] + to + number[at + 1 :])


@settings(max_examples=150, deadline=None)
@given(number=RIBS, at=st.integers(2, 26), to=st.sampled_from(DIGITS))
@example(number="FR7630006000011234567890189", at=26, to="8")
def test_one_mistyped_digit_of_an_iban_is_always_noticed(number: str, at: int, to: str) -> None:
    assume(number[at] != to)
    assert accepts("iban", number)
    tally("bad inputs tried")
    assert not accepts("iban", number[:at] + to + number[at + 1 :])


@settings(max_examples=150, deadline=None)
@given(number=st.one_of(RIBS, SIRETS), at=st.integers(2, 25))
def test_two_digits_swapped_are_noticed(number: str, at: int) -> None:
    """Luhn's rule misses one swap, that of 0 and 9: what it accepts then is what the public rule accepts."""
    at %= len(number) - 1
    pair = number[at : at + 2]
    assume(pair[0] != pair[1] and pair.isdecimal())
    swapped = number[:at] + pair[::-1] + number[at + 2 :]
    if number.startswith("FR"):
        assert not accepts("iban", swapped)
    else:
        assert accepts("siret", swapped) == stdnum_siret.is_valid(swapped)
        assert not accepts("siret", swapped) or set(pair) == {"0", "9"} or number.startswith(LA_POSTE)


@settings(max_examples=200, deadline=None)
@given(st.text(DIGITS, min_size=5, max_size=5))
@example("00048")
@example("49837")
@example("00000")
def test_an_establishment_of_la_poste_is_known_by_its_own_rule(nic: str) -> None:
    """Its SIRETs add up to a multiple of five; that of its seat satisfies Luhn's rule as well."""
    number = LA_POSTE + nic
    assert accepts("siret", number) == (sum(map(int, number)) % 5 == 0 or number == "35600000000048")
    assert accepts("siret", number) == stdnum_siret.is_valid(number)


def test_the_rule_of_la_poste_is_for_la_poste_alone() -> None:
    other = "73282932000010"
    assert sum(map(int, other)) % 5 != 0 or not stdnum_siret.is_valid(other)
    fives = next(n for n in (f"732829320{nic:05}" for nic in range(10**5)) if sum(map(int, n)) % 5 == 0
                 and not luhn.is_valid(n))  # fmt: skip
    assert not accepts("siret", fives)


@settings(max_examples=150, deadline=None)
@given(SIRENS)
def test_the_vat_number_of_a_siren_is_accepted_and_its_neighbour_is_not(siren: str) -> None:
    key = (12 + 3 * (int(siren) % 97)) % 97
    number = f"FR{key:02}{siren}"
    assert accepts("vat", number)
    assert stdnum_tva.is_valid(number)
    tally("bad inputs tried")
    assert not accepts("vat", f"FR{(key + 1) % 97:02}{siren}")


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        RIBS, st.sampled_from(["BE71096123456769", "DE89370400440532013000", "ES9121000418450200051332"])
    )
)
def test_two_libraries_agree_on_what_is_an_iban(number: str) -> None:
    assert accepts("iban", number)
    assert stdnum_iban.is_valid(number)
    assert not accepts("iban", number[:-1])


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("FR76 3000 6000 0112 3456 7890 188", "its check digits are wrong"),
        ("FR06 3000 6000 0112 3456 7890 188", "key .in France, of the RIB. is not"),
        ("FR76 3000 6000 0112 3456 789", "it has 23 characters, in FR it must have 27"),
        ("XX76 3000 6000 0112 3456 7890 189", "'XX' is no country that has IBANs"),
        ("30006 00001 12345678901 89", "it must begin with its country"),
        ("FR76 3000 6000 0112 3456 7890 18é", "a character that no IBAN has"),
        ("FR76 3000 6000 0112 3456 7890 1٨9", "a character that no IBAN has"),
        ("FR76 X000 6000 0112 3456 7890 189", "a letter stands where an IBAN of FR has a digit"),
    ],
)  # fmt: skip
def test_an_iban_is_refused_in_words_that_say_what_to_look_at(number: str, reason: str) -> None:
    tally("bad inputs tried")
    with pytest.raises(Unreadable, match=f"is not a valid IBAN: .*{reason}"):
        make_type("iban").parse(number)


def test_an_iban_may_be_pasted_with_its_name_before_it() -> None:
    assert (
        make_type("iban").parse("IBAN : FR76 3000 6000 0112 3456 7890 189") == "FR7630006000011234567890189"
    )


def test_what_banks_of_germany_do_with_their_own_keys_is_theirs() -> None:
    """Their rule depends on the bank, and on a list of banks that changes every quarter."""
    number = str(IBAN.from_bban("DE", "370400440532013009"))
    assert accepts("iban", number)


def test_no_iban_library_is_loaded_before_an_iban_is_read() -> None:
    program = "import sys, hub.values, hub.mapping, connectors.assembly; print('schwifty' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
