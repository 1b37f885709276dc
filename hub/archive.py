"""The lens for "this record is archived", for systems that can archive.

It needs no line in a mapping: archiving is the same question everywhere. The native value is carried under
`ARCHIVED` beside the record's own fields, so that base, merge, conflict and journal treat it like any field.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.lenses import Lens, NoRefs, Refs
from hub.model import ARCHIVED
from hub.ports import Native
from hub.values import Canonical, make_type

_NO_REFS = NoRefs()


class ArchiveLens(Lens):
    """`get` and `put` of the archived state; a golden record that knows none leaves the system's own."""

    def get(self, native: Mapping[str, Native], refs: Refs = _NO_REFS) -> Canonical:
        return bool(native.get(ARCHIVED))

    def put(self, value: Canonical, native: Mapping[str, Native], refs: Refs = _NO_REFS) -> dict[str, Native]:
        return {} if value is None else {ARCHIVED: bool(value)}


def archive_lens(system: str, direction: str) -> ArchiveLens:
    """The lens for one system, reading and writing as its route does."""
    return ArchiveLens(
        ARCHIVED,
        make_type("boolean"),
        system,
        (ARCHIVED,),
        reads=direction in ("both", "pull", "observe"),
        writes=direction in ("both", "push"),
    )
