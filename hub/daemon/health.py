"""How the daemon is, for a monitor: one JSON document, and whether it is well.

``ok`` means every route does its work, or waits for something that ends by itself (a workbook somebody has
open). ``degraded`` means an operator should look: `reasons` says where. What waits for an office (conflicts,
records set aside) is shown and is no fault of the daemon's.

Never: asks the database or a system; it tells what is known. Never shows a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub import __version__
from hub.clock import now
from hub.daemon.board import Board, Trouble
from hub.daemon.figures import Figures, Reader
from hub.daemon.telephone import Telephone
from hub.daemon.worker import DATABASE
from hub.yamlfile import Problem

STALE = 60.0
"""Seconds after which figures are old: the database does not answer."""


@dataclass(frozen=True, slots=True)
class RouteShape:
    """One route of the configuration in force."""

    entity: str
    system: str
    direction: str
    rhythm: str


@dataclass(slots=True)
class Configuration:
    """What is in force, and what is wrong with the newest edit, if it is not the one in force."""

    file: str
    loaded_at: str = field(default_factory=now)
    problems: tuple[Problem, ...] = ()
    routes: tuple[RouteShape, ...] = ()


class Health:
    """Composes the document from what the parts of the daemon know."""

    def __init__(
        self,
        holder: str,
        database: str,
        board: Board,
        reader: Reader,
        configuration: Callable[[], Configuration],
        telephone: Telephone,
    ) -> None:
        self._telephone = telephone
        self.holder, self.database, self.started_at = holder, database, now()
        self._board, self._reader, self._configuration = board, reader, configuration

    def document(self) -> dict[str, Any]:
        """The whole of it. `status` is ``ok`` or ``degraded``; times are ISO, UTC; durations in seconds."""
        configuration, figures = self._configuration(), self._reader.last
        reasons = self._reasons(configuration, figures)
        return {
            "status": "degraded" if reasons else "ok",
            "reasons": reasons,
            "version": __version__,
            "holder": self.holder,
            "started_at": self.started_at,
            "database": self.database,
            "figures_age_seconds": round(self._reader.age(), 1),
            "configuration": {
                "file": configuration.file,
                "loaded_at": configuration.loaded_at,
                "problems": [_problem(problem) for problem in configuration.problems],
            },
            "waiting": {
                "conflicts": sum(figures.conflicts.values()),
                "reviews": sum(figures.reviews.values()),
                "dead_letters": figures.dead(),
                "duplicates": sum(figures.duplicates.values()),
                "outbox": figures.depth(),
            },
            "routes": [self._route(shape, figures) for shape in configuration.routes],
            "calls": self._telephone.document(),
        }

    def _reasons(self, configuration: Configuration, figures: Figures) -> list[str]:
        serious = [one for one in self._board.troubles() if self._board.is_serious(one)]
        reasons = list(
            dict.fromkeys(
                one.text if one.system == DATABASE else f"{one.entity}/{one.system}: {one.text}"
                for one in serious
            )
        )
        known = {(shape.entity, shape.system) for shape in configuration.routes}
        reasons += [f"{e}/{s}: brake: {text}" for (e, s), text in figures.brakes.items() if (e, s) in known]
        if configuration.problems:
            reasons.append(f"the newest configuration is not in force: {configuration.problems[0]}")
        if self._reader.age() > STALE:
            reasons.append(f"{DATABASE} has not answered for {self._reader.age():.0f} s")
        return [*reasons, *self._telephone.reasons()]

    def _route(self, shape: RouteShape, figures: Figures) -> dict[str, Any]:
        route = (shape.entity, shape.system)
        troubles = [one for one in self._board.troubles() if (one.entity, one.system) == route]
        return {
            "entity": shape.entity,
            "system": shape.system,
            "direction": shape.direction,
            "rhythm": shape.rhythm,
            "state": _state(troubles, figures.brakes.get(route), figures.pulled.get(route)),
            "last_success": figures.pulled.get(route),
            "brake": figures.brakes.get(route),
            "errors": [self._trouble(one) for one in troubles],
            "linked": figures.linked.get(route, 0),
            "due": figures.mail(route, "due", "sending"),
            "sent": figures.mail(route, "sent"),
            "dead": figures.mail(route, "dead"),
        }

    def _trouble(self, trouble: Trouble) -> dict[str, Any]:
        return {
            "doing": trouble.doing,
            "kind": trouble.kind,
            "error": trouble.text,
            "since": trouble.since,
            "last_try": trouble.at,
            "tries": trouble.tries,
            "next_try_in": round(self._board.seconds_to_next_try(trouble), 1),
        }


def _state(troubles: Sequence[Trouble], brake: str | None, pulled: str | None) -> str:
    if troubles:
        return "waiting" if all(one.kind == "Busy" for one in troubles) else "failing"
    return "braked" if brake else "ok" if pulled else "new"


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file, "line": problem.line, "column": problem.column, "message": problem.message,
        "suggestion": problem.suggestion,
    }  # fmt: skip
