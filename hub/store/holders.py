"""Who is at work on this database: one daemon, one worker, and no second one beside them.

A role (``daemon``, ``worker``) is one row with its holder's name, ``host:pid:start``, and a beat the holder
renews. A second one is refused by name. A holder that died without saying so is replaced: at once where its
process is known to be gone from this machine, after `STALE` seconds without a beat otherwise. Two machines'
clocks are never compared for a verdict: a beat that looks old from another machine is watched for a while,
and only one that stands still is taken for dead.

It promises: a role is never held twice while its holder beats; letting go frees it at once. Never: ends
another process.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from hub.store import tables as t
from hub.store.repository import Store, upsert

BEAT = 5.0
"""Seconds between two beats."""

STALE = 60.0
"""Seconds without a beat after which a holder is taken for dead."""

ROLES = ("daemon", "worker")


class Held(Exception):
    """The role is someone else's. `holder` is who; the text says so, and what to do."""

    def __init__(self, role: str, holder: str, todo: str) -> None:
        super().__init__(f"the {role} of this database is already {describe(holder)}: {todo}")
        self.role, self.holder = role, holder


@dataclass(frozen=True, slots=True)
class Holding:
    """One row: who holds a role, and when it last beat (seconds since the epoch, by its own clock)."""

    role: str
    name: str
    beat: float


def my_name() -> str:
    """``host:pid:start`` of this process."""
    started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    return f"{socket.gethostname()}:{os.getpid()}:{started}"


def describe(name: str) -> str:
    """A holder's name for people: ``process 4711 on SRV-COMPTA, started 2026-01-31 08:00 UTC``."""
    host, pid, started = parts(name)
    since = f"{started[:4]}-{started[4:6]}-{started[6:8]} {started[9:11]}:{started[11:13]} UTC"
    return f"process {pid} on {host}, started {since}"


def parts(name: str) -> tuple[str, int, str]:
    """Host, process id and start of a holder's name."""
    host, pid, started = name.rsplit(":", 2)
    return host, int(pid), started


def holdings(store: Store) -> list[Holding]:
    """Every role that is held, or was when its holder died."""
    with store.reading() as connection:
        return [Holding(row.role, row.name, row.beat) for row in connection.execute(select(t.holder))]


def is_alive(holding: Holding, now: float | None = None) -> bool:
    """Whether this holder is most likely at work: for a status, not for a verdict."""
    host, pid, _ = parts(holding.name)
    if host == socket.gethostname() and pid != os.getpid() and not process_exists(pid):
        return False
    return abs((time.time() if now is None else now) - holding.beat) <= STALE


class Holder:
    """Some roles of one database, held until `release`; a thread renews the beat meanwhile.

    `lost` is called, in that thread, if another took a role over because this process had not beaten for
    long (a machine that slept): its work must stop at once. A database that does not answer is no loss: who
    has the role is found there once it does. One that was put back from a backup knows an earlier holder, or
    none: the roles are taken again.
    """

    def __init__(
        self,
        store: Store,
        roles: tuple[str, ...],
        *,
        name: str | None = None,
        lost: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.store, self.roles, self.name = store, roles, name or my_name()
        self._lost, self._clock, self._wait = lost, clock, wait
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="hub-heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def acquire(self) -> None:
        """Take all the roles or none. Raises `Held`."""
        held: list[str] = []
        try:
            for role in self.roles:
                self._take(role)
                held.append(role)
        except BaseException:
            self._drop(tuple(held))
            raise
        self._thread.start()

    def release(self) -> None:
        """Let go; may be called twice. A database that is gone by now keeps its row: the beat grows old."""
        self._over.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=1)
        with suppress(DBAPIError):
            self._drop(self.roles)

    def beat(self) -> bool:
        """Renew the beat; false if a role is no longer ours."""
        with self.store.transaction() as connection:
            renewed = connection.execute(
                update(t.holder)
                .where(t.holder.c.role.in_(self.roles), t.holder.c.name == self.name)
                .values(beat=self._clock())
            )
            return renewed.rowcount == len(self.roles)

    def _take(self, role: str) -> None:
        found = self._try(role, None)
        if found is None:
            return
        if not self._is_dead(found):
            raise Held(role, found.name, _todo(role))
        other = self._try(role, found)
        if other is not None:
            raise Held(role, other.name, _todo(role))

    def _try(self, role: str, dead: Holding | None) -> Holding | None:
        """Take a free role, or one that still is this dead holder's; else who has it."""
        with self.store.transaction() as connection:
            mine = {"role": role, "name": self.name, "beat": self._clock()}
            if dead is not None:
                connection.execute(
                    delete(t.holder).where(
                        t.holder.c.role == role, t.holder.c.name == dead.name, t.holder.c.beat == dead.beat
                    )
                )
            upsert(connection, t.holder, [mine], ("role",), ())
            row = connection.execute(select(t.holder).where(t.holder.c.role == role)).one()
        return None if row.name == self.name else Holding(row.role, row.name, row.beat)

    def _is_dead(self, found: Holding) -> bool:
        host, pid, _ = parts(found.name)
        here = host == socket.gethostname()
        # Our own process id under another start is a container's, whose numbers begin again at 1: no proof.
        if here and pid != os.getpid() and not process_exists(pid):
            return True
        if abs(self._clock() - found.beat) <= STALE:
            return False
        if here:
            return True
        self._wait(3 * BEAT)
        return any(again.role == found.role and again == found for again in holdings(self.store))

    def _drop(self, roles: tuple[str, ...]) -> None:
        if not roles:
            return
        with self.store.transaction() as connection:
            connection.execute(
                delete(t.holder).where(t.holder.c.role.in_(roles), t.holder.c.name == self.name)
            )

    def _beat_on(self) -> None:
        while not self._over.wait(BEAT):
            try:
                if not self.beat():
                    for role in self.roles:
                        self._take(role)
            except DBAPIError:
                # Busy, away, full or damaged: the first beat that is answered tells who has the role.
                continue
            except Held:
                self._lost()
                return


def _todo(role: str) -> str:
    if role == "daemon":
        return "stop it first, or give this one another database"
    return "wait until it is done, or stop it (a running daemon syncs by itself)"


def process_exists(pid: int) -> bool:
    """Whether a process of this number is running on this machine."""
    if sys.platform == "win32":
        return _windows_process_exists(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _windows_process_exists(pid: int) -> bool:
    """`os.kill` with signal 0 would press Ctrl-C there; the exit code is asked instead."""
    if sys.platform != "win32":
        raise NotImplementedError("only for Windows")
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return bool(ctypes.get_last_error() == 5)  # ERROR_ACCESS_DENIED: it exists, and is someone else's
    try:
        code = wintypes.DWORD()
        kernel.GetExitCodeProcess(wintypes.HANDLE(handle), ctypes.byref(code))
        return code.value == 259  # STILL_ACTIVE
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))
