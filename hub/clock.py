"""The present time and fresh ids: the two impure values the engine hands to the pure rooms."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime


def now() -> str:
    """The present time as the store keeps it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def new_id() -> str:
    """A new golden record's id: 32 hex digits, ascending with time, so that they are stored side by side."""
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(9)}"
