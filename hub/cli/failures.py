"""From an error to one screen and an exit code: what failed, where, why, and what to do now."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

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
        return _of_store(error)
    if _is(error, "hub.store.holders", "Held"):
        return Failure(2, "held", str(error), where="the hub's own database")
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


def worst(codes: list[int]) -> int:
    """The exit code of a run in which several things happened: 2 hides 3 hides 1 hides 0."""
    return next((code for code in (4, 2, 3, 1) if code in codes), 0)


def screen(failure: Failure, *, debug: bool = False) -> RenderableType:
    """The error for a person: at most one screen, nothing cut."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    lines: list[RenderableType] = [Text.assemble(("Error: ", "bold red"), failure.what)]
    lines += [Padding(_problem(problem), (0, 0, 0, 2), expand=False) for problem in failure.problems]
    for label, text in (("Where", failure.where), ("Why", failure.why), ("What to do", failure.todo)):
        if text and not (debug and failure.kind == "fault" and label == "What to do"):
            lines.append(Padding(Text.assemble((f"{label}: ", "bold"), text), (0, 0, 0, 2), expand=False))
    return Group(*lines)


def _is(error: Exception, module: str, name: str) -> bool:
    """Whether it is such an error. A module nobody imported has raised nothing, and may be slow or broken."""
    found = sys.modules.get(module)
    return found is not None and isinstance(error, getattr(found, name, ()))


def _problem(problem: Problem) -> RenderableType:
    from rich.text import Text

    place = f"{problem.file}:{problem.line}:{problem.column}: "
    # The place is one word to an editor or a terminal: it stands whole, whatever the width.
    return Text.assemble((place, "cyan"), f"{problem.message} {problem.suggestion}".strip(), overflow="fold")


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
        type(error).__name__.lower(),
        error.what,
        where=f"system {error.system}",
        why=error.why,
        todo=error.todo or "`hub check` looks at every connection.",
    )


def _of_store(error: Exception) -> Failure:
    from sqlalchemy.exc import OperationalError

    unreached = isinstance(error.__cause__, OperationalError)
    return Failure(
        3 if unreached else 2,
        "database",
        str(error).splitlines()[0],
        where="the hub's own database",
        todo="Check `database` in hub.yaml, that the server runs or the folder exists, and its rights.",
    )
