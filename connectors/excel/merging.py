"""Two rows of a workbook that are one: a workbook cannot merge, so the double is marked, put away, or left.

The entity's block for the system says which: ``merge: leave`` (what it is unless said) touches nothing.
``merge: mark`` with ``merge_mark: Doublon`` writes « doublon de C00042 » into that column of the double's
row. ``merge: archive`` with ``merge_archive: {Statut: fermé}`` writes that value there, where the company
says so of a row that is closed. The column may be mapped or not.

Nothing else of the sheet is touched, and the way into the file is that of every write: its owner file is
heeded, it is backed up, and it is replaced only if nobody saved it meanwhile. What people typed into the
column is never overwritten; a mark of the hub's is. Asked again, a row that says so already is done.

Taken back, the cell holds what it held before, unless somebody changed it since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.ports import (
    Connector,
    Done,
    Fate,
    Merged,
    Misconfigured,
    Missing,
    Native,
    NativeField,
    Outcome,
    Record,
    Refused,
    Split,
    Unknown,
    View,
    Write,
)

MARK = "doublon de "
POLICIES = ("leave", "mark", "archive")


@dataclass(frozen=True, slots=True)
class Saying:
    """How a row is said to be a double: this text in this column. `view` shows the column, too."""

    heading: str
    text: str
    fate: Fate
    view: View

    def says(self, value: Native) -> bool:
        """Whether a cell holds nothing of anybody's: it is empty, or the hub's own mark."""
        return value in (None, "") or (self.fate == "marked" and str(value).startswith(MARK))


def noted(book: Connector, view: View, keep: str, lose: Sequence[str]) -> Mapping[str, Any]:
    """See `hub.ports.Merges.noted`; a row that says already what it would be made to say is left out."""
    saying = _saying(book.name, view, keep)
    if not isinstance(saying, Saying):
        return {}
    try:
        rows = book.read(saying.view, _others(keep, lose))
    except Misconfigured:
        return {}
    return {
        row.id: {"column": saying.heading, "before": row.values.get(saying.heading), "said": saying.text}
        for row in rows
        if row.values.get(saying.heading) != saying.text
    }


def merge(
    book: Connector, view: View, keep: str, lose: Sequence[str]
) -> Merged | Refused | Unknown | Missing:
    """See `hub.ports.Merges.merge`."""
    there = {row.id for row in book.read(view, [keep, *_others(keep, lose)])}
    if keep not in there:
        return Missing()
    saying = _saying(book.name, view, keep)
    if isinstance(saying, Refused):
        return saying
    lost: dict[str, Fate] = {id: "left" if id in there else "gone" for id in _others(keep, lose)}
    unable: list[str] = []
    undo: Mapping[str, Any] = {}
    if saying is not None:
        losers = [id for id in lost if id in there]
        undo = noted(book, view, keep, losers)
        answers = _say(book, saying, losers)
        if isinstance(answers, Refused):
            return answers
        for id, answer in answers.items():
            if isinstance(answer, Unknown):
                return answer
            if isinstance(answer, Done):
                lost[id] = saying.fate
            elif isinstance(answer, Missing):
                lost[id] = "gone"
            elif isinstance(answer, Refused):
                unable.append(f"{id}: {answer.reason}" + (f" ({answer.todo})" if answer.todo else ""))
        refused = [answer for answer in answers.values() if isinstance(answer, Refused)]
        if refused and len(refused) == len(answers):
            return refused[0]
    for row in book.read(view, [keep]):
        return Merged(row, lost, tuple(unable), undo)
    return Missing()


def split(
    book: Connector, view: View, keep: str, undo: Mapping[str, Any]
) -> Split | Refused | Unknown | Missing:
    """See `hub.ports.Merges.split`."""
    unable: list[str] = []
    for heading in sorted({str(note["column"]) for note in undo.values()}):
        wide = _showing(view, heading)
        notes = {id: note for id, note in undo.items() if note["column"] == heading}
        rows = {row.id: row for row in book.read(wide, list(notes))}
        unable += [f"{id} is gone from the sheet" for id in notes if id not in rows]
        back = []
        for id, row in rows.items():
            now = row.values.get(heading)
            if now == notes[id]["said"] and now != notes[id]["before"]:
                back.append(Write("", id, {heading: notes[id]["before"]}, expected={heading: now}))
            elif now != notes[id]["before"]:
                unable.append(f"{id}: '{heading}' says «{now}», which somebody wrote since; it is left")
        for write, answer in zip(back, book.write(wide, back), strict=True):
            if isinstance(answer, Unknown):
                return answer
            if isinstance(answer, Refused):
                unable.append(f"{write.id}: '{heading}' still says so: {answer.reason}")
            elif not isinstance(answer, Done):
                unable.append(f"{write.id}: '{heading}' was changed just now; it is left")
    seen = {row.id: row for row in book.read(view, [keep, *undo])}
    if keep not in seen:
        return Missing()
    return Split(seen[keep], {id: seen[id] for id in undo if id in seen}, tuple(unable))


def _others(keep: str, lose: Sequence[str]) -> list[str]:
    return [id for id in dict.fromkeys(lose) if id != keep]


def _saying(system: str, view: View, keep: str) -> Saying | Refused | None:
    """What the mapping wants said of a double; ``None`` where it is left, `Refused` where it does not say."""
    policy = view.options.get("merge", "leave")
    if policy == "leave":
        return None
    if policy not in POLICIES:
        what = f"`merge: {policy}` of sheet '{view.object}' is nothing a workbook can do"
        raise Misconfigured(system, what, todo=f"write one of {', '.join(POLICIES)}")
    if policy == "mark":
        heading = view.options.get("merge_mark")
        if isinstance(heading, str) and heading:
            return Saying(heading, f"{MARK}{keep}", "marked", _showing(view, heading))
        todo = 'add a column such as « Doublon » to the sheet, and `merge_mark: "Doublon"` to the mapping'
        return Refused("the mapping says `merge: mark`, and not in which column", None, todo)
    said = view.options.get("merge_archive")
    if isinstance(said, Mapping) and len(said) == 1:
        heading, text = next((str(name), str(value)) for name, value in said.items())
        return Saying(heading, text, "archived", _showing(view, heading))
    todo = "add `merge_archive: {Statut: fermé}`, the column and what it says of a row that is closed"
    return Refused("the mapping says `merge: archive`, and not how a row says that it is closed", None, todo)


def _showing(view: View, heading: str) -> View:
    """The view with this column, too."""
    if heading in view.names:
        return view
    return replace(view, fields=(*view.fields, NativeField(heading, "text")))


def _say(book: Connector, saying: Saying, losers: Sequence[str]) -> dict[str, Outcome] | Refused:
    """Write it into the rows of these; what came of each."""
    try:
        rows = {row.id: row for row in book.read(saying.view, losers)}
    except Misconfigured as error:
        # The view without this column was just read: it is the column that is missing.
        reason = f"the sheet has no column '{saying.heading}': {error.what}"
        return Refused(reason, saying.heading, f"add a column '{saying.heading}' to the sheet")
    answers: dict[str, Outcome] = {}
    writes = []
    for id in losers:
        row = rows.get(id)
        answer = _settled(saying, row)
        if answer is not None:
            answers[id] = answer
        elif row is not None:
            expected = {saying.heading: row.values[saying.heading]}
            writes.append(Write("", id, {saying.heading: saying.text}, expected=expected))
    for write, answer in zip(writes, book.write(saying.view, writes), strict=True):
        answers[str(write.id)] = _as_refusal(saying, answer)
    return answers


def _settled(saying: Saying, row: Record | None) -> Outcome | None:
    """What is to say of a row without writing it."""
    if row is None:
        return Missing()
    if saying.heading in row.unreadable:
        return Refused(row.unreadable[saying.heading], saying.heading, "mend the row, then ask again")
    now = row.values[saying.heading]
    if now == saying.text:
        return Done(row)
    if saying.fate == "marked" and not saying.says(now):
        reason = f"'{saying.heading}' says «{now}» already ({row.where})"
        return Refused(reason, saying.heading, "clear that cell, or mark the row by hand")
    return None


def _as_refusal(saying: Saying, answer: Outcome) -> Outcome:
    """A row that somebody wrote into just now is left to be asked for again."""
    if isinstance(answer, Done | Missing | Refused | Unknown):
        return answer
    reason = f"somebody wrote into '{saying.heading}' just now"
    return Refused(reason, saying.heading, "ask again", passing=True)
