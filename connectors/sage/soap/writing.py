"""Writing to X3, one record a call: looked at right before, nothing believed until X3 has shown it.

A record is made with `save` once its reference was looked for and not found, changed with `modify` once it
was read and found to be what the hub last saw. X3's answer is the record as it now is. After an answer that
was lost, or a refusal, the record is looked at before anything is said of it. A lost one that shows nothing
is `Unknown`, and for `doubt_seconds` a document whose save got no answer is not made again: X3 may be at it
still.

A record somebody has open is `Unknown` too: it waits its turn, and nobody else does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from time import monotonic

import structlog

from connectors.sage.soap import drafts, reference
from connectors.sage.soap.client import Client
from connectors.sage.soap.drafts import Draft, NotThis
from connectors.sage.soap.faults import LATER, Lost, Said
from connectors.sage.soap.grammar import write_lines, write_param
from connectors.sage.soap.layout import Layout
from connectors.sage.soap.reading import Found, Reader
from connectors.sage.soap.records import id_of, keys_of
from connectors.sage.soap.values import Misfit, same
from hub.ports import (
    ConnectorError,
    Done,
    Misconfigured,
    Missing,
    Moved,
    Outcome,
    Record,
    Refused,
    Unknown,
    Unreachable,
    Write,
)

_log = structlog.get_logger(__name__)
_IN_X3 = "correct the value in the system it came from, or the record in X3; the hub then tries again"
_WAITING = "X3 may still be at work on an earlier attempt; it is looked for again before it is made"


class Writer:
    """Writes to one X3. `clock` counts seconds from anywhere."""

    def __init__(self, client: Client, reader: Reader, clock: Callable[[], float] = monotonic) -> None:
        self._client, self._reader, self._clock = client, reader, clock
        self._doubts: dict[str, float] = {}
        self._down: ConnectorError | None = None

    def write(self, layout: Layout, writes: Sequence[Write]) -> list[Outcome]:
        """See `hub.ports.Connector.write`."""
        told, self._down = self._client.told, None
        chains: dict[str, list[int]] = {}
        for at, write in enumerate(writes):
            chains.setdefault(write.id or f"new {write.ref}", []).append(at)
        answers = self._client.each(
            lambda chain: [self._tried(layout, writes[at]) for at in chain], chains.values()
        )
        outcomes: dict[int, Outcome | ConnectorError] = {
            at: answer
            for chain, answered in zip(chains.values(), answers, strict=True)
            for at, answer in zip(chain, answered, strict=True)
        }
        in_order = [outcomes[at] for at in range(len(writes))]
        failed = next((one for one in in_order if isinstance(one, ConnectorError)), None)
        if failed is not None and self._client.told == told:
            raise failed
        return [Unknown(str(one)) if isinstance(one, ConnectorError) else one for one in in_order]

    def _tried(self, layout: Layout, write: Write) -> Outcome | ConnectorError:
        """One write; where X3 as a whole is not to be had, the rest are not tried."""
        if self._down is not None:
            return self._down
        try:
            if write.archived is not None:
                todo = "set on_delete: ignore for this system, or map the field that says so (BPCSTA)"
                return Refused("X3 has no archive of records", todo=todo)
            return self._change(layout, write, write.id) if write.id else self._create(layout, write)
        except NotThis as why:
            return why.refusal
        except Said as said:
            what = f"X3 does not let us look into {layout.publication}"
            self._down = Unreachable(self._client.system, what, said.words, LATER)
            return self._down
        except ConnectorError as error:
            self._down = error
            return error

    # -- making ------------------------------------------------------------------------------------------

    def _create(self, layout: Layout, write: Write) -> Outcome:
        text = self._reference(layout, write)
        with self._client.gate.alone(layout.publication, f"new {text}"):
            there = self._reader.by_reference(layout, text, self._own(layout, write))
            if there is not None:
                return self._met(layout, write, text, there.record)
            if write.ref in self._doubts and self._clock() < self._doubts[write.ref]:
                return Unknown(_WAITING)
            draft = drafts.new(layout, write.values, text)
            try:
                answer = self._client.save(layout.publication, write_param(draft.content))
            except Said as said:
                return self._found_after(layout, write, text) or self._refused(layout, write, said)
            except Lost as lost:
                self._doubts[write.ref] = self._clock() + self._client.settings.doubt_seconds
                _log.warning("sage write in doubt, looked up next",
                             system=self._client.system, reason=str(lost))  # fmt: skip
                return self._found_after(layout, write, text) or Unknown(str(lost))
            self._doubts.pop(write.ref, None)
            return self._made(layout, write, text, answer.result)

    def _reference(self, layout: Layout, write: Write) -> str:
        """What the new record will be known by. Raises `Misconfigured`, `NotThis`."""
        if layout.reference is None:
            raise Misconfigured(
                self._client.system,
                f"nothing is made in {layout.publication} without a `reference`",
                "a record whose answer is lost could not be found again, and would be made twice",
                "name a field of the list that our reference may stand in (INVREF for invoices), or "
                "set `creates: false`",
            )
        try:
            text = reference.text_of(layout, write)
        except reference.TooShort as why:
            raise Misconfigured(self._client.system, "`reference` cannot be used", str(why)) from why
        except Misfit as why:
            name = layout.reference.name
            raise NotThis(Refused(f"{name}: {why}", name, "shorten it, or choose another field")) from why
        if not text:
            reason = (
                f"{layout.reference.name} is empty, and by it the record is found again after a lost answer"
            )
            raise NotThis(Refused(reason, layout.reference.name, "fill it in the system it comes from"))
        return text

    @staticmethod
    def _own(layout: Layout, write: Write) -> str | None:
        return None if reference.is_mapped(layout) else write.ref

    def _met(self, layout: Layout, write: Write, text: str, record: Record) -> Outcome:
        """There is a record with our reference: ours, unless a person may have typed it."""
        ours = write.again or not reference.is_mapped(layout)
        wrong = drafts.not_as_asked(layout, write.values, record)
        if ours or not wrong:
            self._doubts.pop(write.ref, None)
            return Done(record)
        assert layout.reference is not None
        said = ", ".join(f"{name} {record.values.get(name)!r}" for name in wrong[:3])
        reason = f"{record.id} has {layout.reference.info.name} {text} already, and says otherwise: {said}"
        todo = "compare the two; one of them bears the wrong reference"
        return Refused(reason, layout.reference.name, todo)

    def _found_after(self, layout: Layout, write: Write, text: str) -> Outcome | None:
        """An error is no proof that nothing was made: look."""
        try:
            there = self._reader.by_reference(layout, text, self._own(layout, write))
        except ConnectorError as error:
            return Unknown(str(error))
        return Done(there.record) if there is not None else None

    def _made(self, layout: Layout, write: Write, text: str, result: str | None) -> Outcome:
        shown = self._reader.shown(layout, "", result, self._own(layout, write)) if result else None
        id = id_of(layout, shown.content) if shown is not None and shown.content is not None else ""
        if shown is None or not id:
            return self._found_after(layout, write, text) or Unknown("X3 made a record and did not show it")
        return Done(self._reader.shown(layout, id, result, self._own(layout, write)).record)

    # -- changing ----------------------------------------------------------------------------------------

    def _change(self, layout: Layout, write: Write, id: str) -> Outcome:
        with self._client.gate.alone(layout.publication, id):
            now = self._reader.one(layout, id)
            if now is None:
                return Missing()
            if _has_moved(now.record, write):
                return Moved(now.record)
            if now.content is None:
                return Unknown("; ".join(set(now.record.unreadable.values())))
            self._check_key(layout, write, now.record)
            draft = drafts.difference(layout, now.content, now.record, write.values)
            if draft.empty:
                return Done(now.record)
            try:
                result = self._modified(layout, id, now, draft)
            except Said as said:
                return self._after(layout, write, id, self._refused(layout, write, said))
            except Lost as lost:
                _log.warning("sage write in doubt, looked up next",
                             system=self._client.system, reason=str(lost))  # fmt: skip
                return self._after(layout, write, id, Unknown(str(lost)))
            shown = self._reader.shown(layout, id, result) if result else None
            if shown is None or shown.content is None:
                return self._after(layout, write, id, Unknown("X3 changed a record and did not show it"))
            return Done(shown.record)

    def _modified(self, layout: Layout, id: str, now: Found, draft: Draft) -> str | None:
        """Lines are put in or taken out first, then every line and field is set; X3's last answer."""
        assert now.content is not None
        keys, publication, result = keys_of(layout, id), layout.publication, None
        for grid, lines in draft.grown.items():
            last = str(len(now.content.grids.get(grid, ())))
            result = self._client.insert_lines(publication, keys, grid, last, write_lines(grid, lines)).result
        for grid, fewer in draft.shrunk.items():
            count = len(now.content.grids[grid])
            gone = [str(number) for number in range(count - fewer + 1, count + 1)]
            result = self._client.delete_lines(publication, keys, grid, gone).result
        content = draft.content
        if content.groups or any(content.grids.values()):
            result = self._client.modify(publication, keys, write_param(content)).result
        return result

    def _check_key(self, layout: Layout, write: Write, now: Record) -> None:
        for name, slot in layout.slots.items():
            if slot.info not in layout.key or name not in write.values:
                continue
            if not same(write.values[name], now.values.get(name)):
                reason = f"the code of {now.id} cannot be changed to {write.values[name]!r}"
                raise NotThis(Refused(reason, name, "change it in X3"))

    def _after(self, layout: Layout, write: Write, id: str, otherwise: Outcome) -> Outcome:
        """Look at the record before believing an error about it."""
        try:
            now = self._reader.one(layout, id)
        except ConnectorError as error:
            return Unknown(f"{error}") if not isinstance(otherwise, Unknown) else otherwise
        if now is None:
            return Missing()
        return Done(now.record) if not drafts.not_as_asked(layout, write.values, now.record) else otherwise

    # -- both --------------------------------------------------------------------------------------------

    def _refused(self, layout: Layout, write: Write, said: Said) -> Outcome:
        if said.kind == "locked":
            return Unknown(f"{said.words} ({LATER})")
        return Refused(said.words, _blamed(layout, write, said.words), _IN_X3)


def _has_moved(now: Record, write: Write) -> bool:
    """Whether the record is not what the hub last saw."""
    return any(
        name in now.unreadable or (name in now.values and not same(now.values[name], value))
        for name, value in write.expected.items()
    )


def _blamed(layout: Layout, write: Write, words: str) -> str | None:
    """The native name X3's words are about: named by X3's name, or by the value they quote."""
    for name in write.values:
        if re.search(rf"(?<!\w){re.escape(layout.slots[name].info.name)}(?!\w)", words):
            return name
    quoted = [name for name, value in write.values.items()
              if isinstance(value, str) and len(value) > 2 and value in words]  # fmt: skip
    return quoted[0] if len(quoted) == 1 else None
