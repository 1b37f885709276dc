"""Records that are added to a system only when they say so: `when` in the mapping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.mapping import Mappings
from hub.ports import Traits
from hub.store import Store
from hub.yamlfile import FileProblems
from tests.engine.conftest import Company
from tests.memory import MemorySystem

MAPPING = """
entity: customer
fields:
  name:  {type: text, required: true}
  state: {type: choice, values: [draft, sound, closed]}
match:
  - exact: [name]
systems:
  odoo:
    object: partner
    fields: {name: name, state: state}
  list:
    object: Clients
    when: {state: [sound, closed]}
    fields: {name: Nom, state: Etat}
"""


@pytest.fixture
def office(store: Store, load: Callable[[str], Mappings]) -> Company:
    odoo, sage, book = MemorySystem("odoo", Traits(archives=True)), MemorySystem("sage"), MemorySystem("list")
    return Company(store, load(MAPPING), odoo, sage, book)


def test_a_record_is_added_once_it_says_what_is_asked(office: Company) -> None:
    office.odoo["partner"].add({"name": "Draft", "state": "draft"})
    office.odoo["partner"].add({"name": "Sound", "state": "sound"})
    office.odoo["partner"].add({"name": "Silent"})
    office.sync()
    assert [row["Nom"] for row in office.book["Clients"].rows().values()] == ["Sound"]
    assert office.sync().writes == 0
    assert not office.dead_letters()

    office.odoo["partner"].edit("1", state="closed")
    office.sync()
    assert sorted(str(row["Nom"]) for row in office.book["Clients"].rows().values()) == ["Draft", "Sound"]
    assert office.sync().writes == 0


def test_what_was_added_follows_its_record_whatever_that_says_later(office: Company) -> None:
    office.odoo["partner"].add({"name": "Sound", "state": "sound"})
    office.sync()
    office.odoo["partner"].edit("1", state="draft")
    office.sync()
    assert [row["Etat"] for row in office.book["Clients"].rows().values()] == ["draft"]


def test_a_record_that_stands_there_already_is_linked_whatever_it_says(office: Company) -> None:
    office.book["Clients"].add({"Nom": "Draft"})
    office.odoo["partner"].add({"name": "Draft", "state": "draft"})
    office.sync()
    assert [row["Etat"] for row in office.book["Clients"].rows().values()] == ["draft"]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("{stat: sound}", "'stat' is not a field of customer. Did you mean 'state'?"),
        ("{state: sond}", "state: "),
    ],
)
def test_a_condition_that_cannot_be_is_told_with_its_place(
    load: Callable[[str], Mappings], tmp_path: Path, when: str, said: str
) -> None:
    with pytest.raises(FileProblems) as problem:
        load(MAPPING.replace("{state: [sound, closed]}", when))
    assert "customer.yaml:14:" in str(problem.value)
    assert said in str(problem.value)
