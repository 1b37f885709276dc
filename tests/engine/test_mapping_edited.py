"""The mapping is edited while the hub holds records: keys and fields follow."""

from __future__ import annotations

from collections.abc import Callable

from hub.mapping import Mappings
from tests.engine.conftest import CUSTOMER, SIRETS, Company


def test_records_are_matched_by_the_new_rules_from_then_on(
    company: Company, load: Callable[[str], Mappings]
) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "city": "Arles", "siret": SIRETS[0]})
    company.sync()
    company.mappings = load(
        CUSTOMER.replace("  - exact: [siret]\n", "  - exact: [name, city]\n  - exact: [siret]\n")
    )
    company.approve()
    company.book["Clients"].delete("C001")
    company.sync()
    company.book["Clients"].add({"Raison sociale": "GARAGE DUPONT", "Ville": "ARLES"}, id="C777")
    company.sync()
    assert company.goldens() == 1
    assert company.book["Clients"].show("C777")["SIRET"] == SIRETS[0]


def test_a_field_added_to_the_mapping_is_read_from_all_sides_at_the_next_sync(
    company: Company, load: Callable[[str], Mappings]
) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "zip": "13200"})
    company.sync()
    with_zip = CUSTOMER.replace("  city: {type: text}\n", "  city: {type: text}\n  zip: {type: postcode}\n")
    with_zip = with_zip.replace("city: city, tags", "city: city, zip: zip, tags").replace(
        "city: Ville}", "city: Ville, zip: CP}"
    )
    company.mappings = load(with_zip)
    company.approve()
    company.sync()
    assert company.book["Clients"].show("C001")["CP"] == "13200"
    assert company.sync().writes == 0
