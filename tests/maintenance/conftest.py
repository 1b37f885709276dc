"""A database of each kind, and a company on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.mapping import load_mappings
from hub.store import Store
from tests.maintenance.company import CONTRACT, CUSTOMER, VISIT, Company


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        found = Store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    else:
        found = Store(request.getfixturevalue("postgres_url"))
    found.migrate()
    yield found
    found.close()


@pytest.fixture
def company_with(store: Store, tmp_path: Path) -> Callable[[str], Company]:
    def made(visit: str) -> Company:
        folder = tmp_path / "mappings"
        folder.mkdir(exist_ok=True)
        for name, text in (("customer", CUSTOMER), ("contract", CONTRACT), ("visit", visit)):
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        return Company(store, load_mappings(folder))

    return made


@pytest.fixture
def company(company_with: Callable[[str], Company]) -> Company:
    return company_with(VISIT)
