"""Fields that no column holds: what the look of a row's cells says by rule, and the title above its block.

The first rule that fits decides: struck through or not, the colour of fill and font (see `colours`). Without
`of`, the look is that of the cells of the key; `of: any` takes any cell of a mapped column. What conditional
formatting paints is no part of a cell and does not count. Formats whose readers do not tell how a cell looks
(`.xls`, `.xlsb`, `.ods`) leave such a field unread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connectors.excel.cells import Decoder, Value
from connectors.excel.colours import is_like
from connectors.excel.header import Header
from connectors.excel.shape import MADE_UP, Rule
from connectors.excel.sheet import Cell, Row
from connectors.excel.spec import Spec
from connectors.excel.styles import Style

UNTOLD = "this file format does not tell how a cell looks"


class Looks:
    """Which columns each rule looks at, in one list."""

    def __init__(self, header: Header, spec: Spec) -> None:
        real = [n for n in dict.fromkeys(header.columns.values()) if n < MADE_UP]
        keys = [header.columns[name] for name in spec.key if header.columns[name] < MADE_UP]
        self.usual = keys or real[:1]
        self.real, self.header = real, header

    def of(self, rule: Rule) -> Sequence[int]:
        if rule.of is None:
            return self.usual
        return self.real if rule.of == "any" else [self.header.columns[rule.of]]


def told(row: Row, decoder: Decoder, title: Value, looks: Looks, spec: Spec) -> Mapping[int, Cell]:
    """The made-up cells of one row, by their column numbers."""
    shape = spec.shape
    cells = {}
    for name, rules in shape.rules.items():
        cells[shape.column_of(name)] = _by_rules(row, rules, looks, decoder)
    if shape.blocks is not None:
        cells[shape.column_of(shape.blocks.title)] = Cell("py", title, 0, False)
    return cells


def _by_rules(row: Row, rules: Sequence[Rule], looks: Looks, decoder: Decoder) -> Cell:
    return _first(rules, decoder, lambda rule: [_style_at(row, column, decoder) for column in looks.of(rule)])


def look_says(cell: Cell | None, blank: int, rules: Sequence[Rule], decoder: Decoder) -> Cell:
    """What the look of one cell stands for; `blank` is the style of one that is empty."""
    style = decoder.styles.get(cell.style if cell is not None else blank)
    return _first(rules, decoder, lambda _: [style])


def _first(rules: Sequence[Rule], decoder: Decoder, styles: Callable[[Rule], Sequence[Style]]) -> Cell:
    for rule in rules:
        if rule.strike is None and rule.fill is None and rule.font is None:
            return Cell("py", rule.value, 0, False)
        if not decoder.tells_looks:
            return Cell("untold", UNTOLD, 0, False)
        if any(_fits(rule, style) for style in styles(rule)):
            return Cell("py", rule.value, 0, False)
    return Cell("py", None, 0, False)


def _style_at(row: Row, column: int, decoder: Decoder) -> Style:
    cell = row.cells.get(column)
    return decoder.styles.get(cell.style if cell is not None else row.blanks.get(column, 0))


def _fits(rule: Rule, style: Style) -> bool:
    return (
        (rule.strike is None or rule.strike == style.strike)
        and (rule.fill is None or is_like(style.painted, rule.fill))
        and (rule.font is None or is_like(style.ink, rule.font))
    )
