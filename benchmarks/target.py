"""Which Odoo to measure on: the real 19 of `tests.live`, or the sandbox in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.odoo import Target


@contextmanager
def target(sandbox: bool) -> Iterator[Target]:
    """The real Odoo 19 where it runs or is built; the sandbox otherwise, or when asked for."""
    found = None if sandbox else _real()
    if found is not None:
        yield found
        return
    from sandbox.odoo import serve

    with serve(version=19) as odoo:
        yield Target(
            "the sandbox Odoo 19", odoo.url, odoo.login, odoo.password, odoo.api_key,
            lambda: odoo.database, lambda database: odoo.clear(),
        )  # fmt: skip


def _real() -> Target | None:
    from tests.live import servers
    from tests.live.build import built

    described = servers.running().get("19")
    if described is None:
        ready = built(19)
        if ready is None:
            print("the real Odoo 19 is not built (make odoo-19 builds it): measuring on the sandbox",
                  file=sys.stderr)  # fmt: skip
            return None
        described = servers.start(ready).described()
    odoo = servers.Odoo.from_description(described)
    return Target(
        "a real Odoo 19", odoo.url, odoo.login, odoo.password, odoo.api_key, odoo.fresh_database, odoo.drop
    )
