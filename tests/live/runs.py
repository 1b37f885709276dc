"""Whose folder is whose: what each run of a real server started, noted so that nothing outlives its run.

A run's folder inside a root holds ``run.json``: who started it and which processes. The next start ends and
removes what a killed run left behind. Processes are named so that no later process can bear the name.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.live.build import cache

FOLDERS = "srv/hub/runs"


def note(
    folder: Path, started: Sequence[subprocess.Popen[bytes]], server: dict[str, Any], shared: bool
) -> None:
    """Write down in `folder` what runs there, so that a later start can sweep it and `--url` can tell it."""
    noted = {
        "owner": _identity(os.getpid()),
        "started": [_identity(process.pid) for process in started],
        "shared": shared,
        "server": server,
    }
    path = folder / "run.json"
    partial = path.with_suffix(".partial")
    with open(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as out:
        json.dump(noted, out)
    partial.replace(path)


def shared_servers(of: str) -> Iterator[dict[str, Any]]:
    """The servers that people started to be shared, of the roots whose name begins with `of`."""
    for _, noted in _notes(of):
        if noted["shared"] and _is_alive(noted["owner"]):
            yield noted["server"]


def sweep() -> None:
    """End and remove what killed runs left behind."""
    for folder, noted in _notes(""):
        if _is_alive(noted["owner"]):
            continue
        for identity in noted["started"]:
            if _is_alive(identity):
                os.kill(int(identity.split(":")[1]), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody listens at now."""
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _notes(of: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in cache().glob(f"{of}*/root/{FOLDERS}/*/run.json"):
        try:
            yield path.parent, json.loads(path.read_text())
        except FileNotFoundError:
            continue  # its run has just ended and taken it away


def _identity(pid: int) -> str:
    """A name for a process that no later process can bear: boot, id, start time."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return f"{boot}:{pid}:{after_name[19]}"


def _is_alive(identity: str) -> bool:
    try:
        return _identity(int(identity.split(":")[1])) == identity
    except (FileNotFoundError, ProcessLookupError):
        return False
