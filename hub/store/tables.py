"""The tables. JSON columns hold text written by orjson; times are ISO 8601 text in UTC.

Text and not the databases' own JSON and timestamp types: the hub never queries inside them, both databases
must give back exactly what was put, and it is several times faster on the bulk paths.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

metadata = MetaData()

golden = Table(
    "golden",
    metadata,
    Column("id", Text, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("data", Text, nullable=False, comment="canonical values, by field"),
    Column("origins", Text, nullable=False, comment="field → [system, time]; * for the rest"),
    Column("created_at", Text, nullable=False),
    Column("dirty", Integer, nullable=False, comment="0: nobody is owed; 1: some system may be; 2: new"),
    Index(
        "golden_dirty",
        "entity",
        "dirty",
        "id",
        sqlite_where=text("dirty > 0"),
        postgresql_where=text("dirty > 0"),
    ),
    sqlite_with_rowid=False,
)

link = Table(
    "link",
    metadata,
    Column("entity", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("golden_id", Text, nullable=False),
    Column("base", Text, nullable=False, comment="native values when both sides last agreed"),
    Column("version", Text),
    Column("notes", Text, comment="seen, asked, echoes, blocked: see hub.model.Link"),
    Column("gone", Boolean, nullable=False),
    Column("unconfirmed", Boolean, nullable=False),
    PrimaryKeyConstraint("entity", "system", "external_id"),
    Index("link_golden", "golden_id", "system", unique=True),
    sqlite_with_rowid=False,
)

doublet = Table(
    "doublet",
    metadata,
    Column("entity", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("golden_id", Text, nullable=False),
    Column("base", Text, nullable=False, comment="native values when it was made one with another"),
    Column("version", Text),
    Column("notes", Text, comment="as a link's"),
    PrimaryKeyConstraint("entity", "system", "external_id"),
    Index("doublet_golden", "golden_id", "system"),
    sqlite_with_rowid=False,
    comment="records of a system that say the same thing as the one linked there: heard, never written",
)

likeness = Table(
    "likeness",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("one", Text, nullable=False, comment="a golden record; the smaller id of the two"),
    Column("other", Text, nullable=False, comment="the golden record it may be"),
    Column("verdict", Text, nullable=False, comment="open, same, different: see hub.store.likenesses"),
    Column("probability", Float, nullable=False),
    Column("because", Text, nullable=False, comment="field by field why, and what both records said"),
    Column("since", Text, nullable=False),
    Column("answered_at", Text),
    Column("answered_by", Text, comment="person, hub"),
    Index("likeness_pair", "one", "other", unique=True),
    Index("likeness_other", "other"),
    Index("likeness_verdict", "entity", "verdict"),
    sqlite_autoincrement=True,
)

merger = Table(
    "merger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("keep", Text, nullable=False, comment="the golden record that stayed"),
    Column("lose", Text, nullable=False, comment="the golden record that became one with it"),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False, comment="person, hub"),
    Column("split_at", Text, comment="when it was taken back"),
    Column("before", Text, nullable=False, comment="what taking it back needs: see hub.uniting.Before"),
    Index("merger_lose", "lose"),
    Index("merger_keep", "keep"),
    sqlite_autoincrement=True,
)

merger_step = Table(
    "merger_step",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("merger", Integer, nullable=False),
    Column("entity", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("keep", Text, nullable=False, comment="the record that stays there"),
    Column("lose", Text, nullable=False, comment="the record that becomes one with it"),
    Column("state", Text, nullable=False, comment="see hub.store.mergers.State"),
    Column("undo", Text, comment="what the system needs to take it back; noted before anything is done"),
    Column("fate", Text, comment="what became of the record: see hub.ports.Fate"),
    Column("reason", Text, comment="why it was refused, or what could not be done"),
    Column("since", Text, nullable=False),
    Index("merger_step_state", "entity", "system", "state"),
    Index("merger_step_merger", "merger"),
    sqlite_autoincrement=True,
)

match_key = Table(
    "match_key",
    metadata,
    Column("entity", Text, nullable=False),
    Column("rule", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("golden_id", Text, nullable=False),
    PrimaryKeyConstraint("entity", "rule", "key", "golden_id"),
    Index("match_key_golden", "golden_id"),
    sqlite_with_rowid=False,
)

journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("run", Integer, nullable=False),
    Column("entity", Text, nullable=False),
    Column("golden_id", Text, nullable=False),
    Column("system", Text, nullable=False, comment="where it changed; empty: the golden record"),
    Column("external_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Index("journal_golden", "golden_id"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("golden_id", Text, nullable=False),
    Column("state", Text, nullable=False, comment="due, sending, sent, dead, discarded"),
    Column("due_at", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("payload", Text, comment="what is being written, while sending, sent or dead"),
    Column("new_id", Text),
    Column("receipt", Text),
    Column("reason", Text),
    Column("field", Text),
    Column("todo", Text),
    Column("since", Text, nullable=False),
    Index("outbox_one", "golden_id", "system", unique=True),
    Index("outbox_state", "entity", "system", "state"),
)

conflict = Table(
    "conflict",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("golden_id", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("candidates", Text, nullable=False, comment="[[system, value, time], …]"),
    Column("opened_at", Text, nullable=False),
    Column("closed_at", Text),
    Column("resolution", Text),
    Index("conflict_open", "golden_id", "field"),
    sqlite_autoincrement=True,
)

review = Table(
    "review",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("todo", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("candidates", Text, nullable=False),
    Column("since", Text, nullable=False),
    Index("review_one", "entity", "system", "external_id", "kind", "field", unique=True),
    sqlite_autoincrement=True,
)

held_key = Table(
    "held_key",
    metadata,
    Column("entity", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("rule", Integer, nullable=False),
    Column("key", Text, nullable=False),
    PrimaryKeyConstraint("entity", "rule", "key", "system", "external_id"),
    comment="match keys of records held for a person: nothing is created where one of them waits",
)

cursor = Table(
    "cursor",
    metadata,
    Column("entity", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("position", Text),
    Column("pulled_at", Text, comment="when a whole pull last succeeded"),
    Column("error", Text, comment="why the last pull failed, if it did"),
    PrimaryKeyConstraint("entity", "system"),
)

brake = Table(
    "brake",
    metadata,
    Column("entity", Text, nullable=False),
    Column("system", Text, nullable=False, comment="empty: every route of the entity"),
    Column("kind", Text, nullable=False, comment="see hub.brakes.Kind"),
    Column("reason", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("released_at", Text, comment="when a person let it go, for once"),
    PrimaryKeyConstraint("entity", "system", "kind"),
)

approval = Table(
    "approval",
    metadata,
    Column("entity", Text, primary_key=True),
    Column("meaning", Text, nullable=False, comment="the mapping a person approved, comments left out"),
    Column("creations", Text, nullable=False, comment="system → records the approved plan creates there"),
    Column("at", Text, nullable=False),
)

system_clock = Table(
    "system_clock",
    metadata,
    Column("system", Text, primary_key=True),
    Column("offset", Float, nullable=False, comment="seconds its clock is ahead of the hub's"),
    Column("measured_at", Text, nullable=False),
)

state = Table(
    "state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    comment="what the hub remembers of itself: that it is being rebuilt, when it was last backed up",
)

call = Table(
    "call",
    metadata,
    Column("id", Text, primary_key=True, comment="source and the exchange's own id, as hub.calls.Call.id"),
    Column("source", Text, nullable=False),
    Column("number", Text, nullable=False, comment="the other party in E.164; empty where it is not known"),
    Column("started_at", Text, nullable=False),
    Column("open", Boolean, nullable=False, comment="not over yet, as far as is known"),
    Column("data", Text, nullable=False, comment="the call: see hub.calls"),
    Column("goldens", Text, nullable=False, comment="[[entity, golden id], …]: who it was with, best first"),
    Column("change", Integer, nullable=False, comment="counts every change of any call or callback"),
    Index("call_change", "change", unique=True),
    Index("call_number", "number", "started_at"),
    Index("call_started", "started_at"),
    Index("call_open", "source", sqlite_where=text("open"), postgresql_where=text("open")),
    sqlite_with_rowid=False,
)

callback = Table(
    "callback",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, nullable=False, comment="E.164, or what the exchange gave"),
    Column("opened_at", Text, nullable=False),
    Column("closed_at", Text, comment="empty while somebody is to call back"),
    Column("data", Text, nullable=False, comment="calls missed, who it is, why it was closed"),
    Column("change", Integer, nullable=False, comment="counts every change of any call or callback"),
    Index("callback_change", "change", unique=True),
    Index("callback_number", "number", "closed_at"),
    sqlite_autoincrement=True,
)

phone_number = Table(
    "phone_number",
    metadata,
    Column("number", Text, nullable=False, comment="E.164, extensions left out"),
    Column("golden_id", Text, nullable=False),
    Column("entity", Text, nullable=False),
    PrimaryKeyConstraint("number", "golden_id"),
    Index("phone_number_golden", "golden_id"),
    sqlite_with_rowid=False,
    comment="the directory: which golden records own a number",
)

reference = Table(
    "reference",
    metadata,
    Column("golden_id", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("entity", Text, nullable=False, comment="of the golden record that refers"),
    Column("target", Text, nullable=False, comment="the golden record referred to"),
    PrimaryKeyConstraint("golden_id", "field"),
    Index("reference_target", "target", "entity"),
    sqlite_with_rowid=False,
)

visit = Table(
    "visit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contract", Text, nullable=False, comment="the golden record it is due for"),
    Column("ref", Text, unique=True, comment="the reference of one that was made elsewhere"),
    Column("open", Boolean, nullable=False, comment="neither done nor cancelled"),
    Column("change", Integer, nullable=False, comment="counts every change of any visit"),
    Column("data", Text, nullable=False, comment="the visit: see hub.maintenance.visits"),
    Index("visit_change", "change", unique=True),
    Index("visit_contract", "contract"),
    sqlite_autoincrement=True,
)

alert = Table(
    "alert",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True, comment="kind, what it is about, occasion: once each"),
    Column("open", Boolean, nullable=False, comment="its reason is there, and nobody closed it"),
    Column("change", Integer, nullable=False, comment="counts every change of any alert"),
    Column("data", Text, nullable=False, comment="the alert: see hub.maintenance.alerts"),
    Index("alert_change", "change", unique=True),
    sqlite_autoincrement=True,
)

question = Table(
    "question",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("visit", Text, nullable=False, unique=True, comment="the golden record of the visit it is about"),
    Column("change", Integer, nullable=False, comment="counts every change of any question"),
    Column("data", Text, nullable=False, comment="asked when, and the answer: see hub.maintenance.questions"),
    Index("question_change", "change", unique=True),
    sqlite_autoincrement=True,
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("ended_at", Text),
    Column("summary", Text),
    sqlite_autoincrement=True,
)

holder = Table(
    "holder",
    metadata,
    Column("role", Text, primary_key=True),
    Column("name", Text, nullable=False, comment="host, process id, start time"),
    Column("beat", Float, nullable=False, comment="seconds since the epoch, by the holder's clock"),
)

__all__ = [
    "alert", "approval", "brake", "call", "callback", "conflict", "cursor", "doublet", "golden", "held_key",
    "holder", "journal", "likeness", "link", "match_key", "merger", "merger_step", "metadata", "outbox",
    "phone_number", "question", "reference", "review", "run", "state", "system_clock", "visit",
]  # fmt: skip
