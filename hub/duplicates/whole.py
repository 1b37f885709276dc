"""A whole base: compared by Splink, weighed, and every pair worth looking at handed back.

Where it is compared is a choice (`backends`): DuckDB in this process, or Spark; the pairs are the same.

Records whose rows are identical are compared once. Splink blocks, compares and scores; what it adds up is
what `scoring` adds up of one pair.

Promises: reads only; needs no file, leaves none; a base of any size makes a bounded number of pairs a record.
Never: reads labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from math import log2
from random import Random
from typing import Any

import pyarrow as pa
from splink import Linker, SettingsCreator, block_on
from splink.comparison_library import CustomComparison
from splink.internals.comparison_level_creator import ComparisonLevelCreator

from hub.duplicates.backends import LOCAL, Backend, Engine, opened
from hub.duplicates.comparisons import LIKENESSES, Comparison, never_places, shared_places
from hub.duplicates.estimate import Pattern, learn, u_of, usual_prior
from hub.duplicates.features import Record, rows_of
from hub.duplicates.keys import blocks
from hub.duplicates.on_duckdb import on_duckdb
from hub.duplicates.rules import COLUMNS, PLACE
from hub.duplicates.weights import RARE_COLUMNS, Weights, of_base

RANDOM_PAIRS = 300_000
KEPT = 0.001
"""Pairs less probable than this are not handed back."""

Said = Callable[[str, int, int | None], None]
"""Told (step, done, of how many)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two distinct rows (indices into `Base.rows`), their score in bits and their probability."""

    left: int
    right: int
    score: float
    probability: float


@dataclass(slots=True)
class Base:
    """The rows of a base, identical ones once: `members` are the records of each row."""

    rows: list[tuple[Any, ...]]
    members: list[list[int]]
    weights: Weights

    @property
    def records(self) -> int:
        return sum(map(len, self.members))

    @property
    def pairs(self) -> float:
        """All pairs of records there are."""
        return self.records * (self.records - 1) / 2


def read(records: Iterable[Record], weights: Weights) -> Base:
    """The rows of a base with the rarities of its own values, and what strangers agree on in it."""
    every, words = rows_of(records)
    places: dict[tuple[Any, ...], int] = {}
    rows: list[tuple[Any, ...]] = []
    members: list[list[int]] = []
    for index, row in enumerate(every):
        place = places.setdefault(row, len(rows))
        if place == len(rows):
            rows.append(row)
            members.append([])
        members[place].append(index)
    return Base(rows, members, of_base(weights, rows, words))


def compared(
    base: Base,
    *,
    learn_m: bool = False,
    said: Said = lambda step, done, total: None,
    backend: str | Backend = Engine.DUCKDB,
    master: str = LOCAL,
) -> list[Pair]:
    """Every pair of distinct rows that may be one thing, best first; `base.weights` then has what was learnt.

    `learn_m`: the weights of agreement too are learnt from this base, without labels. `backend`: a
    `backends.Engine`, or one that is open already; `master`: Spark's. Raises `backends.EngineError`.
    """
    if len(base.rows) < 2 or not base.weights.used:
        return []
    said("index", 0, None)
    table = table_of(base)
    said("strangers", 0, None)
    strangers = u_of(base.weights, _strangers(table, base))
    base.weights = replace(strangers, prior=usual_prior(base.records))
    said("compare", 0, None)
    with opened(backend, master) if isinstance(backend, str) else nullcontext(backend) as database:
        database.put("record", table)
        scored = _predict(database, base)
        said("weigh", 0, None)
        return _weighed(database, scored, base, learn_m)


def linker(database: Backend, base: Base, table: str = "record") -> Linker:
    """Splink, set to this base's weights over a table of its rows."""
    weights = base.weights
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(one, weights, database.said) for one in weights.comparisons],
        blocking_rules_to_generate_predictions=[block_on("keys", arrays_to_explode=["keys"])],
        probability_two_random_records_match=weights.prior,
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
    )
    api = database.splink()
    made = Linker(api.register(table), settings, log_level=None)
    for column in _rare_in(weights):
        rarity = weights.rarity[column]
        place = PLACE[column]
        values = list(dict.fromkeys(row[place] for row in base.rows if row[place] is not None))
        lookup = pa.table(
            {column: pa.array(values, pa.string()), f"tf_{column}": [rarity.of(value) for value in values]}
        )
        made.table_management.register_term_frequency_lookup(api.register(lookup), column)
    return made


def _rare_in(weights: Weights) -> list[str]:
    used = {level.rare for one in weights.comparisons for level in one.levels}
    return [column for column in RARE_COLUMNS if column in used]


def _predict(database: Backend, base: Base) -> str:
    """The name of the table that holds every compared pair with Splink's columns."""
    return str(linker(database, base).inference.predict().physical_name)


def _comparison(comparison: Comparison, weights: Weights, said: Callable[[str], str]) -> CustomComparison:
    levels = weights.levels[comparison.name]
    made: list[ComparisonLevelCreator | dict[str, Any]] = [
        {
            "sql_condition": said(comparison.unknown.sql),
            "label_for_charts": "one has none",
            "is_null_level": True,
        }
    ]
    for place, level in enumerate(comparison.levels):
        one: dict[str, Any] = {
            "sql_condition": said(level.rule.sql) if level.rule is not None else "ELSE",
            "label_for_charts": level.label,
            "m_probability": levels.u[place] if level.neutral else levels.m[place],
            "u_probability": levels.u[place],
        }
        if level.rare:
            one |= {
                "tf_adjustment_column": level.rare,
                "tf_adjustment_weight": level.share,
                "disable_tf_exact_match_detection": True,
            }
        made.append(one)
    return CustomComparison(made, output_column_name=comparison.name)


def table_of(base: Base) -> pa.Table:
    needed = [column for column in COLUMNS if column not in ("tokens", "mass")]
    columns: dict[str, Any] = {"unique_id": pa.array(range(len(base.rows)), pa.int64())}
    for column in needed:
        place = PLACE[column]
        columns[column] = pa.array([row[place] for row in base.rows], pa.string())
    columns["tokens"] = pa.array([row[PLACE["tokens"]] for row in base.rows], pa.list_(pa.int64()))
    columns["mass"] = pa.array([row[PLACE["mass"]] for row in base.rows], pa.int64())
    columns["keys"] = pa.array(blocks(base.rows), pa.list_(pa.int64()))
    return pa.table(columns)


def case_of(comparison: Comparison) -> str:
    """The level a pair stands on, as one expression."""
    count = len(comparison.levels)
    whens = " ".join(
        f"WHEN {level.rule.sql} THEN {place}"
        for place, level in enumerate(comparison.levels)
        if level.rule is not None
    )
    return f"CASE WHEN {comparison.unknown.sql} THEN -1 {whens} ELSE {count - 1} END"


def _strangers(records: pa.Table, base: Base) -> dict[str, list[int]]:
    """How random pairs of records stand on every level: by comparison, counted.

    No more pairs of a big base than of a small one, so by DuckDB wherever the base is compared.
    """
    chance = Random(1)
    total = len(base.rows)
    every = [index for index, several in enumerate(base.members) for _ in several]
    if total * (total - 1) // 2 <= RANDOM_PAIRS:
        drawn = [(a, b, len(base.members[a]) * len(base.members[b])) for a in range(total) for b in range(a)]
    else:
        both = ((chance.choice(every), chance.choice(every)) for _ in range(RANDOM_PAIRS))
        drawn = [(a, b, 1) for a, b in both if a != b]
    table = pa.table(
        {"l": [a for a, _, _ in drawn], "r": [b for _, b, _ in drawn], "n": [n for *_, n in drawn]}
    )
    used = base.weights.comparisons
    needed = [column for column in COLUMNS if any(_names(one, column) for one in used)]
    sides = ", ".join(f"a.{column} AS {column}_l, b.{column} AS {column}_r" for column in needed)
    cases = ", ".join(f"{case_of(one)} AS g{place}" for place, one in enumerate(used))
    with on_duckdb() as database:
        database.put("record", records.drop_columns("keys"))
        database.put("drawn", table)
        groups = database.rows(
            f"WITH pair AS (SELECT n, {sides} FROM drawn JOIN record a ON a.unique_id = l "
            f"JOIN record b ON b.unique_id = r), levels AS (SELECT n, {cases} FROM pair) "
            f"SELECT {', '.join(f'g{place}' for place in range(len(used)))}, sum(n)::BIGINT "
            "FROM levels GROUP BY ALL"
        )
    counts = {one.name: [0] * len(one.levels) for one in used}
    for *levels, several in groups:
        for one, level in zip(used, levels, strict=True):
            if level >= 0:
                counts[one.name][level] += several
    return counts


def _names(comparison: Comparison, column: str) -> bool:
    rules = [comparison.unknown, *(level.rule for level in comparison.levels if level.rule is not None)]
    return any(f"{column}_l" in rule.sql or f"{column}_r" in rule.sql for rule in rules)


def _weighed(database: Backend, scored: str, base: Base, learn_m: bool) -> list[Pair]:
    """Learn the prior (and `m`) from the compared pairs, and weigh them by it."""
    before = base.weights
    names = before.used
    columns = database.columns(scored)
    rare = [f"mw_tf_adj_{name}" if f"mw_tf_adj_{name}" in columns else "0.0" for name in names]
    standing = ", ".join(
        ["unique_id_l AS l", "unique_id_r AS r"]
        + [f"mw_{name} + {one} AS b{i}" for i, (name, one) in enumerate(zip(names, rare, strict=True))]
        + [f"{one} AS r{i}" for i, one in enumerate(rare)]
        + [f"{_level(one, before)} AS g{i}" for i, one in enumerate(before.comparisons)]
    )
    levels = f"WITH level AS (SELECT {standing} FROM {scored})"
    grouped = ", ".join(
        [f"g{i}" for i in range(len(names))] + [f"round(r{i} / 2) AS h{i}" for i in range(len(names))]
    )
    averages = ", ".join(f"avg(r{i})" for i in range(len(names)))
    patterns = [
        Pattern(tuple(row[: len(names)]), tuple(row[2 * len(names) : 3 * len(names)]), row[-1])
        for row in database.rows(f"{levels} SELECT {grouped}, {averages}, count(*) FROM level GROUP BY ALL")
    ]
    identical = sum(len(several) * (len(several) - 1) // 2 for several in base.members)
    base.weights = learn(before, patterns, base.pairs, base.records, identical, m=learn_m)
    bits = {name: _bits(base.weights, before, name, place) for place, name in enumerate(names)}
    whole = " + ".join([f"({base.weights.prior_bits!r})", *bits.values()])
    alike = ["1.0"]
    for one, odds in zip(LIKENESSES, base.weights.odds, strict=True):
        part = [
            bits[names[place]]
            if only is None
            else f"(CASE g{place} WHEN {only} THEN {bits[names[place]]} ELSE 0.0 END)"
            for place, only in shared_places(one, names)
        ]
        if part:
            start = base.weights.prior_bits + log2(odds)
            odd = f"pow(2.0, least({start!r} + {' + '.join(part)}, 900.0))"
            none = "".join(f"WHEN g{place} = {level} THEN 0.0 " for place, level in never_places(one, names))
            alike.append(f"(CASE {none}ELSE {odd} END)" if none else odd)
    found = database.rows(
        f"{levels}, w AS (SELECT l, r, {whole} AS score, {' + '.join(alike)} AS alike FROM level), "
        "p AS (SELECT l, r, score, 1.0 / (1.0 + pow(2.0, least(log2(alike) - score, 900.0))) AS probability "
        f"FROM w) SELECT * FROM p WHERE probability >= {KEPT} ORDER BY probability DESC, score DESC, l, r"
    )
    return [Pair(*row) for row in found]


def _level(comparison: Comparison, weights: Weights) -> str:
    """The level a pair stands on, read off its weight: Splink keeps levels only with all the text beside."""
    levels = weights.levels[comparison.name]
    whens = " ".join(
        f"WHEN abs(mw_{comparison.name} - ({levels.bits(place)!r})) < 1e-9 THEN {place}"
        for place, level in enumerate(comparison.levels)
        if not level.neutral
    )
    return f"CASE {whens} ELSE -1 END"


def _bits(weights: Weights, before: Weights, name: str, place: int) -> str:
    """The bits of one comparison by the weights that were learnt, over those before and the level."""
    old, new = before.levels[name], weights.levels[name]
    if old == new:
        return f"b{place}"
    gains = " ".join(
        f"WHEN {level} THEN {log2(m / o)!r}" for level, (m, o) in enumerate(zip(new.m, old.m, strict=True))
    )
    return f"(b{place} + CASE g{place} {gains} ELSE 0.0 END)"
