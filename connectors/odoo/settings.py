"""What `hub.yaml` says of one Odoo.

    odoo:
      kind: odoo
      url: https://odoo.example.com
      database: company
      login: hub@example.com
      password: ${ODOO_PASSWORD}      # or api_key: ${ODOO_API_KEY}

A dedicated Odoo user is worth its licence: its rights say what the hub may touch, and `write_uid` tells its
edits from those of people.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

Transport = Literal["auto", "xmlrpc", "jsonrpc", "json2"]


class Settings(BaseModel):
    """How to reach one Odoo database, and as whom. Durations are in seconds unless said otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["odoo"] = "odoo"
    url: str = Field(description="The address people open Odoo at, without /web.")
    database: str = Field(min_length=1, description="The database's name.")
    login: str = Field(default="", description="The hub's own user in Odoo. Not needed with JSON-2.")
    password: SecretStr | None = None
    api_key: SecretStr | None = Field(default=None, description="An API key of that user.")
    transport: Transport = Field(default="auto", description="`auto` chooses by the server's version.")
    ca: Path | None = Field(default=None, description="Certificate authority file, for a private one.")
    verify: bool = Field(default=True, description="Check the server's certificate.")
    connect_timeout: float = Field(default=10, gt=0, le=120)
    timeout: float = Field(default=120, gt=0, le=3600, description="How long one answer may take.")
    answer_mib: int = Field(
        default=128, ge=1, le=4096, description="The largest answer that is read, in MiB."
    )
    lang: str | None = Field(default=None, description="Language of translated fields, such as fr_FR.")
    company: int | str | None = Field(default=None, description="Company (id or name) the hub works in.")
    overlap_minutes: float = Field(
        default=10, ge=1, le=1440, description="How far back each pull looks again, for long transactions."
    )
    files: dict[str, Path] = Field(
        default_factory=dict, description="Folders that attachments are made from, by the names mappings use."
    )
    file_mib: float = Field(
        default=20, gt=0, le=500, description="The largest file that is attached, in MiB."
    )
    tracking: bool = Field(default=False, description="Let Odoo note the hub's edits in each record's log.")

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as https://odoo.example.com")
        if parts.username or parts.password:
            raise ValueError("must not hold a password; use `login` and `password`")
        if parts.query or parts.fragment:
            raise ValueError("must end after the server's name (nothing behind ? or #)")
        path = parts.path.rstrip("/")
        for tail in ("/web/login", "/web", "/odoo"):
            path = path.removesuffix(tail)
        return f"{parts.scheme}://{parts.netloc}{path}"

    @model_validator(mode="after")
    def _some_secret(self) -> Self:
        if self.password is None and self.api_key is None:
            raise ValueError("needs `password` or `api_key`")
        if self.api_key is not None and not _is_one_word(self.api_key.get_secret_value()):
            raise ValueError("`api_key` holds a blank, a line end or a letter that no key has; copy it anew")
        if self.transport == "json2" and self.api_key is None:
            raise ValueError("`transport: json2` needs `api_key`")
        if self.transport in ("xmlrpc", "jsonrpc") and not self.login:
            raise ValueError(f"`transport: {self.transport}` needs `login`")
        if self.transport == "auto" and not self.login and self.api_key is None:
            raise ValueError("needs `login` with `password`")
        return self

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

    @property
    def secret(self) -> str:
        """What XML-RPC and JSON-RPC take as the password: the API key where there is one."""
        chosen = self.api_key or self.password
        assert chosen is not None
        return chosen.get_secret_value()


def _is_one_word(key: str) -> bool:
    """Whether it can stand in an HTTP header: what cannot would be quoted in the error that says so."""
    return key.isascii() and key.isprintable() and " " not in key
