"""What a connector must do, in what words, and how it may fail.

A connector is a thin, synchronous adapter to one system. It moves *native* values: what that system itself
holds, reduced to JSON (dates and times as ISO 8601 strings, money as the system's own number or text). It
gives them no meaning: lenses do that. It never decides who is right: the planner does that.

What every connector promises:

- A record it could not read whole is still handed over: the fields it could not read are named in
  `Record.unreadable` and absent from `Record.values`. A missing value is ``None``; an unread one is no value.
- One bad record costs only itself: `write` answers one `Outcome` per `Write`, in the same order.
- It writes only what it was told to write, and only where the record still is what the hub last saw.
- A fault after which the system may have applied the write is `Unknown`, never `Refused`.
- It never retries for ever; a transient failure that outlives its few retries is `Unreachable`.

What a connector never does: touch the hub's database, sleep without a bound, log a secret, write on a pull.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

Native: TypeAlias = "bool | int | float | str | list[Any] | None"
"""One native value, as JSON holds it. ``None`` is empty, whatever the system itself writes for it."""


@dataclass(frozen=True, slots=True)
class NativeField:
    """One field of a system's record that the mapping uses.

    `name` is spelled as in the mapping and may be a path that the connector understands
    (``country_id.code`` in Odoo). `type` is the canonical type's name (`text`, `phone`, `date`, …), so that a
    connector that must choose a representation (a date cell) can. `options` holds what the mapping said of
    the field that is the connector's business (``create: true``, ``lang: fr_FR``, ``aliases: […]``).

    `columns`, where `type` is ``lines``: the fields of one line. Such a value is a list of dicts, one a line
    in their order, with every column in it by the column's native name.
    """

    name: str
    type: str = "text"
    writable: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[NativeField, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """The part of a system that one entity is kept in: an object, a filter, and the fields that matter.

    `object` is the model, sheet or file kind; `where` the filter in the system's own terms (an Odoo domain);
    `key` the native fields that identify a record where the system has no id of its own; `options` the rest
    of the entity's block for that system in the mapping, unread by the hub (``on_create``, ``new_key``, …).
    """

    entity: str
    object: str
    fields: tuple[NativeField, ...]
    key: tuple[str, ...] = ()
    where: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The native field names, in mapping order."""
        return tuple(f.name for f in self.fields)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a system shows it now.

    `version` is opaque; the hub only asks whether it is the one it knows. `modified` is the time (aware, UTC)
    of the last edit if the system tells it. `ref` is the hub's own reference if this record carries one
    (see `Write.ref`). `where` is for people: sheet and row, file and line.
    """

    id: str
    values: Mapping[str, Native]
    version: str | None = None
    modified: datetime | None = None
    archived: bool = False
    ref: str | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be made a record at all (no key, key twice, a short row), and why."""

    where: str
    reason: str
    todo: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of one pull. `cursor` is stored in the same transaction as the page's effects.

    `listing` is true on the last page of a pull that listed *every* record of the view: records the hub knows
    and that were on no page of it are gone. `rejected` ids count as present. `total` is the number of records
    the whole pull will hand over, where known (for progress).
    """

    records: Sequence[Record]
    cursor: str | None
    rejected: Sequence[Rejected] = ()
    listing: bool = False
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One record to create (`id` is ``None``) or to change.

    `ref` is the hub's reference of the golden record (``customer_<32 hex digits>``), the same on every
    attempt; a system that can store it must (Odoo: external id ``__hub__.<ref>``). `values` holds the fields
    to set: all that are known when creating, only the differing ones when changing. `expected` is what the
    hub last saw in *every readable field of the view*, for the comparison right before writing. `new_id` is
    the id to create under where the hub chooses it (`Traits.assigns_ids` false). `archived` is set to archive
    or restore. `again` says an earlier attempt may have been applied: look before creating.
    """

    ref: str
    id: str | None
    values: Mapping[str, Native]
    expected: Mapping[str, Native] = field(default_factory=dict)
    new_id: str | None = None
    archived: bool | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Applied; `record` is the record as re-read after the write, complete. It becomes the new base.

    Its id is another than the one written to where ids are made of what a record says (a cell of a planning
    that was moved): the hub knows it by that one from then on.
    """

    record: Record


@dataclass(frozen=True, slots=True)
class Sent:
    """Handed over to a system that answers later (an import file); `id` is the id it will have.

    `receipt` names what was handed over (the file), and comes back in a `Receipt`.
    """

    id: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Not written: the record is no longer what the hub last saw. `record` is what it is now.

    To a creation: somebody took the id we chose (`Write.new_id`) meanwhile, for this record.
    """

    record: Record


@dataclass(frozen=True, slots=True)
class Missing:
    """Not written: there is no such record any more."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Not written, and certainly not: the system said no. `reason` in its own words, `todo` in ours.

    `passing`: for something outside the record (a missing right, a file that may only be read) which may pass
    without anyone touching the record; the hub then asks again now and then.
    """

    reason: str
    field: str | None = None
    todo: str = ""
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The write may or may not have been applied (a lost reply). The hub looks before it tries again."""

    reason: str


Outcome: TypeAlias = Done | Sent | Moved | Missing | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an asynchronous system said of something `Sent`: taken, or refused and why.

    `places` say for people where each record stood in what was handed over (file and line), by its id.
    """

    receipt: str
    accepted: bool
    reason: str = ""
    ids: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `hub check`: what was looked at, how it is, and what to do where it is not well."""

    level: Literal["ok", "warning", "error"]
    what: str
    message: str = ""
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a kind of system can and cannot do; the engine asks nothing else of its nature.

    `assigns_ids`: it gives a new record its id (Odoo) rather than taking one the hub allocates (a workbook).
    `archives`: a record can be archived and still be read. `confirms`: a write is re-read at once (`Done`)
    rather than handed over (`Sent`). `incremental`: `pull` with a cursor hands over only what changed.
    `batch`: how many writes `write` is given at most; large where each call rewrites a file.
    `log`: its records are things that happened, which the hub itself keeps (calls): they come in any number
    and are tidied away later, so neither is measured by a brake, and a record that is not listed is no
    deletion. They refer to golden records by the hub's own ids.
    """

    assigns_ids: bool = True
    archives: bool = False
    confirms: bool = True
    incremental: bool = True
    writable: bool = True
    batch: int = 500
    log: bool = False


Known: TypeAlias = Callable[[Sequence[str]], Mapping[str, str | None]]
"""Ids to the versions the hub holds for them; ids it does not know are absent."""


@runtime_checkable
class Connector(Protocol):
    """One connected system. Not thread-safe: the engine holds one per worker."""

    name: str
    traits: Traits

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        """Look at connection, credentials, rights, and whether each view's object and fields exist.

        Never raises a `ConnectorError`: an unreachable system is a finding too.
        """

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        """Hand over what changed since `cursor` (``None``: everything), in pages of at most 1,000 records.

        Archived records are included. At least one page is yielded, if only to carry the cursor; when
        nothing can have changed (same file), one empty page with the same cursor and `listing` false.
        """

    def ids(self, view: View) -> set[str]:
        """The ids of every record of the view now, archived ones included."""

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        """These records as they are now, in any order, `where` not applied; those gone are left out."""

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """The records that carry these references of ours, by reference; empty where refs are not stored."""

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        """New ids, free in the system and not in `taken`, by the mapping's ``new_key``. Writes nothing.

        Raises `Misconfigured` where the mapping does not say how. Only called if not `Traits.assigns_ids`.
        """

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Apply up to `Traits.batch` writes, checking each record against `Write.expected` right before.

        One outcome per write, in order. Raises only for what concerns them all and wrote nothing
        (`Unreachable`, `Busy`, `Denied`, `Misconfigured`, `SourceDamaged`); whatever may have been applied is
        answered `Unknown`.
        """

    def receipts(self, view: View) -> Sequence[Receipt]:
        """New answers to what was `Sent`; each is handed over until `settle` is called for it."""

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        """The hub has stored these receipts: the system may forget them."""

    def close(self) -> None:
        """Let go of connections and files. May be called twice."""


@runtime_checkable
class Numbers(Protocol):
    """A connector that can give rows without an id one, in the system itself, where the admin allowed it."""

    def number_rows(self, view: View) -> int:
        """Number the rows that have none; how many that were. Raises `Busy` while someone has it open."""


@runtime_checkable
class Keyed(Protocol):
    """A connector that makes the id of a new record of several of its values, where the key is so."""

    def key_of(self, view: View, values: Mapping[str, Native]) -> str | None:
        """The id a new record with these values will have; empty where a part of its key is, and `write`
        then refuses it. ``None``: not made of its values, `allocate` is asked.
        """


@runtime_checkable
class Rehearsing(Protocol):
    """A connector over the hub's own database, which a rehearsal must not touch."""

    def over(self, store: Any) -> Connector:
        """The same connector over another `hub.store.Store`."""


Fate: TypeAlias = Literal["gone", "archived", "marked", "left", "sent"]
"""What became of a record made one with another: removed, archived, marked as its double, untouched; or the
word for it was `Sent`, and is not seen there yet: `Merges.noted` is empty once it is."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Made one, as far as the system can. `record` is the one that stays, re-read; it may have taken values.

    `lost` holds every loser by id. `unable` says for people what could not be done, as why one was left.
    `undo`, by loser, is what `Merges.noted` says of those that this call saw: a call that finds them gone
    already has nothing to note.
    """

    record: Record
    lost: Mapping[str, Fate]
    unable: tuple[str, ...] = ()
    undo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Split:
    """Taken apart again, as far as the system can. `record` is the one that had stayed, re-read.

    `remade`: each loser under the id it had, as it is now; its id is another where it had been removed.
    `unable` says for people what did not come back.
    """

    record: Record
    remade: Mapping[str, Record]
    unable: tuple[str, ...] = ()


@runtime_checkable
class Merges(Protocol):
    """A connector that can make records of its system one, so that what refers to them follows.

    All three may be asked again after any answer, a lost one too: what was done is found done. They raise
    what `write` raises. `Refused`: nothing was done; `Unknown`: it cannot be told; `Missing`: no `keep`.
    """

    def noted(self, view: View, keep: str, lose: Sequence[str]) -> Mapping[str, Any]:
        """What `split` needs to take this merge back, by loser, as JSON. Changes nothing.

        To be stored before `merge` is called: afterwards there is nothing left to note down.
        """

    def merge(self, view: View, keep: str, lose: Sequence[str]) -> Merged | Refused | Unknown | Missing:
        """Make `lose` one with `keep`. A loser that is not there counts as done."""

    def split(self, view: View, keep: str, undo: Mapping[str, Any]) -> Split | Refused | Unknown | Missing:
        """Take a merge back by what `noted` had said of it, all losers or some of them."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """How far a system's clock is ahead of this machine's, in seconds; negative where it is behind.

    `precision` is how far off that may be, in seconds, the coarseness of the times the system gives included:
    two edits no further apart than that cannot be put in order.
    """

    ahead: float
    precision: float


@runtime_checkable
class Clocked(Protocol):
    """A connector that can tell how far the clock its records' times come from is from ours."""

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        """What is known of it now; ``None`` where it cannot be told, which is no error. Calls no server.

        `may_write`: a file of the hub's own may be made for a moment beside a workbook, to see what time the
        file server gives it.
        """


class ConnectorError(Exception):
    """A failure that concerns a system as a whole. Says what failed, where, why, and what to do now."""

    def __init__(self, system: str, what: str, why: str = "", todo: str = "") -> None:
        super().__init__(system, what, why, todo)
        self.system, self.what, self.why, self.todo = system, what, why, todo

    def __str__(self) -> str:
        text = f"{self.system}: {self.what}"
        if self.why:
            text += f": {self.why}"
        if self.todo:
            text += f" ({self.todo})"
        return text


class Unreachable(ConnectorError):
    """Not there just now: refused connection, time-out, 502, maintenance. Tried again later by itself."""


class Busy(ConnectorError):
    """There, but someone else holds it: a workbook open in Excel, a locked record. Tried again later."""


class Denied(ConnectorError):
    """Wrong user, password or key, or a missing right. Said once, tried again rarely.

    `locks`: the login itself was refused, and trying it often may lock the account.
    """

    locks = False


class Misconfigured(ConnectorError):
    """The mapping or the settings name something that is not there: database, model, field, sheet, column."""


class SourceDamaged(ConnectorError):
    """The input cannot be trusted (truncated, encrypted, half-copied, wrong encoding): nothing is read."""
