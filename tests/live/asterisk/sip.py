"""SIP's messages as text (RFC 3261): taken apart, put together. Only what a telephone on loopback needs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

Headers = Iterable[tuple[str, str]]
ALLOW = "INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, UPDATE, OPTIONS"
REASONS = {100: "Trying", 180: "Ringing", 200: "OK", 302: "Moved Temporarily", 486: "Busy Here",
           487: "Request Terminated", 603: "Decline"}  # fmt: skip


@dataclass(frozen=True)
class Message:
    """A request or a response. Header names are in lower case, in the order they came."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @classmethod
    def parse(cls, datagram: bytes) -> Message:
        head, _, body = datagram.decode().partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        split = (line.partition(":") for line in lines)
        return cls(start, tuple((name.strip().lower(), value.strip()) for name, _, value in split), body)

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    @property
    def status(self) -> int | None:
        """A response's number; none in a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self) -> str:
        return self.first("cseq").split()[1]

    @property
    def number(self) -> int:
        return int(self.first("cseq").split()[0])

    @property
    def media(self) -> tuple[str, int] | None:
        """Where the other side wants to hear: from the session's description."""
        host = re.search(r"^c=IN IP4 (\S+)", self.body, re.M)
        port = re.search(r"^m=audio (\d+)", self.body, re.M)
        return (host[1], int(port[1])) if host and port else None


def compose(start: str, headers: Headers, body: str = "") -> bytes:
    """A datagram."""
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append("Content-Type: application/sdp")
    lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def session(host: str, port: int, direction: str, version: int) -> str:
    """A session's description: G.711 A-law, at `host` and `port`; `direction` as ``sendrecv``."""
    return (
        f"v=0\r\no=- 1 {version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na={direction}\r\n"
    )


def quoted(name: str) -> str:
    """A name as it stands before an address."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def uri(header: str) -> str:
    """The address in a ``From``, ``To`` or ``Contact``."""
    found = re.search(r"<([^>]+)>", header)
    return found[1] if found else header.split(";")[0].strip()


def tag(header: str) -> str:
    found = re.search(r";tag=([^;>\s]+)", header)
    return found[1] if found else ""


def token() -> str:
    return secrets.token_hex(6)


def branch() -> str:
    """A transaction's id; the beginning is RFC 3261's."""
    return "z9hG4bK" + token()
