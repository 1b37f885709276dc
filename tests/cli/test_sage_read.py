"""`hub sage read`: files of accounting shown as the hub understands them, and what it refuses of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Company
from tests.connectors.sage.formats.files import FORMATS, GOLDEN, GOOD, fec, fec_line


@pytest.fixture
def bare_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The commands in a folder without any configuration."""
    monkeypatch.chdir(tmp_path)
    return Company(tmp_path)


def wrong_fec(folder: Path) -> Path:
    """A FEC with a day that is none and a piece that does not balance."""
    file = folder / "732829320FEC20261231.txt"
    spoilt = (
        fec_line("2", "5,00", EcritureDate="20260231"),
        fec_line("3", "8,00"),
        fec_line("3", credit="7,00"),
    )
    file.write_bytes(fec(*GOOD, *spoilt))
    return file


@pytest.mark.parametrize("name", FORMATS)
def test_every_golden_file_is_shown_without_a_configuration_and_nothing_is_written(
    bare_hub: Company, name: str
) -> None:
    said = bare_hub.hub("sage", "read", str(GOLDEN / name), "--format", FORMATS[name])
    assert (said.code, said.err) == (0, "")
    assert "Nothing is refused." in said.out
    assert not bare_hub.files()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("columns", [80, 120])
def test_nothing_is_cut_or_broken_at_80_columns(bare_hub: Company, name: str, columns: int) -> None:
    bare_hub.env["COLUMNS"] = str(columns)
    said = bare_hub.hub("sage", "read", str(GOLDEN / name), "--format", FORMATS[name], "--limit", "0")
    assert max(map(cell_len, said.out.splitlines())) <= columns
    assert "…" not in said.out
    if name.startswith("732829320"):
        for words in ("2026-01-05", "1,200.00", "411000 C0001", "debit 2,350.00, credit 2,350.00"):
            assert words in said.out


def test_totals_and_what_was_found_are_shown(bare_hub: Company) -> None:
    said = bare_hub.hub("sage", "read", str(GOLDEN / "732829320FEC20261231.txt"), "--limit", "2")
    assert "… and 5 more lines; --limit 0 shows all." in said.out
    assert "FEC: encoding iso8859-15, line end crlf, separator tab, columns Debit and Credit" in said.out
    assert "3 entries in 7 lines, 6 accounts, from 2026-01-05 to 2026-02-28" in said.out


def test_every_refused_line_is_shown_with_its_number_the_reason_and_what_to_do(bare_hub: Company) -> None:
    said = bare_hub.hub("sage", "read", str(wrong_fec(bare_hub.home)))
    assert said.code == 1
    assert "line 4: EcritureDate: 20260231 is no day of the calendar" in said.out
    assert "What to do: correct the date" in said.out
    assert "lines 5 to 6: piece 3 of journal VE does not balance" in said.out
    assert "difference 1.00" in said.out
    assert "2 refusals, see above." in said.out
    assert "1 entry in 2 lines" in said.out


def test_json_holds_all_items_totals_and_refusals_with_the_lines_as_they_stand(bare_hub: Company) -> None:
    said = bare_hub.hub("sage", "read", str(wrong_fec(bare_hub.home)), "--json")
    assert said.code == 1
    data = said.json
    assert data["totals"] == {
        "pieces": 1, "lines": 2, "rows": 0, "refused": 2, "debit": "10.00", "credit": "10.00", "accounts": 2,
        "first": "2026-01-05", "last": "2026-01-05", "kind": "",
    }  # fmt: skip
    assert [(one["line"], one["lines"]) for one in data["refused"]] == [(4, [4]), (5, [5, 6])]
    assert data["refused"][0]["raw"].split("\t")[3] == "20260231"
    first = data["items"][0]
    assert (first["line"], first["date"], first["debit"], first["credit"]) == (
        2,
        "2026-01-05",
        "10.00",
        "0.00",
    )
    assert data["found"]["separator"] == "tab"


def test_json_of_analytic_entries_and_of_rows_is_whole(bare_hub: Company) -> None:
    said = bare_hub.hub("sage", "read", str(GOLDEN / "version14.sage.txt"), "--format", "sage", "--json")
    party, _, sales = said.json["items"]
    assert party["kind"] == "third_party"
    assert party["values"]["CT_Siret"] == "73282932000074"
    assert sales["analytic"][1] == ["1", "CHANTIER2", "500.00", "3.50"]
    json.dumps(said.json)


def test_the_format_is_told_by_the_file_s_name_where_it_can_be(bare_hub: Company) -> None:
    for name, label in (("ventes.pnm", "PNM:"), ("XIMPORT.ximport.TXT", "XIMPORT:")):
        assert label in bare_hub.hub("sage", "read", str(GOLDEN / name)).out
    said = bare_hub.hub("sage", "read", str(GOLDEN / "version5.sage.txt"))
    assert said.code == 2
    assert "--format" in said.err


WRONG = {
    "format": (("--format", "fax"), "there is no format called fax"),
    "encoding": (("--encoding", "klingon"), "the encoding klingon is not known"),
    "separator": (("--separator", "ab"), "is no separator"),
    "block": (("--block", "MECG"), "is not understood"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_flag_is_wrong_use_and_says_what_there_is(bare_hub: Company, what: str) -> None:
    flags, why = WRONG[what]
    said = bare_hub.hub("sage", "read", str(GOLDEN / "732829320FEC20261231.txt"), *flags)
    assert said.code == 2
    assert why in said.err


def test_a_file_that_is_not_there_or_is_a_folder_is_wrong_use(bare_hub: Company) -> None:
    for file in (bare_hub.home / "none.csv", bare_hub.home):
        said = bare_hub.hub("sage", "read", str(file), "--format", "csv")
        assert said.code == 2
        assert "cannot be read" in " ".join(said.err.split())


def test_a_file_that_cannot_be_trusted_is_told_where_and_why(bare_hub: Company) -> None:
    file = bare_hub.home / "half.pnm"
    file.write_bytes((GOLDEN / "ventes.pnm").read_bytes()[:300] + b"\0" * 100)
    said = bare_hub.hub("sage", "read", str(file))
    assert said.code == 1
    assert "zero byte" in said.err
    said = bare_hub.hub("sage", "read", str(GOLDEN / "ventes.pnm"), "--encoding", "utf-8", "--json")
    assert said.code == 1
    assert said.json["error"]["kind"] == "sourcedamaged"


def test_flags_reach_the_format(bare_hub: Company) -> None:
    file = bare_hub.home / "f.txt"
    file.write_bytes(fec(*GOOD).replace(b"\t", b";")[:-2])
    flags = ("--format", "fec", "--separator", "semicolon")
    assert bare_hub.hub("sage", "read", str(file), *flags).code == 1
    assert bare_hub.hub("sage", "read", str(file), *flags, "--unended").code == 0
    said = bare_hub.hub("sage", "read", str(file), *flags, "--unended", "--check-name")
    assert said.code == 1
    assert "SIREN + FEC" in said.out
    odd = bare_hub.home / "v.txt"
    odd.write_bytes((GOLDEN / "version5.sage.txt").read_bytes().replace(b"#VER 5", b"#VER 77"))
    assert "version 77" in bare_hub.hub("sage", "read", str(odd), "--format", "sage").err
    assert bare_hub.hub("sage", "read", str(odd), "--format", "sage", "--block", "MECG=26").code == 0
