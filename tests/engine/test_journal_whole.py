"""The journal has no gaps: it replays every agreed record, and knows every write with what it replaced."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub import decisions, journal
from hub.mapping import Mappings, load_mappings
from hub.model import ARCHIVED, MISSING
from hub.ports import Traits, Write
from hub.store import Store, history, worlds
from hub.store.history import Change, Filter
from hub.world import World
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.memory import Crash, MemorySystem, MemoryTable
from tests.tally import tally

Act = tuple[str, int, int]

ACTS = ("edit", "edit", "edit", "add", "archive", "delete", "restore", "sync", "sync", "lose", "crash",
        "resolve", "undo", "undo", "undo run")  # fmt: skip
VALUES = ("Arles", "Nîmes", "Sète", None, "01 99 00 11 11", "01 99 00 22 22", "a@example.fr", "Garage X")
FIELDS = {
    "odoo": ("name", "city", "phone", "email"),
    "sage": ("BPRNAM", "CTY", "TEL", "WEB"),
    "list": ("Raison sociale", "Ville", "Tél.", "E-mail"),
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that was brought to its tables once."""
    file = tmp_path_factory.mktemp("empty") / "hub.sqlite"
    store = Store(f"sqlite:///{file}")
    store.migrate()
    store.close()
    return file


@pytest.fixture(scope="module")
def mappings(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    folder = tmp_path_factory.mktemp("mappings")
    (folder / "customer.yaml").write_text(CUSTOMER, encoding="utf-8")
    return load_mappings(folder)


@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 20), st.integers(0, 20)), max_size=14))
@settings(
    max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
def test_it_replays_every_record_and_knows_every_write_whatever_happens(
    empty: Path, mappings: Mappings, acts: list[Act]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(empty, Path(folder) / "hub.sqlite")
        store = Store(f"sqlite:///{folder}/hub.sqlite")
        try:
            company = _company(store, mappings)
            for act in acts:
                _do(company, act)
            company.sync()
            company.sync(compare=True)
            _check(company)
        finally:
            store.close()
    tally("interleavings tried")


def test_it_replays_on_every_database(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    for what, nth, other in (
        ("sync", 0, 0), ("edit", 0, 1), ("edit", 1, 4), ("lose", 0, 0), ("edit", 2, 5), ("crash", 1, 0),
        ("resolve", 0, 1), ("undo", 0, 0), ("undo run", 1, 0), ("sync", 0, 0),
    ):  # fmt: skip
        _do(company, (what, nth, other))
    company.sync()
    _check(company)


def _company(store: Store, mappings: Mappings) -> Company:
    company = Company(
        store, mappings, MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )  # fmt: skip
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    return company


def _do(company: Company, act: Act) -> None:
    what, nth, other = act
    system = company.systems[nth % 3]
    table = _table(system)
    ids = sorted(table.items)
    id = ids[other % len(ids)] if ids else None
    if what == "edit" and id:
        table.set(id, {FIELDS[system.name][other % 4]: _fit(other % 4, nth)})
    elif what == "add":
        values = dict(zip(FIELDS[system.name], (f"Garage {nth}{other}", "Arles", None, None), strict=True))
        table.add(values)
    elif what in ("archive", "restore") and system.traits.archives and id:
        table.archive(id, what == "archive")
    elif what == "delete" and id and not system.traits.assigns_ids:
        table.delete(id)
    elif what == "sync":
        company.sync()
    elif what in ("lose", "crash"):
        _do(company, ("edit", nth + 1, other))
        knob = "lose_replies" if what == "lose" else ("crash_before", "crash_after")[other % 2]
        _with_fault(company, system, knob)
    elif what == "resolve":
        _resolve(company, other)
    elif what.startswith("undo"):
        _undo(company, nth, whole=what == "undo run", force=bool(other % 2))


def _fit(field: int, nth: int) -> str | None:
    """A value that fits the field: a name, a town, a telephone number, an address."""
    return (
        (f"Garage {nth}", f"Maison {nth}"),
        ("Arles", "Nîmes", None),
        VALUES[4:6],
        ("a@example.fr", None),
    )[field][nth % 2]


def _table(system: MemorySystem) -> MemoryTable:
    return system[{"odoo": "partner", "sage": "BPC", "list": "Clients"}[system.name]]


def _with_fault(company: Company, system: MemorySystem, knob: str) -> None:
    """The next write of this system meets the fault; then the hub goes on."""
    setattr(system, knob, 1)
    try:
        company.sync()
    except Crash:
        tally("crashes survived")
    setattr(system, knob, 0)
    tally("faults injected")
    company.sync()


def _resolve(company: Company, nth: int) -> None:
    open_ = company.conflicts()
    if open_:
        sides = open_[0].candidates
        decisions.resolve(company.engine(), open_[0].id, take=sides[nth % len(sides)].system)


def _undo(company: Company, nth: int, whole: bool, force: bool) -> None:
    lines = company.journal()
    if whole:
        runs = sorted({line.run for line in lines})
        lines = journal.replaced(company.journal(run=runs[nth % len(runs)]))
    else:
        lines = [lines[nth % len(lines)]]
    before = _values(company)
    found = journal.undo(company.engine(), lines, whole=whole, force=force)
    if not any(one.done for one in found.results) and found.run is None:
        assert _values(company) == before


def _values(company: Company) -> dict[str, dict[str, object]]:
    """What every agreed record says."""
    (mapping,) = company.engine().mappings
    world = World(mapping, str)
    with company.store.reading() as connection:
        worlds.fill_links(connection, world, worlds.ids_after(connection, "customer", "", 10_000))
    return {golden.id: dict(golden.values) for golden in world.goldens.values()}


def _check(company: Company) -> None:
    lines = company.journal()[::-1]
    problems = [*_gaps(_values(company), lines), *_unknown_writes(company, lines)]
    if problems:
        tally("values lost", len(problems))
    assert not problems


def _gaps(present: dict[str, dict[str, object]], lines: list[Change]) -> Iterator[str]:
    """Where going back from the present value, line by line, does not meet what the next line tells."""
    for golden_id, values in present.items():
        own = [line for line in lines if line.golden_id == golden_id]
        told = [line for line in own if line.agreed or line.kind == "created"]
        for name in {*values, *(name for line in told for name in line.after)}:
            now = values.get(name, MISSING)
            for line in reversed(told):
                if name in line.after:
                    if line.after[name] != now:
                        yield f"{name}: {now!r} stands where line {line.id} put {line.after[name]!r}"
                    now = line.before.get(name, MISSING)
            if now is not MISSING:
                yield f"{name}: nothing tells where {now!r} came from"


def _unknown_writes(company: Company, lines: list[Change]) -> Iterator[str]:
    for system in company.systems:
        there = [line for line in lines if line.system == system.name]
        for write in system.written:
            if not any(_tells(line, write, system) for line in there):
                yield f"{system.name}: no line tells of {write}"
        for lost in system.replaced:
            if not any(line.external_id == lost.id and lost.value == line.before.get(lost.field, MISSING)
                       for line in there):  # fmt: skip
                yield f"{system.name}: no line tells that {lost} was replaced"


def _tells(line: Change, write: Write, system: MemorySystem) -> bool:
    """Whether a line tells of this write: what it made, or each value and what it replaced."""
    if line.golden_id != write.ref.rpartition("_")[2]:
        return False
    if write.id is None:
        return line.kind in ("wrote", "linked")
    wanted = {name: system.kept(name, value) for name, value in write.values.items()}
    if write.archived is not None:
        wanted[ARCHIVED] = write.archived
    told = all(name in line.after and line.after[name] == value for name, value in wanted.items())
    return told and line.kind in ("wrote", "confirmed") and wanted.keys() <= line.before.keys()


def test_a_record_without_any_key_that_was_made_in_a_crash_is_known_again(company: Company) -> None:
    company.sage["BPC"].add({"BPRNAM": "Garage Dupont"}, id="K001")
    company.book.crash_after = 1
    with pytest.raises(Crash):
        company.sync()
    company.sync()
    company.sync()
    (id,) = company.book["Clients"].rows()
    made = [line for line in company.journal(system="list") if line.made]
    assert [(line.external_id, line.after["Raison sociale"]) for line in made] == [(id, "Garage Dupont")]
    if company.goldens() != 1:
        tally("records duplicated", company.goldens() - 1)
    assert company.goldens() == 1
    tally("crashes survived")


def test_a_lost_reply_leaves_a_line_with_what_was_replaced(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.book["Clients"].set("C001", {"Ville": "Nîmes"})
    company.odoo.lose_replies = 1
    company.sync()
    company.sync()
    (line,) = company.journal(system="odoo")
    assert (line.kind, line.cause, line.external_id) == ("confirmed", "hub", "1")
    assert (line.before, line.after) == ({"city": "Arles"}, {"city": "Nîmes"})


def test_what_is_handed_over_is_told_when_it_is_sent_and_when_it_arrives(
    store: Store, load: Callable[[str], Mappings]
) -> None:
    company = Company(
        store, load(CUSTOMER), MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False, confirms=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )  # fmt: skip
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.sage.deliver()
    company.sync()
    company.odoo["partner"].edit("1", city="Nîmes")
    company.sync()
    company.sage.deliver()
    company.sync()
    told = [(line.kind, line.before.get("CTY"), line.after["CTY"]) for line in company.journal(system="sage")]
    assert told == [
        ("confirmed", "Arles", "Nîmes"), ("sent", "Arles", "Nîmes"),
        ("confirmed", None, "Arles"), ("sent", None, "Arles"),
    ]  # fmt: skip
    assert [line.made for line in company.journal(system="sage")] == [False, False, False, True]


def test_every_act_of_a_person_is_told_with_their_word(company: Company) -> None:
    for number in range(30):
        company.book["Clients"].add({"Raison sociale": f"Garage {number}", "Tél.": "01 99 00 12 34"})
    company.approve()
    company.sync()
    company.odoo["partner"].edit("1", phone="01 99 00 11 11")
    company.book["Clients"].set("C0001", {"Tél.": "01 99 00 22 22"})
    company.sync()
    (conflict,) = company.conflicts()
    decisions.resolve(company.engine(), conflict.id, take="list")
    for number in range(20):
        company.book["Clients"].delete(f"C{number + 2:04d}")
    company.sync()
    decisions.release(company.engine(), "customer", "list")
    with company.store.reading() as connection:
        lines = history.changes(connection, Filter())
    resolved = next(line for line in lines if line.kind == "resolved")
    journal.undo(company.engine(), [resolved], force=True)
    told = {(line.kind, line.cause) for line in company.journal()}
    assert told >= {(kind, "person") for kind in ("resolved", "released", "undone")}
    assert told >= {("created", "list"), ("wrote", "hub"), ("changed", "odoo")}
    (released,) = [line for line in company.journal() if line.kind == "released"]
    assert (released.system, released.title, released.golden_id) == ("list", "", "")
    assert "20 of 30" in str(released.before)
    assert not [line for line in company.journal() if line.lost_there], "the list's own value won"


def test_a_side_that_loses_by_a_person_s_word_is_told_in_the_words_of_the_record(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "phone": "01 99 00 12 34"})
    company.sync()
    company.odoo["partner"].edit("1", phone="01 99 00 11 11")
    company.book["Clients"].set("C001", {"Tél.": "01 99 00 22 22"})
    company.sync()
    decisions.resolve(company.engine(), company.conflicts()[0].id, take="odoo")
    (lost,) = [line for line in company.journal() if line.lost_there]
    assert (lost.system, lost.cause, lost.external_id) == ("list", "person", "C001")
    assert (lost.before, lost.after) == ({"phone": "+33199002222"}, {"phone": "+33199001111"})
    company.sync()
    found = journal.undo(company.engine(), [lost])
    assert [one.reason for one in found.results] == [""]
    company.sync()
    assert company.odoo["partner"].show("1")["phone"] == "01 99 00 22 22"
    assert company.book["Clients"].show("C001")["Tél."] == "01 99 00 22 22"
