"""A small telephone exchange in this process: it speaks Asterisk's manager interface (AMI) on loopback.

Promises: greeting, MD5 challenge, rights, lists and events are those of Asterisk 22, headers and their order
included; whoever uses it makes the calls, so that a demo or a test decides what happens when. It knows
nothing of the hub. Never: rings a telephone, or listens beyond this machine.

    with serve() as exchange:                      # exchange.port; user hub, secret sandbox
        call = exchange.call("+33450123456", did="0450999888", name="Mairie de Vif")
        call.enter("support")
        call.ring()                                # every member of the queue: 101 and 102
        call.answer("102")                         # 101 stops ringing
        call.hold(); call.hold(False)
        call.transfer("101"); call.answer("101")
        call.hang_up()
        exchange.call("+33450123456", did="0450999801").give_up()
        exchange.outbound("101", "0450777666").answer("0450777666")
        exchange.clicks["odoo-1"].pick_up()        # an Originate that came: the agent picks up
"""

from sandbox.exchange.calls import Call, Calls
from sandbox.exchange.server import ALL, Account, Click, Exchange, serve

__all__ = ["ALL", "Account", "Call", "Calls", "Click", "Exchange", "serve"]
