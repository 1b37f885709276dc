"""What a mapping writes where the hub has no value: defaults and constants."""

from __future__ import annotations

from collections.abc import Callable

from hub.mapping import Mappings
from tests.engine.conftest import CUSTOMER, Company

WITH_BOTH = CUSTOMER.replace("  city: {type: text}\n", "  city: {type: text}\n  kind: text\n").replace(
    "email: WEB, city: CTY}",
    "email: WEB, city: {field: CTY, default: Lyon}, kind: {field: CAT, constant: FR}}",
)


def test_a_new_record_gets_the_defaults_and_constants_of_its_system(
    company: Company, load: Callable[[str], Mappings]
) -> None:
    company.mappings = load(WITH_BOTH)
    company.approve()
    company.odoo["partner"].add({"name": "Durand SA"})
    company.odoo["partner"].add({"name": "Petit SARL", "city": "Arles"})
    company.sync()
    found = sorted((row["BPRNAM"], row["CTY"], row["CAT"]) for row in company.sage["BPC"].rows().values())
    assert found == [("DURAND SA", "Lyon", "FR"), ("PETIT SARL", "Arles", "FR")]
    assert company.sync().writes == 0
    assert {row.get("city") for row in company.odoo["partner"].rows().values()} >= {"Arles"}


def test_a_constant_is_put_back_and_a_default_does_not_replace_what_somebody_typed(
    company: Company, load: Callable[[str], Mappings]
) -> None:
    company.mappings = load(WITH_BOTH)
    company.approve()
    company.odoo["partner"].add({"name": "Durand SA"})
    company.sync()
    (code,) = company.sage["BPC"].rows()
    company.sage["BPC"].set(code, {"CAT": "DE", "CTY": "Vif"})
    company.sync()
    assert company.sage["BPC"].show(code)["CAT"] == "FR"
    assert company.sage["BPC"].show(code)["CTY"] == "Vif"
    (partner,) = company.odoo["partner"].rows().values()
    assert partner["city"] == "Vif"
