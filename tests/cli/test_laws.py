"""The trial of a mapping on records: what breaks a law is found, what is merely lossy is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hub.cli import laws
from hub.lenses import Lens, Refs
from hub.mapping import EntityMapping, load_mappings
from hub.ports import Native, Record
from hub.values import Canonical

MAPPING = """
entity: contact
fields:
  name: {type: text, required: true}
  phone: {type: phone, region: FR}
  customer: {type: ref, entity: customer}
systems:
  odoo: {object: res.partner, fields: {name: name, phone: phone, customer: parent_id}}
  sage: {object: contacts, key: N, fields: {name: {field: NAME, max: 10}, phone: {field: TEL, max: 14}}}
"""
PARENT = (
    "entity: customer\nfields: {name: text}\nsystems: {odoo: {object: res.partner, fields: {name: name}}}\n"
)


@pytest.fixture
def mapping(tmp_path: Path) -> EntityMapping:
    (tmp_path / "contact.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "customer.yaml").write_text(PARENT, encoding="utf-8")
    return load_mappings(tmp_path)["contact"]


def odoo(name: str | None, phone: str | None = None, parent: str | None = None) -> Record:
    return Record("1", {"name": name, "phone": phone, "parent_id": parent})


def found(mapping: EntityMapping, **samples: list[Record]) -> dict[tuple[str, str], laws.Trial]:
    return {(one.system, one.name): one for one in laws.examine(mapping, samples)}


class Forgetful(Lens):
    """A lens that drops the last letter of what it writes and says nothing of it."""

    def _decode(self, native: Mapping[str, Native], refs: Refs) -> Canonical:
        return self.type.parse(native[self.natives[0]])

    def _encode(self, value: Canonical, native: Mapping[str, Native], refs: Refs) -> dict[str, Native]:
        return {self.natives[0]: str(value)[:-1]}


def test_a_field_that_does_not_give_back_what_was_put_is_broken(mapping: EntityMapping) -> None:
    system = mapping.systems["odoo"]
    name, *rest = system.lenses
    forgetful = Forgetful(name.name, name.type, name.system, name.natives)
    spoiled = replace(mapping, systems={"odoo": replace(system, lenses=(forgetful, *rest))})
    trials = found(spoiled, odoo=[odoo("Durand"), odoo("Petit")])
    assert {example.where for example in trials["odoo", "name"].broken} == {"'Durand'", "'Petit'"}
    assert trials["odoo", "name"].broken[0].reason == "is kept as 'Duran'"
    assert not trials["odoo", "name"].ok
    assert trials["odoo", "phone"].ok


def test_what_another_system_holds_is_put_into_a_short_field_and_its_loss_named(
    mapping: EntityMapping,
) -> None:
    short = Record("9", {"NAME": "MAIRIE", "TEL": None})
    trial = found(mapping, odoo=[odoo("Établissements Durand")], sage=[short])["sage", "name"]
    assert trial.ok
    assert trial.lossy == "cut at 10 characters"
    assert [(loss.where, loss.reason) for loss in trial.lost] == [
        ("'Établissements Durand'", "is kept as 'Établissem'")
    ]


def test_what_a_field_refuses_and_what_has_no_reading_are_told_apart(mapping: EntityMapping) -> None:
    abroad = odoo("Muller", "+41 44 668 18 00")
    unclear = replace(odoo("Petit", "le bureau"), where="row 7")
    unread = Record("3", {"name": "X", "parent_id": None}, unreadable={"phone": "no right to see it"})
    trials = found(mapping, odoo=[abroad, unclear, unread], sage=[])
    reasons = {example.where: example.reason for example in trials["odoo", "phone"].unreadable}
    assert "no telephone number" in reasons["row 7"]
    assert reasons["3"] == "phone: no right to see it"
    assert len(trials["sage", "phone"].unwritable) == 1
    assert not trials["sage", "phone"].broken


def test_a_reference_counts_as_its_targets_own_id(mapping: EntityMapping) -> None:
    assert found(mapping, odoo=[odoo("Durand", None, "42"), odoo("Petit", None, None)])["odoo", "customer"].ok


def test_values_that_are_alike_are_tried_once(mapping: EntityMapping) -> None:
    one = found(mapping, odoo=[odoo("Durand")] * 50)["odoo", "name"]
    assert one.tried == 50 + 2
