"""The twelve operations of X3's web service, each one call, judged and told in the hub's words.

What looks is repeated after a lost answer; what changes is repeated only where it certainly was not begun:
after a lost answer the caller looks. What X3 says beside a success (information, warnings) is logged. A
refused login is not tried again for an hour: Syracuse locks accounts.

Thread-safe; the gate holds how many calls there are at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from time import monotonic, sleep
from typing import Any, TypeVar

import structlog
import tenacity

from connectors.sage.soap import answers
from connectors.sage.soap.answers import Answer, SoapFault, Undecodable
from connectors.sage.soap.faults import (
    LATER,
    NO_CHILD,
    NO_POOL,
    POOL_TODO,
    LoginRefused,
    Lost,
    Said,
    TooLarge,
    TurnedAway,
    of_the_system,
)
from connectors.sage.soap.gate import Gate, gate_of
from connectors.sage.soap.settings import Settings
from connectors.sage.soap.web import Web
from connectors.sage.soap.wsdl import Keys, requests_for
from hub.ports import Misconfigured, Unreachable

TRIES = 4
FIRST_WAIT = 0.25
"""Seconds before the second try; the others wait longer."""
INSISTS = 3500.0
"""Seconds for which a refused login is not tried again: a little less than the daemon's hour."""
_SOON = tenacity.wait_random_exponential(multiplier=0.25, max=4)

T = TypeVar("T")
U = TypeVar("U")
_log = structlog.get_logger(__name__)


class Client:
    """One folder of one X3. `wait` sleeps between tries (a parameter so that tests need not)."""

    def __init__(self, system: str, settings: Settings, wait: Callable[[float], None] = sleep) -> None:
        self.system, self.settings = system, settings
        self.told = 0
        self._wait = wait
        self._web = Web(system, settings)
        self._requests = requests_for(settings.is_old, settings.address)
        self._context = _context(settings, settings.result)
        self._plain_context = _context(settings, "xml")
        self.gate: Gate = gate_of(settings.address, settings.pool, settings.at_once)
        self._workers: ThreadPoolExecutor | None = None
        self._login = Lock()
        self._let_in = False
        self._refused: tuple[float, LoginRefused] | None = None

    # -- looking -----------------------------------------------------------------------------------------

    def read(self, publication: str, keys: Keys) -> Answer:
        """One record. Raises `Said` where there is none, or X3 says no."""
        body = self._requests.read_body(self._context, publication, keys)
        return self._patiently(_is_passing, lambda: self._call("read", publication, body))

    def query(self, publication: str, keys: Keys, size: int) -> Answer:
        """The first `size` lines of the list, in the order of its key, that the key filters let through."""
        return self._ask("query", publication, self._requests.keys(keys), size)

    def get_description(self, publication: str) -> Answer:
        """The fields of a publication; always XML."""
        return self._ask("getDescription", publication, context=self._plain_context)

    def get_data_xml_schema(self, publication: str) -> Answer:
        """The same as an XML schema, where the site makes one."""
        return self._ask("getDataXmlSchema", publication, context=self._plain_context)

    # -- changing ----------------------------------------------------------------------------------------

    def save(self, publication: str, object_xml: str) -> Answer:
        """Make a record; the answer shows it, with its number."""
        return self._tell("save", publication, object_xml)

    def modify(self, publication: str, keys: Keys, object_xml: str) -> Answer:
        """Change fields of a record; the answer shows it."""
        return self._tell("modify", publication, self._requests.keys(keys), object_xml)

    def delete(self, publication: str, keys: Keys) -> Answer:
        """Delete a record. The hub itself never does."""
        return self._tell("delete", publication, self._requests.keys(keys))

    def run(self, publication: str, input_xml: str) -> Answer:
        """Run a published subprogram (`PARAM` in, `RESULT` out), which may change anything."""
        return self._tell("run", publication, input_xml)

    def insert_lines(self, publication: str, keys: Keys, grid: str, line: str, lines_xml: str) -> Answer:
        """Put lines into a grid, before the line of that number."""
        return self._tell("insertLines", publication, self._requests.keys(keys), grid, line, lines_xml)

    def delete_lines(self, publication: str, keys: Keys, grid: str, lines: Sequence[str]) -> Answer:
        """Take the lines of these numbers out of a grid."""
        texts = self._requests.texts(lines)
        return self._tell("deleteLines", publication, self._requests.keys(keys), grid, texts)

    def action(self, publication: str, action: str, object_xml: str) -> Answer:
        """Do a button's action to a record that is handed over."""
        return self._tell("actionObject", publication, action, object_xml)

    def action_on(self, publication: str, action: str, keys: Keys) -> Answer:
        """Do a button's action to a record that is there."""
        return self._tell("actionObjectKeys", publication, action, self._requests.keys(keys))

    # -- many at once ------------------------------------------------------------------------------------

    def each(self, act: Callable[[T], U], given: Iterable[T]) -> list[U]:
        """`act` on each, in as many threads as there may be calls; the answers in order.

        The first error ends it: what was not begun by then is not begun.
        """
        return self.collect(self.begin(act, given))

    def begin(self, act: Callable[[T], U], given: Iterable[T]) -> list[Future[U]]:
        """The same, without waiting."""
        if self._workers is None:
            self._workers = ThreadPoolExecutor(self.settings.at_once, f"x3-{self.system}")
        return [self._workers.submit(act, one) for one in given]

    @staticmethod
    def collect(futures: Sequence[Future[U]]) -> list[U]:
        """Wait for what was begun."""
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise

    @property
    def requests_sent(self) -> int:
        """How many HTTP requests have left so far."""
        return self._web.requests_sent

    def served_wsdl(self) -> bytes:
        """The description the server itself gives of its service, as it stands there."""
        address = self.settings.address
        if not self.settings.is_old:
            address = address.replace("/soap-generic/", "/soap-wsdl/")
        return self._patiently(_is_passing, lambda: self._web.get(f"{address}?wsdl"))

    def forget_refusal(self) -> None:
        """Let the login be tried again: somebody asks who may have corrected it."""
        self._refused = None

    def close(self) -> None:
        if self._workers is not None:
            self._workers.shutdown(cancel_futures=True)
            self._workers = None
        self._web.close()

    # -- one call ----------------------------------------------------------------------------------------

    def _ask(
        self, operation: str, publication: str, *rest: Any, context: Mapping[str, str] | None = None
    ) -> Answer:
        body = self._requests.body(operation, context or self._context, publication, *rest)
        return self._patiently(_is_passing, lambda: self._call(operation, publication, body))

    def _tell(self, operation: str, publication: str, *rest: Any) -> Answer:
        """`told` counts the calls that may have changed something: all but those that never began."""
        body = self._requests.body(operation, self._context, publication, *rest)
        try:
            answer = self._patiently(_is_harmless, lambda: self._call(operation, publication, body))
        except (Lost, Said):
            self._note_told()
            raise
        self._note_told()
        return answer

    def _note_told(self) -> None:
        with self._login:
            self.told += 1

    def _call(self, operation: str, publication: str, body: bytes) -> Answer:
        if self._let_in:
            with self.gate.call():
                return self._judged(operation, publication, self._web.post(body))
        # Until the login is known to be right it is tried by one call at a time.
        with self._login:
            if self._refused is not None and monotonic() < self._refused[0]:
                raise self._refused[1]
            try:
                with self.gate.call():
                    content = self._web.post(body)
                    self._let_in = True
                    return self._judged(operation, publication, content)
            except LoginRefused as error:
                self._let_in = False
                self._refused = monotonic() + INSISTS, error
                raise

    def _judged(self, operation: str, publication: str, content: bytes) -> Answer:
        try:
            answer = answers.decode(content)
        except SoapFault as fault:
            raise self._fault(str(fault)) from fault
        except Undecodable as why:
            raise Lost(self.system, "the answer of X3 is not whole", str(why), LATER) from why
        if not answer.succeeded:
            said = Said(answer)
            problem = of_the_system(self.system, publication, said)
            if problem is not None:
                raise problem from said
            raise said
        self._tell_people(operation, publication, answer)
        return answer

    def _fault(self, words: str) -> Exception:
        if NO_POOL.search(words):
            return Misconfigured(self.system, f"X3 has no pool {self.settings.pool}", words, POOL_TODO)
        if NO_CHILD.search(words):
            return TurnedAway(self.system, "X3 has no web service running", words, LATER)
        return Lost(self.system, "X3 failed", words, LATER)

    def _tell_people(self, operation: str, publication: str, answer: Answer) -> None:
        """Nothing X3 says is kept from people, though it did what was asked."""
        for message in answer.messages:
            say = _log.warning if message.type >= answers.WARNING else _log.info
            say("sage x3 said", system=self.system, publication=publication, operation=operation,
                kind=message.kind, words=message.text)  # fmt: skip

    def _patiently(self, passing: Callable[[BaseException], bool], act: Callable[[], T]) -> T:
        try:
            return act()
        except Unreachable as error:
            if not passing(error):
                raise
            self._say_again(1, error)
            self._wait(FIRST_WAIT)
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(TRIES - 1),
            wait=_SOON,
            retry=tenacity.retry_if_exception(passing),
            sleep=self._wait,
            before_sleep=lambda state: self._say_again(state.attempt_number + 1, _error_of(state)),
            reraise=True,
        )
        answer: T = retrying(act)
        return answer

    def _say_again(self, attempt: int, error: BaseException | None) -> None:
        _log.info("sage call repeated", system=self.system, attempt=attempt, reason=str(error))


def _error_of(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, Unreachable) and not isinstance(error, TooLarge)


def _is_harmless(error: BaseException) -> bool:
    """What may be sent once more without looking first."""
    return isinstance(error, Unreachable) and not isinstance(error, Lost)


def _context(settings: Settings, result: str) -> dict[str, str]:
    """`callContext`: who calls, for which folder, in which language, and in what form X3 is to answer."""
    flags = [settings.request_config] if settings.request_config else []
    if result == "json":
        flags.append("adxwss.optreturn=JSON")
    context = {
        "codeLang": settings.language,
        "poolAlias": settings.pool,
        "poolId": settings.pool_id or "",
        "requestConfig": "&".join(flags),
    }
    if settings.is_old:
        assert settings.password is not None
        context |= {"codeUser": settings.user or "", "password": settings.password.get_secret_value()}
    return context
