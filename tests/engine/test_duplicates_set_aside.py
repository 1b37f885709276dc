"""What was set aside of a record that is another's double: it is asked no longer once the double is gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hub.ports import Traits
from hub.store import Store
from tests.engine.conftest import Company
from tests.engine.lookalikes import BAKERY, FEWER, at_rest, company_of, nothing_doubled, same, typed
from tests.model.merging_memory import MergingSystem

FIRST, SECOND = ("odoo", "1"), ("odoo", "2")


@pytest.fixture
def company(store: Store, tmp_path: Path) -> Company:
    """In odoo a double is merged away by a wizard of its own."""
    made = company_of(store, tmp_path, FEWER)
    return replace(made, odoo=MergingSystem("odoo", Traits(archives=True)))


def test_a_value_that_could_not_be_read_of_a_double_that_is_merged_away_is_asked_for_no_longer(
    company: Company,
) -> None:
    typed(company, "odoo", BAKERY)
    typed(company, "odoo", {"name": "Boulangerie Martin", "email": "b@example.fr", "phone": "01 45 67 89 0"})
    company.sync()
    assert [(one.external_id, one.field) for one in company.reviews()] == [("2", "phone")]
    same(company, FIRST, SECOND, merges=True)
    at_rest(company)
    assert not company.odoo["partner"].items.keys() - {"1"}
    assert not company.reviews()
    nothing_doubled(company, 1, 2, 2)
