"""pytest's part of the real servers: the fixtures `odoo19` and `odoo14`, the `live` marker, the closing line.

A live test runs only when the run asks for it (``-m live``). What must be built is built before the first
test, outside any test's time limit. The run ends with ``live: N passed``, and with
``live: not available: <reason>`` for a server this machine cannot have, whose tests are then skipped; a
server that can be had and does not work fails its tests.

``HUB_LIVE_ODOO19_URL`` (and ``_DB``, ``_LOGIN``, ``_PASSWORD``, ``_API_KEY``, ``_MASTER_PASSWORD``; the same
with 14) names a server of your own, whose database ``_DB`` is copied and never changed. ``HUB_LIVE_REUSE=1``
takes the servers started by ``make odoo-19`` and ``make odoo-14``.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.live.build import RECIPES, Built, ensure_all
from tests.live.debian import Unavailable
from tests.live.servers import Odoo, running, start

pytest_plugins = ["tests.live.asterisk.plugin"]
_HERE = Path(__file__).parent


@dataclass
class _Servers:
    """What this run knows of each version: built, or why not."""

    asked: bool = False
    built: dict[int, Built] = field(default_factory=dict)
    missing: dict[int, Exception] = field(default_factory=dict)

    @property
    def unavailable(self) -> list[str]:
        """The closing lines of servers that this machine cannot have."""
        return [
            f"Odoo {version}: {reason}"
            for version, reason in self.missing.items()
            if isinstance(reason, Unavailable)
        ]


_SERVERS = pytest.StashKey[_Servers]()
_TOLD: list[list[str]] = []
"""What each process of xdist said at its end."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SERVERS] = _Servers()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests in this folder are live; live tests are left out unless asked for."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.live)
    if "live" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("live")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what the chosen tests need, before any of them starts its clock."""
    live = [item for item in session.items if item.get_closest_marker("live")]
    if not live or session.config.option.collectonly:
        return
    session.config.stash[_SERVERS].asked = True
    _end_in_order_when_told_to()
    wanted = [version for version in RECIPES if any(_needs(item, f"odoo{version}") for item in live)]
    _build(session.config, [version for version in wanted if _given(version) is None])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    servers = config.stash[_SERVERS]
    if not servers.asked and not _TOLD:
        return
    reports = {kind: terminalreporter.getreports(kind) for kind in ("passed", "failed", "error")}
    counts = {kind: sum("live" in report.keywords for report in found) for kind, found in reports.items()}
    said = [f"{count} {kind}" for kind, count in counts.items() if count or kind == "passed"]
    missing = sorted({*servers.unavailable, *(line for lines in _TOLD for line in lines)})
    if any(counts.values()) or not missing:
        terminalreporter.write_line(f"live: {', '.join(said)}")
    for line in missing:
        terminalreporter.write_line(f"live: not available: {line}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of xdist tells the main one that it ran live tests, and what it could not have."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    servers = session.config.stash[_SERVERS]
    if output is not None and servers.asked:
        output["live"] = servers.unavailable


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The main process takes that in."""
    told = getattr(node, "workeroutput", {}).get("live")
    if told is not None:
        _TOLD.append(told)


@pytest.fixture(scope="session")
def odoo19(pytestconfig: pytest.Config) -> Iterator[Odoo]:
    """A real Odoo 19. Databases made by its `fresh_database` are dropped at the end."""
    yield from _serve(pytestconfig, 19)


@pytest.fixture(scope="session")
def odoo14(pytestconfig: pytest.Config) -> Iterator[Odoo]:
    """A real Odoo 14. Databases made by its `fresh_database` are dropped at the end."""
    yield from _serve(pytestconfig, 14)


def _serve(config: pytest.Config, version: int) -> Iterator[Odoo]:
    given = _given(version)
    if given is not None:
        yield given
        given.drop_all()
        return
    servers = config.stash[_SERVERS]
    if version not in servers.built:
        _build(config, [version])
    reason = servers.missing.get(version)
    if isinstance(reason, Unavailable):
        pytest.skip(f"Odoo {version} is not available: {reason}")
    if reason is not None:
        raise reason
    server = start(servers.built[version])
    try:
        yield server.odoo
        server.check()
    finally:
        server.stop()


def _build(config: pytest.Config, versions: list[int]) -> None:
    servers = config.stash[_SERVERS]
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    wanted = [
        version for version in versions if version not in servers.built and version not in servers.missing
    ]
    for version, outcome in ensure_all(wanted, reporter.write_line if reporter else print).items():
        if isinstance(outcome, Built):
            servers.built[version] = outcome
        else:
            servers.missing[version] = outcome


def _given(version: int) -> Odoo | None:
    """The server that the environment names, if it names one."""
    prefix = f"HUB_LIVE_ODOO{version}_"
    if os.environ.get("HUB_LIVE_REUSE") and str(version) in running():
        return Odoo.from_description(running()[str(version)])
    if not os.environ.get(prefix + "URL"):
        return None
    return Odoo(
        version=version,
        url=os.environ[prefix + "URL"].rstrip("/"),
        login=os.environ.get(prefix + "LOGIN", "admin"),
        password=os.environ.get(prefix + "PASSWORD", "admin"),
        api_key=os.environ.get(prefix + "API_KEY"),
        template=os.environ[prefix + "DB"],
        master_password=os.environ.get(prefix + "MASTER_PASSWORD", "admin"),
    )


def _needs(item: pytest.Item, fixture: str) -> bool:
    """By its arguments, or by a parameter that names the fixture for `request.getfixturevalue`."""
    return fixture in getattr(item, "fixturenames", ()) or fixture in item.nodeid


def _end_in_order_when_told_to() -> None:
    """SIGTERM ends the run as Ctrl-C does: fixtures are torn down, servers stopped."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
