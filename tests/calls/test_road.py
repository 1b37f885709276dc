"""The call road from what an exchange says to what is on a screen and in the log, with all its threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.calllog.log import CallLog
from hub.desk import Order, Show
from hub.directory import Directory
from hub.exchange import Dialled
from hub.mapping import Mappings, load_mappings
from hub.ports import Misconfigured, Unreachable
from hub.road.orders import Orders
from hub.road.road import Road
from hub.settings import CallSettings
from hub.store import Store
from hub.store import tables as t
from hub.store.repository import dumps, loads
from tests.calls.office import MemoryExchange, Screen
from tests.tally import tally

MAPPING = """
entity: customer
fields:
  name: {type: text, required: true}
  phone: {type: phone, region: FR}
  city: {type: text}
match: [{exact: [name]}]
systems:
  odoo: {object: res.partner, fields: {name: name, phone: phone, city: city}}
"""
NUMBER = "+33199001234"
LOGINS = {"101": "alice", "102": "bruno"}


def until(true: Callable[[], bool]) -> None:
    """Wait for something that must come to be true."""
    limit = time.monotonic() + 20
    while not true():
        assert time.monotonic() < limit, "it never came to be"
        time.sleep(0.005)


class Office:
    """Two agents, one customer, an exchange, a screen, and a road between them."""

    def __init__(self, store: Store, mappings: Mappings) -> None:
        self.store, self.mappings = store, mappings
        self.exchange, self.screen = MemoryExchange(), Screen()
        self.woken = self.markers = 0
        self.settings = CallSettings(desk="odoo", extensions=LOGINS)
        self.road = self.opened()

    def opened(self) -> Road:
        road = Road(
            {"exchange": self.exchange},
            Directory(self.store, self.mappings),
            CallLog(self.store, self.mappings, logins=lambda: LOGINS),
            self.settings,
            desk=self.screen,
            wake=self._wake,
        )
        road.start()
        return road

    def restart(self) -> None:
        """The hub is stopped, and comes back."""
        assert self.road.stop()
        self.exchange = MemoryExchange()
        self.exchange.seconds = 1000
        self.screen.requests.clear()
        self.road = self.opened()

    def _wake(self) -> None:
        self.woken += 1

    def settled(self) -> None:
        """Wait until everything heard was worked on, sent and written."""
        self.markers += 1
        marker = f"marker-{self.markers}"
        self.exchange.say("started", marker, direction="internal")
        until(lambda: self.road.book.get(f"exchange:{marker}") is not None and not self.road.notes.waiting)
        screens = self.road.screens
        assert screens is not None
        until(lambda: not screens._waiting)

    def on_screen(self, user: str) -> list[Show]:
        return [show for (who, _), show in self.screen.shown.items() if who == user]

    def calls(self) -> dict[str, str]:
        with self.store.reading() as connection:
            rows = connection.execute(select(t.call.c.id, t.call.c.data)).all()
        return {row.id: loads(row.data)["outcome"] for row in rows if "marker" not in row.id}

    def callbacks(self) -> list[tuple[str, int, bool]]:
        """Number, calls missed, whether it still waits."""
        with self.store.reading() as connection:
            rows = connection.execute(select(t.callback).order_by(t.callback.c.id)).all()
        return [(row.number, loads(row.data)["missed"], row.closed_at is None) for row in rows]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        made = Store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    else:
        made = Store(request.getfixturevalue("postgres_url"))
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "customer.yaml").write_text(MAPPING)
    found = Office(store, load_mappings(tmp_path / "mappings", ("odoo",)))
    yield found
    found.road.stop()


def know(store: Store, name: str, number: str = NUMBER, *, record: str = "7", city: str = "") -> None:
    """A customer the sync has brought in, with a record in Odoo."""
    ident = f"golden-{name}"
    with store.transaction() as connection:
        connection.execute(
            t.golden.insert().values(
                id=ident, entity="customer", data=dumps({"name": name, "phone": number, "city": city}),
                origins=dumps({"*": ["odoo", "2026-01-01T00:00:00+00:00"]}),
                created_at="2026-01-01T00:00:00+00:00", dirty=0,
            )
        )  # fmt: skip
        connection.execute(t.phone_number.insert().values(number=number, golden_id=ident, entity="customer"))
        connection.execute(
            t.link.insert().values(
                entity="customer", system="odoo", external_id=record, golden_id=ident, base="{}", gone=False,
                unconfirmed=False,
            )
        )  # fmt: skip


def test_the_agent_whose_telephone_rings_sees_who_it_is(office: Office) -> None:
    know(office.store, "Atelier Roux", city="Lyon")
    office.exchange.comes_in("1", "0199001234", "101")
    until(lambda: bool(office.on_screen("alice")))
    shown = office.on_screen("alice")[0]
    assert (shown.number, shown.shown, shown.line) == (NUMBER, "01 99 00 12 34", "01 99 00 99 00")
    assert [(one.name, one.town, one.object, one.id) for one in shown.candidates] == [
        ("Atelier Roux", "Lyon", "res.partner", "7")
    ]
    assert office.on_screen("bruno") == []


def test_the_popup_goes_when_another_answers_and_stays_with_who_did(office: Office) -> None:
    office.exchange.comes_in("1", NUMBER, "101", "102", queue="support")
    until(lambda: bool(office.on_screen("alice")) and bool(office.on_screen("bruno")))
    office.exchange.picks_up("1", "102", "101")
    office.settled()
    assert office.on_screen("alice") == []
    assert [show.line for show in office.on_screen("bruno")] == ["support"]


def test_the_popup_goes_when_the_caller_gives_up(office: Office) -> None:
    office.exchange.comes_in("1", NUMBER, "101", "102")
    until(lambda: bool(office.on_screen("alice")))
    office.exchange.gives_up("1", "101", "102")
    office.settled()
    assert office.on_screen("alice") == office.on_screen("bruno") == []
    assert office.calls() == {"exchange:1": "abandoned"}


def test_who_is_handed_a_call_sees_whose_it_is(office: Office) -> None:
    know(office.store, "Atelier Roux")
    office.exchange.comes_in("1", NUMBER, "101")
    office.exchange.picks_up("1", "101")
    office.exchange.say("transferred", "1", agent="101", target="102", transfer="blind")
    office.exchange.rings("1", "102")
    until(lambda: bool(office.on_screen("bruno")))
    assert office.on_screen("bruno")[0].candidates[0].name == "Atelier Roux"


def test_every_candidate_is_shown_and_none_at_random(office: Office) -> None:
    know(office.store, "Roux père", record="7")
    know(office.store, "Roux fils", record="8")
    office.exchange.comes_in("1", NUMBER, "101")
    until(lambda: bool(office.on_screen("alice")))
    assert [one.name for one in office.on_screen("alice")[0].candidates] == ["Roux fils", "Roux père"]


def test_a_withheld_number_is_neither_shown_nor_kept_once_the_call_is_over(office: Office) -> None:
    know(office.store, "Atelier Roux")
    office.exchange.comes_in("1", NUMBER, "101", hidden=True, name="M. Roux")
    until(lambda: bool(office.on_screen("alice")))
    shown = office.on_screen("alice")[0]
    assert (shown.hidden, shown.number, shown.name, shown.candidates) == (True, "", "", ())
    office.exchange.gives_up("1", "101")
    office.settled()
    with office.store.reading() as connection:
        row = connection.execute(select(t.call).where(t.call.c.id == "exchange:1")).one()
    assert "199001234" not in str(tuple(row))
    assert "Roux" not in str(tuple(row))
    assert office.callbacks() == []


def test_a_missed_call_waits_to_be_called_back_and_a_second_one_raises_it(office: Office) -> None:
    know(office.store, "Atelier Roux")
    for call_id in ("1", "2"):
        office.exchange.comes_in(call_id, "0199001234", "101")
        office.exchange.gives_up(call_id, "101")
    office.settled()
    assert office.callbacks() == [(NUMBER, 2, True)]
    assert office.woken


def test_whoever_reaches_the_caller_closes_it_by_a_call_in_either_direction(office: Office) -> None:
    office.exchange.comes_in("1", NUMBER, "101")
    office.exchange.gives_up("1", "101")
    office.exchange.say(
        "started", "2", direction="outbound", number="0199001234", agent="102", leg_id="2-102"
    )
    office.exchange.say("answered", "2", leg_id="2-far")
    office.settled()
    assert office.callbacks() == [(NUMBER, 1, False)]
    office.exchange.comes_in("3", NUMBER, "101")
    office.exchange.gives_up("3", "101")
    office.exchange.comes_in("4", NUMBER, "101")
    office.exchange.picks_up("4", "101")
    office.settled()
    assert office.callbacks() == [(NUMBER, 1, False), (NUMBER, 1, False)]


def test_an_outbound_call_nobody_answers_closes_nothing(office: Office) -> None:
    office.exchange.comes_in("1", NUMBER, "101")
    office.exchange.gives_up("1", "101")
    office.exchange.say("started", "2", direction="outbound", number=NUMBER, agent="102")
    office.exchange.say("ended", "2")
    office.settled()
    assert office.callbacks() == [(NUMBER, 1, True)]


def test_what_is_said_again_after_a_restart_counts_once(office: Office) -> None:
    events = [
        office.exchange.event("started", "1", direction="inbound", number=NUMBER),
        office.exchange.event("ringing", "1", leg_id="a", agent="101"),
        office.exchange.event("gave up", "1"),
        office.exchange.event("ended", "1"),
    ]
    for event in events:
        office.exchange.hear(event)
    office.settled()
    office.restart()
    for event in events:
        office.exchange.hear(event)
    office.settled()
    assert office.callbacks() == [(NUMBER, 1, True)]
    assert office.calls() == {"exchange:1": "abandoned"}
    assert not [one for sent in office.screen.requests for one in sent if isinstance(one, Show)]


def test_a_call_in_progress_is_known_after_a_restart_and_ends_as_it_did(office: Office) -> None:
    office.exchange.comes_in("1", NUMBER, "101", "102")
    office.exchange.picks_up("1", "101", "102")
    office.settled()
    office.restart()
    office.exchange.only("1")
    office.exchange.say("ended", "1")
    office.settled()
    assert office.calls() == {"exchange:1": "answered"}


def test_a_call_that_ended_while_nobody_listened_is_over_and_its_caller_is_called_back(
    office: Office,
) -> None:
    office.exchange.comes_in("1", NUMBER, "101")
    office.settled()
    office.restart()
    office.exchange.only()
    office.settled()
    assert office.calls() == {"exchange:1": "unknown"}
    assert office.callbacks() == [(NUMBER, 1, True)]


def test_a_desk_that_is_down_loses_no_call_and_shows_no_stale_popup(office: Office) -> None:
    office.screen.down = Unreachable("odoo", "no answer")
    tally("faults injected")
    office.exchange.comes_in("1", NUMBER, "101")
    office.exchange.gives_up("1", "101")
    office.exchange.comes_in("2", NUMBER, "101")
    screens = office.road.screens
    assert screens is not None
    until(lambda: screens.failing is not None)
    office.screen.down = None
    until(lambda: bool(office.on_screen("alice")))
    office.settled()
    assert {show.popup for show in office.on_screen("alice")} == {"exchange:2"}
    assert office.calls() == {"exchange:1": "abandoned", "exchange:2": "ringing"}
    assert screens.failing is None


def test_a_burst_goes_in_few_requests_and_loses_nothing(office: Office) -> None:
    for number in range(100):
        office.exchange.comes_in(str(number), f"+3319900{number:04}", "101", "102")
        office.exchange.picks_up(str(number), "101", "102")
        office.exchange.say("ended", str(number))
    office.settled()
    assert len(office.calls()) == 100
    assert set(office.calls().values()) == {"answered"}
    assert office.on_screen("bruno") == []
    assert len(office.screen.requests) < 400


def test_an_event_that_breaks_the_road_costs_only_itself(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally("faults injected")
    whole = office.road.directory.owners

    def owners(number: str, system: str | None = None) -> list[object]:
        if "666" in number:
            raise RuntimeError("a bug")
        return list(whole(number, system))

    monkeypatch.setattr(office.road.directory, "owners", owners)
    office.exchange.comes_in("1", "+33199000666", "101")
    office.exchange.comes_in("2", NUMBER, "101")
    office.settled()
    assert [show.popup for show in office.on_screen("alice")] == ["exchange:2"]
    assert office.road.figures.broken


@pytest.mark.parametrize(
    ("number", "dialled"),
    [("01 99 00 12 34", True), (NUMBER, True), ("+33899123456", False), ("3617", False), ("15", False),
     ("+44 20 7946 0958", False), ("0199001234;DROP", True), ("*21*0199001234#", False)],
)  # fmt: skip
def test_a_click_dials_from_the_agents_own_telephone_what_the_rules_allow(
    office: Office, number: str, dialled: bool
) -> None:
    order = Order("9", "bruno", number, datetime.now(UTC))
    office.screen.ordered.append(order)
    until(lambda: bool(office.exchange.dialled) or bool(office.screen.answers))
    if dialled:
        assert [(agent, to) for agent, to, _ in office.exchange.dialled] == [("102", NUMBER)]
    else:
        assert not office.exchange.dialled
        assert "calls.dial" in office.screen.answers[0][1]


@pytest.mark.parametrize("why", ["old", "nobody", "unreachable", "unsure"])
def test_an_order_that_is_not_carried_out_is_told_and_never_repeated(office: Office, why: str) -> None:
    at, user = datetime.now(UTC), "bruno"
    if why == "old":
        at -= timedelta(minutes=5)
    elif why == "nobody":
        user = "zoe"
    elif why == "unreachable":
        office.exchange.answer = Unreachable("exchange", "no answer")
    else:
        office.exchange.answer = Dialled("x", sure=False)
    office.screen.ordered.append(Order("9", user, NUMBER, at))
    until(lambda: bool(office.screen.answers))
    orders = office.road.orders
    assert isinstance(orders, Orders)
    orders.look()
    assert len(office.screen.answers) == 1
    assert len(office.exchange.dialled) == (why in ("unreachable", "unsure"))


def test_a_click_is_dialled_by_the_exchange_that_can(store: Store, tmp_path: Path) -> None:
    deaf, able = MemoryExchange("hosted"), MemoryExchange("exchange")
    deaf.answer = Misconfigured("hosted", "this exchange cannot dial")
    screen = Screen(ordered=[Order("9", "bruno", NUMBER, datetime.now(UTC))])
    road = Road(
        {"hosted": deaf, "exchange": able},
        Directory(store, Mappings(())),
        CallLog(store, Mappings(())),
        CallSettings(desk="odoo", extensions=LOGINS),
        desk=screen,
    )
    road.start()
    try:
        until(lambda: bool(able.dialled) or bool(screen.answers))
    finally:
        road.stop()
    assert [(agent, to) for agent, to, _ in able.dialled] == [("102", NUMBER)]
    assert not screen.answers


def test_of_many_popups_at_once_what_is_looked_up_comes_when_nobody_waits_any_more(office: Office) -> None:
    for number in range(6):
        know(office.store, f"Client {number}", f"+3319900{number:04}", record=str(number))
    held, go = threading.Event(), threading.Event()

    def gate() -> None:
        held.set()
        assert go.wait(20)

    office.screen.gate = gate
    office.exchange.comes_in("held", NUMBER, "102")
    assert held.wait(20)
    for number in range(6):
        office.exchange.comes_in(str(number), f"+3319900{number:04}", "101")
    office.exchange.gives_up("5", "101")
    until(lambda: {"exchange:5"} == {call.id for call in office.road.book.calls() if call.over})
    go.set()
    until(lambda: len(office.screen.requests) == 3)
    first, many, rest = office.screen.requests
    assert [one.part for one in first if isinstance(one, Show)] == ["whole"]
    assert [(one.popup, one.part) for one in many if isinstance(one, Show)] == [
        (f"exchange:{number}", "first") for number in range(5)
    ]
    assert [(one.popup, one.part) for one in rest if isinstance(one, Show)] == [
        (f"exchange:{number}", "rest") for number in range(1, 5)
    ]
    office.settled()
    assert len(office.screen.requests) == 3
