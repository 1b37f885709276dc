"""What a failing database means: which of the few things that go wrong it is, in words, and what to do.

The same words stand in `hub status`, on `/healthz`, in `hub doctor` and in the log. SQLite tells by the name
of its error, PostgreSQL by its SQLSTATE. Never: shows a statement or its values, which are people's records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["full", "locked", "damaged", "gone", "readonly", "away", "refused", "foreign", "other"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """`what` happened in the database's own words behind `why`; `passes` once its cause is gone."""

    kind: Kind
    what: str
    why: str
    todo: str

    @property
    def passes(self) -> bool:
        """Whether waiting may help: no person has to repair the database itself."""
        return self.kind not in ("damaged", "foreign", "refused")

    def __str__(self) -> str:
        return f"{self.what}: {self.why} ({self.todo})"


_WORDS: dict[Kind, tuple[str, str]] = {
    "full": (
        "the hub's database cannot be written, its disk is full",
        "free some space there; the hub goes on by itself, nothing is lost",
    ),
    "locked": (
        "the hub's database is held by another program",
        "end what holds it open for writing (a backup, a database browser); the hub goes on by itself",
    ),
    "damaged": (
        "the hub's database is damaged",
        "stop the hub; `hub restore` puts the last backup in its place, and without one `hub rebuild` links "
        "everything anew; keep the damaged file",
    ),
    "gone": (
        "the hub's database is not there any more",
        "put the file back where `database` in hub.yaml says (the last backup: `hub restore`); the hub makes "
        "no empty one in its place, and goes on by itself once it is there",
    ),
    "readonly": (
        "the hub's database may not be written",
        "give the hub's user the right to write the file and its folder; the hub goes on by itself",
    ),
    "away": (
        "the hub's database does not answer",
        "start the database server, or see what keeps this machine from reaching it; the hub goes on by "
        "itself",
    ),
    "refused": (
        "the database server does not let the hub in",
        "correct `database` in hub.yaml, or the user's rights on the server",
    ),
    "foreign": (
        "what `database` names holds no tables of the hub's",
        "correct `database` in hub.yaml; if a backup belongs there, `hub restore` puts it back",
    ),
    "other": ("the hub's database failed", "`hub doctor` looks at it; the hub tries again by itself"),
}

_SQLITE: dict[str, Kind] = {
    "SQLITE_FULL": "full", "SQLITE_BUSY": "locked", "SQLITE_LOCKED": "locked", "SQLITE_CORRUPT": "damaged",
    "SQLITE_NOTADB": "damaged", "SQLITE_CANTOPEN": "gone", "SQLITE_READONLY": "readonly",
}  # fmt: skip
_SQLSTATE: dict[str, Kind] = {
    "53100": "full", "55P03": "locked", "XX001": "damaged", "XX002": "damaged", "25006": "readonly",
    "28000": "refused", "28P01": "refused", "3D000": "refused", "42501": "refused", "42P01": "foreign",
}  # fmt: skip


def of(error: BaseException) -> Trouble:
    """What this error of the database means."""
    original = getattr(error, "orig", None) or error
    kind = _kind(original)
    what, todo = _WORDS[kind]
    words = " ".join(str(original).split()) or type(original).__name__
    return Trouble(kind, what, words[:500], todo)


def _kind(error: BaseException) -> Kind:
    name = str(getattr(error, "sqlite_errorname", None) or "")
    for start, kind in _SQLITE.items():
        if name.startswith(start):
            return kind
    if name.startswith("SQLITE_IOERR"):
        return "full" if "disk" in str(error) and "full" in str(error) else "away"
    words = str(error)
    if "no such table" in words:
        return "foreign"
    if "unable to open database file" in words:
        return "gone"
    state = getattr(error, "sqlstate", None)
    if state:
        return _SQLSTATE.get(state, "away" if state[:2] in ("08", "57") else "other")
    return "away" if type(error).__module__.startswith("psycopg") else "other"
