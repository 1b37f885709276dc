"""Whether a message comes from the exchange: signatures and tokens, over the bytes as they came. Pure.

Promises: compared in constant time; a header or a field that carries the proof twice is refused; whatever is
sent as a proof, the answer is a `Proof` or `Forged`. What `Forged` says holds nothing of what was sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from pydantic import SecretStr

from connectors.voip.webhook.mapfile import Map
from connectors.voip.webhook.parsing import Malformed, check, read_form
from connectors.voip.webhook.paths import find, moment, steps, text
from connectors.voip.webhook.settings import Settings
from connectors.voip.webhook.trust import PART, Basic, Hmac, JwtBody, JwtHeader, Shared, Trust

LEEWAY = 60
"""Seconds two clocks may differ by, where a token says from when to when it holds."""


class Forged(Exception):
    """The message does not prove that it comes from the exchange. Says why, quoting nothing."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came. `headers` as sent, in order; `query` is what stands after ``?``."""

    method: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The header's value; empty where there is none. Raises `Forged` where it is there twice."""
        found = [value for key, value in self.headers if key.lower() == name]
        if len(found) > 1:
            raise Forged(f"the header {name} is there twice")
        return found[0].strip() if found else ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the proof says besides: the `message` it was made over, where it holds it; when it was `sent`."""

    message: Any = None
    sent: datetime | None = None


def trust_of(settings: Settings, map: Map) -> Trust:
    """How messages are known: the setting, or as the profile says."""
    return settings.trust or map.trust


def proof(trust: Trust, settings: Settings, delivery: Delivery, message: Callable[[], Any]) -> Proof:
    """Look at the proof. `message` parses the body, which is only done where the proof is in it.

    Raises `Forged`, and `Malformed` where a proof that stands in the message cannot be read.
    """
    match trust:
        case Hmac():
            return _hash(trust, _secret(settings.secret), settings.url or "", delivery)
        case JwtHeader():
            return _jwt_header(trust, _secret(settings.secret), settings.url, delivery)
        case JwtBody():
            return _jwt(_text(delivery.body), _secret(settings.secret), trust.algorithm)
        case Shared():
            return _shared(trust, _secret(settings.token), delivery, message)
        case Basic():
            return _basic(settings.user or "", _secret(settings.password), delivery)
        case _:
            return Proof()


def _hash(trust: Hmac, secret: bytes, url: str, delivery: Delivery) -> Proof:
    given = delivery.header(trust.header)
    if not given:
        raise Forged("it has no signature")
    if not given.startswith(trust.prefix):
        raise Forged("its signature is of another kind")
    stamp = delivery.header(trust.timestamp) if trust.timestamp else ""
    sent = moment(stamp, "time", UTC) if trust.timestamp else None
    if trust.timestamp and sent is None:
        raise Forged("it does not say when it was sent")
    parts = {"timestamp": stamp, "method": delivery.method, "url": url}
    content = b"".join(
        (delivery.body if word == "body" else parts[word].encode("utf-8", "replace")) if place % 2
        else word.encode()
        for place, word in enumerate(PART.split(trust.over))
    )  # fmt: skip
    digest = hmac.new(secret, content, getattr(hashlib, trust.hash)).digest()
    given = given.removeprefix(trust.prefix)
    if trust.encoding == "hex":
        given, right = given.lower(), digest.hex()
    else:
        right = base64.b64encode(digest).decode()
    if not _equal(given, right):
        raise Forged("its signature is wrong")
    return Proof(sent=sent)


def _jwt_header(trust: JwtHeader, secret: bytes, url: str | None, delivery: Delivery) -> Proof:
    given = delivery.header(trust.header)
    if not given.startswith(trust.prefix):
        raise Forged("its token is of another kind")
    found = _jwt(given.removeprefix(trust.prefix).strip(), secret, trust.algorithm)
    claims = found.message
    signed_url = text(find(claims, steps(trust.url)), 2000) if trust.url else ""
    if signed_url and url and not _equal(signed_url.rstrip("/"), url.rstrip("/")):
        raise Forged("its signature was made for another address")
    if not trust.message:
        return Proof(sent=found.sent)
    held = (claims if place == "." else find(claims, steps(place)) for place in trust.message)
    message = next((one for one in held if isinstance(one, dict)), None)
    if message is None:
        raise Forged("its signature says nothing of the message")
    return Proof(message=message, sent=found.sent)


def _jwt(token: str, secret: bytes, algorithm: str) -> Proof:
    if not token:
        raise Forged("it has no signature")
    try:
        claims = jwt.decode(
            token, secret, algorithms=[algorithm], leeway=LEEWAY,
            options={"verify_aud": False, "verify_iss": False, "verify_sub": False, "verify_jti": False},
        )  # fmt: skip
        check(claims)
    except (jwt.PyJWTError, Malformed, ValueError, TypeError, KeyError, RecursionError) as problem:
        expired = isinstance(problem, jwt.ExpiredSignatureError | jwt.ImmatureSignatureError)
        raise Forged("its token is out of its time" if expired else "its signature is wrong") from None
    return Proof(message=claims, sent=moment(claims.get("iat"), "seconds", UTC))


def _shared(trust: Shared, secret: bytes, delivery: Delivery, message: Callable[[], Any]) -> Proof:
    if trust.header:
        given = delivery.header(trust.header)
        if not given.startswith(trust.prefix):
            raise Forged("its token is of another kind")
        given = given.removeprefix(trust.prefix).strip()
    elif trust.query:
        try:
            given = read_form(delivery.query).get(trust.query, "")
        except Malformed:
            raise Forged("its address cannot be read") from None
    else:
        held = find(message(), steps(trust.json_ or ""))
        given = held if isinstance(held, str) else ""
    right = base64.b64encode(secret).decode() if trust.encoding == "base64" else secret.decode()
    if not given:
        raise Forged("it has no token")
    if not _equal(given, right):
        raise Forged("its token is wrong")
    return Proof()


def _basic(user: str, password: bytes, delivery: Delivery) -> Proof:
    kind, _, given = delivery.header("authorization").partition(" ")
    right = base64.b64encode(user.encode() + b":" + password).decode()
    if kind.lower() != "basic":
        raise Forged("it has no user and password")
    if not _equal(given.strip(), right):
        raise Forged("its user or password is wrong")
    return Proof()


def _equal(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _text(body: bytes) -> str:
    return body.decode("ascii", "replace").strip()


def _secret(value: SecretStr | None) -> bytes:
    """The secret itself. An empty one proves nothing to anybody, so it is never compared with."""
    found = value.get_secret_value().encode() if value else b""
    if not found:
        raise Forged("there is no secret to compare with")
    return found
