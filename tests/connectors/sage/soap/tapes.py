"""Conversations with the sandbox X3, recorded once: what is said on the wire does not change unnoticed.

They are named as recordings of the sandbox: no real X3 has been at hand. With ``HUB_RECORD=1`` they are
recorded anew, otherwise nothing is asked that is not on the tape. What is told apart when replaying: verb,
path, and body. Logins in headers, and hosts, are not kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import vcr
from vcr.request import Request

from connectors.sage.soap.client import Client
from connectors.sage.soap.connector import SoapConnector
from connectors.sage.soap.settings import Settings
from sandbox.x3 import X3, serve

FOLDER = Path(__file__).parent / "cassettes"
RECORDING = os.environ.get("HUB_RECORD") == "1"
HOST = "http://x3.test"
_KEPT = frozenset({"content-type", "content-length"})


@contextmanager
def taped(name: str, sandbox: dict[str, Any], **settings: Any) -> Iterator[tuple[SoapConnector, X3 | None]]:
    """A connector on the tape of that name, and the sandbox where it is only now recorded."""
    path = FOLDER / f"sandbox_{name}.yaml"
    given: dict[str, Any] = {"url": HOST, "pool": "WSPOOL", "user": "WSUSER", "password": "sandbox"}
    recorder = vcr.VCR(
        record_mode=vcr.mode.ALL if RECORDING else vcr.mode.NONE,
        match_on=["method", "path", "body"],
        before_record_request=_clean_request,
        before_record_response=_clean_response,
    )
    with ExitStack() as stack:
        x3 = stack.enter_context(serve(**sandbox)) if RECORDING else None
        if x3 is not None:
            given |= {"url": x3.host}
        found = Settings.model_validate(given | {"at_once": 1, "timezone": "UTC"} | settings)
        sage = SoapConnector("sage", found, Client("sage", found, wait=lambda seconds: None))
        stack.enter_context(recorder.use_cassette(str(path), allow_playback_repeats=False))
        stack.callback(sage.close)
        yield sage, x3


def _clean_request(request: Request) -> Request:
    request.uri = HOST + urlsplit(request.uri).path
    request.headers = {}
    return request


def _clean_response(response: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in response["headers"].items() if name.lower() in _KEPT}
    return response | {"headers": kept}
