"""Bad input that concerns the configuration: said with its place and what to do, and nothing written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.cli.conftest import Company

MAPPING = "mappings/customer.yaml"
SECRET = "correct-horse-battery"


@dataclass(frozen=True)
class Mistake:
    """One mistake: the file and what is typed there, the place it is told at, and words of the answer."""

    file: str
    old: str
    new: str
    place: str
    words: tuple[str, ...]


MISTAKES = {
    "broken YAML": Mistake("hub.yaml", "systems:", "systems: [", "hub.yaml:", ("is not YAML",)),
    "a tab": Mistake(
        "hub.yaml", "    kind: excel", "\tkind: excel", "hub.yaml:", ("tab", "Indent with spaces")
    ),
    "an unknown key": Mistake(
        "hub.yaml", "mappings: mappings", "mapings: mappings", "hub.yaml:5:1:",
        ("mapings", "Did you mean 'mappings'?"),
    ),
    "a key given twice": Mistake(
        "hub.yaml", "mappings: mappings", "mappings: a\nmappings: b", "hub.yaml:6:1:",
        ("already given on line 5",),
    ),
    "an unknown kind of system": Mistake(
        "hub.yaml", "kind: excel", "kind: exel", "hub.yaml:9:11:", ("'exel'", "Did you mean 'excel'?")
    ),
    "an unknown key of a connector": Mistake(
        "hub.yaml", "    transport: files", "    transport: files\n    acknowledgements: x", "hub.yaml:",
        ("acknowledgements",),
    ),
    "an impossible value of a connector": Mistake(
        "hub.yaml", "encoding: auto", "encoding: latin9", "hub.yaml:20:15:", ("latin9",)
    ),
    "a database of another kind": Mistake(
        "hub.yaml", '"sqlite:///hub.sqlite"', "mysql://x/y", "hub.yaml:4:11:", ("sqlite:///hub.sqlite",)
    ),
    "a rhythm nobody can follow": Mistake("hub.yaml", '"5m"', "often", "hub.yaml:", ("often", "5m")),
    "a folder of mappings that is not there": Mistake(
        "hub.yaml", "mappings: mappings", "mappings: elsewhere", "elsewhere:1:1:", ("no such folder",)
    ),
    "a mapping of no known system": Mistake(
        MAPPING, "  clients:\n", "  client:\n", "customer.yaml:", ("'client'", "Did you mean 'clients'?")
    ),
    "an unknown field": Mistake(
        MAPPING, "      phone: {field: \"Téléphone\"", "      phnoe: {field: \"Téléphone\"", "customer.yaml:",
        ("'phnoe' is not a field", "Did you mean 'phone'?"),
    ),
    "an unknown type": Mistake(
        MAPPING, "{type: siret,", "{type: sirette,", "customer.yaml:13:19:",
        ("'sirette'", "Did you mean 'siret'?"),
    ),
    "an unknown field to match on": Mistake(
        MAPPING, "exact: [siret]", "exact: [siren]", "customer.yaml:24:13:",
        ("'siren'", "Did you mean 'siret'?"),
    ),
    "a lens that does not invert": Mistake(
        MAPPING, "CT_Pays, format: fr}", "CT_Pays, map: {F: FR, FRA: FR}}", "customer.yaml:",
        ("both mean", "direction: pull"),
    ),
    "one native field written by two": Mistake(
        MAPPING, 'city: {field: "Ville"}', 'city: {field: "Adresse"}', "customer.yaml:",
        ("'Adresse' is written by both",),
    ),
    "a password in clear": Mistake(
        "hub.yaml", "kind: excel", f"kind: excel\n    password: {SECRET}", "hub.yaml:", ("in clear",)
    ),
    "a variable that is not set": Mistake(
        "hub.yaml", "kind: excel", "kind: excel\n    password: ${NO_SUCH}", "hub.yaml:",
        ("NO_SUCH is not set", ".env"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_nothing_is_written(name: str, company: Company) -> None:
    mistake = MISTAKES[name]
    company.edit(mistake.file, mistake.old, mistake.new)
    before = company.files()
    for command in ("sync", "check"):
        said = company.hub(command)
        assert said.code == 2
        assert said.out == ""
        text = " ".join(said.err.split())
        assert mistake.place in text
        assert re.search(r"(yaml|elsewhere):\d+:\d+: ", text), "file:line:column"
        for words in mistake.words:
            assert words in text, text
        assert "What to do" in text
        assert SECRET not in text
        assert "Traceback" not in text
    assert company.files() == before


def test_every_mistake_of_every_file_is_told_at_once(company: Company) -> None:
    company.edit("hub.yaml", "encoding: auto", "encoding: latin9")
    company.edit(MAPPING, "exact: [siret]", "exact: [siren]")
    company.edit(MAPPING, "{type: vat,", "{type: tva,")
    said = company.hub("check", "--json")
    assert said.code == 2
    error = said.json["error"]
    assert error["kind"] == "configuration"
    places = {(p["file"].rpartition("/")[2], p["line"] > 1, p["column"] > 1) for p in error["problems"]}
    assert places == {("hub.yaml", True, True), ("customer.yaml", True, True)}
    assert len(error["problems"]) == 3


def test_no_configuration_at_all_says_how_to_come_to_one(bare: Company) -> None:
    before = bare.files()
    for words in (
        ["check"],
        ["sync"],
        ["plan"],
        ["status"],
        ["run"],
        ["conflicts"],
        ["journal"],
        ["undo", "1"],
    ):
        said = bare.hub(*words)
        assert said.code == 2, words
        assert "hub init" in said.err
    assert bare.files() == before


def test_a_configuration_that_is_not_text_is_refused(company: Company) -> None:
    company.config.write_bytes(b"database: \xff\xfe\x00")
    said = company.hub("sync")
    assert said.code == 2
    assert "hub.yaml:1:11: is not UTF-8 text" in " ".join(said.err.split())


def _not_a_database(company: Company) -> None:
    (company.home / "hub.sqlite").write_bytes(b"this is a letter, not a database. " * 100)


def _a_folder(company: Company) -> None:
    (company.home / "hub.sqlite").mkdir()


def _no_server(company: Company) -> None:
    company.edit("hub.yaml", '"sqlite:///hub.sqlite"', "postgresql://hub@127.0.0.1:9/hub")


@pytest.mark.parametrize("spoil", [_not_a_database, _a_folder, _no_server])
def test_a_database_that_cannot_be_used_is_one_screen(
    spoil: Callable[[Company], None], company: Company
) -> None:
    spoil(company)
    before = company.files()
    said = company.hub("sync")
    assert said.code in (2, 3)
    assert "database" in said.err
    assert "What to do" in said.err
    assert "Traceback" not in said.err
    assert company.files() == before
    check = company.hub("check", "--json")
    assert check.code == said.code
    (finding,) = (one for one in check.json["findings"] if one["what"] == "database")
    assert (finding["level"], bool(finding["todo"])) == ("error", True)
