"""`hub odoo`: puts the caller's card into an Odoo, and takes it out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import screen
from hub.cli.answers import Asker
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, WAITING, Session, command, group

if TYPE_CHECKING:
    from connectors.assembly import Assembly
    from connectors.odoo.desk.steps import Steps
    from connectors.odoo.session import Session as OdooSession
    from connectors.odoo.settings import Settings

COLOURS = {
    "there": "green", "made": "green", "changed": "green", "removed": "green", "absent": "", "stays": "",
    "warning": "yellow", "missing": "red",
}  # fmt: skip
PASSWORD = "ODOO_ADMIN_PASSWORD"

SystemFlag = Annotated[
    str | None,
    typer.Option("--system", help="Which Odoo. Default: `calls.desk`, else the only one.", metavar="SYSTEM"),
]
LoginFlag = Annotated[
    str | None,
    typer.Option(
        "--admin-login", envvar="ODOO_ADMIN_LOGIN", help="An administrator of it. Default: admin.",
        metavar="LOGIN",
    ),
]  # fmt: skip
PlanFlag = Annotated[bool, typer.Option("--plan", help="Only say what would be done.")]


def register(app: typer.Typer) -> None:
    found = typer.Typer(
        help="Put the caller's card into an Odoo, and take it out again.", no_args_is_help=True
    )
    found.callback()(group(lambda session: DONE))
    found.command("setup")(command(setup))
    found.command("remove")(command(remove))
    app.add_typer(found, name="odoo")


def setup(
    session: Session, system: SystemFlag = None, admin_login: LoginFlag = None, plan: PlanFlag = False
) -> int:
    """Install the card (or bring it up to date), make or check the hub's user, and name each missing right.

    Asks for an administrator's password once, or takes it from $ODOO_ADMIN_PASSWORD; it is kept nowhere.
    May be run again at any time. Exit code 1 if something is missing.
    """
    from connectors.odoo.desk import setup as work

    def act(assembly: Assembly, name: str, admin: OdooSession, settings: Settings) -> Steps:
        field = assembly.settings.calls.extension_field
        return work.setup(admin, settings, assembly.views(name), field, plan=plan)

    return _acted(session, system, admin_login, plan, act)


def remove(
    session: Session,
    system: SystemFlag = None,
    admin_login: LoginFlag = None,
    user: Annotated[bool, typer.Option("--user", help="Archive the hub's user too.")] = False,
    plan: PlanFlag = False,
) -> int:
    """Take out of an Odoo all that `hub odoo setup` put in.

    The hub's user stays, unless --user says otherwise: the sync works with it.
    """
    from connectors.odoo.desk import removal

    def act(assembly: Assembly, name: str, admin: OdooSession, settings: Settings) -> Steps:
        return removal.remove(admin, settings, user=user, plan=plan)

    return _acted(session, system, admin_login, plan, act)


def _acted(
    session: Session,
    system: str | None,
    login: str | None,
    plan: bool,
    act: Callable[[Assembly, str, OdooSession, Settings], Steps],
) -> int:
    from connectors.odoo.desk.setup import administrator
    from connectors.odoo.settings import Settings as OdooSettings

    with session.assembly() as assembly:
        name = _chosen(assembly, system)
        settings = assembly.systems[name]
        assert isinstance(settings, OdooSettings)
        admin = administrator(name, settings, login or "admin", _password(session, login or "admin"))
        try:
            with session.err.status(f"asking {settings.url}"):
                steps = act(assembly, name, admin, settings)
        finally:
            admin.close()
    session.show(_json(name, steps, plan), *_screens(name, steps, plan))
    return DONE if steps.well else WAITING


def _chosen(assembly: Assembly, given: str | None) -> str:
    known = [name for name in assembly.systems if assembly.settings.systems[name].kind == "odoo"]
    wanted = given or assembly.settings.calls.desk
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted in known:
        return str(wanted)
    what = f"there is no Odoo called {wanted}" if wanted else "there is not exactly one Odoo in hub.yaml"
    raise WrongUse(what, f"give --system one of: {', '.join(known) or '(none)'}")


def _password(session: Session, login: str) -> str:
    import os

    from hub.redaction import redactor

    ask = Asker(session.interactive)
    password = ask.secret(f"${PASSWORD}", os.environ.get(PASSWORD), f"Odoo's password of {login}")
    if ask.missing:
        raise WrongUse(
            f"there is no terminal to ask for the password of {login} on; nothing was done",
            f"Put it into ${PASSWORD}, or run this in a terminal.",
        )
    redactor.learn([password])
    return password


def _json(name: str, steps: Steps, plan: bool) -> dict[str, Any]:
    rows = [
        {"what": one.what, "state": one.state, "detail": one.detail, "todo": one.todo} for one in steps.done
    ]
    return {"system": name, "plan": plan, "well": steps.well, "steps": rows}


def _screens(name: str, steps: Steps, plan: bool) -> list[Any]:
    words = {"made": "would be made", "changed": "would be changed", "removed": "would be removed"}
    rows = [
        (
            one.what,
            screen.plain(words.get(one.state, one.state) if plan else one.state, COLOURS[one.state]),
            one.detail,
            one.todo,
        )
        for one in steps.done
    ]
    missing = sum(one.state == "missing" for one in steps.done)
    if missing:
        last = screen.plain(f"{screen.count(missing, 'thing')} missing, see above.", "red")
    else:
        last = screen.plain("Nothing was done: this was a plan." if plan else "Done.", "green")
    title = f"What would be done in {name}" if plan else f"Done in {name}"
    return [screen.table(title, ("What", "State", "Found", "What to do"), rows), screen.plain(""), last]
