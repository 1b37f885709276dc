"""What people do in the demo, and how it must end: who types what, and what must then be true.

`holds` looks into the systems themselves, never into the hub: it is what keeps the demo honest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sandbox.company import Customer
from sandbox.demo.place import Place, digits

Act = Callable[[Place], None]
SHORT = 28
"""Letters of a name that Sage can hold with something behind it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What people did to one customer: where, in words, by `act`; afterwards `holds` must be true."""

    where: str
    customer: Customer
    text: str
    act: Act
    holds: Callable[[Place], bool]


def story(customers: Sequence[Customer], new: Customer, twice: Customer) -> list[Edit]:
    """Seven edits on three sides, made while the hub looks elsewhere; the conflict is the last one."""
    short = [one for one in customers if len(one.name) <= SHORT]
    phone, city, merged, name, conflict = short[10:60:10]
    return [
        Edit(
            "Odoo",
            phone,
            "new phone number, 04 38 70 11 22",
            lambda place: place.edit_odoo(phone.siret, phone="+33 4 38 70 11 22"),
            lambda place: _phones(place, phone) == {"438701122"},
        ),
        Edit(
            "workbook",
            city,
            "has moved to 38130 Échirolles",
            lambda place: place.edit_workbook(city.siret, {"Ville": "Échirolles", "Code postal": "38130"}),
            lambda place: (
                _texts(place, city, "city") == {"échirolles"} and _texts(place, city, "zip") == {"38130"}
            ),
        ),
        Edit(
            "Sage",
            new,
            "a new customer",
            lambda place: place.add_to_sage(new),
            lambda place: _texts(place, new, "name") == {new.name.casefold()},
        ),
        Edit(
            "Sage + workbook",
            twice,
            "the same new customer, typed in by two people",
            _together(lambda place: place.add_to_sage(twice), lambda place: place.add_to_workbook(twice)),
            lambda place: _texts(place, twice, "name") == {twice.name.casefold()},
        ),
        Edit(
            "Odoo + workbook",
            merged,
            "a new e-mail address in one, a new street in the other",
            _together(
                lambda place: place.edit_odoo(merged.siret, email="bonjour@example.fr"),
                lambda place: place.edit_workbook(merged.siret, {"Adresse": "4 place Notre-Dame"}),
            ),
            lambda place: (
                _texts(place, merged, "email") == {"bonjour@example.fr"}
                and _texts(place, merged, "street") == {"4 place notre-dame"}
            ),
        ),
        Edit(
            "Odoo + workbook",
            name,
            "renamed in both, not to the same",
            _together(
                lambda place: place.edit_odoo(name.siret, name=f"{name.name} & Fils"),
                lambda place: place.edit_workbook(name.siret, {"Raison sociale": f"{name.name} et fils"}),
            ),
            lambda place: _texts(place, name, "name") == {f"{name.name} & Fils".casefold()},
        ),
        Edit(
            "Odoo + workbook",
            conflict,
            "two different new phone numbers",
            _together(
                lambda place: place.edit_odoo(conflict.siret, phone="+33 4 76 55 01 01"),
                lambda place: place.edit_workbook(conflict.siret, {"Téléphone": "04.76.55.02.02"}),
            ),
            lambda place: len(_phones(place, conflict)) == 3,
        ),
    ]


def settled(edit: Edit) -> Edit:
    """The conflict, once Odoo's value was taken."""
    return replace(edit, holds=lambda place: _phones(place, edit.customer) == {"476550101"})


def _together(*acts: Act) -> Act:
    """Several people at once."""

    def act(place: Place) -> None:
        for one in acts:
            one(place)

    return act


_FIELDS = {
    "name": ("name", "Raison sociale", "CT_Intitule"),
    "email": ("email", "E-mail", "CT_EMail"),
    "street": ("street", "Adresse", "CT_Adresse"),
    "zip": ("zip", "Code postal", "CT_CodePostal"),
    "city": ("city", "Ville", "CT_Ville"),
    "phone": ("phone", "Téléphone", "CT_Telephone"),
}


def _shown(place: Place, customer: Customer, field: str) -> list[str]:
    """The field as Odoo, the workbook and Sage show it; empty where the customer is not there."""
    found = []
    readers = (place.shown_in_odoo, place.shown_in_workbook, place.shown_in_sage)
    for read, native in zip(readers, _FIELDS[field], strict=True):
        shown = read(customer.siret)
        found.append(str(shown[native] or "") if shown else "")
    return found


def _texts(place: Place, customer: Customer, field: str) -> set[str]:
    return {text.casefold() for text in _shown(place, customer, field)}


def _phones(place: Place, customer: Customer) -> set[str]:
    """The national numbers, without the leading zero or +33."""
    return {digits(text)[-9:] for text in _shown(place, customer, "phone")}
