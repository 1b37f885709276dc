"""Which numbers may be dialled by a click: prefixes, the longest that fits decides. Pure.

Promises: what is no whole number in E.164 is never dialled (no short codes, no letters, no feature codes),
and nothing is that no prefix allows. Never: dials.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_E164 = re.compile(r"\+[1-9]\d{6,14}")


def refusal(number: str, allow: Sequence[str], deny: Sequence[str]) -> str | None:
    """Why this number (E.164) may not be dialled; ``None`` if it may. A prefix in both is denied."""
    if not _E164.fullmatch(number):
        return "this is no whole telephone number"
    allowed = max((len(one) for one in allow if number.startswith(one)), default=-1)
    denied = max((len(one) for one in deny if number.startswith(one)), default=-1)
    if denied >= allowed:
        return "numbers of this kind may not be dialled from here" if denied >= 0 else _UNKNOWN
    return None


_UNKNOWN = "numbers of this country or kind are not among those that may be dialled from here"
