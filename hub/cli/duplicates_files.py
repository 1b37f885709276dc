"""`hub duplicates evaluate` and `train`: the model weighed on a file, before anything is merged.

`evaluate` runs the configuration that ships on a file with known answers; `train` learns weights from a
file without them. Neither needs a hub.yaml, and neither changes a record.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import progress, screen
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, Session
from hub.duplicates.backends import Engine

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hub.duplicates.evaluate import Outcome, Score
    from hub.duplicates.fields import Columns
    from hub.duplicates.scoring import Scorer
    from hub.duplicates.weights import Weights
    from hub.duplicates.whole import Base

LEAST_CERTAIN = 10
"""Pairs shown on each side of the automatic bound."""

WORDS = {
    "automatic": "linked by itself",
    "decision": "more likely one than two",
    "reviewed": "linked by itself, and rightly answered in review",
}

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A CSV file, columns named as the fields.")
]
EntityFlag = Annotated[str, typer.Option(help="What the records are, such as customer.", metavar="ENTITY")]
WeightsFlag = Annotated[
    Path | None,
    typer.Option(help="Weights that `hub duplicates train` wrote, not those that ship.", metavar="FILE"),
]
EngineFlag = Annotated[
    Engine,
    typer.Option(help="What compares: duckdb in this process, or spark, which is an extra to install."),
]


def evaluate(
    session: Session,
    file: FileArgument,
    entity: EntityFlag,
    truth: Annotated[
        str,
        typer.Option(
            help="The column that says which records are one: the same value in each.", metavar="COLUMN"
        ),
    ],
    weights: WeightsFlag = None,
    precision: Annotated[
        float,
        typer.Option(
            help="Wished precision of what is linked by itself.", min=0.5, max=0.999999, metavar="P"
        ),
    ] = 0.9995,
    engine: EngineFlag = Engine.DUCKDB,
) -> int:
    """Count what would be found in a file whose true answers are known: precision, recall and F1.

    The answers are used for counting only. Needs no hub.yaml, and writes nothing.
    """
    from hub.duplicates.clusters import Link
    from hub.duplicates.evaluate import decide, scores
    from hub.duplicates.scoring import Scorer

    read = _read(file, truth)
    with _told(session, entity, file) as said:
        base, pairs = _compared(read, _weights(weights), said, engine)
        scorer = Scorer(base.weights)
        links = [Link(one.left, one.right, one.probability) for one in pairs]
        outcome = decide(base.rows, base.members, links, scorer, precision)
        found = scores(outcome, base.members, read.labels)
    uncertain = _uncertain(outcome, links, base, scorer)
    data = {
        "file": file.name,
        "entity": entity,
        "records": base.records,
        "distinct": len(base.rows),
        "compared": len(pairs),
        "fields": read.columns.roles,
        "ignored": list(read.columns.unknown),
        "prior": base.weights.prior,
        "bounds": asdict(outcome.bounds),
        "review": len(outcome.review),
        "refused": len(outcome.linked.refused),
        "scores": {name: _score(one) for name, one in found.items()},
        "least_certain": uncertain,
    }
    session.show(data, *_screens(data, found))
    return DONE


def train(
    session: Session,
    file: FileArgument,
    entity: EntityFlag,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the weights here. Default: beside FILE, .weights.json.", metavar="FILE"),
    ] = None,
    weights: WeightsFlag = None,
    engine: EngineFlag = Engine.DUCKDB,
) -> int:
    """Learn from a file, without any answers, how often records of one thing agree on each field.

    Writes the weights as JSON; nothing else is changed. Needs no hub.yaml.
    """
    from hub.duplicates.weights import as_json

    target = out or file.with_suffix(".weights.json")
    if target.exists():
        raise WrongUse(f"{target} is there already: nothing is written over", "Name another with --out.")
    read = _read(file, None)
    before = _weights(weights)
    with _told(session, entity, file) as said:
        base, pairs = _compared(read, before, said, engine)
    made = {"entity": entity, "records": base.records, **as_json(base.weights)}
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongUse(f"{target} cannot be written: {error.strerror}", "Name another with --out.") from None
    data = {"file": str(target), "compared": len(pairs), "ignored": list(read.columns.unknown), **made}
    session.show(data, *_learnt(before, base, target))
    return DONE


@dataclass(frozen=True, slots=True)
class _File:
    records: list[dict[str, str]]
    labels: list[str]
    columns: Columns


def _read(file: Path, truth: str | None) -> _File:
    """The records of a CSV file (UTF-8, or Windows' Western code page), and the column of answers."""
    from hub.duplicates.fields import NAMES, columns_of

    if not file.is_file():
        raise WrongUse(f"there is no file {file}", "Check the name.")
    rows = _rows(file)
    header = [name.strip() for name in next(rows, [])]
    if not header:
        raise WrongUse(f"{file} is empty", "Its first line names the columns.")
    if truth is not None and truth not in header:
        raise WrongUse(f"{file} has no column {truth!r}", f"Its columns are {', '.join(header)}.")
    columns = columns_of(name for name in header if name != truth)
    if not columns.roles:
        raise WrongUse(
            f"{file} has no column that is known",
            f"Name them as the fields, such as {', '.join(list(NAMES)[:9])}.",
        )
    places = {role: header.index(column) for role, column in columns.roles.items()}
    records, labels = [], []
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(header):
            raise WrongUse(
                f"line {number} of {file} has {len(row)} cells, its heading {len(header)}",
                "Quote the cells that hold the separator.",
            )
        cells = [*row, *[""] * (len(header) - len(row))]
        records.append({role: cells[place].strip() for role, place in places.items() if cells[place].strip()})
        if truth is not None:
            label = cells[header.index(truth)].strip()
            labels.append(label or f"\0{number}")
    if not records:
        raise WrongUse(f"{file} has a heading and no record", "Nothing can be compared.")
    return _File(records, labels, columns)


def _rows(file: Path) -> Iterator[list[str]]:
    text = _decoded(file.read_bytes())
    if "\0" in text:
        raise WrongUse(f"{file} is no text", "Save it as CSV.")
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    csv.field_size_limit(10_000_000)
    try:
        # Strict: a quote that is never closed would swallow every line after it.
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as error:
        raise WrongUse(f"{file} cannot be read as CSV: {error}", "Save it as CSV once more.") from None


def _decoded(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _weights(file: Path | None) -> Weights:
    from hub.duplicates.weights import from_json, shipped

    if file is None:
        return shipped()
    try:
        return from_json(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}", "Check the name.") from None
    except ValueError as error:
        raise WrongUse(
            f"{file} holds no weights: {error}", "`hub duplicates train` writes such a file."
        ) from None


def _compared(
    read: _File, weights: Weights, said: Callable[[str, int, int | None], None], engine: Engine
) -> tuple[Base, list[Any]]:
    from hub.duplicates import whole

    said("read", 0, len(read.records))
    base = whole.read(read.records, weights)
    said("read", len(read.records), len(read.records))
    return base, whole.compared(base, learn_m=True, said=said, backend=engine)


@contextmanager
def _told(session: Session, entity: str, file: Path) -> Iterator[Callable[[str, int, int | None], None]]:
    with progress.shown(session.err) as shown:
        yield lambda step, done, total: shown(step, entity, file.name, done, total)


def _score(one: Score) -> dict[str, Any]:
    return {
        "precision": one.precision,
        "recall": one.recall,
        "f1": one.f1,
        "linked": one.linked,
        "right": one.right,
        "true": one.true,
    }


def _uncertain(
    outcome: Outcome, links: Sequence[Any], base: Base, scorer: Scorer
) -> dict[str, list[dict[str, Any]]]:
    """The pairs nearest to the automatic bound, above and below it, with why."""
    bound = outcome.bounds.automatic
    above = [one for one in links if one.probability >= bound][-LEAST_CERTAIN:]
    below = [one for one in links if one.probability < bound][:LEAST_CERTAIN]
    return {
        side: [
            {
                "probability": one.probability,
                "records": [base.members[one.left][0], base.members[one.right][0]],
                "because": [
                    asdict(reason) for reason in scorer.explain(base.rows[one.left], base.rows[one.right])
                ],
            }
            for one in pairs
        ]
        for side, pairs in (("linked", above), ("review", below))
    }


def _screens(data: dict[str, Any], found: Any) -> Iterator[RenderableType]:
    if data["ignored"]:
        ignored = ", ".join(data["ignored"])
        yield screen.plain(f"Ignored, for no field is called so, or one was before: {ignored}", "yellow")
    bounds = data["bounds"]
    rows = [
        (
            WORDS[name],
            f"{one.precision:.5f}",
            f"{one.recall:.4f}",
            f"{one.f1:.4f}",
            f"{one.linked - one.right:,}",
        )
        for name, one in found.items()
    ]
    title = f"{data['file']}: {data['records']:,} records, {next(iter(found.values())).true:,} true pairs"
    yield screen.table(
        title,
        ("bound", "precision", "recall", "F1", "wrong"),
        rows,
        right=("precision", "recall", "F1", "wrong"),
    )
    yield screen.plain(
        f"Linked from a probability of {bounds['automatic']:.6f} on (wished: {bounds['precision']:g}), "
        f"asked from {bounds['lower']:.6f} on: {data['review']:,} questions. {data['refused']:,} links "
        "refused because they would join what contradicts. --json explains the least certain pairs."
    )


def _learnt(before: Weights, base: Base, target: Path) -> Iterator[RenderableType]:
    from hub.duplicates.comparisons import BY_NAME

    rows = []
    for name in base.weights.used:
        old, new = before.levels[name], base.weights.levels[name]
        for place, level in enumerate(BY_NAME[name].levels):
            rows.append(
                (name, level.label, f"{old.m[place]:.3f}", f"{new.m[place]:.3f}", f"{new.bits(place):+.1f}")
            )
    columns = ("field", "agreement", "before", "learnt", "bits")
    yield screen.table(
        f"How often records of one thing agree, learnt from {base.records:,} records", columns, rows,
        right=("before", "learnt", "bits"),
    )  # fmt: skip
    yield screen.plain(f"Written to {target}. `--weights {target}` uses it.")
