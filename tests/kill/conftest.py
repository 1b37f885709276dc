"""A sandbox Odoo that does not end with the hub, and compiled modules shared by all the daemons of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill.place import environment
from tests.kill.systems import SandboxOdoo


@pytest.fixture
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the daemons' compiled modules are kept for the whole run."""
    return tmp_path_factory.getbasetemp().parent / "bytecode"


@pytest.fixture
def odoo(tmp_path: Path, bytecode: Path) -> Iterator[SandboxOdoo]:
    started = SandboxOdoo(tmp_path, environment(tmp_path / "odoo-temporary", bytecode))
    yield started
    started.kill()
