"""One connection to a manager interface: greeting, login, questions and their answers, events in their order.

    async with connected(name, settings) as line:
        answer = await line.ask("Ping")
        channels = await line.listing("Status")
        event = await line.heard()

Promises:

- The secret is never sent: a challenge is answered (MD5).
- An answer is only ever given to the question whose ActionID it carries; a list is whole or an error.
- Events wait in the order they came, and `Listing.place` says where among them a list was taken. When too
  many wait, the connection is dropped and that is the error: nothing is left out in silence.
- Silence is looked into: a Ping that is not answered breaks the line.
- What was heard before the line broke is still handed over; then `heard` raises what broke it.

Never: connects again (`connectors.voip.ami.exchange` does), repeats a question, waits without a bound.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import ssl
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from connectors.voip.ami.faults import Faults
from connectors.voip.ami.messages import Framed, Framer, Message, write
from connectors.voip.ami.settings import Settings
from hub.ports import ConnectorError

MOST_WAITING = 10_000
"""Events that may wait to be looked at; about thirty megabytes of them."""
MOST_LISTED = 50_000
"""Messages of one list: more channels and queue members than any Asterisk holds."""

CLASSES = "system,call,agent"
"""The events that are asked for; of any others the exchange sends none, whatever the user may read."""

_Found = TypeVar("_Found")
_GREETING = "call manager"
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Listing:
    """A whole list. `place`: how many events had come, ever, when it was complete."""

    items: tuple[Message, ...]
    place: int


@dataclass(slots=True)
class _Question:
    action: str
    answer: asyncio.Future[Message]
    listed: asyncio.Future[Listing] | None = None
    items: list[Message] = field(default_factory=list)


@asynccontextmanager
async def connected(system: str, settings: Settings, most: int = MOST_WAITING) -> AsyncIterator[Line]:
    """A line whose login is done. Raises `ConnectorError`; closed, at once, however the block ends."""
    faults = Faults(system, settings)
    line: Line | None = None
    try:
        try:
            async with asyncio.timeout(settings.connect_timeout):
                reader, writer = await _opened(settings, faults)
                line = Line(reader, writer, settings, faults, most)
                await line.login()
        except TimeoutError:
            if line is None:
                raise faults.no_answer() from None
            raise (faults.slow_login() if line.greeting else faults.no_greeting()) from None
        yield line
    finally:
        if line is not None:
            await line.close()


async def _opened(settings: Settings, faults: Faults) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context: ssl.SSLContext | None = None
    if settings.tls:
        try:
            context = ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)
        except OSError as error:
            raise faults.no_authority(error) from None
    try:
        return await asyncio.open_connection(settings.host, settings.port, ssl=context)
    except TimeoutError:
        raise
    except OSError as error:
        raise faults.no_connection(error) from None


class Line:
    """What `connected` gives."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        settings: Settings,
        faults: Faults,
        most: int,
    ) -> None:
        self.faults = faults
        self.booted = False
        """Whether the exchange has said that it is fully up; it does so right after the login."""
        self.strangers = 0
        """Answers that belong to no question of ours."""
        self.heard_so_far = 0
        """Events handed over by `heard`, to be held against `Listing.place`."""
        self._reader, self._writer = reader, writer
        self._settings, self._most = settings, most
        self._framer = Framer()
        self._waiting: deque[Framed] = deque()
        self._news = asyncio.Event()
        self._came = 0
        self._lost: ConnectorError | None = None
        self._logged_in = False
        self._questions: dict[str, _Question] = {}
        # Another program's ActionIDs turn up in events: a token of our own keeps them apart.
        self._token, self._number = secrets.token_hex(6), 0
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._tasks = [asyncio.create_task(self._read())]

    @property
    def greeting(self) -> str:
        """What the exchange says of itself first (``Asterisk Call Manager/11.0.0``); empty until it has."""
        return self._framer.greeting or ""

    @property
    def up(self) -> bool:
        return self._logged_in and self._lost is None

    async def login(self) -> None:
        """Answer the challenge. Raises `ConnectorError`."""
        while not self.greeting:
            await self._something()
        if _GREETING not in self.greeting.lower():
            raise self.faults.other_greeting(self.greeting)
        challenge = await self.ask("Challenge", ("AuthType", "MD5"))
        if challenge.response != "Success" or not challenge["Challenge"]:
            busy_or_ending = challenge["Message"].lower()
            if "in use" in busy_or_ending or "shutting" in busy_or_ending:
                raise self.faults.refused_login(challenge)
            raise self.faults.no_challenge(challenge)
        said = challenge["Challenge"] + self._settings.secret.get_secret_value()
        key = hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()
        answer = await self.ask(
            "Login", ("AuthType", "MD5"), ("Username", self._settings.user), ("Key", key), ("Events", CLASSES)
        )
        if answer.response != "Success":
            raise self.faults.refused_login(answer)
        self._logged_in = True
        self._tasks.append(asyncio.create_task(self._watch()))

    async def ask(self, action: str, *fields: tuple[str, str]) -> Message:
        """The answer to one action; `ConnectorError`: none came; `ValueError`: a line break in a field."""
        return await self.put(action, *fields)

    def put(self, action: str, *fields: tuple[str, str]) -> Coroutine[Any, Any, Message]:
        """The same in two steps: what is raised here was not sent; what awaiting raises, was."""
        name, question = self._asked(action, fields)
        return self._answered(name, question, question.answer)

    async def listing(self, action: str, *fields: tuple[str, str]) -> Listing:
        """The whole list one action is answered with; `ConnectorError`: refused, or not whole."""
        name, question = self._asked(action, fields)
        question.listed = self._loop.create_future()
        return await self._answered(name, question, question.listed)

    async def heard(self) -> Framed:
        """The next event. Raises what broke the line once there is no more."""
        while not self._waiting:
            await self._something()
        self.heard_so_far += 1
        return self._waiting.popleft()

    def drop(self, problem: ConnectorError) -> None:
        """The line is of no more use, for this reason: nothing more is read from it."""
        if self._lost is not None:
            return
        self._lost = problem
        self._news.set()
        for question in self._questions.values():
            for waiter in (question.answer, question.listed):
                if waiter is not None and not waiter.done():
                    waiter.set_exception(problem)
                    # Nobody may be waiting for this one of the two.
                    waiter.exception()
        self._questions.clear()
        # Not close(): it would wait for a peer that does not read, and shake hands over TLS.
        self._writer.transport.abort()

    async def close(self) -> None:
        """End it at once."""
        self.drop(self.faults.closed())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _asked(self, action: str, fields: tuple[tuple[str, str], ...]) -> tuple[str, _Question]:
        if self._lost is not None:
            raise self._lost
        if self._writer.transport.is_closing():
            raise self.faults.closed()
        self._number += 1
        name = f"{self._token}-{self._number}"
        data = write([("Action", action), ("ActionID", name), *fields])
        question = _Question(action, self._loop.create_future())
        self._questions[name] = question
        self._writer.write(data)
        return name, question

    async def _answered(self, name: str, question: _Question, waiter: asyncio.Future[_Found]) -> _Found:
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await waiter
        except TimeoutError:
            raise self.faults.silent(question.action) from None
        finally:
            self._questions.pop(name, None)

    async def _something(self) -> None:
        """Until something came or the line broke, which it raises."""
        if self._lost is not None:
            raise self._lost
        self._news.clear()
        await self._news.wait()

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(_CHUNK):
                for framed in self._framer.feed(data):
                    self._route(framed)
                self._news.set()
                if self._lost is not None:
                    return
            half = self._framer.end()
            self.drop(self.faults.closed(half.start if half else "", logged_in=self._logged_in))
        except OSError as error:
            self.drop(self.faults.broken(error))

    async def _watch(self) -> None:
        """Ask for a sign of life after each silence; only whole messages break one."""
        while self._lost is None:
            quiet = self._loop.time() - self._last
            if quiet < self._settings.keep_alive:
                await asyncio.sleep(self._settings.keep_alive - quiet)
                continue
            try:
                await self.ask("Ping")
            except ConnectorError as problem:
                self.drop(problem)

    def _route(self, framed: Framed) -> None:
        self._last = self._loop.time()
        if isinstance(framed, Message):
            question = self._questions.get(framed["ActionID"])
            if framed.response and not framed.event:
                self._take_answer(question, framed)
                return
            if question is not None and question.listed is not None and question.answer.done():
                self._take_item(question, framed)
                return
            self.booted = self.booted or framed.event == "FullyBooted"
        if self._lost is None:
            if len(self._waiting) >= self._most:
                self.drop(self.faults.overrun(len(self._waiting)))
                return
            self._came += 1
            self._waiting.append(framed)

    def _take_answer(self, question: _Question | None, answer: Message) -> None:
        if question is None or question.answer.done():
            self.strangers += 1
            return
        question.answer.set_result(answer)
        if question.listed is None or question.listed.done():
            return
        if answer.response != "Success":
            question.listed.set_exception(self.faults.no_list(question.action, answer))
        elif answer["EventList"].lower() != "start":
            why = "it does not say that a list begins"
            question.listed.set_exception(self.faults.half_a_list(question.action, why))

    def _take_item(self, question: _Question, item: Message) -> None:
        assert question.listed is not None
        if question.listed.done():
            self.strangers += 1
            return
        state = item["EventList"].lower()
        if not state:
            question.items.append(item)
            if len(question.items) > MOST_LISTED:
                self.drop(self.faults.half_a_list(question.action, f"more than {MOST_LISTED:,} lines of it"))
            return
        promised = item["ListItems"]
        if state != "complete":
            question.listed.set_exception(self.faults.half_a_list(question.action, f"it says {state}"))
        elif promised.isdecimal() and int(promised) > len(question.items):
            why = f"{len(question.items)} of {promised} came"
            question.listed.set_exception(self.faults.half_a_list(question.action, why))
        else:
            question.listed.set_result(Listing(tuple(question.items), self._came))
