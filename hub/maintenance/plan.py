"""Which visits are due, and what is to become of those there are. Pure: takes the day, and no clock.

Every period of a contract that is not over owes one visit. It counts as kept by a visit that a person had a
hand in (made, confirmed, moved, done, cancelled), and by one whose day went by: none of those is ever moved
or made again. What counts for a period is the visit made for it, whenever it takes place; one that was made
for a period there is no more counts where its day falls. The other visits are re-used for what is owed: the
one that stands there stays, the next in the order of their days is moved, those left over are cancelled.

After a contract's end, its visits are cancelled, confirmed ones too; never past ones, done ones, or those a
person put there. What was cancelled here comes back with its contract.

Promises: planning again what was planned decides nothing. Never: two visits for one period, unless a person
made one of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from hub.maintenance.cycle import Period, add_months, periods
from hub.maintenance.decisions import (
    Cancel,
    Decision,
    Make,
    Move,
    Planned,
    Problem,
    Revive,
    Rules,
    Visit,
    period_of,
)
from hub.maintenance.grouping import Rounds, Wish
from hub.maintenance.terms import Terms

MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
    "novembre", "décembre",
)  # fmt: skip
OVER: Final = "le contrat est terminé"
FAR_AHEAD: Final = 60
"""Months beyond the horizon in which visits that stand there are still looked at."""


def plan(
    contracts: Iterable[Terms], visits: Mapping[str, Sequence[Visit]], today: date, rules: Rules
) -> Planned:
    """What is to be done, for all contracts at once: visits of one town are brought together.

    `visits`: all there are, by contract, those of contracts that are not given too: they are left alone.
    """
    rounds = Rounds(rules.town_days, rules.per_day, rules.day_starts)
    parts: list[_Part] = []
    for terms in contracts:
        part = _Part(terms, visits.get(terms.id, ()), today, rules)
        part.decide()
        parts.append(part)
    gone = {one.visit.id for part in parts for one in part.wanted if one.visit is not None}
    gone |= {cancel.visit.id for part in parts for cancel in part.cancelled}
    for found in visits.values():
        for visit in found:
            if visit.open and visit.id not in gone and visit.day >= today:
                rounds.stands(visit.town, visit.day, visit.begins, visit.hours)
    for part in parts:
        for wanted in part.wanted:
            if wanted.stays and wanted.visit is not None:
                rounds.stands(part.terms.town, wanted.visit.day, wanted.visit.begins, wanted.visit.hours)
    wishes = [(wanted, part) for part in parts for wanted in part.wanted if not wanted.stays]
    wishes.sort(key=lambda one: (one[0].wish.target, one[1].terms.id, one[0].period))
    for wanted, part in wishes:
        found_day = rounds.place(wanted.wish)
        if found_day is not None:
            part.place(wanted, *found_day)
        else:
            part.cannot(wanted)
    return Planned(
        tuple(decision for part in parts for decision in part.decisions()),
        tuple(problem for part in parts for problem in part.problems),
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A visit that a period is to have: a new one, or this one. `stays`: on the day it has."""

    period: Period
    wish: Wish
    visit: Visit | None = None
    stays: bool = False


class _Part:
    """What is decided about one contract."""

    def __init__(self, terms: Terms, visits: Sequence[Visit], today: date, rules: Rules) -> None:
        self.terms, self.today, self.rules = terms, today, rules
        self.visits = sorted(visits, key=lambda one: (one.day, one.id))
        last = terms.last_day()
        self.end = None if last is None or last == date.max else last + timedelta(days=1)
        self.wanted: list[_Wanted] = []
        self.cancelled: list[Cancel] = []
        self.problems: list[Problem] = []
        self._placed: list[Decision] = []
        self._given_up: set[Period] = set()

    def decisions(self) -> Iterator[Decision]:
        yield from self.cancelled
        yield from self._placed

    def decide(self) -> None:
        self._cancel_after_the_end()
        if self.terms.over:
            return
        if not self.terms.plannable:
            said = " ".join(self.terms.missing.values())
            self.problems.append(Problem(self.terms.id, said))
            return
        self._bring_back()
        self._fill(self._owed())

    def place(self, wanted: _Wanted, day: date, begins: time) -> None:
        """A day was found for it."""
        visit = wanted.visit
        if visit is None:
            self._placed.append(Make(self.terms.id, wanted.period, day, begins))
        elif visit.withdrawn:
            at = None if day == visit.day else begins
            self._placed.append(Revive(visit, "planned", wanted.period, day, at))
        elif (day, wanted.period) != (visit.day, visit.period):
            at = None if day == visit.day else begins
            self._placed.append(Move(visit, wanted.period, day, at))

    def cannot(self, wanted: _Wanted) -> None:
        """No day can be found: what stands there goes, and a person hears of it."""
        self.problems.append(Problem(self.terms.id, self._why_not(wanted), wanted.period, wanted.wish.target))
        if wanted.visit is not None and wanted.visit.open:
            self.cancelled.append(Cancel(wanted.visit, "aucun jour n'est possible dans sa période"))

    # -- the end ---------------------------------------------------------------------------------------

    def _cancel_after_the_end(self) -> None:
        for visit in self.visits:
            if not visit.open or visit.kept or visit.day < self.today:
                continue
            after = self.end is not None and visit.day >= self.end and not self._moved_past_the_end(visit)
            if after or (self.terms.over and (visit.loose or visit.day > self.today)):
                self.cancelled.append(Cancel(visit, OVER))

    def _moved_past_the_end(self, visit: Visit) -> bool:
        """A loose one that may still be needed before the end is not cancelled but moved."""
        return visit.loose and self.terms.plannable and not self.terms.over

    def _gone(self) -> set[str]:
        return {cancel.visit.id for cancel in self.cancelled}

    # -- what is owed ----------------------------------------------------------------------------------

    def _owed(self) -> list[Period]:
        """The periods that owe a visit and have none that counts, those far ahead too if one stands there.

        One whose visit a person cancelled owes none, but keeps another that is there (`_given_up`).
        """
        horizon = self._horizon()
        grid = self._grid(horizon)
        counted, self._given_up = self._counted(grid)
        free = [one for one in self.visits if one.loose and one.day >= self.today]
        stands = {one.period for one in free if one.period is not None}
        return [
            one
            for one in grid
            if one not in counted
            and self._is_whole_enough(one)
            and (max(one.due(self.rules.due), self.today) <= horizon or one in stands)
            and (one not in self._given_up or any(one.holds(visit.day) for visit in free))
        ]

    def _grid(self, horizon: date) -> list[Period]:
        """The periods that matter: those to plan, and those that visits of the present ones were made for."""
        terms, today = self.terms, self.today
        if terms.starts_on is None or terms.periodicity is None:
            return []
        times, months = terms.periodicity
        ahead = [one.day for one in self.visits if one.loose]
        ahead += [one.period.end for one in self.visits if one.period is not None]
        until = min(max([horizon, *ahead]), add_months(horizon, FAR_AHEAD)) + timedelta(days=1)
        present = next(periods(terms.starts_on, times, months, today), None)
        if present is None:
            return []
        since = [
            one.period.start for one in self.visits if one.period is not None and one.day >= present.start
        ]
        return list(periods(terms.starts_on, times, months, min([today, *since]), until))

    def _horizon(self) -> date:
        return add_months(self.today, self.rules.months)

    def _is_whole_enough(self, period: Period) -> bool:
        """Not over; and one that the end of the contract cuts has half of it or more left."""
        end = period.end if self.end is None else min(period.end, self.end)
        return end > self.today and (end - period.start).days * 2 >= period.days

    def _counted(self, grid: Sequence[Period]) -> tuple[set[Period], set[Period]]:
        """The periods whose visit a person had a hand in or whose day went by, and those given up.

        A visit that a person made and cancelled again was none.
        """
        gone = self._gone()
        counted: set[Period] = set()
        given_up: set[Period] = set()
        back = {one.visit.id for one in self._placed if isinstance(one, Revive)}
        for visit in self.visits:
            if visit.id in gone or (visit.withdrawn and visit.id not in back):
                continue
            if visit.loose and visit.day >= self.today:
                continue
            cancelled = visit.state == "cancelled" and visit.id not in back
            if cancelled and visit.theirs and visit.period is None:
                continue
            period = period_of(visit, grid)
            if period is not None:
                (given_up if cancelled else counted).add(period)
        return counted, given_up - counted

    def _bring_back(self) -> None:
        """Visits that a person had a hand in come back as they were, if their day is still to come."""
        for visit in self.visits:
            if not visit.withdrawn or visit.day < self.today or not (visit.theirs or visit.was != "planned"):
                continue
            if self.end is None or visit.day < self.end:
                self._placed.append(Revive(visit, visit.was, visit.period, visit.day, None))

    # -- filling ---------------------------------------------------------------------------------------

    def _fill(self, owed: Sequence[Period]) -> None:
        """Give every owed period a visit: the one that stands there, the next that is free, a new one."""
        gone = self._gone()
        free = [one for one in self.visits if one.loose and one.day >= self.today and one.id not in gone]
        left = self._those_that_stand(owed, free)
        left = [one for one in self._those_that_fit(left, free) if one not in self._given_up]
        for period in list(left):
            if free:
                self.wanted.append(_Wanted(period, self._wish(period, free[0]), free.pop(0)))
                left.remove(period)
        for visit in free:
            over = self.end is not None and visit.day >= self.end
            self.cancelled.append(Cancel(visit, OVER if over else "elle n'est plus due"))
        horizon = self._horizon()
        for period in left:
            if max(period.due(self.rules.due), self.today) <= horizon:
                self._anew(period)

    def _those_that_stand(self, owed: Sequence[Period], free: list[Visit]) -> list[Period]:
        """Visits made for a period that is still owed; the rest of what is owed."""
        left: list[Period] = []
        for period in owed:
            visit = next((one for one in free if self._made_for(one, period)), None)
            if visit is None:
                left.append(period)
                continue
            free.remove(visit)
            stays = self._is_possible(visit.day, period)
            self._want(period, visit, stays)
        return left

    def _those_that_fit(self, owed: Sequence[Period], free: list[Visit]) -> list[Period]:
        """Visits whose day is about where another period's is due: they stay too."""
        left: list[Period] = []
        for period in owed:
            target = self._wish(period).target
            anywhere = period.due(self.rules.due) < self.today or period in self._given_up
            near = [
                one
                for one in free
                if self._is_possible(one.day, period)
                and (anywhere or abs((one.day - target).days) <= self.rules.town_days)
            ]
            if not near:
                left.append(period)
                continue
            visit = min(near, key=lambda one: abs((one.day - target).days))
            free.remove(visit)
            self._want(period, visit, stays=True)
        return left

    def _made_for(self, visit: Visit, period: Period) -> bool:
        return visit.period == period if visit.period is not None else period.holds(visit.day)

    def _want(self, period: Period, visit: Visit, stays: bool) -> None:
        wanted = _Wanted(period, self._wish(period, visit), visit, stays)
        self.wanted.append(wanted)
        if stays and visit.period != period:
            self._placed.append(Move(visit, period, visit.day, None))

    def _anew(self, period: Period) -> None:
        """A visit that was cancelled here for this period comes back, or a new one is made."""
        back = {one.visit.id for one in self._placed if isinstance(one, Revive)}
        used = back | {one.visit.id for one in self.wanted if one.visit is not None}
        former = [
            one
            for one in self.visits
            if one.withdrawn and not one.theirs and one.id not in used and one.period is not None
            and (one.period == period or one.period.is_much_like(period))
        ]  # fmt: skip
        if not former:
            self.wanted.append(_Wanted(period, self._wish(period)))
            return
        visit = next((one for one in former if one.period == period), former[0])
        wish = self._wish(period, visit)
        stays = (
            visit.day >= self.today
            and self._is_possible(visit.day, period)
            and abs((visit.day - wish.target).days) <= self.rules.town_days
        )
        self.wanted.append(_Wanted(period, wish, visit, stays))
        if stays:
            self._placed.append(Revive(visit, "planned", period, visit.day, None))

    # -- days ------------------------------------------------------------------------------------------

    def _wish(self, period: Period, visit: Visit | None = None) -> Wish:
        """Where within what is left of its period a visit is wanted."""
        first = max(period.start, self.today)
        end = period.end if self.end is None else min(period.end, self.end)
        due = period.due(self.rules.due)
        if due < self.today:
            due = self._late(period, due, end)
        target = max(first, min(due, end - timedelta(days=1)))
        hours = visit.hours if visit is not None else self.terms.hours or self.rules.hours
        return Wish(self.terms.town, target, first, end, hours, self.is_allowed)

    def _late(self, period: Period, due: date, end: date) -> date:
        """A day for what was due already: within as many days as it is late, not all contracts on one.

        The first run in a company would put half a year of visits on one day.
        """
        span = max(0, min((self.today - due).days, (end - self.today).days - 1))
        share = zlib.crc32(f"{self.terms.id} {period.start}".encode()) / 2**32
        return self.today + timedelta(days=int(span * share))

    def is_allowed(self, day: date) -> bool:
        """Whether a visit of this contract may be on this day."""
        return day.month not in self.terms.months_off and self.rules.days.is_one(day)

    def _is_possible(self, day: date, period: Period) -> bool:
        within = period.holds(day) and (self.end is None or day < self.end)
        return within and self.is_allowed(day)

    def _why_not(self, wanted: _Wanted) -> str:
        first, last = wanted.wish.first, wanted.wish.end - timedelta(days=1)
        span = f"du {first:%d/%m/%Y} au {last:%d/%m/%Y}"
        off = ", ".join(MONTHS[month - 1] for month in sorted(self.terms.months_off))
        why = f" (mois sans visite : {off})" if off else ""
        return f"Aucun jour n'est possible pour la visite {span}{why}."
