"""The sandbox Odoo starts, counts, lets itself be disturbed, and stops without a trace."""

from __future__ import annotations

import http.client
import socket
import threading
import time
import urllib.error
import xmlrpc.client
from urllib.parse import urlsplit

import odoorpc
import pytest

from sandbox.odoo import AccessError, Call, Cut, Delay, Html, Odoo, serve
from tests.sandbox.conftest import at
from tests.sandbox.doors import Failure, Side

P = "res.partner"


def make(odoo: Odoo, **values: object) -> int:
    return int(odoo.env[P].create({"name": "Garage Valbrune", **values}))


def test_a_record_goes_in_and_out_of_every_door(doored: tuple[Odoo, Side]) -> None:
    odoo, side = doored
    made = side.call(P, "create", vals_list=[{"name": "Mairie de Vif", "city": "Vif"}])
    assert side.call(P, "read", made, fields=["name", "city"]) == [
        {"id": made[0], "name": "Mairie de Vif", "city": "Vif"}
    ]
    assert odoo.env[P].browse(made).read(["city"])[0]["city"] == "Vif"


def test_odoorpc_works_with_both_versions(odoo: Odoo) -> None:
    id = make(odoo)
    client = odoorpc.ODOO("127.0.0.1", port=urlsplit(odoo.url).port)
    client.login(odoo.database, odoo.login, odoo.password)
    partner = client.env[P].browse(id)
    partner.city = "Gap"
    assert client.env.user.name == "Administrator"
    assert client.env.ref("base.main_company").id == 1
    assert odoo.env[P].browse([id]).read(["city"])[0]["city"] == "Gap"


def test_odoo_14_has_neither_json_2_nor_web_save_multi() -> None:
    with serve(14) as odoo:
        assert at(odoo, "json2").call(P, "search", domain=[]) == Failure(404, "html", "")
        assert "web_save_multi" in at(odoo).call(P, "web_save_multi", [3], vals_list=[{}]).message


def test_two_run_side_by_side_and_know_nothing_of_each_other() -> None:
    with serve(19, database="one") as one, serve(19, database="two") as two:
        make(one)
        assert one.url != two.url
        assert at(one).call(P, "search_count", domain=[]) == at(two).call(P, "search_count", domain=[]) + 1


def test_calls_are_counted_and_remembered(odoo: Odoo) -> None:
    side = at(odoo)
    id = make(odoo)
    for city in ("Gap", "Die"):
        side.call(P, "write", [id], vals={"city": city})
    assert odoo.calls[P, "write"] == 2
    assert odoo.calls[P, "create"] == 0, "what is done directly is no call"
    assert [call.args[1] for call in odoo.log if call.method == "write"] == [{"city": "Gap"}, {"city": "Die"}]


def test_a_hook_before_a_call_refuses_it(doored: tuple[Odoo, Side]) -> None:
    odoo, side = doored
    id = make(odoo, city="Vif")

    def refuse(call: Call) -> None:
        if call.method == "write":
            raise AccessError("not today")

    odoo.before.append(refuse)
    refused = side.call(P, "write", [id], vals={"city": "Gap"})
    assert (refused.message, refused.code in (4, 403, 0, 200)) == ("not today", True)
    assert odoo.env[P].browse([id]).read(["city"])[0]["city"] == "Vif"


def test_a_hook_before_a_call_can_race_it(odoo: Odoo) -> None:
    id = make(odoo, city="Vif")
    odoo.before.append(lambda call: call.method == "read" and odoo.env[P].browse([id]).write({"city": "Gap"}))
    assert at(odoo).call(P, "read", [id], fields=["city"])[0]["city"] == "Gap"


def test_an_answer_lost_after_the_call_leaves_it_applied(doored: tuple[Odoo, Side]) -> None:
    odoo, side = doored
    id = make(odoo)

    def cut(call: Call) -> None:
        if call.method == "write":
            raise Cut

    odoo.after.append(cut)
    with pytest.raises((http.client.HTTPException, ConnectionError, urllib.error.URLError)):
        side.call(P, "write", [id], vals={"city": "Gap"})
    assert odoo.env[P].browse([id]).read(["city"])[0]["city"] == "Gap"


def test_an_answer_lost_before_the_call_leaves_it_undone(odoo: Odoo) -> None:
    def cut(call: Call) -> None:
        raise Cut

    odoo.before.append(cut)
    # The client of the standard library tries a lost connection once more by itself.
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        at(odoo).call(P, "create", vals_list={"name": "Nobody"})
    assert odoo.env[P].search([("name", "=", "Nobody")]) == []


def test_maintenance_is_a_page_of_html(odoo: Odoo) -> None:
    def maintenance(call: Call) -> None:
        raise Html(503, "<html><body>Maintenance</body></html>")

    odoo.before.append(maintenance)
    with pytest.raises(xmlrpc.client.ProtocolError) as caught:
        at(odoo).service("common", "version")
    assert caught.value.errcode == 503


def test_a_slow_call_is_slow_for_its_caller_only(odoo: Odoo) -> None:
    waiting = threading.Event()

    def delay(call: Call) -> Delay | None:
        if call.method != "search_count":
            return None
        waiting.set()
        return Delay(0.5)

    odoo.before.append(delay)
    slow = threading.Thread(target=at(odoo).call, args=(P, "search_count"), kwargs={"domain": []})
    slow.start()
    waiting.wait(5)
    assert at(odoo).call(P, "read", [3], fields=["name"])
    assert slow.is_alive()
    slow.join()


def test_it_stops_clean_with_connections_open() -> None:
    before = set(threading.enumerate())
    with serve(19) as odoo:
        port = urlsplit(odoo.url).port
        left_open = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(3)]
        for connection in left_open:
            connection.request("GET", "/web/version")
            assert connection.getresponse().read()
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionError), socket.create_connection(("127.0.0.1", port or 0), timeout=1):
        pass
    for connection in left_open:
        connection.close()


def test_a_call_that_fails_half_way_leaves_nothing(odoo: Odoo) -> None:
    side = at(odoo)
    made = side.call(P, "create", vals_list=[{"name": "Good"}, {"name": "Bad", "type": "nonsense"}])
    assert isinstance(made, Failure)
    assert odoo.env[P].search([("name", "=", "Good")]) == []


def test_many_callers_at_once_lose_nothing(odoo: Odoo) -> None:
    def work(worker: int) -> None:
        side = at(odoo)
        for number in range(20):
            side.call(P, "create", vals_list={"name": f"Worker {worker}", "ref": str(number)})

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert odoo.env[P].search_count([("name", "like", "Worker ")]) == 160


def test_the_time_of_a_write_is_that_of_its_transaction(odoo: Odoo) -> None:
    with odoo.env.transaction():
        first = make(odoo)
        time.sleep(0.002)
        second = make(odoo)
    rows = odoo.env.table(P).rows
    assert rows[first]["write_date"] == rows[second]["write_date"]


def test_a_long_transaction_commits_behind_a_cursor_that_moved_on(odoo: Odoo) -> None:
    start = odoo.base.clock()
    later = make(odoo)
    odoo.base.clock = lambda: start
    late = make(odoo)
    rows = odoo.env.table(P).rows
    assert rows[late]["write_date"] < rows[later]["write_date"]
    found = odoo.env[P].search([("write_date", ">=", start), ("id", ">=", later)], order="write_date")
    assert found == [late, later]
