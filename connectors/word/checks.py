"""What `hub check` says of a folder of documents: the folder, the profiles, what fits them, what to mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from connectors.word.profile import Profile
from connectors.word.records import Spec, spec_of
from hub.filing import temporary
from hub.filing.faults import Fault
from hub.ports import Finding, View

if TYPE_CHECKING:
    from connectors.word.connector import WordConnector

SHOWN = 20


def findings(connector: WordConnector, views: Sequence[View]) -> list[Finding]:
    """All findings, the folder first; where it cannot be had, it alone."""
    try:
        names = sorted(connector.folder.look())
    except Fault as fault:
        return [_error("the folder", fault)]
    found = [_folder(connector, names), *_rights(connector), *_office(connector, names)]
    try:
        profiles = connector.profiles
    except Fault as fault:
        return [*found, _error("the profiles", fault)]
    found.append(Finding("ok", "the profiles", ", ".join(profiles)))
    for view in views:
        found += _view(connector, view, profiles, bool(names))
    noted = list(connector.library.notes())
    found += [Finding("ok", name, note) for name, note in noted[:SHOWN]]
    if len(noted) > SHOWN:
        found.append(
            Finding("ok", "the documents", f"{len(noted) - SHOWN} more hold macros, links or the like")
        )
    return found


def _error(what: str, fault: Fault) -> Finding:
    message = f"{fault.what}: {fault.why}" if fault.why else fault.what
    return Finding("warning" if fault.kind == "busy" else "error", what, message, fault.todo)


def _folder(connector: WordConnector, names: Sequence[str]) -> Finding:
    path = connector.settings.path
    if not names:
        todo = "check that the share is mounted, and that patterns in hub.yaml fit the files' names"
        return Finding("warning", "the folder", f"{path} holds no document", todo)
    return Finding("ok", "the folder", f"{path} holds {len(names):,} documents")


def _rights(connector: WordConnector) -> Iterator[Finding]:
    if not connector.traits.writable:
        yield Finding("ok", "read only", "read_only is set")
        return
    try:
        path = temporary.beside(connector.settings.path / "document.docx")
        path.unlink()
        yield Finding("ok", "writing", "the folder can be written")
    except OSError as error:
        todo = f"give the hub's user the right to write in {connector.settings.path}, or set read_only: true"
        yield Finding("error", "writing", f"nothing can be written in the folder: {error}", todo)


def _office(connector: WordConnector, names: Sequence[str]) -> Iterator[Finding]:
    old = [name for name in names if name.lower().endswith((".doc", ".rtf", ".odt"))]
    program = connector.office.found()
    if program is not None:
        yield Finding("ok", "LibreOffice", f"{program}: .doc files are read through it")
    elif old:
        message = f"it is not installed; documents that take it to be read: {len(old)} ({old[0]})"
        todo = "install LibreOffice Writer (Debian: libreoffice-writer-nogui), or save them as .docx"
        yield Finding("error", "LibreOffice", message, todo)


def _view(
    connector: WordConnector, view: View, profiles: Mapping[str, Profile], documents: bool
) -> list[Finding]:
    what = f"{view.entity}, out of {view.object}"
    try:
        spec = spec_of(view)
        wrong = list(_unknown(what, spec, profiles))
        if wrong or not documents:
            return wrong or [Finding("ok", what, "its fields are in the profiles")]
        now = connector.looked(view)
    except Fault as fault:
        return [_error(what, fault)]
    found = [Finding("ok", what, f"{len(now.records):,} records")]
    if now.incomplete:
        found.append(
            Finding("warning", what, f"records with values that a person must look at: {now.incomplete}")
        )
    found += [Finding("warning", one.where, one.reason, one.todo) for one in now.rejected[:SHOWN]]
    if (more := len(now.rejected) - SHOWN) > 0:
        found.append(Finding("warning", what, f"{more} more are set aside"))
    return found


def _unknown(what: str, spec: Spec, profiles: Mapping[str, Profile]) -> Iterator[Finding]:
    records = sorted({one.record for one in profiles.values()})
    mine = [one for one in profiles.values() if one.record == spec.object]
    if not mine:
        todo = f"object is one of: {', '.join(records)}{_meant(spec.object, records)}"
        yield Finding("error", what, f"no profile is of record '{spec.object}'", todo)
        return
    fields = {name: field.type for one in mine for name, field in one.fields.items()}
    for name in spec.fields():
        if name not in fields:
            todo = f"they have: {', '.join(sorted(fields))}{_meant(name, fields)}"
            yield Finding("error", what, f"no profile of '{spec.object}' has a field named {name}", todo)
    for column in spec.columns:
        if column.part and fields.get(column.field, "postcode_town") != "postcode_town":
            kind = fields[column.field]
            message = f"{column.name}: {column.field} is of type {kind}, which has no {column.part}"
            yield Finding("error", what, message, f"let {column.field} be a postcode_town, or name it alone")


def _meant(name: str, known: Sequence[str] | Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f". Did you mean '{near[0]}'?" if near else ""
