"""Every fault on the wire, at every kind of work, on the real Odoo 19 and 14, through their doors in turn.

``HUB_WIRE=all`` has every fault at every kind of work through every door (900 cells).
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.ports import Done, NativeField, View, Write
from tests.connectors.odoo.office import Office
from tests.tally import tally
from tests.wire import table
from tests.wire.company import Company
from tests.wire.conftest import company, kept_store, store
from tests.wire.faults import FAULTS

__all__ = ["company", "kept_store", "store"]

pytestmark = pytest.mark.live
_offices: dict[str, Office] = {}


@pytest.fixture
def office(request: pytest.FixtureRequest, door: tuple[str, str]) -> Office:
    """A fresh database of that server, shared by the tests of this module."""
    version = door[0]
    if version not in _offices:
        _offices[version] = Office.opened(request.getfixturevalue(f"odoo{version}"))
    return replace(_offices[version], person=0)


@pytest.fixture(autouse=True)
def patient(company: Company) -> None:
    """A real server takes longer than the sandbox for what is no fault at all."""
    company.short = 3.0


@pytest.mark.parametrize("fault", ["torn after Odoo did it", "error answer, and yet done"])
@pytest.mark.parametrize("door", [("19", "json2"), ("14", "jsonrpc")], ids="-".join)
def test_what_belongs_to_another_company_follows_though_the_creation_was_not_answered(
    company: Company, fault: str
) -> None:
    branch = f"Filiale {company.scope}"
    made = company.office.call("res.company", "create", {"name": branch})
    users = company.office.call("res.users", "search", [["login", "in", ["admin", "office"]]])
    company.office.call("res.users", "write", users, {"company_ids": [(4, made)]})
    fields = (NativeField("name"), NativeField("barcode", options={"company": branch}))
    view = View("customer", "res.partner", fields, options={"on_create": {"ref": company.scope}})
    trap = company.proxy.arm(FAULTS[fault].happens, table.called("load")())
    values = {"name": "Un", "barcode": f"1 {company.scope}"}
    (outcome,) = company.odoo.write(view, [Write(f"customer_{company.scope}", None, values)])
    assert trap.met
    tally("faults injected")
    assert isinstance(outcome, Done), outcome
    assert outcome.record.values == values
    assert not outcome.record.unreadable


@table.parameters(everything=False)
def test_nothing_is_lost_and_nothing_made_twice(company: Company, fault: str, work: str) -> None:
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
