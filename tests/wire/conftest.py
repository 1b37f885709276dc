"""Fixtures: an empty database of the hub to copy, and a company behind a wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.store import Store
from tests.connectors.odoo.office import Office
from tests.wire.company import Company
from tests.wire.proxy import Proxy


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the hub that has seen nothing yet."""
    path = tmp_path_factory.mktemp("hub") / "empty.sqlite"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


@pytest.fixture
def company(office: Office, door: tuple[str, str], tmp_path: Path, template: Path) -> Iterator[Company]:
    """A hub, a list, and an Odoo behind a wire."""
    proxy = Proxy(office.url)
    made = Company(office, door[1], uuid4().hex, tmp_path / "hub", template, proxy)
    yield made
    made.close()
    proxy.close()
