"""HTTP to one Odoo server: kept-alive, with time-outs, and every way it can fail said in the hub's words.

All three doors go through here, so that a certificate nobody trusts, a proxy's maintenance page, a wrong
address or a lost reply are told the same way whichever door is open. It follows no redirect (a POST would
silently become a GET, and take the password elsewhere), keeps no cookie unless told to (JSON-2 refuses one
beside its database header) and takes no password from a ``.netrc``. An answer has a bound in time and in size
(`connectors.odoo.bounded`). It does not retry: `session.Session` does, knowing what may be repeated.
"""

from __future__ import annotations

import html
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from time import monotonic, time
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from connectors.odoo.bounded import BoundedAdapter, TooLarge, read_whole
from connectors.odoo.clock import ServerClock
from connectors.odoo.faults import Fault, Lost, SlowDown, WebPage, cut
from connectors.odoo.settings import Settings
from hub.ports import ConnectorError, Denied, Misconfigured, Unreachable

LATER = "the hub tries again by itself"

IDLE_LIMIT = 15.0
"""Seconds after which a kept connection is not trusted any more: a server that closes it just as a write
leaves would make that write's fate unknown."""

_GATEWAY = frozenset({502, 503, 504, *range(520, 528)})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_UNKNOWN_AUTHORITY = (
    "have the server send a certificate your machines trust, or give the file of the authority that "
    "signed it as `ca`"
)
_CERTIFICATE = {
    "has expired": "have the certificate of the server renewed; is this machine's clock right?",
    "not yet valid": "is this machine's clock right, or the server's when the certificate was made?",
    "ostname mismatch": "write in `url` the name that the certificate was made for",
    "IP address mismatch": "write in `url` the name that the certificate was made for",
}
"""What to do about a certificate, by words of OpenSSL's reason."""


class Web:
    """One server's HTTP. `system` is the name errors carry.

    `is_odoo` is set by the doors once an answer was one of Odoo's: from then on an answer that cannot be read
    is a lost one, and no proof of a wrong address.
    """

    def __init__(
        self, system: str, settings: Settings, bearer: str | None = None, cookies: bool = False
    ) -> None:
        self.system = system
        self.base = settings.url
        self.requests_sent = 0
        self.is_odoo = False
        self.skew: float | None = None
        self.clock = ServerClock()
        self._timeout = (settings.connect_timeout, settings.timeout)
        self._verify: bool | str = str(settings.ca) if settings.ca and settings.verify else settings.verify
        self._ca = settings.ca
        self._bearer = bearer
        self._last_used = monotonic()
        self._most = settings.answer_mib << 20
        self._http = requests.Session()
        self._http.mount("http://", BoundedAdapter())
        self._http.mount("https://", BoundedAdapter())
        if not cookies:
            self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if not settings.verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        """Send and wait. Gives back 200, or a body that Odoo itself wrote; anything else is raised."""
        response = self._send("POST", path, body, headers)
        self._judge(response)
        return response

    def probe(self, path: str) -> requests.Response:
        """A GET, to ask what is there at all. The caller judges the answer, if anybody gave one."""
        response = self._send("GET", path, None, {})
        if response.status_code == 429 or response.status_code in _GATEWAY:
            self._judge(response)
        return response

    def now(self) -> datetime:
        """The server's time as its last answer told it, the earlier of the two clocks where they differ."""
        local = datetime.now(UTC)
        skew = self.skew if self.skew is not None else 0.0
        return datetime.fromtimestamp(local.timestamp() + min(skew, 0.0), UTC)

    def close(self) -> None:
        self._http.close()

    def _send(
        self, verb: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> requests.Response:
        if monotonic() - self._last_used > IDLE_LIMIT:
            self._http.close()
        if self._ca and isinstance(self._verify, str) and not self._ca.is_file():
            raise Misconfigured(self.system, "no such certificate file", str(self._ca), "correct `ca`")
        self.requests_sent += 1
        asked = time()
        try:
            response = self._http.request(
                verb,
                self.base + path,
                data=body,
                headers=dict(headers),
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
                auth=self._authorize,
                stream=True,
            )
            read_whole(response, self._most)
        except TooLarge as error:
            why = f"more than {self._most >> 20} MiB"
            todo = "if this is Odoo and such answers are right, raise `answer_mib`; else correct `url`"
            raise Lost(self.system, f"the answer of {self.base} is too large", why, todo) from error
        except requests.exceptions.RequestException as error:
            raise self._failure(error) from error
        finally:
            self._last_used = monotonic()
        self._note_clock(response, asked)
        return response

    def _failure(self, error: requests.exceptions.RequestException) -> ConnectorError:
        """What a request without a whole answer means: `Lost`, unless it certainly never left."""
        if isinstance(error, requests.exceptions.SSLError) and not _cut_off(error):
            return self._certificate(error)
        if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
            return self._silent(error)
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
            return Misconfigured(self.system, f"{self.base} is no address", str(error), "correct `url`")
        if isinstance(error, requests.exceptions.ReadTimeout):
            why = f"no answer within {self._timeout[1]:g} s"
            return Lost(self.system, f"{self.base} is too slow", why, LATER)
        if isinstance(error, requests.exceptions.ConnectionError):
            if _never_left(error):
                return self._silent(error)
            return Lost(self.system, f"{self.base} cut the connection", _reason(error), LATER)
        return Lost(self.system, f"the answer of {self.base} broke off", _reason(error), LATER)

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._bearer is not None:
            request.headers["Authorization"] = f"bearer {self._bearer}"
        return request

    def _note_clock(self, response: requests.Response, asked: float) -> None:
        try:
            there = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError):
            return
        answered = time()
        self.skew = there.timestamp() - answered
        self.clock.heard(there.timestamp(), asked, answered)

    def _judge(self, response: requests.Response) -> None:
        status = response.status_code
        if status in _REDIRECTS:
            target = response.headers.get("Location", "")
            raise Misconfigured(
                self.system, f"{self.base} sends us on to {target}", todo=_redirect_todo(target)
            )
        if status == 413:
            raise Fault("large", "the request is too large for the server or the proxy before it")
        if status == 429:
            why = f"HTTP 429{_how_long(response)}"
            refusal = SlowDown(self.system, f"{self.base} asks us to slow down", why, LATER)
            refusal.seconds = asked_wait(response)
            raise refusal
        if is_data(response):
            return
        said = f"HTTP {status}, {page_title(response)}"
        if status in _GATEWAY:
            said += _how_long(response)
            lost = Lost(self.system, f"{self.base} is in maintenance or overloaded", said, LATER)
            lost.seconds = asked_wait(response)
            raise lost
        if status == 404:
            raise Misconfigured(self.system, f"no Odoo at {self.base}", said, "correct `url`")
        if status in (401, 403):
            raise Denied(self.system, f"{self.base} does not let us in", said, "ask whoever runs the server")
        kind = WebPage if status < 400 else Lost
        raise kind(self.system, f"{self.base} answers with a web page", said, LATER)

    def _silent(self, error: Exception) -> Unreachable:
        return Unreachable(self.system, f"no answer from {self.base}", _reason(error), LATER)

    def _certificate(self, error: Exception) -> Misconfigured:
        reason = _reason(error)
        todo = next((todo for word, todo in _CERTIFICATE.items() if word in reason), _UNKNOWN_AUTHORITY)
        return Misconfigured(self.system, f"the certificate of {self.base} is not trusted", reason, todo)


def is_data(response: requests.Response) -> bool:
    """Whether a program wrote this answer (JSON or XML) rather than a web page."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json", "/xml", "+xml")) and kind != "application/xhtml+xml"


def page_title(response: requests.Response) -> str:
    """What a web page calls itself, for an error message."""
    try:
        page = response.content.decode("utf-8")
    except UnicodeDecodeError:
        page = response.text
    found = re.search(r"<title[^>]*>(.*?)</title>", page[:20000], re.I | re.S)
    text = html.unescape(found[1]) if found else re.sub(r"<[^>]+>", " ", cut(page, 2000))
    return f"«{cut(' '.join(text.split()), 120)}»"


def _redirect_todo(target: str) -> str:
    parts = urlsplit(target)
    return f"write `url: {parts.scheme}://{parts.netloc}`" if parts.netloc else "correct `url`"


def asked_wait(response: requests.Response) -> float:
    """The seconds a server asks to be left alone (``Retry-After``, a number or a date); 0 if it does not."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return 0.0
    return max(0.0, until.timestamp() - datetime.now(UTC).timestamp())


def _how_long(response: requests.Response) -> str:
    seconds = asked_wait(response)
    return f", wait {seconds:.0f} s" if seconds else ""


def _cut_off(error: BaseException | None) -> bool:
    """Whether an encrypted connection was cut, rather than never trusted: then the request may have left."""
    while error is not None:
        if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return True
        error = error.__context__
    return False


def _never_left(error: requests.exceptions.ConnectionError) -> bool:
    """Whether the failure came before a byte of the request was sent."""
    cause: object = error.args[0] if error.args else None
    if isinstance(cause, urllib3.exceptions.MaxRetryError):
        cause = cause.reason
    return isinstance(cause, urllib3.exceptions.NewConnectionError)


def _reason(error: Exception) -> str:
    """The innermost words of a chain of network errors, without object addresses."""
    cause: object = error.args[0] if error.args else error
    if isinstance(cause, urllib3.exceptions.MaxRetryError) and cause.reason is not None:
        cause = cause.reason
    text = re.sub(r"<[^>]*object at 0x[0-9a-f]+>:? ?", "", str(cause))
    text = re.sub(r"HTTPS?Connection(Pool)?\([^)]*\):? ?", "", text)
    return text.strip() or type(error).__name__
