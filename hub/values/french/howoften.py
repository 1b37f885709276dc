"""How often, out of French words: `deux visites par an`, `semestrielle`, `2x/an`, `tous les 6 mois`.

The canonical form is ``times/months``: ``2/12`` is twice a year, ``1/24`` every two years; what divides a
year is told per year (every six months is ``2/12``). `bi-annuelle` is twice a year, `bisannuelle` every two
years. An adjective counts where it stands alone or with a word for
a visit; with a word for money or the contract itself (`redevance annuelle`) it says nothing of visits.
`dure une année` says nothing of how often. Pure; raises `Unreadable` rather than choose between two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub.values.base import Unreadable
from hub.values.french.phrases import _short, _told_twice
from hub.values.french.words import fold, numbers_of, words_of

_PERIODS = {"an": 12, "ans": 12, "annee": 12, "annees": 12, "mois": 1, "trimestre": 3, "semestre": 6}
_SHORT_PERIODS = {"semaine": (52, 12), "semaines": (52, 12), "jour": (365, 12), "jours": (365, 12)}
_ADJECTIVES = (
    (r"bi[- ]?hebdomadaires?", (104, 12)),
    (r"hebdomadaires?", (52, 12)),
    (r"bi[- ]?mensuel(?:le)?s?", (24, 12)),
    (r"bi[- ]?mestriel(?:le)?s?", (6, 12)),
    (r"quadri[- ]?mestriel(?:le)?s?", (3, 12)),
    (r"tri[- ]?mestriel(?:le)?s?", (4, 12)),
    (r"semestriel(?:le)?s?", (2, 12)),
    (r"mensuel(?:le)?s?", (12, 12)),
    (r"(?:bi|semi)[- ]?annuel(?:le)?s?", (2, 12)),
    (r"bisannuel(?:le)?s?|biennal(?:e|es|s)?|biennaux", (1, 24)),
    (r"trisannuel(?:le)?s?|triennal(?:e|es|s)?|triennaux", (1, 36)),
    (r"quadriennal(?:e|es|s)?|quadriennaux", (1, 48)),
    (r"quinquennal(?:e|es|s)?|quinquennaux", (1, 60)),
    (r"decennal(?:e|es|s)?|decennaux", (1, 120)),
    (r"annuel(?:le)?s?(?:ment)?", (1, 12)),
)
_ADJECTIVE = re.compile(
    r"(?<![\w])(?:" + "|".join(f"(?P<a{n}>{words})" for n, (words, _) in enumerate(_ADJECTIVES)) + r")(?!\w)"
)
_VISIT = (
    r"(?:visites?|passages?|entretiens?|interventions?|controles?|maintenances?|verifications?|revisions?"
    r"|inspections?|nettoyages?|ramonages?|releves?|prestations?|deplacements?|fois|operations?|tournees?)"
)
_ABOUT_VISITS = re.compile(rf"\b(?:{_VISIT}|periodicite|frequence|rythme|recurrence)\b")
_ABOUT_ELSE = re.compile(
    r"\b(?:redevances?|montants?|prix|tarifs?|forfaits?|abonnements?|factur\w*|contrats?|duree|loyers?|couts?"
    r"|paiements?|regle\w*|reglements?|echeances?|periodes?|primes?|revalorisations?|indexations?|revise\w*"
    r"|bilans?|rapports?|conges?|euros?|eur|h\.?t|t\.?t\.?c)\b|€"
)
_COUNTED = re.compile(
    rf"(?<![\d.,/])(\d+) ?(?:x|{_VISIT}(?: (?!par\b|l'|chaque\b|tou)[a-z'-]+){{0,4}})? ?"
    r"(?:/|par|chaque|dans l'|de l'|l'|a l') ?(an|annee|mois|trimestre|semestre|semaine|jour)\b"
)
_EVERY = re.compile(
    r"\btou(?:te)?s les (?:(\d+) )?(ans?|annees?|mois|trimestres?|semestres?|semaines?|jours?)\b"
)
_EACH = re.compile(r"\b(?:chaque|(?<!fois )par) (an|annee|mois|trimestre|semestre|semaine|jour)\b")
_ONE_IN = re.compile(r"\b1 (?:an|annee|fois) sur (\d+)\b")
_NUMBERED = re.compile(rf"(?<![\d.,])(\d+) (?:{_VISIT}) (?:[a-z'-]+ ){{0,3}}$")


def periodicity(text: str, per_months: int | None = None) -> str:
    """How often, as ``times/months``. `per_months` is what a bare number counts in, where the field says so.

    Raises `Unreadable` for none, or for two that differ.
    """
    folded = re.sub(r"\s+", " ", _in_digits(_told_twice(fold(text)))).strip()
    bare = re.fullmatch(rf"(\d+) ?(?:x|{_VISIT})?", folded)
    if bare:
        return _bare(int(bare[1]), per_months, text)
    found = dict.fromkeys(_told(times, months) for times, months in _readings(folded, text))
    if not found:
        raise Unreadable(f"'{_short(text)}' does not say how often (deux visites par an, semestrielle …)")
    if len(found) > 1:
        raise Unreadable(f"'{_short(text)}' says how often in two ways: {', '.join(map(in_words, found))}")
    return next(iter(found))


def _bare(times: int, per_months: int | None, text: str) -> str:
    if per_months is None:
        raise Unreadable(f"'{_short(text)}' says how many, not how often; write deux visites par an")
    if not times:
        raise Unreadable(f"'{_short(text)}' is no frequency")
    return _told(times, per_months)


def _readings(folded: str, text: str) -> Iterator[tuple[int, int]]:
    rest = folded
    for found in _ONE_IN.finditer(folded):
        yield 1, 12 * int(found[1])
    rest = _ONE_IN.sub(" ", rest)
    for found in _COUNTED.finditer(rest):
        yield _scaled(int(found[1]), 1, found[2], text)
    rest = _COUNTED.sub(" ", rest)
    for found in _EVERY.finditer(rest):
        yield _scaled(_times_before(rest, found.start(), text), int(found[1] or 1), found[2], text)
    rest = _EVERY.sub(" ", rest)
    for found in _EACH.finditer(rest):
        if _is_of_visits(rest, found.start()):
            yield _scaled(_times_before(rest, found.start(), text), 1, found[1], text)
    for found in _ADJECTIVE.finditer(rest):
        if not _is_of_visits(rest, found.start()):
            continue
        times, months = _ADJECTIVES[int((found.lastgroup or "a0")[1:])][1]
        count = _times_before(rest, found.start(), text)
        if count > 1 and (times, months) != (1, 12):
            raise Unreadable(f"'{_short(text)}' can mean {count} in each period or {count} in all")
        yield times * count, months


def _times_before(folded: str, at: int, text: str) -> int:
    found = _NUMBERED.search(folded[:at])
    count = int(found[1]) if found else 1
    if not count:
        raise Unreadable(f"'{_short(text)}' is no frequency")
    return count


def _is_of_visits(folded: str, at: int) -> bool:
    """Whether what is said at this place is said of visits: by the nearest word before it that tells."""
    clause = re.split(r"[.;:!?\n]", folded[:at])[-1]
    visits = [found.start() for found in _ABOUT_VISITS.finditer(clause)]
    others = [found.start() for found in _ABOUT_ELSE.finditer(clause)]
    if others and (not visits or others[-1] > visits[-1]):
        return False
    if visits:
        return True
    # Standing alone in its field, an adjective needs no noun: "semestrielle", "Fréquence : annuelle".
    alone = [word.text for word in words_of(clause)]
    return len(alone) <= 2 and len(words_of(folded)) <= 6 and not any(word.isdecimal() for word in alone)


def _scaled(times: int, every: int, unit: str, text: str) -> tuple[int, int]:
    if not times or not every:
        raise Unreadable(f"'{_short(text)}' is no frequency")
    if unit in _SHORT_PERIODS:
        in_year, months = _SHORT_PERIODS[unit]
        if every > 1 and in_year % every:
            days = every * (7 if in_year == 52 else 1)
            raise Unreadable(f"every {days} days is no whole number of months; write it in months")
        return times * in_year // every, months
    months = _PERIODS[unit if unit in _PERIODS else unit.rstrip("s")] * every
    return times, months


def _told(times: int, months: int) -> str:
    if months < 12 and 12 % months == 0:
        times, months = times * (12 // months), 12
    while months > 12 and months % 12 == 0 and times % (months // 12) == 0 and times > 1:
        times, months = times // (months // 12), 12
    return f"{times}/{months}"


def _in_digits(folded: str) -> str:
    """The text with its numbers in words written in digits."""
    pieces, last = [], 0
    for number, _ in numbers_of(words_of(folded)).values():
        if number.in_words:
            pieces += [folded[last : number.start], str(number.value)]
            last = number.end
    return "".join([*pieces, folded[last:]])


def in_words(value: str) -> str:
    """``2/12`` for a person: `2 times a year`."""
    times, _, months = value.partition("/")
    if months == "12":
        return "once a year" if times == "1" else f"{times} times a year"
    often = "once" if times == "1" else f"{times} times"
    return (
        f"{often} every {int(months) // 12} years" if int(months) % 12 == 0 else f"{often} in {months} months"
    )
