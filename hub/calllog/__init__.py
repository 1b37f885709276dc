"""What the hub remembers of calls, and how the other systems come to know it.

`log` keeps calls and callbacks in the hub's database; `source` shows them to the sync engine as a system of
its own (`kind: calls`), so that a call reaches Odoo by the same road as a customer: made once, retried,
refused in words, in the journal. Never: talks to an exchange, or decides what a call was (`hub.calls` does).
"""
