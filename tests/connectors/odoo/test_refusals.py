"""Which field an error of Odoo's is about, as far as its words say so."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.odoo.faults import Fault
from connectors.odoo.layout import Layout
from connectors.odoo.refusals import refused, refused_row

LAYOUT = Layout(
    "res.partner",
    (),
    {"vat": {"string": "Tax ID"}, "city": {"string": "City"}, "name": {"string": "Name"}, "phone": {}},
    (None, None),
)
VAT = "The VAT number [FR00000000000] for partner [Mairie de Vif] does not seem to be valid.\nNote: FR23"
SENT = {"name": "Mairie de Vif", "vat": "FR00000000000", "city": "Vif", "active": True}


@pytest.mark.parametrize(
    ("text", "sent", "field"),
    [
        (VAT, SENT, "vat"),
        ("The VAT number [00000000000] for partner [Mairie de Vif] does not seem to be valid", SENT, "vat"),
        ("Le numéro «FR00000000000» n'est pas valable", SENT, "vat"),
        ("Wrong value for res.partner.city: 'Vif'", SENT, "city"),
        ("The field 'City' is too long", SENT, "city"),
        ("phone is required", {"phone": False, "vat": "FR00000000000"}, "phone"),
        ("A record with this value exists already", {"vat": "FR00000000000"}, "vat"),
        ("You are not allowed to modify this record", SENT, None),
        ("Vif is a city of partner [Another one]", {"vat": "X", "phone": "1"}, None),
    ],
)
def test_the_field_is_the_one_whose_value_is_quoted_or_that_is_named(
    text: str, sent: dict[str, Any], field: str | None
) -> None:
    assert refused(LAYOUT, Fault("refused", text, "ValidationError"), sent).field == field
    assert refused_row(LAYOUT, {"message": text}, sent).field == field


def test_a_missing_right_may_be_given_and_a_wrong_value_does_not_become_right() -> None:
    assert refused(LAYOUT, Fault("access", "not allowed", "AccessError"), SENT).passing
    assert not refused(LAYOUT, Fault("refused", VAT, "ValidationError"), SENT).passing
    assert refused_row(LAYOUT, {"message": "not allowed"}, SENT, allowed=False).passing
    assert not refused_row(LAYOUT, {"message": VAT}, SENT).passing
