"""What holds for every command: flags, streams, exit codes, errors on one screen, a short start."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from hub.cli.main import app
from hub.cli.progress import shown
from hub.cli.session import Flags, Session, guarded
from hub.cli.sync import stoppable
from hub.store import Store
from hub.store.holders import Holder
from tests.cli.conftest import Company

ROOT = Path(__file__).parents[2]
COMMANDS_MD = ROOT / "docs" / "commands.md"


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, found in group.commands.items():
        yield (*path, name), found
        if hasattr(found, "commands"):
            yield from commands(found, (*path, name))


ALL = dict(commands(get_command(app)))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_and_flag_is_documented(path: tuple[str, ...]) -> None:
    text = COMMANDS_MD.read_text(encoding="utf-8")
    assert f"hub {' '.join(path)}" in text
    section = text.partition(f"\n## hub {path[0]}\n")[2].partition("\n## ")[0]
    general = text.partition("## For all commands")[2].partition("\n## ")[0]
    for parameter in ALL[path].params:
        for flag in parameter.opts:
            if flag.startswith("--"):
                assert f"`{flag}" in section or f"`{flag}" in general, flag


def test_no_flag_is_documented_that_is_not_there() -> None:
    import re

    known = {flag for found in [get_command(app), *ALL.values()] for p in found.params for flag in p.opts}
    written = set(re.findall(r"`(--[a-z-]+)", COMMANDS_MD.read_text(encoding="utf-8")))
    assert written - known <= {"--help"}
    assert "--config" in written


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_takes_the_common_flags(path: tuple[str, ...]) -> None:
    flags = {flag for parameter in ALL[path].params for flag in parameter.opts}
    assert {"--config", "--json", "--debug"} <= flags
    assert ALL[path].help or path in (("conflicts",), ("deadletters",), ("mapping",))


def test_common_flags_are_taken_before_and_after_the_command(company: Company) -> None:
    config = str(company.config)
    company.env["HUB_CONFIG"] = "nowhere.yaml"
    assert company.hub("status").code == 2
    for words in (["--config", config, "--json", "status"], ["status", "--config", config, "--json"],
                  ["--json", "conflicts", "--config", config, "list"],
                  ["conflicts", "--json", "--config", config]):  # fmt: skip
        said = company.hub(*words)
        assert said.code == 0, words
        assert said.json


def test_every_result_is_one_json_document_and_nothing_else(company: Company) -> None:
    for line in ("check", "plan", "sync", "status", "conflicts", "conflicts show 1", "journal", "deadletters",
                 "mapping check", "mapping preview customer", "mapping schema", "undo 1",
                 "conflicts resolve 1 --take sage"):  # fmt: skip
        words = line.split()
        said = company.hub(*words, "--json")
        assert said.code in (0, 1), words
        assert isinstance(said.json, dict), words
    for words in (["conflicts", "show", "99"], ["undo", "999"], ["sync", "--entity", "nothing"]):
        said = company.hub(*words, "--json")
        assert said.code == 2
        assert said.json["error"]["what"]
        assert said.json["error"]["kind"] in ("decision", "wrong-use")


def test_the_program_says_its_version() -> None:
    from hub import __version__

    done = subprocess.run(
        [sys.executable, "-m", "hub.cli.main", "--version"], capture_output=True, cwd=ROOT, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"hub {__version__}\n")


def test_asking_for_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; sys.argv = ['hub', '--help']\n"
        "from hub.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "print(*sorted(m for m in sys.modules if '.' not in m), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, cwd=ROOT, text=True)
    loaded = set(done.stderr.split())
    assert "typer" in loaded
    heavy = {"sqlalchemy", "alembic", "lxml", "openpyxl", "odoorpc", "requests", "yaml", "orjson",
             "structlog", "apscheduler", "phonenumbers", "connectors", "sandbox"}  # fmt: skip
    assert not loaded & heavy


def test_an_old_console_is_no_reason_to_fail(company: Company) -> None:
    plan = company.program("plan", PYTHONIOENCODING="cp1252")
    assert plan.code == 1
    assert "Électricité Durand" in plan.out
    company.hub("sync")
    journal = company.program("journal", "--limit", "0", PYTHONIOENCODING="ascii")
    assert journal.code == 0
    assert "->" in journal.out


def test_tables_wrap_and_cut_nothing_at_a_hundred_columns(company: Company) -> None:
    long = "Établissements " + "TrèsLongNomSansEspace" * 8
    company.type_in("B2", long)
    company.hub("sync")
    for words in (["mapping", "preview", "customer", "--limit", "1"], ["journal"], ["plan"], ["conflicts"]):
        said = company.hub(*words)
        assert max(map(len, said.out.splitlines())) <= 100
        assert "…" not in said.out
    shown_names = "".join(company.hub("mapping", "preview", "customer", "--limit", "1").out.split())
    assert "TrèsLongNomSansEspace" in shown_names


def test_a_sync_beside_a_daemon_is_refused_by_its_name(company: Company) -> None:
    company.hub("status")
    before = company.files()["sage/exports/customers.csv"]
    store = Store(f"sqlite:///{company.home / 'hub.sqlite'}")
    try:
        with Holder(store, ("daemon", "worker"), name="SRV-COMPTA:4711:20260131T080000.0"):
            said = company.hub("sync", "--json")
            status = company.hub("status")
    finally:
        store.close()
    assert said.code == 2
    assert said.json["error"]["kind"] == "held"
    assert "process 4711 on SRV-COMPTA" in said.err
    assert "process 4711 on SRV-COMPTA" in status.out
    assert list((company.home / "sage/imports").glob("*.csv")) == []
    assert company.files()["sage/exports/customers.csv"] == before
    assert company.hub("sync").code == 1


def test_an_error_nobody_foresaw_is_one_line_and_a_traceback_only_if_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def breaks(session: Session) -> int:
        raise ZeroDivisionError("a division")

    assert guarded(Session(Flags()), breaks) == 4
    said = capsys.readouterr()
    assert "ZeroDivisionError: a division" in said.err
    assert "--debug" in said.err
    assert "Traceback" not in said.err
    assert guarded(Session(Flags(debug=True)), breaks) == 4
    assert "Traceback" in capsys.readouterr().err


def test_stopping_is_asked_once_and_insisted_on_twice() -> None:
    def work(session: Session) -> int:
        with stoppable(session) as stop:
            signal.raise_signal(signal.SIGINT)
            assert stop.asked()
            signal.raise_signal(signal.SIGINT)
        raise AssertionError("not reached")

    assert guarded(Session(Flags()), work) == 130
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_progress_elsewhere_than_on_a_terminal_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with shown(Session(Flags()).err) as told:
        for done in (1000, 2000, 2500):
            told("read", "customer", "odoo", done, 2500)
        told("write", "customer", "sage", 500, None)
    lines = [line[9:] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["read customer from odoo: 2500 of 2500", "write customer to sage: 500"]


def test_an_exit_asked_for_by_a_command_is_not_an_error() -> None:
    def leaves(session: Session) -> int:
        raise typer.Exit(3)

    with pytest.raises(typer.Exit) as left:
        guarded(Session(Flags()), leaves)
    assert left.value.exit_code == 3


def test_bars_on_a_terminal_count_up_to_what_is_left_and_end_full() -> None:
    from io import StringIO

    from rich.console import Console
    from rich.progress import Progress as Bars

    from hub.cli.progress import _Bars

    with Bars(console=Console(file=StringIO(), force_terminal=True)) as bars:
        told = _Bars(bars, lambda entity, system: 700)
        told("read", "customer", "odoo", 0, None)
        told("write", "customer", "sage", 500, None)
        assert [(task.completed, task.total) for task in bars.tasks] == [(0, 0), (500, 1200)]
        told("write", "customer", "sage", 1300, None)
        told("read", "contact", "odoo", 10, 90)
        assert [(task.completed, task.total) for task in bars.tasks] == [(0, 0), (1300, 1300), (10, 90)]
