"""The mappings of maintenance on the real Odoo 19, with the community's contracts and field service and
without, and on the real Odoo 14: contracts, visits as orders, tasks or appointments, alerts as activities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

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

    def open_it(kind: Kind, transport: str = "auto", *more: str) -> Upkeep:
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


@pytest.mark.parametrize("kind", KINDS)
class TestUpkeep(UpkeepScenarios):
    pass


@pytest.mark.parametrize("kind", [KINDS[1], KINDS[3]])
class TestAdoption(AdoptionScenarios):
    pass


@pytest.mark.parametrize("kind", [KINDS[1], KINDS[3]])
class TestAlerts(AlertScenarios):
    pass


class TestAmounts(AmountScenarios):
    """On the real Odoo 19, with the community's contracts."""

    pytestmark = pytest.mark.usefixtures("odoo19")
