"""What an admin says of a Sage in `hub.yaml`: the transport, the folders, and how its files are written.

sage:
  kind: sage
  transport: files
  exports: sage/exports          # Sage drops its exports here
  imports: sage/imports          # the hub drops import files here; leave out for a Sage that is only read
  acks: sage/acks                # what became of them
  encoding: cp1252
  delimiter: ";"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

TRANSPORTS = {
    "files": "export and import files",
    "soap": "the web services of Sage X3",
    "sql": "the database of Sage 100, read only",
}
"""All ways to a Sage, for those who write another; soap and sql have settings of their own."""

DELIMITERS = {"tab": "\t", "\\t": "\t", "semicolon": ";", "comma": ",", "pipe": "|"}


class Settings(BaseModel):
    """One Sage, over files.

    `exports`, `imports`, `acks`: folders. `imports` holds, in `.hub`, what the hub remembers of the files it
    handed over; leave that folder where it is.

    `export_pattern`: which files of `exports` are exports of an object (``{object}`` is the mapping's
    ``object``; a mapping may name its own with ``file``). The newest by date is read, or by `newest_by:
    name`. `incremental`: each export holds only what changed; `full_pattern` then names the full ones, if
    there are any.

    `import_name`: names of import files, of ``{object}``, ``{date}`` (20260131), ``{time}`` (142501) and
    ``{sequence}``, which must be in it. `ack_by`: ``suffix`` (a file named after ours, with `ack_ok` or
    `ack_error` at its end, whose text is the reason), ``folder`` (our file moved to the sub-folder `ack_ok`
    or `ack_error` of `acks`) or ``removal`` (our file gone from `imports`: all that is known is that it was
    taken). `rejects`: whether a refusal that names records concerns them alone (``lines``) or the whole file
    (``file``).

    `encoding` is that of the exports, `import_encoding` that of our files. `unfit`: what becomes of a
    character the latter does not know (``transliterate``: its nearest spelling, remembered; ``refuse``).
    `quote`: when a value is quoted; with ``none`` a quote is a character like any other, in exports too.
    `header`: whether the first line holds the column names, in exports and imports; `skip_lines` stand above
    it in exports. `last_line_end: optional` accepts exports whose last line is not ended; such a file may be
    half a file.

    `stable_seconds`: a file must look the same twice, this far apart, before it is read. `stale_hours`: age
    of the newest export from which `hub check` warns. `pending_hours`: how long a file that was not answered
    is taken to be on its way, against exports newer than it. `keep_days`: how long what was handed over and
    answered is remembered.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["sage"] = "sage"
    transport: Literal["files"] = "files"

    exports: Path
    imports: Path | None = None
    acks: Path | None = None

    export_pattern: str = "{object}*.csv"
    newest_by: Literal["date", "name"] = "date"
    incremental: bool = False
    full_pattern: str | None = None

    import_name: str = "{object}_{date}_{time}_{sequence}.csv"
    ack_by: Literal["suffix", "folder", "removal"] = "suffix"
    ack_ok: str = ".ok"
    ack_error: str = ".err"
    rejects: Literal["lines", "file"] = "lines"

    encoding: Literal["cp1252", "utf-8", "cp850", "iso8859-15", "auto"] = "auto"
    import_encoding: Literal["cp1252", "utf-8", "cp850", "iso8859-15"] = "cp1252"
    unfit: Literal["transliterate", "refuse"] = "transliterate"
    delimiter: str = "auto"
    quote: Literal["minimal", "all", "none"] = "minimal"
    line_end: Literal["crlf", "lf"] = "crlf"
    last_line_end: Literal["required", "optional"] = "required"
    header: bool = True
    skip_lines: int = Field(default=0, ge=0)
    decimal_comma: bool = True
    date_format: str = "%d/%m/%Y"
    yes: str = "1"
    no: str = "0"

    stable_seconds: float = Field(default=1.0, ge=0, le=60)
    stale_hours: float = Field(default=48, gt=0)
    pending_hours: float = Field(default=24, ge=0)
    keep_days: int = Field(default=90, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _known_transport(cls, data: Any) -> Any:
        transport = data.get("transport", "files") if isinstance(data, Mapping) else "files"
        if transport != "files":
            ways = "; ".join(f"{name}: {what}" for name, what in TRANSPORTS.items())
            raise ValueError(f"there is no transport {transport!r} ({ways})")
        return data

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        value = DELIMITERS.get(value, value)
        if value != "auto" and (len(value) != 1 or value in '"\r\n'):
            raise ValueError(f"{value!r} is no delimiter: use ;, tab, or auto")
        return value

    @field_validator("import_name")
    @classmethod
    def _numbered(cls, value: str) -> str:
        if "{sequence}" not in value:
            raise ValueError("import_name must hold {sequence}, so that no name is ever used twice")
        try:
            name = value.format(object="tiers", date="20260131", time="142501", sequence="000001")
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError("import_name knows {object}, {date}, {time} and {sequence}") from error
        if set(name) & set('/\\:*?"<>|'):
            raise ValueError("import_name is the name of a file, not a path")
        return value

    @model_validator(mode="after")
    def _folders_apart(self) -> Settings:
        if self.imports is not None and self.ack_by != "removal" and self.acks is None:
            raise ValueError("acks: name the folder of acknowledgements, or say ack_by: removal")
        if self.imports is not None and self.imports == self.exports:
            raise ValueError("imports and exports must be two folders")
        if self.full_pattern and not self.incremental:
            raise ValueError("full_pattern goes with incremental: true")
        return self
