"""The command line: `hub …`, one module a command group.

Promises: standard output carries results only, standard error progress and errors; `--json` prints exactly
one JSON document, of a shape that `docs/commands.md` fixes; an error is one screen that says what, where, why
and what to do; the exit code is 0 (done), 1 (something waits for a person), 2 (wrong use or configuration), 3
(a system could not be reached) or 4 (a fault of the hub's own). What takes long to import is imported only by
the command that uses it.

Never: decides anything itself, prints a secret, shows a traceback unless `--debug`.
"""
