"""What a database says when it cannot answer, in the port's words: whose fault it is and what to do now.

Known by SQLSTATE (PostgreSQL), by message number (SQL Server) and by wording (SQLite), as their manuals list
them. What is not known is `Unreachable` where the connection broke, else `SourceDamaged`, in the database's
own words.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors.sage.sql.settings import Settings
from hub.ports import Busy, ConnectorError, Denied, Misconfigured, SourceDamaged, Unreachable

SPOILT = (UnicodeError, DataError, OverflowError, ValueError)
"""What reading rows fails with when it is a row that cannot be read, not the base."""


class Unreadable(Exception):
    """Some row of an answer holds what its driver cannot read; in the driver's words."""


class WrongName(Misconfigured):
    """The base does not know a table or column that was asked for."""


class LoginRefused(Denied):
    """The login itself was refused: trying it often may lock it."""

    locks = True


_LOGIN = (
    {"28P01", "28000"},
    {18456, 18452, 18470, 18486, 18487, 18488},
    "password authentication failed|role .* does not exist",
)
_RIGHT = ({"42501"}, {229, 230, 297, 300, 916}, "permission denied|access permission")
_BASE = ({"3D000"}, {4060, 911}, "unable to open database file|database .* does not exist")
_NAME = ({"42P01", "42703", "3F000"}, {207, 208}, "no such table|no such column")
_LOCK = ({"55P03", "40P01", "40001"}, {1222, 1205, 3960}, "database is locked|database table is locked")
_SLOW = ({"57014"}, {-2}, "statement timeout|timed out")
_BROKEN = (
    {"57P01", "57P02", "57P03", "53300"},
    {233, 10054, 10060, 17142},
    "connection|closed|network|timeout",
)


def fault_of(system: str, settings: Settings, problem: SQLAlchemyError) -> ConnectorError:
    """The port's error for a database's."""
    said = _words(problem)
    where = settings.address.set(password=None).render_as_string()
    if isinstance(problem, PoolTimeout):
        return Busy(system, "the base is being read already", said, "try again")
    if _is(problem, said, _LOGIN):
        return LoginRefused(system, "the login to the base is refused", said, "correct the user or password")
    if _is(problem, said, _RIGHT):
        return Denied(system, "the base may not be read", said, "give the hub's login SELECT on its tables")
    if _is(problem, said, _BASE):
        return Misconfigured(system, f"there is no base at {where}", said, "correct `url`")
    if _is(problem, said, _NAME):
        return WrongName(system, "the base lacks what the mapping names", said, "correct the mapping")
    if _is(problem, said, _LOCK):
        return Busy(system, "a table of the base is locked", said, "it is tried again by itself")
    if _is(problem, said, _SLOW):
        return Unreachable(
            system, "the base did not answer in time", said, "look at the server; raise `timeout`"
        )
    broken = isinstance(problem, DBAPIError) and problem.connection_invalidated
    if broken or _is(problem, said, _BROKEN):
        return Unreachable(system, f"the base at {where} cannot be reached", said, "is the server running?")
    return SourceDamaged(system, "the base does not answer as it should", said, "look at the database")


def _is(problem: SQLAlchemyError, said: str, known: tuple[set[str], set[int], str]) -> bool:
    states, numbers, words = known
    original: Any = getattr(problem, "orig", None)
    state, number = getattr(original, "sqlstate", None), getattr(original, "number", 0)
    if state or number:
        return state in states or number in numbers
    return re.search(words, said, re.IGNORECASE) is not None


def _words(problem: SQLAlchemyError) -> str:
    """What the database itself said, on one line, without the statement."""
    original = getattr(problem, "orig", None) or problem
    return " ".join(str(original).split())[:500]
