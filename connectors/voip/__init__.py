"""Telephone exchanges: what they tell of calls, as `hub.exchange.CallEvent`s.

`ami` listens to Asterisk's manager interface, `webhook` receives what hosted exchanges post. Both promise
what `hub.exchange` asks of every exchange. Never: knows a customer, waits for a database, or decides what a
call was.
"""
