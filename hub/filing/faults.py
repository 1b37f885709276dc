"""Why a workbook as a whole cannot be used, in words; the connector adds the system's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from hub.ports import Busy, ConnectorError, Denied, Misconfigured, SourceDamaged, Unreachable

Kind: TypeAlias = Literal["damaged", "misconfigured", "busy", "denied", "unreachable", "read_only"]

ERRORS: Final[Mapping[Kind, type[ConnectorError]]] = {
    "damaged": SourceDamaged,
    "misconfigured": Misconfigured,
    "busy": Busy,
    "denied": Denied,
    "unreachable": Unreachable,
    "read_only": Denied,
}
"""What a fault of each kind is to the hub."""


class Fault(Exception):
    """Ends the work on a workbook. Crosses from the child process to the hub as its four texts."""

    def __init__(self, kind: Kind, what: str, why: str = "", todo: str = "") -> None:
        super().__init__(kind, what, why, todo)
        self.kind, self.what, self.why, self.todo = kind, what, why, todo


RESTORE = "restore a backup, or open it in Excel and save it again"


def damaged(what: str, why: str = "", todo: str = RESTORE) -> Fault:
    """The file cannot be trusted: nothing of it is read."""
    return Fault("damaged", what, why, todo)


def read_only(what: str, why: str = "", todo: str = "") -> Fault:
    """The file can be read, but is never written as it is."""
    return Fault("read_only", what, why, todo)


def misconfigured(what: str, why: str = "", todo: str = "") -> Fault:
    """The mapping names something that the workbook does not have."""
    return Fault("misconfigured", what, why, todo)
