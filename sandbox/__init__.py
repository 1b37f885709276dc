"""Small stand-ins for the systems the hub talks to, and a believable company to put in them.

Promises: real protocols on loopback, a free port, a clean stop. The demo and the ordinary tests run on them.
Never: a claim of its own about how a real system behaves. Where a sandbox and the real system disagree, the
sandbox is wrong, and `tests/live/test_sandbox_agrees.py` shows it.
"""
