"""The process that opens PDFs: `python -m connectors.forms.worker`, asked by `reader`, file by file.

Holds itself to a memory limit where the system knows one. Whatever goes wrong in here, the hub only sees a
fault, or a worker that died.
"""

from __future__ import annotations

import gc
import hashlib
import json
import traceback
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from connectors.forms.acroform import FormField, fields_of
from connectors.forms.blank import Blank, blank_at, unfit
from connectors.forms.description import Description
from connectors.forms.filling import filled
from connectors.forms.intake import Bounds, open_pdf
from connectors.forms.reading import Reading, place_text, read_form
from connectors.forms.spelling import Unfilled
from hub.apart import limit_memory, requests, send
from hub.filing.faults import Fault

CLEANED = 50
"""Files after which what they left in memory is looked through for rings."""


def main() -> None:
    """Answer until the hub has no more questions."""
    gc.disable()
    limited = False
    for number, request in enumerate(requests(), 1):
        if not limited:
            limit_memory(request["memory"])
            limited = True
        _answer(request)
        if number % CLEANED == 0:
            gc.collect()


def _answer(request: Mapping[str, Any]) -> None:
    shown = request["shown"]
    try:
        send("end", _TASKS[request["task"]](request))
    except Fault as fault:
        send("fault", [fault.kind, fault.what, fault.why, fault.todo])
    except MemoryError:
        todo = "raise limits.memory_mib if it is sound"
        send("fault", ["damaged", f"{shown} needs more memory than it may take", "", todo])
    except Exception as error:  # noqa: BLE001 - a stranger's file may bring up anything; the hub gets it as a fault
        traceback.print_exc()
        why = f"{type(error).__name__}: {error}"
        todo = "open it in a PDF reader and save it again"
        send("fault", ["damaged", f"{shown} cannot be read", why, todo])


def read(request: Mapping[str, Any]) -> dict[str, Any]:
    """One form by one description: its values, and the hashes of its bytes."""
    bounds, description, blank = _asked(request)
    content = _content(Path(request["path"]), request["shown"], bounds)
    opened = open_pdf(content, request["shown"], bounds)
    found = read_form(opened, description, blank, bounds)
    return _reading(found, content, opened.signed)


def fill(request: Mapping[str, Any]) -> dict[str, Any]:
    """Fill the blank, or a form that was filled before, into `target`, and read it back.

    Answers `refused` ([our field, why, what to do]) where a value cannot stand in the form.
    """
    bounds, description, blank = _asked(request)
    values, base, before = dict(request["values"]), blank.opened, None
    if request["over"] is not None:
        content = _content(Path(request["over"]), request["shown"], bounds)
        opened = open_pdf(content, request["shown"], bounds)
        if opened.signed:
            todo = "have a new form made: move this one away, or withdraw the change"
            return {
                "refused": [None, f"{request['shown']} is signed electronically, and never changed", todo]
            }
        before = read_form(opened, description, blank, bounds)
        if before.form == "fields":
            base = opened
        else:
            values = {**before.natives, **values}
    try:
        content = filled(base, description, values, bounds)
    except Unfilled as wrong:
        return {"refused": [wrong.name, wrong.why, wrong.todo]}
    opened = open_pdf(content, request["shown"], bounds)
    found = read_form(opened, description, blank, bounds)
    if wrong_one := _differs(found, values):
        return {"refused": wrong_one}
    Path(request["target"]).write_bytes(content)
    return _reading(found, content, opened.signed)


def _differs(found: Reading, values: Mapping[str, Any]) -> list[Any] | None:
    """Why a form that was just filled would not read as it was meant, if so."""
    if found.refused or found.another:
        return [None, f"the filled form could not be read back: {found.refused or 'not recognised'}", ""]
    read_back = {one.name: one for one in found.values}
    for name, value in values.items():
        one = read_back[name]
        if one.verdict == "unreadable" or _bare(one.value) != _bare(value):
            why = one.doubt or f"it would read as {one.value!r}"
            return [
                name,
                f"{value!r} cannot be filled in: {why}",
                "correct it, or clear the blank's own value",
            ]
    return None


def _bare(value: Any) -> Any:
    """A value as it is compared: nothing, an unticked box and an empty text are one."""
    if isinstance(value, str):
        return " ".join(value.split()) or None
    if isinstance(value, list):
        return sorted(value) or None
    return value or None


def look(request: Mapping[str, Any]) -> dict[str, Any]:
    """Every field there is, for those who write a description."""
    bounds = Bounds(**request["bounds"])
    content = _content(Path(request["path"]), request["shown"], bounds)
    opened = open_pdf(content, request["shown"], bounds)
    fields = fields_of(opened, bounds)
    return {"fields": [_field(one) for one in fields.values()], "notes": opened.notes, "xfa": opened.xfa,
            "sha256": hashlib.sha256(content).hexdigest()}  # fmt: skip


def check(request: Mapping[str, Any]) -> dict[str, Any]:
    """What the description says that the blank does not have."""
    _, description, blank = _asked(request)
    printed = {name: one.value for name, one in blank.fields.items() if one.value}
    used = {native: name for name, one in description.fields.items() for native in one.names}
    return {
        "unfit": unfit(description, blank),
        "printed": {used[name]: value for name, value in printed.items() if name in used},
        "letters": sum(len(sheet.letters) for sheet in blank.sheets),
    }


def _reading(found: Reading, content: bytes, signed: bool) -> dict[str, Any]:
    return {
        **found.as_json(),
        "sha1": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "signed": signed,
    }


def _field(one: FormField) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: getattr(one, name)
        for name in ("name", "kind", "value", "tooltip", "max_length", "comb", "multiline", "read_only")
    }
    return {
        **told,
        "states": list(one.states),
        "options": [list(pair) for pair in one.options],
        "page": one.page + 1,
        "rect": [round(side, 1) for side in one.rect],
        "place": place_text(one),
        "widgets": len(one.widgets),
    }


def _asked(request: Mapping[str, Any]) -> tuple[Bounds, Description, Blank]:
    bounds = Bounds(**request["bounds"])
    description = _description(json.dumps(request["description"]))
    return bounds, description, blank_at(Path(request["blank"]), description, bounds)


@lru_cache(maxsize=16)
def _description(text: str) -> Description:
    return Description.model_validate_json(text)


def _content(path: Path, shown: str, bounds: Bounds) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(bounds.file_bytes + 1)
    except PermissionError as error:
        raise Fault("busy", f"{shown} is held by another program", str(error), "close it") from error
    except OSError as error:
        raise Fault(
            "unreachable", f"{shown} cannot be opened", str(error), "check that it is there"
        ) from error


_TASKS = {task.__name__: task for task in (read, fill, look, check)}

if __name__ == "__main__":
    main()
