"""The sandbox exchange's manager interface: sessions, challenge, rights, actions, events.

It answers as Asterisk 22 does (`main/manager.c`): greeting, MD5 challenge, one error for every refused login,
classes of events that a user may read and of actions it may take, lists with ActionID, `Goodbye`. Never: any
traffic but loopback.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sandbox.exchange.calls import AGENTS, Call, Calls
from sandbox.exchange.channels import Channel, Headers

GREETING = "Asterisk Call Manager/11.0.0"
ALL = ("system", "call", "log", "verbose", "agent", "user", "config", "dtmf", "reporting", "cdr", "dialplan",
       "originate", "command")  # fmt: skip
ACTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Challenge": ("Generate Challenge for MD5 Auth.", ()),
    "Command": ("Execute Asterisk CLI Command.", ("command",)),
    "CoreSettings": ("Show PBX core settings (version etc).", ("system", "reporting")),
    "ListCommands": ("List available manager commands.", ()),
    "Login": ("Login Manager.", ()),
    "Logoff": ("Logoff Manager.", ()),
    "Originate": ("Originate a call.", ("originate",)),
    "Ping": ("Keepalive command.", ()),
    "QueueStatus": ("Show queue status.", ()),
    "Redirect": ("Redirect (transfer) a call.", ("call",)),
    "Status": ("List channel status.", ("system", "call", "reporting")),
}
"""Each action: what ListCommands says of it, and the classes of which one must be writable."""


@dataclass(frozen=True)
class Account:
    """A section of manager.conf."""

    secret: str
    read: frozenset[str] = frozenset({"system", "call", "agent"})
    write: frozenset[str] = frozenset({"reporting", "originate"})


@dataclass(eq=False)
class Session:
    """One program that is connected."""

    writer: asyncio.StreamWriter
    challenge: str = ""
    account: Account | None = None
    mask: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def send(self, headers: Iterable[tuple[str, str]]) -> None:
        text = "".join(f"{name}: {value}\r\n" for name, value in headers)
        self.writer.write(f"{text}\r\n".encode())


class Exchange(Calls):
    """A telephone exchange that speaks AMI on a port of this machine.

    Methods that make something happen (`call`, `Call.ring`, …) may be called from any thread. `logins` counts
    the attempts by their outcome, `actions` what was asked; `deaf` are actions that are never answered.
    """

    def __init__(
        self,
        accounts: Mapping[str, Account] | None = None,
        agents: Mapping[str, str] = AGENTS,
        queues: Mapping[str, Iterable[str]] | None = None,
        contexts: Iterable[str] = ("agents", "from-internal"),
        variables: Iterable[str] = (),
    ) -> None:
        super().__init__(self._say, agents, queues, variables)
        self.accounts = dict(accounts if accounts is not None else {"hub": Account("sandbox")})
        self.contexts = set(contexts)
        self.booted = True
        self.deaf: set[str] = set()
        self.logins: Counter[str] = Counter()
        self.actions: Counter[str] = Counter()
        self.connections = 0
        self.clicks: dict[str, Click] = {}
        self.sessions: set[Session] = set()
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        """Listen on loopback; 0: on a free port, which is then `port`."""
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port or self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self, *, announced: bool = True) -> None:
        """As `core stop now`, or as a machine that loses its current; calls in progress are gone."""
        if announced:
            self._say("system", "Shutdown", [("Shutdown", "Cleanly"), ("Restart", "False")])
            await asyncio.sleep(0)
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.channels.clear()
        for queue in self.queues.values():
            queue.waiting.clear()

    def cut(self) -> None:
        """Every connection ends; the calls go on."""
        for session in list(self.sessions):
            session.writer.close()

    def _say(self, kind: str, event: str, headers: Headers) -> None:
        stamped = [
            ("Event", event),
            ("Privilege", f"{kind},all"),
            ("Timestamp", f"{time.time():.6f}"),
            *headers,
        ]
        loop = self._loop
        if loop is None:
            return
        with suppress(RuntimeError):  # The loop has ended: nobody listens any more.
            loop.call_soon_threadsafe(self._tell, kind, stamped)

    def _tell(self, kind: str, headers: Headers) -> None:
        for session in self.sessions:
            if session.account is not None and kind in session.account.read & session.mask:
                session.send(headers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(writer)
        self.connections += 1
        self.sessions.add(session)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            writer.write(f"{GREETING}\r\n".encode())
            while message := await _read(reader):
                if not await self._act(session, message):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            # However the program went, it is gone.
            return
        finally:
            self.sessions.discard(session)
            self._tasks.discard(task)
            writer.close()

    async def _act(self, session: Session, message: dict[str, str]) -> bool:
        """Do what is asked; false: the session is over."""
        action = message.get("action", "")
        name = next((known for known in ACTIONS if known.lower() == action.lower()), "")
        self.actions[name or action] += 1
        session.asked.append(name or action)
        if name in self.deaf:
            return True
        if session.account is None and name not in ("Login", "Challenge", "Logoff"):
            return _error(session, message, "Permission denied")
        if not name:
            said = f"Invalid/unknown command: {action}. Use Action: ListCommands to show available commands."
            return _error(session, message, said)
        if not _may(session, name):
            return _error(session, message, "Permission denied")
        done: Callable[[Session, dict[str, str]], bool] | None = getattr(self, f"_do_{name.lower()}", None)
        if name == "Login":
            return await self._login(session, message)
        if done is None:
            return _error(session, message, "not in the sandbox")
        return done(session, message)

    async def _login(self, session: Session, message: dict[str, str]) -> bool:
        account = self.accounts.get(message.get("username", ""))
        key = hashlib.md5(f"{session.challenge}{account.secret if account else ''}".encode(),
                          usedforsecurity=False).hexdigest()  # fmt: skip
        right = account is not None and bool(session.challenge) and message.get("key") == key
        self.logins["accepted" if right else "refused"] += 1
        if not right:
            await asyncio.sleep(1)
            _error(session, message, "Authentication failed")
            return False
        session.account = account
        wanted = message.get("events", "")
        session.mask = frozenset(wanted.split(",")) if wanted else frozenset(ALL)
        _ack(session, message, ("Message", "Authentication accepted"))
        if self.booted:
            self._booted(session)
        return True

    def boot(self) -> None:
        """It is fully up now."""
        self.booted = True
        for session in self.sessions:
            self._booted(session)

    def _booted(self, session: Session) -> None:
        if session.account is not None and "system" in session.account.read & session.mask:
            session.send([("Event", "FullyBooted"), ("Privilege", "system,all"), ("Uptime", "3600"),
                          ("LastReload", "3600"), ("Status", "Fully Booted")])  # fmt: skip

    def _do_challenge(self, session: Session, message: dict[str, str]) -> bool:
        if message.get("authtype", "").upper() != "MD5":
            return _error(session, message, "Must specify AuthType")
        session.challenge = session.challenge or str(secrets.randbelow(2**31))
        return _ack(session, message, ("Challenge", session.challenge))

    def _do_logoff(self, session: Session, message: dict[str, str]) -> bool:
        session.send([("Response", "Goodbye"), *_id(message), ("Message", "Thanks for all the fish.")])
        return False

    def _do_ping(self, session: Session, message: dict[str, str]) -> bool:
        return _ack(session, message, ("Ping", "Pong"), ("Timestamp", f"{time.time():.6f}"))

    def _do_listcommands(self, session: Session, message: dict[str, str]) -> bool:
        lines = [
            (name, f"{says} (Priv: {','.join([*classes, 'all']) if classes else '<none>'})")
            for name, (says, classes) in ACTIONS.items()
            if _may(session, name)
        ]
        return _ack(session, message, *lines)

    def _do_coresettings(self, session: Session, message: dict[str, str]) -> bool:
        return _ack(session, message, ("AMIversion", "11.0.0"), ("AsteriskVersion", "22.0.0-sandbox"),
                    ("SystemName", ""))  # fmt: skip

    def _do_status(self, session: Session, message: dict[str, str]) -> bool:
        items = [channel.status(time.time()) for channel in list(self.channels.values())]
        complete = [("Items", str(len(items)))]
        return _list(session, message, "Channel status will follow", items, "StatusComplete", complete)

    def _do_queuestatus(self, session: Session, message: dict[str, str]) -> bool:
        items = [item for queue in self.queues.values() for item in queue.listed(time.time())]
        return _list(session, message, "Queue status will follow", items, "QueueStatusComplete", [])

    def _do_originate(self, session: Session, message: dict[str, str]) -> bool:
        context, exten = message.get("context", ""), message.get("exten", "")
        technology, _, resource = message.get("channel", "").partition("/")
        if not resource:
            return _error(session, message, "Invalid channel")
        if exten and context not in self.contexts:
            return _error(session, message, "Extension does not exist.")
        _ack(session, message, ("Message", "Originate successfully queued"))
        click = Click(self, message)
        if technology != "PJSIP" or resource not in self.agents:
            click.respond("Failure", 0, f"{technology}/{resource}")
        else:
            self.clicks[click.id] = click
            click.ring()
        return True


class Click:
    """An Originate: the agent's telephone rings first; picked up, it calls the number."""

    def __init__(self, exchange: Exchange, message: dict[str, str]) -> None:
        self._exchange, self._message = exchange, message
        self.agent = message.get("channel", "").partition("/")[2]
        self.number = message.get("exten", "")
        self.id = message.get("channelid", "") or f"{int(time.time())}.0"
        self._leg: Channel | None = None

    def ring(self) -> None:
        exchange, shows = self._exchange, self._message.get("callerid", "")
        leg = exchange.channel(
            self.agent, self.agent, exchange.agents[self.agent], "agents", "s", uniqueid=self.id
        )
        leg.number, leg.connected = shows, (shows, leg.caller)
        exchange.say("call", "NewConnectedLine", leg.shown())
        exchange.say("call", "DialBegin", [*leg.shown("Dest"), ("DialString", self.agent)])
        exchange.say("call", "DialState", [*leg.shown("Dest"), ("DialStatus", "RINGING")])
        exchange.state(leg, "Ringing")
        self._leg = leg

    def pick_up(self) -> Call:
        """The agent picks up: the number is called."""
        exchange, leg = self._exchange, self._leg
        assert leg is not None
        exchange.state(leg, "Up")
        exchange.say("call", "DialEnd", [*leg.shown("Dest"), ("DialStatus", "ANSWER")])
        self.respond("Success", 4, leg.name)
        leg.exten = leg.dialled = self.number
        call = Call(exchange, leg)
        call.dial_out(self.number)
        return call

    def ignore(self) -> None:
        """It rings in vain."""
        assert self._leg is not None
        self._exchange.say("call", "DialEnd", [*self._leg.shown("Dest"), ("DialStatus", "NOANSWER")])
        self._exchange.hang_up(self._leg, 19)
        self.respond("Failure", 3, self._leg.name)

    def respond(self, response: str, reason: int, channel: str) -> None:
        shows = self._message.get("callerid", "")
        self._exchange.say("call", "OriginateResponse", [
            *_id(self._message), ("Response", response), ("Channel", channel),
            ("Context", self._message.get("context", "")), ("Exten", self.number), ("Reason", str(reason)),
            ("Uniqueid", self.id), ("CallerIDNum", shows or "<unknown>"), ("CallerIDName", "<unknown>"),
        ])  # fmt: skip


async def _read(reader: asyncio.StreamReader) -> dict[str, str]:
    """One message, its names in small letters; empty at the end."""
    message: dict[str, str] = {}
    while line := await reader.readline():
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text:
            if message:
                return message
            continue
        name, _, value = text.partition(":")
        message[name.strip().lower()] = value.strip()
    return {}


def _may(session: Session, name: str) -> bool:
    classes = ACTIONS[name][1]
    return not classes or (session.account is not None and bool(session.account.write & {*classes}))


def _id(message: dict[str, str]) -> Headers:
    return [("ActionID", message["actionid"])] if message.get("actionid") else []


def _ack(session: Session, message: dict[str, str], *more: tuple[str, str]) -> bool:
    session.send([("Response", "Success"), *_id(message), *more])
    return True


def _error(session: Session, message: dict[str, str], said: str) -> bool:
    session.send([("Response", "Error"), *_id(message), ("Message", said)])
    return True


def _list(
    session: Session, message: dict[str, str], says: str, items: list[Headers], complete: str, more: Headers
) -> bool:
    _ack(session, message, ("EventList", "start"), ("Message", says))
    for item in items:
        session.send([*item, *_id(message)])
    end = [("EventList", "Complete"), ("ListItems", str(len(items))), *more]
    session.send([("Event", complete), *_id(message), *end])
    return True


@contextmanager
def serve(exchange: Exchange | None = None, port: int = 0) -> Iterator[Exchange]:
    """The exchange in a thread of its own, for programs that are not asynchronous."""
    found = exchange or Exchange()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox exchange", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(found.start(port), loop).result(10)
        yield found
    finally:
        asyncio.run_coroutine_threadsafe(found.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
