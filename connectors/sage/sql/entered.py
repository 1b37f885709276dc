"""Documents handed over as entries, found again where they were entered: in F_ECRITUREC, by their number.

So a file Sage took without a word is confirmed, and an invoice that is in the books already is not handed
over a second time, even by a hub whose database was lost. The entries of a number are those of the journal it
was entered in first: a payment may bear the number of its invoice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from connectors.sage.documents import id_of, values_of
from connectors.sage.exports import Source
from connectors.sage.formats import Entry
from connectors.sage.handing import Handing
from connectors.sage.journals import Journals
from connectors.sage.layout import split_key
from connectors.sage.records import version_of
from connectors.sage.settings import Settings as FileSettings
from connectors.sage.sql.reading import Reader
from hub.ports import NativeField, Receipt, Record, View

ENTRIES = "F_ECRITUREC"
COLUMNS = {"facture": "EC_RefPiece", "piece": "EC_Piece", "reference": "EC_Reference", "journal": "JO_Num"}
"""What a document may be known by, and the column of its entries that holds it."""

READ = (
    "EC_No", "JO_Num", "JM_Date", "EC_Jour", "CG_Num", "CT_Num", "EC_Sens", "EC_Montant", "EC_RefPiece",
    "EC_Piece", "EC_Reference", "EC_Intitule", "EC_Echeance",
)  # fmt: skip
SOME = 200
"""Numbers are looked up so many at a time."""


class EnteredJournals(Journals):
    """Documents of a Sage whose entries are read by SQL."""

    def __init__(self, system: str, settings: FileSettings, handing: Handing, reader: Reader) -> None:
        super().__init__(system, settings, handing, None)
        self.reader = reader

    def sources(self, view: View) -> list[Source]:
        """None: what Sage has is read from its base."""
        return []

    def read(self, view: View, ids: Sequence[str]) -> list[Record]:
        """These documents as their entries stand in the base now."""
        if not view.key or any(name not in COLUMNS for name in view.key):
            return []
        found: list[Record] = []
        for start in range(0, len(ids), SOME):
            found += self._read_some(view, ids[start : start + SOME])
        return found

    def receipts(self, view: View) -> Sequence[Receipt]:
        """What Sage said of files, and documents that are in its books though it said nothing."""
        handing = self.handing
        assert handing is not None
        found = list(handing.receipts(view))
        with handing.folders():
            silent = [note for note in handing.imports.open_notes(view.object) if not handing.said(note)]
        for note in silent:
            wanted = [id for id in note.ids if id not in note.settled]
            seen = {record.id for record in self.read(view, wanted)}
            if seen:
                entered = tuple(id for id in wanted if id in seen)
                found.append(Receipt(note.name, True, "it is in the books", entered))
        return found

    def _read_some(self, view: View, ids: Sequence[str]) -> list[Record]:
        wanted = set(ids)
        first = COLUMNS[view.key[0]]
        numbers = sorted({split_key(id, len(view.key))[0] for id in ids})
        entries = View(
            view.entity, ENTRIES, tuple(NativeField(name) for name in READ), ("EC_No",), {first: numbers}
        )
        layout = self.reader.layout(entries)
        rows: list[Record] = []
        after = None
        while True:
            batch = self.reader.batch(layout, after, None)
            rows += batch.records
            after = batch.last
            if after is None:
                break
        known = [(id_of(view, entry), row, entry) for row in rows if (entry := _entry(row)) is not None]
        known = sorted((one for one in known if one[0] in wanted), key=lambda one: (one[0], int(one[1].id)))
        return [_record(view, id, list(members)) for id, members in groupby(known, key=lambda one: one[0])]


def _record(view: View, id: str, members: Sequence[tuple[str, Record, Entry]]) -> Record:
    journal = members[0][2].journal
    entries = [entry for _, _, entry in members if entry.journal == journal]
    values = values_of(view, entries)
    stamps = [row.modified for _, row, _ in members if row.modified is not None]
    where = f"{ENTRIES}, journal {journal}, EC_No {members[0][1].id}"
    return Record(id, values, version_of(values), max(stamps, default=None), where=where)


def _entry(row: Record) -> Entry | None:
    """One entry as the formats have it; ``None`` where it cannot be read."""
    if row.unreadable:
        return None
    values = row.values
    month = str(values["JM_Date"] or "")[:10]
    if not month:
        return None
    amount = Decimal(str(values["EC_Montant"] or 0))
    debit = not values["EC_Sens"]
    due = values["EC_Echeance"]
    return Entry(
        journal=_text(values, "JO_Num"),
        date=date.fromisoformat(month) + timedelta(days=int(str(values["EC_Jour"] or 1)) - 1),
        account=_text(values, "CG_Num"),
        debit=amount if debit else Decimal(0),
        credit=Decimal(0) if debit else amount,
        label=_text(values, "EC_Intitule"),
        piece=_text(values, "EC_Piece"),
        invoice=_text(values, "EC_RefPiece"),
        reference=_text(values, "EC_Reference"),
        third_party=_text(values, "CT_Num"),
        due=date.fromisoformat(str(due)[:10]) if due else None,
    )


def _text(values: Mapping[str, object], name: str) -> str:
    return str(values[name] or "")
