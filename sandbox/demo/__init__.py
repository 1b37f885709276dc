"""`hub demo`: a French electrical-maintenance company of 300 customers, in an Odoo, a workbook and a Sage.

Its last part is a second company's, whose invoices go to a Sage X3 and an accountant's Sage 100.

Everything is real but the company: the three systems speak their real protocols on loopback and in real
files, and the hub is the daemon itself, told when to work so that one can watch. The demo believes nothing
the hub says: after each step it looks into the three systems, and ends with 1 if one does not show what it
should.
Never: touches anything outside its folder, or listens beyond loopback.
"""

from sandbox.demo.run import main

__all__ = ["main"]
