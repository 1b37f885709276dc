"""What Sage said of an import file: acknowledgements read from their folder, record by record where they say
so.

A refusal's text is read line by line: a line that begins with a code of the file (``C0012;…``), the number of
one of its documents (``pièce FAC001 : …``) or the number of one of its lines (``ligne 12: …``) concerns that
record, any other the file as a whole.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.sage.imports import Answer, Note
from connectors.sage.settings import Settings

_LINE_NUMBER = re.compile(r"(?i)(?:ligne|line)\s*(?:n[°o]\s*)?(\d+)\s*[:;,\t\-–]\s*(.+)")
_CALLED = re.compile(r"(?i)^\s*(?:(?:pi[eè]ce|facture|document|piece|invoice)\s+)?(?:n[°o]\s*)?")
_SEPARATOR = re.compile(r"[;:,\t|\-–]")


@dataclass(frozen=True, slots=True)
class Heard:
    """The answers for one file, when they were given, and the files that said it."""

    answers: Sequence[Answer]
    at: datetime | None
    files: Sequence[Path] = ()


def hear(note: Note, settings: Settings) -> Heard | None:
    """What is known of a file handed over; ``None`` as long as Sage has not said. Raises `OSError`."""
    if settings.ack_by == "removal":
        assert settings.imports is not None
        return None if (settings.imports / note.name).exists() else Heard(_taken(note), None)
    assert settings.acks is not None
    accepted, refused = _files(settings, note.name)
    said = [path for path in (*accepted, *refused) if path.exists()]
    if not said or any(_is_young(path, settings) for path in said):
        return None
    at = datetime.fromtimestamp(max(path.stat().st_mtime for path in said), UTC)
    reasons = [path for path in refused if path.exists()]
    if not reasons:
        return Heard(_taken(note), at, said)
    text = "\n".join(_text(path) for path in reasons if path.name != note.name)
    return Heard(refusal(note, text, settings), at, said)


def refusal(note: Note, text: str, settings: Settings) -> list[Answer]:
    """The answers that the text of a refusal gives. Pure."""
    ids = {name.upper(): line.id for line in note.lines for name in line.names}
    ids |= {id.upper(): id for id in note.ids}
    by_id: dict[str, list[str]] = {}
    general: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        id, reason = _attributed(note, ids, line)
        (by_id.setdefault(id, []) if id else general).append(reason)
    said = " / ".join(general)
    if not by_id or settings.rejects == "file":
        reasons = [f"{id}: {'; '.join(lines)}" for id, lines in by_id.items()]
        return [Answer(False, " / ".join([*general, *reasons]) or "Sage gave no reason", note.ids)]
    answers = [Answer(False, "; ".join(lines) or "Sage gave no reason", (id,)) for id, lines in by_id.items()]
    taken = tuple(id for id in note.ids if id not in by_id)
    return [*_taken(note, taken, said), *answers]


def put_away(heard: Heard, settings: Settings) -> None:
    """Move acknowledgements that are settled to the sub-folder `archive`. Raises `OSError`."""
    if settings.acks is None:
        return
    archive = settings.acks / "archive"
    archive.mkdir(exist_ok=True)
    for path in heard.files:
        if path.exists():
            os.replace(path, archive / path.name)


def _taken(note: Note, ids: Sequence[str] | None = None, said: str = "") -> list[Answer]:
    """These records (all of the file) were taken; what of each is written otherwise than it was meant."""
    wanted = note.ids if ids is None else ids
    told = {line.id: f"{line.id}: {', '.join(line.spelled)}" for line in note.lines if line.spelled}
    plain = tuple(id for id in wanted if id not in told)
    spelled = [Answer(True, "; ".join(filter(None, (told[id], said))), (id,)) for id in wanted if id in told]
    return [*([Answer(True, said, plain)] if plain else []), *spelled]


def _files(settings: Settings, name: str) -> tuple[list[Path], list[Path]]:
    """Where an acceptance and a refusal of a file would stand."""
    assert settings.acks is not None
    stem = name.rpartition(".")[0] or name
    if settings.ack_by == "folder":
        ok, bad = settings.acks / settings.ack_ok.strip("./"), settings.acks / settings.ack_error.strip("./")
        return [ok / name], [
            bad / name,
            *(bad / f"{base}{end}" for base in (name, stem) for end in (".txt", ".log")),
        ]
    return (
        [settings.acks / f"{base}{settings.ack_ok}" for base in (name, stem)],
        [settings.acks / f"{base}{settings.ack_error}" for base in (name, stem)],
    )


def _is_young(path: Path, settings: Settings) -> bool:
    """Whether an acknowledgement may still be being written."""
    return time.time() - path.stat().st_mtime < settings.stable_seconds


def _text(path: Path) -> str:
    """The words of Sage. A byte that is no character is shown as such: a reason is for people."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _attributed(note: Note, ids: Mapping[str, str], line: str) -> tuple[str | None, str]:
    """The record that a line of a refusal is about, and what it says of it."""
    for found in _SEPARATOR.finditer(line):
        id = ids.get(_CALLED.sub("", line[: found.start()]).strip().upper())
        if id is not None:
            return id, line[found.end() :].strip()
    numbered = _LINE_NUMBER.fullmatch(line)
    if numbered:
        for handed in note.lines:
            if handed.number <= int(numbered[1]) < handed.number + handed.count:
                return handed.id, numbered[2]
    return None, line
