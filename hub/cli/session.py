"""What every command has: its flags, its two screens, and its way to fail.

`command` makes a Typer command of a function that takes a `Session` first and returns an exit code or
nothing. It adds ``--config``, ``--json`` and ``--debug``, which are also accepted before the command's name.
"""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints

import typer

from hub.cli import failures

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from connectors.assembly import Assembly

DONE: Final = 0
WAITING: Final = 1
WRONG: Final = 2
UNREACHED: Final = 3
FAULT: Final = 4

DEFAULT_CONFIG: Final = "hub.yaml"
NARROWEST: Final = 70
"""Columns below which a table would have to cut; a terminal narrower than that breaks its lines itself."""

PLAIN_WIDTH: Final = 100
"""Columns of what is printed into a file or a pipe."""

ConfigFlag = Annotated[
    Path | None,
    typer.Option(
        "--config", help="The configuration file. Default: $HUB_CONFIG, else ./hub.yaml.", metavar="FILE"
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
DebugFlag = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags that every command takes."""

    config: Path | None = None
    json: bool = False
    debug: bool = False


@dataclass
class Session:
    """One run of one command."""

    flags: Flags = field(default_factory=Flags)

    @property
    def config(self) -> Path:
        """The configuration file this run is about, there or not."""
        return self.flags.config or Path(os.environ.get("HUB_CONFIG") or DEFAULT_CONFIG)

    def assembly(self, *, unmapped: bool = False) -> Assembly:
        """The configuration, read and checked whole. Raises `WrongUse`, `FileProblems`.

        `unmapped`: there need be no mapping yet.
        """
        from connectors.assembly import Assembly
        from hub import logs

        if not self.config.exists():
            raise failures.WrongUse(
                f"there is no configuration {self.config}",
                "`hub init` writes one; --config or $HUB_CONFIG names one that is elsewhere.",
            )
        found = Assembly.load(self.config, unmapped=unmapped)
        logs.configure(
            level="debug" if self.flags.debug else "warning", style="console", secrets=found.secrets
        )
        return found

    @cached_property
    def out(self) -> Console:
        """Where results go."""
        return _console(stderr=False)

    @cached_property
    def err(self) -> Console:
        """Where progress and errors go."""
        return _console(stderr=True)

    @property
    def interactive(self) -> bool:
        """Whether there is a person to ask."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def show(self, data: Any, *screens: RenderableType) -> None:
        """The result: `data` as JSON, or the screens made of it."""
        if self.flags.json:
            write_json(data)
            return
        for screen in screens:
            self.out.print(screen)

    def say(self, text: str) -> None:
        """A remark beside the result."""
        self.err.print(text, markup=False, highlight=False)


def command(run: Callable[..., int | None]) -> Callable[..., None]:
    """A function Typer can take: `run`'s own parameters, and the flags of every command."""
    signature = inspect.signature(run)
    hints = get_type_hints(run, include_extras=True)
    own = [p.replace(annotation=hints[p.name]) for p in list(signature.parameters.values())[1:]]

    def called(ctx: typer.Context, **values: Any) -> None:
        given = Flags(values.pop("config"), values.pop("json"), values.pop("debug"))
        ctx.obj = flags = _merged(ctx.obj, given)
        raise typer.Exit(guarded(Session(flags), lambda session: run(session, **values)))

    return _with_parameters(called, run, own)


def group(run: Callable[[Session], int | None]) -> Callable[..., None]:
    """The same for a command group: `run` is what the group's bare name does."""

    def called(ctx: typer.Context, config: Path | None, json: bool, debug: bool) -> None:
        ctx.obj = flags = _merged(ctx.obj, Flags(config, json, debug))
        if ctx.invoked_subcommand is None:
            raise typer.Exit(guarded(Session(flags), run))

    return _with_parameters(called, run, [])


def guarded(session: Session, run: Callable[[Session], int | None]) -> int:
    """The exit code of a run, whatever happens in it; what goes wrong is shown."""
    try:
        return run(session) or DONE
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        session.say("Stopped. What was decided so far is kept; the same command goes on from there.")
        return 130
    except Exception as error:  # noqa: BLE001 - the last place where an error can be made readable
        return _fail(session, error)


def write_json(data: Any) -> None:
    """One JSON document on standard output, UTF-8 whatever the console's code page."""
    import orjson

    sys.stdout.flush()
    sys.stdout.buffer.write(orjson.dumps(data, option=orjson.OPT_INDENT_2, default=str) + b"\n")
    sys.stdout.buffer.flush()


def _fail(session: Session, error: Exception) -> int:
    from hub.logs import redactor

    failure = failures.explain(error).cleaned(redactor.clean)
    if session.flags.debug:
        trace = redactor.clean("".join(traceback.format_exception(error)))
        session.err.print(trace, markup=False, highlight=False)
    failures.show(failure, session.err)
    if session.flags.json:
        write_json({"error": failure.as_json()})
    return failure.code


def _merged(before: Flags | None, given: Flags) -> Flags:
    if before is None:
        return given
    return replace(
        before,
        config=given.config or before.config,
        json=given.json or before.json,
        debug=given.debug or before.debug,
    )


def _with_parameters(
    called: Callable[..., None], run: Callable[..., Any], own: list[inspect.Parameter]
) -> Callable[..., None]:
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *(parameter.replace(kind=kind) for parameter in own),
        inspect.Parameter("config", kind, default=None, annotation=ConfigFlag),
        inspect.Parameter("json", kind, default=False, annotation=JsonFlag),
        inspect.Parameter("debug", kind, default=False, annotation=DebugFlag),
    ]
    made: Any = called
    made.__signature__ = inspect.Signature(parameters)
    made.__annotations__ = {p.name: p.annotation for p in parameters}
    made.__name__, made.__doc__ = run.__name__, run.__doc__
    return called


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    plain = not stream.isatty() and not os.environ.get("COLUMNS")
    console = Console(stderr=stderr, width=PLAIN_WIDTH if plain else None, highlight=False)
    if console.width < NARROWEST:
        console.width = NARROWEST
    return console
