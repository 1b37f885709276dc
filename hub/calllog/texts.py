"""A call or a callback in a sentence or two, in the office's language. Plain text, never markup. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LANGUAGES = ("fr", "en")

_WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "inbound answered": "Appel de {who}",
        "inbound abandoned": "Appel abandonné de {who}",
        "inbound": "Appel manqué de {who}",
        "outbound answered": "Appel à {who}",
        "outbound": "Appel sans réponse à {who}",
        "internal": "Appel interne, {who}",
        "call back": "Rappeler {who}",
        "hidden": "numéro masqué",
        "unknown": "numéro inconnu",
        "times": "{title} : {missed} appels manqués",
        "line": "Ligne appelée : {line}",
        "queue": "File : {queue}",
        "answered by": "Répondu par {answered_by} après {ring}, {talk} de conversation",
        "talk": "{talk} de conversation",
        "rang": "A sonné {ring} chez {rang}",
        "rang nobody": "A sonné {ring}",
        "recording": "Enregistrement : {recording}",
        "reached": "Joint par {closed_by}",
        "closed": "Clos",
    },
    "en": {
        "inbound answered": "Call from {who}",
        "inbound abandoned": "Abandoned call from {who}",
        "inbound": "Missed call from {who}",
        "outbound answered": "Call to {who}",
        "outbound": "Unanswered call to {who}",
        "internal": "Internal call, {who}",
        "call back": "Call back {who}",
        "hidden": "hidden number",
        "unknown": "unknown number",
        "times": "{title}: {missed} missed calls",
        "line": "Line called: {line}",
        "queue": "Queue: {queue}",
        "answered by": "Answered by {answered_by} after {ring}, {talk} of talk",
        "talk": "{talk} of talk",
        "rang": "Rang {ring} at {rang}",
        "rang nobody": "Rang {ring}",
        "recording": "Recording: {recording}",
        "reached": "Reached by {closed_by}",
        "closed": "Closed",
    },
}


def who(name: str | None, number: str | None, lang: str, hidden: bool = False) -> str:
    """The other party: name and number, whichever there are."""
    words = _WORDS[lang]
    if hidden:
        return words["hidden"]
    if name and number and name != number:
        return f"{name} ({number})"
    return name or number or words["unknown"]


def call_title(call: Mapping[str, Any], other: str, lang: str) -> str:
    """What kind of call it was, and with whom."""
    words = _WORDS[lang]
    direction, outcome = call.get("direction"), call.get("outcome")
    template = words.get(f"{direction} {outcome}") or words.get(str(direction)) or "{who}"
    return template.format(who=other)


def call_summary(call: Mapping[str, Any], other: str, lang: str) -> str:
    """The call in a few lines."""
    words = _WORDS[lang]
    ring, talk = duration(call.get("ring_seconds")), duration(call.get("talk_seconds"))
    lines = [call_title(call, other, lang)]
    if call.get("did"):
        lines.append(words["line"].format(line=call["did"]))
    if call.get("queue"):
        lines.append(words["queue"].format(queue=call["queue"]))
    if call.get("answered_at"):
        key = "answered by" if call.get("answered_by") else "talk"
        lines.append(words[key].format(answered_by=call.get("answered_by"), ring=ring, talk=talk))
    else:
        rang = ", ".join(map(str, call.get("rang") or ()))
        lines.append(words["rang" if rang else "rang nobody"].format(ring=ring, rang=rang))
    if call.get("recording"):
        lines.append(words["recording"].format(recording=call["recording"]))
    return "\n".join(lines)


def callback_title(missed: int, other: str, lang: str) -> str:
    """Whom to call back, and how often they tried, where that is more than once."""
    words = _WORDS[lang]
    title = words["call back"].format(who=other)
    return title if missed < 2 else words["times"].format(title=title, missed=missed)


def callback_summary(callback: Mapping[str, Any], other: str, lang: str) -> str:
    """The callback in a few lines."""
    words = _WORDS[lang]
    lines = [callback_title(int(callback.get("missed") or 0), other, lang)]
    if callback.get("line"):
        lines.append(words["line"].format(line=callback["line"]))
    if callback.get("closed_at"):
        key = "reached" if callback.get("closed_by") else "closed"
        lines.append(words[key].format(closed_by=callback.get("closed_by")))
    return "\n".join(lines)


def duration(seconds: float | None) -> str:
    """``7 s``, ``3 min 12 s``, ``1 h 04 min``."""
    whole = round(seconds or 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
