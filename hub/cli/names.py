"""Names typed on the command line, checked against the configuration before anything is done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hub.cli.failures import WrongUse

if TYPE_CHECKING:
    from connectors.assembly import Assembly


def entities(assembly: Assembly, wanted: Iterable[str] | None) -> list[str] | None:
    """The entities asked for, ``None`` for all. Raises `WrongUse` with the near miss."""
    return _known(wanted, [mapping.entity for mapping in assembly.mappings], "entity")


def systems(assembly: Assembly, wanted: Iterable[str] | None) -> list[str] | None:
    """The systems asked for, ``None`` for all. Raises `WrongUse` with the near miss."""
    return _known(wanted, list(assembly.settings.systems), "system")


def _known(wanted: Iterable[str] | None, known: list[str], what: str) -> list[str] | None:
    from hub.yamlfile import meant

    found = list(dict.fromkeys(wanted or ()))
    for name in found:
        if name not in known:
            raise WrongUse(f"there is no {what} '{name}' in the configuration", meant(name, known))
    return found or None
