"""However the network cuts a stream, the messages are the same."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.voip.ami.messages import Framed, Framer, Message, write
from tests.house.source import ROOT

_STREAM = ROOT / "tests" / "calls" / "streams" / "36-resync-by-status.txt"
_HARD = (
    "Event: A\r\nName: Société 株式会社 😀\r\nChanVariable: A=1\r\nChanVariable: B=\r\n\r\n".encode()
    + "Event: B\r\nName: Évry\r\n\r\n".encode("latin-1")
    + b"Event: C\r\nNoColon\r\n: nameless\r\nEmpty:\r\n\r\n"
    + b"Event: D\r\nLong: " + b"x" * 70_000 + b"\r\n\r\n"
    + b"\r\nEvent: E\r\n\r\n"
    + b"Event: F\r\nhalf"
)  # fmt: skip


def stream() -> bytes:
    """A recorded stream as it came over the network, and what no exchange should say."""
    lines = _STREAM.read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("@ ", "#"))]
    return b"Asterisk Call Manager/11.0.0\r\n" + "\r\n".join(kept).encode() + b"\r\n\r\n" + _HARD


STREAM = stream()


def framed(pieces: list[bytes]) -> tuple[str | None, list[Framed], Framed | None]:
    framer = Framer()
    found = [one for piece in pieces for one in framer.feed(piece)]
    return framer.greeting, found, framer.end()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(places), len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


WHOLE = framed([STREAM])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, len(STREAM)), max_size=40))
def test_any_cut_of_a_stream_gives_the_same_messages(places: list[int]) -> None:
    assert framed(cut(STREAM, places)) == WHOLE


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5000))
def test_pieces_of_any_size_give_the_same_messages(size: int) -> None:
    pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert framed(pieces) == WHOLE


def test_there_is_something_to_cut() -> None:
    greeting, found, half = WHOLE
    assert greeting == "Asterisk Call Manager/11.0.0"
    assert len([one for one in found if isinstance(one, Message)]) > 20
    assert half is not None


_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
_VALUES = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=50)


@given(st.lists(st.tuples(_NAMES, _VALUES), min_size=1, max_size=20))
def test_what_is_written_is_read(headers: list[tuple[str, str]]) -> None:
    framer = Framer(greeted=False)
    assert framer.feed(write(headers)) == [Message(headers)]
