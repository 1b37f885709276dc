"""JSON-2 (19): ``POST /json/2/<model>/<method>`` with a bearer key; the HTTP status says what happened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from sandbox.odoo.calls import Dispatcher
from sandbox.odoo.doors import jsonrpc
from sandbox.odoo.doors.http import Reply
from sandbox.odoo.errors import HttpError, UserError

UNAUTHORIZED = "werkzeug.exceptions.Unauthorized"
BAD_REQUEST = "werkzeug.exceptions.BadRequest"
NO_DATABASE = b"""<!DOCTYPE html>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>
"""


def answer(calls: Dispatcher, path: str, headers: Mapping[str, str], body: bytes, *, single: bool) -> Reply:
    """The answer. `single` is whether a missing database header means the only database there is."""
    wanted = headers.get("X-Odoo-Database")
    if (wanted and wanted != calls.base.name) or (not wanted and not single):
        return Reply(404, jsonrpc.HTML, NO_DATABASE)
    try:
        result = _run(calls, path, headers, body)
        return Reply(200, JSON, jsonrpc.dump(result))
    except HttpError as error:
        shown = {
            **jsonrpc.serialised(error),
            "message": error.message,
            "arguments": [error.message, error.status],
        }
        return Reply(error.status, JSON, jsonrpc.dump(shown), CHALLENGE if error.status == 401 else {})
    except UserError as error:
        return Reply(error.status, JSON, jsonrpc.dump(jsonrpc.serialised(error)))
    except Exception as error:
        if isinstance(error, ConnectionError):
            raise
        return Reply(500, JSON, jsonrpc.dump(jsonrpc.serialised(error)))


CHALLENGE = {"WWW-Authenticate": "bearer"}
JSON = "application/json; charset=utf-8"


def _run(calls: Dispatcher, path: str, headers: Mapping[str, str], body: bytes) -> Any:
    parts = path.strip("/").split("/")
    if len(parts) != 4:
        raise HttpError(404, "werkzeug.exceptions.NotFound", "Did you mean POST /json/2/<model>/<method>?")
    uid = _user(calls, headers)
    given: Any = {}
    if body:
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise HttpError(400, BAD_REQUEST, f"could not parse the body as json: {error}") from error
    named = given if isinstance(given, dict) else {}
    return calls.by_name("json2", uid, parts[2], parts[3], named)


def _user(calls: Dispatcher, headers: Mapping[str, str]) -> int:
    token = re.match(r"bearer\s+(.+)$", headers.get("Authorization") or "", re.IGNORECASE)
    if token is None:
        message = "User not authenticated, use an API Key with a Bearer Authorization header."
        raise HttpError(401, UNAUTHORIZED, message)
    uid = calls.user_of_key(token.group(1))
    if uid is None:
        raise HttpError(401, UNAUTHORIZED, "Invalid apikey")
    return uid
