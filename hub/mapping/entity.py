"""What a loaded mapping is: plain, frozen, and free of YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from hub.lenses import Lens
from hub.ports import View
from hub.values import Canonical, FieldType, Ref

SystemDirection: TypeAlias = Literal["both", "pull", "push", "off", "observe"]
OnDelete: TypeAlias = Literal["archive", "ignore", "ask", "done"]
PolicyKind: TypeAlias = Literal["latest", "order", "union", "ask"]


@dataclass(frozen=True, slots=True)
class Policy:
    """Who wins a conflict: an `order` of trust (most trusted first), the latest, a union, or a person."""

    kind: PolicyKind
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldDef:
    """One canonical field. `label` is by language (``fr``, ``en``); `title` picks one."""

    name: str
    type: FieldType
    required: bool = False
    label: Mapping[str, str] = field(default_factory=dict)

    def title(self, lang: str = "fr") -> str:
        """The field's name for a person."""
        return self.label.get(lang) or next(iter(self.label.values()), self.name)


@dataclass(frozen=True, slots=True)
class SystemMapping:
    """How one entity is kept in one system. `creates` is false where the hub may not add records; `adopts`
    where it takes no notice of records that it did not make; `updates` where a record once made is never
    changed. `when`: only records that hold one of these values in each of these fields are added there."""

    system: str
    direction: SystemDirection
    on_delete: OnDelete
    creates: bool
    view: View
    lenses: tuple[Lens, ...]
    adopts: bool = True
    updates: bool = True
    when: Mapping[str, tuple[Canonical, ...]] = field(default_factory=dict)

    def wants(self, values: Mapping[str, Any]) -> bool:
        """Whether a record with these canonical values is one that is added there."""
        return all(values.get(name) in wanted for name, wanted in self.when.items())

    def lens(self, field_name: str) -> Lens | None:
        """The lens of a canonical field, ``None`` where this system does not hold it."""
        return next((lens for lens in self.lenses if lens.name == field_name), None)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How records that share no exact key are recognised. `precision`: wished of what is linked by itself;
    `links`: whether anything is. `roles`: canonical field → what it is to the comparison
    (`hub.duplicates.fields.NAMES`). `weights`: a file, with its path."""

    precision: float
    links: bool
    roles: Mapping[str, str]
    weights: str | None = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    master: str | None = None


@dataclass(frozen=True, slots=True)
class EntityMapping:
    """One mapping document. `match`: the exact keys, surest first.

    `meaning`: the document without what changes nothing (comments, labels); `fingerprint`: its SHA-256.
    """

    entity: str
    label: Mapping[str, str]
    fields: Mapping[str, FieldDef]
    match: tuple[tuple[str, ...], ...]
    default_policy: Policy
    policies: Mapping[str, Policy]
    systems: Mapping[str, SystemMapping]
    fingerprint: str
    duplicates: Duplicates | None = None
    file: str = ""
    meaning: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def policy(self, field_name: str) -> Policy:
        """The policy of a canonical field."""
        return self.policies.get(field_name, self.default_policy)

    def title(self, lang: str = "fr") -> str:
        """The entity's name for a person."""
        return self.label.get(lang) or next(iter(self.label.values()), self.entity)

    @property
    def parents(self) -> tuple[str, ...]:
        """The entities this one refers to, itself excepted."""
        kinds = (f.type for f in self.fields.values())
        return tuple(dict.fromkeys(k.entity for k in kinds if isinstance(k, Ref) and k.entity != self.entity))


@dataclass(frozen=True, slots=True)
class Mappings:
    """Every entity's mapping, parents before those that refer to them."""

    entities: tuple[EntityMapping, ...]
    fingerprint: str = ""

    def __iter__(self) -> Iterator[EntityMapping]:
        return iter(self.entities)

    def __len__(self) -> int:
        return len(self.entities)

    def __getitem__(self, entity: str) -> EntityMapping:
        for mapping in self.entities:
            if mapping.entity == entity:
                return mapping
        raise KeyError(entity)

    def __contains__(self, entity: object) -> bool:
        return any(mapping.entity == entity for mapping in self.entities)

    @property
    def systems(self) -> tuple[str, ...]:
        """Every system some entity is kept in, in the order they appear."""
        return tuple(dict.fromkeys(name for mapping in self.entities for name in mapping.systems))

    def of_system(self, system: str) -> tuple[EntityMapping, ...]:
        """The mappings of the entities kept in this system."""
        return tuple(mapping for mapping in self.entities if system in mapping.systems)
