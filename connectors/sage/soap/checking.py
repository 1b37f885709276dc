"""`hub check` for one Sage X3: what answers, and what of the mapping this site has, in X3's own words.

Address, login and pool are tried with a call; each publication with its description and its list, each field
of the mapping by its name. Nothing is written, nothing is raised.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

from connectors.sage.soap import reference
from connectors.sage.soap.answers import Undecodable, parse
from connectors.sage.soap.client import Client
from connectors.sage.soap.description import describe, sample
from connectors.sage.soap.faults import Said
from connectors.sage.soap.layout import FIELD_OPTIONS, VIEW_OPTIONS, Layout, Misfit, Slot, layout_of
from hub.ports import ConnectorError, Finding, NativeField, View

_ENOUGH = 1000
"""Lines of a list that are looked at."""
_NEEDED = ("read", "query", "save", "modify", "getDescription")


class Checker:
    """Looks at one X3 for some views."""

    def __init__(self, client: Client) -> None:
        self._client, self._settings = client, client.settings

    def findings(self, views: Sequence[View]) -> list[Finding]:
        """Connection first; the views only where there is one."""
        found = [*self._encryption()]
        try:
            found += self._service()
            for view in views:
                found += self._view(view)
        except ConnectorError as error:
            found.append(Finding("error", error.what, error.why, error.todo))
        return found

    def _encryption(self) -> Iterator[Finding]:
        if self._settings.in_clear:
            todo = "write an address that begins with https://; the server or a proxy before it must have one"
            message = "the password and every record travel unencrypted, for anybody on the way to read"
            yield Finding("warning", self._settings.url, message, todo)
        if not self._settings.verify:
            todo = "set `verify: true`, with `ca` if need be"
            yield Finding("warning", self._settings.url, "its certificate is not checked", todo)

    def _service(self) -> Iterator[Finding]:
        """The description the server gives of its service is not needed, but tells whether it is the one."""
        what = f"Sage X3 at {self._settings.address}"
        try:
            names = {one.get("name") for one in parse(self._client.served_wsdl()).iter("{*}operation")}
        except (ConnectorError, Undecodable) as error:
            message = f"its description (WSDL) is not to be had: {error}"
            yield Finding("warning", what, message, "the hub has its own; is `url` or `version` right?")
            return
        lacking = [name for name in _NEEDED if name not in names]
        if lacking:
            yield Finding("error", what, f"its service has no {', '.join(lacking)}", "correct `url`")

    def _view(self, view: View) -> Iterator[Finding]:
        publication = self._settings.publication(view.object)
        what = f"{view.entity}: {publication}"
        try:
            description = describe(self._client, publication)
            lines = sample(self._client, publication, _ENOUGH)
        except Said as said:
            yield Finding("error", what, said.words, "give the pool's X3 user the right to this object")
            return
        yield from _options(view)
        try:
            layout = layout_of(view, description)
        except Misfit as misfit:
            for problem in misfit.problems:
                todo = "`hub sage probe` shows what this site has; correct the mapping"
                yield Finding("error", what, problem, todo)
            return
        columns = list(lines[0]) if lines else []
        problems = [*self._list(layout, what, columns), *self._creation(view, layout, what, columns),
                    *_lengths(view, layout)]  # fmt: skip
        yield from problems
        if not any(problem.level == "error" for problem in problems):
            count = f"{len(lines)} records" if len(lines) < _ENOUGH else f"{_ENOUGH} records and more"
            shown = f"; its list shows {', '.join(columns)}" if columns else ""
            yield Finding("ok", what, f"{count}, {len(view.fields)} fields are there{shown}")

    def _list(self, layout: Layout, what: str, columns: Sequence[str]) -> Iterator[Finding]:
        todo = "add the column to the left list of the object in X3"
        if not columns:
            yield Finding("warning", what, "the list is empty: what it would show cannot be told")
            return
        for name in (*layout.key_names, *layout.where, layout.changed_by):
            if name and name not in columns:
                yield Finding("error", what, f"the list does not show {name}; {_near(name, columns)}", todo)
        if not layout.changed_by:
            minutes = f"{self._settings.read_all_minutes:g}"
            message = f"the list does not tell what changed: every record is read each {minutes} minutes"
            yield Finding("warning", what, message, "add a column such as UPDDATTIM to the left list of the "
                          "object, and name it as `changed_by` in the mapping")  # fmt: skip

    def _creation(self, view: View, layout: Layout, what: str, columns: Sequence[str]) -> Iterator[Finding]:
        if not any(field.writable for field in view.fields):
            return
        if layout.reference is None:
            message = "nothing will be made here: no `reference` says how a record of ours is found again"
            todo = "name a field of the list, such as INVREF, or set `creates: false`"
            yield Finding("warning", what, message, todo)
            return
        name = layout.reference.info.name
        if columns and not layout.reference_is_key and name not in columns:
            message = f"the list does not show the reference {name}; {_near(name, columns)}"
            yield Finding("error", what, message, "add the column to the left list of the object in X3")
        if not reference.is_mapped(layout):
            try:
                reference.text_for(layout, f"{view.entity}_{'0' * 32}")
            except reference.TooShort as why:
                yield Finding("error", what, str(why), "name a longer field as `reference`")


def _near(name: str, columns: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, columns, n=1)
    return f"did you mean {near[0]}?" if near else f"it shows {', '.join(columns)}"


def _lengths(view: View, layout: Layout) -> Iterator[Finding]:
    for slot in _slots(layout.slots.values()):
        limit = slot.native.options.get("max")
        if isinstance(limit, int) and 0 < slot.info.length < limit:
            message = f"max is {limit}, and X3 keeps {slot.info.length} characters"
            yield Finding("warning", f"{view.entity}.{slot.name}", message, f"write max: {slot.info.length}")


def _slots(slots: Iterable[Slot]) -> Iterator[Slot]:
    for slot in slots:
        yield slot
        yield from slot.columns


def _options(view: View) -> Iterator[Finding]:
    for option in view.options:
        if option == "new_key":
            message = "X3 numbers its records itself: `new_key` says nothing to it"
            yield Finding("warning", view.entity, message, "leave it out, or map the key to give it yourself")
        elif option not in VIEW_OPTIONS:
            yield _unknown(view.entity, option, VIEW_OPTIONS)
    fields: list[NativeField] = [one for field in view.fields for one in (field, *field.columns)]
    for field in fields:
        for option in field.options:
            if option not in FIELD_OPTIONS:
                yield _unknown(f"{view.entity}.{field.name}", option, FIELD_OPTIONS)


def _unknown(what: str, option: str, known: Sequence[str]) -> Finding:
    near = difflib.get_close_matches(option, known, n=1)
    meant = f"; {near[0]} was probably meant" if near else ""
    return Finding("warning", what, f"{option!r} says nothing to X3{meant}", f"known: {', '.join(known)}")
