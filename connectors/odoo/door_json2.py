"""The new door, from Odoo 19 on: ``POST /json/2/<model>/<method>`` with an API key and named arguments.

Odoo answers with the bare result and 200, or with an error body (``name``, ``message``, ``debug``) and the
matching HTTP status. As arguments are named, the methods that the connector calls are listed in `PARAMETERS`.
Facts: addons/rpc/controllers/json2.py and odoo/http.py of Odoo 19.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from connectors.odoo.client import Version
from connectors.odoo.faults import from_json
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
from hub.ports import ClockReading, Misconfigured

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "check_object_reference": ("module", "xml_id"),
    "context_get": (),
    "create": ("vals_list",),
    "default_get": ("fields",),
    "fields_get": ("allfields", "attributes"),
    "get_metadata": ("ids",),
    "has_access": ("ids", "operation"),
    "js_assign_outstanding_line": ("ids", "line_id"),
    "load": ("fields", "data"),
    "read": ("ids", "fields", "load"),
    "send_mail": ("ids", "res_id", "force_send", "raise_exception", "email_values"),
    "search": ("domain", "offset", "limit", "order"),
    "search_count": ("domain",),
    "search_read": ("domain", "fields", "offset", "limit", "order"),
    "web_save_multi": ("ids", "vals_list", "specification"),
    "write": ("ids", "vals"),
}
"""Method to the names of its arguments, in the order the other doors take them. ``ids`` are the records.
Any other is a method that a mapping names (``archive_by``), and takes the records alone."""


class Json2Client:
    """A `Client` over JSON-2. Nothing to log in to: the key goes with every call."""

    door = "json2"

    def __init__(self, system: str, settings: Settings, version: Version | None = None) -> None:
        assert settings.api_key is not None
        self._system = system
        self._settings = settings
        self._web = Web(system, settings, bearer=settings.api_key.get_secret_value())
        self._version = version
        self._headers = {"Content-Type": "application/json", "X-Odoo-Database": settings.database}

    def server_version(self) -> Version:
        if self._version is None:
            self._version = probe_version(self._web)
        return self._version

    def authenticate(self) -> int | None:
        """The key is checked, and tells whose it is."""
        answer = self.call("res.users", "context_get")
        uid = answer.get("uid") if isinstance(answer, dict) else None
        return uid if isinstance(uid, int) else None

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        names = PARAMETERS.get(method, ("ids",))
        if len(args) > len(names):
            raise TypeError(f"{method} takes {len(names)} arguments, not {len(args)}")
        body = {**dict(zip(names, args, strict=False)), "context": context or {}}
        try:
            response = self._web.post(f"/json/2/{model}/{method}", orjson.dumps(body), self._headers)
        except Misconfigured:
            self._explain_not_found()
            raise
        try:
            answer = orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise not_odoo(self._web, garbled=True) from error
        if response.status_code == 200:
            self._web.is_odoo = True
            return answer
        if response.status_code == 404 and not (isinstance(answer, dict) and "name" in answer):
            self._explain_not_found()
            raise not_odoo(self._web)
        raise self._named(response.status_code, answer) from None

    def now(self) -> datetime:
        return self._web.now()

    def clock_reading(self) -> ClockReading | None:
        return self._web.clock.reading()

    def requests_sent(self) -> int:
        return self._web.requests_sent

    def close(self) -> None:
        self._web.close()

    def _named(self, status: int, answer: Any) -> Exception:
        if status == 401:
            return wrong_secret(self._system, self._settings)
        said = answer if isinstance(answer, dict) else {"message": str(answer)}
        return meant(self._web, self._settings, from_json(said))

    def _explain_not_found(self) -> None:
        """A 404 page here means no such database, or an Odoo without JSON-2: ask which, and say it."""
        version = self.server_version()
        if version < (19, 0):
            raise Misconfigured(
                self._system,
                f"Odoo {version[0]}.{version[1]} has no JSON-2 (it came with 19)",
                todo="write `transport: auto` and give `login`",
            )
        existing = listed_databases(self._web)
        if existing is None or self._settings.database not in existing:
            raise wrong_database(self._system, self._settings, existing)
