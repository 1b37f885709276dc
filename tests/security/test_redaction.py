"""A secret is hidden in whatever spelling somebody quotes it."""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
import xml.sax.saxutils
from collections.abc import Callable, Mapping

import pytest
import requests.auth
from hypothesis import given
from hypothesis import strategies as st

from hub.redaction import HIDDEN, Redactor

HARD = [
    "p@ss/\"é\\w'ord",
    "Canary-ôé/5#x&y",
    "a b+c%20d",
    "<&>'\"!x",
    "mot de passe très long, avec des mots",
    "٣日本語🔑x",
]

WRITERS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda text: f"refused: {text}!",
    "in a URL": lambda text: f"https://hub:{urllib.parse.quote(text, safe='')}@host/",
    "in a URL, small letters": lambda text: (
        urllib.parse.quote(text, safe="").lower()
        if text.isascii() and text == text.lower()
        else re.sub("%..", lambda found: found[0].lower(), urllib.parse.quote(text, safe=""))
    ),
    "in a form": lambda text: urllib.parse.urlencode({"password": text}),
    "as JSON": lambda text: json.dumps({"params": {"args": ["db", 2, text]}}),
    "as JSON of letters": lambda text: json.dumps([text], ensure_ascii=False),
    "as JSON of PHP": lambda text: json.dumps(text).replace("/", "\\/"),
    "as repr": lambda text: repr(("hub", 2, text)),
    "as repr beside quotes": lambda text: repr(f'it\'s "{text}"'),
    "as ascii": lambda text: ascii([text]),
    "as bytes": lambda text: repr(text.encode()),
    "as HTML": lambda text: f"<b>{html.escape(text)}</b>",
    "as XML": lambda text: f"<string>{xml.sax.saxutils.escape(text)}</string>",
    "as an XML attribute": lambda text: xml.sax.saxutils.escape(text, {'"': "&quot;", "'": "&apos;"}),
    "read as latin-1": lambda text: text.encode().decode("latin-1"),
    "in Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in the Base64 of URLs": lambda text: base64.urlsafe_b64encode(b"x" + text.encode() + b"yz").decode(),
    "in hexadecimal": lambda text: text.encode().hex(),
}


def cleaned(secret: str, text: str) -> str:
    return Redactor([secret]).clean(text)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("secret", HARD)
def test_a_secret_is_hidden_however_it_is_written(secret: str, writer: str) -> None:
    text = WRITERS[writer](secret)
    found = cleaned(secret, text)
    assert HIDDEN in found
    assert not remains(secret, found, text)


@pytest.mark.parametrize("outer", WRITERS)
@pytest.mark.parametrize("inner", [name for name in WRITERS if "Base64" not in name and "hexa" not in name])
def test_a_text_with_a_secret_that_is_written_again_shows_it_no_more(inner: str, outer: str) -> None:
    if "Base64" in outer or "hexa" in outer:
        # Base64 of a longer message is no spelling of the secret: only the plain one is looked for there.
        inner = "plain"
    secret = "p@ss/\"é\\w'ord"
    text = WRITERS[outer](WRITERS[inner](secret))
    if "hexa" not in outer:
        assert not remains(secret, cleaned(secret, text), text)


@pytest.mark.parametrize("login", ["", "a", "hub", "hub@example.com", "é"])
@pytest.mark.parametrize("secret", ["abcdef", *HARD[:3], "f" * 40])
def test_a_header_with_login_and_password_is_hidden_whatever_the_login(login: str, secret: str) -> None:
    for data in (f"{login}:{secret}".encode(), f"{login}:{secret}".encode("latin-1")):
        header = f"Authorization: Basic {base64.b64encode(data).decode()}\r\n"
        assert cleaned(secret, header) == f"Authorization: Basic {HIDDEN}\r\n"


def test_the_header_that_requests_makes_is_hidden() -> None:
    made = requests.Request("GET", "http://host/", auth=requests.auth.HTTPBasicAuth("hub", "s3cret-ünter"))
    header = made.prepare().headers["Authorization"]
    assert cleaned("s3cret-ünter", str(header)) == f"Basic {HIDDEN}"


@given(st.text(min_size=6, max_size=40).filter(str.strip), st.text(max_size=30), st.text(max_size=30))
def test_any_secret_is_hidden_in_any_text(secret: str, before: str, after: str) -> None:
    for write in (json.dumps, ascii, html.escape, urllib.parse.quote_plus):
        inner = write(secret)[1:-1] if write in (json.dumps, ascii) else write(secret)
        assert inner not in cleaned(secret, write(f"{before} {secret} {after}"))
    assert secret not in cleaned(secret, f"{before}{secret}{after}")


def test_a_part_that_a_message_was_cut_in_is_hidden_too() -> None:
    key = "8c1f0e2b7d3a4956c0ffee112233445566778899"
    for length in range(10, len(key)):
        assert cleaned(key, f"key {key[:length]}…") == f"key {HIDDEN}…"
        assert cleaned(key, f"…{key[-length:]} is wrong") == f"…{HIDDEN} is wrong"
    assert cleaned(key, key[:9]) == key[:9], "so little may be anything"


def test_the_lines_of_a_private_key_are_hidden_one_by_one() -> None:
    key = "-----BEGIN KEY-----\nMIIEvgIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----"
    assert "MIIEvgIBADANBgkq" not in cleaned(key, "line 2: MIIEvgIBADANBgkq")


def test_nothing_else_is_touched() -> None:
    text = "Odoo refuses: «Le code postal» 38000 – admin hub@example.com YWJj"
    assert Redactor(["p@ss/word", "0123456789abcdef0123"]).clean(text) == text
    assert Redactor([]).clean(text) == text
    assert Redactor(["", "  ", "k", "de"]).clean(text) == text, "so short is no secret"


def remains(secret: str, found: str, text: str) -> bool:
    """Whether a cleaned text still holds the secret or, decoded again, shows it."""
    decoded = [found, html.unescape(found), urllib.parse.unquote_plus(found)]
    for word in re.findall(r"[A-Za-z0-9+/_-]{4,}", found):
        try:
            decoded.append(
                base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_").decode("utf-8", "replace")
            )
        except ValueError:
            continue
    assert text != found, "it was not even changed"
    return any(secret in one for one in decoded)
