"""What a card says beside name and town, and what "new ticket" makes: as an admin may write it.

`card.json` is what it is unless told. Of several facts with one key, the first that this Odoo has and the
agent may read is taken; what cannot be had is left out. Of the tickets, the first model the agent may create;
a task without a project has no customer, so it wants ``defaults: {project_id: …}``.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from hub.ports import Misconfigured

Name = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_.]*$", max_length=128)]
Labels = dict[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")], str]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(_Closed):
    """One line of the card. Of several with one `key`, the first this Odoo and the agent's rights give."""

    key: str
    label: Labels = Field(min_length=1)
    model: Name
    partner: Name = Field(default="partner_id", description="The field that leads to the customer.")
    where: list[Any] = Field(default=[], description="Which records, as an Odoo domain.")
    show: Literal["count", "sum", "value"]
    field: Name | None = Field(default=None, description="What is summed or shown.")
    order: str | None = Field(default=None, description="Which record comes first, for `value`.")
    empty: Labels | None = Field(default=None, description="What is said where there is none.")
    hide_zero: bool = False
    alarm: bool = Field(default=False, description="More than nothing is shown in red.")

    @model_validator(mode="after")
    def _has_a_field(self) -> Self:
        if self.show != "count" and self.field is None:
            raise ValueError(f"`show: {self.show}` needs `field`")
        return self


class Ticket(_Closed):
    """What "new ticket" makes: the first model that is there and that the agent may create."""

    model: Name
    label: Labels = Field(min_length=1)
    partner: Name = "partner_id"
    defaults: dict[Name, Any] = Field(default={}, description="Values of the new record.")


class Card(_Closed):
    facts: list[Fact] = []
    tickets: list[Ticket] = []

    def for_odoo(self) -> dict[str, Any]:
        """As the server action reads it."""
        return self.model_dump(mode="json", exclude_none=True)


@cache
def usual() -> Card:
    """The card that ships."""
    text = files("connectors.odoo.desk").joinpath("card.json").read_text("utf-8")
    return Card.model_validate_json(text)


def read(system: str, given: Any) -> Card:
    """An admin's own card; `given` is what hub.yaml holds. Raises `Misconfigured`, naming the place."""
    try:
        return Card.model_validate(given)
    except ValidationError as problem:
        first = problem.errors(include_input=False)[0]
        place = ".".join(str(part) for part in ("calls", "card", *first["loc"]))
        raise Misconfigured(system, f"{place}: {first['msg']}", todo="see docs/calls.md, the card") from None
