"""Which golden records own a telephone number, and which refer to which: kept with them, in one transaction.

Promises: a number is found from the moment its record is stored, and no longer once it was taken off; a cell
that holds two numbers, and therefore no value, is found by both. Never: gives a number another meaning than
`hub.values` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, delete, select

from hub.mapping import EntityMapping, Mappings
from hub.model import Golden, Link
from hub.store import flags
from hub.store import tables as t
from hub.store.repository import among, bulk_insert, loads
from hub.store.worlds import chunks
from hub.values import Canonical, ListOf, Phone, Ref, numbers_in
from hub.world import World

INDEXED = "directory"
"""What is remembered of the mappings the directory was made by."""

Entry = tuple[str, str, str]


def save(connection: Connection, world: World) -> None:
    """Bring the directory in line with what the planner changed."""
    phones, refs = phone_fields(world.mapping), ref_fields(world.mapping)
    if not phones and not refs:
        return
    fresh = [golden for golden in world.goldens.values() if golden.new]
    known = {
        golden.id: golden
        for golden in world.goldens.values()
        if not golden.new and (golden.changed or golden.id in world.reread)
    }
    for part in chunks(known):
        if phones:
            connection.execute(
                delete(t.phone_number).where(among(connection, t.phone_number.c.golden_id, part))
            )
        if refs:
            connection.execute(delete(t.reference).where(among(connection, t.reference.c.golden_id, part)))
    touched = [*fresh, *known.values()]
    _insert(connection, touched, phones, refs, world.links_of, world.mapping)


def rebuild(connection: Connection, mappings: Mappings) -> bool:
    """Make the directory anew where the mappings' fields are not those it was made by; whether it was."""
    wanted = {
        mapping.entity: [sorted(phone_fields(mapping)), sorted(ref_fields(mapping))] for mapping in mappings
    }
    if flags.get(connection, INDEXED) == wanted:
        return False
    connection.execute(delete(t.phone_number))
    connection.execute(delete(t.reference))
    for mapping in mappings:
        phones, refs = phone_fields(mapping), ref_fields(mapping)
        after = ""
        while rows := connection.execute(
            select(t.golden.c.id, t.golden.c.data)
            .where(t.golden.c.entity == mapping.entity, t.golden.c.id > after)
            .order_by(t.golden.c.id)
            .limit(5000)
        ).all():
            after = rows[-1].id
            goldens = [Golden(row.id, mapping.entity, loads(row.data), {}, "") for row in rows]
            _insert(connection, goldens, phones, refs, _blocked(connection, mapping.entity, goldens), mapping)
    flags.put(connection, INDEXED, wanted)
    return True


def phone_fields(mapping: EntityMapping) -> frozenset[str]:
    """The canonical fields that hold telephone numbers."""
    return frozenset(name for name, it in mapping.fields.items() if _is_phone(it.type))


def ref_fields(mapping: EntityMapping) -> frozenset[str]:
    """The canonical fields that refer to another golden record."""
    return frozenset(name for name, it in mapping.fields.items() if isinstance(it.type, Ref))


def _is_phone(kind: object) -> bool:
    return isinstance(kind, Phone) or (isinstance(kind, ListOf) and isinstance(kind.of, Phone))


def _insert(
    connection: Connection,
    goldens: Iterable[Golden],
    phones: frozenset[str],
    refs: frozenset[str],
    links: Mapping[str, Mapping[str, Link]],
    mapping: EntityMapping,
) -> None:
    numbers: dict[tuple[str, str], Entry] = {}
    references = []
    for golden in goldens:
        for number in _numbers(golden, phones, links.get(golden.id, {}), mapping):
            numbers[number, golden.id] = (number, golden.id, golden.entity)
        for field in refs:
            if target := golden.values.get(field):
                references.append((golden.id, field, golden.entity, str(target)))
    bulk_insert(connection, t.phone_number, list(numbers.values()))
    bulk_insert(connection, t.reference, references)


def _numbers(
    golden: Golden, phones: frozenset[str], links: Mapping[str, Link], mapping: EntityMapping
) -> Iterator[str]:
    for name in phones:
        yield from _plain(golden.values.get(name))
    for link in links.values():
        system = mapping.systems.get(link.system)
        if system is None or not link.blocked:
            continue
        for lens in system.lenses:
            if lens.name in phones:
                for native in lens.natives:
                    yield from numbers_in(link.blocked.get(native, ""), _region(mapping, lens.name))


def _region(mapping: EntityMapping, name: str) -> str:
    kind = mapping.fields[name].type
    phone = kind.of if isinstance(kind, ListOf) else kind
    return phone.region if isinstance(phone, Phone) else "FR"


def _plain(value: Canonical) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if one:
            yield str(one).partition(";ext=")[0]


def _blocked(connection: Connection, entity: str, goldens: list[Golden]) -> dict[str, dict[str, Link]]:
    found: dict[str, dict[str, Link]] = {}
    rows = connection.execute(
        select(t.link.c.golden_id, t.link.c.system, t.link.c.external_id, t.link.c.notes).where(
            among(connection, t.link.c.golden_id, [golden.id for golden in goldens]),
            t.link.c.notes.is_not(None),
        )
    )
    for row in rows:
        if blocked := loads(row.notes).get("blocked"):
            link = Link(row.system, row.external_id, row.golden_id, entity, blocked=blocked)
            found.setdefault(row.golden_id, {})[row.system] = link
    return found
