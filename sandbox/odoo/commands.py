"""The commands an x2many field is written with: ``(0, 0, values)`` … ``(6, 0, ids)``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sandbox.odoo.base import shown
from sandbox.odoo.errors import IntegrityError
from sandbox.odoo.schema import Field

if TYPE_CHECKING:
    from sandbox.odoo.env import Env

CREATE, UPDATE, DELETE, UNLINK, LINK, CLEAR, SET = range(7)


def normalised(value: Any) -> list[tuple[int, int, Any]]:
    """What was given, as commands: a plain list of ids sets exactly those."""
    if value in (None, False):
        return [(CLEAR, 0, 0)]
    given = list(value)
    if all(isinstance(item, int) for item in given):
        return [(SET, 0, given)]
    return [(int(c[0]), int(c[1] or 0) if len(c) > 1 else 0, c[2] if len(c) > 2 else 0) for c in given]


def apply_many2many(env: Env, field: Field, ids: Iterable[int], value: Any) -> tuple[int, ...]:
    """The ids a many2many holds after these commands."""
    assert field.relation is not None
    others = env[field.relation]
    kept = dict.fromkeys(ids)
    for command, id, given in normalised(value):
        if command == CREATE:
            kept[others.create(given)] = None
        elif command == UPDATE:
            others.browse([id]).write(given)
        elif command == DELETE:
            others.browse([id]).unlink()
            kept.pop(id, None)
        elif command == UNLINK:
            kept.pop(id, None)
        elif command == LINK:
            kept[id] = None
        else:
            kept = dict.fromkeys(given if command == SET else ())
    missing = [id for id in kept if id not in others.table.rows]
    if missing:
        raise IntegrityError("foreign_key", _not_there(others.old))
    return tuple(sorted(kept))


def _not_there(old: bool) -> str:
    if old:
        return (
            "The operation cannot be completed: another model requires the record being deleted. "
            "If possible, archive it instead.\n\nModel: Unknown (Unknown)"
        )
    return "Another model is using the record you are trying to delete.\n\nThe troublemaker is: Unknown"


def apply_one2many(env: Env, field: Field, id: int, value: Any) -> None:
    """Write the other side of a one2many of the record `id`."""
    assert field.relation
    assert field.inverse
    others, inverse = env[field.relation], field.inverse
    for command, other, given in normalised(value):
        if command == CREATE:
            values = dict(given)
            xml_id = values.pop("id", None)
            _name(env, others.spec.name, others.create({**values, inverse: id}), xml_id)
        elif command == UPDATE:
            others.browse([other]).write(given)
        elif command == LINK:
            others.browse([other]).write({inverse: id})
        elif command in (DELETE, UNLINK):
            _let_go(env, field, [other], delete=command == DELETE)
        else:
            wanted = list(given) if command == SET else []
            now = shown(field, others.table, id)
            _let_go(env, field, [other for other in now if other not in wanted], delete=False)
            added = [other for other in wanted if other not in now]
            if added:
                others.browse(added).write({inverse: id})


def _name(env: Env, model: str, id: int, xml_id: Any) -> None:
    """Give an imported line its external id."""
    if isinstance(xml_id, str) and "." in xml_id:
        module, _, name = xml_id.partition(".")
        row = {"module": module, "name": name, "model": model, "res_id": id}
        env.sudo()["ir.model.data"].create(row)


def _let_go(env: Env, field: Field, ids: list[int], *, delete: bool) -> None:
    assert field.relation
    assert field.inverse
    others = env[field.relation]
    if not ids:
        return
    if delete or others.spec.fields[field.inverse].ondelete == "cascade":
        others.browse(ids).unlink()
    else:
        others.browse(ids).write({field.inverse: False})
