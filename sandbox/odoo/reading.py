"""Searching and reading, as the real ORM answers over RPC."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sandbox.odoo.base import Base, remote
from sandbox.odoo.convert import choices, to_wire
from sandbox.odoo.domains import candidates, compile_domain, mentions
from sandbox.odoo.errors import UserError
from sandbox.odoo.schema import X2MANY, Field, Row

NAMED = {"like", "ilike", "=like", "=ilike", "=", "in"}


class Reading(Base):
    """The part of a record set that only looks."""

    @remote(on="model")
    def search(
        self,
        domain: Sequence[Any],
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        count: bool = False,
    ) -> Any:
        """The ids of the records of this domain."""
        self.env.need(self.spec.name, "read")
        if count:
            return len(self.find(domain))
        ids = self.sort(self.find(domain), order)
        end = offset + limit if limit else None
        return ids[offset or 0 : end]

    @remote(on="model")
    def search_count(self, domain: Sequence[Any], limit: int | None = None) -> int:
        """How many records this domain has."""
        self.env.need(self.spec.name, "read")
        found = len(self.find(domain))
        return min(found, limit) if limit else found

    @remote(on="model")
    def search_read(
        self,
        domain: Sequence[Any] | None = None,
        fields: Sequence[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[dict[str, Any]]:
        """The records of this domain, read."""
        ids = self.search(domain or [], offset=offset, limit=limit, order=order)
        return self.browse(ids).read(fields)

    @remote()
    def read(self, fields: Sequence[str] | None = None, load: str = "_classic_read") -> list[dict[str, Any]]:
        """The fields of these records, many2one as ``[id, name]``, empty as False."""
        self.env.need(self.spec.name, "read")
        names = list(dict.fromkeys(["id", *(fields or self.spec.fields)]))
        readers = [(name, self.reader(name, classic=load == "_classic_read")) for name in names]
        return [{name: read(row) for name, read in readers} for row in self.rows(strict=False)]

    @remote()
    def get_metadata(self) -> list[dict[str, Any]]:
        """Who made and changed these records, and their external ids, which any user may ask for here.

        On 14 one record alone gets its external id, the first ever made of them: it asks for one line.
        """
        data = self.env.sudo()["ir.model.data"]
        domain = [["model", "=", self.spec.name], ["res_id", "in", list(self.ids)]]
        rows = data.search_read(domain, ["res_id", "module", "name"], 0, 1 if self.old else None, "id")
        answers = self.read(["create_uid", "create_date", "write_uid", "write_date"])
        for answer in answers:
            named = [f"{row['module']}.{row['name']}" for row in rows if row["res_id"] == answer["id"]]
            answer["xmlid"], answer["noupdate"] = named[0] if named else False, False
            if not self.old:
                answer["xmlids"] = [{"xmlid": name, "noupdate": False} for name in named]
        return answers

    @remote(until=16)
    def exists(self) -> list[int]:
        """Those of these ids that are there."""
        return [id for id in self.ids if id in self.table.rows]

    @remote(on="model")
    def name_search(
        self, name: str = "", domain: Any = None, operator: str = "ilike", limit: int = 100, **old: Any
    ) -> list[list[Any]]:
        """Ids and names of the records whose name is like this."""
        self.env.need(self.spec.name, "read")
        wanted = list(domain or old.get("args") or [])
        if name or operator not in ("ilike", "like"):
            wanted = [*wanted, *self.named(name, operator)]
        ids = self.sort(self.find(wanted))[: limit or None]
        return [[id, self.name_of(self.table.rows[id])] for id in ids]

    @remote(until=16)
    def name_get(self) -> list[list[Any]]:
        """Ids and names of these records."""
        return [[row["id"], self.name_of(row)] for row in self.rows()]

    @remote(on="model")
    def fields_get(
        self, allfields: Sequence[str] | None = None, attributes: Sequence[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """What the model's fields are."""
        wanted = (
            self.spec.fields
            if not allfields
            else {n: self.spec.fields[n] for n in allfields if n in self.spec.fields}
        )
        answer = {name: self._describe(name, field) for name, field in wanted.items()}
        if attributes:
            kept = set(attributes)
            answer = {n: {k: v for k, v in d.items() if k in kept} for n, d in answer.items()}
        return answer

    @remote(on="model", until=18)
    def check_access_rights(self, operation: str, raise_exception: bool = True) -> bool:
        """Whether the user may do this to the model at all."""
        if raise_exception:
            self.env.need(self.spec.name, operation)
        return self.env.may(self.spec.name, operation)

    @remote(since=18)
    def has_access(self, operation: str) -> bool:
        """Whether the user may do this to these records."""
        return self.env.may(self.spec.name, operation) and all(
            self.visible(self.table.rows[id]) for id in self.ids if id in self.table.rows
        )

    @remote(since=18)
    def check_access(self, operation: str) -> None:
        """Refuse unless the user may do this to these records."""
        self.env.need(self.spec.name, operation)
        self.rows()

    @remote(on="model")
    def default_get(self, fields: Sequence[str] | None = None) -> dict[str, Any]:
        """The values a new record would start with."""
        wanted = self.spec.fields if fields is None else fields
        answer: dict[str, Any] = {}
        for name in wanted:
            value = self.default(name)
            if value is not None:
                answer[name] = value
        return answer

    # -- what the rest of the sandbox uses ------------------------------------------------------------------

    def find(self, domain: Sequence[Any]) -> list[int]:
        """The ids of the visible records of this domain, ascending; archived ones only where asked for."""
        table = self.table
        wanted = self._live_only(domain)
        test = compile_domain(self, wanted)
        ids = candidates(self, wanted)
        rows = table.rows
        found = table.ids() if ids is None else ids
        if self.spec.by_company and not self.env.su:
            return [id for id in found if test(rows[id]) and self.visible(rows[id])]
        return [id for id in found if test(rows[id])]

    def _live_only(self, domain: Sequence[Any]) -> Sequence[Any]:
        """The domain, and not archived, unless it or the context says something of that."""
        asked = self.env.context.get("active_test", True) is not False
        if not asked or "active" not in self.spec.fields or mentions(domain, "active"):
            return domain
        live = ("active", "=", True)
        return ["&", *_anded(domain), live] if domain else [live]

    def named(self, name: str, operator: str) -> list[Any]:
        """The domain of the records of this name."""
        return [(self.spec.rec_name, operator, name)]

    def sort(self, ids: Iterable[int], order: str | None = None) -> list[int]:
        """These ids in this order, or in the model's own."""
        found = list(ids)
        terms = [term.split() for term in (order or self.spec.order).split(",") if term.strip()]
        for term in reversed(terms):
            self._sort_by(found, term)
        return found

    def reader(self, name: str, *, classic: bool = True) -> Callable[[Row], Any]:
        """How to read a field out of a row for the wire."""
        field = self.field(name)
        get = self.getter(name)
        if field.type == "many2one":
            return self._reference_reader(field, get) if classic else lambda row: get(row) or False
        if field.type in X2MANY:
            return lambda row: list(get(row))
        if field.type in ("char", "text", "html", "selection"):
            return lambda row: False if (value := get(row)) is None else value
        return lambda row: to_wire(field, get(row))

    def default(self, name: str) -> Any:
        """A field's starting value as it goes over the wire, or ``None``."""
        given = self.env.context.get(f"default_{name}")
        if given is not None:
            return given
        field = self.field(name)
        return field.default(self.env) if callable(field.default) else field.default

    def _reference_reader(self, field: Field, get: Callable[[Row], Any]) -> Callable[[Row], Any]:
        assert field.relation is not None
        others = self.env.sudo()[field.relation]
        names: dict[int, Any] = {}

        def read(row: Row) -> Any:
            id = get(row)
            if not id:
                return False
            if id not in names:
                target = others.table.rows.get(id)
                names[id] = [id, others.name_of(target)] if target else False
            return names[id]

        return read

    def _sort_by(self, ids: list[int], term: list[str]) -> None:
        name = term[0].strip('"')
        words = [word.lower() for word in term[1:]]
        field = self.spec.fields.get(name)
        if (
            field is None
            or field.type in X2MANY
            or any(w not in ("asc", "desc", "nulls", "first", "last") for w in words)
        ):
            raise self._bad_order(name, term)
        down = "desc" in words
        rows, get = self.table.rows, self.getter(name)
        if field.type == "many2one":
            assert field.relation is not None
            others = self.env.sudo()[field.relation]
            targets = {get(rows[id]) for id in ids} - {None}
            rank = {id: place for place, id in enumerate(others.sort(targets))}
            values: dict[int, Any] = {id: rank.get(get(rows[id])) for id in ids}
        else:
            values = {id: get(rows[id]) for id in ids}
        empties = [id for id in ids if values[id] is None]
        filled = [id for id in ids if values[id] is not None]
        filled.sort(key=values.__getitem__, reverse=down)
        first = "first" in words or (down and "last" not in words)
        ids[:] = empties + filled if first else filled + empties

    def _bad_order(self, name: str, term: list[str]) -> Exception:
        if name in self.spec.fields or len(term) > 2:
            return UserError(
                f'Invalid "order" specified ({" ".join(term)}). A valid "order" specification is a '
                "comma-separated list of valid field names "
                "(optionally followed by asc/desc for the direction)"
            )
        return ValueError(f"Invalid field {name!r} on model {self.spec.name!r}")

    def _describe(self, name: str, field: Field) -> dict[str, Any]:
        may_write = self.env.may(self.spec.name, "write") or self.env.may(self.spec.name, "create")
        answer: dict[str, Any] = {
            "type": field.type,
            "string": field.string,
            "name": name,
            "required": field.required,
            "readonly": field.readonly or not may_write,
            "store": field.recorded,
            "searchable": field.searchable,
            "sortable": field.recorded and field.type not in X2MANY,
            "groupable": field.recorded and field.type not in ("one2many", "text", "html"),
            "change_default": False,
            "company_dependent": False,
            "depends": [],
            "manual": False,
        }
        if field.type in ("char", "text", "html"):
            answer["translate"] = field.translate
        if field.type == "char":
            answer["trim"] = True
            if field.size:
                answer["size"] = field.size
        if field.type == "selection":
            answer["selection"] = [list(pair) for pair in choices(self.env, field)]
        if field.relation:
            answer |= {"relation": field.relation, "domain": [], "context": {}}
        if field.inverse:
            answer["relation_field"] = field.inverse
        return answer


def _anded(domain: Sequence[Any]) -> list[Any]:
    """The domain as one term: its implicit ands written out."""
    missing, operators = 0, []
    for token in domain:
        if token in ("&", "|"):
            missing -= 1
        elif token != "!":
            missing += 1
    operators = ["&"] * (missing - 1)
    return [*operators, *domain]
