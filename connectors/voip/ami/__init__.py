"""Asterisk's manager interface (AMI): FreePBX, Issabel, XiVO and plain Asterisk, 16 to 22.

`client` is one connection, `exchange` keeps there being one and is the port, `messages` the framing,
`tracker` the sense of the events, `dialling` a click's order to dial, `rights` what `hub check` looks at. It
promises what `hub.exchange` asks. Never: sends the secret, runs a command on the exchange, changes a call.
"""

from __future__ import annotations

from connectors.voip.ami.exchange import AmiExchange
from connectors.voip.ami.settings import Settings
from hub.exchange import Exchange


def connect(name: str, settings: Settings) -> Exchange:
    """An exchange for this Asterisk. Nothing is sent before it is listened to."""
    return AmiExchange(name, settings)
