"""Write down a manager stream as it comes, in the format that ``hub calls replay`` reads.

The first line says what happened; then ``@ +seconds`` before each message, as it was sent; lines that begin
with ``### `` are notes of whoever made the recording. It shares nothing with the hub's own manager client.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType

from tests.live.asterisk.server import Manager


class Recorder:
    """One session of the manager interface, listened to in a thread of its own."""

    def __init__(self, manager: Manager) -> None:
        self._socket = socket.create_connection((manager.host, manager.port), timeout=30)
        self._stream = self._socket.makefile("rb")
        self.greeting = self._stream.readline().decode().strip()
        self._manager = manager
        self._said: list[tuple[float, str]] = []
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._listen, name="recorder", daemon=True)
        self._replies = threading.Semaphore(0)

    def __enter__(self) -> Recorder:
        """Log in and begin; what is said about the login itself is left out."""
        self._send("Login", {"Username": self._manager.user, "Secret": self._manager.secret})
        while (message := self._next()) and "Event: FullyBooted" not in message:
            if "Response: Error" in message:
                raise PermissionError(message)
        self._began = time.monotonic()
        self._started_at = datetime.now(UTC)
        self._socket.settimeout(None)  # silence is no fault
        self._thread.start()
        return self

    def note(self, text: str) -> None:
        self._keep(f"### {text}")

    def ask(self, action: str, fields: Mapping[str, str] | None = None) -> None:
        """Send an action and wait for its answer, which is recorded like everything else."""
        self._send(action, fields or {})
        if not self._replies.acquire(timeout=30):
            raise TimeoutError(f"the manager interface did not answer {action} within 30 s")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the session; every message sent before is in."""
        with suppress(OSError):  # the exchange may have gone first
            self._send("Logoff", {})
        self._thread.join(timeout=30)
        self._socket.close()

    def text(self, description: str) -> str:
        when = f"{self._started_at:%Y-%m-%d %H:%M:%S}"
        begun = f"recording starts {when}; +seconds since start on each message"
        head = f"# {description}\n# {self.greeting}; {begun}\n"
        kept = [(at, text) for at, text in self._said if not text.startswith("Response: Goodbye")]
        return head + "".join(f"\n@ +{at:.3f}\n{text}\n" for at, text in kept)

    def _send(self, action: str, fields: Mapping[str, str]) -> None:
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def _listen(self) -> None:
        while message := self._next():
            self._keep(message)
            if message.startswith("Response: "):
                self._replies.release()

    def _keep(self, text: str) -> None:
        self._said.append((time.monotonic() - self._began, text))

    def _next(self) -> str:
        """The next message; nothing once the session is over."""
        lines: list[str] = []
        while line := self._stream.readline().decode().rstrip("\r\n"):
            lines.append(line)
        return "\n".join(lines)
