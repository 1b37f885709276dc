"""The `brakes:` block of hub.yaml: what counts as too much at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hub.brakes import Limits, Share


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ShareDoc(_Closed):
    """More than `floor` records, and more than `share` of those known, is too many at once."""

    share: Annotated[float, Field(gt=0, le=1)] = Field(description="From 0 to 1.")
    floor: Annotated[int, Field(ge=0)] = Field(description="So many are never too many.")

    def measure(self) -> Share:
        return Share(self.share, self.floor)


class Brakes(_Closed):
    """What counts as too much at once; see docs/operations.md."""

    deletions: ShareDoc = Field(
        default=ShareDoc(share=0.2, floor=5), description="Records gone, or archived, in one look."
    )
    changes: ShareDoc = Field(
        default=ShareDoc(share=0.5, floor=20), description="Known records saying something else in one look."
    )
    creations: Annotated[int, Field(ge=0)] = Field(
        default=20, description="So many may be created in a system even where more are created than linked."
    )

    def limits(self) -> Limits:
        """The same, as the engine takes it."""
        return Limits(self.deletions.measure(), self.changes.measure(), self.creations)
