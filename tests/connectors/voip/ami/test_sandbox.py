"""The sandbox exchange says what a real Asterisk 22 was recorded to say: same headers, same order."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Iterator

import pytest

from connectors.voip.ami.client import connected
from connectors.voip.ami.messages import Framer, Message, write
from connectors.voip.ami.recording import load
from connectors.voip.ami.settings import Settings
from hub.ports import ConnectorError
from sandbox.exchange import ALL, Account, Exchange, serve
from tests.connectors.voip.ami.warp import run
from tests.house.source import ROOT

STREAMS = sorted((ROOT / "tests" / "calls" / "streams").glob("*.txt"))
SAMPLES = sorted((ROOT.parent / "shared" / "samples" / "ami").glob("*.txt"))
EVERYTHING = Account("sandbox", frozenset(ALL), frozenset(ALL))


def shape(message: Message) -> tuple[str, ...]:
    """The names of its headers; what `channelvars` adds is each exchange's own, the ActionID the asker's."""
    return tuple(name for name, _ in message.headers if "ChanVariable" not in name and name != "ActionID")


def recorded() -> dict[str, set[tuple[str, ...]]]:
    """Every shape of every event in the recordings."""
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for path in [*STREAMS, *SAMPLES]:
        for _, message in load(path).messages:
            if message.event:
                found[message.event].add(shape(message))
    return found


def said() -> Iterator[Message]:
    """Everything the sandbox says of one story of each kind."""

    async def story() -> list[Message]:
        pbx = Exchange({"hub": EVERYTHING}, variables=("CALLERID(pres)",))
        await pbx.start()
        known = {"host": "127.0.0.1", "port": pbx.port, "user": "hub", "secret": "sandbox"}
        heard: list[Message] = []
        async with connected("pbx", Settings.model_validate(known)) as line:
            call = pbx.call("+33450123456", did="0450999888")
            call.enter("support")
            pbx.pause("support", "101")
            pbx.pause("support", "101", False)
            call.ring()
            heard += (await line.listing("Status")).items
            heard += (await line.listing("QueueStatus")).items
            call.stop("101")
            call.ring("101")
            call.answer("102")
            call.hold()
            call.hold(False)
            call.transfer("101")
            call.answer("101")
            call.hang_up()
            gives_up = pbx.call("+33450123456", did="0450999888")
            gives_up.enter("support")
            gives_up.ring()
            gives_up.give_up()
            busy = pbx.call("+33450123456", did="0450999801")
            busy.ring("101")
            busy.stop("101")
            busy.hang_up()
            served = pbx.call("+33450123456", did="0450999888")
            served.enter("support")
            served.ring()
            served.answer("101")
            served.hang_up(by_agent=True)
            outbound = pbx.outbound("101", "0450777666")
            outbound.answer("0450777666")
            outbound.hang_up()
            fields = (("Channel", "PJSIP/101"), ("Context", "agents"), ("Exten", "0450777666"),
                      ("Priority", "1"), ("ChannelId", "odoo-1"), ("CallerID", "0450777666"))  # fmt: skip
            await line.ask("Originate", *fields)
            clicked = pbx.clicks["odoo-1"].pick_up()
            clicked.answer("0450777666")
            clicked.hang_up()
            assert not pbx.channels
            await pbx.stop()
            try:
                while True:
                    event = await line.heard()
                    assert isinstance(event, Message)
                    heard.append(event)
            except ConnectorError:
                return heard

    yield from run(story())


def test_every_event_of_the_sandbox_looks_like_one_that_was_recorded() -> None:
    known = recorded()
    if not known:
        pytest.skip("there are no recordings beside this project")
    seen = set()
    for message in said():
        if message.event in known:
            seen.add(message.event)
            assert shape(message) in known[message.event], message.event
    must = {"Newchannel", "Newstate", "DialBegin", "DialState", "DialEnd", "HangupRequest", "Hangup",
            "BlindTransfer", "QueueCallerJoin", "QueueCallerLeave", "BridgeEnter", "BridgeLeave"}  # fmt: skip
    assert must <= seen
    if SAMPLES:
        assert {"QueueMember", "QueueEntry", "QueueParams", "QueueMemberPause", "AgentCalled", "AgentConnect",
                "AgentComplete", "AgentRingNoAnswer", "QueueCallerAbandon", "OriginateResponse",
                "Hold", "Unhold", "NewCallerid", "NewConnectedLine"} <= seen  # fmt: skip


def test_a_stranger_gets_nowhere_and_a_reader_hears_only_what_it_may() -> None:
    async def story() -> None:
        accounts = {"hub": Account("sandbox", frozenset({"agent"}), frozenset())}
        pbx = Exchange(accounts)
        await pbx.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", pbx.port)
        framer, got = Framer(), list[Message]()

        async def ask(*headers: tuple[str, str]) -> Message:
            writer.write(write(headers))
            while not got:
                got.extend(one for one in framer.feed(await reader.read(4096)) if isinstance(one, Message))
            return got.pop(0)

        assert (await ask(("Action", "Ping")))["Message"] == "Permission denied"
        assert (await ask(("Action", "Challenge"), ("AuthType", "SHA")))["Message"] == "Must specify AuthType"
        challenge = (await ask(("Action", "Challenge"), ("AuthType", "md5")))["Challenge"]
        assert challenge.isdecimal()
        key = hashlib.md5(f"{challenge}sandbox".encode(), usedforsecurity=False).hexdigest()
        login = (("Action", "login"), ("Username", "hub"), ("Key", key), ("AuthType", "MD5"))
        assert (await ask(*login))["Message"] == "Authentication accepted"
        assert (await ask(("Action", "Status")))["Message"] == "Permission denied"
        assert "Invalid/unknown command: Nope" in (await ask(("Action", "Nope")))["Message"]
        call = pbx.call("+33450123456", did="0450999888")
        call.enter("support")
        assert (await ask(("Action", "Ping"))).event == "QueueCallerJoin"
        assert got or (await ask(("Action", "Logoff"))).response
        writer.close()
        await pbx.stop()

    run(story())


def test_it_serves_programs_that_are_not_asynchronous() -> None:
    with serve() as pbx:
        known = {"host": "127.0.0.1", "port": pbx.port, "user": "hub", "secret": "sandbox"}

        async def first() -> str:
            async with connected("pbx", Settings.model_validate(known)) as line:
                while (event := await line.heard()) and isinstance(event, Message):
                    if event.event == "FullyBooted":
                        await asyncio.to_thread(pbx.call, "+33450123456", "0450999801")
                    else:
                        return event.event
            raise AssertionError

        assert asyncio.run(first()) == "Newchannel"
        port = pbx.port
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(asyncio.open_connection("127.0.0.1", port))
