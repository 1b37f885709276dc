"""The daemon as a process: from its start to the signal that ends it.

Promises: a stop always ends the process; a call that does not come back (a system that hangs) is left behind
and looked up at the next start. Never: knows what the daemon does.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Protocol

from hub import logs


class Serving(Protocol):
    """What is started, and stopped; `stop` says whether every call under way came to its end."""

    def start(self) -> None: ...
    def stop(self) -> bool: ...


def serve(make: Callable[[Callable[[], None]], Serving]) -> int:
    """Run until told to stop (SIGTERM, Ctrl-C, Ctrl-Break; twice: at once). Returns the exit code.

    `make` is given what to call when another process took the work over. Raises what keeps it from starting.
    """
    asked = threading.Event()
    lost = threading.Event()

    def stop(number: int, frame: object) -> None:
        if asked.is_set():
            os._exit(130)
        asked.set()

    def give_up() -> None:
        lost.set()
        asked.set()

    daemon = make(give_up)
    for name in ("SIGTERM", "SIGINT", "SIGBREAK", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    logs.catch_strays()
    daemon.start()
    # With a time-out, because Windows handles signals only between two waits.
    while not asked.wait(0.25):
        pass
    clean = daemon.stop()
    code = 1 if lost.is_set() else 0
    if not clean:
        logging.shutdown()
        os._exit(code)
    return code
