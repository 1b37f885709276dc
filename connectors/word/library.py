"""Documents as they were read: each once, and again only when its bytes changed.

A document is read from a private copy whose hash is known, in the reading process. Whatever is wrong with one
document is said of that one; what it would have held is not known then (`doubtful`). One that is just being
saved is left for the next look.
Never: keeps more of a document than its values and why some have none; takes half a file for a damaged one
while it is young enough to be on its way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from connectors.word import faults
from connectors.word.folder import Folder, Glance
from connectors.word.profile import Profile
from connectors.word.reader import Reader, Reading
from connectors.word.reading import WELL
from hub.filing import files
from hub.filing.faults import Fault

SETTLING_NS = 60 * 10**9
"""A file that cannot be read and changed so shortly ago may still be on its way."""

MOST_DOUBTS = 3


class Cell(NamedTuple):
    """One value as it was read, or why there is none. `missing`: nothing stands where it must."""

    value: Any
    reason: str | None = None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One contract of a document: its values by field, and where in the document it stands."""

    profile: str
    record: str
    key: tuple[str, ...]
    place: str
    cells: Mapping[str, Cell]
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a document, or a contract in it, is set aside, and what a person can do."""

    reason: str
    todo: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One document as it was read. `doubtful`: it could not be opened, so that it may hold anything.

    `notes`: what a person should know of it besides (macros, links outside).
    """

    glance: Glance
    sha256: str
    racy: bool
    parts: tuple[Part, ...] = ()
    trouble: Trouble | None = None
    doubtful: bool = False
    notes: tuple[str, ...] = ()


class Library:
    """The documents of one folder. Keeps what it read, by name; not for several threads."""

    def __init__(self, folder: Folder, reader: Reader) -> None:
        self._folder, self._reader = folder, reader
        self._leaves: dict[str, Leaf] = {}
        self._profiles: Mapping[str, Profile] = {}

    def use(self, profiles: Mapping[str, Profile]) -> None:
        """From now on, these profiles: what was read with others is forgotten."""
        if profiles is not self._profiles:
            self._profiles = profiles
            self._leaves.clear()

    def keep(self, names: Mapping[str, object]) -> None:
        """Forget documents that are no more."""
        for name in self._leaves.keys() - names.keys():
            del self._leaves[name]

    def leaf(self, name: str, glance: Glance) -> Leaf | None:
        """The document as it is now; ``None`` where somebody is just saving it. Raises `Fault`."""
        known = self._leaves.get(name)
        if known is not None and known.glance == glance and not known.racy:
            return known
        leaf = self._fresh(name, glance, known)
        if leaf is None or leaf.doubtful:
            self._leaves.pop(name, None)
        else:
            self._leaves[name] = leaf
        return leaf

    def _fresh(self, name: str, glance: Glance, known: Leaf | None) -> Leaf | None:
        path = self._folder.file(name)
        try:
            with files.snapshot(path, 0) as taken:
                if known is not None and known.sha256 == taken.sha256:
                    return replace(known, glance=glance, racy=taken.racy)
                return self._read(name, glance, taken)
        except Fault as fault:
            if fault.kind == "busy" or not path.exists():
                return None
            if fault.kind == "unreachable":
                raise
            return Leaf(glance, "", False, (), Trouble(_said(fault.what, fault.why), fault.todo), True)

    def _read(self, name: str, glance: Glance, taken: files.Snapshot) -> Leaf | None:
        try:
            found = self._reader.read(taken.copy, self._profiles, shown=name)
        except faults.Fault as fault:
            if 0 <= time.time_ns() - glance[1] < SETTLING_NS:
                return None
            trouble = Trouble(_said(fault.what, fault.why), fault.todo)
            return Leaf(glance, taken.sha256, taken.racy, (), trouble, True)
        if found.renewal_of is not None:
            return Leaf(glance, taken.sha256, taken.racy)
        notes = tuple(found.notes)
        if found.profile is None:
            return Leaf(glance, taken.sha256, taken.racy, (), unfitting(name, found), notes=notes)
        profile = self._profiles[found.profile]
        parts = tuple(part_of(one, profile) for one in found.contracts)
        return Leaf(glance, taken.sha256, taken.racy, parts, notes=notes)

    def notes(self) -> Iterator[tuple[str, str]]:
        """What a person should know of the documents that were read: name and note."""
        for name, leaf in sorted(self._leaves.items()):
            for note in leaf.notes:
                yield name, note


def part_of(contract: Mapping[str, Any], profile: Profile) -> Part:
    """A contract as `reading.Contract.as_json` tells it, reduced to what a record needs."""
    cells = {one["name"]: _cell(one) for one in contract["values"]}
    types = {one["name"]: one["type"] for one in contract["values"]}
    return Part(contract["profile"], contract["record"], profile.key, contract["place"], cells, types)


def _cell(value: Mapping[str, Any]) -> Cell:
    if value["verdict"] in WELL:
        return Cell(value["value"])
    return Cell(None, why(value), value["verdict"] == "missing")


def why(value: Mapping[str, Any]) -> str:
    """What is doubted of a value, each doubt with its place and the sentence it stands in.

    Two sources that meet the same sentence (a label, and a regular expression over it) say it once.
    """
    once = {
        (doubt["verdict"], doubt["place"], doubt["sentence"]): doubt for doubt in reversed(value["doubts"])
    }
    doubts = list(reversed(once.values()))
    told = [_told(doubt) for doubt in doubts[:MOST_DOUBTS]]
    if len(doubts) > MOST_DOUBTS:
        told.append(f"and {len(doubts) - MOST_DOUBTS} more places")
    return "; ".join(told) or value["verdict"]


def _told(doubt: Mapping[str, Any]) -> str:
    place = f" ({doubt['place']})" if doubt["place"] else ""
    sentence = f": « {doubt['sentence']} »" if doubt["sentence"] else ""
    return f"{doubt['message']}{place}{sentence}"


def unfitting(name: str, found: Reading) -> Trouble:
    """Why no contract is read from a document that can be opened."""
    if found.verdict == "unsupported":
        return Trouble(
            f"{name} is no Word document but a {found.form}",
            "take it out of the folder, or leave_out in hub.yaml",
        )
    fitting = [one["profile"] for one in found.fits if one["fits"]]
    todo = (
        f'see what is in it with: hub documents read "{name}"; then add a profile, or leave_out in hub.yaml'
    )
    if fitting:
        return Trouble(
            f"{len(fitting)} profiles fit {name}: {', '.join(fitting)}",
            "let their `match` tell them apart: " + todo,
        )
    against = "; ".join(f"{one['profile']}: {', '.join(one['why'])}" for one in found.fits[:4])
    return Trouble(f"no profile fits {name} ({against})", todo)


def _said(what: str, reason: str) -> str:
    return f"{what}: {reason}" if reason else what
