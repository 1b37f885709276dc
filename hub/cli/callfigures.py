"""`hub calls figures` and `hub calls list`: how the telephone was answered, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import screen
from hub.cli.journal import start
from hub.cli.session import DONE, Session

if TYPE_CHECKING:
    from hub.calllog.figures import Figures

WEEK = "7 days"
Since = Annotated[
    str, typer.Option(help="From when on: an age (`7 days`), a date or a time.", metavar="WHEN")
]


def overview(session: Session) -> int:
    """Show the last seven days: calls answered, missed and abandoned, per day, agent and queue."""
    return figures(session, WEEK)


def figures(session: Session, since: Since = WEEK) -> int:
    """Show calls answered, missed and abandoned, and the times to answer and to call back."""
    from hub.calllog import reading
    from hub.calllog.figures import figures as counted

    moment = start(since, datetime.now().astimezone())
    with session.assembly() as assembly, assembly.open_store().reading() as connection:
        table = counted(reading.calls(connection, moment), reading.callbacks(connection, moment), None)
        waiting = reading.waiting(connection)
    data = {"since": moment, **table.as_json(), "to_call_back": waiting}
    screens = [
        _table(title, name, found)
        for title, name, found in (
            ("By day", "Day", table.days), ("By agent", "Agent", table.agents),
            ("By queue", "Queue", table.queues),
        )
        if found
    ]  # fmt: skip
    if not table.total.calls:
        screens.append(screen.plain(f"No calls since {screen.local(moment)}."))
    if waiting:
        screens.append(_waiting(waiting))
    spaced = [part for one in screens for part in (one, screen.plain(""))][:-1]
    session.show(data, *spaced)
    return DONE


def list_(
    session: Session,
    since: Since = WEEK,
    number: Annotated[str | None, typer.Option(help="Only those with this number.", metavar="NUMBER")] = None,
) -> int:
    """List calls, newest last: when, who, which line, who rang, who answered, for how long."""
    from hub.calllog import reading
    from hub.directory import e164

    moment = start(since, datetime.now().astimezone())
    with session.assembly() as assembly, assembly.open_store().reading() as connection:
        region = assembly.settings.calls.region
        wanted = None if number is None else e164(number, region) or number
        found = list(reading.calls(connection, moment, wanted))
    rows = [
        (
            screen.local(call["started_at"]), call["direction"] or "",
            call["shown"] or ("withheld" if call["hidden"] else ""), call["queue"] or call["did"],
            ", ".join(call["rang"]), call["answered_by"], call["outcome"], _seconds(call["talk_seconds"]),
        )
        for call in found
    ]  # fmt: skip
    columns = ("Began", "Direction", "Number", "Line", "Rang", "Answered by", "Outcome", "Talk")
    shown: Any = screen.table("Calls", columns, rows, right=("Talk",), whole=("Began", "Number"))
    if not rows:
        shown = screen.plain(f"No calls since {screen.local(moment)}.")
    session.show({"since": moment, "calls": found}, shown)
    return DONE


def _table(title: str, name: str, found: Mapping[str, Figures]) -> Any:
    columns = (
        name,
        "Calls",
        "Answered",
        "Missed",
        "Abandoned",
        "Busy",
        "Outbound",
        "To answer",
        "To call back",
    )
    rows = [
        (key, one.calls, one.answered, one.missed, one.abandoned, one.busy, one.outbound,
         _median(one.as_json()["seconds_to_answer"]), _median(one.as_json()["seconds_to_call_back"]))
        for key, one in sorted(found.items())
    ]  # fmt: skip
    return screen.table(title, columns, rows, right=columns[1:], whole=(name,))


def _waiting(waiting: list[dict[str, Any]]) -> Any:
    rows = [
        (one["number"], one.get("name", ""), one["missed"], screen.ago(one["opened_at"]), one.get("line", ""))
        for one in waiting
    ]
    return screen.table(
        "To call back", ("Number", "Name", "Missed", "Since", "Line"), rows, right=("Missed",)
    )


def _median(spread: Mapping[str, float] | None) -> str:
    return _seconds(spread["median"]) if spread else ""


def _seconds(seconds: float | None) -> str:
    """``12 s``, ``3 min``, ``2 h``."""
    if seconds is None:
        return ""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
