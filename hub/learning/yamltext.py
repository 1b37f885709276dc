"""A stranger's words inside a YAML file that people are to read: as a value, or in a comment."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NO_WORDS = ("true", "false", "null", "yes", "no", "on", "off")


def scalar(text: str) -> str:
    """A text as YAML reads it back: bare where that is safe, what cannot be seen escaped."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NO_WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def one_line(text: str) -> str:
    """Words safe inside a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
