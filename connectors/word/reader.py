"""Reads documents safely: in a process of its own, within limits, one verdict a file.

| verdict | meaning |
|---|---|
| read | every contract in it was read whole |
| review | something in it is missing, doubtful or told twice: a person must look |
| no profile | no profile fits it, or more than one does |
| unsupported | it is no Word document: a workbook, a PDF |

A file that cannot be opened at all raises `Fault`. The process is kept from file to file, and started anew
when it died of one, or has read `RECYCLED` of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from connectors.word.faults import Fault
from connectors.word.office import Office
from connectors.word.package import MIB, Bounds
from connectors.word.profile import Profile
from connectors.word.profiles import as_json
from hub.apart import Died, Worker
from hub.filing import temporary

Verdict: TypeAlias = Literal["read", "review", "no profile", "unsupported"]
RECYCLED = 500
CONVERTED = ("doc", "rtf", "odt")


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take."""

    seconds: float = 30
    memory: int = 1024 * MIB
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file came to. `contracts` and `offers` are plain data, as `reading` and `offer` make them."""

    file: str
    form: str
    verdict: Verdict
    profile: str | None = None
    fits: list[dict[str, Any]] = field(default_factory=list)
    contracts: list[dict[str, Any]] = field(default_factory=list)
    offers: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    text: str = ""
    """Where offers were asked for: all that can be seen in it, a paragraph a line."""
    renewal_of: str | None = None
    """The contract that this amendment, made by the hub, renews: its values are no contract of their own."""


class Reader:
    """Reads one file after the other. Close it, or use it in a ``with``; not for several threads."""

    def __init__(self, limits: Limits | None = None, office: Office | None = None) -> None:
        self._limits, self._office = limits or Limits(), office or Office()
        self._worker = Worker("connectors.word.worker")
        self._read = 0

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the reading process."""
        self._worker.close()

    def read(
        self, path: Path, profiles: Mapping[str, Profile], *, offers: bool = False, shown: str = ""
    ) -> Reading:
        """One file by the one profile that fits it. Raises `Fault` where it cannot be opened.

        `shown` is what messages call it, where `path` is a copy.
        """
        shown, ending = shown or path.name, path.suffix.lstrip(".").lower()
        found = self._ask(path, shown, ending, profiles, offers)
        form = found["form"]
        notes = found.get("notes", [])
        if form in CONVERTED:
            with temporary.private_folder() as folder:
                copy = self._office.convert(path, form, folder, shown)
                found = self._ask(copy, shown, ending, profiles, offers)
            notes = [f"converted from .{form} by LibreOffice", *found.get("notes", [])]
        elif form != "docx":
            return Reading(shown, form, "unsupported")
        fitting = [one["profile"] for one in found["fits"] if one["fits"]]
        contracts = found["contracts"]
        verdict: Verdict = "no profile"
        if len(fitting) == 1:
            verdict = "review" if any(one["verdict"] == "review" for one in contracts) else "read"
        profile = fitting[0] if len(fitting) == 1 else None
        return Reading(
            shown, form, verdict, profile, found["fits"], contracts, found["offers"], notes, found["text"],
            found["renewal_of"],
        )  # fmt: skip

    def _ask(
        self, path: Path, shown: str, ending: str, profiles: Mapping[str, Profile], offers: bool
    ) -> dict[str, Any]:
        return self.do("read", path, shown, ending=ending, profiles=as_json(profiles.items()), offers=offers)

    def do(self, task: str, path: Path, shown: str, **more: Any) -> dict[str, Any]:
        """Have the reading process do one of its tasks with the file at `path`. Raises `Fault`."""
        if self._read >= RECYCLED:
            self._worker.close()
            self._read = 0
        self._read += 1
        request = {
            "task": task,
            "path": str(path.absolute()),
            "shown": shown,
            "memory": self._limits.memory,
            "bounds": asdict(self._limits.bounds),
            **more,
        }
        try:
            ((kind, content),) = self._worker.ask(request, self._limits.seconds)
        except Died as death:
            self._read = 0
            if death.spent:
                what = f"{shown} could not be read within {self._limits.seconds:.0f} s"
                raise Fault(what, todo="open it in Word: is it sound?") from death
            raise Fault(
                f"{shown} cannot be read", death.words, "open it in Word and save it again"
            ) from death
        if kind == "fault":
            raise Fault(*content)
        return dict(content)
