"""The database and the environment a call runs in: who, in which language, for which companies, at what time.

Promises: `transaction` runs alone and is undone whole when it raises; the time is fixed when it starts, as
PostgreSQL's is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.odoo.errors import AccessError, UserError
from sandbox.odoo.schema import Model, Row
from sandbox.odoo.store import Store, Table

if TYPE_CHECKING:
    from sandbox.odoo.records import Records

ROOT_UID = 1
ADMIN_UID = 2
LETTERS = {"create": "c", "read": "r", "write": "w", "unlink": "u"}
VERBS = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}


def utc_now() -> datetime:
    """Now, naive UTC, with microseconds: what PostgreSQL stores."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(slots=True)
class Account:
    """What a user proves who they are with."""

    uid: int
    login: str
    password: str
    api_keys: set[str] = field(default_factory=set)


class Database:
    """One database: models, rows, accounts, a clock, and the lock that makes calls take turns."""

    def __init__(self, name: str, version: int, models: Mapping[str, Model]) -> None:
        self.name = name
        self.version = version
        self.models = dict(models)
        self.store = Store(self.models)
        self.accounts: dict[str, Account] = {}
        self.lock = threading.RLock()
        self.clock: Callable[[], datetime] = utc_now
        self._time: datetime | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run alone; all of it is kept or none. A transaction inside another is part of it."""
        with self.lock:
            outermost = self._time is None
            if outermost:
                self._time = self.clock()
            try:
                with self.store.savepoint():
                    yield
            finally:
                if outermost:
                    self._time = None

    @property
    def time(self) -> datetime:
        """When the running transaction started, or now outside of one."""
        return self._time or self.clock()


class Env:
    """One user's view of a database. `env[model]` is an empty record set of that model."""

    def __init__(
        self, base: Database, uid: int, context: Mapping[str, Any] | None = None, *, su: bool = False
    ) -> None:
        self.base = base
        self.uid = uid
        self.context: dict[str, Any] = dict(context or {})
        self.su = su or uid == ROOT_UID
        self._groups: frozenset[str] | None = None
        self._companies: list[int] | None = None
        self._lang: str | None = None

    def __getitem__(self, model: str) -> Records:
        from sandbox.odoo.records import Records

        spec = self.base.models[model]
        kind: type[Records] = spec.records or Records
        return kind(self, spec)

    def __contains__(self, model: str) -> bool:
        return model in self.base.models

    def table(self, model: str) -> Table:
        """The stored rows of a model."""
        return self.base.store.tables[model]

    def with_context(self, **changes: Any) -> Env:
        """The same user with these context keys changed."""
        return Env(self.base, self.uid, {**self.context, **changes}, su=self.su)

    def sudo(self) -> Env:
        """The same view with no question of rights."""
        return Env(self.base, self.uid, self.context, su=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several direct calls kept or undone together, at one time."""
        with self.base.transaction():
            yield

    @property
    def user(self) -> Row:
        """The user's own row."""
        return self.table("res.users").rows[self.uid]

    @property
    def lang(self) -> str:
        """The language texts are read and written in."""
        if self._lang is None:
            asked = self.context.get("lang") or "en_US"
            known = asked == "en_US" or asked in self.installed_langs()
            if not known and self.base.version >= 19:
                raise UserError(f"Invalid language code: {asked}")
            self._lang = asked if known else "en_US"
        return self._lang

    def installed_langs(self) -> dict[str, str]:
        """Active languages, code to name."""
        rows = self.table("res.lang").rows.values()
        return {row["code"]: row["name"] for row in rows if row.get("active")}

    @property
    def groups(self) -> frozenset[str]:
        """The external ids of the groups the user is in."""
        if self._groups is None:
            names = self.table("res.groups").rows
            ids = self.user.get(group_field(self.base.version)) or ()
            self._groups = frozenset(names[id]["xmlid"] for id in ids if id in names)
        return self._groups

    @property
    def companies(self) -> list[int]:
        """The companies the call works for: the context's, where the user may, else all of the user's own."""
        if self._companies is None:
            own = list(self.user.get("company_ids") or ())
            asked = self.context.get("allowed_company_ids")
            if asked and not self.su and not set(asked) <= set(own):
                raise AccessError("Access to unauthorized or invalid companies.")
            self._companies = list(asked) if asked else own
        return self._companies

    def may(self, model: str, operation: str) -> bool:
        """Whether the user's groups allow this operation on the model."""
        if operation not in LETTERS:
            raise ValueError(f"Invalid access mode: {operation}")
        if self.su:
            return True
        access = self.base.models[model].access
        return any(LETTERS[operation] in access.get(group, "") for group in self.groups)

    def need(self, model: str, operation: str) -> None:
        """Refuse, in the real server's words, what the user may not do."""
        if self.may(model, operation):
            return
        spec = self.base.models[model]
        groups = [group for group, letters in spec.access.items() if LETTERS[operation] in letters]
        names = [row["name"] for row in self.table("res.groups").rows.values() if row["xmlid"] in groups]
        allowed = "\n".join(f"\t- {full_text(name)}" for name in names)
        message = (
            f"You are not allowed to {VERBS[operation]} '{spec.description}' ({model}) records.\n\n"
            + (
                f"This operation is allowed for the following groups:\n{allowed}"
                if allowed
                else "No group currently allows this operation."
            )
            + "\n\nContact your administrator to request access if necessary."
        )
        raise AccessError(message)


def group_field(version: int) -> str:
    """The field of a user that holds the groups: renamed between the versions."""
    return "group_ids" if version >= 18 else "groups_id"


def full_text(value: Any) -> str:
    """A possibly translated text in English."""
    if isinstance(value, dict):
        return str(value.get("en_US") or next(iter(value.values()), ""))
    return str(value or "")
