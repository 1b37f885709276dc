"""`hub demo`: a small company on embedded parts, to see the hub at work before it touches anything real."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import Annotated

import typer

from hub.cli.session import DONE, Session, command


def register(app: typer.Typer) -> None:
    app.command("demo")(command(demo))


def demo(
    session: Session,
    keep: Annotated[
        bool, typer.Option("--keep", help="Stay, with everything running, until Ctrl-C.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(help="The small Odoo's port. Default: a free one.", min=0, max=65535, metavar="N"),
    ] = None,
) -> int:
    """Show the hub at work on a small French company: an Odoo in memory, a workbook and a Sage file.

    Needs no configuration, touches nothing of yours, and ends by itself.
    """
    from sandbox.demo import main

    if not session.flags.json:
        return main(keep=keep, port=port)
    with redirect_stdout(sys.stderr):
        code = main(keep=keep, port=port)
    session.show({"ok": code == DONE})
    return code
