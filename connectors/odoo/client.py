"""The one port to Odoo's remote calls, whichever door is behind it.

A `Client` authenticates and calls a public model method with positional arguments and a context; the records
a method works on are its first argument. It gives no meaning to what comes back and repeats nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, TypeAlias

from hub.ports import ClockReading

Version: TypeAlias = tuple[int, int]
"""Major and minor: (19, 0). An Odoo Online version such as saas~18.2 is (18, 2)."""


class Client(Protocol):
    """One way to call one Odoo database. Raises `Fault`, `Lost`, or a `ConnectorError`."""

    door: str

    def server_version(self) -> Version: ...

    def authenticate(self) -> int | None:
        """Prove who we are; the user's id, or ``None`` where this door does not tell it."""

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        """Call a public method. On records, the list of their ids comes first."""

    def now(self) -> datetime:
        """The server's clock, from its last answer."""

    def clock_reading(self) -> ClockReading | None:
        """How far that clock is from ours, by the answers so far."""

    def requests_sent(self) -> int:
        """How many HTTP requests have left so far."""

    def close(self) -> None: ...
