"""From forms as they were read to the records of a view, and what is set aside of them. Pure.

A record is known by its form's key: the parts of several joined by ` · `. Two forms of one key are neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.forms.description import Description
from connectors.forms.folder import Form
from connectors.forms.values import written
from hub.ports import Native, Record, Rejected, View
from hub.values import Unreadable

BETWEEN = " · "
LOOK = "open it, and put its values right there or type them in; then take it out of the folder"
SEEN = ("found", "empty")


def id_of(description: Description, values: Mapping[str, Any]) -> str | None:
    """The id of a record with these values; ``None`` where a part of its key is empty or cannot be read."""
    try:
        parts = [written(description.fields[name], values.get(name)) for name in description.key]
    except (Unreadable, ValueError):
        return None
    return BETWEEN.join(parts) if all(parts) else None


def values_of(form: Form) -> dict[str, Native]:
    """Our names to what was read, what could not be read left out."""
    return {
        one["name"]: one["value"] for one in form.found.get("values", ()) if one["verdict"] != "unreadable"
    }


def sort_out(
    forms: Iterable[Form], description: Description, state: str | None, view: View
) -> tuple[dict[str, tuple[Form, Record]], list[Rejected]]:
    """The records by id, each with its form, and what is set aside; another kind's forms are in neither."""
    found: dict[str, list[Form]] = {}
    aside: list[Rejected] = []
    for form in forms:
        if form.wrong is not None:
            fault = form.wrong
            reason = f"{fault.what}: {fault.why}" if fault.why else fault.what
            aside.append(Rejected(form.name, reason, fault.todo))
        elif form.found["another"]:
            continue
        elif form.found["refused"]:
            aside.append(Rejected(form.name, _said(form.found["refused"], form), LOOK))
        else:
            id = id_of(description, values_of(form))
            if id is None:
                aside.append(Rejected(form.name, _said(_no_key(form, description), form), LOOK))
            else:
                found.setdefault(id, []).append(form)
    records = {}
    for id, same in found.items():
        if len(same) == 1:
            records[id] = (same[0], record_of(id, same[0], state, view))
            continue
        names = " and ".join(one.name for one in same)
        reason = f"{' '.join(description.key)} {id} stands in {len(same)} forms: {names}"
        todo = "leave the right one in the folder, or give the others their own number"
        aside += [Rejected(one.name, reason, todo, id) for one in same]
    return records, aside


def record_of(id: str, form: Form, state: str | None, view: View) -> Record:
    """One form as a record of the view."""
    values = values_of(form)
    doubts = _doubts(form)
    told: dict[str, Native] = {
        **values, "file": form.found["sha1"], "file_name": form.name, "state": state,
        "doubts": "\n".join(doubts) or None,
    }  # fmt: skip
    unreadable = {
        one["name"]: f"{one['raw']!r} in {one['source']}: {one['doubt']}"
        if one["raw"]
        else f"{one['source']}: {one['doubt']}"
        for one in form.found["values"]
        if one["verdict"] == "unreadable" and one["name"] in view.names
    }
    held = {name: told.get(name) for name in view.names if name not in unreadable}
    return Record(
        id, held, _version(held, unreadable), datetime.fromtimestamp(form.stamp[1] / 1e9, UTC),
        unreadable=unreadable, where=f"form {form.name}",
    )  # fmt: skip


def _version(values: Mapping[str, Native], unreadable: Mapping[str, str]) -> str:
    told = orjson.dumps([values, unreadable], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(told, digest_size=12).hexdigest()


def _doubts(form: Form) -> list[str]:
    """What a person should know before believing this form."""
    doubts = [f"{one['name']}: {one['doubt']}" for one in form.found["values"] if one["doubt"]]
    return [*doubts, *form.found["notes"]]


def _no_key(form: Form, description: Description) -> str:
    lacking = [one for one in form.found["values"] if one["name"] in description.key and one["value"] is None]
    told = [
        f"{one['name']} ({one['source']}): {one['doubt'] or 'nothing is written there'}" for one in lacking
    ]
    return "; ".join(told) or "it has no number"


def _said(reason: str, form: Form) -> str:
    notes: Sequence[str] = form.found.get("notes", ())
    return "; ".join([reason, *notes])
