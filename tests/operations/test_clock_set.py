"""The clock of the hub's own machine is set back by an hour while the daemon is at work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub.daemon.wallclock import BACK, WallClock
from tests.operations.site import DURAND, BadDay
from tests.tally import tally

SHIM = Path(__file__).with_name("shim.c")


def set_clock(site: BadDay, seconds: int) -> None:
    """The clock that the daemon sees, from now on, is this far from the true one."""
    draft = site.folder / "shift.draft"
    draft.write_text(str(seconds))
    os.replace(draft, site.folder / "shift")


def with_a_clock_of_its_own(site: BadDay) -> None:
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("a process's clock is shifted by a small library: it needs Linux and a C compiler")
    library = site.folder / "shim.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SHIM), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    set_clock(site, 0)
    site.environment = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(site.folder / "shift")}


def test_a_clock_set_back_by_an_hour_stops_nothing_and_decides_nothing_wrongly(site: BadDay) -> None:
    tally("faults injected")
    with_a_clock_of_its_own(site)
    site.begun(DURAND)
    # A write that waits for a time on the clock, because the workbook is open.
    lock = site.folder / "~$clients.xlsx"
    lock.write_bytes(b"\x06Lucie " + b"\0" * 158)
    site.in_odoo("Mairie de Vif", city="Vif")
    site.until(lambda: site.health()["routes"][1]["state"] == "waiting")
    set_clock(site, -3600)
    site.until(lambda: site.said("this machine's clock was set back"))
    assert 3500 < site.said("this machine's clock was set back")[0]["seconds"] < 3700
    lock.unlink()
    site.until(lambda: "Mairie de Vif" in site.rows())
    site.in_odoo("Durand SA", city="Bron")
    site.until(lambda: site.rows()["Durand SA"]["Ville"] == "Bron")
    site.in_workbook("Durand SA", "Ville", "Villeurbanne")
    site.until(lambda: site.partners()["Durand SA"]["city"] == "Villeurbanne")
    site.until(site.at_rest)
    assert site.names() == ["Durand SA", "Mairie de Vif"]
    # The systems' clocks are now an hour ahead of this machine's: said, with its size, and allowed for.
    site.until(lambda: "1 h ahead" in str(site.doctor()[1]))
    set_clock(site, 0)
    site.in_odoo("Durand SA", city="Lyon")
    site.until(lambda: site.rows()["Durand SA"]["Ville"] == "Lyon")
    site.until(site.at_rest)
    assert site.alive()
    assert site.stop(site.processes[0]) == 0


@pytest.mark.parametrize(("moved", "told"), [(-3600.0, [3600.0]), (-BACK / 2, []), (3600.0, [])])
def test_only_a_clock_set_back_is_told_and_once(moved: float, told: list[float]) -> None:
    wall, steady, heard = 1_000_000.0, 10.0, list[float]()
    clock = WallClock(heard.append, wall=lambda: wall, steady=lambda: steady)
    for _ in range(3):
        wall, steady = wall + 1, steady + 1
        clock.look()
    wall += moved
    for _ in range(3):
        wall, steady = wall + 1, steady + 1
        clock.look()
    assert heard == told
