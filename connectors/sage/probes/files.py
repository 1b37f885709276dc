"""A folder of exports being looked at: the newest file of each kind, its encoding, columns and widths."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from connectors.sage.exports import Exports, Source
from connectors.sage.probing import Column
from connectors.sage.settings import Settings
from connectors.sage.table import guess_delimiter, read_lines
from connectors.sage.text import BOM, Damage, decode, doubly_encoded
from hub.ports import Misconfigured, Native, SourceDamaged, View

NAMES = {"\t": "tab", ";": ";", ",": ",", "|": "|"}


class FilesProbe:
    """One folder. Each file is read once, whole."""

    def __init__(self, name: str, settings: Settings, views: Sequence[View] = ()) -> None:
        self._name, self._settings, self._views = name, settings, views
        self._exports = Exports(name, settings)
        self._read: dict[str, tuple[Source, str, list[str], list[list[str]], list[str]]] = {}

    def objects(self) -> Sequence[str]:
        """The kinds of files that mappings name and that are there; else every file by its own name."""
        named = [view.object for view in self._views if self._newest(view.object)]
        if named:
            return list(dict.fromkeys(named))
        return [source.name for source in self._exports.listed("*")]

    def fields(self, object: str) -> Sequence[Column]:
        """The headings, or the numbers of columns where there is no heading line."""
        return [Column(title, "text", "text") for title in self._whole(object)[2]]

    def count(self, object: str) -> int | None:
        """The lines of the file."""
        return len(self._whole(object)[3])

    def sample(self, object: str, most: int) -> Sequence[Mapping[str, Native]]:
        """The last lines of the file, by heading."""
        _, _, titles, rows, _ = self._whole(object)
        return [
            {title: cell.strip() or None for title, cell in zip(titles, row, strict=False)}
            for row in rows[-most:]
        ]

    def notes(self, object: str) -> Sequence[str]:
        """File, encoding, delimiter, and what is odd in it."""
        return self._whole(object)[4]

    def key(self, object: str) -> str | None:
        """The first column in which no value stands twice."""
        _, _, titles, rows, _ = self._whole(object)
        for at, title in enumerate(titles):
            cells = [row[at].strip() if at < len(row) else "" for row in rows]
            if rows and all(cells) and len(set(cells)) == len(cells):
                return title
        return None

    def close(self) -> None:
        """See `Probe.close`."""
        self._exports.forget()

    def _newest(self, object: str) -> Source | None:
        pattern = self._settings.export_pattern.format(object=object)
        found = self._exports.listed(pattern) or self._exports.listed(object)
        return found[-1] if found else None

    def _whole(self, object: str) -> tuple[Source, str, list[str], list[list[str]], list[str]]:
        if object not in self._read:
            source = self._newest(object)
            if source is None:
                there = [one.name for one in self._exports.listed("*")]
                near = difflib.get_close_matches(object, there, n=3, cutoff=0.3) or there[:5]
                raise Misconfigured(
                    self._name,
                    f"there is no export of {object}",
                    f"there is {', '.join(near) or 'no file at all'}",
                    "run the export in Sage, or correct export_pattern",
                )
            self._read[object] = self._parsed(*self._exports.load(source))
        return self._read[object]

    def _parsed(
        self, source: Source, data: bytes
    ) -> tuple[Source, str, list[str], list[list[str]], list[str]]:
        settings = self._settings
        try:
            text = decode(data, settings.encoding)
            delimiter = settings.delimiter
            if delimiter == "auto":
                delimiter = guess_delimiter(text, settings.skip_lines)
            lines = [line.cells for line in read_lines(text, delimiter, settings.quote, settings.skip_lines)]
        except Damage as damage:
            raise SourceDamaged(
                self._name, f"{source.name} cannot be read", damage.why, damage.todo
            ) from damage
        head = lines.pop(0) if settings.header and lines else []
        width = max((len(row) for row in lines), default=len(head))
        titles = [title.strip() or str(at) for at, title in enumerate(head, 1)]
        titles += [str(at) for at in range(len(titles) + 1, width + 1)]
        return source, delimiter, titles, lines, self._odd(source, data, text, delimiter, titles, lines)

    def _odd(
        self, source: Source, data: bytes, text: str, delimiter: str, titles: list[str], rows: list[list[str]]
    ) -> list[str]:
        encoding: str = self._settings.encoding
        if encoding == "auto":
            encoding = "ascii" if data.isascii() else "utf-8" if _is_utf8(data) else "cp1252, probably"
        found = [
            f"{source.name}, {source.size:,} bytes, of {source.modified:%Y-%m-%d %H:%M} UTC",
            f"encoding {encoding}, delimiter {NAMES.get(delimiter, delimiter)}, {len(titles)} columns",
        ]
        other = sum(len(row) != len(titles) for row in rows)
        if other:
            found.append(f"{other:,} lines have another number of columns")
        if doubly_encoded(text) is not None:
            found.append("it holds text that was once read in a wrong encoding (Ã©)")
        return found


def _is_utf8(data: bytes) -> bool:
    try:
        data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
