"""JSON-RPC: ``/jsonrpc`` and the few ``/web`` addresses clients log in with. Always HTTP 200; errors in the body."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import orjson

from sandbox.odoo.errors import dotted_name

Run = Callable[[dict[str, Any]], Any]


def answer(body: bytes, run: Run, version: int) -> bytes:
    """The JSON answer to a JSON call whose ``params`` `run` understands."""
    request = orjson.loads(body)
    reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request.get("id")}
    try:
        reply["result"] = run(request.get("params") or {})
    except Exception as error:
        if isinstance(error, ConnectionError):
            raise
        reply["error"] = failure(error, version)
    return dump(reply)


def failure(error: Exception, version: int) -> dict[str, Any]:
    """The error object of an exception."""
    shown = serialised(error)
    return {"code": 0 if version >= 19 else 200, "message": "Odoo Server Error", "data": shown}


def serialised(error: Exception) -> dict[str, Any]:
    """An exception as JSON: name, message, arguments, context, traceback."""
    return {
        "name": dotted_name(error),
        "message": str(error),
        "arguments": [arg if isinstance(arg, str | int | float | bool | None) else str(arg) for arg in error.args],
        "context": {},
        "debug": "".join(traceback.format_exception(error)),
    }


def dump(value: Any) -> bytes:
    """JSON bytes; whatever JSON has no form for becomes text."""
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
