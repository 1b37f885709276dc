"""Odoo 14 and later, through whichever of its three doors is open: XML-RPC, JSON-RPC or JSON-2.

This room turns an Odoo model into records and writes them back in batches. It promises what
`hub.ports.Connector` asks, exactly-once creation included, and never installs anything in Odoo (`desk/` does,
when a person asks for it), never deletes a record, and never calls a private method. Model and field names
live in the mapping, not here. `desk/` is the screens of Odoo's users.
"""

from __future__ import annotations

from typing import Any

from connectors.odoo.connector import OdooConnector
from connectors.odoo.settings import Settings
from hub.desk import Desk
from hub.ports import Connector


def connect(name: str, settings: Settings) -> Connector:
    """A connector for this Odoo. Nothing is sent before the first question."""
    return OdooConnector(name, settings)


def connect_desk(name: str, settings: Settings, card: Any = None) -> Desk:
    """The screens of this Odoo's users. `card` is ``calls.card`` of hub.yaml. Raises `Misconfigured`."""
    from connectors.odoo import desk

    return desk.connect_desk(name, settings, card)
