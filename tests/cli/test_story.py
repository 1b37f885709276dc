"""From `hub init` to a quiet hub, by commands alone."""

from __future__ import annotations

from tests.cli.conftest import SAGE_ROWS, Company


def planned(company: Company) -> list[tuple[str, str, str]]:
    return sorted(
        (w["system"], w["action"], w["title"]) for w in company.hub("plan", "--json").json["writes"]
    )


def test_a_configured_company_is_well(company: Company) -> None:
    said = company.hub("check", "--json")
    assert said.code == 0
    assert said.json["ok"] is True
    assert {"hub", "clients", "sage"} == {finding["system"] for finding in said.json["findings"]}


def test_a_plan_writes_nothing_and_lists_what_sync_then_writes(company: Company) -> None:
    company.hub("status")
    before = company.files()
    plan = company.hub("plan", "--json")
    assert plan.code == 1, "a telephone number waits for a person"
    after = {name: data for name, data in company.files().items() if not name.startswith("hub.sqlite")}
    assert after == {name: data for name, data in before.items() if not name.startswith("hub.sqlite")}
    assert company.hub("status", "--json").json["routes"] == []

    done = company.hub("sync", "--json")
    assert done.code == 1
    written = [c for c in company.hub("journal", "--json", "--limit", "0").json["changes"]
               if c["kind"] in ("wrote", "sent")]  # fmt: skip
    assert sorted((c["system"], c["title"]) for c in written) == sorted(
        (w["system"], w["title"]) for w in plan.json["writes"]
    )
    for change in written:
        (write,) = (
            w for w in plan.json["writes"] if (w["system"], w["title"]) == (change["system"], change["title"])
        )
        assert set(write["values"]) <= set(change["after"])
    assert done.json["writes"] == len(plan.json["writes"]) == 2


def test_a_conflict_is_settled_by_a_person_and_carried_out_everywhere(company: Company) -> None:
    company.hub("sync")
    (conflict,) = company.hub("conflicts", "list", "--json").json["conflicts"]
    assert (conflict["field"], conflict["title"]) == ("phone", "Mairie de Vif")
    assert {side["system"]: side["value"] for side in conflict["sides"]} == {
        "sage": "+33476729999",
        "clients": "+33476720002",
    }
    shown = company.hub("conflicts", "show", str(conflict["id"]))
    assert "04 76 72 99 99" in shown.out
    assert f"hub conflicts resolve {conflict['id']} --take sage" in shown.out

    settled = company.hub("conflicts", "resolve", str(conflict["id"]), "--take", "sage", "--json")
    assert settled.code == 0
    assert settled.json["value"] == "+33476729999"
    assert settled.json["conflict"]["closed_at"]
    company.hub("sync")
    assert company.cells(3)[3] == "04 76 72 99 99"
    quiet = company.hub("sync", "--json")
    assert (quiet.code, quiet.json["writes"]) == (0, 0)


def test_a_conflict_takes_any_value_a_person_types_and_refuses_nonsense(company: Company) -> None:
    company.hub("sync")
    wrong = company.hub("conflicts", "resolve", "1", "--value", "bureau du maire")
    assert wrong.code == 2
    assert "phone" in wrong.err
    assert company.hub("conflicts", "resolve", "1").code == 2
    assert company.hub("conflicts", "resolve", "1", "--take", "odoo").code == 2
    assert company.hub("conflicts", "resolve", "7", "--take", "sage").code == 2
    assert company.hub("conflicts", "resolve", "1", "--value", "01 02 03 04 05", "--json").json["value"] == (
        "+33102030405"
    )
    again = company.hub("conflicts", "resolve", "1", "--take", "sage")
    assert again.code == 2
    assert "settled" in again.err


def test_undo_puts_a_change_back_in_the_system(company: Company) -> None:
    company.hub("sync")
    company.hub("conflicts", "resolve", "1", "--take", "sage")
    company.hub("sync")
    company.export([(*SAGE_ROWS[0][:9], "VARCES", "France"), SAGE_ROWS[1]])
    done = company.hub("sync", "--json").json
    assert company.cells(3)[7] == "VARCES"

    changes = company.hub("journal", "--json", "--record", "C0002", "--run", str(done["run"])).json["changes"]
    (agreed,) = (c for c in changes if c["kind"] == "changed" and "city" in c["after"])
    undone = company.hub("undo", str(agreed["id"]), "--json")
    (answer,) = undone.json["undone"]
    assert (undone.code, answer["change"], answer["done"], answer["reason"]) == (0, agreed["id"], True, "")
    company.hub("sync")
    assert company.cells(3)[7] == "Vif"


def test_undoing_a_whole_run_puts_back_what_it_agreed_on_and_nothing_else(company: Company) -> None:
    run = company.hub("sync", "--json").json["run"]
    said = company.hub("undo", "--run", str(run))
    assert said.code == 1, "what it created in a workbook and in Sage stays there"
    assert said.out.count("cannot archive, and the hub") == 2
    assert "Mairie de Vif → MAIRIE DE VIF" in said.out
    assert "`hub sync` carries it out" in said.out
    assert company.hub("undo", "--run", "99").code == 2
    assert company.hub("undo").code == 2
    assert company.hub("undo", "1", "--run", str(run)).code == 2
    created = company.hub("undo", "1")
    assert created.code == 1
    assert "is not taken back" in created.out


def test_a_value_without_a_reading_is_set_aside_and_said(company: Company) -> None:
    company.type_in("D2", "demander à Mme X")
    company.hub("sync")
    said = company.hub("conflicts", "list")
    assert "Set aside" in said.out
    assert "unreadable" in said.out
    (review,) = company.hub("conflicts", "--json").json["reviews"]
    assert (review["system"], review["field"], review["external_id"]) == ("clients", "phone", "C0001")
    assert review["todo"]
    assert company.hub("status", "--json").json["waiting"]["reviews"] == 1


def test_the_journal_is_narrowed_by_record_system_run_and_time(company: Company) -> None:
    company.hub("sync")
    everything = company.hub("journal", "--json", "--limit", "0").json["changes"]
    assert len(company.hub("journal", "--json", "--limit", "1").json["changes"]) == 1
    assert company.hub("journal", "--json", "--limit", "1").json["more"] is True
    assert {c["system"] for c in company.hub("journal", "--json", "--system", "sage").json["changes"]} == {
        "sage"
    }
    assert company.hub("journal", "--json", "--since", "1h").json["changes"] == everything
    assert company.hub("journal", "--json", "--since", "2999-01-01").json["changes"] == []
    vif = company.hub("journal", "--json", "--record", "mairie@vif").json["changes"]
    assert {c["title"] for c in vif} == {"Mairie de Vif"}
    assert company.hub("journal", "--record", "nobody at all").code == 2
    assert company.hub("journal", "--since", "last week").code == 2
    assert company.hub("journal", "--system", "sagee").code == 2


def test_only_the_asked_system_and_entity_are_touched(company: Company) -> None:
    routes = company.hub("sync", "--json", "--system", "sage", "--entity", "customer").json["routes"]
    assert {route["system"] for route in routes} == {"sage"}
    near = company.hub("sync", "--system", "sge")
    assert near.code == 2
    assert "Did you mean 'sage'?" in near.err
    assert company.hub("plan", "--entity", "custommer").code == 2


def test_a_plan_is_kept_in_a_file(company: Company) -> None:
    said = company.hub("plan", "--out", "plan.json", "--json")
    assert (company.home / "plan.json").read_bytes().decode() == said.out
    assert company.hub("plan", "--out", "no/such/folder/plan.json").code == 2


def test_a_long_plan_says_how_much_it_does_not_show(company: Company) -> None:
    rows = [
        (f"H1{n:04}", f"CLIENT {n}", "", "", "", f"c{n}@x.example", "", "", "", "LYON", "France")
        for n in range(30)
    ]
    company.export([*SAGE_ROWS, *rows])
    said = company.hub("plan")
    assert "and 11 more: --limit 0 shows all" in said.out
    whole = company.hub("plan", "--limit", "0")
    assert all(f"CLIENT {n}\n" in whole.out or f"CLIENT {n} " in whole.out for n in range(30))
