"""The hub's database is old or lost: all is met again, nothing is made twice, nothing typed is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from hub import answers, recovering
from hub import backup as backups
from hub import rebuild as rebuilding
from hub.clock import now
from hub.mapping import Mappings, load_mappings
from hub.ports import Traits, Unreachable
from hub.rebuild import Rebuilt
from hub.store import Store, copying, flags
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.engine.test_references import CONTACT
from tests.memory import MemorySystem
from tests.tally import tally

ROUTES = {"customer": ["odoo", "sage", "list"]}
TABLES = (("odoo", "partner", "name"), ("sage", "BPC", "BPRNAM"), ("list", "Clients", "Raison sociale"))
LONG = "Syndicat intercommunal d'électrification"


def lose(company: Company) -> Rebuilt:
    """The database is lost, and rebuilt."""
    with company.store.transaction() as connection:
        copying.clear(connection)
    return rebuilding.rebuild(company.engine())


def backed_up(company: Company, tmp_path: Path) -> Path:
    return backups.backup(company.store, tmp_path / "hub.backup", at=now()).file


def restored(company: Company, file: Path) -> None:
    backups.restore(company.store, file, ROUTES, replace=True, at=company.engine().clock())


def shown(company: Company) -> dict[str, dict[str, object]]:
    """Every record of every system, as people see it."""
    found = {system.name: system for system in company.systems}
    return {name: dict(found[name][table].rows()) for name, table, _ in TABLES}


def doubled(company: Company) -> Counter[tuple[str, str]]:
    """Names that stand in a system more than once; each is counted as a record duplicated."""
    found = {system.name: system for system in company.systems}
    names = Counter(
        (name, str(row[field]).casefold()[:20])
        for name, table, field in TABLES
        for row in found[name][table].rows().values()
    )
    twice = Counter({name: count - 1 for name, count in names.items() if count > 1})
    if twice:
        tally("records duplicated", twice.total())
    return twice


def recovering_still(company: Company) -> bool:
    with company.store.reading() as connection:
        return flags.recovering(connection) is not None


def at_rest(company: Company) -> None:
    """Sync until nothing is written any more."""
    for _ in range(6):
        if company.sync(compare=True).writes == 0:
            return
    pytest.fail("it does not come to rest")


@pytest.fixture
def filled(company: Company) -> Company:
    """Twelve customers, typed in three places; two in three without any key."""
    for number in range(12):
        system, table, name = TABLES[number % 3]
        found = {one.name: one for one in company.systems}[system]
        values: dict[str, str | None] = {name: f"Garage {number}" if number else LONG}
        if system == "odoo":
            values |= {"siret": SIRETS[number % 5] if number in (0, 3) else None, "city": "Arles"}
        found[table].add(values)
    at_rest(company)
    assert all(len(rows) == 12 for rows in shown(company).values())
    return company


def test_a_lost_database_is_rebuilt_and_nothing_is_written(filled: Company) -> None:
    before = shown(filled)
    with filled.store.reading() as connection:
        ids = set(connection.exec_driver_sql("SELECT id FROM golden").scalars())
    found = lose(filled)
    assert found.routes[("customer", "odoo")] == Counter(reference=8, new=4)
    assert found.routes[("customer", "sage")].total() == found.routes[("customer", "list")].total() == 12
    assert found.routes[("customer", "list")]["agreement"] == 10
    assert not found.writes
    assert not found.reviews
    with filled.store.reading() as connection:
        again = set(connection.exec_driver_sql("SELECT id FROM golden").scalars())
    assert len(again & ids) == 8, "a reference brings its record back under its own id"
    assert recovering_still(filled)
    assert filled.sync(compare=True).writes == 0
    assert not recovering_still(filled)
    assert filled.sync(compare=True).writes == 0
    assert shown(filled) == before
    assert not doubled(filled)


def test_a_rehearsal_of_a_rebuild_leaves_everything_as_it_was(filled: Company) -> None:
    engine = filled.engine()
    found = rebuilding.rehearse(engine, filled.mappings, engine.connectors)
    assert sum(how.total() for how in found.routes.values()) == 36
    assert not recovering_still(filled)
    assert filled.sync().writes == 0


def test_a_deleted_database_file_is_noticed_and_rebuilt_by_an_ordinary_sync(filled: Company) -> None:
    before = shown(filled)
    with filled.store.transaction() as connection:
        copying.clear(connection)
    assert filled.sync(compare=True).writes == 0
    assert not recovering_still(filled)
    assert shown(filled) == before


def test_a_backup_older_than_the_systems_catches_up(filled: Company, tmp_path: Path) -> None:
    file = backed_up(filled, tmp_path)
    filled.book["Clients"].add({"Raison sociale": "Garage of the list"})
    filled.odoo["partner"].add({"name": "Garage of Odoo", "city": "Sète"})
    filled.sage["BPC"].add({"BPRNAM": "GARAGE OF SAGE"})
    filled.odoo["partner"].edit("1", city="Nîmes")
    at_rest(filled)
    filled.book["Clients"].add({"Raison sociale": "Garage of the last hour"})
    filled.odoo["partner"].edit("1", email="new@example.fr")
    before = shown(filled)
    restored(filled, file)
    at_rest(filled)
    assert not doubled(filled)
    after = shown(filled)
    assert {name: len(rows) for name, rows in after.items()} == {"odoo": 16, "sage": 16, "list": 16}
    assert not filled.reviews()
    assert not filled.conflicts()
    assert not recovering_still(filled)
    for system, rows in before.items():
        for id, row in rows.items():
            assert isinstance(row, dict)
            kept = after[system][id]
            assert isinstance(kept, dict)
            lost = {name: value for name, value in row.items() if value is not None and kept[name] != value}
            tally("values lost", len(lost))
            assert not lost


def test_an_old_copy_of_the_database_is_noticed_by_a_reference_it_does_not_know(
    filled: Company, tmp_path: Path
) -> None:
    """A snapshot of a machine put back without `hub restore`."""
    file = backed_up(filled, tmp_path)
    filled.book["Clients"].add({"Raison sociale": "Garage of the list"})
    filled.sage["BPC"].add({"BPRNAM": "GARAGE OF SAGE", "CRN": SIRETS[4]})
    at_rest(filled)
    restored(filled, file)
    with filled.store.transaction() as connection:
        recovering.end(connection)
    before = shown(filled)
    at_rest(filled)
    assert shown(filled) == before
    assert not doubled(filled)


def test_who_bears_the_name_and_says_something_else_is_set_aside_and_created_nowhere(filled: Company) -> None:
    filled.book["Clients"].set("C003", {"Ville": "Marseille"})
    filled.sage["BPC"].set("K004", {"CTY": "Lyon"})
    before = shown(filled)
    names = {id: row["Raison sociale"] for id, row in filled.book["Clients"].rows().items()}
    found = lose(filled)
    assert {(one.system, one.external_id, one.kind, len(one.candidates)) for one in found.reviews} == {
        ("list", "C003", "ambiguous", 1), ("sage", "K004", "ambiguous", 1),
    }  # fmt: skip
    at_rest(filled)
    assert {name: len(rows) for name, rows in shown(filled).items()} == {"odoo": 12, "sage": 12, "list": 12}
    assert not doubled(filled)
    for review in filled.reviews():
        answers.same(filled.engine(), review.id)
    at_rest(filled)
    assert not filled.reviews()
    assert not doubled(filled)
    assert {id: row["Raison sociale"] for id, row in filled.book["Clients"].rows().items()} == names
    assert before["odoo"].keys() == shown(filled)["odoo"].keys()


def test_what_a_person_says_is_another_one_is_created_where_it_is_missing(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage du Lac", "city": "Annecy"})
    company.sync()
    with company.store.transaction() as connection:
        copying.clear(connection)
    company.sage["BPC"].items.clear()
    company.book["Clients"].items.clear()
    company.book["Clients"].add({"Raison sociale": "Garage du Lac", "Ville": "Genève"})
    found = rebuilding.rebuild(company.engine())
    (review,) = found.reviews
    assert review.reason == "it may be Garage du Lac, but city differs (Genève here, Annecy there)"
    assert {write.system for write in found.writes} == {"sage"}
    at_rest(company)
    assert len(company.book["Clients"].rows()) == 1
    answers.different(company.engine(), company.reviews()[0].id)
    at_rest(company)
    assert {name: len(rows) for name, rows in shown(company).items()} == {"odoo": 2, "sage": 2, "list": 2}


def test_namesakes_nobody_can_tell_apart_are_set_aside(company: Company) -> None:
    for _ in range(2):
        company.odoo["partner"].add({"name": "Garage du Lac"})
    company.sync()
    before = shown(company)
    found = lose(company)
    assert {(one.system, one.kind, len(one.candidates)) for one in found.reviews} == {
        ("sage", "ambiguous", 2), ("list", "ambiguous", 2),
    }  # fmt: skip
    at_rest(company)
    assert shown(company) == before


@pytest.mark.parametrize("down", ["odoo", "sage", "list"])
def test_nothing_is_created_before_every_system_was_read(filled: Company, down: str, tmp_path: Path) -> None:
    file = backed_up(filled, tmp_path)
    filled.book["Clients"].add({"Raison sociale": "Garage of the list"})
    filled.odoo["partner"].add({"name": "Garage of Odoo", "city": "Sète"})
    filled.sage["BPC"].add({"BPRNAM": "GARAGE OF SAGE"})
    at_rest(filled)
    before = shown(filled)
    restored(filled, file)
    (system,) = (one for one in filled.systems if one.name == down)
    system.down = Unreachable(down, "is not there")
    for _ in range(3):
        filled.sync(compare=True)
    assert recovering_still(filled)
    system.down = None
    at_rest(filled)
    filled.sync()
    assert shown(filled) == before
    assert not recovering_still(filled)
    assert not doubled(filled)


def test_a_record_that_cannot_be_read_keeps_its_like_from_being_created(filled: Company) -> None:
    name = filled.book["Clients"].show("C005")["Raison sociale"]
    filled.book["Clients"].spoil("C005", "Raison sociale")
    lose(filled)
    for _ in range(3):
        filled.sync(compare=True)
    assert len(filled.book["Clients"].rows()) == 12
    assert recovering_still(filled)
    filled.book["Clients"].set("C005", {"Raison sociale": name})
    at_rest(filled)
    assert {name: len(rows) for name, rows in shown(filled).items()} == {"odoo": 12, "sage": 12, "list": 12}
    assert not recovering_still(filled)


def test_two_systems_without_references_are_rebuilt_by_agreement(
    store: Store, load: Callable[[str], Mappings]
) -> None:
    """No Odoo to help: a workbook and a Sage that upper-cases and cuts."""
    head, _, tail = CUSTOMER.partition("  odoo:\n    object: partner\n")
    text = head.replace("[sage, odoo, list]", "[sage, list]") + tail.partition("\n")[2]
    company = Company(
        store, load(text), MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )  # fmt: skip
    for number in range(8):
        company.book["Clients"].add({"Raison sociale": f"{LONG} {number}"[-30:], "Ville": f"Ville {number}"})
    at_rest(company)
    before = shown(company)
    found = lose(company)
    assert not found.reviews
    assert not found.writes
    at_rest(company)
    assert shown(company) == before


def test_what_was_handed_over_and_not_shown_yet_is_not_handed_over_as_another(
    store: Store, load: Callable[[str], Mappings], tmp_path: Path
) -> None:
    """A Sage that imports files at night: the backup is older than the file, the export older than both."""
    company = Company(
        store, load(CUSTOMER), MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False, confirms=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )  # fmt: skip
    company.odoo["partner"].add({"name": "Garage 1"})
    company.sync()
    company.sage.deliver()
    at_rest(company)
    file = backed_up(company, tmp_path)
    company.odoo["partner"].add({"name": "Garage 2"})
    company.book["Clients"].add({"Raison sociale": "Garage 3"})
    company.sync()
    restored(company, file)
    company.sync()
    company.sage.deliver()
    for _ in range(3):
        company.sync()
        company.sage.deliver()
    assert company.sync(compare=True).writes == 0
    assert {name: len(rows) for name, rows in shown(company).items()} == {"odoo": 3, "sage": 3, "list": 3}
    assert not doubled(company)


def test_contacts_are_met_again_at_the_customers_they_belong_to(store: Store, tmp_path: Path) -> None:
    """Two people of one name, at two customers of no key."""
    (tmp_path / "mappings").mkdir()
    for name, text in (("customer", CUSTOMER), ("contact", CONTACT)):
        (tmp_path / "mappings" / f"{name}.yaml").write_text(text, encoding="utf-8")
    company = Company(
        store, load_mappings(tmp_path / "mappings"), MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )  # fmt: skip
    for number in range(3):
        client = company.book["Clients"].add({"Raison sociale": f"Garage {number}"})
        company.book["Contacts"].add({"Nom": "Camille Martin", "N° client": client})
        company.book["Contacts"].add({"Nom": f"Claude {number}", "N° client": client})
    at_rest(company)
    before = (company.odoo["contact"].rows(), company.book["Contacts"].rows())
    assert len(before[0]) == 6
    found = lose(company)
    assert not found.reviews
    assert not found.writes
    at_rest(company)
    assert (company.odoo["contact"].rows(), company.book["Contacts"].rows()) == before
    assert not recovering_still(company)
