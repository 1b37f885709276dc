"""The table of faults on the sandbox's Odoo 19 and 14."""

from __future__ import annotations

import os

import pytest

from tests.wire import table
from tests.wire.company import Company
from tests.wire.faults import FAULTS


@table.parameters(everything=False)
def test_nothing_is_lost_and_nothing_made_twice(company: Company, fault: str, work: str) -> None:
    table.survives(company, fault, work)


@pytest.mark.live
@pytest.mark.skipif(os.environ.get("HUB_WIRE") == "all", reason="HUB_WIRE=all takes every cell already")
@table.parameters(everything=True)
def test_nothing_is_lost_and_nothing_made_twice_in_any_cell(company: Company, fault: str, work: str) -> None:
    table.survives(company, fault, work)


@table.one_each(FAULTS, table.WRITING)
def test_a_hub_killed_in_the_middle_of_it_loses_and_doubles_nothing(
    company: Company, fault: str, work: str
) -> None:
    table.survives_killed(company, fault, work)


@table.one_each([fault for fault, kind in FAULTS.items() if kind.told], list(table.WORKS))
def test_a_fault_that_lasts_is_told_each_time_and_makes_no_storm(
    company: Company, fault: str, work: str
) -> None:
    table.survives_outage(company, fault, work)
