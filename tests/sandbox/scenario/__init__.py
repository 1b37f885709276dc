"""What the sandbox and a real Odoo are both asked: some five hundred calls, good and bad, on each door.

A step is what it shows and what was answered. Later parts may use what earlier ones made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.sandbox.doors import Side
from tests.sandbox.scenario.accounting import accounting
from tests.sandbox.scenario.contacts import contacts
from tests.sandbox.scenario.imports import loading, multi
from tests.sandbox.scenario.manners import json2_manners, refusals, services
from tests.sandbox.scenario.people import companies, rights
from tests.sandbox.scenario.records import archiving, creating, reading, unlinking
from tests.sandbox.scenario.relations import relations, translations
from tests.sandbox.scenario.searches import searching, times
from tests.sandbox.scenario.shapes import describing
from tests.sandbox.scenario.steps import Step

PARTS: tuple[Callable[[Side], Iterator[Step]], ...] = (
    creating,
    reading,
    searching,
    times,
    loading,
    multi,
    relations,
    translations,
    archiving,
    contacts,
    refusals,
    rights,
    companies,
    unlinking,
    accounting,
    describing,
)


def everything(side: Side) -> Iterator[Step]:
    """All steps on one door."""
    yield from (json2_manners if side.door == "json2" else services)(side)
    for part in PARTS:
        yield from part(side)
