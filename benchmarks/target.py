"""Which Odoo to measure on: the real 19 of `tests.live`, or the sandbox."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.odoo import Site, Target


@contextmanager
def target(sandbox: bool) -> Iterator[Target]:
    """A real Odoo 19 of this run's own where one is built; the sandbox otherwise, or when asked for."""
    found = None if sandbox else _real()
    yield found or Target("the sandbox Odoo 19", _sandbox_site)


def _sandbox_site() -> Site:
    from sandbox.odoo import serve

    stack = ExitStack()
    odoo = stack.enter_context(serve(version=19))
    return Site(odoo.url, odoo.database, odoo.login, odoo.password, odoo.api_key, stack.close)


def _real() -> Target | None:
    from tests.live import build, servers

    if not (build.cache() / "odoo-19").is_dir():
        print("no real Odoo 19 is built here (make odoo-19): measuring on the sandbox", file=sys.stderr)
        return None
    server = servers.start(build.ensure(19, lambda line: print(line, file=sys.stderr)))
    odoo = servers.Odoo.from_description(server.described())

    def fresh() -> Site:
        database = odoo.fresh_database()
        return Site(odoo.url, database, odoo.login, odoo.password, odoo.api_key, lambda: odoo.drop(database))

    return Target("a real Odoo 19", fresh, odoo)
