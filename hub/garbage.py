"""Making many records at once without the cyclic collector walking them again and again meanwhile.

A page of records and what the planner makes of it are made together and die together, freed by reference
counting. The collector, woken by so many new objects, would look at all of them over and over: measured, a
third of the planning time of a first load.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No cyclic collection in this block; afterwards it is as it was."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
