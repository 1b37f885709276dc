"""A real local Spark compares as DuckDB does: the same base has the same pairs, scores and probabilities.

Where pyspark or Java is missing, what is said then is tried, and the rest is skipped with that sentence.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hub.cli.failures import explain
from hub.duplicates import whole
from hub.duplicates.backends import Backend, Engine, EngineError, opened
from hub.duplicates.comparisons import COMPARISONS
from hub.duplicates.features import Record
from hub.duplicates.on_spark import OnSpark, spark_sql
from hub.duplicates.rules import COLUMNS
from hub.duplicates.scoring import Scorer
from hub.duplicates.weights import shipped
from tests.duplicates.bases import french
from tests.tally import tally

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def spark() -> Iterator[OnSpark]:
    """One Spark for all tests: its Java takes longest to get warm."""
    try:
        with opened(Engine.SPARK, "local[2]") as running:
            assert isinstance(running, OnSpark)
            yield running
    except EngineError as error:
        if os.environ.get("HUB_TESTS_NEED_SPARK"):
            raise
        pytest.skip(str(error))


def both(spark: Backend, records: Sequence[Record]) -> tuple[whole.Base, list[whole.Pair]]:
    """A base by either, held to be the same; how Spark weighed it."""
    bases = [whole.read(records, shipped()) for _ in range(2)]
    by_duckdb = whole.compared(bases[0], learn_m=True)
    by_spark = whole.compared(bases[1], learn_m=True, backend=spark)
    there = {(pair.left, pair.right): pair for pair in by_duckdb}
    assert {(pair.left, pair.right) for pair in by_spark} == there.keys()
    for pair in by_spark:
        other = there[pair.left, pair.right]
        assert pair.score == pytest.approx(other.score, abs=1e-6)
        assert pair.probability == pytest.approx(other.probability, abs=1e-6)
    for name, levels in bases[1].weights.levels.items():
        assert levels.m == pytest.approx(bases[0].weights.levels[name].m, abs=1e-9)
        assert levels.u == pytest.approx(bases[0].weights.levels[name].u, abs=1e-12)
    assert bases[1].weights.prior == pytest.approx(bases[0].weights.prior, rel=1e-9)
    return bases[1], by_spark


def test_a_french_base_has_the_same_pairs_by_spark_and_by_duckdb(spark: OnSpark) -> None:
    found, _ = french(500, seed=11)
    base, pairs = both(spark, found)
    assert len(pairs) > 800
    scorer = Scorer(base.weights)
    for pair in pairs:
        alone = scorer(base.rows[pair.left], base.rows[pair.right])
        assert alone.score == pytest.approx(pair.score, abs=1e-6)
        assert alone.probability == pytest.approx(pair.probability, abs=1e-6)


def test_one_value_that_everyone_shares_is_the_same_by_either(spark: OnSpark) -> None:
    tally("bad inputs tried", 1)
    both(spark, [{"phone": "0465710000", "given": f"n{number}ca{number % 7}"} for number in range(120)])


@pytest.mark.parametrize(
    "records", [[], [{}], [{"name": "Scierie Orvamont"}], [{}, {"name": ""}] * 9, [{"town": "Gap"}] * 50]
)
def test_a_base_with_nothing_to_compare_has_no_pair(spark: OnSpark, records: list[Record]) -> None:
    tally("bad inputs tried", 1)
    assert whole.compared(whole.read(records, shipped()), backend=spark) == []


ODD = (
    "a", "ab", "ba", "abcd", "abdc", "eaehgdc", "eahgec", "martin", "martine", "l'été", "ÉTÉ", "straße",
    "𝒳yz", "o'neill", "jean-pierre", "pierre jean", "100%", "a\\b", "0:0:0", "01234567", "01235467",
)  # fmt: skip
"""Where libraries differ: neighbours swapped, letters beyond ASCII or 16 bits, quotes, backslashes."""


def test_odd_values_stand_on_the_same_levels_in_spark_and_in_python(spark: OnSpark) -> None:
    rows = []
    for number, one in enumerate(ODD):
        other = ODD[(number * 5 + 3) % len(ODD)]
        row: list[str | None] = [one if place % 3 else other for place in range(len(COLUMNS))]
        row[number % len(COLUMNS)] = None
        rows.append((*row[:-2], tuple(sorted({number << 8 | 40, number % 4 << 8 | 60})), 100))
    rows.append((*[None] * len(COLUMNS),))
    base = whole.Base(rows, [[index] for index in range(len(rows))], shipped())
    spark.put("odd", whole.table_of(base))
    cases = ", ".join(whole.case_of(one) for one in COMPARISONS)
    sides = ", ".join(f"a.{c} AS {c}_l, b.{c} AS {c}_r" for c in COLUMNS)
    said = spark.rows(
        f"SELECT l, r, {cases} FROM (SELECT a.unique_id AS l, b.unique_id AS r, {sides} FROM odd a, odd b)"
    )
    assert len(said) == len(rows) ** 2
    scorer = Scorer(base.weights)
    for left, right, *levels in said:
        assert tuple(levels) == scorer(rows[left], rows[right]).levels, (rows[left], rows[right])


def test_a_spark_of_this_machine_listens_on_loopback_only(spark: OnSpark) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("the sockets of a process are read as Linux has them")
    pid = spark.session.sparkContext._gateway.proc.pid
    sockets = {os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink()}
    heard = set()
    for kind in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{kind}").read_text("ascii").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == "0A" and f"socket:[{line.split()[9]}]" in sockets:
                heard.add(local.partition(":")[0])
    assert heard
    assert heard <= {"0100007F", "0000000000000000FFFF00000100007F", "0" * 24 + "01000000"}


def test_what_spark_gives_up_with_is_told_in_its_own_words(spark: OnSpark) -> None:
    from hub.duplicates.on_spark import _in_words

    with pytest.raises(EngineError, match="gave up") as caught, _in_words("local[2]", Path("none")):
        spark.rows("SELECT shoe FROM nowhere")
    assert "nowhere" in caught.value.why
    assert "\tat " not in caught.value.why


def test_a_number_with_a_point_is_no_decimal_in_spark() -> None:
    assert spark_sql("SELECT 0.25 * x, 3") == "SELECT CAST(0.25 AS DOUBLE) * x, 3"


def test_spark_without_pyspark_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql.functions", None)
    base = whole.read([{"name": "Scierie Orvamont"}, {"name": "Scierie Orvamond"}], shipped())
    with pytest.raises(EngineError, match=r"pyspark is not installed.*pip install 'odoo-sync-hub\[spark\]'"):
        whole.compared(base, backend=Engine.SPARK)


@pytest.mark.parametrize(
    ("said", "expected"), [("", "no Java is found"), ("11.0.2", "is Java 11"), ("1.8.0_292", "is Java 8")]
)
def test_spark_without_a_java_that_is_new_enough_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, expected: str
) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed, which is said before Java is looked for")
    if said and sys.platform == "win32":
        pytest.skip("an old Java is played by a shell script")
    (tmp_path / "bin").mkdir()
    if said:
        java = tmp_path / "bin" / "java"
        java.write_text(f"#!/bin/sh\necho 'openjdk version \"{said}\"' >&2\n", encoding="utf-8")
        java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    base = whole.read([{"name": "Scierie Orvamont"}, {"name": "Scierie Orvamond"}], shipped())
    with pytest.raises(EngineError) as caught:
        whole.compared(base, backend="spark")
    told = explain(caught.value)
    assert told.code == 2
    assert expected in told.what
    assert "apt-get install openjdk-17-jre-headless" in told.todo


def test_an_engine_there_is_none_of_is_refused() -> None:
    base = whole.read([{"name": "Scierie Orvamont"}, {"name": "Scierie Orvamond"}], shipped())
    with pytest.raises(ValueError, match="sparks"):
        whole.compared(base, backend="sparks")
