"""The laws of lenses, tried on real records: does each two-way field give back what was put?

Pure: records in, findings out. The values put into a field are those that *every* system holds of it, so
that a name too long for one of them is found before it is written there.

A reference counts as its target's own id: what is tried is the field, not whether the target is linked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.lenses import Lens, Unwritable
from hub.mapping import EntityMapping
from hub.model import same
from hub.ports import Native, Record
from hub.values import Canonical, Unreadable


class OwnIds:
    """References that stand for themselves (`hub.lenses.Refs`)."""

    def golden(self, entity: str, external_id: str) -> str | None:
        return external_id

    def external(self, entity: str, golden_id: str) -> str | None:
        return golden_id


OWN_IDS = OwnIds()


@dataclass(slots=True)
class Example:
    """One record a field fails on: where it is, and how."""

    where: str
    reason: str


@dataclass(slots=True)
class Trial:
    """What was found of one field in one system.

    `tried` counts values read and values put. `broken`: a law does not hold; `lost`: it holds but for what
    the mapping says the system cannot keep; `unreadable`: values with no reading; `unwritable`: values of
    another system that this field refuses.
    """

    entity: str
    system: str
    name: str
    natives: tuple[str, ...]
    lossy: str | None = None
    tried: int = 0
    broken: list[Example] = field(default_factory=list)
    lost: list[Example] = field(default_factory=list)
    unreadable: list[Example] = field(default_factory=list)
    unwritable: list[Example] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not (self.broken or self.unreadable or self.unwritable)


def examine(mapping: EntityMapping, samples: Mapping[str, Sequence[Record]]) -> list[Trial]:
    """Every field of an entity in every system there are records of."""
    found: list[Trial] = []
    values: dict[str, list[Canonical]] = {}
    reading: list[tuple[Trial, Lens, Sequence[Record]]] = []
    for system, records in samples.items():
        for lens in mapping.systems[system].lenses:
            trial = Trial(mapping.entity, system, lens.name, lens.natives, lens.lossy)
            found.append(trial)
            reading.append((trial, lens, records))
            if lens.reads:
                values.setdefault(lens.name, []).extend(_read(trial, lens, records))
    for trial, lens, records in reading:
        if lens.writes:
            _write(trial, lens, records, _distinct(values.get(lens.name, ())))
    return found


def where(record: Record) -> str:
    """How people find a record."""
    return record.where or record.id


def _read(trial: Trial, lens: Lens, records: Sequence[Record]) -> Iterable[Canonical]:
    """The values a system holds, and on the way the first law: putting back what was read moves nothing."""
    for record in records:
        trial.tried += 1
        missing = next((name for name in lens.natives if name in record.unreadable), None)
        if missing is not None:
            trial.unreadable.append(Example(where(record), f"{missing}: {record.unreadable[missing]}"))
            continue
        try:
            value = lens.get(record.values, OWN_IDS)
        except Unreadable as problem:
            trial.unreadable.append(Example(where(record), str(problem)))
            continue
        if lens.writes:
            _put_back(trial, lens, record, value)
        yield value


def _put_back(trial: Trial, lens: Lens, record: Record, value: Canonical) -> None:
    try:
        put = lens.put(value, record.values, OWN_IDS)
    except Unwritable as problem:
        trial.broken.append(Example(where(record), f"what was read cannot be put back: {problem}"))
        return
    for name, native in put.items():
        if not same(native, record.values.get(name)):
            reason = (
                f"putting back what was read would turn {name} from {record.values.get(name)!r} to {native!r}"
            )
            trial.broken.append(Example(where(record), reason))


def _write(trial: Trial, lens: Lens, records: Sequence[Record], values: Sequence[Canonical]) -> None:
    """The second law, on a new record and on one that is there: what was put is what is read."""
    homes = [record.values for record in records if not record.unreadable] or [{}]
    for place, value in enumerate(values):
        for home in ({}, homes[place % len(homes)]):
            trial.tried += 1
            if not _put_and_read(trial, lens, home, value):
                break


def _put_and_read(trial: Trial, lens: Lens, home: Mapping[str, Native], value: Canonical) -> bool:
    shown = repr(lens.type.show(value))
    if home:
        try:
            lens.get(home, OWN_IDS)
        except Unreadable:
            # Said of this record already; it is never written over.
            return True
    try:
        put = lens.put(value, home, OWN_IDS)
    except Unwritable as problem:
        trial.unwritable.append(Example(shown, str(problem)))
        return False
    if not lens.reads:
        return True
    try:
        back = lens.get({**home, **put}, OWN_IDS)
    except Unreadable as problem:
        trial.broken.append(Example(shown, f"what is written has no reading: {problem}"))
        return False
    if back == value:
        return True
    loss = Example(shown, f"is kept as {lens.type.show(back)!r}")
    (trial.lost if lens.lossy else trial.broken).append(loss)
    return False


def _distinct(values: Iterable[Canonical]) -> list[Canonical]:
    seen: set[str] = set()
    found: list[Canonical] = []
    for value in values:
        if repr(value) not in seen:
            seen.add(repr(value))
            found.append(value)
    return found
