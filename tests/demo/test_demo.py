"""`hub demo` as a newcomer runs it."""

from __future__ import annotations

import io
import logging
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import structlog
from rich.console import Console

from hub.cli.failures import WrongUse
from sandbox.company import Customer, customers
from sandbox.demo import main, run
from sandbox.demo.bookings import Case, Step, acts
from sandbox.demo.books import Books, opened
from sandbox.demo.story import Edit, story
from sandbox.x3.server import SYRACUSE_WSDL

PROJECT = Path(__file__).resolve().parents[2]


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """`hub demo` in this folder, without a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "hub.cli.main", "demo", *words],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": "utf-8"},
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )  # fmt: skip


def test_it_ends_well_fits_the_screen_and_leaves_nothing_behind(tmp_path: Path) -> None:
    process = started(tmp_path)
    shown, _ = process.communicate(timeout=110)
    assert process.returncode == 0, shown
    assert max(map(len, shown.splitlines())) <= 100
    for words in (
        "570 records turned out to be 300 customers",
        "propagated",
        "created",
        "linked: it is one customer",
        "merged",
        "Odoo is trusted more",
        "conflict 1: the phone waits for a person",
        "$ hub conflicts resolve 1 --take odoo",
        "writes 0 records",
        "C00001 as its reference",
        "4 entries, 991.20 on either side",
        "591.20 € left to pay",
        "looked up, not made twice",
        "0.00 € left to pay",
        "a conflict: the name waits for a person",
        "302 customers and 228 contacts, the same everywhere",
    ):
        assert words in shown
    assert "✗" not in shown
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo that stays, and what it has shown so far."""
    process = started(tmp_path, "--keep")
    assert process.stdout is not None
    shown = ""
    for line in process.stdout:
        shown += line
        if "Ctrl-C ends it" in line:
            break
    yield process, shown
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_with_keep_the_daemon_goes_on_with_what_people_type(
    kept: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, shown = kept
    health = re.search(r"http://127\.0\.0\.1:\d+/healthz", shown)
    assert health is not None, shown
    book = openpyxl.load_workbook(tmp_path / "demo" / "clients.xlsx")
    book["Clients"]["B2"].value = "Un tout autre nom"
    book["Clients"]["I2"].value = "Ville-Neuve-du-Drac"
    book.save(tmp_path / "demo" / "clients.xlsx")
    exports = tmp_path / "demo" / "sage" / "exports"
    end = time.monotonic() + 60
    while not any(
        "VILLE-NEUVE-DU-DRAC".encode("cp1252") in file.read_bytes() for file in exports.glob("*.csv")
    ):
        assert time.monotonic() < end, process.poll()
        time.sleep(0.2)
    with urllib.request.urlopen(health[0], timeout=5) as answer:
        assert answer.status == 200
    x3 = re.search(r"Sage X3 +(http://127\.0\.0\.1:\d+) ", shown)
    assert x3 is not None, shown
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(x3[1] + SYRACUSE_WSDL + "?wsdl", timeout=5)
    process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    assert '"stopped"' in rest


def test_a_folder_that_is_somebodys_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to-my-aunt.txt").write_text("Dear aunt")
    with pytest.raises(WrongUse, match="not empty"):
        main(folder=tmp_path / "letters")
    assert (tmp_path / "letters" / "to-my-aunt.txt").exists()


@pytest.fixture
def _log() -> Iterator[None]:
    """The process's log as it was: a daemon sets up its own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("_log")
def test_an_edit_that_did_not_arrive_is_shown_and_fails_the_demo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def with_an_edit_nobody_made(known: Sequence[Customer], new: Customer, twice: Customer) -> list[Edit]:
        first, *rest = story(known, new, twice)
        return [replace(first, act=lambda place: None), *rest]

    monkeypatch.setattr(run, "story", with_an_edit_nobody_made)
    assert main(folder=tmp_path / "demo", picture=tmp_path / "demo.svg") == 1
    assert "✗" in capsys.readouterr().out
    drawn = (tmp_path / "demo.svg").read_text("utf-8")
    assert "src:" not in drawn
    assert "@font-face" not in drawn


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with opened(tmp_path / "books") as found:
        yield found


@pytest.mark.usefixtures("_log")
def test_a_payment_that_nobody_made_is_shown_and_fails_the_books(
    monkeypatch: pytest.MonkeyPatch, books: Books
) -> None:
    def without_the_first_payment() -> list[list[Step]]:
        first, (payment, *second), *rest = acts()
        return [first, [replace(payment, act=lambda books, case: None), *second], *rest]

    monkeypatch.setattr(run, "acts", without_the_first_payment)
    console = Console(width=100, record=True, file=io.StringIO())
    assert not run._account(books, console, Case(next(customers(1))))
    shown = console.export_text()
    assert shown.count("✗") == 1
    assert "991.20 € left to pay" in shown


@pytest.mark.usefixtures("_log")
def test_an_entry_that_the_accountant_changed_is_shown_and_fails_the_books(
    monkeypatch: pytest.MonkeyPatch, books: Books
) -> None:
    monkeypatch.setattr(books, "booked", lambda reference: (3, Decimal("100.00"), Decimal("100.00")))
    console = Console(width=100, record=True, file=io.StringIO())
    assert not run._account(books, console, Case(next(customers(1))))
    assert console.export_text().count("✗") == 3
