"""`hub doctor` looks at everything, says the worst first, and never fails itself."""

from __future__ import annotations

import inspect
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from typer.testing import CliRunner

from hub import doctor
from hub.cli import doctor as command
from hub.cli.main import app
from hub.store import Store, clocks
from hub.store import tables as t
from tests.daemon.site import PASSWORD
from tests.operations.site import DURAND, BadDay, database
from tests.operations.test_database import small_disk

LONG_AGO = "2020-01-01T00:00:00.000+00:00"


@pytest.fixture
def synced(site: BadDay) -> BadDay:
    """A site that was synced once, with nobody at work on it."""
    site.write_workbook([DURAND])
    assert site.hub("sync")[0] == 0
    return site


def examined(site: BadDay, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[dict[str, Any]], str]:
    """The command in this process: exit code, findings, and all that was printed."""
    monkeypatch.setenv("ODOO_PASSWORD", PASSWORD)
    done = CliRunner().invoke(app, ["doctor", "--json", "--config", str(site.config)])
    return done.exit_code, json.loads(done.stdout)["findings"], done.output


def change(site: BadDay, *statements: Any) -> None:
    store = Store(f"sqlite:///{database(site)}")
    with store.transaction() as connection:
        for statement in statements:
            connection.execute(statement)
    store.close()


def test_a_hub_that_is_well_is_told_so_with_what_was_looked_at(synced: BadDay) -> None:
    code, found = synced.hub("doctor")
    assert (code, found["ok"]) == (0, True)
    looked_at = {one["what"] for one in found["findings"]}
    assert {"versions", "configuration", "database", "integrity", "lock", "disk", "tables"} <= looked_at
    assert {"daemon", "journal", "backup", "route of customer", "the workbook"} <= looked_at
    assert {one["system"] for one in found["findings"]} == {"hub", "odoo", "clients"}
    assert not [one for one in found["findings"] if one["level"] == "error"]


def test_it_changes_nothing(synced: BadDay) -> None:
    before = {path: path.read_bytes() for path in (synced.workbook, synced.config, synced.mapping)}
    partners = synced.partners()
    synced.hub("doctor")
    assert {path: path.read_bytes() for path in before} == before
    assert synced.partners() == partners


def test_the_worst_comes_first_and_everything_else_is_still_looked_at(synced: BadDay) -> None:
    synced.workbook.rename(synced.folder / "away.xlsx")
    mine = {"entity": "customer", "golden_id": "x"}
    row = {"due_at": LONG_AGO, "attempts": 0, "since": LONG_AGO}
    change(
        synced,
        insert(t.conflict).values(**mine, field="phone", candidates="[]", opened_at=LONG_AGO),
        update(t.cursor).where(t.cursor.c.system == "odoo").values(pulled_at=LONG_AGO),
        insert(t.outbox).values(**mine, **row, system="odoo", state="sending"),
        insert(t.outbox).values(**mine, **row, system="clients", state="due"),
        insert(t.holder).values(role="daemon", name="elsewhere:7:20260131T080000.000000", beat=1.0),
    )  # fmt: skip
    code, found = synced.doctor()
    assert code == 3
    assert [one["level"] for one in found] == sorted(
        (one["level"] for one in found), key=["error", "warning"].index
    )
    told = {(one["system"], one["what"]): one for one in found}
    assert "clients.xlsx is not there" in told["clients", "the workbook"]["message"]
    assert told["hub", "conflicts"]["todo"] == "`hub conflicts list`"
    assert "in mid-call" in told["odoo", "stuck writes"]["message"]
    assert "the oldest for" in told["clients", "waiting writes"]["message"]
    assert "ended without a word" in told["hub", "daemon"]["message"]
    assert "its rhythm is 1s" in told["odoo", "route of customer"]["message"]
    assert all(one["todo"] for one in found)


def test_a_clock_that_is_minutes_off_is_told_with_its_size(synced: BadDay) -> None:
    store = Store(f"sqlite:///{database(synced)}")
    with store.transaction() as connection:
        clocks.keep(connection, clocks.Offset("odoo", -425.0, LONG_AGO))
    store.close()
    code, found = synced.doctor()
    assert code == 0
    (said,) = [one for one in found if one["what"] == "clock"]
    assert said["message"] == "its clock is 7 min 5 s behind this machine's"
    assert "NTP" in said["todo"]


def test_an_edited_mapping_waits_for_an_approval(synced: BadDay) -> None:
    synced.mapping.write_text(
        synced.mapping.read_text("utf-8").replace("phone: ask", "phone: latest"), "utf-8"
    )
    code, found = synced.doctor()
    assert code == 1
    assert "hub plan --approve" in next(one for one in found if one["what"] == "approval")["todo"]


def test_a_mistake_in_a_mapping_does_not_hide_the_database(synced: BadDay) -> None:
    synced.mapping.write_text(synced.mapping.read_text("utf-8").replace("city: city", "town: city"), "utf-8")
    code, found = synced.hub("doctor")
    assert code == 2
    assert "customer.yaml:" in found["findings"][0]["message"]
    assert "integrity" in {one["what"] for one in found["findings"]}


def test_a_configuration_that_cannot_be_read_is_a_finding_with_its_place(site: BadDay) -> None:
    site.config.write_text(site.config.read_text("utf-8").replace("kind: odoo", "kind: odou"), "utf-8")
    code, found = site.doctor()
    assert code == 2
    assert "hub.yaml:5:" in found[0]["message"]


def test_a_hub_that_was_never_started_is_told_what_comes_first(site: BadDay) -> None:
    code, found = site.doctor()
    assert code == 1
    assert "the first `hub sync`" in next(one for one in found if one["what"] == "database")["todo"]
    assert not database(site).exists()


def test_a_backup_that_is_gone_or_old_is_told(synced: BadDay) -> None:
    kept = synced.folder / "kept.backup"
    kept.write_bytes(b"")
    value = json.dumps({"at": LONG_AGO, "file": str(kept)})
    change(synced, insert(t.state).values(name="last_backup", value=value))
    _, found = synced.doctor()
    assert " d old" in next(one for one in found if one["what"] == "backup")["message"]
    kept.unlink()
    _, found = synced.doctor()
    assert "not there any more" in next(one for one in found if one["what"] == "backup")["message"]


LOOKS = [
    name for name, one in inspect.getmembers(doctor, inspect.isgeneratorfunction) if not name.startswith("_")
]


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_that_fails_is_a_finding_and_the_others_go_on(
    synced: BadDay, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"broken by {PASSWORD}")

    monkeypatch.setattr(doctor, name, broken)
    code, found, printed = examined(synced, monkeypatch)
    assert code in (2, 3)
    assert any("RuntimeError" in one["message"] and one["level"] == "error" for one in found)
    assert "versions" in {one["what"] for one in found}
    assert "the workbook" in {one["what"] for one in found}
    assert PASSWORD not in printed
    assert "Traceback" not in printed


def test_what_systems_say_is_shown_without_secrets(synced: BadDay) -> None:
    synced.odoo.base.accounts[synced.odoo.login].password = "another"
    code, found = synced.hub("doctor")
    assert code == 2
    assert PASSWORD not in json.dumps(found, ensure_ascii=False)


def test_a_database_on_a_disk_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path, "1m"):
        file = tmp_path / "hub.sqlite"
        file.write_bytes(b"")
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path)], check=True)
        told = [one.finding.message for one in doctor.disk(file)]
    assert any("may not be written" in message for message in told)


def test_every_look_of_the_doctor_s_is_taken() -> None:
    source = inspect.getsource(command)
    assert [name for name in LOOKS if f"doctor.{name}" not in source] == []
