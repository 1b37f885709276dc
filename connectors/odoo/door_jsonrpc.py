"""The second door: ``/jsonrpc`` through the library `odoorpc`, in every Odoo, deprecated from 19 on.

`odoorpc` opens a new connection for each call and knows nothing of paths or certificates; it is given an
opener that sends its requests through `Web` instead, which halves the time of a small call.
"""

from __future__ import annotations

import io
from datetime import datetime
from time import monotonic
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import Request

import odoorpc
from odoorpc.error import RPCError

from connectors.odoo.client import Version
from connectors.odoo.faults import Fault, from_json
from connectors.odoo.server import (
    listed_databases,
    meant,
    not_odoo,
    probe_version,
    wrong_database,
    wrong_secret,
)
from connectors.odoo.settings import Settings
from connectors.odoo.web import Web
from hub.ports import ClockReading

COOKIE_LIFE = 3600.0
"""Seconds after which the cookie that names the database is fetched anew: servers forget idle sessions."""


class JsonRpcClient:
    """A `Client` over JSON-RPC. The password (or API key) goes with every call, as the protocol has it."""

    door = "jsonrpc"

    def __init__(self, system: str, settings: Settings, version: Version | None = None) -> None:
        self._system = system
        self._settings = settings
        self._web = Web(system, settings, cookies=True)
        self._version = version
        self._odoo: Any = None
        self._chosen_at: float | None = None

    def server_version(self) -> Version:
        if self._version is None:
            self._version = probe_version(self._web)
        return self._version

    def authenticate(self) -> int:
        if self._odoo is None:
            self._choose_database()
            it = self._settings
            opener = _Opener(self._web)
            odoo = odoorpc.ODOO("odoo", port=80, version="14.0", timeout=it.timeout, opener=opener)
            try:
                odoo.login(it.database, it.login, it.secret)
            except RPCError as error:
                raise self._named(error) if error.info else wrong_secret(self._system, it) from None
            except _UNREADABLE as error:
                raise not_odoo(self._web, garbled=isinstance(error, ValueError)) from error
            self._web.is_odoo = True
            self._odoo = odoo
        return int(self._odoo.env.uid)

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        self.authenticate()
        self._choose_database()
        try:
            return self._odoo.execute_kw(model, method, list(args), {"context": context or {}})
        except RPCError as error:
            raise self._named(error) from None
        except _UNREADABLE as error:
            raise not_odoo(self._web, garbled=isinstance(error, ValueError)) from error

    def now(self) -> datetime:
        return self._web.now()

    def clock_reading(self) -> ClockReading | None:
        return self._web.clock.reading()

    def requests_sent(self) -> int:
        return self._web.requests_sent

    def close(self) -> None:
        self._web.close()

    def _choose_database(self) -> None:
        """Before Odoo 16, a server with several databases answers errors as a bare «500» page unless a
        cookie names one: ``/web?db=`` gives that cookie, before anybody logs in."""
        if self._chosen_at is not None and monotonic() - self._chosen_at < COOKIE_LIFE:
            return
        if self.server_version() < (16, 0):
            existing = listed_databases(self._web)
            if existing is not None and self._settings.database not in existing:
                raise wrong_database(self._system, self._settings, existing)
            self._web.probe(f"/web?db={quote(self._settings.database)}")
        self._chosen_at = monotonic()

    def _named(self, error: Any) -> Exception:
        info = error.info if isinstance(error.info, dict) else {}
        fault: Fault = from_json(info.get("data") or {"message": str(error)})
        if fault.name.endswith("NotFound"):
            return not_odoo(self._web)
        return meant(self._web, self._settings, fault)


_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
"""What `odoorpc` stumbles over in an answer that is none."""


class _Opener:
    """What `odoorpc` takes for urllib's opener: only the path of its request matters."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def open(self, request: Request, timeout: float | None = None) -> io.BytesIO:
        body = request.data if isinstance(request.data, bytes) else b""
        path = urlsplit(request.full_url).path
        return io.BytesIO(self._web.post(path, body, {"Content-Type": "application/json"}).content)
