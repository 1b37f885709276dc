"""Profiles on disk: one file, or a folder of them. Every mistake has its file, line and column."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from connectors.word.profile import Field_, Match, OwnCompany, Profile, Source, Split
from hub.yamlfile import FileProblems, Problem, read_yaml, shape_problems

_WORDS = sorted(
    {
        field.alias or name
        for model in (Profile, Match, OwnCompany, Split, Source, Field_)
        for name, field in model.model_fields.items()
    }
)

Mistakes = FileProblems
"""What is wrong in profiles, each mistake with its file, line and column."""


def load(path: Path) -> dict[str, Profile]:
    """The profiles of a file or of a folder's `*.yaml`, by file name. Raises `FileProblems`, all in one."""
    if not path.is_dir():
        return {path.stem: load_one(path)}
    found, problems = {}, []
    for file in sorted((*path.glob("*.yaml"), *path.glob("*.yml"))):
        try:
            found[file.stem] = load_one(file)
        except FileProblems as wrong:
            problems += wrong.problems
    if problems:
        raise FileProblems(problems)
    if not found:
        raise FileProblems([Problem(str(path), 1, 1, "holds no profile: no file in it ends in .yaml")])
    return found


def load_one(path: Path) -> Profile:
    """The profile in one file. Raises `FileProblems`."""
    document = read_yaml(path)
    if document.problems:
        raise FileProblems(document.problems)
    try:
        return Profile.model_validate(document.data)
    except ValidationError as error:
        raise FileProblems(shape_problems(document, error, _WORDS)) from error


def as_json(profiles: Iterable[tuple[str, Profile]]) -> list[list[object]]:
    """The profiles as they cross to the worker."""
    return [[name, profile.model_dump(mode="json", by_alias=True)] for name, profile in profiles]


def stamps_of(path: Path) -> tuple[tuple[str, int, int], ...]:
    """What a glance tells of the profiles' files: equal ones were not changed. Raises `OSError`."""
    found = [path] if not path.is_dir() else sorted((*path.glob("*.yaml"), *path.glob("*.yml")))
    return tuple((file.name, (seen := file.stat()).st_size, seen.st_mtime_ns) for file in found)
