"""HTTP to one X3: kept-alive, bounded in time and size, every way it can fail said in the hub's words.

X3's answers are judged by what is in them; this room only tells an answer of X3 from what is none: a page for
people, a proxy's time-out, a password that was refused, a connection that broke. It follows no redirect (the
password would go along), repeats nothing, and keeps the cookie Syracuse gives, so that one session is used.
"""

from __future__ import annotations

import base64
import html
import json
import re
import ssl
from time import monotonic

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar
from requests.utils import get_environ_proxies

from connectors.sage.soap.faults import (
    LATER,
    NO_ACTION_HEADER,
    NO_CHILD,
    LoginRefused,
    Lost,
    TooLarge,
    TurnedAway,
)
from connectors.sage.soap.settings import Settings
from hub.ports import ConnectorError, Denied, Misconfigured, Unreachable

CHUNK = 1 << 16
IDLE_LIMIT = 15.0
"""Seconds after which a kept connection is not trusted any more: a server that closes it just as a write
leaves would make that write's fate unknown."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GATEWAY = frozenset({502, 503, 504, *range(520, 530)})
_HTML = re.compile(rb"^\W*<(!doctype\s+html|html|head|body)", re.I)
_AUTHORITY = "have the server send a certificate your machines trust, or give its authority's file as `ca`"
_CERTIFICATE = {
    "has expired": "have the server's certificate renewed; is this machine's clock right?",
    "not yet valid": "is this machine's clock right, or the server's when the certificate was made?",
    "ostname mismatch": "write in `url` the name that the certificate was made for",
    "IP address mismatch": "write in `url` the name that the certificate was made for",
}


class Web:
    """One server's HTTP, for several threads at once. `system` is the name errors carry."""

    def __init__(self, system: str, settings: Settings) -> None:
        self.system, self.address = system, settings.address
        self.requests_sent = 0
        self._settings = settings
        self._verify: bool | str = str(settings.ca) if settings.ca and settings.verify else settings.verify
        self._authorization = _authorization(settings)
        self._most = settings.answer_mib << 20
        self._last_used = monotonic()
        self._http = HTTPAdapter(pool_connections=2, pool_maxsize=settings.at_once)
        self._proxies = get_environ_proxies(settings.address)
        self._cookies = RequestsCookieJar()
        self._templates = {"GET": self._template("GET"), "POST": self._template("POST")}
        if not settings.verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def post(self, body: bytes) -> bytes:
        """Send one call and wait: the bytes of what should be a SOAP answer."""
        status, kind, content = self._send("POST", self.address, body)
        return self._judged(status, kind, content)

    def get(self, url: str) -> bytes:
        """What is at an address; anything but 200 is raised."""
        status, kind, content = self._send("GET", url, None)
        if status != 200 or _is_page(kind, content):
            raise Lost(self.system, f"{url} does not answer as it should", _said(status, kind, content))
        return content

    def close(self) -> None:
        self._http.close()

    def _send(self, verb: str, url: str, body: bytes | None) -> tuple[int, str, bytes]:
        if monotonic() - self._last_used > IDLE_LIMIT:
            self._http.close()
        self._last_used = monotonic()
        if self._settings.ca and isinstance(self._verify, str) and not self._settings.ca.is_file():
            raise Misconfigured(self.system, "no such certificate file", self._verify, "correct `ca`")
        self.requests_sent += 1
        try:
            request = self._request(verb, url, body)
            with self._http.send(
                request, stream=True, verify=self._verify, proxies=self._proxies,
                timeout=(self._settings.connect_timeout, self._settings.timeout),
            ) as response:  # fmt: skip
                if "Set-Cookie" in response.headers:
                    self._keep_cookies(request, response)
                if response.status_code in _REDIRECTS:
                    raise self._moved(response.headers.get("Location", ""))
                content = self._body(response)
                return response.status_code, response.headers.get("Content-Type", ""), content
        except requests.exceptions.RequestException as error:
            raise self._failure(error) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._broken(error) from error
        finally:
            self._last_used = monotonic()

    def _template(self, verb: str) -> requests.PreparedRequest:
        """What all requests have in common, so that it is worked out once and not for each of thousands."""
        headers = _HEADERS | ({"Authorization": self._authorization} if self._authorization else {})
        return requests.Request(verb, self.address, headers=headers).prepare()

    def _request(self, verb: str, url: str, body: bytes | None) -> requests.PreparedRequest:
        request = self._templates[verb].copy()
        if url != self.address:
            request.prepare_url(url, None)
        if body is not None:
            request.body = body
            request.headers["Content-Length"] = str(len(body))
        return request

    def _keep_cookies(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        """Syracuse's session: shown with every request from now on."""
        extract_cookies_to_jar(self._cookies, request, response.raw)  # type: ignore[no-untyped-call]
        for verb in self._templates:
            bare = self._template(verb)
            bare.prepare_cookies(self._cookies)
            self._templates[verb] = bare

    def _body(self, response: requests.Response) -> bytes:
        """The whole body, within its bounds: a server that drips holds no thread longer than `timeout`."""
        end = monotonic() + self._settings.timeout
        packed = "Content-Encoding" in response.headers
        announced = response.headers.get("Content-Length", "")
        length = int(announced) if announced.isdecimal() and not packed else -1
        raw, body = response.raw, bytearray()
        while len(body) != length:
            chunk = raw.read1(CHUNK, decode_content=True) if packed else raw.read1(CHUNK)
            if not chunk:
                break
            body += chunk
            if max(len(body), length) > self._most:
                why = f"more than {self._settings.answer_mib} MiB"
                todo = "lower `list_size`, or raise `answer_mib`"
                raise TooLarge(self.system, f"the answer of {self.address} is too large", why, todo)
            if monotonic() > end:
                raise self._slow()
        return bytes(body)

    def _judged(self, status: int, kind: str, content: bytes) -> bytes:
        if status == 200 and not _is_page(kind, content):
            return content
        said = _said(status, kind, content)
        if status == 401:
            todo = "correct `user` and `password` (a Syracuse user), or `token`"
            raise LoginRefused(self.system, f"{self.address} refuses the login", said, todo)
        if status == 403:
            todo = "give the user the right to call web services, or ask whoever runs the proxy"
            raise Denied(self.system, f"{self.address} does not let us in", said, todo)
        if status in (404, 405, 410):
            todo = "correct `url` or `version`; has the server moved?"
            raise Misconfigured(self.system, f"no X3 web service at {self.address}", said, todo)
        if status in (413, 429):
            raise TurnedAway(self.system, f"{self.address} does not take the request", said, LATER)
        if status in _GATEWAY:
            why = f"{said}; X3 may have done it all the same"
            raise Lost(self.system, f"{self.address} is overloaded, in maintenance or slow", why, LATER)
        if status == 500:
            return self._crash(kind, content, said)
        if status < 400:
            raise Lost(self.system, f"{self.address} answers with a web page", said, "is `url` right? "
                       "a page to log in says that a proxy stands before X3")  # fmt: skip
        raise Lost(self.system, f"{self.address} fails", said, LATER)

    def _crash(self, kind: str, content: bytes, said: str) -> bytes:
        """HTTP 500: a SOAP fault is read like any answer; what Syracuse says itself is told."""
        if NO_CHILD.search(said):
            todo = f"start the pool's web services in X3 (Administration › Classic SOAP pools); {LATER}"
            raise TurnedAway(self.system, "X3 has no web service running", said, todo)
        if b"Envelope" in content[:2000]:
            return content
        if NO_ACTION_HEADER.search(said):
            todo = "have the proxy before X3 let the header SOAPAction through"
            raise Misconfigured(self.system, f"{self.address} did not get what we sent", said, todo)
        raise Lost(self.system, f"{self.address} fails", said, LATER)

    # -- what a request without a whole answer means ---------------------------------------------------

    def _failure(self, error: requests.exceptions.RequestException) -> ConnectorError:
        """`Lost`, unless the request certainly never left."""
        if isinstance(error, requests.exceptions.SSLError) and not _cut_off(error):
            reason = _reason(error)
            todo = next((todo for word, todo in _CERTIFICATE.items() if word in reason), _AUTHORITY)
            return Misconfigured(
                self.system, f"the certificate of {self.address} is not trusted", reason, todo
            )
        if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
            return self._silent(error)
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
            return Misconfigured(self.system, f"{self.address} is no address", str(error), "correct `url`")
        if isinstance(error, requests.exceptions.ReadTimeout):
            return self._slow()
        if isinstance(error, requests.exceptions.ConnectionError) and _never_left(error):
            return self._silent(error)
        return self._broken(error)

    def _silent(self, error: Exception) -> Unreachable:
        return Unreachable(self.system, f"no answer from {self.address}", _reason(error), LATER)

    def _slow(self) -> Lost:
        why = f"no whole answer within {self._settings.timeout:g} s; X3 may have done it all the same"
        return Lost(self.system, f"{self.address} is too slow", why, LATER)

    def _broken(self, error: Exception) -> Lost:
        if isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError):
            return self._slow()
        return Lost(self.system, f"the answer of {self.address} broke off", _reason(error), LATER)

    def _moved(self, target: str) -> Misconfigured:
        todo = "write in `url` where X3 is now" if target else "correct `url`"
        return Misconfigured(self.system, f"{self.address} sends us on to {target}", todo=todo)


_HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": '""',
    "Accept": "text/xml, application/json",
    "Accept-Encoding": "identity",
}


def _authorization(settings: Settings) -> str:
    """What proves who we are, in version 7; version 6 has it in each request."""
    if settings.token is not None:
        return f"Bearer {settings.token.get_secret_value()}"
    if settings.is_old or settings.password is None:
        return ""
    pair = f"{settings.user}:{settings.password.get_secret_value()}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def _is_page(kind: str, content: bytes) -> bool:
    return kind.partition(";")[0].strip().lower().endswith("html") or bool(_HTML.match(content[:200]))


def _said(status: int, kind: str, content: bytes) -> str:
    """What stands in an answer that is no SOAP, for people: Syracuse's diagnoses, a page's title, a text."""
    text = content[:20_000].decode("utf-8", "replace")
    try:
        found = json.loads(text) if text.lstrip()[:1] == "{" else None
    except ValueError:
        found = None
    if isinstance(found, dict) and isinstance(found.get("$diagnoses"), list):
        words = "; ".join(str(one.get("$message") or one.get("message") or one)
                          if isinstance(one, dict) else str(one) for one in found["$diagnoses"])  # fmt: skip
    else:
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.I | re.S)
        words = html.unescape(title[1] if title else re.sub(r"<[^>]+>", " ", text[:2000]))
    words = " ".join(words.split())
    return f"HTTP {status}" + (f", «{words[:300]}»" if words else "")


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
