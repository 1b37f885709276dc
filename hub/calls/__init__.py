"""Calls: what an exchange says of them, put together, and what follows from it.

`facts` keeps what was said, so that saying it twice, late or in another order changes nothing; `call` draws
the conclusions (who rings, who answered, what became of it); `book` keeps the calls of now and says which
call changed. No clock, no store, no number is given a meaning here.
"""

from hub.calls.book import CallBook, Changed
from hub.calls.call import Call, Outcome, Ring, Transfer
from hub.calls.facts import Facts

__all__ = ["Call", "CallBook", "Changed", "Facts", "Outcome", "Ring", "Transfer"]
