"""Certificates for the tests, made by openssl: an authority of our own and what it signs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

_CONFIG = """\
[ca]
default_ca = ours
[ours]
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


class Authority:
    """A certificate authority in a folder; `file` is what is given as `ca`."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("openssl")
        if found is None:
            pytest.skip("openssl is not installed: no certificate can be made")
        self._openssl, self._folder = found, folder
        self.file = folder / "authority.pem"
        folder.mkdir()
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        (folder / "ca.cnf").write_text(_CONFIG.format(folder=folder))
        self._run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Our authority",
                  "-keyout", folder / "authority.key", "-out", self.file)  # fmt: skip

    def signed(self, name: str, subject: str, *, days: tuple[int, int] = (-1, 2)) -> Path:
        """A file with a key and a certificate for this host name, valid between these days from now."""
        key, request, both = (self._folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        self._run(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={subject}", "-keyout", key, "-out", request
        )
        extensions = self._folder / f"{name}.ext"
        kind = "IP" if subject.replace(".", "").isdecimal() else "DNS"
        extensions.write_text(f"subjectAltName={kind}:{subject}\nbasicConstraints=CA:FALSE\n")
        begins, ends = ((datetime.now(UTC) + timedelta(days=day)).strftime("%y%m%d%H%M%SZ") for day in days)
        self._run("ca", "-batch", "-config", self._folder / "ca.cnf", "-cert", self.file, "-keyfile",
                  self._folder / "authority.key", "-in", request, "-out", both, "-extfile", extensions,
                  "-startdate", begins, "-enddate", ends, "-notext")  # fmt: skip
        both.write_text(key.read_text() + both.read_text())
        return both

    def _run(self, *words: object) -> None:
        command: Sequence[str] = [self._openssl, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
