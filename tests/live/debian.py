"""A Debian root folder of another release than the host's, and commands run inside it.

Promises: nothing stays mounted after a command (each has a mount namespace of its own), nothing is started by
installing a package, and the packages come from the mirror the host's own apt uses.
Never: touches the host beyond installing what is asked of `install_on_host`, reads or writes an address in
the project.

Standard library only: it runs before anything of the project is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

# A step of the build and all its children end with us, even killed, and leave no mount behind.
_TOGETHER = ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--"]
# The shell runs in a private mount namespace; exec keeps one process id from here to the command itself.
_ENTER = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
_APT = [
    "apt-get",
    "-y",
    "-o",
    "Acquire::Check-Valid-Until=false",
    "-o",
    "Acquire::Retries=3",
    "-o",
    "Dpkg::Use-Pty=0",
    "-o",
    "DPkg::Lock::Timeout=300",
    "-o",
    "Dpkg::Options::=--force-unsafe-io",
    "-o",
    "Dpkg::Options::=--force-confold",
]
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "DEBIAN_FRONTEND": "noninteractive",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "HOME": "/tmp",
}


# The host's own apt serves one at a time; two roots may be made side by side.
_HOST = threading.Lock()


class Unavailable(Exception):
    """This machine cannot have the packages (no root, no mirror, no network): a reason, not a failure."""


class BuildFailed(Exception):
    """The packages were had, yet a step that must work did not."""


class Root:
    """One Debian root folder. ``log`` receives the output of every step that builds it."""

    def __init__(self, path: Path, log: Path) -> None:
        self.path = path
        self.log = log

    def bootstrap(self, suite: str) -> None:
        """Make a minimal root of `suite`, whole or not at all."""
        require_root()
        mirror = debian_mirror(self.log)
        _need_debootstrap(self.log)
        partial = self.path.with_name(self.path.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        command = ["--variant=minbase", suite, str(partial), mirror]
        proxy = _apt_setting("Acquire::http::Proxy")
        environment = dict(os.environ, **({"http_proxy": proxy} if proxy else {}))
        if _logged([*_TOGETHER, "debootstrap", "--download-only", *command], self.log, environment) != 0:
            raise Unavailable(f"Debian {suite} could not be downloaded: {_last_words(self.log)}")
        if _logged([*_TOGETHER, "debootstrap", *command], self.log, environment) != 0:
            raise BuildFailed(
                f"debootstrap of {suite} failed: {_last_words(self.log)} (whole log: {self.log})"
            )
        (partial / "etc/apt/sources.list").write_text(f"deb {mirror} {suite} main\n")
        _carry_apt_settings(partial)
        _forbid_services(partial)
        partial.rename(self.path)

    def install(self, packages: Sequence[str], from_unstable: Sequence[str] = ()) -> None:
        """Install packages; those in `from_unstable` come from there, what they need from the root's own."""
        if from_unstable:
            self._let_in_unstable(from_unstable)
        names = " ".join([*packages, *from_unstable])
        wanted = ["--no-install-recommends", "install", *packages, *from_unstable]
        # An earlier installation may have been cut off.
        _logged(self._step(["dpkg", "--configure", "-a"]), self.log)
        if self._apt("update") != 0 or self._apt("--download-only", *wanted) != 0:
            raise Unavailable(f"{names} could not be downloaded: {_last_words(self.log)}")
        if self._apt(*wanted) != 0:
            raise BuildFailed(f"{names} did not install: {_last_words(self.log)} (log: {self.log})")
        self._apt("clean")
        for lists in (self.path / "var/lib/apt/lists").glob("*_Packages*"):
            lists.unlink()

    def _let_in_unstable(self, packages: Sequence[str]) -> None:
        sources = self.path / "etc/apt/sources.list"
        mirror = sources.read_text().split()[1]
        (self.path / "etc/apt/sources.list.d/unstable.list").write_text(f"deb {mirror} sid main\n")
        pins = [("*", 50), *((package, 600) for package in packages)]
        (self.path / "etc/apt/preferences.d/unstable").write_text(
            "\n".join(f"Package: {name}\nPin: release n=sid\nPin-Priority: {rank}\n" for name, rank in pins)
        )

    def _apt(self, *arguments: str) -> int:
        return _logged(self._step([*_APT, *arguments]), self.log)

    def _step(self, argv: Sequence[str], user: str = "root") -> list[str]:
        """The host command that runs one step of the build inside."""
        return [
            *_TOGETHER,
            "sh",
            "-c",
            _ENTER,
            str(self.path),
            "setpriv",
            *_as(user),
            *_with_environment(argv),
        ]

    def run(self, argv: Sequence[str], user: str, stdin: str = "") -> str:
        """Run to the end and give back its standard output; its standard error goes to the log."""
        entered = self._step(argv, user)
        with open(self.log, "ab") as errors:
            done = subprocess.run(
                entered, input=stdin.encode(), stdout=subprocess.PIPE, stderr=errors, check=False
            )
        if done.returncode != 0:
            raise BuildFailed(f"{argv[0]} ended with {done.returncode}: {_last_words(self.log)}")
        return done.stdout.decode()

    def start(self, argv: Sequence[str], user: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a server inside; its id is the one returned. It ends when its starter does."""
        inside = ["setpriv", *_as(user), "--pdeathsig=TERM", *_with_environment(argv)]
        return subprocess.Popen(
            ["unshare", "--mount", "--", "sh", "-c", _ENTER, str(self.path), *inside],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def owner(self, user: str) -> tuple[int, int]:
        """The numeric user and group of a user of this root."""
        for line in (self.path / "etc/passwd").read_text().splitlines():
            name, _, uid, gid, *_ = line.split(":")
            if name == user:
                return int(uid), int(gid)
        raise BuildFailed(f"{self.path} has no user {user}")


def _as(user: str) -> list[str]:
    return [f"--reuid={user}", f"--regid={user}", "--init-groups"]


def _with_environment(argv: Sequence[str]) -> list[str]:
    return ["env", "-i", *(f"{name}={value}" for name, value in _ENVIRONMENT.items()), *argv]


def require_root() -> None:
    """A root folder needs root, and the right to mount."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise Unavailable("a Debian root can be made by root only")
    if shutil.which("apt-get") is None:
        raise Unavailable("this machine has no apt-get")
    mounting = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
    if mounting.returncode != 0:
        raise Unavailable(f"root may not mount here, as in some containers ({mounting.stderr.strip()})")


def debian_mirror(log: Path) -> str:
    """The mirror of the host's own apt configuration."""
    with _HOST:
        found = _listed_mirror()
        # apt tells of its mirrors only once it has read them.
        if found is None and _logged([*_APT, "update"], log) == 0:
            found = _listed_mirror()
    if found is None:
        raise Unavailable(f"apt on this machine reaches no Debian mirror: {_last_words(log)}")
    return found


def _listed_mirror() -> str | None:
    shape = "$(SITE)|$(ORIGIN)|$(LABEL)"
    asked = ["apt-get", "indextargets", "--format", shape]
    listed = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.splitlines()
    rows = [line.split("|") for line in listed]
    return next((site for site, origin, label in rows if (origin, label) == ("Debian", "Debian")), None)


def _need_debootstrap(log: Path) -> None:
    with _HOST:
        if shutil.which("debootstrap"):
            return
    install_on_host(["debootstrap", "debian-archive-keyring"], log)


def install_on_host(packages: Sequence[str], log: Path) -> None:
    """Packages of the host's own Debian, by its own apt. Raises `Unavailable`."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Unavailable(f"{packages[0]} is not here, and only root on a Debian can install it")
    wanted = [*_APT, "install", "--no-install-recommends", *packages]
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with _HOST:
        if _logged([*_APT, "update"], log, environment) != 0 or _logged(wanted, log, environment) != 0:
            raise Unavailable(f"{packages[0]} could not be installed: {_last_words(log)}")


def _carry_apt_settings(root: Path) -> None:
    """The way to the mirror (proxy, certificates, clock) is the host's: the same settings hold inside."""
    kept = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::ForceIPv")
    dump = subprocess.run(
        ["apt-config", "dump"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    lines = [line for line in dump if line.startswith(kept) and not line.endswith('"";')]
    (root / "etc/apt/apt.conf.d/90host").write_text("\n".join(lines) + "\n")
    for name in ("etc/resolv.conf", "etc/hosts", "etc/ssl/certs/ca-certificates.crt"):
        source, target = Path("/", name), root / name
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)


def _forbid_services(root: Path) -> None:
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    created = root / "etc/postgresql-common/createcluster.conf"
    created.parent.mkdir(parents=True, exist_ok=True)
    created.write_text("create_main_cluster = false\n")
    excluded = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")
    (root / "etc/dpkg/dpkg.cfg.d/90small").write_text("".join(f"path-exclude={path}\n" for path in excluded))


def _apt_setting(name: str) -> str:
    asked = ["apt-config", "shell", "VALUE", name]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return answer.removeprefix("VALUE=").strip("'")


def _logged(argv: Sequence[str], log: Path, environment: dict[str, str] | None = None) -> int:
    with open(log, "ab") as out:
        return subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment, check=False
        ).returncode


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines[-40:] if line.startswith(("E:", "FATAL", "Traceback")) or "rror" in line]
    return " / ".join((errors or lines)[-3:]) or "no output"
