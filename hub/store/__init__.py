"""Where the hub remembers: SQLAlchemy tables, one repository, Alembic migrations.

SQLite (WAL) is the embedded default; PostgreSQL is the same code by another URL. Everything a cycle decides
is written in one transaction. No secret is ever stored here.
"""

from hub.store.repository import Store, StoreError

__all__ = ["Store", "StoreError"]
