"""What `hub.yaml` may say of an Odoo, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.odoo import connect
from connectors.odoo.settings import Settings

GOOD: dict[str, Any] = {
    "url": "https://odoo.example.com",
    "database": "hub",
    "login": "hub",
    "password": "p-1",
}


@pytest.mark.parametrize("tail", ["", "/", "/web", "/web/login", "/odoo"])
def test_the_address_people_copy_from_their_browser_is_taken(tail: str) -> None:
    assert Settings.model_validate({**GOOD, "url": GOOD["url"] + tail}).url == "https://odoo.example.com"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"url": "odoo.example.com"}, "address"),
        ({"url": "https://a:b@odoo.example.com"}, "password"),
        ({"password": None}, "api_key"),
        ({"transport": "json2"}, "api_key"),
        ({"login": ""}, "login"),
        ({"transport": "xmlrpc", "login": "", "api_key": "k"}, "login"),
        ({"databse": "x"}, "databse"),
        ({"overlap_minutes": 0}, "overlap_minutes"),
    ],
)
def test_a_mistake_is_named(change: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        Settings.model_validate({**GOOD, **change})


def test_a_secret_does_not_show() -> None:
    settings = Settings.model_validate({**GOOD, "api_key": "k-2"})
    assert "p-1" not in repr(settings)
    assert "k-2" not in repr(settings)
    assert settings.secret == "k-2"


def test_connecting_sends_nothing() -> None:
    connector = connect("erp", Settings.model_validate({**GOOD, "url": "http://127.0.0.1:9"}))
    assert connector.name == "erp"
    connector.close()
    connector.close()
