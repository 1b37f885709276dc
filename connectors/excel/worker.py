"""The child process that opens workbooks: `python -m connectors.excel.worker`, one request, then it ends.

Answers in the frames of `hub.apart`: `page` frames, then one `end` or `fault`. Holds itself to a memory limit
where the system knows one. Whatever goes wrong in here, the hub only sees a fault, or a child that
died.
"""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.excel.cells import Unread
from connectors.excel.entries import Entry, Table, join_key
from connectors.excel.intake import Bounds
from connectors.excel.keys import new_keys, row_numbers
from connectors.excel.package import column_letters
from connectors.excel.sampling import sample as sampled
from connectors.excel.shape import MADE_UP
from connectors.excel.spec import Spec, spec_from_json
from connectors.excel.workbook import Workbook, open_workbook
from hub.apart import limit_memory, requests, send
from hub.filing.faults import Fault, misconfigured

PAGE, PEEKED = 1000, 20


def main() -> None:
    """Serve the one request. Nothing here makes cycles worth collecting, and looking for them is slow."""
    gc.disable()
    request = next(requests())
    try:
        limit_memory(request["memory"])
        bounds = Bounds(**request["bounds"])
        with open_workbook(Path(request["path"]), request["shown"], bounds) as workbook:
            spec = spec_from_json(request["spec"]) if request.get("spec") else None
            for kind, content in _TASKS[request["task"]](workbook, spec, request):
                send(kind, content)
    except Fault as fault:
        send("fault", [fault.kind, fault.what, fault.why, fault.todo])
    except MemoryError:
        todo = "raise limits.memory_mib if the file is sound"
        send("fault", ["damaged", f"{request['shown']} needs more memory than it may take", "", todo])
    except BaseException as error:  # noqa: BLE001 - calamine's panics are no Exception; the parent gets them as a fault
        traceback.print_exc()
        why = f"{type(error).__name__}: {error}"
        send(
            "fault",
            ["damaged", f"{request['shown']} cannot be read", why, "open it in Excel and save it again"],
        )


Answer = Iterator[tuple[str, Any]]


def record(entry: Entry) -> list[Any]:
    """A record as it crosses: id, values (an unread one as `[reason]`), version, row number."""
    values = [[value.reason] if isinstance(value, Unread) else value for value in entry.values]
    return [entry.id, values, entry.version(), entry.number]


def present(table: Table) -> set[str]:
    """The ids of all rows there are, also of those that are set aside."""
    return {e.id for e in table.entries if e.kept and not e.gone} | {
        a.id for a in table.asides if a.id is not None
    }


def pull(workbook: Workbook, spec: Spec, _: Mapping[str, Any]) -> Answer:
    table = workbook.read(spec).table
    kept = [entry for entry in table.entries if entry.kept and not entry.gone]
    for start in range(0, max(len(kept), 1), PAGE):
        yield "page", {"records": [record(e) for e in kept[start : start + PAGE]], "total": len(kept)}
    yield "end", {"rejected": _asides(table), "unkeyed": len(table.unkeyed)}


def _asides(table: Table) -> list[list[Any]]:
    return [[a.number, a.reason, a.todo, a.id] for a in sorted(table.asides, key=lambda a: a.number)]


def ids(workbook: Workbook, spec: Spec, _: Mapping[str, Any]) -> Answer:
    table = workbook.read(spec).table
    yield "end", {"ids": sorted(present(table)), "unkeyed": table.unkeyed}


def read(workbook: Workbook, spec: Spec, request: Mapping[str, Any]) -> Answer:
    """The records asked for; a key on several rows is there, but none of its fields can be told."""
    table = workbook.read(spec).table
    wanted = set(request["ids"])
    found = [record(entry) for entry in table.entries if entry.id in wanted and not entry.gone]
    set_aside = {a.id: a for a in table.asides if a.id in wanted}
    for id, aside in set_aside.items():
        found.append([id, [[aside.reason]] * len(spec.columns), None, aside.number])
    yield "end", {"records": found}


def allocate(workbook: Workbook, spec: Spec, request: Mapping[str, Any]) -> Answer:
    used = present(table := workbook.read(spec).table) | {entry.id for entry in table.entries}
    if spec.hub_id:
        yield "end", {"ids": row_numbers(request["count"], used | set(request["used"]))}
        return
    if len(spec.key) > 1:
        raise misconfigured(
            f"rows of sheet '{spec.sheet}' are known by several columns together: no key can be made up",
            todo="set creates: false for this system, or let the hub number rows: key: {hub_id: <heading>}",
        )
    yield "end", {"ids": new_keys(spec.new_key, used, request["used"], request["count"], spec.sheet)}


def write(workbook: Workbook, spec: Spec, request: Mapping[str, Any]) -> Answer:
    writes = request["writes"]
    only = _named(spec, writes)
    plan, after = workbook.edited(spec, lambda planner: planner.decide(writes), Path(request["target"]), only)
    table = after if after is not None else workbook.read(spec, only=only).table
    entries = table.by_id()
    answers = []
    for verdict in plan.verdicts:
        entry = entries.get(verdict.id) if verdict.id is not None else None
        shown = record(entry) if entry is not None else None
        answers.append([verdict.kind, shown, verdict.reason, verdict.todo, verdict.field, verdict.passing])
    yield "end", {"answers": answers, "changed": after is not None, "rows": len(plan.edits)}


def _named(spec: Spec, writes: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The ids that writes are about: of other rows the key is enough."""
    ids = set()
    for write in writes:
        by_heading = {column.heading: write["values"].get(column.name) for column in spec.columns}
        key = [by_heading.get(name) for name in spec.key]
        ids |= {write["id"], write["new_id"], join_key(key)}
    return frozenset(id for id in ids if id)


def number(workbook: Workbook, spec: Spec, request: Mapping[str, Any]) -> Answer:
    """Number the rows that have no hub id yet."""
    plan, after = workbook.edited(spec, lambda planner: planner.number(), Path(request["target"]))
    yield "end", {"changed": after is not None, "rows": len(plan.edits)}


def check(workbook: Workbook, spec: Spec, _: Mapping[str, Any]) -> Answer:
    """What `hub check` shows of one view; a missing sheet or column ends as a fault."""
    reading = workbook.read(spec)
    table = reading.table
    yield (
        "end",
        {
            "read_only": workbook.why_read_only(),
            "header_row": table.header.row,
            "columns": {
                name: column_letters(column) if column < MADE_UP else "made by rule"
                for name, column in table.header.columns.items()
            },
            "blocks": len(table.blocks),
            "conditional": reading.facts.conditional,
            "records": sum(entry.kept and not entry.gone for entry in table.entries),
            "asides": _asides(table)[:20],
            "set_aside": len(table.asides),
            "struck": table.struck,
            "stale": reading.decoder.stale,
            "formulas": reading.facts.formulas,
            "protected": reading.facts.protected,
        },
    )


def sheets(workbook: Workbook, _: Spec | None, __: Mapping[str, Any]) -> Answer:
    """The first filled rows of every sheet, for those who set up a mapping."""
    yield (
        "end",
        {
            "sheets": [
                {
                    "name": name,
                    "filled": filled,
                    "rows": [[number, list(texts.values())] for number, texts in rows],
                }
                for name, rows, filled in workbook.peek(PEEKED)
            ],
            "read_only": workbook.why_read_only(),
        },
    )


def sample(workbook: Workbook, _: Spec | None, request: Mapping[str, Any]) -> Answer:
    """Every sheet's cells, for `hub mapping learn`."""
    for found in sampled(workbook, request["rows"]):
        yield "sheet", found
    yield "end", {}


_TASKS: dict[str, Callable[[Workbook, Any, Mapping[str, Any]], Answer]] = {
    task.__name__: task for task in (pull, ids, read, allocate, write, number, check, sheets, sample)
}

if __name__ == "__main__":
    main()
