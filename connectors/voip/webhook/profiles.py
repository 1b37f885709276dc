"""Maps on disk: those that ship, and an admin's own. Every mistake has its file, line and column."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from connectors.voip.webhook.mapfile import Fields, Map, Rule, Source, Test
from hub.ports import Misconfigured
from hub.yamlfile import FileProblems, read_yaml, shape_problems

FOLDER = Path(__file__).parent / "profiles"
_WORDS = sorted(
    {
        field.alias or name
        for model in (Map, Fields, Rule, Source, Test)
        for name, field in model.model_fields.items()
    }
)


def names() -> list[str]:
    """The maps that ship."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(system: str, path: Path) -> Map:
    """The map in a file. Raises `Misconfigured`, with every mistake in it."""
    try:
        document = read_yaml(path)
        if document.problems:
            raise FileProblems(document.problems)
        return Map.model_validate(document.data)
    except FileProblems as found:
        problems = found.problems
    except ValidationError as error:
        problems = shape_problems(document, error, _WORDS)
    raise Misconfigured(
        system,
        "its map cannot be used",
        "; ".join(map(str, problems)),
        todo="docs/webhooks.md says what may stand in a map",
    )


def shipped(system: str, name: str) -> Map:
    """A map that ships, by its name. Raises `Misconfigured`."""
    path = FOLDER / f"{name}.yaml"
    if name not in names():
        raise Misconfigured(
            system, f"there is no profile called {name}", todo=f"one of {', '.join(names())}; or map: a file"
        )
    return load(system, path)
