"""Where a whole base is compared: in this process by DuckDB, or by Spark for a base that outgrows a machine.

`whole` says everything once, in DuckDB's SQL; a backend runs it, and gives the same pairs as any other.

Promises: nothing of Spark is loaded, or has to be installed, until it is asked for.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa
    from splink.internals.database_api import DatabaseAPI


class Engine(StrEnum):
    """What compares."""

    DUCKDB = "duckdb"
    SPARK = "spark"


LOCAL = "local[*]"
"""Spark's own name for all cores of this machine."""


class EngineError(Exception):
    """An engine is not there, does not start or has given up: what, why in its own words, what to do."""

    def __init__(self, what: str, todo: str, why: str = "") -> None:
        super().__init__(". ".join(part for part in (what, why, todo) if part))
        self.what, self.why, self.todo = what, why, todo


class Backend(Protocol):
    """A database that compares one base after another."""

    def splink(self) -> DatabaseAPI[Any]:
        """The same database, as Splink speaks to it, which has seen no base before."""

    def said(self, condition: str) -> str:
        """A condition in DuckDB's SQL, as this database says it."""

    def put(self, name: str, table: pa.Table) -> None:
        """Keep a table under this name, in the place of what had it."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query in DuckDB's SQL answers."""

    def columns(self, table: str) -> set[str]:
        """The names of a table's columns."""


def opened(engine: str = Engine.DUCKDB, master: str = LOCAL) -> AbstractContextManager[Backend]:
    """A backend that is gone afterwards. `master` is Spark's, such as ``spark://10.0.0.5:7077``.

    Raises `EngineError`; `ValueError` for an engine there is none of.
    """
    if Engine(engine) is Engine.SPARK:
        from hub.duplicates.on_spark import on_spark

        return on_spark(master)
    from hub.duplicates.on_duckdb import on_duckdb

    return on_duckdb()
