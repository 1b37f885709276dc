"""Texts that a spreadsheet would run when somebody opens a file of delimited lines in it. Pure.

A workbook says of each cell that it is text; delimited lines cannot. What begins with ``=`` is a formula to
every program; what begins with ``+``, ``-`` or ``@`` is one where it calls something: a telephone number, an
amount and a discount begin so too, and calculate nothing but themselves.
"""

from __future__ import annotations

import re

_CALL = re.compile(r"[|!]|[A-Za-z_.]\s*\(")
"""Another program (``cmd|'…'!A0``), another sheet, or a function (``WEBSERVICE(``)."""


def runs_as_formula(text: str) -> bool:
    """Whether a spreadsheet would run this, read from a file of delimited lines."""
    stripped = text.lstrip(" \t\r\n\u00a0\ufeff")
    return stripped.startswith("=") or (stripped.startswith(("+", "-", "@")) and bool(_CALL.search(stripped)))
