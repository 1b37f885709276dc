"""The README is true: its commands are run on a small company, in order, and show what it says they show."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sandbox.odoo import serve
from tests.house.company import Company
from tests.house.source import ROOT

README = (ROOT / "README.md").read_text("utf-8")
PICTURE = ROOT / "docs" / "demo.svg"
LARGEST = 300_000
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?|\b\d\d:\d\d:\d\d\b")
NOT_SHOWN = "…"


def commands() -> Iterator[tuple[str, str]]:
    """Every `hub` command of the README's console blocks, and what is to be seen after it."""
    for block in re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        for entry in re.split(r"^\$ ", block.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
            line, _, shown = entry.partition("\n")
            if line.startswith("hub "):
                yield " ".join(line.split()), shown


def plain(text: str) -> str:
    """Text as it is compared: every blank alike, every rule of a table alike, no clock."""
    return " ".join(re.sub("─+", "─", TIME.sub("TIME", text)).split())


def pattern(shown: str) -> re.Pattern[str]:
    """What `shown` matches; an ellipsis in it stands for anything."""
    return re.compile(".*".join(re.escape(part.strip()) for part in plain(shown).split(NOT_SHOWN)), re.DOTALL)


def test_the_steps_of_the_readme_show_what_it_says() -> None:
    steps = list(commands())
    assert [line.split()[1] for line, _ in steps] == ["init", "check", "plan", "sync", "conflicts", "run"]
    # A short path: tables break a long one where the README does not.
    with serve(version=19) as odoo, TemporaryDirectory(prefix="hub-") as home:
        company = Company(Path(home), odoo)
        for line, shown in steps:
            said = company.run(line)
            found = plain(said)
            assert pattern(shown).search(found), f"`{line}` shows\n\n{said}\n\nand the README\n\n{shown}"


def test_an_ellipsis_hides_and_nothing_else_does() -> None:
    assert pattern("a\n…\nz").search(plain("a  b\n c z"))
    assert pattern("since 2026-11-21 19:04:18").search(plain("since 2027-01-01 08:00:00"))
    assert not pattern("a\nz").search(plain("a\nb\nz"))
    assert not pattern("7 records").search(plain("8 records"))


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"(?:`|^ {4})make ([a-z][a-z0-9-]*)", README, re.MULTILINE)))
)
def test_every_make_target_of_the_readme_is_there(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_picture_is_a_screen_of_the_demo_and_loads_nothing() -> None:
    assert "(docs/demo.svg)" in README
    picture = PICTURE.read_text("utf-8")
    assert len(picture.encode()) < LARGEST
    addresses = set(re.findall(r"https?://[^/\"<&)]+", picture))
    assert all(address == "http://www.w3.org" or "127.0.0.1" in address for address in addresses)
    assert "@import" not in picture
    assert "url(http" not in picture
    words = re.sub(r"&#160;", " ", " ".join(re.findall(r">([^<>]+)</text>", picture)))
    for word in ("They meet for the first time", "propagated", "merged", "conflict 1"):
        assert word in words
