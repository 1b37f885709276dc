"""Several people at their desks, each typing what nobody typed before, into any of the systems.

Every value is typed once and every field of a customer at most once in each system: nobody ever types over
what somebody typed there. So whatever is missing afterwards, the hub lost.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from sandbox.company import customers

MOST = 400
EDITED = ("name", "phone", "street", "city")


class Desk(Protocol):
    """A system as somebody types in it."""

    def create(self, values: Mapping[str, str]) -> None: ...
    def edit(self, siret: str, values: Mapping[str, str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Typed:
    """One value, where and for whom it was typed."""

    system: str
    siret: str
    field: str
    value: str


class People:
    """Those who type. `typed` is everything they did, in order."""

    def __init__(self, desks: Mapping[str, Desk], dice: random.Random) -> None:
        self._desks, self._dice = desks, dice
        self._waiting = [one.siret for one in islice(customers(MOST), MOST)]
        self._there: dict[str, set[str]] = {}
        self._number = 0
        self.typed: list[Typed] = []
        self.sirets: list[str] = []

    def begin(self, everywhere: int, somewhere: int) -> None:
        """The customers there are before the hub is started: some in every system, some not."""
        for number in range(everywhere + somewhere):
            count = len(self._desks) if number < everywhere else self._dice.randint(1, len(self._desks))
            self._enter(self._dice.sample(sorted(self._desks), count))

    def type(self, desks: Sequence[str] = (), *, together: bool = False) -> str:
        """One of them types something, at one of these desks; in words.

        `together`: now and then several enter the same customer at once. The hub knows it for one, if it
        reads all their systems after that and before it writes: so not while it is at work.
        """
        chosen = sorted(desks or self._desks)
        if self._dice.random() < 0.3:
            count = len(chosen) if together and self._dice.random() < 0.3 else 1
            return self._enter(self._dice.sample(chosen, count))
        free = [
            (siret, system, field)
            for siret, systems in self._there.items()
            for system in systems
            for field in EDITED
            if system in chosen and not self._is_typed(system, siret, field)
        ]
        if not free:
            return self._enter(self._dice.sample(chosen, 1))
        siret, system, field = self._dice.choice(free)
        value = self._new_value(field)
        self._desks[system].edit(siret, {field: value})
        self.typed.append(Typed(system, siret, field, value))
        return f"{field} of {siret} in {system}: {value}"

    def seen(self, system: str, sirets: set[str]) -> None:
        """These customers are in this system now: their fields may be typed there."""
        for siret in sirets & set(self.sirets):
            self._there.setdefault(siret, set()).add(system)

    def _enter(self, systems: list[str]) -> str:
        """A new customer, with the same name everywhere: a name is what people agree on."""
        siret = self._waiting.pop(0)
        self.sirets.append(siret)
        name = self._new_value("name")
        for system in systems:
            values = {"name": name, "siret": siret}
            field = self._dice.choice(("street", "city"))
            values[field] = self._new_value(field)
            self._desks[system].create(values)
            self._there.setdefault(siret, set()).add(system)
            self.typed += [Typed(system, siret, one, values[one]) for one in ("name", field)]
        return f"new customer {siret} in {' and '.join(systems)}"

    def _is_typed(self, system: str, siret: str, field: str) -> bool:
        return any((one.system, one.siret, one.field) == (system, siret, field) for one in self.typed)

    def _new_value(self, field: str) -> str:
        self._number += 1
        number = self._number
        return {
            "name": f"Société numéro {number}",
            "phone": f"04 76 {50 + number // 10000:02} {number // 100 % 100:02} {number % 100:02}",
            "street": f"{number} rue des Essais",
            "city": f"Ville {number}",
        }[field]
