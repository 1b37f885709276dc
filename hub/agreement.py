"""Is this the same record, judged by all that both sides say? Only asked while the hub recovers.

A hub that lost its links cannot ask "what changed?". It asks instead: is there exactly one golden record with
which this record agrees in every field that both have filled, its name and required fields among them? Each
value is compared as its system would hold the other one (`hub.lenses.Lens.agrees`): "DURAND SYNDICAT D"
agrees with "Durand Syndicat de la vallée" where that system upper-cases and cuts. Whoever merely bears the
name, and says something else, is for a person to decide.

Pure: no input, no output, no clock. Never: an answer where two are possible.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hub.lenses import Lens, Parked, Unwritable
from hub.mapping import EntityMapping, SystemMapping
from hub.matching import are_sites
from hub.model import ARCHIVED, Golden
from hub.ports import Native, Record
from hub.values import Canonical, Ref, Unreadable, folded
from hub.values.text import Text
from hub.world import BoundRefs, Reading, World

DISTINCTIVE = ("email", "phone", "siret", "siren", "vat", "iban")
"""Types of which two things seldom share a value: who was renamed may still be known by it."""

LONG_ENOUGH = 8
"""Letters that a name must share with a longer one to count as its beginning rather than as another name."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a record compares with a golden record, and in which fields they `differ`.

    `same`: the name and every required field are there and agree, and nothing differs. `similar`: the names
    are so near, or something so telling is shared, that a person should look before a second record is made.
    """

    same: bool
    similar: bool
    differ: tuple[str, ...] = ()


def named_by(mapping: EntityMapping) -> str | None:
    """The field a record is called by: the first required text, else ``name``, where there is one."""
    texts = [one for one in mapping.fields.values() if isinstance(one.type, Text)]
    required = [one.name for one in texts if one.required]
    return next(iter(required or [one.name for one in texts if one.name == "name"]), None)


def called(mapping: EntityMapping, values: Mapping[str, Canonical]) -> str:
    """The name among these values as it is compared: no case, accents or punctuation; empty if none."""
    name = named_by(mapping)
    value = values.get(name) if name is not None else None
    return folded(str(value)) if value is not None else ""


def name_of(mapping: EntityMapping, system: SystemMapping, record: Record) -> str:
    """What a record that nobody has read yet is called, as it is compared."""
    name = named_by(mapping)
    lens = system.lens(name) if name is not None else None
    if lens is None or name is None:
        return ""
    try:
        return called(mapping, {name: lens.get(record.values)})
    except (Unreadable, Parked):
        return ""


def required(mapping: EntityMapping, system: SystemMapping) -> list[str]:
    """The fields that a record of this system must have: those required of all that it shows at all."""
    shown = {lens.name for lens in system.lenses if lens.reads}
    return [one.name for one in mapping.fields.values() if one.required and one.name in shown]


def compare(
    world: World, system: SystemMapping, record: Record, reading: Reading, golden: Golden
) -> Likeness:
    """Compare a record with a golden record in every field that both have filled.

    Another site of the same company is another thing, however much the two share.
    """
    agree: list[str] = []
    differ: list[str] = []
    refs = world.refs.bound(system.system)
    for lens in system.lenses:
        mine, theirs = reading.values.get(lens.name), golden.values.get(lens.name)
        if mine is None or theirs is None or lens.name == ARCHIVED:
            continue
        alike = (
            mine == theirs or _holds(lens, theirs, record.values, refs) or _fuller(world, golden, lens, mine)
        )
        (agree if alike else differ).append(lens.name)
    if are_sites(world.mapping, (reading.values, golden.values)):
        return Likeness(False, False, tuple(differ))
    name = named_by(world.mapping)
    whole = (
        all(one in agree for one in required(world.mapping, system)) and name is not None and name in agree
    )
    mine_called, theirs_called = called(world.mapping, reading.values), called(world.mapping, golden.values)
    others = [one for one in agree if one != name]
    differing = [one for one in differ if one != name]
    similar = (
        (name is not None and name in agree)
        or (bool(mine_called) and mine_called == theirs_called)
        or (_begins(mine_called, theirs_called) and bool(others) and not differing)
        or any(world.mapping.fields[one].type.name in DISTINCTIVE for one in others)
    )
    return Likeness(whole and not differ, similar, tuple(differ))


def pair(likeness: Mapping[str, Mapping[str, Likeness]]) -> dict[str, str]:
    """Record → golden record, for the records that can be one only and that no other record could be as well.

    `likeness`: record → golden record → how they compare. What is paired is out of question for the others,
    so it is asked again until nothing more follows.
    """
    options = {
        record: {golden for golden, found in among.items() if found.same}
        for record, among in likeness.items()
    }
    paired: dict[str, str] = {}
    while True:
        only = {record: next(iter(found)) for record, found in options.items() if len(found) == 1}
        claims = Counter(only.values())
        certain = {record: golden for record, golden in only.items() if claims[golden] == 1}
        if not certain:
            return paired
        paired |= certain
        taken = set(certain.values())
        options = {record: found - taken for record, found in options.items() if record not in certain}


def in_words(mapping: EntityMapping, reading: Reading, goldens: Sequence[tuple[Golden, Likeness]]) -> str:
    """Why a person should say which of these golden records it is."""
    if len(goldens) > 1:
        return f"it could be any of {len(goldens)} known records that bear its name or share its data"
    golden, found = goldens[0]
    if not found.differ:
        return f"it may be {golden.title}, or is not the only one that could be"
    said = ", ".join(_difference(mapping, name, reading, golden) for name in found.differ[:4])
    return f"it may be {golden.title}, but {said}"


@dataclass(slots=True)
class Names:
    """Golden records by name and by what is telling of them, to find those that a record may be.

    A system that cuts holds the beginning of a name: one name may begin with the other.
    """

    mapping: EntityMapping
    _by_name: dict[str, set[str]] = field(default_factory=dict)
    _name_of: dict[str, str] = field(default_factory=dict)
    _sorted: list[str] = field(default_factory=list)
    _by_mark: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def take(self, goldens: Iterable[tuple[str, Mapping[str, Canonical]]]) -> None:
        """Take in golden records, new or changed: (id, values). What one was found by before stays."""
        for golden_id, values in goldens:
            for mark in _marks(self.mapping, values):
                self._by_mark.setdefault(mark, set()).add(golden_id)
            name, old = called(self.mapping, values), self._name_of.get(golden_id)
            if name == old:
                continue
            if old is not None:
                self._by_name[old].discard(golden_id)
            self._name_of[golden_id] = name
            if name and name not in self._by_name:
                insort(self._sorted, name)
            if name:
                self._by_name.setdefault(name, set()).add(golden_id)

    def near(self, values: Mapping[str, Canonical]) -> Iterator[str]:
        """The golden records of this name, its beginning or a longer one, or that share something telling."""
        for mark in _marks(self.mapping, values):
            yield from self._by_mark.get(mark, ())
        name = called(self.mapping, values)
        if not name:
            return
        for length in range(1, len(name)):
            yield from self._by_name.get(name[:length], ())
        for place in range(bisect_left(self._sorted, name), len(self._sorted)):
            if not self._sorted[place].startswith(name):
                return
            yield from self._by_name[self._sorted[place]]


def _holds(lens: Lens, value: Canonical, natives: Mapping[str, Native], refs: BoundRefs) -> bool:
    """Whether this value, put on that side, would change nothing there."""
    try:
        return lens.agrees(value, natives, refs)
    except (Parked, Unwritable):
        return False


def _fuller(world: World, golden: Golden, lens: Lens, value: Canonical) -> bool:
    """Whether every side the golden record has would show this value exactly as it shows its own."""
    others = [
        (other, link)
        for link in world.links_of.get(golden.id, {}).values()
        if (other := world.lens(link.system, lens.name)) is not None
        and all(native in link.base for native in other.natives)
    ]
    return bool(others) and all(
        _holds(other, value, link.current(), world.refs.bound(link.system)) for other, link in others
    )


def _marks(mapping: EntityMapping, values: Mapping[str, Canonical]) -> Iterator[tuple[str, str]]:
    for name, wanted in mapping.fields.items():
        value = values.get(name)
        if wanted.type.name in DISTINCTIVE and value is not None:
            key = wanted.type.key(value)
            if key:
                yield name, key


def _begins(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= LONG_ENOUGH and long.startswith(short)


def _difference(mapping: EntityMapping, name: str, reading: Reading, golden: Golden) -> str:
    kind = mapping.fields[name].type
    if isinstance(kind, Ref):
        return f"{name} is another one"
    here, there = kind.show(reading.values.get(name)), kind.show(golden.values.get(name))
    return f"{name} differs ({here} here, {there} there)"
