"""An invoice as lines of accounting: the names a mapping uses, and one balanced piece of one record.

A record of such a view has a field of type `lines`; each of its lines becomes one entry, and what the record
itself says (journal, day, number) is said on every one of them. The code of the third party and the due date
of the record stand on the lines that are theirs (`tiers` true), and on no other.

Promises: a record becomes a whole, balanced piece, or `Unfit` says which line it fails at and why; a line of
nothing is left out and told. Never: a value guessed, rounded or cut. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.sage.formats import NAMES as FORMATS
from connectors.sage.formats import Entry, Options
from connectors.sage.layout import join_key
from connectors.sage.settings import Settings
from hub.ports import Native, NativeField, View
from hub.values import Unreadable
from hub.values.numbers import Money

TEXTS = {
    "journal": "journal", "piece": "piece", "facture": "invoice", "reference": "reference",
    "compte": "account", "intitule": "label", "reglement": "payment_mode", "code_taxe": "tax_code",
    "devise": "currency", "type_piece": "kind", "lettrage": "letter", "libelle_journal": "journal_label",
    "libelle_compte": "account_label", "libelle_tiers": "third_party_label",
}  # fmt: skip
DAYS = {
    "date": "date", "echeance": "due", "date_piece": "piece_date", "date_saisie": "entered",
    "date_validation": "validated", "date_lettrage": "letter_date",
}  # fmt: skip
AMOUNTS = {"debit": "debit", "credit": "credit", "montant_devise": "currency_amount"}
THIRD = "tiers"
"""Of the record: the code of the third party. Of a line: whether it is theirs, or a code of its own."""

KNOWN = {**TEXTS, **DAYS, **AMOUNTS, THIRD: "third_party"}
"""Native name in a mapping → field of `Entry`."""

LINES_ONLY = ("compte", "debit", "credit", "montant_devise")
THEIRS = ("echeance",)
"""What a record says of its third party: it stands on the lines that are theirs."""

OPTIONS = {
    "version": "version", "devise": "currency", "societe": "company", "separator": "separator",
    "decimal": "decimal", "sens": "sense", "drapeau": "flag", "columns": "columns", "lengths": "lengths",
    "versions": "versions", "encoding": "encoding",
}  # fmt: skip
"""Key of such a view in a mapping → field of the format's `Options`."""

ENDINGS = {"sage": ".txt", "pnm": ".pnm", "ximport": ".txt", "fec": ".txt", "csv": ".csv"}

_MONEY = Money()


class Unfit(Exception):
    """A record that is no piece of accounting: why, in which field, and what to do."""

    def __init__(self, reason: str, field: str | None = None, todo: str = "") -> None:
        super().__init__(reason, field, todo)
        self.reason, self.field, self.todo = reason, field, todo


@dataclass(frozen=True, slots=True)
class Piece:
    """The entries of one record, and what of it is not in them, in words."""

    entries: tuple[Entry, ...]
    left_out: tuple[str, ...] = ()


def is_document(view: View) -> bool:
    """Whether the records of a view are documents of an accounting file, rather than lines of a table."""
    return "format" in view.options or any(field.type == "lines" for field in view.fields)


def problems_of(view: View) -> Iterator[str]:
    """What is wrong with the mapping of a view of documents, one sentence each."""
    name = view.options.get("format")
    if name not in FORMATS:
        yield f"format: {name!r} is none of {', '.join(FORMATS)}"
    tables = [field for field in view.fields if field.type == "lines"]
    if len(tables) != 1:
        yield f"a document has one field of type lines, not {len(tables)}"
    if not view.key:
        yield "key: is missing; write key: facture, or the fields that tell documents apart"
    names = [field.name for field in view.fields if field.type != "lines"]
    for name in (*names, *view.key):
        if name not in KNOWN or name in LINES_ONLY:
            yield f"{name!r} is nothing that a document says; known: {_words(set(KNOWN) - set(LINES_ONLY))}"
    columns = [column.name for table in tables for column in table.columns]
    for name in columns:
        if name not in KNOWN:
            yield f"{name!r} is nothing that a line says; known: {_words(KNOWN)}"
    for name in ("compte", "debit", "credit"):
        if tables and name not in columns:
            yield f"the lines have no column {name!r}"
    for name in ("journal", "date"):
        if name not in names and name not in columns and name not in (view.options.get("on_create") or {}):
            yield f"neither the document nor its lines have {name!r}"


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def options_of(view: View, settings: Settings) -> Options:
    """How the files of a view are written and read. Labels are cut by the mapping (`max`), not by us."""
    chosen = {field: view.options[key] for key, field in OPTIONS.items() if key in view.options}
    chosen = {field: str(value) if isinstance(value, int) else value for field, value in chosen.items()}
    return Options(
        **{
            "encoding": settings.import_encoding,
            "line_end": settings.line_end,
            "last_line_end": settings.last_line_end,
            "unfit": settings.unfit,
            "overlong": "refuse",
            **chosen,
        }
    )


def piece_of(view: View, values: Mapping[str, Native]) -> Piece:
    """The entries of one record. Raises `Unfit`."""
    table = next(field for field in view.fields if field.type == "lines")
    constants = view.options.get("on_create") or {}
    header = {
        **constants, **{name: value for name, value in values.items() if name != table.name},
    }  # fmt: skip
    found = values.get(table.name)
    if not isinstance(found, list) or not found:
        raise Unfit("it has no lines", table.name, "a document without entries is nothing to hand over")
    whole, entries, left_out = _Header(header), list[Entry](), list[str]()
    for number, line in enumerate(found, 1):
        if not isinstance(line, Mapping):
            raise Unfit(f"line {number}: {line!r} is no line", table.name, "correct the mapping")
        entry = whole.entry(number, line, table)
        if entry.debit or entry.credit:
            entries.append(entry)
        else:
            left_out.append(f"line {number} (account {entry.account}) is of no amount and is left out")
    _check(entries, header, table.name)
    return Piece(tuple(entries), tuple(left_out))


class _Header:
    """What a record says of all its lines."""

    def __init__(self, header: Mapping[str, Native]) -> None:
        self.third = _text(header.get(THIRD))
        self.common = {
            KNOWN[name]: _read(name, value, "")
            for name, value in header.items()
            if name in KNOWN and name != THIRD and name not in THEIRS and not _is_blank(value)
        }
        self.theirs = {
            KNOWN[name]: _read(name, value, "")
            for name, value in header.items()
            if name in THEIRS and not _is_blank(value)
        }

    def entry(self, number: int, line: Mapping[str, Native], table: NativeField) -> Entry:
        said: dict[str, Any] = {
            KNOWN[name]: _read(name, value, f"line {number}: ")
            for name, value in line.items()
            if name in KNOWN and name != THIRD and not _is_blank(value)
        }
        third = self._third(number, line.get(THIRD), table)
        values = {**self.common, **(self.theirs if third else {}), **said, "third_party": third}
        for name, field in (("compte", "account"), ("journal", "journal"), ("date", "date")):
            if not values.get(field):
                todo = "complete it, or the tables of the mapping"
                raise Unfit(f"line {number}: {name} is empty", table.name, todo)
        if values.get("debit") and values.get("credit"):
            reason = f"line {number}: debit {values['debit']} and credit {values['credit']} on one line"
            raise Unfit(reason, table.name, "an entry is one or the other")
        return Entry(**{name: value for name, value in values.items() if value is not None})

    def _third(self, number: int, value: Native, table: NativeField) -> str:
        """The third party of a line: the document's where the line says so, or one of its own."""
        if isinstance(value, str) and value.strip().casefold() not in ("", "0", "1", "true", "false"):
            return value.strip()
        theirs = value.strip().casefold() in ("1", "true") if isinstance(value, str) else bool(value)
        if not theirs:
            return ""
        if not self.third:
            reason = f"line {number} is the third party's, and the document names none ({THIRD} is empty)"
            raise Unfit(reason, table.name, "see whether its customer has a code in Sage")
        return self.third


def _check(entries: Sequence[Entry], header: Mapping[str, Native], table: str) -> None:
    if not entries:
        raise Unfit("none of its lines has an amount", table, "a document of nothing is not handed over")
    debit = sum((entry.debit for entry in entries), Decimal(0))
    credit = sum((entry.credit for entry in entries), Decimal(0))
    if debit != credit:
        reason = (
            f"its {len(entries)} lines do not balance: debit {debit}, credit {credit}, "
            f"difference {abs(debit - credit)}"
        )
        raise Unfit(reason, table, "correct an amount, or add the line that is missing")
    third = _text(header.get(THIRD))
    if third and not any(entry.third_party for entry in entries):
        reason = f"none of its {len(entries)} lines is that of the third party {third}"
        raise Unfit(reason, table, f"let the mapping say which line is theirs (column {THIRD})")


def _read(name: str, value: Native, where: str) -> Any:
    if name in AMOUNTS:
        try:
            amount = _MONEY.parse(value)
        except Unreadable as reason:
            raise Unfit(f"{where}{name}: {reason}", name, "correct the amount") from reason
        return Decimal(str(amount))
    if name in DAYS:
        return _day(name, value, where)
    text = _text(value)
    if text is None:
        raise Unfit(f"{where}{name}: {value!r} is no text", name, "correct the mapping")
    return text


def _day(name: str, value: Native, where: str) -> date:
    text = str(value)
    try:
        return date.fromisoformat(text[:10] if len(text) > 10 and text[10] in "T " else text)
    except ValueError as error:
        todo = "map it as a date without a format of its own: the file's is written"
        raise Unfit(f"{where}{name}: {text!r} is no day (AAAA-MM-JJ)", name, todo) from error


def _text(value: Native) -> str | None:
    """A code or label as text; a whole number from somewhere loses its ``.0``. ``None`` where it is none."""
    if value is None or isinstance(value, bool | list):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _is_blank(value: Native) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


# -- and back ----------------------------------------------------------------------------------------


def id_of(view: View, entry: Entry) -> str:
    """The id of the document an entry belongs to; empty where a part of its key is."""
    parts = [_shown(getattr(entry, KNOWN[name])) or "" for name in view.key]
    return join_key(parts) if all(parts) else ""


def values_of(view: View, entries: Sequence[Entry]) -> dict[str, Native]:
    """What a record would say that became these entries, by the view's names."""
    theirs = next((entry for entry in entries if entry.third_party), entries[0])
    values: dict[str, Native] = {}
    for field in view.fields:
        if field.type == "lines":
            values[field.name] = [_line(field, entry) for entry in entries]
        else:
            source = theirs if field.name in (*THEIRS, THIRD) else entries[0]
            values[field.name] = _shown(getattr(source, KNOWN[field.name]))
    return values


def _line(table: NativeField, entry: Entry) -> dict[str, Native]:
    return {
        column.name: bool(entry.third_party)
        if column.name == THIRD
        else _shown(getattr(entry, KNOWN[column.name]))
        for column in table.columns
    }


def _shown(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if value not in (None, "") else None
