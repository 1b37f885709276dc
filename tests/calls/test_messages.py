"""Bytes of the manager interface, cut, mixed, broken and hostile."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.voip.ami.messages import MOST_BYTES, Broken, Framed, Framer, Message, parse, write
from tests.tally import tally

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
EVENTS = (
    "Event: Newchannel\r\nCallerIDName: Société Générale\r\nUniqueid: 1.1\r\n\r\n".encode()
    + b"Event: TestEvent\r\nState: RTP_PORT_ALLOCATED\r\nState: CallIDChange\r\n\r\n"
    b"Response: Success\r\nActionID: a1\r\nMessage: Ping\r\n\r\n"
)


def framed(data: bytes, *cuts: int, greeted: bool = False) -> tuple[list[Framed], Framer]:
    framer, found = Framer(greeted=greeted), list[Framed]()
    for begin, end in pairwise((0, *sorted(cuts), len(data))):
        found += framer.feed(data[begin:end])
    return found, framer


@given(st.lists(st.integers(0, len(GREETING + EVENTS)), max_size=6))
def test_messages_are_the_same_however_the_network_cuts_them(cuts: list[int]) -> None:
    found, framer = framed(GREETING + EVENTS, *cuts, greeted=True)
    assert found == framed(EVENTS)[0]
    assert framer.greeting == "Asterisk Call Manager/11.0.0"
    assert framer.end() is None


def test_byte_by_byte_no_letter_is_lost() -> None:
    found, _ = framed(EVENTS, *range(len(EVENTS)))
    first, second, third = found
    assert isinstance(first, Message)
    assert first["calleridname"] == "Société Générale"
    assert isinstance(second, Message)
    assert (second["State"], second.all("state")) == (
        "RTP_PORT_ALLOCATED", ("RTP_PORT_ALLOCATED", "CallIDChange"),
    )  # fmt: skip
    assert isinstance(third, Message)
    assert (third.event, third.response) == ("", "Success")


@pytest.mark.parametrize("chunk", [1, 777, 65_536, 5_000_000])
def test_a_megabyte_in_a_header_costs_itself_alone(chunk: int) -> None:
    size = 100_000 if chunk == 1 else 1_000_000
    data = EVENTS + b"Event: Huge\r\nName: " + b"x" * size + b"\r\n\r\n" + EVENTS
    found, framer = framed(data, *range(0, len(data), chunk))
    broken = [one for one in found if isinstance(one, Broken)]
    assert [one.why for one in broken] == ["too long"]
    assert broken[0].start.startswith("Event: Huge Name: xxx")
    assert len(broken[0].start) <= 80
    assert abs(broken[0].size - size) < 100
    assert [one for one in found if isinstance(one, Message)] == framed(EVENTS + EVENTS)[0]
    assert framer.end() is None


def test_a_message_that_never_ends_takes_no_memory() -> None:
    framer = Framer(greeted=False)
    for _ in range(200):
        assert framer.feed(b"x" * 50_000) == []
    assert len(framer._held) <= MOST_BYTES
    broken = framer.end()
    assert broken is not None
    assert broken.size == 10_000_000


def test_a_greeting_that_never_ends_takes_no_memory() -> None:
    framer = Framer()
    for _ in range(200):
        framer.feed(b"x" * 50_000)
    assert framer.greeting is not None
    assert len(framer.greeting) < 1000


def test_half_an_event_at_the_end_is_told_of() -> None:
    _, framer = framed(EVENTS[:-20])
    broken = framer.end()
    assert broken is not None
    assert (broken.why, broken.start[:17]) == ("cut off", "Response: Success")


def test_every_byte_there_is_can_be_read() -> None:
    random = Random(7)
    for _ in range(300):
        data = bytes(random.randrange(256) for _ in range(random.randrange(400)))
        for one in framed(data + b"\r\n\r\n")[0]:
            assert isinstance(one, Message)
            for name, value in one.headers:
                assert name
                assert not set(name + value) & set("\r\n\0")
    tally("bad inputs tried", 300)


def test_a_name_in_an_old_alphabet_is_read() -> None:
    message = parse("CallerIDName: Société".encode("cp1252") + b"\r\nOther: \xc3\xa9t\xc3\xa9")
    assert (message["CallerIDName"], message["Other"]) == ("Société", "été")


def test_control_characters_in_a_name_become_blanks() -> None:
    assert parse(b"CallerIDName: a\x00b\x1b[31mc\x85\x0cd\te")["CallerIDName"] == "a b [31mc d e".replace(
        "c d", "c… d"
    )


def test_an_answer_of_an_old_command_is_kept_line_by_line() -> None:
    message = parse(b"Response: Follows\r\nNo such command\r\n--END COMMAND--")
    assert message.rest == ("No such command", "--END COMMAND--")


def test_variables_of_a_channel_are_read_by_name() -> None:
    message = parse(
        b"ChanVariable: CALLERID(pres)=prohib_not_screened\r\nChanVariable: A=b=c\r\n"
        b"DestChanVariable: CALLERID(pres)=allowed\r\nChanVariable(PJSIP/101-1): Z=1"
    )
    assert message.variables() == {"CALLERID(pres)": "prohib_not_screened", "A": "b=c", "Z": "1"}
    assert message.variables("Dest") == {"CALLERID(pres)": "allowed"}


def test_nothing_that_would_be_a_second_header_is_ever_sent() -> None:
    assert write([("Action", "Ping"), ("ActionID", "é1")]) == "Action: Ping\r\nActionID: é1\r\n\r\n".encode()
    hostile = ["1\r\nAction: Originate", "1\nX: y", "1\rX: y", "a\x00b", "a\u2028b", "a\x85b"]
    for text in hostile:
        with pytest.raises(ValueError, match="control character"):
            write([("ActionID", text)])
        with pytest.raises(ValueError, match="control character"):
            write([(text, "x")])
    with pytest.raises(ValueError, match="control character"):
        write([("a: b", "x")])
    tally("bad inputs tried", 2 * len(hostile) + 1)
