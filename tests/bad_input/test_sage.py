"""Exports of a Sage that cannot be read, and lines of one that cannot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.bad_input.office import Blemish, Mishap, Office, bears, stands_out
from tests.story.company import customer

EXPORT = "tiers_"


def exported(change: Callable[[bytes], bytes]) -> Callable[[Office], None]:
    """Sage exports anew, and something happens to the file on its way."""

    def spoil(office: Office) -> None:
        path = office.sage.export()
        path.write_bytes(change(path.read_bytes()))

    return spoil


def exported_well(office: Office) -> None:
    office.sage.export()


MISHAPS = {
    "the wrong encoding": Mishap(
        "sage", exported(lambda data: data.decode("cp1252").encode("cp437", "replace")), exported_well, 1,
        (EXPORT, "line", "column", "byte 0x", "CP1252"),
    ),
    "half-copied": Mishap(
        "sage", exported(lambda data: data[: len(data) - 60]), exported_well, 1,
        (EXPORT, "cut short in line 5", "export again"),
    ),
    "without its code": Mishap(
        "sage", exported(lambda data: data.replace(b"CT_Num", b"Numero")), exported_well, 2,
        (EXPORT, "no column 'CT_Num'", "there are Numero", "correct the mapping, or the columns"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISHAPS)
def test_an_export_that_cannot_be_trusted_is_not_read(name: str, office: Office) -> None:
    office.type_in("hub.yaml", "encoding: auto", "encoding: cp1252")
    bears(office, MISHAPS[name])


def cut(data: bytes) -> bytes:
    """The line of customer 2 without its last columns."""
    lines = data.split(b"\r\n")
    return b"\r\n".join(line.rsplit(b";", 4)[0] if line.startswith(b"S00002") else line for line in lines)


def test_a_short_line_costs_only_itself(office: Office) -> None:
    def spoil(office: Office) -> None:
        office.call("res.partner", "write", [office.partner(2)["id"]], {"city": "Uriage"})
        exported(cut)(office)

    stands_out(office, Blemish(
        "sage", spoil, exported_well,
        ("tiers_", "line 3", "the line is short: 8 columns instead of 12", "correct the export"),
        holds=lambda it: it.sage.rows["S00002"]["CT_Ville"] == customer(2).city.upper(),
        after=lambda it: it.sage.rows["S00002"]["CT_Ville"] == "URIAGE",
    ))  # fmt: skip
