"""JSON-RPC: ``/jsonrpc`` and the few ``/web`` addresses clients log in with."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import orjson

from sandbox.odoo.doors.http import Reply
from sandbox.odoo.errors import dotted_name

HTML = "text/html; charset=utf-8"
BROKEN = b"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<title>500 Internal Server Error</title>
<h1>Internal Server Error</h1>
"""

Run = Callable[[dict[str, Any]], Any]


def answer(body: bytes, run: Run, version: int, *, database: bool = True) -> Reply:
    """The answer to a JSON call whose ``params`` `run` understands.

    Errors are in the body, with status 200. `database` is whether the server knows which database the caller
    means before it reads the call: where 14 does not, any error is a page of HTML with status 500.
    """
    request = orjson.loads(body)
    reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request.get("id")}
    try:
        result = run(request.get("params") or {})
        # A real server leaves the key out when the method answered nothing.
        reply |= {} if result is None else {"result": result}
    except Exception as error:
        if isinstance(error, ConnectionError):
            raise
        if version < 19 and not database:
            return Reply(500, HTML, BROKEN)
        reply["error"] = failure(error, version)
    return Reply(200, "application/json", dump(reply))


def failure(error: Exception, version: int) -> dict[str, Any]:
    """The error object of an exception."""
    shown = serialised(error)
    return {"code": 0 if version >= 19 else 200, "message": "Odoo Server Error", "data": shown}


def serialised(error: Exception) -> dict[str, Any]:
    """An exception as JSON: name, message, arguments, context, traceback."""
    return {
        "name": dotted_name(error),
        "message": "\n".join(map(str, error.args)),
        "arguments": [
            arg if isinstance(arg, str | int | float | bool | None) else str(arg) for arg in error.args
        ],
        "context": {},
        "debug": "".join(traceback.format_exception(error)),
    }


def dump(value: Any) -> bytes:
    """JSON bytes; whatever JSON has no form for becomes text."""
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
