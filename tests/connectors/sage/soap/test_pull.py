"""What a pull reads: what the list says changed, all of it now and then, and never less than changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.sage.soap.connector import SoapConnector
from connectors.sage.soap.pulling import Puller
from hub.ports import Misconfigured, NativeField, Record, View
from sandbox.x3 import X3, serve
from tests.connectors.sage.soap.site import OPTIONS, connector, customers

NOW = datetime(2026, 1, 31, 12, 0, 0)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def x3(clock: Clock) -> Iterator[X3]:
    listed = {"BPC": ["UPDDATTIM", "UPDDAT", "BCGCOD"]}
    with serve(**OPTIONS | {"listed": listed}, clock=clock) as running:
        for number in range(6):
            clock.now += timedelta(minutes=10)
            add(running, f"Société {number}")
        yield running


def add(x3: X3, name: str, category: str = "FR") -> str:
    return x3.person.add("BPC", {"BCGCOD": category, "CRY": "FR", "BPRNAM": [name, ""]},
                         [{"CODADR": "001", "BPACRY": "FR", "BPAADDFLG": "2", "CTY": "Évry"}])  # fmt: skip


class Pulls:
    """Pulls one after the other, remembering versions as the hub does; tells what each one read."""

    def __init__(self, x3: X3, sage: SoapConnector, view: View) -> None:
        self.x3, self.sage, self.view = x3, sage, view
        self.versions: dict[str, str | None] = {}
        self.cursor: str | None = None
        self.listing = False

    def __call__(self) -> set[str]:
        records: list[Record] = []
        for page in self.sage.pull(self.view, self.cursor, self._known):
            records += page.records
            self.cursor, self.listing = page.cursor, page.listing
        self.versions |= {record.id: record.version for record in records}
        return {record.id for record in records}

    def _known(self, ids: Sequence[str]) -> Mapping[str, str | None]:
        return {id: self.versions[id] for id in ids if id in self.versions}


def pulls(x3: X3, view: View, **more: Any) -> Pulls:
    return Pulls(x3, connector(x3, **more), view)


@pytest.mark.parametrize("column", ["UPDDATTIM"])
def test_only_what_the_list_says_changed_is_read_and_what_was_just_changed_once_more(
    x3: X3, clock: Clock, column: str
) -> None:
    pull = pulls(x3, customers(changed_by=column))
    assert len(pull()) == 6
    assert pull.listing
    assert pull() == {"C00006"}
    assert not pull.listing
    clock.now += timedelta(hours=1)
    x3.person.edit("BPC", "C00002", {"BPRNAM": ["Autre", ""]})
    new = add(x3, "Nouvelle")
    assert pull() >= {"C00002", new}
    assert pull() == {"C00002", new}


def test_a_second_edit_within_one_second_is_not_missed(x3: X3) -> None:
    pull = pulls(x3, customers(changed_by="UPDDATTIM"))
    pull()
    before = pull.versions["C00006"]
    x3.person.edit("BPC", "C00006", {"BPRNAM": ["Dans la même seconde", ""]})
    assert pull() == {"C00006"}
    assert pull.versions["C00006"] != before


def test_a_column_of_days_has_the_last_two_days_read_again(x3: X3, clock: Clock) -> None:
    clock.now += timedelta(days=5)
    add(x3, "Plus tard")
    pull = pulls(x3, customers(changed_by="UPDDAT"))
    assert len(pull()) == 7
    assert pull() == {"C00007"}
    x3.person.edit("BPC", "C00003", {"BPRNAM": ["Autre", ""]})
    assert pull() == {"C00003", "C00007"}


def test_without_such_a_column_new_ones_are_read_at_once_and_all_of_them_in_their_rhythm(x3: X3) -> None:
    seconds = [1000.0]
    pull = pulls(x3, customers(changed_by=None), read_all_minutes=60)
    pull.sage._puller = Puller(pull.sage.client, pull.sage._reader, clock=lambda: seconds[0])
    assert len(pull()) == 6
    assert pull() == set()
    new = add(x3, "Nouvelle")
    assert pull() == {new}
    seconds[0] += 3600
    assert len(pull()) == 7
    assert pull.listing


def test_a_filter_goes_by_the_columns_of_the_list(x3: X3) -> None:
    x3.world.codes["categories"]["EXP"] = "Export"
    abroad = add(x3, "Export", "EXP")
    sage = connector(x3)
    only = customers()
    only = View(only.entity, only.object, only.fields, only.key, {"BCGCOD": "EXP"}, only.options)
    assert sage.ids(only) == {abroad}
    both = View(only.entity, only.object, only.fields, only.key, {"BCGCOD": ["EXP", "FR"]}, only.options)
    assert len(sage.ids(both)) == 7
    other = View(only.entity, only.object, only.fields, only.key, {"NAF": "62"}, only.options)
    with pytest.raises(Misconfigured, match="does not show NAF"):
        sage.ids(other)


def test_the_time_of_change_is_told_in_the_server_s_time_zone(x3: X3) -> None:
    (record,) = connector(x3, timezone="Europe/Paris").read(customers(), ["C00001"])
    assert record.modified == datetime(2026, 1, 31, 11, 10, tzinfo=UTC)


def test_a_long_list_is_read_in_parts_and_in_pages(x3: X3) -> None:
    ids = {*x3.person.list("BPC"), *(add(x3, f"Autre {number}") for number in range(600))}
    sage = connector(x3, list_size=50)
    pages = list(sage.pull(customers(), None, lambda ids: {}))
    assert [len(page.records) for page in pages] == [500, 106]
    assert [page.listing for page in pages] == [False, True]
    assert [page.total for page in pages] == [606, 606]
    assert {record.id for page in pages for record in page.records} == ids == sage.ids(customers())


def test_an_empty_list_is_an_empty_page() -> None:
    with serve(**OPTIONS) as x3:
        (page,) = connector(x3).pull(customers(), None, lambda ids: {})
        assert (list(page.records), page.listing) == ([], True)


def test_a_key_that_the_list_does_not_show_is_told(x3: X3) -> None:
    view = View("customer", "BPC", (NativeField("BPRNAM"),), key=("CRY", "EECNUM"))
    with pytest.raises(Misconfigured, match=r"cannot be read by CRY and EECNUM.*does not show EECNUM"):
        connector(x3).ids(view)
