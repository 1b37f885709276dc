"""``python -m sandbox.odoo --keep odoo.db``: a sandbox Odoo in a process of its own, until Ctrl-C.

Its first line on standard output is one JSON object: url, database, login, version. Secrets are taken from
the environment: SANDBOX_PASSWORD and SANDBOX_API_KEY, else they are those of `serve`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from pathlib import Path

from sandbox.odoo import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.odoo", description="Run a sandbox Odoo.")
    parser.add_argument("--version", type=int, default=19, help="14 or 19")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--database", default="sandbox")
    parser.add_argument("--login", default="admin")
    parser.add_argument("--keep", type=Path, help="a file that holds its records from one start to the next")
    parser.add_argument(
        "--with-input", action="store_true", help="end when standard input does, as when its starter is gone"
    )
    given = parser.parse_args()
    with serve(
        given.version, database=given.database, login=given.login, port=given.port, keep=given.keep,
        password=os.environ.get("SANDBOX_PASSWORD", "admin"),
        api_key=os.environ.get("SANDBOX_API_KEY", "sandbox-api-key"),
    ) as odoo:  # fmt: skip
        about = {"url": odoo.url, "database": odoo.database, "login": odoo.login, "version": odoo.version}
        print(json.dumps(about), flush=True)
        try:
            if given.with_input:
                sys.stdin.read()
            else:
                threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)


main()
