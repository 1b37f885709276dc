"""Sage: third parties and the like, read from the exports a Sage writes and changed by files it imports.

Promises: nothing is read of a file that is half-copied, in the wrong encoding or cut short; a row that
cannot be a record costs only itself; an import file appears whole, once, under a name never used before, and
holds no character or length that Sage would change without our knowing; what was handed over is noted before
it is, so that a crash in between neither loses nor repeats it; what Sage answers comes back record by
record.

Never does: delete or change an export, overwrite an import file, touch Sage's own database.

How it is built: `text` (bytes and characters), `table` (lines and cells) and `layout` (columns) are pure and
make up `exports`, which reads the folder Sage writes. `lines` decides what line a write becomes, `imports`
hands files over and remembers them, `answers` reads the acknowledgements, and `handing` is these three for
any transport that writes by files. `documents` makes balanced pieces of invoices, which `formats` writes and
reads, and `journals` hands them over. `files` is the port over these for `transport: files`; SOAP (Sage X3)
and SQL (Sage 100, read-only) are packages of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sage.settings import Settings
    from hub.ports import Connector


def connect(name: str, settings: Settings) -> Connector:
    """A connector to one Sage, over the transport its settings name. Opens nothing yet."""
    from connectors.sage.files import FilesConnector

    return FilesConnector(name, settings)
