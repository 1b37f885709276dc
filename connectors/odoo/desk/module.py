"""The data-only module `hub_calls`: what it holds for each Odoo, and its zip. Pure: asks nothing.

Promises: the same version of the hub makes the same bytes for the same Odoo, and `version` changes exactly
when they do. No Python is in it: Odoo imports it over RPC (``base.import.module``), or a person does in
Apps → Import Module.

Run on 19 and 14. What 15 and 16 need was read in their source and never run.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from html import escape
from importlib.resources import files

NAME = "hub_calls"
GROUP = "group_service"
SHOW, FACTS, DIAL, TAKE = "action_show", "action_facts", "action_dial", "action_take"
ORDERS = "x_hub_call_order"
OLDEST = 14

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Module:
    """`files`: path inside the module → text. `version` as ``ir.module.module`` says it once it is there."""

    version: str
    files: dict[str, str]

    @property
    def zip(self) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for path in sorted(self.files):
                entry = zipfile.ZipInfo(f"{NAME}/{path}", _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, self.files[path].encode())
        return made.getvalue()


def build(major: int) -> Module:
    """The module for this Odoo, 14 to 19 (a later one is given what 19 gets)."""
    client = next(name for name in (17, 16, 15, 14) if major >= name)
    scripts = {
        # Outside `static/src`: a plain script in every version, not a module of Odoo's own kind.
        "static/lib/calls.js": _text("static", "calls.js"),
        "static/lib/calls.css": _text("static", "calls.css"),
        "static/src/web.js": _text("static", f"web_{client}.js"),
    }
    content = {**scripts, "data.xml": _data(major)}
    if major < 15:
        content["assets.xml"] = _ASSETS_14
    made = hashlib.blake2s(repr(sorted(content.items())).encode()).digest()
    version = f"{major}.0.1.0.{int.from_bytes(made[:3])}"
    return Module(version, {**content, "__manifest__.py": _manifest(major, version)})


def group_field(major: int) -> str:
    """What users' and actions' groups are called."""
    return "group_ids" if major >= 19 else "groups_id"


def code(name: str, major: int, *, screen: bool = True) -> str:
    """A server action's code. Without `screen`, cards are plain stock notifications."""
    # Odoo compiles an action each time it is run: what is not used there is left out.
    plain = "" if screen else _text("server", "plain.txt")
    text = plain + _text("server", f"{name}.txt")
    text = re.sub(r"\bMAJOR >= (\d+)", lambda found: str(major >= int(found[1])), text)
    return re.sub(r"\bSCREEN\b", str(screen), text)


def _text(*path: str) -> str:
    return files("connectors.odoo.desk").joinpath(*path).read_text("utf-8")


def _manifest(major: int, version: str) -> str:
    listed: dict[str, object] = {
        "name": "Telephone calls (hub)",
        "summary": "Shows who calls, and dials by a click. Installed by the sync hub.",
        "version": version,
        "category": "Productivity",
        "license": "Other OSI approved licence",
        "author": "odoo-sync-hub",
        "depends": ["web", "bus", "mail"],
        "data": ["data.xml"] if major >= 15 else ["data.xml", "assets.xml"],
        "installable": True,
    }
    if major >= 15:
        listed["assets"] = {
            "web.assets_backend": [
                f"{NAME}/static/lib/calls.css",
                f"{NAME}/static/lib/calls.js",
                f"{NAME}/static/src/web.js",
            ]
        }
    lines = "".join(f"    {key!r}: {value!r},\n" for key, value in listed.items())
    return f"{{\n{lines}}}\n"


def _data(major: int) -> str:
    actions = (
        (SHOW, "Calls: show", "show", GROUP),
        (FACTS, "Calls: what a card says more", "facts", GROUP),
        (TAKE, "Calls: take orders to dial", "take", GROUP),
        (DIAL, "Calls: dial", "dial", "base.group_user"),
    )
    made = "".join(
        _ACTION.format(
            id=id, name=name, field=group_field(major), group=group, code=escape(code(file, major))
        )
        for id, name, file, group in actions
    )
    fields = "".join(_FIELD.format(name=name, **described) for name, described in _FIELDS.items())
    return _DATA.format(group=GROUP, orders=ORDERS, fields=fields, actions=made)


_FIELDS: dict[str, dict[str, str]] = {
    "x_number": {"label": "Number", "type": "char", "more": ""},
    "x_user_id": {
        "label": "User",
        "type": "many2one",
        "more": '<field name="relation">res.users</field><field name="on_delete">cascade</field>',
    },
    "x_state": {"label": "State", "type": "char", "more": '<field name="index" eval="True"/>'},
    "x_model": {"label": "Looked at: model", "type": "char", "more": ""},
    "x_res_id": {"label": "Looked at: record", "type": "integer", "more": ""},
}

_FIELD = """
        <record id="field_{name}" model="ir.model.fields">
            <field name="name">{name}</field>
            <field name="model_id" ref="model_order"/>
            <field name="field_description">{label}</field>
            <field name="ttype">{type}</field>
            {more}
        </record>"""

_ACTION = """
    <record id="{id}" model="ir.actions.server">
        <field name="name">{name}</field>
        <field name="model_id" ref="base.model_res_users"/>
        <field name="{field}" eval="[(6, 0, [ref('{group}')])]"/>
        <field name="state">code</field>
        <field name="code">{code}</field>
    </record>"""

_DATA = """<?xml version="1.0" encoding="utf-8"?>
<odoo>
    <record id="{group}" model="res.groups">
        <field name="name">Calls: the hub's own user</field>
        <field name="comment">Shows who calls on other users' screens. For the hub's user alone.</field>
    </record>
    <data noupdate="1">
        <record id="model_order" model="ir.model">
            <field name="name">Orders to dial</field>
            <field name="model">{orders}</field>
        </record>{fields}
    </data>
    <record id="access_order" model="ir.model.access">
        <field name="name">{orders} hub</field>
        <field name="model_id" ref="model_order"/>
        <field name="group_id" ref="{group}"/>
        <field name="perm_read" eval="True"/>
        <field name="perm_write" eval="False"/>
        <field name="perm_create" eval="False"/>
        <field name="perm_unlink" eval="False"/>
    </record>
    <record id="access_names" model="ir.model.access">
        <field name="name">ir.model.data hub</field>
        <field name="model_id" ref="base.model_ir_model_data"/>
        <field name="group_id" ref="{group}"/>
        <field name="perm_read" eval="True"/>
        <field name="perm_write" eval="False"/>
        <field name="perm_create" eval="False"/>
        <field name="perm_unlink" eval="False"/>
    </record>{actions}
</odoo>
"""

_ASSETS_14 = f"""<?xml version="1.0" encoding="utf-8"?>
<odoo>
    <template id="assets_backend" inherit_id="web.assets_backend">
        <xpath expr="." position="inside">
            <link rel="stylesheet" type="text/css" href="/{NAME}/static/lib/calls.css"/>
            <script type="text/javascript" src="/{NAME}/static/lib/calls.js"/>
            <script type="text/javascript" src="/{NAME}/static/src/web.js"/>
        </xpath>
    </template>
</odoo>
"""
