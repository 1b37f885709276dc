"""The name of a document made for a record: `Contrat {number} - {customer}.docx` with its values.

Promises: a name that every system can hold, on Windows and on shares too: no path, no control characters, no
reserved name, no blank or point at its end, nothing that the hub or an office program takes for a mark of
its own (`~$`, `.hub-`). The same values make the same name. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from hub.filing.faults import misconfigured

LONGEST = 120
"""Letters of a name without its ending: paths on Windows end at 260."""
_PLACE = re.compile(r"\{([^{}]*)\}")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


def names_in(pattern: str, what: str) -> list[str]:
    """The fields a pattern names. Raises `Fault` for a pattern that makes no `.docx` in this folder."""
    if not pattern.lower().endswith(".docx") or "/" in pattern or "\\" in pattern:
        raise misconfigured(
            f"{what} makes no file name: {pattern!r}", todo="end it in .docx, and name no folder in it"
        )
    names = _PLACE.findall(pattern)
    if not names or any(not re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names):
        why = "nothing in it tells one record from another" if not names else f"it names {', '.join(names)}"
        raise misconfigured(f"{what} is {pattern!r}", why, "name fields in it: {number}")
    return names


def file_name(pattern: str, values: Mapping[str, object]) -> str:
    """The pattern with its values; an empty one leaves its place, and blanks around it, out."""
    stem = _PLACE.sub(lambda found: _safe(values.get(found[1])), pattern[: -len(".docx")])
    stem = re.sub(r"^[\s.~-]+|[\s.-]+$", "", " ".join(stem.split()))[:LONGEST].rstrip(" .")
    if not stem or _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    return f"{stem}.docx"


def _safe(value: object) -> str:
    text = unicodedata.normalize("NFC", "" if value is None else str(value))
    text = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") else letter for letter in text
    )
    return _FORBIDDEN.sub("-", text).strip()
