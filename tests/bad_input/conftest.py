"""The office, with a sandbox Odoo of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.odoo import Odoo, serve
from tests.bad_input.office import Office


@pytest.fixture
def sandbox() -> Iterator[Odoo]:
    with serve(version=19) as odoo:
        yield odoo


@pytest.fixture
def office(sandbox: Odoo, tmp_path: Path) -> Office:
    return Office(tmp_path, sandbox)
