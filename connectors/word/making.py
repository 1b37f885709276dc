"""Makes the document of a new contract from a template, and the amendment of one that is renewed.

In a mapping, at the system's block: `template: modele.docx` (beside the profiles, or in the folder), `file:
"Contrat {number} - {customer}.docx"`, and `renews: {field: ends_on, template: …, file: …}`.

Promises: what was made is read by the profiles before it is put in place, and must say what was wanted; a
file that is there is never written over; the same contract made before a crash is recognised by what it says.
An amendment is made once: its name is its identity. Never: leaves half a file under its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.word import faults
from connectors.word.faults import Refusal
from connectors.word.filenames import file_name, names_in
from connectors.word.library import Leaf, Part, part_of
from connectors.word.patching import canonical
from connectors.word.placing import place
from connectors.word.profile import Field_
from connectors.word.properties import RENEWAL_OF, known_as
from connectors.word.reader import Reading
from connectors.word.records import Column, Entry, Spec, alone, entries_of, join_key, who
from hub.filing import files, temporary
from hub.filing.faults import Fault, misconfigured
from hub.ports import Done, Moved, Outcome, Record, View, Write

if TYPE_CHECKING:
    from connectors.word.connector import Looked, WordConnector


class Renews(BaseModel):
    """When a write moves `field` (a day) later, `template` makes the document `file` as well."""

    model_config = ConfigDict(extra="forbid")

    field: str
    template: str
    file: str


class Makes(BaseModel):
    """What a mapping says of documents the hub makes."""

    template: str | None = None
    file: str | None = None
    renews: Renews | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A new record: its id, its canonical values by profile field; `chosen`: the hub made its key up."""

    write: Write
    id: str
    values: Mapping[str, Any]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Renewal:
    """An amendment to be made: the contract it renews, and all its values with the new ones."""

    key: str
    field: str
    values: Mapping[str, Any]


def makes_of(view: View) -> Makes:
    """The options of a view, checked. Raises `Fault` with what is wrong."""
    try:
        made = Makes.model_validate({k: v for k, v in view.options.items() if k in Makes.model_fields})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise misconfigured(
            f"{where} of {view.entity}: {first['msg']}", todo="correct the mapping"
        ) from error
    if (made.template is None) != (made.file is None):
        missing = "file" if made.file is None else "template"
        raise misconfigured(
            f"{view.entity} can be made only with both template and file", f"{missing} is missing"
        )
    for pattern, what in ((made.file, "file"), (made.renews.file if made.renews else None, "renews.file")):
        if pattern is not None:
            names_in(pattern, f"{what} of {view.entity}")
    return made


class Maker:
    """Makes documents of one view."""

    def __init__(self, connector: WordConnector, view: View, spec: Spec) -> None:
        self.connector, self.view, self.spec = connector, view, spec
        self.makes = makes_of(view)
        self.fields = {
            name: field
            for profile in connector.profiles.values()
            if profile.record == spec.object
            for name, field in reversed(profile.fields.items())
        }

    # -- new contracts -------------------------------------------------------------------------------

    def planned(self, write: Write) -> Plan:
        """What a write calls for; nothing is looked at yet. Raises `Refusal` and `Fault`."""
        if self.makes.template is None or self.makes.file is None:
            raise Refusal(
                f"the mapping names no template to make a {self.view.entity} from",
                "add template: and file: to the system's block, or make the document in Word",
            )
        values, chosen = self._values(write)
        key = self.connector.key(self.spec)
        id = join_key([values.get(name) for name in key]) if key else ""
        return Plan(write, id, values, chosen)

    def make(self, plan: Plan, now: Looked | None) -> Outcome:
        """The record in a document of its own. Raises `Refusal` and either room's `Fault`.

        `now` is what the folder held when the batch began; ``None``: nothing.
        """
        write, id, values = plan.write, plan.id, plan.values
        there = self._already(plan, now) if id and now is not None else None
        if there is not None:
            return there
        assert self.makes.template is not None
        assert self.makes.file is not None
        name = file_name(self.makes.file, values)
        path = self.connector.folder.path / name
        with self._made(self.makes.template, name, values, self._needed(write, values), {}) as made:
            found = self.connector.reader.read(made, self.connector.profiles, shown=name)
            leaf = self._leaf(found, made)
            entry = self._proven(name, found, leaf, values, id)
            if path.exists():
                return self._in_its_place(path, name, write, values, id)
            if not place(made, path):
                return self._in_its_place(path, name, write, values, id)
        return Done(self._record(entry, self._leaf(found, path)))

    def _values(self, write: Write) -> tuple[dict[str, Any], bool]:
        """What is given, by the profile's fields and canonical; whether the hub made the key up."""
        values: dict[str, Any] = {}
        columns = {one.name: one for one in self.spec.columns}
        for name, value in write.values.items():
            column = columns.get(name)
            if column is None:
                raise Refusal(f"'{name}' is no field of this view in the mapping", "", name)
            if column.known_by:
                values.update(self._named(column, value) if value is not None else {})
            elif column.part:
                values.setdefault(column.field, {})[column.part] = value
            else:
                values[column.field] = value
        for name, value in values.items():
            whole = (
                f"{value.get('postcode') or ''} {value.get('town') or ''}"
                if isinstance(value, dict)
                else value
            )
            values[name] = canonical(
                name, self.fields.get(name), whole.strip() if isinstance(whole, str) else whole
            )
        key = self.connector.key(self.spec)
        chosen = bool(write.new_id) and len(key) == 1 and values.get(key[0]) is None
        if chosen:
            values[key[0]] = canonical(key[0], self.fields.get(key[0]), write.new_id)
        known = [one for column in self.spec.columns for one in (column.known_by or (column.field,))]
        return {**dict.fromkeys((*known, *key)), **values}, chosen

    def _named(self, column: Column, id: Any) -> dict[str, Any]:
        """Whom a ref means, in the words of the documents that name them already; else by its number."""
        for leaf in self._leaves():
            for part in leaf.parts:
                if who(part, column.known_by).value == id:
                    said = {name: part.cells[name].value for name in column.known_by if name in part.cells}
                    return {name: value for name, value in said.items() if value is not None}
        field, _, value = str(id).partition(":")
        if field in column.known_by and self.fields[field].type not in ("text", "lines", "town"):
            return {field: value}
        raise Refusal(
            f"no document says yet how {id} is written, whom {column.name} means",
            "map the name as a field of its own as well, or make the first contract in Word",
            column.name,
        )

    def _leaves(self) -> Iterator[Leaf]:
        for name, glance in self.connector.folder.look().items():
            leaf = self.connector.library.leaf(name, glance)
            if leaf is not None:
                yield leaf

    def _needed(self, write: Write, values: Mapping[str, Any]) -> list[str]:
        """What the template must show: all that is given; of the ways to name somebody, one."""
        refs = [column for column in self.spec.columns if column.known_by]
        naming = {name for column in refs for name in column.known_by}
        given = [name for name, value in values.items() if value is not None and name not in naming]
        for column in refs:
            given += [name for name in column.known_by if values.get(name) is not None][:1]
        return list(dict.fromkeys(given))

    def _already(self, plan: Plan, now: Looked) -> Outcome | None:
        """What is there under the new record's key: an earlier attempt that did arrive, or somebody's."""
        id = plan.id
        record = now.records.get(id)
        if record is not None:
            if plan.write.again and self._says(record, plan.values):
                return Done(record)
            if plan.chosen:
                return Moved(record)
            raise Refusal(
                f"there is a {self.view.entity} {id} already: {record.where}",
                "link the two records, or give the new one another number",
            )
        if id in now.aside:
            raise Refusal(f"{id} is there already, and set aside: {now.aside[id].reason}", now.aside[id].todo)
        return None

    def _says(self, record: Record, values: Mapping[str, Any]) -> bool:
        """Whether the record says all that is wanted; whom it names is its own way of saying it."""
        plain = [one for one in self.spec.columns if not one.part and not one.known_by]
        return all(values.get(one.field) in (None, record.values.get(one.name)) for one in plain)

    def _in_its_place(
        self, path: Path, name: str, write: Write, values: Mapping[str, Any], id: str
    ) -> Outcome:
        """The file of that name: the same contract made before, or somebody's, which stays."""
        with files.snapshot(path, 0) as taken:
            found = self.connector.reader.read(taken.copy, self.connector.profiles, shown=name)
            leaf = self._leaf(found, taken.copy)
        try:
            entry = self._proven(name, found, leaf, values, id)
        except Refusal as refusal:
            raise Refusal(
                f"the file {name} is there already, and says something else: {refusal.reason}",
                "rename that file, or let `file` in the mapping make names of their own",
            ) from refusal
        if not write.again:
            raise Refusal(f"the file {name} is there already", "link the two records, or rename that file")
        return Done(self._record(entry, self._leaf(found, path)))

    def _proven(self, name: str, found: Reading, leaf: Leaf, values: Mapping[str, Any], id: str) -> Entry:
        """The one contract of a document just made. Raises `Refusal` unless it says what was wanted."""
        entries = entries_of(self.spec, name, leaf)
        if len(entries) != 1:
            why = "; ".join(
                f"{one['profile']}: {', '.join(one['why'])}" for one in found.fits if not one["fits"]
            )
            raise Refusal(
                f"what the template makes is read as {len(entries) or 'no'} {self.view.entity}s"
                + (f" ({why})" if why else ""),
                "correct the template, or the profile's match; see it with: hub documents read",
            )
        entry = entries[0]
        for field, wanted in values.items():
            cell = entry.part.cells.get(field)
            if wanted is None or (cell is not None and cell.reason is None and cell.value == wanted):
                continue
            said = "nothing reads it" if cell is None else cell.reason or f"it is read as '{cell.value}'"
            raise Refusal(
                f"{field} was to be '{wanted}' in the document made, and {said}",
                f"let the template show {field} where the profile looks for it",
                field,
            )
        if id and entry.id != id:
            raise Refusal(
                f"the document made is read as {entry.id or 'nobody'}, not as {id}", "correct the template"
            )
        return entry

    def _record(self, entry: Entry, leaf: Leaf) -> Record:
        return alone(self.spec, entry, leaf, self.connector.version)

    def _leaf(self, found: Reading, path: Path) -> Leaf:
        seen = files.look(path)
        parts: tuple[Part, ...] = ()
        if found.profile is not None:
            profile = self.connector.profiles[found.profile]
            parts = tuple(part_of(one, profile) for one in found.contracts)
        return Leaf((seen.size, seen.mtime_ns, seen.inode), files.sha256_of(path), True, parts)

    # -- amendments ----------------------------------------------------------------------------------

    def renewal(self, entry: Entry, values: Mapping[str, Any]) -> Renewal | None:
        """The amendment that a change of these values calls for. Raises `Refusal` and `Fault`."""
        renews = self.makes.renews
        if renews is None:
            return None
        column = next((one for one in self.spec.columns if one.name == renews.field), None)
        wanted: Field_ | None = self.fields.get(column.field) if column else None
        if column is None or wanted is None or wanted.type != "date":
            raise misconfigured(
                f"renews.field of {self.view.entity} is {renews.field!r}",
                "it is no field of the mapping that is a date in the profile",
                "name the field that says when a contract ends",
            )
        old = entry.part.cells[column.field].value if column.field in entry.part.cells else None
        new = canonical(column.field, wanted, values.get(column.field))
        if new is None or old is None or new <= old:
            return None
        said = {name: cell.value for name, cell in entry.part.cells.items()}
        new_values = {name: canonical(name, self.fields.get(name), value) for name, value in values.items()}
        key = known_as(entry.part.cells[name].value for name in entry.part.key if name in entry.part.cells)
        return Renewal(key or entry.name, column.field, {**said, **new_values})

    def amend(self, renewal: Renewal) -> list[Path]:
        """Make the amendment; the file made, none where it was made before. Raises as `make` does."""
        path = self._amendment(renewal)
        if path.exists():
            self._check_made_before(path, renewal)
            return []
        with self._proven_amendment(path.name, renewal) as made:
            if not place(made, path):
                self._check_made_before(path, renewal)
                return []
        return [path]

    def rehearse(self, renewal: Renewal) -> None:
        """All of `amend` but putting it in place."""
        path = self._amendment(renewal)
        if path.exists():
            self._check_made_before(path, renewal)
            return
        with self._proven_amendment(path.name, renewal):
            return

    def _amendment(self, renewal: Renewal) -> Path:
        assert self.makes.renews is not None
        return self.connector.folder.path / file_name(self.makes.renews.file, renewal.values)

    @contextmanager
    def _proven_amendment(self, name: str, renewal: Renewal) -> Iterator[Path]:
        assert self.makes.renews is not None
        hidden = {RENEWAL_OF: renewal.key}
        template = self.makes.renews.template
        with self._made(template, name, renewal.values, [renewal.field], hidden) as made:
            self._check_amendment(made, name, renewal)
            yield made

    def _check_amendment(self, made: Path, name: str, renewal: Renewal) -> None:
        found = self.connector.reader.read(made, self.connector.profiles, shown=name)
        if found.renewal_of != renewal.key:
            raise Refusal(
                f"the amendment {name} would be read as a contract of its own, not as one of {renewal.key}",
                "let its template show the number of the contract it renews, and no other",
            )

    def _check_made_before(self, path: Path, renewal: Renewal) -> None:
        """Raises `Refusal` where the file of that name is anything but this amendment."""
        with files.snapshot(path, 0) as taken:
            found = self.connector.reader.read(taken.copy, self.connector.profiles, shown=path.name)
        if found.renewal_of != renewal.key:
            raise Refusal(
                f"the file {path.name} is there already, and is no amendment of {renewal.key}",
                "rename that file, or let renews.file in the mapping make names of their own",
            )

    # -- both ----------------------------------------------------------------------------------------

    @contextmanager
    def _made(
        self,
        template: str,
        name: str,
        values: Mapping[str, Any],
        needed: list[str],
        hidden: Mapping[str, str],
    ) -> Iterator[Path]:
        """A document made of a template, in a private folder. Raises `Refusal` and either `Fault`."""
        source = self._template(template)
        with temporary.private_folder() as folder:
            target = folder / "made.docx"
            try:
                answer = self.connector.reader.do(
                    "make", source, template,
                    values=dict(values), needed=needed, properties=dict(hidden), target=str(target),
                )  # fmt: skip
            except faults.Fault as fault:
                raise Refusal(
                    f"{name} cannot be made: {fault}", f"correct the template {template}"
                ) from fault
            if answer["refused"] is not None:
                raise Refusal(*answer["refused"])
            yield target

    def _template(self, name: str) -> Path:
        given = Path(name)
        if given.is_absolute() or ".." in given.parts:
            raise misconfigured(f"the template {name} leads elsewhere", todo="put it beside the profiles")
        profiles = self.connector.settings.profiles
        folders = (profiles if profiles.is_dir() else profiles.parent, self.connector.folder.path)
        for folder in folders:
            if (folder / given).is_file():
                return folder / given
        raise Fault(
            "misconfigured",
            f"the template {name} is not there",
            f"it is looked for in {' and in '.join(map(str, folders))}",
            "put it there, or correct template: in the mapping",
        )
