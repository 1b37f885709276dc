"""Form descriptions on disk: one file, or a folder of them. Every mistake has its file, line and column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from connectors.forms.description import Description, Field_
from hub.filing.faults import misconfigured
from hub.yamlfile import FileProblems, Problem, read_yaml, shape_problems

_WORDS = sorted({name for model in (Description, Field_) for name in model.model_fields})


def load(path: Path) -> Mapping[str, Description]:
    """The descriptions of a file or of a folder's `*.yaml`, by file name. Raises `FileProblems`, all in
    one.
    """
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
        raise FileProblems(
            [Problem(str(path), 1, 1, "holds no form description: no file in it ends in .yaml")]
        )
    return found


def load_for_work(path: Path) -> Mapping[str, Description]:
    """The same for a system that works by them. Raises `Fault` (misconfigured) with every mistake's place."""
    try:
        return load(path)
    except FileProblems as wrong:
        todo = "correct them; `hub documents read FORM.pdf --profile FILE` tries one"
        raise misconfigured("the form descriptions have mistakes", str(wrong), todo) from wrong


def load_one(path: Path) -> Description:
    """The description in one file. Raises `FileProblems`."""
    document = read_yaml(path)
    if document.problems:
        raise FileProblems(document.problems)
    try:
        return Description.model_validate(document.data)
    except ValidationError as error:
        raise FileProblems(shape_problems(document, error, _WORDS)) from error


def blank_of(path: Path, description: Description, blanks: Path | None = None) -> Path:
    """Where a description's blank is: in the folder of blanks, else beside the description."""
    return (blanks or (path if path.is_dir() else path.parent)) / description.blank
