"""The requests of X3's web service, built by zeep from a WSDL of our own: nothing is downloaded for it.

X3 serves a WSDL that imports a schema from the internet and may name a server only it can reach. Ours says
the same of the twelve operations and lies beside this file, with the little of that schema it needs; where
calls go is the settings' business. The context of version 6 has user and password in it.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import zeep
import zeep.transports
import zeep.xsd

from connectors.sage.soap.answers import serialized

NAMESPACE = "http://www.adonix.com/WSS"
_BINDING = f"{{{NAMESPACE}}}CAdxWebServiceXmlCCSoapBinding"
_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_HERE = "file:///x3.wsdl"
"""A made-up address, so that zeep resolves nothing against a folder."""
_V7_CONTEXT = b'<element name="codeLang" nillable="true" type="xsd:string"/>'
_V6_CONTEXT = (
    _V7_CONTEXT
    + b'<element name="codeUser" nillable="true" type="xsd:string"/>'
    + b'<element name="password" nillable="true" type="xsd:string"/>'
)

_MARK = "\uf8ff"
"""A character of nobody's: where a value belongs in an envelope that is used again."""
_ZEEP: Any = zeep
"""zeep tells no types."""

Keys = Sequence[tuple[str, str]]
"""Names of key fields with their values, in order."""


class _Local(_ZEEP.transports.Transport):  # type: ignore[misc]
    """Hands zeep the files of this folder, and nothing from anywhere else."""

    def __init__(self, old: bool) -> None:
        super().__init__()
        self._old = old

    def load(self, url: str) -> bytes:
        if url.startswith(_ENCODING):
            return _file("encoding.xsd")
        if url != _HERE:
            raise ValueError(f"{url} is no file of the web service's description")
        text = _file("x3.wsdl")
        return text.replace(_V7_CONTEXT, _V6_CONTEXT) if self._old else text


def _file(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


class Requests:
    """Builds the body of any of the twelve calls; `old` as version 6 takes them. Thread-safe."""

    def __init__(self, old: bool, address: str) -> None:
        settings = _ZEEP.Settings(strict=False, raw_response=True)
        self._client = _ZEEP.Client(_HERE, transport=_Local(old), settings=settings)
        self._service = self._client.create_service(_BINDING, address)
        self._pair: Any = self._client.get_type(f"{{{NAMESPACE}}}CAdxParamKeyValue")
        self._pairs: Any = self._client.get_type(f"{{{NAMESPACE}}}ArrayOfCAdxParamKeyValue")
        self._texts: Any = self._client.get_type(f"{{{NAMESPACE}}}ArrayOf_xsd_string")
        self._reads: dict[tuple[Any, ...], bytes] = {}
        self._item = _ZEEP.xsd.Element("item", self._pair)
        self._text = _ZEEP.xsd.Element("item", _ZEEP.xsd.String())

    def body(self, operation: str, context: Mapping[str, str], publication: str, *rest: Any) -> bytes:
        """The envelope of one call; `rest` are its parameters after the publication's name, in order."""
        envelope = self._client.create_message(self._service, operation, dict(context), publication, *rest)
        return serialized(envelope)

    def read_body(self, context: Mapping[str, str], publication: str, pairs: Keys) -> bytes:
        """The envelope of a `read`, the call of which there are thousands: zeep builds it once per context,
        publication and key, and from then on only the values of the key are put in their places."""
        names = tuple(name for name, _ in pairs)
        place = (tuple(context.items()), publication, names)
        if place not in self._reads:
            marked = [(name, f"{_MARK}{number}{_MARK}") for number, name in enumerate(names)]
            self._reads[place] = self.body("read", context, publication, self.keys(marked))
        body = self._reads[place]
        for number, (_, value) in enumerate(pairs):
            body = body.replace(f"{_MARK}{number}{_MARK}".encode(), html.escape(value, quote=False).encode())
        return body

    def keys(self, pairs: Keys) -> Any:
        """`objectKeys`."""
        items = [self._pair(key=key, value=value) for key, value in pairs]
        return self._pairs([_ZEEP.xsd.AnyObject(self._item, item) for item in items])

    def texts(self, values: Sequence[str]) -> Any:
        """`lineKeys`."""
        return self._texts([_ZEEP.xsd.AnyObject(self._text, value) for value in values])


@lru_cache(maxsize=4)
def requests_for(old: bool, address: str) -> Requests:
    """The same for every connection to one address: reading the description takes a while."""
    return Requests(old, address)
