"""The mappings of maintenance on the real Odoo 19, with the community's contracts and field service and
without, and on the real Odoo 14: contracts, visits as orders, tasks or appointments, alerts as activities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.odoo.scenarios_upkeep import (
    EVENT,
    EVENT_14,
    ORDER,
    TASK,
    TASK_14,
    AdoptionScenarios,
    AlertScenarios,
    AmountScenarios,
    Diary,
    Kind,
    Open,
    UpkeepScenarios,
)
from tests.connectors.odoo.upkeep import Access, Upkeep
from tests.live.addons import MAINTENANCE, furnished
from tests.live.debian import Unavailable
from tests.live.servers import Odoo

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
KINDS = [
    pytest.param(ORDER, id="odoo19-order"),
    pytest.param(TASK, id="odoo19-task"),
    pytest.param(EVENT, id="odoo19-event"),
    pytest.param(TASK_14, id="odoo14-task"),
    pytest.param(EVENT_14, id="odoo14-event"),
]


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens a company on a fresh database of a real server, with what its mappings need."""
    ended: list[Callable[[], None]] = []

    def open_it(kind: Kind, transport: str = "auto", *more: str, groups: Sequence[str] = ()) -> Upkeep:
        version = 14 if kind in (TASK_14, EVENT_14) else 19
        odoo: Odoo = request.getfixturevalue(f"odoo{version}")
        if kind.contracts == "contract.contract":
            try:
                database = furnished(odoo, *MAINTENANCE)
            except Unavailable as reason:
                pytest.skip(str(reason))
        else:
            database = odoo.fresh_database()
        ended.append(lambda: odoo.drop(database))
        furnish(odoo, database, kind)
        key = str(odoo.api_key) if version == 19 else ""
        access = Access(odoo.url, database, odoo.login, odoo.password, key, transport)
        if groups:
            colleague(odoo, database, groups)
            access = Access(odoo.url, database, "hub", "hub-1", transport=transport)
        company = Upkeep(tmp_path, access, kind.contract, kind.visit, *more)
        ended.append(company.close)
        return company

    yield open_it
    for end in reversed(ended):
        end()


def furnish(odoo: Odoo, database: str, kind: Kind) -> None:
    """The stages that the shipped mappings name."""
    if kind is ORDER:
        stage = {"name": "Confirmed", "sequence": 20, "stage_type": "order"}
        odoo.call(database, "fsm.stage", "create", stage)
    if odoo.version == 14:
        for number, name in enumerate(("Planifiée", "Confirmée", "Faite", "Annulée")):
            odoo.call(database, "project.task.type", "create", {"name": name, "sequence": number})


def colleague(odoo: Odoo, database: str, groups: Sequence[str]) -> None:
    """The hub's own user, with these groups and no other."""
    names = [group.split(".") for group in ("base.group_user", *groups)]
    known = [odoo.call(database, "ir.model.data", "check_object_reference", *name)[1] for name in names]
    field = "group_ids" if odoo.version >= 19 else "groups_id"
    vals: dict[str, Any] = {"name": "Hub", "login": "hub", "password": "hub-1", "email": "hub@example.com"}
    vals[field] = [(6, 0, known)]
    odoo.call(database, "res.users", "create", vals)


@pytest.mark.parametrize("kind", KINDS)
class TestUpkeep(UpkeepScenarios):
    pass


@pytest.mark.parametrize("kind", [KINDS[1], KINDS[3]])
class TestAdoption(AdoptionScenarios):
    pass


@pytest.mark.parametrize("kind", [KINDS[1], KINDS[3]])
class TestAlerts(AlertScenarios):
    pass


RIGHTS = {
    "contract.contract": "account.group_account_manager",
    "project.project": "project.group_project_manager",
    "fsm.order": "fieldservice.group_fsm_dispatcher",
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_groups_that_the_mappings_name_are_enough(opened: Open, kind: Kind) -> None:
    named = {RIGHTS[model] for model in (kind.contracts, kind.visits) if model in RIGHTS}
    groups = ["base.group_partner_manager", *sorted(named)]
    company = opened(kind, "jsonrpc", "alert.yaml", groups=groups)
    found = company.check()
    assert found == [], found
    company.contract("M-1", company.customer(), starts_on="2021-02-15")
    company.sync()
    company.quiet()
    diary = Diary(company, kind)
    diary.move(diary.on("2021-08-16"), "2021-08-23")
    company.quiet()
    assert diary.days() == ["2021-02-15", "2021-08-23"], diary.days()
    assert company.do("mail.activity", "search_count", [["res_model", "=", "res.partner"]])


class TestAmounts(AmountScenarios):
    """On the real Odoo 19, with the community's contracts."""

    pytestmark = pytest.mark.usefixtures("odoo19")
