"""Stories: what happened in an example, for people to read and for the tests to tell again.

A story is a YAML file: what the example is about (`config`), the steps as plain data with the sentence of
each above it as a comment, and what was wrong at the end. Sentences are for people; the data is told again.
A story that fails is shortened before it is shown: steps without which it fails the same way are left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hub.store import Store
from tests.model import doubles_promises, promises
from tests.model.doubles import Doubles
from tests.model.office import Office
from tests.model.planning import Planning
from tests.model.words import Step

REGRESSIONS = Path(__file__).parent / "regressions"
"""Stories that failed once; the ordinary run tells them first."""

_TRIES = 600
"""Tellings spent on making one story shorter."""


@dataclass(frozen=True)
class Story:
    """What was done, in data and in sentences, and what was `wrong` in the end; empty where all was well."""

    config: Mapping[str, Any]
    steps: list[Step]
    sentences: list[str]
    wrong: str = ""

    def __str__(self) -> str:
        lines = [f"  {number}. {sentence}" for number, sentence in enumerate(self.sentences, 1)]
        return "\n".join(["", *lines, f"  then: {self.wrong or 'all is well'}"])

    def write(self, folder: Path) -> Path:
        """Keep it; its file, named by what is in it."""
        lines = [f"# {line}".rstrip() for line in f"Found by the model tests: {self.wrong}".splitlines()]
        lines += [f"config: {_flow(self.config)}", "steps:"]
        for step, sentence in zip(self.steps, self.sentences, strict=True):
            lines += [f"  # {sentence}", f"  - {_flow(step)}"]
        text = "\n".join(lines) + "\n"
        name = hashlib.sha256(_flow(self.steps).encode()).hexdigest()[:8]
        folder.mkdir(exist_ok=True)
        path = folder / f"found_{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path


def of(office: Office | Planning, problem: Exception) -> Story:
    """The story of an office, or of a planner alone, up to this problem."""
    wrong = f"{type(problem).__name__}: {problem}"
    return Story(office.config, list(office.steps), list(office.story), wrong)


def tell(config: Mapping[str, Any], steps: list[Step], url: str | None = None) -> Story:
    """Do these steps in a new office, to the end; what came of it."""
    office = opened(config, url)
    try:
        for step in steps:
            office.perform(step)
        finish(office)
    except Exception as problem:  # noqa: BLE001 - whatever goes wrong is what the story ends with
        return of(office, problem)
    finally:
        office.close()
    return Story(office.config, list(office.steps), list(office.story))


def opened(config: Mapping[str, Any], url: str | None = None) -> Office | Planning:
    """The world that an example is about."""
    if "mapping" in config:
        return Planning(config)
    return Doubles(config, url) if "noise" in config else Office(config, url)


def finish(office: Office | Planning) -> None:
    """Bring it to rest, and hold it to its promises."""
    if isinstance(office, Planning):
        office.finish()
    elif isinstance(office, Doubles):
        doubles_promises.finish(office)
    else:
        promises.finish(office)


def shortened(story: Story) -> Story:
    """The same failure with fewer steps, as far as a bounded number of tries gets."""
    kind, tries, size = _kind(story), 0, max(1, len(story.steps) // 2)
    while True:
        start, before = 0, len(story.steps)
        while start < len(story.steps) and tries < _TRIES:
            tries += 1
            shorter = tell(story.config, story.steps[:start] + story.steps[start + size :])
            if _kind(shorter) == kind:
                story = shorter
            else:
                start += size
        if tries >= _TRIES or (size == 1 and len(story.steps) == before):
            return story
        size = max(1, size // 2)


def _kind(story: Story) -> str:
    """What is wrong, whatever the values and numbers: the words before anything that is quoted."""
    return re.sub(r"\d+", "", re.split(r"['\"\[({]", story.wrong)[0])


def kept(story: Story) -> AssertionError:
    """Shorten a story that failed, keep it among the regressions, and say so as the failure to raise."""
    shorter = shortened(story)
    path = shorter.write(REGRESSIONS)
    return AssertionError(f"{shorter}\n  kept in {path}\n  again: python -m tests.model.replay {path}")


def replay(path: Path, url: str | None = None) -> Story:
    """Tell a kept story again."""
    kept = yaml.safe_load(path.read_text(encoding="utf-8"))
    if url is not None:
        Store(url).migrate()
    return tell(kept["config"], kept["steps"], url)


def _flow(value: Any) -> str:
    text = yaml.safe_dump(
        _plain(value), default_flow_style=True, width=10**6, sort_keys=False, allow_unicode=True
    )
    return text.strip()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
