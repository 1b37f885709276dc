"""What of a configuration lies open to others: files anybody may read or change, connections nobody checks.

`exposed` looks and tells, for `hub check`; nothing is changed and nothing is refused, for there may be a
reason (a container with one user, a proxy on the same host). Whether a group may read or change a file is the
admin's business: only what every user of the machine can do is told.

Never: reads a file's content, or looks at rights on Windows, where they are no part of a file's mode.
"""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from hub.ports import Finding
from hub.settings import Settings

_VERIFIED = {"verify-ca", "verify-full"}


def exposed(settings: Settings) -> list[Finding]:
    """Everything about this configuration that an admin may want to close."""
    return [*_files(settings), *_listener(settings), *_database(settings)]


def is_loopback(host: str) -> bool:
    """Whether this host's name or address is this machine's own; a name that must be looked up is not."""
    if host.rstrip(".").lower() in ("localhost", "localhost.localdomain"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _files(settings: Settings) -> Iterator[Finding]:
    if os.name == "nt":
        return
    for file in settings.secret_files:
        yield from _readable(file)
    for file in _database_files(settings):
        yield from _readable(file)
    for path in dict.fromkeys([settings.file, settings.home, *_mappings(settings)]):
        yield from _changeable(path)


def _readable(file: Path) -> Iterator[Finding]:
    mode = _mode(file)
    if stat.S_ISREG(mode) and mode & (stat.S_IROTH | stat.S_IWOTH):
        done = "read" if mode & stat.S_IROTH else "changed"
        todo = f"chmod 600 {file}"
        yield Finding("warning", "access", f"{file} can be {done} by every user of this machine", todo)


def _changeable(path: Path) -> Iterator[Finding]:
    mode = _mode(path)
    # In a folder with the sticky bit (/tmp), others may put files of their own but not replace ours.
    if mode & stat.S_IWOTH and not (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
        message = f"{path} can be changed by every user of this machine: they decide what the hub writes"
        yield Finding("warning", "access", message, f"chmod o-w {path}")


def _mode(path: Path) -> int:
    """The file's mode; 0, which exposes nothing, where there is none to be seen."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _mappings(settings: Settings) -> list[Path]:
    if not settings.mappings.is_dir():
        return [settings.mappings]
    return [
        settings.mappings, *sorted(p for p in settings.mappings.iterdir() if p.suffix in (".yaml", ".yml"))
    ]  # fmt: skip


def _database_files(settings: Settings) -> list[Path]:
    scheme, _, path = settings.database.partition(":///")
    if not scheme.startswith("sqlite"):
        return []
    return [Path(path.partition("?")[0] + tail) for tail in ("", "-wal", "-shm")]


def _listener(settings: Settings) -> Iterator[Finding]:
    http = settings.http
    if http.enabled and not is_loopback(http.host):
        message = f"health and metrics are shown to whoever reaches {http.host}:{http.port}, unencrypted"
        todo = "set http.host to 127.0.0.1, or let only the monitor through the firewall"
        yield Finding("warning", "http", message, todo)


def _database(settings: Settings) -> Iterator[Finding]:
    """A PostgreSQL elsewhere is talked to as libpq decides, which by itself checks no certificate."""
    parts = urlsplit(settings.database)
    if not parts.scheme.startswith("postgresql"):
        return
    asked = parse_qs(parts.query)
    hosts = asked.get("host", [parts.hostname or ""])
    elsewhere = [host for host in hosts if host and not host.startswith("/") and not is_loopback(host)]
    if elsewhere and not _VERIFIED & set(asked.get("sslmode", [os.environ.get("PGSSLMODE", "")])):
        message = (
            f"whether {elsewhere[0]} is the right server is not checked, nor perhaps is anything encrypted"
        )
        todo = "add ?sslmode=verify-full&sslrootcert=/path/to/ca.pem to `database`"
        yield Finding("warning", "encryption", message, todo)
