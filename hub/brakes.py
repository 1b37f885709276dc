"""The brakes: what stops a route whose input looks wrong, before it does harm.

A brake compares what a pull would do with what is normal and answers with a sentence, or with nothing. It
changes nothing itself. Floors keep small bases workable: three deletions are never suspicious.
"""

from __future__ import annotations

DELETION_SHARE = 0.2
DELETION_FLOOR = 5


def emptied(system: str, gone: int, known: int) -> str:
    """Nothing is left of more than a few records: an empty read is a broken source until a person says no."""
    if gone < known or gone <= DELETION_FLOOR:
        return ""
    return f"none of the {known} known records is in {system} any more, so none was treated as deleted"


def deletions(system: str, gone: int, known: int) -> str:
    """Too many records gone at once: more than a fifth, and more than five."""
    if gone <= DELETION_FLOOR or gone <= known * DELETION_SHARE:
        return ""
    return (
        f"{gone} of {known} records are no longer in {system}; that many at once is more often a broken "
        f"source than a decision, so none was treated as deleted"
    )
