"""From an error to one screen and an exit code: what failed, where, why, and what to do now."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from hub.yamlfile import Problem


class WrongUse(Exception):
    """A command that cannot be carried out as it was given: why, and what to do instead."""

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(what)
        self.what, self.todo = what, todo


@dataclass(frozen=True, slots=True)
class Failure:
    """An error in words. `kind` is stable, for scripts; `problems` are mistakes in files."""

    code: int
    kind: str
    what: str
    where: str = ""
    why: str = ""
    todo: str = ""
    problems: tuple[Problem, ...] = field(default=())

    def cleaned(self, clean: Callable[[str], str]) -> Failure:
        """The same without secrets, by the log's own knowledge of them."""
        return replace(
            self, what=clean(self.what), where=clean(self.where), why=clean(self.why), todo=clean(self.todo)
        )

    def as_json(self) -> dict[str, Any]:
        """The shape that docs/commands.md gives errors."""
        problems = [
            {
                "file": p.file,
                "line": p.line,
                "column": p.column,
                "message": p.message,
                "suggestion": p.suggestion,
            }
            for p in self.problems
        ]
        return {
            "kind": self.kind,
            "what": self.what,
            "where": self.where,
            "why": self.why,
            "todo": self.todo,
            "problems": problems,
        }


def explain(error: Exception) -> Failure:
    """What to tell a person of this error. Anything that is not an error we foresaw is a fault of our own."""
    if isinstance(error, WrongUse):
        return Failure(2, "wrong-use", error.what, todo=error.todo)
    if _is(error, "hub.yamlfile", "FileProblems"):
        return _of_files(error)
    if _is(error, "hub.ports", "ConnectorError"):
        return _of_connector(error)
    if _is(error, "hub.decisions", "DecisionError"):
        return Failure(2, "decision", str(error))
    if _is(error, "hub.store.repository", "StoreError"):
        return _of_store(error, error.__cause__)
    if _is(error, "sqlalchemy.exc", "DBAPIError"):
        return _of_database(error)
    if _is(error, "hub.duplicates.backends", "EngineError"):
        return _of_engine(error)
    if _is(error, "hub.store.holders", "Held"):
        what, _, todo = str(error).rpartition(": ")
        return Failure(2, "held", what, where="the hub's own database", todo=todo)
    return Failure(
        4,
        "fault",
        f"{type(error).__name__}: {error}".rstrip(": "),
        why="This is a fault of the hub's own; what was committed so far is safe",
        todo="Run the same command again with --debug, and report what it shows.",
    )


def code_of(error: Exception) -> int:
    """The exit code of an error: 3 where waiting may help, 1 where a person must look at the source."""
    from hub.ports import Busy, SourceDamaged, Unreachable

    if isinstance(error, Unreachable | Busy):
        return 3
    return 1 if isinstance(error, SourceDamaged) else 2


def kind_of(error: Exception) -> str:
    """The stable word for a connector's failure: that of the port, whatever a connector calls its own."""
    return next(kind.__name__.lower() for kind in type(error).__mro__ if kind.__module__ == "hub.ports")


def worst(codes: list[int]) -> int:
    """The exit code of a run in which several things happened: 2 hides 3 hides 1 hides 0."""
    return next((code for code in (4, 2, 3, 1) if code in codes), 0)


def show(failure: Failure, console: Console) -> None:
    """The error for a person: at most one screen, nothing cut, and each place in a file in one piece."""
    from rich.padding import Padding
    from rich.text import Text

    console.print(Text.assemble(("Error: ", "bold red"), failure.what))
    for problem in failure.problems:
        place = f"{_near(problem.file)}:{problem.line}:{problem.column}:"
        # An editor or a terminal opens the place with a click if no line break is put into it.
        console.print(Text(place, style="cyan"), soft_wrap=True)
        message = Text(f"{problem.message} {problem.suggestion}".strip())
        console.print(Padding(message, (0, 0, 0, 4), expand=False))
    for label, text in (("Where", failure.where), ("Why", failure.why), ("What to do", failure.todo)):
        if text:
            line = Text.assemble((f"{label}: ", "bold"), text)
            console.print(Padding(line, (0, 0, 0, 2), expand=False))


def _is(error: Exception, module: str, name: str) -> bool:
    """Whether it is such an error. A module nobody imported has raised nothing, and may be slow or broken."""
    found = sys.modules.get(module)
    return found is not None and isinstance(error, getattr(found, name, ()))


def _near(file: str) -> str:
    """A file's path from the present folder, where it lies below it."""
    path, here = Path(file).absolute(), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else file)


def _of_files(error: Any) -> Failure:
    count = len(error.problems)
    what = "a mistake in the configuration" if count == 1 else f"{count} mistakes in the configuration"
    return Failure(
        2,
        "configuration",
        f"{what}; nothing was read or written",
        todo="Correct the lines named above, then run the same command again.",
        problems=tuple(error.problems),
    )


def _of_connector(error: Any) -> Failure:
    return Failure(
        code_of(error),
        kind_of(error),
        error.what,
        where=f"system {error.system}",
        why=error.why,
        todo=error.todo or "`hub check` looks at every connection.",
    )


def _of_engine(error: Any) -> Failure:
    return Failure(2, "engine", error.what, why=error.why, todo=error.todo)


def _of_store(error: object, cause: BaseException | None) -> Failure:
    return Failure(
        3 if _may_pass(cause) else 2,
        "database",
        str(error).splitlines()[0],
        where="the hub's own database",
        todo="Check `database` in hub.yaml: is the server up, is the file a database, may it be written?",
    )


def _of_database(error: Exception) -> Failure:
    from hub.store import trouble

    found = trouble.of(error)
    where = "the hub's own database"
    code = 3 if found.passes else 2
    return Failure(code, "database", found.what, where=where, why=found.why, todo=found.todo)


def _may_pass(cause: BaseException | None) -> bool:
    """A server that does not answer, or a file that someone holds; not a file that is none."""
    found = getattr(cause, "orig", None)
    if type(found).__name__ != "OperationalError":
        return False
    return not type(found).__module__.startswith("sqlite3") or "locked" in str(found)
