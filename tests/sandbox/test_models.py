"""A further model is a few lines, and behaves as the others do."""

from __future__ import annotations

from sandbox.odoo import serve
from sandbox.odoo.schema import Model, char, date, decimal, many2one, one2many, selection
from tests.sandbox.conftest import at
from tests.sandbox.doors import Failure

TASK = Model(
    "project.task",
    "Task",
    {
        "name": char("Title", required=True),
        "partner_id": many2one("res.partner", "Customer"),
        "parent_id": many2one("project.task", "Parent", ondelete="cascade"),
        "child_ids": one2many("project.task", "parent_id", "Sub-tasks"),
        "date_deadline": date("Deadline"),
        "hours": decimal("Hours"),
        "state": selection([("todo", "To do"), ("done", "Done")], "State", default="todo"),
    },
)


def test_a_further_model_has_everything_a_model_has() -> None:
    with serve(19, models=[TASK]) as odoo:
        side = at(odoo)
        values = {"name": "Check the panel", "partner_id": 3, "date_deadline": "2026-02-01", "hours": 1.5}
        id = side.call("project.task", "create", vals_list=values)
        shown = side.call("project.task", "read", [id], fields=[*values, "state", "write_date"])[0]
        assert shown["partner_id"] == [3, "Administrator"]
        assert (shown["date_deadline"], shown["hours"], shown["state"]) == ("2026-02-01", 1.5, "todo")
        loaded = side.call("project.task", "load", fields=["id", "name", "partner_id", "state"],
                           data=[["__hub__.t1", "Loaded", "Administrator", "Done"]])  # fmt: skip
        assert loaded["messages"] == []
        assert side.call("project.task", "search", domain=[["partner_id.name", "=", "Administrator"]]) == [
            id,
            *loaded["ids"],
        ]
        assert isinstance(side.call("project.task", "create", vals_list={"hours": 2}), Failure)
        assert side.call("ir.model", "search_count", domain=[["model", "=", "project.task"]]) == 1


def test_records_below_go_with_the_one_above() -> None:
    with serve(19, models=[TASK]) as odoo:
        tasks = odoo.env["project.task"]
        above = tasks.create({"name": "Above", "child_ids": [(0, 0, {"name": "Below"})]})
        tasks.browse([above]).unlink()
        assert tasks.search([]) == []
