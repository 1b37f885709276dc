"""A telephone for tests of what comes after the call: what it says goes through the book into the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from hub.calllog.log import CallLog
from hub.calls import CallBook
from hub.exchange import CallEvent, Direction, Kind
from hub.mapping import Mappings
from hub.store import Store

LINE = "+33450999888"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Telephone:
    """Calls follow each other, a minute apart."""

    store: Store
    mappings: Mappings
    book: CallBook = field(default_factory=CallBook)
    now: datetime = START
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def __post_init__(self) -> None:
        self.log = CallLog(self.store, self.mappings)

    def missed(self, number: str, name: str = "", line: str = LINE, queue: str = "") -> str:
        """Somebody calls, and gives up after ten seconds; the call's id."""
        return self._call(number, name, line, queue, "inbound", "", 10)

    def answered(self, number: str, name: str = "", agent: str = "101", line: str = LINE) -> str:
        """Somebody calls and is answered."""
        return self._call(number, name, line, "", "inbound", agent, 120)

    def reached(self, number: str, agent: str = "101") -> str:
        """One of ours calls them, and they answer."""
        return self._call(number, "", "", "", "outbound", agent, 60)

    def rings(self, number: str) -> str:
        """Somebody calls, and it rings still."""
        call_id = f"c{self.numbers()}"
        self._say(call_id, "started", number=number, direction="inbound", did=LINE)
        self._say(call_id, "ringing", leg_id="1", agent="101")
        return f"pbx:{call_id}"

    def _call(
        self, number: str, name: str, line: str, queue: str, direction: Direction, agent: str, seconds: int
    ) -> str:
        call_id = f"c{self.numbers()}"
        self._say(
            call_id, "started", number=number, name=name, direction=direction, did=line, queue=queue,
            hidden=number == "anonymous" or None,
        )  # fmt: skip
        if queue:
            self._say(call_id, "queued", queue=queue)
        self._say(call_id, "ringing", leg_id=f"{call_id}-1", agent=agent or "101")
        if agent:
            self._say(call_id, "answered", leg_id=f"{call_id}-1", agent=agent)
        else:
            self._say(call_id, "gave up")
        self.now += timedelta(seconds=seconds)
        self._say(call_id, "ended")
        self.now += timedelta(minutes=1)
        return self.book.calls()[-1].id

    def _say(
        self, call_id: str, kind: Kind, *, number: str = "", name: str = "", did: str = "", queue: str = "",
        direction: Direction | None = None, leg_id: str = "", agent: str = "", hidden: bool | None = None,
    ) -> None:  # fmt: skip
        self.now += timedelta(seconds=1)
        said = CallEvent(
            source="pbx", kind=kind, call_id=call_id, at=self.now, leg_id=leg_id, direction=direction,
            number=number, name=name, did=did, agent=agent, queue=queue, hidden=hidden,
        )  # fmt: skip
        self.log.save([changed.after for changed in self.book.hear(said)])
