"""From the name of a kind of system to its connector. Each kind is imported only when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

from hub.ports import Connector, Misconfigured

KINDS: Mapping[str, str] = {
    "odoo": "connectors.odoo",
    "excel": "connectors.excel",
    "sage": "connectors.sage",
    "word": "connectors.word",
    "forms": "connectors.forms",
}
"""`kind:` in hub.yaml → the package with `Settings` and ``connect(name, settings)``."""

EXCHANGES: Mapping[str, str] = {
    "ami": "connectors.voip.ami",
    "webhook": "connectors.voip.webhook",
}
"""The same for telephone exchanges, whose ``connect`` gives a `hub.exchange.Exchange`."""

DESKS = ("odoo",)
"""Kinds of systems whose package has ``connect_desk(name, settings)``, a `hub.desk.Desk`."""

CALLS = "calls"
"""The hub's own log of calls (`hub.calllog`), a system like any other to the mappings."""

MAINTENANCE = "maintenance"
"""Visits, alerts and questions of maintenance contracts (`hub.maintenance`), the hub's own as well."""

PACKAGES: Mapping[str, str] = {
    **KINDS,
    **EXCHANGES,
    CALLS: "hub.calllog",
    MAINTENANCE: "hub.maintenance",
}
"""Every kind of system, and where its `Settings` are."""

TRANSPORTS: Mapping[str, Mapping[str, str]] = {
    "sage": {"soap": "connectors.sage.soap", "sql": "connectors.sage.sql"}
}
"""Kinds that are reached in several ways: ``transport:`` → its package, where it is not the kind's own."""


def package_of(kind: str, values: Mapping[str, Any]) -> str | None:
    """The package of a system of this kind with these settings; ``None`` where there is no such kind."""
    transport = values.get("transport")
    others = TRANSPORTS.get(kind, {})
    return others[transport] if isinstance(transport, str) and transport in others else PACKAGES.get(kind)


def settings(name: str, kind: str, values: Mapping[str, Any]) -> BaseModel:
    """The validated settings of one system. Raises `Misconfigured`, naming the key and what is wrong."""
    package = package_of(kind, values)
    if package is None:
        raise Misconfigured(
            name, f"there is no kind of system called {kind}", todo=f"one of {', '.join(PACKAGES)}"
        )
    model: type[BaseModel] = import_module(f"{package}.settings").Settings
    try:
        return model.model_validate(dict(values))
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(
            name, f"systems.{name}.{place}: {first['msg']}", todo=f"see docs/operations.md, kind {kind}"
        ) from None


def connect(name: str, kind: str, values: Mapping[str, Any]) -> Connector:
    """A connector for one system of hub.yaml. Opens nothing yet; raises `Misconfigured`."""
    found = settings(name, kind, values)
    return connector_of(name, kind, values, found)


def connector_of(name: str, kind: str, values: Mapping[str, Any], found: BaseModel) -> Connector:
    """A connector from settings that were validated already (`found`, of `values`). Opens nothing yet."""
    package = package_of(kind, values)
    assert package is not None
    connector: Connector = import_module(package).connect(name, found)
    return connector
