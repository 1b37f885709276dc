"""Messages of Asterisk's manager interface: bytes in, `Message`s out, and back.

A message is lines of ``Name: value``, ended by an empty line (CR LF CR LF). Bytes are cut into messages
before anything is decoded, so a letter cut by the network in two is whole again when it is read.

Promises:

- A name may be said several times (``ChanVariable``; ``State`` in Debian's build): all values are kept.
- A line that is no header is kept too (`Message.rest`): the greeting, the output of an old command.
- A message longer than the limit costs itself alone, takes no memory, and is told of (`Broken`); so is half
  a message where the bytes end.
- UTF-8 is expected; a line that is not is read as Windows-1252, as old exchanges write names. Control
  characters of a value become spaces.
- Nothing with a line break in it is ever written: a value cannot smuggle in an action.

What it never does: know what any event means, or wait.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

END: Final = b"\r\n\r\n"
MOST_BYTES: Final = 64 * 1024
"""The longest message that is read. The longest of the recorded ones (AttendedTransfer) has 3 kB."""

SHOWN: Final = 80
"""Characters of a broken message that are shown to people."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ODD = re.compile(r"[^\S\r\n ]|[\x00-\x08\x0e-\x1f\x7f-\x9f]|\r(?!\n|$)")
"""What makes a closer look at each value necessary; a text without it needs none."""


class Message:
    """One message. Names are looked up whatever their case; a missing one is the empty text."""

    __slots__ = ("_first", "headers", "rest")

    def __init__(self, headers: Iterable[tuple[str, str]], rest: Sequence[str] = ()) -> None:
        self.headers: tuple[tuple[str, str], ...] = tuple(headers)
        """Every header as it came, in order."""
        self.rest: tuple[str, ...] = tuple(rest)
        """Lines that are no header."""
        first: dict[str, str] = {}
        for name, value in self.headers:
            first.setdefault(name.lower(), value)
        self._first = first

    def __getitem__(self, name: str) -> str:
        """The first value of a header; empty where there is none."""
        return self._first.get(name.lower(), "")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._first

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.headers, self.rest) == (other.headers, other.rest)

    def __hash__(self) -> int:
        return hash((self.headers, self.rest))

    def __repr__(self) -> str:
        return f"Message({self.event or self.response or self.rest!r}, {len(self.headers)} headers)"

    @property
    def event(self) -> str:
        """The event's name; empty for an answer."""
        return self["Event"]

    @property
    def response(self) -> str:
        """``Success``, ``Error``, … of an answer to an action; empty for an event."""
        return self["Response"]

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in order."""
        wanted = name.lower()
        return tuple(value for found, value in self.headers if found.lower() == wanted)

    def variables(self, prefix: str = "") -> dict[str, str]:
        """The channel's variables (``channelvars`` of manager.conf); `prefix` ``Dest`` for the dialled one's.

        They come as ``ChanVariable: NAME=value``, and as ``ChanVariable(CHANNEL): NAME=value`` in
        OriginateResponse.
        """
        wanted = f"{prefix}ChanVariable".lower()
        found: dict[str, str] = {}
        for name, value in self.headers:
            if name.lower().partition("(")[0] == wanted:
                key, _, content = value.partition("=")
                found[key] = content
        return found


@dataclass(frozen=True, slots=True)
class Broken:
    """A message that could not be read: `why` (``too long``, ``cut off``), its length so far, its start."""

    why: str
    size: int
    start: str


Framed: TypeAlias = Message | Broken


class Framer:
    """Cuts bytes into messages, however they are cut when they come.

    `greeting` is the first line the exchange says (``Asterisk Call Manager/11.0.0``), which no empty line
    ends; ``None`` until it has come, and for ever where `greeted` is false.
    """

    def __init__(self, *, greeted: bool = True, most: int = MOST_BYTES) -> None:
        self.greeting: str | None = None
        self._greeted, self._most = greeted, most
        self._held = bytearray()
        self._dropped = 0
        self._start = b""

    def feed(self, data: bytes) -> list[Framed]:
        """The messages that are whole with `data`."""
        held = self._held
        searched = max(0, len(held) - len(END) + 1)
        held += data
        if self._greeted and self.greeting is None:
            if not self._take_greeting():
                return []
            searched = 0
        whole: list[Framed] = []
        begin = 0
        while (end := held.find(END, max(begin, searched))) >= 0:
            found = self._whole(bytes(held[begin:end]))
            begin = end + len(END)
            if found is not None:
                whole.append(found)
        del held[:begin]
        if len(held) > self._most:
            if not self._dropped:
                self._start = bytes(held[: SHOWN * 4])
            # The last bytes may be the first of the end.
            self._dropped += len(held) - len(END) + 1
            del held[: len(held) - len(END) + 1]
        return whole

    def end(self) -> Broken | None:
        """What was begun when the bytes ended: half a message, or nothing."""
        held, self._held = bytes(self._held), bytearray()
        size, start = self._dropped + len(held), self._start or held
        self._dropped, self._start = 0, b""
        return Broken("cut off", size, _shown(start)) if start.strip() else None

    def _take_greeting(self) -> bool:
        end = self._held.find(b"\n")
        if end < 0 and len(self._held) <= self._most:
            return False
        line = bytes(self._held[: end if end >= 0 else self._most])
        del self._held[: len(line) + 1]
        self.greeting = _text(line.rstrip(b"\r"))[: SHOWN * 4]
        return True

    def _whole(self, raw: bytes) -> Framed | None:
        if self._dropped or len(raw) > self._most:
            broken = Broken("too long", self._dropped + len(raw), _shown(self._start or raw))
            self._dropped, self._start = 0, b""
            return broken
        return parse(raw) if raw.strip() else None


def parse(raw: bytes) -> Message:
    """One message, without the empty line that ends it. Never fails: what is no header is its `rest`."""
    return read(_text(raw))


def read(text: str) -> Message:
    """The same of what is text already, as a recording keeps it."""
    headers: list[tuple[str, str]] = []
    rest: list[str] = []
    odd = _ODD.search(text) is not None
    for line in text.split("\n"):
        if odd:
            line = _CONTROL.sub(" ", line)
        name, colon, value = line.partition(":")
        if colon and (name := name.strip()):
            headers.append((name, value.strip()))
        elif line := line.strip():
            rest.append(line)
    return Message(headers, rest)


def write(headers: Iterable[tuple[str, str]]) -> bytes:
    """A message as it is sent. Raises `ValueError` for a line break or a control character in it."""
    lines: list[str] = []
    for name, value in headers:
        if _CONTROL.search(name) or _CONTROL.search(value) or ":" in name or not name:
            raise ValueError(f"the manager interface cannot be sent {name!r}: it holds a control character")
        lines.append(f"{name}: {value}\r\n")
    return ("".join(lines) + "\r\n").encode()


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "\n".join(_line(line) for line in raw.split(b"\n"))


def _line(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _shown(raw: bytes) -> str:
    return _CONTROL.sub(" ", raw.decode(errors="replace")).strip()[:SHOWN]
