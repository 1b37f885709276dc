"""Calls with the patience they deserve: what may be asked again is, a few times, and nothing else.

`ask` is for looking: it is repeated after a lost reply, a time-out, a 502. `tell` is for changing: it is
repeated only where the request certainly never left, or where Odoo itself says that another transaction
was in the way; after a lost reply the caller must look. A server that asks to be left alone for a while
(`Retry-After`) is: the wait is as long as it says, or, where that is too long to sit out, it is asked nothing
until then. A refused password is not tried again for an hour, and the same answer given without asking:
servers lock accounts that insist.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic, sleep
from typing import Any, TypeVar

import structlog
import tenacity

from connectors.odoo.client import Client, Version
from connectors.odoo.doors import open_client
from connectors.odoo.faults import DOUBTFUL, Fault, Lost, SlowDown
from connectors.odoo.server import Garbled, WrongSecret
from connectors.odoo.settings import Settings
from hub.ports import ClockReading, Unreachable

TRIES = 4
PATIENCE = 180.0
"""Seconds after which nothing is repeated any more."""
SITS_OUT = 30.0
"""Seconds a server may ask to be left alone for that are waited out in the middle of a call."""
LONGEST_QUIET = 900.0
"""Seconds after which it is asked again, however long it asked to be left alone."""
INSISTS = 3500.0
"""Seconds for which a refused login is not tried again: a little less than the daemon's hour."""

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Session:
    """One conversation with one Odoo. `wait` sleeps between tries (a parameter so that tests need not)."""

    def __init__(
        self,
        system: str,
        settings: Settings,
        opener: Callable[[str, Settings], Client] = open_client,
        wait: Callable[[float], None] = sleep,
    ) -> None:
        self.system = system
        self.settings = settings
        self._opener = opener
        self._wait = wait
        self._client: Client | None = None
        self._version: Version | None = None
        self._uid: int | None = None
        self._final: tuple[float, WrongSecret] | None = None
        self._quiet: tuple[float, Unreachable] | None = None
        self.told = 0

    @property
    def door(self) -> str:
        return self._once(lambda client: client.door)

    def version(self) -> Version:
        if self._version is None:
            self._version = self._patiently(_is_passing, lambda client: client.server_version())
        return self._version

    def uid(self) -> int | None:
        """The hub's own user, where the door tells."""
        if self._uid is None:
            self._uid = self._patiently(_is_passing, lambda client: client.authenticate())
        return self._uid

    def ask(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        """A call that changes nothing."""
        return self._patiently(_is_passing, lambda client: client.call(model, method, *args, context=context))

    def tell(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        """A call that changes something. After `Lost` or any `Fault` the caller looks what is there."""
        return self._patiently(_is_harmless, lambda client: self._tell(client, model, method, args, context))

    def now(self) -> datetime:
        return self._once(lambda client: client.now())

    def clock_reading(self) -> ClockReading | None:
        """How far the server's clock is from ours; ``None`` before its first answer. Asks nothing."""
        return self._client.clock_reading() if self._client is not None else None

    def requests_sent(self) -> int:
        return self._client.requests_sent() if self._client is not None else 0

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _tell(
        self, client: Client, model: str, method: str, args: tuple[Any, ...], context: dict[str, Any] | None
    ) -> Any:
        """`told` counts the calls that may have changed something: all but those that never left."""
        try:
            answer = client.call(model, method, *args, context=context)
        except (Lost, Fault) as error:
            self.told += 1
            if isinstance(error, Lost) or error.kind in DOUBTFUL - {"mute"}:
                _log.warning(
                    "odoo write in doubt, looked up next",
                    system=self.system, model=model, method=method, reason=str(error),
                )  # fmt: skip
            raise
        self.told += 1
        return answer

    def _once(self, act: Callable[[Client], T]) -> T:
        if self._final is not None and monotonic() < self._final[0]:
            raise self._final[1]
        if self._quiet is not None and monotonic() < self._quiet[0]:
            raise self._quiet[1]
        try:
            if self._client is None:
                self._client = self._opener(self.system, self.settings)
            return act(self._client)
        except WrongSecret as error:
            self._final = monotonic() + INSISTS, error
            raise
        except (Lost, SlowDown) as error:
            if error.seconds > SITS_OUT:
                self._quiet = monotonic() + min(error.seconds, LONGEST_QUIET), error
            raise

    def _patiently(self, passing: Callable[[BaseException], bool], act: Callable[[Client], T]) -> T:
        retrying = tenacity.Retrying(
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(TRIES), tenacity.stop_after_delay(PATIENCE), _WantsQuiet()
            ),
            wait=lambda state: max(_SOON(state), _asked_wait(state)),
            retry=tenacity.retry_if_exception(passing),
            sleep=self._wait,
            before_sleep=self._say_again,
            reraise=True,
        )
        answer: T = retrying(self._once, act)
        return answer

    def _say_again(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        _log.info("odoo call repeated", system=self.system, attempt=state.attempt_number, reason=str(error))


_SOON = tenacity.wait_random_exponential(multiplier=0.25, max=4)


def _asked_wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    return error.seconds if isinstance(error, Lost | SlowDown) else 0.0


class _WantsQuiet(tenacity.stop.stop_base):
    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        return _asked_wait(retry_state) > SITS_OUT


def _is_passing(error: BaseException) -> bool:
    """What may be gone at the next look. A first answer nobody can read may have broken off."""
    return isinstance(error, Unreachable | Garbled) or (isinstance(error, Fault) and error.kind == "busy")


def _is_harmless(error: BaseException) -> bool:
    return _is_passing(error) and not isinstance(error, Lost)
