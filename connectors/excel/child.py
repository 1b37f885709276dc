"""Runs the worker for one request and hands its frames on as they come; its death or silence is a `Fault`.

The child gets no environment but what Python needs, so that no secret of the hub's reaches a process that
opens strangers' files. It is killed when its time is up or when nobody reads on; its answers are parsed as
JSON, never unpickled.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import orjson

from connectors.excel.faults import Fault, damaged

ROOT = Path(__file__).resolve().parents[2]
_KEPT = (
    "PATH",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "TEMP",
    "TMP",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "VIRTUAL_ENV",
    "HOME",
)
_LONGEST_FRAME = 256 * 1024 * 1024


def frames(request: Mapping[str, Any], seconds: float) -> Iterator[tuple[str, Any]]:
    """Run the worker on `request`; yields (kind, content) of every frame up to `end`, within `seconds`."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", "connectors.excel.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=_environment(),
        )
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        watch = threading.Timer(seconds, stop)
        watch.daemon = True
        watch.start()
        try:
            yield from _talk(process, request)
        except _Died as death:
            process.wait()
            shown = str(request["shown"])
            if late.is_set():
                raise damaged(
                    f"{shown} could not be read within {seconds:.0f} s",
                    todo="raise limits.seconds if it is sound",
                ) from death
            raise _dead(shown, process.returncode, complaints) from death
        finally:
            watch.cancel()
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


class _Died(Exception):
    """The child ended before its answer did."""


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def _talk(process: subprocess.Popen[bytes], request: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(orjson.dumps(request))
        process.stdin.close()
    except OSError as error:
        raise _Died from error
    while True:
        (length,) = struct.unpack(">I", _exactly(process.stdout, 4))
        if length > _LONGEST_FRAME:
            raise _Died
        kind, content = orjson.loads(_exactly(process.stdout, length))
        if kind == "fault":
            raise Fault(*content)
        yield kind, content
        if kind == "end":
            return


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise _Died
    return data


def _dead(shown: str, code: int, complaints: IO[bytes]) -> Fault:
    complaints.seek(0)
    lines = complaints.read().decode("utf-8", "replace").strip().splitlines()
    how = (
        f"the reading process ended with code {code}"
        if code >= 0
        else f"the reading process died of signal {-code}"
    )
    last = f": {lines[-1][:300]}" if lines else ""
    return damaged(
        f"{shown} cannot be read", how + last, "open it in Excel and save it again; it may be damaged"
    )
