"""``python -m sandbox.x3 --customers 5000``: a sandbox X3 in a process of its own, until Ctrl-C.

Its first line on standard output is one JSON object: url, wsdl_url, login, pool. The password is taken from
the environment, SANDBOX_PASSWORD, else it is that of `serve`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading

from sandbox.company import customers
from sandbox.company.x3 import fill_x3
from sandbox.x3 import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.x3", description="Run a sandbox X3.")
    parser.add_argument("--version", type=int, default=12, help="12, or 6 for the old addresses")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--pool-size", type=int, default=4)
    parser.add_argument("--customers", type=int, default=0, help="how many invented customers it has")
    parser.add_argument(
        "--with-input", action="store_true", help="end when standard input does, as when its starter is gone"
    )
    given = parser.parse_args()
    password = os.environ.get("SANDBOX_PASSWORD", "sandbox")
    with serve(
        version=given.version, port=given.port, pool_size=given.pool_size, password=password
    ) as x3:  # fmt: skip
        fill_x3(x3.person.add, customers(given.customers))
        about = {"url": x3.url, "wsdl_url": x3.wsdl_url, "login": x3.login, "pool": x3.pool.alias}
        print(json.dumps(about), flush=True)
        try:
            if given.with_input:
                sys.stdin.read()
            else:
                threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)


main()
