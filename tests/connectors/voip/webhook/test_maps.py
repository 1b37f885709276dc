"""A map of one's own: what may stand in it, and how each mistake is answered with its place."""

from __future__ import annotations

import asyncio
import re
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.assembly import Assembly
from connectors.voip.webhook import connect, fieldmap, profiles
from connectors.voip.webhook.paths import find, moment, number, seconds, steps
from hub.exchange import CallEvent
from hub.ports import Misconfigured
from tests.connectors.voip.webhook.tools import NOW, TOKEN, Office, in_query, post, running, settings, webhook

OWN = """
title: Our exchange
checked: the messages it sent us in March
live: true
trust: {by: token, query: key}
event: what
fields:
  call_id: {all: [site, call.id]}
  number: {from: call.number, as: number}
  direction: {from: call.way, values: {0: inbound, 1: outbound}}
  agent: [call.agent.mail, call.agent.ext]
  at: {from: when, as: time}
rules:
  - {if: {what: ring}, say: [{kind: started, agent: {is: ""}}, ringing]}
  - {if: {what: [up, talk], call.way: 0}, say: answered}
  - {if: {what: down}, say: {kind: ended, at: {from: began, as: iso, plus: lasted}}}
  - {if: {what: {starts: "sms."}}, ignore: not a call}
"""


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "our-exchange.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_map_of_one_s_own_tells_a_call(tmp_path: Path) -> None:
    path = own(tmp_path, OWN)
    call = {"id": 7, "number": "0033 1 99 00 00 42", "way": 0, "agent": {"ext": 101}}

    async def story() -> None:
        exchange = webhook(map=path, token=TOKEN, timezone="Europe/Paris")
        async with running(exchange) as ear:
            for message in (
                {"what": "ring", "site": "A", "call": call, "when": NOW.timestamp()},
                {"what": "up", "site": "A", "call": call, "when": "2026-03-02T10:30:05+01:00"},
                {"what": "sms.sent", "site": "A"},
                {"what": "down", "site": "A", "call": call, "began": "2026-03-02 10:30:00", "lasted": "65"},
            ):
                assert await post(exchange, in_query(message)) == 200
            found = Office.of(ear).call
            assert (found.call_id, found.number, found.answered_by) == ("A/7", "+33199000042", "101")
            assert (found.outcome, found.talk_seconds, found.direction) == ("answered", 60, "inbound")
            assert exchange.counts["ignored"] == 1
            assert [event.leg_id for event in ear.of(CallEvent) if event.kind == "ringing"] == ["A/7/101"]

    asyncio.run(story())


MISTAKES = {
    "say: ringin": ("say: ringing", "14:"),
    "as: numbr": ("as: number}", "10:"),
    "{0: inbond": ("{0: inbound", "11:"),
    "by: tokn": ("by: token", "5:"),
    "filds:": ("fields:", "7:"),
    "call..number": ("call.number", "9:"),
    "cal_id:": ("call_id:", "8:"),
    "ignor: not": ("ignore: not", "18:"),
    "title: [": ("title: Our exchange", "2:"),
    "rules:\n  - {say: ended, ignore: both}\n#": ("rules:\n", "15:"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_map_has_its_place(tmp_path: Path, mistake: str) -> None:
    right, _place = MISTAKES[mistake]
    text = OWN.replace(right, mistake + ("" if mistake.endswith("#") else right[len(right) :]), 1)
    if mistake == "say: ringin":
        text = OWN.replace("say: answered", "say: answerd")
    assert text != OWN
    with pytest.raises(Misconfigured) as found:
        connect("standard", settings(map=own(tmp_path, text), token=TOKEN))
    assert "our-exchange.yaml:" in str(found.value)
    line = int(str(found.value).split("our-exchange.yaml:")[1].split(":")[0])
    assert 1 < line <= len(text.splitlines())


def test_the_page_for_admins_shows_a_map_and_settings_that_are_right(tmp_path: Path) -> None:
    page = (Path(__file__).parents[4] / "docs" / "webhooks.md").read_text("utf-8")
    blocks = [textwrap.dedent(one) for one in re.findall(r"^ *```yaml\n(.*?)^ *```$", page, re.M | re.S)]
    map = profiles.load("x", own(tmp_path, next(one for one in blocks if one.startswith("title:"))))
    call = {"id": 7, "from": "+33 1 99 00 00 42", "to": "0199000001", "way": "in", "answered": False,
            "agent": {"extension": 101}, "ended_by": "caller"}  # fmt: skip
    kinds = [
        [event.kind for said in fieldmap.read(map, {"type": type, "call": call}, "x", NOW, UTC).said
         for event in said.events]
        for type in ("call.ringing", "call.answered", "call.hangup", "contact.new")
    ]  # fmt: skip
    assert kinds == [["started", "ringing"], ["answered"], ["gave up", "ended"], []]

    (tmp_path / ".env").write_text(f"AIRCALL_TOKEN={TOKEN}\n", "utf-8")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "thing.yaml").write_text(
        "entity: thing\nfields: {name: {type: text}}\nmatch: [{exact: [name]}]\n"
        "systems: {office: {object: res.partner, fields: {name: name}}}\n", "utf-8"
    )  # fmt: skip
    config = "database: sqlite:///hub.sqlite\n" + next(one for one in blocks if one.startswith("systems:"))
    (tmp_path / "hub.yaml").write_text(
        config + "  ours:\n    kind: webhook\n    map: our-exchange.yaml\n    secret: ${AIRCALL_TOKEN}\n"
        '    ips: [198.51.100.0/24, "2001:db8::/32"]\n    window: 60\n'
        "  office: {kind: odoo, url: 'https://o.test', database: d, api_key: '${AIRCALL_TOKEN}'}\n", "utf-8"
    )  # fmt: skip
    with Assembly.load(tmp_path / "hub.yaml", {}) as assembly:
        exchanges = assembly.exchanges()
        assert set(exchanges) == {"standard", "ours"}
        assert TOKEN in assembly.secrets
        assert all(one.level != "error" for exchange in exchanges.values() for one in exchange.check())
    for word in (name for name in profiles.names()):
        assert page.count(f"| `{word}` |") == 2, f"{word} has a row in both tables"


def test_a_map_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        connect("standard", settings(map=tmp_path / "none.yaml", token=TOKEN))
    with pytest.raises(Misconfigured, match="no profile called aircal"):
        connect("standard", settings("aircal", token=TOKEN))


def test_every_profile_says_what_it_was_checked_against_and_that_it_was_not_live() -> None:
    for name in profiles.names():
        map = profiles.shipped("x", name)
        text = (profiles.FOLDER / f"{name}.yaml").read_text("utf-8")
        assert len(map.checked) > 20
        assert not map.live
        head = text.split("title:")[0]
        assert "Checked against:" in head
        assert "Not live." in head.replace("\n# ", " ")


def test_paths_find_what_is_there_and_nothing_else() -> None:
    message = {"a": {"b": [{"c": 1}, 2]}, "x": None}
    assert find(message, steps("a.b[0].c")) == 1
    for path in ("a.b[2]", "a.b[0].c.d", "x.y", "a[0]", "nothing", "a.b.c"):
        assert find(message, steps(path)) is None
    for wrong in ("", ".", "a.", ".a", "a[", "a[x]", "a[-1]", "a[*]", "[0]", "a..b"):
        with pytest.raises(ValueError, match="is no path"):
            steps(wrong)


def test_times_are_read_in_every_form_and_lengths_are_added() -> None:
    paris = ZoneInfo("Europe/Paris")
    for value, form in (
        (NOW.timestamp(), "seconds"),
        (str(int(NOW.timestamp())), "time"),
        (int(NOW.timestamp() * 1000), "time"),
        (NOW.timestamp() * 1000, "milliseconds"),
        ("2026-03-02T09:30:00Z", "iso"),
        ("2026-03-02 10:30:00", "iso"),
        ("2026/03/02 10:30:00", "time"),
        ("2026-03-02T09:30:00.000+0000", "iso"),
    ):
        assert moment(value, form, paris) == NOW, (value, form)
    assert moment("1999-12-31", "iso", UTC) is None
    assert moment("", "time", UTC) is None
    assert seconds("65").total_seconds() == 65
    assert (
        seconds("a while").total_seconds() == seconds(-5).total_seconds() == seconds(1e9).total_seconds() == 0
    )
    assert isinstance(moment(0.5e9 * 2, "seconds", UTC), datetime)


def test_a_number_without_its_plus_has_it_back_only_where_the_map_says_so() -> None:
    assert number("33199000042", international=True) == "+33199000042"
    assert number("33199000042") == "33199000042"
    assert number("101", international=True) == "101"
    assert number("0199000042", international=True) == "0199000042"
    assert number("00") == "00"
