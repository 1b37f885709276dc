"""One way to call an Odoo through any of its doors, with answers two servers can be compared by."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
import xmlrpc.client
from dataclasses import dataclass, field
from typing import Any

FIRST = {
    "search": ("domain",),
    "search_count": ("domain",),
    "search_read": ("domain", "fields"),
    "read": ("fields",),
    "create": ("vals_list",),
    "write": ("vals",),
    "load": ("fields", "data"),
    "name_search": ("name",),
    "fields_get": ("allfields", "attributes"),
    "web_save_multi": ("vals_list", "specification"),
    "web_read": ("specification",),
    "has_access": ("operation",),
    "check_access_rights": ("operation",),
    "default_get": ("fields",),
    "check_object_reference": ("module", "xml_id"),
    "has_group": ("group_ext_id",),
    "web_save": ("vals", "specification"),
}
"""The arguments that go by place over XML-RPC and JSON-RPC, where the two versions name them differently."""


OF = {
    "parent_id": "res.partner",
    "child_ids": "res.partner",
    "commercial_partner_id": "res.partner",
    "res_id": "res.partner",
    "category_id": "res.partner.category",
    "company_id": "res.company",
    "country_id": "res.country",
    "write_uid": "res.users",
}
"""What the ids under these keys are of."""


JSON = {"Content-Type": "application/json"}


def envelope(params: Any) -> dict[str, Any]:
    """A JSON-RPC request."""
    return {"jsonrpc": "2.0", "method": "call", "params": params, "id": 7}


@dataclass
class Failure:
    """An error as a door shows it. `name` is the exception's dotted name where the door tells it."""

    code: int
    name: str
    message: str

    def shown(self) -> dict[str, Any]:
        return {"code": self.code, "name": self.name, "message": self.message}


@dataclass
class Side:
    """One Odoo through one door, and the names given to the ids it made."""

    url: str
    database: str
    login: str
    password: str
    api_key: str
    version: int
    door: str
    uid: int = 2
    names: dict[tuple[str, int], str] = field(default_factory=dict)
    asked: str = ""
    cookie: str = ""

    def call(self, model: str, method: str, ids: list[int] | None = None, **named: Any) -> Any:
        """The answer, or a `Failure`."""
        self.asked = model
        if self.door == "json2":
            return self._json2(model, method, ids, named)
        first = FIRST.get(method, ())
        args = ([ids] if ids is not None else []) + [named.pop(name) for name in first if name in named]
        return self.service(
            "object", "execute_kw", self.database, self.uid, self.password, model, method, args, named
        )

    def service(self, service: str, method: str, *args: Any) -> Any:
        """A raw call of a service of the two old doors."""
        return (
            self._xmlrpc(service, method, args)
            if self.door == "xmlrpc"
            else self._jsonrpc(service, method, args)
        )

    def name(self, name: str, id: Any, model: str = "res.partner") -> Any:
        """Give an id a name that both sides share."""
        if isinstance(id, int):
            self.names[model, id] = name
        return id

    def plain(self, answer: Any, model: str | None = None) -> Any:
        """An answer with ids by name, times and tracebacks left out. `model`: what bare ids are of."""
        if isinstance(answer, Failure):
            return {**answer.shown(), "message": self._words(answer.message)}
        if isinstance(answer, dict):
            return {str(key): self._field(str(key), answer[key]) for key in sorted(answer, key=str)}
        if isinstance(answer, list | tuple):
            if len(answer) == 2 and type(answer[0]) is int and isinstance(answer[1], str):
                return [self.names.get((model or self.asked, answer[0]), "an id"), answer[1]]
            bare = all(isinstance(item, int) and not isinstance(item, bool) for item in answer)
            return [self.plain(item, model or (self.asked if bare else None)) for item in answer]
        if isinstance(answer, int) and not isinstance(answer, bool) and model:
            return self.names.get((model, answer), "an id")
        return answer

    def _field(self, key: str, value: Any) -> Any:
        if key in ("write_date", "create_date") and isinstance(value, str):
            return re.sub(r"\d", "9", value)
        if key == "message" and isinstance(value, str):
            return self._words(value)
        if key == "moreinfo":
            return value if isinstance(value, list | str) else "action"
        model = self.asked if key in ("id", "ids") else OF.get(key)
        if model and isinstance(value, list) and len(value) == 2 and isinstance(value[1], str):
            return [self.names.get((model, value[0]), "an id"), value[1]]
        return self.plain(value, model)

    def _words(self, message: str) -> str:
        """A message with ids left out; of a traceback the last line."""
        if message.startswith("Traceback"):
            message = message.strip().splitlines()[-1]
        return re.sub(r"\d+(?=,?[)'])", "#", message.strip())

    def _xmlrpc(self, service: str, method: str, args: tuple[Any, ...]) -> Any:
        with xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/{service}") as proxy:
            try:
                return getattr(proxy, method)(*args)
            except xmlrpc.client.Fault as fault:
                return Failure(int(fault.faultCode), "", str(fault.faultString))

    def _jsonrpc(self, service: str, method: str, args: tuple[Any, ...]) -> Any:
        params = {"service": service, "method": method, "args": args}
        _, answer = self.post("/jsonrpc", envelope(params), {"Cookie": self._cookie()})
        if not isinstance(answer, dict):
            return Failure(500, "html", "")
        if "error" in answer:
            error = answer["error"]
            return Failure(error["code"], error["data"]["name"], error["data"]["message"])
        return answer.get("result", "no result at all")

    def _cookie(self) -> str:
        """A session, opened once: without one, 14 answers every error on this door with HTML."""
        if not self.cookie:
            login = {"db": self.database, "login": "admin", "password": "admin"}
            content = json.dumps(envelope(login)).encode()
            request = urllib.request.Request(self.url + "/web/session/authenticate", content, JSON)
            with urllib.request.urlopen(request, timeout=60) as reply:
                self.cookie = str(reply.headers["Set-Cookie"]).split(";")[0]
        return self.cookie

    def _json2(self, model: str, method: str, ids: list[int] | None, named: dict[str, Any]) -> Any:
        body = {**named, **({"ids": ids} if ids is not None else {})}
        headers = {"Authorization": f"bearer {self.api_key}", "X-Odoo-Database": self.database}
        status, answer = self.post(f"/json/2/{model}/{method}", body, headers)
        if status == 200:
            return answer
        return (
            Failure(status, answer["name"], answer["message"])
            if isinstance(answer, dict)
            else Failure(status, "html", "")
        )

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and answer, decoded where it is JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, {**JSON, **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as reply:
            content = reply.read()
            is_json = "json" in (reply.headers.get("Content-Type") or "")
            return reply.code, json.loads(content) if is_json else content.decode(errors="replace")
