"""The agents' screens of one Odoo: the caller's card, its module, and what installs both.

`desk.py` is what runs all day: one request shows any number of cards. `module.py` makes the data-only module
(no Python) that the web client needs for it; `setup.py` puts it into Odoo over RPC and takes it out again;
`rights.py` says what the hub's own user lacks. What runs inside Odoo is in `server/` (server actions) and
`static/` (the browser), each as one readable file. Model and field names of what a card says are data:
`card.json`, which an admin may replace.

Facts: Odoo 14 and 19's ``base_import_module``, ``ir.actions.server``, ``bus`` and ``tools/safe_eval.py``.
"""

from __future__ import annotations

from connectors.odoo.desk.desk import OdooDesk, connect_desk

__all__ = ["OdooDesk", "connect_desk"]
