"""Taking secrets out of whatever is about to be shown, logged or kept.

A `Redactor` is told every secret value of the configuration and puts ``•••`` in its place wherever it stands
in a text, in every spelling in which a library or a server may quote it: in a URL, in JSON, XML or HTML, in
`repr`, as bytes, in Base64 (alone, or as ``login:password`` in a header), in hexadecimal, in another case of
those escapes, or one of them in another. Of a long secret, a part that a message was cut in is hidden too.

It promises: thread-safe; what was learnt stays hidden for the life of the process. Never: changes a record's
own values, which are nobody's secret even where they happen to be spelled like one.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "•••"

_SHORTEST = 4
"""Letters below which nothing is hidden: it would take every message apart, and keep no secret."""
_LONG = 16
"""Characters from which a part of a secret is hidden too."""
_PART = 10
"""Characters of the beginning or the end of a long secret that give it away."""
_ENCODED = 6
"""Characters from which a secret is looked for in Base64: of fewer, too little is left to be told by."""
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")


class Redactor:
    """Replaces secrets in everything that is about to be written. Thread-safe; only ever learns more."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._secrets: frozenset[str] = frozenset()
        self._spellings: tuple[str, ...] = ()
        self._cores: tuple[str, ...] = ()
        self._long: tuple[str, ...] = ()
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these from now on, in every spelling in which a library might show them."""
        with self._lock:
            found = frozenset(part for secret in secrets for part in _parts(secret)) | self._secrets
            if found == self._secrets:
                return
            self._secrets = found
            # The longest first: a secret may be part of another.
            self._spellings = _longest_first(text for secret in found for text in spellings(secret))
            self._cores = _longest_first(core for secret in found for core in _base64_cores(secret))
            self._long = _longest_first(secret for secret in found if len(secret) >= _LONG)

    def clean(self, text: str) -> str:
        """The text without any secret."""
        for spelling in self._spellings:
            if spelling in text:
                text = text.replace(spelling, HIDDEN)
        for core in self._cores:
            if core in text:
                text = _without_runs(text, core)
        for secret in self._long:
            text = _without_part(text, secret)
        return text

    def value(self, value: Any) -> Any:
        """The value without any secret, whatever it is made of."""
        if isinstance(value, str):
            return self.clean(value)
        if value is None or isinstance(value, bool | int | float):
            return value if self.clean(str(value)) == str(value) else HIDDEN
        if isinstance(value, bytes):
            return self.clean(value.decode("utf-8", "backslashreplace"))
        if isinstance(value, Mapping):
            return {self.clean(str(key)): self.value(one) for key, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(one) for one in value]
        return self.clean(str(value))

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
        """As structlog's processor."""
        return {self.clean(str(key)): self.value(value) if key != "_record" else value
                for key, value in event.items()}  # fmt: skip


redactor = Redactor()
"""The process's own: the log, the error screens and everything a system says go through it."""


def spellings(secret: str) -> set[str]:
    """How a secret may look once one library, or two in a row, have put it in a text of theirs."""
    forms = {secret, " ".join(secret.split())}
    forms |= {unicodedata.normalize("NFC", secret), unicodedata.normalize("NFD", secret)}
    once = {text for form in forms for text in _written(form)}
    twice = {text for form in once for text in _written(form)}
    return {text for text in forms | once | twice if text} | _in_hexadecimal(secret)


def _written(text: str) -> Iterator[str]:
    """One library's way to put a text into another."""
    yield text
    for percent in (quote(text), quote(text, safe=""), quote_plus(text)):
        yield percent
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), percent)
    for escaped in (json.dumps(text)[1:-1], ascii(text)[1:-1]):
        yield escaped
        yield re.sub(r"\\[ux][0-9a-f]+", lambda found: found[0][:2] + found[0][2:].upper(), escaped)
        yield escaped.replace("/", r"\/")
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield repr(text)[1:-1]
    # Python's repr chooses its quotes by what else is in the text, and escapes accordingly.
    yield repr(text + "\"'")[1:-4]
    data = text.encode("utf-8", "surrogatepass")
    yield repr(data)[2:-1]
    yield data.decode("latin-1")
    marked = html.escape(text, quote=False)
    yield marked
    yield html.escape(text)
    yield marked.replace('"', "&#34;").replace("'", "&#39;")
    yield marked.replace('"', "&quot;").replace("'", "&apos;")
    yield marked.replace('"', "&quot;")


def _in_hexadecimal(secret: str) -> set[str]:
    if len(secret) < _ENCODED:
        return set()
    digits = secret.encode("utf-8", "surrogatepass").hex()
    return {digits, digits.upper()}


def _base64_cores(secret: str) -> set[str]:
    """The letters that stand in any Base64 text that holds the secret, whatever stands before and after it.

    Three bytes become four letters, so there are three ways, by how many bytes stand before.
    """
    if len(secret) < _ENCODED:
        return set()
    found = set()
    for encoding in ("utf-8", "latin-1"):
        try:
            data = secret.encode(encoding)
        except UnicodeEncodeError:
            continue
        for before, shared in ((0, 0), (1, 2), (2, 3)):
            letters = base64.b64encode(bytes(before) + data).decode().rstrip("=")
            core = letters[shared : len(letters) - bool((before + len(data)) % 3)]
            found |= {core, core.replace("+", "-").replace("/", "_"), quote(core, safe="")}
    return found


def _parts(secret: str) -> Iterator[str]:
    """The secret, and the lines of one that has several (a private key): each may be shown alone."""
    if len(secret.strip()) < _SHORTEST:
        return
    yield secret
    lines = secret.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= _PART)


def _without_runs(text: str, core: str) -> str:
    """The text without the whole Base64 words that hold these letters."""
    at = text.find(core)
    while at >= 0:
        first, last = at, at + len(core)
        while first and text[first - 1] in _BASE64:
            first -= 1
        while last < len(text) and text[last] in _BASE64:
            last += 1
        text = text[:first] + HIDDEN + text[last:]
        at = text.find(core, first + len(HIDDEN))
    return text


def _without_part(text: str, secret: str) -> str:
    """The text without the beginning or the end of a secret that was cut in two."""
    for part, grown in ((secret[:_PART], _grown_right), (secret[-_PART:], _grown_left)):
        at = text.find(part)
        while at >= 0:
            first, last = grown(text, secret, at)
            text = text[:first] + HIDDEN + text[last:]
            at = text.find(part, first + len(HIDDEN))
    return text


def _grown_right(text: str, secret: str, at: int) -> tuple[int, int]:
    length = _PART
    while length < len(secret) and text[at + length : at + length + 1] == secret[length]:
        length += 1
    return at, at + length


def _grown_left(text: str, secret: str, at: int) -> tuple[int, int]:
    length = _PART
    last = at + _PART
    while length < len(secret) and last > length and text[last - length - 1] == secret[-length - 1]:
        length += 1
    return last - length, last


def _longest_first(texts: Iterable[str]) -> tuple[str, ...]:
    key: Callable[[str], tuple[int, str]] = lambda text: (-len(text), text)  # noqa: E731
    return tuple(sorted(set(texts), key=key))
