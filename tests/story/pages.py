"""The story, page by page: a company's three systems are linked, edited all at once, brought into agreement.

Each page is what people do, then one command, then what every system must show. `tell` reads them in order;
the same pages are told on the sandbox and on the real Odoos.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from tests.story import company
from tests.story.company import customer, customers
from tests.story.site import Said, Site

NEW_IN_ODOO, NEW_IN_SAGE, NEW_IN_WORKBOOK = 401, 402, 403
"""The numbers of the customers who come while the story goes on."""

CONTESTED = 190
"""The customer whose telephone number changes on two sides at once."""

MOVED = 140
"""The contact who moves to customer 166.

That customer has a VAT number: to one without, Odoo 19 itself gives that of the contact's last customer.
"""

REFERENCES = {("contact", "odoo"): "parent_id", ("contact", "clients"): "N° client"}
WORKBOOK_PHONE, SAGE_PHONE = "04 76 55 55 55", "04 76 66 66 66"


def tell(site: Site, credentials: Mapping[str, str], door: str, transport: str = "") -> None:
    """The whole story. `credentials` are environment variables of `hub init`.

    `door` is the one to Odoo that is then used, `transport` what hub.yaml must say for that, if anything.
    """
    people_at_work(site)
    a_first_configuration(site, credentials, door, transport)
    the_first_sync(site)
    everybody_edits(site)
    one_sync_propagates_it_all(site)
    a_person_settles_the_conflict(site)
    nothing_is_left_to_do(site)


# -- before -------------------------------------------------------------------------------------------------


def people_at_work(site: Site) -> None:
    """What there is before anyone has heard of the hub."""
    company.write_workbook(site.workbook.path, customers(company.IN_WORKBOOK), company.CONTACTS)
    company.fill_sage(site.sage, customers(company.IN_SAGE))
    site.sage.export()
    known = customers(company.IN_ODOO)
    ids = site.create(*(company.partner(one, site.siret, site.france) for one in known))
    of = {one.number: id for one, id in zip(known, ids, strict=True)}
    site.create(*(company.person(number, of[number]) for number in company.CONTACTS_IN_ODOO))


def a_first_configuration(site: Site, credentials: Mapping[str, str], door: str, transport: str) -> None:
    said = site.init(credentials, transport, "--excel-contacts", "Contacts")
    assert said.json["systems"] == ["odoo", "sage", "clients"]
    assert said.json["entities"] == ["customer", "contact"]
    check = site.hub("check", "--json", code=0).json
    assert check["ok"], check
    assert {finding["system"] for finding in check["findings"]} >= {"hub", "odoo", "sage", "clients"}
    assert not [finding for finding in check["findings"] if finding["level"] == "error"]
    assert any(f"door {door}" in finding["message"] for finding in check["findings"])


# -- the load -----------------------------------------------------------------------------------------------


def the_first_sync(site: Site) -> None:
    """Everyone is known everywhere once the plan is approved, and what agreed already was not touched."""
    before = site.workbook.rows()
    held = site.hub("plan", "--json", code=1).json["braked"]
    assert {one["kind"] for one in held} == {"creations"}
    site.hub("plan", "--approve", "--json", code=0)
    done = sync(site, code=0)
    everyone = len(company.EVERYONE)
    assert counted(done, "customer", "odoo", "created") == everyone - len(company.IN_ODOO)
    assert counted(done, "customer", "sage", "created") == everyone - len(company.IN_SAGE)
    assert counted(done, "customer", "clients", "created") == everyone - company.CUSTOMERS
    assert sum(counted(done, "customer", system, "written") for system in ("odoo", "sage", "clients")) == 0
    assert counted(done, "contact", "odoo", "created") == len(
        set(company.CONTACTS) - set(company.CONTACTS_IN_ODOO)
    )
    assert counted(done, "contact", "clients", "created") == len(
        set(company.CONTACTS_IN_ODOO) - set(company.CONTACTS)
    )
    assert site.sage.step(), "an import file waits for Sage"
    quiet(site)

    after = site.workbook.rows()
    assert {key: after[key] for key in before} == before, "rows that were there are as they were typed"
    partners, rows, third = site.partners(), by_email(after), site.third_parties()
    for one in map(company.agreed, company.EVERYONE):
        shown_in_odoo(partners[one.name], site, one)
        shown_in_sage(third[one.email], one)
        assert rows[one.email]["Raison sociale"] == one.name
        assert rows[one.email]["Ville"] == one.city
    assert len(partners) == len(rows) == len(third) == everyone
    contacts = site.contacts()
    assert len(contacts) == len(set(company.CONTACTS) | set(company.CONTACTS_IN_ODOO))
    for number in company.CONTACTS:
        found = contacts[company.contact_email(number)]
        assert found["parent_id"][1] == customer(number).name
        assert found["name"] == company.contact_name(number)
    people = {row["Courriel"]: row for row in site.workbook.rows("Contacts").values()}
    assert len(people) == len(contacts)
    for number in company.CONTACTS_IN_ODOO:
        found = people[company.contact_email(number)]
        assert (found["Nom"], found["N° client"]) == (company.contact_name(number), customer(number).code)


def shown_in_odoo(row: Mapping[str, Any], site: Site, one: company.Customer) -> None:
    expected = {"name": one.name, site.siret: one.siret or None, "vat": one.vat or None, "email": one.email,
                "street": one.street, "zip": one.zip, "city": one.city}  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["phone"].replace(" ", "") in (one.phone, "0" + one.phone.removeprefix("+33"))
    assert row["country_id"][0] == site.france
    assert row["active"]


def shown_in_sage(row: Mapping[str, str], one: company.Customer) -> None:
    expected = {
        "CT_Intitule": one.name.upper()[:35].rstrip(), "CT_Siret": one.siret, "CT_Identifiant": one.vat,
        "CT_Telephone": one.national, "CT_Adresse": one.street, "CT_CodePostal": one.zip,
        "CT_Ville": one.city.upper(), "CT_Pays": "France",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


# -- the edits ----------------------------------------------------------------------------------------------


def everybody_edits(site: Site) -> None:
    """Between two syncs, on three sides, the same customers and others."""
    site.workbook.edit({
        customer(160).code: {"Raison sociale": "Électricité Rénovée & Fils"},
        customer(161).code: {"Adresse": None, "Remarques": "parti sans laisser d'adresse"},
        customer(162).code: {"Mail": "accueil@partout.example"},
        customer(CONTESTED).code: {"Tél.": WORKBOOK_PHONE},
    })  # fmt: skip
    site.workbook.add(_typed(NEW_IN_WORKBOOK, "C0403"))
    site.workbook.add(
        ("P0403", "Maud Nouvelle", "C0403", "Gérante", "06 76 00 04 03", "maud@client.example"),
        sheet="Contacts",
    )
    site.workbook.edit({f"P{MOVED:04}": {"Fonction": "Directrice"}}, sheet="Contacts")
    (person,) = (
        row["id"] for row in site.contacts().values() if row["email"] == company.contact_email(MOVED)
    )
    (firm,) = site.call(
        "res.partner", "search", [["name", "=", customer(166).name], ["is_company", "=", True]]
    )
    site.call("res.partner", "write", [person], {"parent_id": firm})
    site.write(customer(160).name, {"phone": "+33 4 76 16 01 60"})
    site.write(customer(162).name, {"email": "accueil@partout.example"})
    site.write(customer(163).name, {"phone": "04 76 16 31 63"})
    site.create(company.partner(customer(NEW_IN_ODOO), site.siret, site.france))
    site.sage.edit("S00160", {"CT_Ville": "Voiron"})
    site.sage.edit("S00164", {"CT_Ville": "Crolles", "CT_CodePostal": "38920"})
    site.sage.edit(f"S{CONTESTED:05}", {"CT_Telephone": SAGE_PHONE})
    company.fill_sage(site.sage, [customer(NEW_IN_SAGE)])
    site.sage.export()


def _typed(number: int, code: str) -> tuple[Any, ...]:
    one = customer(number)
    return (
        code,
        one.name,
        one.siret,
        one.vat,
        one.national,
        one.email,
        one.street,
        one.zip,
        one.city,
        "France",
    )


def one_sync_propagates_it_all(site: Site) -> None:
    done = sync(site, code=1)
    assert done.json["waiting"]["conflicts"] == 1
    site.sage.step()
    quiet(site, code=1)

    partners, rows, third = site.partners(), site.workbook.rows(), site.third_parties()
    # One customer edited on all three sides at once, each in another field.
    renamed = "Électricité Rénovée & Fils"
    assert partners[renamed]["city"] == "VOIRON"
    assert digits(partners[renamed]["phone"]) == "0476160160"
    row = rows[customer(160).code]
    assert (row["Raison sociale"], row["Ville"], digits(row["Tél."])) == (renamed, "VOIRON", "0476160160")
    sage = third[customer(160).email]
    assert (sage["CT_Intitule"], sage["CT_Ville"]) == ("ÉLECTRICITÉ RÉNOVÉE & FILS", "VOIRON")
    assert digits(sage["CT_Telephone"]) == "0476160160"
    # A field that was emptied is empty everywhere; what the hub has no business with is left alone.
    assert partners[customer(161).name]["street"] is None
    assert third[customer(161).email]["CT_Adresse"] == ""
    assert rows[customer(161).code]["Adresse"] is None
    assert rows[customer(161).code]["Remarques"] == "parti sans laisser d'adresse"
    # The same edit on two sides is no conflict.
    assert partners[customer(162).name]["email"] == "accueil@partout.example"
    assert rows[customer(162).code]["Mail"] == "accueil@partout.example"
    assert third["accueil@partout.example"]["CT_Num"] == "S00162"
    # One side alone: Odoo's telephone number, Sage's city.
    assert (
        digits(rows[customer(163).code]["Tél."])
        == digits(third[customer(163).email]["CT_Telephone"])
        == "0476163163"
    )
    assert (partners[customer(164).name]["city"], partners[customer(164).name]["zip"]) == ("CROLLES", "38920")
    assert (rows[customer(164).code]["Ville"], str(rows[customer(164).code]["CP"])) == ("CROLLES", "38920")
    # A person who was promoted in one place and moved to another customer in the other.
    mover = site.contacts()[company.contact_email(MOVED)]
    assert (mover["function"], mover["parent_id"][1]) == ("Directrice", customer(166).name)
    row = site.workbook.rows("Contacts")[f"P{MOVED:04}"]
    assert (row["Fonction"], row["N° client"]) == ("Directrice", customer(166).code)
    new_customers_are_everywhere(site, partners, rows, third)
    the_contested_number_is_left_as_each_typed_it(partners, rows, third)


def new_customers_are_everywhere(
    site: Site, partners: Mapping[str, Any], rows: Mapping[str, Any], third: Mapping[str, Any]
) -> None:
    for number in (NEW_IN_ODOO, NEW_IN_WORKBOOK, NEW_IN_SAGE):
        one = customer(number)
        name = one.name.upper() if number == NEW_IN_SAGE else one.name
        assert partners[name][site.siret] == one.siret
        assert third[one.email]["CT_Siret"] == one.siret
        assert by_email(rows)[one.email]["Raison sociale"] == name
    everyone = len(company.EVERYONE) + 3
    assert len(partners) == len(rows) == len(third) == everyone
    assert site.contacts()["maud@client.example"]["parent_id"][1] == customer(NEW_IN_WORKBOOK).name


def the_contested_number_is_left_as_each_typed_it(
    partners: Mapping[str, Any], rows: Mapping[str, Any], third: Mapping[str, Any]
) -> None:
    one = customer(CONTESTED)
    assert rows[one.code]["Tél."] == WORKBOOK_PHONE
    assert third[one.email]["CT_Telephone"] == SAGE_PHONE
    assert digits(partners[one.name]["phone"]) == digits(one.phone)


# -- the conflict -------------------------------------------------------------------------------------------


def a_person_settles_the_conflict(site: Site) -> None:
    (conflict,) = site.hub("conflicts", "list", "--json", code=0).json["conflicts"]
    assert (conflict["field"], conflict["title"]) == ("phone", customer(CONTESTED).name)
    sides = {side["system"]: side["value"] for side in conflict["sides"]}
    assert (sides["clients"], sides["sage"]) == ("+33476555555", "+33476666666")
    site.hub("conflicts", "resolve", str(conflict["id"]), "--take", "sage", code=0)
    done = sync(site, code=0)
    assert {(c["system"], c["title"]) for c in written(site, done)} == {
        ("odoo", customer(CONTESTED).name), ("clients", customer(CONTESTED).name)
    }  # fmt: skip
    site.sage.step()
    partners, rows, third = site.partners(), site.workbook.rows(), site.third_parties()
    one = customer(CONTESTED)
    shown = [partners[one.name]["phone"], rows[one.code]["Tél."], third[one.email]["CT_Telephone"]]
    assert [digits(phone) for phone in shown] == ["0476666666"] * 3
    assert site.hub("conflicts", "--json", code=0).json == {"conflicts": [], "reviews": []}


def nothing_is_left_to_do(site: Site) -> None:
    workbook, imports = site.workbook.path.read_bytes(), list(site.sage.imported)
    site.sage.step()
    quiet(site)
    assert site.workbook.path.read_bytes() == workbook
    site.sage.take()
    assert site.sage.imported == imports
    status = site.hub("status", "--json", code=0).json
    assert set(status["waiting"].values()) == {0}
    assert {(r["due"], r["sent"], r["dead"], r["error"], r["brake"]) for r in status["routes"]} == {
        (0, 0, 0, None, None)
    }


# -- commands -----------------------------------------------------------------------------------------------


def sync(site: Site, code: int) -> Said:
    """One `hub sync`, which writes exactly what `hub plan` has said it would."""
    plan = site.hub("plan", "--json", code=code).json
    done = site.hub("sync", "--json", code=code)
    assert done.json["problems"] == done.json["braked"] == []
    planned, applied = (
        comparable(plan["writes"]),
        comparable(written(site, done), not_yet_known(plan["writes"])),
    )
    assert [*(planned - applied)][:5] == [*(applied - planned)][:5] == []
    assert done.json["writes"] == len(plan["writes"])
    return done


def quiet(site: Site, code: int = 0) -> None:
    """A plan that is empty, and a sync that writes nothing."""
    assert site.hub("plan", "--json", code=code).json["writes"] == []
    done = site.hub("sync", "--json", code=code).json
    assert (done["writes"], done["problems"], done["braked"]) == (0, [], [])


def written(site: Site, done: Said) -> list[dict[str, Any]]:
    """What the journal says a run wrote to systems."""
    run = str(done.json["run"])
    changes = site.hub("journal", "--json", "--limit", "0", "--run", run, code=0).json["changes"]
    return [change for change in changes if change["kind"] in ("wrote", "sent")]


def comparable(
    writes: list[dict[str, Any]], later: Collection[tuple[str, str]] = ()
) -> Counter[tuple[str, ...]]:
    """Writes of a plan or of the journal: what each sets where, and instead of what.

    The references in those of `later` are left out.

    A new record has no id before it is made: neither itself, nor as what another one refers to.
    """
    found: Counter[tuple[str, ...]] = Counter()
    for one in writes:
        values = dict(one["after"] if "after" in one else one["values"])
        if (one["system"], one["title"]) in later:
            del values[REFERENCES[one["entity"], one["system"]]]
        before = {name: value for name, value in one["before"].items() if value is not None}
        shown = (str(sorted(values.items())), str(sorted(before.items())))
        found[one["entity"], one["system"], one["title"], *shown] += 1
    return found


def not_yet_known(planned: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """The planned records that refer to one which is only made by the same sync; the plan says so of each."""
    found = {(one["system"], one["title"]): one["waiting"] for one in planned if one["waiting"]}
    assert all(reasons == [f"customer waits for its customer to be in {system}"]
               for (system, _), reasons in found.items())  # fmt: skip
    return set(found)


def counted(done: Said, entity: str, system: str, what: str) -> int:
    return sum(r[what] for r in done.json["routes"] if (r["entity"], r["system"]) == (entity, system))


def by_email(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(row["Mail"]).lower(): row for row in rows.values()}


def digits(phone: Any) -> str:
    """The national digits of a number, however it is written."""
    found = "".join(figure for figure in str(phone) if figure.isdigit())
    return "0" + found.removeprefix("33").removeprefix("0")
