"""Peak memory of the hub's process and of its workbook reader, over a first load of 100,000 customers.

Run in a process of its own: a workbook of 100,000 rows is pulled, settled and delivered to a system that
swallows writes. The figure is the larger of the two processes' peaks added together, as the machine sees it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.base import Mirror, fresh_store, mappings, workbook
from benchmarks.rows import Row

CUSTOMERS = 100_000


def peak() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        workbook(Path(folder) / "clients.xlsx", CUSTOMERS)
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.memory", folder], check=True, capture_output=True, text=True
        )
    own, reader, written = json.loads(ran.stdout.splitlines()[-1])
    assert written == CUSTOMERS, ran.stdout
    detail = f"hub {own:.0f} MiB + workbook reader {reader:.0f} MiB"
    return Row("memory for 100,000 customers", own + reader, 300, True, "MiB", detail)


def _load(folder: Path) -> tuple[float, float, int]:
    from connectors.registry import connect
    from hub.engine import Engine

    sink = Mirror("mirror", 0)
    clients = connect("clients", "excel", {"path": folder / "clients.xlsx", "stable_seconds": 0})
    store = fresh_store(folder)
    engine = Engine(store, mappings(folder / "m", "clients", "mirror"), {"clients": clients, "mirror": sink})
    engine.sync()
    clients.close()
    store.close()
    own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in
                  (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # fmt: skip
    return own, child, sink.written


if __name__ == "__main__":
    print(json.dumps(_load(Path(sys.argv[1]))))
