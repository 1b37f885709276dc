"""Two processes on one database: what one read is still so when it writes."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from hub.store import Store
from hub.store import tables as t


def test_a_second_writer_waits_for_the_first_and_sees_what_it_wrote(store: Store) -> None:
    other = Store(store.url)
    ready, done = threading.Event(), threading.Event()
    seen: list[int] = []

    def second() -> None:
        ready.wait(10)
        with other.transaction() as connection:
            seen.append(connection.scalar(sa.select(sa.func.count()).select_from(t.run)) or 0)
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    with store.transaction() as connection:
        connection.execute(sa.insert(t.run).values(kind="sync", started_at="2026-01-05"))
        ready.set()
        assert not done.wait(0.2), "the second did not wait"
    thread.join(10)
    other.close()
    assert seen == [1]


def test_a_reader_waits_for_nobody(store: Store) -> None:
    other = Store(store.url)
    with store.transaction() as writing:
        writing.execute(sa.insert(t.run).values(kind="sync", started_at="2026-01-05"))
        with other.reading() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(t.run)) == 0
    other.close()
