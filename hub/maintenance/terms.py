"""What a golden contract says that matters for visits and alerts. Pure.

A term that is missing or cannot be used is ``None`` and named in `Terms.missing`: nothing is assumed of a
contract that does not say how often.
"""

from __future__ import annotations

from typing import Final

TERMS: Final = (
    "number", "title", "customer", "town", "starts_on", "ends_on", "duration", "renewal", "periodicity",
    "months_off", "hours", "amount", "state",
)  # fmt: skip
"""The terms of a contract, by the names its fields have unless `fields` in hub.yaml says otherwise."""
