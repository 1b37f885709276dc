"""Lenses: one field's two-way translation between a system's native values and the canonical one.

Promises, for every lens that both reads and writes:

- *put what you got and nothing moves*: ``put(get(n), n)`` is ``n``'s own natives, untouched; so a telephone
  number written ``01.45.67.89.01`` is never rewritten for its dots;
- *get what you put*: ``get(put(v, n)) == v``, unless the lens says in `lossy` what the system cannot hold;
  then a native that holds all it can of ``v`` is left as it is;
- a present native that cannot be read is never written over: that is `Unwritable`, with its reason.

Never: asks a system anything, cuts a value that is not plain text, drops a value without saying so.
"""

from __future__ import annotations

from hub.lenses.base import NO_REFS, Lens, LensError, NoRefs, Parked, Refs
from hub.lenses.check import Finding, LensReport, check_lens
from hub.lenses.kinds import NamedRows
from hub.lenses.make import OPTIONS, make_lens
from hub.values import Unwritable

__all__ = [
    "NO_REFS",
    "OPTIONS",
    "Finding",
    "Lens",
    "LensError",
    "LensReport",
    "NamedRows",
    "NoRefs",
    "Parked",
    "Refs",
    "Unwritable",
    "check_lens",
    "make_lens",
]
