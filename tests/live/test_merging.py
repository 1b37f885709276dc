"""Contacts of real Odoo 19 and 14 made one and taken apart again, through every door each of them has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.ports import Refused
from tests.connectors.odoo.books import Books
from tests.connectors.odoo.office import DOORS, Office
from tests.connectors.odoo.scenarios_merging import MergeFaults, MergeScenarios, Pair, Pairs

pytestmark = pytest.mark.live
_offices: dict[str, Office] = {}


@pytest.fixture(params=DOORS, ids=lambda door: f"{door[0]}-{door[1]}")
def door(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A real server's version and the door to go through."""
    version, name = request.param
    return version, name


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> str:
    """A word that belongs to this test alone."""
    return str(request.node.name)


@pytest.fixture
def office(request: pytest.FixtureRequest, door: tuple[str, str]) -> Office:
    """A fresh database of that server, shared by the tests of this module."""
    version = door[0]
    if version not in _offices:
        _offices[version] = Office.opened(request.getfixturevalue(f"odoo{version}"))
    return replace(_offices[version], person=0)


class TestMerging(MergeScenarios):
    pass


@pytest.mark.parametrize("door", [("19", "json2"), ("14", "xmlrpc")], ids="-".join)
class TestFaults(MergeFaults):
    pass


@pytest.mark.parametrize("door", [("19", "json2"), ("14", "xmlrpc")], ids="-".join)
class TestLocked(Pairs):
    def test_a_contact_on_entries_that_a_hash_locks_is_not_merged_away(
        self, pair: Pair, books: Books
    ) -> None:
        (usual, *_) = pair.do(
            "account.journal", "search_read", [["type", "=", "sale"]], ["default_account_id"]
        )
        account = usual["default_account_id"][0]
        values = {"name": "Ventes scellées", "type": "sale", "code": "VSC", "default_account_id": account}
        journal = pair.do("account.journal", "create", values)
        pair.do("account.journal", "write", [journal], {"restrict_mode_hash_table": True})
        invoice = books.invoice(journal_id=journal)
        (row,) = pair.do("account.move", "read", [invoice], ["inalterable_hash"])
        assert row["inalterable_hash"]
        answer = pair.merge()
        assert isinstance(answer, Refused)
        assert books.name(invoice) in answer.reason
        assert pair.exists(pair.loser)
        kept = pair.desk.connector.merge(pair.view, pair.lose.id, [pair.keep.id])
        assert not isinstance(kept, Refused)
        assert pair.refers("account.move", "partner_id", invoice) == [pair.loser]
