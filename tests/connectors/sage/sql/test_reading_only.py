"""Nothing can be written to a base of Sage through the hub's session, whatever is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update

from connectors.sage.sql.session import NotReading, Session, reads_only
from connectors.sage.sql.settings import Settings
from sandbox.sage100 import Base
from tests.tally import tally


@pytest.fixture(params=["sqlite", "postgresql"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Base]:
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if on_server else f"sqlite:///{tmp_path / 'base.db'}"
    base = Base(url)
    base.third_party("C0001", "Durand SA")
    yield base
    base.close()


@pytest.fixture
def session(base: Base) -> Iterator[Session]:
    session = Session("sage", Settings(url=base.url))
    yield session
    session.close()


def statements(base: Base) -> list[Any]:
    table = base.tables["F_COMPTET"]
    return [
        insert(table).values(CT_Num="C0002", CT_Intitule="Intrus"),
        update(table).values(CT_Intitule="Changé"),
        delete(table),
        text('DROP TABLE "F_COMPTET"'),
        text('CREATE TABLE "INTRUS" (a INTEGER)'),
    ]


def test_a_statement_that_is_no_select_never_leaves(base: Base, session: Session) -> None:
    for statement in statements(base):
        with pytest.raises(NotReading, match="no SELECT"):
            session.rows(statement)
        tally("bad inputs tried")
    assert [row["CT_Intitule"] for row in base.rows("F_COMPTET")] == ["Durand SA"]


def test_the_database_itself_refuses_a_write_past_the_guard(base: Base, session: Session) -> None:
    connection = session.engine.raw_connection()
    try:
        for statement in (
            'UPDATE "F_COMPTET" SET "CT_Intitule" = \'Intrus\'',
            'DELETE FROM "F_COMPTET"',
            'CREATE TABLE "INTRUS" (a INTEGER)',
        ):
            cursor = connection.cursor()
            with pytest.raises(Exception, match=r"(?i)read-?only"):
                cursor.execute(statement)
            cursor.close()
            connection.rollback()
            tally("bad inputs tried")
    finally:
        connection.close()
    assert [row["CT_Intitule"] for row in base.rows("F_COMPTET")] == ["Durand SA"]


def test_nothing_is_ever_committed(base: Base, session: Session) -> None:
    with session.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(NotReading, match="committed"):
            connection.commit()


def test_no_transaction_is_left_open_between_two_questions(base: Base, session: Session) -> None:
    assert session.value(text('SELECT count(*) FROM "F_COMPTET"')) == 1
    base.third_party("C0002", "Martin")
    base.change("F_COMPTET", 1, CT_Intitule="Durand et fils")
    assert session.value(text('SELECT count(*) FROM "F_COMPTET"')) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO F_COMPTET (CT_Num) VALUES ('X')",
        "select * into COPIE from F_COMPTET",
        "SELECT 1; DELETE FROM F_COMPTET",
        "WITH x AS (SELECT 1) DELETE FROM F_COMPTET",
        "EXEC sp_who",
        "SELECT 1 -- ; \n DELETE",
        "  update F_COMPTET set CT_Num = 'X'",
        "MERGE F_COMPTET USING x ON 1=1 WHEN MATCHED THEN DELETE",
        "",
    ],
)
def test_the_guard_knows_a_write_however_it_is_spelled(statement: str) -> None:
    assert not reads_only(statement)
    tally("bad inputs tried")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT [CT_Num] FROM [F_COMPTET] WHERE [CT_Intitule] = 'delete; into'",
        'SELECT "update" FROM "insert into"',
        "select count(*) from [DROP]",
    ],
)
def test_the_guard_lets_names_and_texts_be_what_they_are(statement: str) -> None:
    assert reads_only(statement)


def test_an_address_may_hold_no_password_and_must_name_a_base() -> None:
    for url, why in (
        ("mssql+pytds://hub:secret@SRV/BASE", "must not hold a password"),
        ("mssql+pytds://hub@SRV", "names no base"),
        ("oracle://hub@SRV/BASE", "none of"),
        ("nothing", "must be an address"),
    ):
        with pytest.raises(ValueError, match=why):
            Settings(url=url)
        tally("bad inputs tried")


def test_the_session_of_a_sql_server_is_asked_for_as_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session("sage", Settings(url=r"mssql+pytds://hub@SRV\SAGE100/BASE", lock_timeout=3))
    arguments: dict[str, Any] = {}

    class Asked(Exception):
        pass

    def connect(**given: Any) -> None:
        arguments.update(given)
        raise Asked

    monkeypatch.setattr(session.engine.dialect.dbapi, "connect", connect)
    with pytest.raises(Asked):
        session.engine.connect()
    assert arguments["readonly"] is True
    assert arguments["autocommit"] is False
    assert arguments["dsn"] == r"SRV\SAGE100"


def test_a_missing_file_is_never_made(tmp_path: Path) -> None:
    session = Session("sage", Settings(url=f"sqlite:///{tmp_path / 'none.db'}"))
    with pytest.raises(Exception, match="there is no base"):
        session.rows(text("SELECT 1"))
    assert not (tmp_path / "none.db").exists()
