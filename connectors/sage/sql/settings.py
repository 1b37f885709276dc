"""What an admin says of a Sage 100 in `hub.yaml` whose base is read by SQL.

sage:
  kind: sage
  transport: sql
  url: mssql+pytds://hub_reader@SRV-SAGE:1433/COMPANY
  password: ${SAGE_PASSWORD}

The login needs the right to read, and should have no other: Sage forbids direct writes. With `imports`, what
changes goes out as import files, by the settings they have under `transport: files`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from connectors.sage.settings import Settings as FileSettings

DRIVERS = {
    "mssql": "mssql+pytds",
    "mssql+pytds": "mssql+pytds",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
}
"""The databases that are read, as an address may begin, and the driver that does it."""


class Settings(BaseModel):
    """How to reach one base of Sage 100, and as whom. Durations are in seconds unless said otherwise."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["sage"] = "sage"
    transport: Literal["sql"] = "sql"
    url: str = Field(description="The base's address: mssql+pytds://USER@SERVER:1433/BASE")
    password: SecretStr | None = Field(default=None, description="Of the login in `url`.")
    db_schema: str | None = Field(default=None, description="Where the tables are.")
    ca: Path | None = Field(default=None, description="Certificate authority file: encrypts the connection.")
    timezone: str = Field(default="Europe/Paris", description="Of the server's clock, which stamps changes.")
    overlap_minutes: float = Field(
        default=10, ge=1, le=1440, description="How far back each pull looks again."
    )
    connect_timeout: float = Field(default=10, gt=0, le=120)
    timeout: float = Field(default=120, gt=0, le=3600, description="How long one answer may take.")
    lock_timeout: float = Field(default=5, gt=0, le=60, description="How long to wait for a locked table.")

    imports: Path | None = Field(default=None, description="The folder the hub drops import files in.")
    acks: Path | None = Field(default=None, description="The folder of acknowledgements.")
    import_name: str = "{object}_{date}_{time}_{sequence}.csv"
    ack_by: Literal["suffix", "folder", "removal"] = "suffix"
    ack_ok: str = ".ok"
    ack_error: str = ".err"
    rejects: Literal["lines", "file"] = "lines"
    import_encoding: Literal["cp1252", "utf-8", "cp850", "iso8859-15"] = "cp1252"
    unfit: Literal["transliterate", "refuse"] = "transliterate"
    delimiter: str = ";"
    quote: Literal["minimal", "all", "none"] = "minimal"
    line_end: Literal["crlf", "lf"] = "crlf"
    header: bool = True
    decimal_comma: bool = True
    date_format: str = "%d/%m/%Y"
    yes: str = "1"
    no: str = "0"
    stable_seconds: float = Field(default=1.0, ge=0, le=60)
    pending_hours: float = Field(default=24, ge=0)
    keep_days: int = Field(default=90, ge=1)

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        try:
            found = make_url(url.strip())
        except ArgumentError:
            raise ValueError("must be an address such as mssql+pytds://hub@SERVER:1433/BASE") from None
        if found.drivername not in DRIVERS:
            raise ValueError(f"begins with {found.drivername}, which is none of {', '.join(sorted(DRIVERS))}")
        if found.password:
            raise ValueError("must not hold a password; use `password`")
        if not found.database:
            raise ValueError("names no base: it ends with /BASE")
        return found.set(drivername=DRIVERS[found.drivername]).render_as_string(hide_password=False)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone; write it as Europe/Paris") from None
        return name

    @model_validator(mode="after")
    def _files_fit(self) -> Settings:
        self.files()
        return self

    def files(self) -> FileSettings | None:
        """What its import files are like, as `transport: files` has it; ``None`` where it is only read."""
        if self.imports is None:
            return None
        given = self.model_dump(include=set(FileSettings.model_fields) - {"transport"}, exclude_unset=True)
        # What Sage shows is read from its base: the folder of exports named here is never looked at.
        return FileSettings(
            exports=self.imports / ".hub" / "exports", delimiter=given.pop("delimiter", ";"), **given
        )

    @property
    def address(self) -> URL:
        """The address without its password."""
        return make_url(self.url)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
