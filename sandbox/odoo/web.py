"""What the web client calls: reading by specification, saving many records with values of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.odoo.base import remote
from sandbox.odoo.loading import Loading
from sandbox.odoo.schema import X2MANY, Row

Specification = Mapping[str, Mapping[str, Any]]


class Records(Loading):
    """A whole record set: what `env[model]` gives."""

    @remote(since=17)
    def web_read(self, specification: Specification) -> list[dict[str, Any]]:
        """The fields the specification names, references opened as far as it says."""
        self.env.need(self.spec.name, "read")
        return [self._specified(row, specification) for row in self.rows(strict=False)]

    @remote(since=17)
    def web_save(
        self, vals: Mapping[str, Any], specification: Specification, next_id: int | None = None
    ) -> list[dict[str, Any]]:
        """Write these records, or create one, and read the result."""
        saved = self.browse(self.ids)
        if self.ids:
            saved.write(vals)
        else:
            saved = self.browse([self.create(dict(vals))])
        return saved.browse([next_id] if next_id else saved.ids).web_read(specification)

    @remote(since=19)
    def web_save_multi(
        self, vals_list: Sequence[Mapping[str, Any]], specification: Specification
    ) -> list[dict[str, Any]]:
        """Write each record its own values, and read them all."""
        if len(self.ids) != len(vals_list):
            raise ValueError("Each record should have a corresponding vals entry.")
        for id, vals in zip(self.ids, vals_list, strict=True):
            self.browse([id]).write(vals)
        return self.web_read(specification)

    @remote(on="model", since=17)
    def web_search_read(
        self,
        domain: Sequence[Any],
        specification: Specification,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        count_limit: int | None = None,
    ) -> dict[str, Any]:
        """A page of this domain, and how many there are."""
        ids = self.search(domain, offset=offset, limit=limit, order=order)
        return {"length": self.search_count(domain), "records": self.browse(ids).web_read(specification)}

    def _specified(self, row: Row, specification: Specification) -> dict[str, Any]:
        answer: dict[str, Any] = {"id": row["id"]}
        for name, wanted in specification.items():
            field = self.field(name)
            inner = wanted.get("fields")
            if not field.relation or inner is None:
                answer[name] = self.reader(name, classic=False)(row)
                continue
            others = self.env[field.relation]
            ids = self.getter(name)(row)
            if field.type in X2MANY:
                answer[name] = others.browse(ids).web_read(inner)
            else:
                answer[name] = others.browse([ids]).web_read(inner)[0] if ids else False
        return answer
