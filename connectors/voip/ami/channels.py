"""Whose channel it is: Asterisk's channel names, and which of them are telephones of ours.

A channel is called ``TECH/peer-serial``: ``PJSIP/101-0000001c``, ``SIP/ovh-trunk-00000003``,
``Local/102@from-queue-00000001;2``, ``DAHDI/i1/0450123456-5``. Whether the peer is one of our telephones or
the line to the outside no field says, so `Telephones` asks, in this order: is it named in `trunks`; is its
dialplan context one for calls from outside (FreePBX and Issabel: ``from-trunk…``, ``from-pstn…``; XiVO and
Wazo: ``from-extern``); does it look like an extension; does its caller id (XiVO names its lines at random).
What is none of these is a line to the outside.

Pure, and knows nothing of events.
"""

from __future__ import annotations

import re
from typing import Final

AGENTS: Final = r"\d{2,6}"
"""What an extension looks like where nobody said."""

_PSEUDO: Final = frozenset({
    "announcer", "asyncgoto", "audiosocket", "bridge", "bridged", "cbann", "cbrec", "confbridge", "local",
    "message", "multicastrtp", "null", "parked", "recorder", "snoop", "surrogate", "transfered", "unicastrtp",
    "websocket",
})  # fmt: skip
"""Technologies behind which there is no telephone and no line."""

_OUTSIDE: Final = re.compile(
    r"(from|incoming|inbound|entrant)[-_]?(trunk|pstn|extern|did|dahdi|zaptel|outside|provider|operateur).*"
    r"|ext-did.*|incoming|inbound",
    re.IGNORECASE,
)
_SERIAL: Final = re.compile(r"-[0-9a-f]+(;[12])?(<\w+>)?$", re.IGNORECASE)
_DIALLED: Final = re.compile(r"\+?[\d*#]+")


class Telephones:
    """Which channels are telephones of ours.

    `agents` and `trunks` are regular expressions that the whole peer fits, with or without its technology:
    ``\\d{3}``, ``PJSIP/ovh.*``. A group in `agents` is the extension: ``(\\d{3})-webrtc``. Raises `re.error`.
    """

    def __init__(self, *, agents: str | None = None, trunks: str | None = None) -> None:
        self._agents = re.compile(agents or AGENTS)
        self._trunks = re.compile(trunks) if trunks else None

    def whose(self, channel: str, context: str = "", number: str = "") -> str:
        """The extension of the telephone; empty for a line to the outside.

        `context` and `number` (the caller id it was made with) are the channel's when it was new.
        """
        peer = peer_of(channel)
        names = (peer, f"{channel.partition('/')[0]}/{peer}")
        if self._trunks and any(self._trunks.fullmatch(name) for name in names):
            return ""
        if _OUTSIDE.fullmatch(context):
            return ""
        for name in names:
            found = self._agents.fullmatch(name)
            if found:
                return next((group for group in found.groups() if group), peer)
        return number if self.is_extension(number) else ""

    def is_extension(self, number: str) -> bool:
        """Whether a dialled number is that of one of our telephones."""
        return self._agents.fullmatch(number) is not None


def is_real(channel: str) -> bool:
    """Whether there is a telephone or a line behind the channel."""
    technology, slash, peer = channel.partition("/")
    return bool(slash and peer) and technology.lower() not in _PSEUDO


def is_local(channel: str) -> bool:
    """Whether it is one half of a Local channel, Asterisk's way to dial into its own dialplan."""
    return channel.lower().startswith("local/")


def peer_of(channel: str) -> str:
    """``101`` of ``PJSIP/101-0000001c`` and of ``Local/101@agents-00000001;2``."""
    peer = _SERIAL.sub("", channel.partition("/")[2])
    return peer.partition("@")[0]


def dialled(text: str) -> str:
    """The number in what was dialled (DialString, Forward); empty where there is none.

    ``0450777666@trunk``, ``trunk/0450777666``, ``trunk/sip:0450777666@192.0.2.1``, ``Local/102@agents``.
    """
    number = text.rpartition("/")[2].partition("@")[0]
    number = re.sub(r"^(sips?|tel):", "", number, flags=re.IGNORECASE)
    return number if _DIALLED.fullmatch(number) else ""
