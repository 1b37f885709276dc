"""Puts the desk into an Odoo, or brings it up to date, over RPC, as an administrator.

Promises: `setup` twice changes nothing the second time; every step says what it did (or, `plan`, would do);
where Odoo lets nobody import modules, the stock notification is set up instead and that is said.
Never: stores or shows the administrator's password, gives the hub's user more than the desk needs.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from connectors.odoo.connector import as_error
from connectors.odoo.desk import looking, module, rights
from connectors.odoo.desk.steps import State, Steps
from connectors.odoo.faults import Fault
from connectors.odoo.server import WrongSecret
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from hub.ports import Finding, Misconfigured, View

_PARTS = (
    module.GROUP,
    "model_order",
    "access_order",
    "access_names",
    module.SHOW,
    module.FACTS,
    module.TAKE,
    module.DIAL,
)
_PLAIN_PARTS = (module.GROUP, "access_names", module.SHOW)
_MISSING_USER = "hub's user"
_BASE_GROUPS = ("base.group_user", "base.group_partner_manager")
"""What a user made here may do: log in, and keep contacts. The rest an administrator gives knowingly."""


def administrator(name: str, settings: Settings, login: str, password: str) -> Session:
    """A session of an administrator of the same Odoo. Nothing is sent yet."""
    given = settings.model_dump(exclude={"login", "password", "api_key", "transport"})
    return Session(name, Settings.model_validate({**given, "login": login, "password": password}))


def setup(
    admin: Session, settings: Settings, views: Sequence[View], extension_field: str | None, *, plan: bool
) -> Steps:
    """Install or bring up to date; with `plan`, only say what would be done. Raises `ConnectorError`."""
    steps = Steps()
    try:
        looking.must_be_administrator(admin)
        major = admin.version()[0]
        if major < module.OLDEST:
            raise Misconfigured(admin.system, f"Odoo {major} is too old", todo="Odoo 14 or later is needed")
        _screen(admin, major, steps, plan)
        user = _user(admin, settings, major, steps, plan)
        if not (plan and (user is None or any(s.state in ("made", "changed") for s in steps.done))):
            _rights(admin, settings, views, extension_field, steps)
    except Fault as fault:
        raise as_error(admin.system, module.NAME, fault) from fault
    return steps


def _screen(admin: Session, major: int, steps: Steps, plan: bool) -> None:
    """The module; where it cannot be imported, the stock notification in its place."""
    built = module.build(major)
    what = f"module {module.NAME}"
    rows = looking.modules(admin)
    there = rows.get(module.NAME)
    if there and there["state"] == "installed":
        missing = set(_PARTS) - set(looking.named(admin))
        if there["latest_version"] == built.version and not missing:
            steps.add(what, "there", f"version {built.version}")
            return
    importer = rows.get(looking.IMPORTER, {}).get("state")
    if importer != "installed":
        why = f"the stock app «{looking.IMPORTER}» is not installed in this Odoo"
        _plain(admin, major, steps, plan, why, f"install {looking.IMPORTER} in Odoo, then run this again")
        return
    state: State = "changed" if there else "made"
    detail = f"version {built.version}" + (f", was {there['latest_version']}" if there else "")
    if not plan:
        try:
            _import(admin, built)
        except Fault as fault:
            if fault.kind not in ("access", "refused", "name"):
                raise
            _plain(admin, major, steps, plan, f"Odoo refused the module: {fault.message}", "")
            return
    steps.add(what, state, detail)


def _import(admin: Session, built: module.Module) -> None:
    packed = base64.b64encode(built.zip).decode()
    made = admin.tell("base.import.module", "create", {"module_file": packed})
    wizard = made if isinstance(made, list) else [made]
    admin.tell("base.import.module", "import_module", wizard)
    if set(_PARTS) - set(looking.named(admin)):
        # Odoo 14 notes an error in the wizard and answers as if all were well.
        rows = admin.ask("base.import.module", "read", wizard)
        raise Fault("refused", str(rows[0].get("import_message") or "the module came in only in part"))


def _plain(admin: Session, major: int, steps: Steps, plan: bool, why: str, todo: str) -> None:
    steps.screen = False
    steps.add(
        f"module {module.NAME}",
        "warning",
        f"{why}. Cards are Odoo's plain notifications instead: name and town, no buttons, and they are not "
        "taken away when somebody answers; a click on a number does not dial.",
        todo or "let an administrator import modules in this Odoo, then run this again",
    )
    wanted = module.code("show", major, screen=False)
    what = "plain notification"
    known = looking.named(admin)
    if not set(_PLAIN_PARTS) - set(known):
        (row,) = admin.ask("ir.actions.server", "read", [known[module.SHOW][1]], ["code"])
        if str(row["code"]).strip() == wanted.strip():
            steps.add(what, "there")
            return
    if not plan:
        _load_plain(admin, major, wanted)
    steps.add(what, "changed" if module.SHOW in known else "made")


def _load_plain(admin: Session, major: int, code: str) -> None:
    ours = f"{module.NAME}."
    group = ours + module.GROUP
    _load(admin, "res.groups", {"id": group, "name": "Calls: the hub's own user"})
    access = {
        "id": f"{ours}access_names",
        "name": "ir.model.data hub",
        "model_id/id": "base.model_ir_model_data",
    }
    _load(admin, "ir.model.access", {**access, "group_id/id": group, "perm_read": "1"})
    action = {"id": ours + module.SHOW, "name": "Calls: show", "model_id/id": "base.model_res_users"}
    shown = {**action, f"{module.group_field(major)}/id": group, "state": "code", "code": code}
    _load(admin, "ir.actions.server", shown)


def _load(admin: Session, model: str, values: dict[str, str]) -> None:
    answer = admin.tell(model, "load", list(values), [list(values.values())], context={"lang": "en_US"})
    if not answer["ids"]:
        said = "; ".join(str(one.get("message")) for one in answer["messages"])
        raise Fault("refused", f"{values['id']}: {said}")


def _user(admin: Session, settings: Settings, major: int, steps: Steps, plan: bool) -> int | None:
    """The hub's own user: there with the desk's group, or made."""
    login = settings.login or _own_login(settings, admin.system)
    what = f"user {login}"
    rows = looking.users(admin, login)
    if not rows:
        if settings.password is None:
            todo = f"make a user «{login}» in Odoo and an API key for it, or give `password` in hub.yaml"
            steps.add(what, "missing", "there is no such user, and hub.yaml holds no password for one", todo)
            return None
        if plan:
            steps.add(what, "made", "an internal user who may keep contacts and show cards")
            return None
        groups = [_group(admin, name) for name in (*_BASE_GROUPS, f"{module.NAME}.{module.GROUP}")]
        values = {
            "name": "Hub",
            "login": login,
            "password": settings.password.get_secret_value(),
            module.group_field(major): [(6, 0, groups)],
        }
        made = admin.tell("res.users", "create", values, context={"no_reset_password": True})
        steps.add(what, "made", "an internal user who may keep contacts and show cards")
        return int(made[0] if isinstance(made, list) else made)
    (row,) = rows
    if not row["active"]:
        steps.add(what, "missing", "the user is archived", "take it out of the archive in Odoo")
        return None
    known = looking.named(admin)
    group = known.get(module.GROUP)
    member = group is not None and group[1] in _groups_of(admin, row["id"], major)
    if member:
        steps.add(what, "there", "in the group that shows cards")
    else:
        if not plan and group is not None:
            admin.tell("res.users", "write", [row["id"]], {module.group_field(major): [(4, group[1])]})
        steps.add(what, "changed", "put into the group that shows cards")
    if row["id"] in (1, 2):
        todo = "give the hub a user of its own, with no more rights than it needs"
        steps.add(what, "warning", "this is the administrator", todo)
    return int(row["id"])


def _rights(
    admin: Session, settings: Settings, views: Sequence[View], extension_field: str | None, steps: Steps
) -> None:
    service = Session(admin.system, settings)
    try:
        wanted = rights.needs(views, screen=steps.screen, extension_field=extension_field)
        found = rights.findings(service, admin, wanted, extension_field)
    except WrongSecret as refused:
        found = [Finding("error", _MISSING_USER, refused.what, refused.todo)]
    finally:
        service.close()
    for one in found:
        steps.add(one.what, "missing", one.message, one.todo)
    if not found:
        steps.add("rights of the hub's user", "there", "nothing is missing")


def _own_login(settings: Settings, system: str) -> str:
    """Whose API key hub.yaml holds, where it names no login."""
    service = Session(system, settings)
    try:
        uid = service.uid()
        (row,) = service.ask("res.users", "read", [uid], ["login"])
    finally:
        service.close()
    return str(row["login"])


def _groups_of(admin: Session, user: int, major: int) -> list[int]:
    name = module.group_field(major)
    (row,) = admin.ask("res.users", "read", [user], [name])
    return [int(id) for id in row[name]]


def _group(admin: Session, name: str) -> int:
    owner, _, part = name.partition(".")
    rows = admin.ask(
        "ir.model.data", "search_read", [["module", "=", owner], ["name", "=", part]], ["res_id"]
    )
    if not rows:
        raise Misconfigured(admin.system, f"this Odoo has no group {name}")
    return int(rows[0]["res_id"])
