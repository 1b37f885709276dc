"""The exceptions a real Odoo raises, with what each looks like on the wire.

`name` is the dotted name a JSON answer carries, `fault` the XML-RPC fault code, `status` the HTTP status of
JSON-2. An ordinary Python exception (``ValueError``, ``TypeError``, …) is an application error: fault 1 with
the traceback as its text, status 500, as in the real server.
"""

from __future__ import annotations

from typing import ClassVar


class UserError(Exception):
    """Something the user did wrong, in words for the user."""

    name: ClassVar[str] = "odoo.exceptions.UserError"
    fault: ClassVar[int] = 2
    status: ClassVar[int] = 422

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ValidationError(UserError):
    """A constraint of the model, or of the database, that the values break."""

    name = "odoo.exceptions.ValidationError"


class RedirectWarning(UserError):
    """A refusal that offers a button leading elsewhere. It is no user error there: JSON-2 answers 500."""

    name = "odoo.exceptions.RedirectWarning"
    status = 500


class MissingError(UserError):
    """The record is no longer there."""

    name = "odoo.exceptions.MissingError"
    status = 404


class AccessError(UserError):
    """The user has no right to do this."""

    name = "odoo.exceptions.AccessError"
    fault = 4
    status = 403


class AccessDenied(UserError):
    """Wrong login, password or key."""

    name = "odoo.exceptions.AccessDenied"
    fault = 3
    status = 403

    def __init__(self, message: str = "Access Denied") -> None:
        super().__init__(message)


class IntegrityError(Exception):
    """A constraint of the database itself: becomes a `ValidationError` at the door, a row message in `load`.

    `kind` is ``not_null``, ``check``, ``unique`` or ``foreign_key``; `field` the field at fault, if any;
    `constraint` its name in the database, which 14 shows to who asks in no language.
    """

    def __init__(self, kind: str, message: str, field: str | None = None, constraint: str = "") -> None:
        super().__init__(message)
        self.kind, self.message, self.field, self.constraint = kind, message, field, constraint


class DatabaseError(Exception):
    """What PostgreSQL could not read as a value: an application error."""

    name: ClassVar[str] = "psycopg2.errors.InvalidTextRepresentation"


class BadTime(DatabaseError):
    """A text PostgreSQL cannot read as a time."""

    name = "psycopg2.errors.InvalidDatetimeFormat"


class DatabaseMissing(Exception):
    """There is no database of that name: an application error."""

    name: ClassVar[str] = "psycopg2.OperationalError"


class HttpError(Exception):
    """An answer made of HTTP alone (JSON-2: no such model, no key, …). `name` is the dotted class name."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status, self.name, self.message = status, name, message


def dotted_name(error: BaseException) -> str:
    """The dotted name a JSON answer carries for this exception."""
    known = getattr(error, "name", None)
    if isinstance(error, UserError | HttpError | DatabaseError | DatabaseMissing) and isinstance(known, str):
        return known
    return f"{type(error).__module__}.{type(error).__name__}"
