"""What the hub's own user may not do in this Odoo, and which group would let it. Looks, and changes nothing.

Rights are asked of Odoo with the user's own login, never guessed from its groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.odoo.checking import RIGHTS
from connectors.odoo.desk import module
from connectors.odoo.faults import Fault
from connectors.odoo.layout import Schema
from connectors.odoo.session import Session
from hub.ports import Finding, View


@dataclass(frozen=True, slots=True)
class Need:
    """A right (read, write or create on `model`) and what for."""

    model: str
    operation: str
    why: str


def needs(views: Sequence[View], *, screen: bool, extension_field: str | None) -> list[Need]:
    """What the desk and these mappings take. `screen`: the module is there, so clicks dial."""
    found = [Need("res.users", "read", "to know whose telephone is whose")] if extension_field else []
    if screen:
        found.append(Need(module.ORDERS, "read", "to dial by a click"))
    for view in views:
        why = f"to keep «{view.entity}» in agreement"
        writes = any(field.writable for field in view.fields)
        for operation in ("read", "write", "create") if writes else ("read",):
            found.append(Need(view.object, operation, why))
    return found


def findings(
    service: Session, admin: Session, wanted: Iterable[Need], extension_field: str | None
) -> list[Finding]:
    """One `Finding` for each right that is missing. Raises `ConnectorError`."""
    found: list[Finding] = []
    schema = Schema(service)
    seen: set[tuple[str, str]] = set()
    for need in wanted:
        if (need.model, need.operation) in seen:
            continue
        seen.add((need.model, need.operation))
        try:
            allowed = schema.may(need.model, need.operation)
        except Fault as fault:
            todo = "install the app that has it, or take it out of the mapping"
            found.append(Finding("error", need.model, f"{fault.message} (needed {need.why})", todo))
            continue
        if not allowed:
            message = f"the hub's user may not {RIGHTS[need.operation]} {need.model}: needed {need.why}"
            found.append(Finding("error", need.model, message, _todo(admin, need)))
    found += _extension(service, extension_field)
    return [*found, *_action(service)]


def _extension(service: Session, field: str | None) -> list[Finding]:
    if not field:
        return []
    try:
        known = service.ask("res.users", "fields_get", [field], ["type"])
    except Fault as fault:
        return [Finding("error", "res.users", fault.message, "give the hub's user the right to read users")]
    if field in known:
        return []
    message = f"users have no field «{field}» that the hub's user may read (calls.extension_field)"
    return [Finding("error", f"res.users.{field}", message, "correct it, or list `calls.extensions`")]


def _action(service: Session) -> list[Finding]:
    """Whether it may show cards: by showing none."""
    where = [["module", "=", module.NAME], ["name", "=", module.SHOW]]
    what = f"{module.NAME}.{module.SHOW}"
    try:
        rows = service.ask("ir.model.data", "search_read", where, ["res_id"])
        if rows:
            service.ask("ir.actions.server", "run", [int(rows[0]["res_id"])], context={"hub_calls": {}})
            return []
    except Fault as fault:
        message = f"the hub's user may not show who calls: {fault.message}"
        return [Finding("error", what, message, "put it into the group «Calls: the hub's own user»")]
    return [Finding("error", what, "the action that shows who calls is not there", "run `hub odoo setup`")]


def _todo(admin: Session, need: Need) -> str:
    where = [
        ["model_id.model", "=", need.model],
        [f"perm_{need.operation}", "=", True],
        ["group_id", "!=", False],
    ]
    rows = admin.ask("ir.model.access", "search_read", where, ["group_id"], 0, None, "id")
    groups = list(dict.fromkeys(str(row["group_id"][1]) for row in rows))
    if not groups:
        return "no group of this Odoo gives that right: ask its administrator"
    return f"put it into one of these groups in Odoo: {', '.join(groups)}"
