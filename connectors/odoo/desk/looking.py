"""What an administrator's session sees of the desk in an Odoo. Looks, and changes nothing."""

from __future__ import annotations

from typing import Any

from connectors.odoo.desk import module
from connectors.odoo.layout import Schema
from connectors.odoo.session import Session
from hub.ports import Denied

IMPORTER = "base_import_module"


def must_be_administrator(admin: Session) -> None:
    if not Schema(admin).may("ir.actions.server", "write"):
        raise Denied(
            admin.system,
            f"{admin.settings.login} is no administrator of this Odoo",
            todo="give --admin-login a user of the group Administration / Settings",
        )


def modules(admin: Session) -> dict[str, Any]:
    where = [["name", "in", [module.NAME, IMPORTER]]]
    rows = admin.ask("ir.module.module", "search_read", where, ["name", "state", "latest_version"])
    return {row["name"]: row for row in rows}


def named(admin: Session) -> dict[str, tuple[str, int]]:
    """What bears an external id of ours and is still there: name → model and id."""
    rows = admin.ask(
        "ir.model.data", "search_read", [["module", "=", module.NAME]], ["name", "model", "res_id"]
    )
    return {row["name"]: (row["model"], int(row["res_id"])) for row in rows if row["res_id"]}


def users(admin: Session, login: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.ask(
        "res.users", "search_read", [["login", "=", login]], ["active"], context={"active_test": False}
    )
    return found
