"""The story of the contracts: a folder of Word, a workbook of customers and an Odoo, page by page.

Fifty contracts and three hundred customers become customers, contracts and a year of visits; then people
change a periodicity in Word and an end in Odoo, one contract cannot be understood, and running it all again
writes nothing. The mappings and profiles are those that ship, copied as an admin copies them. The same pages
are told on the sandbox's Odoo and on the real ones.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import docx

from sandbox.company.contracts import (
    Agreed,
    contracts,
    fill_in,
    say_otherwise,
    write_contracts,
    write_template,
)
from sandbox.company.customers import customers
from sandbox.company.workbook import write_workbook
from tests.live.servers import Odoo
from tests.story.site import PROJECT, Hub, Said

HUB_YAML = """\
systems:
  odoo:
    kind: odoo
    url: {url}
    database: {database}
    login: {login}
    password: ${{ODOO_PASSWORD}}
    transport: {transport}
  clients:
    kind: excel
    path: clients.xlsx
    stable_seconds: 0
  contracts:
    kind: word
    path: contrats
    profiles: profiles
    stable_seconds: 0
  maintenance:
    kind: maintenance
    planning: {{town_days: 0}}
"""
SHIPPED = PROJECT / "mappings"


@dataclass(frozen=True)
class Home:
    """Where an Odoo keeps contracts and visits: the mappings that ship for it, and the names to look by.

    `cancelled` is a domain that finds visits which will not take place; `done` what a person writes into one.
    """

    mappings: tuple[str, str]
    contract: str
    number: str
    end: str
    visit: str
    title: str
    when: str
    cancelled: tuple[Any, ...]
    confirm: dict[str, Any]
    makes: dict[str, Any]


OCA = Home(
    ("contract-oca", "visit-order"), "contract.contract", "code", "date_end", "fsm.order", "description",
    "scheduled_date_start", ("stage_id.name", "=", "Cancelled"), {"stage_id": "Confirmed"},
    {"contract_type": "sale"},
)  # fmt: skip
PROJECT_19 = Home(
    ("contract-project", "visit-task"), "project.project", "name", "date", "project.task", "name",
    "date_deadline", ("active", "=", False), {"state": "03_approved"}, {"label_tasks": "Visites"},
)  # fmt: skip
PROJECT_14 = Home(
    ("contract-project-14", "visit-task-14"), "project.project", "name", "date", "project.task", "name",
    "date_deadline", ("active", "=", False), {"stage_id": "Confirmée"}, {"label_tasks": "Visites"},
)  # fmt: skip


class Place:
    """A folder with a hub in it, the office's files, and its Odoo."""

    def __init__(
        self,
        folder: Path,
        odoo: Odoo,
        database: str,
        transport: str,
        hub: type[Hub],
        home: Home,
    ) -> None:
        self.folder, self.odoo, self.database, self.home = folder, odoo, database, home
        self.hub = hub(folder)
        self.today = date.today()
        known = list(customers(300))
        self.agreed = list(contracts(known[:50], self.today.year))
        self.paths = dict(
            zip(
                (one.number for one in self.agreed),
                write_contracts(folder / "contrats", self.agreed),
                strict=True,
            )
        )
        write_workbook(folder / "clients.xlsx", known)
        self._copy()
        text = HUB_YAML.format(url=odoo.url, database=database, login=odoo.login, transport=transport)
        (folder / "hub.yaml").write_text(text, "utf-8")
        (folder / ".env").write_text(f"ODOO_PASSWORD={odoo.password}\n", "utf-8")

    def _copy(self) -> None:
        (self.folder / "mappings").mkdir()
        for name in ("customer", *self.home.mappings, "alert", "notice"):
            shutil.copy(SHIPPED / "maintenance" / f"{name}.yaml", self.folder / "mappings")
        shutil.copytree(SHIPPED / "documents", self.folder / "profiles")
        write_template(self.folder / "profiles" / "modele.docx")
        path = self.folder / "mappings" / f"{self.home.mappings[0]}.yaml"
        text = path.read_text("utf-8").replace(
            "creates: false                       # true", "creates: true  # true"
        )
        path.write_text(text.replace("# template:", "template:").replace("# file:", "file:"), "utf-8")
        if "siret" in self.call("res.partner", "fields_get", [], ["type"]):
            path = self.folder / "mappings" / "customer.yaml"
            path.write_text(
                path.read_text("utf-8").replace("siret: company_registry ", "siret: siret "), "utf-8"
            )

    # -- people ------------------------------------------------------------------------------------------

    def call(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        return self.odoo.call(self.database, model, method, *arguments, **named)

    def rows(self, model: str, domain: list[Any], *fields: str) -> list[dict[str, Any]]:
        return list(self.call(model, "search_read", domain, list(fields)))

    def sync(self, *codes: int) -> Said:
        """Run `hub sync`; what waits is in the failure where it ends otherwise than it may."""
        said = self.hub("sync", "--json")
        if said.code not in (codes or (0,)):
            waiting = self.hub("deadletters", "--json").out + self.hub("conflicts", "--json").out
            raise AssertionError(f"hub sync ended with {said.code}\n{waiting}\n{said.out}\n{said.err}")
        return said

    def contract(self, number: str) -> dict[str, Any]:
        """A contract as Odoo has it."""
        (found,) = self.rows(self.home.contract, [[self.home.number, "=", number]], "id", self.home.end)
        return found

    def visits(self, number: str = "") -> dict[int, date]:
        """The visits that will take place, with their days; of one contract, by its number in the title."""
        fields = ("id", self.home.title, self.home.when)
        named = [[self.home.title, "ilike", number]] if number else [[self.home.title, "ilike", "Visite"]]
        found = self.rows(self.home.visit, named, *fields)
        gone = {row["id"] for row in self.rows(self.home.visit, [*named, list(self.home.cancelled)], "id")}
        return {row["id"]: _day(row[self.home.when]) for row in found if row["id"] not in gone}

    def confirm(self, visit: int) -> None:
        """Somebody agrees with the customer on the day."""
        ((field, value),) = self.home.confirm.items()
        if field == "stage_id":
            stage = "project.task.type" if self.home.visit == "project.task" else "fsm.stage"
            value = self.rows(stage, [["name", "=", value]], "id")[0]["id"]
        self.call(self.home.visit, "write", [visit], {field: value})

    def one_with(self, *, controls: bool, months: int) -> Agreed:
        """A contract of this layout whose visits are so many months apart."""
        for one in self.agreed:
            if one.controls is controls and self.apart(one) == months:
                return one
        raise AssertionError("the company has no such contract")

    @staticmethod
    def apart(one: Agreed) -> int:
        times, months = map(int, one.periodicity.split("/"))
        return months // times


def tell(place: Place) -> None:
    """The whole story."""
    spoiled = next(one for one in place.agreed if not one.controls)
    say_otherwise(place.paths[spoiled.number], f"Périodicité : {OTHER_WORDS}")
    files_become_customers_contracts_and_visits(place, spoiled)
    a_contract_that_cannot_be_understood_waits_with_its_sentence(place, spoiled)
    running_it_all_again_writes_nothing(place)
    a_periodicity_changed_in_word_moves_the_open_visits(place)
    an_end_changed_in_odoo_appears_in_the_word_file(place)
    a_contract_made_in_odoo_becomes_a_document(place)
    the_corrected_contract_is_read(place, spoiled)
    running_it_all_again_writes_nothing(place, 0, 1)


OTHER_WORDS = "mensuelle, puis deux visites par an"


def files_become_customers_contracts_and_visits(place: Place, spoiled: Agreed) -> None:
    place.hub("check", code=0)
    place.hub("plan", "--approve", "--json")
    for _ in range(4):
        if _written(place.sync(0, 1)) == 0:
            break
    partners = place.rows("res.partner", [["is_company", "=", True], ["ref_company_ids", "=", False]], "name")
    assert len(partners) == 300, "every customer once, whether a contract names it or not"
    numbers = [row[place.home.number] for row in place.rows(place.home.contract, [], place.home.number)]
    assert {number for number in numbers if number in place.paths} == {one.number for one in place.agreed}
    assert max(Counter(numbers).values()) == 1
    for one in place.agreed:
        if one is spoiled:
            continue
        shown = len(place.visits(one.number))
        assert shown == due(place, one), (one.number, one.periodicity, one.starts_on, one.ends_on)


def a_contract_that_cannot_be_understood_waits_with_its_sentence(place: Place, spoiled: Agreed) -> None:
    reviews = place.hub("conflicts", "--json").json["reviews"]
    (told,) = [one for one in reviews if place.paths[spoiled.number].name in one["place"]]
    assert OTHER_WORDS in told["reason"]
    assert not place.visits(spoiled.number)


def running_it_all_again_writes_nothing(place: Place, *codes: int) -> None:
    before = {path: path.read_bytes() for path in (place.folder / "contrats").iterdir() if path.is_file()}
    for _ in range(3):
        assert _written(place.sync(*(codes or (1,)))) == 0
    assert {path: path.read_bytes() for path in before} == before


def a_periodicity_changed_in_word_moves_the_open_visits(place: Place) -> None:
    one = place.one_with(controls=True, months=6)
    before = place.visits(one.number)
    first = min(before, key=lambda id: before[id])
    place.confirm(first)
    place.sync(0, 1)
    fill_in(place.paths[one.number], "periodicite", "trimestrielle")
    place.sync(0, 1)
    place.sync(0, 1)
    after = place.visits(one.number)
    assert after[first] == before[first], "confirmed: it stays"
    assert set(before) <= set(after), "the others are moved, not made anew"
    assert len(after) == due(place, one, "4/12")


def an_end_changed_in_odoo_appears_in_the_word_file(place: Place) -> None:
    one = next(one for one in place.agreed if one.controls and place.apart(one) == 3)
    until = place.today + timedelta(days=100)
    place.call(place.home.contract, "write", [place.contract(one.number)["id"]], {place.home.end: str(until)})
    place.sync(0, 1)
    place.sync(0, 1)
    shown = [
        "".join(text.text or "" for text in paragraph.iter(_W + "t"))
        for paragraph in docx.Document(str(place.paths[one.number])).element.body.iter(_W + "p")
    ]
    assert f"Au {until:%d/%m/%Y}" in shown
    assert all(day <= until for day in place.visits(one.number).values())


def a_contract_made_in_odoo_becomes_a_document(place: Place) -> None:
    number, name = f"{place.today.year}-9001", "Fromagerie Dupont & Fils <du Vercors>"
    values = {"name": name, "is_company": True, "zip": "38250", "city": "Villard-de-Lans"}
    partner = place.call("res.partner", "create", values)
    begins = {"contract.contract": "date_start", "project.project": "date_start"}[place.home.contract]
    values = {
        "name": "Contrat de maintenance", "partner_id": partner, place.home.number: number,
        begins: str(place.today), place.home.end: str(_later(place.today, 24)), **place.home.makes,
    }  # fmt: skip
    place.call(place.home.contract, "create", values)
    for _ in range(3):
        place.sync(0, 1)
    (path,) = (place.folder / "contrats").glob(f"Contrat {number}*.docx")
    shown = [paragraph.text for paragraph in docx.Document(str(path)).paragraphs]
    said = place.hub("documents", "read", str(path), "--profile", "profiles", "--json", code=0).json
    read = {one["name"]: one["value"] for one in said["contracts"][0]["values"]}
    assert (read["number"], read["customer"], read["starts_on"]) == (number, name, str(place.today)), shown
    assert len(place.visits(number)) in (1, 2), "what the model says of visits came back"


def the_corrected_contract_is_read(place: Place, spoiled: Agreed) -> None:
    path = place.paths[spoiled.number]
    made = docx.Document(str(path))
    last = made.paragraphs[-1]._p
    last.getparent().remove(last)
    made.save(str(path))
    for _ in range(3):
        place.sync(0, 1)
    assert len(place.visits(spoiled.number)) == due(place, spoiled)
    assert not [one for one in place.hub("conflicts", "--json").json["reviews"] if path.name in one["place"]]


_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def _written(said: Said) -> int:
    return int(said.json["writes"])


def _day(native: Any) -> date:
    return date.fromisoformat(str(native)[:10])


def due(place: Place, one: Agreed, periodicity: str = "") -> int:
    """How many visits a contract owes within a year, counted by hand: its periods that are not over."""
    times, months = map(int, (periodicity or one.periodicity).split("/"))
    horizon = _later(place.today, 12)
    begins, count = one.starts_on, 0
    while begins <= min(horizon, one.ends_on):
        over = _later(
            one.starts_on, (_months(one.starts_on, begins) // (months // times) + 1) * (months // times)
        )
        count += over > place.today
        begins = over
    return count


def _months(start: date, day: date) -> int:
    return (day.year - start.year) * 12 + day.month - start.month


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("no such day")
