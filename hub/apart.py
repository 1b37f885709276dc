"""Runs a worker in a process of its own: for what opens strangers' files, and may hang, swell or die of one.

Both ends speak in frames, each a length (4 bytes, big end first) and that many bytes of JSON. The worker gets
no environment but what Python needs, so that no secret of the hub's reaches it; it is killed when its time
is up; its answers are parsed as JSON, never unpickled. One worker may be asked many times, one after the
other: starting Python costs more than reading most files. After `Died`, it is started anew by the next `ask`.
Never does: share a worker between threads.
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

ROOT = Path(__file__).resolve().parents[1]
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


class Died(Exception):
    """The worker ended before its answer did: killed as its time was `spent`, or by itself, in `words`."""

    def __init__(self, spent: bool, words: str) -> None:
        super().__init__(words)
        self.spent, self.words = spent, words


class Worker:
    """One process that runs `module`, started when it is first asked and again after it died."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, request: Mapping[str, Any], seconds: float) -> Iterator[tuple[str, Any]]:
        """The frames of its answer as (kind, content), up to and with the one called `end` or `fault`.

        `seconds` is what the worker may take in all; what the reader of these frames takes is not counted.
        Raises `Died`. A reader that stops half way ends the worker.
        """
        process = self._process or self._start()
        budget = Budget(seconds, process.kill)
        whole = False
        try:
            yield from _talk(process, request, budget)
            whole = True
        except (_Ended, OSError) as end:
            process.kill()
            process.wait()
            raise Died(budget.spent, self._last_words(process.returncode)) from end
        finally:
            if not whole:
                self.close()

    def close(self) -> None:
        """End the process, whatever it does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _shut(pipe)
        if self._complaints is not None:
            self._complaints.close()
            self._complaints = None

    def _start(self) -> subprocess.Popen[bytes]:
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process, by `close`
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        return self._process

    def _last_words(self, code: int) -> str:
        assert self._complaints is not None
        self._complaints.seek(0)
        lines = self._complaints.read().decode("utf-8", "replace").strip().splitlines()
        how = (
            f"the reading process ended with code {code}"
            if code >= 0
            else f"the reading process died of signal {-code}"
        )
        return how + (f": {lines[-1][:300]}" if lines else "")


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


def environment() -> dict[str, str]:
    """What of this process's environment a worker is given."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def requests() -> Iterator[Any]:
    """In the worker: every request as it comes, until the hub has no more."""
    while head := sys.stdin.buffer.read(4):
        (length,) = struct.unpack(">I", head)
        yield orjson.loads(sys.stdin.buffer.read(length))


def send(kind: str, content: Any) -> None:
    """In the worker: one frame of the answer. The last one is called `end` or `fault`."""
    frame = orjson.dumps([kind, content])
    sys.stdout.buffer.write(struct.pack(">I", len(frame)) + frame)
    sys.stdout.buffer.flush()


def limit_memory(size: int) -> None:
    """In the worker: `size` bytes of address space at most; Windows has no such call, and goes without."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _Ended(Exception):
    """The worker's answer stopped before its end."""


def _talk(
    process: subprocess.Popen[bytes], request: Mapping[str, Any], budget: Budget
) -> Iterator[tuple[str, Any]]:
    assert process.stdin is not None
    assert process.stdout is not None
    asked = orjson.dumps(request)
    with budget:
        process.stdin.write(struct.pack(">I", len(asked)) + asked)
        process.stdin.flush()
    while True:
        with budget:
            (length,) = struct.unpack(">I", _exactly(process.stdout, 4))
            if length > _LONGEST_FRAME:
                raise _Ended
            frame = _exactly(process.stdout, length)
        kind, content = orjson.loads(frame)
        yield kind, content
        if kind in ("end", "fault"):
            return


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise _Ended
    return data


def _shut(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return  # what was left to say, nobody is there to hear
