"""The engine alone, on a source and a sink that cost nothing.

- *100,000 new records*: reading, matching, committing golden records, links, keys and journal, page by page,
  and settling; against one table with the same 100,000 input rows, written by SQLAlchemy's bulk insert into
  the same database in the same pages of 1,000.
- *100 changes*: a whole cycle with 100 changed records, among 100,000 linked ones and among 1,000.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from benchmarks.base import COLUMNS, Mirror, approve, customer, fresh_store, mappings
from benchmarks.rows import Row, timed
from hub.engine import Engine
from hub.report import Report
from hub.store import Store

MANY = 100_000
FEW = 1_000
PAGE = 1_000
TURNS = 15


def new_records() -> Row:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = fresh_store(folder)
        bare = _bare_insert(store)
        engine = Engine(store, mappings(folder / "m", "mirror"), {"mirror": Mirror("mirror", MANY)})
        with timed() as making:
            for number in range(MANY):
                customer(number)
        with timed() as taking:
            engine.pull_entity(engine.mappings[0], Report())
            engine.settle(engine.mappings[0])
        store.close()
    engine_alone = taking.seconds - making.seconds
    detail = f"{engine_alone:.1f} s against {bare:.2f} s of bare bulk insert"
    return Row("engine alone, 100,000 new records", engine_alone / bare, 8, True, detail=detail)


def few_changes() -> Row:
    """The two are measured in turns, so that a busy moment of the machine falls on both."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        many, few = _Linked(Path(one), MANY), _Linked(Path(other), FEW)
        turns = [(many.cycle(turn), few.cycle(turn)) for turn in range(TURNS)]
        many.close()
        few.close()
    among_many, among_few = median(turn[0] for turn in turns), median(turn[1] for turn in turns)
    detail = f"{among_many * 1000:.0f} ms among 100,000, {among_few * 1000:.0f} ms among 1,000"
    return Row("100 changes among 100,000 linked", among_many / among_few, 1.3, True, detail=detail)


class _Linked:
    """`count` customers linked in two systems, ready for cycles with 100 changes."""

    def __init__(self, folder: Path, count: int) -> None:
        self.store = fresh_store(folder)
        self.mirror, other = Mirror("mirror", count), Mirror("clients", 0)
        both = {"mirror": self.mirror, "clients": other}
        self.engine = Engine(self.store, mappings(folder / "m", *both), both)
        approve(self.engine, count)
        self.engine.sync()

    def cycle(self, turn: int) -> float:
        """Seconds of one cycle with 100 changes spread over all records."""
        step = self.mirror.count // 100
        self.mirror.touch(range(turn % step, self.mirror.count, step), f"Ville {turn}")
        with timed() as clock:
            report = self.engine.sync()
        assert report.writes == 100, report
        return clock.seconds

    def close(self) -> None:
        self.store.close()


def _bare_insert(store: Store) -> float:
    table = sa.Table(
        "bare", sa.MetaData(), sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text) for name in COLUMNS),
    )  # fmt: skip
    table.metadata.create_all(store.engine)
    rows = [{"id": str(number), **customer(number)} for number in range(MANY)]
    with timed() as clock:
        for start in range(0, MANY, PAGE):
            with store.transaction() as connection:
                connection.execute(sa.insert(table), rows[start : start + PAGE])
    return clock.seconds
