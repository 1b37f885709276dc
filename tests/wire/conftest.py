"""Fixtures: sandboxes with somebody at work in them, an empty store, a company behind a wire."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.store import Store
from sandbox.odoo import Odoo, serve
from tests.connectors.odoo.office import PASSWORD, PERSON, Office
from tests.wire.company import Company
from tests.wire.proxy import Proxy


@pytest.fixture(scope="session")
def offices() -> Iterator[dict[str, Office]]:
    with serve(version=19) as new, serve(version=14) as old:
        yield {"19": staffed(new), "14": staffed(old)}


def staffed(odoo: Odoo) -> Office:
    """A sandbox with somebody at work in it."""
    groups = ["base.group_partner_manager"]
    odoo.add_user(PERSON, PASSWORD, groups)
    return Office(odoo.version, odoo.url, odoo.database, odoo.login, odoo.api_key)


@pytest.fixture
def office(door: tuple[str, str], offices: dict[str, Office]) -> Office:
    return offices[door[0]]


@pytest.fixture(scope="session")
def kept_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Path]]:
    """One store for all tests, since most of its time goes into getting to know its queries; and its file."""
    path = tmp_path_factory.mktemp("hub") / "hub.sqlite"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    store.engine.dispose()
    shutil.copy(path, path.with_name("empty.sqlite"))
    yield store, path
    store.close()


@pytest.fixture
def store(kept_store: tuple[Store, Path]) -> Store:
    """The hub's database, with nothing in it."""
    store, path = kept_store
    store.engine.dispose()
    for tail in ("-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
    shutil.copy(path.with_name("empty.sqlite"), path)
    return store


@pytest.fixture
def company(office: Office, door: tuple[str, str], tmp_path: Path, store: Store) -> Iterator[Company]:
    """A hub, a list, and an Odoo behind a wire."""
    proxy = Proxy(office.url)
    made = Company(office, door[1], uuid4().hex, tmp_path / "hub", store, proxy)
    yield made
    made.close()
    proxy.close()
