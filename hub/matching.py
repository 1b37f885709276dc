"""Whose record is this? Exact keys, in the order the mapping gives them.

A record seen for the first time is asked three things: does it carry our own reference; does exactly one
golden record own one of its keys; does nobody. Only these three have an answer without a person. Two golden
records with the same key, a golden record that already has another record in that system, two fresh records
of one system with one key, or two keys that contradict each other, are held for a person: the hub never makes
two golden records for one key, and never links on a guess.

One company with several sites is no contradiction: where SIRETs decide, two that differ and begin with the
same SIREN are two establishments, whatever weaker key (a VAT number, a name) they share. Where the mapping
looks for duplicates, what all sites may share is no proof between two places either (`hub.weighing` asks).

Pure: no input, no output.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.mapping import EntityMapping
from hub.values import Canonical
from hub.values.identifiers import Siret, siren_of

Key = tuple[int, str]
"""(index of the match rule in the mapping, the values joined)."""

CANDIDATE = -1
"""The rule of a key that is a golden record's id: a held record claims to be, perhaps, this one."""

_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Match:
    """Who a record is: `golden_id`, or nobody yet (``None``), or held with a `kind` of review and why."""

    golden_id: str | None = None
    held: str | None = None
    reason: str = ""
    candidates: tuple[str, ...] = ()


def keys_of(mapping: EntityMapping, values: Mapping[str, Canonical]) -> tuple[Key, ...]:
    """The match keys that these canonical values claim; a rule with an empty field gives none."""
    found: list[Key] = []
    for rule, fields in enumerate(mapping.match):
        parts: list[str] = []
        for name in fields:
            value = values.get(name)
            part = mapping.fields[name].type.key(value) if value is not None else None
            if part is None:
                break
            parts.append(part)
        else:
            found.append((rule, _SEPARATOR.join(parts)))
    return tuple(found)


def identify(
    mapping: EntityMapping,
    keys: Sequence[Key],
    values: Mapping[str, Canonical],
    owners: Mapping[Key, Sequence[str]],
    golden_values: Mapping[str, Mapping[str, Canonical]],
    linked_here: Mapping[str, str],
) -> Match:
    """Find the one golden record a fresh record belongs to.

    `owners`: the golden records that own each key. `golden_values`: their values. `linked_here`: golden
    record → the record it already has in this system. Other sites of the same company are passed over: a key
    they share says which company it is, and their SIRETs that it is none of them.
    """
    for rule, key in keys:
        owning = tuple(dict.fromkeys(owners.get((rule, key), ())))
        found = tuple(
            owner for owner in owning if not are_sites(mapping, (values, golden_values[owner]), rule)
        )
        if not found:
            continue
        shown = key_in_words(mapping, rule, values)
        if len(found) < len(owning):
            reason = f"{shown} is shared by several sites of one company, and not each has a SIRET of its own"
            return Match(held="ambiguous", reason=reason, candidates=found)
        if len(found) > 1:
            return Match(held="ambiguous", reason=f"{len(found)} records share {shown}", candidates=found)
        golden_id = found[0]
        against = _contradiction(mapping, rule, values, golden_values[golden_id])
        against = against or _elsewhere(mapping, rule, values, golden_values[golden_id])
        if against:
            return Match(held="ambiguous", reason=f"{shown} is the same, but {against}", candidates=found)
        if golden_id in linked_here:
            reason = f"{shown} already belongs to record {linked_here[golden_id]} of the same system"
            return Match(held="duplicate", reason=reason, candidates=found)
        return Match(golden_id=golden_id)
    return Match()


def are_sites(
    mapping: EntityMapping, records: Iterable[Mapping[str, Canonical]], rule: int | None = None
) -> bool:
    """Whether canonical values are of sites of one company: each has a SIRET, several, all of one SIREN.

    SIRETs tell where they are a key of their own, and a stronger one than `rule` (``None``: than nothing).
    """
    several = tuple(records)
    for name in _telling(mapping, rule):
        sirets = [values.get(name) for values in several]
        if None not in sirets and len(set(map(str, sirets))) > 1 and len(set(map(siren_of, sirets))) == 1:
            return True
    return False


def sirets_of(mapping: EntityMapping, keys: Mapping[int, str]) -> dict[str, Canonical]:
    """The SIRETs among a record's match keys (rule → key), as `are_sites` takes them."""
    telling = _telling(mapping, None)
    return {
        fields[0]: keys[rule]
        for rule, fields in enumerate(mapping.match)
        if rule in keys and len(fields) == 1 and fields[0] in telling
    }


def _telling(mapping: EntityMapping, rule: int | None) -> tuple[str, ...]:
    """The SIRETs that are keys of their own, and stronger than `rule`."""
    alone = (fields[0] for fields in mapping.match[:rule] if len(fields) == 1)
    return tuple(name for name in alone if isinstance(mapping.fields[name].type, Siret))


def _contradiction(
    mapping: EntityMapping, rule: int, mine: Mapping[str, Canonical], theirs: Mapping[str, Canonical]
) -> str:
    """A stronger key that both sides have and that differs: two establishments with one name and e-mail."""
    for fields in mapping.match[:rule]:
        for name in fields:
            a, b = mine.get(name), theirs.get(name)
            if a is not None and b is not None and a != b and len(fields) == 1:
                kind = mapping.fields[name].type
                return f"{name} differs ({kind.show(a)} here, {kind.show(b)} there)"
    return ""


def _elsewhere(
    mapping: EntityMapping, rule: int, mine: Mapping[str, Canonical], theirs: Mapping[str, Canonical]
) -> str:
    """A key that all sites of a company may share, and another post code or town: asked where duplicates are.

    A SIRET is of one site; a VAT number, a bank account, the head office's e-mail address are not.
    """
    fields = mapping.match[rule]
    if mapping.duplicates is None or any(isinstance(mapping.fields[name].type, Siret) for name in fields):
        return ""
    for role in ("postcode", "town"):
        for name, found in mapping.duplicates.roles.items():
            a, b = mine.get(name), theirs.get(name)
            if found == role and a is not None and b is not None:
                kind = mapping.fields[name].type
                same = kind.key(a) == kind.key(b)
                return "" if same else f"{name} differs ({kind.show(a)} here, {kind.show(b)} there)"
    return ""


def key_in_words(mapping: EntityMapping, rule: int, values: Mapping[str, Canonical]) -> str:
    """The fields of a rule with these values in them, as a person reads them."""
    return " and ".join(
        f"{name} {mapping.fields[name].type.show(values.get(name))}" for name in mapping.match[rule]
    )
