"""One connection to a manager interface, against servers that behave as no exchange should."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from connectors.voip.ami.client import Line, Listing, connected
from connectors.voip.ami.faults import WrongSecret
from connectors.voip.ami.messages import Broken, Message
from hub.ports import Busy, ConnectorError, Misconfigured, Unreachable
from tests.connectors.voip.ami.peers import SECRET, Behaviour, Peer, Site, answering
from tests.connectors.voip.ami.warp import now, run
from tests.security.tls import Authority
from tests.tally import tally


def met(behaviour: Behaviour, **settings: Any) -> ConnectorError:
    """What logging in to such a server raises, and how the error reads nowhere shows the secret."""

    async def story() -> ConnectorError:
        async with answering(behaviour) as site:
            with pytest.raises(ConnectorError) as said:
                async with connected("pbx", site.settings(**settings)):
                    pass
            assert SECRET.encode() not in site.told
            assert SECRET not in str(said.value)
            tally("faults injected")
            return said.value

    return run(story())


def with_line(behaviour: Behaviour, story: Any, *, most: int = 10_000, **settings: Any) -> None:
    """A story told over a line to such a server."""

    async def told() -> None:
        async with answering(behaviour) as site, connected("pbx", site.settings(**settings), most) as line:
            await story(line, site)

    tally("faults injected")
    run(told())


async def to_the_end(line: Line) -> tuple[list[Message | Broken], ConnectorError]:
    """All that is heard until the line breaks, and what broke it."""
    heard: list[Message | Broken] = []
    while True:
        try:
            heard.append(await line.heard())
        except ConnectorError as problem:
            return heard, problem


# The login


def test_the_secret_is_never_sent_and_only_its_digest_opens() -> None:
    told = bytearray()

    async def check(peer: Peer) -> None:
        await peer.welcome()
        told.extend(peer.told)

    async def story(line: Line, site: Site) -> None:
        assert line.greeting == "Asterisk Call Manager/11.0.0"

    with_line(check, story)
    assert b"Action: Challenge\r\n" in told
    # As `md5sum` says it of "123456789" and the secret.
    assert b"Key: 21d2bda460438646a0717c88fdf6fd8c\r\n" in told
    assert b"AuthType: MD5\r\n" in told
    assert SECRET.encode() not in told


def test_a_wrong_secret_is_told_from_everything_else() -> None:
    async def refuse(peer: Peer) -> None:
        peer.raw(b"Asterisk Call Manager/7.0.3\r\n")
        asked = await peer.action()
        peer.say(("Response", "Success"), ("ActionID", asked["actionid"]), ("Challenge", "1"))
        asked = await peer.action()
        said = f"Authentication failed for {SECRET}"
        peer.say(("Response", "Error"), ("ActionID", asked["actionid"]), ("Message", said))

    problem = met(refuse)
    assert isinstance(problem, WrongSecret)
    assert problem.locks
    assert "[hub] of manager.conf must also `permit`" in problem.todo
    assert problem.why == "Authentication failed for •••"


def test_somebody_who_is_logged_in_already_is_no_wrong_secret() -> None:
    async def busy(peer: Peer) -> None:
        peer.raw(b"Asterisk Call Manager/7.0.3\r\n")
        asked = await peer.action()
        peer.say(("Response", "Success"), ("ActionID", asked["actionid"]), ("Challenge", "1"))
        asked = await peer.action()
        peer.say(("Response", "Error"), ("ActionID", asked["actionid"]), ("Message", "Login Already In Use"))

    problem = met(busy)
    assert isinstance(problem, Busy)
    assert "allowmultiplelogin" in problem.todo


def test_a_proxy_without_a_challenge_is_not_given_the_secret() -> None:
    async def none(peer: Peer) -> None:
        peer.raw(b"Asterisk Call Manager Proxy/1.0\r\n")
        asked = await peer.action()
        peer.say(("Response", "Error"), ("ActionID", asked["actionid"]), ("Message", "Not supported"))
        await peer.silence()

    problem = met(none)
    assert isinstance(problem, Misconfigured)
    assert "MD5 challenge" in problem.what


async def _says_nothing(peer: Peer) -> None:
    await peer.silence()


async def _hangs_after_the_greeting(peer: Peer) -> None:
    peer.raw(b"Asterisk Call Manager/11.0.0\r\n")
    await peer.silence()


async def _half_a_greeting(peer: Peer) -> None:
    peer.raw(b"Asterisk Call Man")
    await peer.silence()


async def _drips(peer: Peer) -> None:
    while not peer.writer.is_closing():
        peer.raw(b"A")
        await asyncio.sleep(1)


@pytest.mark.parametrize(
    ("behaviour", "what"),
    [
        (_says_nothing, "says nothing"),
        (_half_a_greeting, "says nothing"),
        (_drips, "says nothing"),
        (_hangs_after_the_greeting, "the login at"),
    ],
)
def test_a_login_that_leads_nowhere_ends_in_time(behaviour: Behaviour, what: str) -> None:
    async def story() -> None:
        async with answering(behaviour) as site:
            began = now()
            with pytest.raises(Unreachable, match=what) as said:
                async with connected("pbx", site.settings(connect_timeout=7)):
                    pass
            assert 6.9 < now() - began < 8
            assert "within 7 s" in said.value.why

    run(story())


@pytest.mark.parametrize(
    ("first", "who"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n", "a web server"),
        (b"<html><body>408</body></html>\r\n", "a web server"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "something else"),
        (b"220 mail.example ESMTP\r\n", "something else"),
        (b"\r\n", "says nothing"),
        (b"\x00\xff\xfe\x00\r\n", "something else"),
        (b"A" * 200_000, "something else"),
    ],
)
def test_who_is_no_manager_interface_is_named(first: bytes, who: str) -> None:
    async def other(peer: Peer) -> None:
        peer.raw(first)
        await peer.silence()

    problem = met(other)
    assert who in problem.what
    assert len(str(problem)) < 1000


def test_a_server_that_closes_before_the_login_says_what_may_be() -> None:
    async def closes(peer: Peer) -> None:
        return

    problem = met(closes)
    assert isinstance(problem, Unreachable)
    assert "authlimit" in problem.todo
    assert "tls: true" in problem.todo


def test_nobody_at_the_port_is_unreachable() -> None:
    async def story() -> None:
        async with answering(_says_nothing) as site:
            settings = site.settings()
        with pytest.raises(Unreachable, match=r"no connection to 127\.0\.0\.1") as said:
            async with connected("pbx", settings):
                pass
        assert "enabled = yes" in said.value.todo

    run(story())


# TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ami-tls") / "ours")


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def _well(peer: Peer) -> None:
    await peer.welcome()
    await peer.silence()


def encrypted(certificate: Path, **settings: Any) -> ConnectorError | None:
    """What logging in over TLS raises, if anything."""

    async def story() -> ConnectorError | None:
        async with answering(_well, tls=_context(certificate)) as site:
            try:
                async with connected("pbx", site.settings(**settings)) as line:
                    assert line.up
            except ConnectorError as problem:
                assert not site.told, "nothing was told to whom we do not trust"
                return problem
        return None

    return run(story())


def test_a_certificate_of_the_authority_given_is_accepted(authority: Authority) -> None:
    good = authority.signed("pbx", "127.0.0.1")
    assert encrypted(good, tls=True, ca=authority.file) is None


@pytest.mark.parametrize(
    ("subject", "days", "ours", "todo"),
    [
        ("127.0.0.1", (-1, 2), False, "as `ca`"),
        ("elsewhere.example", (-1, 2), True, "the name that the certificate was made for"),
        ("127.0.0.1", (-5, -1), True, "renewed"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_said_with_what_to_do(
    authority: Authority, subject: str, days: tuple[int, int], ours: bool, todo: str
) -> None:
    certificate = authority.signed(f"bad-{subject}-{days[0]}-{ours}", subject, days=days)
    problem = encrypted(certificate, tls=True, **({"ca": authority.file} if ours else {}))
    assert isinstance(problem, Misconfigured)
    assert "not trusted" in problem.what
    assert todo in problem.todo


def test_a_tls_port_spoken_to_in_clear_is_named(authority: Authority) -> None:
    problem = encrypted(authority.signed("clear", "127.0.0.1"), tls=False, connect_timeout=5)
    assert isinstance(problem, Unreachable)
    assert "says nothing" in problem.what
    assert "set `tls: true`" in problem.todo


def test_a_clear_port_spoken_to_with_tls_is_named() -> None:
    problem = met(_hangs_after_the_greeting, tls=True)
    assert isinstance(problem, Misconfigured)
    assert "does not speak TLS" in problem.what
    assert "tls: false" in problem.todo


def test_an_authority_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for file in ("ca.pem", "missing.pem"):
        problem = met(_well, tls=True, ca=tmp_path / file)
        assert isinstance(problem, Misconfigured)
        assert file in problem.what


# What is heard


def test_what_was_heard_before_the_end_is_handed_over_and_half_an_event_is_named() -> None:
    async def half(peer: Peer) -> None:
        await peer.welcome()
        for number in range(5):
            peer.event("Newchannel", ("Uniqueid", str(number)))
        peer.raw(b"Event: Hangup\r\nUniqueid: 4")

    async def story(line: Line, site: Site) -> None:
        heard, problem = await to_the_end(line)
        assert [one["Uniqueid"] for one in heard if isinstance(one, Message)] == ["", *"01234"]
        assert isinstance(problem, Unreachable)
        assert "closed the connection" in problem.what
        assert "Event: Hangup" in problem.why
        assert not line.up

    with_line(half, story)


def test_half_an_event_and_then_silence_breaks_the_line() -> None:
    async def half(peer: Peer) -> None:
        await peer.welcome()
        peer.raw(b"Event: Hangup\r\nUniqueid: 4\r\n")
        asked = await peer.action()
        assert asked["action"] == "Ping"
        # The Pong ends in the event's half: it is no answer any more.
        peer.say(("Response", "Success"), ("ActionID", asked["actionid"]), ("Ping", "Pong"))
        await peer.silence()

    async def story(line: Line, site: Site) -> None:
        began = now()
        await line.heard()
        _, problem = await to_the_end(line)
        assert "no longer answers" in problem.what
        assert "Ping" in problem.why
        assert 34 < now() - began < 60

    with_line(half, story, keep_alive=30, timeout=10)


def test_a_quiet_exchange_that_answers_stays_connected_for_an_hour() -> None:
    async def quiet(peer: Peer) -> None:
        await peer.welcome()
        while True:
            await peer.succeed("Ping", ("Ping", "Pong"))

    async def story(line: Line, site: Site) -> None:
        await asyncio.sleep(3600)
        assert line.up
        assert 110 < site.told.count(b"Action: Ping") < 121

    with_line(quiet, story, keep_alive=30)


def test_a_peer_that_drips_bytes_and_never_ends_a_message_is_left() -> None:
    async def drips(peer: Peer) -> None:
        await peer.welcome()
        peer.raw(b"Event: ")
        while not peer.writer.is_closing():
            peer.raw(b"x")
            await asyncio.sleep(5)

    async def story(line: Line, site: Site) -> None:
        _, problem = await to_the_end(line)
        assert "no longer answers" in problem.what

    with_line(drips, story, keep_alive=30)


def test_a_megabyte_in_one_header_costs_itself_alone() -> None:
    async def huge(peer: Peer) -> None:
        await peer.welcome()
        peer.event("Newchannel", ("CallerIDName", "x" * 2**20))
        peer.event("Hangup", ("Uniqueid", "7"))
        await peer.silence()

    async def story(line: Line, site: Site) -> None:
        await line.heard()
        broken = await line.heard()
        assert isinstance(broken, Broken)
        assert broken.size > 2**20
        after = await line.heard()
        assert isinstance(after, Message)
        assert after["Uniqueid"] == "7"

    with_line(huge, story)


_PIECES = (
    b"\r\n", b"\r\n\r\n", b"\r", b"\n", b":", b"Event: ", b"Response: Success\r\n", b"Response: \r\n\r\n",
    b"ActionID: x\r\n", b"EventList: Complete\r\n\r\n", b"Asterisk Call Manager/1\r\n", b"\x00", b"\xff\xfe",
    b"Challenge: 1\r\n\r\n", b"Event: Shutdown\r\n\r\n", b"x" * 70_000,
)  # fmt: skip
HARD = (
    "Event: Newchannel\r\nCallerIDName: Société Générale 株式会社 😀\r\n"
    "ChanVariable: A=1\r\nChanVariable: B=é\r\n\r\n"
).encode()


@pytest.mark.parametrize("cut", [*range(1, len(HARD)), 0])
def test_a_letter_cut_by_the_network_is_whole_again(cut: int) -> None:
    async def cuts(peer: Peer) -> None:
        await peer.welcome()
        for piece in (HARD[:cut], HARD[cut:]) if cut else (HARD[n : n + 1] for n in range(len(HARD))):
            peer.raw(piece)
            await peer.writer.drain()
            await asyncio.sleep(0.01)
        await peer.silence()

    async def story(line: Line, site: Site) -> None:
        await line.heard()
        event = await line.heard()
        assert isinstance(event, Message)
        assert event["CallerIDName"] == "Société Générale 株式会社 😀"
        assert event.all("ChanVariable") == ("A=1", "B=é")

    with_line(cuts, story)


def test_names_in_an_old_encoding_are_read() -> None:
    async def old(peer: Peer) -> None:
        await peer.welcome()
        peer.raw("Event: Newchannel\r\nCallerIDName: Électricité d'Évry\r\n\r\n".encode("latin-1"))
        await peer.silence()

    async def story(line: Line, site: Site) -> None:
        await line.heard()
        event = await line.heard()
        assert isinstance(event, Message)
        assert event["CallerIDName"] == "Électricité d'Évry"

    with_line(old, story)


def _flood(count: int) -> Behaviour:
    async def flood(peer: Peer) -> None:
        await peer.welcome()
        for number in range(count):
            peer.event("Newstate", ("Uniqueid", str(number)), ("ChanVariable", "x" * 300))
        await peer.silence()

    return flood


def test_a_flood_is_heard_to_the_last_event_by_whoever_keeps_up() -> None:
    async def story(line: Line, site: Site) -> None:
        await line.heard()
        for number in range(10_000):
            event = await line.heard()
            assert isinstance(event, Message)
            assert event["Uniqueid"] == str(number)

    with_line(_flood(10_000), story)


def test_more_than_can_wait_breaks_the_line_and_nothing_is_left_out_before() -> None:
    async def story(line: Line, site: Site) -> None:
        await asyncio.sleep(5)
        heard, problem = await to_the_end(line)
        assert len(heard) == 1000
        numbers = [one["Uniqueid"] for one in heard if isinstance(one, Message)]
        assert numbers == ["", *(str(number) for number in range(999))]
        assert "more than the hub can follow" in problem.what
        assert "1,000 events" in problem.why

    with_line(_flood(10_000), story, most=1000)


@trying(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=200), st.sampled_from(_PIECES)), max_size=30), st.booleans())
def test_whatever_is_said_is_heard_or_named_and_the_line_ends(pieces: list[bytes], greets: bool) -> None:
    async def babbles(peer: Peer) -> None:
        if greets:
            await peer.welcome()
        for piece in pieces:
            peer.raw(piece)

    async def story() -> None:
        async with answering(babbles) as site:
            with pytest.raises(ConnectorError):
                async with connected("pbx", site.settings()) as line:
                    raise (await to_the_end(line))[1]
            assert SECRET.encode() not in site.told

    tally("bad inputs tried")
    run(story())


# Questions


def test_an_answer_goes_to_its_question_whatever_else_is_said() -> None:
    async def confused(peer: Peer) -> None:
        await peer.welcome()
        asked = await peer.action()
        peer.say(("Response", "Success"), ("ActionID", "another"), ("Ping", "wrong"))
        peer.say(("Response", "Error"), ("Message", "Missing action in request"))
        peer.event("OriginateResponse", ("ActionID", asked["actionid"]), ("Response", "Failure"))
        peer.say(("Response", "Success"), ("ActionID", asked["actionid"]), ("Ping", "Pong"))
        peer.say(("Response", "Success"), ("ActionID", asked["actionid"]), ("Ping", "twice"))
        peer.event("Hangup")
        await peer.silence()

    async def story(line: Line, site: Site) -> None:
        answer = await line.ask("Ping")
        assert answer["Ping"] == "Pong"
        heard = [await line.heard() for _ in range(3)]
        events = [one.event for one in heard if isinstance(one, Message)]
        assert events == ["FullyBooted", "OriginateResponse", "Hangup"]
        assert line.strangers == 3

    with_line(confused, story)


def test_a_list_knows_its_place_among_the_events() -> None:
    async def lists(peer: Peer) -> None:
        await peer.welcome()
        peer.event("Newchannel", ("Uniqueid", "1"))
        asked = await peer.succeed("Status", ("EventList", "start"))
        peer.say(("Event", "Status"), ("Uniqueid", "1"), ("ActionID", asked["actionid"]))
        peer.event("Newchannel", ("Uniqueid", "2"))
        end = (("EventList", "Complete"), ("ListItems", "1"))
        peer.say(("Event", "StatusComplete"), ("ActionID", asked["actionid"]), *end)
        peer.event("Hangup", ("Uniqueid", "1"))
        await peer.silence()

    async def story(line: Line, site: Site) -> None:
        listing = await line.listing("Status")
        assert [item["Uniqueid"] for item in listing.items] == ["1"]
        assert listing.place == 3
        before = [await line.heard() for _ in range(listing.place)]
        assert line.heard_so_far == 3
        assert [one["Uniqueid"] for one in before if isinstance(one, Message)] == ["", "1", "2"]
        after = await line.heard()
        assert isinstance(after, Message)
        assert after.event == "Hangup"

    with_line(lists, story)


def _list_that(end: tuple[tuple[str, str], ...] | None, start: str = "start", items: int = 2) -> Behaviour:
    async def lists(peer: Peer) -> None:
        await peer.welcome()
        asked = await peer.succeed("Status", ("EventList", start), ("Message", "will follow"))
        for number in range(items):
            peer.say(("Event", "Status"), ("Uniqueid", str(number)), ("ActionID", asked["actionid"]))
        if end is not None:
            peer.say(("Event", "StatusComplete"), ("ActionID", asked["actionid"]), *end)
            await peer.silence()

    return lists


@pytest.mark.parametrize(
    ("behaviour", "what"),
    [
        (_list_that(None), "closed the connection"),
        (_list_that((("EventList", "Complete"), ("ListItems", "3"))), "2 of 3 came"),
        (_list_that((("EventList", "cancelled"),)), "it says cancelled"),
        (_list_that((("EventList", "Complete"),), start=""), "does not say that a list begins"),
        (_list_that((("Other", "x"),)), "no longer answers"),
    ],
)
def test_half_a_list_is_no_list(behaviour: Behaviour, what: str) -> None:
    async def story(line: Line, site: Site) -> None:
        with pytest.raises(Unreachable, match=what):
            await line.listing("Status")

    with_line(behaviour, story)


@pytest.mark.parametrize("value", ["101\r\nAction: Command", "101\n", "10\r1", "1\x0001", "\u20281", "1\x85"])
def test_a_line_break_in_a_value_is_refused_and_nothing_is_sent(value: str) -> None:
    async def well(peer: Peer) -> None:
        await peer.welcome()
        await peer.succeed("Ping")
        await peer.silence()

    async def story(line: Line, site: Site) -> None:
        with pytest.raises(ValueError, match="control character"):
            await line.ask("Originate", ("Channel", value))
        await line.ask("Ping")
        assert b"Originate" not in site.told
        assert b"Command" not in site.told

    tally("bad inputs tried")
    with_line(well, story)


def test_a_question_that_is_never_answered_ends_and_a_late_answer_is_no_other_s() -> None:
    async def late(peer: Peer) -> None:
        await peer.welcome()
        first = await peer.action()
        second = await peer.action()
        peer.say(("Response", "Success"), ("ActionID", first["actionid"]), ("Which", "first"))
        peer.say(("Response", "Success"), ("ActionID", second["actionid"]), ("Which", "second"))
        await peer.silence()

    async def story(line: Line, site: Site) -> None:
        with pytest.raises(Unreachable, match="CoreSettings: nothing in 10 s"):
            await line.ask("CoreSettings")
        assert (await line.ask("CoreStatus"))["Which"] == "second"
        assert line.strangers == 1

    with_line(late, story)


def test_whoever_waits_is_told_when_the_line_breaks_and_nobody_waits_after() -> None:
    async def breaks(peer: Peer) -> None:
        await peer.welcome()
        await peer.action()
        await peer.action()

    async def story(line: Line, site: Site) -> None:
        async def asks() -> Listing:
            return await line.listing("Status")

        waiting: list[Coroutine[Any, Any, Any]] = [line.ask("Ping"), asks(), to_the_end(line)]
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(one) for one in answers[:2]] == [Unreachable, Unreachable]
        with pytest.raises(Unreachable):
            await line.ask("Ping")

    with_line(breaks, story)


def test_a_block_that_is_cancelled_closes_its_socket_at_once() -> None:
    async def story() -> None:
        async with answering(_well) as site:

            async def use() -> None:
                async with connected("pbx", site.settings()) as line:
                    await to_the_end(line)

            task = asyncio.ensure_future(use())
            await asyncio.sleep(1)
            assert (site.came, site.left) == (1, 0)
            began = now()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()
            await asyncio.sleep(0.01)
            assert site.left == 1
            assert now() - began < 1

    run(story())
