"""What Prometheus reads: how much was done, what waits, since when all is well.

Counters count what this process did; gauges tell how the store stands, from the last figures. Names and
meanings are in docs/operations.md, and a test holds that list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from hub import __version__
from hub.daemon.board import Board
from hub.daemon.figures import ASIDE, Figures, Reader
from hub.daemon.health import Configuration
from hub.daemon.worker import Work

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)


class Metrics:
    """The metrics of one daemon, in a registry of their own."""

    def __init__(self, board: Board, reader: Reader, configuration: Callable[[], Configuration]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        route = ("entity", "system")
        self._runs = Counter(
            "hub_runs", "Pulls of a route, by what came of them (ok, failed)", (*route, "result"),
            registry=self.registry,
        )  # fmt: skip
        self._read = Counter("hub_records_read", "Records read from a system", route, registry=self.registry)
        self._writes = Counter(
            "hub_writes", "Records written to a system, by what came of it (created, changed, refused)",
            (*route, "result"), registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "hub_cycle_seconds", "Time of one piece of work on an entity, reading to writing", ("entity",),
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.registry.register(_Standing(board, reader, configuration))
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def observe(self, work: Work) -> None:
        """Count one piece of work."""
        for system in work.pulled:
            self._runs.labels(work.entity, system, "ok").inc()
        for system, doing in work.failed:
            if doing == "read":
                self._runs.labels(work.entity, system, "failed").inc()
        for system, count in work.counts.items():
            self._read.labels(work.entity, system).inc(count.read)
            for result, number in (
                ("created", count.created),
                ("changed", count.written),
                ("refused", count.refused),
            ):
                self._writes.labels(work.entity, system, result).inc(number)
        self._seconds.labels(work.entity).observe(work.seconds)

    def page(self) -> bytes:
        """The text Prometheus scrapes."""
        return generate_latest(self.registry)


class _Standing(Collector):
    """How things stand, asked at each scrape."""

    def __init__(self, board: Board, reader: Reader, configuration: Callable[[], Configuration]) -> None:
        self._board, self._reader, self._configuration = board, reader, configuration

    def collect(self) -> Iterator[Metric]:
        configuration, figures = self._configuration(), self._reader.last
        yield _gauge("hub_build_info", "The hub's version; always 1", ("version",), {(__version__,): 1})
        yield _gauge(
            "hub_configuration_ok", "1 if the newest configuration is the one in force", (),
            {(): 0 if configuration.problems else 1},
        )  # fmt: skip
        yield _gauge("hub_figures_age_seconds", "Age of the figures that tell how the store stands", (),
                     {(): self._reader.age()})  # fmt: skip
        failing = {(one.entity, one.system) for one in self._board.troubles()}
        yield _gauge(
            "hub_route_failing", "1 while a route fails or waits for a busy system", ("entity", "system"),
            {(shape.entity, shape.system): int((shape.entity, shape.system) in failing)
             for shape in configuration.routes},
        )  # fmt: skip
        yield from _of_store(figures)


def _of_store(figures: Figures) -> Iterator[Metric]:
    route = ("entity", "system")
    yield _gauge(
        "hub_route_last_success_timestamp_seconds", "When a route was last read to its end", route,
        {key: datetime.fromisoformat(at).timestamp() for key, at in figures.pulled.items()},
    )  # fmt: skip
    yield _gauge("hub_route_braked", "1 while a brake holds a route", route, dict.fromkeys(figures.brakes, 1))
    yield _gauge("hub_linked_records", "Records linked to a golden record", route, figures.linked)
    yield _gauge(
        "hub_outbox_rows", "Writes to be done (due), in mid-call (sending) or handed over (sent)",
        (*route, "state"),
        {key: count for key, count in figures.outbox.items() if key[2] not in ASIDE},
    )  # fmt: skip
    yield _gauge(
        "hub_dead_letters", "Writes that gave up and wait for a person", route,
        {key[:2]: count for key, count in figures.outbox.items() if key[2] == "dead"},
    )  # fmt: skip
    yield _gauge("hub_open_conflicts", "Fields that wait for a person's decision", ("entity",),
                 {(entity,): count for entity, count in figures.conflicts.items()})  # fmt: skip
    yield _gauge("hub_open_reviews", "Records set aside for a person", (*route, "kind"), figures.reviews)
    yield _gauge("hub_open_duplicates", "Pairs of records that a person is asked about", ("entity",),
                 {(entity,): count for entity, count in figures.duplicates.items()})  # fmt: skip
    yield _gauge("hub_merge_steps", "Mergers that a system has not carried out, or not taken back",
                 (*route, "state"), figures.mergers)  # fmt: skip


def _gauge(name: str, about: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> GaugeMetricFamily:
    found = GaugeMetricFamily(name, about, labels=labels)
    for key, value in values.items():
        found.add_metric(key, value)
    return found
