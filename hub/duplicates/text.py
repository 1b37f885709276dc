"""Text written one way: no accents, case or punctuation; legal forms, abbreviations and streets as one word.

Promises: pure; ASCII; idempotent (what is written one way stays so). Never: corrects a spelling.
Facts: French addresses after AFNOR NF Z 10-011 (types of way); legal forms after the INSEE list.
"""

from __future__ import annotations

import re
import unicodedata

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_DOTTED = re.compile(r"\b(?:[a-z]\.\s?){2,}(?:[a-z]\b)?")
_SARL = re.compile(r"\bs\.?\s?a\.?\s?r\.\s?l\b\.?")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "’": "'"})

LEGAL_FORMS = frozenset((
    "sarl", "sas", "sasu", "eurl", "sa", "snc", "sci", "scp", "selarl", "scop", "scm", "gie", "ei", "eirl",
    "earl", "gaec", "inc", "incorporated", "corp", "corporation", "ltd", "limited", "llc", "llp", "plc",
    "lp", "gmbh", "ag", "kg", "mbh", "ohg", "bv", "nv", "spa", "srl", "ab", "oy", "oyj", "as", "aps", "kk",
    "sl", "slu", "pty", "co", "company", "cie", "compagnie", "ste", "societe", "aktiengesellschaft",
))  # fmt: skip
_LITTLE = frozenset((
    "the", "of", "and", "et", "de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "aux", "en", "und",
    "der", "die", "das", "van", "et",
))  # fmt: skip
_WORDS = {
    "ets": "etablissements", "etab": "etablissements", "etabl": "etablissements", "ent": "entreprise",
    "st": "saint", "ste": "sainte", "sts": "saints", "bros": "brothers", "intl": "international",
    "univ": "university", "universite": "university", "universitat": "university", "inst": "institute",
    "institut": "institute", "dept": "department", "lab": "laboratory", "labs": "laboratories",
    "mfg": "manufacturing", "mgmt": "management", "tech": "technology", "assoc": "association",
    "gen": "general", "fr": "france", "freres": "freres", "frs": "freres", "svc": "services",
}  # fmt: skip
_WAYS = {
    "bd": "boulevard", "bld": "boulevard", "bvd": "boulevard", "boul": "boulevard", "blvd": "boulevard",
    "av": "avenue", "ave": "avenue", "r": "rue", "pl": "place", "rte": "route", "ch": "chemin",
    "che": "chemin", "chem": "chemin", "imp": "impasse", "all": "allee", "sq": "square", "crs": "cours",
    "fg": "faubourg", "fbg": "faubourg", "qu": "quai", "res": "residence", "bat": "batiment", "ham": "hameau",
    "lot": "lotissement", "za": "zone artisanale", "zi": "zone industrielle", "zac": "zone activite",
    "pass": "passage", "prom": "promenade", "rpt": "rond point", "gal": "general", "mal": "marechal",
    "pdt": "president", "dr": "docteur", "pr": "professeur",
    "st": "saint", "ste": "sainte", "cdt": "commandant",
    "str": "street", "rd": "road", "crt": "court", "cct": "circuit", "cres": "crescent", "pde": "parade",
}  # fmt: skip
_TOWN = {"st": "saint", "ste": "sainte", "sts": "saints", "s": "sur"}
_CEDEX = re.compile(r"\bcedex\b.*$|\b\d{1,2}(?:e|er|eme)?(?: arrondissement)?$")
_NUMBER = re.compile(r"^(?:no?\s+)?(\d{1,6})\s*(bis|ter|quater|[a-f])?\b\s*")


def plain(text: str) -> str:
    """Lower-case ASCII words with one blank between: "  L’Étoile-du Sud " is "l etoile du sud"."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return _NOT_WORD.sub(" ", folded.encode("ascii", "ignore").decode()).strip()


def as_written(text: str) -> str:
    """The text but for its case and blanks: what two people agree on who wrote the very same."""
    folded = unicodedata.normalize("NFKC", text.casefold())
    return " ".join(folded.split()).encode("ascii", "backslashreplace").decode().casefold()


def person(text: str) -> str:
    """A given or a family name; initials keep their blanks, particles are words like the others."""
    return plain(text)


def company(text: str) -> tuple[str, str]:
    """A company's name without its legal form, and that form: ("dupont", "sarl") of "S.A.R.L. Dupont".

    A name that is nothing but legal forms and little words keeps them. What is left of one may read as a form
    in its turn ("K et G"): it is read until nothing changes.
    """
    name, forms = _company(text)
    while (again := _company(name))[0] != name:
        name, forms = again[0], f"{forms} {again[1]}".strip()
    return name, forms


def _company(text: str) -> tuple[str, str]:
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    ascii_text = folded.encode("ascii", "ignore").decode()
    ascii_text = _SARL.sub(" sarl ", ascii_text)
    joined = _DOTTED.sub(lambda found: re.sub(r"[.\s]", "", found.group()) + " ", ascii_text)
    words = _spelt(_NOT_WORD.sub(" ", joined.replace("&amp", " ").replace("'", "")).split())
    forms = [word for word in words if word in LEGAL_FORMS]
    kept = [_WORDS.get(word, word) for word in words if word not in LEGAL_FORMS and word not in _LITTLE]
    return " ".join(kept or words), " ".join(forms)


def _spelt(words: list[str]) -> list[str]:
    """Letters that stand alone, joined: "n v philips" is "nv philips"; one alone stays."""
    made: list[str] = []
    run = ""
    for word in [*words, ""]:
        if len(word) == 1 and word.isalpha():
            run += word
            continue
        if run:
            made.append(run)
            run = ""
        if word:
            made.append(word)
    return made


def street(text: str) -> tuple[str, str]:
    """The number and the way: ("12b", "boulevard saint michel") of "12 bis, Bd St-Michel"."""
    words = plain(text)
    found = _NUMBER.match(words)
    number = found.group(1) + (found.group(2) or "")[:1] if found else ""
    rest = words[found.end() :] if found else words
    return number, " ".join(_WAYS.get(word, word) for word in rest.split())


def town(text: str) -> str:
    """A town: "saint etienne" of "ST-ETIENNE CEDEX 2", "paris" of "Paris 11e"."""
    words = " ".join(_TOWN.get(word, word) for word in plain(text).split())
    while (shorter := _CEDEX.sub("", words).strip()) not in ("", words):
        words = shorter
    return words
