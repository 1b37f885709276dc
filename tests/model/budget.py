"""How long the model tests look: a bounded number in the ordinary run, as long as told in `make test-model`.

The ordinary run tries the same examples every time, so that what fails fails again and is the change's doing.
With `HUB_MODEL_MINUTES` set, each test takes its share of that time and tries new ones at every run.
`HUB_MODEL_TIMES` multiplies the bounded number.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model import story

MINUTES = float(os.environ.get("HUB_MODEL_MINUTES", "0"))
TIMES = float(os.environ.get("HUB_MODEL_TIMES", "1"))
_ROUND = 100


def looks(examples: int, share: float) -> Callable[[Callable[[settings], None]], None]:
    """Call a search with its settings: once, bounded; or again and again while its time lasts."""

    def run(search: Callable[[settings], None]) -> None:
        if not MINUTES:
            search(_settings(round(examples * TIMES), derandomize=True))
            return
        until = time.monotonic() + MINUTES * 60 * share
        while time.monotonic() < until:
            search(_settings(_ROUND, derandomize=False))

    return run


def _settings(examples: int, derandomize: bool) -> settings:
    return settings(
        max_examples=examples,
        derandomize=derandomize,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
        print_blob=False,
    )


def run_machine(machine: Any, examples: int, steps: int, share: float) -> None:
    """Run a machine; the shortest story that fails is kept among the regressions and raised."""

    def search(found: settings) -> None:
        machine.failed = None
        try:
            check: Callable[..., None] = run_state_machine_as_test
            check(machine, settings=settings(found, stateful_step_count=steps))
        except Exception as problem:
            if machine.failed is None:
                raise
            raise story.kept(machine.failed) from problem

    looks(examples, share)(search)
