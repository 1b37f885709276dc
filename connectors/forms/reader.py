"""Asks the worker about one PDF after the other, within limits; its death or silence is a `Fault`.

The process is kept from file to file, and started anew when it died of one, or has seen `RECYCLED` of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from connectors.forms.description import Description
from connectors.forms.intake import MIB, Bounds
from connectors.forms.settings import Limits
from hub.apart import Died, Worker
from hub.filing.faults import Fault, damaged

RECYCLED = 400


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of form as it is asked for: its description, and where its blank is."""

    name: str
    description: Description
    blank: Path

    def asked(self) -> dict[str, Any]:
        """As it crosses to the worker."""
        return {"description": self.description.model_dump(mode="json"), "blank": str(self.blank.absolute())}


class Reader:
    """Looks at one file after the other. Close it, or use it in a ``with``; not for several threads."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._worker = Worker("connectors.forms.worker")
        self._asked = 0

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the reading process."""
        self._worker.close()

    def look(self, path: Path) -> dict[str, Any]:
        """Every field of a PDF. Raises `Fault`."""
        return self._ask("look", path.name, path=str(path.absolute()))

    def read(self, path: Path, kind: Kind) -> dict[str, Any]:
        """A form's values, as `connectors.forms.reading.Reading` has them, and its hashes. Raises `Fault`."""
        return self._ask("read", path.name, path=str(path.absolute()), **kind.asked())

    def check(self, kind: Kind) -> dict[str, Any]:
        """What is wrong between a description and its blank. Raises `Fault`."""
        return self._ask("check", kind.blank.name, **kind.asked())

    def fill(
        self, kind: Kind, values: Mapping[str, Any], target: Path, shown: str, over: Path | None = None
    ) -> dict[str, Any]:
        """Fill a form into `target`: the form as it reads then, or `refused`. Raises `Fault`.

        `over`: a form that was filled before, whose other fields stay as they are.
        """
        previous = str(over.absolute()) if over is not None else None
        extra = {"values": dict(values), "target": str(target.absolute()), "over": previous}
        return self._ask("fill", shown, **extra, **kind.asked())

    def _ask(self, task: str, shown: str, **extra: Any) -> dict[str, Any]:
        if self._asked >= RECYCLED:
            self.close()
            self._asked = 0
        self._asked += 1
        limits = self._limits
        bounds = Bounds(limits.file_mib * MIB, limits.pages, limits.objects, limits.fields)
        request = {
            "task": task,
            "shown": shown,
            "memory": limits.memory_mib * MIB,
            "bounds": asdict(bounds),
            **extra,
        }
        try:
            ((kind, content),) = self._worker.ask(request, limits.seconds)
        except Died as death:
            self._asked = 0
            if death.spent:
                what = f"{shown} could not be read within {limits.seconds:.0f} s"
                raise damaged(what, todo="raise limits.seconds if it is sound") from death
            todo = "open it in a PDF reader and save it again; it may be damaged"
            raise damaged(f"{shown} cannot be read", death.words, todo) from death
        if kind == "fault":
            raise Fault(*content)
        return dict(content)
