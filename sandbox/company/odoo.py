"""The customers in an Odoo: any Odoo, by any function that makes calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

from sandbox.company.customers import Customer
from sandbox.company.typing_habits import any_phone, dice_for

BATCH = 500


class Call(Protocol):
    """One call of a model's method on the model itself, arguments by place."""

    def __call__(self, model: str, method: str, *args: Any) -> Any: ...


def fill_odoo(call: Call, customers: Iterable[Customer], *, version: int = 19) -> dict[int, int]:
    """Create customers, tags and contacts; answers the partners' ids by customer number."""
    [country] = call("res.country", "search", [["code", "=", "FR"]])
    tags: dict[str, int] = {}
    made: dict[int, int] = {}
    for batch in _batches(customers):
        for name in sorted({tag for customer in batch for tag in customer.tags} - tags.keys()):
            [tags[name]] = call("res.partner.category", "create", [{"name": name}])
        values = [odoo_values(customer, version) for customer in batch]
        for customer, value in zip(batch, values, strict=True):
            value |= {"country_id": country, "category_id": [[6, 0, [tags[tag] for tag in customer.tags]]]}
        ids = call("res.partner", "create", values)
        made.update(zip((customer.number for customer in batch), ids, strict=True))
        people = [_person(made[c.number], one) for c in batch for one in c.contacts]
        if people:
            call("res.partner", "create", people)
    return made


def odoo_values(customer: Customer, version: int = 19) -> dict[str, Any]:
    """The customer as typed into Odoo: carefully but for the telephone, some without a VAT number."""
    dice = dice_for("odoo", customer)
    return {
        "name": customer.name,
        "is_company": True,
        "company_registry" if version >= 19 else "siret": customer.siret,
        "vat": customer.vat if dice.random() < 0.5 else False,
        "phone": any_phone(customer.phone, dice),
        "email": customer.email or False,
        "street": customer.street,
        "street2": customer.street2 or False,
        "zip": customer.zip,
        "city": customer.city,
    }


def _person(company: int, contact: Any) -> dict[str, Any]:
    return {
        "parent_id": company,
        "type": "contact",
        "name": contact.name,
        "function": contact.function,
        "phone": contact.phone,
        "email": contact.email,
    }


def _batches(customers: Iterable[Customer]) -> Iterator[Sequence[Customer]]:
    rest = iter(customers)
    while batch := list(islice(rest, BATCH)):
        yield batch
