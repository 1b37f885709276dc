"""What the recorder of tapes keeps of a conversation: none of its secrets, whoever recorded it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from sandbox.odoo import serve
from tests.connectors.odoo import cassettes
from tests.connectors.odoo.cassettes import Tape
from tests.security.canaries import SECRETS, leaks

DOORS = {"json2": 19, "jsonrpc": 14, "xmlrpc": 14}


@pytest.mark.parametrize("door", DOORS)
def test_a_recorded_tape_holds_no_secret(door: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cassettes, "RECORDING", True)
    monkeypatch.setattr(cassettes, "FOLDER", tmp_path)
    secret = SECRETS["file"]
    with serve(DOORS[door], password=secret, api_key=secret) as odoo:
        known = {"url": odoo.url, "database": odoo.database, "login": odoo.login, "transport": door}
        session = Session("odoo", Settings.model_validate({**known, "api_key": secret}))
        tape = Tape("canary")
        tape.secrets = {secret: "an-api-key"}
        with tape.conversation("a test"):
            session.ask("res.partner", "search", [])
        session.close()
    (file,) = tmp_path.glob("canary*")
    recorded = gzip.decompress(file.read_bytes())
    assert b"res.partner" in recorded
    assert not leaks(recorded), recorded.decode()


def test_no_tape_that_ships_holds_a_header_that_lets_anybody_in() -> None:
    tapes = sorted(cassettes.FOLDER.glob("*.json.gz"))
    assert tapes
    for tape in tapes:
        recorded = gzip.decompress(tape.read_bytes()).lower()
        assert b"authorization" not in recorded
        assert b"set-cookie" not in recorded
        assert b"bearer " not in recorded
