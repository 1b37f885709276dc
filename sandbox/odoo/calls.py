"""One remote call: who may make it, what it runs, how it is counted, and the hooks around it.

A hook is any function of a `Call`. Hooks in `Dispatcher.before` run before the call is applied: one that
raises leaves nothing applied. Hooks in `Dispatcher.after` run once it is committed: one that raises loses the
answer only. A hook may raise what `sandbox.odoo.doors.http` offers (`Cut`, `Html`) or answer a `Delay`.
"""

from __future__ import annotations

import inspect
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.odoo.env import Database, Env
from sandbox.odoo.errors import (
    AccessDenied,
    AccessError,
    HttpError,
    IntegrityError,
    MissingError,
    UserError,
    ValidationError,
)

REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came in. `model` is ``None`` for a service (`method` is then ``common.version``, …)."""

    door: str
    model: str | None
    method: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    ids: Sequence[int] = ()


Hook = Callable[[Call], Any]


class Dispatcher:
    """Runs calls on one database and remembers them.

    `counts` is by (model, method); `log` the latest calls, oldest first.
    """

    def __init__(self, base: Database) -> None:
        self.base = base
        self.before: list[Hook] = []
        self.after: list[Hook] = []
        self.counts: Counter[tuple[str | None, str]] = Counter()
        self.log: deque[Call] = deque(maxlen=REMEMBERED)
        self._counting = threading.Lock()

    def login(self, login: str, password: str) -> int | None:
        """The user's id, or ``None`` for a wrong login or password. An API key is a password too."""
        account = self.base.accounts.get(login)
        if account is None or not self._active(account.uid):
            return None
        good = password and (password == account.password or password in account.api_keys)
        return account.uid if good else None

    def check(self, uid: int, password: str) -> None:
        """Refuse a call made with a wrong password."""
        if not password:
            raise AccessDenied
        found = [account for account in self.base.accounts.values() if account.uid == uid]
        if not found:
            raise MissingError(
                f"Record does not exist or has been deleted.\n(Record: res.users({uid},), User: {uid})"
            )
        if self.login(found[0].login, password) is None:
            raise AccessDenied

    def user_of_key(self, key: str) -> int | None:
        """The user an API key is of."""
        for account in self.base.accounts.values():
            if key in account.api_keys and self._active(account.uid):
                return account.uid
        return None

    def service(self, door: str, name: str, run: Callable[[], Any]) -> Any:
        """A call that is on no model."""
        return self._around(Call(door, None, name), run)

    def positional(
        self,
        door: str,
        uid: int,
        model: str,
        method: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None,
    ) -> Any:
        """A call as XML-RPC and JSON-RPC make it: the ids first, the context among the named arguments."""
        named = dict(kwargs or {})
        call = Call(door, model, method, tuple(args), named)

        def run() -> Any:
            if model not in self.base.models:
                raise UserError(f"Object {model} doesn't exist")
            given = list(args)
            on_model = _remote(self._public(Env(self.base, uid), model, method))[0] == "model"
            context = named.pop("context", None) or {}
            ids = [] if on_model else _ids(given.pop(0))
            return self._run(uid, model, method, ids, context, given, named)

        return self._around(call, run)

    def by_name(self, door: str, uid: int, model: str, method: str, body: Mapping[str, Any]) -> Any:
        """A call as JSON-2 makes it: every argument by name, `ids` and `context` aside."""
        named = dict(body)
        ids, context = _ids(named.pop("ids", ())), named.pop("context", None) or {}
        call = Call(door, model, method, (), named, tuple(ids))

        def run() -> Any:
            if model not in self.base.models:
                raise HttpError(404, NOT_FOUND, f"the model {model!r} does not exist")
            try:
                function = self._public(Env(self.base, uid), model, method)
            except AttributeError as error:
                raise HttpError(404, NOT_FOUND, str(error)) from error
            if ids and _remote(function)[0] == "model":
                raise HttpError(422, UNPROCESSABLE, f"cannot call {model}.{method} with ids")
            try:
                inspect.signature(function).bind(None, **named)
            except TypeError as error:
                raise HttpError(422, UNPROCESSABLE, str(error)) from error
            result = self._run(uid, model, method, ids, context, [], named)
            return [result] if method == "create" and isinstance(result, int) else result

        return self._around(call, run)

    def _run(
        self, uid: int, model: str, method: str, ids: list[int], context: Mapping[str, Any],
        args: Sequence[Any], named: Mapping[str, Any],
    ) -> Any:  # fmt: skip
        try:
            with self.base.transaction():
                records: Any = Env(self.base, uid, context)[model].browse(ids)
                return getattr(records, method)(*args, **named)
        except IntegrityError as error:
            raise ValidationError(self._said(error, context)) from error

    def _said(self, error: IntegrityError, context: Mapping[str, Any]) -> str:
        """A database constraint in the server's words: 14 only has them in the language a call asks for."""
        if self.base.version >= 19:
            return f"The operation cannot be completed: {error.message}"
        return error.message if context.get("lang") or not error.constraint else error.constraint

    def _public(self, env: Env, model: str, method: str) -> Callable[..., Any]:
        if method.startswith("_") or (method in PRIVATE and self.base.version >= 19):
            shown = method if self.base.version < 19 else f"'{model}.{method}'"
            raise AccessError(f"Private methods (such as {shown}) cannot be called remotely.")
        function = getattr(type(env[model]), method, None)
        on, since, until = _remote(function)
        if function is None or not on or not since <= self.base.version <= until:
            raise AttributeError(
                f"type object '{model}' has no attribute '{method}'"
                if self.base.version < 19
                else f"The method '{model}.{method}' does not exist"
            )
        return function  # type: ignore[no-any-return]

    def _around(self, call: Call, run: Callable[[], Any]) -> Any:
        with self._counting:
            self.counts[call.model, call.method] += 1
            self.log.append(call)
        for hook in list(self.before):
            _apply(hook, call)
        answer = run()
        for hook in list(self.after):
            _apply(hook, call)
        return answer

    def _active(self, uid: int) -> bool:
        row = self.base.store.tables["res.users"].rows.get(uid)
        return bool(row and row.get("active"))


PRIVATE = {
    "browse",
    "concat",
    "ensure_one",
    "exists",
    "fetch",
    "filtered",
    "filtered_domain",
    "flush_model",
    "flush_recordset",
    "get_base_url",
    "grouped",
    "init",
    "invalidate_model",
    "invalidate_recordset",
    "lock_for_update",
    "mapped",
    "new",
    "search_fetch",
    "sorted",
    "sudo",
    "union",
    "with_company",
    "with_context",
    "with_env",
    "with_user",
}
"""Public in Python and private to RPC, as 19 declares them."""
NOT_FOUND = "werkzeug.exceptions.NotFound"
UNPROCESSABLE = "werkzeug.exceptions.UnprocessableEntity"


def _apply(hook: Hook, call: Call) -> None:
    answer = hook(call)
    if callable(answer):
        answer()


def _remote(function: Any) -> tuple[str, int, int]:
    found: tuple[str, int, int] = getattr(function, "_remote", ("", 0, 0))
    return found


def _ids(value: Any) -> list[int]:
    if value in (None, False):
        return []
    return [value] if isinstance(value, int) else list(value)
