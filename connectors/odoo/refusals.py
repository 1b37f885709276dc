"""Odoo's "no", told to a clerk: its own words, the field they are about, and what to do now. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.odoo.faults import Fault
from connectors.odoo.layout import Layout
from hub.ports import Refused, Unknown

_TODO: Mapping[str, str] = {
    "access": "give the hub's user this right in Odoo, or take it out of the mapping",
    "name": "run `hub check`: the mapping names something this Odoo has not",
    "large": "this record is too large for the server; shorten it, or raise the proxy's limit",
}
_QUOTED = re.compile(r"(?<!\w)[\['\"«“]\s*([^\[\]'\"«»“”]+?)\s*[\]'\"»”]")
_TELLING = 5
"""Characters of a part of a value that no other value has by chance."""

_CORRECT = "correct the value in the system it came from, or in Odoo; the hub then tries again"


def refused(layout: Layout, fault: Fault, vals: Iterable[str]) -> Refused:
    """Why one record was not written. `vals` are the Odoo fields that were sent, with values if known."""
    field, todo = blamed(layout, fault.message, vals), _TODO.get(fault.kind, _CORRECT)
    return Refused(fault.message, field, todo, passing=fault.kind == "access")


def refused_row(
    layout: Layout, message: Mapping[str, Any], vals: Iterable[str], allowed: bool = True
) -> Refused:
    """The same from a message of ``load``, which often names the field itself, and never the kind of error:
    `allowed` says whether the hub's user has the right at all."""
    text = str(message.get("message") or "Odoo gives no reason").strip()
    text = re.sub(r"^(Unknown error during import|Erreur inconnue [^:]*): *(<class '[^']*'>: *)?", "", text)
    field = str(message.get("field") or "").partition("/")[0]
    name = _native(layout, field) if field else blamed(layout, text, vals)
    kind = "" if allowed else "access"
    return Refused(text, name, _TODO.get(kind, _CORRECT), passing=not allowed)


def locked(fault: Fault) -> Unknown:
    """Someone else's transaction holds the record; nothing says that ours was applied."""
    return Unknown(f"another transaction holds this record: {fault.message}")


def blamed(layout: Layout, text: str, vals: Iterable[str]) -> str | None:
    """The native name of the field a message is about: the one whose value it quotes, named outright, or the
    only one that was sent."""
    sent = list(vals)
    quoted = _quoted(text, vals) if isinstance(vals, Mapping) else None
    if quoted is not None:
        return _native(layout, quoted)
    for base in sent:
        label = re.escape(str(layout.fields.get(base, {}).get("string") or base))
        outright = rf"(?<!\w){re.escape(base)}(?!\w)"
        if re.search(rf"{outright}|['\"«]{label}['\"»]", text):
            return _native(layout, base)
    return _native(layout, sent[0]) if len(sent) == 1 else None


def _quoted(text: str, vals: Mapping[str, Any]) -> str | None:
    """The field whose value a message quotes first: « The VAT number [00000000000] for partner [Garage] … ».

    Odoo 19 quotes a VAT number without its country: a part of a value that is long enough will do.
    """
    sent = {base: value for base, value in vals.items() if isinstance(value, str)}
    for quoted in _QUOTED.findall(text):
        for base, value in sent.items():
            if quoted == value or (len(quoted) >= _TELLING and quoted in value):
                return base
    return None


def _native(layout: Layout, base: str) -> str:
    return next((c.name for c in layout.columns if c.base == base), base)
