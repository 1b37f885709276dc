"""A first mapping for what a Sage was seen to hold: valid as it stands, doubtful lines said to be so.

Names that Sage's own schema gives a meaning (`CT_Siret`, `BPCNAM`) become fields of the usual name and type,
each tried on the values seen; every other column that is filled is offered as a comment. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from connectors.sage.probing import Looked, Seen
from hub.ports import Native
from hub.values import Unreadable, folded, make_type

ENTITIES = {
    "f_comptet": "customer", "f_contactt": "contact", "f_livraison": "address", "f_article": "product",
    "f_docentete": "document", "f_creglement": "payment", "f_reglech": "payment", "f_ecriturec": "entry",
}  # fmt: skip
BEGINNINGS = {
    "bpc": "customer", "bps": "supplier", "bic": "invoice", "sih": "invoice", "itm": "product",
    "pay": "payment", "client": "customer", "tiers": "customer", "article": "product",
    "facture": "invoice", "reglement": "payment", "contact": "contact",
}  # fmt: skip
WHERE = {"f_comptet": ("{CT_Type: 0}", "0: customers, 1: suppliers")}

MEANINGS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("ctintitule", "bpcnam", "bprnam", "raisonsociale", "intitule"), ("name", "text")),
    **dict.fromkeys(("nom", "ctnom", "liintitule"), ("name", "text")),
    **dict.fromkeys(("ctnum", "bpcnum", "arref", "itmref"), ("number", "text")),
    **dict.fromkeys(("code", "codetiers", "codeclient"), ("number", "text")),
    **dict.fromkeys(("ctsiret", "crn", "siret"), ("siret", "siret")),
    **dict.fromkeys(("ctidentifiant", "eecnum", "tva", "tvaintracommunautaire"), ("vat", "vat")),
    **dict.fromkeys(("cttelephone", "tel1", "tel", "telephone", "litelephone"), ("phone", "phone")),
    **dict.fromkeys(("cttelportable", "portable"), ("mobile", "phone")),
    **dict.fromkeys(("ctemail", "web1", "email", "mail", "courriel", "liemail"), ("email", "email")),
    **dict.fromkeys(("ctadresse", "addlig1", "adresse", "liadresse"), ("street", "text")),
    **dict.fromkeys(("ctcodepostal", "poscod", "codepostal", "cp", "licodepostal"), ("zip", "postcode")),
    **dict.fromkeys(("ctville", "cty", "ville", "liville"), ("city", "text")),
    **dict.fromkeys(("ctpays", "bpacry", "cry", "pays", "lipays"), ("country", "country")),
    **dict.fromkeys(("ardesign", "itmdes", "designation"), ("name", "text")),
    "arprixven": ("price", "money"),
    "ctprenom": ("first_name", "text"),
    "ctfonction": ("function", "text"),
    **dict.fromkeys(("dopiece", "num", "ecrefpiece", "rgpiece"), ("number", "text")),
    **dict.fromkeys(("dodate", "invdat", "rgdate", "accdat"), ("date", "date")),
    **dict.fromkeys(("rgmontant", "rcmontant", "ecmontant", "dototalttc"), ("amount", "money")),
}  # fmt: skip
"""A column's folded name → the canonical field it usually is, and its type."""

TYPES = {"text": "text", "number": "number", "date": "date", "boolean": "boolean"}


def draft(system: str, found: Looked) -> str:
    """The text of a mapping of one object, in YAML."""
    columns = [one for one in found.columns if not one.column.place or one.column.kind != "unknown"]
    fields, doubts = _fields(columns)
    if not fields:
        first = next((one for one in columns if one.filled), columns[0] if columns else None)
        if first is not None:
            fields["name"] = (first, "text", "? nothing here has a usual name: what is the record's name?")
    return "\n".join([*_head(found), *_meanings(fields), *_system(system, found, fields, doubts), ""])


NO_WORDS = ("", "true", "false", "null")
"""What YAML takes for something else than a word."""


def entity_of(object: str) -> str:
    """What the records of an object usually are."""
    name = folded(object)
    known = ENTITIES.get(object.lower())
    if known:
        return known
    guess = next((entity for start, entity in BEGINNINGS.items() if name.startswith(start)), "")
    plain = re.sub(r"[^a-z0-9_]+", "_", object.lower()).strip("_0123456789")
    return guess or ("record" if plain in NO_WORDS else plain)


def _fields(columns: Sequence[Seen]) -> tuple[dict[str, tuple[Seen, str, str]], list[Seen]]:
    """Canonical name → column, type and what is doubtful; and the columns without a usual meaning."""
    fields: dict[str, tuple[Seen, str, str]] = {}
    others: list[Seen] = []
    for one in columns:
        name, type = MEANINGS.get(re.sub(r"[^a-z0-9]", "", folded(one.column.name)), ("", ""))
        if not name or name in fields:
            others.append(one)
            continue
        doubt = _doubt(one, type)
        if doubt.startswith("??"):
            type, doubt = "text", doubt[1:]
        fields[name] = (one, type, doubt)
    return fields, others


def _doubt(one: Seen, type: str) -> str:
    """What the values seen say against a type; begins with ``??`` where most of them do."""
    options = {"region": "FR"} if type == "phone" else {}
    kind = make_type(type, **options)
    wrong = [value for value in one.examples if not _reads(kind, value)]
    if wrong and len(wrong) * 2 > len(one.examples):
        return f"?? most values seen are no {type}"
    if wrong:
        return f"? some values seen are no {type}"
    return "? empty in all records looked at" if one.looked_at and not one.filled else ""


def _reads(kind: object, value: Native) -> bool:
    try:
        kind.parse(value)  # type: ignore[attr-defined]
    except Unreadable:
        return False
    return True


def _head(found: Looked) -> Iterator[str]:
    count = "" if found.count is None else f", {found.count:,} records"
    yield "# Drafted from what was found in Sage; a line with a ? is a guess."
    yield "# Read it whole, add your other systems, then: hub mapping check"
    yield f"# {found.object}{count}; {len(found.rows):,} of them were looked at."
    for note in found.notes:
        yield f"# {note}"
    yield ""
    yield f"entity: {entity_of(found.object)}"
    yield ""


def _meanings(fields: Mapping[str, tuple[Seen, str, str]]) -> Iterator[str]:
    yield "fields:"
    for name, (_, type, _) in fields.items():
        more = ", required: true" if name == "name" else ", region: FR" if type == "phone" else ""
        yield f"  {name}: {{type: {type}{more}}}"
    exact = [n for n in ("siret", "vat", "number") if n in fields and not fields[n][2].startswith("? most")]
    if exact:
        yield ""
        yield "match:"
        yield from (f"  - exact: [{name}]" for name in exact)


def _system(
    system: str, found: Looked, fields: Mapping[str, tuple[Seen, str, str]], others: Sequence[Seen]
) -> Iterator[str]:
    yield ""
    yield "systems:"
    yield f"  {_scalar(system)}:"
    yield f"    object: {_scalar(found.object)}"
    if found.object.lower() in WHERE:
        where, why = WHERE[found.object.lower()]
        yield f"    where: {where}".ljust(40) + f"# ? {why}"
    if found.key:
        yield f"    key: {_scalar(found.key)}"
    else:
        yield "    # key: …                           # ? no column was seen to identify a record"
    yield "    direction: pull                      # read only, until you trust it"
    yield "    on_delete: ask"
    yield "    fields:"
    for name, (one, type, doubt) in fields.items():
        yield _lens(name, one, type, doubt)
    yield from _others(others)


def _lens(name: str, one: Seen, type: str, doubt: str) -> str:
    parts = [f"field: {_scalar(one.column.name)}"]
    if one.column.length and type not in ("money", "number", "date", "boolean"):
        parts.append(f"max: {one.column.length}")
    if type == "country" and one.column.length != 3:
        parts.append("format: fr")
    line = f"      {name}: {{{', '.join(parts)}}}"
    return f"{line.ljust(60)}# {doubt}" if doubt else line


def _others(others: Sequence[Seen]) -> Iterator[str]:
    filled = [
        one
        for one in others
        if one.filled and one.column.kind in TYPES and not one.column.name.startswith("cb")
    ]
    if filled:
        yield "      # Filled too, without a usual name: those you want need one, under `fields` above too."
    for one in filled:
        name = re.sub(r"[^a-z0-9]+", "_", one.column.name.lower()).strip("_") or "field"
        says = f"{TYPES[one.column.kind]}, filled in {one.filled} of {one.looked_at}"
        yield f"      # {name}: {{field: {_scalar(one.column.name)}}}".ljust(60) + f"# ? {says}"
    empty = [one.column.name for one in others if one.looked_at and not one.filled]
    if empty:
        yield f"      # Empty in all records looked at: {', '.join(empty)}"


def _scalar(text: str) -> str:
    """A text as YAML takes it for a text."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", text) and text.lower() not in (
        "yes", "no", "on", "off", "true", "false", "null", "y", "n",
    )  # fmt: skip
    return text if plain else json.dumps(text, ensure_ascii=False)
