"""What an admin says of a workbook in `hub.yaml`: where it is, what may be done to it, what is too much."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Limits(BaseModel):
    """What is refused as too much. The defaults let 200,000 rows of 20 columns through, and no bomb.

    Sizes in MiB, time in seconds. `unpacked_mib` is the sum of the parts as the archive declares them (an
    archive that lies about it is damaged); `ratio` is unpacked over packed size of one part above 10 MiB.
    `memory_mib` holds the reading process; it is not enforced on Windows, where `unpacked_mib` bounds it in
    its place.
    """

    model_config = ConfigDict(extra="forbid")

    file_mib: int = Field(default=100, ge=1)
    unpacked_mib: int = Field(default=600, ge=1)
    ratio: int = Field(default=200, ge=2)
    members: int = Field(default=4000, ge=1)
    cells: int = Field(default=8_000_000, ge=1)
    memory_mib: int = Field(default=2048, ge=128)
    seconds: float = Field(default=180.0, gt=0)


class Backups(BaseModel):
    """Where replaced workbooks go, and how many are kept. Without a folder: `hub-backups` beside the file."""

    model_config = ConfigDict(extra="forbid")

    folder: Path | None = None
    keep: int = Field(default=30, ge=1)


class Settings(BaseModel):
    """One workbook, by its `path`, or all workbooks of a `folder` whose names fit `pattern`, as one system.

    `leave_out`: names or patterns of workbooks of the folder that are no part of it. A workbook that was read
    once and is gone suspends deletions until it is back, or is named here.
    `stable_seconds`: a file must look the same twice, this far apart, before it is read.
    `stale_lock_hours`: a lock file older than this is taken for one that a crash left behind (0: never).
    The default is a week: a workbook left open over a long week-end must not be written under its user's
    hands. `read_while_open`: whether the saved state of a workbook that someone has open is read (it is
    never written).
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["excel"] = "excel"
    path: Path | None = None
    folder: Path | None = None
    pattern: str = "*.xlsx"
    leave_out: list[str] = Field(default_factory=list)
    read_only: bool = False
    read_while_open: bool = True
    stable_seconds: float = Field(default=0.5, ge=0, le=60)
    stale_lock_hours: float = Field(default=168, ge=0)
    backups: Backups = Field(default_factory=Backups)
    limits: Limits = Field(default_factory=Limits)

    @model_validator(mode="after")
    def _names_something(self) -> Settings:
        if (self.path is None) == (self.folder is None):
            raise ValueError("name one workbook (path), or a folder of them (folder, pattern)")
        return self

    @property
    def place(self) -> Path:
        """The workbook, or the folder of workbooks."""
        place = self.path or self.folder
        assert place is not None
        return place

    def of_file(self, path: Path) -> Settings:
        """The same settings for one workbook of the folder."""
        return self.model_copy(update={"path": path, "folder": None})
