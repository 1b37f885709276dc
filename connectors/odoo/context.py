"""The context that goes with each call: language, company, archived records, no mail on our account.

Without `lang`, Odoo answers remote calls in en_US; without a company, as the user's own. Writing switches off
the chatter's log of every change (unless the settings ask for it) and the notes it makes on creation: at
thousands of records they cost more than the records, and the hub's journal has them all.
"""

from __future__ import annotations

from typing import Any

from connectors.odoo.faults import Fault
from connectors.odoo.layout import Setting
from connectors.odoo.session import Session
from hub.ports import Misconfigured

_QUIET = {"mail_create_nolog": True, "mail_create_nosubscribe": True, "mail_notrack": True}


class Contexts:
    """Contexts for one connection; companies given by name are looked up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._companies: dict[int | str, int] = {}

    def reading(self, setting: Setting) -> dict[str, Any]:
        """For looking: archived records included."""
        return {**self._who(setting), "active_test": False}

    def writing(self, setting: Setting) -> dict[str, Any]:
        context = {**self._who(setting), **_QUIET}
        if self._session.settings.tracking:
            del context["mail_notrack"]
        else:
            context["tracking_disable"] = True
        return context

    def loading(self, setting: Setting) -> dict[str, Any]:
        """For ``load``: it reads times in the context's zone, and looks ids up (on 14, only active ones)."""
        context = {**self.writing(setting), "tz": "UTC"}
        if self._session.version() < (16, 0):
            context["active_test"] = False
        return context

    def _who(self, setting: Setting) -> dict[str, Any]:
        lang, company = setting
        context: dict[str, Any] = {}
        if lang:
            context["lang"] = lang
        if company is not None:
            context["allowed_company_ids"] = [self._company(company)]
        return context

    def _company(self, company: int | str) -> int:
        if company not in self._companies:
            self._companies[company] = self._find_company(company)
        return self._companies[company]

    def _find_company(self, wanted: int | str) -> int:
        try:
            rows = self._session.ask("res.company", "search_read", [], ["name"], 0, None, "id")
        except Fault as fault:
            raise Misconfigured(
                self._session.system, "the companies cannot be read", fault.message
            ) from fault
        ids = [row["id"] for row in rows if wanted in (row["id"], row["name"])]
        if len(ids) == 1:
            return int(ids[0])
        known = ", ".join(f"{row['name']} ({row['id']})" for row in rows)
        what = f"there is no company «{wanted}»" if not ids else f"two companies are called «{wanted}»"
        todo = f"the hub's user sees: {known}"
        raise Misconfigured(self._session.system, what, todo=todo)
