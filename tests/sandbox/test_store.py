"""Rows, indexes and the order of writing stay right through writes, deletions and undoing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.odoo import Odoo, serve
from sandbox.odoo.domains import compile_domain
from sandbox.odoo.schema import Model, char, many2one
from sandbox.odoo.schema import datetime as moment
from sandbox.odoo.store import Store, Table

NOON = datetime(2026, 1, 31, 12)
CODES = Model(
    "x.code",
    "Code",
    {"code": char("Code"), "write_date": moment("When"), "to": many2one("x.code", "To")},
    indexes=("code",),
)

Step = tuple[str, int, str, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "drop"]), st.integers(1, 8), st.sampled_from("abc"), st.integers(0, 20)
    ),
    max_size=30,
)


def play(table: Table, moves: list[Step]) -> None:
    for what, id, code, second in moves:
        if what == "put":
            table.put(
                id, {"id": id, "code": code, "write_date": NOON + timedelta(seconds=second), "to": None}
            )
        elif id in table.rows:
            table.drop(id)


class Failing(Exception):
    """What ends a transaction badly."""


def play_and_fail(table: Table, moves: list[Step]) -> None:
    play(table, moves)
    raise Failing


def check(table: Table) -> None:
    """Every index says what a look at all rows says."""
    rows = table.rows.values()
    for code in "abc":
        assert table.matching("code", [code]) == {row["id"] for row in rows if row["code"] == code}
    for second in (0, 7, 20):
        since = NOON + timedelta(seconds=second)
        assert set(table.written_since(since)) == {row["id"] for row in rows if row["write_date"] >= since}
    assert table.ids() == sorted(row["id"] for row in rows)
    assert table.ids_above(4) == sorted(row["id"] for row in rows if row["id"] > 4)


@given(steps, steps)
def test_indexes_hold_through_any_writes_and_an_undo(kept: list[Step], undone: list[Step]) -> None:
    store = Store({"x.code": CODES})
    table = store.tables["x.code"]
    with store.savepoint():
        play(table, kept)
    check(table)
    before = dict(table.rows)
    with pytest.raises(Failing), store.savepoint():
        play_and_fail(table, undone)
    assert table.rows == before
    check(table)


@pytest.fixture(scope="module")
def populated() -> Odoo:
    with serve(19) as odoo:
        for number in range(40):
            values = {
                "name": f"N{number % 7}",
                "ref": f"R{number}",
                "city": ("Vif", "Gap", False)[number % 3],
            }
            odoo.env["res.partner"].create({**values, "active": bool(number % 5)})
        return odoo


operators = st.sampled_from(["=", "!=", ">", ">=", "<", "in"])
leaves = st.one_of(
    st.tuples(st.just("id"), operators.filter(lambda o: o != "in"), st.integers(1, 50)),
    st.tuples(st.just("id"), st.just("in"), st.lists(st.integers(1, 50), max_size=5)),
    st.tuples(
        st.just("write_date"),
        st.sampled_from([">", ">=", "<"]),
        st.sampled_from(["2020-01-01", "2999-01-01 00:00:00"]),
    ),
    st.tuples(st.just("parent_id"), st.sampled_from(["=", "!="]), st.sampled_from([False, 3])),
    st.tuples(st.just("city"), st.sampled_from(["=", "!=", "ilike"]), st.sampled_from(["Vif", "gap"])),
)


def domains() -> st.SearchStrategy[list[object]]:
    return st.recursive(
        leaves.map(lambda leaf: [leaf]),
        lambda inner: st.one_of(
            st.tuples(st.sampled_from("&|"), inner, inner).map(lambda t: [t[0], *t[1], *t[2]]),
            inner.map(lambda term: ["!", *term]),
        ),
        max_leaves=5,
    )


@settings(max_examples=200)
@given(domains())
def test_a_search_by_index_finds_what_a_look_at_every_row_finds(
    populated: Odoo, domain: list[object]
) -> None:
    partners = populated.env.with_context(active_test=False)["res.partner"]
    test = compile_domain(partners, domain)
    everyone = populated.env.table("res.partner").rows
    assert partners.find(domain) == sorted(id for id, row in everyone.items() if test(row))
