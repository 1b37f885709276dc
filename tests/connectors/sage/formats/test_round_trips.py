"""What a format can hold comes back as it was; what it cannot is told. Tried on made-up books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sage.formats import Analytic, Entry, Options, by_name
from connectors.sage.text import Damage
from tests.connectors.sage.formats.files import entries, opened, read, refused

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
DAYS = st.dates(date(1970, 1, 1), date(2069, 12, 31))
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=90)
FITTING = st.text("abcdeéèàçùâêîôûëïüABCÉÈÀÇ 0123456789'\"-.,/()&+*%#", max_size=25).map(str.strip)
FIELDS: dict[str, dict[str, Any]] = {
    "fec": {"piece": 20, "third_party": 17, "invoice": 20, "letter": 3, "journal_label": FITTING,
            "account_label": FITTING, "third_party_label": FITTING, "letter_date": DAYS, "piece_date": DAYS,
            "validated": DAYS, "currency": 3},
    "sage": {"piece": 13, "third_party": 17, "invoice": 17, "letter": 3, "due": DAYS, "payment_mode": 2,
             "reference": 17, "tax_code": 5, "currency": 3},
    "pnm": {"piece": 7, "third_party": 13, "invoice": 13, "due": DAYS, "payment_mode": 1, "kind": 2},
    "ximport": {"invoice": 12, "due": DAYS, "account_label": FITTING},
    "csv": {"piece": 13, "third_party": 17, "invoice": 17, "letter": 3, "due": DAYS, "payment_mode": 9,
            "reference": 17, "tax_code": 5},
}  # fmt: skip


def code(longest: int, shortest: int = 0) -> st.SearchStrategy[str]:
    return st.text(LETTERS, min_size=shortest, max_size=longest)


def amounts() -> st.SearchStrategy[Decimal]:
    return st.integers(1, 10**9).map(lambda cents: Decimal(cents).scaleb(-2))


@st.composite
def books(draw: st.DrawFn, format: str, labels: st.SearchStrategy[str] = FITTING) -> list[Entry]:
    """Pieces that balance, of two to four lines, with what their format has a place for."""
    found: list[Entry] = []
    for number in range(draw(st.integers(1, 5))):
        shared = {"journal": draw(code(2, 1)), "date": draw(DAYS), "piece": str(number + 1)}
        debits = draw(st.lists(amounts(), min_size=1, max_size=3))
        for debit in debits:
            found.append(line(draw, format, shared, labels, debit=debit))
        found.append(line(draw, format, shared, labels, credit=sum(debits, Decimal(0))))
    return found


def line(draw: st.DrawFn, format: str, shared: dict[str, Any], labels: Any, **side: Decimal) -> Entry:
    said: dict[str, Any] = {"account": draw(code(8, 1)), "label": draw(labels), **shared, **side}
    for name, value in FIELDS[format].items():
        if name not in said:
            said[name] = draw(code(value) if isinstance(value, int) else value)
    if format == "sage":
        said["entered"] = draw(DAYS)
        amount = next(iter(side.values()))
        parts = draw(
            st.lists(st.builds(Analytic, code(2), code(13, 1), st.just(amount), amounts()), max_size=2)
        )
        said["analytic"] = tuple(parts)
    if format == "fec" and said["currency"]:
        said["currency_amount"] = draw(amounts())
    return Entry(**said)


def said(entry: Entry, but: set[str]) -> dict[str, Any]:
    """What an entry says, but for some fields and for where it stands."""
    return {name: value for name, value in entry._asdict().items() if name not in but and name != "line"}


def there_and_back(format: str, items: list[Entry], **options: Any) -> None:
    """Written and read again, nothing refused: the same, but for what the changes tell."""
    written = by_name(format).write(items, Options(**options))
    data = written.data()
    assert not written.refused
    reading = opened(format, data)
    back = list(reading)
    assert not refused(back)
    changed = {change.field for change in written.changes}
    assert [said(one, changed) for one in entries(back)] == [said(one, changed) for one in items]
    again = by_name(format).write(entries(back), reading.options)
    assert again.data() == data
    assert not again.changes


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(sorted(FIELDS)))
def test_what_a_format_can_hold_comes_back_as_it_was(data: st.DataObject, format: str) -> None:
    there_and_back(format, data.draw(books(format)))


@settings(max_examples=60, deadline=None)
@given(
    st.data(), st.sampled_from(sorted(FIELDS)), st.sampled_from(["cp1252", "cp850", "iso8859-15", "ascii"])
)
def test_any_label_comes_back_as_it_was_or_as_a_change_told_or_is_refused(
    data: st.DataObject, format: str, encoding: str
) -> None:
    items = data.draw(books(format, ANY_TEXT))
    written = by_name(format).write(items, Options(encoding=encoding))
    file = written.data()
    refused_pieces = {one.reason.split(" of journal")[0].removeprefix("piece ") for one in written.refused}
    meant = [one for one in items if one.piece not in refused_pieces]
    back = entries(read(format, file, encoding=encoding)) if file else []
    assert len(back) == len(meant)
    told: dict[str, str] = {}
    for change in written.changes:
        told[change.meant] = change.written
    for was, now in zip(meant, back, strict=True):
        text = was.label
        for _ in range(4):
            text = told.get(text, text) if text != now.label else text
        assert text == now.label
        assert was._replace(label="", line=0).account == now.account


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(sorted(FIELDS)))
def test_no_bytes_end_in_an_error_that_was_not_foreseen(data: bytes, format: str) -> None:
    try:
        found = refused(read(format, data))
    except Damage as damage:
        words = [(damage.why, damage.todo)]
    else:
        words = [(one.reason, one.todo) for one in found]
    assert all(why and todo for why, todo in words)


@settings(max_examples=80, deadline=None)
@given(st.data(), st.sampled_from(sorted(FIELDS)))
def test_a_spoilt_byte_costs_pieces_or_the_file_and_never_an_unbalanced_one(
    data: st.DataObject, format: str
) -> None:
    file = bytearray(by_name(format).write(data.draw(books(format)), Options()).data())
    file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = entries(read(format, bytes(file)))
    except Damage:
        return
    assert sum((one.debit - one.credit for one in found), Decimal(0)) == 0
