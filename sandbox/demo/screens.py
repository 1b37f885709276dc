"""What the demo shows. Everything fits into 100 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from hub.cli.screen import value
from hub.daemon.worker import Work
from hub.rehearsal import Plan
from hub.store.history import Change
from hub.store.listing import OpenConflict
from sandbox.demo.bookings import Seen, Step
from sandbox.demo.story import Edit

if TYPE_CHECKING:
    from sandbox.demo.books import Books
    from sandbox.demo.place import Place
    from sandbox.demo.telephone import Rung

NAMES = {"odoo": "Odoo", "clients": "workbook", "sage": "Sage"}
MANY = 3
_NAMES = {"name", "Raison sociale", "CT_Intitule"}
Counts = Mapping[str, tuple[int, int]]
Booked = tuple[Step, Sequence[Seen], bool]
Told = tuple[Edit, Sequence[Change], Sequence[OpenConflict], bool]


def opening(place: Place, counts: Counts) -> RenderableType:
    """Who the company is, and where its customers are."""
    where = {
        "odoo": f"Odoo 19 at {place.odoo.url}, over JSON-2",
        "clients": f"{place.workbook.name}, sheets Clients and Contacts",
        "sage": "exports and import files in CP1252, in sage/",
    }
    table = Table.grid(padding=(0, 3))
    for name, (customers, contacts) in counts.items():
        people = f"{contacts} contacts" if contacts else ""
        numbers = (Text(f"{customers} customers"), Text(people))
        table.add_row(Text(NAMES[name], style="bold"), *numbers, Text(where[name], style="dim"))
    about = (
        "A company in Grenoble that maintains electrical installations. It has "
        f"{len(place.customers)} customers, and no place that knows them all.\n"
    )
    panel = Group(Text(about), table)
    return Panel(panel, title="[bold]hub demo", title_align="left", border_style="cyan", padding=(1, 2))


def heading(number: int, text: str) -> RenderableType:
    line = Rule(Text(f"{number}  {text}", style="bold cyan"), align="left", style="cyan")
    return Padding(line, (1, 0))


def approved(plan: Plan) -> RenderableType:
    """What the plan shows before anything is written, and that a person has approved it."""
    creations = sum(write.external_id is None for write in plan.writes)
    return Text.assemble(
        ("hub plan", "bold"), f" shows {len(plan.writes)} writes, {creations} of them new records. ",
        "So many wait until a person says ", ("hub plan --approve", "bold"), ", which is done now.\n",
    )  # fmt: skip


def meeting(
    before: Counts, after: Counts, work: Sequence[Work], records: Mapping[str, int]
) -> RenderableType:
    """What the first sync did, system by system."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("")
    for name in ("customers", "corrected", "created", "now", "contacts", "created", "now"):
        table.add_column(name, justify="right")
    for name in before:
        customer, contact = _count(work, "customer", name), _count(work, "contact", name)
        numbers = [before[name][0], customer["written"], customer["created"], after[name][0]]
        people = [before[name][1], contact["created"], after[name][1]] if after[name][1] else []
        cells = [str(number) for number in (*numbers, *people)]
        table.add_row(Text(NAMES[name], style="bold"), *cells)
    met = sum(customers for customers, _ in before.values())
    text = Text.assemble(
        (f"{met} records turned out to be {records['customer']} customers", "bold"),
        ", recognised by their SIRET, their VAT number, or e-mail address and name.\n",
    )
    return Group(text, table)


def waiting(conflicts: int, reviews: int) -> RenderableType:
    """What is left for a person, if anything."""
    if not conflicts and not reviews:
        return Text("\nNo question was left open.", style="dim")
    return Text(f"\n{conflicts} conflicts and {reviews} records wait for a person.", style="yellow")


def edits(told: Sequence[Told]) -> RenderableType:
    """Each edit, and what the hub did with it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True)
    table.add_column("in", width=10)
    table.add_column("people type", ratio=9)
    table.add_column("and the hub", ratio=13)
    table.add_column("", no_wrap=True)
    for edit, changes, conflicts, holds in told:
        typed = Text.assemble((edit.customer.name, "bold"), f"\n{edit.text}")
        table.add_row(Text(edit.where), typed, _answer(changes, conflicts), _mark(holds), end_section=True)
    return table


def _answer(changes: Sequence[Change], conflicts: Sequence[OpenConflict]) -> RenderableType:
    """What the journal says of a record: a word for it all, and a line per system that was written to."""
    written: dict[str, Change] = {}
    for change in changes:
        if change.kind in ("wrote", "sent"):
            written.setdefault(change.system, change)
    lines: list[RenderableType] = [_in_a_word(changes, conflicts)]
    lines += [
        _written(change) for change in sorted(written.values(), key=lambda one: list(NAMES).index(one.system))
    ]
    return Group(*lines)


def _in_a_word(changes: Sequence[Change], conflicts: Sequence[OpenConflict]) -> Text:
    if conflicts:
        return Text(
            f"conflict {conflicts[0].id}: the {conflicts[0].field} waits for a person", style="bold yellow"
        )
    overruled = [one for one in changes if one.kind == "overruled"]
    if overruled:
        lost = ", ".join(value(one) for one in overruled[0].before.values())
        winner = NAMES.get(overruled[0].cause, overruled[0].cause)
        return Text.assemble((f"{winner} is trusted more", "bold magenta"), f"; “{lost}” is in the journal")
    sources = {one.system or one.cause for one in changes if one.kind in ("created", "changed")}
    if any(one.kind == "created" for one in changes):
        written = [one for one in changes if one.kind in ("wrote", "sent")]
        linked = any(not _is_new(one) for one in written)
        return Text("linked: it is one customer" if linked else "created", style="bold green")
    return Text("merged" if len(sources) > 1 else "propagated", style="bold green")


def _is_new(change: Change) -> bool:
    """Whether a write made a record: nothing was there before, and its name was written."""
    return all(one is None for one in change.before.values()) and bool(_NAMES & change.after.keys())


def _written(change: Change) -> Text:
    if _is_new(change):
        what = "a new record"
    elif len(change.after) > MANY:
        what = f"{len(change.after)} fields filled in"
    else:
        what = ", ".join(value(one) for one in change.after.values())
    return Text.assemble(("→ ", "green"), NAMES[change.system], (f" {change.external_id}  ", "dim"), what)


def prompt(words: Sequence[str]) -> RenderableType:
    return Text.assemble(("$ ", "dim"), (f"hub {' '.join(words)}", "bold"))


def decided(edit: Edit, good: bool) -> RenderableType:
    return Text.assemble(_mark(good), f" {edit.customer.name} now has that number in all three.")


def quiet(writes: int) -> RenderableType:
    """What a sync does when nobody has typed anything."""
    return Text.assemble(_mark(writes == 0), f" A further sync reads all three and writes {writes} records.")


def rung(calls: Sequence[Rung]) -> RenderableType:
    """What the agents saw while it rang, and after."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True)
    table.add_column("", width=26)
    table.add_column("on the screen while it rings", ratio=2)
    table.add_column("after", ratio=1)
    for call in calls:
        shown = next(iter(call.seen.values()))
        who = "\n".join(f"{one.name}, {one.town}" for one in shown.candidates) or "unknown number"
        card = Text.assemble(
            (who, "bold"), f"\n{shown.shown}, {shown.line}\n", (", ".join(sorted(call.seen)), "dim")
        )
        left = ", ".join(sorted(call.after))
        gone = Text(f"stays with {left}" if left else "gone from both")
        table.add_row(Text(call.text), card, gone, end_section=True)
    back = Text("Alice calls the stranger back, and nobody is left to be called back.")
    return Group(table, Text.assemble(_mark(True), " ", back), Text(""))


def group(customer: str) -> RenderableType:
    """Who keeps which books in the last part."""
    return Text.assemble(
        "A second company of the group invoices in Odoo, has its orders in a Sage X3, and an accountant with "
        "a Sage 100. The hub speaks SOAP with the one and writes import files for the other.\n"
        "The customer: ", (customer, "bold"), ".\n",
    )  # fmt: skip


def booked(told: Sequence[Booked]) -> RenderableType:
    """Each thing people did in the books, and what the programs then show."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True)
    table.add_column("in", width=9)
    table.add_column("people do", ratio=9)
    table.add_column("and the hub", ratio=13)
    table.add_column("", no_wrap=True)
    for step, seen, holds in told:
        style = "bold yellow" if step.word.startswith("a conflict") else "bold green"
        lines = [
            Text.assemble(("→ ", "green"), program, (f" {record} " if record else "", "dim"), " ", what)
            for program, record, what in seen
        ]
        answer = Group(Text(step.word, style=style), *lines)
        table.add_row(Text(step.where), Text(step.text), answer, _mark(holds), end_section=True)
    return table


def closing(counts: Counts, good: bool, seconds: float) -> RenderableType:
    """How it ended, and where to go from here."""
    customers, contacts = counts["odoo"]
    first = (
        f"{customers} customers and {contacts} contacts, the same everywhere, {seconds:.0f} seconds later."
        if good
        else "Something above is not as it should be: a line without its ✓. Please report it."
    )
    text = Text.assemble(
        (first, "bold green" if good else "bold red"),
        "\nWhatever was replaced is in the journal: hub journal shows it, hub undo puts it back.\n\n",
        ("hub demo --keep", "bold"),
        "   stays, with the daemon running and everything in ./demo to play with\n",
        ("hub init", "bold"),
        "          connects your own Odoo, workbook and Sage",
    )
    return Padding(Panel(text, border_style="green" if good else "red", padding=(1, 2)), (1, 0, 0, 0))


def staying(place: Place, books: Books) -> RenderableType:
    """What there is to try while the daemon runs."""
    grid = Table.grid(padding=(0, 2))
    config = f"--config {place.config}"
    door = f"{place.odoo.url}  database {place.odoo.database}, {place.odoo.login} / {place.odoo.password}"
    for name, text in (
        ("Odoo", door),
        ("", "It speaks XML-RPC, JSON-RPC and JSON-2, and has no screen of its own."),
        ("workbook", str(place.workbook)),
        ("Sage", f"{place.sage.exports.parent}  imports what it is given every few seconds"),
        ("Sage X3", f"{books.x3.host}  pool {books.x3.pool.alias}, login {books.x3.login}"),
        ("", f"with an Odoo and a Sage 100 of its own in {books.folder}"),
        ("health", f"http://127.0.0.1:{place.http_port}/healthz and /metrics"),
        ("", ""),
        ("try", "Change a cell of the workbook, save and close it; then, in another terminal:"),
        ("", f"hub status {config}"),
        ("", f"hub journal {config}"),
        ("", f"hub conflicts --config {books.config}"),
        ("", "Ctrl-C ends it; the folder stays."),
    ):
        grid.add_row(Text(name, style="bold"), Text(text, overflow="fold"))
    panel = Panel(grid, title="[bold]The daemon is running", title_align="left", border_style="cyan")
    return Padding(panel, (1, 0))


def _mark(good: bool) -> Text:
    return Text("✓", style="bold green") if good else Text("✗", style="bold red")


def _count(work: Sequence[Work], entity: str, system: str) -> dict[str, int]:
    found = [one.counts[system] for one in work if one.entity == entity and system in one.counts]
    return {name: sum(getattr(count, name) for count in found) for name in ("created", "written")}
