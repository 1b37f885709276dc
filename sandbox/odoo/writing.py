"""Creating, changing and deleting, with the constraints a real Odoo holds.

Promises: `write_date` is the transaction's time; a constraint that fails undoes the whole call. A model with
rules of its own overrides `prepare`, `settle`, `check_row` and `before_unlink`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sandbox.odoo.base import remote
from sandbox.odoo.commands import apply_many2many, apply_one2many
from sandbox.odoo.convert import to_stored
from sandbox.odoo.errors import IntegrityError
from sandbox.odoo.reading import Reading
from sandbox.odoo.schema import Model, Row

LOG_FIELDS = ("create_date", "create_uid", "write_date", "write_uid")
NEVER_WRITTEN = {"id", "parent_path", "display_name", *LOG_FIELDS}


class Writing(Reading):
    """The part of a record set that changes things."""

    @remote(on="model")
    def create(self, vals_list: Any) -> Any:
        """Make one record (a dict; answers its id) or several (a list; answers their ids)."""
        self.env.need(self.spec.name, "create")
        if isinstance(vals_list, Mapping):
            return self._create([vals_list])[0]
        return self._create(list(vals_list))

    @remote()
    def write(self, vals: Mapping[str, Any]) -> bool:
        """Set the same values on each of these records."""
        self.env.need(self.spec.name, "write")
        self.rows()
        self._write(vals)
        return True

    @remote()
    def unlink(self) -> bool:
        """Delete these records."""
        self.env.need(self.spec.name, "unlink")
        if not self.rows():
            return True
        self.before_unlink()
        self._refuse_if_needed()
        self._let_go_of(set(self.ids))
        for id in dict.fromkeys(self.ids):
            if id in self.table.rows:
                self.table.drop(id)
        self._forget_external_ids()
        return True

    @remote()
    def toggle_active(self) -> None:
        """Archive what is active, restore what is archived."""
        for row in self.rows():
            self.browse([row["id"]]).write({"active": not row["active"]})

    @remote()
    def action_archive(self) -> Any:
        """Archive these records. Answers nothing, which XML-RPC cannot carry."""
        self.browse(row["id"] for row in self.rows() if row["active"]).write({"active": False})

    @remote()
    def action_unarchive(self) -> Any:
        """Restore these records."""
        self.browse(row["id"] for row in self.rows() if not row["active"]).write({"active": True})

    # -- what a model with rules of its own overrides ----------------------------------------------------

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """The values as this model wants them, before they are converted."""
        return values

    def settle(self, ids: Sequence[int], names: Iterable[str], *, creating: bool) -> None:
        """What else follows from these fields having been written."""

    def check_row(self, row: Row, names: Iterable[str]) -> None:
        """Refuse a row that breaks a rule. `names` are the fields that were written."""

    def before_unlink(self) -> None:
        """Refuse, or prepare, a deletion."""

    # -- the rest of the sandbox writes through these ----------------------------------------------------

    def _create(self, given: Sequence[Mapping[str, Any]]) -> list[int]:
        ids = []
        with self.env.base.transaction():
            defaults = self._defaults()
            for values in given:
                self._refuse_unknown(values, creating=True)
                ids.append(self._create_one({**defaults, **values}))
            self._finish(ids, given, creating=True)
        return ids

    def _write(self, vals: Mapping[str, Any]) -> None:
        self._refuse_unknown(vals, creating=False)
        with self.env.base.transaction():
            for id in self.ids:
                self._write_one(id, vals)
            self._finish(self.ids, [vals], creating=False)

    def _create_one(self, given: Mapping[str, Any]) -> int:
        id = self.table.new_id()
        values = self.prepare(dict(given), creating=True)
        row: Row = {"id": id, **self.table.blank}
        if self.spec.log_access:
            now = self.env.base.time
            row |= {
                "create_date": now,
                "write_date": now,
                "create_uid": self.env.uid,
                "write_uid": self.env.uid,
            }
        later = self._merge(row, values, creating=True)
        self.table.put(id, row)
        self._write_lines(id, later)
        return id

    def _write_one(self, id: int, given: Mapping[str, Any]) -> None:
        row = dict(self.table.rows[id])
        values = self.prepare(dict(given), creating=False)
        later = self._merge(row, values, creating=False)
        if self.spec.log_access:
            row |= {"write_date": self.env.base.time, "write_uid": self.env.uid}
        self.table.put(id, row)
        self._write_lines(id, later)

    def _merge(self, row: Row, values: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
        """Put the values in the row; answers the one2many ones, which belong to other rows."""
        later = {}
        for name, value in values.items():
            field = self.spec.fields[name]
            if name in NEVER_WRITTEN or field.compute:
                continue
            if field.type == "one2many":
                later[name] = value
            elif field.type == "many2many":
                row[name] = apply_many2many(self.env, field, row.get(name) or (), value)
            else:
                stored = to_stored(self.env, self.spec.name, name, field, value)
                row[name] = self._translations(row.get(name), stored, creating) if field.translate else stored
        return later

    def _translations(self, old: Any, new: str | None, creating: bool) -> Any:
        if new is None:
            return None
        if creating or not isinstance(old, dict):
            return {"en_US": new, self.env.lang: new}
        return {**old, self.env.lang: new}

    def _write_lines(self, id: int, later: Mapping[str, Any]) -> None:
        for name, value in later.items():
            apply_one2many(self.env, self.spec.fields[name], id, value)

    def _finish(self, ids: Sequence[int], given: Sequence[Mapping[str, Any]], *, creating: bool) -> None:
        names = {name for values in given for name in values} | (set(self.spec.fields) if creating else set())
        self.settle(ids, names, creating=creating)
        for id in ids:
            row = self.table.rows[id]
            self._check_database(row, names)
            self.check_row(row, names)
        self._check_unique(ids, names)

    def _check_database(self, row: Row, names: Collection[str]) -> None:
        for name, field in self.table.checked.items():
            if name not in names:
                continue
            value = row.get(name)
            if field.required and value is None:
                raise IntegrityError("not_null", self._required(name), name)
            if field.type == "many2one" and value is not None:
                assert field.relation is not None
                if value not in self.env.table(field.relation).rows:
                    raise IntegrityError("foreign_key", self._in_use(self.spec, name), name)

    def _check_unique(self, ids: Sequence[int], names: set[str]) -> None:
        for fields, message, constraint in self.spec.unique:
            if names.isdisjoint(fields):
                continue
            for id in ids:
                key = tuple(self.table.rows[id].get(name) for name in fields)
                if None in key:
                    continue
                twins = self._twins(fields, key) - {id}
                if twins:
                    raise IntegrityError(
                        "unique", message, fields[0] if len(fields) == 1 else None, constraint
                    )

    def _twins(self, fields: Sequence[str], key: Sequence[Any]) -> set[int]:
        indexed = [place for place, name in enumerate(fields) if name in self.table.indexes]
        found = (
            self.table.matching(fields[indexed[0]], [key[indexed[0]]]) if indexed else set(self.table.rows)
        )
        return {
            id
            for id in found
            if all(self.table.rows[id].get(n) == k for n, k in zip(fields, key, strict=True))
        }

    def _refuse_unknown(self, values: Mapping[str, Any], *, creating: bool) -> None:
        for name in values.keys() - self.spec.fields.keys():
            if self.old:
                raise ValueError(f"Invalid field {name!r} on model {self.spec.name!r}")
            raise ValueError(f"Invalid field {name!r} in {self.spec.name!r}") if creating else KeyError(name)

    def _defaults(self) -> dict[str, Any]:
        asked = {key.removeprefix("default_") for key in self.env.context if key.startswith("default_")}
        names = [*self.table.defaulted, *(name for name in asked if name in self.table.blank)]
        found = {name: self.default(name) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def _refuse_if_needed(self) -> None:
        going = set(self.ids)
        for other in self.env.base.models.values():
            for name, field in other.fields.items():
                if (
                    field.type != "many2one"
                    or field.relation != self.spec.name
                    or field.ondelete != "restrict"
                ):
                    continue
                table = self.env.table(other.name)
                users = [row for row in table.rows.values() if row.get(name) in going]
                if users and not (other.name == self.spec.name and all(row["id"] in going for row in users)):
                    raise IntegrityError("foreign_key", self._in_use(other, name))

    def _let_go_of(self, going: set[int]) -> None:
        """Empty, or delete with them, what refers to records that go."""
        for model in self.env.base.models.values():
            for name, field in model.fields.items():
                if not field.stored or field.relation != self.spec.name:
                    continue
                table = self.env.table(model.name)
                if field.type == "many2many":
                    for row in [r for r in table.rows.values() if not going.isdisjoint(r[name])]:
                        table.put(row["id"], {**row, name: tuple(i for i in row[name] if i not in going)})
                    continue
                users = table.referring(name, going)
                if not users:
                    continue
                if field.ondelete == "cascade":
                    below = users - going if model.name == self.spec.name else users
                    self.env.sudo()[model.name].browse(below).unlink()
                else:
                    for user in users:
                        table.put(user, {**table.rows[user], name: None})

    def _forget_external_ids(self) -> None:
        table = self.env.table("ir.model.data")
        for data in table.matching("res_id", self.ids):
            if table.rows[data]["model"] == self.spec.name:
                table.drop(data)

    def _required(self, name: str) -> str:
        label, spec = self.spec.fields[name].string, self.spec
        if self.old:
            return (
                "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n"
                "- Delete: another model requires the record being deleted. "
                "If possible, archive it instead.\n\n"
                f"Model: {spec.description} ({spec.name}), Field: {label} ({name})"
            )
        return (
            f"Missing required value for the field {label!r} ({name}).\n"
            f"Model: {spec.description!r} ({spec.name})\n"
            "- create/update: a mandatory field is not set\n"
            "- delete: another model requires the record being deleted, you can archive it instead"
        )

    def _in_use(self, by: Model, name: str) -> str:
        constraint = f"{by.name.replace('.', '_')}_{name}_fkey"
        if self.old:
            return (
                "The operation cannot be completed: another model requires the record being deleted. "
                "If possible, archive it instead.\n\n"
                f"Model: {by.description} ({by.name}), Constraint: {constraint}"
            )
        return (
            "Another model is using the record you are trying to delete.\n\n"
            f"The troublemaker is: {by.description!r} ({by.name})\n"
            f"Thanks to the following constraint: {by.fields[name].string!r} ({name})\n"
            "How about archiving the record instead?"
        )
