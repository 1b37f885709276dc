"""The folder Sage reads from: import files handed over whole and once, and the memory of what they held.

A file is written and flushed in `.hub/staged`, noted in `.hub/open`, then renamed into the folder: Sage sees
it whole or not at all, and we know of every file it may have seen. A note whose file is still staged was
never handed over; a note whose file is nowhere was taken. Notes that are answered and settled move to
`.hub/done`.

Promises: no name is used twice; nothing here is rewritten but by an atomic replace; a crash at any
instruction leaves a state that the next start reads rightly.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.sage.records import Spellings
from connectors.sage.settings import Settings
from hub.ports import Native

ABANDONED = 3600.0
"""Seconds after which nobody is at work any more on a file that is not in its place."""


@dataclass(frozen=True, slots=True)
class HandedLine:
    """One record of an import file. `was` is what the export held in the columns of `values` at that time.

    `number` is the first of its `count` lines; `names` are what else Sage may call it by (numbers of pieces).
    `whole`: it is a document, made once and never changed.
    """

    ref: str
    id: str
    new: bool
    number: int
    values: Mapping[str, Native]
    was: Mapping[str, Native]
    spelled: Sequence[str] = ()
    count: int = 1
    names: Sequence[str] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What Sage said of some records of a file; of all of them where `ids` is empty."""

    accepted: bool
    reason: str = ""
    ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What is remembered of one import file. `written` is ISO 8601, UTC.

    `settled` are the ids whose answer the hub has stored; `answers` and `answered` are filled in when the
    first is.
    """

    name: str
    object: str
    written: str
    sha256: str
    lines: Sequence[HandedLine]
    settled: Sequence[str] = ()
    answers: Sequence[Answer] | None = None
    answered: str | None = None

    @property
    def written_at(self) -> datetime:
        return datetime.fromisoformat(self.written)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line.id for line in self.lines))

    def dumped(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode("utf-8")

    @classmethod
    def loaded(cls, facts: dict[str, Any]) -> Note:
        facts["lines"] = [HandedLine(**line) for line in facts["lines"]]
        if facts["answers"] is not None:
            facts["answers"] = [Answer(**answer) for answer in facts["answers"]]
        return cls(**facts)


def digest_of(values: Mapping[str, Native]) -> str:
    """The same for the same values, and for no others."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode("utf-8")).hexdigest()


class NotHandedOver(Exception):
    """The file could not be put in the folder, and certainly is not there."""


class DamagedMemory(Exception):
    """What was remembered of earlier files cannot be read: which file, and why."""


@dataclass
class _Kept:
    mtime_ns: int
    note: Note


@dataclass
class Imports:
    """The import folder of one Sage. Methods raise `OSError` where a folder cannot be used."""

    folder: Path
    settings: Settings
    _kept: dict[Path, _Kept] = field(default_factory=dict)

    @property
    def memory(self) -> Path:
        return self.folder / ".hub"

    # -- handing over --------------------------------------------------------------------------------

    def hand_over(
        self, object: str, data: bytes, lines: Sequence[HandedLine], spellings: Spellings, ending: str = ""
    ) -> str:
        """Put a file in the folder; its name. Raises `NotHandedOver`; `OSError` where that is not certain.

        `ending`: that of the name, where it would be ``.csv`` and the file is none.
        """
        try:
            name = self._stage(object, data, ending)
            now = datetime.now(UTC).isoformat(timespec="microseconds")
            note = Note(name, object, now, hashlib.sha256(data).hexdigest(), lines)
            _write_whole(self.memory / "open" / f"{name}.json", note.dumped())
            self._remember(object, spellings)
        except OSError as error:
            raise NotHandedOver(str(error)) from error
        self._release(name)
        return name

    def _release(self, name: str) -> None:
        staged, target = self.memory / "staged" / name, self.folder / name
        try:
            os.replace(staged, target)
            _sync_folder(self.folder)
        except OSError as error:
            if staged.exists() and not target.exists():
                self.discard(name)
                raise NotHandedOver(str(error)) from error
            raise

    def _stage(self, object: str, data: bytes, ending: str) -> str:
        """Write the file under a name never used, where Sage does not look.

        The import folder itself is never made: where it is missing, a share is not connected.
        """
        # What was handed over holds whole records: it is for the hub alone, unlike the import folder itself.
        self.memory.mkdir(0o700, exist_ok=True)
        for place in ("staged", "open", "done"):
            (self.memory / place).mkdir(exist_ok=True)
        number = self._last_number()
        while True:
            number += 1
            now = datetime.now().astimezone()
            name = self.settings.import_name.format(
                object=object,
                date=now.strftime("%Y%m%d"),
                time=now.strftime("%H%M%S"),
                sequence=f"{number:06d}",
            )
            if ending and name.endswith(".csv"):
                name = name.removesuffix(".csv") + ending
            if self._is_used(name):
                continue
            try:
                file = open(self.memory / "staged" / name, "xb")  # noqa: SIM115
            except FileExistsError:
                continue
            try:
                with file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                _write_whole(self.memory / "sequence", str(number).encode())
            except OSError:
                (self.memory / "staged" / name).unlink(missing_ok=True)
                raise
            return name

    def _is_used(self, name: str) -> bool:
        notes = (self.memory / "open" / f"{name}.json", self.memory / "done" / f"{name}.json")
        return (self.folder / name).exists() or any(note.exists() for note in notes)

    def _last_number(self) -> int:
        try:
            return int((self.memory / "sequence").read_text())
        except FileNotFoundError:
            return 0

    def discard(self, name: str) -> None:
        """Forget a file never handed over. The note goes first: without it the file means nothing."""
        (self.memory / "open" / f"{name}.json").unlink(missing_ok=True)
        (self.memory / "staged" / name).unlink(missing_ok=True)

    def is_staged(self, name: str) -> bool:
        """Whether a file was noted and never handed over."""
        return (self.memory / "staged" / name).exists()

    # -- remembering ---------------------------------------------------------------------------------

    def open_notes(self, object: str) -> list[Note]:
        """Files handed over whose answer the hub has not stored yet, oldest first."""
        done = {path.name for path in self._paths("done")}
        notes = [self._note(path) for path in self._paths("open") if path.name not in done]
        return [note for note in notes if note.object == object and not self.is_staged(note.name)]

    def notes(self, object: str) -> list[Note]:
        """Every file that is remembered, staged ones too, oldest first."""
        notes = {path.name: self._note(path) for place in ("open", "done") for path in self._paths(place)}
        return sorted((n for n in notes.values() if n.object == object), key=lambda note: note.written)

    def find(self, object: str, ref: str) -> tuple[Note, HandedLine] | None:
        """The last line handed over, or staged, for a reference of ours."""
        found = None
        for note in self.notes(object):
            for line in note.lines:
                if line.ref == ref:
                    found = (note, line)
        return found

    def settle(
        self, note: Note, ids: Iterable[str], answers: Sequence[Answer] | None, answered: str | None
    ) -> bool:
        """Remember that these records' answers are stored; true once all of the file are.

        `answers` is ``None`` where Sage has not said anything of the file itself.
        """
        settled = tuple(dict.fromkeys([*note.settled, *ids]))
        said = tuple(answers) if answers is not None else None
        note = replace(note, settled=settled, answers=said, answered=answered)
        path = self.memory / "open" / f"{note.name}.json"
        if set(note.ids) - set(settled):
            _write_whole(path, note.dumped())
            return False
        _write_whole(self.memory / "done" / path.name, note.dumped())
        path.unlink(missing_ok=True)
        return True

    def reopen(self, note: Note, id: str) -> None:
        """Hand the answer for one record over again: the hub had stored it, but did not know for what."""
        if id not in note.settled:
            return
        again = replace(note, settled=tuple(known for known in note.settled if known != id))
        name = f"{note.name}.json"
        _write_whole(self.memory / "open" / name, again.dumped())
        (self.memory / "done" / name).unlink(missing_ok=True)

    def prune(self) -> None:
        """Forget what was answered and settled long ago, and what a killed hub left half-made."""
        for path in self._left_over():
            path.unlink(missing_ok=True)
        oldest = datetime.now(UTC) - timedelta(days=self.settings.keep_days)
        for path in self._paths("done"):
            if path.stat().st_mtime < oldest.timestamp():
                self._enter(self._note(path))
                path.unlink(missing_ok=True)
                self._kept.pop(path, None)

    def _left_over(self) -> Iterator[Path]:
        """Drafts that became nothing, and staged files that were never noted: no Sage has seen them."""
        before = time.time() - ABANDONED
        drafts = [*self.memory.glob("**/*.tmp"), *self.folder.glob(".hub-*.tmp")]
        noted = {path.stem for place in ("open", "done") for path in self._paths(place)}
        staged = [path for path in (self.memory / "staged").glob("*") if path.name not in noted]
        yield from (path for path in {*drafts, *staged} if path.stat().st_mtime < before)

    def ledger(self, object: str) -> dict[str, str]:
        """Documents that were handed over, taken, and are not remembered in full any more: id → digest.

        Kept for ever: an invoice must not be handed over a second time however old the hub's database is.
        """
        path = self.memory / "ledger.json"
        found: dict[str, str] = _json(path).get(object, {}) if path.exists() else {}
        return found

    def _enter(self, note: Note) -> None:
        """Keep of a note that is forgotten which documents it held. Before it is: a stop repeats this."""
        refused = {id for answer in note.answers or () if not answer.accepted for id in answer.ids}
        entries = {
            line.id: digest_of(line.values) for line in note.lines if line.whole and line.id not in refused
        }
        if not entries:
            return
        path = self.memory / "ledger.json"
        data = _json(path) if path.exists() else {}
        data.setdefault(note.object, {}).update(entries)
        _write_whole(path, json.dumps(data, ensure_ascii=False, indent=0).encode("utf-8"))

    def spellings(self, object: str) -> dict[str, dict[str, tuple[str, str]]]:
        """What was meant by spellings that a character set forced on us."""
        path = self.memory / "spellings.json"
        if not path.exists():
            if not self.folder.is_dir():
                raise FileNotFoundError(f"the folder {self.folder} is not there")
            return {}
        known = _json(path).get(object, {})
        return {id: {name: (pair[0], pair[1]) for name, pair in names.items()} for id, names in known.items()}

    def _remember(self, object: str, spellings: Spellings) -> None:
        if not spellings:
            return
        path = self.memory / "spellings.json"
        data = _json(path) if path.exists() else {}
        known = data.setdefault(object, {})
        for id, names in spellings.items():
            known.setdefault(id, {}).update(names)
        _write_whole(path, json.dumps(data, ensure_ascii=False, indent=1).encode("utf-8"))

    def _paths(self, place: str) -> Iterator[Path]:
        yield from sorted((self.memory / place).glob("*.json"))

    def _note(self, path: Path) -> Note:
        mtime_ns = path.stat().st_mtime_ns
        kept = self._kept.get(path)
        if kept is None or kept.mtime_ns != mtime_ns:
            kept = self._kept[path] = _Kept(mtime_ns, Note.loaded(_json(path)))
        return kept.note


def _json(path: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError as error:
        raise DamagedMemory(f"{path}: {error}") from error
    return facts


def _write_whole(path: Path, data: bytes) -> None:
    """Replace a file's content at once. Tries again for a second: on Windows a scanner may hold it open."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with open(draft, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    for pause in (0.05, 0.2, 0.75):
        try:
            os.replace(draft, path)
            break
        except PermissionError:
            time.sleep(pause)
    else:
        os.replace(draft, path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable, where the system lets a folder be flushed (Windows does it by itself)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
