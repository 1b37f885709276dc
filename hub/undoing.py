"""What an undo would put back, field by field, and why it would not: decisions on a world, which it changes.

A line of the journal comes down to steps: this field of this agreed record, from what stands to what stood.
A write to a system is taken back through the changes of the record that it carried out. A step is refused
where a newer edit would be lost: in the record itself, in a system whose edit was not taken in yet, or in one
whose value waits for a person. `force` overrides these three, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from hub import absorbing, planner
from hub.engine import WRITES
from hub.lenses import Lens, Parked
from hub.mapping import EntityMapping, SystemMapping
from hub.model import ARCHIVED, MISSING, PERSON, Golden, Missing
from hub.store.history import WRITTEN, Change
from hub.unseen import Sight, Unseen
from hub.values import Canonical, Ref, Unreadable
from hub.world import World


@dataclass(frozen=True, slots=True)
class Step:
    """One field to put back. `after` must still stand; `source` is the line that brought it."""

    change: Change
    source: Change
    field: str
    after: Canonical
    before: Canonical | Missing

    @property
    def wanted(self) -> Canonical:
        """What is put back: a field nobody had told is emptied, an archived state nobody had told is "no"."""
        if isinstance(self.before, Missing):
            return False if self.field == ARCHIVED else None
        return self.before


@dataclass(frozen=True, slots=True)
class Part:
    """What became of one field: put back from `before` to `after`, or left, and why."""

    field: str
    done: bool
    before: Canonical = None
    after: Canonical = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did with one change: all of its fields put back, or not, and why."""

    change: Change
    done: bool
    reason: str = ""
    parts: tuple[Part, ...] = ()


def steps_of(change: Change, mapping: EntityMapping, past: Sequence[Change]) -> list[Step] | str:
    """What taking this line back comes to, or why it cannot be. `past`: its record's lines, newest first."""
    if change.kind in _BY_SPLIT:
        return _BY_SPLIT[change.kind]
    if change.agreed:
        return [
            Step(change, change, name, after, change.before.get(name, MISSING))
            for name, after in change.after.items()
        ]
    if change.lost_there:
        name, after = next(iter(change.after.items()))
        before = _lost_value(change, name, mapping)
        return before if isinstance(before, _Reason) else [Step(change, change, name, after, before)]
    if change.made:
        return [Step(change, change, ARCHIVED, False, True)]
    if change.wrote:
        return _carried_out(change, mapping, past)
    return _NOT_TAKEN_BACK.get(change.kind, f"what was {change.kind} is not taken back")


@dataclass(slots=True)
class Undoer:
    """Puts steps back in one world. `exists` says whether a golden record is known, by its id."""

    world: World
    sight: Sight
    past: Mapping[str, Sequence[Change]]
    at: str
    exists: Callable[[str], bool]
    force: bool = False
    done: dict[tuple[str, str], Step] = field(default_factory=dict)

    def undo(self, changes: Sequence[Change], whole: bool) -> list[Undone]:
        """Take back the lines of one record, newest first; of a whole run, only those others do not cover."""
        results: list[Undone] = []
        held: list[tuple[Change, list[Step]]] = []
        own = {name for change in changes if change.agreed for name in change.after}
        lost = {name for change in changes if change.lost_there for name in change.after} - own
        for change in sorted(changes, key=lambda change: -change.id):
            steps = steps_of(change, self.world.mapping, self.past.get(change.golden_id, ()))
            if isinstance(steps, str):
                if not (whole and change.wrote):
                    results.append(Undone(change, False, steps))
                continue
            covered = own if change.lost_there else own | lost if change.wrote else set()
            rest = [step for step in steps if step.field not in covered]
            if rest:
                results.append(_summed(change, [self._put_back(step) for step in rest]))
            elif not whole:
                held.append((change, steps))
        results += [_summed(change, [self._came_along(step) for step in steps]) for change, steps in held]
        return sorted(results, key=lambda one: -one.change.id)

    def _came_along(self, step: Step) -> Part:
        """A write whose own change is taken back by the same undo."""
        by = self.done.get((step.change.golden_id, step.field))
        if by is None:
            return Part(step.field, False, reason=f"the change of {step.field} it follows from is left")
        return Part(step.field, True, by.after, by.wanted, f"comes with change {by.source.id}")

    def _put_back(self, step: Step) -> Part:
        golden = self.world.goldens.get(step.change.golden_id)
        if golden is None:
            return Part(step.field, False, reason="the record is not known any more")
        now = golden.values.get(step.field)
        made = step.change.made
        if self._stands_already(golden, step):
            return Part(step.field, True, now, step.wanted, "it is so already")
        reason = self._impossible(golden, step) or (self._not_made_by_us(golden, step) if made else "")
        if not reason and not self.force:
            reason = ("" if made else self._newer(golden, step)) or self._unseen(golden, step)
        if reason:
            return Part(step.field, False, now, step.wanted, reason)
        absorbing.settle(self.world, golden, step.field, step.wanted, (PERSON, self.at), "undone")
        if step.change.kind == "archived" and not step.wanted:
            self._bring_back(golden)
        self.done[(golden.id, step.field)] = step
        return Part(step.field, True, now, step.wanted)

    def _stands_already(self, golden: Golden, step: Step) -> bool:
        now = golden.values.get(step.field, MISSING)
        empty = step.wanted is None or (step.field == ARCHIVED and not step.wanted)
        stands = now == step.wanted or (now is MISSING and empty)
        return stands and not self._waiting(golden, step.field) and not self._edited(golden, step)

    def _impossible(self, golden: Golden, step: Step) -> str:
        """What no force overrides: the value has no place in the mapping as it is now."""
        if step.field == ARCHIVED:
            return ""
        found = self.world.mapping.fields.get(step.field)
        if found is None:
            return f"{step.field} is no longer in the mapping"
        if step.wanted is None:
            return f"{step.field} is required, and was empty" if found.required else ""
        try:
            found.type.parse(found.type.native(step.wanted))
        except (ValueError, TypeError, AttributeError) as problem:
            return (
                f"{step.field} is now of type {found.type.name}, which cannot be {step.wanted!r} ({problem})"
            )
        if isinstance(found.type, Ref) and not self.exists(str(step.wanted)):
            return f"the {found.type.entity} that {step.field} named is not known any more"
        return ""

    def _not_made_by_us(self, golden: Golden, step: Step) -> str:
        """Why a record the hub made cannot be archived there; empty if it can."""
        change, name = step.change, golden.title
        system = self.world.mapping.systems.get(change.system)
        if system is None or system.direction not in WRITES:
            return f"{change.system} is not written to any more, so {change.external_id} stays as it is there"
        link = self.world.links_of.get(golden.id, {}).get(change.system)
        if link is None or link.gone or link.external_id != change.external_id:
            return f"{change.external_id} is no longer {name}'s record in {change.system}"
        if not _archives(system):
            return (
                f"{change.system} cannot archive, and the hub deletes nothing: {link.external_id} stays there"
            )
        others = [
            other.system
            for other in self.world.links_of[golden.id].values()
            if other is not link
            and not other.gone
            and _archives(self.world.mapping.systems.get(other.system))
            and not self._made(golden.id, other.system, other.external_id)
        ]
        if others:
            return f"archiving {name} in {change.system} would archive it in {', '.join(others)} too"
        return ""

    def _made(self, golden_id: str, system: str, external_id: str) -> bool:
        return any(
            line.made and (line.system, line.external_id) == (system, external_id)
            for line in self.past.get(golden_id, ())
        )

    def _newer(self, golden: Golden, step: Step) -> str:
        """Whether the record was edited since; the undo of another change is told as such."""
        now = golden.values.get(step.field)
        if now == step.after:
            return ""
        earlier = self.done.get((golden.id, step.field))
        if earlier is not None:
            return (
                f"{step.field} was put back to what change {earlier.source.id} replaced; only one can stand"
            )
        system, at = golden.origin(step.field)
        return (
            f"{step.field} was changed again since, to {self._shown(step.field, now)} "
            f"({system}, {at}); --force puts it back all the same"
        )

    def _unseen(self, golden: Golden, step: Step) -> str:
        """Whether a system holds an edit that the record has not taken in."""
        if waiting := self._waiting(golden, step.field):
            return (
                f"another value of {step.field} waits for a person, from {', '.join(waiting)}: see "
                f"`hub conflicts list`; --force puts it back all the same"
            )
        for edit in self._edited(golden, step):
            now = edit.problem or self._shown(step.field, edit.value)
            return (
                f"{step.field} was edited in {edit.system} meanwhile ({now}), which the hub has not taken in "
                f"yet: `hub sync` first, or --force"
            )
        for system in self.world.links_of.get(golden.id, {}):
            problem = self.sight.silent.get((golden.entity, system))
            if problem and self.world.lens(system, step.field) is not None:
                return (
                    f"{system} cannot be asked whether {step.field} was edited there meanwhile ({problem}): "
                    f"try again later, or --force"
                )
        return ""

    def _edited(self, golden: Golden, step: Step) -> list[Unseen]:
        """Unseen edits that would be lost: not those that say what stands, or what is put back."""
        return [
            edit
            for edit in self.sight.edits.get((golden.id, step.field), ())
            if edit.problem or edit.value not in (step.wanted, golden.values.get(step.field))
        ]

    def _waiting(self, golden: Golden, name: str) -> list[str]:
        """The systems whose value of this field waits for a person."""
        return [
            link.system
            for link in self.world.links_of.get(golden.id, {}).values()
            if (lens := self.world.lens(link.system, name)) is not None
            and any(native in link.seen for native in lens.natives)
        ]

    def _bring_back(self, golden: Golden) -> None:
        """Where the record went missing, it is owed again."""
        for link in list(self.world.links_of.get(golden.id, {}).values()):
            system = self.world.mapping.systems.get(link.system)
            if system is None or not system.creates or system.direction not in WRITES:
                continue
            if link.gone and system.on_delete != "ignore":
                planner.revive(self.world, golden, link)

    def _shown(self, name: str, value: Canonical) -> str:
        if name == ARCHIVED:
            return "archived" if value else "not archived"
        return self.world.mapping.fields[name].type.show(value) or "nothing"


class _Reason(str):
    """Why a value is not known, where a value is expected."""

    __slots__ = ()


def _lost_value(change: Change, name: str, mapping: EntityMapping) -> Canonical | _Reason:
    """What a system's side said before it was given up, in canonical terms."""
    if name in change.before:
        value: Canonical = change.before[name]
        return value
    lens = _lens(mapping, change.system, name)
    if lens is None:
        return _Reason(f"{name} is no longer in the mapping of {change.system}")
    try:
        return lens.get(change.before)
    except (Unreadable, Parked) as problem:
        return _Reason(f"what {change.system} held cannot be read any more: {problem}")


def _carried_out(change: Change, mapping: EntityMapping, past: Sequence[Change]) -> list[Step] | str:
    """The changes of the record that a write to a system carried out, field by field."""
    system = mapping.systems.get(change.system)
    if system is None:
        return f"{change.system} is no longer in the mapping of {mapping.entity}"
    steps: list[Step] = []
    for lens in system.lenses:
        if any(native in change.after for native in lens.natives):
            lines = list(_carried(change, lens, past))
            before = _before(lines[-1], lens.name, mapping) if lines else _Reason()
            if not isinstance(before, _Reason):
                steps.append(Step(change, lines[0], lens.name, lines[0].after[lens.name], before))
    if steps:
        return steps
    return (
        f"it only gave {change.system} what the record said already; change the record, or undo its changes"
    )


def _carried(change: Change, lens: Lens, past: Sequence[Change]) -> Iterator[Change]:
    """The lines by which the field moved since the system last agreed with the record, newest first."""
    for line in past:
        if line.id >= change.id:
            continue
        written = line.kind in (*WRITTEN, "confirmed") and line.system == change.system
        if written and any(native in line.after for native in lens.natives):
            return
        if lens.name not in line.after or line.kind == "created":
            continue
        if line.lost_there and line.system == change.system:
            yield line
            return
        if line.agreed:
            if line.cause == change.system:
                return
            yield line


def _before(line: Change, name: str, mapping: EntityMapping) -> Canonical | Missing | _Reason:
    if line.lost_there:
        return _lost_value(line, name, mapping)
    value: Canonical | Missing = line.before.get(name, MISSING)
    return value


def _lens(mapping: EntityMapping, system: str, name: str) -> Lens | None:
    found = mapping.systems.get(system)
    return found.lens(name) if found is not None else None


def _archives(system: SystemMapping | None) -> TypeGuard[SystemMapping]:
    return system is not None and (lens := system.lens(ARCHIVED)) is not None and lens.writes


def _summed(change: Change, parts: Collection[Part]) -> Undone:
    done = all(part.done for part in parts)
    reasons = dict.fromkeys(part.reason for part in parts if part.reason and part.done == done)
    return Undone(change, done, "; ".join(reasons), tuple(parts))


_BY_SPLIT = {
    "merged": "two records were made one: `hub duplicates split` takes that back as a whole",
    "dissolved": "two records were made one: `hub duplicates split` takes that back as a whole",
    "followed": "what it refers to became one with another: `hub duplicates split` takes that back",
    "split": "two records were taken apart: `hub duplicates same` makes them one again",
}

_NOT_TAKEN_BACK = {
    "created": "what was created is not taken back: a system had it already; archive the record there",
    "confirmed": "it only says that a write arrived; undo the change that the write carried out",
    "linked": "which record belongs to which is not taken back by an undo",
    "revived": "it was owed to that system again; undo its creation there instead",
    "discarded": "nothing was written; `hub deadletters retry` has it written after all",
    "answered": "an answer is not taken back; undo what changed by it",
    "released": "a brake that was released is not taken back; undo what the next run changed",
}
