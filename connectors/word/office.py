"""Has LibreOffice make a .docx of what we do not read ourselves: .doc, .rtf, .odt. Where it is installed.

Promises: it runs without a window, on a copy, in a user profile of its own that is thrown away (a person's
LibreOffice may be open meanwhile), and is ended, with all it started, when its time is up. Documents' macros
do not run. Never: installs anything, or touches the file itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.word.faults import Fault

PROGRAMS = ("soffice", "libreoffice")
WINDOWS = Path(r"C:\Program Files\LibreOffice\program\soffice.exe")


@dataclass(frozen=True, slots=True)
class Office:
    """LibreOffice as it is found here. `program` names it where it is on no path; `seconds`: for one file."""

    program: str | None = None
    seconds: float = 60

    def found(self) -> str | None:
        """The program, or ``None`` where there is none."""
        for name in (self.program,) if self.program else PROGRAMS:
            path = shutil.which(name)
            if path:
                return path
        return str(WINDOWS) if not self.program and sys.platform == "win32" and WINDOWS.exists() else None

    def convert(self, source: Path, kind: str, folder: Path, shown: str) -> Path:
        """A .docx of `source` in `folder`, which is private and empty. Raises `Fault`."""
        program = self.found()
        if program is None:
            raise Fault(
                f"{shown} is a .{kind} file: it takes LibreOffice to read it, which is not installed here",
                todo="install LibreOffice Writer (Debian: libreoffice-writer-nogui); or save it as .docx",
            )
        copy, made = folder / f"document.{kind}", folder / "out"
        made.mkdir()
        shutil.copyfile(source, copy)
        said = self._run(arguments(program, copy, made, folder / "profile"), folder, shown)
        answer = made / "document.docx"
        if not answer.exists():
            why = f"LibreOffice said: {said}" if said else "LibreOffice made no file of it"
            raise Fault(f"{shown} could not be converted", why, "open it in Word and save it as .docx")
        return answer

    def _run(self, command: Sequence[str], folder: Path, shown: str) -> str:
        """Its last line of complaint."""
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env=_environment(folder), start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip
        except OSError as error:
            raise Fault(
                f"{shown}: LibreOffice cannot be started", str(error), "check its installation"
            ) from error
        try:
            said, _ = process.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired as error:
            raise Fault(
                f"{shown} could not be converted within {self.seconds:.0f} s",
                todo="open it in Word and save it as .docx; raise the limit if it is sound",
            ) from error
        finally:
            _end(process)
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""


def arguments(program: str, source: Path, folder: Path, profile: Path) -> list[str]:
    """The command line: without window, first-start questions or locks, in a user profile of its own."""
    return [
        program, "--headless", "--invisible", "--norestore", "--nologo", "--nolockcheck", "--nodefault",
        "--nofirststartwizard", f"-env:UserInstallation={profile.absolute().as_uri()}",
        "--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder), str(source),
    ]  # fmt: skip


_KEPT = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "PROGRAMFILES", "LANG", "LC_ALL")


def _environment(folder: Path) -> dict[str, str]:
    """No secret of the hub's reaches it, and its home is the private folder."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "HOME": str(folder), "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and what it started, which lives in a session of its own."""
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
