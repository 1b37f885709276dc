"""The page about duplicates: one HTML file with its pictures in it, to be read, printed and handed on.

Per entity: what is linked, asked and created in each system, how the pairs spread over the probability with
both bounds drawn, and the least certain pairs on either side of the automatic bound, field by field.

Pure: findings and counts in, text out. Promises: no script, nothing fetched from anywhere, everything that
a record says is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from hub.duplicates.text import plain
from hub.weighing import words
from hub.weighing.findings import BARS, Findings, Pair, Shown
from hub.weighing.histogram import drawn

LEAST_CERTAIN = 10

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, "Segoe UI", Arial, sans-serif; color: #1c2430; background: #fff;
  max-width: 60rem; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; } h2 { font-size: 1.3rem; margin: 2.4rem 0 .5rem;
  border-bottom: 2px solid #d5dbe3; padding-bottom: .2rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
p { margin: .4rem 0; } .quiet { color: #5b6675; } .small { font-size: .87rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th { text-align: left; font-weight: 600; border-bottom: 1.5px solid #9aa6b5; padding: .25rem .5rem; }
td { border-bottom: 1px solid #e4e8ee; padding: .25rem .5rem; vertical-align: top; overflow-wrap: anywhere; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.pair { border: 1px solid #d5dbe3; border-radius: 6px; padding: .6rem .9rem; margin: .7rem 0;
  break-inside: avoid; }
.pair h4 { margin: 0 0 .3rem; font-size: 1rem; } .pair th:first-child, .pair td:first-child { width: 9rem; }
.for { color: #1d6b3c; } .against { color: #a3271f; } .differs td { background: #fdf3f2; }
svg { max-width: 100%; height: auto; } figure { margin: .6rem 0; break-inside: avoid; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } h2 { break-after: avoid; } }
"""


@dataclass(frozen=True, slots=True)
class Route:
    """One system of an entity: records read, of which linked by an exact key and by likeness, records that a
    person is asked about, and records that would be, or were, created there."""

    system: str
    records: int = 0
    by_key: int = 0
    by_likeness: int = 0
    asked: int = 0
    created: int = 0


@dataclass(frozen=True, slots=True)
class Chapter:
    """One entity. `findings` is ``None`` where nothing of it was compared."""

    entity: str
    title: str
    routes: Sequence[Route]
    findings: Findings | None = None


COLUMNS = ("System", "Records", "Linked by a key", "Linked by likeness", "Asked", "Created")


def row(route: Route) -> tuple[int, ...]:
    """The numbers of a route, in the order of `COLUMNS`."""
    return route.records, route.by_key, route.by_likeness, route.asked, route.created


def page(title: str, when: str, chapters: Sequence[Chapter], planned: bool = False) -> str:
    """The page. `when`: the time it was made, in words; `planned`: nothing of it has happened yet."""
    note = (
        "This is a plan: nothing was linked, asked or written yet."
        if planned
        else "Records are compared as they are in the hub now."
    )
    body = "".join(_chapter(one, planned) for one in chapters)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n"
        f'<p class="quiet">{escape(when)}. {note}</p>\n'
        f"{body or _nothing()}</body>\n</html>\n"
    )


def _nothing() -> str:
    return "<p>No mapping asks for duplicates.</p>\n"


def _chapter(one: Chapter, planned: bool) -> str:
    parts = [f"<h2>{escape(one.title)}</h2>\n", _routes(one, planned)]
    if one.findings is None or not one.findings.records:
        parts.append("<p>No two records of it were compared: there is nothing new to compare.</p>\n")
        return "".join(parts)
    parts += [_bounds(one.findings), _picture(one.findings)]
    above, below = one.findings.least_certain(LEAST_CERTAIN)
    for heading, pairs, none in (
        ("Just above the automatic bound", tuple(reversed(above)), "No pair is above it."),
        ("Just below the automatic bound", below, "No pair is below it."),
    ):
        parts.append(f"<h3>{heading}: the least certain</h3>\n")
        parts.append("".join(_pair(pair, planned) for pair in pairs) or f"<p>{none}</p>\n")
    return "".join(parts)


def _routes(one: Chapter, planned: bool) -> str:
    names = list(COLUMNS)
    if planned:
        names[-1] = "Would be created"
    head = f"<th>{names[0]}</th>" + "".join(f'<th class="n">{name}</th>' for name in names[1:])
    rows = "".join(f"<tr><td>{escape(route.system)}</td>{_numbers(route)}</tr>\n" for route in one.routes)
    return f"<table>\n<tr>{head}</tr>\n{rows}</table>\n"


def _numbers(route: Route) -> str:
    return "".join(f'<td class="n">{number:,}</td>' for number in row(route))


def _bounds(found: Findings) -> str:
    linked, asked = len(found.linked), len(found.asked)
    told = (
        f"<p>{found.records:,} records were compared with each other: {_several(linked, 'pair')} linked "
        f"without a question, {asked:,} asked. "
    )
    if found.automatic < 1.0:
        told += f"Linked from <b>{words.percent(found.automatic)}</b> on"
    else:
        told += "Nothing is sure enough to be linked without a question"
    if found.lower < found.automatic:
        told += f", asked from <b>{words.percent(found.lower)}</b> on"
    told += f"; of what is linked so, {found.precision:.2%} is wished to be right.</p>\n"
    if found.unasked:
        told += f"<p>{found.unasked:,} more pairs are not asked: too many records are alike there.</p>\n"
    return told


def _several(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def _picture(found: Findings) -> str:
    total = sum(found.histogram)
    caption = (
        f"How sure it is of the {_several(total, 'pair')} that were compared and are not wholly unlike: each "
        f"bar is a {BARS}th of the way from surely two (left) to surely one (right). Heights are "
        "logarithmic."
    )
    return f'<figure>{drawn(found)}<figcaption class="quiet small">{caption}</figcaption></figure>\n'


def _pair(pair: Pair, planned: bool) -> str:
    told = {"linked": "linked without a question", "asked": "asked"}[pair.fate]
    told = f"would be {told}" if planned else told
    if pair.why:
        told = pair.why if pair.fate == "linked" else f"{told}, for {pair.why}"
    return (
        f'<div class="pair"><h4>{words.percent(pair.probability)}: {escape(pair.one.title)} / '
        f'{escape(pair.other.title)}</h4>\n<p class="quiet small">{escape(told)}</p>\n'
        f"{_values(pair.one, pair.other)}{_reasons(pair.because)}</div>\n"
    )


def _values(one: Shown, other: Shown) -> str:
    rows = [f"<tr><td>systems</td><td>{_places(one)}</td><td>{_places(other)}</td></tr>\n"]
    for name in dict.fromkeys((*one.values, *other.values)):
        left, right = one.values.get(name, ""), other.values.get(name, "")
        differs = ' class="differs"' if left and right and plain(left) != plain(right) else ""
        rows.append(
            f"<tr{differs}><td>{escape(name)}</td><td>{escape(left)}</td><td>{escape(right)}</td></tr>\n"
        )
    head = f"<tr><th>Field</th><th>{escape(one.title)}</th><th>{escape(other.title)}</th></tr>\n"
    body = "".join(rows)
    return f'<table class="small">\n{head}{body}</table>\n'


def _places(one: Shown) -> str:
    return "<br>".join(escape(f"{system} {id}") for system, id in one.places.items()) or "in no system"


def _reasons(because: Mapping[str, Any]) -> str:
    told: Iterable[Mapping[str, Any]] = because.get("reasons", ())
    items = []
    for one in told:
        side = "for" if one["bits"] > 0 else "against"
        rare = words.found_in(one)
        rare = f" (the value is in {rare})" if rare else ""
        if abs(one["bits"]) >= words.SPEAKS:
            items.append(
                f'<span class="{side}">{escape(words.reason(one))} {one["bits"]:+.1f}</span>{escape(rare)}'
            )
    keys = because.get("keys", ())
    if keys:
        items.insert(0, f'<span class="for">one key: {escape(", ".join(keys))}</span>')
    return f'<p class="small">{"; ".join(items)}</p>\n' if items else ""
