"""One batch of writes: each a form made, or made anew, where the form still is what the hub last saw.

What is filled is read back before it gets its name. A crash leaves a whole form or none; a form made before a
crash is known by its key and its values, and not made again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.forms import placing
from connectors.forms.folder import Form
from connectors.forms.reader import Kind
from connectors.forms.records import BETWEEN, record_of
from hub.filing import files
from hub.filing.faults import Fault
from hub.ports import Done, Missing, Moved, Native, Outcome, Record, Refused, Rejected, View, Write

if TYPE_CHECKING:
    from connectors.forms.connector import FormsConnector

_PASSING = ("busy", "denied", "unreachable")


class Writing:
    """The forms of one kind as they are now, and what becomes of them write by write."""

    def __init__(
        self,
        connector: FormsConnector,
        kind: Kind,
        view: View,
        records: Mapping[str, tuple[Form, Record]],
        aside: Sequence[Rejected],
    ) -> None:
        self._connector, self._kind, self._view = connector, kind, view
        self._records = dict(records)
        self._twice = {one.id: one.reason for one in aside if one.id is not None}

    def outcome(self, write: Write) -> Outcome:
        """Apply one write. What concerns the folder as a whole costs the record alone, and passes."""
        id = write.id if write.id is not None else self._new_id(write)
        if id in self._twice:
            return Refused(self._twice[id], None, "leave the right one in the folder")
        try:
            if write.id is not None:
                return self._change(write.id, write)
            return self._create(id, write)
        except Fault as fault:
            reason = f"{fault.what}: {fault.why}" if fault.why else fault.what
            return Refused(reason, None, fault.todo, passing=fault.kind in _PASSING)

    def _new_id(self, write: Write) -> str | None:
        return write.new_id or self._connector.key_of(self._view, write.values) or None

    # -- a new form ----------------------------------------------------------------------------------

    def _create(self, id: str | None, write: Write) -> Outcome:
        description = self._kind.description
        if id is None:
            key = ", ".join(description.key)
            return Refused(
                f"a form needs its {key}", description.key[0], "fill it in where the record comes from"
            )
        values = self._filled_in(write.values)
        if len(description.key) == 1:
            values.setdefault(description.key[0], id)
        if id in self._records:
            return self._there_already(id, values, write)
        names = dict(zip(description.key, self._parts(id), strict=True))
        name = description.name_of({key: placing.safe(part) for key, part in names.items()})
        if not placing.name_is_possible(name):
            return Refused(
                f"no file can be called «{name}»", description.key[0], "give the record another number"
            )
        path = self._connector.settings.folder / name
        with files.staging(path) as staged:
            made = self._connector.reader.fill(self._kind, values, staged, name)
            if made.get("refused"):
                return self._refused(made)
            if not placing.place(staged, path):
                what = f"there is a file called «{name}» already, and it is not this record's form"
                return Refused(what, None, "move it away, or rename it; then let the hub try again")
        return Done(self._now(id, path, made))

    def _parts(self, id: str) -> list[str]:
        return id.split(BETWEEN) if len(self._kind.description.key) > 1 else [id]

    def _there_already(self, id: str, values: Mapping[str, Native], write: Write) -> Outcome:
        """A form of this key is there: ours from before a crash, if it says what we would have written."""
        record = self._records[id][1]
        readable = {name: value for name, value in values.items() if name in record.values}
        if write.again and all(
            _bare(record.values[name]) == _bare(value) for name, value in readable.items()
        ):
            return Done(record)
        return Moved(record)

    # -- a form that is there ------------------------------------------------------------------------

    def _change(self, id: str, write: Write) -> Outcome:
        if id not in self._records:
            return Missing()
        form, record = self._records[id]
        if any(_bare(record.values.get(name)) != _bare(value) for name, value in write.expected.items()):
            return Moved(record)
        values = self._filled_in(write.values)
        if all(
            name in record.values and _bare(record.values[name]) == _bare(values[name]) for name in values
        ):
            return Done(record)
        moving = [
            name
            for name in self._kind.description.key
            if name in values and _bare(values[name]) != _bare(record.values.get(name))
        ]
        if moving and all(name in record.values for name in moving):
            what = f"{moving[0]} is what this form is known by, and is not changed"
            return Refused(what, moving[0], "move the form away and let a new one be made")
        path = self._connector.settings.folder / form.name
        files.look(path)
        files.require_writable(path)
        with files.snapshot(path, 0) as taken, files.staging(path) as staged:
            if (taken.stamp.size, taken.stamp.mtime_ns, taken.stamp.inode) != form.stamp:
                raise files.ChangedMeanwhile(path)
            made = self._connector.reader.fill(self._kind, values, staged, form.name, over=taken.copy)
            if made.get("refused"):
                return self._refused(made)
            if made["sha256"] != taken.sha256:
                backups = self._connector.settings.backups
                files.back_up(path, taken, self._connector.backups, backups.keep)
                unsure = files.replace_surely(path, staged, taken, 0)
                if unsure is not None:
                    return unsure
        return Done(self._now(id, path, made))

    # -- both ----------------------------------------------------------------------------------------

    def _filled_in(self, values: Mapping[str, Native]) -> dict[str, Any]:
        """The values that stand in the form; what every form has by itself is not written."""
        return {name: value for name, value in values.items() if name in self._kind.description.fields}

    def _refused(self, made: Mapping[str, Any]) -> Refused:
        name, why, todo = made["refused"]
        return Refused(f"{name} {why}" if name else str(why), name, todo)

    def _now(self, id: str, path: Path, made: Mapping[str, Any]) -> Record:
        """The record as the form says it now."""
        self._connector.folder.forget(path.name)
        seen = path.stat()
        form = Form(path.name, (seen.st_size, seen.st_mtime_ns, seen.st_ino), made)
        record = record_of(id, form, self._connector.state, self._view)
        self._records[id] = (form, record)
        return record


def _bare(value: Native) -> Any:
    """A value as it is compared: nothing, and an empty text, are one; blanks and order do not count."""
    if isinstance(value, str):
        return " ".join(value.split()) or None
    return sorted(map(str, value)) or None if isinstance(value, list) else value
