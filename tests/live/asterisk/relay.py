"""A cable between the hub and the exchange that a test can pull out and plug in again."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType

Address = tuple[str, int]


class Relay:
    """Listens at `address` and passes everything on to `target`, both ways, while it is plugged in."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._pulled = False
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address: Address = self._server.getsockname()
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def __enter__(self) -> Relay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self.pull()

    def pull(self) -> None:
        """Cut what goes through, and let nothing through until `plug`."""
        with self._lock:
            self._pulled = True
            for end in self._open:
                _shut(end)
            self._open.clear()

    def plug(self) -> None:
        with self._lock:
            self._pulled = False

    def _accept(self) -> None:
        with self._server:
            while True:
                try:
                    near, _ = self._server.accept()
                except OSError:  # the test is over
                    return
                with self._lock:
                    if self._pulled:
                        near.close()
                        continue
                    far = socket.create_connection(self._target)
                    self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), name="relay", daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        """Until either end is gone; then both are."""
        with suppress(OSError), one:
            while said := one.recv(65536):
                other.sendall(said)
        _shut(other)


def _shut(end: socket.socket) -> None:
    """Its other half may have been faster."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
