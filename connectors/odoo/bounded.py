"""One HTTP answer, bounded in time and in size, however it is sent.

A socket's own time-out is for one read, so a server (or a proxy) that sends a byte now and then would hold a
thread for ever; and a body is otherwise taken whole before anybody looks at its length, unpacked if it came
packed. Here the time-out is for the whole answer, headers and body, and reading stops at the bound.

Never: interprets an answer, or repeats a request.
"""

from __future__ import annotations

import io
import socket
from http.client import HTTPResponse
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ReadTimeoutError
from urllib3.poolmanager import PoolManager

CHUNK = 1 << 18


class TooLarge(Exception):
    """The answer is longer than its bound; nothing of it was kept."""


class BoundedAdapter(HTTPAdapter):
    """What `requests` sends with: the read time-out of a request holds for its whole answer."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        _bind(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **more)
        _bind(manager)
        return manager


def read_whole(response: requests.Response, most: int) -> None:
    """Read the body of a streamed response, so that its `content` is there; `TooLarge` beyond `most` bytes.

    Raises what `requests` does where the answer breaks off, is garbled, or takes too long.
    """
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > most:
        response.close()
        raise TooLarge
    body = bytearray()
    try:
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > most:
                response.close()
                raise TooLarge
    except requests.exceptions.ConnectionError as error:
        if error.args and isinstance(error.args[0], ReadTimeoutError):
            raise requests.exceptions.ReadTimeout(*error.args) from error
        raise
    # What `Response.content` would do by itself, but for the bound.
    response._content = bytes(body)


class _Raw(io.RawIOBase):
    """A socket's bytes until a moment; each read may take the time that is left and no longer."""

    def __init__(self, file: io.RawIOBase, sock: socket.socket) -> None:
        self._file, self._sock = file, sock
        seconds = sock.gettimeout()
        self._end = None if seconds is None else monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._end is not None:
            left = self._end - monotonic()
            if left <= 0:
                raise TimeoutError("the whole answer took too long")
            self._sock.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


class _TimedResponse(HTTPResponse):
    """The standard library's response, reading through `_Raw`."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        file: Any = self.fp
        self.fp = io.BufferedReader(_Raw(file.detach(), sock))


class _Pool(HTTPConnectionPool):
    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.response_class = _TimedResponse
        return connection


class _SecurePool(HTTPSConnectionPool):
    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.response_class = _TimedResponse
        return connection


def _bind(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
