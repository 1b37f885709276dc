"""What `worker` does besides reading: writes values into a document, or makes one from a template.

The new bytes go to a file of the hub's in its private folder, and never anywhere else. What is refused is an
answer; what cannot be opened at all is a `Fault`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.word.choosing import contracts
from connectors.word.faults import Fault, Refusal
from connectors.word.package import Bounds, Package, form_of
from connectors.word.patching import patch
from connectors.word.profile import Profile
from connectors.word.properties import with_property
from connectors.word.reading import read_contract
from connectors.word.text import read_document


def patched(request: Mapping[str, Any]) -> dict[str, Any]:
    """Write `edits`, pairs of a contract's number and its values, one after the other; each whole or not.

    `refused` is one answer per edit, in order; `changed` whether there is anything to put in place at
    `target`; `contracts` what the new document says.
    """
    shown, bounds = request["shown"], Bounds(**request["bounds"])
    old = content = Path(request["path"]).read_bytes()
    _require_docx(content, shown)
    name, profile = request["profile"], Profile.model_validate(request["shape"])
    refused: list[Any] = []
    for part, values in request["edits"]:
        try:
            content = patch(content, shown, bounds, profile, part, values)
            refused.append(None)
        except Refusal as refusal:
            refused.append([refusal.reason, refusal.todo, refusal.field])
    if content != old:
        Path(request["target"]).write_bytes(content)
    return {
        "refused": refused,
        "changed": content != old,
        "contracts": _read(content, shown, bounds, name, profile),
    }


def made(request: Mapping[str, Any]) -> dict[str, Any]:
    """Fill the template at `path` in with `values`; it must show `needed`. `properties` are hidden in it."""
    from connectors.word.template import filled_in  # a second of imports that reading never needs

    shown, bounds = request["shown"], Bounds(**request["bounds"])
    content = Path(request["path"]).read_bytes()
    _require_docx(content, shown)
    read_document(Package(content, shown, bounds))  # refuses what is hostile before another parser sees it
    try:
        document = filled_in(content, shown, request["values"], request["needed"])
    except Refusal as refusal:
        return {"refused": [refusal.reason, refusal.todo, refusal.field]}
    for name, value in request["properties"].items():
        document = with_property(document, name, value)
    Path(request["target"]).write_bytes(document)
    return {"refused": None}


def _require_docx(content: bytes, shown: str) -> None:
    form = form_of(content, shown)
    if form != "docx":
        raise Fault(f"{shown} is a .{form} file, which is only read", todo="save it as .docx in Word")


def _read(
    content: bytes, shown: str, bounds: Bounds, name: str, profile: Profile
) -> Sequence[dict[str, Any]]:
    document = read_document(Package(content, shown, bounds))
    return [
        read_contract(part, name, profile, place).as_json()
        for place, part in contracts(document, profile.split)
    ]
