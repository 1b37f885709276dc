"""Amounts of money in French sentences: which number is meant, before or after tax, for which period.

Promises: `1 250,00 € HT, soit 1 500,00 € TTC` gives the one that is asked for; `120 à 150 €`, `2 x 125 €`,
`12 50,00` and an amount of another period than the field's are refused in words; an amount told in digits and
in words must be the same in both. Never: adds or takes off a tax, or multiplies months to a year. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from hub.values import Unreadable, clean, make_type
from hub.values.french.words import fold, numbers_of, words_of

Tax: TypeAlias = Literal["HT", "TTC"]

_MONEY = make_type("money")
_BLOB = re.compile(r"(?<![\w.,])[+-]?\d(?:[\d .,']*\d)?")
_TAX = r"(?:(?P<ht>h\.? ?t\.?(?!\w)|hors[- ]taxes?\b)|(?P<ttc>t\.? ?t\.? ?c\.?(?!\w)|toutes taxes comprises))"
_AFTER = re.compile(rf" ?(?P<euro>€|euros?\b|eur\b)? ?\(?{_TAX}?\)?")
_BEFORE = re.compile(rf"{_TAX}[ :=(]*(?:€ ?)?$")
_EURO_BEFORE = re.compile(r"€ ?$")
_JOINED = re.compile(r"(?:^|(?<=[\d€ ])) ?(?:a|x|-|ou|/|\*|et) ?$")
_CENTS = re.compile(r" ?\d{1,2}(?!\d)(?! ?(?:%|[a-z]))")
_PER = re.compile(
    r"^[^.;\d]{0,20}?(?:/|\bpar|\bchaque|\bdu|\bpour un|\bau) ?"
    r"(an|annee|mois|trimestre|semestre|visite|passage|heure|jour|intervention|appareil|unite)s?\b"
    r"|^[ ,(]*(mensuel|trimestriel|semestriel|annuel)"
)
_PERIOD = {"an": "year", "annee": "year", "annuel": "year", "mois": "month", "mensuel": "month",
           "trimestre": "quarter", "trimestriel": "quarter", "semestre": "half-year",
           "semestriel": "half-year", "visite": "visit", "passage": "visit", "intervention": "visit",
           "heure": "hour"}  # fmt: skip
_VAT = re.compile(r"(?<!hors )\btva\b[^.;€]{0,25}$")


class Amount(NamedTuple):
    """One amount of a sentence: canonical, as written, its tax and period if they are said."""

    value: str
    written: str
    tax: str | None
    per: str | None
    marked: bool
    in_words: bool


def amount(text: str, tax: str | None, per: str = "year") -> str:
    """The amount of a phrase as the hub has money (``1250.00``). Raises `Unreadable`.

    `tax` (HT or TTC) is the one that is wanted; ``None`` takes any. `per` is the period the field is for.
    """
    line = clean(text)
    folded = fold(line)
    if re.fullmatch(r"\([\d .,']+\)", folded):
        raise Unreadable(f"'{line}' stands in brackets: a negative amount, or a remark; write it plainly")
    found = [*_in_digits(line, folded), *_in_words(line, folded)]
    found = [one for one in found if one.marked] or [one for one in found if not one.in_words]
    found = _of_tax(found, tax, line)
    found = _of_period(found, per)
    distinct: dict[str, str] = {}
    for one in found:
        distinct.setdefault(one.value, one.written)
    if not distinct:
        raise Unreadable(f"'{_short(line)}' holds no amount")
    if len(distinct) > 1:
        raise Unreadable(f"several amounts stand here: {', '.join(distinct.values())}")
    return next(iter(distinct))


def marked(text: str) -> list[str]:
    """Everything in a phrase that is written as money, as it is written. Raises `Unreadable`."""
    line = clean(text)
    folded = fold(line)
    return [one.written for one in (*_in_digits(line, folded), *_in_words(line, folded)) if one.marked]


def _of_tax(found: list[Amount], tax: str | None, line: str) -> list[Amount]:
    if tax is None:
        taxes = {one.tax for one in found}
        if len({one.value for one in found}) > 1 and len(taxes) > 1:
            raise Unreadable(
                f"'{_short(line)}' tells amounts with and without tax; say which: tax: HT or TTC"
            )
        return found
    wanted = [one for one in found if one.tax == tax]
    if wanted:
        return wanted
    others = [one for one in found if one.tax is not None]
    if others:
        raise Unreadable(f"{others[0].written} is {others[0].tax}, and the field is {tax}")
    return found


def _of_period(found: list[Amount], per: str) -> list[Amount]:
    fitting = [one for one in found if one.per in (None, per)]
    if found and not fitting:
        raise Unreadable(f"{found[0].written} is per {found[0].per}, and the field is per {per}")
    return fitting


def _in_digits(line: str, folded: str) -> Iterator[Amount]:
    last = 0
    for blob in _BLOB.finditer(folded):
        after = _AFTER.match(folded, blob.end())
        before = _BEFORE.search(folded, last, blob.start())
        rest = folded[after.end() if after else blob.end() :]
        euro = bool(after and after["euro"]) or bool(_EURO_BEFORE.search(folded, 0, blob.start()))
        tax = _tax_of(after) or _tax_of(before)
        gap = folded[last : blob.start()]
        sign = "-" if re.search(r"(?:^|:) ?- $", gap) else ""
        is_joined = last and _JOINED.search(gap) and len(gap) <= 4
        last = after.end() if after else blob.end()
        glued = not euro and rest[:1].isalnum() and not (after and after[0].strip())
        if rest.startswith(("%", " %")) or glued or _VAT.search(folded[: blob.start()]):
            continue
        marked = euro or tax is not None
        if marked and is_joined:
            raise Unreadable(f"'{_short(line)}' holds more than one number where one amount is expected")
        if euro and tax is None and _CENTS.match(rest):
            raise Unreadable(f"'{_short(line)}': are the digits after the euro sign cents? write 1250,50")
        yield _made(sign + line[blob.start() : blob.end()], line[blob.start() : last], tax, rest, marked)


def _made(digits: str, written: str, tax: str | None, rest: str, marked: bool) -> Amount:
    return Amount(str(_MONEY.parse(digits)), written.strip(" ()"), tax, _period_of(rest), marked, False)


def _in_words(line: str, folded: str) -> Iterator[Amount]:
    for number, _ in numbers_of(words_of(folded)).values():
        after = _AFTER.match(folded, number.end)
        if not number.in_words or after is None or not after["euro"]:
            continue
        rest = folded[after.end() :]
        if re.match(r" ?et (?:\w+[ -]){1,3}(?:centimes?|cents?)\b", rest):
            continue
        written = line[number.start : after.end()].strip(" ()")
        yield Amount(f"{number.value}.00", written, _tax_of(after), _period_of(rest), True, True)


def _tax_of(found: re.Match[str] | None) -> str | None:
    if found is None:
        return None
    return "HT" if found["ht"] else "TTC" if found["ttc"] else None


def _period_of(rest: str) -> str | None:
    found = _PER.match(rest)
    if found is None:
        return None
    word = found[1] or found[2]
    return _PERIOD.get(word, word)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
