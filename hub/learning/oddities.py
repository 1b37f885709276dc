"""What an admin should know of a sheet before trusting it: everything here was seen, nothing is guessed.

Each is a line of words with the rows it is about; the worst first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from hub.learning.blocks import Block
from hub.learning.columns import Column, Guess
from hub.learning.keys import Key
from hub.learning.sheet import Sheet
from hub.values import folded

SHOWN = 5
_DAY = re.compile(
    r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|(?:mon|tues|wednes|thurs|fri)day)\b|\d{4} \d\d \d\d$"
)


def oddities(
    sheet: Sheet, block: Block, blocks: Sequence[Block], guesses: Sequence[Guess], key: Key
) -> list[str]:
    """Everything odd about a list and its sheet, in words."""
    columns = [guess.column for guess in guesses]
    return [
        *_about_key(key),
        *_about_blocks(block, blocks),
        *_about_headings(sheet, block, columns),
        *(_about_values(guesses) if block.header else ()),
        *_about_mixes(guesses),
        *_about_copies(columns),
        *_about_formulas(columns),
        *_about_looks(sheet, block),
        *_about_grids(sheet),
        *_about_sheet(sheet, block),
    ]


def rows_named(rows: Sequence[int]) -> str:
    """`row 4`, `rows 4, 9 and 17`, or the first few and how many more."""
    shown = [f"{row:,}" for row in rows[:SHOWN]]
    if len(rows) == 1:
        return f"row {shown[0]}"
    if len(rows) > SHOWN:
        return f"rows {', '.join(shown)} and {len(rows) - SHOWN:,} more"
    return f"rows {', '.join(shown[:-1])} and {shown[-1]}"


def _about_key(key: Key) -> Iterator[str]:
    names = " + ".join(f"'{name}'" for name in key.columns)
    for value, rows in list(key.doubles.items())[:SHOWN]:
        yield f"the key {names} is {value!r} on {rows_named(rows)}: the hub sets these rows aside"
    if len(key.doubles) > SHOWN:
        yield f"the key {names} stands twice for {len(key.doubles) - SHOWN:,} more values"
    if key.empty:
        yield f"the key {names} is empty in {rows_named(key.empty)}: the hub sets such rows aside"


def _about_blocks(block: Block, blocks: Sequence[Block]) -> Iterator[str]:
    if block.again:
        yield (
            f"the list begins again under the same headings in {rows_named(block.again)}: stacked blocks"
            + (f" called {_listed(block.titles)}" if block.titles else "")
        )
    others = [one for one in blocks if one is not block]
    for one in others:
        what = ", ".join(f"'{text}'" for text in list(one.headings.values())[:4])
        yield f"another list begins in row {one.header} ({what} …): only the longest one is drafted"


def _about_headings(sheet: Sheet, block: Block, columns: Sequence[Column]) -> Iterator[str]:
    if not block.header:
        yield "no heading row was found: the hub knows columns by their headings; put a row of them on top"
        return
    if block.height > 1:
        yield (
            f"the headings fill {block.height} rows, merged in part: `heading_rows: {block.height}`, and a "
            "column is called by all of them"
        )
    merged = [area for area in sheet.merges if area[0] <= block.header <= area[2] and block.height == 1]
    if merged:
        what = _listed([_area(*area) for area in merged])
        yield f"merged headings ({what}): unmerge them, so that each column has its own"
    bare = [column for column in columns if not column.heading and column.values.filled]
    if bare:
        names = _listed([column.letter for column in bare])
        yield f"values without a heading in column {names}: the hub cannot read them without one"
    twice = [column for column in columns if column.twice]
    for text in dict.fromkeys(folded(column.heading) for column in twice):
        same = [column for column in twice if folded(column.heading) == text]
        yield (
            f"the heading '{same[0].heading}' stands over columns {' and '.join(c.letter for c in same)}: "
            "rename one, or the hub reads neither"
        )


def _about_mixes(guesses: Sequence[Guess]) -> Iterator[str]:
    found = []
    for guess in guesses:
        kinds = Counter("texts" if isinstance(v, str) else "numbers" for _, v in guess.column.values.filled)
        if len(kinds) > 1 and guess.type in ("text", "choice"):
            rare, count = kinds.most_common()[-1]
            found.append(
                f"'{guess.column.heading or guess.column.letter}' ({count:,} of {kinds.total():,} {rare})"
            )
    if found:
        yield f"texts and numbers mixed in column {_listed(found)}"


def _about_values(guesses: Sequence[Guess]) -> Iterator[str]:
    for guess in guesses:
        column = guess.column
        name = f"'{column.heading or column.letter}'"
        if not column.values.filled and not any(cell.unread for _, cell in column.cells):
            yield f"column {name} is empty"
            continue
        unread = [row for row, cell in column.cells if cell.unread and not cell.formula]
        if unread:
            reason = next(cell.unread for _, cell in column.cells if cell.unread and not cell.formula)
            yield f"column {name} cannot be read in {rows_named(unread)}: {reason}"
        told = column.found.get(guess.type)
        if told is not None and told.wrong and guess.type != "text":
            some = "; ".join(f"row {row}: {why}" for row, _, why in told.wrong)
            yield f"column {name} holds values that are no {guess.type} ({1 - told.rate:.0%}): {some}"
        place = column.found.get("postcode and town")
        if place is not None and place.rate > 0.6:
            yield f"column {name} holds post code and town in one: split it in two to have both as fields"
        clock = column.found.get("time of day")
        if clock is not None and clock.rate > 0.6:
            yield f"column {name} holds times without their day: the hub has no such type"


def _about_copies(columns: Sequence[Column]) -> Iterator[str]:
    texts = [{row: folded(str(value)) for row, value in column.values.filled} for column in columns]
    for place, column in enumerate(columns):
        for before in range(place):
            both = texts[place].keys() & texts[before].keys()
            distinct = len(set(texts[place].values()))
            if len(both) < max(3, 0.6 * len(texts[place])) or distinct < 4:
                continue
            same = sum(texts[place][row] == texts[before][row] for row in both)
            if same >= 0.9 * len(both):
                yield f"column '{column.heading}' looks like a copy of '{columns[before].heading}'"
                break


def _about_formulas(columns: Sequence[Column]) -> Iterator[str]:
    found = [column for column in columns if column.formulas]
    if found:
        names = _listed([
            f"'{column.heading or column.letter}'"
            + ("" if column.formulas >= len(column.cells) else f" ({column.formulas:,} rows)")
            for column in found
        ])  # fmt: skip
        yield f"formulas in column {names}: their results are read, and never written over"


def _about_looks(sheet: Sheet, block: Block) -> Iterator[str]:
    struck = [
        row for row in block.rows
        if sum(cell.struck for cell in sheet.rows[row].values()) * 2 > len(sheet.rows[row])
    ]  # fmt: skip
    if struck:
        yield (
            f"{rows_named(struck)} struck through: if that means ended, map a field to '<heading>@strike'; "
            "the hub reads them like any other"
        )
    colours: Counter[str] = Counter()
    for row in block.rows:
        fills = Counter(cell.fill for cell in sheet.rows[row].values() if cell.fill)
        if fills and fills.most_common(1)[0][1] * 2 > len(sheet.rows[row]):
            colours[fills.most_common(1)[0][0]] += 1
    told = {colour: n for colour, n in colours.items() if n < 0.6 * len(block.rows)}
    if told:
        what = ", ".join(f"{colour} ({n:,} rows)" for colour, n in list(told.items())[:SHOWN])
        yield f"rows are coloured: {what}; if that is a status, map a field to '<heading>@fill'"


def _about_grids(sheet: Sheet) -> Iterator[str]:
    """Days side by side: every cell under them is a record of its own."""
    for number in list(sheet.rows)[:20]:
        days = [cell for cell in sheet.rows[number].values() if _DAY.match(folded(cell.text))]
        if len(days) >= 4:
            yield f"row {number} has days side by side: a planning in two directions, which `unpivot` reads"
            return


def merged_cells(sheet: Sheet, block: Block) -> list[tuple[int, int, int, int]]:
    """Cells of the list that are merged over several rows."""
    return [area for area in sheet.merges if area[2] > area[0] > block.header]


def _about_sheet(sheet: Sheet, block: Block) -> Iterator[str]:
    merged = merged_cells(sheet, block)
    if merged:
        what = _listed([_area(*area) for area in merged])
        yield f"cells are merged over several rows ({what}): `merged: fill` gives each row their value"
    if sheet.stale:
        yield "formulas were not calculated since the file was last saved: open it in Excel and save it"
    if sheet.dates_from_1904:
        yield "dates count from 1904 here; the hub reads them rightly"
    if sheet.read_only:
        yield sheet.read_only
    if not sheet.whole:
        yield f"only the first {len(sheet.rows):,} of {sheet.filled:,} filled rows were looked at"


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - SHOWN:,} more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more


def _area(top: int, left: int, bottom: int, right: int) -> str:
    from hub.learning.sheet import letters

    return f"{letters(left)}{top}:{letters(right)}{bottom}"
