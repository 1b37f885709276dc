"""Hosted exchanges that post what happens: one receiver, and a YAML map of what each of them says.

`settings` is hub.yaml's part and `trust` how a message is known to be the exchange's; `mapfile` are the words
of a map, `profiles` finds it. A message goes through `doors` (HTTP and its bounds), `receiver`, `intake`
(`verify`, `replays`, `fieldmap`, in this order) and `handing` to the call road. `polling` asks an exchange
that posts nothing. `paths`, `parsing`, `verify`, `replays` and `fieldmap` are pure.

Promises: nothing is believed that is not proven, over the bytes as they came; a message that came before does
nothing and is answered as before; a message nobody can place is counted and named. Never: a word of a message
in the log or in an answer; a wait for anything before the answer.
"""

from connectors.voip.webhook.exchange import Webhook, connect

__all__ = ["Webhook", "connect"]
