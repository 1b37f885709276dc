"""The process that opens documents: `python -m connectors.word.worker`, asked by `reader`, file by file.

Holds itself to a memory limit where the system knows one. Whatever goes wrong in here, the hub only sees a
fault, or a worker that died.
"""

from __future__ import annotations

import gc
import json
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from connectors.word import tasks
from connectors.word.choosing import contracts, fits
from connectors.word.faults import Fault
from connectors.word.offer import offered
from connectors.word.package import Bounds, Package, form_of
from connectors.word.profile import Profile
from connectors.word.properties import renews_itself
from connectors.word.reading import read_contract
from connectors.word.text import read_document
from hub.apart import limit_memory, requests, send

LONGEST_TEXT = 200_000


def main() -> None:
    """Answer until the hub has no more questions. Trees are freed at once, without looking for cycles."""
    gc.disable()
    limited = False
    for request in requests():
        if not limited:
            limit_memory(request["memory"])
            limited = True
        _answer(request)
        gc.collect(0)


def _answer(request: Mapping[str, Any]) -> None:
    shown = request["shown"]
    try:
        send("end", TASKS[request.get("task", "read")](request))
    except Fault as fault:
        send("fault", [fault.what, fault.why, fault.todo])
    except MemoryError:
        send("fault", [f"{shown} needs more memory than it may take", "", "open it in Word: is it sound?"])
    except Exception as error:  # noqa: BLE001 - a stranger's file may bring up anything; the hub gets it as a fault
        traceback.print_exc()
        why = f"{type(error).__name__}: {error}"
        send("fault", [f"{shown} cannot be read", why, "open it in Word and save it again"])


def read(request: Mapping[str, Any]) -> dict[str, Any]:
    """What one file holds; of a form that is not ours, the form alone."""
    shown, bounds = request["shown"], Bounds(**request["bounds"])
    content = _content(Path(request["path"]), shown, bounds)
    form = form_of(content, shown)
    if form != "docx":
        return {"form": form}
    package = Package(content, shown, bounds)
    document = read_document(package)
    profiles = _profiles(json.dumps(request["profiles"]))
    tried = fits(document, request["ending"], profiles)
    chosen = [one.profile for one in tried if one.fits]
    found: Sequence[dict[str, Any]] = ()
    if len(chosen) == 1:
        name, profile = chosen[0], profiles[chosen[0]]
        found = [
            read_contract(part, name, profile, place).as_json()
            for place, part in contracts(document, profile.split)
        ]
    return {
        "form": form,
        "notes": list(dict.fromkeys(document.notes)),
        "fits": [asdict(one) for one in tried],
        "contracts": found,
        "renewal_of": renews_itself(package, [one["key"] for one in found]),
        "offers": offered(document) if request["offers"] else [],
        "text": document.text[:LONGEST_TEXT] if request["offers"] else "",
    }


TASKS = {"read": read, "patch": tasks.patched, "make": tasks.made}


def _content(path: Path, shown: str, bounds: Bounds) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(bounds.file_bytes + 1)
    except OSError as error:
        raise Fault(
            f"{shown} cannot be opened", error.strerror or str(error), "check that it is there"
        ) from error
    if len(content) > bounds.file_bytes:
        raise Fault(f"{shown} is too big", f"the limit is {bounds.file_bytes // 1024 // 1024} MiB")
    return content


@lru_cache(maxsize=8)
def _profiles(text: str) -> dict[str, Profile]:
    return {name: Profile.model_validate(data) for name, data in json.loads(text)}


if __name__ == "__main__":
    main()
