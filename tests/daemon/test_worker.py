"""One entity's work: never two at once, nothing forgotten, one route's trouble no other's."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select

from connectors.excel import connect
from connectors.excel.settings import Settings as ExcelSettings
from hub.daemon import board as boards
from hub.daemon.board import Board
from hub.daemon.exclusive import Exclusive, exclusive
from hub.daemon.figures import Reader
from hub.daemon.worker import Work, Worker
from hub.engine import Engine
from hub.mapping import Mappings, load_mappings
from hub.ports import Busy, Connector, Numbers, Outcome, Traits, View, Write
from hub.store import Store
from hub.store import tables as t
from tests.memory import MemorySystem

CUSTOMER = """
entity: customer
fields: {name: {type: text, required: true}, city: {type: text}}
match: [{exact: [name]}]
systems:
  odoo: {object: partner, fields: {name: name, city: city}}
  list: {object: Clients, key: "N°", new_key: "C{:03d}", fields: {name: Nom, city: Ville}}
"""
CONTACT = """
entity: contact
fields: {name: {type: text, required: true}, customer: {type: ref, entity: customer}}
match: [{exact: [name]}]
systems:
  odoo: {object: person, fields: {name: name, customer: parent}}
  list: {object: People, key: "N°", new_key: "P{:03d}", fields: {name: Nom, customer: Client}}
"""


class House:
    """Two systems, a store, and workers on them."""

    def __init__(self, folder: Path) -> None:
        (folder / "m").mkdir()
        (folder / "m" / "customer.yaml").write_text(CUSTOMER, "utf-8")
        (folder / "m" / "contact.yaml").write_text(CONTACT, "utf-8")
        self.mappings: Mappings = load_mappings(folder / "m")
        self.store = Store(f"sqlite:///{folder / 'hub.sqlite'}")
        self.store.migrate()
        self.odoo = MemorySystem("odoo", Traits())
        self.list = MemorySystem("list", Traits(assigns_ids=False))
        self.board = Board()
        self.done: list[Work] = []
        self.stopping = threading.Event()
        self.locks = {"customer": threading.Lock(), "contact": threading.Lock()}

    def worker(self, entity: str, *parents: Worker, connectors: dict[str, Connector] | None = None) -> Worker:
        own: dict[str, Connector] = {
            "odoo": self.odoo.connect(),
            "list": self.list.connect(),
            **(connectors or {}),
        }
        engine = Engine(self.store, self.mappings, own, stopping=self.stopping.is_set)
        return Worker(
            entity,
            engine,
            self.board,
            self.locks[entity],
            parents,
            lambda worker, work: self.done.append(work),
        )

    def names(self, system: MemorySystem, table: str, field: str) -> list[str]:
        return sorted(str(item.values[field]) for item in system[table].items.values())


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(boards, "FIRST", 0.0)
    made = House(tmp_path)
    yield made
    made.store.close()


def test_what_was_asked_is_read_and_delivered_in_one_go(house: House) -> None:
    house.odoo["partner"].add({"name": "Durand", "city": "Lyon"})
    house.list["Clients"].add({"Nom": "Morel", "Ville": "Vif"})
    worker = house.worker("customer")
    worker.ask(pull=worker.reads)
    worker.work()
    assert house.names(house.odoo, "partner", "name") == ["Durand", "Morel"]
    assert house.names(house.list, "Clients", "Nom") == ["Durand", "Morel"]
    (work,) = house.done
    assert (work.pulled, work.failed, work.is_news) == ({"odoo", "list"}, set(), True)


def test_a_request_that_comes_while_another_thread_works_is_done_by_that_one(house: House) -> None:
    worker = house.worker("customer")
    house.odoo["partner"].add({"name": "Durand"})
    with house.locks["customer"]:
        worker.ask(pull=["odoo"])
        worker.work()
        assert house.done == []
    worker.work()
    assert [work.pulled for work in house.done] == [{"odoo", "list"}]


def test_a_new_record_is_looked_for_everywhere_at_once_and_then_created(house: House) -> None:
    worker = house.worker("customer")
    house.odoo["partner"].add({"name": "Durand"})
    worker.ask(pull=["odoo"])
    worker.work()
    assert house.names(house.list, "Clients", "Nom") == ["Durand"]


def test_many_threads_that_ask_are_never_two_at_work_and_leave_nothing_undone(house: House) -> None:
    at_work, most = [0], [0]

    class Watched(Exclusive):
        def ids(self, view: View) -> set[str]:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
            found = super().ids(view)
            at_work[0] -= 1
            return found

    worker = house.worker("customer", connectors={"odoo": Watched(house.odoo.connect(), threading.Lock())})

    def ask(number: int) -> None:
        house.odoo["partner"].add({"name": f"Client {number}"})
        worker.ask(compare=["odoo"])
        worker.work()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.look_around()
    worker.work()
    assert most == [1]
    assert house.names(house.list, "Clients", "Nom") == sorted(f"Client {n}" for n in range(12))


def test_children_wait_for_their_parents_first_work(house: House) -> None:
    parent = house.worker("customer")
    child = house.worker("contact", parent)
    durand = house.odoo["partner"].add({"name": "Durand"})
    house.odoo["person"].add({"name": "Anne", "parent": durand})
    child.ask(pull=child.reads)
    child.work()
    assert house.done == []
    parent.ask(pull=parent.reads)
    parent.work()
    child.work()
    assert house.names(house.list, "People", "Nom") == ["Anne"]


class Open(Exclusive):
    """A workbook that somebody has open while `open` is true; a fault of our own while `broken` is."""

    is_open, broken = True, False

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        if self.broken:
            raise KeyError("a fault of ours")
        if self.is_open:
            raise Busy("list", "the workbook is open")
        return super().write(view, writes)


@pytest.mark.parametrize("broken", [False, True], ids=["open", "broken"])
def test_a_route_that_fails_is_said_once_and_the_others_go_on(house: House, broken: bool) -> None:
    book = Open(house.list.connect(), threading.Lock())
    book.broken = broken
    worker = house.worker("customer", connectors={"list": book})
    house.odoo["partner"].add({"name": "Durand"})
    house.list["Clients"].add({"Nom": "Morel"})
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            worker.ask(pull=worker.reads)
            worker.work()
        assert house.names(house.odoo, "partner", "name") == ["Durand", "Morel"]
        assert house.names(house.list, "Clients", "Nom") == ["Morel"]
        assert [line["event"] for line in lines] == [
            "failed by an error nobody expected" if broken else "waits"
        ]
        book.is_open = book.broken = False
        house.board.keep_only({("customer", "list")})
        _deliver_all(house, worker)
    assert house.names(house.list, "Clients", "Nom") == ["Durand", "Morel"]
    assert lines[-1]["event"] == "works again"
    assert len(lines) == 2


def _deliver_all(house: House, worker: Worker) -> None:
    """What was put back is due a moment later."""
    for _ in range(200):
        worker.ask(deliver=True)
        worker.work()
        if Reader(house.store).refresh().depth() == 0:
            return
        threading.Event().wait(0.05)


def test_rounds_in_which_nothing_happened_leave_no_line_in_the_log_of_runs(house: House) -> None:
    worker = house.worker("customer")
    house.odoo["partner"].add({"name": "Durand"})
    for _ in range(5):
        worker.ask(pull=worker.reads)
        worker.work()
    with house.store.transaction() as connection:
        assert len(connection.execute(select(t.run)).all()) == 1


def test_a_stop_ends_the_work_and_keeps_what_was_asked(house: House) -> None:
    worker = house.worker("customer")
    house.odoo["partner"].add({"name": "Durand"})
    house.stopping.set()
    worker.ask(pull=worker.reads)
    worker.work()
    assert house.done == []
    house.stopping.clear()
    worker.work()
    assert house.names(house.list, "Clients", "Nom") == ["Durand"]


def test_figures_tell_how_the_store_stands(house: House) -> None:
    worker = house.worker("customer", connectors={"list": Open(house.list.connect(), threading.Lock())})
    house.odoo["partner"].add({"name": "Durand"})
    worker.ask(pull=worker.reads)
    worker.work()
    figures = Reader(house.store).refresh()
    assert figures.linked == {("customer", "odoo"): 1}
    assert figures.mail(("customer", "list"), "due", "sending") == 1
    assert set(figures.pulled) == {("customer", "odoo"), ("customer", "list")}


def test_only_systems_that_are_files_are_used_one_call_at_a_time(house: House) -> None:
    server, book = house.odoo.connect(), house.list.connect()
    assert exclusive(server, threading.Lock()) is server
    assert isinstance(exclusive(book, threading.Lock()), Exclusive)
    assert not isinstance(exclusive(book, threading.Lock()), Numbers)


def test_a_file_whose_rows_can_be_numbered_can_be_so_through_the_lock(tmp_path: Path) -> None:
    book = connect("clients", ExcelSettings(path=tmp_path / "clients.xlsx"))
    assert isinstance(book, Numbers)
    assert isinstance(exclusive(book, threading.Lock()), Numbers)


def test_two_connectors_to_one_file_never_call_at_once(house: House) -> None:
    lock, at_work, most = threading.Lock(), [0], [0]
    view = house.mappings["customer"].systems["list"].view

    class Slow:
        name, traits = "list", Traits(assigns_ids=False)

        def ids(self, view: View) -> set[str]:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
            threading.Event().wait(0.002)
            at_work[0] -= 1
            return set()

    wrapped = [Exclusive(Slow(), lock) for _ in range(4)]  # type: ignore[arg-type]
    threads = [threading.Thread(target=lambda one=one: [one.ids(view) for _ in range(10)]) for one in wrapped]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
