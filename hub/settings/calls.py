"""The `calls:` block of hub.yaml: whose telephone is whose, what may be dialled, how numbers are read."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hub.values import BadOption, Phone


def _prefix(text: str) -> str:
    if not re.fullmatch(r"\+\d{0,15}", text):
        raise ValueError("is the beginning of a number in full, such as +33")
    return text


def _region(text: str) -> str:
    try:
        return Phone(text).region
    except BadOption as problem:
        raise ValueError(str(problem)) from None


Prefix = Annotated[str, AfterValidator(_prefix)]
Region = Annotated[str, AfterValidator(_region)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Dial(_Closed):
    """Which numbers may be dialled by a click: the longest prefix that fits decides; none: not dialled.

    ``+3381``, ``+3382`` and ``+3389`` are France's special-rate numbers (ARCEP, plan national de
    numérotation: 081x, 082x, 089x).
    """

    allow: list[Prefix] = Field(default=["+33"], description="Prefixes that may be dialled.")
    deny: list[Prefix] = Field(
        default=["+3389", "+3381", "+3382"],
        description="Prefixes that may not, where longer than an allowed one.",
    )


class CallSettings(_Closed):
    """What the call road needs to know beside the exchanges, which are `systems` of their own."""

    desk: str | None = Field(
        default=None, description="The Odoo (a system's name) whose users see who calls; none: no popups."
    )
    region: Region = Field(
        default="FR", description="The country whose numbers the exchange writes without a country code."
    )
    extensions: dict[str, str] = Field(
        default_factory=dict,
        description="Whose telephone is whose: extension (e-mail, id; as the exchange says it) to login.",
    )
    extension_field: str | None = Field(
        default=None,
        description="A field of Odoo's users that holds the extension; `extensions` go before it.",
    )
    card: dict[str, Any] | None = Field(
        default=None, description="What the popup says of a customer, instead of what it says by itself."
    )
    keep: str = Field(
        default="3 years",
        description="How long the hub keeps calls for `hub calls`.",
    )
    dial: Dial = Field(default_factory=Dial, description="Which numbers may be dialled by a click in Odoo.")
