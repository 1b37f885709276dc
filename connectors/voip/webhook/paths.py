"""Where in a message a value is, and what it is as text, number and time. Pure.

A path is names with dots and places in brackets: ``data.user.email``, ``FILES[0]``. Nothing else: no
expression, no wild card (but for `each`, which is cut off before). What is not there is ``None``, and so is
null. Promises: nothing an exchange may send raises here; what comes out can be stored anywhere (no control
characters, no half characters) and is at most `LONGEST` characters, with an ellipsis where it was cut.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Any

from pydantic import AfterValidator

LONGEST = 200
"""Characters of any text of an event. A caller's name beyond that is no name."""

_STEP = re.compile(r"([^.\[\]]+)((?:\[\d{1,4}\])*)")
_SEPARATORS = re.compile(r"[\s.\-/()\u00a0\u2009\u202f\u2010\u2011]")
_TRUNK_ZERO = re.compile(r"^(\+\d{1,3})\s*\(0\)")
_SIP = re.compile(r"^sips?:([^@;>]+)(?:@.*)?$", re.IGNORECASE)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

WITHHELD = frozenset(
    {"anonymous", "private", "withheld", "restricted", "blocked", "unavailable", "unknown", "anonyme"}
)
"""What exchanges write instead of a number that its owner withholds."""


def steps(path: str) -> tuple[str | int, ...]:
    """The names and places of a path. Raises `ValueError`."""
    found: list[str | int] = []
    for part in path.split("."):
        step = _STEP.fullmatch(part)
        if step is None:
            raise ValueError(f"{path!r} is no path: write data.user.email, or FILES[0]")
        found.append(step[1])
        found += [int(place) for place in re.findall(r"\d+", step[2])]
    return tuple(found)


def _checked(path: str) -> str:
    steps(path)
    return path


PathText = Annotated[str, AfterValidator(_checked)]


def find(message: Any, path: tuple[str | int, ...]) -> Any:
    """What is there; ``None`` for nothing."""
    for step in path:
        if isinstance(step, str):
            message = message.get(step) if isinstance(message, dict) else None
        else:
            message = message[step] if isinstance(message, list) and step < len(message) else None
    return message


def text(value: Any, longest: int = LONGEST) -> str:
    """A value as text; empty for null, lists and blocks. JSON's true is ``true``, 12.0 is ``12``."""
    if isinstance(value, str):
        return cut(cleaned(value), longest)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**LONGEST else ""
    return ""


def cleaned(value: str) -> str:
    """Text without control characters (a database refuses some of them) and without half characters."""
    kinds = {"Cc": " ", "Cs": "\N{REPLACEMENT CHARACTER}"}
    if value.isascii() and value.isprintable():
        return value.strip()
    return "".join(kinds.get(unicodedata.category(char), char) for char in value).strip()


def cut(value: str, longest: int = LONGEST) -> str:
    return value if len(value) <= longest else value[: longest - 1] + "…"


def number(value: str, *, international: bool = False) -> str:
    """A telephone number without decoration, ``00`` as ``+``. What is no number stays as it is.

    `international`: the exchange writes country code and number, and no plus: 33199000001.
    """
    sip = _SIP.match(value)
    body = _TRUNK_ZERO.sub(r"\1", sip[1] if sip else value)
    digits = _SEPARATORS.sub("", body)
    if not re.fullmatch(r"\+?[0-9*#]+", digits):
        return sip[1] if sip else value
    if digits.startswith("00") and len(digits) > 6:
        return "+" + digits[2:]
    if international and len(digits) >= 8 and digits.isdigit() and not digits.startswith("0"):
        return "+" + digits
    return digits


def moment(value: Any, form: str, zone: tzinfo) -> datetime | None:
    """A time in UTC; ``None`` for what is none, or lies before the year 2000 or beyond 9000.

    `form`: ``seconds`` or ``milliseconds`` since 1970, ``iso``, or ``time`` for whichever it looks like.
    """
    shown = text(value)
    try:
        if form == "iso" or (form == "time" and not re.fullmatch(r"-?\d+(\.\d+)?", shown)):
            read = datetime.fromisoformat(shown.replace("/", "-"))
            found = (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
        else:
            since = float(shown)
            thousand = form == "milliseconds" or (form == "time" and since > 1e11)
            found = datetime.fromtimestamp(since / 1000 if thousand else since, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found >= _EARLIEST and found.year < 9000 else None


def seconds(value: Any) -> timedelta:
    """A length of time given in seconds; none for what is no number of seconds in a week."""
    try:
        found = float(text(value))
    except ValueError:
        return timedelta()
    return timedelta(seconds=found) if 0 <= found <= 7 * 86400 else timedelta()
