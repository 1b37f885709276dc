"""`hub check` for a Sage over files: folders, the newest export, its columns and age, the mapping's words."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from connectors.sage.documents import OPTIONS, is_document, options_of, problems_of
from connectors.sage.exports import Export, Exports, Source, parse
from connectors.sage.formats import by_name
from connectors.sage.imports import Imports
from connectors.sage.layout import FIELD_OPTIONS, VIEW_OPTIONS, Misfit
from connectors.sage.settings import Settings
from connectors.sage.text import Damage, decode, doubly_encoded
from hub.ports import ConnectorError, Finding, Misconfigured, View


def check_views(
    exports: Exports, imports: Imports | None, settings: Settings, views: Sequence[View]
) -> list[Finding]:
    """What was looked at and how it is. Never raises a `ConnectorError`."""
    findings = [_readable("exports", settings.exports)]
    if imports is not None:
        findings.append(writable("imports", imports.folder))
        if settings.acks is not None:
            findings.append(writable("acks", settings.acks))
    if findings[0].level == "error":
        return findings
    for view in views:
        if is_document(view):
            findings += document(settings, view)
        else:
            findings += _options(view)
            findings += _export(exports, settings, view)
        if imports is not None and findings[1].level == "ok":
            findings += waiting(imports, view, settings)
    return findings


def _readable(what: str, folder: Path) -> Finding:
    try:
        count = sum(1 for _ in os.scandir(folder))
    except OSError as error:
        return Finding("error", what, str(error), f"create or connect {folder}, or correct {what}")
    return Finding("ok", what, f"{folder}: {count} entries")


def writable(what: str, folder: Path) -> Finding:
    """Try it for real: rights on a network share are not told by its mode bits."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".hub-check-"):
            pass
    except OSError as error:
        todo = f"create {folder}, or give the hub's user the right to write in it"
        return Finding("error", what, f"{folder} cannot be written: {error}", todo)
    return Finding("ok", what, f"{folder} can be written")


def _options(view: View) -> Iterator[Finding]:
    for option in view.options:
        if option not in VIEW_OPTIONS:
            yield unknown_option(f"{view.entity}", option, VIEW_OPTIONS)
    for field in view.fields:
        for option in field.options:
            if option not in FIELD_OPTIONS:
                yield unknown_option(f"{view.entity}.{field.name}", option, FIELD_OPTIONS)


def document(settings: Settings, view: View) -> Iterator[Finding]:
    """A view of documents needs no export; its words, and the form of its files, can be wrong."""
    what = f"{view.entity} ({view.object})"
    known = ("format", "file", "on_create", *OPTIONS)
    for option in view.options:
        if option not in known:
            yield unknown_option(view.entity, option, known)
    problems = list(problems_of(view))
    for problem in problems:
        yield Finding("error", what, problem, "correct the mapping")
    if problems:
        return
    name = str(view.options["format"])
    try:
        by_name(name).write((), options_of(view, settings)).data()
    except (ValueError, TypeError, LookupError) as error:
        yield Finding("error", what, f"format {name} cannot be written so: {error}", "correct its options")
        return
    yield Finding("ok", what, f"documents are handed over in format {name}")


def unknown_option(what: str, option: str, known: Sequence[str]) -> Finding:
    near = difflib.get_close_matches(option, known, n=1)
    meant = f"; {near[0]} was probably meant" if near else ""
    return Finding("warning", what, f"{option!r} says nothing to Sage{meant}", f"known: {', '.join(known)}")


def _export(exports: Exports, settings: Settings, view: View) -> Iterator[Finding]:
    what = f"{view.entity} ({view.object})"
    try:
        export = exports.current(view)
    except Misconfigured as error:
        for problem in _problems(exports, settings, view) or [str(error)]:
            yield Finding("error", what, problem, error.todo)
        return
    except ConnectorError as error:
        yield Finding("error", what, f"{error.what}: {error.why}", error.todo)
        return
    source = export.source
    yield Finding("ok", what, f"{source.name}: {len(export.ids)} records, every column is there")
    yield from _age(what, source, settings)
    yield from _rows(what, export)
    yield from _doubled(what, source, settings)


def _problems(exports: Exports, settings: Settings, view: View) -> list[str]:
    """Each column that is missing, on a line of its own."""
    source = exports.newest(view)
    try:
        parse(view, source, (settings.exports / source.name).read_bytes(), settings)
    except Misfit as misfit:
        return [f"{source.name}: {problem}" for problem in misfit.problems]
    except (Damage, OSError):
        return []
    return []


def _age(what: str, source: Source, settings: Settings) -> Iterator[Finding]:
    hours = (datetime.now(UTC) - source.modified).total_seconds() / 3600
    if hours > settings.stale_hours:
        yield Finding(
            "warning",
            what,
            f"the newest export, {source.name}, is {hours:.0f} hours old",
            "is the export still run?",
        )


def _rows(what: str, export: Export) -> Iterator[Finding]:
    if export.rejected:
        first = export.rejected[0]
        message = f"{len(export.rejected)} lines cannot be used; the first: {first.where}: {first.reason}"
        yield Finding("warning", what, message, first.todo)
    if export.unattributed:
        message = f"{export.unattributed} of them cannot be told whose they are: deletions are not looked for"
        yield Finding("warning", what, message, "correct those lines")


def _doubled(what: str, source: Source, settings: Settings) -> Iterator[Finding]:
    """Text that was spoilt before it came here, inside a sound file: worth a word, and nothing more."""
    try:
        text = decode((settings.exports / source.name).read_bytes(), settings.encoding)
    except (Damage, OSError):
        return
    at = doubly_encoded(text)
    if at is not None:
        line = text.count("\n", 0, at) + 1
        message = (
            f"line {line} of {source.name} holds {text[at : at + 2]!r}: was it once read in a wrong encoding?"
        )
        yield Finding("warning", what, message, "correct the record in Sage")


def waiting(imports: Imports, view: View, settings: Settings) -> Iterator[Finding]:
    """Files that were not answered for longer than they should be."""
    now = datetime.now(UTC)
    for note in imports.open_notes(view.object):
        hours = (now - note.written_at).total_seconds() / 3600
        if note.answers is None and hours > settings.pending_hours:
            where = "is still in imports" if (imports.folder / note.name).exists() else "was taken"
            message = f"{note.name}, handed over {hours:.0f} hours ago, {where} and was not answered"
            yield Finding("warning", view.entity, message, "does Sage run the import, and write to acks?")
