"""What another system says of a visit, through the connector: kept, refused in words, or our own echo."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hub.maintenance.settings import Planning, Settings
from hub.maintenance.shelves import shelves
from hub.maintenance.source import MaintenanceSource
from hub.maintenance.visits import FIELDS, WRITABLE
from hub.maintenance.workdays import Workdays
from hub.ports import Done, Misconfigured, NativeField, Record, Refused, View, Write
from hub.store import Store
from hub.store import tables as t
from hub.store.repository import dumps
from tests.tally import tally

NOW = "2026-01-05T08:00:00.000+00:00"
CONTRACT, CUSTOMER, OTHER = "c" * 32, "d" * 32, "e" * 32
VIEW = View(
    "visit",
    "visit",
    tuple(
        NativeField(name, "ref" if name in ("contract", "customer") else "text", name in WRITABLE)
        for name in sorted(FIELDS)
    ),
)


@pytest.fixture
def source(store: Store) -> MaintenanceSource:
    put(store, CUSTOMER, "customer", {"name": "Dupont SARL", "city": "Seynod"})
    terms = {"number": "CT-1", "customer": CUSTOMER, "starts_on": "2026-02-02", "periodicity": "2/12"}
    put(store, CONTRACT, "contract", terms)
    return MaintenanceSource("maintenance", store, shelves(Settings()), lambda: NOW)


def put(store: Store, id: str, entity: str, values: dict[str, Any]) -> None:
    with store.transaction() as connection:
        connection.execute(t.golden.delete().where(t.golden.c.id == id))
        connection.execute(
            t.golden.insert().values(
                id=id, entity=entity, data=dumps(values), created_at=NOW, dirty=0, origins="{}"
            )
        )


def pull(source: MaintenanceSource, cursor: str | None = None) -> tuple[list[Record], str | None]:
    pages = list(source.pull(VIEW, cursor, lambda ids: {}))
    return [record for page in pages for record in page.records], pages[-1].cursor


def write(source: MaintenanceSource, record: Record, archived: bool | None = None, **values: Any) -> Any:
    (outcome,) = source.write(VIEW, [Write("visit_x", record.id, values, record.values, archived=archived)])
    return outcome


def test_a_visit_tells_all_there_is_of_it(source: MaintenanceSource) -> None:
    one, other = pull(source)[0]
    assert one.values == {
        "title": "Visite 1/2026 – CT-1 Dupont SARL", "contract": CONTRACT, "customer": CUSTOMER,
        "date": "2026-02-02", "start": "2026-02-02T07:30:00Z", "end": "2026-02-02T09:30:00Z", "hours": 2,
        "town": "Seynod", "state": "planned", "notes": None, "number": "CT-1/2026-1",
        "period": "du 02/02/2026 au 01/08/2026", "problem": None,
    }  # fmt: skip
    assert other.values["start"] == "2026-08-03T06:30:00Z", "in summer the office is two hours ahead"


def test_nothing_new_shows_nothing_and_changes_no_row(source: MaintenanceSource, store: Store) -> None:
    _, cursor = pull(source)
    for _ in range(3):
        assert pull(source, cursor) == ([], cursor)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"date": "2026-02-10"}, {"date": "2026-02-10", "start": "2026-02-10T07:30:00Z"}),
        ({"start": "2026-02-10T13:00:00Z"}, {"date": "2026-02-10", "end": "2026-02-10T15:00:00Z"}),
        ({"end": "2026-02-02T12:30:00Z"}, {"hours": 5, "start": "2026-02-02T07:30:00Z"}),
        ({"hours": "1.5"}, {"hours": 1.5, "end": "2026-02-02T09:00:00Z"}),
        ({"notes": "Code 1234"}, {"notes": "Code 1234", "date": "2026-02-02"}),
        ({"state": "confirmed"}, {"state": "confirmed"}),
        ({"title": "À voir"}, {"title": "À voir"}),
        ({"start": "2026-08-01T23:30:00Z"}, {"date": "2026-08-02"}),
    ],
)
def test_what_is_said_of_a_visit_is_kept(
    source: MaintenanceSource, values: dict[str, Any], shown: dict[str, Any]
) -> None:
    first = pull(source)[0][0]
    outcome = write(source, first, **values)
    assert isinstance(outcome, Done)
    assert {name: outcome.record.values[name] for name in shown} == shown
    again = {record.id: record for record in pull(source)[0]}
    assert again[first.id].values == outcome.record.values


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"date": None}, "date"),
        ({"date": "demain"}, "date"),
        ({"start": "midi"}, "start"),
        ({"end": "2026-02-01T00:00:00Z"}, "end"),
        ({"hours": "-1"}, "hours"),
        ({"hours": "beaucoup"}, "hours"),
        ({"state": "peut-être"}, "state"),
        ({"town": "Lyon"}, "town"),
        ({"contract": OTHER}, "contract"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(
    source: MaintenanceSource, values: dict[str, Any], field: str
) -> None:
    first = pull(source)[0][0]
    outcome = write(source, first, **values)
    assert isinstance(outcome, Refused)
    assert outcome.field == field
    assert outcome.reason
    assert outcome.todo
    assert pull(source)[0][0] == first
    tally("bad inputs tried", 1)


def test_archiving_cancels_and_restoring_brings_back(source: MaintenanceSource) -> None:
    first = pull(source)[0][0]
    cancelled = write(source, first, archived=True).record
    assert (cancelled.archived, cancelled.values["state"]) == (True, "cancelled")
    assert [record.values["date"] for record in pull(source)[0] if not record.archived] == ["2026-08-03"]
    back = write(source, cancelled, archived=False).record
    assert (back.archived, back.values["state"]) == (False, "planned")


def test_a_visit_that_was_done_is_done_though_archived(source: MaintenanceSource) -> None:
    first = pull(source)[0][0]
    done = write(source, first, archived=True, state="done").record
    assert (done.archived, done.values["state"]) == (True, "done")


def test_the_answer_to_our_own_cancellation_is_nobodys_word(source: MaintenanceSource, store: Store) -> None:
    _, cursor = pull(source)
    terms = {"number": "CT-1", "customer": CUSTOMER, "starts_on": "2026-02-02", "periodicity": "2/12"}
    put(store, CONTRACT, "contract", {**terms, "state": "ended"})
    gone, cursor = pull(source, cursor)
    assert all(record.archived for record in gone)
    for record in gone:
        write(source, record, archived=True, state="cancelled")
    put(store, CONTRACT, "contract", terms)
    back, _ = pull(source, cursor)
    assert [(one.id, one.archived, one.values["state"]) for one in back] == [
        (one.id, False, "planned") for one in gone
    ]


def test_one_a_person_brings_back_after_the_end_stays(source: MaintenanceSource, store: Store) -> None:
    _, cursor = pull(source)
    terms = {"number": "CT-1", "starts_on": "2026-02-02", "periodicity": "2/12", "state": "ended"}
    put(store, CONTRACT, "contract", terms)
    gone, cursor = pull(source, cursor)
    kept = write(source, gone[0], archived=False).record
    assert [record.id for record in pull(source)[0] if not record.archived] == [kept.id]


def made(source: MaintenanceSource, ref: str = "visit_1", **values: Any) -> Any:
    everything = VIEW.fields
    view = replace(VIEW, fields=tuple(replace(one, writable=True) for one in everything))
    (outcome,) = source.write(view, [Write(ref, None, {"contract": CONTRACT, **values})])
    return outcome


def test_a_visit_made_elsewhere_is_a_row_once_and_counts(source: MaintenanceSource) -> None:
    planned = pull(source)[0]
    first = made(source, date="2026-09-09", state="confirmed")
    assert isinstance(first, Done)
    assert made(source, date="2026-09-09").record.id == first.record.id
    assert source.find(VIEW, ["visit_1", "visit_2"]).keys() == {"visit_1"}
    standing = {record.id for record in pull(source)[0] if not record.archived}
    assert standing == {planned[0].id, first.record.id}
    assert first.record.values["number"] == "CT-1/2026-2b"


@pytest.mark.parametrize("values", [{}, {"date": "bientôt"}, {"date": "2026-02-02", "contract": OTHER}])
def test_a_visit_without_a_day_or_a_contract_is_refused(
    source: MaintenanceSource, values: dict[str, Any]
) -> None:
    outcome = made(source, **values)
    assert isinstance(outcome, Refused)
    assert outcome.reason


def test_a_day_a_person_gave_that_the_contract_does_not_want_is_said_to_be_one(
    source: MaintenanceSource,
) -> None:
    first = pull(source)[0][0]
    assert (
        write(source, first, date="2026-05-01").record.values["problem"] == "Le 01/05/2026 est un jour férié."
    )


def test_a_country_without_known_holidays_is_said(store: Store, source: MaintenanceSource) -> None:
    wrong = Settings(planning=Planning(holidays="XX"))
    with pytest.raises(Misconfigured, match="holidays"):
        list(MaintenanceSource("m", store, shelves(wrong), lambda: NOW).pull(VIEW, None, lambda ids: {}))


def test_holidays_are_those_of_the_country_and_its_part() -> None:
    assert not Workdays("FR").is_one(date(2026, 7, 14))
    assert Workdays(None).is_one(date(2026, 7, 14))
    assert Workdays("FR").is_one(date(2026, 12, 26)) is False, "a Saturday"
    assert Workdays("FR").is_one(date(2025, 12, 26))
    assert not Workdays("FR-57").is_one(date(2025, 12, 26))
