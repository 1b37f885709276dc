"""What `hub check` says of a folder of forms: the folder, the blanks, and what descriptions and mappings
name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from connectors.forms.description import OF_THE_FORM
from connectors.forms.letters import FEWEST
from hub.filing.faults import Fault
from hub.ports import Finding, View

if TYPE_CHECKING:
    from connectors.forms.connector import FormsConnector


def findings(connector: FormsConnector, views: Sequence[View]) -> list[Finding]:
    """Every finding on these views. Raises nothing: what cannot be looked at is a finding too."""
    try:
        stamps = connector.folder.stamps()
    except Fault as fault:
        return [_of(fault)]
    path = connector.settings.folder
    found = [Finding("ok", str(path), f"{len(stamps)} PDF files")]
    if connector.traits.writable and not os.access(path, os.W_OK):
        todo = "give the hub's user the right to write there"
        found.append(Finding("error", str(path), "nothing can be written in this folder", todo))
    for view in views:
        try:
            found += _of_view(connector, view)
        except Fault as fault:
            found.append(_of(fault, view.entity))
    return found


def _of_view(connector: FormsConnector, view: View) -> Iterator[Finding]:
    kind = connector.kind_of(view)
    told = connector.reader.check(kind)
    wrong = [
        Finding("error", f"{view.entity}: {kind.name}", one, "correct the description")
        for one in told["unfit"]
    ]
    yield from wrong
    for name, value in told["printed"].items():
        message = (
            f"the blank holds {value!r} in {name} already: such a value says nothing, and cannot be written"
        )
        yield Finding("warning", f"{view.entity}: {kind.name}", message, "clear it in the blank")
    if told["letters"] < FEWEST:
        message = "the blank holds hardly any printed text: flattened forms cannot be recognised by it"
        yield Finding("warning", f"{view.entity}: {kind.name}", message)
    for native in view.fields:
        if native.writable and native.name in OF_THE_FORM:
            message = f"{native.name} is told by the form, and not written"
            yield Finding("warning", f"{view.entity}: {kind.name}", message, "write `direction: pull` for it")
    if not wrong:
        yield Finding(
            "ok", f"{view.entity}: {kind.name}", f"{len(kind.description.fields)} values in {kind.blank.name}"
        )


def _of(fault: Fault, what: str = "") -> Finding:
    message = f"{fault.what}: {fault.why}" if fault.why else fault.what
    return Finding("error", what or "folder", message, fault.todo)
