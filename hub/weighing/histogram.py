"""The picture of how sure a look is of its pairs, as SVG: a bar for each twentieth, both bounds drawn.

Heights are logarithmic: a few pairs in the middle matter more than thousands at the ends. Pure.
"""

from __future__ import annotations

from math import log10

from hub.weighing import words
from hub.weighing.findings import BARS, Findings

WIDTH, HEIGHT = 760, 250
LEFT, RIGHT, TOP, BOTTOM = 50, 20, 44, 46
LINKED, ASKED, APART = "#2f8f57", "#d99a1c", "#b9c2cd"


def drawn(found: Findings) -> str:
    """The histogram of these findings."""
    most = max([*found.histogram, 1])
    tall = log10(most + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="How many pairs are how sure" '
        'font-family="system-ui, Arial, sans-serif" font-size="12">'
    ]
    parts += [_bar(place, count, tall, found) for place, count in enumerate(found.histogram)]
    parts += _axes(most, tall)
    parts += _bound(found.automatic, "linked from here", LINKED, 14, found.automatic < 1.0)
    parts += _bound(found.lower, "asked from here", ASKED, 30, found.lower < found.automatic)
    return "".join(parts) + "</svg>"


def _x(probability: float) -> float:
    return LEFT + probability * (WIDTH - LEFT - RIGHT)


def _y(count: float, tall: float) -> float:
    return HEIGHT - BOTTOM - (log10(count + 1) / tall) * (HEIGHT - TOP - BOTTOM)


def _bar(place: int, count: int, tall: float, found: Findings) -> str:
    """One bar; in the colour of what is done with the surest of its pairs."""
    if not count:
        return ""
    start, end = place / BARS, (place + 1) / BARS
    colour = LINKED if end > found.automatic else ASKED if end > found.lower else APART
    left, right, top = _x(start) + 1, _x(end) - 1, _y(count, tall)
    middle = (left + right) / 2
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{HEIGHT - BOTTOM - top:.1f}" fill="{colour}"><title>{count:,}</title></rect>'
        f'<text x="{middle:.1f}" y="{top - 3:.1f}" text-anchor="middle" font-size="10" '
        f'fill="#5b6675">{_short(count)}</text>'
    )


def _short(count: int) -> str:
    return f"{count / 1000:.0f}k" if count >= 10_000 else str(count)


def _axes(most: int, tall: float) -> list[str]:
    base = HEIGHT - BOTTOM
    parts = [
        f'<line x1="{LEFT}" y1="{base}" x2="{WIDTH - RIGHT}" y2="{base}" stroke="#1c2430"/>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle" fill="#5b6675">'
        "how sure it is that the two are one</text>",
    ]
    for tenth in range(0, 11, 2):
        x = _x(tenth / 10)
        parts.append(f'<line x1="{x:.1f}" y1="{base}" x2="{x:.1f}" y2="{base + 4}" stroke="#1c2430"/>')
        parts.append(f'<text x="{x:.1f}" y="{base + 17}" text-anchor="middle">{tenth * 10} %</text>')
    step = 1
    while step <= most:
        y = _y(step, tall)
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#5b6675">{step:,}</text>')
        parts.append(
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#1c2430" '
            'stroke-opacity="0.08"/>'
        )
        step *= 10
    return parts


def _bound(probability: float, label: str, colour: str, y: int, there: bool) -> list[str]:
    if not there:
        return []
    x = _x(probability)
    anchor, shift = ("end", -5) if probability > 0.5 else ("start", 5)
    return [
        f'<line x1="{x:.1f}" y1="{y - 9}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" stroke="{colour}" '
        'stroke-width="2" stroke-dasharray="5 3"/>',
        f'<text x="{x + shift:.1f}" y="{y}" text-anchor="{anchor}" fill="#1c2430">{label}: '
        f"{words.percent(probability).replace('>', '&gt;').replace('<', '&lt;')}</text>",
    ]
