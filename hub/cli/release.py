"""`hub release`: a person lets a brake go, once."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import screen, shapes
from hub.cli.session import DONE, Session, command


def register(app: typer.Typer) -> None:
    app.command("release")(command(release))


def release(
    session: Session,
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="Such as customer.")],
    system: Annotated[
        str | None, typer.Argument(metavar="SYSTEM", help="Its name in hub.yaml. Default: every one.")
    ] = None,
) -> int:
    """Let a brake go, once: what it held back is done at the next sync. `hub plan` shows what that is."""
    from hub import decisions

    with session.assembly() as assembly:
        held = decisions.release(assembly.engine(), entity, system)
    session.show(
        {"released": [shapes.brake(one) for one in held]},
        *(screen.plain(f"Released: {one.where}: {one.reason}.") for one in held),
        screen.plain("The next `hub sync` does what it held back, or a running daemon by itself."),
    )
    return DONE
