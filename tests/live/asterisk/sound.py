"""A call's sound (RTP, RFC 3550): A-law silence, 50 packets a second, so that the exchange sees it flow."""

from __future__ import annotations

import itertools
import socket
import struct
import threading

_SILENCE = b"\xd5" * 160  # 20 ms of A-law
_PAYLOAD_A_LAW = 8


class Ear:
    """Where one call is heard; it also speaks, once told to."""

    def __init__(self, host: str) -> None:
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.address: tuple[str, int] = self._socket.getsockname()
        self._closed = threading.Event()
        self._speaker: threading.Thread | None = None
        self._towards: tuple[str, int] | None = None

    def towards(self, address: tuple[str, int] | None) -> None:
        """Where the other side listens; none: as before."""
        self._towards = address or self._towards

    def speak(self) -> None:
        self._speaker = threading.Thread(target=self._speak, name="sound of a call", daemon=True)
        self._speaker.start()

    def close(self) -> None:
        self._closed.set()
        if self._speaker is None:
            self._socket.close()

    def _speak(self) -> None:
        with self._socket:
            for packet in itertools.count():
                if self._closed.wait(0.02):
                    return
                head = struct.pack("!BBHII", 0x80, _PAYLOAD_A_LAW, packet & 0xFFFF, packet * 160, 1)
                if self._towards is not None:
                    self._socket.sendto(head + _SILENCE, self._towards)
