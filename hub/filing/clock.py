"""How far the file server's clock is from ours: the time it gives a new file.

A file's time of change comes from the machine its folder lies on. The file is the hub's own, made for
a moment, only where the hub may write; where it cannot be made, nothing is known.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from hub.ports import ClockReading

GRAIN = 0.02
"""Seconds: file systems take their time from a clock that ticks every few milliseconds."""

COARSE = 2.0
"""Seconds: the coarsest file systems keep whole, even seconds."""


def clock_of(folder: Path) -> ClockReading | None:
    """The offset of the machine this folder lies on; ``None`` where no file can be made there."""
    try:
        asked = time.time()
        handle, name = tempfile.mkstemp(prefix=".hub-", suffix=".tmp", dir=folder)
        try:
            os.write(handle, b"\0")
            os.fsync(handle)
        finally:
            os.close(handle)
            answered = time.time()
            stamp = os.stat(name).st_mtime_ns
            os.unlink(name)
    except OSError:
        return None
    grain = GRAIN if stamp % 10**9 else COARSE
    low, high = stamp / 1e9 - answered, stamp / 1e9 - asked + grain
    return ClockReading((low + high) / 2, (high - low) / 2 + grain)
