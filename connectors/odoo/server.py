"""What is asked of an Odoo server before anybody logs in, and the messages that follow from it.

The version, the databases it lists, and the words for a wrong address, database or password. None of the
answers needs a right; none of the messages ever holds a secret.
"""

from __future__ import annotations

import re
from typing import Any

from connectors.odoo.client import Version
from connectors.odoo.faults import Fault, Lost, WebPage
from connectors.odoo.settings import Settings
from connectors.odoo.web import LATER, Web, is_data
from hub.ports import ConnectorError, Denied, Misconfigured

_JSON = {"Content-Type": "application/json"}
_EMPTY_CALL = b'{"jsonrpc": "2.0", "method": "call", "params": {}}'


class WrongSecret(Denied):
    """The login itself was refused: not tried again with the same secret for an hour."""

    locks = True


class Garbled(Misconfigured):
    """The first answer of a server cannot be read: a wrong address, or an answer that broke off."""


def probe_version(web: Web) -> Version:
    """The server's version, without logging in. ``/web/version`` is Odoo 19's, version_info the older one."""
    try:
        response = web.probe("/web/version")
        if response.status_code == 200 and is_data(response):
            version = parse_version(response.json())
        else:
            answer = web.post("/web/webclient/version_info", _EMPTY_CALL, _JSON)
            version = parse_version(answer.json()["result"])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, WebPage) as error:
        raise not_odoo(web, garbled=isinstance(error, ValueError)) from error
    web.is_odoo = True
    return version


def parse_version(answer: dict[str, Any]) -> Version:
    """From ``version_info`` or ``server_version_info``: [19, 0, 0, 'final', 0, ''] or ['saas~18', 2, …]."""
    info = answer.get("version_info") or answer["server_version_info"]
    numbers = re.findall(r"\d+", str(info[0]))
    return int(numbers[-1]), int(info[1])


def not_odoo(web: Web, *, garbled: bool = False) -> ConnectorError:
    """An answer that is none of Odoo's: a lost reply, where this server has answered as an Odoo before.

    `garbled`: it is not even what it says it is, JSON or XML.
    """
    if web.is_odoo:
        why = "it broke off, or something on the way changed it"
        return Lost(web.system, f"the answer of {web.base} cannot be read", why, LATER)
    kind = Garbled if garbled else Misconfigured
    return kind(web.system, f"{web.base} does not answer like an Odoo", todo="correct `url`")


def meant(web: Web, settings: Settings, fault: Fault) -> Exception:
    """An error answer as what it says of the whole system, where it does; else the fault itself."""
    web.is_odoo = True
    if fault.kind == "database":
        return wrong_database(web.system, settings, listed_databases(web))
    if fault.kind == "denied":
        return wrong_secret(web.system, settings)
    if fault.kind == "down":
        return Lost(web.system, f"Odoo at {web.base} cannot reach its database", fault.message, LATER)
    return fault


def wrong_secret(system: str, settings: Settings) -> WrongSecret:
    """The one message for a login that Odoo does not accept; it never says the secret."""
    what = "API key" if settings.api_key is not None else "login or password"
    return WrongSecret(
        system,
        f"Odoo does not accept the {what} of {settings.login or 'the hub'} on database «{settings.database}»",
        todo=(
            "check `login` and `password` (or the API key: it may have expired; make a new one in Odoo under "
            "Preferences → Account Security), and save it; a refused password is tried again only once an "
            "hour, so that no account is locked"
        ),
    )


def wrong_database(system: str, settings: Settings, existing: list[str] | None) -> Misconfigured:
    """`existing` are the databases the server lists, ``None`` where it does not."""
    if existing:
        todo = f"let `database` be one of: {', '.join(existing)}"
    elif existing is None:
        todo = "correct `database`; the server does not list its own, so ask whoever runs it for the name"
    else:
        todo = "the server lists no database at all"
    return Misconfigured(system, f"no database «{settings.database}» on {settings.url}", todo=todo)


def listed_databases(web: Web) -> list[str] | None:
    """The databases the server shows to anyone; ``None`` where the list is closed or cannot be had."""
    try:
        names = web.post("/web/database/list", _EMPTY_CALL, _JSON).json().get("result")
    except (ConnectorError, ValueError, AttributeError):
        return None
    return sorted(str(name) for name in names) if isinstance(names, list) else None
