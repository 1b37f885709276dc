"""`hub check` for a base of Sage 100: connection, what the login may do, every view's tables and columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from connectors.sage.checking import document, unknown_option, waiting, writable
from connectors.sage.sql import queries
from connectors.sage.sql.layout import FIELD_OPTIONS, VIEW_OPTIONS, Layout, Misfit, layout_of
from connectors.sage.sql.lettered import LETTRAGE
from connectors.sage.sql.session import Session
from connectors.sage.sql.writing import Writer, handed_as_document
from hub.ports import ConnectorError, Finding, View

if TYPE_CHECKING:
    from connectors.sage.sql.connector import SqlConnector


def check_views(connector: SqlConnector, views: Sequence[View]) -> list[Finding]:
    """What was looked at and how it is. Never raises a `ConnectorError`."""
    where = connector.settings.address.render_as_string()
    try:
        names = connector.schema.names()
    except ConnectorError as error:
        return [_of("connection", error)]
    findings = [Finding("ok", "connection", f"{where}: {len(names)} tables, only read")]
    for look in (_rights, _encryption, _clock):
        findings += _tried(look, connector)
    writer = connector.writer
    if writer is not None:
        findings += _folders(writer)
    for view in views:
        if writer is not None and all(one.level == "ok" for one in _folders(writer)):
            findings += waiting(writer.imports, view, writer.files)
        if handed_as_document(view):
            findings += document(writer.files, view) if writer else [_unwritten(view)]
            continue
        findings += _options(view)
        findings += _tried(partial(_view, view), connector, _title(view))
    return findings


def _tried(
    look: Callable[[SqlConnector], Iterator[Finding]], connector: SqlConnector, what: str = "connection"
) -> list[Finding]:
    try:
        return list(look(connector))
    except ConnectorError as error:
        return [_of(what, error)]


def _of(what: str, error: ConnectorError) -> Finding:
    return Finding("error", what, f"{error.what}: {error.why}" if error.why else error.what, error.todo)


def _rights(connector: SqlConnector) -> Iterator[Finding]:
    """Whether the login could write, were it let: then somebody else with its password could."""
    writes = may_write(connector.session)
    if writes:
        yield Finding(
            "warning",
            "rights",
            f"the hub never writes here, but its login could: {writes}",
            "give it db_datareader (or SELECT) and nothing else: Sage forbids writing to its base",
        )
    else:
        yield Finding("ok", "rights", "the login may read and not write")


def may_write(session: Session) -> str:
    """What of the login's rights would let it write, in words; empty where nothing would."""
    if session.dialect == "mssql":
        roles = ("db_datawriter", "db_owner", "db_ddladmin")
        rights = ("INSERT", "UPDATE", "DELETE")
        asked = [func.is_member(role) for role in roles]
        asked += [func.has_perms_by_name(func.db_name(), "DATABASE", right) for right in rights]
        (row,) = session.rows(select(*asked))
        held = [name for name, has in zip((*roles, *rights), row, strict=True) if has == 1]
        return ", ".join(held)
    if session.dialect == "postgresql":
        quoted = func.has_table_privilege('"F_COMPTET"', "INSERT, UPDATE, DELETE")
        known = session.value(select(func.to_regclass('"F_COMPTET"').is_not(None)))
        return "INSERT, UPDATE or DELETE on F_COMPTET" if known and session.value(select(quoted)) else ""
    return ""


def _encryption(connector: SqlConnector) -> Iterator[Finding]:
    settings = connector.settings
    far = settings.address.host not in (None, "", "localhost", "127.0.0.1", "::1")
    if far and settings.ca is None and connector.session.dialect == "mssql":
        yield Finding(
            "warning",
            "connection",
            "what is read travels unencrypted",
            "give `ca`, or keep it in your own network",
        )


def _clock(connector: SqlConnector) -> Iterator[Finding]:
    connector.look_at_clock()
    reading = connector.clock_offset(False)
    if reading is not None and abs(reading.ahead) > reading.precision + 60:
        yield Finding(
            "warning",
            "clock",
            f"the server's clock is {reading.ahead / 60:+.0f} minutes from ours",
            f"set it right, or `timezone` ({connector.settings.timezone}), by which its times are read",
        )


def _folders(writer: Writer) -> list[Finding]:
    found = [writable("imports", writer.imports.folder)]
    if writer.files.acks is not None:
        found.append(writable("acks", writer.files.acks))
    return found


def _unwritten(view: View) -> Finding:
    what = "documents go out as import files, and there is no folder for them"
    return Finding("error", _title(view), what, "set imports")


def _options(view: View) -> Iterator[Finding]:
    for option in view.options:
        if option not in VIEW_OPTIONS:
            yield unknown_option(view.entity, option, VIEW_OPTIONS)
    for field in view.fields:
        for option in field.options:
            if option not in FIELD_OPTIONS:
                yield unknown_option(f"{view.entity}.{field.name}", option, FIELD_OPTIONS)


def _view(view: View, connector: SqlConnector) -> Iterator[Finding]:
    what = _title(view)
    if view.object.upper() == LETTRAGE:
        layout = connector.lettered.layout(view)
        yield Finding("ok", what, f"{layout.base.shape.name}: every column is there")
        return
    try:
        layout = layout_of(view, connector.schema)
    except Misfit as misfit:
        for problem in misfit.problems:
            yield Finding("error", what, problem, "correct the mapping")
        return
    count = int(connector.session.value(queries.count(layout)) or 0)
    yield Finding("ok", what, f"{layout.base.shape.name}: {count} rows, every column is there")
    yield from _ways(connector, what, layout)


def _ways(connector: SqlConnector, what: str, layout: Layout) -> Iterator[Finding]:
    """What the shape of the base means for how it is read."""
    if not layout.stamped:
        yield Finding(
            "warning",
            what,
            "a table has no cbModification: everything is read every time",
            "none, if it is small",
        )
    doubles = connector.reader.doubles(layout)
    if doubles:
        some = ", ".join(sorted(doubles)[:5])
        yield Finding(
            "warning",
            what,
            f"{len(doubles)} keys stand in several rows, which are set aside: {some}",
            "choose another `key` in the mapping",
        )


def _title(view: View) -> str:
    return f"{view.entity} ({view.object})"
