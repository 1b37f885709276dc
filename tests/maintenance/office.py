"""A company's contracts and visits for the tests of the plan, without any store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count

from hub.maintenance.decisions import Decision, Planned, Rules, Visit, apply
from hub.maintenance.plan import plan
from hub.maintenance.terms import Terms
from hub.maintenance.workdays import Workdays

TODAY = date(2026, 1, 5)
RULES = Rules(Workdays("FR"))


def contract(id: str = "c", **more: object) -> Terms:
    values: dict[str, object] = {"starts_on": date(2026, 1, 1), "periodicity": (2, 12), "number": id}
    return replace(Terms(id), **(values | more))  # type: ignore[arg-type]


@dataclass
class Office:
    """Contracts, the visits there are, and the day; `run` plans and carries out."""

    contracts: list[Terms]
    today: date = TODAY
    rules: Rules = RULES
    visits: list[Visit] = field(default_factory=list)
    ids: Iterator[str] = field(default_factory=lambda: (f"{number:04}" for number in count(1)))

    def look(self) -> Planned:
        by_contract: dict[str, list[Visit]] = {}
        for visit in self.visits:
            by_contract.setdefault(visit.contract, []).append(visit)
        return plan(self.contracts, by_contract, self.today, self.rules)

    def run(self) -> Sequence[Decision]:
        planned = self.look()
        self.visits = apply(self.visits, planned.decisions, self.ids)
        return planned.decisions

    def change(self, **more: object) -> Sequence[Decision]:
        """The first contract says this now; what comes of it."""
        self.contracts[0] = replace(self.contracts[0], **more)  # type: ignore[arg-type]
        return self.run()

    def person(self, visit: Visit, **more: object) -> Visit:
        changed = replace(visit, **more)  # type: ignore[arg-type]
        self.visits = [changed if one.id == visit.id else one for one in self.visits]
        return changed

    def days(self, days: int) -> Sequence[Decision]:
        self.today += timedelta(days=days)
        return self.run()

    def live(self, contract: str = "c") -> list[Visit]:
        """Those that stand, or took place, by day."""
        found = [one for one in self.visits if one.contract == contract and one.state != "cancelled"]
        return sorted(found, key=lambda one: one.day)

    def shown(self, contract: str = "c") -> list[str]:
        return [one.day.isoformat() for one in self.live(contract)]
