"""Every document: its links lead somewhere, and every command and flag it names is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from hub.cli.main import app
from tests.house.source import ROOT, tracked

DOCUMENTS = sorted(path for path in tracked() if path.suffix == ".md")
PROGRAM: Any = typer.main.get_command(app)
PLACEHOLDERS = re.compile(r"[A-Z…(]|\.\.\.")


def named(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(document: Path) -> set[str]:
    """The names of a document's headings, as code hosts make them."""
    prose = re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def command_lines(text: str) -> Iterator[str]:
    """Everything in a document's code that begins with ``hub``."""
    text = text.replace("\\\n", " ")
    blocks = re.findall(r"^```(?:console|sh)?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    lines += re.findall(r"^(?: {4}|\t)(.+)$", text, re.MULTILINE)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    for line in [*lines, *spans]:
        if found := re.match(r"(?:\$ )?(?:\S*/)?hub(?:\.exe)? (.+)", line):
            yield found.group(1).partition(" #")[0].partition(" &&")[0]


def below(command: Any) -> dict[str, Any]:
    """The commands of a group, by name; of a single command, none."""
    return getattr(command, "commands", {})


def wrong(line: str) -> str:
    """What a command line names that the program does not know; empty where it knows it all."""
    command = PROGRAM
    flags: set[str] = set()
    for word in shlex.split(line, posix=False):
        flags |= {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)}
        if word.startswith("-"):
            if word.partition("=")[0] not in flags | {"--help", "-h"}:
                return f"{word} is no flag of `hub {line}`"
        elif below(command) and not PLACEHOLDERS.search(word):
            choices = word.split("|")
            if missing := [one for one in choices if one not in below(command)]:
                return f"{', '.join(missing)} is no command in `hub {line}`"
            command = below(command)[choices[0]]
    return ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(document.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        path = (document.parent / place).resolve() if place else document
        if path not in tracked() and not path.is_dir():
            broken.append(f"{target}: there is no such file under version control")
        elif anchor and anchor not in anchors(path):
            broken.append(f"{target}: there is no such heading")
    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_command_and_flag_a_document_names_is_there(document: Path) -> None:
    assert not [found for line in command_lines(document.read_text("utf-8")) if (found := wrong(line))]


def test_a_wrong_command_would_be_found() -> None:
    text = "`hub conflicts lost`, `hub plan --limitt 3`,\n\n    $ hub conflict\n\n`hub conflicts list|show`\n"
    assert [bool(wrong(line)) for line in command_lines(text)] == [True, True, True, False]
    assert not wrong("--json status")
    assert not wrong("conflicts resolve ID --take SYSTEM")


def test_every_command_is_in_the_documents() -> None:
    said = " ".join(line for document in DOCUMENTS for line in command_lines(document.read_text("utf-8")))
    for name, command in below(PROGRAM).items():
        assert re.search(rf"\b{name}\b", said)
        for part in below(command):
            assert re.search(rf"\b{name} (?:\S+\|)?{part}\b", said), f"hub {name} {part} is in no document"
