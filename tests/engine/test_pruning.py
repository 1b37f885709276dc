"""Old lines of the journal go, and none that an undo needs; the daemon is not held up meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from hub import journal
from hub.settings.ages import Age, read_age, read_keep
from hub.store import cursors, history, worlds
from hub.store import tables as t
from hub.store.history import Change, Filter
from hub.world import World
from tests.engine.conftest import SIRETS, Company

FAR = "2999-01-01T00:00:00.000+00:00"


@pytest.fixture
def dupont(company: Company) -> Company:
    """A customer who moved three times, each time in another system."""
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    for town in ("Nîmes", "Sète", "Lyon"):
        company.book["Clients"].set("C001", {"Ville": town})
        company.sync()
    return company


def told(company: Company, **wanted: object) -> list[tuple[str, object, object]]:
    """Kind and town before and after of each line, newest first."""
    names = {"odoo": "city", "sage": "CTY", "list": "Ville", "": "city"}
    return [
        (line.kind, line.before.get(names[line.system]), line.after.get(names[line.system]))
        for line in company.journal(**wanted)
    ]


def test_the_newest_line_of_each_field_stays_and_so_do_the_last_writes(dupont: Company) -> None:
    gone = journal.prune(dupont.store, FAR, page=2)
    assert gone.lines
    assert told(dupont, system="") == [("changed", "Sète", "Lyon"), ("created", None, "Arles")]
    assert told(dupont, system="odoo") == [("wrote", "Sète", "Lyon")]
    assert told(dupont, system="sage") == [("wrote", "Sète", "Lyon"), ("wrote", None, "Arles")]
    assert not journal.prune(dupont.store, FAR), "a second time, there is nothing left to let go"


def test_what_is_left_can_be_undone(dupont: Company) -> None:
    journal.prune(dupont.store, FAR)
    (change,) = [line for line in dupont.journal() if line.kind == "changed"]
    (result,) = journal.undo(dupont.engine(), [change]).results
    assert result.done
    dupont.sync()
    assert dupont.odoo["partner"].show("1")["city"] == "Sète"


def test_only_what_is_older_goes(dupont: Company) -> None:
    lines = dupont.journal()
    middle = lines[len(lines) // 2].at
    journal.prune(dupont.store, middle)
    left = dupont.journal()
    assert [line for line in lines if line.at >= middle] == [line for line in left if line.at >= middle]
    assert len(left) < len(lines)
    assert not journal.prune(dupont.store, "2000-01-01T00:00:00.000+00:00").lines


def test_lines_of_a_run_that_has_not_ended_stay(dupont: Company) -> None:
    with dupont.store.transaction() as connection:
        connection.execute(update(t.run).values(ended_at=None))
    assert not journal.prune(dupont.store, FAR)


def test_lines_of_a_record_that_is_not_known_and_of_one_that_is_gone_there_go(dupont: Company) -> None:
    dupont.book["Clients"].delete("C001")
    dupont.sync()
    with dupont.store.transaction() as connection:
        connection.execute(update(t.link).where(t.link.c.system == "sage").values(gone=True))
    journal.prune(dupont.store, FAR)
    assert not dupont.journal(system="sage")
    assert dupont.journal(system="odoo")
    with dupont.store.transaction() as connection:
        connection.execute(delete(t.golden))
    journal.prune(dupont.store, FAR)
    assert not dupont.journal()


def test_runs_that_nothing_refers_to_go_but_the_last(dupont: Company) -> None:
    for _ in range(3):
        dupont.sync()
    with dupont.store.transaction() as connection:
        unended = cursors.begin_run(connection, "sync", "2026-01-05T08:00:00.000+00:00")
        last = cursors.begin_run(connection, "sync", "2026-01-05T08:00:01.000+00:00")
        cursors.end_run(connection, last, {}, "2026-01-05T08:00:02.000+00:00")
    journal.prune(dupont.store, FAR)
    with dupont.store.reading() as connection:
        runs = set(connection.scalars(t.run.select().with_only_columns(t.run.c.id)))
    assert runs == {line.run for line in dupont.journal()} | {unended, last}


def test_a_stop_is_heeded_between_two_pages(dupont: Company) -> None:
    lines = len(dupont.journal())
    asked = iter((False, False, True, True, True, True))
    gone = journal.prune(dupont.store, FAR, stopping=lambda: next(asked, True), page=1)
    assert (gone.lines, gone.runs) == (1, 0)
    assert len(dupont.journal()) == lines - 1


def test_it_is_done_once_a_day_whoever_asks_and_never_where_all_is_kept(dupont: Company) -> None:
    now = datetime(2999, 1, 1, tzinfo=UTC)
    ten_years = Age(10, "year")
    assert not journal.tidy(dupont.store, None, now)
    assert journal.tidy(dupont.store, ten_years, now).lines
    dupont.book["Clients"].set("C001", {"Ville": "Paris"})
    dupont.sync()
    assert not journal.tidy(dupont.store, ten_years, now + timedelta(hours=23))
    assert journal.tidy(dupont.store, ten_years, now + timedelta(hours=25)).lines


def test_replaying_what_is_left_still_leads_from_the_present_to_what_the_newest_line_replaced(
    dupont: Company,
) -> None:
    journal.prune(dupont.store, FAR)
    world = World(dupont.engine().mappings[0], str)
    with dupont.store.reading() as connection:
        worlds.fill_links(connection, world, worlds.ids_after(connection, "customer", "", 10))
        lines: list[Change] = history.changes(connection, Filter())
    (golden,) = world.goldens.values()
    for name, value in golden.values.items():
        newest = next(
            line for line in lines if name in line.after and (line.agreed or line.kind == "created")
        )
        assert newest.after[name] == value


@pytest.mark.parametrize(
    ("text", "then"),
    [("45min", "2026-03-31T09:15"), ("2h", "2026-03-31T08:00"), ("3 days", "2026-03-28T10:00"),
     ("1 month", "2026-02-28T10:00"), ("2w", "2026-03-17T10:00"), ("10 years", "2016-03-31T10:00"),
     ("13 months", "2025-02-28T10:00"), ("999999999 years", "0001-01-01T00:00")],
)  # fmt: skip
def test_ages_are_those_of_the_calendar(text: str, then: str) -> None:
    moment = read_age(text).before(datetime(2026, 3, 31, 10, 0, tzinfo=UTC))
    assert moment.isoformat(timespec="minutes").startswith(then)


@pytest.mark.parametrize("text", ["", "10", "ten years", "-3 days", "3 fortnights", "1e3 d", "5 minutess"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no age such as"):
        read_age(text)


def test_less_than_a_day_is_not_kept() -> None:
    assert read_keep("1 day") == Age(1, "day")
    with pytest.raises(ValueError, match="less than a day"):
        read_keep("23h")
