"""One Asterisk on 127.0.0.1: a folder, ports and secret of its own, started, stopped and restarted.

Any number stand side by side. Each ends with the process that started it, even when that one is killed; what
a killed run leaves on disk is swept by the next start.
"""

from __future__ import annotations

import atexit
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.live import runs
from tests.live.debian import BuildFailed, Root
from tests.live.processes import end, private_folder, tail, wait_for

_TEMPLATES = Path(__file__).parent / "etc"
_PLACE = re.compile(r"@([a-z][a-z0-9_]*)@")
Address = tuple[str, int]


@dataclass(frozen=True)
class Manager:
    """Where the manager interface is, and a user's way in: ``hub`` has the least rights that the hub needs.

    Others: ``recorder`` (all rights), ``only-agent`` and ``cannot-dial`` (rights too narrow).
    """

    host: str
    port: int
    user: str
    secret: str


@dataclass
class Asterisk:
    """A real Asterisk. `telephones`: the addresses its configuration is to know (``101``, ``trunk``)."""

    root: Root
    telephones: Mapping[str, Address]
    folder: str = field(default_factory=lambda: f"/{runs.FOLDERS}/{secrets.token_hex(4)}")
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    sip: Address = field(default_factory=lambda: ("127.0.0.1", runs.free_port(socket.SOCK_DGRAM)))
    manager_port: int = field(default_factory=runs.free_port)
    process: subprocess.Popen[bytes] | None = None

    def manager(self, user: str = "hub") -> Manager:
        return Manager("127.0.0.1", self.manager_port, user, self.secret)

    @property
    def log(self) -> Path:
        return self.host_folder / "log/messages.log"

    @property
    def host_folder(self) -> Path:
        return self.root.path / self.folder[1:]

    def start(self, shared: bool = False) -> None:
        """Start it and wait until it is ready for calls."""
        runs.sweep()
        private_folder(self.root, self.folder, "asterisk")
        atexit.register(self.stop)
        try:
            # Noted first: whatever happens from here on, a later start knows whose folder this is.
            runs.note(self.host_folder, [], {}, shared)
            self._configure()
            self.boot(shared)
        except BaseException:
            self.stop()
            raise

    def boot(self, shared: bool = False) -> None:
        """Asterisk alone, at its ports: also after `halt` and `kill`."""
        console = self.host_folder / "log/console.log"
        command = ["/usr/sbin/asterisk", "-f", "-C", f"{self.folder}/etc/asterisk.conf"]
        with open(console, "ab") as out:
            self.process = self.root.start(command, "asterisk", out)
        runs.note(self.host_folder, [self.process], {"manager": self.manager_port}, shared)
        wait_for(self._is_booted, self.process, console)

    def halt(self) -> None:
        """End it in order: it says goodbye to its managers and hangs up nothing."""
        self.console("core stop now")
        if self.process is not None:
            self.process.wait(timeout=30)

    def kill(self) -> None:
        """End it without warning."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it for good and take its folder away."""
        atexit.unregister(self.stop)
        end(self.process, signal.SIGTERM)
        shutil.rmtree(self.host_folder, ignore_errors=True)

    def check(self) -> None:
        """Raises when it has ended by itself."""
        if self.process is None or self.process.poll() is not None:
            raise BuildFailed(f"Asterisk ended by itself: {tail(self.log)}")

    def console(self, command: str) -> str:
        """What its own console answers; raises `BuildFailed` where it cannot be reached."""
        done = self._asked(command)
        if done.returncode != 0:
            raise BuildFailed(f"Asterisk's console refused {command!r}: {done.stdout.decode().strip()}")
        return done.stdout.decode()

    def _asked(self, command: str) -> subprocess.CompletedProcess[bytes]:
        asked = ["/usr/sbin/asterisk", "-C", f"{self.folder}/etc/asterisk.conf", "-rx", command]
        chrooted = ["chroot", "--userspec=asterisk:asterisk", str(self.root.path), *asked]
        return subprocess.run(chrooted, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def _is_booted(self) -> bool:
        return b"fully booted" in self._asked("core waitfullybooted").stdout

    def _configure(self) -> None:
        owner = self.root.owner("asterisk")
        for name in ("etc", "lib", "spool", "cache", "run", "log"):
            (self.host_folder / name).mkdir()
            os.chown(self.host_folder / name, *owner)
        values = {"folder": self.folder, "secret": self.secret, "manager_port": str(self.manager_port)}
        values["sip_port"] = str(self.sip[1])
        for name, (host, port) in self.telephones.items():
            values |= {f"host_{name}": host, f"phone_{name}": f"{host}:{port}"}
        for template in sorted(_TEMPLATES.glob("*.conf")):
            written = self.host_folder / "etc" / template.name
            written.write_text(_PLACE.sub(lambda found: values[found[1]], template.read_text()))
            os.chown(written, *owner)
            written.chmod(0o600)
