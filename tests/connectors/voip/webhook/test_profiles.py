"""Each profile tells lives of calls, over real HTTP, to what an office sees of them."""

from __future__ import annotations

import asyncio

import pytest

from connectors.voip.webhook import profiles
from hub.calls import CallBook
from hub.exchange import CallEvent
from tests.connectors.voip.webhook.stories import VENDORS, Story, Vendor, check
from tests.connectors.voip.webhook.tools import LINE, Office, post, running, webhook

TOLD = [(vendor, name) for vendor in VENDORS for name in vendor.stories]


def test_every_profile_that_ships_has_stories() -> None:
    assert {vendor.profile for vendor in VENDORS} | {"ovhcloud"} == set(profiles.names())
    for vendor in VENDORS:
        assert {"answered", "missed"} <= set(vendor.stories)


@pytest.mark.parametrize(("vendor", "name"), TOLD, ids=[f"{v.profile}-{n}" for v, n in TOLD])
def test_the_life_of_a_call_comes_out_right(vendor: Vendor, name: str) -> None:
    story = vendor.stories[name]

    async def life() -> None:
        exchange = webhook(vendor.profile, **vendor.settings)
        async with running(exchange) as ear:
            for message in story.messages:
                assert await post(exchange, vendor.send(message)) == 200
            check(story, Office.of(ear).call)
            assert exchange.counts["received"] == len(story.messages)
            assert not exchange.unplaced
            assert not {"forged", "malformed", "unmapped", "replayed"} & set(exchange.counts)

    asyncio.run(life())


@pytest.mark.parametrize("vendor", VENDORS, ids=[vendor.profile for vendor in VENDORS])
def test_it_rings_for_whom_it_rings_and_no_longer_once_another_picked_up(vendor: Vendor) -> None:
    story = vendor.stories["answered"]

    async def life() -> None:
        exchange = webhook(vendor.profile, **vendor.settings)
        async with running(exchange) as ear:
            book, heard, most = CallBook(), 0, set[str]()
            for message in story.messages:
                assert await post(exchange, vendor.send(message)) == 200
                for event in ear.of(CallEvent)[heard:]:
                    book.hear(event)
                heard = len(ear.of(CallEvent))
                (call,) = book.calls()
                most |= set(call.ringing)
                if call.answered_at is not None:
                    assert call.ringing == ()
            assert most == set(story.rang)
            assert call.direction == "inbound"

    asyncio.run(life())


def test_who_is_rung_again_by_a_transfer_sees_it_ring_again() -> None:
    vendor, book = VENDORS[0], CallBook()
    story = vendor.stories["transferred"]

    async def life() -> list[tuple[str, ...]]:
        exchange = webhook(vendor.profile, **vendor.settings)
        seen = []
        async with running(exchange) as ear:
            heard = 0
            for message in story.messages:
                await post(exchange, vendor.send(message))
                for event in ear.of(CallEvent)[heard:]:
                    book.hear(event)
                heard = len(ear.of(CallEvent))
                seen.append(book.calls()[0].ringing)
        return seen

    seen = asyncio.run(life())
    alice, bruno = story.agents
    assert seen == [(), (alice,), (alice, bruno), (), (), (bruno,), (), ()]


def test_the_line_that_was_called_is_known_where_the_exchange_tells_it() -> None:
    async def life(vendor: Vendor, story: Story) -> str:
        exchange = webhook(vendor.profile, **vendor.settings)
        async with running(exchange) as ear:
            for message in story.messages:
                await post(exchange, vendor.send(message))
            return Office.of(ear).call.did

    found = {vendor.profile: asyncio.run(life(vendor, vendor.stories["missed"])) for vendor in VENDORS}
    national = "0" + LINE[3:]
    assert found == {"aircall": LINE, "ringover": LINE, "wildix": national, "dialpad": LINE, "wazo": national,
                     "yeastar": national, "keyyo": LINE, "3cx": "DID-33199000001"}  # fmt: skip
