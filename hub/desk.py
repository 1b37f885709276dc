"""What the agents' screen must do: the port between the call road and the web client of an ERP.

The call road says who rings whose telephone; a desk shows it to that person, and takes it away again. What is
shown beyond the hub's own knowledge (open tickets, unpaid amount, contract) the desk looks up where it is
kept, with that person's own rights, in the same request: a popup never waits for a sync.

What every desk promises:

- Several messages go in one request, in order. One that cannot be shown costs only itself.
- A text that came from outside (a caller's name) is shown as text, never as markup.
- `orders` hands over each order to dial once, and only from the person who gave it.

What it never does: decide which telephone is whose, dial, or write a record of its own accord.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record that owns the caller's number. `id` is its id in the desk's own system; empty: not there.

    `object` is the model it is kept in there (``res.partner``). `last_call` is when somebody last spoke to
    them, as far as the hub knows; `callbacks` how many calls of theirs wait to be called back.
    """

    entity: str
    golden_id: str
    object: str
    id: str
    name: str
    town: str = ""
    last_call: datetime | None = None
    callbacks: int = 0


@dataclass(frozen=True, slots=True)
class Show:
    """Somebody rings `user`'s telephone. `popup` is the call's id: a popup is shown once, then changed.

    `user` is the login of the desk's user. `number` is in E.164, or what the exchange gave where that is no
    number; empty with `hidden`. `shown` is the number as people write it. `name` is what the exchange says.
    `candidates` are ranked, best first; none: a stranger. `line` is the number or queue that was called.

    `part`: where many ring at once, ``first`` is what the hub knows itself, and ``rest`` the same popup with
    what the desk looks up; that is shown only where the first part still is.
    """

    user: str
    popup: str
    number: str
    shown: str
    name: str = ""
    hidden: bool = False
    line: str = ""
    candidates: tuple[Candidate, ...] = ()
    part: Literal["whole", "first", "rest"] = "whole"


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The popup is over for `user`. `answered`: by this very user, who may keep it until it is closed."""

    user: str
    popup: str
    answered: bool = False


Message: TypeAlias = Show | Withdraw


@dataclass(frozen=True, slots=True)
class Unshown:
    """A message that reached nobody: `reason` in the system's own words, `todo` in ours."""

    message: Message
    reason: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """`user` asked, at `at`, to call `number` from their own telephone; `record` is what they looked at."""

    id: str
    user: str
    number: str
    at: datetime
    record: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Agents:
    """Who sits where: telephone (extension, e-mail, id) → login. `problems`: telephones of two people."""

    logins: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@runtime_checkable
class Desk(Protocol):
    """The screens of one system's users. Not thread-safe: the call road holds one per thread.

    Every method may raise a `ConnectorError`; nothing is known then of whether messages were shown.
    """

    name: str

    def agents(self, extension_field: str) -> Agents:
        """Every active user's telephone, as the users' field `extension_field` holds it."""

    def send(self, messages: Sequence[Message]) -> Sequence[Unshown]:
        """Show and withdraw, in one request, in this order. Answers those that reached nobody."""

    def orders(self) -> Sequence[Order]:
        """The orders to dial given since the last look, taken: none is ever handed over twice."""

    def answer(self, order: Order, problem: str) -> None:
        """Tell the user who gave an order why it was not carried out; `problem` is for people."""

    def close(self) -> None:
        """Let go of the connection. May be called twice."""
