"""What an Odoo error means, whichever door it came through.

Odoo answers an exception of its own in three shapes: an XML-RPC fault with a number and a text (for anything
unexpected, a traceback), a JSON-RPC error with the exception's class name, and a JSON-2 body with an HTTP
status. This room reads them all into one `Fault`, with a `kind` the callers decide by.

It never says that nothing was applied: a fault is an answer, and only looking tells what is there.
Facts: odoo/service/model.py, odoo/http.py, addons/rpc/controllers, odoo/exceptions.py of Odoo 14 and 19.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from hub.ports import Unreachable

Kind = Literal["access", "refused", "busy", "name", "database", "down", "denied", "mute", "large", "other"]
"""access: a right is missing. refused: Odoo's rules say no. busy: another transaction holds the record.
name: no such model, method or field. database: no such database. down: Odoo has lost its database server.
denied: wrong user or secret. mute: it worked, but the answer cannot be put in XML-RPC. large: the request is
too big. other: a crash."""

DOUBTFUL = frozenset({"mute", "other"})
"""Kinds of fault that may come after the work was done; the others come while it can still be undone."""


class Fault(Exception):
    """Odoo answered a call with an error. `message` is its own words, in one or a few lines."""

    def __init__(self, kind: Kind, message: str, name: str = "") -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.name = name


class Lost(Unreachable):
    """The request left and no answer came back: Odoo may have done it, or may be doing it still.

    `seconds`: how long the server asked to be left alone.
    """

    seconds: float = 0.0


class SlowDown(Unreachable):
    """The server turned the request away unseen, since there were too many; `seconds` as in `Lost`."""

    seconds: float = 0.0


class WebPage(Lost):
    """A page for people came back, with a status that says all is well: a proxy's, or another server's."""


_BUSY = re.compile(
    r"could not serialize access|SerializationFailure|TransactionRollbackError|could not obtain lock"
    r"|LockNotAvailable|DeadlockDetected|deadlock detected|ConcurrencyError|\bLockError\b"
)
_NAME = re.compile(
    r"Object \S+ doesn't exist|the model '[^']*' does not exist|The method '[^']*' does not exist"
    r"|Invalid field|has no attribute|Unknown field|does not exist on model|KeyError|Non-stored field"
    r"|Cannot convert \S+ to SQL|cannot call \S+ with ids"
)
_DATABASE = re.compile(r"database \"[^\"]*\" does not exist|Database not found|FATAL: +database")
_DOWN = frozenset(
    {
        "OperationalError",
        "InterfaceError",
        "PoolError",
        "AdminShutdown",
        "CrashShutdown",
        "CannotConnectNow",
        "TooManyConnections",
        "ReadOnlySqlTransaction",
        "DiskFull",
    }
)
"""What psycopg2 and Odoo's own pool raise when the database server is not there, full, or has no room."""
_MUTE = re.compile(r"cannot marshal None|cannot marshal <class")

_BY_CLASS: Mapping[str, Kind] = {
    "AccessError": "access",
    "AccessDenied": "denied",
    "Unauthorized": "denied",
    "UserError": "refused",
    "ValidationError": "refused",
    "MissingError": "refused",
    "RedirectWarning": "refused",
    "Warning": "refused",
    "LockError": "busy",
    "ConcurrencyError": "busy",
    "SerializationFailure": "busy",
    "TransactionRollbackError": "busy",
    "LockNotAvailable": "busy",
    "DeadlockDetected": "busy",
    "NotFound": "name",
    "RequestEntityTooLarge": "large",
}


def from_xmlrpc(code: int | str, text: str) -> Fault:
    """A fault of ``/xmlrpc/2``: 2 a refusal, 3 a wrong password, 4 a missing right, 1 anything else."""
    if code == 4:
        return Fault("access", _tidy(text), "AccessError")
    if code == 3:
        return Fault("denied", _tidy(text), "AccessDenied")
    if code == 2:
        kind: Kind = "name" if re.match(r"Object \S+ doesn't exist", text) else "refused"
        return Fault(kind, _tidy(text), "UserError")
    name, message = _last_exception(text)
    return Fault(_kind(name, message, text), message, name)


def from_json(data: Mapping[str, Any]) -> Fault:
    """The ``data`` of a JSON-RPC error, or the body of a JSON-2 one: ``name``, ``message``, ``debug``."""
    name = str(data.get("name") or "")
    debug = str(data.get("debug") or "")
    message = _tidy(str(data.get("message") or "")) or _last_exception(debug)[1]
    return Fault(_kind(name, message, debug), message, name)


def _kind(name: str, message: str, debug: str) -> Kind:
    short = name.rpartition(".")[2]
    if _DATABASE.search(message) or (short == "OperationalError" and _DATABASE.search(debug)):
        return "database"
    if _MUTE.search(message):
        return "mute"
    if short == "UserError" and re.match(r"Object \S+ doesn't exist", message):
        return "name"
    if short in _BY_CLASS:
        return _BY_CLASS[short]
    if short in _DOWN and not _BUSY.search(message):
        return "down"
    if _BUSY.search(message) or _BUSY.search(name):
        return "busy"
    if _NAME.search(message) or short in ("KeyError", "AttributeError"):
        return "name"
    return "other"


def _last_exception(trace: str) -> tuple[str, str]:
    """Class name and message of the exception a traceback ends with."""
    lines = trace.strip().splitlines()
    for index in range(len(lines) - 1, -1, -1):
        found = re.match(r"([A-Za-z_][\w.]*)(?:: (.*))?$", lines[index])
        if found and ("." in found[1] or found[1][0].isupper()):
            rest = [found[2] or "", *lines[index + 1 :]]
            return found[1], _tidy("\n".join(rest)) or found[1]
    return "", _tidy(lines[-1] if lines else "an error without a word")


def _tidy(text: str) -> str:
    """Odoo's words without blank lines and outer space, at most 1,000 characters."""
    lines = (line.strip() for line in text.strip().splitlines())
    return cut("\n".join(line for line in lines if line), 1000)


def cut(text: str, most: int) -> str:
    """The text, no longer than that and cut between two words: half a word may be half a secret."""
    if len(text) <= most:
        return text
    kept = text[: most + 1].rstrip()
    words = kept if len(kept) <= most else kept[: re.search(r"\S*$", kept).start()]  # type: ignore[union-attr]
    return f"{words.rstrip()} …"
