"""What Odoo's errors mean, in each of the three shapes they come in."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from connectors.odoo.faults import Lost, from_json, from_xmlrpc
from connectors.odoo.server import meant
from connectors.odoo.settings import Settings
from connectors.odoo.web import Web

TRACE = 'Traceback (most recent call last):\n  File "/odoo/x.py", line 1, in y\n    z()\n'


@pytest.mark.parametrize(
    ("code", "text", "kind", "message"),
    [
        (2, "Contacts require a name", "refused", "Contacts require a name"),
        (2, "Object res.partnr doesn't exist", "name", "Object res.partnr doesn't exist"),
        (3, "Access Denied", "denied", "Access Denied"),
        (4, "You are not allowed\n\n to modify", "access", "You are not allowed\nto modify"),
        (1, TRACE + "ValueError: Invalid field 'x' on 'y'", "name", "Invalid field 'x' on 'y'"),
        (1, TRACE + 'psycopg2.OperationalError: FATAL:  database "z" does not exist\n', "database", None),
        (1, TRACE + "psycopg2.errors.SerializationFailure: could not serialize access", "busy", None),
        (
            1,
            TRACE + "psycopg2.OperationalError: server closed the connection unexpectedly\n\tThis",
            "down",
            None,
        ),
        (
            1,
            TRACE + "odoo.sql_db.PoolError: The Connection Pool Is Full",
            "down",
            "The Connection Pool Is Full",
        ),
        (1, TRACE + "TypeError: cannot marshal None unless allow_none is enabled", "mute", None),
        (1, TRACE + "ZeroDivisionError: division by zero", "other", "division by zero"),
        (1, "", "other", None),
    ],
)
def test_an_xmlrpc_fault(code: int, text: str, kind: str, message: str | None) -> None:
    fault = from_xmlrpc(code, text)
    assert fault.kind == kind
    assert fault.message
    assert "Traceback" not in fault.message
    if message is not None:
        assert fault.message == message


@pytest.mark.parametrize(
    ("name", "message", "kind"),
    [
        ("odoo.exceptions.ValidationError", "No", "refused"),
        ("odoo.exceptions.MissingError", "Gone", "refused"),
        ("odoo.exceptions.AccessError", "No right", "access"),
        ("odoo.exceptions.AccessDenied", "Access Denied", "denied"),
        ("odoo.exceptions.LockError", "Held", "busy"),
        ("psycopg2.errors.LockNotAvailable", "could not obtain lock on row", "busy"),
        ("psycopg2.extensions.TransactionRollbackError", "could not serialize access", "busy"),
        ("psycopg2.OperationalError", "could not connect to server: Connection refused", "down"),
        ("psycopg2.errors.AdminShutdown", "terminating connection due to administrator command", "down"),
        ("psycopg2.InterfaceError", "connection already closed", "down"),
        ("werkzeug.exceptions.NotFound", "the model 'x' does not exist", "name"),
        ("builtins.KeyError", "'x'", "name"),
        ("builtins.RuntimeError", "odd", "other"),
    ],
)
def test_a_json_error(name: str, message: str, kind: str) -> None:
    fault = from_json({"name": name, "message": message, "debug": TRACE})
    assert (fault.kind, fault.message) == (kind, message)


def test_an_error_without_a_word_still_says_something() -> None:
    assert from_json({}).message
    assert from_json({"name": "x.Y", "message": "", "debug": TRACE + "x.Y: why"}).message == "why"


def test_an_odoo_without_its_database_is_away_and_refuses_nothing() -> None:
    settings = Settings(url="http://127.0.0.1:1", database="hub", login="admin", password=SecretStr("admin"))
    fault = from_json({"name": "psycopg2.OperationalError", "message": "server closed the connection"})
    said = meant(Web("odoo", settings), settings, fault)
    assert isinstance(said, Lost)
    assert "cannot reach its database: server closed the connection" in str(said)
