"""Build, once, a real Odoo 19 and a real Odoo 14 from Debian's packages, and start them.

    python -m tests.live.provision 19 14             build what is missing (about 3 minutes, 3 GB), then end
    python -m tests.live.provision 19 --start        start one on 127.0.0.1 and stay in the foreground
    python -m tests.live.provision --url             the servers started so, as JSON
    python -m tests.live.provision 19 --fresh        a fresh database on that server; prints its name

Everything is kept in ``/var/cache/odoo-sync-hub`` (``HUB_LIVE_CACHE`` names another folder), outside the
checkout, and reused. An interrupted build goes on where it stopped. The database built here is never served:
every server works on a copy.

Standard library only. Needs root on Debian; says `Unavailable` with the reason elsewhere.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

from tests.live.build import RECIPES, ensure, ensure_all
from tests.live.debian import Unavailable
from tests.live.servers import Odoo, running, start


def _stay(versions: Sequence[int]) -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    servers = []
    try:
        for version in versions:
            server = start(ensure(version, _to_stderr), shared=True)
            servers.append(server)
            server.database = server.odoo.fresh_database()
            server.note()
            print(json.dumps({str(version): server.described()}, indent=2), flush=True)
        while not ended.wait(timeout=1):
            for server in servers:
                server.check()
    finally:
        for server in servers:
            server.stop()


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.live.provision", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "versions", nargs="*", type=int, choices=[*sorted(RECIPES, reverse=True), []], metavar="19|14"
    )
    parser.add_argument("--start", action="store_true", help="start and stay in the foreground, on 127.0.0.1")
    parser.add_argument("--url", action="store_true", help="print the started servers as JSON")
    parser.add_argument("--fresh", action="store_true", help="make a fresh database on a started server")
    given = parser.parse_args()
    versions = given.versions or sorted(RECIPES, reverse=True)
    try:
        if given.url:
            print(json.dumps(running(), indent=2))
        elif given.fresh:
            for version in versions:
                known = running().get(str(version))
                if known is None:
                    raise Unavailable(
                        f"no Odoo {version} is started: run `make odoo-{version}` in another terminal"
                    )
                print(Odoo.from_description(known).fresh_database())
        elif given.start:
            _stay(versions)
        else:
            for outcome in ensure_all(versions, _to_stderr).values():
                if isinstance(outcome, Exception):
                    raise outcome
    except Unavailable as reason:
        _to_stderr(f"not available: {reason}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
