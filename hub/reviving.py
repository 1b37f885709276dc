"""When a refused write is tried again without anyone asking for it.

- Its record changed, in any system or by a person's word (`hub.store.saving`), or what is owed became another
  thing (`Engine.settle`): always.
- The record changed in the very system that refuses it, be it in a field the hub does not see
  (`edited_there`), or it was refused for something outside the record that may pass (`by_itself`): not
  for ever.
- Its mapping changed (`hub.braking.approve`): always, discarded ones too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from hub.mapping import EntityMapping
from hub.ports import Record
from hub.store import outbox

if TYPE_CHECKING:
    from hub.engine import Engine

PATIENCE: Final = 30
"""Refusals of just the same write after which only a change, or a person, has it tried again."""

RHYTHM: Final = timedelta(days=1)
"""How long a write that was refused for what may pass waits for its next try."""

WHEN_COMPARING: Final = timedelta(hours=1)
"""The same, where everything is looked at anyway: each night, and at `hub sync --compare`."""


def by_itself(engine: Engine, mapping: EntityMapping, comparing: bool) -> None:
    """Have writes tried again that were refused for what may have passed, as often as is decent."""
    at = engine.clock()
    before = datetime.fromisoformat(at) - (WHEN_COMPARING if comparing else RHYTHM)
    tried_before = before.isoformat(timespec="milliseconds")
    with engine.store.reading() as connection:
        if not outbox.any_refused(connection, mapping.entity, tried_before):
            return
    with engine.store.transaction() as connection:
        systems = list(mapping.systems)
        outbox.revive_passing(connection, mapping.entity, systems, tried_before, PATIENCE, at)


def edited_there(
    connection: Connection, entity: str, system: str, records: Sequence[Record], at: str
) -> None:
    """These records of a system are not what they were: what it refused of them may be taken now.

    A system that gives no versions says nothing by showing a record again.
    """
    ids = [record.id for record in records if record.version is not None]
    if ids:
        outbox.revive(connection, entity, system, ids, at, PATIENCE)
