"""One Asterisk listened to for hours: gone, back, restarted, refusing, overrun. Time passes at once here."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from connectors.voip.ami.exchange import AT_ONCE, LONGEST, AmiExchange, Pauses
from connectors.voip.ami.faults import WrongSecret
from connectors.voip.ami.settings import Settings
from hub.exchange import Alive, CallEvent, Line
from hub.ports import Denied, Misconfigured, SourceDamaged, Unreachable
from sandbox.exchange import Account, Exchange
from tests.connectors.voip.ami.peers import SECRET, Peer, answering
from tests.connectors.voip.ami.warp import now, run
from tests.connectors.voip.exchange_conformance import Ear, listening
from tests.tally import tally

HOUR = 3600.0
Story = Callable[[Exchange, AmiExchange], Awaitable[None]]


def settings(port: int, **more: Any) -> Settings:
    known = {"host": "127.0.0.1", "port": port, "user": "hub", "secret": SECRET, "context": "agents"}
    return Settings.model_validate({**known, **more})


def told(story: Story, account: Account | None = None, **more: Any) -> None:
    """A story with an exchange in the sandbox and the connector to it, in one loop whose clock jumps."""

    async def whole() -> None:
        pbx = Exchange({"hub": account or Account(SECRET)})
        await pbx.start()
        try:
            await story(pbx, AmiExchange("pbx", settings(pbx.port, **more)))
        finally:
            await pbx.stop()

    run(whole())


async def soon(ear: Ear, holds: Callable[[], object], seconds: float = 120) -> None:
    """Until it holds, on a clock that jumps."""
    until = now() + seconds
    while not holds():
        assert now() < until, ear.heard
        await asyncio.sleep(0.05)


def problems(ear: Ear) -> list[str]:
    return [str(line.problem) for line in ear.of(Line) if line.problem is not None]


# Gone and back


def test_a_call_is_told_from_ring_to_end() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            call = pbx.call("+33450123456", did="0450999888", name="Mairie de Vif")
            call.enter("support")
            call.ring()
            await soon(ear, lambda: ear.kinds().count("ringing") >= 2)
            call.answer("102")
            await asyncio.sleep(1)
            call.hang_up(by_agent=True)
            await soon(ear, lambda: "ended" in ear.kinds())
            assert ear.of(Alive)[0].calls == frozenset()
            assert {event.call_id for event in ear.of(CallEvent)} == {call.id}
            first = ear.of(CallEvent)[0]
            assert (first.kind, first.direction, first.number, first.did, first.name) == (
                "started", "inbound", "+33450123456", "0450999888", "Mairie de Vif",
            )  # fmt: skip
            assert {event.queue for event in ear.of(CallEvent) if event.kind == "queued"} == {"support"}
            assert [event.agent for event in ear.of(CallEvent) if event.kind == "answered"] == ["102"]

    told(story)


def test_an_exchange_that_is_gone_for_an_hour_is_said_once_and_comes_back_within_a_minute() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            await pbx.stop(announced=False)
            tried: list[float] = []

            async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                tried.append(now())
                writer.close()

            door = await asyncio.start_server(refuse, "127.0.0.1", pbx.port)
            await asyncio.sleep(HOUR)
            door.close()
            await door.wait_closed()
            assert 60 < len(tried) < 140, "further and further apart, a minute at most"
            gaps = [later - earlier for earlier, later in pairwise(tried)]
            assert max(gaps) <= LONGEST + 1
            assert gaps[0] < 5
            assert len({round(gap, 3) for gap in gaps[10:]}) > 10, "never in step"
            assert [line.up for line in ear.of(Line)] == [True, False], "said once"
            await pbx.start()
            began = now()
            await soon(ear, lambda: len(ear.of(Alive)) == 2)
            assert now() - began <= LONGEST + 1
            assert [line.up for line in ear.of(Line)] == [True, False, True]

    tally("faults injected")
    told(story)


def test_a_restart_in_mid_call_ends_what_is_gone() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            call = pbx.call("+33450123456", did="0450999801")
            call.ring("101")
            call.answer("101")
            await soon(ear, lambda: "answered" in ear.kinds())
            await pbx.stop()
            await soon(ear, lambda: len(ear.of(Line)) == 2)
            assert "shutting down or restarting" in problems(ear)[0]
            await pbx.start()
            await soon(ear, lambda: len(ear.of(Alive)) == 2)
            assert ear.of(Alive)[-1].calls == frozenset()
            again = pbx.call("+33450123457", did="0450999801")
            again.ring("102")
            await soon(ear, lambda: ear.of(CallEvent)[-1].agent == "102")

    tally("faults injected")
    told(story)


def test_a_break_in_mid_call_hides_nothing_of_it() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            goes_on = pbx.call("+33450123456", did="0450999888")
            goes_on.enter("support")
            goes_on.ring()
            over = pbx.call("+33450123457", did="0450999801")
            await soon(ear, lambda: len({event.call_id for event in ear.of(CallEvent)}) == 2)
            pbx.cut()
            await asyncio.sleep(0)
            over.give_up()
            goes_on.answer("102")
            new = pbx.call("+33450123458", did="0450999801")
            new.ring("101")
            await soon(ear, lambda: len(ear.of(Alive)) == 2)
            assert ear.of(Alive)[-1].calls == {goes_on.id, new.id}
            told_of = {(event.call_id, event.kind, event.agent) for event in ear.of(CallEvent)}
            assert (goes_on.id, "answered", "102") in told_of
            assert (new.id, "ringing", "101") in told_of
            goes_on.hang_up()
            await soon(ear, lambda: (goes_on.id, "ended") in
                       {(event.call_id, event.kind) for event in ear.of(CallEvent)})  # fmt: skip

    tally("faults injected")
    told(story)


def test_an_exchange_that_is_still_starting_is_looked_at_again_when_it_is_up() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        pbx.booted = False
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            assert pbx.actions["Status"] == 1
            await asyncio.sleep(20)
            pbx.boot()
            await soon(ear, lambda: len(ear.of(Alive)) == 2)
            assert pbx.actions["Status"] == 2
            await asyncio.sleep(HOUR)
            assert pbx.actions["Status"] == 2
            assert pbx.connections == 1

    told(story)


def test_a_line_that_breaks_again_and_again_is_not_taken_up_in_a_storm() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            for _ in range(int(HOUR)):
                await asyncio.sleep(1)
                pbx.cut()
            assert pbx.connections < 140
            assert len(ear.of(Line)) <= 2 * pbx.connections

    told(story)


# Refused


def test_a_wrong_secret_is_said_once_and_tried_a_few_times_an_hour() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            await asyncio.sleep(HOUR)
            assert 2 <= pbx.logins["refused"] <= 5
            await asyncio.sleep(5 * HOUR)
            assert pbx.logins["refused"] <= 5 + 5 * 2
            (line,) = ear.of(Line)
            assert not line.up
            assert isinstance(line.problem, WrongSecret)
            assert SECRET not in str(line.problem)
            pbx.accounts["hub"] = Account(SECRET)
            await asyncio.sleep(HOUR)
            assert ear.of(Alive)
            assert [line.up for line in ear.of(Line)] == [False, True]

    tally("bad inputs tried")
    told(story, Account("another secret"))


def test_a_wrong_secret_between_breaks_is_still_said_once_and_a_crash_does_not_hurry_it() -> None:
    pauses = Pauses()
    wrong, gone = WrongSecret("pbx", "no"), Unreachable("pbx", "gone")
    waits = [pauses.after(problem) for problem in (wrong, gone, wrong, gone, wrong, wrong, wrong)]
    assert [wait >= 300 for wait in waits] == [True, False, True, False, True, True, True]
    assert waits[-1] >= 1800
    assert max(pauses.after(gone) for _ in range(2000)) <= LONGEST
    pauses.steady()
    assert pauses.after(gone) <= 1


def test_rights_that_are_too_narrow_are_named_and_calls_are_heard_all_the_same() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Line))
            (line,) = ear.of(Line)
            assert line.up
            assert isinstance(line.problem, Denied)
            assert "add `reporting` to `write`" in line.problem.todo
            pbx.call("+33450123456", did="0450999801").ring("101")
            await soon(ear, lambda: "ringing" in ear.kinds())
            assert not ear.of(Alive), "nobody could say which calls there are"
            for _ in range(3):
                pbx.cut()
                await asyncio.sleep(90)
            assert len([line for line in ear.of(Line) if line.up]) == 4
            with pytest.raises(Denied, match="may not dial") as said:
                await exchange.dial("101", "+33450777666", "odoo-1")
            assert "add `originate` to `write`" in said.value.todo

    tally("bad inputs tried")
    told(story, Account(SECRET, write=frozenset()))


def test_an_exchange_without_queues_is_heard() -> None:
    async def no_queues(peer: Peer) -> None:
        await peer.welcome()
        await peer.listed("Status")
        asked = await peer.action()
        said = "Invalid/unknown command: QueueStatus. Use Action: ListCommands to show available commands."
        peer.say(("Response", "Error"), ("ActionID", asked["actionid"]), ("Message", said))
        await peer.silence()

    async def story() -> None:
        async with answering(no_queues) as site:
            async with listening(AmiExchange("pbx", site.settings())) as ear:
                await soon(ear, lambda: ear.of(Alive))
            assert problems(ear) == []

    run(story())


# Overrun and garbled


def test_more_than_can_be_followed_is_said_and_calls_are_taken_up_anew() -> None:
    async def floods(peer: Peer) -> None:
        await peer.welcome()
        for number in range(10_000):
            peer.event("Newstate", ("Uniqueid", str(number)))
        await peer.silence()

    async def calm(peer: Peer) -> None:
        await peer.welcome()
        await peer.listed("Status")
        await peer.listed("QueueStatus")
        await peer.silence()

    async def story() -> None:
        async with answering(floods, calm) as site:
            exchange = AmiExchange("pbx", site.settings(), most_waiting=500)
            async with listening(exchange) as ear:
                await soon(ear, lambda: ear.of(Alive))
            assert [line.up for line in ear.of(Line)] == [False, True]
            assert "says more than the hub can follow" in problems(ear)[0]
            assert site.came == 2

    tally("faults injected")
    run(story())


def test_ten_thousand_events_at_once_lose_no_call_and_hold_up_nobody() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            working = asyncio.ensure_future(others())
            calls = [pbx.call(f"+3345012{number:04}", did="0450999801") for number in range(700)]
            for call in calls:
                call.ring("101", "102")
                call.give_up()
            before = turns
            for _ in range(200_000):
                if ear.kinds()[-1:] == ["ended"] and ear.kinds().count("ended") >= 700:
                    break
                await asyncio.sleep(0)
            working.cancel()
            ended = {event.call_id for event in ear.of(CallEvent) if event.kind == "ended"}
            tally("values lost", len(calls) - len(ended))
            assert ended == {call.id for call in calls}
            assert turns - before > 20, "others had their turn meanwhile"
            assert pbx.connections == 1

    tally("faults injected")
    told(story)


@pytest.mark.parametrize("before", [True, False])
def test_events_that_waited_are_not_looked_at_all_at_once(before: bool) -> None:
    async def piles(peer: Peer) -> None:
        await peer.welcome()
        asked = await peer.succeed("Status", ("EventList", "start"))
        end = (("EventList", "Complete"), ("ListItems", "0"))
        if not before:
            peer.say(("Event", "StatusComplete"), ("ActionID", asked["actionid"]), *end)
        for number in range(4000):
            peer.raw(_NEW_CALL.replace(b"1.1", f"1.{number}".encode()))
        await peer.writer.drain()
        await asyncio.sleep(1)
        if before:
            peer.say(("Event", "StatusComplete"), ("ActionID", asked["actionid"]), *end)
        await peer.listed("QueueStatus")
        await peer.silence()

    async def story() -> None:
        turns, at_once = 0, Counter[int]()

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        def hear(heard: object) -> None:
            if isinstance(heard, CallEvent) and heard.kind == "started":
                at_once[turns] += 1

        async with answering(piles) as site:
            listens = asyncio.ensure_future(AmiExchange("pbx", site.settings()).listen(hear))
            await asyncio.sleep(0.5)
            works = asyncio.ensure_future(others())
            while at_once.total() < 4000:
                await asyncio.sleep(0)
            for task in (works, listens):
                task.cancel()
            await asyncio.gather(works, listens, return_exceptions=True)
        assert max(at_once.values()) <= AT_ONCE

    tally("faults injected")
    run(story())


def test_a_message_that_cannot_be_read_is_said_and_calls_are_looked_up() -> None:
    async def huge(peer: Peer) -> None:
        await peer.welcome()
        await peer.listed("Status")
        await peer.listed("QueueStatus")
        for _ in range(20):
            peer.event("Hangup", ("CallerIDName", "x" * 2**20))
        await peer.listed("Status")
        await peer.listed("QueueStatus")
        await peer.silence()

    async def story() -> None:
        async with answering(huge) as site:
            async with listening(AmiExchange("pbx", site.settings())) as ear:
                await soon(ear, lambda: len(ear.of(Alive)) == 2)
                await asyncio.sleep(25)
            assert [line.up for line in ear.of(Line)] == [True, True, True]
            damaged = ear.of(Line)[1].problem
            assert isinstance(damaged, SourceDamaged)
            assert ear.of(Line)[2].problem is None, "once looked up, all is well"
            assert len(ear.of(Alive)) == 2, "twenty of them are looked up once"

    tally("bad inputs tried")
    run(story())


def test_a_list_that_breaks_off_is_asked_for_anew_and_closes_no_call() -> None:
    async def breaks(peer: Peer) -> None:
        await peer.welcome()
        await peer.succeed("Status", ("EventList", "start"))

    async def well(peer: Peer) -> None:
        await peer.welcome()
        await peer.listed("Status")
        await peer.listed("QueueStatus")
        await peer.silence()

    async def story() -> None:
        async with (
            answering(breaks, breaks, well) as site,
            listening(AmiExchange("pbx", site.settings())) as ear,
        ):
            await soon(ear, lambda: ear.of(Line))
            assert not ear.of(Alive)
            await soon(ear, lambda: ear.of(Alive))
            assert site.came == 3
            assert [line.up for line in ear.of(Line)] == [False, True]

    tally("faults injected")
    run(story())


@pytest.mark.parametrize("action", ["Status", "QueueStatus"])
def test_a_list_that_is_never_whole_keeps_nobody_from_hearing_calls(action: str) -> None:
    async def miscounts(peer: Peer) -> None:
        await peer.welcome()
        peer.raw(_NEW_CALL)
        while True:
            asked = await peer.action()
            answer = (("Response", "Success"), ("ActionID", asked["actionid"]))
            if asked["action"] == "Ping":
                peer.say(*answer)
                continue
            peer.say(*answer, ("EventList", "start"))
            count = "7" if asked["action"] == action else "0"
            end = (("EventList", "Complete"), ("ListItems", count))
            peer.say(("Event", "Done"), ("ActionID", asked["actionid"]), *end)

    async def story() -> None:
        async with answering(miscounts) as site:
            async with listening(AmiExchange("pbx", site.settings())) as ear:
                await soon(ear, lambda: "started" in ear.kinds())
                await asyncio.sleep(HOUR)
            (line,) = ear.of(Line)
            assert line.up
            assert "0 of 7 came" in str(line.problem)
            assert site.came == 1

    tally("bad inputs tried")
    run(story())


_NEW_CALL = (
    b"Event: Newchannel\r\nChannel: PJSIP/trunk-00000001\r\nChannelState: 4\r\nChannelStateDesc: Ring\r\n"
    b"CallerIDNum: +33450123456\r\nContext: from-trunk\r\nExten: 0450999801\r\nUniqueid: 1.1\r\n"
    b"Linkedid: 1.1\r\n\r\n"
)


def test_a_call_that_begins_while_the_lists_are_made_is_not_taken_to_be_over() -> None:
    async def busy(peer: Peer) -> None:
        await peer.welcome()
        await peer.listed("Status")
        peer.raw(_NEW_CALL)
        await peer.listed("QueueStatus")
        await peer.silence()

    async def story() -> None:
        async with answering(busy) as site, listening(AmiExchange("pbx", site.settings())) as ear:
            await soon(ear, lambda: "started" in ear.kinds())
            await asyncio.sleep(10)
            assert [type(one) for one in ear.heard[:3]] == [Line, Alive, CallEvent]
            assert ear.of(Alive)[0].calls == frozenset()
            assert set(ear.kinds()) == {"started"}

    run(story())


def test_a_call_that_ended_unseen_is_over_though_an_old_event_of_it_was_still_on_its_way() -> None:
    async def breaks(peer: Peer) -> None:
        await peer.welcome()
        await peer.listed("Status")
        await peer.listed("QueueStatus")
        peer.raw(_NEW_CALL)
        await asyncio.sleep(5)

    async def late(peer: Peer) -> None:
        await peer.welcome()
        peer.raw(_NEW_CALL.replace(b"Newchannel", b"Newstate"))
        await peer.listed("Status")
        await peer.listed("QueueStatus")
        await peer.silence()

    async def story() -> None:
        async with answering(breaks, late) as site, listening(AmiExchange("pbx", site.settings())) as ear:
            await soon(ear, lambda: len(ear.of(Alive)) == 2)
            assert ear.of(Alive)[1].calls == frozenset()

    run(story())


# Dialling


def test_a_click_rings_the_agent_s_telephone_and_then_dials() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            dialled = await exchange.dial("101", "+33450777666", "odoo-12-34")
            assert (dialled.call_id, dialled.sure) == ("odoo-12-34", True)
            await soon(ear, lambda: "ringing" in ear.kinds())
            assert {event.call_id for event in ear.of(CallEvent)} == {"odoo-12-34"}
            click = pbx.clicks["odoo-12-34"]
            assert (click.agent, click.number) == ("101", "0450777666")
            call = click.pick_up()
            call.answer("0450777666")
            await soon(ear, lambda: "answered" in ear.kinds())
            call.hang_up()
            await soon(ear, lambda: "ended" in ear.kinds())

    told(story, dial_format="national")


def test_an_order_without_a_line_is_certainly_not_given() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        with pytest.raises(Unreachable, match="nothing was dialled"):
            await exchange.dial("101", "+33450777666", "odoo-1")
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            await pbx.stop(announced=False)
            await soon(ear, lambda: len(ear.of(Line)) == 2)
            with pytest.raises(Unreachable, match="nothing was dialled"):
                await exchange.dial("101", "+33450777666", "odoo-2")
            await pbx.start()
            await soon(ear, lambda: len(ear.of(Alive)) == 2)
            assert not pbx.actions["Originate"]

    told(story)


def test_an_order_whose_fate_is_not_known_is_never_given_again() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            pbx.deaf.add("Originate")
            order = asyncio.ensure_future(exchange.dial("101", "+33450777666", "odoo-1"))
            await soon(ear, lambda: pbx.actions["Originate"])
            pbx.cut()
            dialled = await order
            assert (dialled.call_id, dialled.sure) == ("odoo-1", False)
            await soon(ear, lambda: len(ear.of(Alive)) == 2)
            never = await exchange.dial("101", "+33450777666", "odoo-2")
            assert not never.sure, "no answer in time is no answer"
            await asyncio.sleep(HOUR)
            assert pbx.actions["Originate"] == 2
            assert not pbx.clicks

    tally("faults injected")
    told(story)


def test_a_context_that_is_not_there_is_named() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            with pytest.raises(Misconfigured, match="no way for this number in the context nowhere"):
                await exchange.dial("101", "+33450777666", "odoo-1")

    told(story, context="nowhere")


@pytest.mark.parametrize(
    ("agent", "number"),
    [
        ("101\r\nAction: Command", "+33450777666"), ("101&PJSIP/trunk", "+33450777666"),
        ("", "+33450777666"), ("101/n", "+33450777666"), ("101,1", "+33450777666"),
        ("101", "0450777666"), ("101", "+33450777666,1"), ("101", "+33 4 50"), ("101", "112"),
        ("101", "+" + "3" * 40), ("101", "${EXTEN}"), ("101", "+33450777666\n"), ("é", "+33450777666"),
    ],
)  # fmt: skip
def test_what_is_no_extension_or_no_number_is_never_sent(agent: str, number: str) -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        async with listening(exchange) as ear:
            await soon(ear, lambda: ear.of(Alive))
            with pytest.raises(Misconfigured):
                await exchange.dial(agent, number, "odoo-1")
            assert not pbx.actions["Originate"]

    tally("bad inputs tried")
    told(story)


def test_listening_stops_within_a_second_wherever_it_is() -> None:
    async def story(pbx: Exchange, exchange: AmiExchange) -> None:
        for moment in (0.0, 0.001, 0.01, 0.1, 1.0, 30.0, 400.0):
            for deaf in ((), ("Challenge",), ("Login",), ("Status",), ("QueueStatus",), ("Ping",)):
                pbx.deaf = set(deaf)
                task = asyncio.ensure_future(exchange.listen(Ear()))
                await asyncio.sleep(moment)
                began = now()
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert task.cancelled()
                assert now() - began < 1
                await asyncio.sleep(0.01)
                assert not pbx.sessions, "the socket is closed"

    told(story)
