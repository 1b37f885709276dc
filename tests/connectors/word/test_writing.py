"""Writes to documents that people have in hand: saved in between, open, read-only; and a hub that dies."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docx
import pytest

from connectors.word.connector import WordConnector
from connectors.word.reader import Reader
from hub.filing import files
from hub.ports import Done, Missing, Moved, Record, Refused, Write
from tests.connectors.word.contracts import RENEWS, Cabinet
from tests.connectors.word.tools import control, paragraph, run
from tests.tally import tally

FILE = "Contrat C-1 - Dupont & Fils -SARL.docx"
AMENDMENT = "Contrat C-1 - avenant 2027-12-31.docx"


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[Cabinet]:
    made = Cabinet(tmp_path, RENEWS)
    assert isinstance(made.make(), Done)
    yield made
    made.connector.close()


def person(cabinet: Cabinet, text: str = "Le code de la porte est 1234.") -> None:
    """Somebody adds a line to the contract and saves it."""
    document = docx.Document(str(cabinet.folder / FILE))
    document.add_paragraph(text)
    document.save(str(cabinet.folder / FILE))


def typed(cabinet: Cabinet, old: str, new: str) -> None:
    """Somebody types over a value and saves."""
    document = docx.Document(str(cabinet.folder / FILE))
    found = [one for one in document.element.iter() if one.tag.endswith("}t") and one.text == old]
    assert found
    found[0].text = new
    document.save(str(cabinet.folder / FILE))


# -- somebody saves in between ---------------------------------------------------------------------------

STEPS: list[tuple[Any, str]] = [
    (WordConnector, "looked"), (files, "require_writable"), (files, "require_free"), (files, "snapshot"),
    (files, "staging"), (Reader, "do"), (files, "back_up"), (files, "replace"), (files, "_keep_attributes"),
]  # fmt: skip


def at(
    monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str], act: Callable[[], None], often: bool
) -> list[int]:
    """Have `act` happen right before the step: the first time, or each time. How often it did."""
    owner, name = step
    real, done = getattr(owner, name), [0]

    def stepped(*given: Any, **more: Any) -> Any:
        if often or not done[0]:
            done[0] += 1
            act()
        return real(*given, **more)

    monkeypatch.setattr(owner, name, stepped)
    return done


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_an_edit_saved_at_any_step_is_never_lost(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str]
) -> None:
    record = cabinet.read()
    done = at(monkeypatch, step, lambda: person(cabinet), often=False)
    outcome = cabinet.change(record, amount="1300.00")
    monkeypatch.undo()
    assert done == [1]
    assert isinstance(outcome, Done)
    lines = cabinet.lines(FILE)
    assert "Le code de la porte est 1234." in lines
    assert "montant : 1\u00a0300,00\u00a0€\u00a0HT" in lines
    tally("faults injected")
    tally("values lost", 0)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_the_same_value_typed_at_any_step_is_the_person_s(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str]
) -> None:
    record = cabinet.read()
    old, theirs = "1\u00a0250,00\u00a0€\u00a0HT", "1 400,00 € HT"
    at(monkeypatch, step, lambda: typed(cabinet, old, theirs), often=False)
    outcome = cabinet.change(record, amount="1300.00")
    monkeypatch.undo()
    assert isinstance(outcome, Moved)
    assert outcome.record.values["amount"] == "1400.00"
    assert f"montant : {theirs}" in cabinet.lines(FILE)
    tally("faults injected")


def test_somebody_who_saves_all_the_time_is_not_written_over(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = cabinet.read()
    done = at(monkeypatch, (files, "replace"), lambda: person(cabinet), often=True)
    outcome = cabinet.change(record, ends_on="2027-12-31")
    monkeypatch.undo()
    assert isinstance(outcome, Moved)
    assert done == [3]
    assert outcome.record.values["ends_on"] == "2026-12-31"
    assert cabinet.lines(FILE).count("Le code de la porte est 1234.") == 3
    assert cabinet.names() == [FILE], "no amendment of a renewal that did not come about"


def test_a_replacement_that_fails_leaves_the_contract_and_no_amendment(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, before = cabinet.read(), (cabinet.folder / FILE).read_bytes()
    real = os.replace

    def full(source: Any, target: Any) -> None:
        if Path(target).name == FILE:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    outcome = cabinet.change(record, ends_on="2027-12-31")
    monkeypatch.undo()
    assert isinstance(outcome, Refused)
    assert outcome.passing
    assert cabinet.names() == [FILE]
    assert (cabinet.folder / FILE).read_bytes() == before


# -- what the folder is like -----------------------------------------------------------------------------


def owner_file(path: Path) -> Path:
    """What Word leaves beside a document it has open."""
    name = "Odile"
    data = bytes([len(name)]) + name.encode("cp1252").ljust(0x35, b" ")
    data += len(name).to_bytes(2, "little") + name.encode("utf-16-le")
    owner = path.with_name(f"~${path.name[2:]}")
    owner.write_bytes(data.ljust(162, b"\0"))
    return owner


def test_a_document_somebody_has_open_waits_and_the_others_are_written(cabinet: Cabinet) -> None:
    cabinet.make({"number": "C-2", "customer": "Martin", "amount": "100.00"})
    one, two = cabinet.read("C-1"), cabinet.read("C-2")
    owner = owner_file(cabinet.folder / FILE)
    before = (cabinet.folder / FILE).read_bytes()
    writes = [
        Write(f"contract_{n}", record.id, {"amount": "200.00"}, expected=record.values)
        for n, record in enumerate((one, two))
    ]
    first, second = cabinet.connector.write(cabinet.view, writes)
    assert isinstance(first, Refused)
    assert first.passing
    assert "Odile" in first.reason
    assert isinstance(second, Done)
    assert (cabinet.folder / FILE).read_bytes() == before
    owner.unlink()
    assert isinstance(cabinet.change(one, amount="200.00"), Done)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write any file")
def test_a_document_that_may_only_be_read_waits(cabinet: Cabinet) -> None:
    (cabinet.folder / FILE).chmod(0o444)
    outcome = cabinet.change(cabinet.read(), amount="200.00")
    assert isinstance(outcome, Refused)
    assert outcome.passing


@pytest.mark.parametrize(
    ("name", "owner"),
    [("bail.docx", "~$bail.docx"), ("contrat.docx", "~$ontrat.docx"), ("contrats.docx", "~$ntrats.docx")],
)
def test_word_s_mark_beside_an_open_document_is_known_whatever_the_length_of_its_name(
    tmp_path: Path, name: str, owner: str
) -> None:
    (tmp_path / owner).write_bytes(b"\x05Odile".ljust(162, b" "))
    held = files.lock_of(tmp_path / name, 0)
    assert held is not None
    assert held.holder == "Odile"


def test_two_writes_to_one_document_replace_it_once(cabinet: Cabinet, tmp_path: Path) -> None:
    record = cabinet.read()
    writes = [
        Write("contract_1", "C-1", {"amount": "200.00"}, expected=record.values),
        Write("contract_1", "C-1", {"customer": "Martin"}, expected=record.values),
    ]
    outcomes = cabinet.connector.write(cabinet.view, writes)
    assert [type(one) for one in outcomes] == [Done, Done]
    assert len(list((cabinet.folder / "hub-backups").iterdir())) == 1
    assert cabinet.read().values["amount"] == "200.00"
    assert cabinet.read().values["customer"] == "Martin"


def test_the_document_before_is_in_the_backups(cabinet: Cabinet) -> None:
    before = (cabinet.folder / FILE).read_bytes()
    cabinet.change(cabinet.read(), amount="200.00")
    (backup,) = (cabinet.folder / "hub-backups").iterdir()
    assert backup.read_bytes() == before


def test_what_is_the_same_already_replaces_nothing(cabinet: Cabinet) -> None:
    before = (cabinet.folder / FILE).stat().st_mtime_ns
    assert isinstance(cabinet.change(cabinet.read(), amount="1250.00", periodicity="2/12"), Done)
    assert (cabinet.folder / FILE).stat().st_mtime_ns == before
    assert not (cabinet.folder / "hub-backups").exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"number": "C-2"}, "the key"),
        ({"nothing": "x"}, "no field"),
        ({"ends_on": "bientôt"}, "cannot be"),
        ({"customer": "a\x01"}, "control character"),
    ],
)
def test_what_cannot_be_written_is_refused_and_changes_nothing(
    cabinet: Cabinet, values: dict[str, Any], said: str
) -> None:
    before = (cabinet.folder / FILE).read_bytes()
    outcome = cabinet.change(cabinet.read(), **values)
    assert isinstance(outcome, Refused)
    assert said in outcome.reason
    assert not outcome.passing
    assert outcome.field in values
    assert (cabinet.folder / FILE).read_bytes() == before


def test_a_contract_that_is_gone_is_missing_and_one_archived_is_refused(cabinet: Cabinet) -> None:
    cabinet.make({"number": "C-2", "customer": "Martin"})
    record = cabinet.read()
    (refused,) = cabinet.connector.write(
        cabinet.view, [Write("contract_1", "C-1", {}, record.values, archived=True)]
    )
    assert isinstance(refused, Refused)
    (cabinet.folder / FILE).unlink()
    assert isinstance(cabinet.change(record, amount="200.00"), Missing)


def test_a_value_in_running_text_is_refused_on_its_field(cabinet: Cabinet) -> None:
    from tests.connectors.word.tools import save

    save(
        cabinet.folder / "a.docx",
        paragraph("Contrat de maintenance"),
        paragraph(control("numero", run("C-7"))),
        paragraph("Visites : semestrielles"),
    )
    outcome = cabinet.change(cabinet.read("C-7"), periodicity="4/12")
    assert isinstance(outcome, Refused)
    assert outcome.field == "periodicity"
    assert "Visites : semestrielles" in outcome.reason
    assert "Tag: visites" in outcome.todo


# -- the hub dies ----------------------------------------------------------------------------------------

DIES = """
import os, sys
from pathlib import Path
from connectors.word import connect
from connectors.word.settings import Settings
from hub.ports import Write
from tests.connectors.word.contracts import RENEWS, Cabinet

folder, last = Path(sys.argv[1]), int(sys.argv[2])
cabinet = Cabinet.__new__(Cabinet)
cabinet.folder, cabinet.profiles, cabinet.options = folder / "contrats", folder / "profils", RENEWS
cabinet.connector = cabinet.connected()
record = cabinet.read()
steps = 0
def dying(real):
    def stepped(*given, **more):
        global steps
        if steps == last:
            os._exit(9)
        steps += 1
        return real(*given, **more)
    return stepped
for name in ("fsync", "link", "replace"):
    setattr(os, name, dying(getattr(os, name)))
cabinet.change(record, ends_on="2027-12-31", amount="1300.00")
cabinet.connector.close()
"""


@pytest.mark.timeout(400)
@pytest.mark.skipif(sys.platform == "win32", reason="steps are told by the calls Unix makes")
def test_a_hub_that_dies_at_any_step_leaves_the_old_or_the_new_and_goes_on_from_there(tmp_path: Path) -> None:
    died = 0
    while True:
        folder = tmp_path / f"step {died}"
        folder.mkdir()
        cabinet = Cabinet(folder, RENEWS)
        assert isinstance(cabinet.make(), Done)
        old = (cabinet.folder / FILE).read_bytes()
        cabinet.connector.close()
        ended = subprocess.run(
            [sys.executable, "-c", DIES, str(folder), str(died)], check=False, cwd=Path.cwd()
        )
        cabinet.connector = cabinet.connected()
        now = cabinet.read()
        _is_old_or_new(cabinet, now, old)
        if now.values["ends_on"] == "2026-12-31":
            assert isinstance(cabinet.change(now, ends_on="2027-12-31", amount="1300.00"), Done)
        assert cabinet.read().values["ends_on"] == "2027-12-31"
        assert cabinet.names_seen() == [FILE, AMENDMENT]
        assert cabinet.connector.ids(cabinet.view) == {"C-1"}
        cabinet.connector.close()
        if ended.returncode == 0:
            break
        assert ended.returncode == 9
        died += 1
        tally("crashes survived")
    assert died >= 7


def _is_old_or_new(cabinet: Cabinet, now: Record, old: bytes) -> None:
    bytes_now = (cabinet.folder / FILE).read_bytes()
    if now.values["ends_on"] == "2026-12-31":
        assert bytes_now == old
        assert now.values["amount"] == "1250.00"
    else:
        assert now.values["amount"] == "1300.00"
        assert AMENDMENT in cabinet.names()
