"""`hub deadletters`: what was refused is shown, corrected, tried again or discarded, by commands alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import SAGE_ROWS, Company

LONG = "direction.generale@durand.example"
"""An e-mail that the workbook's column, made narrow by the mapping, cannot hold."""


@pytest.fixture
def refused(company: Company) -> Company:
    """Sage refuses a line of its first import file, in the words of its acknowledgement."""
    company.hub("plan", "--approve")
    company.hub("sync")
    (file,) = (company.home / "sage/imports").glob("*.csv")
    answer = "C0001;valeur refusée dans CT_Ville : Grenoble\r\n"
    lines = file.read_text("cp1252").splitlines()
    code = lines[1].split(";")[0].strip('"')
    (company.home / "sage/acks" / f"{file.name}.err").write_bytes(
        answer.replace("C0001", code).encode("cp1252")
    )
    file.unlink()
    company.env["FILE"], company.env["CODE"] = file.name, code
    company.hub("sync")
    return company


def letters(company: Company, *more: str) -> list[dict[str, Any]]:
    return list(company.hub("deadletters", "list", "--json", *more).json["dead_letters"])


def test_a_refused_line_of_a_file_is_told_with_the_file_s_words_and_its_line(refused: Company) -> None:
    (letter,) = letters(refused)
    assert letter["reason"] == "valeur refusée dans CT_Ville : Grenoble"
    assert (letter["system"], letter["title"], letter["field"]) == ("sage", "Électricité Durand", "CT_Ville")
    assert letter["todo"].startswith(f"it was line 2 of {refused.env['FILE']}; ")
    assert letter["values"]["CT_Ville"] == "GRENOBLE"
    assert (letter["tried"], letter["state"], letter["passing"]) == (1, "waiting", False)
    refused.env["COLUMNS"] = "200"
    listed = " ".join(refused.hub("deadletters").out.split())
    for words in (
        "Électricité",
        "in sage: (new)",
        "CT_Ville: GRENOBLE",
        "and 5 more",
        "valeur refusée",
        "line 2",
    ):
        assert words in listed, words
    assert refused.hub("status").code == 1


def test_one_is_shown_with_all_that_is_known_of_it(refused: Company) -> None:
    (letter,) = letters(refused)
    said = refused.hub("deadletters", "show", str(letter["id"]), "--json").json
    assert said["dead_letter"] == letter
    assert said["field"] == "city"
    assert said["agreed"]["city"] == "Grenoble"
    assert said["now"] == {"values": {}, "problem": "it is not there yet"}
    assert {line["kind"] for line in said["journal"]} >= {"created", "sent"}
    shown = refused.hub("deadletters", "show", str(letter["id"]))
    assert shown.code == 0
    assert "Tried again by itself: when the record or the mapping changes." in shown.out
    assert f"hub deadletters edit {letter['id']} city=VALUE" in shown.out
    assert "04 76 00 00 01" in shown.out, "agreed values are shown as people read them"


def test_a_correction_goes_everywhere_and_closes_it(refused: Company) -> None:
    (letter,) = letters(refused)
    said = refused.hub(
        "deadletters", "edit", str(letter["id"]), "city=Vif", "zip = 38450".replace(" ", ""), "--json"
    )
    assert said.code == 0
    assert said.json["corrected"] == [
        {"field": "city", "before": "Grenoble", "after": "Vif"},
        {"field": "zip", "before": "38000", "after": "38450"},
    ]
    assert letters(refused) == []
    refused.hub("sync")
    assert refused.cells(2)[7] == "Vif"
    (file,) = (refused.home / "sage/imports").glob("*.csv")
    assert "VIF" in file.read_text("cp1252")
    kinds = [(c["kind"], c["cause"]) for c in refused.hub("journal", "--json").json["changes"]]
    assert ("changed", "person") in kinds


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("city",), "'city' is not FIELD=VALUE"),
        (("city=A", "city=B"), "city is given twice"),
        (("citi=Vif",), "Did you mean 'city'?"),
        (("CT_Ville=Vif",), "CT_Ville of sage is 'city' here"),
        (("siret=12", "phone=bureau"), "phone:"),
        (("name=",), "required"),
        (("city=Grenoble",), "says so already"),
    ],
)
def test_what_cannot_be_corrected_is_told_and_nothing_is_done(
    refused: Company, words: tuple[str, ...], answer: str
) -> None:
    before = letters(refused)
    said = refused.hub("deadletters", "edit", str(before[0]["id"]), *words)
    assert said.code == 2
    assert answer in " ".join(said.err.split())
    assert letters(refused) == before


def test_what_is_discarded_waits_for_nobody_and_can_be_taken_back(refused: Company) -> None:
    number = str(letters(refused)[0]["id"])
    said = refused.hub("deadletters", "discard", number, "--reason", "client parti", "--json")
    assert (said.code, said.json) == (
        0, {"discarded": [int(number)], "count": 1, "reason": "client parti"},
    )  # fmt: skip
    assert letters(refused) == []
    assert "No write was refused." in refused.hub("deadletters").out
    (kept,) = letters(refused, "--discarded")
    assert (kept["state"], kept["todo"]) == ("discarded", "client parti")
    assert refused.hub("status", "--json").json["waiting"]["dead_letters"] == 0
    assert refused.hub("sync", "--json").json["waiting"]["dead_letters"] == 0
    assert not list((refused.home / "sage/imports").glob("*.csv"))
    journal = refused.hub("journal", "--limit", "0")
    assert "discarded by" in " ".join(journal.out.split())
    assert "client parti" in journal.out
    changes = refused.hub("journal", "--json", "--limit", "0").json["changes"]
    (line,) = (change for change in changes if change["kind"] == "discarded")
    assert (
        "hub deadletters retry" in refused.hub("undo", str(line["id"]), "--json").json["undone"][0]["reason"]
    )
    assert "discarded before" in refused.hub("deadletters", "discard", number).out
    assert refused.hub("deadletters", "show", number).code == 0
    assert refused.hub("deadletters", "retry", number).code == 0
    refused.hub("sync")
    assert list((refused.home / "sage/imports").glob("*.csv"))
    assert letters(refused, "--discarded") == []


def test_a_retry_of_all_may_be_narrowed(refused: Company) -> None:
    assert refused.hub("deadletters", "retry", "--all", "--system", "clients", "--json").json["retried"] == []
    assert refused.hub("deadletters", "retry", "--all", "--system", "clint").code == 2
    assert refused.hub("deadletters", "retry", "1", "--system", "sage").code == 2
    assert letters(refused, "--system", "clients") == []
    assert refused.hub("deadletters", "list", "--entity", "nothing").code == 2
    number = letters(refused, "--system", "sage", "--entity", "customer")[0]["id"]
    said = refused.hub("deadletters", "retry", "--all", "--system", "sage", "--entity", "customer", "--json")
    assert said.json == {"retried": [number], "count": 1}


@pytest.mark.parametrize("number", ["0", "-- -1", "99", "99999999999999999999"])
@pytest.mark.parametrize("line", ["show {}", "edit {} city=Vif", "retry {}", "discard {}"])
def test_a_number_that_is_none_is_wrong_use(refused: Company, line: str, number: str) -> None:
    said = refused.hub("deadletters", *line.format(number).split())
    assert said.code == 2
    assert "Traceback" not in said.err


def test_what_does_not_fit_names_the_field_and_the_limit(company: Company) -> None:
    company.edit("mappings/customer.yaml", '{field: "E-mail",', '{field: "E-mail", max: 30,')
    company.hub("plan", "--approve")
    company.hub("sync")
    company.export([*SAGE_ROWS[:1], (*SAGE_ROWS[1][:5], LONG, *SAGE_ROWS[1][6:])], "customers-2.csv")
    company.hub("sync")
    (letter,) = letters(company)
    assert (letter["field"], letter["unfit"], letter["values"]) == ("email", {"email": LONG}, {})
    shown = company.hub("deadletters", "show", str(letter["id"]))
    assert "does not fit" in shown.out
    assert LONG in shown.out
    assert company.hub("deadletters", "edit", str(letter["id"]), "email=d@durand.example").code == 0
    company.hub("sync")
    assert letters(company) == []
