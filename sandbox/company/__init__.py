"""The customers of an invented electrical-maintenance company near Grenoble, as each system has them.

    customers(300)                      the same 300 every time; any number up to 100,000, as a stream
    write_workbook(path, customers)     the workbook the office keeps
    write_sage(path, customers)         the export the accountant drops in a folder
    fill_odoo(call, customers)          into an Odoo, by any function that makes calls
    fill_x3(add, customers)             into an X3, by any function that enters a record

Promises: the same seed gives the same base; a customer is the same whatever the count; numbers pass their
checks (Luhn, VAT key), telephone numbers are from the ranges kept for fiction, e-mail addresses at example.fr
and example.com. Towns and postcodes are real, everybody in them is invented.
"""

from sandbox.company.customers import Contact, Customer, customers
from sandbox.company.odoo import fill_odoo, odoo_values
from sandbox.company.sage import write_sage
from sandbox.company.typing_habits import dotted, national, spaced
from sandbox.company.workbook import write_workbook
from sandbox.company.x3 import fill_x3

__all__ = [
    "Contact",
    "Customer",
    "customers",
    "dotted",
    "fill_odoo",
    "fill_x3",
    "national",
    "odoo_values",
    "spaced",
    "write_sage",
    "write_workbook",
]
