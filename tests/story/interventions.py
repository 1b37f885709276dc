"""The story of the interventions: forms filled for what was done, and forms that come back filled.

Somebody marks an intervention as done in Odoo, and its form lies in a folder and at the task; it is
corrected, and the form with it. A form that was filled by hand is dropped in the inbox, waits as a task to be
confirmed, is told of, and is confirmed. Among them lie files that are no forms. The mappings and the
description that ship are used, copied as an admin copies them; what people do is done by nothing of the
project's: in Odoo over plain XML-RPC, on paper by pypdf. The same pages are told on the sandbox's Odoo and on
the real ones.
"""

from __future__ import annotations

import os
import re
import shutil
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha1
from html import unescape
from pathlib import Path
from typing import Any

from pypdf import PdfReader, PdfWriter

from connectors.forms.description import Field_
from connectors.forms.descriptions import load_one
from tests.connectors.forms.blanks import drawn
from tests.connectors.forms.test_bad_input import claimed_pages, deep_array
from tests.live.servers import Odoo
from tests.story.site import PROJECT, Hub
from tests.tally import tally
from tests.wire.faults import FAULTS
from tests.wire.proxy import Proxy
from tests.wire.request import Request

SHIPPED = PROJECT / "mappings"
HUB_YAML = """\
systems:
  odoo:
    kind: odoo
    url: {url}
    database: {database}
    login: {login}
    password: ${{ODOO_PASSWORD}}
    transport: {transport}
    files: {{forms: fiches, inbox: arrivees}}
    {key}
  forms:
    kind: forms
    descriptions: forms
    out: fiches
    stable_seconds: 0
  inbox:
    kind: forms
    descriptions: forms
    inbox: arrivees
    stable_seconds: 0
  maintenance:
    kind: maintenance
"""
REPORT = "Contrôle d'étanchéité fait.\nRien à signaler : joint changé."
CORRECTED = "Contrôle d'étanchéité fait.\nFuite réparée, 0,4 kg d'appoint."


@dataclass(frozen=True)
class Home:
    """The mappings that ship for an Odoo, and what differs in it: the stages of visits, what a deadline is
    (in 19 one has an hour), and the field of who goes."""

    mappings: tuple[str, ...]
    stages: tuple[str, ...]
    hour: str
    technician: str

    def deadline(self, day: str) -> str:
        return day + self.hour


HOME_19 = Home(("contract-project", "visit-task", "intervention"), (), " 15:00:00", "user_ids")
HOME_14 = Home(
    ("contract-project-14", "visit-task-14", "intervention-14"),
    ("Planifiée", "Confirmée", "Faite", "Annulée"), "", "user_id",
)  # fmt: skip


class Place:
    """A folder with a hub in it, two folders of forms, an Odoo, and a wire between."""

    def __init__(
        self, folder: Path, odoo: Odoo, database: str, transport: str, hub: type[Hub], home: Home
    ) -> None:
        self.folder, self.odoo, self.database, self.home = folder, odoo, database, home
        self.hub = hub(folder)
        self.wire = Proxy(odoo.url)
        self.out, self.inbox = folder / "fiches", folder / "arrivees"
        self.out.mkdir()
        self.inbox.mkdir()
        (folder / "forms").mkdir()
        shutil.copy(SHIPPED / "forms" / "cerfa-15497.yaml", folder / "forms")
        description = load_one(folder / "forms" / "cerfa-15497.yaml")
        self.fields, self.blank = description.fields, folder / "forms" / description.blank
        signatures = {name.lower(): Field_(field=name) for name in description.never}
        drawn(self.blank, {**description.fields, **signatures})
        self._copy()
        text = HUB_YAML.format(
            url=self.wire.url, database=database, login=odoo.login, transport=transport,
            key="api_key: ${ODOO_KEY}" if transport == "json2" else "",
        )  # fmt: skip
        (folder / "hub.yaml").write_text(text, "utf-8")
        secrets = f"ODOO_PASSWORD={odoo.password}\nODOO_KEY={odoo.api_key}\n"
        (folder / ".env").write_text(secrets, "utf-8")

    def close(self) -> None:
        self.wire.close()

    def _copy(self) -> None:
        """The mappings, without the systems that this company has not."""
        (self.folder / "mappings").mkdir()
        partner = self.call("res.partner", "fields_get", [], ["type"])
        for name in ("customer", *self.home.mappings, "certificate", "received", "alert", "notice"):
            text = (SHIPPED / "maintenance" / f"{name}.yaml").read_text("utf-8")
            text = re.sub(r"(?m)^  (?:contracts|clients):.*\n(?:(?:    .*)?\n)*", "", text)
            text = text.replace("[odoo, clients, contracts]", "[odoo]")
            if "siret" in partner:
                text = text.replace("siret: company_registry ", "siret: siret ")
            (self.folder / "mappings" / f"{name}.yaml").write_text(text, "utf-8")

    # -- people in Odoo ----------------------------------------------------------------------------------

    def call(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        return self.odoo.call(self.database, model, method, *arguments, **named)

    def rows(self, model: str, domain: list[Any], *fields: str) -> list[dict[str, Any]]:
        return list(self.call(model, "search_read", domain, list(fields), order="id"))

    def make(self, model: str, **values: Any) -> int:
        made: int = self.call(model, "create", values)
        return made

    def furnish(self) -> None:
        """What the mappings say an admin must have in Odoo; a customer, a contract and a visit."""
        project = self.make("project.project", name="Interventions")
        self.stages = {}
        for name in ("À confirmer", "Faite", *self.home.stages):
            known = self.rows("project.task.type", [["name", "=", name]], "id")
            self.stages[name] = known[0]["id"] if known else self.make("project.task.type", name=name)
        self.call(
            "project.project",
            "write",
            [project],
            {"type_ids": [(4, self.stages[name]) for name in ("À confirmer", "Faite")]},
        )
        self.project = project
        france = self.rows("res.country", [["code", "=", "FR"]], "id")[0]["id"]
        self.customer = self.make(
            "res.partner", name="Froid & Fils SARL", is_company=True, street="1 rue de l'Église", zip="74000",
            city="Annecy", country_id=france, email="froid@example.org",
        )  # fmt: skip
        contract = self.make(
            "project.project", name="2026-0042", label_tasks="Visites", partner_id=self.customer,
            date_start="2026-01-01", date="2026-12-31",
        )  # fmt: skip
        self.visit = self.make(
            "project.task", name="Visite 2026-0042", project_id=contract, partner_id=self.customer,
            date_deadline=self.home.deadline("2026-03-05"),
        )  # fmt: skip

    def tasks(self, name: str) -> list[dict[str, Any]]:
        """Interventions of this number, as people see them."""
        fields = ("name", "stage_id", "date_deadline", "description", "partner_id", "parent_id")
        return self.rows("project.task", [["project_id", "=", self.project], ["name", "=", name]], *fields)

    def attached(self, task: int) -> dict[str, tuple[int, bytes, str]]:
        """By name: the attachments that people find at a task; their ids, bytes and sums."""
        domain = [["res_model", "=", "project.task"], ["res_id", "=", task]]
        rows = self.rows("ir.attachment", domain, "name", "datas", "checksum")
        found = {row["name"]: (row["id"], b64decode(row["datas"]), row["checksum"]) for row in rows}
        tally("records duplicated", len(rows) - len(found))
        assert len(rows) == len(found), [row["name"] for row in rows]
        return found

    def told(self) -> list[dict[str, Any]]:
        """The activities about interventions to be confirmed that are open."""
        return self.rows("mail.activity", [["summary", "ilike", "à confirmer"]], "summary", "res_id")

    # -- people and paper --------------------------------------------------------------------------------

    def paper(self, path: Path) -> dict[str, str]:
        """What stands in a form, by our names, as a PDF reader shows it; empty ones left out."""
        held = PdfReader(path).get_fields() or {}
        shown = {
            ours: tuple(str(held[name].get("/V") or "") for name in field.names)
            for ours, field in self.fields.items()
            if all(name in held for name in field.names) and not field.boxes and not field.values
        }
        return {
            ours: self.fields[ours].join.join(parts).replace("\r", "\n")
            for ours, parts in shown.items()
            if any(parts)
        }

    def drop(self, name: str, **values: Any) -> bytes:
        """Somebody fills the blank in a PDF reader and drops it in the inbox; its bytes."""
        writer = PdfWriter(clone_from=self.blank)
        cells: dict[str, str] = {}
        for ours, value in values.items():
            names = self.fields[ours].names
            cells |= dict(zip(names, value.split("/") if len(names) > 1 else [value], strict=True))
        for page in writer.pages:
            writer.update_page_form_field_values(page, cells, auto_regenerate=False)
        return self.put(name, lambda path: writer.write(path))

    def put(self, name: str, write: Callable[[Path], object]) -> bytes:
        """A file arrives in the inbox, whole and some time ago."""
        draft = self.folder / "draft"
        write(draft)
        os.utime(draft, (1e9, 1e9))
        os.replace(draft, self.inbox / name)
        return (self.inbox / name).read_bytes()

    # -- the hub -----------------------------------------------------------------------------------------

    def sync(self, *codes: int) -> int:
        """Run `hub sync`; how much it wrote. What waits is in the failure where it ends otherwise."""
        said = self.hub("sync", "--json")
        if said.code not in (codes or (0,)):
            raise AssertionError(f"hub sync ended with {said.code}\n{self.waiting()}\n{said.out}\n{said.err}")
        return int(said.json["writes"])

    def waiting(self) -> str:
        return self.hub("deadletters", "--json").out + self.hub("conflicts", "--json").out

    def quiet(self, *codes: int) -> None:
        """Sync until nothing is written any more."""
        for _ in range(5):
            if self.sync(*codes) == 0:
                return
        raise AssertionError(f"the hub does not come to rest\n{self.waiting()}")

    def rests(self, times: int, *codes: int) -> None:
        """Nothing is written, in Odoo or on disk."""
        before = {path: path.stat().st_mtime_ns for path in self.out.iterdir()}
        asked = len(self.wire.seen)
        assert [self.sync(*codes) for _ in range(times)] == [0] * times
        assert {path: path.stat().st_mtime_ns for path in self.out.iterdir()} == before
        written = [str(one) for one in self.wire.passed(WRITING, since=asked)]
        assert not written, written


WRITING = ("create", "write", "load", "web_save", "web_save_multi", "unlink", "action_feedback")


def tell(place: Place) -> None:
    """The whole story."""
    place.furnish()
    place.hub("check", code=0)
    place.hub("plan", "--approve", "--json")
    place.quiet()
    number = an_intervention_that_is_done_has_its_form_at_the_task(place)
    the_mappings_keep_their_word(place)
    place.rests(10)
    a_correction_makes_the_form_anew(place, number)
    place.rests(2)
    a_dropped_form_waits_to_be_confirmed_and_is_told(place)
    files_that_are_no_forms_stop_nobody(place)
    place.rests(3, 1)
    a_person_confirms_it(place)
    place.rests(3, 1)


def an_intervention_that_is_done_has_its_form_at_the_task(place: Place) -> int:
    """Told by the first one; with each other one, something is lost on the wire at the attachment."""
    first, *others = (an_intervention(place, number) for number in range(1, len(LOST) + 2))
    place.quiet()
    assert not list(place.out.glob("*.pdf")), "nobody has done it yet"
    place.call("project.task", "write", [first], {"stage_id": place.stages["Faite"]})
    place.quiet()
    is_filled(place, first, "INT-1", REPORT, "05/03/2026")
    for number, (task, fault) in enumerate(zip(others, LOST, strict=True), 2):
        trap = place.wire.arm(FAULTS[fault].happens, _attaches)
        place.call("project.task", "write", [task], {"stage_id": place.stages["Faite"]})
        place.sync(0, 1, 3)
        place.sync(0, 1, 3)
        assert trap.met, fault
        tally("faults injected")
        place.wire.disarm()
        place.wire.release()
        place.quiet()
        is_filled(place, task, f"INT-{number}", REPORT, "05/03/2026")
    return first


def an_intervention(place: Place, number: int) -> int:
    """Somebody plans one, for the visit."""
    return place.make(
        "project.task", name=f"INT-{number}", project_id=place.project, parent_id=place.visit,
        stage_id=place.stages["À confirmer"], partner_id=place.customer, description=shown(REPORT),
        date_deadline=place.home.deadline("2026-03-05"),
    )  # fmt: skip


def _attaches(request: Request) -> bool:
    return request.model == "ir.attachment" and request.method in WRITING


def shown(text: str) -> str:
    """Text as people type it into Odoo."""
    return f"<p>{text.replace(chr(10), '<br/>')}</p>"


LOST = (
    "torn before Odoo got it",
    "torn after Odoo did it",
    "reply lost",
    "error answer, and yet done",
    "arrives late, after the hub gave up",
)


def is_filled(place: Place, task: int, number: str, report: str, day: str) -> None:
    """The form of this number is in the folder with these values, and at the task, byte for byte."""
    path = place.out / f"CERFA {number}.pdf"
    held = place.paper(path)
    holder = held.pop("holder").splitlines()
    assert held == {"number": number, "date": day, "report": report}, held
    assert holder[0] == "Froid & Fils SARL"
    assert "74000 Annecy" in holder[1]
    ((name, (_, content, checksum)),) = place.attached(task).items()
    assert name == path.name
    assert content == path.read_bytes()
    assert checksum == sha1(content).hexdigest()


def the_mappings_keep_their_word(place: Place) -> None:
    """What `hub mapping check` finds on the records there are."""
    said = place.hub("mapping", "check", "--json")
    assert said.code == 0, said.out + said.err


def a_correction_makes_the_form_anew(place: Place, task: int) -> None:
    ((name, (id, before, _)),) = place.attached(task).items()
    place.call(
        "project.task", "write", [task],
        {"description": shown(CORRECTED), "date_deadline": place.home.deadline("2026-03-06")},
    )  # fmt: skip
    place.quiet()
    is_filled(place, task, "INT-1", CORRECTED, "06/03/2026")
    assert place.attached(task)[name][0] == id, "the same attachment"
    assert place.attached(task)[name][1] != before
    assert before in [path.read_bytes() for path in (place.out / "hub-backups").iterdir()]


DROPPED = {
    "number": "F-2026-118", "date": "09/04/2026", "charge": "2,5", "fluid": "R32",
    "holder": "Froid & Fils", "report": "Appoint fait à l'étage",
}  # fmt: skip


def a_dropped_form_waits_to_be_confirmed_and_is_told(place: Place) -> None:
    content = place.drop("scan du 9 avril.pdf", **DROPPED)
    place.quiet(0, 1)
    (task,) = place.tasks("F-2026-118")
    assert task["stage_id"][1] == "À confirmer"
    assert str(task["date_deadline"])[:10] == "2026-04-09"
    assert "Appoint fait à l'étage" in unescape(task["description"])
    ((name, (_, attached, _)),) = place.attached(task["id"]).items()
    assert (name, attached) == ("scan du 9 avril.pdf", content), "a person sees what was written"
    (told,) = place.told()
    assert told["summary"] == "Intervention F-2026-118 : à confirmer"


def files_that_are_no_forms_stop_nobody(place: Place) -> None:
    place.put("hostile.pdf", lambda path: path.write_bytes(claimed_pages()))
    place.put("profond.pdf", lambda path: path.write_bytes(deep_array()))
    place.put("facture.pdf", lambda path: path.write_bytes(b"MZ" + bytes(range(256)) * 9))
    place.drop("autre.pdf", **{**DROPPED, "number": "F-2026-119"})
    tally("bad inputs tried", 3)
    place.quiet(1)
    assert len(place.tasks("F-2026-119")) == 1
    reviews = place.hub("conflicts", "--json").json["reviews"]
    reasons = {one["place"]: one["reason"] for one in reviews}
    assert set(reasons) >= {"hostile.pdf", "profond.pdf", "facture.pdf"}, reasons
    assert "more than a form can be" in reasons["hostile.pdf"]
    assert "it is a program" in reasons["facture.pdf"]


def a_person_confirms_it(place: Place) -> None:
    """They say whose it is; then, on another day, that it is right."""
    (task,) = place.tasks("F-2026-118")
    place.call(
        "project.task", "write", [task["id"]], {"partner_id": place.customer, "parent_id": place.visit}
    )
    place.quiet(1)
    assert sorted(one["summary"] for one in place.told()) == [
        f"Intervention F-2026-{n} : à confirmer" for n in (118, 119)
    ]
    place.call("project.task", "write", [task["id"]], {"stage_id": place.stages["Faite"]})
    place.quiet(1)
    (told,) = place.told()
    assert told["summary"] == "Intervention F-2026-119 : à confirmer"
    held = place.paper(place.out / "CERFA F-2026-118.pdf")
    assert (held["date"], held["charge"], held["fluid"]) == ("09/04/2026", "2,5", "R32")
    assert held["holder"].startswith("Froid & Fils SARL"), "as the person in Odoo says"
    assert set(place.attached(task["id"])) == {"scan du 9 avril.pdf", "CERFA F-2026-118.pdf"}
    (after,) = place.tasks("F-2026-118")
    assert (after["stage_id"][1], after["parent_id"][0]) == ("Faite", place.visit)
