"""Mistakes in what an admin edits: told with their place, before anything is read or written."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import pytest

from tests.bad_input.office import MAPPING, SYSTEMS, Office, is_at_rest, is_told


@dataclass(frozen=True)
class Mistake:
    """What is typed instead of what; where it is told, with which words, and how often."""

    file: str
    old: str
    new: str
    place: str
    said: tuple[str, ...]


MISTAKES = {
    "broken YAML in hub.yaml": Mistake(
        "hub.yaml", "mappings: mappings", "mappings: [mappings", "hub.yaml:7:", ("is not YAML",)
    ),
    "broken YAML in a mapping": Mistake(
        MAPPING, "label: {fr: Client, en: Customer}", "label: {fr: Client, en: Customer", f"{MAPPING}:",
        ("is not YAML",),
    ),
    "an unknown field": Mistake(
        MAPPING, "      city: city\n", "      ctiy: city\n", f"{MAPPING}:",
        ("'ctiy' is not a field", "Did you mean 'city'?"),
    ),
    "an unknown key": Mistake(
        "hub.yaml", "mappings: mappings", "mapings: mappings", "hub.yaml:5:1:", ("Did you mean 'mappings'?",)
    ),
    "a lens that does not invert": Mistake(
        MAPPING, "country: {field: CT_Pays, format: fr}", "country: {field: CT_Pays, map: {F: FR, FRA: FR}}",
        f"{MAPPING}:", ("both mean", "which to write is not known", "direction: pull"),
    ),
    "a secret that is not there": Mistake(
        "hub.yaml", "${ODOO_PASSWORD}", "${ODOO_PASWORD}", "hub.yaml:", ("ODOO_PASWORD is not set", ".env")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_stops_everything_before_anything_is_touched(name: str, office: Office) -> None:
    mistake = MISTAKES[name]
    office.work_beside("sage", "Vizille")
    office.type_in(mistake.file, mistake.old, mistake.new)
    before = {system: office.traces(system) for system in SYSTEMS}
    for command in ("check", "plan", "sync"):
        said = office.hub(command, code=2)
        is_told(said, mistake.place, *mistake.said, "What to do", "run the same command again")
        assert said.out == ""
    assert {system: office.traces(system) for system in SYSTEMS} == before

    office.type_in(mistake.file, mistake.new, mistake.old)
    office.hub("sync", code=0)
    office.hand_over()
    assert set(office.cities().values()) == {"Vizille"}
    is_at_rest(office)


def test_a_database_of_a_newer_hub_is_left_alone(office: Office) -> None:
    with sqlite3.connect(office.folder / "hub.sqlite") as database:
        (present,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        database.execute("UPDATE alembic_version SET version_num = 'made_tomorrow'")
    database.close()
    office.work_beside("odoo", "Vizille")
    before = office.traces("odoo")
    is_told(office.hub("sync", code=2), "another version of the hub", "newer than this one", "made_tomorrow")
    assert office.traces("odoo") == before
    with sqlite3.connect(office.folder / "hub.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (present,))
    database.close()
    office.hub("sync", code=0)
    assert office.cities()["odoo"] == "Vizille"
