"""A site whose daemon waits less between two tries, and what the commands and pages say of it.

The daemon is the real one in a process of its own; only its first pause after a failure is shorter, so that
no test waits for seconds on purpose.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl

from tests.daemon.site import HEADINGS, PASSWORD, PROJECT, Site

DURAND = ("C0001", "Durand SA", "73282932000074", "01 42 00 00 01", "Lyon")
LAUNCH = """\
import hub.daemon.board as board, hub.store.repository as repository, hub.store.holders as holders
board.FIRST = 0.3
board.LONGEST = {kind: min(wait, 1.0) for kind, wait in board.LONGEST.items()}
holders.BEAT = 0.5
%s
from hub.cli.main import run
run()
"""

IMPATIENT = "import datetime, hub.reviving as reviving; reviving.RHYTHM = datetime.timedelta(seconds=10)"
"""What was refused and may pass is tried again after seconds, not after a day."""


class BadDay(Site):
    """A site on which things go wrong. `extra` is run in the daemon's process before it starts."""

    extra = ""
    environment: Mapping[str, str] = {}

    def start(self, *, wait: bool = True) -> subprocess.Popen[bytes]:
        with self.log_file().open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", LAUNCH % self.extra, "run", "--config", str(self.config)],
                cwd=PROJECT, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=self.surroundings(), creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )  # fmt: skip
        self.processes.append(process)
        if wait:
            self.until(lambda: self.page("/livez") is not None or process.poll() is not None, 90)
        return process

    def surroundings(self) -> dict[str, str]:
        """The environment of everything that is started here."""
        return {**os.environ, "ODOO_PASSWORD": PASSWORD, "PYTHONIOENCODING": "utf-8", **self.environment}

    def until(self, holds: Any, seconds: float = 90) -> None:
        super().until(holds, seconds)

    def hub(self, *words: str) -> tuple[int, Any]:
        """One command's exit code and JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli.main", *words, "--json", "--config", str(self.config)],
            cwd=PROJECT, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
            env=self.surroundings(),
        )  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout)

    def doctor(self) -> tuple[int, list[dict[str, Any]]]:
        """What `hub doctor` finds that is not well, worst first, and its exit code."""
        code, found = self.hub("doctor")
        return code, [one for one in found["findings"] if one["level"] != "ok"]

    def reasons(self) -> str:
        """What `/healthz` gives as reasons, in one text; empty while all is well."""
        return "\n".join(self.health()["reasons"])

    def well(self) -> bool:
        health = self.health()
        return health["status"] == "ok" and all(route["state"] == "ok" for route in health["routes"])

    def at_rest(self) -> bool:
        """Whether all is well and nothing waits to be written, by figures read after this was asked.

        `/healthz` answers from the last figures, which may be seconds old.
        """
        asked = time.monotonic()
        self.until(lambda: self.health()["figures_age_seconds"] + 0.1 < time.monotonic() - asked)
        return self.well() and self.health()["waiting"]["outbox"] == 0

    def names(self) -> list[str]:
        """The names of everybody in Odoo who is not archived, each as often as it is there."""
        found = self.odoo.env["res.partner"].search_read(
            [("is_company", "=", True), ("active", "=", True)], ["name"]
        )
        return sorted(row["name"] for row in found if row["name"] != "My Company")

    def alive(self) -> bool:
        """Whether the first daemon is still at work: nothing was restarted."""
        return len(self.processes) == 1 and self.processes[0].poll() is None

    # -- people at work ----------------------------------------------------------------------------------

    def in_odoo(self, name: str, **values: Any) -> None:
        """Somebody edits a partner, or makes it."""
        partners = self.odoo.env.sudo()["res.partner"]
        found = partners.search([("name", "=", name)])
        if found:
            partners.browse(found).write(values)
        else:
            partners.create({"name": name, "is_company": True, **values})

    def in_workbook(self, name: str, heading: str, value: str) -> None:
        """Somebody changes a cell and saves."""
        with self.edited() as sheet:
            rows = range(2, sheet.max_row + 1)
            row = next(row for row in rows if sheet.cell(row, 2).value == name)
            sheet.cell(row, HEADINGS.index(heading) + 1).value = value

    @contextmanager
    def edited(self) -> Iterator[Any]:
        """The workbook's sheet, saved at the end as a program does that people use."""
        book = openpyxl.load_workbook(self.workbook)
        yield book.worksheets[0]
        draft = self.workbook.with_suffix(".draft")
        book.save(draft)
        draft.replace(self.workbook)

    def begun(self, *rows: tuple[str, ...]) -> BadDay:
        """A daemon at work that has seen these rows and agrees with everybody."""
        self.write_workbook(list(rows or [DURAND]))
        self.start()
        names = {row[1] for row in rows or [DURAND]}
        self.until(lambda: names <= set(self.partners()) and "My Company" in self.rows() and self.at_rest())
        return self


def database(site: Site) -> Path:
    return site.folder / "hub.sqlite"
