"""Sources that are not as they should be: what the commands say, and which code they end with."""

from __future__ import annotations

from tests.cli.conftest import SAGE_ROWS, Company


def test_a_missing_workbook_leaves_out_its_own_route_only(company: Company) -> None:
    company.workbook.rename(company.home / "elsewhere.xlsx")
    said = company.hub("sync", "--json")
    assert said.code in (2, 3)
    assert {p["system"] for p in said.json["problems"]} == {"clients"}
    assert all(p["what"] and p["todo"] for p in said.json["problems"])
    assert {r["system"]: r["read"] for r in said.json["routes"]}["sage"] == 2
    check = company.hub("check", "--json")
    assert check.code == said.code
    assert any(f["system"] == "clients" and f["level"] == "error" for f in check.json["findings"])


def test_a_truncated_workbook_waits_for_a_person_and_is_left_as_it_is(company: Company) -> None:
    half = company.workbook.read_bytes()[:2000]
    company.workbook.write_bytes(half)
    said = company.hub("sync")
    assert said.code == 1
    assert "clients, customer left out" in said.err + said.out
    assert company.workbook.read_bytes() == half
    assert company.hub("check").code == 1


def test_a_workbook_without_its_key_column_is_a_mistake_of_the_mapping(company: Company) -> None:
    company.type_in("A1", "Code interne")
    for command in ("sync", "check", "plan"):
        said = company.hub(command)
        assert said.code == 2, command
        assert "N° client" in said.out


def test_a_half_copied_export_is_not_read(company: Company) -> None:
    file = company.home / "sage/exports/customers.csv"
    file.write_bytes(file.read_bytes()[:-20])
    said = company.hub("sync", "--json")
    assert said.code in (1, 3)
    assert {p["system"] for p in said.json["problems"]} == {"sage"}


def test_two_records_of_one_key_are_asked_about_where_duplicates_are_looked_for(company: Company) -> None:
    company.export([*SAGE_ROWS, ("H00009", "AUTRE MAIRIE", SAGE_ROWS[0][2], *[""] * 8)])
    assert company.hub("sync", "--json").code == 1
    asked = company.hub("duplicates", "list", "--json").json["questions"]
    assert ["siret"] in [one["keys"] for one in asked]
    assert "H00009" in company.hub("duplicates", "list").out


def test_two_records_of_one_key_are_set_aside_and_shown(company: Company) -> None:
    company.edit("mappings/customer.yaml", "duplicates: true", "duplicates: false")
    company.export([*SAGE_ROWS, ("H00009", "AUTRE MAIRIE", SAGE_ROWS[0][2], *[""] * 8)])
    said = company.hub("sync", "--json")
    assert said.code == 1
    reviews = company.hub("conflicts", "--json").json["reviews"]
    assert {r["kind"] for r in reviews} & {"duplicate", "ambiguous"}
    assert all(r["reason"] and r["todo"] for r in reviews)
    assert "H00009" in company.hub("conflicts").out or "line 4" in company.hub("conflicts").out


def test_a_write_that_a_system_cannot_take_is_a_dead_letter_until_it_is_retried(company: Company) -> None:
    company.edit("mappings/customer.yaml", '{field: "E-mail",', '{field: "E-mail", max: 12,')
    said = company.hub("sync", "--json")
    assert said.code == 1
    assert said.json["waiting"]["dead_letters"] == 1
    shown = company.hub("deadletters")
    assert "email" in shown.out
    (letter,) = company.hub("deadletters", "list", "--json").json["dead_letters"]
    assert (letter["system"], letter["field"], letter["title"]) == ("clients", "email", "HÔTEL DU LAC")
    assert letter["reason"]
    assert letter["todo"]

    assert company.hub("deadletters", "retry").code == 2
    assert company.hub("deadletters", "retry", "99").code == 2
    again = company.hub("deadletters", "retry", "--all", "--json")
    assert (again.code, again.json) == (0, {"retried": [letter["id"]], "count": 1})
    assert company.hub("deadletters", "list", "--json").json["dead_letters"] == []


def test_a_mapping_is_tried_on_real_records(company: Company) -> None:
    company.type_in("B2", "Électricité Durand & Fils Maintenance Rhône-Alpes")
    company.type_in("D3", "voir Mme Petit")
    said = company.hub("mapping", "check", "--json")
    assert said.code == 1, "a telephone number has no reading"
    fields = {(f["system"], f["field"]): f for f in said.json["fields"]}
    name = fields["sage", "name"]
    assert "35 characters" in name["lossy"]
    assert any("Maintenance" in loss["where"] for loss in name["lost"])
    phone = fields["clients", "phone"]
    assert (phone["ok"], len(phone["unreadable"])) == (False, 1)
    assert "row 3" in phone["unreadable"][0]["where"]
    assert fields["clients", "city"]["ok"]
    assert "lossy: cut at 35 characters" in " ".join(company.hub("mapping", "check").out.split())


def test_a_preview_shows_what_is_held_and_what_it_means(company: Company) -> None:
    company.type_in("D2", "bureau")
    said = company.hub("mapping", "preview", "customer", "--limit", "1", "--json")
    assert said.code == 0
    by_system = {record["system"]: record for record in said.json["records"]}
    assert set(by_system) == {"clients", "sage"}
    fields = {line["field"]: line for line in by_system["clients"]["fields"]}
    assert fields["country"]["native"] == {"Pays": "France"}
    assert fields["country"]["value"] == "FR"
    assert fields["phone"]["value"] is None
    assert "bureau" in fields["phone"]["problem"]
    shown = company.hub("mapping", "preview", "customer", "--system", "sage")
    assert "CT_Intitule: MAIRIE DE VIF" in shown.out
    assert "clients" not in shown.out
    assert company.hub("mapping", "preview", "client").code == 2


def test_the_schema_needs_no_configuration(bare: Company) -> None:
    printed = bare.hub("mapping", "schema")
    assert printed.code == 0
    assert bare.hub("mapping", "schema", "--out", "schema.json").code == 0
    assert bare.hub("mapping", "schema", "--json").json["$schema"]
    import json

    assert (
        json.loads((bare.home / "schema.json").read_text(encoding="utf-8"))
        == bare.hub("mapping", "schema", "--json").json
    )
    assert bare.hub("mapping", "schema", "--out", "no/folder/schema.json").code == 2
