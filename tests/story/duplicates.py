"""The story of the duplicates: three bases become one, and no customer is taken for another.

Page by page: what people do, the commands they type, and what is then in every system, counted against who
is who in truth. A person answers every question rightly, but for one: two customers of Odoo are merged that
are two, and taken apart again. The same pages are told on the sandbox's Odoo and on the real ones.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from hub.store import Store, history, mergers
from hub.store import tables as t
from tests.story.bases import ASLEEP, EACH, FIELDS, MARK, Bases, folded, leaves
from tests.story.site import Said, Site
from tests.tally import tally

ROUNDS = 8
"""So often are questions answered and carried out, at the most."""


@dataclass
class Place:
    """The company, its hub, and what is counted."""

    site: Site
    bases: Bases
    transport: str
    counted: Counter[str] = field(default_factory=Counter)
    times: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, site: Site, transport: str) -> Place:
        return cls(site, Bases(site), transport)

    # -- commands ----------------------------------------------------------------------------------------

    def duplicates(self, *words: str, code: int | None = 0) -> Any:
        """What `hub duplicates …` answers."""
        return self.site.hub("duplicates", *words, "--json", code=code).json

    def questions(self) -> list[dict[str, Any]]:
        """What a person is asked."""
        return list(self.duplicates("list")["questions"])

    def settle(self) -> int:
        """Run `hub sync`, and Sage, until nobody has anything to do; how many records were written."""
        written = 0
        for _ in range(ROUNDS):
            said = self.sync()
            written += int(said.json["writes"])
            if not self.site.sage.step() and not said.json["writes"]:
                return written
        raise AssertionError(f"not settled after {ROUNDS} runs: {said.out}")

    def sync(self, *codes: int) -> Said:
        said = self.site.hub("sync", "--json")
        if said.code not in (codes or (0, 1)):
            raise AssertionError(f"hub sync ended with {said.code}\n{said.out}\n{said.err}")
        assert not said.json["problems"], said.out
        return said

    # -- what is so in truth -----------------------------------------------------------------------------

    def store(self) -> Store:
        return Store(f"sqlite:///{self.site.folder / 'hub.sqlite'}")

    def who(self) -> dict[str, set[str]]:
        """Golden records, and whom the records linked to them truly are: one each, or a link is wrong."""
        found: dict[str, set[str]] = defaultdict(set)
        store = self.store()
        with store.reading() as connection:
            for table in (t.link, t.doublet):
                for row in connection.execute(select(table.c.golden_id, table.c.system, table.c.external_id)):
                    truth = self.bases.truth(row.system, row.external_id)
                    found[row.golden_id] |= {truth} if truth else set()
        store.close()
        return found

    def wrong(self) -> list[set[str]]:
        """The links that are wrong."""
        return [truths for truths in self.who().values() if len(truths) > 1]

    def waiting(self) -> bool:
        """Whether anything but a question about duplicates waits for a person."""
        said = self.site.hub("conflicts", "--json", code=0).json
        return bool(said["conflicts"] or said["reviews"])

    def decide(self) -> None:
        """Settle every conflict, and type what could not be read as it truly is."""
        said = self.site.hub("conflicts", "--json", code=0).json
        for one in said["conflicts"]:
            take = one["sides"][0]["system"]
            self.site.hub("conflicts", "resolve", str(one["id"]), "--take", take, "--json", code=0)
            self.counted["conflicts"] += 1
        for one in said["reviews"]:
            assert one["kind"] == "unreadable", one
            self.bases.correct(one["system"], one["external_id"], one["field"])
            self.counted["values corrected"] += 1

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Note how long a page took."""
        begun = time.monotonic()
        yield
        self.times[what] = time.monotonic() - begun

    def truth_of(self, record: Mapping[str, Any]) -> str:
        """Whom one record of a question truly is."""
        known = {self.bases.truth(system, id) for system, id in record["places"].items()} - {None}
        (truth,) = known
        return str(truth)


def tell(place: Place, credentials: Mapping[str, str]) -> None:
    """The whole story; `credentials` are environment variables of `hub init`."""
    with place.timed("people at work"):
        place.bases.enter()
    with place.timed("configured"):
        an_admin_configures(place, credentials)
    with place.timed("planned"):
        planned = the_plan_shows_all_and_writes_nothing(place)
    with place.timed("first sync"):
        the_first_sync_links_nobody_wrongly(place, planned)
    with place.timed("a mistake, and back"):
        two_who_are_two_are_merged_and_taken_apart(place)
    with place.timed("answered and merged"):
        a_person_answers_until_nothing_is_asked(place)
        a_person_tells_what_nobody_asked(place)
        a_person_answers_until_nothing_is_asked(place)
    with place.timed("looked at"):
        what_hung_on_a_double_hangs_on_the_one_that_stays(place)
        every_system_shows_every_customer_once(place)
        nothing_that_was_typed_is_lost(place)
    with place.timed("three quiet runs"):
        nothing_is_left_to_do(place)
    _count(place)


# -- before -------------------------------------------------------------------------------------------------


def an_admin_configures(place: Place, credentials: Mapping[str, str]) -> None:
    """The mapping that ships, with what becomes of a double in the workbook and in Sage."""
    site = place.site
    site.init(credentials, place.transport)
    # Nobody has the workbook open: there is nothing to wait for before each of many commands.
    path = '    path: "Clients 2026.xlsx"\n'
    site.type_in("hub.yaml", path, f"{path}    stable_seconds: 0\n")
    mapping = "mappings/customer.yaml"
    if "duplicates: true" not in (site.folder / mapping).read_text("utf-8"):
        site.type_in(mapping, "match:\n", "duplicates: true\n\nmatch:\n")
    marked = f"    merge: mark\n    merge_mark: {MARK}\n"
    asleep = f'    merge: archive\n    merge_archive: {{{ASLEEP}: "1"}}\n'
    for key, merge in (('    new_key: "C{n:04}"\n', marked), ('    new_key: "H{n:05}"\n', asleep)):
        site.type_in(mapping, key, key + merge)
    # What stands in an import file must be mapped: Sage's own word for who is asleep.
    city = "      city: {field: CT_Ville, max: 35, upper: true}\n"
    site.type_in(mapping, city, f"{city}      asleep: {ASLEEP}\n")
    country = "  country: {type: country, label: {fr: Pays, en: Country}}\n"
    site.type_in(mapping, country, f"{country}  asleep: {{type: text}}\n")
    check = site.hub("check", "--json").json
    assert check["ok"], [one for one in check["findings"] if one["level"] != "ok"]


def the_plan_shows_all_and_writes_nothing(place: Place) -> Any:
    """What would be linked, created and asked is shown before anything is written anywhere."""
    before = _seen(place)
    page = place.site.folder / "plan.html"
    plan = place.site.hub("plan", "--approve", "--report", page.name, "--json", code=1).json
    assert _seen(place) == before
    assert "<svg" in page.read_text("utf-8"), "the histogram"
    assert not list(place.site.sage.imports.iterdir())
    assert place.who() == {}, "not even in the hub's own base"
    return plan


def _seen(place: Place) -> Any:
    """All three systems, as they are."""
    shown = place.bases.shown()
    return {system: {id: dict(row) for id, row in rows.items()} for system, rows in shown.items()}


# -- the first run ------------------------------------------------------------------------------------------


def the_first_sync_links_nobody_wrongly(place: Place, planned: Any) -> None:
    said = place.sync(1)
    creates = Counter(one["system"] for one in planned["writes"] if one["external_id"] is None)
    made = {route["system"]: route["created"] for route in said.json["routes"]}
    assert made == dict(creates), "plan = sync"
    assert not place.wrong()
    questions = place.questions()
    (chapter,) = planned["duplicates"]
    shown = [one for one in chapter["pairs"] if one["fate"] == "asked"]
    # A record of a question may have been linked with another in the same look.
    assert len(shown) == len(questions)
    assert all(any(one <= asked for one in _pairs(shown)) for asked in _pairs(questions)), "plan = sync"
    place.counted["linked by likeness"] = sum(system["by_likeness"] for system in chapter["systems"])
    place.counted["created"] = sum(made.values())
    place.counted["linked"] = 3 * EACH - sum(map(bool, place.who().values()))
    place.counted["asked at first"] = len(questions)
    assert questions
    assert place.site.sage.step(), "an import file waits for Sage"


def _pairs(questions: Sequence[Mapping[str, Any]]) -> list[frozenset[tuple[str, str]]]:
    """Who is asked about, by the records that the systems have of both."""
    return [
        frozenset(place for record in one["records"] for place in record["places"].items())
        for one in questions
    ]


# -- a mistake ----------------------------------------------------------------------------------------------


def two_who_are_two_are_merged_and_taken_apart(place: Place) -> None:
    """Somebody says `merge` of two customers who are two; `split` takes it back as far as Odoo can."""
    call, bases = place.site.call, place.bases
    question = next(
        one for one in place.questions()
        if all("odoo" in record["places"] for record in one["records"])
        and len({place.truth_of(record) for record in one["records"]}) == 2
    )  # fmt: skip
    partners = [int(record["places"]["odoo"]) for record in question["records"]]
    bases.furnish([partner for partner in partners if partner not in bases.hanging])
    place.settle()
    was = {row["id"]: row for row in call("res.partner", "read", partners, [*_ODOO, place.site.siret])}
    (made,) = place.duplicates("merge", str(question["id"]), "--yes")["merged"]
    step = _in_odoo(made)
    assert (step["state"], step["fate"]) == ("done", "gone"), step
    keep, lose = int(step["keep"]), int(step["lose"])
    assert set(bases.hangs_on()[lose].values()) == {keep}, "invoice, contact and message followed"
    place.settle()

    step = _in_odoo(place.duplicates("split", str(made["merger"])))
    assert step["state"] == "taken back"
    invoice = bases.invoices()[lose]
    assert invoice["name"] in step["reason"], "it says which invoice could not be taken back"
    place.settle()
    (back,) = call("res.partner", "search", [["name", "=", was[lose]["name"]], ["id", "!=", keep]])
    (row,) = call("res.partner", "read", [back], [*_ODOO, place.site.siret])
    assert {**row, "id": lose} == was[lose]
    assert call("res.partner", "read", [keep], [*_ODOO, place.site.siret]) == [was[keep]]
    assert bases.hangs_on()[lose] == {"invoice": keep, "contact": back, "message": back}
    assert set(bases.hangs_on()[keep].values()) == {keep}
    bases.moved(lose, back)
    asked = {one["id"] for one in place.questions()}
    assert question["id"] not in asked, "they are two from then on: nobody is asked again"
    assert not place.wrong()


def _in_odoo(made: Mapping[str, Any]) -> dict[str, Any]:
    (step,) = [one for one in made["steps"] if one["system"] == "odoo"]
    return dict(step)


_ODOO = [name for name in FIELDS if name != "siret"]


# -- answering ----------------------------------------------------------------------------------------------


def a_person_answers_until_nothing_is_asked(place: Place) -> None:
    for _ in range(ROUNDS):
        questions = place.questions()
        if not questions and not place.waiting():
            return
        place.decide()
        answer(place, questions)
        place.settle()
        assert not place.wrong()
    raise AssertionError(f"still asked after {ROUNDS} rounds: {place.questions()}")


def answer(place: Place, questions: Sequence[Mapping[str, Any]]) -> None:
    """Answer questions by the truth; what another answer of these may settle, too, is left."""
    said: dict[str, list[str]] = {"different": [], "same": [], "merge": []}
    touched: set[str] = set()
    for question in questions:
        one, other = question["records"]
        if place.truth_of(one) != place.truth_of(other):
            said["different"].append(str(question["id"]))
        elif not touched & {one["record"], other["record"]}:
            touched |= {one["record"], other["record"]}
            shared = one["places"].keys() & other["places"].keys()
            said["merge" if shared else "same"].append(str(question["id"]))
    place.counted["asked"] += sum(map(len, said.values()))
    place.counted["asked, rightly"] += len(said["same"]) + len(said["merge"])
    for word, numbers in said.items():
        if numbers:
            told = place.duplicates(word, *numbers, *(["--yes"] if word == "merge" else []))
            assert not told["refused"], told


def a_person_tells_what_nobody_asked(place: Place) -> None:
    """Who is there twice still was never a question: somebody sees it, and says so."""
    several: dict[str, list[str]] = defaultdict(list)
    for golden_id, truths in place.who().items():
        for truth in truths:
            several[truth].append(golden_id)
    for ids in several.values():
        for other in ids[1:]:
            place.duplicates("merge", "--entity", "customer", ids[0], other, "--yes")
            place.counted["never asked"] += 1


# -- what is then so ----------------------------------------------------------------------------------------


def what_hung_on_a_double_hangs_on_the_one_that_stays(place: Place) -> None:
    """Invoices, contacts and messages of who was twice in Odoo; rows of the workbook say whose double."""
    bases, shown = place.bases, place.bases.shown()
    hangs, invoices, followed = bases.hangs_on(), bases.invoices(), 0
    for several in bases.doubles("odoo"):
        (stays,) = [int(one.id) for one in several if one.id in shown["odoo"]]
        for one in several:
            assert set(hangs[int(one.id)].values()) == {stays}, one
            assert invoices[int(one.id)]["state"] == "posted"
            followed += int(one.id) != stays
    place.counted["merged in Odoo"] = followed
    rows = place.site.workbook.rows()
    for several in bases.doubles("clients"):
        (stays_,) = [one.id for one in several if one.id in shown["clients"]]
        for one in several:
            mark = rows[one.id][MARK]
            assert mark == (None if one.id == stays_ else f"doublon de {stays_}"), one
            place.counted["marked in the workbook"] += bool(mark)


def every_system_shows_every_customer_once(place: Place) -> None:
    who = place.who()
    store = place.store()
    with store.reading() as connection:
        links = connection.execute(select(t.link.c.golden_id, t.link.c.system, t.link.c.external_id)).all()
    store.close()
    of = {(row.system, row.external_id): row.golden_id for row in links}
    for system, rows in place.bases.shown().items():
        customers: dict[str, list[str]] = defaultdict(list)
        for id in rows:
            (truth,) = who[of[system, id]]
            customers[truth].append(id)
        twice = {truth: ids for truth, ids in customers.items() if len(ids) > 1}
        tally("records duplicated", len(twice))
        assert not twice, (system, twice)
        assert customers.keys() == place.bases.truths, system


def nothing_that_was_typed_is_lost(place: Place) -> None:
    """Every value that anybody typed stands in a system's record of that customer, or in the journal."""
    who, pools = place.who(), defaultdict[str, set[str]](set)
    store = place.store()
    with store.reading() as connection:
        became = {one.lose: one.keep for one in mergers.listed(connection)}
        for change in history.changes(connection):
            id = change.golden_id
            while id not in who and id in became:
                id = became[id]
            for truth in who.get(id, ()):
                pools[truth] |= {folded(value) for value in leaves([change.before, change.after])}
        links = connection.execute(select(t.link.c.golden_id, t.link.c.system, t.link.c.external_id)).all()
    store.close()
    shown = place.bases.shown()
    for row in links:
        for truth in who[row.golden_id]:
            held = shown[row.system].get(row.external_id, {})
            pools[truth] |= {folded(value) for value in leaves(held)}
    lost = [
        (one.place, name, value)
        for one in place.bases.typed.values()
        for name, value in one.values.items()
        if folded(value) not in pools[one.truth]
    ]
    tally("values lost", len(lost))
    assert not lost, lost


def nothing_is_left_to_do(place: Place) -> None:
    before = _seen(place)
    for _ in range(3):
        said = place.sync(0)
        assert said.json["writes"] == 0
        assert not place.site.sage.step()
        assert not place.questions()
    place.duplicates("report", "--out", "doublons.html")
    assert "<svg" in (place.site.folder / "doublons.html").read_text("utf-8")
    (found,) = place.duplicates("find")["entities"]
    assert (found["linked"], found["asked"]) == ([], 0), "a look at the whole base proposes nothing either"
    plan = place.site.hub("plan", "--json", code=0).json
    assert not plan["writes"]
    assert _seen(place) == before


def _count(place: Place) -> None:
    """The figures of the story, where the run prints its own."""
    counted = place.counted
    tally("wrong links", len(place.wrong()))
    tally("questions asked", counted["asked"])
    tally("questions that were right", counted["asked, rightly"])
    figures = ", ".join(f"{word} {number}" for word, number in counted.items())
    times = ", ".join(f"{word} {seconds:.1f} s" for word, seconds in place.times.items())
    print(f"{figures}; {times}; {sum(place.times.values()):.0f} s in all")
