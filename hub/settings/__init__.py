"""`hub.yaml`: the daemon's configuration, read whole or not at all.

Promises: every mistake at once, each with file, line, column and what was probably meant; relative paths are
relative to the file's own folder, wherever the command is run; a secret comes from outside the file and never
shows in a message or a `repr`. Never: connects to anything, or knows a kind of system (a connector checks its
own block, and `Settings.problems_of` gives its complaints their places).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.redaction import Redactor
from hub.settings.ages import Age, read_keep
from hub.settings.brakes import Brakes
from hub.settings.calls import CallSettings
from hub.settings.schedule import Cron, Every, Rhythm, Schedule, read_rhythm, read_time
from hub.settings.secrets import SECRET_KEY, Vault, instead_of_a_secret
from hub.yamlfile import LARGEST_FILE, Document, FileProblems, Problem, meant, read_yaml, shape_problems

__all__ = [
    "Age",
    "Brakes",
    "CallSettings",
    "Cron",
    "Every",
    "Http",
    "Logging",
    "Problem",
    "Rhythm",
    "Schedule",
    "Settings",
    "SettingsError",
    "SystemSettings",
    "load_settings",
    "resolve_path",
    "settings_schema",
    "with_absolute_paths",
]

_Model = TypeVar("_Model", bound=BaseModel)
_QUOTABLE = 4
"""Letters from which a value that came from outside the file is left out of messages about it."""
KEEP = Age(10, "year")
"""What French law asks for accounting papers (Code de commerce, article L123-22)."""

_LINE_KEY = re.compile(r"[\s\-{]*[\"']?(\w+)[\"']?\s*:")
_SQLITE_FILE = re.compile(r"(sqlite(?:\+\w+)?):///(.*)", re.DOTALL)


class SettingsError(FileProblems):
    """The configuration cannot be used; `problems` says why, all of it."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Http(_Closed):
    """Where the daemon answers `/healthz` and `/metrics`."""

    enabled: bool = Field(default=True, description="Whether it answers at all.")
    host: str = Field(
        default="127.0.0.1", description="The address it listens on; only this machine, unless changed."
    )
    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=8470, description="The port it listens on.")


class Logging(_Closed):
    """How much is logged, and in what form."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto`: readable on a terminal, JSON elsewhere."
    )


class JournalDoc(_Closed):
    """The history of every change."""

    keep: str | None = Field(
        default="10 years",
        description="How long its lines are kept: `90 days`, `10 years`; `null`: for ever. "
        "What undo needs stays in any case.",
    )


class ScheduleDoc(_Closed):
    """When each system is looked at. An interval (`30s`, `5m`, `2h`) or a cron line (`*/15 8-19 * * 1-5`)."""

    default: str = Field(default="5m", description="For every system and entity not named below.")
    nightly: int | str | None = Field(
        default=2,
        description="When ids are compared to find deletions, local time: `2` or `02:30`; `null`: never.",
    )
    deliver: str = Field(default="15s", description="How often waiting writes are tried again.")
    systems: dict[str, str | dict[str, str]] = Field(
        default_factory=dict,
        description="Per system, one rhythm or one per entity (`default` for its other entities).",
    )


class SystemDoc(BaseModel):
    """One connected system. All keys but `kind` are the connector's; see docs/operations.md."""

    model_config = ConfigDict(extra="allow", strict=True)

    kind: str = Field(description="What kind of system this is: odoo, excel, sage, …")


class SettingsDoc(_Closed):
    """The whole of hub.yaml."""

    database: str = Field(
        default="sqlite:///hub.sqlite",
        description="Where the hub keeps its own records: `sqlite:///file`, or `postgresql://user:${NAME}@host/database`.",
    )
    mappings: str = Field(default="mappings", description="The folder of mappings.")
    systems: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")], SystemDoc] = Field(
        description="The connected systems, by the names the mappings use.", min_length=1
    )
    schedule: ScheduleDoc = Field(default_factory=ScheduleDoc, description="When each system is looked at.")
    http: Http = Field(default_factory=Http, description="Health and metrics.")
    logging: Logging = Field(default_factory=Logging, description="Logs.")
    brakes: Brakes = Field(default_factory=Brakes, description="What counts as too much at once.")
    journal: JournalDoc = Field(default_factory=JournalDoc, description="The history of every change.")
    calls: CallSettings = Field(
        default_factory=CallSettings, description="Telephone calls, where an exchange is connected."
    )


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """One system's block: its kind, and the connector's keys with secrets resolved (as `SecretStr`)."""

    name: str
    kind: str
    options: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """A whole, usable configuration. `database` is a SQLAlchemy URL, `home` the folder paths start from.

    `secrets` are values to be hidden wherever they stand, `secret_files` the files any of them was read from.
    """

    file: Path
    home: Path
    database: str = field(repr=False)
    mappings: Path
    systems: Mapping[str, SystemSettings]
    schedule: Schedule
    http: Http
    logging: Logging
    document: Document = field(repr=False, compare=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    secret_files: tuple[Path, ...] = ()
    brakes: Brakes = field(default_factory=Brakes)
    journal_keep: Age | None = KEEP
    calls: CallSettings = field(default_factory=CallSettings)
    calls_keep: Age | None = KEEP
    _unquoted: Redactor = field(default_factory=Redactor, repr=False, compare=False)

    def problems_of(self, system: str, error: ValidationError, known: Iterable[str] = ()) -> SettingsError:
        """What a connector's own settings model says of its block, with file, line and column."""
        inside = _inside(self.document, ("systems", system))
        return SettingsError(_unquoting(shape_problems(inside, error, tuple(known)), self._unquoted))


def load_settings(path: Path | str, environment: Mapping[str, str] | None = None) -> Settings:
    """The configuration in this file. `environment` replaces the process's own. Raises `SettingsError`."""
    file = Path(path).absolute()
    try:
        document = read_yaml(file, str(path))
    except FileProblems as found:
        raise SettingsError(_without_literals(file, found.problems)) from None
    vault = Vault(document, file.parent, environment)
    vault.problems += _without_literals(file, document.problems)
    data = vault.resolved(document.data)
    unquoted = Redactor(value for value in vault.foreign | vault.secrets if len(value) >= _QUOTABLE)
    try:
        doc = SettingsDoc.model_validate(data)
    except ValidationError as error:
        wrong = shape_problems(document, error, _known_keys(error))
        raise SettingsError([*_unquoting(wrong, unquoted), *vault.problems]) from None
    problems = list(vault.problems)
    schedule = _schedule(document, doc, problems)
    database = _database(document, doc.database, file.parent, problems)
    keep = _keep(document, ("journal", "keep"), doc.journal.keep, problems)
    calls_keep = _keep(document, ("calls", "keep"), doc.calls.keep, problems)
    if doc.calls.desk is not None and doc.calls.desk not in doc.systems:
        message = f"there is no system '{doc.calls.desk}' in this file"
        problems.append(document.problem(("calls", "desk"), message, meant(doc.calls.desk, doc.systems)))
    if problems:
        raise SettingsError(_unquoting(problems, unquoted))
    return Settings(
        file=file,
        home=file.parent,
        database=database,
        mappings=resolve_path(doc.mappings, file.parent),
        systems={
            name: SystemSettings(name, block.kind, dict(block.model_extra or {}))
            for name, block in doc.systems.items()
        },
        schedule=schedule,
        http=doc.http,
        logging=doc.logging,
        brakes=doc.brakes,
        journal_keep=keep,
        calls=doc.calls,
        calls_keep=calls_keep,
        document=document,
        secrets=frozenset(vault.secrets - {""}),
        secret_files=tuple(dict.fromkeys(vault.files)),
        _unquoted=unquoted,
    )


def resolve_path(path: Path | str, home: Path) -> Path:
    """A path of hub.yaml as an absolute one: ``~`` is the user's home, a relative one starts at `home`."""
    return (home / Path(path).expanduser()).absolute()


def with_absolute_paths(model: _Model, home: Path) -> _Model:
    """The same settings with every `Path` in them, at any depth, made absolute from `home`."""
    changed: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Path):
            changed[name] = resolve_path(value, home)
        elif isinstance(value, BaseModel):
            changed[name] = with_absolute_paths(value, home)
        elif isinstance(value, dict):
            changed[name] = {
                key: resolve_path(one, home) if isinstance(one, Path) else one for key, one in value.items()
            }
    return model.model_copy(update=changed)


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of hub.yaml; a secret may be `{file: path}`."""
    schema = SettingsDoc.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema | {"title": "hub.yaml"}


def _known_keys(error: ValidationError) -> list[str]:
    blocks: dict[str, type[BaseModel]] = {
        "schedule": ScheduleDoc, "http": Http, "logging": Logging, "brakes": Brakes, "journal": JournalDoc,
        "calls": CallSettings,
    }  # fmt: skip
    unknown = [item["loc"] for item in error.errors() if item["type"] == "extra_forbidden"]
    inside = {str(loc[0]) for loc in unknown if len(loc) > 1}
    known = [key for name in inside if name in blocks for key in blocks[name].model_fields]
    return [*known, *(SettingsDoc.model_fields if any(len(loc) == 1 for loc in unknown) else ())]


def _schedule(document: Document, doc: SettingsDoc, problems: list[Problem]) -> Schedule:
    def rhythm(path: tuple[str | int, ...], text: str) -> Rhythm:
        try:
            return read_rhythm(text)
        except ValueError as reason:
            problems.append(document.problem(path, str(reason)))
            return Every(Schedule().deliver.interval)

    systems: dict[str, Rhythm | Mapping[str, Rhythm]] = {}
    for name, entry in doc.schedule.systems.items():
        path = ("schedule", "systems", name)
        if name not in doc.systems:
            message = f"there is no system '{name}' in this file"
            problems.append(document.problem(path, message, meant(name, doc.systems), key=True))
        if isinstance(entry, dict):
            systems[name] = {entity: rhythm((*path, entity), text) for entity, text in entry.items()}
        else:
            systems[name] = rhythm(path, entry)
    deliver = rhythm(("schedule", "deliver"), doc.schedule.deliver)
    if isinstance(deliver, Cron):
        problems.append(document.problem(("schedule", "deliver"), "is an interval, such as 15s"))
        deliver = Schedule().deliver
    nightly = None
    if doc.schedule.nightly is not None:
        try:
            nightly = read_time(doc.schedule.nightly)
        except ValueError as reason:
            problems.append(document.problem(("schedule", "nightly"), str(reason)))
    return Schedule(rhythm(("schedule", "default"), doc.schedule.default), nightly, deliver, systems)


def _database(document: Document, url: str, home: Path, problems: list[Problem]) -> str:
    """The URL SQLAlchemy takes: a SQLite file beside hub.yaml, PostgreSQL through psycopg."""
    sqlite = _SQLITE_FILE.fullmatch(url)
    if sqlite:
        name, question, query = sqlite[2].partition("?")
        if not name or name == ":memory:":
            problems.append(document.problem(("database",), "a database in memory would forget everything"))
        return f"{sqlite[1]}:///{resolve_path(name, home).as_posix()}{question}{query}"
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    if not url.startswith("postgresql+psycopg://"):
        message = "is not a database the hub can use; write sqlite:///hub.sqlite or postgresql://user:${NAME}@host/name"
        problems.append(document.problem(("database",), message))
    return url


def _unquoting(problems: Iterable[Problem], unquoted: Redactor) -> list[Problem]:
    """The problems without what came from outside the file: any variable may hold a secret."""
    return [
        replace(one, message=unquoted.clean(one.message), suggestion=unquoted.clean(one.suggestion))
        for one in problems
    ]


def _keep(document: Document, path: tuple[str, str], text: str | None, problems: list[Problem]) -> Age | None:
    try:
        return None if text is None else read_keep(text)
    except ValueError as reason:
        problems.append(document.problem(path, str(reason)))
        return None


def _without_literals(file: Path, problems: list[Problem]) -> list[Problem]:
    """The problems of the YAML itself, not quoting what stands on the line of a secret.

    A password that begins with ``!`` or ``*`` is something else to YAML, which names it when it complains.
    """
    if not problems or not file.is_file():
        return problems
    lines = file.read_bytes()[:LARGEST_FILE].decode("utf-8", "replace").splitlines()
    found = []
    for one in problems:
        key = _LINE_KEY.match(lines[one.line - 1]) if one.line <= len(lines) else None
        if key and SECRET_KEY.search(key[1]):
            message = f"`{key[1]}` is written in clear here, and cannot be read as YAML"
            one = replace(one, message=message, suggestion=instead_of_a_secret([key[1]]))
        found.append(one)
    return found


def _inside(document: Document, path: tuple[str | int, ...]) -> Document:
    """The part of a document below a path, as a document of its own."""
    data = document.data
    for step in path:
        data = data[step]
    depth = len(path)
    values = {at[depth:]: place for at, place in document.values.items() if at[:depth] == path}
    keys = {at[depth:]: place for at, place in document.keys.items() if at[:depth] == path}
    return Document(document.file, data, values, keys)
