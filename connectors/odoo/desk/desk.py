"""One Odoo's desk: a `hub.desk.Desk` that shows cards by one server action and takes orders to dial.

Promises: after the first, `send` is exactly one request, whatever the number of messages; what Odoo says of a
message that reached nobody comes back with it. A message is not sent again after a lost reply: a card that
comes twice late is worse than one that does not come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.odoo.connector import as_error
from connectors.odoo.desk import card as cards
from connectors.odoo.desk import module
from connectors.odoo.faults import Fault
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from hub.desk import Agents, Candidate, Message, Order, Show, Unshown
from hub.ports import Misconfigured

PROMPT = 10.0
"""Seconds an answer about a call may take: a card that comes later is of no use to anybody."""
_TODO = "run `hub odoo setup`"


class OdooDesk:
    """`card`: what the cards say, see `card.py`. `session` is given by tests that watch the calls."""

    def __init__(
        self, name: str, settings: Settings, card: cards.Card | None = None, session: Session | None = None
    ) -> None:
        self.name = name
        prompt = {
            "timeout": min(settings.timeout, PROMPT),
            "connect_timeout": min(settings.connect_timeout, PROMPT),
        }
        self.session = session or Session(name, settings.model_copy(update=prompt))
        self._card = (card or cards.usual()).for_odoo()
        self._actions: dict[str, int] = {}

    def agents(self, extension_field: str) -> Agents:
        try:
            rows = self.session.ask(
                "res.users",
                "search_read",
                [["share", "=", False], [extension_field, "!=", False]],
                ["login", extension_field],
                0,
                None,
                "id",
            )
        except Fault as fault:
            if fault.kind == "name":
                raise Misconfigured(
                    self.name,
                    f"calls.extension_field: users of this Odoo have no field «{extension_field}»",
                    fault.message,
                    "correct it, or list `calls.extensions` in hub.yaml",
                ) from fault
            raise as_error(self.name, "res.users", fault) from fault
        return _agents((str(row[extension_field]).strip(), str(row["login"])) for row in rows)

    def send(self, messages: Sequence[Message]) -> Sequence[Unshown]:
        if not messages:
            return ()
        answer = self._run(module.SHOW, {"messages": [_plain(one) for one in messages], "card": self._card})
        todo = "correct `calls.extensions`, or the user in Odoo"
        return [
            Unshown(
                messages[int(row["place"])], str(row["reason"]), todo if "user «" in row["reason"] else ""
            )
            for row in answer["unshown"]
        ]

    def orders(self) -> Sequence[Order]:
        if not self._waiting():
            return ()
        return [_order(row) for row in self._run(module.TAKE, {})["orders"]]

    def answer(self, order: Order, problem: str) -> None:
        message = {"kind": "notice", "user": order.user, "text": problem}
        self._run(module.SHOW, {"messages": [message]})

    def close(self) -> None:
        self.session.close()

    def _waiting(self) -> bool:
        """Whether there is an order at all: cheaper than to run an action every second."""
        if module.TAKE not in self._known():
            return False
        try:
            return bool(self.session.ask(module.ORDERS, "search_count", [["x_state", "=", "new"]]))
        except Fault as fault:
            raise self._gone(fault, module.TAKE) from fault

    def _run(self, action: str, asked: Mapping[str, Any]) -> Any:
        known = self._known()
        if action not in known:
            raise Misconfigured(self.name, f"Odoo has no {module.NAME}.{action}", todo=_TODO)
        try:
            return self.session.tell(
                "ir.actions.server", "run", [known[action]], context={"hub_calls": dict(asked)}
            )
        except Fault as fault:
            raise self._gone(fault, action) from fault

    def _known(self) -> dict[str, int]:
        if not self._actions:
            where = [["module", "=", module.NAME], ["model", "=", "ir.actions.server"]]
            try:
                rows = self.session.ask("ir.model.data", "search_read", where, ["name", "res_id"])
            except Fault as fault:
                raise as_error(self.name, "ir.model.data", fault) from fault
            self._actions = {str(row["name"]): int(row["res_id"]) for row in rows}
            if not self._actions:
                raise Misconfigured(self.name, f"{module.NAME} is not in this Odoo", todo=_TODO)
        return self._actions

    def _gone(self, fault: Fault, action: str) -> Exception:
        """What is not there any more is looked up anew at the next call."""
        self._actions = {}
        if fault.kind in ("name", "refused"):
            return Misconfigured(
                self.name, f"{module.NAME}.{action} cannot be run in Odoo", fault.message, _TODO
            )
        return as_error(self.name, f"{module.NAME}.{action}", fault)


def connect_desk(name: str, settings: Settings, card: Any = None) -> OdooDesk:
    """`card` is what hub.yaml holds under ``calls.card``; none: the one that ships. Sends nothing yet."""
    return OdooDesk(name, settings, None if card is None else cards.read(name, card))


def _agents(pairs: Any) -> Agents:
    logins: dict[str, str] = {}
    contested: dict[str, set[str]] = {}
    for extension, login in pairs:
        if not extension:
            continue
        if logins.setdefault(extension, login) != login:
            contested.setdefault(extension, {logins[extension]}).add(login)
    for extension in contested:
        del logins[extension]
    return Agents(
        logins, tuple(f"{extension}: {', '.join(sorted(names))}" for extension, names in contested.items())
    )


def _plain(message: Message) -> dict[str, Any]:
    """A message as the server action reads it: plain values, no None (XML carries none)."""
    if not isinstance(message, Show):
        return {
            "kind": "withdraw",
            "user": message.user,
            "popup": message.popup,
            "answered": message.answered,
        }
    return {
        "kind": "show",
        "user": message.user,
        "popup": message.popup,
        "number": message.number,
        "shown": message.shown,
        "name": message.name,
        "hidden": message.hidden,
        "line": message.line,
        "candidates": [_candidate(one) for one in message.candidates],
        "part": message.part,
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    last = one.last_call.astimezone(UTC).isoformat(timespec="seconds") if one.last_call else False
    return {
        "model": one.object,
        "id": one.id,
        "name": one.name,
        "town": one.town,
        "callbacks": one.callbacks,
        "last_call": last,
    }


def _order(row: Mapping[str, Any]) -> Order:
    at = datetime.fromisoformat(row["at"]).replace(tzinfo=UTC)
    record = (str(row["model"]), str(row["record"])) if row["model"] and row["record"] else None
    return Order(str(row["id"]), str(row["user"]), str(row["number"]), at, record)
