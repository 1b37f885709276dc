"""Fixtures: an office on tape. With ``HUB_RECORD=1`` the tape is recorded from the real servers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.connectors.odoo.cassettes import DATABASE, HOST, KEY, RECORDING, Tape
from tests.connectors.odoo.office import DOORS, Office

_tapes: dict[str, Tape] = {}
_offices: dict[str, Office] = {}


@pytest.fixture(params=DOORS, ids=lambda door: f"{door[0]}-{door[1]}")
def door(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A real server's version and the door to go through."""
    version, name = request.param
    return version, name


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> str:
    """A word that belongs to this test alone, the same in every run."""
    return str(request.node.name)


@pytest.fixture
def office(
    request: pytest.FixtureRequest, door: tuple[str, str], scope: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """The office this test was recorded in."""
    _make_references_repeatable(scope, monkeypatch)
    tape = _tapes.setdefault("-".join(door), Tape(f"odoo{door[0]}-{door[1]}"))
    office = _recorded_office(request, door[0], tape) if RECORDING else Office(int(door[0]))
    with tape.conversation(f"{request.node.module.__name__.rpartition('.')[2]}::{request.node.name}"):
        yield office


def _recorded_office(request: pytest.FixtureRequest, version: str, tape: Tape) -> Office:
    if version not in _offices:
        _offices[version] = Office.opened(request.getfixturevalue(f"odoo{version}"))
    office = replace(_offices[version], person=0)
    tape.secrets = {office.url: HOST, office.database: DATABASE, office.key: KEY}
    return office


def _make_references_repeatable(scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = random.Random(scope)

    def uuid4() -> Any:
        return UUID(int=numbers.getrandbits(128), version=4)

    monkeypatch.setattr("tests.connectors.bench.uuid4", uuid4)
