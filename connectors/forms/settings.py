"""What an admin says of a folder of forms in `hub.yaml`: where it is, whose it is, what is too much."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Limits(BaseModel):
    """What is refused as too much. Sizes in MiB, time in seconds, a whole file each.

    `memory_mib` holds the reading process; it is not enforced on Windows.
    """

    model_config = ConfigDict(extra="forbid")

    file_mib: int = Field(default=30, ge=1)
    pages: int = Field(default=60, ge=1)
    objects: int = Field(default=100_000, ge=100)
    fields: int = Field(default=3000, ge=1)
    memory_mib: int = Field(default=1024, ge=256)
    seconds: float = Field(default=30.0, gt=0)


class Backups(BaseModel):
    """Where replaced forms go, and how many of each are kept. Without a folder: `hub-backups` beside them."""

    model_config = ConfigDict(extra="forbid")

    folder: Path | None = None
    keep: int = Field(default=30, ge=1)


class Settings(BaseModel):
    """One folder of forms: either `out`, which the hub fills, or `inbox`, in which people drop filled forms.

    `descriptions`: the folder of form descriptions (YAML), or one; `blanks`: the folder of the blank PDFs
    they name, where it is another. `stable_seconds`: a file must look the same twice, this far apart, to be
    read.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["forms"] = "forms"
    descriptions: Path
    blanks: Path | None = None
    out: Path | None = None
    inbox: Path | None = None
    stable_seconds: float = Field(default=0.5, ge=0, le=60)
    backups: Backups = Field(default_factory=Backups)
    limits: Limits = Field(default_factory=Limits)

    @model_validator(mode="after")
    def _one_folder(self) -> Self:
        if (self.out is None) == (self.inbox is None):
            raise ValueError(
                "give either out (a folder the hub fills forms into) or inbox (one in which filled forms are "
                "dropped); for both, two systems"
            )
        return self

    @property
    def folder(self) -> Path:
        """The folder of the forms."""
        found = self.out or self.inbox
        assert found is not None
        return found
