"""Dependencies between rooms point one way, the pure rooms are pure, and no file grows out of hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.source import Module, modules, within

PORTS = ("hub.ports", "hub.values", "hub.exchange", "hub.desk", "hub.apart", "hub.filing")
PURE = (
    "hub.values",
    "hub.lenses",
    "hub.model",
    "hub.world",
    "hub.merge",
    "hub.matching",
    "hub.absorbing",
    "hub.owing",
    "hub.planner",
    "hub.archive",
    "hub.brakes",
    "hub.agreement",
    "hub.relinking",
    "hub.calls",
    "hub.popups",
    "hub.dialling",
    "hub.calllog.figures",
    "hub.exchange",
    "hub.desk",
    "hub.learning",
    "hub.duplicates.text",
    "hub.duplicates.fields",
    "hub.duplicates.rules",
    "hub.duplicates.features",
    "hub.duplicates.comparisons",
    "hub.duplicates.weights",
    "hub.duplicates.scoring",
    "hub.duplicates.keys",
    "hub.duplicates.estimate",
    "hub.duplicates.clusters",
    "hub.duplicates.verdicts",
    "hub.duplicates.evaluate",
    "hub.duplicates.candidates",
    "hub.duplicates.disputes",
    "hub.uniting",
    "hub.parting",
    "hub.doubles",
    "hub.marks",
    "hub.mapping.roles",
    "hub.weighing.findings",
    "hub.weighing.deciding",
    "hub.weighing.page",
    "hub.weighing.histogram",
    "hub.weighing.words",
)
IMPURE_MODULES = (
    "hub.store", "hub.engine", "hub.delivery", "hub.pulling", "hub.clock", "hub.settings", "hub.daemon",
    "hub.cli", "hub.logs", "sqlalchemy", "alembic", "requests", "structlog", "logging", "os", "pathlib", "io",
    "socket", "subprocess", "threading", "asyncio", "time", "random", "secrets", "tempfile", "shutil",
)  # fmt: skip
IMPURE_CALLS = {"now", "today", "utcnow", "open", "print", "input"}
MOST_LINES = 450


def wrong(room: str, *forbidden: str, but: tuple[str, ...] = ()) -> list[str]:
    """Imports out of a room that lead where they must not."""
    return [
        f"{module.place} imports {name}"
        for module in modules()
        if module.is_in(room) and not module.is_in(*but)
        for name in module.imports()
        if within(name, *forbidden)
    ]


MAPS_OF_THEIR_OWN = (
    "connectors.voip.webhook.profiles",
    "connectors.word.profiles",
    "connectors.forms.descriptions",
)
"""They read YAML that people edit, which is read by `hub.yamlfile` and nothing else."""


def connector_kinds() -> list[str]:
    return sorted({m.name for m in modules() if m.place.endswith("/__init__.py") and m.name.count(".") == 1
                   and m.is_in("connectors")})  # fmt: skip


def test_there_is_something_to_look_at() -> None:
    names = {module.name for module in modules()}
    assert set(PURE) <= names
    assert {"connectors.excel", "connectors.odoo", "connectors.sage"} <= set(connector_kinds())
    assert "sqlalchemy.select" in set(next(m for m in modules() if m.name == "hub.store.worlds").imports())


def test_the_hub_knows_no_connector_no_sandbox_and_no_scheduler() -> None:
    assert not wrong("hub", "connectors", "sandbox", "scheduler", but=("hub.cli",))


def test_only_the_demo_command_knows_the_sandbox() -> None:
    assert not wrong("hub", "sandbox", but=("hub.cli.demo",))
    assert not wrong("connectors", "sandbox")
    assert not wrong("scheduler", "sandbox")


def test_nothing_in_the_hub_depends_on_the_command_line() -> None:
    assert not wrong("hub", "hub.cli", but=("hub.cli",))
    assert not wrong("hub.cli", "scheduler", but=("hub.cli.sync",))


def test_the_daemon_s_parts_are_put_together_by_the_scheduler_alone() -> None:
    assert not wrong("hub", "hub.daemon", but=("hub.daemon",))


@pytest.mark.parametrize("kind", connector_kinds())
def test_a_connector_depends_on_the_ports_and_the_values_alone(kind: str) -> None:
    allowed = (*PORTS, kind)
    strangers = [
        f"{module.place} imports {name}"
        for module in modules()
        if module.is_in(kind)
        for name in module.imports()
        if within(name, "hub", "connectors", "scheduler")
        and not within(name, *allowed)
        and not (module.name in MAPS_OF_THEIR_OWN and within(name, "hub.yamlfile"))
    ]
    assert not strangers


def test_the_sandbox_systems_know_nothing_of_the_hub() -> None:
    assert not wrong("sandbox", "hub", "connectors", "scheduler", but=("sandbox.demo",))


def test_nothing_that_ships_depends_on_tests_or_tools() -> None:
    for room in ("hub", "connectors", "sandbox", "scheduler"):
        assert not wrong(room, "tests", "benchmarks", "scripts", "pytest", "hypothesis", "vcr")


@pytest.mark.parametrize("room", PURE)
def test_the_pure_rooms_reach_for_nothing(room: str) -> None:
    assert not wrong(room, *IMPURE_MODULES)
    assert not [f"{module.place}:{line} calls {name}" for module, line, name in impure_calls(room)]


def impure_calls(room: str) -> Iterator[tuple[Module, int, str]]:
    for module in modules():
        if not module.is_in(room):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                name = _called(node)
                if name in IMPURE_CALLS:
                    yield module, node.lineno, name


def test_no_file_grows_out_of_hand() -> None:
    assert not [
        f"{module.place} has {module.lines} lines"
        for module in modules()
        if module.is_in("hub", "connectors", "scheduler", "sandbox") and module.lines > MOST_LINES
    ]


def test_every_module_that_ships_says_what_it_is_for() -> None:
    assert not [
        module.place
        for module in modules()
        if module.is_in("hub", "connectors", "scheduler", "sandbox")
        and not module.is_in("hub.store.migrations")
        and not ast.get_docstring(module.tree)
    ]


def test_no_exception_is_swallowed_whole() -> None:
    swallowed = []
    for module in (module for module in modules() if not module.is_in("tests")):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and _does_nothing(node.body):
                swallowed.append(f"{module.place}:{node.lineno}")
            if isinstance(node, ast.Call) and _called(node) == "suppress" and any(map(_is_broad, node.args)):
                swallowed.append(f"{module.place}:{node.lineno}")
    assert not swallowed


def test_nothing_is_left_to_be_done() -> None:
    """A plan belongs in an issue; a comment that says "later" is never read again."""
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X:")
    assert not [
        f"{module.place}:{number}"
        for module in modules()
        for number, line in enumerate(module.path.read_text("utf-8").splitlines(), 1)
        if "#" in line and any(mark in line.split("#", 1)[1] for mark in marks)
    ]


def _called(node: ast.Call) -> str:
    """The last word of what is called: ``now`` for ``datetime.now(UTC)``."""
    return str(getattr(node.func, "attr", None) or getattr(node.func, "id", ""))


def _is_broad(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(map(_is_broad, kind.elts))
    return kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))


def _does_nothing(body: list[ast.stmt]) -> bool:
    return all(
        isinstance(one, ast.Pass | ast.Continue)
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in body
    )
