"""Making records of Odoo one: contacts by Odoo's own wizard, everything else by putting the double away.

Contacts. ``base.partner.merge.automatic.wizard`` moves what refers to the loser (invoices, tasks, messages,
attachments, bank accounts, contacts, its external ids too, so that the hub's own reference of the loser
finds the winner from then on), fills the winner's empty fields with the loser's values, adds its tags, and
deletes the loser, all in one transaction. It takes three contacts at most; here each loser has a wizard of
its own, so that one which Odoo refuses keeps back no other. What the wizard leaves behind (in Odoo 14 the
activities, which it would delete; ratings, meetings about the contact, scheduled messages) is moved before
it, and back where Odoo then refuses. The values that the winner took are not taken back: they are in
`Merged.record`, and the hub sees them as an edit in Odoo.

Rights: «Contact Creation» (``base.group_partner_manager``) for the wizard; «Access Rights»
(``base.group_erp_manager``, an administrator to the wizard) where the e-mails differ, in Odoo 14 where the
loser has journal items, and in Odoo 19 for `noted` to see every field that may refer to a contact.

Two merges are refused here that some Odoo would make: of contacts with several users, and of a loser on
entries that are locked by a hash, which the partner is part of: the chain would be broken for good.

Other models have no wizard. The view's option ``merge`` says what becomes of the loser: ``archive`` (what
it is unless said; a note is left on the winner) or ``leave``. What refers to it stays with it, and is
counted.

Nothing is believed until it is looked at: after any answer, a fault and a lost one too, the losers that are
gone are done. Facts: base, mail, account /wizard/base_partner_merge*.py of Odoo 14 and 19.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

from connectors.odoo.context import Contexts
from connectors.odoo.faults import DOUBTFUL, Fault, Lost
from connectors.odoo.layout import Layout, Schema
from connectors.odoo.noting import Noting
from connectors.odoo.reading import Reader
from connectors.odoo.referring import EVERYTHING, PAIRS, Found, Referring, called
from connectors.odoo.refs import Refs
from connectors.odoo.refusals import locked
from connectors.odoo.session import Session
from connectors.odoo.splitting import Splitting
from hub.ports import Fate, Merged, Misconfigured, Missing, Record, Refused, Split, Unknown, View

PARTNER = "res.partner"
WIZARD = "base.partner.merge.automatic.wizard"
CARRIED = tuple(
    pair
    for pair in PAIRS
    if pair.model in ("mail.activity", "mail.scheduled.message", "calendar.event", "rating.rating")
)
"""What the wizard of some version leaves with a contact that it deletes."""
POLICIES = ("archive", "leave")
SHOWN = 5
_RIGHTS = (
    "give the hub's user in Odoo the right «Contact Creation», and «Access Rights» to merge contacts with "
    "different e-mails or with journal items; or merge them in Odoo by hand"
)
_BY_HAND = (
    "look at the reason (Odoo 14 wants the hub's user to have an e-mail address, for the note it leaves); "
    "or merge these two in Odoo by hand, or leave them apart"
)


@dataclass
class _Run:
    """One merge under way."""

    layout: Layout
    keep: int
    lost: dict[str, Fate] = field(default_factory=dict)
    unable: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    done: bool = False

    def leave(self, id: int, why: Refused) -> None:
        self.lost[str(id)] = "left"
        self.refused.append(why)
        self.unable.append(f"{self.layout.model} {id}: {why.reason}")


class Merger:
    """Makes records of one view one, and apart again."""

    def __init__(
        self, session: Session, contexts: Contexts, schema: Schema, reader: Reader, refs: Refs
    ) -> None:
        self._session = session
        self._contexts = contexts
        self._schema = schema
        self._reader = reader
        self._refs = refs
        self._referring = Referring(session)
        self._noting = Noting(session, schema, self._referring)
        self._splitting = Splitting(session, contexts, self._referring)
        self._kept: dict[tuple[str, str, str], Any] = {}

    def noted(self, view: View, keep: str, lose: Sequence[str]) -> Mapping[str, Any]:
        """See `hub.ports.Merges.noted`."""
        policy, ids = self._policy(view), _ids(keep, lose)
        if policy == "leave":
            return {}
        notes = self._noting.of_deleted if policy == "wizard" else self._noting.of_archived
        found = {str(id): notes(view.object, int(keep), id) for id in self._there(view.object, ids)}
        if policy == "archive":
            # One that is archived already is done: a note of it would take the place of what stood before.
            found = {id: note for id, note in found.items() if note["active"]}
        self._kept = {(view.object, keep, id): note for id, note in found.items()}
        return found

    def merge(self, view: View, keep: str, lose: Sequence[str]) -> Merged | Refused | Unknown | Missing:
        """See `hub.ports.Merges.merge`."""
        policy, ids = self._policy(view), _ids(keep, lose)
        run = _Run(self._schema.layout(view), int(keep) if keep.isdecimal() else 0)
        before = self._read(run)
        if before is None:
            return Missing()
        there = self._there(view.object, ids)
        run.lost = {id: "gone" for id in lose if id != keep}
        undo = self._undo(view, keep, there)
        refusal = self._speaks_against(run, there) if policy == "wizard" else None
        if refusal is not None:
            return refusal
        for id in there:
            doubt = self._by_wizard(run, id) if policy == "wizard" else self._put_away(run, id, policy)
            if doubt is not None:
                return doubt
        now = self._read(run)
        if now is None:
            return Missing()
        if run.refused and not run.done:
            return run.refused[0]
        return Merged(replace(now, ref=before.ref), run.lost, tuple(run.unable), undo)

    def _undo(self, view: View, keep: str, there: Sequence[int]) -> Mapping[str, Any]:
        """What was noted a moment ago, else what is to be noted now: it takes many questions."""
        kept, self._kept = self._kept, {}
        names = [(view.object, keep, str(id)) for id in there]
        if all(name in kept for name in names):
            return {name[2]: kept[name] for name in names}
        undo = self.noted(view, keep, [str(id) for id in there])
        self._kept = {}
        return undo

    def split(self, view: View, keep: str, undo: Mapping[str, Any]) -> Split | Refused | Unknown | Missing:
        """See `hub.ports.Merges.split`."""
        run = _Run(self._schema.layout(view), int(keep) if keep.isdecimal() else 0)
        if self._read(run) is None:
            return Missing()
        answer = self._splitting.split(view.object, run.keep, undo)
        if not isinstance(answer, dict):
            return answer
        refs = self._refs.of(view.object, [run.keep, *(id for id, _ in answer.values())])
        records = {
            r.id: r for r in self._reader.records(run.layout, list(refs_order(run.keep, answer)), refs)
        }
        if str(run.keep) not in records:
            return Missing()
        remade = {old: records[str(id)] for old, (id, _) in answer.items() if str(id) in records}
        unable = tuple(word for _, words in answer.values() for word in words)
        return Split(records[str(run.keep)], remade, unable)

    def _policy(self, view: View) -> str:
        given = view.options.get("merge")
        if given is None:
            return "wizard" if view.object == PARTNER else "archive"
        if given not in POLICIES:
            what = f"`merge: {given}` of {view.object} is nothing Odoo can do"
            todo = "write `merge: archive` or `merge: leave`; contacts are merged by Odoo's wizard without it"
            raise Misconfigured(self._session.system, what, todo=todo)
        return str(given)

    def _read(self, run: _Run) -> Record | None:
        refs = self._refs.of(run.layout.model, [run.keep]) if run.keep else {}
        return next(iter(self._reader.records(run.layout, [run.keep] if run.keep else [], refs)), None)

    def _there(self, model: str, ids: Sequence[int]) -> list[int]:
        """Those of these records that are there, archived ones too, in the order given."""
        if not ids:
            return []
        found = self._session.ask(model, "search", [["id", "in", list(ids)]], context=EVERYTHING)
        return [id for id in ids if id in found]

    # -- contacts ------------------------------------------------------------------------------------

    def _speaks_against(self, run: _Run, losers: Sequence[int]) -> Refused | None:
        """What Odoo, or Odoo 14 at least, would do and must not."""
        if not losers:
            return None
        users = self._quietly("res.users", [["partner_id", "in", [run.keep, *losers]]], ["login"])
        if len(users) > 1:
            logins = ", ".join(str(row["login"]) for row in users[:SHOWN])
            reason = f"these contacts have {len(users)} users between them ({logins})"
            return Refused(reason, None, "delete or re-assign all but one of these users in Odoo first")
        hashed = [["inalterable_hash", "!=", False], ["line_ids.partner_id", "in", list(losers)]]
        entries = self._quietly("account.move", hashed, ["name"])
        if entries:
            names = ", ".join(str(row["name"]) for row in entries[:SHOWN])
            reason = (
                f"{len(entries)} entries of a contact that would go are locked by a hash of which their "
                f"partner is part ({names}): merging would break the chain"
            )
            return Refused(reason, None, "keep the contact that these entries are of, or leave both apart")
        return None

    def _quietly(self, model: str, domain: list[Any], names: list[str]) -> list[dict[str, Any]]:
        """Records of a model that may not be installed, or that the hub's user may not see."""
        try:
            rows: list[dict[str, Any]] = self._session.ask(
                model, "search_read", domain, names, 0, None, "id", context=EVERYTHING
            )
        except Fault as fault:
            if fault.kind not in ("name", "access"):
                raise
            return []
        return rows

    def _by_wizard(self, run: _Run, id: int) -> Unknown | None:
        """Merge one loser. What became of it is noted in `run`; an answer where that cannot be told."""
        carried: list[Found] = []
        try:
            for found in self._referring.to(PARTNER, id, CARRIED)[0]:
                self._point(found, run.keep)
                carried.append(found)
            self._merge_two(run, id)
            trouble: Fault | Lost | None = None
        except (Fault, Lost) as error:
            trouble = error
        if not self._there(PARTNER, [id]):
            run.done = True
            return None
        if isinstance(trouble, Lost) or (trouble is not None and trouble.kind == "busy"):
            return Unknown(str(trouble)) if isinstance(trouble, Lost) else locked(trouble)
        try:
            for found in carried:
                self._point(found, id)
        except (Fault, Lost) as error:
            words = f"what was moved to {PARTNER} {run.keep} before Odoo refused could not be moved back"
            return Unknown(f"{words}: {error}")
        run.leave(id, _no(trouble))
        return None

    def _merge_two(self, run: _Run, id: int) -> None:
        context = {**self._contexts.writing(run.layout.setting), **EVERYTHING}
        values = {
            "state": "selection",
            "partner_ids": [[6, 0, [run.keep, id]]],
            "dst_partner_id": run.keep,
        }
        (wizard,) = self._session.tell(WIZARD, "create", [values], context=context)
        self._session.tell(WIZARD, "action_merge", [wizard], context=context)

    def _point(self, found: Found, id: int) -> None:
        self._session.tell(found.way.model, "write", list(found.ids), {found.way.field: id})

    # -- everything else -----------------------------------------------------------------------------

    def _put_away(self, run: _Run, id: int, policy: str) -> Unknown | None:
        """Archive one loser, or leave it; say what still refers to it."""
        model = run.layout.model
        run.lost[str(id)] = "left"
        if policy == "leave" or not run.layout.archives:
            if policy != "leave":
                run.unable.append(f"{model} {id} stays: Odoo has no way to archive or merge a {model}")
            run.unable += self._left_behind(model, id)
            run.done = True
            return None
        context = self._contexts.writing(run.layout.setting)
        try:
            self._leave_note(run, id)
            self._session.tell(model, "write", [id], {"active": False}, context=context)
            trouble: Fault | Lost | None = None
        except (Fault, Lost) as error:
            trouble = error
        rows = self._session.ask(model, "search_read", [["id", "=", id]], ["active"], context=EVERYTHING)
        if rows and rows[0]["active"]:
            if isinstance(trouble, Lost) or (trouble is not None and trouble.kind == "busy"):
                return Unknown(str(trouble)) if isinstance(trouble, Lost) else locked(trouble)
            run.leave(id, _no(trouble))
            return None
        run.done = True
        run.lost[str(id)] = "archived" if rows else "gone"
        if isinstance(trouble, Fault):
            run.unable.append(f"{model} {run.keep}: {trouble.message}")
        run.unable += self._left_behind(model, id)
        return None

    def _leave_note(self, run: _Run, id: int) -> None:
        """Say on the winner which record was its double, once, where the model has a chatter."""
        model = run.layout.model
        if "message_ids" not in self._schema.fields(model, ["message_ids"]):
            return
        mark = f"({model} {id})"
        told = [["model", "=", model], ["res_id", "=", run.keep], ["body", "ilike", mark]]
        if self._quietly("mail.message", told, ["id"]):
            return
        (row,) = self._session.ask(model, "read", [id], ["display_name"], context=EVERYTHING)
        body = f"<p>Doublon archivé : {escape(str(row['display_name']))} {mark}</p>"
        values = {"model": model, "res_id": run.keep, "body": body, "message_type": "comment"}
        self._session.tell("mail.message", "create", [values])

    def _left_behind(self, model: str, id: int) -> list[str]:
        """What still refers to a loser that stays, with a few names."""
        found, gaps = self._referring.to(model, id)
        words = []
        for one in found:
            if one.way.kind == "pair":
                continue
            names = self._names(one)
            more = f" and {len(one.ids) - SHOWN} more" if len(one.ids) > SHOWN else ""
            words.append(f"{model} {id} still has {len(one.ids)} {called(one.way)}: {names}{more}")
        return words + gaps

    def _names(self, found: Found) -> str:
        rows = self._session.ask(
            found.way.model, "read", list(found.ids[:SHOWN]), ["display_name"], context=EVERYTHING
        )
        return ", ".join(str(row["display_name"]) for row in rows)


def refs_order(keep: int, answer: Mapping[str, tuple[int, list[str]]]) -> list[int]:
    """The winner and those made anew, each once."""
    return list(dict.fromkeys([keep, *(id for id, _ in answer.values())]))


def _ids(keep: str, lose: Sequence[str]) -> list[int]:
    """The losers' ids; what is no number is no record of Odoo's."""
    return [int(id) for id in dict.fromkeys(lose) if id != keep and id.isdecimal()]


def _no(trouble: Fault | Lost | None) -> Refused:
    """Why a merge was certainly not made."""
    if trouble is None:
        return Refused("Odoo answered, but the record is still there", None, _BY_HAND)
    if isinstance(trouble, Fault) and trouble.kind == "access":
        return Refused(trouble.message, None, _RIGHTS, passing=True)
    admin = isinstance(trouble, Fault) and "Administrator" in trouble.message
    reason = trouble.message if isinstance(trouble, Fault) else str(trouble)
    if isinstance(trouble, Fault) and trouble.kind in DOUBTFUL:
        reason = f"Odoo failed while it merged: {reason}"
    return Refused(reason, None, _RIGHTS if admin else _BY_HAND, passing=admin)
