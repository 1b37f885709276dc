"""`LETTRAGE`: payments and the invoices they settled, as the lettering of F_ECRITUREC shows them.

One record for each payment on each invoice; its id is the two entries' EC_No, so that it stays the same when
a letter is given anew. Its fields are the payment entry's own columns and paths, `FACTURE.` and a column for
the invoice's entry, and three that are in no table: `MONTANT` (so much of it on that invoice), `DATE` and
`FACTURE.DATE` (accounting dates), `NUMERO` (the id).

The mapping says in `journals` where payments are entered: Sage's entries alone do not tell a payment from a
credit note. Only customers' entries are looked at. `where` chooses letters: those with an entry like that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, literal_column, select

from connectors.sage.layout import join_key
from connectors.sage.records import version_of
from connectors.sage.sql.layout import Layout, Misfit, Place, Source, conditions_on
from connectors.sage.sql.lettering import Entry, SetAside, Settled, tell_apart
from connectors.sage.sql.pulling import Cursor, Puller
from connectors.sage.sql.queries import Since
from connectors.sage.sql.reading import Place as Row
from connectors.sage.sql.reading import Reader
from connectors.sage.sql.relations import STAMP, TECHNICAL_KEY, code
from connectors.sage.sql.values import native
from hub.ports import Known, Misconfigured, Native, NativeField, Page, Record, Rejected, View

LETTRAGE = "LETTRAGE"
INVOICE = "FACTURE"
OWN = ("MONTANT", "DATE", "NUMERO")
ENTRIES = "F_ECRITUREC"
LETTER = ("CT_Num", "CG_Num", "EC_Lettrage")
"""What entries that are lettered together share."""

NEEDED = ("EC_No", "JO_Num", "EC_Sens", "EC_Montant", "EC_RefPiece", "JM_Date", "EC_Jour", *LETTER)
AT_ONCE = 5_000
"""Entries are read so many at a time."""


@dataclass(frozen=True, slots=True)
class Found:
    """What some entries came to."""

    records: list[Record]
    rejected: list[Rejected]


class Lettered:
    """Reads `LETTRAGE` of one base."""

    def __init__(self, reader: Reader, puller: Puller) -> None:
        self._reader = reader
        self._puller = puller

    def layout(self, view: View) -> Layout:
        """The columns of F_ECRITUREC the view needs. Raises `Misconfigured`."""
        journals(self._reader.session.name, view)
        return self._reader.layout(_entries(view))

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        """See `hub.ports.Connector.pull`: the letters with an entry that was changed."""
        layout = self.layout(view)
        alone = replace(layout, base=Place(layout.base.shape, layout.base.table), lines=())
        start = Cursor.parse(cursor)
        began = self._puller.marks(alone)
        whole = self._puller.whole(alone, start, began)
        since = None if whole else self._puller.since(start)
        for found in self._found(view, layout, since=since):
            records = found.records
            if not whole and records:
                held = known([record.id for record in records])
                records = [one for one in records if one.id not in held or held[one.id] != one.version]
            for at in range(0, len(records), 1000):
                yield Page(records[at : at + 1000], cursor)
            if found.rejected:
                yield Page([], cursor, found.rejected)
        yield Page([], Cursor(began or {}).text(), listing=whole)

    def ids(self, view: View) -> set[str]:
        """Every settlement there is."""
        return {one.id for found in self._found(view, self.layout(view)) for one in found.records}

    def read(self, view: View, ids: Sequence[str]) -> list[Record]:
        """These settlements as they are now."""
        numbers = []
        for id in ids:
            payment, _, invoice = id.partition("|")
            if payment.isdecimal() and invoice.isdecimal():
                numbers.append(int(payment))
        layout, found = self.layout(view), dict[str, Record]()
        for at in range(0, len(numbers), 500):
            for part in self._found(view, layout, numbers=numbers[at : at + 500]):
                found |= {record.id: record for record in part.records}
        return [found[id] for id in ids if id in found]

    # -- entries -------------------------------------------------------------------------------------

    def _found(
        self, view: View, layout: Layout, since: Since | None = None, numbers: Sequence[int] | None = None
    ) -> Iterator[Found]:
        chosen = self._chosen(view, layout, since, numbers)
        ours = journals(self._reader.session.name, view)
        rest: list[Record] = []
        after: Row | None = None
        while True:
            batch = self._reader.batch(chosen, after, None, size=AT_ONCE)
            after = batch.last
            entries = [*rest, *batch.records]
            rest = []
            if after is not None and entries:
                last = _folded(entries[-1])
                rest = [one for one in entries if _folded(one) == last]
                entries = [one for one in entries if _folded(one) != last]
            yield _told(view, entries, ours, batch.rejected)
            if after is None:
                return

    def _chosen(
        self, view: View, layout: Layout, since: Since | None, numbers: Sequence[int] | None
    ) -> Layout:
        """All entries of those letters that have one changed since, or numbered so, and one like `where`."""
        other = Place.of(layout.base.shape, "other")
        same = and_(*(_column(layout.base, name) == _column(other, name) for name in LETTER))
        wanted: list[ColumnElement[bool]] = []
        if since is not None:
            wanted.append(_exists(other, same, _column(other, STAMP) >= since[ENTRIES]))
        if numbers is not None:
            wanted.append(_exists(other, same, _column(other, "EC_No").in_(numbers)))
        elif view.where is not None:
            try:
                conditions = conditions_on(self._reader.schema, view, other)
            except Misfit as misfit:
                raise Misconfigured(
                    self._reader.session.name, f"{LETTRAGE} does not fit its mapping", str(misfit)
                ) from misfit
            wanted.append(_exists(other, same, and_(*conditions)))
        lettered = [_column(layout.base, name) != "" for name in LETTER]
        order = []
        for name in (*LETTER, TECHNICAL_KEY):
            found = layout.base.shape.field(name)
            assert found is not None
            order.append(Source(name, layout.base.table.c[found.name], found))
        return replace(layout, order=tuple(order), where=(*layout.where, *lettered, *wanted))


def journals(system: str, view: View) -> frozenset[str]:
    """The journals payments are entered in, by the mapping. Raises `Misconfigured`."""
    given = view.options.get("journals")
    named = [given] if isinstance(given, str) else given
    if not isinstance(named, list) or not named:
        raise Misconfigured(
            system,
            f"{LETTRAGE} does not know which journals payments are entered in",
            "entries alone do not tell a payment from a credit note",
            "say in the mapping: journals: [BQ, CA]",
        )
    return frozenset(code(str(one)) for one in named)


def _entries(view: View) -> View:
    """The view of F_ECRITUREC that has all that this one needs."""
    fields = {name: NativeField(name) for name in NEEDED}
    for field in view.fields:
        name = field.name.removeprefix(f"{INVOICE}.")
        if name not in OWN:
            fields.setdefault(name, replace(field, name=name))
    return View(view.entity, ENTRIES, tuple(fields.values()), ("EC_No",), {"CT_Num.CT_Type": 0})


def _exists(other: Place, same: ColumnElement[bool], wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(literal_column("1")).select_from(other.joined()).where(same, wanted))


def _column(place: Place, name: str) -> ColumnElement[Any]:
    found = place.column(name)
    if found is None:
        raise Misfit([f"{place.shape.name} has no column {name}"])
    return found


def _folded(entry: Record) -> tuple[str, ...]:
    return tuple(str(entry.values.get(name)).casefold() for name in LETTER)


def _letter(entry: Record) -> tuple[str, ...]:
    """Small letters are another lettering than capitals: a part that is paid, not all of it."""
    return tuple(str(entry.values.get(name)) for name in LETTER)


def _told(view: View, entries: Sequence[Record], ours: frozenset[str], rejected: Sequence[Rejected]) -> Found:
    found = Found([], list(rejected))
    for letter, members in groupby(sorted(entries, key=_letter), key=_letter):
        rows = {str(one.id): one for one in members}
        spoilt = next((one for one in rows.values() if set(NEEDED) & one.unreadable.keys()), None)
        if spoilt is not None:
            why = "; ".join(f"{name}: {reason}" for name, reason in spoilt.unreadable.items())
            found.rejected.append(Rejected(str(spoilt.where), why, "correct it in Sage", spoilt.id))
            continue
        settled, aside = tell_apart([_entry(one) for one in rows.values()], ours)
        found.records.extend(_record(view, rows, one) for one in settled)
        found.rejected.extend(_rejected(rows, letter, one) for one in aside)
    return found


def _entry(row: Record) -> Entry:
    values = row.values
    return Entry(
        number=int(row.id),
        journal=code(str(values["JO_Num"] or "")),
        side=int(str(values["EC_Sens"] or 0)),
        amount=Decimal(str(values["EC_Montant"] or 0)),
        piece=str(values["EC_RefPiece"] or ""),
        day=_day(row) or "",
    )


def _record(view: View, rows: Mapping[str, Record], one: Settled) -> Record:
    payment, invoice = rows[str(one.payment)], rows[str(one.invoice)]
    id = join_key([payment.id, invoice.id])
    own: dict[str, Native] = {"MONTANT": native(one.amount, "number"), "DATE": _day(payment), "NUMERO": id}
    values: dict[str, Native] = {}
    unreadable: dict[str, str] = {}
    for field in view.fields:
        row, name = payment, field.name
        if name.startswith(f"{INVOICE}."):
            row, name = invoice, name.removeprefix(f"{INVOICE}.")
        if name in row.unreadable:
            unreadable[field.name] = row.unreadable[name]
        elif name == "DATE":
            values[field.name] = _day(row)
        else:
            values[field.name] = own[name] if name in own else row.values[name]
    changed = [at for at in (payment.modified, invoice.modified) if at is not None]
    return Record(
        id,
        values,
        version_of({**values, **{f"\x00{name}": why for name, why in unreadable.items()}}),
        max(changed, default=None),
        unreadable=unreadable,
        where=f"{ENTRIES}, payment EC_No {payment.id}, invoice EC_No {invoice.id}",
    )


def _rejected(rows: Mapping[str, Record], letter: tuple[str, ...], one: SetAside) -> Rejected:
    customer, account, letters = letter
    row = rows[str(one.payment)]
    where = f"{ENTRIES}, EC_No {row.id}: {customer}, account {account}, letter {letters}"
    return Rejected(
        where, one.reason, "letter each payment with its own invoice, or register it by hand", row.id
    )


def _day(row: Record) -> str | None:
    """The accounting date: the first day of the month, and which day of it."""
    month, day = row.values["JM_Date"], row.values["EC_Jour"]
    if not isinstance(month, str) or not isinstance(day, int):
        return None
    return (date.fromisoformat(month[:10]) + timedelta(days=max(day, 1) - 1)).isoformat()
