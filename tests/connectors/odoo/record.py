"""Record the cassettes anew from real Odoo 19 and 14: ``python -m tests.connectors.odoo.record``.

Arguments go to pytest (``-k name`` records only some tests). The servers are those of the live tests.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


def main(arguments: list[str]) -> int:
    if os.environ.get("HUB_RECORD") != "1":
        os.environ["HUB_RECORD"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "tests.connectors.odoo.record", *arguments])
    here = Path(__file__).parent
    return int(pytest.main([str(here), "-q", "-p", "no:cacheprovider", *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
