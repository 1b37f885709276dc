"""``load``, Odoo's import: the fastest way to create many records, and on older versions to change many.

A call is all or nothing. Its messages name the rows it does not like, but not reliably: Odoo 19 may blame the
first row for what another did, and both stop looking after ten. So the rows it names are only set aside as
suspects, the others loaded, and each suspect then tried alone: what Odoo says then is about that row.

An empty cell empties the field, default or not. A row that leaves out a field with a default therefore goes
in another call than a row that sets it.
Facts: models.BaseModel.load and ir.fields.converter of Odoo 14 and 19.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import Any

from connectors.odoo.context import Contexts
from connectors.odoo.drafts import Draft
from connectors.odoo.faults import DOUBTFUL, Fault, Lost
from connectors.odoo.layout import Column, Layout, Schema
from connectors.odoo.one_line import LineWrite, headings, makes_line
from connectors.odoo.refs import MODULE
from connectors.odoo.refusals import locked, refused, refused_row
from connectors.odoo.session import Session
from connectors.odoo.values import cell
from hub.ports import Refused

LARGEST, SMALLEST = 500, 10
Look = Callable[[Sequence[Draft]], dict[Draft, int]]
SLOW, QUICK = 30.0, 10.0
"""Seconds one call may take before the next is halved, or doubled again: servers cut long requests off."""


class RowRefused(Fault):
    """``load`` refused a row; `refusal` is right about it where it was the only one."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__("refused", refusal.reason)
        self.refusal = refusal


class Loader:
    """Calls ``load`` for drafts of one model at a time, in batches the server manages."""

    def __init__(self, session: Session, contexts: Contexts, schema: Schema) -> None:
        self._session = session
        self._contexts = contexts
        self._schema = schema
        self._size = LARGEST

    def batches(self, layout: Layout, drafts: Sequence[Draft]) -> Iterator[Sequence[Draft]]:
        """Drafts that go together: the same defaults left alone, no more than the server manages."""
        waiting = list(drafts)
        while waiting:
            group = self._alike(layout, waiting)[: self._size]
            taken = set(map(id, group))
            waiting = [draft for draft in waiting if id(draft) not in taken]
            yield group

    def load_new(self, layout: Layout, drafts: Sequence[Draft], there: Look) -> dict[Draft, int]:
        """Create these, or find them created; refused ones get their outcome. Ids of those that are there.

        `there` looks which of some drafts are there already, and under which id: it is asked where an error
        may have come after the work was done.
        """
        return self._sift(layout, drafts, there)

    def load_changes(self, layout: Layout, drafts: Sequence[Draft]) -> None:
        """Change these by database id, different values in each. Raises `Fault` if one of them is refused."""
        groups: dict[tuple[bool, tuple[str, ...]], list[Draft]] = {}
        for draft in drafts:
            if draft.vals:
                groups.setdefault((makes_line(draft.vals), tuple(sorted(draft.vals))), []).append(draft)
        for (_, names), some in groups.items():
            answer = self._load(layout, some, names, lambda draft: draft.id, ".id")
            if answer["ids"] is False:
                message = next(m for m in answer["messages"] if m.get("type") == "error")
                raise RowRefused(refused_row(layout, message, some[0].vals if len(some) == 1 else names))

    def _alike(self, layout: Layout, drafts: Sequence[Draft]) -> list[Draft]:
        """The first draft, and those that set the same fields of which Odoo has defaults."""
        names = sorted({name for draft in drafts for name in draft.vals})
        if all(len(draft.vals) == len(names) for draft in drafts):
            return list(drafts)
        defaulted = self._schema.defaulted(layout.model, names, layout.context)
        first = defaulted.intersection(drafts[0].vals)
        return [draft for draft in drafts if defaulted.intersection(draft.vals) == first]

    def _sift(self, layout: Layout, drafts: Sequence[Draft], there: Look) -> dict[Draft, int]:
        """Load what can be loaded; a draft that cannot gets its outcome."""
        rest = list(drafts)
        suspects: list[Draft] = []
        while rest:
            names = sorted({name for draft in rest for name in draft.vals})
            try:
                answer = self._load(layout, rest, names, lambda draft: f"{MODULE}.{draft.write.ref}", "id")
            except Fault as fault:
                found = there(rest) if fault.kind in DOUBTFUL else {}
                left = [draft for draft in rest if draft not in found]
                if left and len(rest) == 1:
                    vals = left[0].vals
                    left[0].outcome = locked(fault) if fault.kind == "busy" else refused(layout, fault, vals)
                else:
                    half = len(left) // 2
                    found |= self._sift(layout, left[:half], there) | self._sift(layout, left[half:], there)
                return found | self._alone(layout, suspects, there)
            if answer["ids"] is not False:
                loaded = dict(zip(rest, answer["ids"], strict=True))
                return loaded | self._alone(layout, suspects, there)
            errors = [m for m in answer["messages"] if m.get("type") == "error"]
            if len(rest) == 1:
                allowed = self._schema.may(layout.model, "create")
                rest[0].outcome = refused_row(layout, errors[0] if errors else {}, rest[0].vals, allowed)
                return self._alone(layout, suspects, there)
            named = {m["record"] for m in errors if isinstance(m.get("record"), int)}
            if not named:
                named = set(range(len(rest) // 2, len(rest)))
            suspects += [draft for index, draft in enumerate(rest) if index in named]
            rest = [draft for index, draft in enumerate(rest) if index not in named]
        return self._alone(layout, suspects, there)

    def _alone(self, layout: Layout, suspects: Sequence[Draft], there: Look) -> dict[Draft, int]:
        found: dict[Draft, int] = {}
        for suspect in suspects:
            found |= self._sift(layout, [suspect], there)
        return found

    def _load(
        self,
        layout: Layout,
        drafts: Sequence[Draft],
        names: Sequence[str],
        key: Callable[[Draft], Any],
        column: str,
    ) -> Mapping[str, Any]:
        places = list(_places(layout, drafts, names))
        header = [column, *(heading for heading, _, _ in places)]
        rows = [[key(draft), *(_cell(draft, name, sub) for _, name, sub in places)] for draft in drafts]
        started = monotonic()
        try:
            answer: Mapping[str, Any] = self._session.tell(
                layout.model, "load", header, rows, context=self._context(layout, column)
            )
        except Lost:
            self._size = max(SMALLEST, self._size // 4)
            raise
        self._pace(monotonic() - started)
        return answer

    def _context(self, layout: Layout, column: str) -> dict[str, Any]:
        """The view's own context; its defaults are for new records alone."""
        own = layout.context if column == "id" else layout.told
        return {**self._contexts.loading(layout.setting), **own}

    def _pace(self, seconds: float) -> None:
        if seconds > SLOW:
            self._size = max(SMALLEST, self._size // 2)
        elif seconds < QUICK:
            self._size = min(LARGEST, self._size * 2)


def _places(layout: Layout, drafts: Sequence[Draft], names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Each column of the table: its heading, the Odoo field, and the field under it where that is a line."""
    vals = [draft.vals for draft in drafts]
    for name in names:
        under = headings(vals, name)
        if under:
            yield from ((f"{name}/{sub}", name, sub) for sub in under)
        else:
            yield _heading(_column(layout, name), name), name, ""


def _cell(draft: Draft, name: str, sub: str) -> Any:
    value = draft.vals.get(name)
    if sub:
        value = value.cells().get(sub) if isinstance(value, LineWrite) else None
    return cell(value)


def _column(layout: Layout, base: str) -> Column | None:
    known = [*layout.columns, *layout.extra.values()]
    return next((c for c in known if c.base == base and c.setting == layout.setting), None)


def _heading(column: Column | None, base: str) -> str:
    return f"{base}/.id" if column is not None and column.relation is not None else base
