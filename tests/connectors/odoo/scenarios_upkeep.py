"""The life of a contract and its visits on paper, in the hub and in Odoo: on real servers and the sandbox.

`company` is an office with one pair of the mappings that ship, `kind` how its visits show in Odoo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.connectors.odoo.upkeep import Upkeep
from tests.tally import tally
from tests.wire.faults import FAULTS
from tests.wire.proxy import Proxy
from tests.wire.request import Request

Open = Callable[..., Upkeep]
ON_THE_WIRE = (
    "torn before Odoo got it",
    "torn after Odoo did it",
    "error answer, and yet done",
    "arrives late, after the hub gave up",
)


@dataclass(frozen=True)
class Kind:
    """Which mappings are in use, and how a visit shows in Odoo.

    `ends_on`: the contract's field of that meaning. `start` is the visit's field with its day. `says`: what
    people write to say confirmed, done and cancelled; a name for a relation is looked up.
    """

    contract: str
    visit: str
    contracts: str
    ends_on: str
    visits: str
    start: str
    says: Mapping[str, Mapping[str, Any]]
    stages: str = ""


ORDER = Kind(
    contract="contract-oca.yaml",
    visit="visit-order.yaml",
    contracts="contract.contract",
    ends_on="date_end",
    visits="fsm.order",
    start="scheduled_date_start",
    says={
        "confirmed": {"stage_id": "Confirmed"},
        "done": {"stage_id": "Completed"},
        "cancelled": {"stage_id": "Cancelled"},
    },
    stages="fsm.stage",
)
TASK = Kind(
    contract="contract-project.yaml",
    visit="visit-task.yaml",
    contracts="project.project",
    ends_on="date",
    visits="project.task",
    start="date_deadline",
    says={
        "confirmed": {"state": "03_approved"},
        "done": {"state": "1_done"},
        "cancelled": {"state": "1_canceled"},
    },
)
TASK_14 = replace(
    TASK,
    contract="contract-project-14.yaml",
    visit="visit-task-14.yaml",
    says={
        "confirmed": {"stage_id": "Confirmée"},
        "done": {"stage_id": "Faite"},
        "cancelled": {"stage_id": "Annulée"},
    },
    stages="project.task.type",
)
EVENT = replace(
    ORDER,
    visit="visit-event.yaml",
    visits="calendar.event",
    start="start",
    says={"confirmed": {"show_as": "busy"}, "cancelled": {"active": False}},
)
EVENT_14 = replace(EVENT, contract="contract-project-14.yaml", contracts="project.project", ends_on="date")


class Diary:
    """The visits of one company, as people see and change them in Odoo."""

    def __init__(self, company: Upkeep, kind: Kind) -> None:
        self.company, self.kind = company, kind

    def days(self, archived: bool = False) -> list[str]:
        """The days of the visits that stand, earliest first; with the cancelled ones where asked."""
        rows = [row for row in self.rows() if archived or self._stands(row)]
        return sorted(str(row[self.kind.start])[:10] for row in rows)

    def rows(self) -> list[dict[str, Any]]:
        """All of them, cancelled ones too."""
        names = {self.kind.start, *(name for values in self.kind.says.values() for name in values)}
        if self.kind.visits in ("project.task", "calendar.event"):
            names.add("active")
        ours = [["project_id", "!=", False]] if self.kind.visits == "project.task" else []
        return self.company.seen(self.kind.visits, sorted(names), *ours)

    def on(self, day: str) -> int:
        (row,) = [
            row for row in self.rows() if str(row[self.kind.start]).startswith(day) and self._stands(row)
        ]
        return int(row["id"])

    def say(self, id: int, word: str) -> None:
        """A person says that it is confirmed, done or cancelled."""
        values = {name: self._id(name, value) for name, value in self.kind.says[word].items()}
        context = {"bypass_order_completed_stage": True}
        self.company.do(self.kind.visits, "write", [id], values, context=context)

    def move(self, id: int, day: str) -> None:
        values = {self.kind.start: day if self.kind is TASK_14 else f"{day} 08:00:00"}
        if self.kind.visits == "calendar.event":
            values["stop"] = f"{day} 11:00:00"
        if self.kind.visits == "fsm.order":
            values["scheduled_date_end"] = f"{day} 11:00:00"
        self.company.do(self.kind.visits, "write", [id], values)

    def _stands(self, row: Mapping[str, Any]) -> bool:
        gone = self.kind.says["cancelled"]
        return bool(row.get("active", True)) and any(row[name] != value for name, value in gone.items())

    def _id(self, name: str, value: Any) -> Any:
        if name != "stage_id":
            return value
        (id,) = self.company.do(self.kind.stages, "search", [["name", "=", value]])
        return id


class UpkeepScenarios:
    @pytest.fixture
    def company(self, opened: Open, kind: Kind) -> Upkeep:
        return opened(kind)

    def test_a_contract_and_its_visits_are_made_once_and_nothing_is_written_after(
        self, company: Upkeep, kind: Kind
    ) -> None:
        diary = Diary(company, kind)
        assert company.check() == []
        company.contract("M-1", company.customer())
        company.sync()
        assert diary.days() == ["2021-03-01", "2021-09-01"]
        report = company.sync()
        assert report.writes == 0, report.counts
        company.quiet()
        contracts = company.do(kind.contracts, "search_count", [])
        tally("records duplicated", contracts - 1)
        assert contracts == 1
        assert company.states() == {"2021-03-01": "planned", "2021-09-01": "planned"}

    def test_what_people_say_of_a_visit_in_odoo_comes_back_and_stays(
        self, company: Upkeep, kind: Kind
    ) -> None:
        diary = Diary(company, kind)
        contract = company.contract("M-1", company.customer(), periodicity="4/12")
        company.sync()
        assert diary.days() == ["2021-03-01", "2021-06-01", "2021-09-01", "2021-12-01"]
        diary.say(diary.on("2021-03-01"), "confirmed")
        diary.move(diary.on("2021-09-01"), "2021-09-20")
        diary.say(diary.on("2021-06-01"), "cancelled")
        company.quiet()
        states = company.states()
        assert states == {
            "2021-03-01": "confirmed",
            "2021-06-01": "cancelled",
            "2021-09-20": "planned",
            "2021-12-01": "planned",
        }, states
        assert diary.days() == ["2021-03-01", "2021-09-20", "2021-12-01"]
        if "done" in kind.says:
            diary.say(diary.on("2021-03-01"), "done")
            company.quiet()
            assert company.states()["2021-03-01"] == "done"
        company.papers["contracts"].edit(contract, hours="2")
        company.quiet()
        assert diary.days() == ["2021-03-01", "2021-09-20", "2021-12-01"], "what people decided stays"
        company.papers["contracts"].edit(contract, periodicity="1/12")
        company.quiet()
        assert "2021-12-01" not in diary.days(), "the visit nobody had a hand in is not due any more"
        assert "2021-03-01" in diary.days()

    def test_a_contract_that_ends_takes_its_visits_with_it(self, company: Upkeep, kind: Kind) -> None:
        diary = Diary(company, kind)
        contract = company.contract("M-1", company.customer())
        company.sync()
        diary.say(diary.on("2021-03-01"), "confirmed")
        company.quiet()
        company.papers["contracts"].edit(contract, ends_on="2021-06-30")
        company.quiet()
        assert diary.days() == ["2021-03-01"]
        (row,) = company.seen(kind.contracts, [kind.ends_on])
        assert row[kind.ends_on] == "2021-06-30"

    def test_an_end_that_is_moved_in_odoo_appears_on_paper_and_plans_more(
        self, company: Upkeep, kind: Kind
    ) -> None:
        diary = Diary(company, kind)
        contract = company.contract("M-1", company.customer(), ends_on="2021-08-31")
        company.sync()
        assert diary.days() == ["2021-03-01"]
        (id,) = company.do(kind.contracts, "search", [])
        company.do(kind.contracts, "write", [id], {kind.ends_on: "2022-02-28"})
        company.quiet()
        assert company.on_paper(contract)["ends_on"] == "2022-02-28"
        assert diary.days() == ["2021-03-01", "2021-09-01"]

    def test_a_contract_that_is_archived_in_odoo_cancels_its_visits(
        self, company: Upkeep, kind: Kind
    ) -> None:
        diary = Diary(company, kind)
        company.contract("M-1", company.customer())
        company.sync()
        (id,) = company.do(kind.contracts, "search", [])
        company.do(kind.contracts, "write", [id], {"active": False})
        company.quiet()
        assert diary.days() == []


class AdoptionScenarios:
    def test_a_task_that_somebody_makes_for_a_contract_is_a_visit_of_it(
        self, opened: Open, kind: Kind
    ) -> None:
        company = opened(kind)
        diary = Diary(company, kind)
        company.contract("M-1", company.customer())
        company.sync()
        (project,) = company.do("project.project", "search", [["name", "=", "M-1"]])
        day = "2021-05-10" if kind is TASK_14 else "2021-05-10 08:00:00"
        task = {"name": "Dépannage", "project_id": project, "date_deadline": day}
        company.do("project.task", "create", task)
        company.quiet()
        assert company.states()["2021-05-10"] == "planned"
        assert "2021-05-10" in diary.days()
        assert len(diary.rows()) == len(company.states()), "and no visit of it is made a second time"
        company.quiet()


class AmountScenarios:
    def test_the_amount_is_the_price_of_the_only_line_both_ways(self, opened: Open) -> None:
        company = opened(ORDER)
        contract = company.contract("M-1", company.customer())
        company.sync()
        (line,) = company.seen("contract.line", ["price_unit", "date_start", "date_end"])
        assert (line["price_unit"], line["date_start"], line["date_end"]) == (
            1250.5,
            "2021-03-01",
            "2022-02-28",
        )
        company.papers["contracts"].edit(contract, amount="1300", ends_on="2022-12-31")
        company.quiet()
        (line,) = company.seen("contract.line", ["price_unit", "date_end"])
        assert (line["price_unit"], line["date_end"]) == (1300.0, "2022-12-31")
        company.do("contract.line", "write", [line["id"]], {"price_unit": 1400.0})
        company.quiet()
        assert float(company.on_paper(contract)["amount"]) == 1400

    def test_an_amount_of_several_lines_is_read_and_not_written(self, opened: Open) -> None:
        company = opened(ORDER)
        contract = company.contract("M-1", company.customer())
        company.sync()
        (id,) = company.do("contract.contract", "search", [])
        more = {
            "contract_id": id,
            "name": "Astreinte",
            "quantity": 2,
            "price_unit": 100.0,
            "date_start": "2021-03-01",
        }
        company.do("contract.line", "create", {**more, "date_end": "2022-02-28"})
        company.quiet()
        assert float(company.on_paper(contract)["amount"]) == 1450.5
        company.papers["contracts"].edit(contract, amount="1500")
        company.sync()
        (letter,) = company.dead_letters()
        assert "is the sum of 2 lines" in letter.reason
        assert sorted(row["price_unit"] for row in company.seen("contract.line", ["price_unit"])) == [
            100.0,
            1250.5,
        ]
        tally("bad inputs tried")

    @pytest.mark.parametrize("fault", ON_THE_WIRE)
    def test_a_fault_while_a_contract_is_made_or_its_price_written_makes_one_contract_and_one_line(
        self, opened: Open, fault: str
    ) -> None:
        company = opened(ORDER)
        wire = Proxy(company.access.url)
        try:
            company.reconnect(wire.url)
            customer = company.customer()
            company.sync()
            for number, changing in enumerate(("load", "web_save_multi")):
                trap = wire.arm(FAULTS[fault].happens, _call_of("contract.contract", changing))
                if number == 0:
                    contract = company.contract("M-1", customer)
                else:
                    company.papers["contracts"].edit(contract, amount="1300")
                company.sync()
                assert trap.met
                wire.disarm()
                tally("faults injected")
                wire.release()
                company.quiet(6)
            rows = company.seen("contract.contract", ["code"])
            lines = company.seen("contract.line", ["price_unit"])
            tally("records duplicated", len(rows) + len(lines) - 2)
            assert len(rows) == 1
            assert [row["price_unit"] for row in lines] == [1300.0]
        finally:
            wire.close()


class AlertScenarios:
    def test_an_alert_is_an_activity_of_the_customer_once_and_gone_when_its_reason_is(
        self, opened: Open, kind: Kind
    ) -> None:
        company = opened(kind, "auto", "alert.yaml", "notice.yaml")
        found = company.check()
        assert found == [], found
        contract = company.contract("M-1", company.customer(), starts_on="2021-03-15", ends_on="2021-04-15")
        company.sync()
        company.quiet()
        (one,) = _activities(company)
        assert "M-1" in one["summary"], one
        (customer,) = company.do("res.partner", "search", [["name", "=", "Durand SARL"]])
        assert (one["res_model"], one["res_id"]) == ("res.partner", customer)
        company.papers["contracts"].edit(contract, ends_on="2022-02-28")
        company.quiet()
        left = _activities(company)
        assert left == [], left
        company.quiet()

    def test_an_alert_that_somebody_marks_as_done_is_not_told_again(self, opened: Open, kind: Kind) -> None:
        company = opened(kind, "auto", "alert.yaml", "notice.yaml")
        company.contract("M-1", company.customer(), starts_on="2021-03-15", ends_on="2021-04-15")
        company.sync()
        (one,) = _activities(company)
        company.do("mail.activity", "action_feedback", [one["id"]], feedback="C'est vu")
        for _ in range(2):
            company.sync(compare=True)
        company.quiet()
        left = _activities(company)
        assert left == [], left

    def test_what_concerns_no_customer_is_an_activity_of_our_own_contact(
        self, opened: Open, kind: Kind
    ) -> None:
        company = opened(kind, "auto", "alert.yaml", "notice.yaml")
        company.contract("M-1", "")
        for _ in range(2):
            company.sync()
        found = _activities(company)
        assert found, "somebody is told that a contract has no customer"
        (own,) = company.do("res.company", "search_read", [], ["partner_id"], 0, 1)
        assert {(row["res_model"], row["res_id"]) for row in found} == {("res.partner", own["partner_id"][0])}
        assert len({row["summary"] for row in found}) == len(found)


def _activities(company: Upkeep) -> list[dict[str, Any]]:
    """The open activities that the hub made."""
    names = ["summary", "res_model", "res_id"]
    return company.seen("mail.activity", names, ["res_model", "=", "res.partner"], archived=False)


def _call_of(model: str, method: str) -> Callable[[Request], bool]:
    return lambda request: request.model == model and request.method == method
