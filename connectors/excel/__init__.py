"""Workbooks: reads customers and the like from Excel files, and writes single cells back in place.

Promises: a write changes the named cells and nothing else (every other part of the file stays byte for
byte); the replaced file is kept as a dated backup; a workbook that is open, locked, half-written or changed
meanwhile is never written; a cell that could not be read is never taken for an empty one; a hostile file
ends as an error.

Never does: recalculate formulas, write over one, touch styles, macros or charts, convert a file to another
format. `.xls`, `.xlsb`, `.ods` and strict OOXML are read only.

How it is built: `connector` is the port and `files` the protocol of the file itself (locks, snapshot,
atomic replace); everything that parses runs in a child process (`worker`), started by `child`, so that a
bomb or a panic costs one answer. Inside it: `intake` and `package` open the container, `sheet`, `styles`
and `cells` (or `legacy`) read cells, `header` and `table` make records of rows (`entries`), `change` and
`patch` decide and splice edits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.excel.settings import Settings
    from hub.ports import Connector


def connect(name: str, settings: Settings) -> Connector:
    """A connector to one workbook, or to a folder of them. Opens nothing yet: files may come later."""
    from connectors.excel.connector import ExcelConnector
    from connectors.excel.folder import ExcelFolder

    if settings.folder is not None:
        return ExcelFolder(name, settings)
    return ExcelConnector(name, settings)
