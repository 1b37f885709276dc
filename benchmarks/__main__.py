"""``python -m benchmarks [--sandbox] [name …]``: measure, print the table, end with 1 if a bar is missed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks import calls, documents, duplicates, engine, fec, memory, odoo, popups, sheets, soap
from benchmarks.rows import Row, show
from benchmarks.target import target

ALONE: dict[str, Callable[[], Row | list[Row]]] = {
    "engine": engine.new_records,
    "changes": engine.few_changes,
    "memory": memory.peak,
    "directory": calls.memory,
    "soon": calls.soon,
    "fec": fec.measured,
    "soap": soap.read,
    "sheets": sheets.measured,
    "documents": documents.measured,
    "duplicates": duplicates.quality,
    "duplicates-speed": duplicates.speed,
}
WITH_ODOO: dict[str, Callable[[odoo.Target], list[Row]]] = {
    "load": odoo.first_load,
    "push": odoo.pushed_and_quiet,
    "popups": popups.measured,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which: {', '.join([*ALONE, *WITH_ODOO])}; default: all")
    parser.add_argument("--sandbox", action="store_true", help="measure on the sandbox even if Odoo is there")
    given = parser.parse_args()
    wanted = given.names or [*ALONE, *WITH_ODOO]
    rows: list[Row] = []
    name = "no Odoo"
    for each in wanted:
        if each in ALONE:
            print(f"measuring: {each}", file=sys.stderr)
            found = ALONE[each]()
            rows += found if isinstance(found, list) else [found]
    if any(each in WITH_ODOO for each in wanted):
        with target(given.sandbox) as server:
            name = server.name
            for each in wanted:
                if each in WITH_ODOO:
                    print(f"measuring: {each}, on {name}", file=sys.stderr)
                    rows += WITH_ODOO[each](server)
    show(rows, name)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
