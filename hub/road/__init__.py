"""The call road: from an exchange to an agent's screen, and from there to the log, never waiting for a sync.

Each part is a thread of its own, so that none waits for another:

- `ears` listens to the exchanges (asyncio) and only queues what is heard;
- `road` makes calls of it, finds whose number it is, and decides what goes on whose screen;
- `screens` sends that to the desk, as many messages in one request as have come together meanwhile;
- `notes` writes calls into the hub's database, and wakes the sync when systems should hear of one;
- `dialling` takes orders to dial from the desk, once each, and gives them to the exchange.

Promises: what is heard is worked on in order; a desk or a database that is down holds up neither the calls
nor each other; a call is noted before it is forgotten. Never: decides what a call was, or whose record is
right.
"""
