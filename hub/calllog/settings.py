"""The block of `kind: calls` in hub.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """The hub's own log of calls, as a system that mappings can name. It has no settings."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["calls"] = "calls"
