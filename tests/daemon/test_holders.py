"""One holder a role: who is refused, and whose place may be taken."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store import Store, holders
from hub.store.holders import Held, Holder, Holding, holdings, is_alive, process_exists

NOW = 1_800_000_000.0
STARTED = "20260131T080000.000000"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = (
        f"sqlite:///{tmp_path / 'hub.sqlite'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    made = Store(url)
    made.migrate()
    yield made
    made.close()


def elsewhere(pid: int = 7) -> str:
    return f"another-host:{pid}:{STARTED}"


def here(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{STARTED}"


def leave(store: Store, name: str, beat: float) -> None:
    """A holder that took the daemon's role and was never heard of again."""
    left = Holder(store, ("daemon",), name=name, clock=lambda: beat)
    assert left._try("daemon", None) is None


def newcomer(store: Store, now: float = NOW, wait: object = None) -> Holder:
    def waited(seconds: float) -> None:
        if callable(wait):
            wait()

    return Holder(store, ("daemon",), clock=lambda: now, wait=waited)


def gone_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_second_holder_is_refused_by_the_name_of_the_first(store: Store) -> None:
    leave(store, elsewhere(4711), NOW)
    with pytest.raises(Held, match="process 4711 on another-host, started 2026-01-31 08:00 UTC"):
        newcomer(store, NOW + 10).acquire()


def test_letting_go_frees_the_role_at_once(store: Store) -> None:
    with Holder(store, ("daemon", "worker")):
        assert {one.role for one in holdings(store)} == {"daemon", "worker"}
    assert holdings(store) == []


def test_all_roles_are_taken_or_none(store: Store) -> None:
    leave(store, elsewhere(), NOW)
    with pytest.raises(Held):
        Holder(store, ("worker", "daemon"), clock=lambda: NOW).acquire()
    assert [one.role for one in holdings(store)] == ["daemon"]


def test_a_holder_whose_process_is_gone_from_this_machine_is_replaced_at_once(store: Store) -> None:
    leave(store, here(gone_pid()), NOW)
    with newcomer(store, NOW + 1) as holder:
        assert [one.name for one in holdings(store)] == [holder.name]


def test_a_process_that_lives_on_this_machine_keeps_its_role_while_it_beats(store: Store) -> None:
    leave(store, here(os.getppid()), NOW)
    with pytest.raises(Held):
        newcomer(store, NOW + 59).acquire()
    with newcomer(store, NOW + 61):
        pass


def test_our_own_process_number_under_another_start_is_no_proof_of_death(store: Store) -> None:
    leave(store, here(os.getpid()), NOW)
    with pytest.raises(Held):
        newcomer(store, NOW + 1).acquire()


def test_a_silent_holder_on_another_machine_is_replaced_after_it_was_watched(store: Store) -> None:
    leave(store, elsewhere(), NOW)
    watched: list[bool] = []
    with newcomer(store, NOW + 61, lambda: watched.append(True)):
        assert watched == [True]


def test_a_holder_on_another_machine_whose_clock_is_wrong_keeps_its_role_while_it_beats(store: Store) -> None:
    leave(store, elsewhere(), NOW)
    beats = Holder(store, ("daemon",), name=elsewhere(), clock=lambda: NOW + 5)
    for now in (NOW + 7200, NOW - 7200):
        at = now % 1000 + NOW
        beats._clock = lambda at=at: at  # type: ignore[misc]
        with pytest.raises(Held):
            newcomer(store, now, beats.beat).acquire()


def test_a_holder_that_was_replaced_is_told_and_does_not_free_the_role_of_its_successor(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holders, "BEAT", 0.02)
    told = threading.Event()
    first = Holder(store, ("daemon",), lost=told.set)
    first.acquire()
    with Holder(store, ("worker",)):
        pass
    second = Holder(store, ("daemon",), name=elsewhere())
    found = next(one for one in holdings(store) if one.role == "daemon")
    while second._try("daemon", found) is not None:
        found = next(one for one in holdings(store) if one.role == "daemon")
    assert told.wait(10)
    first.release()
    assert [one.name for one in holdings(store)] == [elsewhere()]


def test_a_status_tells_the_living_from_the_dead() -> None:
    assert is_alive(Holding("daemon", here(os.getppid()), NOW), NOW + 5)
    assert not is_alive(Holding("daemon", here(gone_pid()), NOW), NOW + 5)
    assert not is_alive(Holding("daemon", elsewhere(), NOW), NOW + 61)


def test_processes_are_known_to_exist_or_not() -> None:
    assert process_exists(os.getpid())
    assert not process_exists(gone_pid())
