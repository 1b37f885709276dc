"""A telephone: SIP over UDP, on an address of its own on loopback, worked by a test as by a hand.

    alice.answers(after=1)                  # when called; or .rings(), .rejects(486), .forwards("102")
    call = alice.incoming()                 # the next call that reached it; wait for it
    call.hold(); call.resume(); call.transfer("102"); call.hang_up()
    other = alice.call("102").answered()    # it calls; wait until somebody answers
    call.hand_to(other)                     # attended transfer: the two calls become one without it

Whatever waits, waits for what must happen, half a minute at most, and raises `TimeoutError` saying what did
not. The telephone answers what the exchange sends in a thread of its own. Loopback loses no datagram, so it
sends nothing twice.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable

from tests.live.asterisk import sip, sound
from tests.live.asterisk.sip import Message

PATIENCE = 30.0
Address = tuple[str, int]
Answer = Callable[["Call"], None]


class Telephone:
    """One telephone, or a carrier's trunk: a carrier is a telephone that may bear any number."""

    def __init__(self, number: str, host: str) -> None:
        self.number = number
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.address: Address = self._socket.getsockname()
        self.exchange: Address = ("", 0)
        self.calls: dict[str, Call] = {}
        self.changed = threading.Condition(threading.RLock())
        self._arrived: queue.Queue[Call] = queue.Queue()
        self._when_called: Answer = Call.ring

    def plug_in(self, exchange: Address) -> None:
        """Serve the exchange at this address from now on."""
        self.exchange = exchange
        threading.Thread(target=self._listen, name=f"telephone {self.number}", daemon=True).start()

    def unplug(self) -> None:
        """Let go of its address; what it was doing is not said goodbye to."""
        self.forget()
        self.send(self.address, b"")  # wakes the listening thread, which ends

    def rings(self) -> None:
        """When called, it rings, and nobody comes."""
        self._when_called = Call.ring

    def answers(self, after: float = 0.0) -> None:
        """When called, it rings and is picked up after so many seconds."""

        def ring_and_answer(call: Call) -> None:
            call.ring()
            later = threading.Timer(after, call.answer)
            later.daemon = True
            later.start()

        self._when_called = ring_and_answer

    def rejects(self, status: int = 486) -> None:
        """When called, it refuses: 486 busy, 603 declined."""
        self._when_called = lambda call: call.reject(status)

    def forwards(self, number: str) -> None:
        """When called, it sends the caller on to `number`."""
        self._when_called = lambda call: call.reject(302, forward=number)

    def incoming(self, timeout: float = PATIENCE) -> Call:
        """The next call that reached it, each once; waits for it."""
        try:
            return self._arrived.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"telephone {self.number} was not called within {timeout} s") from None

    def call(self, number: str, caller: str | None = None, name: str = "", hidden: bool = False) -> Call:
        """Dial. `caller` and `name` are what the called one is to see (a carrier's to choose).

        `hidden`: the caller is withheld, yet told to the exchange, as carriers do (RFC 3323 and 3325).
        """
        call = Call(self, f"{sip.token()}@{self.address[0]}")
        self.calls[call.id] = call
        call.dial(number, self.number if caller is None else caller, name, hidden)
        return call

    def hang_up(self) -> None:
        """End every call it has, forget those that reached it, and ring when called."""
        self.rings()
        for call in list(self.calls.values()):
            call.hang_up()
        self.forget()

    def forget(self) -> None:
        """Take every call for over, and say so to nobody: the exchange is gone."""
        for call in list(self.calls.values()):
            call.became("over")
        self.calls.clear()
        while not self._arrived.empty():
            self._arrived.get_nowait()

    def send(self, to: Address, datagram: bytes) -> None:
        self._socket.sendto(datagram, to)

    def _listen(self) -> None:
        with self._socket:
            while datagram := self._socket.recv(65536):
                message = Message.parse(datagram)
                with self.changed:
                    self._take(message)

    def _take(self, message: Message) -> None:
        call = self.calls.get(message.first("call-id"))
        if message.status is not None:
            if call is not None:
                call.take_response(message)
        elif call is not None:
            call.take_request(message)
        elif message.method == "INVITE":
            call = self.calls[message.first("call-id")] = Call(self, message.first("call-id"))
            call.take_invitation(message)
            self._when_called(call)
            self._arrived.put(call)
        elif message.method != "ACK":
            stranger = Call(self, message.first("call-id"))
            stranger.reply(message, 200)
            stranger.became("over")


class Call:
    """One call of one telephone, as that telephone sees it.

    `state` is ``dialling``, ``ringing`` (here, or there), ``talking`` or ``over``. `status` is the number of
    the last answer to our invitation (486: busy), `referred` what the exchange said of our transfer.
    """

    def __init__(self, phone: Telephone, call_id: str) -> None:
        self.phone = phone
        self.id = call_id
        self.state = "dialling"
        self.status: int | None = None
        self.referred: list[str] = []
        self._tag = sip.token()
        self._local = self._remote = self._target = ""
        self._sent = 0  # the number of our last request
        self._invitation: Message | None = None  # theirs
        self._branch = ""  # ours
        self._described = 0
        self._replies: dict[tuple[int, str], bytes] = {}
        self._ear = sound.Ear(phone.address[0])

    @property
    def dialled(self) -> str:
        """The number it was called by; a carrier's trunk is called by any."""
        assert self._invitation is not None, "nobody called"
        return self._invitation.start.split()[1].removeprefix("sip:").partition("@")[0]

    # What a hand does.

    def dial(self, number: str, caller: str, name: str, hidden: bool) -> None:
        host, port = self.phone.exchange
        self._target = f"sip:{number}@{host}:{port}"
        self._remote = f"<sip:{number}@{host}>"
        asserted = f"{sip.quoted(name)} <sip:{caller}@{self.phone.address[0]}>"
        private = [("P-Asserted-Identity", asserted), ("Privacy", "id")]
        shown = '"Anonymous" <sip:anonymous@anonymous.invalid>' if hidden else asserted
        self._local = f"{shown};tag={self._tag}"
        self._request("INVITE", self._session(), private if hidden else ())

    def ring(self) -> None:
        self._answer_invitation(180)
        self.became("ringing")

    def answer(self) -> None:
        """Pick up; nothing happens where it no longer rings."""
        with self.phone.changed:
            if self.state == "ringing":
                self._answer_invitation(200, self._session())
                self.became("talking")

    def reject(self, status: int = 486, forward: str = "") -> None:
        host, port = self.phone.exchange
        contact = f"<sip:{forward}@{host}:{port}>" if forward else ""
        self._answer_invitation(status, contact=contact)
        self.became("over")

    def cancel(self) -> None:
        """Give up calling before anybody answered."""
        self.until(lambda: self.status is not None, "be heard by the exchange")
        self._request("CANCEL", number=self._sent, branch=self._branch)
        self.until(lambda: self.state in ("over", "talking"), "end")
        self.hang_up()  # somebody answered just then

    def hang_up(self) -> None:
        """End it, whatever it is at; nothing happens where it is over."""
        if self.state == "talking":
            self._request("BYE")
            self.became("over")
        elif self.state in ("dialling", "ringing"):
            self.reject() if self._invitation else self.cancel()

    def hold(self) -> None:
        self._request("INVITE", self._session("sendonly"))

    def resume(self) -> None:
        self._request("INVITE", self._session())

    def transfer(self, number: str) -> None:
        """Blind: the other party is sent to `number`."""
        self._refer(f"<sip:{number}@{self.phone.exchange[0]}>")

    def hand_to(self, consulted: Call) -> None:
        """Attended: the other party of this call talks to that of `consulted` from now on."""
        replaces = f"{consulted.id}%3Bto-tag%3D{sip.tag(consulted._remote)}%3Bfrom-tag%3D{consulted._tag}"
        self._refer(f"<{sip.uri(consulted._remote)}?Replaces={replaces.replace('@', '%40')}>")

    def talk(self) -> None:
        """Let sound flow from here to the exchange until it is over."""
        self._ear.speak()

    # What a test waits for.

    def ringing(self) -> Call:
        return self.until(lambda: self.state == "ringing", "ring")

    def answered(self) -> Call:
        return self.until(lambda: self.state == "talking", "be answered")

    def over(self) -> Call:
        return self.until(lambda: self.state == "over", "end")

    def until(self, happened: Callable[[], bool], what: str) -> Call:
        with self.phone.changed:
            if not self.phone.changed.wait_for(happened, PATIENCE):
                raise TimeoutError(
                    f"a call of telephone {self.phone.number} did not {what} within {PATIENCE} s;"
                    f" it is {self.state}, the last answer was {self.status}"
                )
        return self

    # What the exchange says.

    def take_invitation(self, message: Message) -> None:
        self._invitation = message
        self._remote, self._local = message.first("from"), f"{message.first('to')};tag={self._tag}"
        self._target = sip.uri(message.first("contact"))
        self._ear.towards(message.media)
        self.reply(message, 100)

    def take_request(self, message: Message) -> None:
        if (said := self._replies.get((message.number, message.method))) and message.method != "ACK":
            self.phone.send(self.phone.exchange, said)  # it was asked twice
        elif message.method == "INVITE":
            self._ear.towards(message.media)
            self.reply(message, 200, self._session())
        elif message.method == "CANCEL":
            self.reply(message, 200)
            if self.state == "ringing":
                self._answer_invitation(487)
            self.became("over")
        elif message.method == "BYE":
            self.reply(message, 200)
            self.became("over")
        elif message.method == "NOTIFY":
            self.reply(message, 200)
            self.referred.append(message.body.strip())
            # Who transfers is the one to say goodbye, once told that it was done (RFC 5589, 6.1).
            if message.body.startswith("SIP/2.0 2"):
                self.hang_up()
        elif message.method != "ACK":
            self.reply(message, 200)

    def take_response(self, message: Message) -> None:
        status = message.status or 0
        if message.method == "REFER":
            self.referred.append(message.start)
        if message.method != "INVITE":
            return
        self.status = status
        if status in (180, 183):
            self.became("ringing")
        elif 200 <= status < 300:
            self._remote, self._target = message.first("to"), sip.uri(message.first("contact"))
            self._ear.towards(message.media)
            self._request("ACK", number=message.number)
            self.became("talking")
        elif status >= 300:
            self._request("ACK", number=message.number, branch=self._branch, to=message.first("to"))
            if self.state != "talking":  # a refused hold ends nothing
                self.became("over")
        self.phone.changed.notify_all()

    # How it is said.

    def became(self, state: str) -> None:
        with self.phone.changed:
            if self.state != "over":
                self.state = state
            if self.state == "over":
                self._ear.close()
            self.phone.changed.notify_all()

    def reply(self, request: Message, status: int, body: str = "", contact: str = "") -> None:
        to = request.first("to")
        if not sip.tag(to):
            to = f"{to};tag={self._tag}"
        headers = [("Via", via) for via in request.all("via")]
        headers += [("From", request.first("from")), ("To", to), ("Call-ID", request.first("call-id"))]
        headers += [
            ("CSeq", request.first("cseq")),
            ("Contact", contact or self._contact),
            ("Allow", sip.ALLOW),
        ]
        said = sip.compose(f"SIP/2.0 {status} {sip.REASONS[status]}", headers, body)
        self._replies[request.number, request.method] = said
        self.phone.send(self.phone.exchange, said)

    @property
    def _contact(self) -> str:
        host, port = self.phone.address
        return f"<sip:{self.phone.number}@{host}:{port}>"

    def _answer_invitation(self, status: int, body: str = "", contact: str = "") -> None:
        assert self._invitation is not None, "nobody called"
        self.reply(self._invitation, status, body, contact)

    def _request(
        self,
        method: str,
        body: str = "",
        headers: sip.Headers = (),
        number: int | None = None,
        branch: str | None = None,
        to: str | None = None,
    ) -> None:
        """Send it. A CANCEL and an ACK bear the number of what they belong to."""
        with self.phone.changed:
            if number is None:
                self._sent = number = self._sent + 1
            branch = branch or sip.branch()
            if method == "INVITE":
                self._branch = branch
            host, port = self.phone.address
            lines = [("Via", f"SIP/2.0/UDP {host}:{port};branch={branch}"), ("Max-Forwards", "70")]
            lines += [("From", self._local), ("To", to or self._remote), ("Call-ID", self.id)]
            lines += [("CSeq", f"{number} {method}"), ("Contact", self._contact), ("Allow", sip.ALLOW)]
            datagram = sip.compose(f"{method} {self._target} SIP/2.0", [*lines, *headers], body)
            self.phone.send(self.phone.exchange, datagram)

    def _refer(self, to: str) -> None:
        by = f"<sip:{self.phone.number}@{self.phone.exchange[0]}>"
        self._request("REFER", headers=[("Refer-To", to), ("Referred-By", by)])

    def _session(self, direction: str = "sendrecv") -> str:
        self._described += 1
        return sip.session(*self._ear.address, direction, self._described)
