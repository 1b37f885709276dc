"""Turning an imported cell into a value: the converters behind `load`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.odoo.convert import choices, parse_date, parse_datetime
from sandbox.odoo.schema import Field

if TYPE_CHECKING:
    from sandbox.odoo.records import Records

TRUE = {"1", "true", "yes"}
YES_OR_NO = "Use '1' for yes and '0' for no"
FALSE = {"", "0", "false", "no"}


class BadCell(Exception):
    """A cell that cannot be imported.

    `message` may hold ``%(field)s`` for the label; `more` joins the message; `detailed` is whether 19 adds
    the label as ``field_name``.
    """

    def __init__(self, message: str, more: Mapping[str, Any] | None = None, *, detailed: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.more = dict(more or {})
        self.detailed = detailed


@dataclass(frozen=True, slots=True)
class Doubt:
    """A cell that was imported with a doubt."""

    message: str
    more: dict[str, Any] = field(default_factory=dict)


Converted = tuple[Any, list[Doubt]]


class Converter:
    """Converts the cells of one `load`. `flush` stores the rows before, which a reference may be to."""

    def __init__(self, records: Any, module: str, flush: Callable[[str | None, str | None], None]) -> None:
        self.records: Records = records
        self.module = module
        self.flush = flush
        self._known: dict[str, int] = {}
        self._names: dict[tuple[str, str], list[list[Any]]] = {}

    def __call__(self, name: str, cells: Mapping[str | None, Any]) -> Converted:
        """The value of one field, from its cells by sub-field (``None``, ``id`` or ``.id``)."""
        field = self.records.spec.fields[name]
        if not any(cells.values()):
            return ([] if field.type == "one2many" else False), []
        if field.type == "one2many":
            return self._line(field, cells)
        if field.relation:
            return self._relation(field, cells)
        (value,) = cells.values()
        return self._scalar(field, value)

    def _line(self, field: Field, cells: Mapping[str | None, Any]) -> Converted:
        """The commands for one line: the one that is there, by its id or external id, or a new one."""
        assert field.relation is not None
        lines = self.records.env[field.relation]
        convert = Converter(lines, self.module, self.flush)
        values, doubts = {}, []
        grouped: dict[str, dict[str | None, Any]] = {}
        for path, cell in cells.items():
            name, _, sub = str(path).partition("/")
            grouped.setdefault(name, {})[sub or None] = cell
        for name, given in grouped.items():
            if name not in ("id", ".id"):
                values[name], more = convert(name, given)
                doubts += more
        xml_id = next(iter(grouped.get("id", {}).values()), None)
        known = next(iter(grouped.get(".id", {}).values()), None)
        id = self._by_external_id(lines, xml_id) if xml_id else int(known) if known else None
        if id is not None:
            return [(4, id, 0), (1, id, values)], doubts
        return [(0, 0, {**values, **({"id": xml_id} if xml_id else {})})], doubts

    def _scalar(self, field: Field, value: Any) -> Converted:
        quoted = escaped(value)
        if field.type == "boolean":
            return self._boolean(value)
        if field.type == "integer":
            return _attempt(int, value, f"'{quoted}' does not seem to be an integer for field '%(field)s'")
        if field.type in ("float", "monetary"):
            return _attempt(float, value, f"'{quoted}' does not seem to be a number for field '%(field)s'")
        if field.type == "date":
            bad = f"'{quoted}' does not seem to be a valid date for field '%(field)s'"
            return _attempt(parse_date, value, bad, {"moreinfo": "Use the format '2012-12-31'"})
        if field.type == "datetime":
            bad = f"'{quoted}' does not seem to be a valid datetime for field '%(field)s'"
            return _attempt(_moment, value, bad, {"moreinfo": "Use the format '2012-12-31 23:59:59'"})
        if field.type == "selection":
            return self._selection(field, value)
        return value, []

    def _boolean(self, value: Any) -> Converted:
        lowered = value.lower()
        if lowered in TRUE or lowered in FALSE:
            return lowered in TRUE, []
        said, more = (
            f"Unknown value '{escaped(value)}' for boolean field '%(field)s'",
            {"moreinfo": YES_OR_NO},
        )
        if self.records.old:
            return True, [Doubt(f"{said}, assuming 'yes'", more)]
        raise BadCell(said, more)

    def _selection(self, field: Field, value: Any) -> Converted:
        pairs = choices(self.records.env, field)
        folds = str.lower if not self.records.old else str
        for item, label in pairs:
            if folds(value) in (folds(str(item)), folds(label)):
                return item, []
        more = {"moreinfo": [label or item for item, label in pairs if label or item]}
        raise BadCell(f"Value '{escaped(value)}' not found in selection field '%(field)s'", more)

    def _relation(self, field: Field, cells: Mapping[str | None, Any]) -> Converted:
        if set(cells) - {None, "id", ".id"}:
            kind = "Many-To-One" if field.type == "many2one" else "Many-To-Many"
            raise BadCell(
                f"Can not create {kind} records indirectly, import the field separately", detailed=False
            )
        if len(cells) > 1:
            raise BadCell(
                "Ambiguous specification for field '%(field)s', "
                "only provide one of name, external id or database id",
                detailed=False,
            )
        ((sub, value),) = cells.items()
        if field.type == "many2one":
            return self._reference(field, sub, value)
        ids, doubts = [], []
        for part in value.split(","):
            id, more = self._reference(field, sub, part)
            ids.append(id)
            doubts += more
        return [(6, 0, ids)], doubts

    def _reference(self, field: Field, sub: str | None, value: Any) -> Converted:
        assert field.relation is not None
        others = self.records.env[field.relation]
        doubts: list[Doubt] = []
        id: int | None
        if sub == ".id":
            kind, id = "database id", self._by_database_id(others, value)
        elif sub == "id":
            if value.lower() in FALSE:
                return False, []
            kind, id = "external id", self._by_external_id(others, value)
        else:
            kind, (id, doubts) = "name", self._by_name(others, value)
        if id is None:
            raise BadCell(
                f"No matching record found for {kind} '{escaped(value)}' in field '%(field)s'",
                {"moreinfo": _possible_values(others.spec.name, sub, self.records.old)},
            )
        return id, doubts

    @staticmethod
    def _by_database_id(others: Records, value: Any) -> int | None:
        try:
            id = int(value)
        except ValueError:
            more = {"moreinfo": _possible_values(others.spec.name, ".id", others.old)}
            raise BadCell(f"Invalid database id '{escaped(value)}' for the field '%(field)s'", more) from None
        if others.old:
            return id if others.find([("id", "=", id)]) else None
        return id if id in others.table.rows else None

    def _by_external_id(self, others: Records, value: str) -> int | None:
        xml_id = value if "." in value else f"{self.module}.{value}"
        if xml_id in self._known:
            return self._known[xml_id]
        self.flush(xml_id, None)
        module, _, name = xml_id.partition(".")
        table = others.env.table("ir.model.data")
        for data in table.matching("name", [name]):
            row = table.rows[data]
            if row["module"] == module:
                if row["model"] != others.spec.name:
                    raise BadCell(
                        f"Invalid external ID {xml_id}: "
                        f"expected model {others.spec.name!r}, found {row['model']!r}",
                        detailed=False,
                    )
                self._known[xml_id] = row["res_id"]
                return int(row["res_id"])
        return None

    def _by_name(self, others: Records, value: str) -> tuple[int | None, list[Doubt]]:
        found = self._named(others, value)
        if not found:
            return None, []
        doubts = []
        if len(found) > 1:
            which = (
                f'for value "{escaped(value)}" in field "%(field)s"'
                if not others.old
                else "for field '%(field)s'"
            )
            doubts.append(Doubt(f"Found multiple matches {which} ({len(found)} matches)"))
        return int(found[0][0]), doubts

    def _named(self, others: Records, value: str) -> list[list[Any]]:
        """The records of that name, looked up once for a model that this load does not write."""
        if others.spec.name == self.records.spec.name:
            self.flush(None, others.spec.name)
            return others.name_search(value, operator="=")
        key = others.spec.name, value
        if key not in self._names:
            self._names[key] = others.name_search(value, operator="=")
        return self._names[key]


def escaped(value: Any) -> str:
    """A value to be quoted in a message that will be formatted once more."""
    return str(value).replace("%", "%%")


def _attempt(
    convert: Callable[[Any], Any], value: Any, bad: str, more: Mapping[str, Any] | None = None
) -> Converted:
    try:
        return convert(value), []
    except ValueError:
        raise BadCell(bad, more) from None


def _moment(value: Any) -> dt.datetime:
    return parse_datetime(value)


def _possible_values(model: str, sub: str | None, old: bool) -> dict[str, Any]:
    kind = "tree" if old else "list"
    action: dict[str, Any] = {
        "name": "Possible Values",
        "type": "ir.actions.act_window",
        "target": "new",
        "view_mode": f"{kind},form",
        "views": [[False, kind], [False, "form"]],
        "context": {"create": False},
        "help": "See all possible values",
    }
    if sub is None:
        return {**action, "res_model": model}
    return {**action, "res_model": "ir.model.data", "domain": [["model", "=", model]]}
