"""The story of the interventions: forms filled for what was done, and forms that come back filled.

Somebody marks an intervention as done in Odoo, and its form lies in a folder and at the task; it is
corrected, and the form with it. A form that was filled by hand is dropped in the inbox, waits as a task to be
confirmed, is told of, and is confirmed. Among them lie files that are no forms. The same pages are told on
the sandbox's Odoo and on the real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from html import unescape

from tests.connectors.forms.test_bad_input import claimed_pages, deep_array
from tests.story.technicians import WRITING, Place
from tests.tally import tally
from tests.wire.faults import FAULTS
from tests.wire.request import Request

REPORT = "Contrôle d'étanchéité fait.\nRien à signaler : joint changé."
CORRECTED = "Contrôle d'étanchéité fait.\nFuite réparée, 0,4 kg d'appoint."


def tell(place: Place, *faults: str) -> None:
    """The whole story, with these faults on the wire at the attachment."""
    place.furnish()
    place.hub("check", code=0)
    place.hub("plan", "--approve", "--json")
    place.quiet()
    task = an_intervention_that_is_done_has_its_form_at_the_task(place, faults or LOST)
    the_mappings_keep_their_word(place)
    place.rests(10)
    a_correction_makes_the_form_anew(place, task)
    place.rests(2)
    a_dropped_form_waits_to_be_confirmed_and_is_told(place)
    a_form_that_is_dropped_anew_moves_the_day_and_not_the_hour(place)
    a_dropped_form_of_a_known_number_joins_its_task(place, task)
    files_that_are_no_forms_stop_nobody(place)
    place.rests(3, 1)
    a_person_confirms_it(place)
    place.rests(3, 1)


def an_intervention_that_is_done_has_its_form_at_the_task(place: Place, faults: Sequence[str]) -> int:
    """Told by the first one; with each other one, something is lost on the wire at the attachment."""
    first, *others = (an_intervention(place, number) for number in range(1, len(faults) + 2))
    place.quiet()
    assert not list(place.out.glob("*.pdf")), "nobody has done it yet"
    place.call("project.task", "write", [first], {"stage_id": place.stages["Faite"]})
    place.quiet()
    is_filled(place, first, "INT-1", REPORT, "05/03/2026")
    for number, (task, fault) in enumerate(zip(others, faults, strict=True), 2):
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
        **{place.home.technician: place.technician()},
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
    seen = place.hub("mapping", "preview", "intervention", "--system", "odoo", "--json", code=0).json[
        "records"
    ]
    (goes,) = place.rows("res.users", [["login", "=", place.odoo.login]], "name")
    assert goes["name"] in str(seen[0]["fields"]), seen[0]


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
    noon = " 10:00:00" if place.home.hour else ""
    assert task["date_deadline"] == f"2026-04-09{noon}", "noon in Paris, where a deadline has an hour"
    assert "Appoint fait à l'étage" in unescape(task["description"])
    ((name, (_, attached, _)),) = place.attached(task["id"]).items()
    assert (name, attached) == ("scan du 9 avril.pdf", content), "a person sees what was written"
    (told,) = place.told()
    assert told["summary"] == "Intervention F-2026-118 : à confirmer"


def a_form_that_is_dropped_anew_moves_the_day_and_not_the_hour(place: Place) -> None:
    (task,) = place.tasks("F-2026-118")
    place.call("project.task", "write", [task["id"]], {"date_deadline": place.home.deadline("2026-04-09")})
    place.quiet(0, 1)
    content = place.drop("scan du 9 avril.pdf", **{**DROPPED, "date": "10/04/2026"})
    place.quiet(0, 1)
    (task,) = place.tasks("F-2026-118")
    assert task["date_deadline"] == place.home.deadline("2026-04-10")
    ((_, attached, _),) = place.attached(task["id"]).values()
    assert attached == content, "replaced, and still one"


def a_dropped_form_of_a_known_number_joins_its_task(place: Place, task: int) -> None:
    """Somebody drops the paper of an intervention that is done: what Odoo says of it stays."""
    place.drop("INT-1 signée.pdf", number="INT-1", date="06/03/2026", charge="3,5", report="autre chose")
    place.quiet(0, 1)
    (seen,) = place.tasks("INT-1")
    assert (seen["id"], seen["stage_id"][1]) == (task, "Faite")
    assert "0,4 kg d'appoint" in unescape(seen["description"])
    assert set(place.attached(task)) == {"CERFA INT-1.pdf", "INT-1 signée.pdf"}
    assert place.paper(place.out / "CERFA INT-1.pdf")["charge"] == "3,5"


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
    told = place.rows("mail.activity", [["summary", "ilike", "à relire"]], "summary")
    assert sorted(one["summary"] for one in told) == [
        f"Document à relire : {name}" for name in ("facture.pdf", "hostile.pdf", "profond.pdf")
    ]


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
    assert (held["date"], held["charge"], held["fluid"]) == ("10/04/2026", "2,5", "R32")
    assert held["holder"].startswith("Froid & Fils SARL"), "as the person in Odoo says"
    assert set(place.attached(task["id"])) == {"scan du 9 avril.pdf", "CERFA F-2026-118.pdf"}
    (after,) = place.tasks("F-2026-118")
    assert (after["stage_id"][1], after["parent_id"][0]) == ("Faite", place.visit)
