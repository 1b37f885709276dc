"""What must be true once the daemon was let work to its end after all those kills.

`rest` waits for that; `judge` then looks into the systems and the hub's database, each by means that are not
the hub's own, and counts what was lost and what is there twice.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from sqlalchemy import func, select

from hub.filing.temporary import ABANDONED
from hub.store import tables as t
from tests.kill.people import Typed
from tests.kill.place import Place
from tests.kill.systems import HEADINGS, Rows, until
from tests.tally import tally

CALM = 2.5
"""Seconds without anything to do that are taken for rest: every system is looked at every second."""

LONGEST = 90.0


def rest(place: Place, before: Callable[[], None] = lambda: None) -> None:
    """Start the daemon and let it work until nothing is left to do; then end it as a service manager does.

    `before` is what happens while it works; the same daemon must come to rest after that.
    """
    asked = len(place.wire.seen)
    process = place.daemon()
    try:
        until(lambda: len(place.wire.seen) > asked or process.poll() is not None, "its first request")
        before()
        _until_calm(place, process)
        process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
        assert process.wait(timeout=30) == 0, place.log()
    finally:
        process.kill()
        process.wait()


def _until_calm(place: Place, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + LONGEST
    calm_since = 0.0
    while not calm_since or time.monotonic() - calm_since < CALM:
        assert process.poll() is None, f"the daemon ended by itself:\n{place.log()}"
        assert time.monotonic() < end, f"{left(place)} after {LONGEST:.0f} s; the log:\n{place.log()}"
        imported = place.accounting is not None and place.accounting.work()
        if imported or left(place):
            calm_since = 0.0
        elif not calm_since:
            calm_since = time.monotonic()
        time.sleep(0.1)


def left(place: Place) -> str:
    """What the hub still has to do, in words; empty if nothing."""
    with place.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.system, t.outbox.c.state, func.count())
            .where(t.outbox.c.state.in_(("due", "sending", "sent")))
            .group_by(t.outbox.c.system, t.outbox.c.state)
        ).all()
        dirty = connection.scalar(select(func.count()).select_from(t.golden).where(t.golden.c.dirty > 0))
        read = set(connection.scalars(select(t.cursor.c.system).where(t.cursor.c.pulled_at.is_not(None))))
    said = [f"{count} {state} for {system}" for system, state, count in rows]
    said += [f"{dirty} golden records not compared"] if dirty else []
    said += [f"{name} was never read whole" for name in place.systems if name not in read]
    return ", ".join(said)


def judge(place: Place, typed: Sequence[Typed], sirets: Iterable[str]) -> None:
    """Every promise; raises `AssertionError` with all that does not hold."""
    shown = {name: system.rows() for name, system in place.systems.items()}
    wrong = [*_doubles(place, shown, set(sirets)), *_lost(place, shown, typed), *_disagreements(place, shown)]
    _let_an_hour_pass(place)
    wrong += [*_stuck(place), *_unquiet(place), *_files(place)]
    assert not wrong, "\n".join(wrong)


def _doubles(place: Place, shown: dict[str, Rows], sirets: set[str]) -> list[str]:
    """Every customer is once in each system, under one golden record and one reference of ours."""
    wrong = []
    for name, rows in shown.items():
        for siret in sorted(sirets | set(rows)):
            count = len(rows.get(siret, ()))
            tally("records duplicated", max(count - 1, 0))
            if count != 1:
                wrong.append(f"{siret} is {count} times in {name}")
    with place.store.reading() as connection:
        goldens = set(connection.scalars(select(t.golden.c.id)))
        links = connection.execute(select(t.link.c.system, t.link.c.golden_id)).all()
    if len(goldens) != len(sirets):
        wrong.append(f"{len(goldens)} golden records for {len(sirets)} customers")
        tally("records duplicated", max(len(goldens) - len(sirets), 0))
    for system in shown:
        linked = [golden for name, golden in links if name == system]
        if sorted(linked) != sorted(goldens):
            wrong.append(f"{len(linked)} links to {system} for {len(goldens)} golden records")
    keys = place.workbook.keys()
    wrong += [f"the key {key} is twice in the workbook" for key in sorted(set(keys)) if keys.count(key) > 1]
    wrong += _references(place, goldens)
    return wrong


def _references(place: Place, goldens: set[str]) -> list[str]:
    wrong = []
    pointed: dict[int, str] = {}
    for reference, ids in place.office.references().items():
        if len(ids) != 1 or reference.removeprefix("customer_") not in goldens:
            wrong.append(f"the reference {reference} is on {ids}")
        for id in ids:
            if id in pointed:
                wrong.append(f"record {id} of Odoo has the references {pointed[id]} and {reference}")
            pointed[id] = reference
    return wrong


def _lost(place: Place, shown: dict[str, Rows], typed: Sequence[Typed]) -> list[str]:
    """Every value typed is in a system, in the journal or in an open conflict, with its own customer."""
    kept = _kept(place)
    wrong = []
    for one in typed:
        found = kept.get(one.siret, set()) | {
            plain(one.field, row[one.field]) for rows in shown.values() for row in rows.get(one.siret, ())
        }
        if plain(one.field, one.value) not in found:
            wrong.append(f"lost: {one.field} of {one.siret}, typed in {one.system}: {one.value!r}")
            tally("values lost")
    return wrong


def _kept(place: Place) -> dict[str, set[str]]:
    """Every text in the journal and in open conflicts, by SIRET, as `plain` has it."""
    found: dict[str, set[str]] = {}
    with place.store.reading() as connection:
        sirets = {
            row.id: json.loads(row.data).get("siret")
            for row in connection.execute(select(t.golden.c.id, t.golden.c.data))
        }
        entries = [
            (row.golden_id, [json.loads(row.before), json.loads(row.after)])
            for row in connection.execute(select(t.journal))
        ]
        entries += [
            (row.golden_id, json.loads(row.candidates))
            for row in connection.execute(select(t.conflict).where(t.conflict.c.closed_at.is_(None)))
        ]
    for golden, content in entries:
        texts = found.setdefault(str(sirets[golden]), set())
        for text in _texts(content):
            texts.update((plain("", text), plain("phone", text)))
    return found


def _texts(content: Any) -> Iterable[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list):
        for one in content.values() if isinstance(content, dict) else content:
            yield from _texts(one)


def _disagreements(place: Place, shown: dict[str, Rows]) -> list[str]:
    """Where no conflict is open, every system says the same."""
    with place.store.reading() as connection:
        waiting = select(t.golden.c.data, t.conflict.c.field).where(
            t.golden.c.id == t.conflict.c.golden_id, t.conflict.c.closed_at.is_(None)
        )
        contested = {(json.loads(row.data).get("siret"), row.field) for row in connection.execute(waiting)}
    wrong = []
    for siret in {siret for rows in shown.values() for siret in rows}:
        sides = {name: rows[siret][0] for name, rows in shown.items() if siret in rows}
        for field in next(iter(sides.values())):
            values = {name: plain(field, row[field]) for name, row in sides.items()}
            if len(set(values.values())) > 1 and (siret, field) not in contested:
                wrong.append(f"{field} of {siret} differs and nobody is asked: {values}")
    return wrong


def _stuck(place: Place) -> list[str]:
    """No write that nobody will do, no dead letter, no role held by a process that is gone."""
    with place.store.reading() as connection:
        outbox = connection.execute(select(t.outbox)).all()
        held = connection.execute(select(t.holder)).all()
        reviews = connection.execute(select(t.review)).all()
    wrong = [f"left in the outbox for {row.system}: {row.state}, {row.reason}" for row in outbox]
    wrong += [f"the role of {row.role} is still held by {row.name}" for row in held]
    return wrong + [f"set aside in {row.system}: {row.kind}, {row.reason}" for row in reviews]


def _unquiet(place: Place) -> list[str]:
    """Another cycle, by `hub sync`: it writes nothing, and says so."""
    before, calls = place.workbook.path.read_bytes(), len(place.wire.seen)
    done = place.command("sync", "--json")
    # 1 says that something waits for a person: an open conflict may.
    if done.returncode not in (0, 1):
        return [f"`hub sync` ended with {done.returncode}: {done.stdout}{done.stderr}"]
    wrong = [f"a quiet cycle wrote {n} times" for n in [json.loads(done.stdout)["writes"]] if n]
    wrong += ["a quiet cycle wrote the workbook"] if place.workbook.path.read_bytes() != before else []
    asked = [request for request in place.wire.seen[calls:] if request.method in ("load", "web_save_multi")]
    return [*wrong, *(f"a quiet cycle asked Odoo for {request}" for request in asked)]


def _let_an_hour_pass(place: Place) -> None:
    """What lies beside the workbook is taken for somebody's work in progress for an hour."""
    for folder in (place.folder, place.folder / "hub-backups"):
        for path in folder.glob(".hub-*"):
            then = path.stat().st_mtime - ABANDONED - 1
            os.utime(path, (then, then))


def _files(place: Place) -> list[str]:
    """The workbook and every backup open; nothing temporary is left anywhere."""
    wrong = []
    for path in [place.workbook.path, *sorted((place.folder / "hub-backups").glob("*"))]:
        try:
            titles = [cell.value for cell in openpyxl.load_workbook(path)["Clients"][1]]
        except Exception as problem:  # noqa: BLE001 - whatever a damaged file makes of the library is told
            wrong.append(f"{path.name} does not open: {problem!r}")
        else:
            wrong += [f"{path.name} has the headings {titles}"] if titles != list(HEADINGS) else []
    known = {"hub.sqlite-wal", "hub.sqlite-shm"}
    sage_memory = place.folder / "sage" / "imports" / ".hub"
    for folder, _, names in os.walk(place.folder):
        for name in names:
            temporary = name.startswith((".hub-", "~$")) or name.endswith((".tmp", ".draft", "-journal"))
            # What is left in the memory of Sage's folder goes with the next answer, an hour later at the
            # soonest: tests/connectors/sage/test_imports.py.
            temporary &= Path(folder) != sage_memory and sage_memory not in Path(folder).parents
            if (temporary or str(place.temporary) in folder) and name not in known:
                wrong.append(f"left lying: {os.path.relpath(os.path.join(folder, name), place.folder)}")
    wrong += [f"left lying: temporary/{path.name}" for path in place.temporary.iterdir()]
    return wrong


def plain(field: str, value: str) -> str:
    """A value without a system's own spelling: case, blanks, how a telephone number is grouped."""
    if field == "phone":
        return "".join(character for character in value if character.isdigit())[-9:]
    return " ".join(value.casefold().split())
