"""What `hub.yaml` says of one Asterisk.

    exchange:
      kind: ami
      host: pbx.example.com
      user: hub
      secret: ${AMI_SECRET}

The manager interface sends everything in clear unless `tls` is set; the secret itself never travels, with or
without it (MD5 challenge).
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
)

DialFormat = Literal["e164", "international", "national"]

_PLACE = re.compile(r"\{(.*?)\}|[{}]")


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as problem:
        raise ValueError(f"is no regular expression: {problem}") from None
    return pattern


def _template(text: str) -> str:
    """Where only `{agent}` and `{number}` may stand: anything else in braces would be sent as it is."""
    for found in _PLACE.finditer(text):
        if found[1] not in ("agent", "number"):
            raise ValueError("may hold {agent} and {number}, and no other brace")
    return text


OneLine = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$", max_length=200)]
Template = Annotated[OneLine, AfterValidator(_template)]
Pattern = Annotated[str, AfterValidator(_compiles)]


class Settings(BaseModel):
    """How to reach one Asterisk, and as whom. Durations are in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["ami"] = "ami"
    host: Annotated[OneLine, StringConstraints(min_length=1)] = Field(
        description="The exchange's name or address."
    )
    port: int = Field(default=5038, ge=1, le=65535, description="Of the manager interface; TLS: often 5039.")
    tls: bool = Field(default=False, description="Encrypt (`tlsenable` of manager.conf).")
    ca: Path | None = Field(default=None, description="Certificate authority file, for a private one.")
    user: OneLine = Field(description="The hub's own section of manager.conf.")
    secret: SecretStr = Field(description="Its `secret`.")

    agents: Pattern | None = Field(
        default=None,
        description="What a telephone of ours is called, as a regular expression: 2 to 6 digits.",
    )
    trunks: Pattern | None = Field(
        default=None, description="What a line to the outside is called, where it looks like a telephone."
    )

    channel: Template = Field(default="PJSIP/{agent}", description="How an agent's telephone is called.")
    context: OneLine = Field(
        default="from-internal", description="The dialplan context agents' telephones dial in."
    )
    caller_id: Template = Field(
        default="{number}", description="What the agent's telephone shows while a click rings it."
    )
    dial_format: DialFormat = Field(default="e164", description="How the dialplan wants numbers.")
    dial_prefix: Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,6}$")] | None = Field(
        default=None, description="Digits for an outside line."
    )
    country_code: Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,2}$")] = Field(
        default="33", description="`national`: the country whose numbers are dialled without it."
    )
    ring_seconds: int = Field(default=30, ge=5, le=300, description="How long a click rings the telephone.")

    connect_timeout: float = Field(default=10, gt=0, le=120, description="Until the login must be done.")
    timeout: float = Field(default=10, gt=0, le=120, description="How long one answer may take.")
    keep_alive: float = Field(default=30, ge=1, le=3600, description="Silence after which a Ping is sent.")

    @field_validator("secret")
    @classmethod
    def _some_secret(cls, secret: SecretStr) -> SecretStr:
        if not secret.get_secret_value():
            raise ValueError("is empty")
        return secret

    @field_validator("channel")
    @classmethod
    def _names_the_agent(cls, channel: str) -> str:
        if "{agent}" not in channel or "/" not in channel:
            raise ValueError("must be a channel with the agent's extension in it, such as PJSIP/{agent}")
        return channel

    @property
    def place(self) -> str:
        """For people: where this exchange is."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def in_clear(self) -> bool:
        """Whether who calls whom travels unencrypted beyond this machine."""
        if self.tls or self.host == "localhost":
            return False
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return True
