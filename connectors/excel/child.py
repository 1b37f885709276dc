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
import time
from collections.abc import Callable, Iterator, Mapping
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
    """Run the worker on `request`; yields (kind, content) of every frame up to `end`.

    `seconds` is what the child may take in all; what the reader of these frames takes is not counted.
    """
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "connectors.excel.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        budget = Budget(seconds, process.kill)
        try:
            yield from _talk(process, request, budget)
        except _Died as death:
            process.wait()
            shown = str(request["shown"])
            if budget.spent:
                raise damaged(
                    f"{shown} could not be read within {seconds:.0f} s",
                    todo="raise limits.seconds if it is sound",
                ) from death
            raise _dead(shown, process.returncode, complaints) from death
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


class Budget:
    """Seconds that may pass inside its ``with`` blocks, all together; then `stop` is called, once."""

    def __init__(
        self, seconds: float, stop: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.left, self.spent = seconds, False
        self._stop, self._clock = stop, clock
        self._since = 0.0
        self._timer: threading.Timer | None = None

    def __enter__(self) -> None:
        self._since = self._clock()
        self._timer = threading.Timer(max(self.left, 0), self._end)
        self._timer.daemon = True
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        assert self._timer is not None
        self._timer.cancel()
        self.left -= self._clock() - self._since

    def _end(self) -> None:
        self.spent = True
        self._stop()


class _Died(Exception):
    """The child ended before its answer did."""


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def _talk(
    process: subprocess.Popen[bytes], request: Mapping[str, Any], budget: Budget
) -> Iterator[tuple[str, Any]]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with budget:
            process.stdin.write(orjson.dumps(request))
            process.stdin.close()
    except OSError as error:
        raise _Died from error
    while True:
        with budget:
            (length,) = struct.unpack(">I", _exactly(process.stdout, 4))
            if length > _LONGEST_FRAME:
                raise _Died
            frame = _exactly(process.stdout, length)
        kind, content = orjson.loads(frame)
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
