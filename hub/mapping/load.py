"""Mapping files to `Mappings`: every file is read, every problem told at once, parents put first."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hub.mapping.build import Builder
from hub.mapping.document import DuplicatesDoc, EntityDoc, FieldDoc
from hub.mapping.entity import EntityMapping, Mappings
from hub.values import Ref
from hub.yamlfile import Document, FileProblems, Problem, meant, read_yaml, shape_problems


class MappingError(FileProblems):
    """The mappings cannot be used; `problems` says why, all of it."""


def load_mappings(path: Path | str, systems: Collection[str] | None = None) -> Mappings:
    """The mappings in a folder (``*.yaml``, ``*.yml``) or one file, parents first.

    `systems` are the names hub.yaml knows, if they are to be checked. Raises `MappingError`.
    """
    problems: list[Problem] = []
    loaded: list[tuple[Document, EntityMapping]] = []
    for file in _files(Path(path)):
        try:
            document = read_yaml(file)
        except FileProblems as found:
            problems += found.problems
            continue
        entity, found_here = read_entity(document, systems)
        problems += found_here
        if entity is not None:
            loaded.append((document, entity))
    problems += _across(loaded, whole=not problems)
    if problems:
        raise MappingError(problems)
    ordered = _parents_first([entity for _, entity in loaded])
    marks = "".join(f"{e.entity}:{e.fingerprint}\n" for e in sorted(ordered, key=lambda e: e.entity))
    return Mappings(tuple(ordered), hashlib.sha256(marks.encode()).hexdigest())


def has_mappings(path: Path | str) -> bool:
    """Whether there is any file that `load_mappings` would read."""
    return Path(path).is_file() or (Path(path).is_dir() and bool(_in_folder(Path(path))))


def _in_folder(path: Path) -> list[Path]:
    return sorted(f for f in path.iterdir() if f.suffix in (".yaml", ".yml") and not f.name.startswith("."))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise MappingError([Problem(str(path), 1, 1, "there is no such folder of mappings")])
    files = _in_folder(path)
    if not files:
        raise MappingError([Problem(str(path), 1, 1, "holds no mapping (a file ending in .yaml)")])
    return files


def read_entity(
    document: Document, systems: Collection[str] | None = None
) -> tuple[EntityMapping | None, list[Problem]]:
    """One document's mapping, or its problems of shape and of meaning together."""
    problems = list(document.problems)
    try:
        doc = EntityDoc.model_validate(document.data)
    except ValidationError as error:
        problems += _problems_of_shape(document, error)
        # What is of the right shape is still examined, so that one reading finds everything.
        partial = _without_errors(document.data, error)
        if partial is None:
            return None, problems
        doc = partial
    builder = Builder(document, doc, systems, whole=not problems)
    entity = builder.build()
    return (None if problems else entity), problems + builder.problems


def _problems_of_shape(document: Document, error: ValidationError) -> list[Problem]:
    problems: dict[tuple[int, int], Problem] = {}
    for problem in shape_problems(document, error, _known_keys(error)):
        # A value that fits none of several forms is complained of once for each: the first says enough.
        problems.setdefault((problem.line, problem.column), problem)
    return list(problems.values())


def _known_keys(error: ValidationError) -> list[str]:
    inside_field = any(e["type"] == "extra_forbidden" and e["loc"][0] == "fields" for e in error.errors())
    ours = [*EntityDoc.model_fields, *DuplicatesDoc.model_fields]
    return [*ours, *(FieldDoc.model_fields if inside_field else ()), "exact"]


def _without_errors(data: Any, error: ValidationError) -> EntityDoc | None:
    """The document with every part of the wrong shape taken out; ``None`` if nothing usable remains."""
    if not isinstance(data, dict):
        return None
    pruned = {key: dict(value) if isinstance(value, dict) else value for key, value in data.items()}
    for item in error.errors(include_url=False):
        _prune(pruned, item["loc"], missing=item["type"] == "missing")
    try:
        return EntityDoc.model_validate(pruned)
    except ValidationError:
        return None


def _prune(data: dict[str, Any], loc: Sequence[str | int], missing: bool) -> None:
    top = loc[0] if loc else ""
    block = data.get(str(top))
    if len(loc) < 2 or not isinstance(block, dict):
        data.pop(str(top), None)
    elif loc[-1] == "[key]":
        block.pop(loc[1], None)
    elif top == "fields":
        block[str(loc[1])] = {"type": "text"}
    elif missing and top == "systems" and len(loc) == 3 and isinstance(block.get(loc[1]), dict):
        block[loc[1]] = {**block[loc[1]], str(loc[2]): {} if loc[2] == "fields" else "?"}
    elif top == "systems" and len(loc) > 2 and isinstance(block.get(loc[1]), dict):
        system = block[loc[1]]
        if len(loc) > 3 and loc[2] == "fields" and isinstance(system.get("fields"), dict):
            kept: Any = {k: v for k, v in system["fields"].items() if k != loc[3]}
            block[loc[1]] = {**system, "fields": kept}
        else:
            block[loc[1]] = {k: v for k, v in system.items() if k != loc[2]}
    else:
        block.pop(loc[1], None)


def _across(loaded: Sequence[tuple[Document, EntityMapping]], whole: bool) -> list[Problem]:
    """Problems between files: an entity described twice, a reference to none, a circle of references."""
    problems: list[Problem] = []
    files: dict[str, str] = {}
    for document, entity in loaded:
        if entity.entity in files:
            message = f"'{entity.entity}' is already described in {files[entity.entity]}"
            problems.append(document.problem(("entity",), message))
        files.setdefault(entity.entity, document.file)
    if not whole:
        # A file that could not be read may be the very one referred to.
        return problems
    for document, entity in loaded:
        for name, definition in entity.fields.items():
            if isinstance(definition.type, Ref) and definition.type.entity not in files:
                target = definition.type.entity
                message = f"no mapping describes '{target}'"
                problems.append(document.problem(("fields", name, "entity"), message, meant(target, files)))
    problems += _circles(loaded)
    return problems


def _circles(loaded: Sequence[tuple[Document, EntityMapping]]) -> list[Problem]:
    rest = {entity.entity: (document, entity) for document, entity in loaded}
    while True:
        free = [name for name, (_, entity) in rest.items() if not any(p in rest for p in entity.parents)]
        if not free:
            break
        for name in free:
            del rest[name]
    # What is left refers to a circle; only what is reachable from itself is on one.
    problems = []
    for name, (document, entity) in rest.items():
        way = _way_back(name, {n: [p for p in e.parents if p in rest] for n, (_, e) in rest.items()})
        if way:
            field = next(
                n for n, f in entity.fields.items() if isinstance(f.type, Ref) and f.type.entity == way[1]
            )
            circle = " → ".join(way)
            message = f"references go round in a circle: {circle}; none of them could be created first"
            problems.append(document.problem(("fields", field), message, key=True))
    return problems


def _way_back(start: str, parents: dict[str, list[str]]) -> list[str] | None:
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for parent in parents[way[-1]]:
            if parent == start:
                return [*way, start]
            if parent not in seen:
                seen.add(parent)
                ways.append([*way, parent])
    return None


def _parents_first(entities: list[EntityMapping]) -> list[EntityMapping]:
    ordered: list[EntityMapping] = []
    waiting = list(entities)
    while waiting:
        done = {entity.entity for entity in ordered}
        ready = next(e for e in waiting if all(parent in done for parent in e.parents))
        waiting.remove(ready)
        ordered.append(ready)
    return ordered
