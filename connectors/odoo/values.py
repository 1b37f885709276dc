"""Odoo's values and the hub's native ones, both ways, for one field. Pure.

Odoo writes False for empty, times without a zone (they are UTC) and relations as ids. A native value is JSON:
``None`` for empty, ISO 8601 dates and times, the number itself for amounts. What a field cannot hold is
refused here, with the field's name, rather than sent: Odoo would answer with a traceback, or take it wrongly.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time
from html import escape, unescape
from typing import Any
from zoneinfo import ZoneInfo

from connectors.odoo.layout import DAY, Column
from hub.ports import Native

_INT4 = 2**31
NOON = time(12)
_BREAK = re.compile(r"<br ?/?>|</(?:p|div|li|h[1-6]|tr)>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Unfit(ValueError):
    """A value this field cannot hold, and why, for a clerk.

    `todo`: what helps, where correcting the value does not. `passing`: see `hub.ports.Refused`.
    """

    passing = False
    todo = ""


def plain_native(column: Column, raw: Any) -> Native:
    """The native value of a field that is no relation."""
    if column.kind == "boolean":
        return bool(raw)
    if raw is False or raw is None or raw == "":
        return None
    if column.kind == "many2one_reference" or column.native.type == "ref":
        # Odoo 14 keeps the record that a rating is about in a plain number.
        return str(raw) if raw else None
    if raw == 0 and column.native.options.get("zero") == "empty":
        return None
    if is_plain(column):
        return text_of(str(raw)) or None
    if column.kind == "datetime":
        return utc(str(raw)).isoformat()
    if column.kind == DAY:
        zone = ZoneInfo(str(column.native.options.get("zone") or "UTC"))
        return utc(str(raw)).astimezone(zone).date().isoformat()
    return raw if isinstance(raw, (int, float)) else str(raw)


def moment_on(column: Column, value: Native, now: Any = False) -> Any:
    """The moment of a day: at the hour that `now` has where the clocks of the field are, else at noon.

    `now`: what Odoo holds. Raises `Unfit`.
    """
    if value is None or value == "":
        return False
    zone = ZoneInfo(str(column.native.options.get("zone") or "UTC"))
    hour = utc(str(now)).astimezone(zone).time() if now else NOON
    moment = datetime.combine(date.fromisoformat(_date(value)), hour, zone).astimezone(UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def plain_odoo(column: Column, value: Native) -> Any:
    """What ``write`` takes for a field that is no relation. Raises `Unfit`."""
    kind = column.kind
    if kind == DAY:
        return moment_on(column, value)
    if kind == "boolean":
        return _boolean(value)
    if value is None or value == "":
        return False
    if isinstance(value, list):
        raise Unfit("holds one value, not a list")
    if kind in ("integer", "many2one_reference"):
        return _integer(value)
    if kind in ("float", "monetary"):
        return _number(value)
    if kind == "date":
        return _date(value)
    if kind == "datetime":
        return _datetime(value)
    text = _text(value)
    if kind == "selection" and text not in column.selection:
        raise Unfit(f"«{text}» is none of its choices ({', '.join(column.selection[:12])})")
    return html_of(text) if is_plain(column) else text


def is_plain(column: Column) -> bool:
    """Whether formatted text is plain text to the mapping."""
    return column.kind == "html" and column.native.options.get("plain") is True


def html_of(text: str) -> str:
    """Plain text as formatted text that shows it: nothing in it is markup."""
    return f"<p>{'<br>'.join(escape(line) for line in text.splitlines())}</p>"


def text_of(html: str) -> str:
    """What formatted text says, a line per paragraph or break."""
    text = _BREAK.sub("\n", re.sub(r"\s+", " ", html))
    lines = (" ".join(unescape(_TAG.sub("", line)).split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def cell(written: Any) -> Any:
    """What ``load`` takes where ``write`` takes `written`. ``load`` reads any false value as "empty it"."""
    if written is False or written is None:
        return ""
    if written is True:
        return "1"
    if isinstance(written, list):
        (_, _, ids) = written[0]
        return ",".join(str(id) for id in ids)
    return written


def same(one: Native, other: Native) -> bool:
    """Whether two native values are the same, ``None``, "" and an empty list all being empty.

    The order of a list means nothing, but that of lines (dicts) does.
    """
    if isinstance(one, list) and isinstance(other, list):
        if any(isinstance(line, dict) for line in (*one, *other)):
            return one == other
        return sorted(map(str, one)) == sorted(map(str, other))
    return _emptied(one) == _emptied(other)


def took(column: Column, wanted: Native, now: Native) -> bool:
    """Whether `now` is what Odoo makes of `wanted`: line ends, rounding and cleaned-up HTML forgiven."""
    if same(wanted, now):
        return True
    if column.many and isinstance(wanted, str) and isinstance(now, list):
        return wanted in now
    if column.holds_file:
        return isinstance(wanted, str) and wanted.lower() == now
    if column.kind in ("float", "monetary", "integer"):
        return _near(wanted, now)
    if column.kind in ("date", "datetime"):
        return _same_time(column, wanted, now)
    if isinstance(wanted, str) and isinstance(now, str):
        return _loose(column, wanted) == _loose(column, now)
    return column.kind == "boolean" and not wanted and not now


def utc(text: str) -> datetime:
    """Odoo's ``2026-01-31 09:00:00`` as an aware time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _emptied(value: Native) -> Native:
    return None if value == "" or value == [] else value


def _near(wanted: Native, now: Native) -> bool:
    try:
        one, other = float(str(wanted or 0)), float(str(now or 0))
    except ValueError:
        return False
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=0.005)


def _same_time(column: Column, wanted: Native, now: Native) -> bool:
    try:
        return bool(plain_odoo(column, wanted) == plain_odoo(column, now))
    except Unfit:
        return False


def _loose(column: Column, text: str) -> str:
    if column.kind == "html":
        text = re.sub(r"<[^>]*>", " ", text)
    return " ".join(text.split())


def _boolean(value: Native) -> bool:
    if isinstance(value, bool) or value is None:
        return bool(value)
    if value in (0, 1, "0", "1"):
        return bool(int(value))
    raise Unfit(f"holds yes or no, not «{value}»")


def _integer(value: Native) -> int:
    try:
        number = float(str(value))
    except ValueError:
        raise Unfit(f"holds a whole number, not «{value}»") from None
    if not number.is_integer() or not -_INT4 <= number < _INT4:
        raise Unfit(f"holds a whole number up to 2147483647, not «{value}»")
    return int(number)


def _number(value: Native) -> float:
    try:
        number = float(str(value))
    except ValueError:
        raise Unfit(f"holds a number, not «{value}»") from None
    if not math.isfinite(number):
        raise Unfit(f"holds a number, not «{value}»")
    return number


def _date(value: Native) -> str:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise Unfit(f"holds a date such as 2026-01-31, not «{value}»") from None


def _datetime(value: Native) -> str:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise Unfit(f"holds a time such as 2026-01-31T09:00:00+00:00, not «{value}»") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _text(value: Native) -> str:
    text = str(value)
    found = _UNSENDABLE.search(text)
    if found:
        raise Unfit(f"holds text, and here an invisible character (U+{ord(found[0]):04X}) that Odoo drops")
    return text
