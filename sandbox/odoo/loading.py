"""`load`: rows of text in, records out, all or none; external ids make it repeatable.

Promises: as in the real one, the rows are first tried together, then one by one so that each bad row has a
message of its own; any error leaves nothing written and answers ``ids`` False. Columns ``id``, ``.id``,
``field``, ``field/id`` and ``field/.id`` are understood, and of a one2many the fields of one line
(``lines/id``, ``lines/.id``, ``lines/name``); several lines of a record, over several rows, are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.odoo.base import remote
from sandbox.odoo.errors import IntegrityError, UserError, ValidationError
from sandbox.odoo.imports import BadCell, Converter
from sandbox.odoo.writing import Writing

FEW = 10
Info = dict[str, Any]


@dataclass(slots=True)
class Prepared:
    """One row ready to be stored: under which external id, or as which record, and where it came from."""

    xml_id: str | None
    values: dict[str, Any]
    info: Info


@dataclass(slots=True)
class Import:
    """The state of one `load`: what is stored, what waits to be, and what was said."""

    ids: list[int] = field(default_factory=list)
    messages: list[Info] = field(default_factory=list)
    waiting: list[Prepared] = field(default_factory=list)
    waiting_ids: set[str] = field(default_factory=set)

    @property
    def failed(self) -> bool:
        """Whether anything was an error."""
        return any(message["type"] == "error" for message in self.messages)


class _Undo(Exception):
    """Leaves a savepoint undone."""


class Loading(Writing):
    """The part of a record set that imports."""

    @remote(on="model")
    def load(self, fields: Sequence[str], data: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """Create or update one record a row. Answers ``ids`` (or False), ``messages`` and ``nextrow``."""
        work = Import()
        paths = [split_path(name) for name in fields]
        self._check_columns(paths)
        try:
            with self.env.base.transaction():
                for prepared in self._rows(paths, data, work):
                    work.waiting.append(prepared)
                self._flush(work)
                if work.failed:
                    raise _Undo
        except _Undo:
            return {"ids": False, "messages": work.messages, "nextrow": 0}
        return {"ids": work.ids, "messages": work.messages, "nextrow": 0}

    def _check_columns(self, paths: Sequence[list[str]]) -> None:
        for path in paths:
            if path[0] in ("id", ".id"):
                continue
            if path[0] not in self.spec.fields:
                raise self._bad_column(path[0])
            relation = self.spec.fields[path[0]].relation
            if (
                len(path) > 1
                and relation
                and path[1] not in ("id", ".id", *self.env.base.models[relation].fields)
            ):
                raise self._bad_column(path[1])
            if self.spec.fields[path[0]].type == "one2many" and len(path) == 1:
                raise NotImplementedError(f"the sandbox does not load one2many columns ({path[0]})")

    def _bad_column(self, name: str) -> Exception:
        return KeyError(name) if self.old else ValueError(f"Invalid field name {name!r}")

    def _rows(
        self, paths: Sequence[list[str]], data: Sequence[Sequence[Any]], work: Import
    ) -> Iterator[Prepared]:
        module = self.env.context.get("module", "__import__")
        convert = Converter(self, module, lambda xml_id, model: self._flush_for(work, xml_id, model))
        for place, cells in enumerate(data):
            info = {"rows": {"from": place, "to": place}, "record": place}
            xml_id, known, columns = self._grouped(paths, cells)
            values: dict[str, Any] = {}
            if known:
                id = self._known_id(known, info, work)
                if id and not xml_id:
                    values["id"] = id
            for name, given in columns.items():
                values[name] = self._converted(convert, name, given, info, work)
            if xml_id:
                xml_id = xml_id if "." in xml_id else f"{module}.{xml_id}"
                work.waiting_ids.add(xml_id)
            yield Prepared(xml_id or None, values, info)

    @staticmethod
    def _grouped(
        paths: Sequence[list[str]], cells: Sequence[Any]
    ) -> tuple[Any, Any, dict[str, dict[str | None, Any]]]:
        """The external id, the database id, and per field its cells by sub-field."""
        xml_id = known = None
        columns: dict[str, dict[str | None, Any]] = {}
        for path, cell in zip(paths, cells, strict=False):
            if path[0] == "id":
                xml_id = cell
            elif path[0] == ".id":
                known = cell
            else:
                columns.setdefault(path[0], {})["/".join(path[1:]) or None] = cell
        return xml_id, known, columns

    def _known_id(self, known: Any, info: Info, work: Import) -> Any:
        try:
            id = int(known)
        except ValueError:
            id = known
        if self.find([("id", "=", id)]):
            return id
        message = f"Unknown database identifier '{id}'"
        work.messages.append({**info, "type": "error", "field": ".id", "message": message})
        return False

    def _converted(
        self, convert: Converter, name: str, given: Mapping[str | None, Any], info: Info, work: Import
    ) -> Any:
        label = self.spec.fields[name].string
        try:
            value, warnings = convert(name, given)
        except BadCell as bad:
            said = {**info, "type": "error", "field": name, "message": bad.message % {"field": label}}
            work.messages.append(
                {**said, **bad.more, **({} if self.old or not bad.detailed else {"field_name": label})}
            )
            return False
        for warning in warnings:
            said = {**info, "type": "warning", "field": name, "message": warning.message % {"field": label}}
            work.messages.append({**said, **warning.more})
        return value

    def _flush_for(self, work: Import, xml_id: str | None, model: str | None) -> None:
        """Store what waits, if a reference may be to one of its rows."""
        if (xml_id and xml_id in work.waiting_ids) or (model and model == self.spec.name):
            self._flush(work)

    def _flush(self, work: Import) -> None:
        if not work.waiting:
            return
        rows, work.waiting = work.waiting, []
        work.waiting_ids.clear()
        together: Info | None = None
        try:
            with self.env.base.store.savepoint():
                work.ids += [self._store(row) for row in rows]
            return
        except UserError as error:
            together = {**rows[0].info, "type": "error", "message": error.message}
        except Exception:  # noqa: BLE001 - each row is tried again below and says its own reason
            together = None
        errors = self._one_by_one(rows, work)
        if errors and together and not self.old and together not in work.messages:
            work.messages.insert(0, together)

    def _one_by_one(self, rows: Sequence[Prepared], work: Import) -> int:
        errors = 0
        for count, row in enumerate(rows, 1):
            try:
                with self.env.base.store.savepoint():
                    work.ids.append(self._store(row))
            except Exception as error:  # noqa: BLE001 - the reason goes into the row's message, as in the real one
                errors += 1
                work.messages.append({**row.info, "type": "error", **self._reason(error)})
            if errors >= FEW and errors >= count / FEW:
                work.messages.append({"type": "warning", "message": TOO_MANY})
                break
        return errors

    def _reason(self, error: Exception) -> Info:
        if isinstance(error, IntegrityError):
            return self._database_reason(error)
        if isinstance(error, UserError) and not self.old:
            return {"message": error.message}
        said = f"Unknown error during import: {type_text(error)}: {error}"
        return {"message": said, "moreinfo": "Resolve other errors first"}

    def _database_reason(self, error: IntegrityError) -> Info:
        field = {"field": error.field} if error.field else {}
        if not self.old:
            return {"message": error.message, **field}
        if error.kind == "not_null" and error.field:
            label = self.spec.fields[error.field].string
            return {"message": f"Missing required value for the field '{label}' ({error.field})", **field}
        if error.kind == "unique" and error.field:
            label = self.spec.fields[error.field].string
            said = (
                f"The value for the field '{error.field}' already exists "
                f"(this is probably '{label}' in the current model)."
            )
            return {"message": said, **field}
        return {"message": f"'{error.message}'"}

    def _store(self, row: Prepared) -> int:
        """Write the row to the record it names, or create one; note its external id. Answers the id."""
        id = row.values.pop("id", None) if not row.xml_id else self._bound(row.xml_id)
        if id is None and not row.xml_id and self.env.context.get("mode") == "update":
            if self.old:
                raise KeyError("record")
            raise ValidationError("Cannot update a record without specifying its id or xml_id")
        if id is not None:
            if not (row.xml_id and self._is_settled(row.xml_id)):
                self.browse([id]).write(row.values)
            return int(id)
        created = int(self.create(row.values))
        if row.xml_id:
            module, _, name = row.xml_id.partition(".")
            data = {
                "module": module,
                "name": name,
                "model": self.spec.name,
                "res_id": created,
                "noupdate": bool(self.env.context.get("noupdate")),
            }
            self.env.sudo()["ir.model.data"].create(data)
        return created

    def _is_settled(self, xml_id: str) -> bool:
        """Whether an update leaves the record of this external id as it is."""
        module, _, name = xml_id.partition(".")
        rows = self.env.table("ir.model.data").rows
        named = [rows[data] for data in self.env.table("ir.model.data").matching("name", [name])]
        settled = any(row["module"] == module and row.get("noupdate") for row in named)
        return settled and self.env.context.get("mode") == "update"

    def _bound(self, xml_id: str) -> int | None:
        """The record of this model that carries the external id."""
        module, _, name = xml_id.partition(".")
        table = self.env.table("ir.model.data")
        for data in table.matching("name", [name]):
            row = table.rows[data]
            if row["module"] != module:
                continue
            if row["model"] != self.spec.name and not self.old:
                raise ValidationError(
                    f"For external id {xml_id} when trying to create/update a record of model "
                    f"{self.spec.name} found record of different model {row['model']} ({data})"
                )
            return self._rebound(data)
        return None

    def _rebound(self, data: int) -> int | None:
        """The record behind an external id. 14 asks only the number: an id of another model changes hands."""
        table = self.env.table("ir.model.data")
        row = table.rows[data]
        if row["res_id"] not in self.table.rows:
            table.drop(data)
            return None
        if row["model"] != self.spec.name:
            table.put(data, {**row, "model": self.spec.name})
        return int(row["res_id"])


TOO_MANY = (
    "Found more than 10 errors and more than one error per 10 records, "
    "interrupted to avoid showing too many errors."
)


def split_path(name: str) -> list[str]:
    """A column's name as field and sub-field: ``country_id.id``, ``country_id:id``, ``country_id/id``."""
    return re.sub(r"([^/]):id", r"\1/id", re.sub(r"([^/])\.id", r"\1/.id", name)).split("/")


def type_text(error: Exception) -> str:
    """The class as the real server prints it."""
    if isinstance(error, UserError):
        return f"<class '{error.name}'>"
    return str(type(error))
