"""What a stranger on the network can make the receiver do: little, and not for long."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.voip.webhook import Webhook
from hub.exchange import CallEvent
from tests.connectors.voip.webhook.stories import AIRCALL, YEASTAR, aircall
from tests.connectors.voip.webhook.tools import TOKEN, Post, as_json, post, running, webhook
from tests.security.tls import Authority
from tests.tally import tally

GOOD = AIRCALL.send(AIRCALL.stories["answered"].messages[0])
KIB = 1024


async def raw(exchange: Webhook, data: bytes, *, end: bool = False, seconds: float = 8) -> bytes:
    """What comes back for these bytes, until the receiver closes."""
    assert exchange.address is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.address[1])
    try:
        writer.write(data)
        await writer.drain()
        if end:
            writer.write_eof()
        async with asyncio.timeout(seconds):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def head(
    body: bytes, *more: str, path: str = "/calls", method: str = "POST", length: int | None = None
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *more]
    if length is not None or not any(line.startswith("Transfer") for line in more):
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def status(answer: bytes) -> int:
    """0 where the connection was closed without a word."""
    return int(answer.split(b" ", 2)[1]) if answer else 0


async def still_works(exchange: Webhook) -> None:
    before = exchange.counts["accepted"] + exchange.counts["repeated"]
    assert await post(exchange, GOOD) == 200
    assert exchange.counts["accepted"] + exchange.counts["repeated"] == before + 1


def test_another_path_or_method_is_nothing() -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange) as ear:
            for path in (
                "/",
                "/calls/",
                "/calls/x",
                "/Calls",
                "/%63alls",
                "//calls",
                "/calls/../calls",
                "*",
                "http://127.0.0.1/calls",
                "/calls;x",
                "/metrics",
            ):
                assert status(await raw(exchange, head(GOOD.body, path=path))) in (400, 404), path
            for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD", "TRACE", "BREW"):
                answer = await raw(exchange, head(b"", method=method))
                assert status(answer) in (400, 405), method
                assert status(answer) == 400 or b"Allow: POST" in answer
            assert not ear.of(CallEvent)
            assert exchange.counts["received"] == 0
            await still_works(exchange)

    asyncio.run(story())
    tally("bad inputs tried", 19)


def test_a_body_over_the_limit_is_refused_announced_or_in_pieces() -> None:
    big = as_json({**AIRCALL.stories["answered"].messages[0], "padding": "x" * 64 * KIB})
    pieces = (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (big[:40000], big[40000:])) + b"0\r\n\r\n"
    )
    endless = b"1000\r\n" + b"x" * 4096 + b"\r\n"

    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange):
            assert status(await raw(exchange, head(big))) == 413
            assert status(await raw(exchange, head(b"", length=10**12))) == 413
            assert status(await raw(exchange, head(pieces, "Transfer-Encoding: chunked"))) == 413
            assert status(await raw(exchange, head(endless * 40, "Transfer-Encoding: chunked"))) in (413, 0)
            assert exchange.counts["too large"] == 4
            await still_works(exchange)
        larger = webhook("aircall", token=TOKEN, max_body_kib=100)
        async with running(larger):
            assert status(await raw(larger, head(big))) == 200

    asyncio.run(story())
    tally("bad inputs tried", 4)


def test_a_body_in_pieces_within_the_limit_is_a_body() -> None:
    body = GOOD.body
    pieces = b"".join(b"1\r\n%c\r\n" % one for one in body) + b"0\r\n\r\n"

    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange):
            assert status(await raw(exchange, head(pieces, "Transfer-Encoding: chunked"))) == 200

    asyncio.run(story())


def test_headers_beyond_all_bounds_are_refused() -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange) as ear:
            for request in (
                head(GOOD.body, "X-Long: " + "x" * 10**6),
                head(GOOD.body, *(f"X-{number}: y" for number in range(500))),
                head(b"", path="/calls?" + "q" * 100_000, method="GET"),
                head(GOOD.body, "No colon at all"),
                head(GOOD.body, "Content-Length: 5"),
                head(GOOD.body, "Content-Length: -1"),
                head(GOOD.body, "Bad\x00Name: 1"),
                head(GOOD.body, "Transfer-Encoding: chunked", length=3),
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
                b"\r\n\r\n\r\n",
                b"GET\r\n\r\n",
                b"POST /calls HTTP/9.9\r\n\r\n",
                b"\x00" * 100 + b"\r\n\r\n",
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            ):
                assert status(await raw(exchange, request, end=True)) in (0, 400, 404, 405), request[:60]
            assert not ear.of(CallEvent)
            await still_works(exchange)

    asyncio.run(story())
    tally("bad inputs tried", 14)


def test_who_sends_slowly_or_not_at_all_is_cut_off() -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN, timeout=0.4)
        async with running(exchange) as ear:

            async def dripping() -> bytes:
                assert exchange.address is not None
                reader, writer = await asyncio.open_connection("127.0.0.1", exchange.address[1])
                answer = asyncio.ensure_future(reader.read())
                for one in head(GOOD.body):
                    if answer.done():
                        break
                    try:
                        writer.write(bytes([one]))
                        await writer.drain()
                    except ConnectionError:
                        break
                    await asyncio.sleep(0.02)
                writer.close()
                return (await asyncio.gather(answer, return_exceptions=True))[0]  # type: ignore[return-value]

            answers = await asyncio.gather(
                dripping(),
                raw(exchange, b""),
                raw(exchange, b"POST /calls HT"),
                raw(exchange, head(GOOD.body[:20], length=len(GOOD.body))),
                raw(exchange, head(b"5\r\nab", "Transfer-Encoding: chunked")),
            )
            assert not [one for one in answers if isinstance(one, bytes) and b"200" in one]
            assert exchange.counts["too slow"] == 5
            assert not ear.of(CallEvent)
            await still_works(exchange)

    asyncio.run(story())
    tally("bad inputs tried", 5)


def test_half_a_request_is_no_request() -> None:
    whole = head(GOOD.body)

    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN, timeout=5)
        async with running(exchange) as ear:
            for length in range(1, len(whole), 23):
                await raw(exchange, whole[:length], end=True)
                assert not ear.of(CallEvent)
            await still_works(exchange)

    asyncio.run(story())
    tally("bad inputs tried", len(range(1, len(whole), 23)))


def test_only_so_many_connections_are_open_at_once() -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN, connections=3, timeout=5)
        async with running(exchange) as ear:
            assert exchange.address is not None
            idle = [await asyncio.open_connection("127.0.0.1", exchange.address[1]) for _ in range(3)]
            await ear.until(lambda: exchange.counts["turned away"] == 0)
            assert await raw(exchange, head(GOOD.body)) == b""
            assert exchange.counts["turned away"] == 1
            for _, writer in idle:
                writer.close()
                await writer.wait_closed()
            await asyncio.sleep(0.05)
            await still_works(exchange)

    asyncio.run(story())


def test_a_second_request_on_the_same_line_is_not_read() -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange):
            other = as_json(aircall("call.created", 3, call_uuid="other"))
            answer = await raw(exchange, head(GOOD.body) + head(other))
            assert answer.count(b"HTTP/1.1 200") == 1
            assert b"Connection: close" in answer

    asyncio.run(story())


def test_a_sender_that_asks_first_is_told_to_go_on() -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange):
            answer = await raw(exchange, head(GOOD.body, "Expect: 100-continue"))
            assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")

    asyncio.run(story())


def test_it_speaks_tls_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    both = authority.signed("receiver", "127.0.0.1")

    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN, certificate=both, key=both)
        assert all(one.level != "error" for one in exchange.check())
        async with running(exchange) as ear:
            assert exchange.address is not None
            trusts = ssl.create_default_context(cafile=str(authority.file))
            where = f"https://127.0.0.1:{exchange.address[1]}/calls"
            async with (
                aiohttp.ClientSession() as client,
                client.post(where, data=GOOD.body, ssl=trusts) as answer,
            ):
                assert answer.status == 200
            assert await raw(exchange, head(GOOD.body)) == b"", "in clear, it is no answer"
            assert ear.kinds() == ["started"]

    asyncio.run(story())


def test_a_proxy_that_speaks_http_1_0_is_answered() -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange):
            answer = await raw(exchange, head(GOOD.body).replace(b"HTTP/1.1", b"HTTP/1.0"))
            assert status(answer) == 200

    asyncio.run(story())


def test_nothing_is_unpacked() -> None:
    import gzip

    bomb = gzip.compress(b" " * 50_000_000)

    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange):
            for coding in ("gzip", "deflate", "br", "zstd", "gzip, identity"):
                packed = Post(body=bomb, headers=(("Content-Encoding", coding),))
                assert await post(exchange, packed) == 415
            await still_works(exchange)

    asyncio.run(story())
    tally("bad inputs tried", 5)


TOP = AIRCALL.stories["answered"].messages[0]
NO_JSON = [
    b"",
    b" ",
    b"{",
    b"}",
    b"{'event': 1}",
    b"event=1",
    b"<xml/>",
    b"\xff\xfe{\x00}\x00",
    b'{"a": "\xc3\x28"}',
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b"[" * 33 + b"]" * 33,
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": -Infinity}',
    b'{"a": 1e999}',
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"a": 1, "a": 2}',
    b'{"token": "x", "token": "y"}',
    b'{"a": {"b": 1, "b": 1}}',
    b"nul",
    b"{} {}",
    b'{"a": "\n"}',
    b'"\\ud800',
    b"\x00" * 50,
    b'{"a": 01}',
]


@pytest.mark.parametrize("body", NO_JSON, ids=[repr(one[:20]) for one in NO_JSON])
def test_what_is_not_json_is_malformed_and_does_nothing(body: bytes) -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange) as ear:
            assert await post(exchange, Post(body=body)) == 400
            assert exchange.counts["malformed"] == 1
            assert not ear.of(CallEvent)
            await still_works(exchange)

    asyncio.run(story())
    tally("bad inputs tried")


def test_json_within_json_is_held_to_the_same() -> None:
    async def story() -> None:
        exchange = webhook("yeastar", **YEASTAR.settings)
        async with running(exchange) as ear:
            bad = ["{", "[" * 20_000, '{"call_id": NaN}', '{"a": 1, "a": 2}', json.dumps("x" * 10)[:-1]]
            for msg in bad:
                assert await post(exchange, YEASTAR.send({"type": 30011, "sn": "s", "msg": msg})) == 400
            assert exchange.counts["malformed"] == len(bad)
            others: list[Any] = [None, 5, [], {}, "null", '"text"', "[]"]
            for other in others:
                assert await post(exchange, YEASTAR.send({"type": 30011, "sn": "s", "msg": other})) == 200
            assert not ear.of(CallEvent)

    asyncio.run(story())
    tally("bad inputs tried", 12)


def test_a_long_address_and_too_many_fields_are_refused() -> None:
    import base64

    from tests.connectors.voip.webhook.tools import PASSWORD

    basic = (("Authorization", "Basic " + base64.b64encode(f"hub:{PASSWORD}".encode()).decode()),)

    async def story() -> None:
        exchange = webhook("keyyo", user="hub", password=PASSWORD)
        async with running(exchange) as ear:
            for query in ("&".join(f"a{n}=1" for n in range(400)), "TYPE=SETUP&TYPE=RELEASE&CALLREF=1"):
                assert await post(exchange, Post("GET", query, basic)) == 400
            assert exchange.counts["malformed"] == 2
            assert not ear.of(CallEvent)
            latin = (
                "TYPE=SETUP&CALLREF=9&ACCOUNT=33199000001&CALLER=33199000042&CALLEE=33199000001&MSG=Caf%E9"
            )
            assert await post(exchange, Post("GET", latin, basic)) == 200

    asyncio.run(story())
    tally("bad inputs tried", 2)
