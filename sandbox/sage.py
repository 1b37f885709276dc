"""A small Sage that lives in three folders: it exports its third parties, imports files, and answers.

It is written from what a Sage 100 does with files, and knows nothing of the connector: it reads CP1252 (or
UTF-8) lines itself, replaces whole records by what they hold, writes names in capitals, cuts what is too
long, refuses a line with a reason, moves what it imported aside, and exports anew. `person` methods (`add`,
`edit`, `delete`) are what someone does at its screen.

    sage = Sage(folder)               # makes exports/, imports/ and acks/ in it
    sage.add(CT_Num="C0001", CT_Intitule="Durand SA")
    sage.export()
    sage.step()                       # import what waits, answer, export

Files in Format Sage go to its accounts (`sage.accounts`, see `sandbox.sage_accounts`).
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sandbox.sage_accounts import Accounts

Encoding = Literal["cp1252", "utf-8", "cp850", "iso8859-15"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the exchange format: its heading, how many characters it keeps, whether in capitals."""

    title: str
    length: int = 69
    upper: bool = False


THIRD_PARTIES = (
    Column("CT_Num", 17, upper=True),
    Column("CT_Intitule", 35, upper=True),
    Column("CT_Contact", 35),
    Column("CT_Adresse", 35),
    Column("CT_Complement", 35),
    Column("CT_CodePostal", 9),
    Column("CT_Ville", 35, upper=True),
    Column("CT_Pays", 35),
    Column("CT_Telephone", 21),
    Column("CT_EMail", 69),
    Column("CT_Siret", 15),
    Column("CT_Identifiant", 25),
)
"""What a format for third parties usually holds (lengths of F_COMPTET; the name as in older versions)."""


class Sage:
    """Third parties, by code. The first column is the code."""

    def __init__(
        self,
        folder: Path,
        columns: Sequence[Column] = THIRD_PARTIES,
        *,
        object: str = "tiers",
        encoding: Encoding = "cp1252",
        delimiter: str = ";",
        header: bool = True,
        quotes: bool = True,
        answers: Literal["suffix", "folder", "removal"] = "suffix",
    ) -> None:
        self.exports, self.imports, self.acks = folder / "exports", folder / "imports", folder / "acks"
        self.archive = folder / "imported"
        for place in (self.exports, self.imports, self.acks, self.archive):
            place.mkdir(parents=True, exist_ok=True)
        self.columns = tuple(columns)
        self.object, self.encoding, self.delimiter = object, encoding, delimiter
        self.header, self.quotes, self.answers = header, quotes, answers
        self.rows: dict[str, dict[str, str]] = {}
        self.forbidden: dict[str, str] = {}
        self.imported: list[str] = []
        self._exported = 0
        self.accounts = Accounts(self.rows, self._write_delimited)

    # -- at the screen -------------------------------------------------------------------------------

    def add(self, **values: str) -> str:
        """Enter a new third party; its code."""
        return self.put(values)

    def put(self, values: Mapping[str, str]) -> str:
        """Enter or replace a third party, by headings that are no Python names."""
        kept = {
            column.title: self.kept(column.title, values.get(column.title, "")) for column in self.columns
        }
        code = kept[self.columns[0].title]
        self.rows[code] = kept
        return code

    def edit(self, code: str, values: Mapping[str, str]) -> None:
        """Change some fields of a third party."""
        for title, value in values.items():
            self.rows[code][title] = self.kept(title, value)

    def delete(self, code: str) -> None:
        del self.rows[code]

    def kept(self, title: str, value: str) -> str:
        """What Sage keeps of a value."""
        column = next(column for column in self.columns if column.title == title)
        return (value.upper() if column.upper else value)[: column.length]

    # -- exports -------------------------------------------------------------------------------------

    def export(self) -> Path:
        """Write every third party to a new file, and every payment to another where there are any."""
        if self.accounts.payments:
            self.accounts.export_payments()
        return self._write(self.rows.values(), "")

    def export_only(self, codes: Iterable[str]) -> Path:
        """Write these third parties to a new file of changes."""
        return self._write([self.rows[code] for code in codes], "_maj")

    def _write(self, rows: Iterable[Mapping[str, str]], mark: str) -> Path:
        titles = [column.title for column in self.columns]
        lines = [titles] if self.header else []
        lines += [[row[title] for title in titles] for row in rows]
        return self._write_delimited(f"{self.object}{mark}", lines)

    def _write_delimited(self, name: str, lines: Iterable[Iterable[str]]) -> Path:
        self._exported += 1
        data = self.formatted([list(line) for line in lines]).encode(self.encoding)
        target = self.exports / f"{name}_{datetime.now():%Y%m%d}_{self._exported:06d}.csv"
        draft = target.with_suffix(".tmp")
        draft.write_bytes(data)
        self._date_after_others(draft)
        os.replace(draft, target)
        return target

    def _date_after_others(self, path: Path) -> None:
        """Two exports within one tick of the file system's clock must still be told apart by their dates."""
        newest = max((other.stat().st_mtime_ns for other in self.exports.glob("*.csv")), default=0)
        now = path.stat().st_mtime_ns
        if now <= newest:
            os.utime(path, ns=(newest + 1_000_000, newest + 1_000_000))

    def formatted(self, lines: Sequence[Sequence[str]]) -> str:
        """The lines as this Sage writes them."""
        if not self.quotes:
            return "".join(self.delimiter.join(line) + "\r\n" for line in lines)
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n").writerows(lines)
        return out.getvalue()

    # -- imports -------------------------------------------------------------------------------------

    def step(self) -> list[str]:
        """Import every file that waits, answer each, and export; the names of the files."""
        names = self.take()
        self.export()
        return names

    def take(self) -> list[str]:
        """Import every file that waits and answer each; their names."""
        names = [path.name for path in sorted(self.imports.iterdir()) if path.is_file()]
        for name in names:
            self._import(name)
        return names

    def _import(self, name: str) -> None:
        path = self.imports / name
        try:
            data = path.read_bytes()
            known = self.accounts.knows(data)
            refusals = self.accounts.take(data.decode(self.encoding)) if known else self._take(data)
        except (ValueError, csv.Error) as error:
            refusals = [str(error)]
        self.imported.append(name)
        self._answer(path, refusals)

    def _take(self, data: bytes) -> list[str]:
        """Apply the lines of a file; why some were refused. Raises `ValueError` where the whole file is."""
        text = data.decode(self.encoding)
        if data and not data.endswith(b"\r\n"):
            raise ValueError("fichier incomplet : la dernière ligne n'est pas terminée")
        lines = self._read(text)
        titles = lines.pop(0) if self.header else [column.title for column in self.columns]
        unknown = [title for title in titles if title not in {column.title for column in self.columns}]
        if unknown:
            raise ValueError(f"colonne inconnue : {', '.join(unknown)}")
        return [reason for line in lines if (reason := self._take_line(titles, line))]

    def _read(self, text: str) -> list[list[str]]:
        if not self.quotes:
            return [line.split(self.delimiter) for line in text.split("\r\n")[:-1]]
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True))

    def _take_line(self, titles: Sequence[str], line: Sequence[str]) -> str:
        """Replace one record by a line; why not, or nothing."""
        if len(line) != len(titles):
            return f"{line[0]};{len(line)} valeurs au lieu de {len(titles)}"
        values = dict(zip(titles, line, strict=True))
        code = values.get(self.columns[0].title, "")
        if not code:
            return "code tiers manquant"
        for title, value in values.items():
            if value and self.forbidden.get(title) == value:
                return f"{code};valeur refusée dans {title} : {value}"
        self.put({**self.rows.get(code, {}), **values})
        return ""

    def _answer(self, path: Path, refusals: Sequence[str]) -> None:
        text = "".join(f"{reason}\r\n" for reason in refusals).encode("cp1252", "replace")
        if self.answers == "suffix":
            os.replace(path, self.archive / path.name)
            (self.acks / f"{path.name}{'.err' if refusals else '.ok'}").write_bytes(text)
        elif self.answers == "folder":
            place = self.acks / ("rejected" if refusals else "ok")
            place.mkdir(exist_ok=True)
            if refusals:
                (place / f"{path.name}.log").write_bytes(text)
            os.replace(path, place / path.name)
        else:
            os.replace(path, self.archive / path.name)
