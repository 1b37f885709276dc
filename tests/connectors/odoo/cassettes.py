"""Conversations with real Odoo servers, recorded once and replayed in the ordinary tests.

One file per server and door, one entry per test in it. What is told apart when replaying: verb, path and
body; an unknown request is refused, and so is asking twice what was asked once. Nothing that belongs to the
machine of the recording is kept: host, database, keys, passwords, cookies, server tracebacks.

Record anew: ``python -m tests.connectors.odoo.record``.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import vcr
from vcr.request import Request

from hub.redaction import spellings

FOLDER = Path(__file__).parent / "cassettes"
RECORDING = os.environ.get("HUB_RECORD") == "1"
HOST, DATABASE, KEY = "http://odoo.test", "hub", "an-api-key"
_KEPT_HEADERS = frozenset({"content-type", "date", "location"})


class Tape:
    """All the conversations with one server through one door."""

    def __init__(self, name: str) -> None:
        self.path = FOLDER / f"{name}.json.gz"
        self.secrets: dict[str, str] = {}
        self._tests: dict[str, Any] | None = None

    @contextmanager
    def conversation(self, test: str) -> Iterator[None]:
        """Replay one test's requests, or record them where the run was asked to."""
        recorder = vcr.VCR(
            record_mode=vcr.mode.ALL if RECORDING else vcr.mode.NONE,
            match_on=["method", "path", "meaning"],
            decode_compressed_response=True,
            before_record_request=self._clean_request,
            before_record_response=self._clean_response,
        )
        recorder.register_persister(_Persister(self))
        recorder.register_matcher("meaning", _same_meaning)
        with recorder.use_cassette(test, serializer="json"):
            yield

    def load(self) -> dict[str, Any]:
        if self._tests is None:
            self._tests = json.loads(gzip.decompress(self.path.read_bytes())) if self.path.exists() else {}
        return self._tests

    def save(self, test: str, entries: list[dict[str, Any]]) -> None:
        tests = self.load()
        tests[test] = entries
        text = json.dumps(dict(sorted(tests.items())), ensure_ascii=False, indent=0)
        FOLDER.mkdir(exist_ok=True)
        self.path.write_bytes(gzip.compress(text.encode(), mtime=0))

    def _clean_request(self, request: Request) -> Request:
        parts = urlsplit(request.uri)
        request.uri = self._clean(urlunsplit(("http", "odoo.test", parts.path, parts.query, "")))
        request.headers = {}
        if request.body:
            request.body = self._clean(bytes(request.body).decode()).encode()
        return request

    def _clean_response(self, response: dict[str, Any]) -> dict[str, Any]:
        kept = {k: v for k, v in response["headers"].items() if k.lower() in _KEPT_HEADERS}
        response["headers"] = {k: [self._clean(text) for text in v] for k, v in kept.items()}
        body = response["body"]["string"]
        text = self._clean(body.decode()) if body else ""
        response["body"]["string"] = _short(text).encode()
        return response

    def _clean(self, text: str) -> str:
        for secret, plain in self.secrets.items():
            # XML and JSON write a password with a quote or an ampersand in it in their own way.
            for spelling in sorted(spellings(secret), key=len, reverse=True):
                text = text.replace(spelling, plain)
        text = re.sub(r"/srv/hub/runs/\w+", "/run/postgresql", text)
        return re.sub(r"\bhub_[0-9a-f]{10}\b", "another", text)


class _Persister:
    """vcrpy's storage: one entry of the tape per test."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def load_cassette(self, test: str, serializer: Any) -> tuple[list[Request], list[dict[str, Any]]]:
        entries = self._tape.load().get(str(test))
        if entries is None or RECORDING:
            from vcr.persisters.filesystem import CassetteNotFoundError

            raise CassetteNotFoundError(f"{test} was not recorded: python -m tests.connectors.odoo.record")
        requests = [Request(e["method"], HOST + e["path"], e["body"].encode(), {}) for e in entries]
        return requests, [_response(e) for e in entries]

    def save_cassette(self, test: str, cassette: Mapping[str, Any], serializer: Any) -> None:
        entries = [
            {
                "method": request.method,
                "path": request.uri.removeprefix(HOST),
                "body": (request.body or b"").decode(),
                "status": response["status"]["code"],
                "headers": response["headers"],
                "answer": response["body"]["string"].decode(),
            }
            for request, response in zip(cassette["requests"], cassette["responses"], strict=True)
        ]
        self._tape.save(str(test), entries)


def _response(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": {"code": entry["status"], "message": ""},
        "headers": entry["headers"],
        "body": {"string": entry["answer"].encode()},
    }


def _same_meaning(one: Request, other: Request) -> None:
    assert _meaning(one) == _meaning(other)


def _meaning(request: Request) -> Any:
    """The body; of a JSON-RPC call without its number, which is random."""
    text = (request.body or b"").decode()
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    if isinstance(parsed, dict) and "jsonrpc" in parsed:
        parsed.pop("id", None)
    return parsed


def _short(text: str) -> str:
    """Without the server's traceback but for its last lines, and without the pages of a browser."""
    if text.lstrip()[:1] == "<" and "<html" in text[:500].lower():
        return "<html><title>a page</title></html>"
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    error = parsed.get("error", parsed) if isinstance(parsed, dict) else {}
    for holder in (error, error.get("data")) if isinstance(error, dict) else ():
        if isinstance(holder, dict) and isinstance(holder.get("debug"), str):
            holder["debug"] = "\n".join(holder["debug"].splitlines()[-2:])
            return json.dumps(parsed, ensure_ascii=False)
    return text
