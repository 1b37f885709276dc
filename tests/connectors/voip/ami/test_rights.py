"""`hub check` of an Asterisk: each right that is missing by its name, and nothing rings for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from connectors.voip.ami.exchange import AmiExchange
from connectors.voip.ami.settings import Settings
from hub.ports import Finding
from sandbox.exchange import ALL, Account, Exchange, serve
from tests.connectors.voip.ami.peers import SECRET, Behaviour, Peer, answering
from tests.tally import tally

READ = frozenset({"system", "call", "agent"})
WRITE = frozenset({"reporting", "originate"})


def found(account: Account, prepare: Callable[[Exchange], None] = lambda pbx: None) -> list[Finding]:
    """What the check says of an exchange where the hub's user is this one."""
    pbx = Exchange({"hub": account})
    with serve(pbx):
        prepare(pbx)
        known = {"host": "127.0.0.1", "port": pbx.port, "user": "hub", "secret": SECRET}
        findings = list(AmiExchange("pbx", Settings.model_validate(known)).check())
        assert not pbx.channels, "nothing rang"
        assert not pbx.clicks
    assert not [one for one in findings if SECRET in f"{one}"]
    tally("bad inputs tried")
    return findings


def levels(findings: list[Finding]) -> dict[str, str]:
    return {one.what: one.level for one in findings}


def test_with_the_least_rights_all_is_well() -> None:
    findings = found(Account(SECRET, READ, WRITE))
    assert {one.level for one in findings} == {"ok"}
    assert findings[0].what.startswith("Asterisk 22.0.0-sandbox at 127.0.0.1:")
    assert "manager show user hub" in findings[1].message


@pytest.mark.parametrize(
    ("read", "write", "what", "level", "todo"),
    [
        (READ - {"call"}, WRITE, "read lacks call", "error", "add `call` to `read`"),
        (READ - {"system"}, WRITE, "read lacks system", "warning", "add `system` to `read`"),
        (READ, WRITE - {"reporting"}, "write lacks reporting", "error", "add `reporting` to `write`"),
        (READ, WRITE - {"originate"}, "write lacks originate", "warning", "add `originate` to `write`"),
        (
            READ,
            WRITE | {"command"},
            "write has more than is needed",
            "warning",
            "write = reporting,originate",
        ),
    ],
)
def test_a_right_too_few_or_too_many_is_named(
    read: frozenset[str], write: frozenset[str], what: str, level: str, todo: str
) -> None:
    findings = found(Account(SECRET, read, write))
    (said,) = [one for one in findings if one.what == what]
    assert said.level == level
    assert todo in said.todo
    assert "[hub] of manager.conf" in said.todo
    assert [one.what for one in findings if one.level != "ok" and one.what != "read"] == [what]


def test_no_rights_at_all_are_all_named() -> None:
    findings = levels(found(Account(SECRET, frozenset(), frozenset())))
    assert findings["write lacks reporting"] == "error"
    assert findings["write lacks originate"] == "warning"
    assert findings["read lacks system"] == "warning"
    assert findings["read"] == "warning"


def test_all_rights_work_and_are_too_many() -> None:
    findings = levels(found(Account(SECRET, frozenset(ALL), frozenset(ALL))))
    assert findings["write has more than is needed"] == "warning"
    assert "error" not in findings.values()


def test_a_wrong_secret_is_one_error() -> None:
    (only,) = found(Account("another"))
    assert only.level == "error"
    assert "refuses the login as hub" in only.what
    assert "permit" in only.todo


def test_an_exchange_that_is_not_there_is_an_error_and_one_in_clear_elsewhere_a_warning() -> None:
    known = {"host": "127.0.0.1", "port": 1, "user": "hub", "secret": SECRET}
    (only,) = AmiExchange("pbx", Settings.model_validate(known)).check()
    assert (only.level, only.what) == ("error", "no connection to 127.0.0.1:1")
    assert Settings.model_validate({**known, "host": "pbx.example.com"}).in_clear
    assert not Settings.model_validate({**known, "host": "pbx.example.com", "tls": True}).in_clear
    assert not Settings.model_validate({**known, "host": "localhost"}).in_clear


def checked(behaviour: Behaviour) -> list[Finding]:
    async def story() -> list[Finding]:
        async with answering(behaviour) as site:
            return list(await asyncio.to_thread(AmiExchange("pbx", site.settings(timeout=2)).check))

    return asyncio.run(story())


def test_the_hub_s_own_session_is_no_error() -> None:
    async def busy(peer: Peer) -> None:
        peer.raw(b"Asterisk Call Manager/11.0.0\r\n")
        asked = await peer.action()
        peer.say(("Response", "Error"), ("ActionID", asked["actionid"]), ("Message", "Login Already In Use"))

    (only,) = checked(busy)
    assert only.level == "warning"
    assert "if it is the hub itself, which is running, all is well" in only.message


def test_an_old_exchange_with_a_wrong_clock_that_quotes_the_secret_is_said_so() -> None:
    async def old(peer: Peer) -> None:
        await peer.welcome()
        await peer.succeed("ListCommands", ("Status", "x (Priv: reporting,all)"))
        await peer.succeed("CoreSettings", ("AsteriskVersion", f"13.38.3 {SECRET}"))
        await peer.succeed("Ping", ("Ping", "Pong"), ("Timestamp", "1000000000.5"))
        await peer.silence()

    findings = checked(old)
    assert SECRET not in str(findings)
    by_what = {one.what.partition(" at ")[0]: one for one in findings}
    assert by_what["Asterisk 13.38.3 •••"].level == "warning"
    assert "behind" in by_what["clock"].message


def test_an_exchange_that_breaks_off_in_the_middle_is_an_error_and_no_crash() -> None:
    async def breaks(peer: Peer) -> None:
        await peer.welcome()
        await peer.action()

    (only,) = checked(breaks)
    assert only.level == "error"
    assert "closed the connection" in only.what
