"""The hub's log: readable lines on a terminal, one JSON object a line elsewhere, and never a secret in one.

Every line of every library goes through the same processors. The last of them is the redactor
(`hub.redaction`), which knows every secret value of the configuration and hides it wherever it stands: in an
event, a value, a traceback, a URL.

It promises: `configure` may be called again (a reloaded configuration brings new secrets; the old ones stay
hidden too). Never: writes anywhere but to stderr; who runs the daemon as a service decides where that goes.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterable, MutableMapping
from typing import IO, Any, Literal

import structlog
from structlog.typing import EventDict, Processor

from hub.redaction import HIDDEN, Redactor, redactor, spellings

__all__ = ["HIDDEN", "Redactor", "catch_strays", "configure", "get", "redactor", "spellings"]

Style = Literal["auto", "console", "json"]

QUIET = {
    "apscheduler": logging.ERROR,
    "alembic": logging.WARNING,
    "urllib3": logging.ERROR,
    "odoorpc": logging.WARNING,
}
"""Libraries whose everyday lines say nothing to an operator."""


def configure(
    *,
    level: str = "info",
    style: Style = "auto",
    secrets: Iterable[str] = (),
    stream: IO[str] | None = None,
) -> None:
    """Set the log up for this process."""
    redactor.learn(secrets)
    out = stream or sys.stderr
    console = style == "console" or (style == "auto" and out.isatty())
    root = logging.getLogger()
    root.handlers[:] = [_handler(logging.StreamHandler(out), console, out.isatty())]
    root.setLevel(level.upper())
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get(name: str = "hub") -> structlog.stdlib.BoundLogger:
    """A logger; keyword arguments of its calls become fields of the line."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def catch_strays() -> None:
    """Let an exception nobody caught, in any thread, be a line of the log too."""

    def in_main(kind: type[BaseException], problem: BaseException, trace: Any) -> None:
        get().critical("stopped by an error nobody expected", exc_info=(kind, problem, trace))

    def in_thread(found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            get().critical(
                "a thread stopped by an error nobody expected",
                thread=found.thread.name if found.thread else "",
                exc_info=(found.exc_type, found.exc_value, found.exc_traceback),
            )

    sys.excepthook = in_main
    threading.excepthook = in_thread


def _in_order(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What every line has comes first, so that a log can be read with the eyes too."""
    first = {key: event[key] for key in ("timestamp", "level", "event") if key in event}
    return first | {key: value for key, value in event.items() if key not in ("_record", "_from_structlog")}


def _handler(handler: logging.Handler, console: bool, colors: bool) -> logging.Handler:
    """A handler that renders last: whatever a processor or a library added, the redactor has seen it."""
    last: Processor = (
        structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0, sort_keys=False)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[_in_order, structlog.processors.format_exc_info, redactor, last],
        )
    )
    handler.setLevel(logging.NOTSET)
    return handler


_SHARED: list[Callable[[Any, str, EventDict], Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.UnicodeDecoder(),
]
