"""Ids for documents that are yet to be made, where the mapping says how: `new_key`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.filing.faults import misconfigured
from hub.filing.keys import new_keys
from hub.ports import View


def new_ids(
    view: View, key: Sequence[str], present: Iterable[str], taken: Iterable[str], count: int
) -> list[str]:
    """`count` free ids. Raises `Fault` where none can be made up."""
    if len(key) != 1:
        known = f"by {' and '.join(key)} together" if key else "by their file"
        raise misconfigured(
            f"a new {view.object} needs an id, and they are known {known}: none can be made up",
            todo="let one field be the key, and say how to make it: new_key in the mapping",
        )
    pattern = view.options.get("new_key")
    return new_keys(
        None if pattern is None else str(pattern), present, taken, count, view.object, "the folder"
    )
