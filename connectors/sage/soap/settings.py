"""What `hub.yaml` says of one folder of a Sage X3.

    sage:
      kind: sage
      transport: soap
      url: https://x3.example.com:8124
      pool: HUBPOOL                   # Administration › Classic SOAP pools
      user: hub
      password: ${X3_PASSWORD}        # or token: ${X3_TOKEN}
      publications: {BPC: YWSBPC, SIH: YWSSIH}

`pool` is what names the folder: each pool of X3 belongs to one folder, one language and one X3 user.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

SERVICE = "CAdxWebServiceXmlCC"
PATH = f"/soap-generic/syracuse/collaboration/syracuse/{SERVICE}"
OLD_PATH = f"/adxwsvc/services/{SERVICE}"
"""Where the service listens on its server, since V7 and before."""


class Settings(BaseModel):
    """One folder of a Sage X3. Durations are in seconds unless said otherwise.

    `url` is the server's address; a whole address of the service (with ``CAdxWebServiceXmlCC`` in it) is
    taken as it is. All of V7 to V12 and later are reached alike; in `version: 6` user and password travel in
    each request. `user` is a Syracuse user, in version 6 an X3 user.

    `publications`: a mapping's `object` → the name it is published under; itself where it is not listed.

    `timezone` is that of the server's clock, which stamps changes.

    `list_size`: lines X3 is asked for at once in a list. `key_characters`: what keys may consist of, besides
    what is seen in them; a list longer than `list_size` is read by the beginnings of its keys.

    `read_all_minutes`: how often every record is read, where the list does not show what changed
    (`changed_by` in the mapping); `overlap_seconds`: how far back it is read again where it does.

    `doubt_seconds`: how long after a lost answer a document that is not there is not made again, since X3
    may be at it still.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["sage"] = "sage"
    transport: Literal["soap"] = "soap"

    url: str
    version: int = Field(default=12, ge=6, le=99)
    user: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    pool: str = Field(min_length=1)
    pool_id: str | None = None
    language: str = Field(default="FRA", pattern=r"^[A-Z]{3}$")
    timezone: str = "Europe/Paris"
    publications: dict[str, str] = Field(default_factory=dict)
    result: Literal["xml", "json"] = "xml"
    request_config: str | None = None

    at_once: int = Field(default=3, ge=1, le=16)
    list_size: int = Field(default=5000, ge=2, le=20_000)
    key_characters: str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./ "
    read_all_minutes: float = Field(default=60, ge=0)
    overlap_seconds: int = Field(default=120, ge=0, le=86_400)
    doubt_seconds: float = Field(default=120, ge=0, le=3600)

    ca: Path | None = None
    verify: bool = True
    connect_timeout: float = Field(default=10, gt=0, le=120)
    timeout: float = Field(default=120, gt=0, le=3600)
    answer_mib: int = Field(default=64, ge=1, le=1024)

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as https://x3.example.com:8124")
        if parts.username or parts.password:
            raise ValueError("must not hold a password; use `user` and `password`")
        if parts.fragment or parts.query not in ("", "wsdl"):
            raise ValueError("must end after the server's name, or after CAdxWebServiceXmlCC")
        path = parts.path.rstrip("/").replace("/soap-wsdl/", "/soap-generic/")
        if path and not path.endswith(SERVICE):
            raise ValueError(f"must end after the server's name, or after {SERVICE}")
        return f"{parts.scheme}://{parts.netloc}{path}"

    @field_validator("timezone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone; write it as Europe/Paris") from None
        return name

    @field_validator("key_characters")
    @classmethod
    def _no_wildcard(cls, value: str) -> str:
        if "*" in value or not value or not value.isprintable():
            raise ValueError(
                "key_characters are printable characters, without *, which stands for any of them"
            )
        return value

    @field_validator("request_config")
    @classmethod
    def _no_result_mode(cls, value: str | None) -> str | None:
        if value is not None and "adxwss.optreturn" in value:
            raise ValueError("choose the form of the answers by `result: xml` or `result: json`")
        return value.strip("&") if value else None

    @model_validator(mode="after")
    def _some_secret(self) -> Self:
        if self.is_old and self.token is not None:
            raise ValueError("`token` is for V7 and later; version 6 knows `user` and `password`")
        if self.token is not None and self.password is not None:
            raise ValueError("give `password` or `token`, not both")
        if self.token is None and (not self.user or self.password is None):
            raise ValueError("needs `user` with `password`, or `token`")
        if self.token is not None and not _is_one_word(self.token.get_secret_value()):
            raise ValueError("`token` holds a blank, a line end or a letter that no token has; copy it anew")
        return self

    @property
    def is_old(self) -> bool:
        """Version 6: another address, and the login in each request."""
        return self.version < 7

    @property
    def address(self) -> str:
        """Where calls go, whatever address the server's own WSDL names."""
        return self.url if self.url.endswith(SERVICE) else self.url + (OLD_PATH if self.is_old else PATH)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def in_clear(self) -> bool:
        """Whether secret and records travel unencrypted beyond this machine."""
        parts = urlsplit(self.url)
        if parts.scheme == "https" or parts.hostname == "localhost":
            return False
        try:
            return not ip_address(parts.hostname or "").is_loopback
        except ValueError:
            return True

    def publication(self, object: str) -> str:
        """The name under which a mapping's object is published on this site."""
        return self.publications.get(object, object)


def _is_one_word(token: str) -> bool:
    """Whether it can stand in an HTTP header: what cannot would be quoted in the error that says so."""
    return token.isascii() and token.isprintable() and " " not in token
