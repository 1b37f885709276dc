"""Taking a merge back in Odoo, by what `Noting` wrote down, as far as Odoo lets it.

A contact that was deleted is made anew under another id, with the values it had, and what referred to it
and still refers to the winner is pointed at it again; its external ids too, the hub's own reference among
them. The winner loses what it had taken and still has unchanged. Edits made since stay. A record that was
archived is shown again.

Booked accounting stays with the winner, in every version: Odoo 19 refuses to change the partner of a posted
entry, and Odoo 14 changes it on the invoice and not on its lines. It is named in what could not be done.

Making anew goes through ``load`` under an external id of the hub's (`MODULE`), so that a second call after
a lost answer finds what the first one made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.odoo.context import Contexts
from connectors.odoo.faults import Fault, Lost
from connectors.odoo.noting import TAGS
from connectors.odoo.referring import EVERYTHING, Referring, Way, called
from connectors.odoo.session import Session
from hub.ports import Refused, Unknown

MODULE = "__hub_split__"
BOOKED: Mapping[str, str] = {
    "account.move": "state",
    "account.move.line": "parent_state",
    "account.payment": "state",
    "account.bank.statement.line": "parent_state",
}
"""Accounting models, and the field that says ``draft`` of what may still be changed."""
SHOWN = 5
Parted = dict[str, tuple[int, list[str]]]
"""By the id a loser had: the id it has now, and what could not be done."""


class Splitting:
    """Takes merges of one Odoo back."""

    def __init__(self, session: Session, contexts: Contexts, referring: Referring) -> None:
        self._session = session
        self._contexts = contexts
        self._referring = referring

    def split(self, model: str, keep: int, undo: Mapping[str, Any]) -> Parted | Refused | Unknown:
        """See `hub.ports.Merges.split`; the records are left to be read."""
        done: Parted = {}
        refused: list[Refused] = []
        try:
            for old, note in undo.items():
                answer = self._one(model, keep, int(old), note)
                if isinstance(answer, Refused):
                    refused.append(answer)
                else:
                    done[old] = answer
        except Lost as lost:
            return Unknown(str(lost))
        if refused and not done:
            return refused[0]
        for refusal in refused:
            next(iter(done.values()))[1].append(refusal.reason)
        return done

    def _one(
        self, model: str, keep: int, old: int, note: Mapping[str, Any]
    ) -> tuple[int, list[str]] | Refused:
        if self._session.ask(model, "search", [["id", "=", old]], context=EVERYTHING):
            return old, self._shown_again(model, old, note)
        if "values" not in note:
            return Refused(f"{model} {old} is gone from Odoo", None, "make it anew by hand")
        id = self._anew(model, keep, old, note["values"])
        if isinstance(id, Refused):
            return id
        unable = self._filled(model, id, note["values"])
        if note.get("picture"):
            unable.append(f"{model} {id}: the picture it had is not kept; give it one in Odoo")
        unable += [f"{model} {id}: {gap}" for gap in note.get("gaps", ())]
        for entry in note["referred"]:
            unable += self._pointed_back(model, keep, id, entry)
        unable += self._given_up(model, keep, note)
        return id, unable

    # -- the record itself ---------------------------------------------------------------------------

    def _shown_again(self, model: str, id: int, note: Mapping[str, Any]) -> list[str]:
        """A loser that is still there: not archived any more, if it was not before."""
        if not note.get("active", False):
            return []
        rows = self._session.ask(model, "read", [id], ["active"], context=EVERYTHING)
        if rows and rows[0]["active"]:
            return []
        return self._try(f"{model} {id} stays archived", model, [id], {"active": True})

    def _anew(self, model: str, keep: int, old: int, values: Mapping[str, Any]) -> int | Refused:
        """Make the record, or find it made; its id."""
        name = f"{model.replace('.', '_')}_{old}"
        made = self._made(model, name)
        if made == keep:
            reason = f"{model} {old} was taken apart before, and what was made then is one with {keep} again"
            return Refused(reason, None, "take back the later merge")
        if made is not None:
            return made
        context = self._contexts.loading((None, None))
        row = [f"{MODULE}.{name}", str(values.get("name") or "…")]
        try:
            answer = self._session.tell(model, "load", ["id", "name"], [row], context=context)
        except Fault as fault:
            made = self._made(model, name)
            return made if made is not None else Refused(fault.message, None, "make it anew in Odoo by hand")
        if answer["ids"] is False:
            said = "; ".join(str(m.get("message")) for m in answer["messages"]) or "Odoo gives no reason"
            return Refused(said, None, "make it anew in Odoo by hand")
        return int(answer["ids"][0])

    def _made(self, model: str, name: str) -> int | None:
        try:
            where, id = self._session.ask(
                "ir.model.data", "check_object_reference", MODULE, name, context=EVERYTHING
            )
        except Fault as fault:
            if "External ID not found" in fault.message:
                return None
            raise
        return int(id) if where == model and id else None

    def _filled(self, model: str, id: int, values: Mapping[str, Any]) -> list[str]:
        """Give it its values, together; where Odoo refuses, one by one. What would not go in."""
        vals = {n: [[6, 0, v or []]] if n == TAGS else v for n, v in values.items()}
        if not self._try("", model, [id], vals):
            return []
        unable = []
        for name, value in vals.items():
            words = f"{model} {id}: {name} is not «{values[name]}» again"
            unable += self._try(words, model, [id], {name: value})
        return unable

    def _given_up(self, model: str, keep: int, note: Mapping[str, Any]) -> list[str]:
        """The winner gives up what it had taken and nobody changed since."""
        values, lent, tags = note["values"], note["lent"], note["lent_tags"]
        rows = self._session.ask(model, "read", [keep], [*lent, *([TAGS] if tags else [])], "")
        now = rows[0] if rows else {}
        vals: dict[str, Any] = {name: False for name in lent if now.get(name) == values[name]}
        if kept := [tag for tag in tags if tag in now.get(TAGS, ())]:
            vals[TAGS] = [[3, tag, 0] for tag in kept]
        unable = []
        for name, value in vals.items():
            unable += self._try(f"{model} {keep} keeps the {name} it had taken", model, [keep], {name: value})
        return unable

    # -- what referred to it -------------------------------------------------------------------------

    def _pointed_back(self, model: str, keep: int, id: int, entry: Mapping[str, Any]) -> list[str]:
        way = Way(entry["model"], entry["field"], entry["kind"], entry["label"], entry["by"])
        try:
            rows = self._referring.rows(way, model, keep, entry["ids"])
            back = {row["id"] for row in self._referring.rows(way, model, id, entry["ids"])}
        except Fault as fault:
            return [f"{called(way)} stay with {model} {keep}: {fault.message}"]
        here = [row["id"] for row in rows]
        unable = []
        if elsewhere := len(set(entry["ids"]) - set(here) - back):
            unable.append(
                f"{elsewhere} {called(way)} were changed or deleted since, and are left as they are"
            )
        if way.model in BOOKED:
            here, words = self._drafts(way, here, f"{model} {keep}")
            unable += words
        if way.kind != "many":
            return unable + self._back(way, here, {way.field: id}, f"{model} {keep}")
        beside = [one for one in here if one in entry["beside"]]
        alone = [one for one in here if one not in entry["beside"]]
        unable += self._back(way, beside, {way.field: [[4, id, 0]]}, f"{model} {keep}")
        return unable + self._back(way, alone, {way.field: [[4, id, 0], [3, keep, 0]]}, f"{model} {keep}")

    def _drafts(self, way: Way, ids: Sequence[int], winner: str) -> tuple[list[int], list[str]]:
        """Those that are not booked yet; of the others, in words, that they stay."""
        if not ids:
            return [], []
        state = BOOKED[way.model]
        names = [state, "display_name"]
        rows = self._session.ask(way.model, "search_read", [["id", "in", list(ids)]], names, 0, None, "id")
        booked = [str(row["display_name"]) for row in rows if row[state] != "draft"]
        words = []
        if booked:
            more = f" and {len(booked) - SHOWN} more" if len(booked) > SHOWN else ""
            words.append(
                f"{len(booked)} {called(way)} are booked and stay with {winner}: "
                f"{', '.join(booked[:SHOWN])}{more}; what is wrong there is put right by a credit note"
            )
        return [row["id"] for row in rows if row[state] == "draft"], words

    def _back(self, way: Way, ids: Sequence[int], vals: Mapping[str, Any], winner: str) -> list[str]:
        """Point these back; where Odoo refuses, halve until the bad one stands alone."""
        if not ids:
            return []
        said: list[str] = self._try("", way.model, ids, vals)
        if not said:
            return []
        if len(ids) == 1:
            return [f"{called(way)} {ids[0]} stays with {winner}: {said[0]}"]
        half = len(ids) // 2
        return self._back(way, ids[:half], vals, winner) + self._back(way, ids[half:], vals, winner)

    def _try(self, words: str, model: str, ids: Sequence[int], vals: Mapping[str, Any]) -> list[str]:
        """Write; where Odoo refuses, its reason after these words."""
        context = {**self._contexts.writing((None, None)), **EVERYTHING}
        try:
            self._session.tell(model, "write", list(ids), dict(vals), context=context)
        except Fault as fault:
            return [f"{words}: {fault.message}" if words else fault.message]
        return []
