"""How a message is known to come from the exchange: the words of a profile's `trust:` block.

Each way says where the exchange puts its proof; the secrets themselves are in hub.yaml. `verify` looks.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from connectors.voip.webhook.paths import PathText

Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,80}$", to_lower=True)]
SIGNED_PARTS = ("body", "timestamp", "method", "url")
PART = re.compile(r"\{([a-z]+)\}")


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hmac(_Closed):
    """A keyed hash of the message in a header, made with `secret`.

    `over` is what is hashed: ``{body}``, or ``{timestamp}.{body}`` and the like; ``{url}`` is the setting
    `url`, ``{method}`` the request's. `timestamp` is the header with the time it was sent (epoch, seconds
    or milliseconds), of which `over` must speak, or it would prove nothing.
    """

    by: Literal["hmac"]
    header: Header
    hash: Literal["sha1", "sha256", "sha384", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    over: str = "{body}"
    timestamp: Header | None = None

    @field_validator("over")
    @classmethod
    def _known_parts(cls, value: str) -> str:
        unknown = [part for part in PART.findall(value) if part not in SIGNED_PARTS]
        if unknown or "{body}" not in value:
            raise ValueError("over is made of {body}, {timestamp}, {method} and {url}, {body} among them")
        return value

    @model_validator(mode="after")
    def _timestamp_is_signed(self) -> Self:
        if ("{timestamp}" in self.over) != (self.timestamp is not None):
            raise ValueError("timestamp (a header) and {timestamp} in over are given together")
        return self


class JwtHeader(_Closed):
    """A signed token in a header, made with `secret`. `message` are claims that may hold the message itself,
    ``.`` all of them: the first that holds a block is read instead of the body, which nobody signed.

    Without `message` the token proves that somebody has seen one, no more; `hub check` says so.
    `url` is the claim that holds the address it was sent to, compared with the setting `url`.
    """

    by: Literal["jwt_header"]
    header: Header
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    prefix: str = ""
    message: list[str] = Field(default_factory=list)
    url: str | None = None


class JwtBody(_Closed):
    """The body is a signed token, made with `secret`; its claims are the message."""

    by: Literal["jwt_body"]
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"


class Shared(_Closed):
    """The `token` itself, in a header, in the address after ``?``, or in the JSON. Seen once, it is known."""

    by: Literal["token"]
    header: Header | None = None
    prefix: str = ""
    query: str | None = None
    json_: PathText | None = Field(default=None, alias="json")
    encoding: Literal["plain", "base64"] = "plain"

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if [self.header, self.query, self.json_].count(None) != 2:
            raise ValueError("say one of header, query and json: where the token is")
        return self


class Basic(_Closed):
    """HTTP basic authentication: `user` and `password`."""

    by: Literal["basic"]


class Nothing(_Closed):
    """The exchange proves nothing. Needs `trust_network`, and loopback or `ips`."""

    by: Literal["nothing"]


Trust: TypeAlias = Annotated[Hmac | JwtHeader | JwtBody | Shared | Basic | Nothing, Field(discriminator="by")]

NEEDS: dict[str, tuple[str, ...]] = {
    "hmac": ("secret",),
    "jwt_header": ("secret",),
    "jwt_body": ("secret",),
    "token": ("token",),
    "basic": ("user", "password"),
    "nothing": (),
}
"""Which settings each way needs."""
