"""What every lens is: its two directions, its errors, and what keeps it from moving what need not move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from hub.ports import Native, NativeField
from hub.values import Canonical, FieldType, Unreadable, Unwritable


class Parked(Exception):
    """A reference whose target has no link in this system yet: `entity`, `system`, and its `id`."""

    def __init__(self, entity: str, system: str, id: str) -> None:
        super().__init__(entity, system, id)
        self.entity, self.system, self.id = entity, system, id

    def __str__(self) -> str:
        return f"{self.entity} {self.id} is not linked in {self.system} yet"


class LensError(ValueError):
    """A lens that cannot be made. `option` is the key of the mapping entry that is at fault."""

    def __init__(self, message: str, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


class Refs(Protocol):
    """The links of one system, both ways."""

    def golden(self, entity: str, external_id: str) -> str | None:
        """The golden id that this system's record belongs to."""

    def external(self, entity: str, golden_id: str) -> str | None:
        """This system's id of the golden record."""


class NoRefs:
    """No record is linked to any other: for lenses without references, and for checks."""

    def golden(self, entity: str, external_id: str) -> str | None:
        return None

    def external(self, entity: str, golden_id: str) -> str | None:
        return None


NO_REFS = NoRefs()


@dataclass(frozen=True, eq=False)
class Lens:
    """One canonical field in one system. Made by `make_lens`.

    `natives` are the system's own fields it uses; `reads` and `writes` its directions; `fills`: it writes
    only where nothing stands; `lossy` says in words what of a value the system cannot hold, ``None`` where it
    holds all of it. `options` are the connector's.
    """

    name: str
    type: FieldType
    system: str
    natives: tuple[str, ...]
    reads: bool = True
    writes: bool = True
    lossy: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    native_type: str = "text"
    fills: bool = False

    @property
    def unasked(self) -> Literal["new", "always"] | None:
        """Whether the mapping itself has something to write where the hub has no value: in new records
        (a default) or always (a constant).
        """
        return None

    def get(self, native: Mapping[str, Native], refs: Refs = NO_REFS) -> Canonical:
        """The canonical value of a record's natives. Raises `Unreadable` (absent natives too), `Parked`."""
        for name in self.natives:
            if name not in native:
                raise Unreadable(f"{name} was not read in {self.system}")
        return self._decode(native, refs)

    def put(self, value: Canonical, native: Mapping[str, Native], refs: Refs = NO_REFS) -> dict[str, Native]:
        """The natives that say `value`: the record's own, untouched, where they say it already.

        `native` is the whole record, or empty for a record to be created. Raises `Parked`, `Unwritable`.
        """
        present = {name: native[name] for name in self.natives if name in native}
        if not native:
            return self._encode(value, {}, refs)
        if len(present) < len(self.natives):
            missing = next(name for name in self.natives if name not in native)
            raise Unwritable(f"{missing} was not read in {self.system}, so it is not written over")
        try:
            current = self._decode(present, refs)
        except Unreadable as reason:
            if not self.reads:
                return self._encode(value, present, refs)
            if value is None:
                return present
            raise Unwritable(
                f"the present value cannot be read, so it is not written over: {reason}"
            ) from reason
        except Parked:
            if value is None:
                return present
            raise
        if current == value or self._says_all_it_can(value, current, refs):
            return present
        return self._encode(value, present, refs)

    def agrees(self, value: Canonical, native: Mapping[str, Native], refs: Refs = NO_REFS) -> bool:
        """Whether the record already says `value` as well as its system can hold it."""
        return all(native.get(name) == new for name, new in self.put(value, native, refs).items())

    def native_fields(self) -> tuple[NativeField, ...]:
        """What the connector is told of the natives."""
        return tuple(NativeField(name, self.native_type, self.writes, self.options) for name in self.natives)

    def _says_all_it_can(self, value: Canonical, current: Canonical, refs: Refs) -> bool:
        return bool(self.lossy) and self._encode(value, {}, refs) == self._encode(current, {}, refs)

    def _decode(self, native: Mapping[str, Native], refs: Refs) -> Canonical:
        raise NotImplementedError

    def _encode(self, value: Canonical, native: Mapping[str, Native], refs: Refs) -> dict[str, Native]:
        raise NotImplementedError
