"""A real Asterisk 22 on 127.0.0.1, in the foreground, to try the hub on by hand.

    python -m tests.live.asterisk          start it; the agents' telephones ring for 3 s and are picked up
    0450999888 +33199001234 Dupont         (typed) a call to that number: caller and name may be left out
    hang                                   (typed) the outside world hangs up every call

The first thing printed is what hub.yaml needs of it. It ends with Ctrl-C or the end of its input.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from tests.live.asterisk.build import ensure
from tests.live.asterisk.lab import Lab

_SETTINGS = """\
systems:
  exchange:
    kind: ami
    host: {0.host}
    port: {0.port}
    user: {0.user}
    secret: {0.secret}
    context: agents
"""


def main() -> None:
    place = Lab(ensure(lambda line: print(line, file=sys.stderr, flush=True)))
    place.start()
    try:
        print(_SETTINGS.format(place.ami), flush=True)
        for phone in place.phones.values():
            phone.answers(after=3)
        place.trunk.answers(after=3)
        for line in sys.stdin:
            did, *caller = line.strip().split(maxsplit=2) or [""]
            if did == "hang":
                place.trunk.hang_up()
            elif did:
                place.trunk.call(did, *caller or ["+33199001234"])
    finally:
        place.stop()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
