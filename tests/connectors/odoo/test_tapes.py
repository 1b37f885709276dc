"""The tapes themselves: what they hold, and what they must not."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException

from tests.connectors.odoo.cassettes import FOLDER, RECORDING, Tape
from tests.connectors.odoo.office import DOORS, Office

TAPES = [f"odoo{version}-{door}" for version, door in DOORS]
PRIVATE = re.compile(r"127\.0\.0\.1|localhost|session_id=|[Bb]earer |/srv/|/var/|/root/|\b[0-9a-f]{40}\b")


@pytest.mark.parametrize("name", TAPES)
def test_a_tape_holds_nothing_of_the_machine_it_was_recorded_on(name: str) -> None:
    text = gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()).decode()
    assert not PRIVATE.search(text), PRIVATE.search(text)


def test_every_tape_holds_the_same_tests() -> None:
    tests = []
    for name in TAPES:
        entries = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
        tests.append({re.sub(r"\[.*\]", "", test) for test in entries})
    assert all(found == tests[0] for found in tests)


@pytest.mark.skipif(RECORDING, reason="recording: everything is answered by a real server")
def test_a_request_that_was_not_recorded_is_refused() -> None:
    tape = Tape(TAPES[0])
    (known, *_) = tape.load()
    with tape.conversation(known), pytest.raises(CannotOverwriteExistingCassetteException):
        Office(19).call("res.partner", "search", [["name", "=", "never asked"]])
