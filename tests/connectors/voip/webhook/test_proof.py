"""Nobody but the exchange is believed: forged, altered, doubled and missing proofs, over real HTTP."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any, cast

import jwt
import pytest

from connectors.voip.webhook import Webhook
from hub.exchange import CallEvent
from tests.connectors.voip.webhook import stories
from tests.connectors.voip.webhook.stories import VENDORS, Vendor
from tests.connectors.voip.webhook.tools import (
    PASSWORD,
    SECRET,
    TOKEN,
    Post,
    as_json,
    hashed,
    post,
    running,
    webhook,
)
from tests.tally import tally

LONG = SECRET.ljust(64, "-")
FIRST = {vendor.profile: vendor.stories["answered"].messages[0] for vendor in VENDORS}
BY = {vendor.profile: vendor for vendor in VENDORS}


def refused(exchange: Webhook, requests: list[Post], status: int = 401, count: str = "forged") -> None:
    """Each of them is answered so, counted so, and does nothing."""

    async def story() -> None:
        async with running(exchange) as ear:
            for request in requests:
                assert await post(exchange, request) == status, request
            assert exchange.counts[count] == len(requests)
            assert not ear.of(CallEvent)
            assert len(exchange.intake.replays) == 0, "nothing of it is remembered"

    asyncio.run(story())
    tally("bad inputs tried", len(requests))


def made(vendor: Vendor) -> Webhook:
    return webhook(vendor.profile, **vendor.settings)


def signature(request: Post) -> str:
    return request.headers[0][1]


def flipped(text: str, place: int) -> str:
    """One letter changed into another of the same alphabet."""
    old = text[place]
    new = "0" if old != "0" else "1"
    return text[:place] + new + text[place + 1 :]


@pytest.mark.parametrize("profile", ["wildix", "yeastar"])
def test_a_signature_that_is_not_over_these_bytes_is_refused(profile: str) -> None:
    vendor = BY[profile]
    good = vendor.send(FIRST[profile])
    name, right = good.headers[0]
    encoding = "hex" if profile == "wildix" else "base64"
    other = "base64" if encoding == "hex" else "hex"
    wrong: list[str] = [
        "",
        " ",
        "null",
        right[:-1],
        right + "0",
        right + "=",
        f"sha256={right}",
        right[::-1],
        "0" * len(right),
        "é" * 20,
        right.swapcase() if encoding == "base64" else right.replace("a", "b", 1) + "x",
        signature(hashed(FIRST[profile], encoding, "another secret, of another exchange")),
        signature(hashed(FIRST[profile], encoding, algorithm="sha512")),
        signature(hashed(FIRST[profile], encoding, algorithm="sha1")),
        signature(hashed(FIRST[profile], other)),
        *(flipped(right, place) for place in range(0, len(right) - 2, 5)),
    ]
    requests = [good.but(headers=((name, one),)) for one in wrong]
    requests += [good.but(headers=())]
    requests += [
        good.but(headers=(good.headers[0], good.headers[0])),
        good.but(headers=(("X-Signatur", right),)),
    ]
    for place in range(0, len(good.body), 9):
        altered = bytearray(good.body)
        altered[place] ^= 1
        requests.append(good.but(body=bytes(altered)))
    requests += [good.but(body=good.body + b" "), good.but(body=b"")]
    refused(made(vendor), requests)


def test_the_name_of_the_header_and_hexadecimal_letters_may_be_large_or_small() -> None:
    async def story() -> None:
        exchange = made(BY["wildix"])
        good = BY["wildix"].send(FIRST["wildix"])
        async with running(exchange):
            for name in ("x-signature", "X-SIGNATURE", "X-Signature"):
                shown = signature(good).upper() if name.isupper() else signature(good)
                assert await post(exchange, good.but(headers=((name, shown),))) == 200
            assert exchange.counts["repeated"] == 2

    asyncio.run(story())


def ringover_posts() -> list[Post]:
    message = FIRST["ringover"]
    good = BY["ringover"].send(message)
    name, token = good.headers[0]
    head, claims, signed = token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    nested = base64.urlsafe_b64encode(b'{"alg":' * 600).decode().rstrip("=")
    listed = base64.urlsafe_b64encode(b'{"alg":["HS512"]}').decode().rstrip("=")

    def signed_with(algorithm: str, payload: Any, secret: str = LONG) -> str:
        return jwt.encode(payload, secret, algorithm)

    tokens = [
        "",
        "x",
        "a.b.c",
        "..",
        token[:-3],
        token + "A",
        f"{none}.{claims}.",
        f"{none}.{claims}.{signed}",
        f"{nested}.{claims}.{signed}",
        f"{listed}.{claims}.{signed}",
        f"{head}.{claims}.",
        f"{head}..{signed}",
        f"Bearer {token}",
        "\u00e9",
        f"{head}.{claims[:-4]}AAAA.{signed}",
        signed_with("HS256", {"payload": message}),
        signed_with("HS384", {"payload": message}),
        signed_with("HS512", {"payload": message}, "another key" * 8),
        signed_with("HS512", {"payload": message, "exp": 1_000_000_000}),
        signed_with("HS512", {"payload": message, "nbf": 9_000_000_000}),
    ]
    found = [good.but(headers=((name, one.encode().decode("latin-1")),)) for one in tokens]
    return [*found, good.but(headers=()), good.but(headers=((name, token), (name, token)))]


def test_a_token_that_is_not_signed_as_agreed_is_refused() -> None:
    refused(made(BY["ringover"]), ringover_posts())


def test_what_is_read_is_what_was_signed_and_not_the_body_beside_it() -> None:
    """Somebody who has seen one signed event cannot put another body beside its token."""
    other = json.loads(json.dumps(FIRST["ringover"]))
    other["data"]["from_number"] = "33199999999"

    async def story() -> None:
        exchange = made(BY["ringover"])
        async with running(exchange) as ear:
            good = BY["ringover"].send(FIRST["ringover"])
            assert await post(exchange, good.but(body=as_json(other))) == 200
            assert {event.number for event in ear.of(CallEvent)} == {"+33199000042"}
            assert await post(exchange, good.but(body=b"{ no JSON")) == 200
            assert exchange.counts["repeated"] == 1

    asyncio.run(story())


def test_a_token_that_says_nothing_of_the_message_brings_no_call() -> None:
    name = "X-Ringover-Webhook-Signature"

    async def story() -> None:
        exchange = made(BY["ringover"])
        async with running(exchange) as ear:
            bare = jwt.encode({"url": "https://calls.example/x"}, LONG, "HS512")
            assert await post(exchange, Post(headers=((name, bare),), body=as_json(FIRST["ringover"]))) == 200
            assert exchange.counts["unmapped"] == 1
            flat = jwt.encode(FIRST["ringover"], LONG, "HS512")
            assert await post(exchange, Post(headers=((name, flat),), body=b"")) == 200
            assert [event.kind for event in ear.of(CallEvent)] == ["started", "ringing"]

    asyncio.run(story())


def test_a_token_made_for_another_address_is_refused() -> None:
    vendor = BY["ringover"]
    good = vendor.send(FIRST["ringover"])
    refused(webhook("ringover", url="https://other.example/calls", **vendor.settings), [good])

    async def story() -> None:
        exchange = webhook("ringover", url="https://calls.example/x", **vendor.settings)
        async with running(exchange):
            assert await post(exchange, good) == 200

    asyncio.run(story())


def test_a_body_that_is_no_token_of_ours_is_refused() -> None:
    vendor, message = BY["dialpad"], FIRST["dialpad"]
    token = vendor.send(message).body
    none = jwt.encode(message, "", "none").encode()
    deep = base64.urlsafe_b64encode(b'{"alg":' * 2000)
    bodies = [
        b"",
        b"{}",
        deep + b"." + deep + b"." + deep,
        as_json(message),
        token[:-2],
        token + b".",
        b"\xff\xfe",
        none,
        b"." * 5000,
        jwt.encode(message, "another key" * 8, "HS256").encode(),
        jwt.encode(message, LONG, "HS512").encode(),
        jwt.encode({"a": [[[[[[["x"] * 3]]]]]], **message}, "k" * 64, "HS256").encode(),
    ]
    refused(made(vendor), [Post(body=body) for body in bodies])


@pytest.mark.parametrize(
    ("profile", "wrong"),
    [
        (
            "aircall",
            [
                {"token": one}
                for one in (
                    "",
                    "x",
                    None,
                    5,
                    [TOKEN],
                    {"token": TOKEN},
                    TOKEN + " ",
                    TOKEN.upper(),
                    TOKEN[:-1],
                    True,
                )
            ],
        ),
        (
            "wazo",
            [
                "",
                "key=",
                f"key={TOKEN}x",
                f"Key={TOKEN}",
                f"key={TOKEN}&key={TOKEN}",
                f"token={TOKEN}",
                f"x={TOKEN}",
                "key=" + TOKEN.upper(),
                "&" * 2000,
            ],
        ),
    ],
)
def test_a_token_that_is_not_ours_is_refused(profile: str, wrong: list[Any]) -> None:
    vendor = BY[profile]
    good = vendor.send(FIRST[profile])
    if profile == "aircall":
        requests = [good.but(body=as_json({**FIRST[profile], **one})) for one in wrong]
        without = {key: value for key, value in FIRST[profile].items() if key != "token"}
        requests += [
            good.but(body=as_json(one)) for one in cast("tuple[Any, ...]", (without, [], "t", 5, None))
        ]
    else:
        requests = [good.but(query=one) for one in wrong]
    refused(made(vendor), requests)


def test_a_user_and_password_that_are_not_ours_are_refused() -> None:
    vendor = BY["keyyo"]
    good = vendor.send(FIRST["keyyo"])

    def basic(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    right = basic(f"hub:{PASSWORD}")
    wrong = [
        "",
        "Basic",
        "Basic ",
        right.removeprefix("Basic "),
        right.replace("Basic", "Bearer"),
        basic(f"hub:{PASSWORD}x"),
        basic(f"Hub:{PASSWORD}"),
        basic("hub:"),
        basic(f":{PASSWORD}"),
        basic(PASSWORD),
        right[:-1],
        "Basic é",
        "Basic " + "A" * 6000,
    ]
    requests = [good.but(headers=(("Authorization", one),)) for one in wrong]
    requests += [good.but(headers=()), good.but(headers=good.headers * 2)]
    refused(made(vendor), requests)


def hmac_over_time(stamp: str, message: Any, secret: str = SECRET) -> Post:
    body = as_json(message)
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return Post(body=body, headers=(("X-Sig", f"v1={digest}"), ("X-Time", stamp)))


TIMED = {
    "by": "hmac",
    "header": "x-sig",
    "prefix": "v1=",
    "over": "{timestamp}.{body}",
    "timestamp": "x-time",
}


def test_the_time_is_part_of_what_is_signed() -> None:
    exchange = webhook("wildix", secret=SECRET, trust=TIMED)
    now = int(stories.EPOCH)
    good = hmac_over_time(str(now), FIRST["wildix"])
    (sig, proof), (time, _) = good.headers
    wrong = [
        good.but(headers=((sig, proof), (time, str(now + 1)))),
        good.but(headers=((sig, proof),)),
        good.but(headers=((sig, proof), (time, ""))),
        good.but(headers=((sig, proof), (time, "soon"))),
        good.but(headers=((sig, proof), (time, str(now)), (time, str(now)))),
        good.but(headers=((sig, proof.removeprefix("v1=")), (time, str(now)))),
        hmac_over_time("nan", FIRST["wildix"]),
        hmac_over_time("-5", FIRST["wildix"]),
        hmac_over_time("9" * 400, FIRST["wildix"]),
    ]
    refused(exchange, wrong)

    async def story() -> None:
        async with running(exchange):
            assert await post(exchange, good) == 200
            before = exchange.counts["replayed"]
            for old in (now - 3601, now + 3601):
                assert await post(exchange, hmac_over_time(str(old), stories.wildix("call:start", 3))) == 401
            assert exchange.counts["replayed"] == before + 2

    asyncio.run(story())


def test_the_address_and_the_method_may_be_part_of_what_is_signed() -> None:
    url, body, stamp = "https://calls.example/ringover", as_json(FIRST["wildix"]), str(int(stories.EPOCH))
    trust = {
        "by": "hmac",
        "header": "x-v3",
        "encoding": "base64",
        "timestamp": "x-v3-timestamp",
        "over": "{method}{url}{body}{timestamp}",
    }
    content = b"POST" + url.encode() + body + stamp.encode()
    digest = base64.b64encode(hmac.new(SECRET.encode(), content, hashlib.sha256).digest()).decode()
    request = Post(body=body, headers=(("X-V3", digest), ("X-V3-Timestamp", stamp)))

    async def story() -> None:
        exchange = webhook("wildix", secret=SECRET, trust=trust, url=url)
        async with running(exchange):
            assert await post(exchange, request) == 200

    asyncio.run(story())
    refused(webhook("wildix", secret=SECRET, trust=trust, url="https://calls.example/other"), [request])


def test_only_the_addresses_that_may_post_do_and_a_proxy_is_believed_only_where_it_is_trusted() -> None:
    good = BY["aircall"].send(FIRST["aircall"])
    said = (("X-Forwarded-For", "203.0.113.7, 198.51.100.9"),)
    refused(webhook("aircall", token=TOKEN, ips=["203.0.113.0/24"]), [good, good.but(headers=said)])
    trusted: dict[str, Any] = {"token": TOKEN, "proxies": ["127.0.0.0/8", "::1/128"]}
    refused(
        webhook("aircall", ips=["203.0.113.0/24"], **trusted),
        [
            good,
            good.but(headers=said),
            good.but(headers=(("X-Forwarded-For", "203.0.113.7, nonsense"),)),
        ],
    )

    async def story() -> None:
        exchange = webhook("aircall", ips=["198.51.100.0/24"], **trusted)
        async with running(exchange):
            assert await post(exchange, good.but(headers=(*good.headers, *said))) == 200

    asyncio.run(story())
