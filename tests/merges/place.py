"""What the suite for merges needs of a system (`Place`): the person in front of it, and its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from hub.ports import Connector, Fate, Merges, Outcome, Record, Unknown, View, Write


class Place(Protocol):
    """One system in the hands of a person, empty at first, with a policy for doubles in its view.

    `fate`: what becomes of a double there. `field`: the native field that says so; ``None`` where none does.
    `town`: the native field of the town, which is no part of any of it.
    """

    view: View
    fate: Fate
    field: str | None
    town: str

    def connect(self) -> Connector: ...

    def add(self, *names: str) -> list[str]:
        """A person enters these; every field they have is filled, but that of the mark. Their ids."""

    def seen(self) -> Mapping[str, Mapping[str, Any]]:
        """All that a person sees of every record, archived ones too, by id and native field."""

    def type(self, id: str, field: str, text: str | None) -> None:
        """A person writes into one native field of one record."""

    def remove(self, id: str) -> None:
        """A person deletes a record."""

    def deliver(self) -> None:
        """Let the other side of an asynchronous system work."""

    def held(self, id: str) -> AbstractContextManager[None] | None:
        """Meanwhile somebody has it open, or it is not to be had; ``None`` where that cannot be."""

    def deafened(self, before: bool) -> Merges:
        """Merges, the first write of which has its answer lost; `before`: the request, too."""


class Deaf:
    """A connector that loses the answer to its first write; `before`: it is not even made."""

    def __init__(self, connector: Connector, before: bool) -> None:
        self._connector, self._before, self._deaf = connector, before, True
        self.name, self.traits = connector.name, connector.traits

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        if not self._deaf:
            return self._connector.write(view, writes)
        self._deaf = not writes
        if not self._before:
            self._connector.write(view, writes)
        return [Unknown("the connection was cut")] * len(writes)

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        return self._connector.read(view, ids)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)


@contextmanager
def between(do: Callable[[], Any], undo: Callable[[], Any]) -> Iterator[None]:
    """Do this at the beginning, and that at the end."""
    do()
    try:
        yield
    finally:
        undo()
