"""Sage 100 read by SQL: third parties, articles, documents, payments, entries, straight from its base.

Promises: the session cannot write, by four means (`session`); a record is handed over as it stands or its
fields are named unreadable; what changed is found by `cbModification` with an overlap, a base put back is
noticed; nothing is held open or locked while the hub works, and memory does not grow with the base.

Never does: write to the base (Sage forbids it), guess a payment's invoice, trust a stamp of the year 1753.

How it is built: `relations` (what belongs to what), `values` (what a value means) and `lettering` (which
payment is which invoice's) are pure. `session` asks, `faults` says what went wrong, `schema` knows tables and
columns, `layout` fits a view to them, `queries` makes the SELECTs, `reading` makes records of rows, `pulling`
finds what changed, `lettered` asks for lettered entries. `writing` makes import files of changes
(`connectors.sage.handing`), `entered` finds documents again in the books. `connector` is the port over these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sage.sql.settings import Settings
    from hub.ports import Connector


def connect(name: str, settings: Settings) -> Connector:
    """A connector to one base. Opens nothing yet."""
    from connectors.sage.sql.connector import SqlConnector

    return SqlConnector(name, settings)
