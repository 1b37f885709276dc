from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.odoo import serve
from tests.daemon.site import PASSWORD
from tests.operations.site import BadDay


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BadDay]:
    """A site with nothing in it; every daemon started on it ends with the test."""
    with serve(password=PASSWORD) as odoo:
        made = BadDay(tmp_path, odoo)
        try:
            yield made
        finally:
            made.close()
