"""The mappings of maintenance on the sandbox, of both versions; the same scenarios run on real servers in
tests/live/test_maintenance_mappings.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sandbox.odoo import serve
from sandbox.odoo.models import upkeep
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

KINDS = [
    pytest.param(ORDER, id="19-order"),
    pytest.param(TASK, id="19-task"),
    pytest.param(EVENT, id="19-event"),
    pytest.param(TASK_14, id="14-task"),
    pytest.param(EVENT_14, id="14-event"),
]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens a company on a sandbox of its own."""
    ended: list[Callable[[], None]] = []
    with ExitStack() as stack:

        def open_it(kind: Kind, transport: str = "auto", *more: str) -> Upkeep:
            version = 14 if kind in (TASK_14, EVENT_14) else 19
            odoo = stack.enter_context(serve(version, models=upkeep.models(version)))
            upkeep.furnish(odoo)
            key = odoo.api_key if version == 19 else ""
            access = Access(odoo.url, odoo.database, odoo.login, odoo.password, key, transport)
            company = Upkeep(tmp_path, access, kind.contract, kind.visit, *more)
            ended.append(company.close)
            return company

        yield open_it
        for end in reversed(ended):
            end()


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
    pass
