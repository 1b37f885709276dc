"""What may be chosen in the random world: the example's own nature, and its steps."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st

from tests.model.faults import CALLS, COMMITS, MERGES, WRITES
from tests.model.office import SYSTEMS

FIELDS = ("name", "city", "note")

configs = st.fixed_dictionaries(
    {
        "page": st.sampled_from([1000, 1, 2]),
        "batch": st.sampled_from([500, 1, 2]),
        "early": st.booleans(),
        "contacts": st.booleans(),
        "list_shouts": st.booleans(),
        "default": st.sampled_from(["latest", "[list, odoo, sage]", "ask"]),
        "city": st.sampled_from(["[list, odoo, sage]", "latest"]),
        "on_delete": st.sampled_from(["archive", "ask", "ignore"]),
    }
)
systems = st.sampled_from(SYSTEMS)
tables = st.sampled_from(["T", "T", "T", "C"])
which = st.integers(0, 9)
whims = st.sampled_from(["versions", "order", "twice", "down"])
lost = st.sampled_from(["replies", "requests"])
counts = st.integers(1, 3)


@st.composite
def instants(draw: st.DrawFn) -> tuple[str, str, int]:
    """Somewhere the hub can be struck: (system, instant, which of them)."""
    kind = draw(st.sampled_from(["write", "write", "commit", "call"]))
    if kind == "commit":
        return "hub", draw(st.sampled_from(COMMITS)), draw(st.integers(1, 30))
    instant = draw(st.sampled_from(WRITES if kind == "write" else CALLS))
    return draw(systems), instant, draw(st.sampled_from([1, 1, 2, 3]))


@st.composite
def instants_of_merging(draw: st.DrawFn) -> tuple[str, str, int]:
    """Somewhere the hub can be struck while records are made one, or taken apart."""
    if draw(st.booleans()):
        return draw(instants())
    if draw(st.booleans()):
        return "hub", draw(st.sampled_from(COMMITS)), draw(st.integers(1, 8))
    instant = draw(st.sampled_from([*MERGES, *WRITES, "read", "write"]))
    return draw(st.sampled_from(["odoo", "odoo", "list"])), instant, draw(st.sampled_from([1, 1, 2]))


def fault_at(place: tuple[str, str, int], kind: str) -> dict[str, Any]:
    """The hub can die anywhere; a system can fail only where it is called."""
    system, instant, nth = place
    fault = kind if instant in (*CALLS, *MERGES) else "crash"
    return {"do": "fault", "system": system, "instant": instant, "nth": nth, "fault": fault}


codes = st.sampled_from(["own", "code1", None, "code2", "code3"])
afterwards = st.sampled_from([(), ("sync",), ("sync", "take_in", "publish"), ("take_in", "publish", "sync")])
"""What follows an edit at once: nothing, or the hub's hour, or Sage's too."""
kinds = st.sampled_from(["crash", "unreachable", "busy"])

doubled = st.fixed_dictionaries(
    {
        "page": st.sampled_from([1000, 1, 2]),
        "batch": st.sampled_from([500, 1, 2]),
        "early": st.booleans(),
        "contacts": st.booleans(),
        "list_shouts": st.booleans(),
        "default": st.sampled_from(["latest", "[list, odoo, sage]", "ask"]),
        "city": st.sampled_from(["[list, odoo, sage]", "latest"]),
        "note": st.sampled_from(["ask", "latest"]),
        "on_delete": st.sampled_from(["archive", "ask", "ignore"]),
        "precision": st.sampled_from([0.9995, 0.99, 0.9]),
        "links": st.sampled_from([True, True, False]),
        "odoo": st.sampled_from(["itself", "itself", "leave", "archive", "mark"]),
        "list": st.sampled_from(["leave", "mark", "close", "archive"]),
        "noise": st.sampled_from([True, True, False]),
        "wise": st.sampled_from([True, True, False]),
        "merges": st.booleans(),
        "splink": st.just(False),
    }
)
"""The nature of a world of duplicates: see `tests.model.doubles`. `wise`: who answers knows who is who."""
