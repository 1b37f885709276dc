"""The port for a Sage reached through files: exports are read, import files are handed over.

A write is answered `Sent`: Sage imports when it likes, says so in an acknowledgement, and shows the result
in its next export. The comparison right before a write is made against the newest export, which is the last
Sage has told; what is on its way in earlier files is counted in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from connectors.sage.checking import check_views
from connectors.sage.codes import NoPattern, new_codes
from connectors.sage.documents import is_document
from connectors.sage.exports import Export, Exports, Source
from connectors.sage.handing import Handing
from connectors.sage.imports import Imports
from connectors.sage.journals import Journals
from connectors.sage.layout import composed, longest_key
from connectors.sage.records import Spellings, record_of
from connectors.sage.settings import Settings
from hub.filing.clock import clock_of
from hub.ports import (
    ClockReading,
    Finding,
    Known,
    Misconfigured,
    Native,
    Outcome,
    Page,
    Receipt,
    Record,
    Traits,
    View,
    Write,
)

PAGE = 1000


class FilesConnector:
    """One Sage, over its folders."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self.traits = Traits(
            assigns_ids=False,
            archives=False,
            confirms=False,
            incremental=settings.incremental,
            writable=settings.imports is not None,
            batch=10_000,
        )
        self._exports = Exports(name, settings)
        self._imports = Imports(settings.imports, settings) if settings.imports else None
        self._handing = Handing(name, settings, self._imports) if self._imports else None
        self._journals = Journals(name, settings, self._handing, self._exports)

    # -- reading -------------------------------------------------------------------------------------

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        """See `Connector.check`."""
        return check_views(self._exports, self._imports, self.settings, views)

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        """See `Connector.pull`. The cursor is the last export read: its name, date, size and hash."""
        if is_document(view):
            yield from self._journals.pull(view, cursor)
            return
        seen = Source.of_cursor(cursor) if cursor else None
        sources = self._exports.sources(view)
        if seen is not None:
            # An export older than the one already read (the newest was deleted) is no news.
            newer = [s for s in sources if (s.mtime_ns, s.name) > (seen.mtime_ns, seen.name)]
            same = [s for s in sources if s.name == seen.name and not s.same_file(seen)]
            sources = newer or same
        if not sources:
            yield Page([], cursor)
        for source in sources:
            yield from self._pages(view, self._exports.read(view, source))

    def _pages(self, view: View, export: Export) -> Iterator[Page]:
        """Every record of one export. Only the last page moves the cursor: a stop half-way reads it again."""
        spellings = self._spellings(view)
        ids = [id for id in export.rows if id not in export.outside]
        whole = not self.settings.incremental and not export.unattributed
        for start in range(0, max(len(ids), 1), PAGE):
            last = start + PAGE >= len(ids)
            yield Page(
                [record_of(view, id, export.rows[id], spellings) for id in ids[start : start + PAGE]],
                export.source.cursor() if last else None,
                rejected=export.rejected if last else (),
                listing=last and whole,
                total=len(ids),
            )

    def ids(self, view: View) -> set[str]:
        """See `Connector.ids`. Raises `Misconfigured` where only exports of changes are known."""
        export = None if is_document(view) else self._exports.current(view)
        if export is None or not export.whole:
            raise Misconfigured(
                self.name,
                f"cannot list every {view.entity}",
                "its exports hold only what changed",
                "name the full ones (full_pattern), or set on_delete: ignore",
            )
        return export.ids

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        """See `Connector.read`: as the newest export shows them."""
        if not ids:
            return []
        if is_document(view):
            return self._journals.read(view, ids)
        rows, spellings = self._exports.current(view).rows, self._spellings(view)
        return [record_of(view, id, rows[id], spellings) for id in ids if id in rows]

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """See `Connector.find`. Sage keeps no reference of ours; what was handed over is remembered here."""
        if not refs or self._handing is None:
            return {}
        created = self._handing.created(view)
        if is_document(view):
            records = {one.id: one for one in self._journals.read(view, [*created.values()])}
            return {ref: records[created[ref]] for ref in refs if created.get(ref) in records}
        rows, spellings = self._exports.current(view).rows, self._spellings(view)
        wanted = {ref: created[ref] for ref in refs if ref in created}
        return {ref: record_of(view, id, rows[id], spellings) for ref, id in wanted.items() if id in rows}

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        """See `Connector.allocate`."""
        if is_document(view):
            raise Misconfigured(
                self.name,
                f"no number for a new {view.entity}",
                "the number of a document is its own, and it has none",
                f"let the mapping fill {' and '.join(view.key)}",
            )
        handed = self._handing.ids(view) if self._handing else set()
        export = self._exports.current(view)
        used = {*export.rows, *export.held, *taken, *handed}
        try:
            return new_codes(view.options.get("new_key"), count, used, longest_key(view))
        except NoPattern as reason:
            raise Misconfigured(
                self.name,
                f"no code for a new {view.entity}",
                str(reason),
                "say in the mapping: new_key: C{:05d}",
            ) from reason

    def _spellings(self, view: View) -> Spellings:
        return self._handing.spellings(view) if self._handing else {}

    # -- writing -------------------------------------------------------------------------------------

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        """See `Connector.write`: one import file for all of them, or none where nothing is left to write."""
        if not writes:
            return []
        if self._handing is None:
            raise Misconfigured(
                self.name,
                "cannot be written",
                "no folder for import files",
                "set imports, or direction: pull",
            )
        if is_document(view):
            return self._journals.write(view, writes)
        return self._handing.write(view, writes, self._exports.current(view))

    # -- answers -------------------------------------------------------------------------------------

    def receipts(self, view: View) -> Sequence[Receipt]:
        """See `Connector.receipts`."""
        if self._handing is None:
            return []
        return (self._journals if is_document(view) else self._handing).receipts(view)

    def key_of(self, view: View, values: Mapping[str, Native]) -> str | None:
        """See `Keyed`: what has a key of several columns is known by what it says."""
        return composed(view, values, str) if len(view.key) > 1 else None

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        """See `Connector.settle`. Acknowledgements whose every record is settled go to `archive`."""
        if self._handing is not None:
            self._handing.settle(view, receipts)

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        """See `Clocked`. Measured in the folder of imports, where the exports lie on the same disk."""
        memory = self._imports.memory if self._imports is not None and may_write else None
        if memory is None or not _on_one_disk(memory, self.settings.exports):
            return None
        return clock_of(memory)

    def close(self) -> None:
        """See `Connector.close`."""
        self._exports.forget()


def _on_one_disk(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_dev == other.stat().st_dev
    except OSError:
        return False
