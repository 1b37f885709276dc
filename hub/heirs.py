"""Records that are gone because somebody made them one with another in their system: the hub follows.

Odoo's merge hands what refers to the contact that goes over to the one that stays, the hub's own reference
too. A record that is gone, and whose reference another one bears that is linked, became that one.

Promises: nothing is followed but our own reference. Never: takes a record that is only deleted for a merged
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub import joining
from hub.joining import NotThere, Underway, Word
from hub.mapping import EntityMapping, SystemMapping
from hub.model import HUB
from hub.store import cursors, worlds

if TYPE_CHECKING:
    from hub.engine import Engine


def follow(engine: Engine, mapping: EntityMapping, system: SystemMapping, gone: Sequence[str]) -> list[str]:
    """Make one what became one there; those of these records that are gone for another reason."""
    with engine.store.reading() as connection:
        links = worlds.links(connection, mapping.entity, system.system, gone)
    refs = {f"{mapping.entity}_{link.golden_id}": link for link in links.values()}
    found = engine.connectors[system.system].find(system.view, sorted(refs)) if refs else {}
    rest = set(gone)
    at = engine.clock()
    with engine.store.transaction() as connection:
        heirs = worlds.links(connection, mapping.entity, system.system, [one.id for one in found.values()])
        run = cursors.begin_run(connection, "follow", at) if heirs else 0
        for ref, record in found.items():
            heir, link = heirs.get(record.id), refs[ref]
            if heir is None or heir.golden_id == link.golden_id:
                continue
            pair = (heir.golden_id, link.golden_id)
            worlds.mark_gone(connection, mapping.entity, system.system, link.external_id)
            try:
                joining.make_one(engine, connection, mapping, pair, Word(HUB, run, at), keep=heir.golden_id)
            except (Underway, NotThere):
                continue  # it is gone all the same, and archived until somebody says otherwise
            rest.discard(link.external_id)
        if heirs:
            cursors.end_run(connection, run, {}, at)
    return [one for one in gone if one in rest]
