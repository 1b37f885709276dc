"""What installing and removing the desk tell of each thing they did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

State = Literal["there", "made", "changed", "removed", "absent", "stays", "missing", "warning"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing, and what became of it. `todo` is for a person; empty where there is nothing to do."""

    what: str
    state: State
    detail: str = ""
    todo: str = ""


@dataclass
class Steps:
    """What was done, in order. `well`: the desk works, and the hub's user lacks nothing."""

    done: list[Step] = field(default_factory=list)
    screen: bool = True

    def add(self, what: str, state: State, detail: str = "", todo: str = "") -> None:
        self.done.append(Step(what, state, detail, todo))

    @property
    def well(self) -> bool:
        return all(step.state != "missing" for step in self.done)
