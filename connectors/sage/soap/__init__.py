"""Sage X3 through its web services ("Classic SOAP"): third parties, products, invoices, payments.

Promises: every message X3 gives with an answer reaches the person, in X3's own words; a call is judged by its
`status` alone, never by HTTP's; a field is found by its name, wherever this site's screens have put it; a
record is compared with what the hub last saw right before it is changed; a document is looked for by our
reference before it is made, so a lost answer makes no second one; never more calls at once than the admin
allowed, and one at a time for one record.

Never does: delete, download a WSDL, parse an entity, trust an HTTP status, cut a value that is too long.

How it is built. Pure: `grammar` (X3's XML and JSON), `values` (its texts and native values), `layout` (the
mapping's names in X3's blocks), `paging` (how a list without pages is read whole), `answers` (SOAP answers),
`reference` (by what a record of ours is known). At the edge: `wsdl` (zeep builds the requests), `web` (HTTP),
`client` (the twelve operations), `description` (what an object consists of). `pulling`, `writing` and
`checking` are the port over these, put together in `connector`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sage.soap.settings import Settings
    from hub.ports import Connector


def connect(name: str, settings: Settings) -> Connector:
    """A connector to one folder of one Sage X3. Opens nothing yet."""
    from connectors.sage.soap.connector import SoapConnector

    return SoapConnector(name, settings)
