"""Recorded streams of the manager interface: what an exchange said, kept in a file to be looked at again.

The format: a line ``@ +SECONDS`` (since the recording began), then the message as it came, then an empty
line. Lines that begin with ``### `` are the notes of whoever recorded it, lines that begin with ``# `` its
heading, in which ``recording starts YYYY-MM-DD HH:MM:SS`` says when it began. A plain capture of the
connection, without any of these, is read too.

A file is read as far as it can be: what could not be read is named in `Recording.problems`.
Never: more of one message in memory than a message may have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from connectors.voip.ami.messages import MOST_BYTES, Message, parse
from connectors.voip.ami.tracker import Tracker
from connectors.voip.ami.tracks import said_at
from hub.exchange import Alive, CallEvent

_MARK: Final = re.compile(rb"@ \+(\d{1,9}(?:\.\d{1,9})?)\s*")
_BEGAN: Final = re.compile(r"recording starts (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_UNKNOWN: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""When a recording began that does not say."""

MOST_PROBLEMS: Final = 20
"""How many problems are named one by one."""


class NotARecording(Exception):
    """The file holds nothing of a manager interface. The text says what was found instead."""


@dataclass(slots=True)
class Recording:
    """`title` is the first line of the heading. `messages` are in order, each with when it arrived."""

    title: str = ""
    messages: list[tuple[datetime, Message]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def load(path: Path) -> Recording:
    """Read a recording. Raises `NotARecording`, and `OSError` where the file cannot be read."""
    with path.open("rb") as file:
        return read(file)


def read(file: BinaryIO) -> Recording:
    """The same of an open file."""
    reader = _Reader()
    for number, line in enumerate(_lines(file), 1):
        reader.take(number, line)
    return reader.end()


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines with their ends; what is left of one that is longer than a message may be is passed over."""
    while line := file.readline(MOST_BYTES + 2):
        yield line
        while not line.endswith(b"\n") and (line := file.readline(MOST_BYTES)):
            pass


class _Reader:
    def __init__(self) -> None:
        self._found = Recording()
        self._began, self._at = _UNKNOWN, _UNKNOWN
        self._lines: list[bytes] = []
        self._size = self._first = self._unread = 0
        self._marked = False
        self._last = b"\n"

    def take(self, number: int, line: bytes) -> None:
        self._last = line
        mark = _MARK.fullmatch(line)
        if mark is None and line.strip():
            if line.startswith((b"### ", b"# ")) and not self._lines:
                self._heading(line.decode(errors="replace").strip())
                return
            self._first = self._first if self._lines else number
            self._size += len(line)
            if self._size <= MOST_BYTES:
                self._lines.append(line)
            return
        self._close()
        if mark is not None:
            self._marked = True
            self._at = self._began + timedelta(seconds=float(mark[1]))

    def end(self) -> Recording:
        cut = bool(self._lines) and not self._last.endswith(b"\n")
        self._close()
        found = self._found
        if cut:
            found.problems.append("the file ends in the middle of a line: its last message may be cut off")
        if not self._marked and not found.messages:
            raise NotARecording("it holds no message of a manager interface")
        if self._unread > MOST_PROBLEMS:
            found.problems.append(f"{self._unread - MOST_PROBLEMS} more messages could not be read")
        return found

    def _heading(self, line: str) -> None:
        if line.startswith("### "):
            return
        self._found.title = self._found.title or line[2:]
        began = _BEGAN.search(line)
        if began and not self._marked:
            try:
                self._began = self._at = datetime.fromisoformat(began[1]).replace(tzinfo=UTC)
            except ValueError:
                self._problem(f"the heading names no day and time: {began[1]}")

    def _close(self) -> None:
        lines, size = self._lines, self._size
        self._lines, self._size = [], 0
        if not size:
            return
        if size > MOST_BYTES:
            self._problem(
                f"line {self._first}: a message is longer than {MOST_BYTES // 1024} KiB, passed over"
            )
            return
        message = parse(b"".join(lines))
        if message.event or message.response:
            self._found.messages.append((self._at, message))
        elif self._found.messages or self._marked or message.headers:
            start = lines[0].decode(errors="replace").strip()[:60]
            self._problem(f"line {self._first}: this is neither an event nor an answer: {start!r}")

    def _problem(self, text: str) -> None:
        self._unread += 1
        if self._unread <= MOST_PROBLEMS:
            self._found.problems.append(text)


def events(recording: Recording, tracker: Tracker) -> Iterator[CallEvent | Alive]:
    """What the recorded exchange says of its calls, as a connector would have said it then.

    A recorded ``Status`` list is taken as a resynchronisation, so that a recording may begin in mid-call.
    """
    listed: list[Message] | None = None
    shift = timedelta(0)
    for arrived, message in recording.messages:
        # The heading is written in whatever clock the recorder had.
        at = said_at(message, arrived + shift)
        shift = at - arrived
        event = message.event.lower()
        if message.response and "channel status will follow" in message["Message"].lower():
            tracker.asking()
            listed = []
        elif event == "status" and listed is not None:
            listed.append(message)
        elif event == "statuscomplete" and listed is not None:
            yield from tracker.resync(listed, (), at)
            listed = None
        else:
            yield from tracker.feed(message, at)
