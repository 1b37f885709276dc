"""What a maintenance company adds: projects and tasks, appointments, activities, and in 19 the community's
contracts and field service. Given to `serve(models=models(version))`; `furnish` makes what they start with.

The fields, groups and rules are those the real modules have, as far as the hub or its tests meet them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.odoo.base import remote
from sandbox.odoo.convert import parse_datetime, translated
from sandbox.odoo.errors import UserError
from sandbox.odoo.models import attachments
from sandbox.odoo.records import Records
from sandbox.odoo.schema import (
    Field,
    Model,
    Row,
    boolean,
    char,
    date,
    datetime,
    decimal,
    html,
    integer,
    many2many,
    many2one,
    monetary,
    one2many,
    selection,
    text,
)

if TYPE_CHECKING:
    from sandbox.odoo.server import Odoo

TASK_STATES = [
    ("01_in_progress", "In Progress"), ("02_changes_requested", "Changes Requested"),
    ("03_approved", "Approved"), ("1_done", "Done"), ("1_canceled", "Cancelled"),
    ("04_waiting_normal", "Waiting"),
]  # fmt: skip
RULES = [
    ("daily", "Day(s)"), ("weekly", "Week(s)"), ("monthly", "Month(s)"),
    ("monthlylastday", "Month(s) last day"), ("quarterly", "Quarter(s)"),
    ("semesterly", "Semester(s)"), ("yearly", "Year(s)"),
]  # fmt: skip
STAGES_14 = ("Planifiée", "Confirmée", "Faite", "Annulée")
ORDER_STAGES = (
    ("New", 10, False),
    ("Confirmed", 20, False),
    ("Completed", 80, True),
    ("Cancelled", 100, True),
)


def models(version: int) -> list[Model]:
    """The models of this version."""
    common = [
        _project(version),
        _stage(),
        _task(version),
        _event(version),
        _activity_type(),
        _activity(version),
        attachments.model(),
    ]
    return common if version < 19 else [*common, *_contracts(), *_field_service()]


def furnish(odoo: Odoo) -> None:
    """The stages and the kind of activity that the shipped mappings name."""
    env = odoo.env
    todo = env["mail.activity.type"].create({"name": "To-Do"})
    name = {
        "module": "mail",
        "name": "mail_activity_data_todo",
        "model": "mail.activity.type",
        "res_id": todo,
    }
    env["ir.model.data"].create(name)
    if odoo.version < 19:
        for place, stage in enumerate(STAGES_14):
            env["project.task.type"].create({"name": stage, "sequence": place})
        return
    for stage, place, closed in ORDER_STAGES:
        env["fsm.stage"].create(
            {"name": stage, "sequence": place, "is_closed": closed, "stage_type": "order"}
        )


class Project(Records):
    """Projects: in 19, both dates or none, as far as writing goes."""

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """As `project.project.write` of 19."""
        if self.old or creating:
            return values
        if not values.get("date_start", True) or not values.get("date", True):
            return {**values, "date_start": False, "date": False}
        return values


class Task(Records):
    """Tasks: of their project's customer, and in 14 in its first stage."""

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """What a new task takes from its project."""
        project = self.env.table("project.project").rows.get(values.get("project_id") or 0)
        if creating and project is not None:
            values.setdefault("partner_id", project.get("partner_id"))
            stages = project.get("type_ids") or ()
            if stages:
                values.setdefault("stage_id", min(stages))
        return values


class Activity(Records):
    """Activities: what is done is archived in 19 and gone in 14."""

    @remote()
    def action_feedback(self, feedback: str = "", attachment_ids: Any = None) -> int:
        """Mark as done. Answers the message it left, which the sandbox does not keep."""
        if self.old:
            self.unlink()
        else:
            self.write({"active": False})
        return 1


class Order(Records):
    """Orders of field service."""

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """As `fsm.order`: a number of its own, and no «Completed» without its button."""
        stage = self.env.table("fsm.stage").rows.get(values.get("stage_id") or 0)
        done = stage is not None and translated(stage["name"], "en_US") == "Completed"
        if done and not creating and not self.env.context.get("bypass_order_completed_stage"):
            raise UserError("Cannot move to completed from Kanban")
        if creating:
            values["name"] = values.get("name") or f"FO{len(self.table.rows) + 1:03}"
            if not values.get("stage_id"):
                values["stage_id"] = first_stage(self.env)
        if values.get("scheduled_date_start") and values.get("scheduled_date_end"):
            start, end = (parse_datetime(values[f"scheduled_date_{name}"]) for name in ("start", "end"))
            values["scheduled_duration"] = (end - start).total_seconds() / 3600
        return values


class Location(Records):
    """Places of field service, called as their contact."""

    def name_of(self, row: Row) -> str:
        """The contact's name."""
        contact: Mapping[str, Any] = self.env.table("res.partner").rows.get(row.get("partner_id") or 0) or {}
        return str(contact.get("name") or "")

    def settle(self, ids: Sequence[int], names: Iterable[str], *, creating: bool) -> None:
        """A place without a contact gets one, of its owner."""
        for id in ids:
            row = self.table.rows[id]
            if not row.get("partner_id"):
                contact = self.env.sudo()["res.partner"].create({"parent_id": row.get("owner_id")})
                self.table.put(id, {**row, "partner_id": contact})


def first_stage(env: Any) -> int | None:
    """The first stage of orders."""
    rows = sorted(env.table("fsm.stage").rows.values(), key=lambda row: row["sequence"])
    return int(rows[0]["id"]) if rows else None


def subtotal(env: Any, row: Row) -> float:
    """Of a contract's line."""
    discount = 1 - (row.get("discount") or 0.0) / 100
    return float((row.get("quantity") or 0.0) * (row.get("price_unit") or 0.0) * discount)


def user(env: Any) -> int:
    """The user who is at it."""
    return int(env.uid)


def _project(version: int) -> Model:
    fields: dict[str, Field] = {
        "name": char("Name", required=True, translate=version >= 19),
        "active": boolean("Active", default=True),
        "partner_id": many2one("res.partner", "Customer"),
        "date_start": date("Start Date"),
        "date": date("Expiration Date"),
        "label_tasks": char("Use Tasks as", default="Tasks", translate=True),
        "description": html("Description"),
        "user_id": many2one("res.users", "Project Manager", default=user),
        "type_ids": many2many("project.task.type", "Tasks Stages"),
        "task_ids": one2many("project.task", "project_id", "Tasks"),
    }
    return Model("project.project", "Project", fields, order="name, id", records=Project)


def _stage() -> Model:
    fields = {"name": char("Name", required=True, translate=True), "sequence": integer("Sequence", default=1)}
    return Model("project.task.type", "Task Stage", fields, order="sequence, id")


def _task(version: int) -> Model:
    old = version < 19
    fields: dict[str, Field] = {
        "name": char("Title", required=True),
        "active": boolean("Active", default=True),
        "project_id": many2one("project.project", "Project"),
        "parent_id": many2one("project.task", "Parent Task"),
        "partner_id": many2one("res.partner", "Customer"),
        "stage_id": many2one("project.task.type", "Stage", ondelete="restrict"),
        "description": html("Description"),
        "date_deadline": (date if old else datetime)("Deadline"),
        "planned_hours" if old else "allocated_hours": decimal("Allocated Time"),
    }
    if old:
        fields["user_id"] = many2one("res.users", "Assigned to", default=user)
    else:
        fields["user_ids"] = many2many("res.users", "Assignees")
        fields["state"] = selection(TASK_STATES, "State", required=True, default="01_in_progress")
    return Model("project.task", "Task", fields, order="id", records=Task)


def _event(version: int) -> Model:
    old = version < 19
    fields = {
        "name": char("Meeting Subject", required=True),
        "recurrency": boolean("Recurrent"),
        "active": boolean("Active", default=True),
        "start": datetime("Start", required=True),
        "stop": datetime("Stop", required=True),
        "show_as": selection(
            [("free", "Free" if old else "Available"), ("busy", "Busy")],
            "Show as",
            required=True,
            default="busy",
        ),
        "partner_ids": many2many("res.partner", "Attendees"),
        "user_id": many2one("res.users", "Organizer", default=user),
        "location": char("Location"),
        "description": (text if old else html)("Description"),
    }
    return Model("calendar.event", "Calendar Event", fields, order="start desc, id desc")


def _activity_type() -> Model:
    return Model("mail.activity.type", "Activity Type", {"name": char("Name", required=True, translate=True)})


def _activity(version: int) -> Model:
    fields: dict[str, Field] = {
        "summary": char("Summary"),
        "note": html("Note"),
        "res_model": char("Related Document Model"),
        "res_id": integer("Related Document ID"),
        "user_id": many2one("res.users", "Assigned to", required=version < 19, default=user),
        "date_deadline": date("Due Date", required=True),
        "activity_type_id": many2one("mail.activity.type", "Activity Type", ondelete="restrict"),
    }
    if version >= 19:
        fields["active"] = boolean("Active", default=True)
    return Model("mail.activity", "Activity", fields, order="date_deadline ASC, id ASC", records=Activity)


def _contracts() -> list[Model]:
    rights = {"account.group_account_invoice": "r", "account.group_account_manager": "crwu"}
    contract: dict[str, Field] = {
        "name": char("Name", required=True),
        "code": char("Reference"),
        "active": boolean("Active", default=True),
        "partner_id": many2one("res.partner", "Partner", required=True),
        "date_start": date("Date Start"),
        "date_end": date("Date End"),
        "contract_type": selection(
            [("sale", "Customer"), ("purchase", "Supplier")], "Contract Type", default="sale"
        ),
        "recurring_rule_type": selection(RULES, "Recurrence", default="monthly"),
        "generation_type": selection([("invoice", "Invoice")], "Generation Type", default="invoice"),
        "contract_line_ids": one2many("contract.line", "contract_id", "Contract lines"),
    }
    line: dict[str, Field] = {
        "contract_id": many2one("contract.contract", "Contract", required=True, ondelete="cascade"),
        "sequence": integer("Sequence"),
        "name": text("Description", required=True),
        "quantity": decimal("Quantity", required=True, default=1.0),
        "price_unit": decimal("Unit Price"),
        "discount": decimal("Discount (%)"),
        "price_subtotal": monetary("Sub Total", readonly=True, compute=subtotal, recorded=False),
        "date_start": date("Date Start"),
        "date_end": date("Date End"),
        "display_type": selection([("line_section", "Section"), ("line_note", "Note")], "Display Type"),
        "is_canceled": boolean("Canceled", default=False),
    }
    return [
        Model("contract.contract", "Contract", contract, order="code, name asc", access=rights),
        Model("contract.line", "Contract Line", line, order="sequence,id", access=rights),
    ]


def _field_service() -> list[Model]:
    kinds = [("order", "Order"), ("equipment", "Equipment"), ("location", "Location"), ("worker", "Worker")]
    stage = {
        "name": char("Name", required=True, translate=True),
        "sequence": integer("Sequence", default=1),
        "is_closed": boolean("Is a close stage"),
        "stage_type": selection(kinds, "Type", required=True, default="order"),
    }
    location = {
        "partner_id": many2one("res.partner", "Related Partner", ondelete="restrict"),
        "owner_id": many2one("res.partner", "Related Owner", required=True, ondelete="restrict"),
    }
    order: dict[str, Field] = {
        "name": char("Name"),
        "location_id": many2one("fsm.location", "Location", required=True),
        "stage_id": many2one("fsm.stage", "Stage"),
        "description": html("Description"),
        "scheduled_date_start": datetime("Scheduled Start (ETA)"),
        "scheduled_date_end": datetime("Scheduled End"),
        "scheduled_duration": decimal("Scheduled duration"),
        "resolution": html("Resolution"),
    }
    return [
        Model("fsm.stage", "Field Service Stage", stage, order="sequence, name, id"),
        Model("fsm.location", "Field Service Location", location, records=Location),
        Model("fsm.order", "Field Service Order", order, records=Order),
    ]
