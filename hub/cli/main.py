"""The entry of the command line: every command by name, none of what they need to do their work."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hub import __version__
from hub.cli import (
    backup,
    calls,
    check,
    conflicts,
    deadletters,
    demo,
    doctor,
    documents,
    duplicates,
    init,
    journal,
    mapping,
    odoo,
    plan,
    rebuild,
    release,
    sage,
    status,
    sync,
    undo,
)
from hub.cli.session import ConfigFlag, DebugFlag, Flags, JsonFlag

app = typer.Typer(
    name="hub",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keeps customers and contacts in agreement between Odoo, SAGE and Excel files.",
    epilog="Start with `hub demo`, or with `hub init`, `hub check`, `hub plan`, `hub sync`.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hub {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config: ConfigFlag = None,
    json: JsonFlag = False,
    debug: DebugFlag = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Keeps customers and contacts in agreement between Odoo, SAGE and Excel files."""
    ctx.obj = Flags(config, json, debug)


for module in (
    init, demo, check, plan, sync, status, conflicts, deadletters, release, journal, undo, mapping, odoo,
    backup, rebuild, doctor, calls, documents, duplicates, sage,
):  # fmt: skip
    module.register(app)


def run() -> None:
    """The program `hub`."""
    for stream in (sys.stdout, sys.stderr):
        # A console of an old code page shows "?" for a letter it lacks; it must not end the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name="hub")


if __name__ == "__main__":
    run()
