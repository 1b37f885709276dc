"""One HTTP request as the wire sees it: read whole, and understood through any of Odoo's three doors."""

from __future__ import annotations

import json
import socket
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Request:
    """One request as it came in.

    `model` is ``None`` for what is on no model; `method` is then a service's (``common.login``) or the path.
    `number` counts the requests of its connection. `passed` is whether Odoo got it.
    """

    verb: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    number: int
    model: str | None = None
    method: str = ""
    passed: bool = False

    @property
    def door(self) -> str:
        """``json2``, ``jsonrpc`` or ``xmlrpc``; ``web`` for anything else."""
        first = self.path.split("/")[1]
        return {"json": "json2", "jsonrpc": "jsonrpc", "xmlrpc": "xmlrpc"}.get(first, "web")

    def __str__(self) -> str:
        return f"{self.model}.{self.method}" if self.model else self.method


def read_request(connection: socket.socket, number: int) -> Request | None:
    """The next request of a connection; ``None`` where the other side has ended it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    verb, path, _ = first.split(" ", 2)
    headers = dict(line.split(": ", 1) for line in lines)
    length = next((int(value) for name, value in headers.items() if name.lower() == "content-length"), 0)
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            return None
        body += more
    request = Request(verb, path, headers, body, number)
    request.model, request.method = _called(request)
    return request


def _called(request: Request) -> tuple[str | None, str]:
    if request.door == "json2":
        _, _, _, model, method = request.path.split("/")
        return model, method
    if request.door == "jsonrpc":
        params = json.loads(request.body)["params"]
        return _service(params["service"], params["method"], params["args"])
    if request.door == "xmlrpc":
        args, called = xmlrpc.client.loads(request.body)
        return _service(request.path.rsplit("/", 1)[1], str(called), args)
    return None, request.path.partition("?")[0]


def _service(service: str, method: str, args: Any) -> tuple[str | None, str]:
    if service == "object":
        return str(args[3]), str(args[4])
    return None, f"{service}.{method}"
