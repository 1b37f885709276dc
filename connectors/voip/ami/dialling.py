"""An order to dial, as Asterisk takes it (Originate), and what its answer means.

The agent's telephone is rung first; once it is picked up, the dialplan's `context` dials the number as if the
agent had. Promises: nothing but a whole number and a plain extension ever gets into a channel's name or the
dialplan. Pure. Never: sends, or decides which numbers may be dialled (`hub.dialling` does).
"""

from __future__ import annotations

import re

from connectors.voip.ami.messages import Message
from connectors.voip.ami.settings import Settings
from hub.ports import ConnectorError, Denied, Misconfigured, Unreachable

_NUMBER = re.compile(r"\+[1-9]\d{4,14}")
_AGENT = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_CALL = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""Asterisk takes ids of up to 149 characters (AST_MAX_PUBLIC_UNIQUEID) and adds ``;2`` to a Local one's."""

_ONE_PLAN = {
    code: frozenset({"33", "262", "590", "594", "596"}) for code in ("33", "262", "590", "594", "596")
}
"""Mainland France and its overseas departments call each other with ten digits (ARCEP's numbering plan)."""


def order(system: str, settings: Settings, agent: str, number: str, call_id: str) -> list[tuple[str, str]]:
    """The fields of the Originate. Raises `Misconfigured` for what cannot be dialled."""
    if not _AGENT.fullmatch(agent):
        what = f"no telephone can be rung for «{agent[:40]}»"
        raise Misconfigured(
            system, what, "it is no extension", "correct `calls.extensions` of hub.yaml, or the user in Odoo"
        )
    if not _NUMBER.fullmatch(number):
        raise Misconfigured(system, f"«{number[:40]}» cannot be dialled", "it is no whole number", "")
    if not _CALL.fullmatch(call_id):
        raise Misconfigured(system, f"«{call_id[:40]}» is no id a call can have", "", "")
    dialled = as_dialled(settings, number)
    places = {"{agent}": agent, "{number}": dialled}
    return [
        ("Channel", _filled(settings.channel, places)),
        ("Context", settings.context),
        ("Exten", dialled),
        ("Priority", "1"),
        ("CallerID", _filled(settings.caller_id, places)),
        ("ChannelId", call_id),
        ("Timeout", str(settings.ring_seconds * 1000)),
        ("Async", "true"),
    ]


def as_dialled(settings: Settings, number: str) -> str:
    """The number (E.164) as this exchange's dialplan takes it."""
    outside = settings.dial_prefix or ""
    if settings.dial_format == "e164":
        return outside + number
    if settings.dial_format == "national":
        home = settings.country_code
        for code in sorted(_ONE_PLAN.get(home, frozenset({home})), key=lambda code: (code != home, code)):
            if number.startswith(f"+{code}"):
                return f"{outside}0{number[1 + len(code) :]}"
    return f"{outside}00{number[1:]}"


def refused(system: str, settings: Settings, answer: Message, said: str) -> ConnectorError:
    """Why the exchange did not take the order; the telephone certainly does not ring."""
    reason = said.lower()
    if "permission" in reason:
        what = f"the user {settings.user} may not dial (click to call)"
        todo = "add `originate` to `write` of its section in manager.conf"
        return Denied(system, what, said, todo)
    if "extension does not exist" in reason:
        what = f"the dialplan has no way for this number in the context {settings.context}"
        todo = "set `context` to the one agents' telephones dial in, and `dial_format` as they dial"
        return Misconfigured(system, what, said, todo)
    if "shutting down" in reason:
        return Unreachable(system, "the exchange is shutting down", said, "dial again once it is back")
    todo = f"the channel is made as `channel: {settings.channel}` says: is that how telephones are called?"
    return Misconfigured(system, "the exchange refuses to dial", said or answer.response, todo)


def _filled(template: str, places: dict[str, str]) -> str:
    return re.sub(r"\{(?:agent|number)\}", lambda found: places[found[0]], template)
