"""`hub duplicates`: what it prints of a labelled file, the weights it learns, the files it refuses."""

from __future__ import annotations

import json

import pytest

from sandbox.duplicates import records, write
from tests.cli.conftest import Company
from tests.tally import tally


@pytest.fixture
def labelled(bare: Company) -> Company:
    write(bare.home / "clients.csv", records(200))
    return bare


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_labelled_file_is_counted_without_any_configuration(labelled: Company) -> None:
    labelled.env["COLUMNS"] = "80"
    before = labelled.files()
    asked = ("duplicates", "evaluate", "clients.csv", "--entity", "customer", "--truth", "truth")
    said = labelled.hub(*asked)
    assert said.code == 0, said.err
    for shown in (
        "linked by itself",
        "more likely one than two",
        "Ignored, for no field is called so, or one was before: system",
    ):
        assert shown in words(said.out), said.out
    assert max(map(len, said.out.splitlines())) <= 80
    assert labelled.files() == before
    found = labelled.hub(*asked, "--json").json
    assert found["scores"]["decision"]["f1"] > 0.9
    assert found["scores"]["automatic"]["precision"] == 1.0
    assert found["scores"]["reviewed"]["recall"] >= found["scores"]["automatic"]["recall"]
    pair = found["least_certain"]["linked"][0]
    assert {"comparison", "level", "left", "right", "bits", "found_in"} == set(pair["because"][0])


def test_weights_are_learnt_without_answers_written_once_and_used(labelled: Company) -> None:
    said = labelled.hub("duplicates", "train", "clients.csv", "--entity", "customer", "--json")
    assert said.code == 0, said.err
    made = json.loads((labelled.home / "clients.weights.json").read_text(encoding="utf-8"))
    assert made["comparisons"] == said.json["comparisons"]
    again = labelled.hub("duplicates", "train", "clients.csv", "--entity", "customer")
    assert (again.code, "nothing is written over" in words(again.err)) == (2, True)
    used = labelled.hub(
        "duplicates", "evaluate", "clients.csv", "--entity", "customer", "--truth", "truth",
        "--weights", "clients.weights.json", "--json",
    )  # fmt: skip
    assert used.code == 0, used.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"truth,name\n", "no record"),
        (b"truth,shoe\n1,2\n", "no column that is known"),
        (b"name,phone\na,b\n", "has no column 'truth'"),
        (b"truth,name\n1,Garage, Dupont\n", "has 3 cells, its heading 2"),
        (b'truth,name\n1,"Garage\n1,Scierie\n', "cannot be read as CSV"),
        (b"PK\x03\x04\x00\x00truth,name\n", "is no text"),
        (None, "there is no file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(
    bare: Company, content: bytes | None, said: str
) -> None:
    tally("bad inputs tried", 1)
    if content is not None:
        (bare.home / "bad.csv").write_bytes(content)
    asked = bare.hub("duplicates", "evaluate", "bad.csv", "--entity", "customer", "--truth", "truth")
    assert asked.code == 2
    assert said in words(asked.err)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_a_file_of_windows_with_semicolons_is_read(bare: Company, encoding: str) -> None:
    text = (
        "truth;Raison sociale;Ville\n1;Scierie Orvalmont Été;Gap\n1;SCIERIE ORVALMONT ETE;GAP\n2;Garage;Die\n"
    )
    (bare.home / "win.csv").write_bytes(text.encode(encoding))
    said = bare.hub("duplicates", "evaluate", "win.csv", "--entity", "customer", "--truth", "truth", "--json")
    assert said.json["records"] == 3
    assert said.json["fields"] == {"name": "Raison sociale", "town": "Ville"}
