"""How the call road is, for health and metrics: lines to the exchanges, popups, the log, calls by outcome.

Never: asks an exchange, a desk or the database; it tells what is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from hub.exchange import Counted, Exchange, Unplaced
from hub.road.road import Road


class Telephone(Collector):
    """What there is to say of the road in force, if there is one."""

    def __init__(self, road: Callable[[], Road | None]) -> None:
        self._road = road

    def document(self) -> dict[str, Any] | None:
        """For the health page; ``None`` without an exchange."""
        road = self._road()
        if road is None:
            return None
        screens = road.screens
        return {
            "exchanges": {
                name: {
                    "up": line.up,
                    "since": line.at.isoformat(timespec="seconds"),
                    "problem": str(line.problem) if line.problem else None,
                }
                for name, line in sorted(road.figures.lines.items())
            },
            "in_progress": sum(not call.over for call in road.book.calls()),
            "waiting_to_be_written": road.notes.waiting,
            "popups": dict(screens.counts) if screens is not None else None,
            "telephones_of_nobody": sorted(road.figures.strangers),
        }

    def reasons(self) -> list[str]:
        """What an operator should look at."""
        road = self._road()
        if road is None:
            return []
        found = [
            str(line.problem or f"{line.source}: hung up")
            for line in road.figures.lines.values()
            if not line.up or line.problem is not None
        ]
        if road.screens is not None and road.screens.failing is not None:
            found.append(f"popups cannot be shown: {road.screens.failing}")
        if road.orders is not None and road.orders.failing is not None:
            found.append(f"orders to dial cannot be read: {road.orders.failing}")
        if road.notes.failing is not None:
            found.append(f"calls wait to be written: {road.notes.failing}")
        return found

    def collect(self) -> Iterator[Metric]:
        road = self._road()
        if road is None:
            return
        up = GaugeMetricFamily("hub_exchange_up", "1 while an exchange can be heard", labels=("exchange",))
        for name, line in road.figures.lines.items():
            up.add_metric((name,), int(line.up))
        yield up
        yield from _of_exchanges(road.exchanges)
        calls = CounterMetricFamily(
            "hub_calls", "Calls that are over", labels=("exchange", "direction", "queue", "agent", "outcome")
        )
        for labels, count in road.figures.ended.items():
            calls.add_metric(labels, count)
        yield calls
        rang = SummaryMetricFamily(
            "hub_call_answer_seconds", "How long answered calls from outside rang", labels=("queue", "agent")
        )
        for group, spread in road.figures.answered.items():
            rang.add_metric(group, spread.count, spread.seconds)
        yield rang
        waited = SummaryMetricFamily(
            "hub_callback_seconds",
            "From the first missed call to the talk with the caller",
            labels=("agent",),
        )
        for agent, spread in road.notes.reached.items():
            waited.add_metric((agent,), spread.count, spread.seconds)
        yield waited
        popups = CounterMetricFamily("hub_popups", "Popups, by what came of them", labels=("result",))
        for result, count in (road.screens.counts if road.screens is not None else {}).items():
            popups.add_metric((result,), count)
        yield popups


def _of_exchanges(exchanges: Mapping[str, Exchange]) -> Iterator[Metric]:
    """What they count themselves."""
    sent = CounterMetricFamily(
        "hub_exchange_messages",
        "What a hosted exchange sent, by what came of it",
        labels=("exchange", "result"),
    )
    strange = CounterMetricFamily(
        "hub_exchange_unplaced", "What was heard and could not be placed", labels=("exchange", "event")
    )
    for name, exchange in exchanges.items():
        for result, count in dict(exchange.counts if isinstance(exchange, Counted) else {}).items():
            sent.add_metric((name, result), count)
        for event, count in dict(exchange.unplaced if isinstance(exchange, Unplaced) else {}).items():
            strange.add_metric((name, event), count)
    yield sent
    yield strange
