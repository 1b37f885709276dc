"""Peak memory of a first load of 100,000 customers from a workbook.

The hub runs in a process of its own: a workbook of 100,000 rows is pulled, settled and delivered to a system
that swallows writes. The figure is the largest resident memory of the hub and its workbook reader together
at any one moment, looked at every 20 ms (Linux; elsewhere the sum of the two peaks).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.base import Mirror, approve, fresh_store, mappings, workbook
from benchmarks.rows import Row

CUSTOMERS = 100_000


def peak() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        workbook(Path(folder) / "clients.xlsx", CUSTOMERS)
        command = [sys.executable, "-m", "benchmarks.memory", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as ran:
            together = _watch(ran)
            assert ran.stdout is not None
            own, reader, written = json.loads(ran.stdout.read().splitlines()[-1])
    assert written == CUSTOMERS
    detail = f"each at its own peak: hub {own:.0f} MiB, workbook reader {reader:.0f} MiB"
    return Row("memory for 100,000 customers", together or own + reader, 300, True, "MiB", detail)


def _watch(process: subprocess.Popen[str]) -> float:
    """MiB of the process and its children together, at their worst moment."""
    worst = 0.0
    while process.poll() is None:
        worst = max(worst, resident(process.pid))
        time.sleep(0.02)
    return worst


def resident(pid: int) -> float:
    """Resident MiB of a process and its descendants; those that just ended count nothing."""
    total = 0.0
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        found = next((line for line in status.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0")
        total += int(found.split()[1]) / 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(resident(int(child)) for child in (task / "children").read_text().split())
    except (FileNotFoundError, ProcessLookupError):
        return total
    return total


def _load(folder: Path) -> tuple[float, float, int]:
    from connectors.registry import connect
    from hub.engine import Engine

    sink = Mirror("mirror", 0)
    clients = connect("clients", "excel", {"path": folder / "clients.xlsx", "stable_seconds": 0})
    store = fresh_store(folder)
    engine = Engine(store, mappings(folder / "m", "clients", "mirror"), {"clients": clients, "mirror": sink})
    approve(engine, CUSTOMERS)
    engine.sync()
    clients.close()
    store.close()
    own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in
                  (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # fmt: skip
    return own, child, sink.written


if __name__ == "__main__":
    print(json.dumps(_load(Path(sys.argv[1]))))
