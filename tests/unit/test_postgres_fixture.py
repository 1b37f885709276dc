"""The tests' PostgreSQL is a real one, and each test has a database of its own."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from tests.postgres import Postgres


def test_each_database_is_empty_and_keeps_accents(postgres_server: Postgres, postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        assert "PostgreSQL" in connection.execute(text("SELECT version()")).scalar_one()
        connection.execute(text("CREATE TABLE client (name text)"))
        connection.execute(text("INSERT INTO client VALUES ('Électricité Brézin — œuvre')"))
        assert (
            connection.execute(text("SELECT name FROM client")).scalar_one() == "Électricité Brézin — œuvre"
        )

    other = postgres_server.fresh_database()
    with create_engine(other).connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM pg_tables WHERE tablename = 'client'"))
        assert found.scalar_one() == 0
    postgres_server.drop(other)
    engine.dispose()
