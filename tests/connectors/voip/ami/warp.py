"""An event loop in which time passes as fast as nothing happens: an hour of waiting takes no hour.

Whoever waits for a timer waits until nobody has anything more to say on a socket of this process; then the
clock jumps. So a server and its client must live in the same loop, and no thread take part.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

QUIET = 0.001
"""Real seconds without a word on any socket after which the clock jumps."""

_Result = TypeVar("_Result")


class _Jumping(selectors.DefaultSelector):
    jumped = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        real = min(timeout, QUIET)
        found = super().select(real)
        if not found:
            self.jumped += timeout - real
        return found


class Loop(asyncio.SelectorEventLoop):
    """Where `asyncio.sleep` and time-outs take no real time."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return super().time() + self._jumping.jumped


def run(story: Coroutine[Any, Any, _Result]) -> _Result:
    """The story, in a loop of its own."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(story)


def now() -> float:
    """Seconds on the running loop's clock."""
    return asyncio.get_running_loop().time()
