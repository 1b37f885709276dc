"""A whole base compared inside this process, by DuckDB.

Promises: needs no file, leaves none; draws nothing on the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI

from hub.duplicates.rules import MACROS


class OnDuckDB:
    """`backends.Backend` over an open database."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self.database = database
        database.execute("SET enable_progress_bar = false")
        for macro in MACROS:
            database.execute(macro)

    def splink(self) -> DuckDBAPI:
        return DuckDBAPI(connection=self.database)

    def said(self, condition: str) -> str:
        return condition

    def put(self, name: str, table: pa.Table) -> None:
        self.database.register("fed", table)
        self.database.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM fed")
        self.database.unregister("fed")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.database.execute(sql).fetchall()

    def columns(self, table: str) -> set[str]:
        return {row[0] for row in self.rows(f"DESCRIBE {table}")}


@contextmanager
def on_duckdb() -> Iterator[OnDuckDB]:
    """A database in memory."""
    with duckdb.connect(":memory:") as database:
        yield OnDuckDB(database)
