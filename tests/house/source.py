"""The project's own files, for the tests about it: which there are, what each module imports and calls."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("hub", "connectors", "sandbox", "scheduler", "tests", "benchmarks", "scripts")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file under version control, as it stands in the work tree; all files of an unpacked archive."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        found = [ROOT / name for name in listed.decode().split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not any(part.startswith(".venv") for part in path.parts)]
    return tuple(path for path in found if path.is_file())


@dataclass(frozen=True)
class Module:
    """One Python file of the project: its dotted name, and its syntax tree."""

    path: Path
    name: str

    @property
    def place(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.path)

    @property
    def lines(self) -> int:
        return len(self.path.read_text("utf-8").splitlines())

    def imports(self) -> Iterator[str]:
        """Every module it imports anywhere, by its full dotted name; ``from x import y`` gives ``x.y``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.place}:{node.lineno} imports relatively"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def is_in(self, *rooms: str) -> bool:
        return within(self.name, *rooms)


def within(name: str, *rooms: str) -> bool:
    """Whether a dotted name is one of these modules or stands below one."""
    return any(name == room or name.startswith(room + ".") for room in rooms)


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the project's rooms."""
    found = []
    for path in tracked():
        parts = path.relative_to(ROOT).with_suffix("").parts
        if path.suffix == ".py" and parts[0] in ROOMS:
            found.append(Module(path, ".".join(parts).removesuffix(".__init__")))
    return tuple(found)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))
