"""How a number and a telephone are called on this exchange, and what its settings may hold."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.registry import settings as registered
from connectors.voip.ami.dialling import as_dialled, order
from connectors.voip.ami.settings import Settings
from hub.ports import Misconfigured

LEAST = {"host": "pbx.example.com", "user": "hub", "secret": "c0ffee5ec4e7"}


def settings(**more: Any) -> Settings:
    return Settings.model_validate({**LEAST, **more})


@pytest.mark.parametrize(
    ("number", "more", "dialled"),
    [
        ("+33450123456", {}, "+33450123456"),
        ("+33450123456", {"dial_format": "international"}, "0033450123456"),
        ("+33450123456", {"dial_format": "national"}, "0450123456"),
        ("+33450123456", {"dial_format": "national", "dial_prefix": "9"}, "90450123456"),
        ("+262262123456", {"dial_format": "national"}, "0262123456"),
        ("+590590123456", {"dial_format": "national"}, "0590123456"),
        ("+33450123456", {"dial_format": "national", "country_code": "262"}, "0450123456"),
        ("+41221234567", {"dial_format": "national"}, "0041221234567"),
        ("+41221234567", {"dial_format": "national", "country_code": "41"}, "0221234567"),
        ("+33450123456", {"dial_format": "national", "country_code": "41"}, "0033450123456"),
        ("+41221234567", {"dial_format": "international", "dial_prefix": "0"}, "00041221234567"),
    ],
)
def test_a_number_is_dialled_as_the_dialplan_takes_it(
    number: str, more: dict[str, str], dialled: str
) -> None:
    assert as_dialled(settings(**more), number) == dialled


def test_an_order_rings_the_agent_first_and_can_be_told_again() -> None:
    told = settings(channel="Local/{agent}@from-internal/n", context="from-internal", caller_id="{agent}")
    assert dict(order("pbx", told, "101", "+33450123456", "odoo-7")) == {
        "Channel": "Local/101@from-internal/n",
        "Context": "from-internal",
        "Exten": "+33450123456",
        "Priority": "1",
        "CallerID": "101",
        "ChannelId": "odoo-7",
        "Timeout": "30000",
        "Async": "true",
    }
    with pytest.raises(Misconfigured, match="no id"):
        order("pbx", told, "101", "+33450123456", "odoo 7\r\n")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("channel", "PJSIP/101"), ("channel", "{agent}"), ("channel", "PJSIP/{agent}\r\nAction: x"),
        ("channel", "PJSIP/{agent}{context}"), ("channel", "PJSIP/{agent}{"), ("caller_id", "{name}"),
        ("context", "a\nb"), ("host", ""), ("host", "pbx\r\n"), ("user", "hub\r\nSecret: x"), ("port", 0),
        ("port", 70000), ("secret", ""), ("agents", "(\\d"), ("trunks", "*"), ("dial_prefix", "0w"),
        ("country_code", "033"), ("keep_alive", 0), ("timeout", 0), ("kind", "sip"), ("unknown", 1),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_named(key: str, value: object) -> None:
    with pytest.raises(ValidationError) as said:
        settings(**{key: value})
    assert said.value.errors()[0]["loc"][0] == key
    assert LEAST["secret"] not in str(said.value).replace(f"{LEAST}", "")


def test_the_registry_knows_the_kind_and_the_secret_prints_as_stars() -> None:
    made = registered("pbx", "ami", LEAST)
    assert isinstance(made, Settings)
    assert LEAST["secret"] not in repr(made)
    assert (made.port, made.tls, made.place) == (5038, False, "pbx.example.com:5038")
