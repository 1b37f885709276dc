"""The customers as an X3 has them: capitals, a name in two lines of 35, one address each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sandbox.company.customers import Customer
from sandbox.company.typing_habits import national

LINE = 35


def fill_x3(add: Callable[..., str], customers: Iterable[Customer]) -> list[str]:
    """Enter these customers by a function that enters a record (`X3.person.add`); their numbers."""
    return [add("BPC", x3_values(customer), x3_addresses(customer)) for customer in customers]


def x3_values(customer: Customer) -> Mapping[str, Any]:
    """The fields of a customer's groups."""
    name = customer.name.upper()
    return {
        "BCGCOD": "FR",
        "BPRNAM": (name[:LINE], name[LINE : 2 * LINE]),
        "BPRSHO": name[:10],
        "CRY": "FR",
        "CRN": customer.siret,
        "EECNUM": customer.vat,
        "VACBPR": "FRA",
        "PTE": "30J",
    }


def x3_addresses(customer: Customer) -> Sequence[Mapping[str, Any]]:
    """The lines of its addresses: one, the default."""
    return [
        {
            "CODADR": "001",
            "BPACRY": "FR",
            "ADDLIG1": customer.street,
            "ADDLIG2": customer.street2,
            "POSCOD": customer.zip,
            "CTY": customer.city.upper(),
            "TEL1": national(customer.phone),
            "WEB1": customer.email,
            "BPAADDFLG": 2,
        }
    ]
