"""XML-RPC: ``/xmlrpc/2/<service>``, faults numbered as in the real server, no way to carry None."""

from __future__ import annotations

import traceback
import xmlrpc.client
from collections.abc import Callable
from typing import Any

from sandbox.odoo.errors import UserError

APPLICATION_ERROR = 1
CONTROL = dict.fromkeys(set(range(32)) - {9, 10, 13})

Service = Callable[[str, str, tuple[Any, ...]], Any]


class _Marshaller(xmlrpc.client.Marshaller):
    """Leaves out the control characters XML cannot hold."""

    dispatch = dict(xmlrpc.client.Marshaller.dispatch)  # noqa: RUF012 - as the class it extends has it

    def dump_text(self, value: str, write: Callable[[str], object]) -> None:
        """A text without the characters XML forbids."""
        self.dump_unicode(value.translate(CONTROL), write)

    dispatch[str] = dump_text  # type: ignore[assignment]


def answer(body: bytes, service: str, run: Service) -> bytes:
    """The XML answer to an XML call of a service (``common``, ``object``, ``db``)."""
    try:
        params, method = xmlrpc.client.loads(body, use_datetime=True)
        return _envelope(_dump((run(service, str(method), params),)))
    except Exception as error:
        if isinstance(error, ConnectionError):
            raise
        return _envelope(_dump(_fault(error)))


def _fault(error: Exception) -> xmlrpc.client.Fault:
    if isinstance(error, UserError):
        return xmlrpc.client.Fault(error.fault, error.message)
    return xmlrpc.client.Fault(APPLICATION_ERROR, "".join(traceback.format_exception(error)))


def _dump(value: Any) -> str:
    return _Marshaller(allow_none=False).dumps(value)


def _envelope(inner: str) -> bytes:
    return f"<?xml version='1.0'?>\n<methodResponse>\n{inner}\n</methodResponse>\n".encode()
