"""A folder of forms: an inbox people drop forms in, an `out` folder people look into, files of all kinds."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from connectors.forms.connector import FormsConnector
from connectors.forms.folder import Folder
from connectors.forms.placing import name_is_possible, place, safe
from connectors.forms.reader import Kind
from hub.ports import Done, Misconfigured, Missing, Moved, NativeField, Refused, Unreachable, View, Write
from tests.connectors.forms.blanks import card
from tests.connectors.forms.desk import DONE, Desk, pulled, put, view
from tests.connectors.forms.desk import desk as desk

REF = "intervention_" + "a" * 32


def drop(desk: Desk, name: str, **values: Any) -> Path:
    desk.fill(desk.home / "draft.pdf", **values)
    return put(desk.forms / name, (desk.home / "draft.pdf").read_bytes())


def create(**values: Any) -> Write:
    whole = {**DONE, **values}
    return Write(REF, None, whole, new_id=str(whole["number"]))


# -- an inbox ------------------------------------------------------------------------------------------


def test_a_dropped_form_is_a_record_to_be_confirmed(desk: Desk) -> None:
    drop(desk, "from Zoé.pdf")
    records, rejected, page = pulled(desk.inbox())
    assert not rejected
    assert page.listing
    record = records["INT-00042"]
    assert {name: record.values[name] for name in DONE} == dict(DONE)
    assert (record.values["state"], record.values["file_name"]) == ("to_confirm", "from Zoé.pdf")
    assert record.where == "form from Zoé.pdf"


def test_an_untouched_inbox_hands_over_nothing_and_opens_no_form(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(desk, "a.pdf")
    inbox = desk.inbox()
    _, _, page = pulled(inbox)
    monkeypatch.setattr(Folder, "look", None)
    (again,) = inbox.pull(view(), page.cursor, lambda ids: {})
    assert (again.records, again.listing, again.cursor) == ((), False, page.cursor)


def test_only_the_form_that_changed_is_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        drop(desk, f"{number}.pdf", number=f"N{number}")
    inbox = desk.inbox()
    _, _, page = pulled(inbox)
    assert isinstance(inbox, FormsConnector)
    read: Any = inbox.reader.read
    seen: list[str] = []

    def noting(path: Path, kind: Kind) -> Any:
        seen.append(path.name)
        return read(path, kind)

    monkeypatch.setattr(inbox.reader, "read", noting)
    drop(desk, "1.pdf", number="N1", charge=3)
    records, _, _ = pulled(inbox)
    assert seen == ["1.pdf"]
    assert records["N1"].values["charge"] == 3
    assert page.listing


def test_two_forms_of_one_number_are_both_set_aside(desk: Desk) -> None:
    drop(desk, "a.pdf", charge=1)
    drop(desk, "b.pdf", charge=2)
    drop(desk, "c.pdf", number="OTHER")
    inbox = desk.inbox()
    records, rejected, page = pulled(inbox)
    assert set(records) == {"OTHER"}
    assert [(one.where, one.id) for one in rejected] == [("a.pdf", "INT-00042"), ("b.pdf", "INT-00042")]
    assert "stands in 2 forms: a.pdf and b.pdf" in rejected[0].reason
    assert page.listing
    (twice,) = inbox.read(view(), ["INT-00042"])
    assert not twice.values
    assert set(twice.unreadable) == set(view().names)
    (desk.forms / "a.pdf").unlink()
    records, rejected, _ = pulled(inbox)
    assert set(records) == {"INT-00042", "OTHER"}
    assert not rejected


def test_a_form_without_its_number_is_set_aside_by_its_name(desk: Desk) -> None:
    drop(desk, "a.pdf", number=None)
    records, (rejected,), _ = pulled(desk.inbox())
    assert not records
    assert (rejected.where, rejected.id) == ("a.pdf", None)
    assert "number (field Fiche_no): nothing is written there" in rejected.reason
    assert rejected.todo


def test_what_is_no_form_is_set_aside_and_the_others_go_on(desk: Desk) -> None:
    drop(desk, "sound.pdf")
    put(desk.forms / "photo.pdf", b"\xff\xd8\xff" + b"\0" * 99)
    put(desk.forms / "letter.docx", b"PK\x03\x04")
    put(desk.forms / "~$a.pdf", b"lock")
    card(desk.forms / "card.pdf")
    records, (rejected,), page = pulled(desk.inbox())
    assert set(records) == {"INT-00042"}
    assert rejected.where == "photo.pdf"
    assert "is no PDF: it is a photograph (JPEG)" in rejected.reason
    assert page.listing


def test_a_file_that_is_being_copied_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(desk, "a.pdf")
    whole = path.read_bytes()
    path.write_bytes(whole[:2000])
    inbox = desk.inbox()
    assert isinstance(inbox, FormsConnector)
    inbox.folder._stable = 0.5
    monkeypatch.setattr(inbox.folder, "_sleep", lambda _: path.write_bytes(whole))
    records, rejected, page = pulled(inbox)
    assert (records, rejected, page.listing, page.cursor) == ({}, [], False, None)
    inbox.folder._sleep = lambda _: None
    records, _, page = pulled(inbox)
    assert set(records) == {"INT-00042"}
    assert page.listing


def test_a_value_that_cannot_be_read_is_named_and_the_others_are_there(desk: Desk) -> None:
    text = desk.text.replace("{field: Operateur_Nom}", "x").replace(
        "type: text, field: Operateur_Nom", "type: date, field: Operateur_Nom"
    )
    drop(desk, "a.pdf")
    (desk.home / "cerfa.yaml").write_text(text, encoding="utf-8")
    records, _, _ = pulled(desk.inbox())
    record = records["INT-00042"]
    assert "technician" not in record.values
    assert "Zoé L'Œuvre" in record.unreadable["technician"]
    assert record.values["number"] == "INT-00042"
    assert "technician: " in str(record.values["doubts"])


def test_an_inbox_is_never_written(desk: Desk) -> None:
    inbox = desk.inbox()
    assert not inbox.traits.writable
    (outcome,) = inbox.write(view(), [create()])
    assert isinstance(outcome, Refused)
    assert not list(desk.forms.iterdir())


def test_an_inbox_that_is_not_there_is_unreachable_and_no_empty_one(desk: Desk) -> None:
    shutil.rmtree(desk.forms)
    inbox = desk.inbox()
    with pytest.raises(Unreachable, match="is not there"):
        pulled(inbox)
    assert [one.level for one in inbox.check([view()])] == ["error"]


# -- a folder the hub fills ----------------------------------------------------------------------------


def test_a_form_is_made_once_under_a_safe_name(desk: Desk) -> None:
    out = desk.out()
    (made,) = out.write(view(), [create(number="A/B:1")])
    assert isinstance(made, Done)
    assert [path.name for path in desk.forms.iterdir()] == ["CERFA A-B-1.pdf"]
    assert made.record.values["state"] == "confirmed"
    (again,) = out.write(view(), [Write(REF, None, {**DONE, "number": "A/B:1"}, new_id="A/B:1", again=True)])
    assert isinstance(again, Done)
    assert again.record.values == made.record.values
    assert len(list(desk.forms.iterdir())) == 1


def test_a_person_s_file_is_never_written_over(desk: Desk) -> None:
    put(desk.forms / "CERFA INT-00042.pdf", b"my notes")
    (outcome,) = desk.out().write(view(), [create()])
    assert isinstance(outcome, Refused)
    assert "and it is not this record's form" in outcome.reason
    assert (desk.forms / "CERFA INT-00042.pdf").read_bytes() == b"my notes"


def test_a_form_of_the_number_that_somebody_made_is_not_written_over(desk: Desk) -> None:
    drop(desk, "mine.pdf", charge=99)
    (outcome,) = desk.out().write(view(), [create()])
    assert isinstance(outcome, Moved)
    assert outcome.record.values["charge"] == 99
    assert len(list(desk.forms.iterdir())) == 1


def test_a_changed_record_makes_its_form_anew_and_keeps_the_old_one(desk: Desk) -> None:
    out = desk.out()
    (made,) = out.write(view(), [create()])
    assert isinstance(made, Done)
    before = (desk.forms / "CERFA INT-00042.pdf").read_bytes()
    change = Write(REF, "INT-00042", {"charge": 3, "gas": "r410a"}, expected=dict(made.record.values))
    (changed,) = out.write(view(), [change])
    assert isinstance(changed, Done)
    assert (changed.record.values["charge"], changed.record.values["gas"]) == (3, "r410a")
    assert changed.record.values["file"] != made.record.values["file"]
    (kept,) = (desk.forms / "hub-backups").iterdir()
    assert kept.read_bytes() == before
    stamp = (desk.forms / "CERFA INT-00042.pdf").stat()
    (same,) = out.write(
        view(), [Write(REF, "INT-00042", {"charge": 3}, expected=dict(changed.record.values))]
    )
    assert isinstance(same, Done)
    assert (desk.forms / "CERFA INT-00042.pdf").stat() == stamp
    assert len(list((desk.forms / "hub-backups").iterdir())) == 1


def test_a_form_that_somebody_saved_meanwhile_is_not_written(desk: Desk) -> None:
    out = desk.out()
    (made,) = out.write(view(), [create()])
    assert isinstance(made, Done)
    drop(desk, "CERFA INT-00042.pdf", charge=7)
    (outcome,) = out.write(
        view(), [Write(REF, "INT-00042", {"charge": 3}, expected=dict(made.record.values))]
    )
    assert isinstance(outcome, Moved)
    assert outcome.record.values["charge"] == 7
    (desk.forms / "CERFA INT-00042.pdf").unlink()
    (outcome,) = out.write(
        view(), [Write(REF, "INT-00042", {"charge": 3}, expected=dict(made.record.values))]
    )
    assert isinstance(outcome, Missing)


def test_what_a_killed_hub_left_half_made_is_no_form_and_goes(desk: Desk) -> None:
    left = desk.forms / ".hub-x.pdf.tmp"
    left.write_bytes(b"%PDF-1.7 half")
    os.utime(left, (time.time() - 9000, time.time() - 9000))
    out = desk.out()
    records, rejected, _ = pulled(out)
    assert (records, rejected) == ({}, [])
    assert not left.exists()


def test_a_name_that_appears_at_the_last_moment_is_kept(tmp_path: Path) -> None:
    staged, path = tmp_path / "staged", tmp_path / "form.pdf"
    staged.write_bytes(b"new")
    path.write_bytes(b"old")
    assert not place(staged, path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("value", "name"),
    [("../../etc/passwd", "-..-etc-passwd"), ("a\0b", "a-b"), (" . x . ", "x"), ('"<>|*?', "-"), ("é", "é")],
)
def test_a_value_is_no_path(value: str, name: str) -> None:
    assert safe(value) == name


@pytest.mark.parametrize("name", ["con.pdf", "LPT1.pdf", ".hidden.pdf", "~$lock.pdf", "x" * 300 + ".pdf"])
def test_names_that_some_system_cannot_have_are_not_given(name: str) -> None:
    assert not name_is_possible(name)


# -- what descriptions and mappings may say ------------------------------------------------------------


def test_check_names_every_field_the_blank_does_not_have(desk: Desk) -> None:
    (desk.home / "cerfa.yaml").write_text(desk.text.replace("Charge_kg", "Charge_total"), encoding="utf-8")
    told = [one for one in desk.out().check([view()]) if one.level == "error"]
    assert [one.message for one in told] == ["charge: the blank has no field «Charge_total»"]


def test_another_blank_than_the_one_described_is_not_used(desk: Desk) -> None:
    (desk.home / "cerfa.yaml").write_text(desk.text + f'sha256: "{"0" * 64}"\n', encoding="utf-8")
    dropped = put(desk.forms / "a.pdf", (desk.home / "cerfa.pdf").read_bytes())
    with pytest.raises(Misconfigured, match="is not the one that was described"):
        pulled(desk.out())
    assert dropped.exists()


def test_a_mistake_in_a_description_has_its_line(desk: Desk) -> None:
    (desk.home / "cerfa.yaml").write_text(desk.text.replace("type: siret", "type: sirett"), encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"cerfa\.yaml:13:\d+: .*Did you mean 'siret'"):
        pulled(desk.out())


def test_a_field_the_form_does_not_have_is_named(desk: Desk) -> None:
    wrong = View("intervention", "cerfa", (NativeField("colour"),), key=("number",))
    with pytest.raises(Misconfigured, match="has no field «colour»"):
        pulled(desk.out(), wrong)
