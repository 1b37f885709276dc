"""The real servers are what they are said to be: version, way in, fresh databases, languages, companies."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.live.servers import Odoo


@pytest.fixture(scope="module", params=["odoo19", "odoo14"])
def server(request: pytest.FixtureRequest) -> Odoo:
    odoo: Odoo = request.getfixturevalue(request.param)
    return odoo


@pytest.fixture(scope="module")
def database(server: Odoo) -> Iterator[str]:
    name = server.fresh_database()
    yield name
    server.drop(name)


def test_the_server_is_of_the_version_it_is_called(server: Odoo) -> None:
    assert server.server_version().startswith(f"{server.version}.")


def test_the_administrator_logs_in_by_password_and_by_api_key(server: Odoo, database: str) -> None:
    by_password = server.user(database)
    if server.api_key is None:
        pytest.skip(f"no API key was given for Odoo {server.version}")
    assert replace(server, password=server.api_key).user(database) == by_password


def test_a_wrong_password_is_refused(server: Odoo, database: str) -> None:
    with pytest.raises(PermissionError):
        replace(server, password="not the password").user(database)


def test_partners_are_counted_and_a_fresh_database_does_not_see_those_of_another(
    server: Odoo, database: str
) -> None:
    before = server.call(database, "res.partner", "search_count", [])
    server.call(database, "res.partner", "create", [{"name": "Ateliers Vauquelin"}, {"name": "SARL Brézin"}])
    assert server.call(database, "res.partner", "search_count", []) == before + 2

    other = server.fresh_database()
    try:
        assert server.call(other, "res.partner", "search_count", [("name", "=", "SARL Brézin")]) == 0
    finally:
        server.drop(other)


def test_names_are_read_in_french_and_in_english(server: Odoo, database: str) -> None:
    germany = [("code", "=", "DE")]

    def named(lang: str) -> str:
        found = server.call(database, "res.country", "search_read", germany, ["name"], context={"lang": lang})
        return str(found[0]["name"])

    assert (named("fr_FR"), named("en_US")) == ("Allemagne", "Germany")


def test_a_second_company_can_be_made_and_worked_in(server: Odoo, database: str) -> None:
    company = server.new_company(database, "Électricité Brézin Sud")
    values = {"name": "Client du Sud", "company_id": company}
    partner = server.call(database, "res.partner", "create", [values])
    read = server.call(database, "res.partner", "read", partner, ["company_id"])
    assert read[0]["company_id"] == [company, "Électricité Brézin Sud"]


def test_json_2_answers_with_the_api_key(odoo19: Odoo) -> None:
    if odoo19.api_key is None:
        pytest.skip("no API key was given for Odoo 19")
    name = odoo19.fresh_database()
    headers = {
        "Authorization": f"bearer {odoo19.api_key}",
        "X-Odoo-Database": name,
        "Content-Type": "application/json",
    }
    url = f"{odoo19.url}/json/2/res.partner/search_count"
    request = urllib.request.Request(url, json.dumps({"domain": []}).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        count = json.load(answer)
    assert count == odoo19.call(name, "res.partner", "search_count", [])
    odoo19.drop(name)
