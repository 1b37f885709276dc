"""A small Odoo in this process: the real protocols on loopback, an ORM subset in memory.

Promises: XML-RPC, JSON-RPC and JSON-2 (19 only) answer as a real Odoo of that version does, errors included;
one call is one transaction; every call is counted; hooks run before a call is applied and after it was
committed, so that a test can lose an answer, race a write or put the server in maintenance.

Never: any file but the one it is told to keep its records in, any traffic but loopback, views, reports,
accounting rules, record rules other than companies.

`python -m sandbox.odoo` runs one in a process of its own.

    with serve(version=19) as odoo:
        odoo.url, odoo.database, odoo.login, odoo.password, odoo.api_key
        odoo.env["res.partner"].create({"name": "Mairie de Vif"})
        odoo.calls["res.partner", "write"]
"""

from sandbox.odoo.calls import Call
from sandbox.odoo.doors.http import Cut, Delay, Html, Lost
from sandbox.odoo.env import Env
from sandbox.odoo.errors import AccessDenied, AccessError, MissingError, UserError, ValidationError
from sandbox.odoo.server import Odoo, serve

__all__ = [
    "AccessDenied",
    "AccessError",
    "Call",
    "Cut",
    "Delay",
    "Env",
    "Html",
    "Lost",
    "MissingError",
    "Odoo",
    "UserError",
    "ValidationError",
    "serve",
]
