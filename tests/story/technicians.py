"""A maintenance company whose forms a hub fills and reads: two folders, an Odoo, and people at work in both.

What people do is done by nothing of the project's: in Odoo over plain XML-RPC, on paper by pypdf. The
mappings and the description that ship are used, copied as an admin copies them.
"""

from __future__ import annotations

import os
import re
import shutil
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader, PdfWriter

from connectors.forms.description import Field_
from connectors.forms.descriptions import load_one
from tests.connectors.forms.blanks import drawn
from tests.live.servers import Odoo
from tests.story.site import PROJECT, Hub
from tests.tally import tally
from tests.wire.proxy import Proxy

SHIPPED = PROJECT / "mappings"
HUB_YAML = """\
systems:
  odoo:
    kind: odoo
    url: {url}
    database: {database}
    login: {login}
    password: ${{ODOO_PASSWORD}}
    transport: {transport}
    files: {{forms: fiches, inbox: arrivees}}
    {key}
  forms:
    kind: forms
    descriptions: forms
    out: fiches
    stable_seconds: 0
  inbox:
    kind: forms
    descriptions: forms
    inbox: arrivees
    stable_seconds: 0
  maintenance:
    kind: maintenance
"""
WRITING = ("create", "write", "load", "web_save", "web_save_multi", "unlink", "action_feedback")


@dataclass(frozen=True)
class Home:
    """The mappings that ship for an Odoo, and what differs in it: the stages of visits, what a deadline is
    (in 19 one has an hour), and the field of who goes."""

    mappings: tuple[str, ...]
    stages: tuple[str, ...]
    hour: str
    technician: str

    def deadline(self, day: str) -> str:
        return day + self.hour


HOME_19 = Home(("contract-project", "visit-task", "intervention"), (), " 15:00:00", "user_ids")
HOME_14 = Home(
    ("contract-project-14", "visit-task-14", "intervention-14"),
    ("Planifiée", "Confirmée", "Faite", "Annulée"), "", "user_id",
)  # fmt: skip


class Place:
    """A folder with a hub in it, two folders of forms, an Odoo, and a wire between."""

    def __init__(
        self,
        folder: Path,
        odoo: Odoo,
        database: str,
        transport: str,
        hub: type[Hub],
        home: Home,
        user: tuple[str, str] | None = None,
    ) -> None:
        """`user`: login and password of the hub's own user in Odoo, where it has one."""
        self.folder, self.odoo, self.database, self.home = folder, odoo, database, home
        self.hub = hub(folder)
        self.wire = Proxy(odoo.url)
        self.out, self.inbox = folder / "fiches", folder / "arrivees"
        self.out.mkdir()
        self.inbox.mkdir()
        (folder / "forms").mkdir()
        shutil.copy(SHIPPED / "forms" / "cerfa-15497.yaml", folder / "forms")
        description = load_one(folder / "forms" / "cerfa-15497.yaml")
        self.fields, self.blank = description.fields, folder / "forms" / description.blank
        signatures = {name.lower(): Field_(field=name) for name in description.never}
        drawn(self.blank, {**description.fields, **signatures})
        self._copy()
        login, password = user or (odoo.login, odoo.password)
        text = HUB_YAML.format(
            url=self.wire.url, database=database, login=login, transport=transport,
            key="api_key: ${ODOO_KEY}" if transport == "json2" else "",
        )  # fmt: skip
        (folder / "hub.yaml").write_text(text, "utf-8")
        secrets = f"ODOO_PASSWORD={password}\nODOO_KEY={odoo.api_key}\n"
        (folder / ".env").write_text(secrets, "utf-8")

    def close(self) -> None:
        self.wire.close()

    def _copy(self) -> None:
        """The mappings, without the systems that this company has not; contracts are only read."""
        (self.folder / "mappings").mkdir()
        partner = self.call("res.partner", "fields_get", [], ["type"])
        for name in ("customer", *self.home.mappings, "certificate", "received", "alert", "notice"):
            text = (SHIPPED / "maintenance" / f"{name}.yaml").read_text("utf-8")
            text = re.sub(r"(?m)^  (?:contracts|clients):.*\n(?:(?:    .*)?\n)*", "", text)
            text = text.replace("[odoo, clients, contracts]", "[odoo]")
            if name.startswith("contract"):
                text = text.replace("    on_create:", "    direction: pull\n    on_create:")
                text = text.replace(", direction: fill}", "}")
            if "siret" in partner:
                text = text.replace("siret: company_registry ", "siret: siret ")
            (self.folder / "mappings" / f"{name}.yaml").write_text(text, "utf-8")

    # -- people in Odoo ----------------------------------------------------------------------------------

    def call(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        return self.odoo.call(self.database, model, method, *arguments, **named)

    def rows(self, model: str, domain: list[Any], *fields: str) -> list[dict[str, Any]]:
        return list(self.call(model, "search_read", domain, list(fields), order="id"))

    def make(self, model: str, **values: Any) -> int:
        made: int = self.call(model, "create", values)
        return made

    def furnish(self) -> None:
        """What the mappings say an admin must have in Odoo; a customer, a contract and a visit."""
        project = self.make("project.project", name="Interventions")
        self.stages = {}
        for name in ("À confirmer", "Faite", *self.home.stages):
            known = self.rows("project.task.type", [["name", "=", name]], "id")
            self.stages[name] = known[0]["id"] if known else self.make("project.task.type", name=name)
        self.call(
            "project.project",
            "write",
            [project],
            {"type_ids": [(4, self.stages[name]) for name in ("À confirmer", "Faite")]},
        )
        self.project = project
        france = self.rows("res.country", [["code", "=", "FR"]], "id")[0]["id"]
        self.customer = self.make(
            "res.partner", name="Froid & Fils SARL", is_company=True, street="1 rue de l'Église", zip="74000",
            city="Annecy", country_id=france, email="froid@example.org",
        )  # fmt: skip
        contract = self.make(
            "project.project", name="2026-0042", label_tasks="Visites", partner_id=self.customer,
            date_start="2026-01-01", date="2026-12-31",
        )  # fmt: skip
        self.visit = self.make(
            "project.task", name="Visite 2026-0042", project_id=contract, partner_id=self.customer,
            date_deadline=self.home.deadline("2026-03-05"),
        )  # fmt: skip

    def technician(self) -> Any:
        """Who goes, as this Odoo takes it."""
        user = self.odoo.user(self.database)
        return [(4, user)] if self.home.technician == "user_ids" else user

    def tasks(self, name: str) -> list[dict[str, Any]]:
        """Interventions of this number, as people see them."""
        fields = ("name", "stage_id", "date_deadline", "description", "partner_id", "parent_id")
        return self.rows("project.task", [["project_id", "=", self.project], ["name", "=", name]], *fields)

    def attached(self, task: int) -> dict[str, tuple[int, bytes, str]]:
        """By name: the attachments that people find at a task; their ids, bytes and sums."""
        domain = [["res_model", "=", "project.task"], ["res_id", "=", task]]
        rows = self.rows("ir.attachment", domain, "name", "datas", "checksum")
        found = {row["name"]: (row["id"], b64decode(row["datas"]), row["checksum"]) for row in rows}
        tally("records duplicated", len(rows) - len(found))
        assert len(rows) == len(found), [row["name"] for row in rows]
        return found

    def told(self) -> list[dict[str, Any]]:
        """The activities about interventions to be confirmed that are open."""
        return self.rows("mail.activity", [["summary", "ilike", "à confirmer"]], "summary", "res_id")

    # -- people and paper --------------------------------------------------------------------------------

    def paper(self, path: Path) -> dict[str, str]:
        """What stands in a form, by our names, as a PDF reader shows it; empty ones left out."""
        held = PdfReader(path).get_fields() or {}
        shown = {
            ours: tuple(str(held[name].get("/V") or "") for name in field.names)
            for ours, field in self.fields.items()
            if all(name in held for name in field.names) and not field.boxes and not field.values
        }
        return {
            ours: self.fields[ours].join.join(parts).replace("\r", "\n")
            for ours, parts in shown.items()
            if any(parts)
        }

    def drop(self, name: str, **values: Any) -> bytes:
        """Somebody fills the blank in a PDF reader and drops it in the inbox; its bytes."""
        writer = PdfWriter(clone_from=self.blank)
        cells: dict[str, str] = {}
        for ours, value in values.items():
            names = self.fields[ours].names
            cells |= dict(zip(names, value.split("/") if len(names) > 1 else [value], strict=True))
        for page in writer.pages:
            writer.update_page_form_field_values(page, cells, auto_regenerate=False)
        return self.put(name, lambda path: writer.write(path))

    def put(self, name: str, write: Callable[[Path], object]) -> bytes:
        """A file arrives in the inbox, whole and some time ago."""
        draft = self.folder / "draft"
        write(draft)
        os.utime(draft, (1e9, 1e9))
        os.replace(draft, self.inbox / name)
        return (self.inbox / name).read_bytes()

    # -- the hub -----------------------------------------------------------------------------------------

    def sync(self, *codes: int) -> int:
        """Run `hub sync`; how much it wrote. What waits is in the failure where it ends otherwise."""
        said = self.hub("sync", "--json")
        if said.code not in (codes or (0,)):
            raise AssertionError(f"hub sync ended with {said.code}\n{self.waiting()}\n{said.out}\n{said.err}")
        return int(said.json["writes"])

    def waiting(self) -> str:
        return self.hub("deadletters", "--json").out + self.hub("conflicts", "--json").out

    def quiet(self, *codes: int) -> None:
        """Sync until nothing is written any more."""
        for _ in range(5):
            if self.sync(*codes) == 0:
                return
        raise AssertionError(f"the hub does not come to rest\n{self.waiting()}")

    def rests(self, times: int, *codes: int) -> None:
        """Nothing is written, in Odoo or on disk."""
        before = {path: path.stat().st_mtime_ns for path in self.out.iterdir()}
        asked = len(self.wire.seen)
        assert [self.sync(*codes) for _ in range(times)] == [0] * times
        assert {path: path.stat().st_mtime_ns for path in self.out.iterdir()} == before
        written = [str(one) for one in self.wire.passed(WRITING, since=asked)]
        assert not written, written
