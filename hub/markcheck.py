"""`hub check` for the options of a merge: is what the mapping wants done with a double possible there?

Reads each system through its connector; writes nothing, and raises no `ConnectorError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.marking import merges_itself, merging_of
from hub.marks import OPTIONS, Saying, saying_of
from hub.ports import Connector, ConnectorError, Finding, Misconfigured, Refused, View


def check_merging(connector: Connector, view: View, known: Sequence[Finding] | None = None) -> list[Finding]:
    """How the options of a merge are in the mapping of one view, for `hub check`; none where it has none.

    `known` is what `Connector.check` has said, asked for where it is not given. Where there is an error in
    it, the system is not asked again: a login that is refused often may be locked.
    """
    if not any(name in view.options for name in OPTIONS):
        return []
    what = f"doubles of {view.entity} ({view.object})"
    try:
        if merges_itself(connector):
            merging_of(connector).noted(view, "", ())
            return []
        return list(_findings(connector, view, what, known))
    except ConnectorError as error:
        message = f"{error.what}: {error.why}" if error.why else error.what
        return [
            Finding("error" if isinstance(error, Misconfigured) else "warning", what, message, error.todo)
        ]


def _findings(
    connector: Connector, view: View, what: str, known: Sequence[Finding] | None
) -> Iterator[Finding]:
    saying = saying_of(connector.name, connector.traits, view, "…")
    policy = view.options.get("merge", "leave")
    for name, wanted in (("merge_mark", "mark"), ("merge_archive", "archive")):
        if name in view.options and policy != wanted:
            message = f"`{name}` says nothing with `merge: {policy}`"
            yield Finding("warning", what, message, f"write `merge: {wanted}`, or leave `{name}` out")
    if isinstance(saying, Refused):
        yield Finding("error", what, saying.reason, saying.todo)
    if not isinstance(saying, Saying):
        return
    if not connector.traits.writable:
        message = f"{connector.name} can only be read: a double stays there as it is"
        yield Finding("warning", what, message, "write `merge: leave`")
        return
    if saying.field is None:
        if "merge_archive" in view.options:
            message = f"`merge_archive` says nothing to {connector.name}, which archives by itself"
            yield Finding("warning", what, message, "leave it out")
        yield Finding("ok", what, "a double is archived")
        return
    found = connector.check([view]) if known is None else known
    if any(one.level == "error" for one in found):
        return
    more = [one for one in connector.check([saying.view]) if one.level == "error"]
    for one in more:
        message = f"nothing can be written into '{saying.field}' of a double: {one.message}"
        todo = one.todo or f"add '{saying.field}' there, or correct the mapping"
        yield Finding("error", what, message, todo)
    if not more:
        yield Finding("ok", what, f"'{saying.field}' of a double says «{saying.value}»")
