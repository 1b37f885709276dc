"""Takes the desk out of an Odoo again, over RPC, as an administrator.

Promises: what `setup` put in goes, whether the module brought it or not, and nothing else; each step is told.
The hub's user stays unless it is asked for: the sync works with it.
"""

from __future__ import annotations

from connectors.odoo.connector import as_error
from connectors.odoo.desk import looking, module
from connectors.odoo.desk.steps import Steps
from connectors.odoo.faults import Fault
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings


def remove(admin: Session, settings: Settings, *, user: bool, plan: bool) -> Steps:
    """Take out all that `setup` put in; the hub's user is archived only with `user`."""
    steps = Steps()
    try:
        looking.must_be_administrator(admin)
        major = admin.version()[0]
        _remove_module(admin, steps, plan)
        _remove_parts(admin, steps, plan)
        _remove_files(admin, major, steps, plan)
        _leave_user(admin, settings, steps, archive=user, plan=plan)
    except Fault as fault:
        raise as_error(admin.system, module.NAME, fault) from fault
    return steps


def _remove_module(admin: Session, steps: Steps, plan: bool) -> None:
    there = looking.modules(admin).get(module.NAME)
    what = f"module {module.NAME}"
    if there is None:
        steps.add(what, "absent")
        return
    if not plan:
        admin.tell("ir.module.module", "button_immediate_uninstall", [there["id"]])
        if module.NAME in looking.modules(admin):
            admin.tell("ir.module.module", "unlink", [there["id"]])
    steps.add(what, "removed", f"version {there['latest_version']}, with its actions, group and orders")


def _remove_parts(admin: Session, steps: Steps, plan: bool) -> None:
    """What was made without the module, or was left by it."""
    if plan and module.NAME in looking.modules(admin):
        return
    named = looking.named(admin)
    order = (
        "ir.actions.server",
        "ir.model.access",
        "ir.ui.view",
        "res.groups",
        "ir.model.fields",
        "ir.model",
    )
    for model in order:
        ids = sorted(id for kind, id in named.values() if kind == model)
        there = admin.ask(model, "search", [["id", "in", ids]], context={"active_test": False}) if ids else []
        if there:
            if not plan:
                admin.tell(model, "unlink", there)
            steps.add(model, "removed", f"{len(there)} of the desk's")


def _remove_files(admin: Session, major: int, steps: Steps, plan: bool) -> None:
    """Odoo 14 leaves an imported module's files behind."""
    where = [["url", "=like", f"/{module.NAME}/static/%"]]
    files = admin.ask("ir.attachment", "search", where)
    if files:
        if not plan:
            admin.tell("ir.attachment", "unlink", files)
        steps.add("its files", "removed", f"{len(files)} attachments")
    if major >= 15:
        assets = admin.ask("ir.asset", "search", [["path", "=like", f"%{module.NAME}/static/%"]])
        if assets:
            if not plan:
                admin.tell("ir.asset", "unlink", assets)
            steps.add("its assets", "removed", f"{len(assets)} entries")


def _leave_user(admin: Session, settings: Settings, steps: Steps, *, archive: bool, plan: bool) -> None:
    rows = looking.users(admin, settings.login) if settings.login else []
    if not rows:
        return
    (row,) = rows
    what = f"user {settings.login}"
    if not archive:
        steps.add(what, "stays", "the hub's user works for the sync too", "archive it with --user")
    elif row["id"] in (1, 2, admin.uid()):
        steps.add(what, "stays", "this is the administrator")
    elif row["active"]:
        if not plan:
            admin.tell("res.users", "write", [row["id"]], {"active": False})
        steps.add(what, "removed", "archived")
