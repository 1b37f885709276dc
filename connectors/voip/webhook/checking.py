"""What `hub check` says of a hosted exchange: profile, proof, port, and who can reach it. Posts nothing."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator, Sequence

from connectors.voip.webhook.mapfile import Map
from connectors.voip.webhook.receiver import tls
from connectors.voip.webhook.settings import Settings
from connectors.voip.webhook.trust import Basic, Hmac, JwtBody, JwtHeader, Nothing, Shared
from connectors.voip.webhook.verify import trust_of
from hub.ports import Finding, Misconfigured

SHORTEST_SECRET = 16


def look(name: str, settings: Settings, map: Map) -> Sequence[Finding]:
    """Every finding; never raises."""
    found = [
        Finding(
            "ok",
            f"map: {map.title}",
            f"checked against {map.checked}; {'and' if map.live else 'never'} against a live exchange",
        )
    ]
    if map.poll is not None:
        return [*found, Finding("ok", "asked", f"the hub asks {settings.poll_url or map.poll.url}")]
    return [
        *found,
        *_proof(settings, map),
        *_age(settings, map),
        *_port(name, settings),
        *_exposure(settings),
    ]


def _proof(settings: Settings, map: Map) -> Iterator[Finding]:
    what = "proof"
    match trust_of(settings, map):
        case Nothing():
            yield Finding(
                "warning", what, "it proves nothing: whoever can reach the receiver can post calls",
                "trust: {by: token, query: …} and the token in the address it posts to",
            )  # fmt: skip
        case JwtHeader(message=[]):
            yield Finding(
                "warning", what, "its token does not cover the message: who has seen one can post any",
                "let it post over https only; name the claim that holds the message, if it has one",
            )  # fmt: skip
        case Shared() | Basic():
            yield Finding("ok", what, "a secret it sends along: let it post over https only")
        case Hmac() | JwtHeader() | JwtBody():
            yield Finding("ok", what, "every message is signed")
    for key in ("secret", "token", "password"):
        value = getattr(settings, key)
        if value is not None and len(value.get_secret_value()) < SHORTEST_SECRET:
            yield Finding(
                "warning", what, f"{key} is shorter than {SHORTEST_SECRET} characters and can be guessed",
                "use a longer one, where the exchange lets you choose",
            )  # fmt: skip


def _age(settings: Settings, map: Map) -> Iterator[Finding]:
    trust = trust_of(settings, map)
    signed_time = isinstance(trust, Hmac) and trust.timestamp is not None
    if map.sent or signed_time or isinstance(trust, JwtBody):
        window = settings.window or map.window
        yield Finding("ok", "replays", f"a message is believed for {window:g} seconds, and once")
    else:
        yield Finding(
            "ok",
            "replays",
            f"its messages do not say when they were sent: the same one is believed once in "
            f"{settings.remember_hours:g} hours, and again after a restart of the hub",
        )


def _port(name: str, settings: Settings) -> Iterator[Finding]:
    where = f"{settings.host}:{settings.port}{settings.path}"
    try:
        tls(name, settings)
    except Misconfigured as problem:
        yield Finding("error", "certificate", f"{problem.what}: {problem.why}", problem.todo)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.bind((settings.host, settings.port))
    except OSError as problem:
        if problem.errno in (errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", None)):
            yield Finding("ok", "port", f"{where} is in use: by the daemon, if it runs")
        else:
            yield Finding(
                "error", "port", f"cannot listen on {where}: {problem.strerror}",
                "host: an address of this machine; port: one above 1023",
            )  # fmt: skip
    else:
        yield Finding("ok", "port", f"{where} is free: the daemon will listen there")


def _exposure(settings: Settings) -> Iterator[Finding]:
    if settings.loopback:
        return
    if settings.certificate is None:
        yield Finding(
            "warning", "exposure", f"anyone who can reach {settings.host} can post, and it is not encrypted",
            "host: 127.0.0.1 behind a reverse proxy with https (docs/webhooks.md), or certificate: and key:",
        )  # fmt: skip
    elif not settings.ips:
        yield Finding(
            "warning", "exposure", f"anyone who can reach {settings.host} can try to post",
            "ips: the exchange's addresses, where it publishes them",
        )  # fmt: skip
