"""A sandbox Odoo in a process of its own, killed and started again on the same file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import pytest

from sandbox.odoo import Env, UserError, serve

PROJECT = Path(__file__).resolve().parents[2]
FIELDS = ["name", "category_id", "country_id", "active", "create_date", "write_date"]


@contextmanager
def running(keep: Path) -> Iterator[Any]:
    """Answers calls as the administrator; ends by a kill."""
    command = [sys.executable, "-m", "sandbox.odoo", "--keep", str(keep), "--with-input"]
    process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        url = json.loads(process.stdout.readline())["url"]
        with ServerProxy(f"{url}/xmlrpc/2/object", allow_none=True) as server:
            yield lambda model, method, *args: server.execute_kw(
                "sandbox", 2, "admin", model, method, list(args)
            )
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_what_was_answered_is_there_after_a_kill(tmp_path: Path) -> None:
    with running(tmp_path / "odoo.db") as call:
        tag = call("res.partner.category", "create", {"name": "Mairie"})
        kept = call("res.partner", "create", {"name": "Commune de Vif", "category_id": [(6, 0, [tag])]})
        gone = call("res.partner", "create", {"name": "Typed twice"})
        call("res.partner", "load", ["id", "name"], [["__hub__.customer_1", "Ville d'Eybens"]])
        call("res.partner", "unlink", [gone])
        with pytest.raises(Fault):
            call("res.partner", "write", [kept], {"country_id": 99999})
        before = call("res.partner", "search_read", [], FIELDS)
    with running(tmp_path / "odoo.db") as call:
        assert call("res.partner", "search_read", [], FIELDS) == before
        assert call("res.partner", "create", {"name": "New"}) > max(row["id"] for row in before)
        found = call("ir.model.data", "search_read", [["module", "=", "__hub__"]], ["name", "res_id"])
        (ours,) = [row["id"] for row in before if row["name"] == "Ville d'Eybens"]
        assert [(row["name"], row["res_id"]) for row in found] == [("customer_1", ours)]


def test_what_cannot_be_kept_is_undone(tmp_path: Path) -> None:
    with serve(keep=tmp_path / "odoo.db") as odoo:
        table = odoo.env.table("res.partner")

        def full(changed: object) -> None:
            raise UserError("the disk is full")

        odoo.base.store.committing.append(full)
        before = dict(table.rows)
        with pytest.raises(UserError, match="disk is full"), odoo.env.transaction():
            _partner(odoo.env)
        assert table.rows == before


def _partner(env: Env) -> None:
    env["res.partner"].create({"name": "Never there"})
