"""How far the clock that stamps a base's rows is from ours, told by the base itself."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from connectors.sage.sql.session import Session
from connectors.sage.sql.values import Spoilt, moment_of
from hub.ports import ClockReading

COARSE = 60.0
"""Seconds: stamps of old versions are cut to the minute."""


class ClockOfBase:
    """Asked now and then, with a question that is due anyhow; what it said last is remembered."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.reading: ClockReading | None = None

    def look(self) -> None:
        """Ask the base what time it is, in the zone its settings name. Raises `ConnectorError`."""
        dialect = self._session.dialect
        if dialect == "sqlite":
            # A file has no clock of its own: whoever writes it uses this machine's or its own.
            self.reading = None
            return
        asked = datetime.now(UTC)
        said = self._session.value(
            select(func.sysdatetime() if dialect == "mssql" else func.localtimestamp())
        )
        answered = datetime.now(UTC)
        try:
            moment = moment_of(said)
        except Spoilt:
            moment = None
        if moment is None:
            self.reading = None
            return
        theirs = moment.replace(tzinfo=self._session.settings.zone)
        middle = asked + (answered - asked) / 2
        took = (answered - asked).total_seconds()
        self.reading = ClockReading((theirs - middle).total_seconds(), COARSE + took)
