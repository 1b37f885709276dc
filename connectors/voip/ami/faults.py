"""What goes wrong between us and a manager interface, in words: what failed, where, why, what to do now.

Promises: the secret is in none of them, whatever the exchange quotes; what an exchange says is cut. Pure.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping

from connectors.voip.ami.messages import Message
from connectors.voip.ami.settings import Settings
from hub.ports import Busy, ConnectorError, Denied, Misconfigured, SourceDamaged, Unreachable

LONGEST = 200
"""Characters that are quoted of anything an exchange says."""

SHORTEST = 4
"""Characters of a secret below which hiding it would take every text apart, and keep nothing."""

LATER = "tried again by itself"
_TLS_HERE = "set `tls: true` if this is the TLS port (`tlsbindaddr` of manager.conf)"
_CERTIFICATE: Mapping[str, str] = {
    "has expired": "have the exchange's certificate renewed; is this machine's clock right?",
    "not yet valid": "is this machine's clock right, or the exchange's when the certificate was made?",
    "ostname mismatch": "write in `host` the name that the certificate was made for",
    "IP address mismatch": "write in `host` the name that the certificate was made for",
}
_UNKNOWN_AUTHORITY = "give the file of the authority that signed it, or the certificate itself, as `ca`"


class WrongSecret(Denied):
    """The login itself was refused: tried again minutes apart, or the exchange's guard shuts us out."""

    locks = True


class Faults:
    """Errors about one exchange."""

    def __init__(self, system: str, settings: Settings) -> None:
        self._system, self._settings = system, settings
        self._secret = settings.secret.get_secret_value()

    def quoted(self, text: str) -> str:
        """What the exchange said, fit to be shown."""
        if len(self._secret) >= SHORTEST:
            text = text.replace(self._secret, "•••")
        short = " ".join(text.split())
        return short if len(short) <= LONGEST else f"{short[:LONGEST]}…"

    @property
    def _place(self) -> str:
        return self._settings.place

    def no_connection(self, error: OSError) -> ConnectorError:
        """The connection could not be made, or not encrypted."""
        if isinstance(error, ssl.SSLCertVerificationError):
            reason = error.verify_message or str(error)
            todo = next((todo for word, todo in _CERTIFICATE.items() if word in reason), _UNKNOWN_AUTHORITY)
            what = f"the certificate of {self._place} is not trusted"
            return Misconfigured(self._system, what, self.quoted(reason), todo)
        if isinstance(error, ssl.SSLError):
            what = f"{self._place} does not speak TLS as expected"
            todo = "set `tls: false` if this is the plain port, or write the port of `tlsbindaddr`"
            return Misconfigured(self._system, what, self.quoted(error.reason or str(error)), todo)
        if isinstance(error, socket.gaierror):
            what = f"there is no machine called {self._settings.host}"
            return Unreachable(self._system, what, _reason(error), f"{LATER}; is `host` right?")
        what = f"no connection to {self._place}"
        todo = f"{LATER}; is Asterisk running, with `enabled = yes` in manager.conf?"
        return Unreachable(self._system, what, _reason(error), todo)

    def no_answer(self) -> ConnectorError:
        """Nobody is there to say no either."""
        what = f"no connection to {self._place}"
        why = f"no answer within {self._settings.connect_timeout:g} s"
        return Unreachable(self._system, what, why, f"{LATER}; does a firewall stand between?")

    def no_authority(self, error: OSError) -> ConnectorError:
        """The file given as `ca` is of no use."""
        what = f"`ca` {self._settings.ca} cannot be used"
        return Misconfigured(self._system, what, _reason(error), "give a file of PEM certificates")

    def no_greeting(self) -> ConnectorError:
        """A connection stands, and nothing is said."""
        what = f"{self._place} says nothing"
        why = f"no greeting within {self._settings.connect_timeout:g} s"
        todo = f"{LATER}; is this the port of the manager interface? {_TLS_HERE}"
        return Unreachable(self._system, what, why, todo)

    def other_greeting(self, greeting: str) -> ConnectorError:
        """Somebody answers who is no manager interface."""
        who = "a web server" if greeting.startswith(("HTTP/", "<")) else "something else"
        what = f"{who} answers at {self._place}, not Asterisk's manager interface"
        todo = f"correct `port`: it is `port` of manager.conf; {_TLS_HERE}"
        return Misconfigured(self._system, what, f"it says «{self.quoted(greeting)}»", todo)

    def slow_login(self) -> ConnectorError:
        """The greeting came, and the login did not end."""
        what = f"the login at {self._place} was not answered"
        why = f"not within {self._settings.connect_timeout:g} s"
        return Unreachable(self._system, what, why, LATER)

    def refused_login(self, answer: Message) -> ConnectorError:
        """The login was answered with no."""
        said = self.quoted(answer["Message"])
        user = self._settings.user
        if "already in use" in said.lower():
            todo = "set `allowmultiplelogin = yes` for it, or give each program a user of its own"
            return Busy(self._system, f"somebody is logged in as {user} already", said, todo)
        if "shutting down" in said.lower():
            return Unreachable(self._system, "the exchange is shutting down", said, LATER)
        todo = (
            f"correct `user` and `secret`; the section [{user}] of manager.conf must also `permit` "
            "this machine's address"
        )
        return WrongSecret(self._system, f"the exchange refuses the login as {user}", said, todo)

    def no_challenge(self, answer: Message) -> ConnectorError:
        """It has no MD5 challenge, and the secret is not sent in another way."""
        what = f"{self._place} offers no MD5 challenge"
        return Misconfigured(
            self._system, what, self.quoted(answer["Message"]), "connect to Asterisk itself, not to a proxy"
        )

    def closed(self, half: str = "", *, logged_in: bool = True) -> ConnectorError:
        """The other side ended the connection."""
        what = f"{self._place} closed the connection"
        why = f"in the middle of «{self.quoted(half)}»" if half else ""
        if logged_in:
            return Unreachable(self._system, what, why, LATER)
        todo = f"{LATER}; too many logins at once (`authlimit`), or {_TLS_HERE}"
        return Unreachable(self._system, what, why or "before the login was done", todo)

    def broken(self, error: OSError) -> ConnectorError:
        """The connection broke."""
        return Unreachable(self._system, f"the connection to {self._place} broke", _reason(error), LATER)

    def shut_down(self) -> ConnectorError:
        """It said so itself."""
        return Unreachable(self._system, "the exchange is shutting down or restarting", "", LATER)

    def silent(self, action: str) -> ConnectorError:
        """An action was not answered in time."""
        what = f"{self._place} no longer answers"
        return Unreachable(self._system, what, f"{action}: nothing in {self._settings.timeout:g} s", LATER)

    def overrun(self, waiting: int) -> ConnectorError:
        """More was said than could be looked at."""
        what = "the exchange says more than the hub can follow"
        why = f"{waiting:,} events waited; the connection was dropped"
        return Unreachable(self._system, what, why, "it comes back by itself, and calls are taken up anew")

    def half_a_list(self, action: str, why: str) -> ConnectorError:
        """A list that cannot be trusted to be whole."""
        return Unreachable(self._system, f"{action} was answered with half a list", why, LATER)

    def unreadable(self, why: str, size: int, start: str) -> ConnectorError:
        """One message was lost; what it said is asked for anew."""
        what = f"a message of the exchange could not be read ({why})"
        reason = f"{size:,} bytes that begin «{self.quoted(start)}»"
        todo = "calls in progress are looked up anew; nothing to do unless it happens again and again"
        return SourceDamaged(self._system, what, reason, todo)

    def no_list(self, action: str, answer: Message) -> ConnectorError:
        """A list was asked for and refused."""
        said = self.quoted(answer["Message"])
        if "permission" in said.lower():
            what = f"the user {self._settings.user} may not see which calls are in progress ({action})"
            return Denied(
                self._system, what, said, "add `reporting` to `write` of its section in manager.conf"
            )
        return Unreachable(self._system, f"the exchange refuses {action}", said, LATER)


def _reason(error: OSError) -> str:
    """The system's own words, which asyncio wraps in its own when a name has several addresses."""
    return error.strerror if error.strerror and error.errno else str(error) or type(error).__name__
