"""The daemon's composition root: `hub run` ends up in `main`.

It reads the configuration, makes sure it is the only one at work on its database, and lets APScheduler fire:
one job per system and entity at its own rhythm, a delivery job per entity, a nightly comparison of ids, and
the housekeeping (figures for health and metrics, edits of the configuration, old lines of the journal). The
work itself is in `hub.daemon.worker`; whose value is right, in the engine.

It promises: a stop is done within 5 seconds, whatever a system is doing, and loses nothing; an edit of the
configuration is taken over without a restart, or refused with its place while the last good one stays in
force; a failing system stops only its own routes. Never: writes a secret anywhere.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connectors.assembly import Assembly
from connectors.registry import CALLS
from hub import __version__, journal, logs
from hub.clock import now
from hub.daemon.board import Board
from hub.daemon.exclusive import exclusive
from hub.daemon.figures import Reader
from hub.daemon.health import Configuration, Health, RouteShape
from hub.daemon.metrics import Metrics
from hub.daemon.process import serve
from hub.daemon.reload import Watch, files_of
from hub.daemon.rhythm import trigger
from hub.daemon.telephone import Telephone
from hub.daemon.wallclock import WallClock
from hub.daemon.web import Web, health_page, text_page
from hub.daemon.worker import DATABASE, Work, Worker
from hub.ports import ConnectorError
from hub.report import Progress, silent
from hub.road.road import Road
from hub.settings import Settings, SettingsError
from hub.store import Store, StoreError, numbers, outbox
from hub.store.holders import Holder
from hub.yamlfile import FileProblems, Problem

GRACE = 4.0
"""Seconds that calls under way have to come to an end after a stop was asked for."""

THREADS = 4
WATCH_SECONDS = 1.0
FIGURES_SECONDS = 5.0
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Generation:
    """One configuration in force: its assembly and its workers, parents first."""

    assembly: Assembly
    retired: threading.Event = field(default_factory=threading.Event)
    workers: dict[str, Worker] = field(default_factory=dict)
    road: Road | None = None

    @property
    def busy(self) -> bool:
        return any(worker.busy for worker in self.workers.values())

    def routes(self) -> tuple[RouteShape, ...]:
        """Every route that is on."""
        schedule = self.assembly.settings.schedule
        return tuple(
            RouteShape(worker.entity, name, system.direction, str(schedule.rhythm(name, worker.entity)))
            for worker in self.workers.values()
            for name, system in worker.mapping.systems.items()
            if name in worker.engine.connectors
        )


class Daemon:
    """One daemon on one configuration file.

    `start` and `stop` bracket its life; with ``scheduled=False`` it works only when `cycle` is called.
    `lost` is called if another process took the database over while this one was asleep, `done` after each
    piece of work.
    """

    def __init__(
        self,
        config: Path | str,
        *,
        progress: Progress = silent,
        lost: Callable[[], None] = lambda: None,
        done: Callable[[Work], None] = lambda work: None,
    ) -> None:
        self.config = Path(config).absolute()
        self.stopping = threading.Event()
        self.board = Board()
        self._progress, self._on_lost, self._on_done = progress, lost, done
        self._entity_locks: dict[str, threading.Lock] = {}
        self._system_locks: dict[str, threading.Lock] = {}
        self._retired: list[Generation] = []
        self._brakes: dict[tuple[str, str], str] = {}
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(THREADS), "house": ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._wallclock = WallClock(self._set_back)
        self._log = logs.get()
        self.web: Web | None = None

    # -- life --------------------------------------------------------------------------------------------

    def start(self, *, scheduled: bool = True) -> None:
        """Begin. Raises `FileProblems`, `ConnectorError`, `StoreError`, `Held`, or `OSError` for its port."""
        assembly = Assembly.load(self.config)
        self.settings = assembly.settings
        self._configure_logs(assembly)
        self._watch = Watch(lambda: files_of(self.settings))
        assembly.open_store()
        self.store = Store(self.settings.database)
        self.holder = Holder(self.store, ("daemon", "worker"), lost=self._lost)
        self.holder.acquire()
        try:
            self._open(assembly)
        except BaseException:
            self.holder.release()
            raise
        if scheduled:
            self._schedule()
            self._scheduler.start()
            self._wallclock.start()
            self._open_road(self.generation)
        self._log.info(
            "started", version=__version__, routes=len(self.configuration.routes),
            database=self.store.shown_url, health=f"{self.web.address}/healthz" if self.web else "off",
        )  # fmt: skip

    def cycle(self) -> None:
        """Read and write everything once, in this thread, parents first."""
        for worker in self.generation.workers.values():
            worker.ask(pull=worker.reads)
            worker.work()

    def stop(self) -> bool:
        """End; true if every call under way came to its end. What did not is looked up at the next start."""
        began = time.monotonic()
        self._log.info("stopping")
        self.stopping.set()
        self._wallclock.stop()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self._close_road(self.generation)
        everyone = [self.generation, *self._retired]
        while any(one.busy for one in everyone) and time.monotonic() - began < GRACE:
            time.sleep(0.02)
        calm = [one for one in everyone if not one.busy]
        for generation in calm:
            generation.assembly.close()
        if self.web is not None:
            self.web.stop()
        self.holder.release()
        self.store.close()
        left = [
            worker.entity
            for one in everyone
            if one not in calm
            for worker in one.workers.values()
            if worker.busy
        ]
        self._log.info("stopped", seconds=round(time.monotonic() - began, 2), left_unanswered=left or None)
        return not left

    def _open(self, assembly: Assembly) -> None:
        self.reader = Reader(self.store)
        self.reader.refresh()
        self.configuration = Configuration(str(self.config))
        self.generation = self._generation(assembly)
        telephone = Telephone(lambda: self.generation.road)
        self.metrics = Metrics(self.board, self.reader, lambda: self.configuration)
        self.metrics.registry.register(telephone)
        self.health = Health(
            self.holder.name,
            self.store.shown_url,
            self.board,
            self.reader,
            lambda: self.configuration,
            telephone,
        )
        self.configuration.routes = self.generation.routes()
        http = self.settings.http
        if http.enabled:
            pages = {
                "/healthz": health_page(self.health.document),
                "/livez": text_page(lambda: b"ok\n", "text/plain"),
                "/metrics": text_page(self.metrics.page, METRICS_TYPE),
            }
            self.web = Web(http.host, http.port, pages)
            self.web.start()

    def _lost(self) -> None:
        self._log.critical("another process took this database over while this one was not running; stopping")
        self.stopping.set()
        self._on_lost()

    def _set_back(self, seconds: float) -> None:
        """This machine's clock was set back: what waits for a time on it would wait that much longer."""
        self._log.warning("this machine's clock was set back", seconds=round(seconds))
        self._schedule()
        self._guarded("", self._hurry)

    def _hurry(self) -> None:
        with self.store.transaction() as connection:
            outbox.hurry(connection, now())

    def _configure_logs(self, assembly: Assembly) -> None:
        logging_ = assembly.settings.logging
        logs.configure(level=logging_.level, style=logging_.format, secrets=assembly.secrets)

    # -- what works --------------------------------------------------------------------------------------

    def _generation(self, assembly: Assembly) -> Generation:
        """Workers for a configuration, each with connectors of its own."""
        generation = Generation(assembly)
        for mapping in assembly.mappings:
            entity = mapping.entity
            used = [name for name, one in mapping.systems.items() if one.direction != "off"]
            connectors = {
                name: exclusive(connector, self._system_locks.setdefault(name, threading.Lock()))
                for name, connector in assembly.connect(used).items()
            }
            engine = assembly.engine(
                connectors,
                progress=self._progress,
                stopping=lambda: self.stopping.is_set() or generation.retired.is_set(),
            )
            generation.workers[entity] = worker = Worker(
                entity, engine, self.board, self._entity_locks.setdefault(entity, threading.Lock()),
                [generation.workers[parent] for parent in mapping.parents], self._done,
            )  # fmt: skip
            worker.ask(pull=worker.reads)
        return generation

    def _open_road(self, generation: Generation) -> None:
        """Listen to the exchanges, if there are any."""
        assembly = generation.assembly
        with self.store.transaction() as connection:
            numbers.rebuild(connection, assembly.mappings)
        generation.road = assembly.road(self.store, lambda: self._hear_of_calls(generation))
        if generation.road is not None:
            generation.road.start()

    def _close_road(self, generation: Generation) -> None:
        road, generation.road = generation.road, None
        if road is not None and not road.stop():
            self._log.error("calls were not written before the stop", calls=road.notes.waiting)

    def _hear_of_calls(self, generation: Generation) -> None:
        """A call was noted: read the log of calls now, and not only when it is due."""
        kinds = generation.assembly.settings.systems
        for worker in generation.workers.values():
            logs_of_calls = [name for name in worker.reads if kinds[name].kind == CALLS]
            if logs_of_calls and self._scheduler.running:
                worker.ask(pull=logs_of_calls)
                self._scheduler.add_job(self._guarded, args=(worker.entity, worker.work))

    def _schedule(self) -> None:
        """Put the jobs of the configuration in force in the place of those there were."""
        schedule, zone = self.settings.schedule, self._scheduler.timezone
        self._scheduler.remove_all_jobs()
        for worker in self.generation.workers.values():
            for name in worker.reads:
                when = trigger(schedule.rhythm(name, worker.entity), zone)
                self._add(f"pull {worker.entity} {name}", when, self._pull, worker, name)
            self._add(
                f"deliver {worker.entity}", trigger(schedule.deliver, zone), self._deliver, worker,
                next_run_time=datetime.now(zone),
            )  # fmt: skip
            if schedule.nightly is not None:
                hour, minute = schedule.nightly
                nightly = CronTrigger(hour=hour, minute=minute, timezone=zone)
                self._add(f"compare {worker.entity}", nightly, self._compare, worker)
        house: dict[str, Any] = {"executor": "house", "next_run_time": datetime.now(zone)}
        every = {"figures": (self._refresh, FIGURES_SECONDS), "watch": (self._look_for_edits, WATCH_SECONDS)}
        for name, (act, seconds) in every.items():
            self._add(name, IntervalTrigger(seconds=seconds, timezone=zone), self._guarded, "", act, **house)
        hourly = IntervalTrigger(hours=1, timezone=zone)
        self._add("tidy", hourly, self._guarded, "", self._tidy, **house)

    def _add(self, name: str, when: Any, act: Callable[..., None], *args: Any, **options: Any) -> None:
        self._scheduler.add_job(act, when, args=args, id=name, name=name, replace_existing=True, **options)

    def _pull(self, worker: Worker, system: str) -> None:
        worker.ask(pull=[system])
        self._guarded(worker.entity, worker.work)

    def _deliver(self, worker: Worker) -> None:
        def work() -> None:
            worker.look_around()
            worker.work()

        self._guarded(worker.entity, work)

    def _compare(self, worker: Worker) -> None:
        worker.ask(compare=worker.reads)
        self._guarded(worker.entity, worker.work)

    def _guarded(self, entity: str, act: Callable[[], None]) -> None:
        """What fails outside of any route is on the board too, and said once."""
        route = (entity, DATABASE)
        try:
            act()
        except Exception as problem:  # noqa: BLE001 - the board logs it with its traceback
            self.board.failed(route, "write", problem)
        else:
            self.board.worked(route, "write")

    def _done(self, worker: Worker, work: Work) -> None:
        """Tell of a piece of work, and wake those that waited for its records."""
        self.metrics.observe(work)
        self._tell(work)
        self._on_done(work)
        if work.is_news:
            self.reader.refresh(recount=work.new_records)
        if not self._scheduler.running or work.stopped:
            return
        for other in self.generation.workers.values():
            if worker in other.parents and (work.new_records or not other.begun):
                other.ask(pull=other.reads)
                self._scheduler.add_job(self._guarded, args=(other.entity, other.work))

    def _tell(self, work: Work) -> None:
        for system, text in work.braked.items():
            if self._brakes.get((work.entity, system)) != text:
                self._brakes[(work.entity, system)] = text
                self._log.warning("brake", entity=work.entity, system=system, reason=text)
        level = logging.INFO if work.is_news else logging.DEBUG
        what = "; ".join(
            f"{system}: {text}" for system, count in work.counts.items() if (text := count.in_words())
        )
        self._log.log(
            level, "synced", entity=work.entity, what=what or "nothing", seconds=round(work.seconds, 2)
        )

    # -- housekeeping ------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        self.reader.refresh()

    def _tidy(self) -> None:
        """Let old lines of the journal go, once a day, however often the daemon is started."""
        keep = self.settings.journal_keep
        pruned = journal.tidy(self.store, keep, datetime.now(UTC), self.stopping.is_set)
        if pruned:
            self._log.info("journal pruned", lines=pruned.lines, runs=pruned.runs, older_than=str(keep))
        road, kept = self.generation.road, self.settings.calls_keep
        if road is not None and kept is not None:
            road.log.tidy(kept.before(datetime.now(UTC)))

    def _look_for_edits(self) -> None:
        """Take an edited configuration over, or say what is wrong with it and stay with the last good one."""
        self._retired = [one for one in self._retired if not self._let_go(one)]
        if not self._watch.changed():
            return
        try:
            assembly = Assembly.load(self.config)
            _same_database(self.settings, assembly.settings)
        except FileProblems as found:
            self._refuse(tuple(found.problems))
            return
        try:
            generation = self._generation(assembly)
        except (ConnectorError, StoreError) as problem:
            assembly.close()
            self._refuse((Problem(str(self.config), 1, 1, str(problem)),))
            return
        self._take_over(generation)

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self.configuration.problems = problems
        for problem in problems:
            self._log.error(
                "configuration not taken over; the last good one stays in force", problem=str(problem)
            )

    def _take_over(self, generation: Generation) -> None:
        old, self.generation = self.generation, generation
        self._close_road(old)
        if generation.assembly.settings.http != self.settings.http:
            self._log.warning("the new `http` settings take effect at the next start")
        self.settings = generation.assembly.settings
        self._configure_logs(generation.assembly)
        self.configuration = Configuration(str(self.config), routes=generation.routes())
        self.board.keep_only({(shape.entity, shape.system) for shape in self.configuration.routes})
        old.retired.set()
        self._retired.append(old)
        self._schedule()
        self._open_road(generation)
        self._log.info("configuration taken over", routes=len(self.configuration.routes))

    def _let_go(self, generation: Generation) -> bool:
        """Close what an older configuration had open, once its last call is over."""
        if generation.busy:
            return False
        generation.assembly.close()
        return True


def _same_database(old: Settings, new: Settings) -> None:
    if old.database != new.database:
        problem = new.document.problem(
            ("database",), "another database cannot be taken over while running.", "Restart the daemon."
        )
        raise SettingsError([problem])


def main(config: Path | str) -> int:
    """Run the daemon until it is told to stop. Returns the exit code; raises what keeps it from starting."""
    return serve(lambda lost: Daemon(config, lost=lost))
