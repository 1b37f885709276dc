"""What another system says of a visit, applied to it. Pure.

A day, a beginning or a title that differs is a person's, and is kept from then on. Archiving cancels, and
restoring brings back; a visit that was done is done whether it is archived or not. A cancellation that only
answers our own is no one's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from hub.maintenance.slots import Clock, utc
from hub.ports import Native, Refused
from hub.values import Unreadable, make_type

STATES = ("planned", "confirmed", "done", "cancelled")
_DATE, _MOMENT, _NUMBER, _NOTES = (make_type(name) for name in ("date", "datetime", "number", "text"))


def apply(
    before: Mapping[str, Any], values: Mapping[str, Native], archived: bool | None, clock: Clock
) -> dict[str, Any] | Refused:
    """The visit's data once this is said of it, or why it cannot be."""
    data = dict(before)
    for name in ("date", "start", "end", "hours"):
        if name in values:
            try:
                refused = _when(data, name, values[name], clock)
            except Unreadable as problem:
                return Refused(f"{name} of a visit: {problem}", name, "correct it there")
            if refused is not None:
                return refused
    if "notes" in values:
        data["notes"] = values["notes"] or None
    if "title" in values and values["title"] != data.get("title"):
        # Emptied, it is ours to make again.
        data |= {"title": values["title"] or data.get("title"), "title_theirs": bool(values["title"])}
    if "state" in values:
        state = values["state"]
        if state not in STATES:
            todo = f"a visit is {', '.join(STATES)}: say which in the mapping"
            return Refused(f"«{state}» is no state of a visit", "state", todo)
        _become(data, str(state))
    if archived is not None:
        _archive(data, archived)
    return data


def end_of(start: str, hours: float) -> str:
    """When a visit ends."""
    return utc(datetime.fromisoformat(start) + timedelta(hours=hours))


def _when(data: dict[str, Any], name: str, value: Native, clock: Clock) -> Refused | None:
    if value is None or value == "":
        return None if name == "end" else Refused(f"a visit needs its {name}", name, "fill it in there")
    if name == "date":
        day = datetime.fromisoformat(str(_DATE.parse(value))).date()
        if day.isoformat() != data["day"]:
            begins = clock.time(data["start"]) if data["start"] else None
            data |= {"day": day.isoformat(), "start": clock.moment(day, begins), "theirs": True}
    elif name == "start":
        start = str(_MOMENT.parse(value))
        if start != data["start"]:
            day = clock.day(datetime.fromisoformat(start))
            data |= {"day": day.isoformat(), "start": start, "theirs": True}
    elif name == "end":
        end = datetime.fromisoformat(str(_MOMENT.parse(value)))
        hours = (end - datetime.fromisoformat(data["start"])) / timedelta(hours=1)
        return _last(data, hours, name) if utc(end) != end_of(data["start"], data["hours"]) else None
    else:
        hours = float(Decimal(str(_NUMBER.parse(value))))
        return _last(data, hours, name) if hours != data["hours"] else None
    return None


def _last(data: dict[str, Any], hours: float, name: str) -> Refused | None:
    if not 0 < hours <= 24 * 31:
        return Refused(f"a visit of {hours:g} hours is none", name, "correct it there")
    data |= {"hours": round(hours, 4), "hours_theirs": True}
    return None


def _become(data: dict[str, Any], state: str) -> None:
    if state == data["state"]:
        return
    if data["state"] == "cancelled":
        data["kept"] = True
    if state == "cancelled":
        data["was"] = data["state"]
    data |= {"state": state, "withdrawn": False, "why": ""}


def _archive(data: dict[str, Any], archived: bool) -> None:
    data["archived"] = archived and data["state"] == "done"
    if archived and data["state"] != "done":
        _become(data, "cancelled")
    elif not archived and data["state"] == "cancelled":
        _become(data, cast(str, data.get("was") or "planned"))
