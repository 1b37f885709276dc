"""`hub documents read` of a PDF form: its fields for whoever describes it, or its values by a description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.cli import screen
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, WAITING, Session

if TYPE_CHECKING:
    from rich.console import RenderableType

_WELL = ("found", "empty", "printed")


def is_form(file: Path) -> bool:
    """Whether a file is a PDF, by what it holds or is called."""
    if file.suffix.lower() == ".pdf":
        return True
    try:
        with file.open("rb") as opened:
            return opened.read(5) == b"%PDF-"
    except OSError:
        return False


def read_form(session: Session, file: Path, profile: Path | None) -> int:
    """Show what the hub reads in a form. Raises `WrongUse` where it cannot be read, `FileProblems`."""
    from connectors.forms.reader import Reader
    from hub.filing.faults import Fault

    try:
        with Reader() as reader:
            if profile is None:
                found = reader.look(file)
                session.show(
                    {"file": file.name, "form": "pdf", "verdict": "offers", **found}, *_offers(file, found)
                )
                return DONE
            name, told = _chosen(reader, file, profile)
    except Fault as fault:
        raise WrongUse(f"{fault.what}: {fault.why}" if fault.why else fault.what, fault.todo) from None
    well = not told["refused"] and all(one["verdict"] in _WELL for one in told["values"])
    data = {"file": file.name, "profile": name, "verdict": "read" if well else "review", **told}
    session.show(data, *_values(file, name, told))
    return DONE if well else WAITING


def _chosen(reader: Any, file: Path, profile: Path) -> tuple[str, dict[str, Any]]:
    """The description a form is of, and what it says by it."""
    from connectors.forms.descriptions import blank_of, load
    from connectors.forms.reader import Kind

    kinds = load(profile)
    read = {
        name: reader.read(file, Kind(name, one, blank_of(profile, one)))
        for name, one in kinds.items()
    }  # fmt: skip
    fitting = [name for name, told in read.items() if not told["another"]]
    if not fitting:
        todo = "`hub documents read FORM.pdf` without --profile shows its fields."
        raise WrongUse(f"{file.name} is no form that {' or '.join(kinds)} describes", todo)
    best = min(fitting, key=lambda name: (bool(read[name]["refused"]), fitting.index(name)))
    return best, read[best]


def _offers(file: Path, found: Mapping[str, Any]) -> Iterator[RenderableType]:
    for note in found["notes"]:
        yield screen.plain(f"{file.name}: {note}", "yellow")
    if not found["fields"]:
        words = (
            "is an XFA form, which only Adobe's programs can read" if found["xfa"] else "has no form fields"
        )
        yield screen.plain(
            f"{file.name} {words}. A description needs the blank form with its fields (AcroForm)."
        )
        return
    rows = [
        (one["name"], _kind(one), one["value"] or "", one["place"], one["tooltip"]) for one in found["fields"]
    ]
    title = f"The fields of {file.name}, for a form description"
    yield screen.table(title, ("field", "kind", "holds", "place", "tooltip"), rows)
    yield screen.plain(f"sha256: {found['sha256']}")


def _kind(one: Mapping[str, Any]) -> str:
    words = [one["kind"]]
    if one["comb"] or one["max_length"]:
        words.append(f"{one['max_length']} characters")
    if one["multiline"]:
        words.append("several lines")
    if one["states"]:
        words.append("on: " + ", ".join(one["states"]))
    if one["options"]:
        words.append("choices: " + ", ".join(kept for kept, _ in one["options"]))
    return "\n".join(words)


def _values(file: Path, name: str, told: Mapping[str, Any]) -> Iterator[RenderableType]:
    for note in told["notes"]:
        yield screen.plain(f"{file.name}: {note}", "yellow")
    if told["refused"]:
        yield screen.plain(f"{file.name} is not read: {told['refused']}", "bold red")
        return
    how = "flattened, read by the blank's rectangles" if told["form"] == "flattened" else "by its fields"
    rows = [(one["name"], one["type"], _shown(one), _origin(one)) for one in told["values"]]
    yield screen.table(f"{file.name} as {name} ({how})", ("field", "type", "value", "from"), rows)
    doubtful = [one for one in told["values"] if one["verdict"] not in _WELL]
    if not doubtful:
        yield screen.plain("Everything that is required was found, and nothing is in doubt.", "green")
        return
    yield screen.plain("")
    yield screen.plain(f"For review: {screen.count(len(doubtful), 'value')}", "bold")
    for one in doubtful:
        yield screen.notice(f"{one['name']} ({one['verdict']})", one["doubt"])


def _shown(one: Mapping[str, Any]) -> str:
    if one["verdict"] != "found":
        return f"({one['verdict']})"
    value = one["value"]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _origin(one: Mapping[str, Any]) -> str:
    lines = [
        f"{one['source']}: {' '.join(one['raw'].split())}" if one["raw"] else one["source"],
        one["place"],
    ]
    return "\n".join(lines)
