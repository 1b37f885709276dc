"""A question that Odoo mails to a customer, once, and whose answer Odoo keeps: `rating.rating`.

The mapping's ``ask_by: project.rating_project_request_email_template`` names the mail's template. The rating
is made first, like any record, with the hub's reference; it is about the record that the template is for, and
belongs to that record's customer: so the link that Odoo writes into the mail leads to this rating. Then the
mail is queued in Odoo (`mail.template.send_mail`), under a Message-Id made of the hub's reference.

Promises:

- Never twice: before a mail is queued, one with that Message-Id is looked for; Odoo is told to keep it after
  it was sent. Where an earlier attempt's answer was lost, its mail may still be on its way: the next attempt
  waits until `SETTLED` after that attempt began. When that was is Odoo's own note (`write_date` of the
  rating, touched before every attempt but the first), so a hub started anew knows it too.
- Never lost: a rating whose mail is not queued is not shown to the hub as its own; a write of it is not done.
- A customer without an e-mail address is refused before anything is made, and asked again by itself.

Facts: `rating.rating`, `rating_get_access_token` (14), `_rating_get_access_token` (19): the newest rating of
that record and customer that is not answered gives the link, else Odoo makes one; `mail.template.send_mail`;
`mail.mail.unlink` takes the message along unless `auto_delete` is off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.odoo.drafts import Draft
from connectors.odoo.faults import DOUBTFUL, Fault, Lost
from connectors.odoo.layout import Layout
from connectors.odoo.session import Session
from connectors.odoo.values import utc
from hub.ports import Done, Misconfigured, Moved, Outcome, Record, Refused, Unknown, View

RATING = "rating.rating"
SETTLED = timedelta(minutes=5)
"""After so long a call that Odoo had begun is over: it ends one after two (`limit_time_real`)."""
_HOPE = "give that customer an e-mail address in Odoo; the question then follows by itself"


@dataclass(frozen=True, slots=True)
class Template:
    """A mail template: its id, and the model of the records it is for."""

    id: int
    model: str
    model_id: int


class Asking:
    """The mails behind the ratings of one Odoo."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._templates: dict[str, Template] = {}

    def address(self, layout: Layout, drafts: Sequence[Draft]) -> None:
        """Give new ratings their model and customer; refuse those that no mail could be written for."""
        if not drafts:
            return
        template = self._template(layout.ask_by)
        customers = self._customers(template, [int(draft.vals.get("res_id") or 0) for draft in drafts])
        for draft in drafts:
            found = customers.get(int(draft.vals.get("res_id") or 0))
            draft.outcome = _unreachable(template, found)
            if draft.outcome is None and found is not None:
                asked = draft.vals.get("partner_id")
                if asked and asked != found["id"]:
                    draft.outcome = _someone_else(template, found, int(asked))
                draft.vals |= {"res_model_id": template.model_id, "partner_id": found["id"]}

    def ask(self, layout: Layout, drafts: Sequence[Draft], known: Sequence[Draft]) -> None:
        """Queue the mails of the ratings that are there now. `known`: those an earlier attempt had made."""
        made = {d: d.outcome for d in drafts if isinstance(d.outcome, Done | Moved)}
        for draft in made:
            # Whatever fails from here on: it is not done.
            draft.outcome = Unknown("the rating is there, its mail is not known to be queued")
        rows = self._rows([_id(outcome) for outcome in made.values()])
        there = self._queued([draft.write.ref for draft in made])
        for draft, outcome in made.items():
            row = rows.get(_id(outcome))
            if row is None:
                continue
            if draft.write.ref in there or row["consumed"]:
                draft.outcome = outcome
            else:
                draft.outcome = self._queue(layout, draft, row, draft in known) or outcome

    def whole(self, layout: Layout, records: Sequence[Record]) -> list[Record]:
        """Without the ratings of ours whose mail is not queued yet: they are not made."""
        refs = [record.ref for record in records if record.ref is not None]
        if not layout.ask_by or not refs:
            return list(records)
        there = self._queued(refs)
        return [record for record in records if record.ref is None or record.ref in there]

    def problems(self, view: View) -> Iterator[tuple[str, str]]:
        """What `hub check` has to say of ``ask_by``: what is wrong, and what to do."""
        name = str(view.options.get("ask_by") or "")
        if not name:
            return
        if view.object != RATING:
            yield f"`ask_by` is for {RATING}, not for {view.object}", f"write `object: {RATING}`"
            return
        try:
            template = self._template(name)
        except Misconfigured as error:
            yield f"{error.what}: {error.why}" if error.why else error.what, error.todo
            return
        (row,) = self._session.ask("mail.template", "read", [template.id], ["body_html"], "")
        if "access_token" not in str(row["body_html"] or ""):
            told = f"the template {name} has no link to answer by"
            yield told, "put Odoo's links /rate/…/5, /3 and /1 into it, as in its own Task Rating Request"
        if not self._session.ask(template.model, "fields_get", ["partner_id"], ["type"]):
            todo = "let visits be tasks (project.task), or name a template of a model with a customer"
            yield f"{template.model} records name no customer (partner_id)", todo

    # -- the mail ------------------------------------------------------------------------------------

    def _queue(self, layout: Layout, draft: Draft, row: Mapping[str, Any], known: bool) -> Outcome | None:
        """Queue one mail; ``None`` once it is."""
        template = self._template(layout.ask_by)
        about, customer = int(row["res_id"]), row["partner_id"]
        refused = _unreachable(template, self._customers(template, [about]).get(about))
        if refused is not None:
            return refused
        if known:
            left = utc(row["write_date"]) + SETTLED - self._session.now()
            if left > timedelta(0):
                said = f"an earlier attempt may still be queueing the mail; looked for again in {left}"
                return Unknown(said)
            self._session.tell(RATING, "write", [row["id"]], {"partner_id": customer})
        values = {"message_id": message_id(draft.write.ref), "auto_delete": False}
        try:
            self._session.tell("mail.template", "send_mail", [template.id], about, False, False, values)
        except (Lost, Fault) as error:
            if self._queued([draft.write.ref]):
                return None
            if isinstance(error, Lost) or error.kind in DOUBTFUL or error.kind == "busy":
                return Unknown(str(error))
            todo = f"correct the template {layout.ask_by} or what it names; tried again by itself"
            return Refused(error.message, None, todo, passing=True)
        return None

    def _queued(self, refs: Sequence[str]) -> set[str]:
        """Those of these references whose mail Odoo has."""
        if not refs:
            return set()
        by_id = {message_id(ref): ref for ref in refs}
        domain = [["message_id", "in", list(by_id)]]
        rows = self._session.ask("mail.message", "search_read", domain, ["message_id"], 0, None, "id")
        return {by_id[row["message_id"]] for row in rows}

    # -- what there is ---------------------------------------------------------------------------------

    def _rows(self, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        if not ids:
            return {}
        names = ["res_id", "partner_id", "consumed", "write_date"]
        return {row["id"]: row for row in self._session.ask(RATING, "read", list(ids), names, "")}

    def _customers(self, template: Template, ids: Sequence[int]) -> dict[int, dict[str, Any] | None]:
        """The customer of each of these records, with name and e-mail; ``None`` where it has none."""
        rows = self._session.ask(template.model, "search_read", [["id", "in", sorted(set(ids))]],
                                 ["partner_id"], 0, None, "id", context={"active_test": False})  # fmt: skip
        whose = {row["id"]: row["partner_id"] and row["partner_id"][0] for row in rows}
        partners = sorted({id for id in whose.values() if id})
        found = self._session.ask("res.partner", "read", partners, ["name", "email"], "") if partners else []
        by_id = {row["id"]: row for row in found}
        return {id: by_id.get(partner) for id, partner in whose.items()}

    def _template(self, name: str) -> Template:
        if name not in self._templates:
            self._templates[name] = self._find_template(name)
        return self._templates[name]

    def _find_template(self, name: str) -> Template:
        module, _, short = name.partition(".")
        what = f"there is no mail template «{name}»"
        todo = (
            "write the external id of a mail template, such as project.rating_project_request_email_template"
        )
        try:
            model, id = self._session.ask(
                "ir.model.data", "check_object_reference", module, short, context={"active_test": False}
            )
        except Fault as fault:
            if "External ID not found" in fault.message:
                raise Misconfigured(self._session.system, what, todo=todo) from fault
            raise
        if model != "mail.template" or not id:
            raise Misconfigured(self._session.system, what, f"{name} is a {model}", todo)
        (row,) = self._session.ask("mail.template", "read", [id], ["model", "model_id"], "")
        return Template(int(id), str(row["model"]), int(row["model_id"]))


def message_id(ref: str) -> str:
    """The Message-Id of the mail that asks the question with this reference."""
    return f"<{ref}@hub.invalid>"


def _id(outcome: Done | Moved | Outcome | None) -> int:
    assert isinstance(outcome, Done | Moved)
    return int(outcome.record.id)


def _unreachable(template: Template, customer: Mapping[str, Any] | None) -> Refused | None:
    if customer is None:
        todo = "name its customer in Odoo; the question then follows by itself"
        return Refused(f"the {template.model} it is about names no customer", "res_id", todo, passing=True)
    if not customer["email"]:
        return Refused(f"«{customer['name']}» has no e-mail address", "partner_id", _HOPE, passing=True)
    return None


def _someone_else(template: Template, customer: Mapping[str, Any], asked: int) -> Refused:
    return Refused(
        f"the {template.model} it is about belongs to «{customer['name']}» ({customer['id']}), and the "
        f"question is for customer {asked}",
        "partner_id",
        "correct the customer on either of them",
        passing=True,
    )
