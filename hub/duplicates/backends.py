"""Where a whole base is compared: in this process by DuckDB, or by Spark for a base that outgrows a machine.

`whole` says everything once, in DuckDB's SQL; a backend runs it, and gives the same pairs as any other.

Promises: nothing of Spark is loaded, or has to be installed, until it is asked for.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import pyarrow as pa
    from splink.internals.database_api import DatabaseAPI

Engine = Literal["duckdb", "spark"]

LOCAL = "local[*]"
"""Spark's own name for all cores of this machine."""


class EngineMissing(Exception):
    """An engine cannot be started here: what is missing, and what to install."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"{what}. {todo}")
        self.what, self.todo = what, todo


class Backend(Protocol):
    """A database for the time of one comparison."""

    @property
    def splink(self) -> DatabaseAPI[Any]:
        """The same database, as Splink speaks to it."""

    def said(self, condition: str) -> str:
        """A condition in DuckDB's SQL, as this database says it."""

    def put(self, name: str, table: pa.Table) -> None:
        """Keep a table under this name until the end."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query in DuckDB's SQL answers."""

    def columns(self, table: str) -> set[str]:
        """The names of a table's columns."""


def opened(engine: Engine = "duckdb", master: str = LOCAL) -> AbstractContextManager[Backend]:
    """A backend that is gone afterwards. `master` is Spark's, such as ``spark://10.0.0.5:7077``.

    Raises `EngineMissing`.
    """
    if engine == "spark":
        from hub.duplicates.on_spark import on_spark

        return on_spark(master)
    from hub.duplicates.on_duckdb import on_duckdb

    return on_duckdb()
