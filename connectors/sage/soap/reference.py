"""By what a document of ours is known again: the text that stands in the view's `reference`. Pure.

Where the mapping fills that field, it is the mapped value (an invoice's number). Where it does not, it is the
hub's own reference, whole where it fits and else a digest of it as long as the field: the same on every
attempt, and nobody else's.
"""

from __future__ import annotations

import base64
import hashlib

from connectors.sage.soap.layout import Layout
from connectors.sage.soap.values import to_text
from hub.ports import Write

SHORTEST = 10
"""Characters below which a digest of references would meet another's."""


class TooShort(ValueError):
    """The field is too short to know a document by."""


def is_mapped(layout: Layout) -> bool:
    """Whether the mapping itself fills the reference."""
    return layout.reference is not None and layout.reference.name in layout.slots


def text_for(layout: Layout, ref: str) -> str:
    """What an unmapped reference says for this reference of the hub's. Raises `TooShort`."""
    assert layout.reference is not None
    length = layout.reference.info.length
    if not length or len(ref) <= length:
        return ref
    if length < SHORTEST:
        raise TooShort(f"{layout.reference.name} holds {length} characters; at least {SHORTEST} are needed")
    digest = hashlib.blake2b(ref.encode(), digest_size=20).digest()
    return base64.b32encode(digest).decode()[:length]


def text_of(layout: Layout, write: Write) -> str:
    """What the reference of a new record says; empty where the mapping leaves it so.

    Raises `TooShort`, or `Misfit` where the mapped value does not fit.
    """
    assert layout.reference is not None
    if not is_mapped(layout):
        return text_for(layout, write.ref)
    slot = layout.reference
    return to_text(write.values.get(slot.name), slot.native.type, slot.info.type, slot.info.length).strip()
