"""Interventions through the engine: done in Odoo, a form once; a form dropped, one to confirm once.

The forms are real files, by the mappings and the description that ship; Odoo is held in memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.forms import connect
from connectors.forms.descriptions import load_one
from connectors.forms.reader import Kind, Reader
from connectors.forms.settings import Settings
from connectors.forms.writing import Writing
from hub.engine import Engine
from hub.mapping import Mappings, load_mappings
from hub.ports import Connector, Outcome, Traits, Write
from hub.report import Report
from hub.store import Store, listing
from tests.connectors.forms.blanks import drawn
from tests.memory import START, Crash, MemorySystem
from tests.tally import tally

ROOT = Path(__file__).resolve().parents[2] / "mappings"
OTHERS = """
entity: {entity}
fields:
  name: {{type: text, required: true}}
match:
  - exact: [name]
systems:
  odoo:
    object: {entity}
    fields: {{name: name}}
"""


@dataclass
class Firm:
    """Odoo, and two folders of forms."""

    home: Path
    odoo: MemorySystem = field(default_factory=lambda: MemorySystem("odoo", Traits(archives=True)))
    seconds: int = 0

    def __post_init__(self) -> None:
        folder = self.home / "mappings"
        folder.mkdir()
        for name in ("intervention", "certificate"):
            text = (ROOT / f"maintenance/{name}.yaml").read_text("utf-8")
            text = "\n".join(line for line in text.splitlines() if not line.startswith("    where:"))
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        for entity in ("visit", "customer"):
            (folder / f"{entity}.yaml").write_text(OTHERS.format(entity=entity), encoding="utf-8")
        self.mappings: Mappings = load_mappings(folder)
        self.descriptions = self.home / "forms"
        self.descriptions.mkdir()
        text = (ROOT / "forms/cerfa-15497.yaml").read_text("utf-8")
        (self.descriptions / "cerfa-15497.yaml").write_text(text, encoding="utf-8")
        self.kind = Kind(
            "cerfa-15497",
            load_one(self.descriptions / "cerfa-15497.yaml"),
            self.descriptions / "cerfa_15497-04.pdf",
        )
        drawn(self.kind.blank, self.kind.description.fields)
        self.out, self.inbox = self.home / "out", self.home / "inbox"
        self.out.mkdir()
        self.inbox.mkdir()
        self.store = Store(f"sqlite:///{self.home / 'hub.sqlite'}")
        self.store.migrate()
        self.odoo.now = self.now

    def now(self) -> datetime:
        self.seconds += 1
        return START + timedelta(seconds=self.seconds)

    def forms(self) -> dict[str, Connector]:
        common: dict[str, Any] = {"descriptions": self.descriptions, "stable_seconds": 0}
        return {
            "forms": connect("forms", Settings(out=self.out, **common)),
            "inbox": connect("inbox", Settings(inbox=self.inbox, **common)),
        }

    def sync(self) -> Report:
        """A hub that was just started, and ends."""
        connectors = {"odoo": self.odoo.connect(), **self.forms()}
        engine = Engine(
            self.store, self.mappings, connectors,
            clock=lambda: self.now().isoformat(timespec="milliseconds"),
        )  # fmt: skip
        try:
            return engine.sync()
        finally:
            for connector in connectors.values():
                connector.close()

    def task(self, number: str, **more: Any) -> str:
        row = {"name": number, "stage_id.name": "Faite", "date_deadline.day": "2024-03-05", **more}
        return self.odoo["project.task"].add(row)

    def tasks(self) -> dict[str, dict[str, Any]]:
        return {str(row["name"]): dict(row) for row in self.odoo["project.task"].rows().values()}

    def made(self) -> list[str]:
        return sorted(path.name for path in self.out.glob("*.pdf"))

    def drop(self, name: str, **values: Any) -> None:
        draft = self.home / "draft.pdf"
        with Reader() as reader:
            reader.fill(self.kind, values, draft, name)
        os.utime(draft, (1e9, 1e9))
        os.replace(draft, self.inbox / name)

    def waiting(self) -> tuple[int, int]:
        with self.store.transaction() as connection:
            return len(listing.dead_letters(connection)), len(listing.reviews(connection))


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    found = Firm(tmp_path)
    yield found
    found.store.close()


@pytest.mark.timeout(400)
def test_a_done_intervention_fills_its_form_once_and_its_pdf_is_attached_once(firm: Firm) -> None:
    firm.task("INT-1", description="Contrôle fait à l'étage")
    firm.task("INT-2", **{"stage_id.name": "À confirmer"})
    for _ in range(3):
        firm.sync()
    assert firm.made() == ["CERFA INT-1.pdf"]
    with Reader() as reader:
        told = reader.read(firm.out / "CERFA INT-1.pdf", firm.kind)
    held = {one["name"]: one["value"] for one in told["values"] if one["value"] is not None}
    assert held == {"number": "INT-1", "date": "2024-03-05", "report": "Contrôle fait à l'étage"}
    (attached,) = firm.odoo["ir.attachment"].rows().values()
    assert (attached["name"], attached["datas"], attached["res_id"]) == ("CERFA INT-1.pdf", told["sha1"], "1")
    assert firm.waiting() == (0, 0)
    os.utime(firm.out / "CERFA INT-1.pdf", (1e9, 1e9))
    firm.sync()
    stamp = (firm.out / "CERFA INT-1.pdf").stat()
    assert all(firm.sync().writes == 0 for _ in range(100))
    assert (firm.out / "CERFA INT-1.pdf").stat() == stamp
    assert len(firm.odoo["ir.attachment"].rows()) == 1
    tally("records duplicated", len(firm.made()) - 1)


def test_a_changed_intervention_makes_its_form_anew_and_attaches_that(firm: Firm) -> None:
    id = firm.task("INT-1", description="Contrôle")
    for _ in range(2):
        firm.sync()
    (before,) = firm.odoo["ir.attachment"].rows().values()
    firm.odoo["project.task"].edit(id, description="Contrôle, et joint changé")
    for _ in range(3):
        firm.sync()
    (after,) = firm.odoo["ir.attachment"].rows().values()
    assert after["datas"] != before["datas"]
    assert firm.made() == ["CERFA INT-1.pdf"]
    assert len(list((firm.out / "hub-backups").iterdir())) == 1
    assert firm.sync().writes == 0


def test_a_dropped_form_is_an_intervention_to_confirm_once_and_a_form_when_it_is_confirmed(
    firm: Firm,
) -> None:
    firm.drop("scan 12.pdf", number="F-7", date="2024-04-01", charge=2.5, report="Fait")
    for _ in range(3):
        firm.sync()
    (task,) = firm.odoo["project.task"].rows().values()
    assert (task["name"], task["stage_id.name"], task["description"]) == ("F-7", "À confirmer", "Fait")
    assert not firm.made()
    assert all(firm.sync().writes == 0 for _ in range(20))
    firm.odoo["project.task"].edit("1", **{"stage_id.name": "Faite"})
    firm.sync()
    firm.sync()
    assert firm.made() == ["CERFA F-7.pdf"]
    assert firm.odoo["project.task"].show("1")["stage_id.name"] == "Faite"
    assert firm.waiting() == (0, 0)


def test_a_dropped_form_joins_the_intervention_of_its_number(firm: Firm) -> None:
    firm.task("INT-1", **{"stage_id.name": "À confirmer"})
    firm.sync()
    firm.drop("x.pdf", number="INT-1", charge=2.5)
    firm.sync()
    firm.sync()
    assert len(firm.tasks()) == 1
    firm.odoo["project.task"].edit("1", **{"stage_id.name": "Faite"})
    firm.sync()
    with Reader() as reader:
        told = reader.read(firm.out / "CERFA INT-1.pdf", firm.kind)
    assert {one["name"]: one["value"] for one in told["values"]}["charge"] == 2.5


def test_forms_taken_out_of_the_inbox_take_nothing_away(firm: Firm) -> None:
    firm.drop("x.pdf", number="F-7")
    firm.sync()
    (firm.inbox / "x.pdf").unlink()
    firm.sync()
    firm.sync()
    assert set(firm.tasks()) == {"F-7"}


def _before(self: Writing, write: Write, real: Callable[..., Outcome]) -> Outcome:
    raise Crash


def _after(self: Writing, write: Write, real: Callable[..., Outcome]) -> Outcome:
    real(self, write)
    raise Crash


@pytest.mark.parametrize("moment", [_before, _after], ids=["before a form is made", "after a form was made"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_crash_at_any_form_makes_no_second_one(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, moment: Callable[..., Outcome], nth: int
) -> None:
    for number in range(3):
        firm.task(f"INT-{number}")
    real, count = Writing.outcome, [0]

    def outcome(self: Writing, write: Write) -> Outcome:
        count[0] += 1
        return moment(self, write, real) if count[0] == nth else real(self, write)

    monkeypatch.setattr(Writing, "outcome", outcome)
    with pytest.raises(Crash):
        firm.sync()
    for _ in range(4):
        firm.sync()
    assert firm.made() == [f"CERFA INT-{number}.pdf" for number in range(3)]
    assert len(firm.odoo["ir.attachment"].rows()) == 3
    assert firm.waiting() == (0, 0)
    assert firm.sync().writes == 0
    tally("faults injected", 1)
