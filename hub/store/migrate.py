"""Bringing a database to the present tables, by Alembic, from inside the process.

Each revision is a file in `migrations/versions`; none is ever edited once released. A new one is drafted with
``python -m hub.store.migrate "why"``, which compares a fresh database with `hub.store.tables`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine


def upgrade(engine: Engine) -> None:
    """Run the revisions this database has not had."""
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def script() -> ScriptDirectory:
    """The revisions this version of the hub knows."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


def _draft(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'draft.sqlite'}")
        with engine.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            command.revision(config, message=message, autogenerate=True)


if __name__ == "__main__":
    _draft(sys.argv[1])
