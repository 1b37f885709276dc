"""What an admin says of a hosted exchange in `hub.yaml`: which one, where it posts to, how it is trusted.

standard:
  kind: webhook
  profile: aircall               # or map: our-exchange.yaml
  port: 8471
  path: /calls/standard
  token: ${AIRCALL_TOKEN}
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from connectors.voip.webhook.trust import Trust

Network = IPv4Network | IPv6Network
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Settings(BaseModel):
    """One hosted exchange that posts what happens (or, OVHcloud, that is asked).

    `profile` names a map that ships, `map` is a file of your own; exactly one of them. `trust` stands instead
    of the profile's own way of knowing who posts. `secret` is what signatures are made with, `token` what is
    sent along in clear, `user` and `password` are HTTP basic authentication's.

    `host`, `port`, `path`: where it listens. `url` is the address the exchange itself posts to, for
    signatures that are made over it. `certificate` and `key`: PEM files, where no reverse proxy stands in
    front. `ips`: only from these addresses and networks; `proxies`: whose ``X-Forwarded-For`` is believed.
    `trust_network`: no authentication at all, which needs loopback or `ips` as well.

    `window`: how old, in seconds, a message may be; empty: as the profile says. `remember_hours`: how long a
    message is known again. `max_body_kib`, `timeout` (seconds for a whole request), `connections`: bounds.
    `timezone`: of times that name none. `poll_url`: instead of the address the profile asks.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    kind: Literal["webhook"] = "webhook"
    profile: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")] | None = None
    map: Path | None = None
    trust: Trust | None = None

    secret: SecretStr | None = None
    token: SecretStr | None = None
    user: str | None = None
    password: SecretStr | None = None

    host: str = "127.0.0.1"
    port: int = Field(default=8471, ge=0, le=65535)
    path: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._~/-]*$", max_length=200)] = "/calls"
    url: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = None
    certificate: Path | None = None
    key: Path | None = None
    ips: list[Network] = Field(default_factory=list)
    proxies: list[Network] = Field(default_factory=list)
    trust_network: bool = False

    window: float | None = Field(default=None, gt=0)
    remember_hours: float = Field(default=24, gt=0, le=24 * 31)
    max_body_kib: int = Field(default=64, ge=1, le=1024)
    timeout: float = Field(default=10, gt=0, le=60)
    connections: int = Field(default=32, ge=1, le=1000)
    timezone: str = "Europe/Paris"
    poll_url: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = None

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as unknown:
            raise ValueError(f"{value!r} is no time zone, such as Europe/Paris") from unknown
        return value

    @field_validator("secret", "token", "password")
    @classmethod
    def _not_empty(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("is empty: leave it out, or give it")
        return value

    @model_validator(mode="before")
    @classmethod
    def _one_map(cls, data: Any) -> Any:
        if isinstance(data, dict) and (data.get("profile") is None) == (data.get("map") is None):
            raise ValueError("say profile: (a map that ships) or map: (a file of your own), one of the two")
        return data

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key are given together")
        return self

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the receiver."""
        return self.host in LOOPBACK
