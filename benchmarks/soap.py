"""How fast third parties are read from Sage X3, against the same calls made bare.

The floor: as many POSTs of the very same bodies, from as many threads, whose answers nobody looks at. The X3
is the sandbox's, in a process of its own. What the connector does beyond that: it lists the keys, builds
each request, decodes each answer and makes a record of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from benchmarks.rows import Row, timed
from connectors.sage.soap.connector import SoapConnector
from connectors.sage.soap.settings import Settings
from connectors.sage.soap.wsdl import Requests
from hub.ports import NativeField, View

CUSTOMERS = 5000
AT_ONCE = 3
ROUNDS = 3
_DEFAULT = {"BPAADDFLG": "2"}
_IN_ADDRESS = ("ADDLIG1", "POSCOD", "CTY", "TEL1", "WEB1")
_VIEW = View(
    "customer",
    "BPC",
    (
        NativeField("BPRNAM", options={"item": 1}),
        NativeField("CRN"),
        NativeField("EECNUM"),
        NativeField("PTE"),
        *(NativeField(name, options={"line": _DEFAULT}) for name in _IN_ADDRESS),
    ),
    key=("BPCNUM",),
)


def read() -> Row:
    """5,000 customers pulled by the connector, against 5,000 bare reads; the best of a few rounds of each."""
    with _served() as x3:
        settings = Settings.model_validate(x3 | {"at_once": AT_ONCE, "timezone": "UTC"})
        _, ids = _pulled(settings)
        # Turn by turn, so that what else the machine does meets both.
        rounds = [(_pulled(settings)[0], _bare(settings, ids)) for _ in range(ROUNDS)]
        hub, bare = min(one for one, _ in rounds), min(other for _, other in rounds)
    detail = f"{CUSTOMERS / hub:.0f} against {CUSTOMERS / bare:.0f} records/s, {AT_ONCE} at once"
    return Row("5,000 third parties read by SOAP, time against bare requests", hub / bare, 1.25, True,
               detail=detail)  # fmt: skip


@contextmanager
def _served() -> Iterator[dict[str, Any]]:
    """A sandbox X3 with customers, in a process of its own: what a connection to it needs."""
    command = [sys.executable, "-m", "sandbox.x3", "--customers", str(CUSTOMERS), "--with-input"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"SANDBOX_PASSWORD": "bench"}
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        about = json.loads(process.stdout.readline())
        try:
            given = {"url": about["url"], "pool": about["pool"], "user": about["login"]}
            yield given | {"password": "bench"}
        finally:
            process.stdin.close()


def _pulled(settings: Settings) -> tuple[float, list[str]]:
    """Seconds for a whole pull by a new connector, and the ids it gave."""
    sage = SoapConnector("sage", settings)
    with timed() as clock:
        pages = list(sage.pull(_VIEW, None, lambda ids: {}))
    sage.close()
    records = [record for page in pages for record in page.records]
    assert len(records) == CUSTOMERS, len(records)
    assert not any(record.unreadable for record in records)
    return clock.seconds, [record.id for record in records]


def _bare(settings: Settings, ids: list[str]) -> float:
    """Seconds for as many calls of the same bodies, made beforehand."""
    build = Requests(settings.is_old, settings.address)
    context = {"codeLang": "FRA", "poolAlias": settings.pool, "poolId": "", "requestConfig": ""}
    bodies = [build.body("read", context, "BPC", build.keys([("BPCNUM", id)])) for id in ids]
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    with requests.Session() as http, ThreadPoolExecutor(AT_ONCE) as threads:
        http.mount("http://", HTTPAdapter(pool_maxsize=AT_ONCE))
        assert settings.password is not None
        http.auth = (settings.user or "", settings.password.get_secret_value())

        def call(body: bytes) -> int:
            return len(http.post(settings.address, data=body, headers=headers).content)

        with timed() as clock:
            assert all(size > 1000 for size in threads.map(call, bodies))
        return clock.seconds
