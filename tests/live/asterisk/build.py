"""Build, once, a Debian root with a real Asterisk 22: beside the roots of Odoo, kept and reused like them.

Asterisk 22 is in Debian's unstable only, so the whole root is of unstable: its libraries are newer than those
of any release.
"""

from __future__ import annotations

from pathlib import Path

from tests.live.build import Say, cache, fingerprint, is_done, mark_done, only_one
from tests.live.debian import Root, require_root

SUITE = "sid"
PACKAGES = ("asterisk",)


def ensure(say: Say = print) -> Root:
    """The root with Asterisk 22, built first if need be (a minute, 400 MB)."""
    require_root()
    base = cache() / "asterisk-22"
    root = Root(base / "root", base / "build.log")
    base.mkdir(parents=True, exist_ok=True)
    if not is_done(base, "packages", fingerprint(SUITE, PACKAGES)):
        with only_one(base / "lock", lambda: say("Asterisk: waiting for another process that builds it")):
            _build(root, base, say)
    return root


def _build(root: Root, base: Path, say: Say) -> None:
    if not root.path.exists():
        say(f"Asterisk: making a Debian {SUITE} root in {root.path}")
        root.bootstrap(SUITE)
    if not is_done(base, "packages", fingerprint(SUITE, PACKAGES)):
        say(f"Asterisk: installing {' '.join(PACKAGES)}")
        root.install(PACKAGES)
        mark_done(base, "packages", fingerprint(SUITE, PACKAGES))
    say(f"Asterisk: ready in {base}")
