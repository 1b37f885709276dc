"""What maintenance contracts ask for: visits due, alerts, and the question after a visit.

The hub decides here; systems hear of it through mappings, like of any other record: the source is a system of
its own (`kind: maintenance` in hub.yaml) with the objects `visit`, `alert` and `question`. So exactly-once
creation, retries, the journal and conflicts are the engine's, as for customers.

`terms` reads a golden contract, `workdays` knows which days people work, `plan` says which visits are due,
`grouping` brings those of one town together, `visits` keeps them; `alerts` says what a person should hear of,
`alerting` keeps it; `questions` keeps what was asked after a visit. `source` is the connector over all three.

Promises: running it again changes nothing; what a person decided (a date, a confirmation, a cancellation, an
alert that was closed) is never undone. Never: deletes a visit, or talks to a system.
"""
