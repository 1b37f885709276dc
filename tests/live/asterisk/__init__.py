"""A real Asterisk 22 for the tests, on loopback: fixture `asterisk`, a `lab.Lab` in which no call is left.

    asterisk.ami                                             where the hub listens: host, port, user, secret
    asterisk.phones["101"].answers(after=1)                  or .rings(), .rejects(), .forwards("102")
    call = asterisk.trunk.call(QUEUE, "+33199001234", "Dupont").ringing()
    call.answered(); call.cancel(); call.hang_up(); call.over()
    there = asterisk.phones["101"].incoming()                the same call, as 101's telephone has it
    asterisk.restart()                                       every call is gone; same ports, same secret

`lab` has the numbers that can be dialled, `phone` what a telephone can do, `server` the Asterisk itself,
`recorder` and `scenarios` the recordings in ``tests/calls/streams``
(``python -m tests.live.asterisk.scenarios``).
"""
