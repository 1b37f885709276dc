"""The `brakes:` block of hub.yaml: what counts as too much at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hub.brakes import Limits, Share


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Deletions(_Closed):
    """More than `floor` records gone or archived, and more than `share` of those known, are too many."""

    share: Annotated[float, Field(gt=0, le=1)] = Field(default=0.2, description="From 0 to 1.")
    floor: Annotated[int, Field(ge=0)] = Field(default=5, description="So many are never too many.")


class Changes(_Closed):
    """The same for known records that say something else."""

    share: Annotated[float, Field(gt=0, le=1)] = Field(default=0.5, description="From 0 to 1.")
    floor: Annotated[int, Field(ge=0)] = Field(default=20, description="So many are never too many.")


class Brakes(_Closed):
    """What counts as too much at once; see docs/operations.md."""

    deletions: Deletions = Field(
        default_factory=Deletions, description="Records gone, or archived, in one look."
    )
    changes: Changes = Field(
        default_factory=Changes, description="Known records saying something else in one look."
    )
    creations: Annotated[int, Field(ge=0)] = Field(
        default=20, description="So many may be created in a system even where more are created than linked."
    )

    def limits(self) -> Limits:
        """The same, as the engine takes it."""
        return Limits(
            Share(self.deletions.share, self.deletions.floor),
            Share(self.changes.share, self.changes.floor),
            self.creations,
        )
