"""`hub duplicates`: which records are one and the same: found, shown, answered, merged and taken apart.

Without a hub.yaml, `evaluate` and `train` weigh a file; the rest is about the hub's own base.
"""

from __future__ import annotations

import typer

from hub.cli import duplicates_answer as answer
from hub.cli import duplicates_files as files
from hub.cli import duplicates_find as find
from hub.cli import duplicates_list as listing
from hub.cli import duplicates_merge as merge
from hub.cli import duplicates_report as report
from hub.cli import duplicates_show as one
from hub.cli.session import command, group

ABOUT = "Which records are one and the same: found, explained, answered, merged, and taken apart again."


def register(app: typer.Typer) -> None:
    found = typer.Typer(help=ABOUT, invoke_without_command=True)
    found.callback()(group(listing.open_questions))
    for name, run in (
        ("find", find.find), ("list", listing.list_), ("show", one.show), ("same", answer.same),
        ("different", answer.different), ("merge", merge.merge), ("split", merge.split),
        ("report", report.report), ("evaluate", files.evaluate), ("train", files.train),
    ):  # fmt: skip
        found.command(name)(command(run))
    app.add_typer(found, name="duplicates")
