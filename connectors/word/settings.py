"""What an admin says of a folder of documents in `hub.yaml`: where it is, how it is read, and its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Limits(BaseModel):
    """What is refused as too much in one document. Sizes in MiB, times in seconds.

    `unpacked_mib` is the sum of the parts as the archive declares them; `ratio` is unpacked over packed size
    of one part above 10 MiB. `memory_mib` holds the reading process; it is not enforced on Windows.
    `convert_seconds` is what LibreOffice may take for one `.doc`.
    """

    model_config = ConfigDict(extra="forbid")

    file_mib: int = Field(default=50, ge=1)
    unpacked_mib: int = Field(default=400, ge=1)
    ratio: int = Field(default=200, ge=2)
    members: int = Field(default=4000, ge=1)
    memory_mib: int = Field(default=1024, ge=128)
    seconds: float = Field(default=30.0, gt=0)
    convert_seconds: float = Field(default=60.0, gt=0)


class Backups(BaseModel):
    """Where replaced documents go, and how many of each are kept. Without a folder: `hub-backups` in it."""

    model_config = ConfigDict(extra="forbid")

    folder: Path | None = None
    keep: int = Field(default=30, ge=1)


class Settings(BaseModel):
    """One folder of documents.

    `patterns` say what a document's file name looks like, `leave_out` which of them are none (templates,
    letters): both are matched with the name, and with the path from the folder, upper and lower case alike.
    `stable_seconds`: files must look the same twice, this far apart, before they are read.
    `stale_lock_hours`: a lock file older than this is taken for one that a crash left behind (0: never).
    `read_while_open`: whether the saved state of a document that someone has open is read (it is never
    written). `office` names LibreOffice's program where it is on no path.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["word"] = "word"
    path: Path
    profiles: Path
    patterns: list[Pattern] = Field(default=["*.docx", "*.docm", "*.doc"], min_length=1)
    leave_out: list[Pattern] = Field(default=[])
    recursive: bool = True
    read_only: bool = False
    read_while_open: bool = True
    stable_seconds: float = Field(default=0.5, ge=0, le=60)
    stale_lock_hours: float = Field(default=168, ge=0)
    office: str | None = None
    backups: Backups = Field(default_factory=Backups)
    limits: Limits = Field(default_factory=Limits)
