"""What `hub init` needs to know, from flags or from a person; nothing is asked that a flag has answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import typer

from hub.cli.failures import WrongUse

SCHEMA = "mapping.schema.json"
"""The file beside the mappings that completes an editor's typing."""


@dataclass(slots=True)
class OdooAnswers:
    """One Odoo. `version` is ``auto`` (its server is asked which fields it has) or a major version."""

    name: str = "odoo"
    url: str = ""
    database: str = ""
    login: str = ""
    password: str = ""
    api_key: str = ""
    version: str = "auto"


@dataclass(slots=True)
class ExcelAnswers:
    """One workbook. `contacts` is empty where it holds no contacts."""

    name: str = "clients"
    file: str = ""
    sheet: str = "Clients"
    key: str = "N° client"
    new_key: str = "C{n:04}"
    contacts: str = ""
    contacts_key: str = "N° contact"


@dataclass(slots=True)
class SageAnswers:
    """One Sage over files. Without `imports` it is only read."""

    name: str = "sage"
    exports: str = ""
    imports: str = ""
    acks: str = ""
    encoding: str = "auto"
    delimiter: str = "auto"
    object: str = "customers"


@dataclass(slots=True)
class Answers:
    """All of it. A system that is not connected is ``None``."""

    odoo: OdooAnswers | None = None
    excel: ExcelAnswers | None = None
    sage: SageAnswers | None = None
    database: str = "sqlite:///hub.sqlite"
    every: str = "5m"

    @property
    def systems(self) -> list[str]:
        """The names of what is connected."""
        return [one.name for one in (self.odoo, self.sage, self.excel) if one is not None]


@dataclass(frozen=True, slots=True)
class Fields:
    """What depends on the Odoo at hand. `siret`: the partner's field for it, ``None`` where there is none."""

    siret: str | None = "company_registry"


@dataclass(slots=True)
class Asker:
    """Asks a person what no flag has said; without one, takes the usual answer or notes what is missing."""

    interactive: bool
    missing: list[str] = field(default_factory=list)

    def text(self, flag: str, given: str | None, question: str, usual: str | None = None) -> str:
        """A line of text. `usual` empty means that it may be left out."""
        if given is not None:
            return given
        if not self.interactive:
            if usual is None:
                self.missing.append(flag)
            return usual or ""
        answer: str = typer.prompt(question, default=usual, show_default=bool(usual), err=True)
        return answer.strip()

    def secret(self, flag: str, given: str | None, question: str) -> str:
        """A line that is not shown while it is typed."""
        if given is not None:
            return given
        if not self.interactive:
            self.missing.append(flag)
            return ""
        answer: str = typer.prompt(question, hide_input=True, err=True)
        return answer

    def wanted(self, flags: Iterable[str | None], question: str) -> bool:
        """Whether a system is to be connected: a flag of it says so, or a person."""
        if any(flag is not None for flag in flags):
            return True
        return self.interactive and typer.confirm(question, default=True, err=True)

    def finish(self) -> None:
        """Raises `WrongUse` naming every flag that is missing."""
        if self.missing:
            flags = ", ".join(self.missing)
            raise WrongUse(
                f"there is no terminal to ask on, and these flags are missing: {flags}; nothing was written",
                "Give them, or run `hub init` in a terminal.",
            )
