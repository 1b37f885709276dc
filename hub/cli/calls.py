"""`hub calls`: the calls of an office; `hub calls replay` makes them of what an exchange once said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import callfigures, screen
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, WAITING, Session, command, group

if TYPE_CHECKING:
    from connectors.voip.ami.recording import Recording
    from connectors.voip.ami.tracker import Tracker
    from hub.calls import Call
    from hub.values.phone import Phone

REPLAYED = "exchange"
"""What the exchange of a recording is called."""


def register(app: typer.Typer) -> None:
    about = "How the telephone was answered, the calls themselves, and what a recorded stream comes to."
    found = typer.Typer(help=about, invoke_without_command=True)
    found.callback()(group(callfigures.overview))
    found.command("figures")(command(callfigures.figures))
    found.command("list")(command(callfigures.list_))
    found.command("replay")(command(replay))
    app.add_typer(found, name="calls")


def replay(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recorded stream of Asterisk's manager.")],
    region: Annotated[
        str, typer.Option(help="The country whose numbers are written without a country code.", metavar="CC")
    ] = "FR",
    agents: Annotated[
        str | None,
        typer.Option(help="What an extension looks like, as `agents` of hub.yaml.", metavar="REGEX"),
    ] = None,
    trunks: Annotated[
        str | None, typer.Option(help="Which lines lead outside, as `trunks` of hub.yaml.", metavar="REGEX")
    ] = None,
) -> int:
    """Run a recorded stream of an exchange through the hub and show its calls. Needs no hub.yaml."""
    from connectors.voip.ami import recording
    from connectors.voip.ami.tracker import Tracker
    from hub.calls import CallBook
    from hub.values import BadOption
    from hub.values.phone import Phone

    try:
        phone = Phone(region.upper())
        tracker = Tracker(REPLAYED, agents=agents, trunks=trunks)
    except BadOption as bad:
        raise WrongUse(str(bad), "--region takes a country such as FR, BE or CH") from None
    except re.error as bad:
        what = f"{str(bad.pattern)!r} is no regular expression: {bad}"
        raise WrongUse(what, "correct --agents or --trunks.") from None
    found = _loaded(file)
    book = CallBook()
    for heard in recording.events(found, tracker):
        book.hear(heard)
    calls = sorted(book.calls(), key=lambda call: (call.started_at, call.id))
    problems = _problems(found, tracker)
    rows = [_row(call, phone) for call in calls]
    session.show({"calls": rows, "problems": problems}, *_screens(found, rows))
    if not session.flags.json:
        for problem in problems:
            session.say(problem)
    return WAITING if problems else DONE


def _loaded(file: Path) -> Recording:
    from connectors.voip.ami import recording

    try:
        return recording.load(file)
    except recording.NotARecording as problem:
        raise WrongUse(
            f"{file} is no recording of an exchange: {problem}",
            "a recording holds what Asterisk's manager interface says, one `Name: value` a line.",
        ) from None
    except OSError as problem:
        raise WrongUse(f"{file} cannot be read: {problem.strerror or problem}") from None


def _problems(found: Recording, tracker: Tracker) -> list[str]:
    """What of the recording was not understood."""
    unplaced = sorted(tracker.unplaced.items())
    return found.problems + [
        f"{screen.count(number, 'event')} could not be placed: {what}" for what, number in unplaced
    ]


def _row(call: Call, phone: Phone) -> dict[str, Any]:
    """One call for JSON. A withheld number is not shown, even where the exchange knows it."""
    number = None if call.hidden else call.number or None
    other = None if number is None else _readable(number, phone)
    inbound = call.direction in (None, "inbound")
    return {
        "id": call.call_id,
        "direction": call.direction,
        "from": other if inbound else call.caller or None,
        "to": call.did or None if inbound else other,
        "number": number,
        "name": None if call.hidden else call.name or None,
        "did": call.did or None,
        "queue": call.queue or None,
        "queues": list(call.queues),
        "rang": list(call.rang),
        "answered_by": call.answered_by or None,
        "agents": list(call.agents),
        "outcome": call.outcome,
        "result": call.result,
        "transfers": [{"kind": one.kind, "by": one.by, "to": one.to} for one in call.transfers],
        "hidden": call.hidden,
        "ring_seconds": _tenths(call.ring_seconds),
        "talk_seconds": _tenths(call.talk_seconds),
        "wait_seconds": _tenths(call.wait_seconds),
        "started_at": call.started_at.isoformat(),
        "answered_at": None if call.answered_at is None else call.answered_at.isoformat(),
        "ended_at": None if call.ended_at is None else call.ended_at.isoformat(),
        "recordings": list(call.recordings),
        "parts": [part.partition(":")[2] for part in call.parts],
    }


def _readable(number: str, phone: Phone) -> str:
    """The number in E.164; what is none (an extension, a name) as the exchange wrote it."""
    from hub.values import Unreadable

    try:
        return str(phone.parse(number) or number)
    except Unreadable:
        return number


def _screens(found: Recording, rows: list[dict[str, Any]]) -> Iterable[Any]:
    if found.title:
        yield screen.plain(found.title)
    if not rows:
        yield screen.plain("There is no call in this recording.")
        return
    cells = [
        (
            screen.local(row["started_at"])[-8:],
            "withheld" if row["hidden"] else row["from"],
            row["to"],
            ", ".join(row["queues"]),
            ", ".join(row["rang"]),
            row["answered_by"],
            _ended(row),
            row["ring_seconds"],
            row["talk_seconds"],
        )
        for row in rows
    ]
    columns = ("at", "from", "to", "queue", "rang", "answered by", "outcome", "ring", "talk")
    numbers, whole = ("ring", "talk"), ("at", "from", "to")
    yield screen.table(screen.count(len(rows), "call"), columns, cells, right=numbers, whole=whole)


def _ended(row: dict[str, Any]) -> str:
    """What became of it, and to whom it was handed on."""
    words = [row["direction"] or "direction unknown", row["result"]]
    words += [f"{one['kind']} transfer {one['by']} → {one['to']}" for one in row["transfers"]]
    return ", ".join(words)


def _tenths(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
