"""How refused writes look: the list of them, and all there is about one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.cli import journal, screen

if TYPE_CHECKING:
    from hub.cli.reading import Reader
    from hub.deadletters import Holding
    from hub.store.history import Change
    from hub.store.listing import DeadLetter
    from hub.values import Canonical

LINES = 20
"""Lines of the journal shown of one record."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One refused write and what is known around it. `field`: what it is about, as the agreed record says."""

    letter: DeadLetter
    field: str | None
    now: Holding
    agreed: Mapping[str, Canonical]
    changes: Sequence[Change]


def listed(found: Sequence[DeadLetter], discarded: bool) -> list[Any]:
    """All of them, those that wait or those that were discarded."""
    if not found:
        return [screen.plain("No write was discarded." if discarded else "No write was refused.", "green")]
    rows = [
        (one.id, f"{one.entity} {one.title}\nin {one.system}: {one.external_id or '(new)'}\n{_since(one)}",
         _meant(one), _refusal(one), one.todo)
        for one in found
    ]  # fmt: skip
    last = "Discarded because" if discarded else "What to do"
    columns = ("ID", "Record", "To be written", "Refused because", last)
    ways = "Take one back: hub deadletters retry ID" if discarded else (
        "All about one: hub deadletters show ID. Then: edit ID FIELD=VALUE, retry ID, or discard ID"
    )  # fmt: skip
    title = "Discarded writes" if discarded else "Refused writes"
    return [screen.table(title, columns, rows, right=("ID",)), screen.plain(""), screen.plain(ways)]


def one(found: Shown, read: Reader, more: bool) -> list[Any]:
    """Everything about one of them. `more`: the journal holds older lines."""
    letter = found.letter
    state = "discarded" if letter.discarded else "refused"
    where = f"record {letter.external_id}" if letter.external_id else "a new record"
    screens: list[Any] = [
        screen.plain(f"{letter.entity} {letter.title}, {where} in {letter.system}: {state}", "bold"),
        *_labelled(found),
        screen.plain(""),
        screen.table("To be written", ("Field", "Value", f"Now in {letter.system}"), _values(found, read)),
    ]  # fmt: skip
    if found.now.problem:
        screens.append(screen.plain(f"{letter.system}: {found.now.problem}", "yellow"))
    agreed = [(name.strip("_"), read(letter.entity, name, value)) for name, value in found.agreed.items()]
    screens += [screen.plain(""), screen.table("Agreed record", ("Field", "Value"), agreed)]
    lines = [
        (line.id, screen.local(line.at), _what(line), journal.lines(line, read)) for line in found.changes
    ]
    columns = ("ID", "When", "What", "Change")
    screens += [
        screen.plain(""),
        screen.table("Journal of this record", columns, lines, right=("ID",), whole=("When",)),
    ]
    if more:
        screens.append(screen.plain(f"There is more: hub journal --record {letter.golden_id}"))
    return [*screens, screen.plain(""), *_ways(found)]


def named(found: Sequence[DeadLetter]) -> str:
    """Which ones, by name."""
    shown = ", ".join(f"{one.title} in {one.system}" for one in found[:_NAMED])
    return shown + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")


def _labelled(found: Shown) -> Iterator[Any]:
    letter = found.letter
    yield screen.plain(f"Refused because: {_refusal(letter)}")
    if letter.todo:
        yield screen.plain(f"{'Discarded because' if letter.discarded else 'What to do'}: {letter.todo}")
    times = screen.count(letter.tried, "time")
    yield screen.plain(
        f"Due since {screen.local(letter.since)}; refused {times}, last on {screen.local(letter.tried_at)}."
    )
    yield screen.plain(f"Tried again by itself: {_again(letter)}.")


def _again(letter: DeadLetter) -> str:
    from hub.reviving import PATIENCE

    when = "when the record or the mapping changes"
    if letter.discarded:
        return "when what is to be written, or the mapping, changes"
    if letter.passing and letter.tried < PATIENCE:
        return f"once a day (up to {PATIENCE} times, as the reason may pass), and {when}"
    return when


def _values(found: Shown, read: Reader) -> list[tuple[str, str, str]]:
    letter, now = found.letter, found.now.values
    rows = [
        (name.strip("_"), screen.value(value), screen.value(now.get(name)) if now else "")
        for name, value in letter.payload.items()
    ]
    return rows + [
        (f"({name})", read(letter.entity, name, value), "does not fit")
        for name, value in letter.unfit.items()
    ]


def _ways(found: Shown) -> Iterator[Any]:
    letter, field = found.letter, found.field
    known = field is not None and field in found.agreed
    yield screen.plain(f"hub deadletters edit {letter.id} {field if known else 'FIELD'}=VALUE")
    yield screen.plain(f"hub deadletters retry {letter.id}")
    if not letter.discarded:
        yield screen.plain(f"hub deadletters discard {letter.id} --reason TEXT")


def _meant(letter: DeadLetter) -> str:
    """What was to be written over what, the field it is about first; of a new record, what it was to be."""
    lines = [
        f"{name.strip('_')}: "
        + (screen.change(letter.before.get(name), value) if letter.external_id else screen.value(value))
        for name, value in sorted(letter.payload.items(), key=lambda item: item[0] != letter.field)
    ]
    lines = [f"{name}: {screen.value(value)}" for name, value in letter.unfit.items()] + lines
    more = [f"and {len(lines) - _FIELDS} more"] if len(lines) > _FIELDS else []
    return "\n".join([*lines[:_FIELDS], *more])


def _refusal(letter: DeadLetter) -> str:
    return f"{letter.field}: {letter.reason}" if letter.field else letter.reason


def _since(letter: DeadLetter) -> str:
    times = f", {letter.tried} times" if letter.tried > 1 else ""
    return f"{screen.ago(letter.since)}{times}"


def _what(line: Change) -> str:
    what = f"{line.kind} by {line.cause}" if line.cause else line.kind
    return f"{what} in {line.system}" if line.system else what


_NAMED = 5
_FIELDS = 3
"""Fields of one refused write that the list shows; `show` shows them all."""
