"""The picture in the README, made of what `hub demo` really shows: ``python -m scripts.screenshot``.

Runs the demo, keeps its screen from the first line to the end of its second part, and writes docs/demo.svg.
The picture names only fonts that a machine has anyway, and loads nothing from anywhere.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "demo.svg"
COLUMNS = 100
LAST_PART = "3  "
"""How the first line begins that is no longer in the picture."""

BARS = re.compile(r"\x1b\[\?25l.*?\x1b\[\?25h", re.DOTALL)
"""A moving part of the screen: drawn between hiding the cursor and showing it again."""

THEME = TerminalTheme(
    (24, 27, 33),
    (214, 219, 228),
    [(57, 63, 76), (224, 108, 117), (126, 198, 132), (222, 182, 106),
     (97, 167, 233), (198, 132, 222), (92, 188, 198), (171, 178, 191)],
    [(110, 118, 134), (240, 128, 136), (150, 216, 156), (240, 204, 136),
     (128, 190, 248), (216, 158, 238), (120, 210, 220), (240, 243, 248)],
)  # fmt: skip

FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="hub demo">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def shown() -> list[str]:
    """The demo's screen, line by line, with its colours."""
    colours = {
        "FORCE_COLOR": "1",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "COLUMNS": str(COLUMNS),
    }
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    done = subprocess.run(
        [sys.executable, "-m", "hub.cli.main", "demo"],
        cwd=ROOT, env={**env, **colours, "PYTHONIOENCODING": "utf-8"}, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return BARS.sub("", done.stdout.decode("utf-8")).split("\n")


def cropped(lines: list[str]) -> list[Text]:
    """What stands before the last part, without the blank lines around it."""
    texts = [Text.from_ansi(line) for line in lines]
    ends = [number for number, text in enumerate(texts) if text.plain.startswith(LAST_PART)]
    if not ends:
        raise SystemExit(f"no line of the demo begins with {LAST_PART!r}")
    kept = texts[: ends[0]]
    while not kept[-1].plain.strip():
        kept.pop()
    return kept


def picture(lines: list[Text]) -> str:
    """These lines as an SVG."""
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    for line in lines:
        console.print(line, no_wrap=True, crop=True)
    drawn = console.export_svg(
        title="hub demo", theme=THEME, code_format=FORMAT, font_aspect_ratio=0.6, unique_id="demo"
    )
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture(cropped(shown())), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size:,} bytes")
