"""What an admin may say, what is refused, and what `hub check` makes of it. No secret is ever shown."""

from __future__ import annotations

import asyncio
import io
import logging
import socket
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.registry import settings as of_registry
from connectors.voip.webhook import connect, profiles
from hub import logs
from hub.exchange import Line
from hub.ports import Misconfigured, Unreachable
from tests.connectors.voip.exchange_conformance import Ear
from tests.connectors.voip.webhook import test_proof
from tests.connectors.voip.webhook.stories import AIRCALL, VENDORS
from tests.connectors.voip.webhook.test_bounds import head, raw
from tests.connectors.voip.webhook.tools import PASSWORD, SECRET, TOKEN, post, running, settings, webhook


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "profile"),
        ({"profile": "aircall", "map": "x.yaml"}, "one of the two"),
        ({"profile": "../aircall"}, "pattern"),
        ({"profile": "aircall", "token": " "}, "empty"),
        ({"profile": "aircall", "path": "calls"}, "pattern"),
        ({"profile": "aircall", "path": "/calls?x=1"}, "pattern"),
        ({"profile": "aircall", "port": 70000}, "65535"),
        ({"profile": "aircall", "ips": ["300.1.1.1"]}, "ips"),
        ({"profile": "aircall", "certificate": "a.pem"}, "together"),
        ({"profile": "aircall", "timezone": "Paris"}, "time zone"),
        ({"profile": "aircall", "window": 0}, "greater"),
        ({"profile": "aircall", "tokn": "x"}, "tokn"),
        ({"profile": "aircall", "trust": {"by": "magic"}}, "trust"),
        ({"profile": "aircall", "trust": {"by": "token"}}, "where the token is"),
        ({"profile": "aircall", "trust": {"by": "hmac", "header": "x", "over": "{timestamp}"}}, "over"),
        ({"profile": "aircall", "trust": {"by": "hmac", "header": "x", "timestamp": "y"}}, "together"),
        ({"profile": "aircall", "trust": {"by": "jwt_body", "algorithm": "none"}}, "algorithm"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name(values: dict[str, Any], word: str) -> None:
    with pytest.raises(Misconfigured) as found:
        of_registry("standard", "webhook", {"kind": "webhook", **values})
    assert word in str(found.value)


@pytest.mark.parametrize("vendor", VENDORS, ids=[vendor.profile for vendor in VENDORS])
def test_without_its_secret_nothing_is_received(vendor: Any) -> None:
    for name in vendor.settings:
        rest = {key: value for key, value in vendor.settings.items() if key != name}
        with pytest.raises(Misconfigured, match="anybody could post calls") as found:
            connect("standard", settings(vendor.profile, **rest))
        assert name in str(found.value)
    with pytest.raises(Misconfigured, match="asked with a token"):
        connect("standard", settings("ovhcloud"))


def test_no_authentication_needs_to_be_said_twice() -> None:
    nothing = {"trust": {"by": "nothing"}}
    with pytest.raises(Misconfigured, match="anybody could post calls"):
        connect("standard", settings("3cx", **nothing))
    with pytest.raises(Misconfigured, match="anybody could post calls"):
        connect("standard", settings("3cx", **nothing, ips=["198.51.100.7/32"]))
    with pytest.raises(Misconfigured, match="trust_network needs"):
        connect("standard", settings("3cx", **nothing, trust_network=True, host="0.0.0.0"))
    assert connect("standard", settings("3cx", **nothing, trust_network=True))
    far = settings("3cx", **nothing, trust_network=True, host="0.0.0.0", ips=["198.51.100.7/32"])
    assert "proves nothing" in " ".join(one.message for one in connect("standard", far).check())


def test_a_signature_over_the_address_needs_the_address() -> None:
    trust = {"by": "hmac", "header": "x-v3", "over": "{url}{body}"}
    with pytest.raises(Misconfigured, match="made over the address"):
        connect("standard", settings("ringover", secret=SECRET, trust=trust))


def test_check_says_what_it_was_checked_against_and_who_can_reach_it() -> None:
    quiet = {one.what: one for one in webhook("aircall", token=TOKEN).check()}
    assert "never against a live exchange" in quiet["map: Aircall"].message
    assert quiet["port"].level == "ok"
    assert "exposure" not in quiet
    open_ = {one.what: one for one in webhook("aircall", token="short", host="0.0.0.0").check()}
    assert open_["exposure"].level == "warning"
    assert open_["proof"].level == "warning"
    unbound = {"by": "jwt_header", "header": "x-ringover-webhook-signature", "algorithm": "HS512"}
    loose = [one for one in webhook("ringover", secret=SECRET, trust=unbound).check() if one.what == "proof"]
    assert loose[0].level == "warning"
    broken = webhook("aircall", token=TOKEN, certificate="/nowhere/a.pem", key="/nowhere/b.pem").check()
    assert [one.level for one in broken if one.what == "certificate"] == ["error"]
    assert all(one.level != "error" for name in profiles.names() for one in webhook(
        name, token=TOKEN, secret=SECRET, user="u", password=PASSWORD).check())  # fmt: skip


def test_a_port_that_is_taken_is_said_once_and_waited_for() -> None:
    async def story() -> None:
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            exchange = webhook("aircall", token=TOKEN, port=port)
            assert [one.level for one in exchange.check() if one.what == "port"] == ["ok"]
            ear = Ear()
            task = asyncio.ensure_future(exchange.listen(ear))
            await ear.until(lambda: ear.of(Line))
            assert isinstance(ear.of(Line)[0].problem, Unreachable)
            assert str(port) in str(ear.of(Line)[0].problem)
        await ear.until(lambda: len(ear.of(Line)) == 2)
        assert ear.of(Line)[1].up
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())


def test_it_cannot_dial() -> None:
    with pytest.raises(Misconfigured, match="cannot dial"):
        asyncio.run(webhook("aircall", token=TOKEN).dial("101", "+33199000042", "x"))


def test_no_secret_and_nothing_of_a_caller_stands_in_a_log_an_error_or_an_answer() -> None:
    shown = io.StringIO()
    logs.configure(level="debug", style="json", stream=shown)
    try:
        first = AIRCALL.stories["answered"].messages[0]

        async def story() -> None:
            exchange = webhook("aircall", token=TOKEN)
            assert TOKEN not in repr(exchange.settings) + str(exchange.settings) + repr(exchange.check())
            async with running(exchange) as ear:
                assert await post(exchange, AIRCALL.send({**first, "token": TOKEN + "x"})) == 401
                assert await post(exchange, AIRCALL.send({**first, "event": "call.strange"})) == 200
                for request in (
                    head(b"", f"X-Bad {TOKEN}"), head(b"", f"Authorization: {TOKEN}", length=-1),
                    head(b"{" + TOKEN.encode(), path=f"/calls?{TOKEN}"), head(b"", path="/" + TOKEN * 500),
                    f"GET {TOKEN}\r\n\r\n".encode(), f"{TOKEN} / HTTP/1.1\r\n\r\n".encode(),
                ):  # fmt: skip
                    assert TOKEN.encode() not in await raw(exchange, request, end=True)
                for said in ear.heard:
                    assert TOKEN not in repr(said)

        asyncio.run(story())
        for profile, vendor in test_proof.BY.items():
            exchange = webhook(profile, **vendor.settings)

            async def wrong(exchange: Any = exchange, vendor: Any = vendor) -> None:
                async with running(exchange):
                    good = vendor.send(vendor.stories["missed"].messages[0])
                    await post(exchange, good.but(headers=(), query="", body=b"{}"))
                    await post(exchange, good)

            asyncio.run(wrong())
    finally:
        logging.getLogger().handlers[:] = []
    text = shown.getvalue()
    assert "refused what was posted" in text
    assert "an exchange says what its map does not know" in text
    for never in (TOKEN, SECRET, PASSWORD, "99000042", "99-00-00-42", "alice@"):
        assert never not in text, never


def test_what_is_refused_is_said_once_a_minute() -> None:
    shown = io.StringIO()
    logs.configure(level="debug", style="json", stream=shown)
    try:

        async def story() -> None:
            exchange = webhook("aircall", token=TOKEN)
            async with running(exchange):
                for _ in range(30):
                    await post(exchange, AIRCALL.send({"token": "wrong"}))
                assert exchange.counts["forged"] == 30

        asyncio.run(story())
    finally:
        logging.getLogger().handlers[:] = []
    assert shown.getvalue().count("refused what was posted") == 1


def test_a_model_of_settings_keeps_its_secrets_to_itself() -> None:
    with pytest.raises(ValidationError) as found:
        settings("aircall", token=TOKEN, port=-1)
    assert TOKEN not in str(found.value.errors(include_input=False))
