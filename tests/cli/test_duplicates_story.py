"""`hub duplicates` on a real hub, a workbook and an Odoo: asked, explained, answered, merged, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pytest

from hub.store import Store
from hub.store.holders import Holder
from tests.cli.conftest import Company
from tests.cli.twins import MARK, Twins, twins
from tests.tally import tally


@pytest.fixture
def bases(bare: Company) -> Iterator[Twins]:
    """Odoo and the workbook, synchronised once; what is alike is linked or asked."""
    bare.env["COLUMNS"] = "80"
    with twins(bare) as made:
        made.hub("plan", "--approve", code=1)
        made.hub("sync", code=1)
        yield made


def words(text: str) -> str:
    return " ".join(text.split())


def fits(text: str) -> None:
    assert max(map(len, text.splitlines())) <= 80, text


def test_a_question_is_listed_and_shown_with_what_weighs_and_how_to_answer(bases: Twins) -> None:
    question = bases.asked(one=True, within="odoo")
    listed = bases.hub("duplicates", "list", code=0).out
    fits(listed)
    assert "> 99.99 %" in listed
    assert "for both are in odoo" in words(listed)
    assert bases.hub("duplicates", code=0).out == listed
    number = str(question["id"])
    shown = bases.hub("duplicates", "show", number, code=0).out
    fits(shown)
    for said in ("Why", "++++", "at random", "2 records", "Not linked by itself: both are in odoo."):
        assert said in words(shown), shown
    for word in ("same", "merge", "different"):
        assert f"hub duplicates {word} {number}" in shown
    data = bases.duplicates("show", number)
    assert 0 < data["prior"] < 1
    assert {one["comparison"] for one in data["reasons"]} >= {"name", "phone"}
    assert bases.hub("status", "--json", code=1).json["waiting"]["duplicates"] == len(bases.questions())
    assert "hub duplicates list" in bases.hub("status").out


def test_same_links_in_the_hub_and_waits_in_a_system_that_has_both(bases: Twins) -> None:
    question = bases.asked(one=True, within="odoo")
    number = str(question["id"])
    partners = [record["places"]["odoo"] for record in question["records"]]
    (made,) = bases.duplicates("same", number, "--keep", f"odoo:{partners[1]}")["same"]
    (step,) = made["steps"]
    assert (step["state"], step["keep"], step["lose"]) == ("waiting", partners[1], partners[0])
    assert all(bases.has_partner(id) for id in partners), "Odoo was told nothing"
    assert question["id"] not in [one["id"] for one in bases.questions()]
    waiting = bases.hub("status", "--json", code=1).json["waiting"]
    assert waiting["mergers"] == 1
    bases.company.env["COLUMNS"] = "160"
    listed = words(bases.hub("duplicates", "list").out)
    assert f"waits for `hub duplicates merge {number}`" in listed
    (answered,) = bases.duplicates("list", "--answered")["questions"]
    assert (answered["id"], answered["verdict"], answered["answered_by"]) == (int(number), "same", "person")
    again = bases.hub("duplicates", "same", number, code=2)
    assert f"`hub duplicates split {made['merger']}` takes it back" in words(again.out)

    done = bases.duplicates("merge", number, "--yes")
    assert [one["how"] for one in done["preview"][0]["means"]] == ["merged"]
    assert done["merged"][0]["steps"][0]["state"] == "done"
    assert not bases.has_partner(partners[0])
    assert bases.hub("status", "--json").json["waiting"]["mergers"] == 0


def test_a_merge_says_first_what_it_will_do_and_does_nothing_unasked(bases: Twins) -> None:
    question = bases.asked(one=True, within="odoo")
    number = str(question["id"])
    partners = [record["places"]["odoo"] for record in question["records"]]
    said = bases.hub("duplicates", "merge", number, code=2)
    for told in ("group_partner_manager", "group_erp_manager", "for their e-mails differ", "another number"):
        assert told in words(said.err), said.err
    assert "there is no terminal to ask on" in words(said.err)
    assert number in [str(one["id"]) for one in bases.questions()]
    assert all(bases.has_partner(id) for id in partners)

    messages = bases.odoo.env["mail.message"]
    note = messages.create(
        {"model": "res.partner", "res_id": int(partners[1]), "message_type": "comment", "body": "<p>!</p>"}
    )
    (made,) = bases.duplicates("merge", number, "--yes")["merged"]
    assert made["steps"][0]["fate"] == "gone"
    assert not bases.has_partner(partners[1])
    assert messages.browse([int(note)]).read(["res_id"])[0]["res_id"] == int(partners[0]), "it followed"

    shown = bases.hub("duplicates", "show", "--merger", str(made["merger"]), code=0).out
    fits(shown)
    assert "What stayed" in shown
    assert "is gone, what referred to it follows" in words(shown)
    bases.hub("sync")
    parted = bases.duplicates("split", str(made["merger"]))
    assert parted["steps"][0]["state"] == "taken back"
    back = parted["records"][0]["places"]["odoo"]
    assert back != partners[1]
    assert bases.has_partner(back)
    bases.hub("sync")
    assert bases.hub("sync", "--json").json["writes"] == 0
    assert number not in [str(one["id"]) for one in bases.questions()], "they are two for ever"
    taken = bases.hub("duplicates", "split", str(made["merger"]), code=2)
    assert "was taken back" in words(taken.err)


def test_a_double_of_the_workbook_is_marked_and_the_mark_taken_back(bases: Twins) -> None:
    rows = [record for record in bases.truth if record[0] == "clients"]
    one, other = (f"clients:{id}" for _, id in rows[:2])
    said = bases.hub("duplicates", "merge", "--entity", "customer", one, other, "--yes", "--json", code=0)
    assert {means["how"] for means in said.json["preview"][0]["means"]} >= {"marked"}
    (made,) = said.json["merged"]
    step = next(one for one in made["steps"] if one["system"] == "clients")
    assert (step["state"], step["fate"]) == ("done", "marked")
    assert marks(bases)[step["lose"]] == f"doublon de {step['keep']}"
    bases.duplicates("split", str(made["merger"]))
    assert not any(marks(bases).values())


def marks(bases: Twins) -> dict[str, Any]:
    sheet = openpyxl.load_workbook(bases.company.workbook)["Clients"]
    place = [cell.value for cell in sheet[1]].index(MARK)
    return {str(row[0].value): row[place].value for row in sheet.iter_rows(min_row=2)}


def test_different_is_for_ever_and_contradicted_only_by_insisting(bases: Twins) -> None:
    questions = bases.questions()
    numbers = [str(one["id"]) for one in questions]
    said = bases.duplicates("different", *numbers)
    assert [str(one["id"]) for one in said["different"]] == numbers
    assert bases.questions() == []
    bases.hub("duplicates", "find")
    assert not {tuple(r["record"] for r in one["records"]) for one in bases.questions()} & {
        tuple(r["record"] for r in one["records"]) for one in questions
    }
    refused = bases.hub("duplicates", "same", numbers[0], code=2)
    assert f"`hub duplicates same {numbers[0]} --anyway` says otherwise" in words(refused.out)
    assert len(bases.duplicates("same", numbers[0], "--anyway")["same"]) == 1


def test_an_answer_that_moves_the_next_question_still_answers_it(bases: Twins) -> None:
    """Three records that are one in truth: what is said of the second pair holds for what became of it."""
    partners = bases.odoo.env["res.partner"]
    told = {"name": "Menuiserie des Trois Pucelles", "is_company": True, "phone": "04 76 53 40 11",
            "street": "4 chemin du Peuil", "zip": "38640", "city": "Claix"}  # fmt: skip
    for _ in range(3):
        partners.create(told)
    bases.hub("sync", code=1)
    mine = [one for one in bases.questions() if one["records"][0]["title"] == told["name"]]
    assert len(mine) == 3
    said = bases.duplicates("same", *(str(one["id"]) for one in mine[:2]))
    assert (len(said["same"]), said["refused"]) == (2, [])
    assert not [one for one in bases.questions() if one["records"][0]["title"] == told["name"]]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("same", "999"), "there is no question 999"),
        (("same", "1", "999"), "nothing was answered"),
        (("same", "Durand"), "is no number of a question"),
        (("same", "--entity", "customer", "odoo:7"), "two records are named"),
        (("same", "--entity", "customer", "odoo:7", "no such one"), "there is no customer"),
        (("same", "--entity", "customer", "odoo:7", "odoo:7"), "always the same as itself"),
        (("same", "--entity", "customer", "SARL", "odoo:7"), "may be"),
        (("same", "--entity", "contract", "a", "b"), "there is no entity 'contract'"),
        (("same", "1", "2", "--keep", "odoo"), "of one pair"),
        (("same", "1", "--keep", "nobody"), "none of the two"),
        (("different", "999"), "there is no question 999"),
        (("merge", "999", "--yes"), "there is no question 999"),
        (("split", "999"), "there is no merger 999"),
        (("show",), "say what to show"),
        (("show", "999"), "there is no question 999"),
        (("show", "--merger", "999"), "there is no merger 999"),
        (("find", "--entity", "customers"), "there is no entity 'customers'"),
        (("report", "--out", "no/such/folder/page.html"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_changes(
    asked_of: Twins, asked: tuple[str, ...], told: str
) -> None:
    tally("bad inputs tried", 1)
    before = asked_of.questions()
    said = asked_of.hub("duplicates", *asked, code=2)
    assert told in words(said.out + said.err)
    assert asked_of.questions() == before


@pytest.fixture(scope="module")
def asked_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    """One company for all that changes nothing."""
    home = tmp_path_factory.mktemp("twins")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        with twins(Company(home)) as made:
            made.hub("plan", "--approve", code=1)
            made.hub("sync", code=1)
            yield made


def test_a_mapping_that_asks_for_no_duplicates_is_named(company: Company) -> None:
    text = (company.home / "mappings/customer.yaml").read_text(encoding="utf-8")
    (company.home / "mappings/customer.yaml").write_text(
        text.replace("\nduplicates: true\n", "\n"), encoding="utf-8"
    )
    said = company.hub("duplicates", "find")
    assert (said.code, "no mapping asks for duplicates" in words(said.err)) == (2, True)
    assert company.hub("duplicates").code == 0


def test_a_system_that_cannot_be_reached_does_it_at_the_next_sync(bases: Twins) -> None:
    question = bases.asked(one=True, within="odoo")
    url = bases.odoo.url
    bases.company.edit("hub.yaml", url, "http://127.0.0.1:9")
    said = bases.hub("duplicates", "merge", str(question["id"]), "--yes", "--json", code=3)
    assert said.json["merged"][0]["steps"][0]["state"] == "due"
    assert said.json["problems"][0]["system"] == "odoo"
    bases.company.edit("hub.yaml", "http://127.0.0.1:9", url)
    bases.hub("sync")
    (merger,) = [
        one
        for one in bases.duplicates("list", "--merged")["mergers"]
        if one["id"] == said.json["merged"][0]["merger"]
    ]
    assert merger["steps"][0]["state"] == "done"


def test_while_a_daemon_is_at_work_a_merge_is_left_to_it(bases: Twins) -> None:
    question = bases.asked(one=True, within="odoo")
    store = Store(f"sqlite:///{bases.company.home / 'hub.sqlite'}")
    try:
        with Holder(store, ("daemon", "worker")):
            said = bases.hub("duplicates", "merge", str(question["id"]), "--yes", "--json", code=0)
            assert "is already process" in said.json["at_work"]
            assert said.json["merged"][0]["steps"][0]["state"] == "due"
            bases.hub("duplicates", "find", code=2)
    finally:
        store.close()


def test_what_a_system_refused_waits_and_is_asked_again_by_the_same_command(bases: Twins) -> None:
    rows = [id for system, id in bases.truth if system == "clients"]
    records = [f"clients:{id}" for id in rows[:2]]
    type_in(bases, rows[:2], "à voir")
    said = bases.hub("duplicates", "merge", "--entity", "customer", *records, "--yes", "--json", code=1)
    (made,) = said.json["merged"]
    step = next(one for one in made["steps"] if one["system"] == "clients")
    assert step["state"] == "refused"
    assert "says «à voir» already" in step["reason"]
    assert bases.hub("status", "--json", code=1).json["waiting"]["mergers"] == 1
    (waits,) = bases.duplicates("list")["mergers"]
    type_in(bases, rows[:2], None)
    again = bases.duplicates("merge", str(waits["question"]), "--yes")["merged"][0]
    assert [one["state"] for one in again["steps"] if one["system"] == "clients"] == ["done"]
    assert marks(bases)[step["lose"]] == f"doublon de {step['keep']}"


def type_in(bases: Twins, ids: list[str], text: str | None) -> None:
    """Somebody writes into the column of the marks."""
    book = openpyxl.load_workbook(bases.company.workbook)
    sheet = book["Clients"]
    place = [cell.value for cell in sheet[1]].index(MARK)
    for row in sheet.iter_rows(min_row=2):
        if row[0].value in ids:
            row[place].value = text
    book.save(bases.company.workbook)


class _Page(HTMLParser):
    """What a page holds: its tags, and whether they are closed in order."""

    VOID = ("meta", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_plan_shows_who_would_be_linked_and_asked_before_anything_is_written(bare: Company) -> None:
    bare.env["COLUMNS"] = "80"
    with twins(bare) as bases:
        book = bare.workbook.read_bytes()
        said = bases.hub("plan", "--report", "plan.html", "--limit", "1", code=1)
        fits(said.out)
        assert "customer: who is whom" in said.out
        assert "pairs that may be one: hub duplicates list" in words(said.out)
        data = bases.hub("plan", "--json", code=1).json
        (found,) = data["duplicates"]
        fates = [one["fate"] for one in found["pairs"]]
        assert fates.count("linked") >= 10, "a second look, after the first had linked, says nothing of those"
        assert fates.count("asked") == data["waiting"]["duplicates"]
        by_system = {one["system"]: one for one in found["systems"]}
        creations = [one["system"] for one in data["writes"] if one["action"] == "create"]
        for system, counts in by_system.items():
            assert counts["created"] == creations.count(system)
            assert counts["records"] == sum(place[0] == system for place in bases.truth)
            assert 0 < counts["by_key"] + counts["by_likeness"] <= counts["records"]
        text = (bare.home / "plan.html").read_text(encoding="utf-8")
        page = _Page(text)
        assert not page.open
        assert "svg" in page.tags
        assert not {"script", "link", "img", "iframe"} & set(page.tags)
        assert "linked from here" in text
        assert "would be asked" in text
        assert bare.workbook.read_bytes() == book
        assert bases.duplicates("list")["questions"] == []

        bases.hub("plan", "--approve")
        bases.hub("sync", code=1)
        assert len(bases.questions()) == data["waiting"]["duplicates"], "plan = sync"
        report = bases.duplicates("report", "--out", "now.html")
        now = {one["system"]: one for one in report["entities"][0]["systems"]}
        for system, counts in by_system.items():
            assert (now[system]["by_key"], now[system]["by_likeness"], now[system]["created"]) == (
                counts["by_key"], counts["by_likeness"], counts["created"],
            )  # fmt: skip
        linked = [one for one in report["entities"][0]["pairs"] if one["fate"] == "linked"]
        assert len(linked) == fates.count("linked"), "what was linked is still told, with why"
        assert all(one["reasons"] for one in linked)


def test_a_whole_look_later_makes_nobody_ask_what_is_sure(bases: Twins) -> None:
    """A base in which nothing is alike any more teaches no bound that nothing could reach."""
    bases.duplicates("different", *(str(one["id"]) for one in bases.questions()))
    found = bases.hub("duplicates", "find", "--json").json["entities"][0]
    assert found["automatic"] < 0.9999, "as sure as the wished precision wants of one pair alone"


def test_find_links_what_is_sure_and_asks_the_rest_of_a_base_never_compared(bare: Company) -> None:
    bare.env["COLUMNS"] = "80"
    with twins(bare) as bases:
        bare.edit("mappings/customer.yaml", "\nduplicates: true\n", "\n")
        bases.hub("plan", "--approve")
        bases.hub("sync", "--compare")
        assert bases.duplicates("list") == {"questions": [], "mergers": []}
        bare.edit("mappings/customer.yaml", "\nmatch:\n", "\nduplicates: true\n\nmatch:\n")
        held = bases.hub("duplicates", "find", "--json", code=1).json
        assert (held["entities"], held["braked"][0]["kind"]) == ([], "mapping"), "nobody approved it yet"
        bases.hub("plan", "--approve")
        said = bases.hub("duplicates", "find", code=1)
        fits(said.out)
        assert "`hub duplicates list` shows what is asked." in said.out
        assert "compare customer (step 3 of 5)" in said.err
        assert bases.questions()
