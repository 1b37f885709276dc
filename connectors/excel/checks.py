"""What `hub check` says of a workbook: the file, its folder, its sheets and columns, what to mend."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectors.excel.spec import Spec, spec_of
from hub.filing import files
from hub.filing.faults import Fault
from hub.ports import Finding, View

if TYPE_CHECKING:
    from connectors.excel.connector import ExcelConnector


def findings(connector: ExcelConnector, views: Sequence[View]) -> list[Finding]:
    """All findings, the file first; where it cannot be had, it alone."""
    try:
        files.look(connector.path)
    except Fault as fault:
        return [_error("the workbook", fault)]
    found = [Finding("ok", "the workbook", str(connector.path)), *_protocol(connector)]
    for view in views:
        found += _view(connector, view)
    return found


def _error(what: str, fault: Fault) -> Finding:
    message = f"{fault.what}: {fault.why}" if fault.why else fault.what
    return Finding("warning" if fault.kind == "busy" else "error", what, message, fault.todo)


def _protocol(connector: ExcelConnector) -> list[Finding]:
    """Who has it open, and whether a replacement could be put in its place."""
    found = []
    try:
        if lock := files.lock_of(connector.path, connector.settings.stale_lock_hours):
            message = f"{lock.holder} has it open (lock file {lock.path.name}); writes wait"
            found.append(Finding("warning", "open by someone", message, f"if nobody has, delete {lock.path}"))
    except Fault as fault:
        found.append(_error("open by someone", fault))
    if not connector.traits.writable:
        why = (
            "read_only is set"
            if connector.settings.read_only
            else f"{connector.path.suffix} files are read only here"
        )
        return [*found, Finding("ok", "read only", why)]
    try:
        files.require_writable(connector.path)
        with files.staging(connector.path):
            found.append(Finding("ok", "the file and its folder", "can be written"))
    except Fault as fault:
        found.append(_error("the file and its folder", fault))
    return [*found, *_owner(connector)]


def _owner(connector: ExcelConnector) -> list[Finding]:
    seen = connector.path.stat()
    if hasattr(os, "geteuid") and os.geteuid() not in (0, seen.st_uid):
        message = f"it belongs to user {seen.st_uid}, and would belong to user {os.geteuid()} after a write"
        todo = "run the hub as the file's owner, or let the folder's group own it (chmod g+s)"
        return [Finding("warning", "its owner", message, todo)]
    return []


def _view(connector: ExcelConnector, view: View) -> list[Finding]:
    what = f"sheet '{view.object}'"
    try:
        spec = spec_of(view)
        with files.snapshot(connector.path, connector.settings.stable_seconds) as taken:
            answer = connector._end("check", taken, spec)
    except Fault as fault:
        return [_error(what, fault)]
    found = [Finding("ok", what, _summary(answer, spec.key))]
    if answer["read_only"] and connector.traits.writable:
        found.append(Finding("warning", what, answer["read_only"], "set direction: pull, or read_only: true"))
    for number, reason, todo, _ in answer["asides"]:
        found.append(Finding("warning", f"{what}, row {number}", reason, todo))
    if (more := answer["set_aside"] - len(answer["asides"])) > 0:
        found.append(Finding("warning", what, f"{more} more rows are set aside"))
    found += _hints(what, answer, spec.looks_matter)
    return found + _shapes(what, answer, spec)


def _summary(answer: dict[str, Any], key: Sequence[str]) -> str:
    columns = ", ".join(f"{name} ({letter})" for name, letter in answer["columns"].items())
    known = " + ".join(key)
    stack = f"; {answer['blocks']} lists under each other" if answer["blocks"] > 1 else ""
    return (
        f"{answer['records']:,} records by {known}; headings in row {answer['header_row']}: {columns}{stack}"
    )


def _shapes(what: str, answer: dict[str, Any], spec: Spec) -> list[Finding]:
    """What people may expect of a sheet's looks and titles, and what the hub does not do."""
    found = []
    if answer["conditional"] and spec.looks_matter:
        message = "the sheet has conditional formats; only what people paint by hand is read, not these"
        found.append(Finding("warning", what, message, "read the column that the format looks at"))
    for column in spec.columns:
        if column.writable and column.name in spec.shape.rules:
            message = f"'{column.name}' is told by how a cell looks and cannot be written"
            found.append(Finding("warning", what, message, "map this field with direction: pull"))
    return found


def _hints(what: str, answer: dict[str, Any], facets: bool) -> list[Finding]:
    found = []
    if answer["struck"] and not facets:
        message = f"{answer['struck']} rows are struck through; the hub reads them like any other"
        todo = "if that means closed, map a field to '<heading>@strike', or say it in a column"
        found.append(Finding("warning", what, message, todo))
    if answer["stale"] and answer["formulas"]:
        message = "formulas were not calculated since the file last changed; their columns are not read"
        found.append(Finding("warning", what, message, "open the workbook in Excel and save it"))
    if answer["protected"]:
        message = "the sheet is protected against typing; the hub writes its mapped columns all the same"
        found.append(Finding("warning", what, message, "set read_only: true if it must not"))
    return found
