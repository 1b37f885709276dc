"""A Sage 100 read by SQL, written through import files, does what any connector must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.conformance import ConnectorConformance
from tests.connectors.sage.sql.harness import SqlHarness


class TestOnSqlite(ConnectorConformance):
    """A base in one file."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Iterator[SqlHarness]:
        harness = SqlHarness(f"sqlite:///{tmp_path / 'sage100.db'}", tmp_path)
        yield harness
        harness.base.close()


class TestOnPostgresql(ConnectorConformance):
    """A base on a server."""

    @pytest.fixture
    def harness(self, tmp_path: Path, postgres_url: str) -> Iterator[SqlHarness]:
        harness = SqlHarness(postgres_url, tmp_path)
        yield harness
        harness.base.close()
