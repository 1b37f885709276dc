"""A profile drafted for a layout of strangers' documents: each value's type, sources, how often it was found.

What a label means is told by `meanings`, given by the caller; what the values under it are is tried with the
types of `kinds`. Names that say the same thing in each document become sources of one field, the most trusted
first. The draft is valid as it stands; what is too weak stands there as a comment. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.word import kinds
from connectors.word.layouts import Layout, Name, Own, Seen, plain
from connectors.word.profile import SOURCES
from hub.values import Unreadable, folded

Meanings = Callable[[str], Sequence[tuple[str, float]]]
"""What a name may mean: concepts of `hub.learning.headings`, each with how sure that is."""

Scalar = Callable[[str], str]
"""How a text is written as a YAML value."""

SURE = 0.6
LEAST_FOUND = 0.3

FIELDS: Mapping[str, tuple[str, str]] = {
    "contract_number": ("number", "text"), "number": ("number", "text"),
    "customer": ("customer", "text"), "company": ("customer", "text"), "name": ("customer", "text"),
    "contact": ("contact", "text"), "siret": ("siret", "siret"), "siren": ("siren", "siren"),
    "vat": ("vat", "vat"), "iban": ("iban", "iban"), "phone": ("phone", "phone"),
    "mobile": ("mobile", "phone"), "email": ("email", "email"),
    "street": ("town", "postcode_town"), "zip_city": ("town", "postcode_town"), "city": ("town", "town"),
    "zip": ("zip", "postcode"),
    "start_date": ("starts_on", "date"), "date": ("signed_on", "date"), "end_date": ("ends_on", "date"),
    "duration": ("duration", "duration"), "renewal": ("renewal", "renewal"),
    "periodicity": ("periodicity", "periodicity"), "amount": ("amount", "amount"),
    "price": ("amount", "amount"), "amount_tax": ("amount_with_tax", "amount"), "hours": ("hours", "number"),
    "technician": ("technician", "text"), "title": ("title", "text"), "designation": ("title", "text"),
}  # fmt: skip
"""Concept to the field of a contract, and its type; the names are those of the mappings that ship."""

REQUIRED = ("number", "customer", "amount", "starts_on", "periodicity")
TELLING: Mapping[str, float] = {
    "siret": 0.98, "vat": 0.97, "iban": 0.98, "email": 0.98, "periodicity": 0.9, "date": 0.9, "phone": 0.85,
    "duration": 0.85, "amount": 0.7, "siren": 0.85, "postcode_town": 0.8, "renewal": 0.7,
}  # fmt: skip
"""Types that values alone can give away, and how telling each is."""

USUAL: Mapping[str, str] = {
    "siret": "siret", "siren": "siren", "vat": "vat", "iban": "iban", "email": "email", "phone": "phone",
    "periodicity": "periodicity", "postcode_town": "town",
}  # fmt: skip

SENTENCES: Mapping[str, tuple[str, Sequence[str]]] = {
    "number": ("text", (
        r"contrat[^:.;]{0,40}? n[°ºo]\.? ?:? ?([A-Z]{0,4}[-/]?\d[\w/.-]*)",
        r"\br[ée]f(?:[ée]rence|\.)? ?:? ?([A-Z]{0,4}[-/]?\d[\w/.-]*)",
    )),
    "customer": ("text", (r"(?:et|d'une part),? (?:la soci[ée]t[ée] |l'entreprise )([^,;:.]{3,60}),",)),
    "starts_on": ("date", (
        r"(?:prend(?:ra)? effet|[àa] (?:compter|partir)) (?:le|du|au|à compter du) ([^,.;]+)",
    )),
    "ends_on": ("date", (r"(?:jusqu'au|expire(?:ra)? le|prend fin le) ([^,.;]+)",)),
    "duration": ("duration", (r"(?:conclu|consenti|[ée]tabli)[^.]{0,40}dur[ée]e (?:de |d')([^.;,(]+)",)),
    "renewal": ("renewal", (r"(?:^|[.;] )([^.;]*(?:renouvel|reconduc)[^.;]*)",)),
    "periodicity": ("periodicity", (r"(?:^|[.;] )([^.;]*\bvisites?\b[^.;]*\bpar an\b)",)),
    "amount": ("amount", (
        r"(?:redevance|montant|prix|forfait)[^.;]{0,60}?(\d[\d .]*(?:,\d\d)? ?(?:€|euros)(?: ?HT)?)",
    )),
}  # fmt: skip
"""Sentences that contracts say these things in; tried where no name gives the value."""


@dataclass(frozen=True)
class Drafted:
    """One field of the draft. `found`: in how many documents its sources hold a value that reads."""

    name: str
    type: str
    sources: Sequence[tuple[str, str]]
    found: int
    of: int
    confidence: float
    why: str
    values: Mapping[str, str] = field(default_factory=dict)
    """Document's file to the raw text found there."""

    @property
    def used(self) -> bool:
        return self.confidence >= SURE

    @property
    def unique(self) -> bool:
        return len(set(self.values.values())) == len(self.values) == self.of


@dataclass(frozen=True)
class _Named:
    """A name with what stands under it, by document."""

    key: Name
    shown: str
    values: Mapping[str, str]
    many: int


def fields_of(layout: Layout, own: Own, meanings: Meanings) -> list[Drafted]:
    """The fields of a layout's profile, the usual ones first as contracts have them."""
    named = [one for one in _named(layout) if len(one.values) >= LEAST_FOUND * len(layout.documents)]
    guessed = [_guess(layout, one, own, meanings) for one in named]
    merged = _merge([one for one in guessed if one is not None])
    merged += _in_sentences(layout, {one.name for one in merged if one.used})
    order = list(dict.fromkeys(name for name, _ in FIELDS.values()))
    return sorted(merged, key=lambda one: order.index(one.name) if one.name in order else len(order))


def _named(layout: Layout) -> list[_Named]:
    """Every name of a layout, the most trusted kinds first."""
    shown: dict[Name, str] = {}
    for document in layout.documents:
        for one in document.offers:
            shown.setdefault((str(one["source"]), plain(str(one["name"]))), str(one["name"]))
    found = []
    for key in sorted(shown, key=lambda key: SOURCES.index(key[0])):
        values = {one.file: texts for one in layout.documents if (texts := one.values(key))}
        first = {file: texts[0] for file, texts in values.items()}
        found.append(_Named(key, shown[key], first, max(map(len, values.values()), default=0)))
    return found


def _guess(layout: Layout, one: _Named, own: Own, meanings: Meanings) -> Drafted | None:
    """What a name and the values under it make, for a field of its own."""
    of = len(layout.documents)
    texts = list(one.values.values())
    if of > 2 and len(texts) > 2 and len({folded(text) for text in texts}) == 1:
        return None
    words = (
        re.sub(r"[_\-.]+", " ", one.shown)
        if one.key[0] in ("sdt", "form_field", "bookmark", "merge_field")
        else one.shown
    )
    offers = []
    for concept, weight in meanings(words):
        if concept in FIELDS:
            name, kind = FIELDS[concept]
            rate = _rate(kind, texts)
            told = 0.35 if kind in ("text", "lines") else TELLING.get(kind, 0.6)
            sure = (1 - (1 - weight) * (1 - told * rate)) * (0.4 + 0.6 * rate)
            offers.append((sure, name, kind, rate, f"its name ({concept.replace('_', ' ')})"))
    for kind, telling in TELLING.items():
        rate = _rate(kind, texts)
        if rate > 0.9 and kind in USUAL:
            offers.append((0.85 * telling * rate, USUAL[kind], kind, rate, "its values"))
    if not offers:
        kind, sure = _own_kind(texts)
        offers.append((sure, _slug(words), kind, 1.0, "no usual name"))
    sure, name, kind, rate, why = max(offers, key=lambda offer: offer[0])
    if name == "town" and kind == "town" and _rate("postcode_town", texts) > 0.8:
        kind = "postcode_town"
    if _is_own(kind, texts, own):
        return None
    good = sum(_reads(kind, text) for text in texts)
    why = f"by {why}; found in {len(texts)} of {of}" + ("" if good == len(texts) else f", read in {good}")
    if one.many > 1:
        why += f"; up to {one.many} times in one document"
        sure *= 0.8
    if len(texts) < 3:
        sure *= 0.9
    return Drafted(name, kind, [(one.key[0], one.shown)], good, of, sure, why, dict(one.values))


def _own_kind(texts: Sequence[str]) -> tuple[str, float]:
    """The type of values that stand under no usual name, and how sure it is that anybody wants them."""
    for kind in ("date", "amount", "duration"):
        if len(texts) > 2 and _rate(kind, texts) == 1:
            return kind, 0.5
    return "text", 0.4


def _rate(kind: str, texts: Sequence[str]) -> float:
    return sum(_reads(kind, text) for text in texts) / len(texts) if texts else 0.0


def _reads(kind: str, text: str) -> bool:
    try:
        return kinds.reader(kind, {})(text) is not None
    except Unreadable:
        return False


def _is_own(kind: str, texts: Sequence[str], own: Own) -> bool:
    """Whether these are the numbers of the company that writes the documents."""
    if kind in ("siret", "siren", "vat"):
        return all(any(siren in re.sub(r"\D", "", text) for siren in own.siren) for text in texts)
    if kind == "phone":
        return all(_value("phone", text) in own.phone for text in texts)
    return kind == "email" and all(text.strip().lower() in own.email for text in texts)


def _value(kind: str, text: str) -> Any:
    try:
        return kinds.reader(kind, {})(text)
    except Unreadable:
        return None


def _merge(guessed: Sequence[Drafted]) -> list[Drafted]:
    """Names that say the same thing are sources of one field; a name that says another stays beside it."""
    found: list[Drafted] = []
    for one in guessed:
        same = next((n for n, other in enumerate(found) if _same(one, other)), None)
        if same is not None:
            found[same] = _joined(found[same], one)
            continue
        if any(other.name == one.name for other in found):
            names = [other.name for other in found]
            one = replace(one, name=_free(one.name, names), confidence=min(one.confidence, 0.5),
                          why=f"{one.why}; another name is taken for {one.name}")  # fmt: skip
        found.append(one)
    return found


def _same(one: Drafted, other: Drafted) -> bool:
    both = one.values.keys() & other.values.keys()
    if not both:
        return one.name == other.name and one.type == other.type
    agreeing = sum(
        _comparable(one.type, one.values[file]) == _comparable(other.type, other.values[file])
        or folded(one.values[file]) == folded(other.values[file])
        for file in both
    )
    return agreeing >= 0.9 * len(both) and (one.name == other.name or not one.used or not other.used)


def _comparable(kind: str, text: str) -> str:
    value = _value(kind, text)
    return folded(str(value)) if value is not None else folded(text)


def _joined(first: Drafted, second: Drafted) -> Drafted:
    """One field of two: the surer one's name and type, the sources of both that are of it."""
    better, other = (first, second) if first.confidence >= second.confidence else (second, first)
    values = {**second.values, **first.values}
    fits = all(_reads(better.type, text) for text in other.values.values())
    sources = [*first.sources, *second.sources] if fits else better.sources
    good = sum(_reads(better.type, text) for text in values.values())
    why = f"{better.why.split('; found')[0]}; found in {len(values)} of {better.of}"
    return replace(better, sources=sources, found=good, values=values, why=why)


def _free(name: str, taken: Sequence[str]) -> str:
    number = 2
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"


def _slug(text: str) -> str:
    made = re.sub(r"[^a-z0-9]+", "_", folded(text)).strip("_")[:40].strip("_")
    return made if made[:1].isalpha() else f"field_{made}".rstrip("_")


def _in_sentences(layout: Layout, have: set[str]) -> Iterator[Drafted]:
    """Values that stand in no named place but in a sentence."""
    of = len(layout.documents)
    for name, (kind, expressions) in SENTENCES.items():
        if name in have:
            continue
        best: Drafted | None = None
        for expression in expressions:
            values = _matches(layout.documents, expression)
            good = {file: text for file, text in values.items() if _reads(kind, text)}
            if len(good) >= 0.5 * of and (best is None or len(good) > best.found):
                sure = 0.8 * len(good) / of
                why = f"in a sentence; found in {len(values)} of {of}"
                best = Drafted(name, kind, [("regex", expression)], len(good), of, sure, why, good)
        if best is not None:
            yield best


def _matches(documents: Sequence[Seen], expression: str) -> dict[str, str]:
    pattern = re.compile(expression, re.IGNORECASE)
    found = {}
    for one in documents:
        match = next((m for line in one.lines if (m := pattern.search(line))), None)
        if match is not None:
            found[one.file] = match[1].strip()
    return found


def draft(
    layout: Layout, fields: Sequence[Drafted], own: Own, record: str, endings: Sequence[str], scalar: Scalar
) -> str:
    """The text of a profile, in YAML."""
    of = len(layout.documents)
    used = [one for one in fields if one.used]
    key = next((one for one in used if one.name == "number" and one.unique), None) or next(
        (one for one in used if one.unique and one.type in ("text", "siret")), None
    )
    label = layout.label or f"Layout of {layout.documents[0].name}"
    first = " ".join(layout.documents[0].name.split())
    lines = [
        f"# Drafted from {of} document{'s' if of != 1 else ''}, such as {first}.",
        "# Behind each field: how sure, and in how many of them it was found. A line that begins with # is",
        "# too weak a guess: correct it and take its # away.",
        "# Then: hub documents read CONTRACT.docx --profile THIS-FILE.yaml",
        "",
        f"label: {scalar(label)}",
        "",
        "# What such a document holds, and no other.",
        "match:",
        f"  extensions: [{', '.join(endings)}]",
        *_match(layout, used, scalar),
        "",
        *_own(own, scalar),
        f"record: {record}",
        f"key: [{key.name}]"
        if key is not None
        else "# key: […]   # no value was found that is never twice the same",
        "",
        "fields:",
    ]
    for one in fields:
        text = f"{one.name}: {_field(one, scalar)}"
        lines.append(
            f"  {'' if one.used else '# '}{text}  # {one.confidence:.0%} {' '.join(one.why.split())}"
        )
    return "\n".join([*lines, ""])


def _match(layout: Layout, used: Sequence[Drafted], scalar: Scalar) -> Iterator[str]:
    if layout.title:
        yield f"  any_text: [{scalar(layout.title)}]"
    if layout.controls:
        yield f"  any_control: [{', '.join(scalar(name) for name in layout.controls[:5])}]"
    if not layout.title and not layout.controls:
        names = [name for one in used for source, name in one.sources if source in ("label", "table")]
        words = ", ".join(scalar(name) for name in names[:3]) or scalar(layout.documents[0].name)
        yield f"  any_text: [{words}]   # ? nothing was found that only such documents hold"


def _own(own: Own, scalar: Scalar) -> Iterator[str]:
    if not (own.siren or own.phone or own.email):
        yield '# own_company: {siren: ["…"]}   # yours, so that it is never taken for the customer\'s'
        return
    yield "# It stands in nearly every document: your own company, never taken for the customer."
    yield "own_company:"
    for name in ("siren", "phone", "email"):
        found = getattr(own, name)
        if found:
            yield f"  {name}: [{', '.join(scalar(one) for one in found)}]"
    yield ""


def _field(one: Drafted, scalar: Scalar) -> str:
    parts = [f"type: {one.type}"]
    if one.type == "amount":
        texts = (*one.values.values(), *(name for _, name in one.sources))
        taxes = {
            found.upper()
            for text in texts
            for found in re.findall(r"(?i)(?<![A-Z])(?:HT|TTC)(?![A-Z])", text)
        }
        if len(taxes) == 1:
            parts.append(f"tax: {next(iter(taxes))}")
    if one.name in REQUIRED and one.found >= 0.9 * one.of:
        parts.append("required: true")
    grouped: dict[str, list[str]] = {}
    for source, name in one.sources:
        grouped.setdefault(source, []).append(name)
    sources = []
    for source in sorted(grouped, key=SOURCES.index):
        names = list(dict.fromkeys(grouped[source]))
        told = scalar(names[0]) if len(names) == 1 else "[" + ", ".join(map(scalar, names)) + "]"
        sources.append(f"{{{source}: {told}}}")
    return f"{{{', '.join(parts)}, from: [{', '.join(sources)}]}}"
