"""The empty form as the customer supplies it: its fields, what it was printed with, what it was filled with.

A value that the blank holds already says nothing when it stands in a filled form: nobody wrote it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from connectors.forms.acroform import FormField, fields_of
from connectors.forms.description import Description
from connectors.forms.intake import Bounds, Opened, open_pdf
from connectors.forms.letters import Sheet, sheet_of
from hub.filing.faults import Fault, misconfigured


@dataclass(frozen=True)
class Blank:
    """One blank form."""

    content: bytes
    opened: Opened
    fields: dict[str, FormField]
    sheets: tuple[Sheet, ...]


def blank_at(path: Path, description: Description, bounds: Bounds) -> Blank:
    """The blank of a description. Raises `Fault` (misconfigured) where it is not there, or not the one
    meant.
    """
    try:
        seen = path.stat()
    except OSError as error:
        todo = "put the blank form there, or correct `blank:` in its description"
        raise misconfigured(f"the blank form {path} is not there", error.strerror or "", todo) from error
    try:
        return _blank(path, seen.st_mtime_ns, seen.st_size, (description.sha256 or "").lower(), bounds)
    except Fault as fault:
        if fault.kind == "misconfigured":
            raise
        what = f"the blank form cannot be used: {fault.what}"
        raise misconfigured(what, fault.why, "put the form as its publisher gives it there") from fault


@lru_cache(maxsize=8)
def _blank(path: Path, _: int, __: int, sha256: str, bounds: Bounds) -> Blank:
    with path.open("rb") as file:
        content = file.read(bounds.file_bytes + 1)
    found = hashlib.sha256(content).hexdigest()
    if sha256 and found != sha256:
        why = f"its SHA-256 is {found}, and the description says {sha256}"
        todo = "use the edition that was described, or correct sha256 after a look at the new one"
        raise misconfigured(f"the blank form {path.name} is not the one that was described", why, todo)
    opened = open_pdf(content, path.name, bounds)
    fields = fields_of(opened, bounds)
    if not fields:
        why = "it is an XFA form alone" if opened.xfa else "no field stands on its pages"
        todo = "a PDF with form fields (AcroForm) is needed"
        raise misconfigured(f"the blank form {path.name} has no fields", why, todo)
    document = opened.pages()
    try:
        sheets = tuple(_sheet(document, number, path.name) for number in range(len(document)))
    finally:
        document.close()
    return Blank(opened.content, opened, fields, sheets)


def _sheet(document: object, number: int, shown: str) -> Sheet:
    page = document[number]  # type: ignore[index]
    try:
        return sheet_of(page, shown)
    finally:
        page.close()


def unfit(description: Description, blank: Blank) -> list[str]:
    """What the description says of fields that the blank does not have, or not so; in words."""
    wrong: list[str] = []
    for name, wanted in description.fields.items():
        for native in wanted.names:
            field = blank.fields.get(native)
            if field is None:
                wrong.append(f"{name}: the blank has no field «{native}»")
                continue
            kinds = {
                "boolean": ("checkbox",), "list": ("checkbox",),
                "choice": ("checkbox",) if wanted.boxes else ("radio", "choice", "checkbox"),
            }.get(wanted.type, ("text", "choice"))  # fmt: skip
            if field.kind not in kinds:
                wrong.append(f"{name}: «{native}» is a {field.kind}, not a {' or a '.join(kinds)}")
                continue
            wrong += _states(name, native, field, wanted.on, tuple(wanted.values.values()))
    wrong += [
        f"never: the blank has no field «{name}»" for name in description.never if name not in blank.fields
    ]
    return wrong


def _states(name: str, native: str, field: FormField, on: str | None, words: tuple[str, ...]) -> list[str]:
    if field.kind == "checkbox" and not words:
        if on is None and len(field.states) != 1:
            found = ", ".join(field.states) or "none"
            return [f"{name}: «{native}» has the states {found}: say on: which of them is ticked"]
        return [f"{name}: «{native}» has no state {on!r}"] if on and on not in field.states else []
    known = field.states if field.kind in ("radio", "checkbox") else [kept for kept, _ in field.options]
    if field.kind == "choice" and not words:
        return []
    return [
        f"{name}: «{native}» has no choice {word!r}; it has {', '.join(known)}"
        for word in words
        if word not in known
    ]
