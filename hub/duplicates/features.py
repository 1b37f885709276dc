"""What is compared of a record: its values written one way, once per record, in the order of `rules.COLUMNS`.

Promises: pure; values that cannot be read as their kind are compared as text, never dropped in silence; the
same record gives the same row wherever it stands. Never: looks at another record but through `Words`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log
from sys import intern
from typing import Any
from zlib import crc32

from hub.duplicates import text
from hub.duplicates.rules import COLUMNS, PLACE

Record = Mapping[str, str]
"""A record as it came: role (`fields.NAMES`) to value; empty values may be absent."""

FREE_MAIL = frozenset((
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.fr", "hotmail.com", "hotmail.fr", "outlook.com",
    "outlook.fr", "live.fr", "live.com", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net",
    "neuf.fr", "bbox.fr", "icloud.com", "me.com", "aol.com", "msn.com", "gmx.de", "gmx.net", "web.de",
    "numericable.fr", "club-internet.fr", "protonmail.com", "proton.me",
))  # fmt: skip
"""Domains that anyone may have an address at: they say nothing of whose it is."""

_ISO = re.compile(r"(\d{4})[-/. ]?(\d{1,2})[-/. ]?(\d{1,2})(?:[T ].*)?")
_EUROPEAN = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_DIGITS = re.compile(r"\D+")


@dataclass(slots=True)
class Words:
    """In how many names each word stands: what makes a word rare."""

    names: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, words: Iterable[str]) -> None:
        self.names += 1
        self.counts.update(set(words))

    def weight(self, word: str) -> int:
        """Eight times the bits that a word tells, from 1 to 255."""
        bits = log((self.names + 20) / (self.counts.get(word, 0) + 1), 2)
        return max(1, min(255, round(8 * bits)))


def plain_row(record: Record) -> list[Any]:
    """The row but for `tokens` and `mass`, which need the words of the whole base."""
    row: list[Any] = [None] * len(COLUMNS)

    def put(column: str, value: str) -> None:
        row[PLACE[column]] = intern(value) if value else None

    get = record.get
    given, given2 = text.person(get("given") or ""), text.person(get("given2") or "")
    if not given2 and " " in given and "-" not in (get("given") or ""):
        given, _, given2 = given.partition(" ")
    put("given", given.replace(" ", "-"))
    put("given2", given2)
    put("family", text.person(get("family") or ""))
    put("birth", _birth(record))
    number, way = text.street(get("street") or "")
    number2, way2 = text.street(get("street2") or "")
    put("number", text.plain(get("number") or "").replace(" ", "") or number or number2)
    put("street", way)
    put("street2", way2)
    put("postcode", text.plain(get("postcode") or "").replace(" ", ""))
    put("town", text.town(get("town") or ""))
    if row[PLACE["postcode"]] and row[PLACE["town"]]:
        put("place", f"{row[PLACE['postcode']]} {row[PLACE['town']]}")
    put("phone", _phone(get("phone") or ""))
    put("phone2", _phone(get("phone2") or ""))
    if row[PLACE["phone"]] is None:
        row[PLACE["phone"]], row[PLACE["phone2"]] = row[PLACE["phone2"]], None
    _email(get("email") or "", put)
    _numbers(record, put)
    _name(get("name") or "", put)
    return row


def finish(row: list[Any], words: Words) -> tuple[Any, ...]:
    """The whole row: each word of the name with its weight in the low eight bits."""
    name = row[PLACE["name"]]
    if name is not None:
        tokens = tuple(sorted({(crc32(word.encode()) << 8) | words.weight(word) for word in name.split()}))
        row[PLACE["tokens"]] = tokens
        row[PLACE["mass"]] = sum(word & 255 for word in tokens)
    return tuple(row)


def row_of(record: Record, words: Words) -> tuple[Any, ...]:
    """The row of one record, the words of its name weighed as those of a base."""
    return finish(plain_row(record), words)


def rows_of(records: Iterable[Record]) -> tuple[list[tuple[Any, ...]], Words]:
    """The rows of a base, and the words they were weighed by."""
    words = Words()
    rows = [plain_row(record) for record in records]
    name = PLACE["name"]
    for row in rows:
        if row[name] is not None:
            words.add(row[name].split())
    return [finish(row, words) for row in rows], words


def _birth(record: Record) -> str:
    """YYYYMMDD, or the digits that are there."""
    value = (record.get("birth") or "").strip()
    if not value:
        parts = (record.get("year") or "", record.get("month") or "", record.get("day") or "")
        year, month, day = (_DIGITS.sub("", part.removesuffix(".0")) for part in parts)
        return f"{year:0>4}{month:0>2}{day:0>2}" if year and month and day else ""
    found = _ISO.fullmatch(value.removesuffix(".0"))
    if found:
        return f"{found[1]}{found[2]:0>2}{found[3]:0>2}"
    found = _EUROPEAN.fullmatch(value)
    if found:
        return f"{found[3]}{found[2]:0>2}{found[1]:0>2}"
    return _DIGITS.sub("", value) or text.plain(value)


def _phone(value: str) -> str:
    """Digits with a country's code: "+33 1 45 67 89 01" and "0145678901" are 33145678901."""
    digits = _DIGITS.sub("", value.replace("(0)", ""))
    if value.strip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    if len(digits) == 9 and digits[0] != "0":
        return "33" + digits
    return "33" + digits[1:] if len(digits) == 10 and digits[0] == "0" else digits


def _email(value: str, put: Any) -> None:
    address = value.strip().casefold().encode("ascii", "backslashreplace").decode()
    local, at, domain = address.rpartition("@")
    put("email", address)
    put("maildigits", _DIGITS.sub("", address))
    if at:
        put("local", local if len(local) >= 5 else "")
        put("domain", "" if domain in FREE_MAIL else domain)


def _numbers(record: Record, put: Any) -> None:
    siret = _DIGITS.sub("", record.get("siret") or "")
    siren = _DIGITS.sub("", record.get("siren") or "")
    vat = text.plain(record.get("vat") or "").replace(" ", "")
    if len(siret) == 14:
        put("siret", siret)
        siren = siren or siret[:9]
    elif len(siret) == 9:
        siren = siren or siret
    if vat.startswith("fr") and len(vat) == 13:
        siren = siren or vat[4:]
    elif vat:
        put("vat", vat)
    put("siren", siren)
    put("iban", text.plain(record.get("iban") or "").replace(" ", ""))
    put("reference", text.plain(record.get("reference") or ""))


def _name(value: str, put: Any) -> None:
    name, _ = text.company(value)
    words = name.split()
    put("written", text.as_written(value))
    put("name", name)
    put("sorted", " ".join(sorted(words)))
    put("squashed", "".join(words))
    put("acronym", "".join(word[0] for word in words) if len(words) > 2 else "")
    put("namedigits", _DIGITS.sub("", name))
