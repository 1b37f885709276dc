"""pytest's part of the real Asterisk: the fixture `asterisk`, built before the first test that needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.live.asterisk.build import ensure
from tests.live.asterisk.lab import Lab
from tests.live.debian import BuildFailed, Root, Unavailable

_OUTCOME = pytest.StashKey[Root | Exception]()
_TOLD: list[str] = []
"""What processes of xdist said at their end."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build it where a chosen test needs it, before any of them starts its clock."""
    needed = any("asterisk" in getattr(item, "fixturenames", ()) for item in session.items)
    if needed and not session.config.option.collectonly:
        _built(session.config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in sorted({*_TOLD, *_unavailable(config)}):
        terminalreporter.write_line(f"live: not available: {line}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of xdist tells the main one what it could not have."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["asterisk"] = _unavailable(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The main process takes that in."""
    _TOLD.extend(getattr(node, "workeroutput", {}).get("asterisk", ()))


@pytest.fixture(scope="session")
def running_asterisk(pytestconfig: pytest.Config) -> Iterator[Lab]:
    """A real Asterisk 22 with its telephones, for the whole run."""
    root = _built(pytestconfig)
    if isinstance(root, Unavailable):
        pytest.skip(f"Asterisk is not available: {root}")
    if isinstance(root, Exception):
        raise root
    lab = Lab(root)
    try:
        lab.start()
        yield lab
        lab.asterisk.check()
    finally:
        lab.stop()


@pytest.fixture
def asterisk(running_asterisk: Lab) -> Iterator[Lab]:
    """The real Asterisk, in which no call is left from another test; every telephone rings when called."""
    running_asterisk.settle()
    yield running_asterisk
    running_asterisk.settle()


def _unavailable(config: pytest.Config) -> list[str]:
    """The closing line, where this machine cannot have it."""
    reason = config.stash.get(_OUTCOME, None)
    return [f"Asterisk: {reason}"] if isinstance(reason, Unavailable) else []


def _built(config: pytest.Config) -> Root | Exception:
    if _OUTCOME not in config.stash:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        try:
            config.stash[_OUTCOME] = ensure(reporter.write_line if reporter else print)
        except (Unavailable, BuildFailed, OSError) as reason:
            config.stash[_OUTCOME] = reason
    return config.stash[_OUTCOME]
