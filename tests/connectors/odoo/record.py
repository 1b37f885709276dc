"""Record the cassettes anew from real Odoo 19 and 14: ``python -m tests.connectors.odoo.record``.

Arguments go to pytest; with ``-k name`` only some tests are recorded, and the others kept. The servers are
those of the live tests.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.connectors.odoo.cassettes import FOLDER


def main(arguments: list[str]) -> int:
    if os.environ.get("HUB_RECORD") != "1":
        os.environ["HUB_RECORD"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "tests.connectors.odoo.record", *arguments])
    here = Path(__file__).parent
    if "-k" not in arguments:
        for tape in FOLDER.glob("*.json.gz"):
            tape.unlink()
    names = [str(here / name) for name in ("test_conformance.py", "test_scenarios.py", "test_accounting.py")]
    return int(pytest.main([*names, "-q", "-p", "no:cacheprovider", *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
