"""The queries as a SQL Server would get them: compiled and looked at, for no SQL Server was at hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sage.sql import queries
from connectors.sage.sql.faults import fault_of
from connectors.sage.sql.layout import layout_of, matching
from connectors.sage.sql.schema import Schema, _columns, _tables
from connectors.sage.sql.session import Session, reads_only
from connectors.sage.sql.settings import Settings
from hub.ports import Busy, Denied, Misconfigured, NativeField, SourceDamaged, Unreachable, View
from sandbox.sage100 import Base
from tests.tally import tally

VIEW = View(
    "order",
    "F_DOCENTETE",
    (
        NativeField("DO_Piece"),
        NativeField("DO_Tiers.CT_Intitule"),
        NativeField("F_DOCLIGNE", "lines", columns=(NativeField("AR_Ref.AR_Design"), NativeField("DL_Qte"))),
    ),
    where={"DO_Type": [6, 7], "DO_Date": {"from": "2026-01-01"}, "DO_Ref": None},
)
SINCE = {name: datetime(2026, 3, 2, 9, 0) for name in ("F_DOCENTETE", "F_DOCLIGNE", "F_COMPTET", "F_ARTICLE")}


@pytest.fixture
def schema(tmp_path: Path) -> Iterator[Schema]:
    base = Base(f"sqlite:///{tmp_path / 'base.db'}")
    session = Session("sage", Settings(url=base.url))
    yield Schema(session)
    session.close()
    base.close()


def compiled(statement: Any) -> str:
    dialect = Session("sage", Settings(url="mssql+pytds://hub@SRV/BASE")).engine.dialect
    text = " ".join(
        str(statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})).split()
    )
    assert reads_only(text), text
    return text


def test_a_page_follows_the_key_and_is_bounded(schema: Schema) -> None:
    text = compiled(queries.page(layout_of(VIEW, schema), (41,), None, 500))
    assert text.startswith("SELECT TOP 500 [F_DOCENTETE].[cbMarq] AS c0")
    assert "LEFT OUTER JOIN [F_COMPTET] AS joined_1" in text
    assert "[F_DOCENTETE].[cbMarq] > " in text
    assert "[F_DOCENTETE].[DO_Type] IN " in text
    assert "[F_DOCENTETE].[DO_Date] >= " in text
    assert "[F_DOCENTETE].[DO_Ref] IS NULL OR [F_DOCENTETE].[DO_Ref] = " in text
    assert text.endswith("ORDER BY [F_DOCENTETE].[cbMarq]")


def test_what_changed_is_looked_for_in_lines_and_related_rows(schema: Schema) -> None:
    text = compiled(queries.page(layout_of(VIEW, schema), None, SINCE, 500))
    assert "[F_DOCENTETE].[cbModification] >= " in text
    assert "joined_1.[cbModification] >= " in text
    assert "EXISTS (SELECT 1 FROM [F_DOCLIGNE] LEFT OUTER JOIN [F_ARTICLE]" in text
    assert "owner.[cbMarq] = [F_DOCENTETE].[cbMarq]" in text.replace(
        "[F_DOCENTETE].[cbMarq] = owner.[cbMarq]", "owner.[cbMarq] = [F_DOCENTETE].[cbMarq]"
    )
    assert text.count("FROM [F_DOCENTETE]") == 1, "the outer table is not read once more inside"


def test_lines_marks_ids_and_keys_are_selects(schema: Schema) -> None:
    layout = layout_of(VIEW, schema)
    lines = compiled(queries.lines(layout, layout.lines[0], [(1,), (2,)]))
    assert "ORDER BY owner.[cbMarq], [F_DOCLIGNE].[DL_Ligne]" in lines
    assert compiled(queries.mark(layout.base)).startswith("SELECT TOP 1 [F_DOCENTETE].[cbModification]")
    for statement in (
        queries.ids(layout, (7,), 1000),
        queries.count(layout),
        queries.doubles(layout),
        queries.stamp_of(layout.base, 7),
        queries.at(layout, (7,)),
        queries.places_of(layout, (7,), SINCE, 10),
        _tables("mssql", "dbo"),
        _columns("mssql", "dbo", "F_DOCENTETE"),
    ):
        compiled(statement)
    assert "INFORMATION_SCHEMA" in compiled(_columns("mssql", "dbo", "F_DOCENTETE"))


def test_a_key_of_text_is_compared_as_the_server_does_it_so_that_its_index_serves(schema: Schema) -> None:
    view = View("customer", "F_COMPTET", (NativeField("CT_Intitule"),), ("CT_Num",))
    layout = layout_of(view, schema)
    condition = matching(layout.key[0], ["C0001 ", "c0002"], "mssql")
    text = compiled(queries.chosen(layout, condition, 10))  # type: ignore[arg-type]
    assert "[F_COMPTET].[CT_Num] IN " in text
    assert "upper" not in text.lower()


@pytest.mark.parametrize(
    ("said", "number", "state", "fault"),
    [
        ("Login failed for user 'hub'.", 18456, None, Denied),
        ("The login is from an untrusted domain", 18452, None, Denied),
        ("Cannot open database \"X\" requested by the login.", 4060, None, Misconfigured),
        ("Invalid object name 'F_COMPTET'.", 208, None, Misconfigured),
        ("Invalid column name 'CT_X'.", 207, None, Misconfigured),
        ("The SELECT permission was denied on the object 'F_COMPTET'", 229, None, Denied),
        ("Lock request time out period exceeded.", 1222, None, Busy),
        ("Transaction (Process ID 52) was deadlocked", 1205, None, Busy),
        ("Connection closed by peer", 0, None, Unreachable),
        ("timed out", 0, None, Unreachable),
        ("password authentication failed for user \"hub\"", 0, "28P01", Denied),
        ("canceling statement due to lock timeout", 0, "55P03", Busy),
        ("terminating connection due to administrator command", 0, "57P01", Unreachable),
        ("canceling statement due to statement timeout", 0, "57014", Unreachable),
        ("something nobody has ever said", 99999, None, SourceDamaged),
    ],
)  # fmt: skip
def test_what_a_server_says_is_told_in_the_ports_words_and_its_own(
    said: str, number: int, state: str | None, fault: type[Exception]
) -> None:
    from sqlalchemy.exc import OperationalError

    class Own(Exception):
        pass

    own = Own(said)
    own.number, own.sqlstate = number, state  # type: ignore[attr-defined]
    settings = Settings(url="mssql+pytds://hub@SRV/BASE", password="secret-of-sage")
    found = fault_of("sage", settings, OperationalError("SELECT 1", {}, own))
    assert type(found) is fault or isinstance(found, fault)
    assert said in str(found)
    assert "secret-of-sage" not in str(found)
    assert getattr(found, "locks", False) is (number in (18456, 18452) or state == "28P01")
    tally("bad inputs tried")
