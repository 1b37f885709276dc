"""The block of `kind: maintenance` in hub.yaml: which contracts, how visits are planned, what is told."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hub.maintenance.terms import TERMS


class Planning(BaseModel):
    """How visits are planned."""

    model_config = ConfigDict(extra="forbid", strict=True)

    months: int = Field(default=12, ge=1, le=60)
    """Visits due within so many months are planned; later ones are not yet."""
    due: Literal["start", "middle", "end"] = "start"
    """When within its period a visit is due: a contract of two visits a year has periods of six months."""
    town_days: int = Field(default=10, ge=0, le=60)
    """A visit may move by so many days, within its period, to fall on a day somebody is in that town."""
    per_day: int = Field(default=4, ge=1, le=100)
    """Visits of one town that are brought together on one day, at most."""
    hours: float = Field(default=2, gt=0, le=24)
    """How long a visit takes where the contract does not say."""
    day_starts: str = Field(default="08:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """When the first visit of a day begins."""
    holidays: str | None = "FR"
    """The country whose public holidays nobody is sent out on (ISO 3166-1); null for none."""


class Alerts(BaseModel):
    """What a person is told of."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ending_days: int = Field(default=90, ge=0, le=730)
    """A contract ends in so many days; 0 for no alert."""
    overdue_days: int = Field(default=7, ge=0, le=365)
    """A visit's day went by so many days ago, and it is not done."""
    unplanned_days: int = Field(default=30, ge=0, le=365)
    """A visit is due in so many days or fewer, and nobody has confirmed it; 0 for no alert."""


class Settings(BaseModel):
    """Visits, alerts and questions of maintenance contracts, as a system that mappings can name."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["maintenance"] = "maintenance"
    contracts: str = Field(default="contract", pattern=r"^[a-z][a-z0-9_]*$")
    """The entity whose golden records are the contracts."""
    visits: str = Field(default="visit", pattern=r"^[a-z][a-z0-9_]*$")
    """The entity whose mapping names the object `visit`."""
    interventions: str = Field(default="intervention", pattern=r"^[a-z][a-z0-9_]*$")
    """The entity of interventions, which wait to be confirmed where they were read out of a form."""
    fields: dict[str, str] = Field(default_factory=dict)
    """Our name of a term → the contract's field that says it, where they differ (see `TERMS`)."""
    planning: Planning = Field(default_factory=Planning)
    alerts: Alerts = Field(default_factory=Alerts)
    timezone: str = "Europe/Paris"

    @field_validator("fields")
    @classmethod
    def _terms(cls, value: dict[str, str]) -> dict[str, str]:
        strangers = [name for name in value if name not in TERMS]
        if strangers:
            raise ValueError(f"{strangers[0]} is no term of a contract; they are {', '.join(TERMS)}")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise ValueError(f"there is no time zone {value}") from error
        return value

    def field_of(self, term: str) -> str:
        """The contract's field that says this term."""
        return self.fields.get(term, term)
