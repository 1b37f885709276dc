"""The process that opens strangers' files: what it is given, how it ends, and that the hub survives it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connectors.excel.child import frames
from hub import apart
from hub.apart import Budget
from hub.filing.faults import Fault
from tests.connectors.excel.tools import book, connector, records, view

REQUEST = {
    "memory": 1 << 30,
    "bounds": {
        "file_bytes": 1 << 30,
        "unpacked_bytes": 1 << 30,
        "ratio": 200,
        "members": 100,
        "cells": 10**6,
    },
    "spec": None,
}


def test_only_the_childs_own_time_is_counted() -> None:
    now = [0.0]
    budget = Budget(60, lambda: pytest.fail("stopped"), lambda: now[0])
    with budget:
        now[0] += 20
    now[0] += 1000
    with budget:
        now[0] += 30
    assert budget.left == 10
    assert not budget.spent


def test_a_child_without_time_left_is_stopped() -> None:
    import threading

    stopped = threading.Event()
    budget = Budget(0, stopped.set)
    with budget:
        assert stopped.wait(30)
    assert budget.spent


def test_no_secret_of_the_hubs_reaches_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOO_PASSWORD", "never to be seen")
    assert "never to be seen" not in apart.environment().values()
    assert os.environ["PATH"] == apart.environment()["PATH"]


@pytest.mark.parametrize("task", ["no such task", "pull"])
def test_a_child_that_fails_inside_says_so_as_a_fault(tmp_path: Path, task: str) -> None:
    path = book(tmp_path / "clients.xlsx", [["a"]])
    with pytest.raises(Fault) as caught:
        list(frames({**REQUEST, "task": task, "path": str(path), "shown": "clients.xlsx"}, 60))
    assert "clients.xlsx" in caught.value.what
    assert caught.value.todo


@pytest.mark.skipif(os.name == "nt", reason="a signal ends no process on Windows")
def test_a_child_that_dies_is_damage_to_the_file_not_to_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that aborts takes its process along: here the worker is replaced by one that does."""
    dying = tmp_path / "connectors" / "excel"
    dying.mkdir(parents=True)
    (dying / "__init__.py").touch()
    (dying.parent / "__init__.py").touch()
    (dying / "worker.py").write_text(
        "import os, sys\nprint('out of luck', file=sys.stderr, flush=True)\nos.abort()\n"
    )
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom"], ["C1", "Un"]])
    request = {**REQUEST, "task": "sheets", "path": str(path), "shown": "clients.xlsx"}
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(apart, "ROOT", tmp_path)
        with pytest.raises(Fault, match=r"signal 6: out of luck|signal 6") as caught:
            list(frames(request, 60))
    assert caught.value.kind == "damaged"
    assert set(records(connector(path), view("Nom"))) == {"C1"}
