"""From `hub.yaml` to a working hub: settings, mappings, connectors, store, engine.

Promises: `Assembly.load` finds every mistake of the configuration and of the mappings before anything is
opened or created; whatever fails is one of our typed errors (`FileProblems` with its place in a file,
`ConnectorError`, `StoreError`); everything opened here is closed by `close`. A connector is not thread-safe:
every worker takes its own from `connect`.

What a connector says enters the hub without secrets (`hub.discretion`).

Never: talks to a system by itself, or keeps a secret anywhere but in the settings that hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from connectors import registry
from hub.calllog.log import CallLog
from hub.desk import Desk
from hub.directory import Directory
from hub.discretion import discreet
from hub.engine import Engine
from hub.exchange import Exchange
from hub.maintenance.source import MaintenanceSource
from hub.mapping import Mappings, has_mappings, load_mappings
from hub.ports import Connector, Misconfigured, View
from hub.redaction import Redactor, redactor
from hub.report import Progress, silent
from hub.road.road import Road
from hub.settings import Settings, SettingsError, SystemSettings, load_settings, with_absolute_paths
from hub.store import Store
from hub.yamlfile import FileProblems, Problem, meant


class Assembly:
    """One configuration, and what is made of it."""

    def __init__(self, settings: Settings, mappings: Mappings, systems: Mapping[str, BaseModel]) -> None:
        self.settings, self.mappings, self.systems = settings, mappings, systems
        self._store: Store | None = None
        self._connectors: list[Connector] = []
        redactor.learn(self.secrets)
        self._clean = Redactor(self.secrets).clean

    @classmethod
    def load(
        cls, path: Path | str, environment: Mapping[str, str] | None = None, *, unmapped: bool = False
    ) -> Assembly:
        """Read and check everything that is written down; open nothing. Raises `FileProblems`.

        `unmapped`: there need be no mapping yet.
        """
        settings = load_settings(path, environment)
        problems: list[Problem] = []
        _check_database(settings, problems)
        systems = dict(_systems(settings, problems))
        try:
            mapped = [name for name, it in settings.systems.items() if it.kind not in registry.EXCHANGES]
            none_yet = unmapped and not has_mappings(settings.mappings)
            mappings = Mappings(()) if none_yet else load_mappings(settings.mappings, tuple(mapped))
        except FileProblems as found:
            raise FileProblems([*problems, *found.problems]) from found
        _check_desk(settings, systems, problems)
        if problems:
            raise SettingsError(problems)
        return cls(settings, mappings, systems)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value of the configuration, for whoever writes logs."""
        found = {secret for model in self.systems.values() for secret in _secrets(model)}
        password = make_url(self.settings.database).password
        return tuple(sorted({*found, *self.settings.secrets, *([str(password)] if password else ())}))

    def open_store(self) -> Store:
        """The hub's database with this version's tables; the same one each time. Raises `StoreError`."""
        if self._store is None:
            store = Store(self.settings.database)
            try:
                store.migrate()
            except BaseException:
                store.close()
                raise
            self._store = store
        return self._store

    def views(self, system: str) -> list[View]:
        """What the mappings use of a system, parents first."""
        return [mapping.systems[system].view for mapping in self.mappings.of_system(system)]

    def connect(self, only: Collection[str] | None = None) -> dict[str, Connector]:
        """Fresh connectors, by the systems' names; nothing is contacted yet. Raises `ConnectorError`."""
        found: dict[str, Connector] = {}
        for name, model in self.systems.items():
            if only is None or name in only:
                kind = self.settings.systems[name].kind
                if kind in registry.EXCHANGES:
                    continue
                connector = discreet(self._made(name, kind, model), self._clean)
                self._connectors.append(connector)
                found[name] = connector
        return found

    def _made(self, name: str, kind: str, model: BaseModel) -> Connector:
        if kind == registry.CALLS:
            source: Connector = import_module("hub.calllog.source").CallSource(name, self.open_store())
            return source
        if kind == registry.MAINTENANCE:
            shelves = import_module("hub.maintenance.shelves").shelves(model, name)
            return MaintenanceSource(name, self.open_store(), shelves)
        return registry.connector_of(name, kind, self.settings.systems[name].options, model)

    @property
    def exchange_names(self) -> tuple[str, ...]:
        """The systems that are telephone exchanges."""
        kinds = self.settings.systems
        return tuple(name for name in self.systems if kinds[name].kind in registry.EXCHANGES)

    def exchanges(self) -> dict[str, Exchange]:
        """Fresh exchanges, by the systems' names; nothing is contacted yet. Raises `ConnectorError`."""
        return {
            name: import_module(registry.EXCHANGES[self.settings.systems[name].kind]).connect(
                name, self.systems[name]
            )
            for name in self.exchange_names
        }

    def road(self, store: Store, wake: Callable[[], None] = lambda: None) -> Road | None:
        """The call road over fresh exchanges, not started; ``None`` where there is no exchange.

        `wake`: systems should hear of a call that was noted. Raises `ConnectorError`.
        """
        exchanges = self.exchanges()
        if not exchanges:
            return None
        calls = self.settings.calls
        road: Road

        def logins() -> Mapping[str, str]:
            return road.logins

        log = CallLog(store, self.mappings, calls.region, logins)
        directory = Directory(store, self.mappings, calls.region)
        road = Road(exchanges, directory, log, calls, desk=self.desk(), wake=wake)
        return road

    def desk(self) -> Callable[[], Desk] | None:
        """How to open the screens that see who calls; ``None`` where `calls.desk` names no system."""
        name = self.settings.calls.desk
        if name is None:
            return None
        package = import_module(registry.KINDS[self.settings.systems[name].kind])
        model, card = self.systems[name], self.settings.calls.card

        def opened() -> Desk:
            desk: Desk = package.connect_desk(name, model, card)
            return desk

        return opened

    def engine(
        self,
        connectors: Mapping[str, Connector] | None = None,
        *,
        progress: Progress = silent,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Engine:
        """An engine over these connectors, or over fresh ones."""
        return Engine(
            self.open_store(),
            self.mappings,
            self.connect() if connectors is None else connectors,
            progress=progress,
            stopping=stopping,
        )

    def close(self) -> None:
        """Let go of every connector and of the store. May be called twice."""
        while self._connectors:
            self._connectors.pop().close()
        if self._store is not None:
            self._store.close()
            self._store = None


def _check_database(settings: Settings, problems: list[Problem]) -> None:
    try:
        make_url(settings.database)
    except (ArgumentError, ValueError):
        # The driver's own words would quote the address, and with it a part of the password.
        message = "is no address of a database: its port is not a number, or its parts cannot be told apart"
        hint = "Write postgresql://user:${NAME}@host:5432/database."
        problems.append(settings.document.problem(("database",), message, hint))


def _check_desk(settings: Settings, systems: Mapping[str, BaseModel], problems: list[Problem]) -> None:
    name = settings.calls.desk
    if name is None or name not in systems:
        return
    kind = settings.systems[name].kind
    if kind not in registry.DESKS:
        message = f"popups are shown by {' or '.join(registry.DESKS)}, and '{name}' is none"
        problems.append(settings.document.problem(("calls", "desk"), message))
    elif settings.calls.card is not None:
        try:
            import_module(registry.KINDS[kind]).connect_desk(name, systems[name], settings.calls.card)
        except Misconfigured as problem:
            problems.append(settings.document.problem(("calls", "card"), problem.what, problem.todo))


def _systems(settings: Settings, problems: list[Problem]) -> Iterator[tuple[str, BaseModel]]:
    """Each system's settings as its connector understands them; their mistakes go to `problems`."""
    for name, system in settings.systems.items():
        package = registry.package_of(system.kind, system.options)
        if package is None:
            message = f"there is no kind of system called '{system.kind}'."
            hint = meant(system.kind, registry.PACKAGES)
            problems.append(settings.document.problem(("systems", name, "kind"), message, hint))
            continue
        model: type[BaseModel] = import_module(f"{package}.settings").Settings
        try:
            made = model.model_validate(_options(system))
        except ValidationError as error:
            problems += settings.problems_of(name, error, tuple(model.model_fields)).problems
        else:
            yield name, with_absolute_paths(made, settings.home)


def _options(system: SystemSettings) -> dict[str, Any]:
    return {"kind": system.kind, **system.options}


def _secrets(model: BaseModel) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _secrets(value)
