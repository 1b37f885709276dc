"""Ways for a call to go wrong on purpose: raised by a hook, or ordered with `X3.fail`.

What is raised before a call leaves it undone; what is raised after it loses or spoils the answer of what was
done. `Cut`, `Delay` and `Html` are those of any sandbox server.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.odoo.doors.http import Cut, Delay, Html, Lost, Reply
from sandbox.x3 import wire

__all__ = [
    "Broken",
    "Cut",
    "Delay",
    "Gateway",
    "Half",
    "Html",
    "LoginPage",
    "Lost",
    "NoServices",
    "SoapFault",
    "Spoiled",
]


class Spoiled(Lost):
    """The answer comes, and is not what it should be."""

    def spoil(self, reply: Reply) -> Reply:
        """What comes in its place."""
        raise NotImplementedError


class Half(Spoiled):
    """Half the answer, or the answer until `last`, told as if it were all."""

    def __init__(self, last: bytes = b"") -> None:
        super().__init__("cut")
        self.last = last

    def spoil(self, reply: Reply) -> Reply:
        cut = len(reply.content) // 2
        if self.last:
            cut = reply.content.index(self.last) + len(self.last)
        return replace(reply, content=reply.content[:cut])


class Broken(Spoiled):
    """Half of the length that was announced, then the end of the connection."""

    def spoil(self, reply: Reply) -> Reply:
        half = reply.content[: len(reply.content) // 2]
        return replace(reply, content=half, announced=len(reply.content))


class SoapFault(Spoiled):
    """A SOAP Fault with this text, HTTP 500."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def spoil(self, reply: Reply) -> Reply:
        return Reply(500, wire.KIND, wire.write_fault(self.text))


class NoServices(Html):
    """No web-service child is running: HTTP 500 with a line of text."""

    def __init__(self) -> None:
        super().__init__(500, "No Web services accepted")


class Gateway(Html):
    """A proxy had enough of waiting: 504, 524 or the like, and a page that says so."""

    def __init__(self, status: int = 504) -> None:
        told = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}
        title = f"{status} {told.get(status, 'A timeout occurred')}"
        page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        super().__init__(status, page)


class LoginPage(Html):
    """A page to log in at, HTTP 200: what a single sign-on in front answers."""

    def __init__(self) -> None:
        super().__init__(
            200,
            '<!DOCTYPE html><html><head><title>Sage X3</title></head><body><form action="/auth/login/page">'
            '<input name="login"/><input name="password" type="password"/></form></body></html>',
        )
