"""The blocks of Format Sage: what stands in which line of them, how long it may be, and how they are written.

A value that a block has and `Entry` has no field for is written as it was read (`Entry.more`), else as its
usual value in `DEFAULTS`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from connectors.sage.formats.entries import ZERO, Entry, Options, Row, Written
from connectors.sage.formats.pieces import by_day
from connectors.sage.formats.sink import Pen, Sheet, Unwritable, shown, written
from connectors.sage.formats.values import Unreadable, as_amount, as_short_day
from connectors.sage.lengths import known_length

MECG: Final = (
    "journal", "date", "entered", "piece", "invoice", "treasury_piece", "account", "counterpart",
    "third_party", "third_party_counterpart", "label", "payment_mode", "due", "parity", "quantity",
    "currency", "side", "amount", "letter", "currency_letter", "tick", "reminders", "opening_kind",
    "revision", "currency_amount", "tax_code", "norm", "origin", "penalty", "penalty_date", "reminder_date",
    "reconciled_date", "reference", "paid_state", "paid_amount", "paid_date", "operation_date", "line_38",
    "line_39",
)  # fmt: skip
"""The lines of ``#MECG``, in order; what the last two of newer versions hold is kept as it stands."""

DEFAULTS: Final = {
    "treasury_piece": "", "counterpart": "", "third_party_counterpart": "", "parity": "0,000000",
    "quantity": "0,00", "currency_letter": "", "tick": "", "reminders": "0", "opening_kind": "0",
    "revision": "0", "norm": "0", "origin": "0", "penalty": "0", "penalty_date": "", "reminder_date": "",
    "reconciled_date": "", "paid_state": "0", "paid_amount": "0,00", "paid_date": "", "operation_date": "",
    "line_38": "", "line_39": "",
}  # fmt: skip
MPCT: Final = (
    "CT_Num", "CT_Intitule", "CT_Type", "CG_NumPrinc", "CT_Qualite", "CT_Classement", "CT_Contact",
    "CT_Adresse", "CT_Complement", "CT_CodePostal", "CT_Ville", "CT_CodeRegion", "CT_Pays", "CT_Raccourci",
    "N_Devise", "CT_Ape", "CT_Identifiant", "CT_Siret", *(f"CT_Statistique{at:02d}" for at in range(1, 11)),
)  # fmt: skip
"""The lines of ``#MPCT``, by the names of the columns they end up in."""

UNKNOWN_VERSION: Final = (
    "version {version} of Format Sage is not known (known: {known}); "
    "say how many lines its blocks have: versions, {{{version}: {{#MECG: …}}}}"
)
HOLDS: Final = frozenset({
    "journal", "date", "account", "debit", "credit", "label", "piece", "invoice", "third_party", "due",
    "payment_mode", "tax_code", "letter", "entered", "currency", "currency_amount", "analytic", "more",
    "blocks",
})  # fmt: skip

_CODES = {
    "journal": 6,
    "piece": 13,
    "invoice": 17,
    "account": 13,
    "third_party": 17,
    "letter": 3,
    "tax_code": 5,
}
_NAMES = ("CT_Intitule", "CT_Qualite", "CT_Classement", "CT_Contact", "CT_Adresse", "CT_Complement",
          "CT_Ville", "CT_CodeRegion", "CT_Pays")  # fmt: skip
_AMOUNT = 14
_LONG_LABELS = 25
"""The version from which a label has 69 characters, not 35."""


def write(items: Iterable[Entry | Row], options: Options, counts: Mapping[str, int]) -> Written:
    """The file of these items in the version that `counts` describes."""
    writer = _Writer(options, counts)
    holds = HOLDS | ({"reference"} if counts["#MECG"] >= MECG.index("reference") + 1 else frozenset())
    return written(items, Sheet(
        Pen(options, "cp1252"), by_day, holds, writer.lines, writer.row, writer.head, ("#FIN",),
        label=f"Format Sage, version {options.version},",
    ))  # fmt: skip


class _Writer:
    def __init__(self, options: Options, counts: Mapping[str, int]) -> None:
        self.options, self.counts = options, counts
        newer = options.version.isdecimal() and int(options.version) >= _LONG_LABELS
        self.label = 69 if newer else 35

    def head(self, pen: Pen) -> list[str]:
        return [f"#FLG {self.options.flag}", f"#VER {self.options.version}", f"#DEV {self.options.currency}"]

    def lines(self, pen: Pen, entry: Entry) -> list[str]:
        unknown = [name for name, _ in entry.more if name not in DEFAULTS]
        if unknown:
            raise Unwritable("more", f"Format Sage has no value {unknown[0]}", "leave it out")
        number, side = (entry.credit, "1") if entry.credit else (entry.debit, "0")
        values = {
            **DEFAULTS,
            **{name: pen.code(name, getattr(entry, name), longest) for name, longest in _CODES.items()},
            "date": _day("date", entry.date), "entered": _day("entered", entry.entered or entry.date),
            "label": _text(pen, "label", entry.label, self.label),
            "payment_mode": pen.code("payment_mode", entry.payment_mode), "due": _day("due", entry.due),
            "currency": pen.code("currency", entry.currency), "side": side,
            "amount": _amount("amount", number),
            "currency_amount": _amount("currency_amount", entry.currency_amount or ZERO),
            "reference": pen.code("reference", entry.reference, 17),
            **{name: pen.code(name, value) for name, value in entry.more},
        }  # fmt: skip
        count = self.counts["#MECG"]
        for name, value in entry.more:
            if MECG.index(name) >= count and value:
                why = f"version {self.options.version} ends before it"
                raise Unwritable(name, why, "write a newer version")
        found = ["#MECG", *(values[name] for name in MECG[:count]), *[""] * (count - len(MECG))]
        for part in entry.analytic:
            found += ["#MECA", pen.code("plan", part.plan), pen.code("section", part.section, 13),
                      _amount("amount", part.amount), as_amount(part.quantity)]  # fmt: skip
        for tag, *rest in entry.blocks:
            found += [tag, *(_text(pen, tag, value) for value in rest)]
        return found

    def row(self, pen: Pen, row: Row) -> list[str]:
        if row.kind.startswith("#"):
            return [row.kind, *(_text(pen, name, shown(value or "")) for name, value in row.values.items())]
        if row.kind != "third_party":
            raise Unwritable("", f"a {row.kind} has no block in Format Sage", "write it in another format")
        unknown = set(row.values) - set(MPCT)
        if unknown:
            why = f"a third party of Format Sage has no {sorted(unknown)[0]}"
            raise Unwritable(sorted(unknown)[0], why, "leave it out")
        texts = {name: shown(row.values.get(name) or "") for name in MPCT[: self.counts["#MPCT"]]}
        return ["#MPCT", *(
            _text(pen, name, text, 35 if name == "CT_Intitule" else known_length(name))
            if name in _NAMES else pen.code(name, text, known_length(name))
            for name, text in texts.items()
        )]  # fmt: skip


def _text(pen: Pen, field: str, value: str, longest: int | None = None) -> str:
    """A text that is not taken for a tag."""
    if value.startswith("#"):
        plain = value.lstrip("#")
        pen.note(field, value, plain, "a line that begins with # is a tag in this file")
        value = plain
    return pen.label(field, value, longest)


def _day(field: str, found: date | None) -> str:
    if found is None:
        return ""
    try:
        return as_short_day(found)
    except Unreadable as error:
        raise Unwritable(field, error.why, error.todo) from error


def _amount(field: str, number: Decimal) -> str:
    text = as_amount(number)
    if len(text) > _AMOUNT or len(text.partition(",")[2]) > 2:
        raise Unwritable(
            field, f"{text} does not fit: {_AMOUNT} characters, two decimals", "correct the amount"
        )
    return text
