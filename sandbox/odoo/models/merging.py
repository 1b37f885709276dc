"""Contacts made one: Odoo's wizard for it, and the messages that follow.

As the real one: what refers to a loser is moved to the winner with no question of rights, the winner's empty
fields are filled, ranks are added up, tags are united, the losers are deleted, and the winner gets a message.
In 14 the activities of a loser go with it. Added to a sandbox with ``serve(models=merging.models(version))``.
Facts: base, mail and account /wizard of Odoo 14 and 19.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.odoo.base import remote
from sandbox.odoo.errors import UserError
from sandbox.odoo.records import Records
from sandbox.odoo.schema import X2MANY, Model, Row, char, html, integer, many2many, many2one, selection
from sandbox.odoo.writing import NEVER_WRITTEN

PARTNER = "res.partner"
WIZARD = "base.partner.merge.automatic.wizard"
MOST = 3
ADMIN = "base.group_erp_manager"
SUMMED = ("customer_rank", "supplier_rank")
PAIRS = {
    "ir.attachment": "res_model",
    "mail.activity": "res_model",
    "mail.message": "model",
    "ir.model.data": "model",
}
STATES = [("option", "Option"), ("selection", "Selection"), ("finished", "Finished")]
KINDS = [("email", "Email"), ("comment", "Comment"), ("notification", "System notification")]


def models(version: int) -> list[Model]:
    """The wizard, and messages."""
    wizard = {
        "state": selection(STATES, "State", required=True, default="option"),
        "partner_ids": many2many(PARTNER, "Contacts", archived_too=version >= 19),
        "dst_partner_id": many2one(PARTNER, "Destination Contact"),
    }
    message = {
        "model": char("Related Document Model"),
        "res_id": integer("Related Document ID"),
        "body": html("Contents"),
        "message_type": selection(KINDS, "Type", required=True, default="email"),
        "author_id": many2one(PARTNER, "Author"),
    }
    rights = {"base.group_partner_manager": "crw"}
    return [
        Model(WIZARD, "Merge Partner Wizard", wizard, records=Wizard, access=rights, log_access=False),
        Model("mail.message", "Message", message, order="id desc"),
    ]


class Wizard(Records):
    """The wizard."""

    @remote()
    def action_merge(self) -> dict[str, Any]:
        """Merge the contacts of this wizard into the one it names."""
        (row,) = self.rows()
        partners = self.env.sudo()[PARTNER]
        given = self.getter("partner_ids")(row)
        ids = [id for id in given if id in partners.table.rows]
        if len(ids) > 1:
            self._refuse(row, ids)
            winner = row["dst_partner_id"] if row.get("dst_partner_id") in ids else min(ids)
            self._unite(winner, [id for id in ids if id != winner])
        self.table.put(row["id"], {**row, "partner_ids": (), "state": "finished"})
        action = {"type": "ir.actions.act_window", "res_model": WIZARD, "res_id": row["id"]}
        return {**action, "view_mode": "form", "target": "new"}

    def _refuse(self, row: Row, ids: Sequence[int]) -> None:
        partners = self.env.sudo()[PARTNER]
        if len(ids) > MOST:
            raise UserError(
                "For safety reasons, you cannot merge more than 3 contacts together. "
                "You can re-open the wizard several times if needed."
            )
        if any(set(ids) & (partners.below([id]) - {id}) for id in ids):
            raise UserError("You cannot merge a contact with one of his parent.")
        users = self.env.table("res.users").referring("partner_id", set(ids))
        if not self.old and len(users) > 1:
            raise UserError(
                "You cannot merge contacts linked to more than one user even if only one is active."
            )
        if ADMIN in self.env.groups or self.env.su:
            return
        if len({partners.table.rows[id].get("email") for id in ids}) > 1:
            raise UserError(
                "All contacts must have the same email. "
                "Only the Administrator can merge contacts with different emails."
            )
        going = {id for id in ids if id != row.get("dst_partner_id")}
        if self.old and self.env.table("account.move.line").referring("partner_id", going):
            raise UserError(
                "Only the destination contact may be linked to existing Journal Items. Please ask the "
                "Administrator if you need to merge several contacts linked to existing Journal Items."
            )

    def _unite(self, winner: int, losers: Sequence[int]) -> None:
        partners = self.env.sudo()[PARTNER]
        said = [dict(partners.table.rows[id]) for id in losers]
        tags = {tag for row in said for tag in row.get("category_id") or ()}
        self._move_relations(winner, set(losers))
        self._move_pairs(winner, losers)
        self._fill(winner, losers)
        row = partners.table.rows[winner]
        united = tuple(sorted({*(row.get("category_id") or ()), *tags}))
        partners.table.put(winner, {**row, "category_id": united})
        names = ", ".join(f"{one['name']} <{one.get('email') or 'n/a'}> (ID {one['id']})" for one in said)
        note = {"model": PARTNER, "res_id": winner, "body": f"Merged with the following partners: {names}"}
        self.env.sudo()["mail.message"].create({**note, "message_type": "notification"})
        self.env.sudo()[PARTNER].browse(losers).unlink()

    def _move_relations(self, winner: int, losers: set[int]) -> None:
        for model in self.env.base.models.values():
            if model.name == WIZARD:
                continue
            table = self.env.table(model.name)
            for name, field in model.fields.items():
                if not field.stored or field.relation != PARTNER:
                    continue
                if field.type == "many2one":
                    for id in sorted(table.referring(name, losers)):
                        table.put(id, {**table.rows[id], name: winner})
                elif field.type == "many2many":
                    for row in [r for r in table.rows.values() if losers & set(r.get(name) or ())]:
                        kept = {*(row[name] or ()), winner} - losers
                        table.put(row["id"], {**row, name: tuple(sorted(kept))})

    def _move_pairs(self, winner: int, losers: Sequence[int]) -> None:
        for model, by in PAIRS.items():
            if model not in self.env:
                continue
            table = self.env.table(model)
            found = [r for r in table.rows.values() if r.get(by) == PARTNER and r.get("res_id") in losers]
            for row in found:
                if self.old and model == "mail.activity":
                    table.drop(row["id"])
                else:
                    table.put(row["id"], {**row, "res_id": winner})

    def _fill(self, winner: int, losers: Sequence[int]) -> None:
        """The winner's own values go before; of several losers the last one's."""
        partners = self.env.sudo()[PARTNER]
        names = [
            name
            for name, field in partners.spec.fields.items()
            if field.stored and field.type not in X2MANY and name not in NEVER_WRITTEN
        ]
        rows = partners.browse([*losers, winner]).read(names, load="")
        values: dict[str, Any] = {}
        for row in sorted(rows, key=lambda row: row["id"] == winner):
            self._take(values, row, names)
        parent = values.pop("parent_id", None)
        partners.browse([winner]).write(values)
        if parent and parent != winner:
            partners.browse([winner]).write({"parent_id": parent})

    @staticmethod
    def _take(values: dict[str, Any], row: Mapping[str, Any], names: Sequence[str]) -> None:
        for name in names:
            if row[name]:
                summed = name in SUMMED and values.get(name)
                values[name] = values[name] + row[name] if summed else row[name]
