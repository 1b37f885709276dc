"""The demo from its first line to its last."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import func, select

from connectors.assembly import Assembly
from hub import rehearsal
from hub.calllog import reading
from hub.cli import callfigures, conflicts, progress
from hub.cli.failures import WrongUse
from hub.cli.session import Flags, Session
from hub.clock import now
from hub.daemon.worker import Work
from hub.rehearsal import Plan
from hub.report import Progress, silent
from hub.store import history, listing, tables
from sandbox.company import Customer
from sandbox.company import customers as company
from sandbox.demo import screens, telephone
from sandbox.demo.bookings import Case, acts
from sandbox.demo.books import Books, opened
from sandbox.demo.place import Place, placed
from sandbox.demo.story import Edit, settled, story
from scheduler import Daemon

MARK = ".hub-demo"
WIDTH = 100
ROUNDS = 8
CUSTOMERS = 300
SAGE_SECONDS = 3.0


class Hub:
    """The daemon, working when told, and what it did since one last looked."""

    def __init__(self, place: Place, console: Console) -> None:
        self.place, self.console = place, console
        self.work: list[Work] = []
        self._bars: Progress = silent
        self.daemon = Daemon(place.config, progress=self._progress, done=self.work.append)
        self.daemon.start(scheduled=False)

    def sync(self) -> list[Work]:
        """Work, let Sage import what it was given, and so on until there is nothing more to do."""
        self.work.clear()
        with progress.shown(self.console) if _has_bars(self.console) else nullcontext(silent) as self._bars:
            for _ in range(ROUNDS):
                self.daemon.cycle()
                if not self.place.sage.step():
                    break
        self._bars = silent
        return list(self.work)

    def approve(self) -> Plan:
        """What a person does with `hub plan --approve`: a first run that creates much waits for that."""
        with Assembly.load(self.place.config) as assembly:
            engine = assembly.engine()
            found = rehearsal.plan(engine, assembly.mappings, engine.connectors)
            rehearsal.approve(engine, found)
        return found

    def records(self) -> dict[str, int]:
        """How many golden records of each entity there are."""
        query = select(tables.golden.c.entity, func.count()).group_by(tables.golden.c.entity)
        with self.daemon.store.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def _progress(self, step: str, entity: str, system: str, done: int, total: int | None) -> None:
        self._bars(step, entity, system, done, total)


def main(
    keep: bool = False, port: int | None = None, folder: Path | None = None, picture: Path | None = None
) -> int:
    """Run the demo; 0 if everything was as it should be. `keep` stays with the daemon running, until Ctrl-C.

    `port` is the small Odoo's, `folder` where the files go (with `keep`: ./demo), `picture` an SVG of it all.
    """
    console = _console(picture)
    # Sage holds 69 letters of an e-mail address; a customer with a longer one is not for a first look.
    fitting = (one for one in company(400) if len(one.email) <= 69)
    *known, new, twice, booked = islice(fitting, CUSTOMERS + 3)
    with (
        _folder(folder, keep) as chosen,
        placed(chosen, known, port or 0, _free_port()) as place,
        opened(chosen / "books") as books,
    ):
        good = _tell(place, books, story(known, new, twice), booked, console)
        if picture is not None:
            picture.write_text(_drawn(console), "utf-8")
        if keep:
            _stay(place, books, console)
    return 0 if good else 1


def _tell(place: Place, books: Books, edits: Sequence[Edit], booked: Customer, console: Console) -> bool:
    began = time.monotonic()
    before = place.counts()
    console.print(screens.opening(place, before))
    hub = Hub(place, console)
    try:
        console.print(screens.heading(1, "They meet for the first time"))
        console.print(screens.approved(hub.approve()))
        first = hub.sync()
        console.print(screens.meeting(before, place.counts(), first, hub.records()))
        _show_waiting(hub, console)

        console.print(screens.heading(2, "People go on working, in three places at once"))
        since = now()
        for edit in edits:
            edit.act(place)
        hub.sync()
        good = _show_edits(place, hub, console, edits, since)

        console.print(screens.heading(3, "A person decides"))
        good &= _decide(place, hub, console, settled(edits[-1]))

        console.print(screens.heading(4, "And once more"))
        last = hub.sync()
        writes = sum(count.created + count.written for work in last for count in work.counts.values())
        console.print(screens.quiet(writes))
        good &= writes == 0
        good &= _agree(place, console)

        console.print(screens.heading(5, "The telephone rings"))
        good &= _ring(place, hub, console, edits[1].customer)

        console.print(screens.heading(6, "Invoices go to Sage, payments come back"))
        good &= _account(books, console, Case(booked))
        console.print(screens.closing(place.counts(), good, time.monotonic() - began))
        return good
    finally:
        hub.daemon.stop()


def _show_edits(place: Place, hub: Hub, console: Console, edits: Sequence[Edit], since: str) -> bool:
    with hub.daemon.store.reading() as connection:
        open_ = listing.conflicts(connection)
        told = []
        for edit in edits:
            golden = listing.find_golden(connection, edit.customer.siret)[0][0]
            changes = history.changes(connection, history.Filter(records=[golden], since=since))
            waiting = [one for one in open_ if one.golden_id == golden]
            told.append((edit, changes, waiting, edit.holds(place)))
    console.print(screens.edits(told))
    return all(holds for _, _, _, holds in told) and len(open_) == 1


def _decide(place: Place, hub: Hub, console: Console, edit: Edit) -> bool:
    with hub.daemon.store.reading() as connection:
        found = listing.conflicts(connection)
    if len(found) != 1:
        return False
    _command(place, console, "conflicts", "list")
    _command(place, console, "conflicts", "resolve", str(found[0].id), take="odoo")
    hub.sync()
    good = edit.holds(place)
    console.print(screens.decided(edit, good))
    return good


def _ring(place: Place, hub: Hub, console: Console, customer: Customer) -> bool:
    """Three calls, what the agents saw of them, and what is left to do."""
    with Assembly.load(place.config) as assembly:
        rung = telephone.play(hub.daemon.store, assembly.mappings, customer)
    console.print(screens.rung(rung))
    session = Session(Flags(config=place.config))
    session.out = console
    console.print(screens.prompt(["calls"]))
    callfigures.overview(session)
    with hub.daemon.store.reading() as connection:
        waits = reading.waiting(connection)
    known = {one.name for show in rung[0].seen.values() for one in show.candidates}
    strangers = {one.name for show in rung[1].seen.values() for one in show.candidates}
    return customer.name in known and not strangers and not rung[1].after and not waits


def _account(books: Books, console: Console, case: Case) -> bool:
    """A customer, their invoices and payments, in an Odoo, a Sage X3 and a Sage 100 with a hub of its own."""
    console.print(screens.group(case.customer.name))
    daemon = Daemon(books.config)
    daemon.start(scheduled=False)
    told: list[screens.Booked] = []
    try:
        for steps in acts():
            for step in steps:
                step.act(books, case)
            for _ in range(ROUNDS):
                before = books.written()
                daemon.cycle()
                books.sage.step()
                if books.written() == before:
                    break
            told += [(step, step.seen(books, case), step.holds(books, case)) for step in steps]
        with daemon.store.reading() as connection:
            open_ = listing.conflicts(connection)
    finally:
        daemon.stop()
    console.print(screens.booked(told))
    return all(holds for _, _, holds in told) and [one.field for one in open_] == ["name"]


def _command(place: Place, console: Console, *words: str, **values: Any) -> None:
    """A command of the hub's as a person would run it; its own screen, on this console."""
    console.print(screens.prompt([*words, *(f"--{name} {value}" for name, value in values.items())]))
    session = Session(Flags(config=place.config))
    session.out = console
    if words[1] == "list":
        conflicts.list_(session)
    else:
        conflicts.resolve(session, int(words[2]), **values)
    console.print()


def _show_waiting(hub: Hub, console: Console) -> None:
    """What the first meeting left for a person."""
    with hub.daemon.store.reading() as connection:
        found = len(listing.conflicts(connection)), len(listing.reviews(connection))
    console.print(screens.waiting(*found))


def _agree(place: Place, console: Console) -> bool:
    """Whether the three say the same of every customer, and the two that keep contacts hold as many."""
    differences, found = place.differences(), place.counts()
    for line in differences:
        console.print(line, markup=False, style="red")
    return not differences and found["odoo"][1] == found["clients"][1]


def _stay(place: Place, books: Books, console: Console) -> None:
    """The daemons at their own rhythm, both Sages importing now and then, until Ctrl-C."""
    place.write_config("info", default="3s", deliver="3s")
    books.write_config("info", default="3s", deliver="3s")
    asked = threading.Event()
    daemons = [Daemon(config, lost=asked.set) for config in (place.config, books.config)]
    previous = {
        number: signal.signal(number, lambda *_: asked.set())
        for number in (signal.SIGINT, signal.SIGTERM)
        if threading.current_thread() is threading.main_thread()
    }
    console.print(screens.staying(place, books))
    for daemon in daemons:
        daemon.start()
    try:
        while not asked.wait(SAGE_SECONDS):
            for sage in (place.sage, books.sage):
                if any(path.is_file() for path in sage.imports.iterdir()):
                    sage.step()
    finally:
        for daemon in daemons:
            daemon.stop()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _console(picture: Path | None) -> Console:
    """As wide as the demo is; a terminal that is narrower breaks its lines."""
    width = min(WIDTH, Console().width) if sys.stdout.isatty() else WIDTH
    return Console(
        width=width, highlight=False, record=picture is not None, force_terminal=picture is not None or None
    )


def _has_bars(console: Console) -> bool:
    """Bars are for a person in front of a terminal; a picture would hold every state of them."""
    return console.is_terminal and not console.record


def _drawn(console: Console) -> str:
    """What the console showed, as SVG without the web fonts that a picture in a README must not fetch."""
    drawn = console.export_svg(title="hub demo")
    return re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL)


@contextmanager
def _folder(folder: Path | None, keep: bool) -> Iterator[Path]:
    """Where the files go: the folder asked for, ./demo to keep, else one that is gone afterwards."""
    if folder is None and not keep:
        with tempfile.TemporaryDirectory(prefix="hub-demo-", ignore_cleanup_errors=True) as made:
            yield Path(made)
        return
    chosen = (folder or Path("demo")).absolute()
    if chosen.exists() and any(chosen.iterdir()):
        if not (chosen / MARK).exists():
            raise WrongUse(f"{chosen} is not empty, and no demo's", "Name another folder, or empty this one.")
        shutil.rmtree(chosen)
    chosen.mkdir(parents=True, exist_ok=True)
    (chosen / MARK).touch()
    yield chosen


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
