"""The shape of a mapping document: which keys there are and what may stand under each.

The descriptions here are the reference: the JSON Schema that completes an editor's typing and
`docs/mapping.md` are both made from them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from hub.values import TYPES

TypeName = Literal[
    "text",
    "phone",
    "email",
    "postcode",
    "country",
    "siret",
    "siren",
    "vat",
    "iban",
    "money",
    "number",
    "integer",
    "boolean",
    "date",
    "datetime",
    "choice",
    "duration",
    "periodicity",
    "ref",
    "list",
    "lines",
]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
SystemName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
RoleName = Literal[
    "name",
    "given",
    "given2",
    "family",
    "family2",
    "birth",
    "number",
    "street",
    "street2",
    "postcode",
    "town",
    "phone",
    "phone2",
    "email",
    "siret",
    "siren",
    "vat",
    "iban",
    "reference",
]
Scalar = str | bool | int | float | None
Label = str | dict[str, str]


class _Closed(BaseModel):
    """A block in which an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Open(BaseModel):
    """A block whose unknown keys are handed to the connector."""

    model_config = ConfigDict(extra="allow", strict=True)


def _short_field(entry: Any) -> Any:
    return {"type": entry} if isinstance(entry, str) else entry


def _short_lens(entry: Any) -> Any:
    return {"field": entry} if isinstance(entry, str) else entry


class FieldDoc(_Closed):
    """One field that all systems agree on."""

    type: TypeName = Field(description="What the value means; see the table of types.")
    required: bool = Field(
        default=False, description="A record without this field is set aside, not created."
    )
    label: Label | None = Field(
        default=None, description="The field's name on screens: one text, or one by language (`fr`, `en`)."
    )
    description: str | None = Field(default=None, description="A note for those who read the mapping.")
    region: str | None = Field(
        default=None, description="phone, postcode: the country (FR) whose numbers carry no country code."
    )
    multiline: bool | None = Field(default=None, description="text: keep line breaks.")
    decimals: int | None = Field(default=None, description="money: how many decimals an amount has (2).")
    timezone: str | None = Field(
        default=None, description="datetime: where the clocks are, e.g. Europe/Paris (UTC)."
    )
    values: list[str] | dict[str, Label | None] | None = Field(
        default=None, description="choice: the codes, as a list or each with its label or labels."
    )
    per: Annotated[int, Field(ge=1, le=120)] | None = Field(
        default=None, description="periodicity: how many months a bare number counts in (12: per year)."
    )
    entity: Name | None = Field(default=None, description="ref: the kind of record this field points to.")
    of: TypeName | None = Field(default=None, description="list: the type of its values (text).")
    columns: (
        dict[
            Name,
            Annotated[
                FieldDoc, BeforeValidator(_short_field, json_schema_input_type=TypeName | dict[str, Any])
            ],
        ]
        | None
    ) = Field(default=None, description="lines: the fields of one line, each a type or a block as here.")
    balance: list[Name] | None = Field(
        default=None, description="lines: two columns whose sums must be equal, e.g. `[debit, credit]`."
    )


class LensDoc(_Open):
    """How one field is kept in one system. Keys that are not listed here are handed to the connector."""

    field: str | None = Field(
        default=None, description="The system's own name of the field, column or path (`country_id.code`)."
    )
    fields: list[str] | None = Field(
        default=None, description="Several native fields that hold the value in parts; see `join`."
    )
    join: str | None = Field(default=None, description="What stands between the parts of `fields` (a space).")
    max: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="The most characters the system holds. Text is cut there, knowingly."
    )
    upper: bool | None = Field(default=None, description="Written in upper case.")
    ascii: bool | None = Field(default=None, description="Written without accents.")
    map: Name | dict[str | bool | int | float | None, Scalar] | None = Field(
        default=None,
        description="A value table: native value → canonical value, read both ways; or the name of one of "
        "the mapping's `tables`.",
    )
    prefer: list[Scalar] | None = Field(
        default=None,
        description="map: of several native values with one meaning, those that are written.",
    )
    otherwise: Scalar = Field(
        default=None,
        description="map: what a native value means that is not in the table; an empty one is empty.",
    )
    format: str | None = Field(
        default=None, description="How the value is written there: `%d/%m/%Y`, `national`, `comma`, …"
    )
    timezone: str | None = Field(default=None, description="datetime: where this system's clocks are.")
    default: Scalar = Field(default=None, description="Written where the hub has no value.")
    constant: Scalar = Field(
        default=None, description="Always this: written to `field`, or read where there is no field."
    )
    direction: Literal["both", "pull", "push", "fill"] | None = Field(
        default=None,
        description="`pull`: only read; `push`: only written; `fill`: only written, and only where nothing "
        "stands; `both` (usual).",
    )
    columns: (
        dict[
            Name,
            Annotated[LensDoc, BeforeValidator(_short_lens, json_schema_input_type=str | dict[str, Any])],
        ]
        | None
    ) = Field(default=None, description="lines: each column and where it is kept in one line of `field`.")


class SystemDoc(_Open):
    """How the entity is kept in one system. Keys that are not listed here are handed to the connector."""

    object: str = Field(description="The model, sheet, file kind or table that holds the records.")
    where: Any = Field(
        default=None, description="Which records of it, in the system's own terms (an Odoo domain)."
    )
    key: str | list[str] | None = Field(
        default=None,
        description="The native field or fields that identify a record that has no id of its own.",
    )
    new_key: Any = Field(default=None, description="How a key is made for a new record, e.g. `C{n:05}`.")
    on_create: dict[str, Any] | None = Field(
        default=None, description="Native values set when the hub creates a record, and never again."
    )
    direction: Literal["both", "pull", "push", "off", "observe"] = Field(
        default="both",
        description="`pull`: only read; `push`: only written; `off`: left alone; "
        "`observe`: planned but never written.",
    )
    creates: bool = Field(default=True, description="Whether the hub may add records there.")
    when: dict[Name, Scalar | list[Scalar]] | None = Field(
        default=None,
        description="Which records the hub adds there: those whose agreed fields hold this value, or one of "
        "these: `{state: confirmed}`. What was added follows its record, whatever that says later.",
    )
    updates: bool = Field(
        default=True,
        description="Whether the hub may change records there. `false`: documents, made whole or not at all "
        "and never changed; what would have to change later is told to a person.",
    )
    adopts: bool = Field(
        default=True,
        description="Whether records found there become the hub's. `false`: only those that the hub made.",
    )
    on_delete: Literal["archive", "ignore", "ask", "done"] = Field(
        default="archive",
        description="What it means when a record is gone from this system: `archive` it everywhere, `ask` a "
        "person, or `ignore` it. `done`: that is how it says that work is done, as Odoo does of activities: "
        "`archive`, in any number at once.",
    )
    merge: Literal["leave", "mark", "archive"] | None = Field(
        default=None,
        description="What is done with a record that is another's double there, once a person had them "
        "merged, in a system that cannot merge: `leave` it (usual), `mark` it, or `archive` it. Odoo merges "
        "contacts by itself, whatever this says.",
    )
    merge_mark: str | None = Field(
        default=None, description="With `merge: mark`, the field that then says `doublon de C00042`."
    )
    merge_archive: Annotated[dict[str, Scalar], Field(min_length=1, max_length=1)] | None = Field(
        default=None,
        description="With `merge: archive`, where the system archives nothing: the field and what it says of "
        "a record that is closed, `{Statut: fermé}`.",
    )
    fields: dict[
        Name, Annotated[LensDoc, BeforeValidator(_short_lens, json_schema_input_type=str | LensDoc)]
    ] = Field(description="Each agreed field and where it is kept: the native name, or a block.")


class MatchDoc(_Closed):
    """One way to recognise that two systems' records are the same thing."""

    exact: str | list[str] = Field(description="Fields that must all be filled and equal.")


class DuplicatesDoc(_Closed):
    """How sure the hub must be that two records are one thing, beyond the exact keys of `match`."""

    precision: Annotated[float, Field(ge=0.5, le=0.999999)] = Field(
        default=0.9995,
        description="How many of the records linked by themselves are to be right: of 10,000 links at "
        "0.9995, 5 may be wrong. What is less sure is asked.",
    )
    links: bool = Field(
        default=True, description="Whether anything is linked by itself. `false`: a person is asked always."
    )
    fields: dict[Name, RoleName | None] = Field(
        default_factory=dict,
        description="What a field is to the comparison, where its name and type do not say it: "
        "`{raison: name, gerant: null}`; `null` leaves it out.",
    )
    weights: str | None = Field(
        default=None,
        description="A file that `hub duplicates train` wrote, beside this mapping. Without: what ships.",
    )
    engine: Literal["duckdb", "spark"] = Field(
        default="duckdb",
        description="What compares a whole base: inside the hub, or Spark for what outgrows this machine.",
    )
    master: str | None = Field(default=None, description="spark: where it runs. Usually `local[*]`.")


def _short_duplicates(entry: Any) -> Any:
    return {True: {}, False: None}.get(entry, entry) if isinstance(entry, bool) else entry


PolicyDoc = Literal["latest", "ask", "union"] | list[str]


class EntityDoc(_Closed):
    """One mapping: an entity, its fields, and where each system keeps them."""

    entity: Name = Field(description="The kind of record: customer, contact, contract, …")
    label: Label | None = Field(
        default=None, description="Its name on screens: one text, or one by language (`fr`, `en`)."
    )
    description: str | None = Field(default=None, description="A note for those who read the mapping.")
    fields: dict[
        Name, Annotated[FieldDoc, BeforeValidator(_short_field, json_schema_input_type=TypeName | FieldDoc)]
    ] = Field(description="The fields the systems agree on: a type, or a block.", min_length=1)
    tables: dict[Name, dict[str | bool | int | float | None, Scalar]] = Field(
        default_factory=dict,
        description="Value tables that several fields share, by name: accounts, taxes, journals. See `map`.",
    )
    match: list[MatchDoc] = Field(
        default_factory=list, description="How records are recognised across systems, the surest way first."
    )
    duplicates: Annotated[
        DuplicatesDoc | None,
        BeforeValidator(_short_duplicates, json_schema_input_type=bool | DuplicatesDoc | None),
    ] = Field(
        default=None,
        description="Recognise records that share no exact key, too: `true`, or a block. What is sure is "
        "linked, what is likely is asked, and duplicates inside one system are shown by `hub duplicates`.",
    )
    conflicts: dict[str, PolicyDoc] = Field(
        default_factory=dict,
        description="Who wins when two systems changed the same field: `latest`, `ask` (a person), `union` "
        "(lists) or an order of trust, `[sage, odoo]`. `default` is for every field not named.",
    )
    systems: dict[SystemName, SystemDoc] = Field(
        description="The systems that hold these records, by the names they have in hub.yaml.", min_length=1
    )


assert set(TypeName.__args__) == set(TYPES)  # type: ignore[attr-defined]
