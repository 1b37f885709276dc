"""The parts of the daemon that know no connector: who works when, what went wrong, what to show of it.

`worker` runs one entity's pulls and deliveries, never two at once; `board` remembers which routes fail and
when to try again; `figures` reads the store for `health` and `metrics`, which `web` answers with; `reload`
sees that a file was edited; `exclusive` keeps two threads from writing one file. `scheduler.py` puts them
together. Never: decides about a record. That is the engine's.
"""
